// SPDX-License-Identifier: MIT
/*
 * Linux's: a table with a pointer per key, to which a CPU adds its offset. Here the
 * values are neighbours in each CPU's area, as Linux's per-CPU allocator hands them
 * out on a machine that has just booted; later they may lie anywhere.
 */
#include "layout.h"

static const enum layout_sync sync = LAYOUT_OWN;

static inline uint64_t *elem(const struct layout_view *view, uint32_t key)
{
	char *const *table = (char *const *)(const void *)view->base;

	return (uint64_t *)(void *)(table[key] + view->offset);
}

#include "loops.h"

/*
 * What stands before the table, as the map's own struct does in Linux. A table on the
 * start of a page would have each pointer at the same place in its page as the value: a
 * processor that compares only these bits waits for the last store to load the pointer.
 */
#define HEAD_BYTES 320

static uint64_t table_bytes(const struct layout_shape *shape)
{
	return layout_round_up(HEAD_BYTES + shape->nr_keys * sizeof(char *), LAYOUT_PAGE_BYTES);
}

static uint64_t area_bytes(const struct layout_shape *shape)
{
	return layout_round_up(shape->nr_keys * layout_elem_bytes(shape), LAYOUT_PAGE_BYTES);
}

static uint64_t size_bytes(const struct layout_shape *shape)
{
	return table_bytes(shape) + shape->nr_cpus * area_bytes(shape);
}

static struct layout_place place(const struct layout_shape *shape, uint32_t cpu, uint32_t key)
{
	return (struct layout_place){
		.value = table_bytes(shape) + cpu * area_bytes(shape) +
			 key * layout_elem_bytes(shape),
		.pointer = HEAD_BYTES + key * sizeof(char *),
		.lock = LAYOUT_NONE,
	};
}

/* The pointers are those of CPU 0. */
static void prepare(const struct layout_shape *shape, char *memory)
{
	char **table = (char **)(void *)(memory + HEAD_BYTES);

	for (uint32_t key = 0; key < shape->nr_keys; key++)
		table[key] = memory + place(shape, 0, key).value;
}

static struct layout_view view(const struct layout_shape *shape, char *memory, uint32_t cpu)
{
	return (struct layout_view){ .base = memory + HEAD_BYTES,
				     .offset = cpu * area_bytes(shape) };
}

const struct layout layout_pointers = {
	.name = "pointers",
	.summary = "a pointer per key plus the CPU's offset: Linux's",
	.sync = LAYOUT_OWN,
	.align_bytes = LAYOUT_WORD_BYTES,
	.size_bytes = size_bytes,
	.place = place,
	.prepare = prepare,
	.view = view,
	LAYOUT_LOOPS,
};
