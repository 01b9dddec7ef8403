// SPDX-License-Identifier: MIT
/*
 * Two programs in task context add to the same element of their CPU. Since Linux 5.11
 * one may be preempted by the other between its read and its write.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;

static __always_inline __u64 *mine(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&counts, &key);
}

SEC("cgroup/connect4")
int count_connect(struct bpf_sock_addr *ctx)
{
	__u64 *count = mine();

	if (count)
		++*count;
	return 1;
}

SEC("cgroup/sendmsg4")
int count_sendmsg(struct bpf_sock_addr *ctx)
{
	__u64 *count = mine();

	if (count)
		++*count;
	return 1;
}

/* One cure: nobody else in task context comes in. */
SEC("cgroup/connect4")
int count_alone(struct bpf_sock_addr *ctx)
{
	__u64 *count = mine();

	if (count) {
		bpf_preempt_disable();
		++*count;
		bpf_preempt_enable();
	}
	return 1;
}

/* Another: the addition is one step. */
SEC("cgroup/connect4")
int count_atomically(struct bpf_sock_addr *ctx)
{
	__u64 *count = mine();

	if (count)
		__sync_fetch_and_add(count, 1);
	return 1;
}

/* Asked afterwards (--predicate): has each of the two added its one? */
SEC("syscall")
int none_is_lost(void *ctx)
{
	__u64 sum = 0;
	__u32 key = 0;

	for (__u32 cpu = 0; cpu < 2; cpu++) {
		__u64 *count = bpf_map_lookup_percpu_elem(&counts, &key, cpu);

		if (count)
			sum += *count;
	}
	return sum == 2;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
