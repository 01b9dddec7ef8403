/* SPDX-License-Identifier: MIT */
/*
 * A map with several keys, of which programs on all CPUs hit some more often than
 * others: what a heat map of keys and CPUs is drawn of.
 */
#ifndef SIM_CLI_DEMO_HEAT_H
#define SIM_CLI_DEMO_HEAT_H

#include "setup.h"
#include "timeline.h"

#define HEAT_KEYS 16

struct heat {
	struct pca_map_ref *map;
	int map_fd;
	uint32_t nr_cpus;
	uint32_t nr_runs;
	uint64_t events;	   /* that the programs counted */
	struct timeline *timeline; /* of the last rounds */
	uint64_t *values;	   /* by key, then by ordinal: what commands read back */
	uint64_t in_map;	   /* the sum of the values */
};

/*
 * Make the map, let programs count, read back. 0, or -1 after a line on stderr.
 * The map stays until heat_free().
 */
int heat_run(struct session *session, struct heat *heat);
void heat_free(struct session *session, struct heat *heat);

static inline uint64_t heat_value(const struct heat *heat, uint32_t key, uint32_t ordinal)
{
	return heat->values[(size_t)key * heat->nr_cpus + ordinal];
}

#endif
