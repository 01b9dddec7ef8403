/* SPDX-License-Identifier: MIT */
/* Prints what a lookup delivers, in words of 4 bytes. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include "stats.h"
#include "traffic.h"

int main(void)
{
	int map = receive_packets(), nr_cpus = libbpf_num_possible_cpus();
	__u32 key = 0, *words = calloc(nr_cpus, 16);

	if (!words || bpf_map_lookup_elem(map, &key, words))
		return 1;
	for (int i = 0; i < nr_cpus * 4; i++)
		printf("%8x%s", words[i], i % 4 == 3 ? "\n" : " ");
	free(words);
}
