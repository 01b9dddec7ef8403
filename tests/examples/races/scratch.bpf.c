// SPDX-License-Identifier: MIT
/*
 * A per-CPU element as a buffer, since the stack is small. A packet comes in on the same CPU
 * and uses it, too. The cure has a slot for each context.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct event {
	__u64 who, when;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct event);
} scratch SEC(".maps");

/* Events in which somebody else's data were found. */
__u64 nr_mixed;

static __always_inline int use(__u32 slot, __u64 who)
{
	struct event *event = bpf_map_lookup_elem(&scratch, &slot);

	if (!event)
		return 0;
	event->who = who;
	event->when = bpf_ktime_get_ns();
	if (event->who != who)
		nr_mixed++;
	return 1;
}

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *ctx)
{
	return use(0, 1);
}

SEC("xdp")
int on_packet(struct xdp_md *ctx)
{
	return use(0, 2) ? XDP_PASS : XDP_ABORTED;
}

SEC("xdp")
int on_packet_cured(struct xdp_md *ctx)
{
	return use(1, 2) ? XDP_PASS : XDP_ABORTED;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
