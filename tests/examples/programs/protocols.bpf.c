// SPDX-License-Identifier: MIT
/*
 * The example of docs/programs.md: packets counted by protocol, and three programs that
 * are wrong, each in a way that another tool finds.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define PROTOCOL_AT (14 + 9) /* Ethernet, then IPv4 */

struct counts {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct counts);
} by_protocol SEC(".maps");

SEC("xdp")
int count_packets(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data;
	unsigned char *end = (void *)(long)ctx->data_end;
	struct counts *counts;
	__u32 protocol;

	if (data + PROTOCOL_AT + 1 > end)
		return XDP_PASS;
	protocol = data[PROTOCOL_AT];
	counts = bpf_map_lookup_elem(&by_protocol, &protocol);
	if (!counts)
		return XDP_ABORTED;
	counts->packets++;
	counts->bytes += end - data;
	return XDP_PASS;
}

SEC("raw_tp")
int careless(void *ctx)
{
	__u32 key = 256; /* one too far */
	struct counts *counts = bpf_map_lookup_elem(&by_protocol, &key);

	return counts->packets++;
}

__u64 total;

SEC("raw_tp")
int count_all(void *ctx)
{
	total++; /* by all CPUs */
	return 0;
}

int table[4], shift = 40;

SEC("raw_tp")
int beyond(void *ctx)
{
	__u64 i = ((__u64 *)ctx)[0];

	return table[i] + (1 << shift);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
