// SPDX-License-Identifier: MIT
/*
 * Maps of events, stacks and cgroups, which nobody fills or reads, beside counters; and maps
 * whose entries user space sets, or maps into memory.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

enum outcome { IN_CGROUP, NO_CGROUP, EVENT_LOST, BUFFER_FULL, NO_STACK, NR_OUTCOMES };

const volatile bool filter_cgroup = true;

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__type(key, u32);
	__type(value, u32);
	__uint(max_entries, 1);
} cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} buffer SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 64);
	__uint(key_size, sizeof(u32));
	__uint(value_size, 127 * sizeof(u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_OUTCOMES);
	__type(key, enum outcome);
	__type(value, u64);
} outcomes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, u64);
} mapped SEC(".maps");

/* As short as a definition can be: 24 bytes, and its neighbour. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
} shortest SEC(".maps");

static void count(enum outcome outcome, bool happened)
{
	u64 *value = bpf_map_lookup_elem(&outcomes, &outcome);

	if (value && happened)
		(*value)++;
}

SEC("tp/sched/sched_process_exit")
int exits(void *ctx)
{
	u32 key = 0, pid = (u32)bpf_get_current_pid_tgid();
	u64 *seen = bpf_map_lookup_elem(&mapped, &key), *event;

	if (seen)
		__sync_fetch_and_add(seen, 1);
	if (filter_cgroup)
		count(bpf_current_task_under_cgroup(&cgroups, 0) > 0 ? IN_CGROUP : NO_CGROUP, true);
	count(EVENT_LOST,
	      bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &pid, sizeof(pid)) == -2);
	count(NO_STACK, bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK) == -14);
	event = bpf_ringbuf_reserve(&buffer, sizeof(*event), 0);
	count(BUFFER_FULL, !event);
	if (!event)
		return bpf_ringbuf_output(&buffer, &pid, sizeof(pid), 0) == -11;
	*event = pid;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
