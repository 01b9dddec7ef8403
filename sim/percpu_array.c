// SPDX-License-Identifier: MIT
/*
 * BPF_MAP_TYPE_PERCPU_ARRAY (Linux: kernel/bpf/arraymap.c). Every possible CPU
 * has a slab with its copy of all elements. In a command's buffer an element is
 * round_up(value_size, 8) bytes for each possible CPU, in the order of their ids.
 */
#include <string.h>

#include "compiler.h"
#include "copy_points.h"
#include "elem_copy.h"
#include "gather.h"
#include "machine.h"
#include "map.h"
#include "task.h"

static int alloc_check(const struct pca_task *task, const struct map_create_attr *attr)
{
	return array_alloc_check(task->machine->release, attr, true);
}

/* 5.10 rounds the number of pointers up, so that an index can be masked. */
static uint64_t nr_pointers_5_10(const struct pca_map *map)
{
	uint64_t nr = 1;

	if (!map->is_masked)
		return map->max_entries;
	while (nr < map->max_entries)
		nr *= 2;
	return nr;
}

/* Linux keeps a pointer per element beside the elements themselves. */
static uint64_t mem_usage(const struct pca_map *map)
{
	const struct pca_machine *machine = map->object.machine;
	const struct release *release = machine->release;
	uint64_t data = (uint64_t)map->ref.elem_size * machine->nr_cpus;
	uint64_t nr = map->max_entries;

	switch (release->memlock) {
	case MEMLOCK_PAGES_5_10:
		return round_up_u64(release->map_header_bytes + 8 * nr_pointers_5_10(map) +
					    data * nr,
				    PAGE_BYTES);
	case MEMLOCK_PAGES_6_1:
		return round_up_u64(round_up_u64(sizeof(uint32_t) + data, 8) * nr, PAGE_BYTES);
	default:
		return release->map_header_bytes + (8 + data) * nr;
	}
}

/*
 * 8-byte copies of one element, of CPUs whose slabs succeed each other: nothing to
 * transpose, and what nearly all LOOKUPs read.
 */
PCA_ALWAYS_INLINE void read_few(const char *slab, size_t stride, char *to, const char *end)
{
	for (; to < end; to += 8, slab += stride)
		read_words(to, slab, 1);
}

/* Out of line, so that a few are read without saving registers. */
RACES_WITH_PROGRAMS
static void read_many(const char *slab, size_t stride, char *to, const char *end)
{
	for (; end - to >= 64; to += 64, slab += 8 * stride) {
#pragma GCC unroll 4
		for (uint32_t cpu = 0; cpu < 8; cpu += 2)
			read_two(to + cpu * (size_t)8, slab + cpu * stride,
				 slab + (cpu + 1) * stride);
	}
	read_few(slab, stride, to, end);
}

PCA_ALWAYS_INLINE void read_one(const char *slab, size_t stride, char *to, const char *end)
{
	if (end - to < 64)
		read_few(slab, stride, to, end);
	else
		read_many(slab, stride, to, end);
}

/*
 * Padding bytes are part of the copies: a 6.18 lookup returns whatever an update
 * stored there.
 */
__attribute__((noinline)) static void gather_elems(const struct pca_map *map, uintptr_t first,
						   uint32_t nr, char *to)
{
	const struct gather g = { map->ref.stride, map->user_bytes, map->ref.elem_size, nr };

	gather(&g, map->base + (size_t)first * g.elem_size, to, to + g.elem_bytes);
}

RACES_WITH_PROGRAMS
static void read_elems(const struct pca_map *map, uintptr_t first, uint32_t nr, void *dst)
{
	if (likely(nr == 1 && map->ref.elem_size == 8))
		read_one(map->base + (size_t)first * 8, map->ref.stride, dst,
			 (char *)dst + map->user_bytes);
	else
		gather_elems(map, first, nr, dst);
}

/* Elements whose rows in the buffer stay in caches from one span of CPUs to the next. */
#define SPANS_STRIP 64

PCA_ALWAYS_INLINE void read_spans(const struct pca_map *map, const struct gather *g,
				  const char *slabs, char *to)
{
	const struct slab_places *places = &map->object.machine->slabs;

	for (const struct slab_span *span = places->spans; span < places->spans + places->nr_spans;
	     span++) {
		char *end = to + (size_t)span->nr * g->elem_size;

		if (likely(g->nr == 1 && g->elem_size == 8))
			read_one(slabs + span->first * g->stride, g->stride, to, end);
		else
			gather(g, slabs + span->first * g->stride, to, end);
		to = end;
	}
}

