/* SPDX-License-Identifier: MIT */
/*
 * What the generator of traces believes: which handles are probably open, on
 * maps of what shape, and where they are pinned. Nothing depends on it but how
 * many operations get past their first check.
 */
#ifndef SIM_CLI_GEN_SHADOW_H
#define SIM_CLI_GEN_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers of handles are given again after so many; whatever has one is closed then. */
#define GEN_HANDLES 256
#define GEN_PINS 8
#define GEN_MAPS (GEN_HANDLES + GEN_PINS)
#define GEN_NO_MAP UINT32_MAX

struct gen_map {
	uint32_t type, value_size, max_entries, flags;
	uint32_t nr_refs; /* handles and pins; 0: the slot is free */
	bool is_frozen;
};

struct gen_handle {
	uint32_t map; /* index, or GEN_NO_MAP */
	bool is_writable;
	bool needs_close; /* it was opened, perhaps, and not closed since */
};

struct gen_shadow {
	struct gen_map maps[GEN_MAPS];
	struct gen_handle handles[GEN_HANDLES];
	uint32_t pins[GEN_PINS]; /* index of a map, or GEN_NO_MAP */
	uint32_t next_handle;	 /* in all; its number is this modulo GEN_HANDLES */
	uint32_t nr_open;	 /* handles on a map */
};

void gen_shadow_init(struct gen_shadow *shadow);

/* A map without references yet; its index. */
uint32_t gen_shadow_new_map(struct gen_shadow *shadow, const struct gen_map *map);

/* The number of the next handle, opened on map, which may be GEN_NO_MAP. */
uint32_t gen_shadow_open(struct gen_shadow *shadow, uint32_t map, bool is_writable);
void gen_shadow_close(struct gen_shadow *shadow, uint32_t handle);

void gen_shadow_pin(struct gen_shadow *shadow, uint32_t pin, uint32_t map);
void gen_shadow_unpin(struct gen_shadow *shadow, uint32_t pin);

/* Has any handle been made? And how many numbers are in use? */
static inline uint32_t gen_shadow_handles(const struct gen_shadow *shadow)
{
	return shadow->next_handle < GEN_HANDLES ? shadow->next_handle : GEN_HANDLES;
}

#endif
