/* SPDX-License-Identifier: MIT */
/* The same, and no other task comes in between. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *to)
{
	__u32 key = 0;
	__u64 *mine = bpf_map_lookup_elem(&counts, &key);

	bpf_preempt_disable();
	if (mine)
		++*mine;
	bpf_preempt_enable();
	return 1; /* allowed */
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
