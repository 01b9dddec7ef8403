// SPDX-License-Identifier: MIT
/* System calls by number and by process, and how long they took. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define MAX_SYSCALLS 512
#define MAX_ENTRIES 10240

struct stat {
	u64 count;
	u64 total_ns;
};

const volatile bool measure_latency = true;
const volatile pid_t target_pid = 0;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_SYSCALLS);
	__type(key, u32);
	__type(value, struct stat);
} by_number SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_ENTRIES);
	__type(key, u32);
	__type(value, u64);
} by_pid SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_ENTRIES);
	__type(key, u32);
	__type(value, u64);
} starts SEC(".maps");

SEC("tracepoint/raw_syscalls/sys_enter")
int sys_enter(struct trace_event_raw_sys_enter *ctx)
{
	u64 pid_tgid = bpf_get_current_pid_tgid(), one = 1, now, *count;
	u32 pid = pid_tgid >> 32, tid = pid_tgid;

	if (target_pid && target_pid != (pid_t)pid)
		return 0;
	count = bpf_map_lookup_elem(&by_pid, &pid);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&by_pid, &pid, &one, BPF_NOEXIST);
	if (measure_latency) {
		now = bpf_ktime_get_ns();
		bpf_map_update_elem(&starts, &tid, &now, BPF_ANY);
	}
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_exit")
int sys_exit(struct trace_event_raw_sys_exit *ctx)
{
	u32 tid = bpf_get_current_pid_tgid(), number = ctx->id;
	struct stat *stat;
	u64 *start;

	if (ctx->id < 0)
		return 0;
	stat = bpf_map_lookup_elem(&by_number, &number);
	if (!stat)
		return 0;
	stat->count++;
	start = bpf_map_lookup_elem(&starts, &tid);
	if (start) {
		stat->total_ns += bpf_ktime_get_ns() - *start;
		bpf_map_delete_elem(&starts, &tid);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
