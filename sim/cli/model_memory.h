/* SPDX-License-Identifier: MIT */
/*
 * The memory of a modelled machine: who has which line, and what an access to it
 * sets in motion. It counts; it knows no times.
 *
 * Each core has an L1 and an L2 (which holds all that the L1 holds), or an L1 only; SMT
 * siblings share them. Cores share an L3 by groups: what misses in front of it is
 * added to it, and what leaves it may stay in front of it. A directory keeps the MESI
 * state of each line: one core may write it (exclusive or modified), or several have it
 * (shared), or none.
 *
 *	read, and another core has it modified	that core passes it on and keeps it shared;
 *						it is written back, to the L3 if they share
 *						it, else to memory
 *	read, and no other cache has it		from the own L3 or from memory: exclusive
 *	write					all other copies are invalidated; a modified
 *						one is passed on without being written back
 *	write to what is shared in the core	an upgrade: the line is at hand, others' copies
 *	or in its L3				are invalidated
 *
 * Not thread safe; one model, one thread.
 */
#ifndef SIM_CLI_MODEL_MEMORY_H
#define SIM_CLI_MODEL_MEMORY_H

#include "model_cache.h"

#define MODEL_MOST_CPUS 1024

/* The hardware. CPUs are their ordinals, all else is numbered from 0 in their order. */
struct model_shape {
	uint32_t nr_cpus, nr_cores, nr_l3s, nr_packages, nr_nodes;
	uint32_t line_bytes; /* a power of two */
	struct cache_geometry l1, l2, l3;
	uint32_t id_of[MODEL_MOST_CPUS];   /* by CPU: what the system calls it */
	uint16_t core_of[MODEL_MOST_CPUS]; /* by CPU */
	uint16_t l3_of[MODEL_MOST_CPUS];   /* the others by core */
	uint16_t package_of[MODEL_MOST_CPUS];
	uint16_t node_of[MODEL_MOST_CPUS];
};

/* Where an access found its line. */
enum model_source {
	FROM_L1,
	FROM_L2,
	FROM_L3,	    /* the core's own */
	FROM_SAME_L3,	    /* a transfer from another core behind the same L3 */
	FROM_SAME_PACKAGE,  /* a transfer from a core or an L3 of the package */
	FROM_OTHER_PACKAGE, /* ... of another one */
	FROM_LOCAL_MEMORY,  /* of the core's node */
	FROM_REMOTE_MEMORY,
	NR_MODEL_SOURCES
};

struct model_counts {
	uint64_t reads, writes; /* of lines: together the sum of from[] */
	uint64_t from[NR_MODEL_SOURCES];
	uint64_t same_core;		       /* hits on what another CPU of the core wrote last */
	uint64_t upgrades;		       /* writes that waited for invalidations only */
	uint64_t invalidations;		       /* copies that other cores lost to a write */
	uint64_t memory_writes;		       /* lines */
	uint64_t prefetched[NR_MODEL_SOURCES]; /* where prefetched lines came from */
};

struct model_options {
	bool has_prefetch;  /* a miss brings the other line of the pair, too */
	bool homes_by_line; /* a line's node is its first user's; else its page's first user's */
	uint32_t nr_lines;  /* of the address space, fewer than NO_LINE */
};

/* A line's entry in the directory. */
struct model_line {
	uint16_t owner;		  /* the core that may write it, + 1; 0: none */
	uint16_t writer;	  /* the CPU that wrote it last, + 1 */
	uint16_t dirty_l3;	  /* the L3 that has to write it back, + 1 */
	uint16_t home : 15;	  /* its node, + 1 */
	uint16_t is_modified : 1; /* by the owner */
	uint64_t holders[];	  /* bits: a core each, then an L3 each */
};

struct model_memory {
	const struct model_shape *shape;
	struct model_options options;
	struct cache_level l1, l2, l3;
	uint32_t nr_words;	 /* of holders */
	uint64_t *lines;	 /* struct model_line, 1 + nr_words each */
	uint16_t *page_homes;	 /* the node of each page, + 1 */
	uint64_t *l3_masks;	 /* the holders behind each L3, and it */
	uint64_t *package_masks; /* the holders in each package */
	uint32_t lines_per_page;
	struct model_counts counts;
};

/* Bytes that the directory would take. */
uint64_t model_directory_bytes(const struct model_shape *shape, uint64_t nr_lines);

/* Caches that are empty. shape must outlive it. 0 or -ENOMEM. */
int model_memory_create(struct model_memory *memory, const struct model_shape *shape,
			const struct model_options *options);
void model_memory_destroy(struct model_memory *memory);

/* One CPU reads or writes a line. Returns where it was. */
enum model_source model_access(struct model_memory *memory, uint32_t cpu, uint32_t line,
			       bool is_write);

static inline struct model_line *model_line(const struct model_memory *memory, uint32_t line)
{
	return (struct model_line *)(memory->lines + (uint64_t)line * (1 + memory->nr_words));
}

static inline bool model_holds(const struct model_line *line, uint32_t holder)
{
	return line->holders[holder / 64] >> holder % 64 & 1;
}

#endif
