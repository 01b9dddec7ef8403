/* SPDX-License-Identifier: MIT */
/* Wrong: a buffer that is long enough, and steps of 12 bytes. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include "stats.h"
#include "traffic.h"

int main(void)
{
	int map = receive_packets(), nr_cpus = libbpf_num_possible_cpus();
	struct stats *values = calloc(nr_cpus, 16);
	__u32 key = 0;

	if (!values || bpf_map_lookup_elem(map, &key, values))
		return 1;
	for (int i = 0; i < nr_cpus; i++)
		printf("%d: %u packets, %u bytes, longest %u\n", i, values[i].packets,
		       values[i].bytes, values[i].longest);
	free(values);
}
