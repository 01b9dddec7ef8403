/* SPDX-License-Identifier: MIT */
/*
 * <bpf/bpf_helpers.h> as samples of the kernel call it, with the definition of maps that they
 * used in SEC("maps"): it compiles, and the map is refused by name.
 */
#ifndef PCASIM_PROG_SAMPLES_HELPERS_H
#define PCASIM_PROG_SAMPLES_HELPERS_H

#include "../bpf/bpf_helpers.h"

struct bpf_map_def {
	unsigned int type;
	unsigned int key_size;
	unsigned int value_size;
	unsigned int max_entries;
	unsigned int map_flags;
	unsigned int inner_map_idx;
	unsigned int numa_node;
};

#endif