RACES_WITH_PROGRAMS
static void read_elems_on_nodes(const struct pca_map *map, uintptr_t first, uint32_t nr, void *dst)
{
	struct gather g = { map->ref.stride, map->user_bytes, map->ref.elem_size, 0 };
	const char *slabs = map->base + (size_t)first * g.elem_size;
	char *to = dst;

	for (; nr; nr -= g.nr) {
		g.nr = nr < SPANS_STRIP ? nr : SPANS_STRIP;
		read_spans(map, &g, slabs, to);
		slabs += (size_t)g.nr * g.elem_size;
		to += g.nr * g.elem_bytes;
	}
}

/* 8-byte copies of CPUs whose slabs succeed each other: what nearly all UPDATEs write. */
PCA_ALWAYS_INLINE void write_words_of_cpus(char *elem, size_t stride, const char *from,
					   const char *end)
{
	for (; from < end; from += 8, elem += stride)
		write_words(elem, from, 1);
}

/* Padding is stored too, or stays zero: the release decides. */
PCA_ALWAYS_INLINE void write_slabs(const struct pca_map *map, char *elem, const char *from,
				   const char *end)
{
	const uint32_t elem_size = map->ref.elem_size, size = map->stored_bytes;
	const size_t stride = map->ref.stride;

	for (; from < end; from += elem_size, elem += stride)
		write_value(elem, from, size);
}

RACES_WITH_PROGRAMS
static void write_large_elem(const struct pca_map *map, char *elem, const char *src)
{
	write_slabs(map, elem, src, src + map->user_bytes);
}

RACES_WITH_PROGRAMS
static void write_elem(const struct pca_map *map, uint32_t index, const void *src)
{
	if (likely(map->stored_bytes == 8))
		write_words_of_cpus(map->base + (size_t)index * 8, map->ref.stride, src,
				    (const char *)src + map->user_bytes);
	else
		write_large_elem(map, map->base + (size_t)index * map->ref.elem_size, src);
}

RACES_WITH_PROGRAMS
static void write_elem_on_nodes(const struct pca_map *map, uint32_t index, const void *src)
{
	const struct slab_places *places = &map->object.machine->slabs;
	char *elem = map->base + (size_t)index * map->ref.elem_size;
	const char *from = src;

	for (const struct slab_span *span = places->spans; span < places->spans + places->nr_spans;
	     span++) {
		const char *end = from + (size_t)span->nr * map->ref.elem_size;

		write_slabs(map, elem + span->first * map->ref.stride, from, end);
		from = end;
	}
}

static char *slab_elem(const struct pca_map *map, uint32_t slab, uint32_t index)
{
	return map->base + slab * map->ref.stride + (size_t)index * map->ref.elem_size;
}

RACES_WITH_PROGRAMS
static void read_part(const struct pca_map *map, uint32_t slab, uint32_t index, void *dst)
{
	read_words(dst, slab_elem(map, slab, index), map->ref.elem_size / 8);
}

RACES_WITH_PROGRAMS
static void write_part(const struct pca_map *map, uint32_t slab, uint32_t index, const void *src)
{
	write_value(slab_elem(map, slab, index), src, map->stored_bytes);
}

RACES_WITH_PROGRAMS
static void read_copy(const struct pca_map *map, uint32_t slab, uint32_t index, void *dst)
{
	read_value(dst, slab_elem(map, slab, index), map->value_size);
}

RACES_WITH_PROGRAMS
static void write_copy(const struct pca_map *map, uint32_t slab, uint32_t index, const void *src)
{
	write_value(slab_elem(map, slab, index), src, map->value_size);
}

/*
 * Padding that shows, to .. end being whole copies. The buffer is the caller's: no
 * program writes there.
 */
static void poison(const struct pca_map *map, char *to, const char *end)
{
	const uint32_t elem_size = map->ref.elem_size, value_size = map->value_size;

	for (; to < end; to += elem_size)
		memset(to + value_size, PCA_PADDING_POISON, elem_size - value_size);
}

static void read_elems_poisoning(const struct pca_map *map, uintptr_t first, uint32_t nr, void *dst)
{
	read_elems_on_nodes(map, first, nr, dst);
	poison(map, dst, (char *)dst + (size_t)nr * map->user_bytes);
}

static void read_part_poisoning(const struct pca_map *map, uint32_t slab, uint32_t index, void *dst)
{
	read_part(map, slab, index, dst);
	poison(map, dst, (char *)dst + map->ref.elem_size);
}

