// SPDX-License-Identifier: MIT
/* Programs of several types that count in the same maps. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum what { BY_XDP, BY_TC, BY_SOCKET, BY_TRACING, NR_WHAT };

struct count {
	__u64 events, bytes;
	__u32 last_mark;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_WHAT);
	__type(key, __u32);
	__type(value, struct count);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u64));
	__uint(max_entries, 2);
	__uint(map_flags, BPF_F_RDONLY_PROG);
} settings SEC(".maps");

const volatile __u32 step = 1;
const int fixed = 3;
__u64 runs;
static __u32 calls[2];
char tag[8] SEC(".data.tag") = "pcasim";

static int add(__u32 what, __u64 bytes, __u32 mark)
{
	struct count *count = bpf_map_lookup_elem(&counts, &what);

	if (!count)
		return -1;
	count->events += step;
	count->bytes += bytes;
	count->last_mark = mark;
	return 0;
}

SEC("xdp")
int count_xdp(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	__sync_fetch_and_add(&runs, 1);
	if (data + 14 > end)
		return XDP_ABORTED;
	data[0]++;
	return add(BY_XDP, end - data, 0) ? XDP_ABORTED : XDP_PASS;
}

SEC("tcx/ingress")
int count_tc(struct __sk_buff *skb)
{
	calls[0]++;
	skb->priority = skb->mark + 1;
	skb->cb[4]++;
	return add(BY_TC, skb->len, skb->mark) ? -1 : (int)(skb->data_end - skb->data);
}

SEC("socket")
int count_socket(struct __sk_buff *skb)
{
	const unsigned char *data = (void *)(long)skb->data;

	add(BY_SOCKET, skb->len, 0);
	return data[0];
}

SEC("tp_btf/sched_switch")
int count_tracing(__u64 *ctx)
{
	return add(BY_TRACING, ctx[0] + ctx[1], 0) ? -1 : fixed;
}

struct each {
	__u32 keys;
	__u64 events;
};

static long add_up(void *map, const __u32 *key, struct count *count, struct each *each)
{
	each->keys += *key;
	each->events += count->events;
	return 0;
}

SEC("raw_tp/sys_enter")
int sum_counts(void *ctx)
{
	struct each each = {};

	if (bpf_for_each_map_elem(&counts, add_up, &each, 0) != NR_WHAT || each.keys != 6)
		return -1;
	bpf_printk("%llu events", each.events);
	return (int)each.events;
}

SEC("?kprobe/never")
int not_loaded(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
