/* SPDX-License-Identifier: MIT */
/* Looks at two copies of the same element: this CPU's and CPU 0's. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

SEC("xdp")
int look(struct xdp_md *packet)
{
	__u32 key = 0;
	__u64 *mine = bpf_map_lookup_elem(&counts, &key);
	__u64 *first = bpf_map_lookup_percpu_elem(&counts, &key, 0);

	if (!mine || !first)
		return XDP_ABORTED;
	*mine = 7;
	bpf_printk("mine is %llu, CPU 0's is %llu", *mine, *first);
	bpf_printk("mine lies %ld bytes behind CPU 0's", (long)mine - (long)first);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