/* On machines of any number of nodes: they are for finding bugs, not for speed. */
static const struct map_ops poisoning_ops = {
	.alloc_check = alloc_check,
	.is_percpu = true,
	.alloc_elems = array_alloc_elems,
	.free_elems = array_free_elems,
	.mem_usage = mem_usage,
	.read_elems = read_elems_poisoning,
	.write_elem = write_elem_on_nodes,
	.read_part = read_part_poisoning,
	.write_part = write_part,
	.read_copy = read_copy,
	.write_copy = write_copy,
};

/* ---- at points, on machines of any number of nodes ---- */

static void read_part_at_points(const struct pca_map *map, uint32_t slab, uint32_t index, void *dst)
{
	read_value_at_points(map, dst, slab_elem(map, slab, index), map->ref.elem_size);
}

static void write_part_at_points(const struct pca_map *map, uint32_t slab, uint32_t index,
				 const void *src)
{
	write_value_at_points(map, slab_elem(map, slab, index), src, map->stored_bytes);
}

static void read_elems_at_points(const struct pca_map *map, uintptr_t first, uint32_t nr, void *dst)
{
	const uint32_t elem_size = map->ref.elem_size;
	char *to = dst;

	for (uint32_t i = 0; i < nr; i++) {
		for_each_possible_cpu(map->object.machine, cpu) {
			read_part_at_points(map, cpu->slab, (uint32_t)first + i, to);
			to += elem_size;
		}
	}
}

static void write_elem_at_points(const struct pca_map *map, uint32_t index, const void *src)
{
	const char *from = src;

	for_each_possible_cpu(map->object.machine, cpu) {
		write_part_at_points(map, cpu->slab, index, from);
		from += map->ref.elem_size;
	}
}

static void read_copy_at_points(const struct pca_map *map, uint32_t slab, uint32_t index, void *dst)
{
	read_value_at_points(map, dst, slab_elem(map, slab, index), map->value_size);
}

static void write_copy_at_points(const struct pca_map *map, uint32_t slab, uint32_t index,
				 const void *src)
{
	write_value_at_points(map, slab_elem(map, slab, index), src, map->value_size);
}

static void read_elems_at_points_poisoning(const struct pca_map *map, uintptr_t first, uint32_t nr,
					   void *dst)
{
	read_elems_at_points(map, first, nr, dst);
	poison(map, dst, (char *)dst + (size_t)nr * map->user_bytes);
}

static void read_part_at_points_poisoning(const struct pca_map *map, uint32_t slab, uint32_t index,
					  void *dst)
{
	read_part_at_points(map, slab, index, dst);
	poison(map, dst, (char *)dst + map->ref.elem_size);
}

static const struct map_ops at_points_poisoning_ops = {
	.alloc_check = alloc_check,
	.is_percpu = true,
	.alloc_elems = array_alloc_elems,
	.free_elems = array_free_elems,
	.mem_usage = mem_usage,
	.read_elems = read_elems_at_points_poisoning,
	.write_elem = write_elem_at_points,
	.read_part = read_part_at_points_poisoning,
	.write_part = write_part_at_points,
	.read_copy = read_copy_at_points,
	.write_copy = write_copy_at_points,
};

static const struct map_ops at_points_ops = {
	.poisoning = &at_points_poisoning_ops,
	.alloc_check = alloc_check,
	.is_percpu = true,
	.alloc_elems = array_alloc_elems,
	.free_elems = array_free_elems,
	.mem_usage = mem_usage,
	.read_elems = read_elems_at_points,
	.write_elem = write_elem_at_points,
	.read_part = read_part_at_points,
	.write_part = write_part_at_points,
	.read_copy = read_copy_at_points,
	.write_copy = write_copy_at_points,
};

const struct map_ops percpu_array_ops = {
	.at_points = &at_points_ops,
	.poisoning = &poisoning_ops,
	.alloc_check = alloc_check,
	.is_percpu = true,
	.alloc_elems = array_alloc_elems,
	.free_elems = array_free_elems,
	.mem_usage = mem_usage,
	.read_elems = read_elems,
	.write_elem = write_elem,
	.read_part = read_part,
	.write_part = write_part,
	.read_copy = read_copy,
	.write_copy = write_copy,
};

/* On a machine whose CPUs' slabs are not all in the order of their ordinals. */
const struct map_ops percpu_array_on_nodes_ops = {
	.at_points = &at_points_ops,
	.poisoning = &poisoning_ops,
	.alloc_check = alloc_check,
	.is_percpu = true,
	.alloc_elems = array_alloc_elems,
	.free_elems = array_free_elems,
	.mem_usage = mem_usage,
	.read_elems = read_elems_on_nodes,
	.write_elem = write_elem_on_nodes,
	.read_part = read_part,
	.write_part = write_part,
	.read_copy = read_copy,
	.write_copy = write_copy,
};
