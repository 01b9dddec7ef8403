// SPDX-License-Identifier: MIT
/*
 * One copy for all CPUs, with relaxed atomic additions, as programs use an ARRAY. A
 * value of several words is written word by word: another CPU's may come between.
 */
#include "dense.h"

static const enum layout_sync sync = LAYOUT_ATOMIC;

#include "loops.h"

static uint64_t size_bytes(const struct layout_shape *shape)
{
	return shape->nr_keys * layout_elem_bytes(shape);
}

static struct layout_place place(const struct layout_shape *shape, uint32_t cpu, uint32_t key)
{
	(void)cpu;
	return place_of(key * layout_elem_bytes(shape));
}

static struct layout_view view(const struct layout_shape *shape, char *memory, uint32_t cpu)
{
	(void)cpu;
	return (struct layout_view){ .base = memory, .step = layout_elem_bytes(shape) };
}

const struct layout layout_shared_atomic = {
	.name = "shared_atomic",
	.summary = "one copy for all CPUs, atomic additions",
	.sync = LAYOUT_ATOMIC,
	.align_bytes = LAYOUT_WORD_BYTES,
	.size_bytes = size_bytes,
	.place = place,
	.prepare = prepare_nothing,
	.view = view,
	LAYOUT_LOOPS,
};
