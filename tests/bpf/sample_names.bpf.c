// SPDX-License-Identifier: MIT
/* Headers by the names that samples of the kernel have for them, and types that are there. */
#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/ip.h>
#include <uapi/linux/ptrace.h>
#include "bpf_helpers.h"
#include "bpf_tracing.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, u64);
} packets SEC(".maps");

SEC("xdp")
int by_protocol(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	bool is_ip = (void *)(ip + 1) <= end && eth->h_proto == htons(ETH_P_IP);
	u32 key = is_ip ? ip->protocol : 255;
	u64 *value = bpf_map_lookup_elem(&packets, &key);

	if (value)
		*value += 1;
	return XDP_PASS;
}

SEC("kprobe/sys_write")
int third(struct pt_regs *ctx)
{
	return (int)PT_REGS_PARM3(ctx);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
