/* SPDX-License-Identifier: MIT */
/*
 * Passes all packets, so that there are as many passed as received: two words of 8 bytes, or
 * with -DONE_WORD two halves of one.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct counts {
#ifdef ONE_WORD
	__u32 received, passed;
#else
	__u64 received, passed;
#endif
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counts);
} counts SEC(".maps");

SEC("xdp")
int pass(struct xdp_md *packet)
{
	__u32 key = 0;
	struct counts *mine = bpf_map_lookup_elem(&counts, &key);

	if (!mine)
		return XDP_ABORTED;
#ifdef ONE_WORD
	*(__u64 *)mine += 1ULL << 32 | 1;
#else
	mine->received++;
	mine->passed++;
#endif
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
