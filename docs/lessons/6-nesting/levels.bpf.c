/* SPDX-License-Identifier: MIT */
/* The same, with a scratch buffer for each context. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "event.h"

enum { TASK, SOFTIRQ, NR_LEVELS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_LEVELS);
	__type(key, __u32);
	__type(value, struct event);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NR_KINDS);
	__type(key, __u32);
	__type(value, struct event);
} last_events SEC(".maps");

static int record(__u32 kind, __u32 level)
{
	struct event *event = bpf_map_lookup_elem(&scratch, &level);

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
	return record(CALL, TASK);
}

SEC("xdp")
int on_packet(struct xdp_md *packet)
{
	return record(PACKET, SOFTIRQ) ? XDP_ABORTED : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
