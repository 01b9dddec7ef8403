/* SPDX-License-Identifier: MIT */
/*
 * All caches of one level of a modelled machine: sets of lines in the order of
 * their last use. What the lines hold and who may write them is model_memory.c's.
 *
 * A line is known by its number, address / line size. Adding a line evicts the one of
 * its set that was used longest ago (LRU), as cachegrind's caches do.
 */
#ifndef SIM_CLI_MODEL_CACHE_H
#define SIM_CLI_MODEL_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#define NO_LINE UINT32_MAX

#define MODEL_MOST_WAYS 64
#define MODEL_MOST_SETS 65536 /* lines of a trace keep this many low bits of their number */

/* One cache of a level; ways 0: the level does not exist. */
struct cache_geometry {
	uint64_t bytes;
	uint32_t ways;
};

struct cache_level {
	uint32_t ways, nr_sets;
	uint32_t mask;	/* nr_sets - 1 where that is a power of two, else 0 */
	uint32_t *tags; /* [cache][set][way]: line + 1, last used first; 0: empty, and the rest */
};

/* nr empty caches. 0 or -ENOMEM. */
int caches_create(struct cache_level *level, struct cache_geometry geometry, uint32_t line_bytes,
		  uint32_t nr);
void caches_destroy(struct cache_level *level);

/* How many sets such a cache has; 0: none, it would be smaller than a set. */
uint32_t cache_nr_sets(struct cache_geometry geometry, uint32_t line_bytes);

static inline uint32_t *cache_set(const struct cache_level *level, uint32_t cache, uint32_t line)
{
	uint32_t set = level->mask ? line & level->mask : line % level->nr_sets;

	return level->tags + ((uint64_t)cache * level->nr_sets + set) * level->ways;
}

/* Is the line there? Then it is the last used one from now on. */
static inline bool cache_use(const struct cache_level *level, uint32_t cache, uint32_t line)
{
	uint32_t *set, way = 0;

	if (!level->ways)
		return false;
	set = cache_set(level, cache, line);
	while (set[way] != line + 1) {
		if (++way == level->ways || !set[way])
			return false;
	}
	for (; way; way--)
		set[way] = set[way - 1];
	set[0] = line + 1;
	return true;
}

/* Add a line that is not there. Returns the one that had to go, or NO_LINE. */
uint32_t cache_add(const struct cache_level *level, uint32_t cache, uint32_t line);

bool cache_has(const struct cache_level *level, uint32_t cache, uint32_t line);
void cache_remove(const struct cache_level *level, uint32_t cache, uint32_t line);

#endif
