// SPDX-License-Identifier: MIT
/* Execs and exits of what the settings let through. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define INVALID_UID ((uid_t)-1)

const volatile bool filter_cg = false;
const volatile bool ignore_failed = true;
const volatile uid_t targ_uid = INVALID_UID;
const volatile int max_args = 20;
const volatile char targ_comm[TASK_COMM_LEN] = "";
const volatile struct {
	u64 min_ns;
	u32 cpus[4];
} limits = { .min_ns = 0 };

enum event { EVENT_EXEC, EVENT_EXIT, EVENT_FILTERED, NR_EVENTS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_EVENTS);
	__type(key, enum event);
	__type(value, u64);
} events SEC(".maps");

static void count(enum event event)
{
	u64 *value = bpf_map_lookup_elem(&events, &event);

	if (value)
		(*value)++;
}

static __always_inline bool comm_allowed(const char *comm)
{
	int i;

	for (i = 0; i < TASK_COMM_LEN && targ_comm[i] != '\0'; i++) {
		if (comm[i] != targ_comm[i])
			return false;
	}
	return true;
}

static bool passes(void)
{
	uid_t uid = (u32)bpf_get_current_uid_gid();
	char comm[TASK_COMM_LEN];

	if (targ_uid != INVALID_UID && targ_uid != uid)
		return false;
	if (filter_cg && bpf_get_current_cgroup_id() != 1)
		return false;
	bpf_get_current_comm(&comm, sizeof(comm));
	return comm_allowed(comm);
}

SEC("tp/sched/sched_process_exec")
int handle_exec(struct trace_event_raw_sched_process_exec *ctx)
{
	unsigned int fname_off = ctx->__data_loc_filename & 0xFFFF;
	char filename[64];

	if (!passes()) {
		count(EVENT_FILTERED);
		return 0;
	}
	bpf_probe_read_str(&filename, sizeof(filename), (char *)ctx + fname_off);
	if (max_args > 0)
		bpf_printk("exec %d %s", ctx->pid, filename);
	count(EVENT_EXEC);
	return 0;
}

SEC("tp/sched/sched_process_exit")
int handle_exit(struct trace_event_raw_sched_process_template *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	int code = BPF_CORE_READ(task, exit_code) >> 8 & 0xff;

	if (ignore_failed && code)
		return 0;
	if (bpf_ktime_get_ns() - BPF_CORE_READ(task, start_time) < limits.min_ns)
		return 0;
	count(passes() ? EVENT_EXIT : EVENT_FILTERED);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
