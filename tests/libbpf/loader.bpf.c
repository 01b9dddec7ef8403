// SPDX-License-Identifier: MIT
/* The programs of loader.c: packets and calls, counted by each CPU for itself. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum { PACKETS, CALLS };

struct stats {
	__u64 events, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1); /* the loader asks for more */
	__type(key, __u32);
	__type(value, struct stats);
} stats SEC(".maps");

static int count(__u32 key, __u64 bytes)
{
	struct stats *mine = bpf_map_lookup_elem(&stats, &key);

	if (!mine)
		return -1;
	mine->events++;
	mine->bytes += bytes;
	return 0;
}

SEC("xdp")
int count_packets(struct xdp_md *ctx)
{
	return count(PACKETS, ctx->data_end - ctx->data) ? XDP_ABORTED : XDP_PASS;
}

SEC("raw_tp/sys_enter")
int count_calls(__u64 *args)
{
	return count(CALLS, args[0]);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
