/* SPDX-License-Identifier: MIT */
/* Counts packets and their bytes. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum { PACKETS, BYTES, NR_COUNTS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

static void add(__u32 key, __u64 number)
{
	__u64 *count = bpf_map_lookup_elem(&counts, &key);

	if (count)
		*count += number;
}

SEC("xdp")
int count_packet(struct xdp_md *packet)
{
	add(PACKETS, 1);
	add(BYTES, packet->data_end - packet->data);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
