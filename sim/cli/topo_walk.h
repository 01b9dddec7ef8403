/* SPDX-License-Identifier: MIT */
/*
 * The hardware's objects in the order and the words in which trees and pictures
 * show them. Siblings that look alike are shown once and counted, where a machine
 * has more CPUs than fit.
 */
#ifndef SIM_CLI_TOPO_WALK_H
#define SIM_CLI_TOPO_WALK_H

#include "hardware.h"

#define TOPO_TEXT 160

/* How much is shown in full. */
struct topo_limits {
	unsigned int cpus;  /* with no more of them than this, nothing is left out */
	unsigned int alike; /* fewer siblings than this are not worth one line for all */
};

struct topo_walk {
	const struct pca_machine *machine;
	hwloc_bitmap_t possible, online;
	bool is_in_full;
	unsigned int least_alike;
};

void topo_walk_begin(struct topo_walk *walk, const struct pca_machine *machine,
		     struct topo_limits limits);
void topo_walk_end(struct topo_walk *walk);

/* An object, or siblings from first to last that are only counted. */
struct topo_item {
	hwloc_obj_t first, last;
	bool is_rest;
	bool is_alike; /* those of the rest look like the object before them */
};

/* The children of an object, one after the other. */
struct topo_children {
	const struct topo_walk *walk;
	hwloc_obj_t next;
	unsigned int nr_alike; /* siblings before next that look like the one shown last */
	unsigned int nr_shown;
};

static inline struct topo_children topo_children(const struct topo_walk *walk, hwloc_obj_t parent)
{
	return (struct topo_children){ .walk = walk, .next = parent->first_child };
}

bool topo_next(struct topo_children *children, struct topo_item *item);

/* How many objects an item stands for. */
static inline unsigned int topo_item_count(const struct topo_item *item)
{
	return item->last->sibling_rank - item->first->sibling_rank + 1;
}

/* Their CPUs; NULL without memory. */
hwloc_bitmap_t topo_item_cpus(const struct topo_item *item);

/* "Core 3", "L2 1 MiB", "NUMA node 0 (4 GiB)" */
const char *topo_label(char buf[TOPO_TEXT], hwloc_obj_t obj);

/* "CPUs 0-3" */
const char *topo_cpus_label(char buf[TOPO_TEXT], hwloc_const_bitmap_t cpus);

/* Those of cpus that are not usual: "", "offline", "not possible: 2-3, offline: 0". */
const char *topo_states(char buf[TOPO_TEXT], const struct topo_walk *walk,
			hwloc_const_bitmap_t cpus);

/* CPUs that are possible but not in the topology; NULL when there are none. */
hwloc_bitmap_t topo_strangers(const struct topo_walk *walk);

/* Has it children that are all CPUs, or none? */
bool topo_has_only_cpus(hwloc_obj_t obj);

#endif
