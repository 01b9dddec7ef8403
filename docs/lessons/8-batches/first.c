/* SPDX-License-Identifier: MIT */
/* One batch. */
#include <stdio.h>
#include <string.h>
#include "hours.h"

#define ROOM 10

int main(void)
{
	__u32 keys[ROOM], count = ROOM, end;
	__u64 values[ROOM][NR_CPUS];
	int map = count_hours();
	int err = bpf_map_lookup_batch(map, NULL, &end, keys, values, &count, NULL);

	printf("result %d, count %u\n", err, count);
	for (__u32 i = 0; i < count; i++)
		printf("key %u: %llu, %llu\n", keys[i], values[i][0], values[i][1]);
	return err ? 1 : 0;
}
