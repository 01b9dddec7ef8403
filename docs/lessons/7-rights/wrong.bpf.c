/* SPDX-License-Identifier: MIT */
/* Wrong: raises a limit that it may only read. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, __u64);
} limits SEC(".maps");

SEC("xdp")
int raise_limit(struct xdp_md *packet)
{
	__u32 key = 0;
	__u64 *limit = bpf_map_lookup_elem(&limits, &key);

	if (!limit)
		return XDP_ABORTED;
	*limit += 10;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
