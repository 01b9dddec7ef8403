// SPDX-License-Identifier: MIT
/*
 * What model_cachegrind.sh runs: eight CPUs' accesses to each layout, one after the
 * other, as real loads and stores of one thread.
 */
#include <stdio.h>
#include <stdlib.h>

#include "layouts/layout.h"
#include "layouts/stream.h"

#define ACCESSES 8000

static const struct layout_shape shape = { .nr_cpus = 8, .nr_keys = 2048, .value_bytes = 8 };
static uint32_t keys[LAYOUT_STREAM_LENGTH];

static void touch(const char *memory, uint64_t offset)
{
	if (offset != LAYOUT_NONE)
		(void)*(const volatile uint64_t *)(const void *)(memory + offset);
}

static void walk(const struct layout *layout, char *memory)
{
	for (uint32_t i = 0; i < ACCESSES; i++) {
		struct layout_place place = layout->place(&shape, i % shape.nr_cpus, keys[i]);
		volatile uint64_t *value = (uint64_t *)(void *)(memory + place.value);

		touch(memory, place.pointer);
		touch(memory, place.lock);
		*value = *value + 1;
	}
}

int main(void)
{
	if (stream_fill(keys, STREAM_UNIFORM, shape.nr_keys, 1))
		return 1;
	for (size_t i = 0; layout_at(i); i++) {
		uint64_t bytes =
			layout_round_up(layout_at(i)->size_bytes(&shape), LAYOUT_PAGE_BYTES);
		char *memory = aligned_alloc(LAYOUT_PAGE_BYTES, bytes);

		if (!memory)
			return 1;
		walk(layout_at(i), memory);
		free(memory);
	}
	return 0;
}
