/* SPDX-License-Identifier: MIT */
/* Wrong: adds up all hours, as long as no batch fails. */
#include <stdio.h>
#include <stdlib.h>
#include "hours.h"

int main(int argc, char **argv)
{
	__u32 keys[NR_HOURS], room = argc > 1 ? atoi(argv[1]) : 10, count = room, at;
	__u64 values[NR_HOURS][NR_CPUS], sum = 0;
	int map = count_hours();
	void *from = NULL;

	while (bpf_map_lookup_batch(map, from, &at, keys, values, &count, NULL) == 0) {
		printf("%u elements\n", count);
		for (__u32 i = 0; i < count; i++)
			sum += values[i][0] + values[i][1];
		from = &at;
		count = room;
	}
	printf("sum %llu\n", sum);
}
