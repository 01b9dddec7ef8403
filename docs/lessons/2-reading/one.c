/* SPDX-License-Identifier: MIT */
/* Wrong: a buffer for one value. */
#include <bpf/bpf.h>
#include <stdio.h>
#include "stats.h"
#include "traffic.h"

int main(void)
{
	int map = receive_packets();
	__u32 key = 0;
	struct stats value;

	if (bpf_map_lookup_elem(map, &key, &value))
		return 1;
	printf("%u packets\n", value.packets);
}
