/* SPDX-License-Identifier: MIT */
/* Counts packets and bytes, and keeps the length of the longest packet. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "stats.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stats);
} stats SEC(".maps");

SEC("xdp")
int count_packet(struct xdp_md *packet)
{
	__u32 key = 0, length = packet->data_end - packet->data;
	struct stats *mine = bpf_map_lookup_elem(&stats, &key);

	if (!mine)
		return XDP_ABORTED;
	mine->packets++;
	mine->bytes += length;
	if (length > mine->longest)
		mine->longest = length;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
