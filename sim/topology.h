/* SPDX-License-Identifier: MIT */
/*
 * The hardware that a machine has, as hwloc tells it.
 */
#ifndef SIM_TOPOLOGY_H
#define SIM_TOPOLOGY_H

#include <hwloc.h>

#include <pcasim/machine.h>

/* A loaded topology; this host's is loaded once per process and shared. */
struct topology {
	hwloc_topology_t hw;
	bool is_host;
};

/* 0 or -errno, with a message. */
int topology_load(struct topology *topology, const struct pca_machine_opts *opts);
void topology_unload(struct topology *topology);

/*
 * Parse a cpulist such as "0,2-3,7" into set. what names it in the message;
 * NULL: there is none.
 * Returns 0, -EINVAL or -ENOMEM.
 */
int cpulist_parse(hwloc_bitmap_t set, const char *list, const char *what);

/* The CPUs that a topology makes possible; this host's are what its kernel says. */
int topology_possible_cpus(const struct topology *topology, hwloc_bitmap_t set);

#endif
