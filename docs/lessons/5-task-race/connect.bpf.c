/* SPDX-License-Identifier: MIT */
/*
 * Counts connections, by plain ++, with -DATOMIC by an atomic addition, with -DALONE while
 * no other task may come in.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

static void add_one(__u64 *count)
{
#if defined(ATOMIC)
	__sync_fetch_and_add(count, 1);
#elif defined(ALONE)
	bpf_preempt_disable();
	++*count;
	bpf_preempt_enable();
#else
	++*count;
#endif
}

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *to)
{
	__u32 key = 0;
	__u64 *mine = bpf_map_lookup_elem(&counts, &key);

	if (mine)
		add_one(mine);
	return 1; /* allowed */
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
