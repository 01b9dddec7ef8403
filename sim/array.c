// SPDX-License-Identifier: MIT
/*
 * BPF_MAP_TYPE_ARRAY (Linux: kernel/bpf/arraymap.c): one slab that all CPUs
 * share. Commands copy value_size bytes, not rounded up.
 */
#include "compiler.h"
#include "elem_copy.h"
#include "machine.h"
#include "map.h"

static int alloc_check(const struct map_create_attr *attr)
{
	return array_alloc_check(attr, false);
}

static uint64_t mem_usage(const struct pca_map *map)
{
	return map->object.machine->release->map_header_bytes +
	       (uint64_t)map->ref.elem_size * map->ref.max_entries;
}

RACES_WITH_PROGRAMS
static void read_elems(const struct pca_map *map, uint32_t first, uint32_t nr, void *dst)
{
	const uint32_t value_size = map->value_size;

	for (uint32_t i = 0; i < nr; i++) {
		const char *elem = map->ref.base + (first + (size_t)i) * map->ref.elem_size;
		volatile char *to = (char *)dst + (size_t)i * value_size;

		read_words((char *)to, elem, value_size / 8);
		for (uint32_t at = value_size & ~7U; at < value_size; at++)
			to[at] = ((const volatile char *)elem)[at];
	}
}

RACES_WITH_PROGRAMS
static void write_elem(const struct pca_map *map, uint32_t index, const void *src)
{
	const uint32_t value_size = map->value_size;
	char *elem = map->ref.base + (size_t)index * map->ref.elem_size;

	write_words(elem, src, value_size / 8);
	for (uint32_t at = value_size & ~7U; at < value_size; at++)
		((volatile char *)elem)[at] = ((const char *)src)[at];
}

const struct map_ops array_ops = {
	.alloc_check = alloc_check,
	.mem_usage = mem_usage,
	.read_elems = read_elems,
	.write_elem = write_elem,
};
