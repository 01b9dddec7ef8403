/* SPDX-License-Identifier: MIT */
/* Counts packets in a per-CPU array. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

SEC("xdp")
int count_packet(struct xdp_md *packet)
{
	__u32 key = 0;
	__u64 *count = bpf_map_lookup_elem(&counts, &key);

	if (!count)
		return XDP_ABORTED;
	++*count;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
