/* SPDX-License-Identifier: MIT */
/* Drops what is more than a CPU's limit. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, __u64);
} limits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

SEC("xdp")
int limit_packets(struct xdp_md *packet)
{
	__u32 key = 0;
	const __u64 *limit = bpf_map_lookup_elem(&limits, &key);
	__u64 *count = bpf_map_lookup_elem(&counts, &key);

	if (!limit || !count)
		return XDP_ABORTED;
	if (*count >= *limit)
		return XDP_DROP;
	++*count;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
