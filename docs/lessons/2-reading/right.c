/* SPDX-License-Identifier: MIT */
/* Right. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include "stats.h"
#include "traffic.h"

#define ROUND_UP_8(bytes) (((bytes) + 7) / 8 * 8)

int main(void)
{
	int map = receive_packets(), nr_cpus = libbpf_num_possible_cpus();
	const size_t step = ROUND_UP_8(sizeof(struct stats));
	struct stats sum = { 0 };
	char *values = calloc(nr_cpus, step);
	__u32 key = 0;

	if (!values || bpf_map_lookup_elem(map, &key, values))
		return 1;
	for (int i = 0; i < nr_cpus; i++) {
		const struct stats *one = (const struct stats *)(values + i * step);

		sum.packets += one->packets;
		sum.bytes += one->bytes;
		if (one->longest > sum.longest)
			sum.longest = one->longest;
	}
	printf("%u packets, %u bytes, longest %u\n", sum.packets, sum.bytes, sum.longest);
	free(values);
}
