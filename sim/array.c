// SPDX-License-Identifier: MIT
/*
 * BPF_MAP_TYPE_ARRAY (Linux: kernel/bpf/arraymap.c): one slab that all CPUs
 * share. Commands copy value_size bytes, not rounded up.
 */
#include "compiler.h"
#include "copy_points.h"
#include "elem_copy.h"
#include "machine.h"
#include "map.h"
#include "task.h"

static int alloc_check(const struct pca_task *task, const struct map_create_attr *attr)
{
	return array_alloc_check(task->machine->release, attr, false);
}

static uint64_t mem_usage(const struct pca_map *map)
{
	const struct release *release = map->object.machine->release;
	uint64_t data = (uint64_t)map->ref.elem_size * map->max_entries;

	switch (release->memlock) {
	case MEMLOCK_PAGES_5_10:
		return round_up_u64(release->map_header_bytes + data, PAGE_BYTES);
	case MEMLOCK_PAGES_6_1:
		return round_up_u64(round_up_u64(sizeof(uint32_t) + map->value_size, 8) *
					    map->max_entries,
				    PAGE_BYTES);
	default:
		return release->map_header_bytes + data;
	}
}

RACES_WITH_PROGRAMS
static void read_elems(const struct pca_map *map, uintptr_t first, uint32_t nr, void *dst)
{
	const uint32_t value_size = map->value_size;

	for (uint32_t i = 0; i < nr; i++)
		read_value((char *)dst + (size_t)i * value_size,
			   map->base + (first + (size_t)i) * map->ref.elem_size, value_size);
}

RACES_WITH_PROGRAMS
static void write_elem(const struct pca_map *map, uint32_t index, const void *src)
{
	write_value(map->base + (size_t)index * map->ref.elem_size, src, map->value_size);
}

static char *elem_at(const struct pca_map *map, uintptr_t index)
{
	return map->base + index * map->ref.elem_size;
}

static void read_elems_at_points(const struct pca_map *map, uintptr_t first, uint32_t nr, void *dst)
{
	for (uint32_t i = 0; i < nr; i++)
		read_value_at_points(map, (char *)dst + (size_t)i * map->value_size,
				     elem_at(map, first + i), map->value_size);
}

static void write_elem_at_points(const struct pca_map *map, uint32_t index, const void *src)
{
	write_value_at_points(map, elem_at(map, index), src, map->value_size);
}

static const struct map_ops at_points_ops = {
	.alloc_check = alloc_check,
	.alloc_elems = array_alloc_elems,
	.free_elems = array_free_elems,
	.mem_usage = mem_usage,
	.read_elems = read_elems_at_points,
	.write_elem = write_elem_at_points,
};

const struct map_ops array_ops = {
	.at_points = &at_points_ops,
	.alloc_check = alloc_check,
	.alloc_elems = array_alloc_elems,
	.free_elems = array_free_elems,
	.mem_usage = mem_usage,
	.read_elems = read_elems,
	.write_elem = write_elem,
};
