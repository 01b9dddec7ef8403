/* SPDX-License-Identifier: MIT */
/*
 * Where slabs lie when a machine's CPUs are on several NUMA nodes: those of one
 * node's CPUs together, from a page of their own on, so that the host can keep
 * each group on its node.
 */
#ifndef SIM_NUMA_H
#define SIM_NUMA_H

#include "slab.h"

struct pca_machine;

/* The slabs of one node's CPUs. */
struct slab_group {
	uint32_t node; /* the OS index */
	uint32_t page; /* the slab that its pages begin with, which may be nobody's */
	uint32_t first, nr;
};

/* Successive CPUs whose slabs are successive, too. */
struct slab_span {
	uint32_t first, nr;
};

struct slab_places {
	uint32_t nr_slabs; /* of a map; more than CPUs where groups leave gaps */
	uint32_t nr_groups;
	uint32_t nr_spans;
	struct slab_group *groups;
	struct slab_span *spans; /* in the order of the CPUs' ordinals */
};

/* Give each CPU its slab. 0 or -ENOMEM. */
int numa_place_slabs(struct pca_machine *machine);
void numa_forget_places(struct slab_places *places);

/* Are groups kept on nodes: are these CPUs the host's, and has it several nodes? */
bool numa_is_bound(const struct pca_machine *machine);

/* Ask the host to take each group's pages from its node, if it can. */
void numa_bind(const struct pca_machine *machine, const struct slabs *slabs);

#endif
