/* SPDX-License-Identifier: MIT */
/*
 * A machine's hardware in a few lines: CPUs, cores, caches, NUMA nodes.
 */
#ifndef SIM_CLI_HARDWARE_H
#define SIM_CLI_HARDWARE_H

#include "machine.h"
#include "setup.h"

void hardware_print(const struct session *session);
void hardware_json(const struct session *session); /* members of the object that is open */

/* The set of possible CPUs, or of those online; NULL without memory. */
hwloc_bitmap_t machine_cpuset(const struct pca_machine *machine, bool only_online);

/* "0-3,8", at most width columns; buf holds width + 1 bytes. */
const char *cpuset_text(char *buf, size_t width, hwloc_const_bitmap_t set);

/* Bytes in a cache line, 64 where the topology does not say. */
unsigned int cache_line_bytes(const struct pca_machine *machine);

/* "L1d", "L2"; NULL for what is no data cache. */
const char *cache_name(hwloc_obj_type_t type);

#endif
