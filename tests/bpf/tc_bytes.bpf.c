// SPDX-License-Identifier: MIT
/* Bytes in and out, and by the type of service; one update by the helper. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { DIR_IN, DIR_OUT, NR_DIRS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_DIRS);
	__type(key, int);
	__type(value, __u64);
} bytes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u64));
	__uint(max_entries, 256);
} by_tos SEC(".maps");

static __always_inline void account(int dir, __u64 len)
{
	__u64 *total = bpf_map_lookup_elem(&bytes, &dir);

	if (total)
		__sync_fetch_and_add(total, len);
}

SEC("tc")
int tc_ingress(struct __sk_buff *skb)
{
	__u8 tos;
	__u32 key;
	__u64 *seen, one = 1;

	account(DIR_IN, skb->len);
	if (skb->protocol != bpf_htons(ETH_P_IP))
		return TC_ACT_OK;
	if (bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, tos), &tos, sizeof(tos)) < 0)
		return TC_ACT_SHOT;
	key = tos;
	seen = bpf_map_lookup_elem(&by_tos, &key);
	if (!seen || !*seen)
		bpf_map_update_elem(&by_tos, &key, &one, BPF_ANY);
	else
		(*seen)++;
	return TC_ACT_OK;
}

SEC("classifier/egress")
int tc_egress(struct __sk_buff *skb)
{
	account(DIR_OUT, skb->len);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
