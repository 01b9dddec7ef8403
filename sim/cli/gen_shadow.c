// SPDX-License-Identifier: MIT
#include "gen_shadow.h"

#include <string.h>

void gen_shadow_init(struct gen_shadow *shadow)
{
	memset(shadow, 0, sizeof(*shadow));
	for (uint32_t i = 0; i < GEN_HANDLES; i++)
		shadow->handles[i].map = GEN_NO_MAP;
	for (uint32_t i = 0; i < GEN_PINS; i++)
		shadow->pins[i] = GEN_NO_MAP;
}

uint32_t gen_shadow_new_map(struct gen_shadow *shadow, const struct gen_map *map)
{
	uint32_t i = 0;

	while (shadow->maps[i].nr_refs)
		i++;
	shadow->maps[i] = *map;
	shadow->maps[i].nr_refs = 0;
	shadow->maps[i].is_frozen = false;
	return i;
}

uint32_t gen_shadow_open(struct gen_shadow *shadow, uint32_t map, bool is_writable)
{
	uint32_t number = shadow->next_handle++ % GEN_HANDLES;

	gen_shadow_close(shadow, number);
	shadow->handles[number] = (struct gen_handle){
		.map = map,
		.is_writable = is_writable,
		.needs_close = true,
	};
	if (map != GEN_NO_MAP) {
		shadow->maps[map].nr_refs++;
		shadow->nr_open++;
	}
	return number;
}

void gen_shadow_close(struct gen_shadow *shadow, uint32_t number)
{
	struct gen_handle *handle = &shadow->handles[number];

	if (handle->map != GEN_NO_MAP) {
		shadow->maps[handle->map].nr_refs--;
		shadow->nr_open--;
	}
	handle->map = GEN_NO_MAP;
	handle->needs_close = false;
}

void gen_shadow_pin(struct gen_shadow *shadow, uint32_t pin, uint32_t map)
{
	if (shadow->pins[pin] != GEN_NO_MAP || map == GEN_NO_MAP)
		return;
	shadow->pins[pin] = map;
	shadow->maps[map].nr_refs++;
}

void gen_shadow_unpin(struct gen_shadow *shadow, uint32_t pin)
{
	if (shadow->pins[pin] == GEN_NO_MAP)
		return;
	shadow->maps[shadow->pins[pin]].nr_refs--;
	shadow->pins[pin] = GEN_NO_MAP;
}
