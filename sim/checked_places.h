/* SPDX-License-Identifier: MIT */
/*
 * Whose memory is it? Asked about addresses that are not the run's own.
 */
#ifndef SIM_CHECKED_PLACES_H
#define SIM_CHECKED_PLACES_H

#include "map.h"

/* A map and a place in it, as much as there is to say when the map may be gone. */
struct map_place {
	const struct pca_machine *machine; /* to be compared, not to be looked into */
	bool is_freed;
	uint32_t id;
	char name[OBJ_NAME_BYTES];
	uint32_t value_size, flags;
	const char *base; /* for programs */
	uint64_t mapped_bytes;
	uint64_t stride; /* 0: one copy for all CPUs */
	uint32_t elem_size, max_entries;
	bool has_indices; /* false: elements are anywhere, and base is none */

	/*
	 * The place: an element, and where in it; has_key is false between elements, and
	 * where keys have not 32 bits.
	 */
	bool has_key;
	uint32_t slab, key, offset;
};

/* What programs of this machine find at addr, or of others, or found there before. */
bool find_map_place(const struct pca_machine *machine, const char *addr, struct map_place *place);

/* What there is to say of this map. */
void map_place_of(const struct pca_map *map, struct map_place *place);

/* The map loses its last reference. */
void remember_freed_map(const struct pca_map *map);

/* The id of the CPU with this slab. */
uint32_t cpu_of_slab(const struct pca_machine *machine, uint32_t slab);

#endif
