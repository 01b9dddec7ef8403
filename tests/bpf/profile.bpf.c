// SPDX-License-Identifier: MIT
/* A sampler: where the CPUs are, by a perf event. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define BUCKETS 64

struct sample {
	u64 user, kernel, idle;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct sample);
} samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BUCKETS);
	__type(key, u32);
	__type(value, u64);
} by_ip SEC(".maps");

SEC("perf_event")
int sample(struct bpf_perf_event_data *ctx)
{
	u64 ip = PT_REGS_IP(&ctx->regs), *count;
	u32 zero = 0, bucket = (ip >> 12) % BUCKETS;
	struct sample *s = bpf_map_lookup_elem(&samples, &zero);

	if (!s)
		return 0;
	if (!(u32)bpf_get_current_pid_tgid())
		s->idle++;
	else if ((s64)ip < 0)
		s->kernel++;
	else
		s->user++;
	count = bpf_map_lookup_elem(&by_ip, &bucket);
	if (count)
		*count += ctx->sample_period;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
