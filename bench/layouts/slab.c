// SPDX-License-Identifier: MIT
/*
 * Ours: a slab of all keys per CPU. The distance between slabs is an odd multiple of
 * 128 bytes, so that two CPUs share no pair of lines, and one key's copies do not
 * all fall into one cache set.
 */
#include "dense.h"

static const enum layout_sync sync = LAYOUT_OWN;

#include "loops.h"

#define SLAB_ALIGN 128

static uint64_t stride(const struct layout_shape *shape)
{
	uint64_t bytes = shape->nr_keys * layout_elem_bytes(shape);

	return (layout_round_up(bytes, SLAB_ALIGN) / SLAB_ALIGN | 1) * SLAB_ALIGN;
}

static uint64_t size_bytes(const struct layout_shape *shape)
{
	return shape->nr_cpus * stride(shape);
}

static struct layout_place place(const struct layout_shape *shape, uint32_t cpu, uint32_t key)
{
	return place_of(cpu * stride(shape) + key * layout_elem_bytes(shape));
}

static struct layout_view view(const struct layout_shape *shape, char *memory, uint32_t cpu)
{
	return (struct layout_view){
		.base = memory + cpu * stride(shape),
		.step = layout_elem_bytes(shape),
	};
}

const struct layout layout_slab = {
	.name = "slab",
	.summary = "a slab per CPU, an odd multiple of 128 bytes apart: pcasim's",
	.sync = LAYOUT_OWN,
	.align_bytes = LAYOUT_WORD_BYTES,
	.size_bytes = size_bytes,
	.place = place,
	.prepare = prepare_nothing,
	.view = view,
	LAYOUT_LOOPS,
};
