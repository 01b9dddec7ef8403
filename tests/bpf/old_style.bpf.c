// SPDX-License-Identifier: MIT
/* As programs were written before vmlinux.h: types of uapi headers, sizes by hand. */
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define TASK_COMM_LEN 16

#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#endif

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u64));
	__uint(max_entries, 4);
	__uint(map_flags, 0);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} counters SEC(".maps");

static inline bool bump(__u32 key)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (likely(value != NULL)) {
		*value += 1;
		return true;
	}
	return false;
}

SEC("raw_tracepoint/sys_enter")
int raw_sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs regs;
	unsigned long id = ctx->args[1];

	if (bpf_probe_read(&regs, sizeof(regs), (void *)ctx->args[0]) == 0 && id == 1)
		bump(PT_REGS_PARM1(&regs) & 1);
	return 0;
}

SEC("raw_tp/sched_switch")
int raw_switch(__u64 *ctx)
{
	char fmt[] = "preempt %d on %d\n";

	if (ctx[0])
		bpf_trace_printk(fmt, sizeof(fmt), (int)ctx[0], bpf_get_smp_processor_id());
	return bump(2);
}

SEC("socket")
int filter(struct __sk_buff *skb)
{
	bump(3);
	return skb->len;
}

int _version SEC("version") = 1;
char _license[] SEC("license") = "GPL";
