// SPDX-License-Identifier: MIT
/*
 * Sets of lines in the order of their last use. A set is at most 64 words and mostly
 * 8 or 16, so that its order is kept by moving words; lines that programs contend for
 * lie in sets that are mostly empty, and nothing behind the first empty way is looked at.
 */
#include "model_cache.h"

#include <errno.h>
#include <stdlib.h>

uint32_t cache_nr_sets(struct cache_geometry geometry, uint32_t line_bytes)
{
	return geometry.ways ? (uint32_t)(geometry.bytes / line_bytes / geometry.ways) : 0;
}

int caches_create(struct cache_level *level, struct cache_geometry geometry, uint32_t line_bytes,
		  uint32_t nr)
{
	uint32_t nr_sets = cache_nr_sets(geometry, line_bytes);

	*level = (struct cache_level){ 0 };
	if (!nr_sets)
		return 0;
	level->ways = geometry.ways;
	level->nr_sets = nr_sets;
	level->mask = nr_sets & (nr_sets - 1) ? 0 : nr_sets - 1;
	/* Pages of caches that nobody uses are never touched. */
	level->tags = calloc((size_t)nr * nr_sets * level->ways, sizeof(*level->tags));
	return level->tags ? 0 : -ENOMEM;
}

void caches_destroy(struct cache_level *level)
{
	free(level->tags);
}

/* The way that holds the line, or the number of ways. What is in use comes first. */
static uint32_t find_way(const uint32_t *set, uint32_t ways, uint32_t line)
{
	for (uint32_t way = 0; way < ways && set[way]; way++) {
		if (set[way] == line + 1)
			return way;
	}
	return ways;
}

uint32_t cache_add(const struct cache_level *level, uint32_t cache, uint32_t line)
{
	uint32_t *set, tag = line + 1;

	if (!level->ways)
		return NO_LINE;
	set = cache_set(level, cache, line);
	for (uint32_t way = 0; way < level->ways && tag; way++) {
		uint32_t older = set[way];

		set[way] = tag;
		tag = older;
	}
	return tag - 1; /* of an empty way: NO_LINE */
}

bool cache_has(const struct cache_level *level, uint32_t cache, uint32_t line)
{
	if (!level->ways)
		return false;
	return find_way(cache_set(level, cache, line), level->ways, line) < level->ways;
}

void cache_remove(const struct cache_level *level, uint32_t cache, uint32_t line)
{
	uint32_t *set, way;

	if (!level->ways)
		return;
	set = cache_set(level, cache, line);
	way = find_way(set, level->ways, line);
	if (way == level->ways)
		return;
	for (; way + 1 < level->ways && set[way + 1]; way++)
		set[way] = set[way + 1];
	set[way] = 0;
}
