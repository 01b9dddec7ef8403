/* SPDX-License-Identifier: MIT */
/*
 * The transposing copy behind LOOKUP of per-CPU arrays. Slabs hold a CPU's copies of
 * all elements side by side; a command's buffer has an element's copies of all CPUs
 * side by side.
 *
 * There are several ways to do it, with the same bytes as result. The fastest that
 * this host's CPUs know is chosen when the first copy is made.
 */
#ifndef SIM_GATHER_H
#define SIM_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gather {
	size_t stride;	    /* from a CPU's slab to the next one's */
	size_t elem_bytes;  /* from an element to the next one in the buffer */
	uint32_t elem_size; /* of a CPU's copy: a multiple of 8 */
	uint32_t nr;	    /* elements */
};

/*
 * Copy g->nr elements of CPUs whose slabs succeed each other. slab is where the first
 * CPU's copy of the first element lies, aligned to 8 bytes; to .. end is where the
 * CPUs' copies of the first element go, with any alignment. Programs may be writing
 * the elements: aligned 8-byte words are not torn.
 */
typedef void gather_fn(const struct gather *g, const char *slab, char *to, const char *end);

/* By the way that is in use. */
void gather(const struct gather *g, const char *slab, char *to, const char *end);

struct gather_way {
	const char *name;
	bool (*works)(void);   /* on this host */
	bool (*is_slow)(void); /* slower than the one before, on this host; NULL: never */
	gather_fn *gather;
};

/* All ways, the portable one first, faster ones later where they are not slow; the last has no name. */
extern const struct gather_way gather_ways[];

/* For tests: use this way from now on. */
void gather_use(const struct gather_way *way);

#endif
