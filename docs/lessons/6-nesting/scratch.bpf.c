/* SPDX-License-Identifier: MIT */
/* Two programs put events together in a scratch buffer. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "event.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NR_KINDS);
	__type(key, __u32);
	__type(value, struct event);
} last_events SEC(".maps");

static int record(__u32 kind)
{
	__u32 key = 0;
	struct event *event = bpf_map_lookup_elem(&scratch, &key);

	if (!event)
		return -1;
	event->kind = kind;
	event->cpu = bpf_get_smp_processor_id();
	event->time = bpf_ktime_get_ns();
	return bpf_map_update_elem(&last_events, &kind, event, BPF_ANY);
}

SEC("raw_tp/sys_enter")
int on_call(void *ctx)
{
	return record(CALL);
}

SEC("xdp")
int on_packet(struct xdp_md *packet)
{
	return record(PACKET) ? XDP_ABORTED : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
