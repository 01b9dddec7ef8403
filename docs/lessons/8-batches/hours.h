/* SPDX-License-Identifier: MIT */
/* An array with a counter for each hour of the day, on a machine with two CPUs. */
#ifndef HOURS_H
#define HOURS_H

#include <bpf/bpf.h>

#define NR_HOURS 24
#define NR_CPUS 2 /* of PCASIM_POSSIBLE */

/* Each CPU has counted as many packets as the hour says. */
static inline int count_hours(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "hours", 4, 8, NR_HOURS, NULL);

	for (__u32 hour = 0; hour < NR_HOURS; hour++) {
		__u64 values[NR_CPUS] = { hour, hour };

		bpf_map_update_elem(map, &hour, values, BPF_ANY);
	}
	return map;
}

#endif
