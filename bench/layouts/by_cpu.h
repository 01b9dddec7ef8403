/* SPDX-License-Identifier: MIT */
/*
 * A slab of all keys per CPU. The including file defines SLAB_STRIDE(bytes), the distance
 * between slabs of so many bytes, and names its struct layout.
 */
#include "dense.h"

static const enum layout_sync sync = LAYOUT_OWN;

#include "loops.h"

static uint64_t stride(const struct layout_shape *shape)
{
	uint64_t bytes = shape->nr_keys * layout_elem_bytes(shape);

	return SLAB_STRIDE(bytes);
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

#define BY_CPU_LAYOUT(layout_name, layout_summary)                                          \
	{                                                                                   \
		.name = layout_name, .summary = layout_summary, .sync = LAYOUT_OWN,         \
		.align_bytes = LAYOUT_WORD_BYTES, .size_bytes = size_bytes, .place = place, \
		.prepare = prepare_nothing, .view = view, LAYOUT_LOOPS,                     \
	}
