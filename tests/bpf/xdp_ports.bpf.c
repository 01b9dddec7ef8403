// SPDX-License-Identifier: MIT
/* Counts per destination port, behind up to two VLAN tags; blocked ports are dropped. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ETH_P_IP 0x0800
#define ETH_P_8021Q 0x8100
#define ETH_P_8021AD 0x88A8
#define MAX_VLANS 2

struct cursor {
	void *pos;
	void *end;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 65536);
	__type(key, u32);
	__type(value, u64);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__type(key, u32);
	__type(value, u8);
} blocked SEC(".maps");

static __always_inline int parse_eth(struct cursor *c, u16 *proto)
{
	struct ethhdr *eth = c->pos;

	if ((void *)(eth + 1) > c->end)
		return -1;
	c->pos = eth + 1;
	*proto = eth->h_proto;

#pragma GCC unroll 2
	for (int i = 0; i < MAX_VLANS; i++) {
		struct vlan_hdr *vlan = c->pos;

		if (*proto != bpf_htons(ETH_P_8021Q) && *proto != bpf_htons(ETH_P_8021AD))
			break;
		if ((void *)(vlan + 1) > c->end)
			return -1;
		*proto = vlan->h_vlan_encapsulated_proto;
		c->pos = vlan + 1;
	}
	return 0;
}

static __always_inline int parse_ports(struct cursor *c, u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP: {
		struct tcphdr *tcp = c->pos;

		if ((void *)(tcp + 1) > c->end)
			return -1;
		if (tcp->syn && tcp->fin)
			return -1;
		return bpf_ntohs(tcp->dest);
	}
	case IPPROTO_UDP: {
		struct udphdr *udp = c->pos;

		if ((void *)(udp + 1) > c->end)
			return -1;
		return bpf_ntohs(udp->dest);
	}
	default:
		return 0;
	}
}

SEC("xdp")
int count_ports(struct xdp_md *ctx)
{
	struct cursor c = {
		.pos = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
	};
	struct iphdr *ip;
	u64 *count;
	u8 *is_blocked;
	u16 proto;
	u32 key;
	int port;

	if (parse_eth(&c, &proto) < 0)
		return XDP_ABORTED;
	if (proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = c.pos;
	if ((void *)(ip + 1) > c.end || ip->ihl < 5)
		return XDP_ABORTED;
	c.pos = (char *)c.pos + ip->ihl * 4;
	port = parse_ports(&c, ip->protocol);
	if (port < 0)
		return XDP_DROP;

	key = port;
	count = bpf_map_lookup_elem(&ports, &key);
	if (count)
		*count += 1;
	is_blocked = bpf_map_lookup_elem(&blocked, &key);
	return is_blocked && *is_blocked ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
