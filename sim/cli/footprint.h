/* SPDX-License-Identifier: MIT */
/*
 * What a map takes on a machine with so many CPUs. Figures are asked of a map that
 * is made on such a machine, not computed; only the formula is written down again.
 */
#ifndef SIM_CLI_FOOTPRINT_H
#define SIM_CLI_FOOTPRINT_H

#include "setup.h"
#include "svg.h"

#define BATCH_ENTRIES 256
#define MOST_FOOTPRINTS 12 /* powers of two up to 1024, and the one asked for */

/* A map that somebody wants to make. */
struct footprint_map {
	uint32_t type; /* BPF_MAP_TYPE_ARRAY or _PERCPU_ARRAY */
	const char *type_name;
	uint32_t value_size, max_entries;
};

struct footprint {
	uint32_t nr_cpus;
	int err; /* of MAP_CREATE; the rest is 0 then */
	uint32_t elem_bytes;
	uint64_t memlock_bytes;	 /* as Linux's fdinfo would say */
	uint64_t stride_bytes;	 /* from one slab to the next; 0: there is but one */
	uint64_t reserved_bytes; /* of addresses, here */
	uint64_t slack_bytes;	 /* of these, what lies behind slabs */
	uint64_t lookup_bytes;	 /* what a LOOKUP writes */
	uint64_t batch_bytes;	 /* keys and values of a LOOKUP_BATCH; 0: this release has none */
};

/* The asked one among others. */
struct footprints {
	struct footprint_map map;
	char release[16];
	struct footprint rows[MOST_FOOTPRINTS]; /* by number of CPUs */
	unsigned int nr, asked;			/* asked: its index */
};

/*
 * Make the map on machines of all sizes. cpus: a number of CPUs, a cpulist, or
 * NULL for this host's. 0, or -1 after a line on stderr: cpus is neither, or
 * MAP_CREATE refuses the map there.
 */
int footprints_take(struct footprints *all, const struct footprint_map *map, const char *cpus);

/* What the asked one takes, in words; the formula's words, and with the numbers in. */
#define NR_FOOTPRINT_FACTS 6
#define FOOTPRINT_TEXT 200

struct footprint_fact {
	const char *name;
	char text[FOOTPRINT_TEXT];
	char goes_on[FOOTPRINT_TEXT]; /* a second line, or "" */
};

void footprint_facts(const struct footprints *all, const char *times,
		     struct footprint_fact facts[NR_FOOTPRINT_FACTS]);
void footprint_formula(const struct footprints *all, const char *times, char words[FOOTPRINT_TEXT],
		       char numbers[FOOTPRINT_TEXT]);
void footprint_title(const struct footprints *all, char title[FOOTPRINT_TEXT]);

void footprint_print(const struct footprints *all);
void footprint_json(const struct footprints *all);
void footprint_draw(struct svg *svg, const struct footprints *all);

#endif
