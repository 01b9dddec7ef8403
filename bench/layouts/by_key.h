/* SPDX-License-Identifier: MIT */
/*
 * value[key][cpu]: all CPUs' values of a key are neighbours, each padded to a multiple
 * of BY_KEY_BYTES, which the including file defines; it names its struct layout, too.
 */
#include "dense.h"

static const enum layout_sync sync = LAYOUT_OWN;

#include "loops.h"

static uint64_t padded_bytes(const struct layout_shape *shape)
{
	return layout_round_up(shape->value_bytes, BY_KEY_BYTES);
}

static uint64_t size_bytes(const struct layout_shape *shape)
{
	return (uint64_t)shape->nr_cpus * shape->nr_keys * padded_bytes(shape);
}

static struct layout_place place(const struct layout_shape *shape, uint32_t cpu, uint32_t key)
{
	return place_of(((uint64_t)key * shape->nr_cpus + cpu) * padded_bytes(shape));
}

static struct layout_view view(const struct layout_shape *shape, char *memory, uint32_t cpu)
{
	return (struct layout_view){
		.base = memory + cpu * padded_bytes(shape),
		.step = shape->nr_cpus * padded_bytes(shape),
	};
}

#define BY_KEY_LAYOUT(layout_name, layout_summary)                                     \
	{                                                                              \
		.name = layout_name, .summary = layout_summary, .sync = LAYOUT_OWN,    \
		.align_bytes = BY_KEY_BYTES, .size_bytes = size_bytes, .place = place, \
		.prepare = prepare_nothing, .view = view, LAYOUT_LOOPS,                \
	}
