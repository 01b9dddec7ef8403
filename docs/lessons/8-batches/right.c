/* SPDX-License-Identifier: MIT */
/* Right: the last elements come with an error. */
#include <stdio.h>
#include <stdlib.h>
#include "hours.h"

int main(int argc, char **argv)
{
	__u32 keys[NR_HOURS], room = argc > 1 ? atoi(argv[1]) : 10, count, at;
	__u64 values[NR_HOURS][NR_CPUS], sum = 0;
	int map = count_hours(), err;
	void *from = NULL;

	do {
		count = room;
		err = bpf_map_lookup_batch(map, from, &at, keys, values, &count, NULL);
		if (err && err != -ENOENT) {
			printf("error %d\n", -err);
			return 1;
		}
		printf("%u elements%s\n", count, err ? ", the end" : "");
		for (__u32 i = 0; i < count; i++)
			sum += values[i][0] + values[i][1];
		from = &at;
	} while (!err);
	printf("sum %llu\n", sum);
}
