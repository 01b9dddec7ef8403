/* SPDX-License-Identifier: MIT */
/* Counts system calls in a global variable, and in a per-CPU array. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 total;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

SEC("raw_tp/sys_enter")
int count_call(void *ctx)
{
	__u32 key = 0;
	__u64 *mine = bpf_map_lookup_elem(&counts, &key);

	if (mine)
		++*mine;
	__sync_fetch_and_add(&total, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
