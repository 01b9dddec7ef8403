// SPDX-License-Identifier: MIT
/* Checked programs with Linux's contexts and with a hash: what they may do, and may not. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct flow {
	__u32 from, to;
	__u16 port;
	__u8 protocol, zero;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct flow);
	__type(value, __u64[3]);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

__u64 *kept;

/* What the compiler does not see through. */
static void *hide(const void *pointer)
{
	__asm__ volatile("" : "+r"(pointer));
	return (void *)pointer;
}

static void store(void *at, __u64 value)
{
	*(volatile __u64 *)hide(at) = value;
}

/* ---- hashes ---- */

SEC("raw_tp/right") int hash_right(void *ctx)
{
	struct flow flow = { 1, 2, 80, 6 };
	__u64 first[3] = { 1, 2, 3 }, *value;
	__u32 number = 9;

	if (bpf_map_update_elem(&flows, &flow, first, BPF_NOEXIST))
		return 1;
	value = bpf_map_lookup_elem(&flows, &flow);
	if (!value)
		return 2;
	__sync_fetch_and_add(&value[2], 5);
	bpf_map_update_elem(&numbers, &number, &value[2], BPF_ANY);
	kept = bpf_map_lookup_elem(&numbers, &number);
	return kept ? (int)*kept : 3;
}

SEC("raw_tp/wrong") int hash_beyond(void *ctx)
{
	__u32 number = 9;
	__u64 *value = bpf_map_lookup_elem(&numbers, &number);

	if (value)
		store(value + 1, 1);
	return 0;
}

SEC("raw_tp/wrong") int hash_kept(void *ctx)
{
	store(kept, 1);
	return 0;
}

SEC("raw_tp/wrong") int hash_key(void *ctx)
{
	static const __u32 half[2] SEC(".rodata.half"); /* nothing follows */
	const char *last = (const char *)&half[2] - 4;

	return !bpf_map_lookup_elem(&flows, hide(last));
}

SEC("raw_tp/wrong") int hash_percpu(void *ctx)
{
	__u32 number = 9;

	return bpf_map_lookup_percpu_elem(&numbers, &number, 0) != NULL;
}

/* ---- contexts ---- */

SEC("xdp") int xdp_right(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (data + 14 > end)
		return XDP_ABORTED;
	data[13]++;
	return ctx->ingress_ifindex == 1 ? XDP_PASS : XDP_DROP;
}

SEC("xdp") int xdp_writes(struct xdp_md *ctx)
{
	*(volatile __u32 *)&ctx->rx_queue_index = 1;
	return XDP_PASS;
}

SEC("xdp") int xdp_beyond(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data;

	return *(volatile unsigned char *)hide(data + (ctx->data_end - ctx->data));
}

SEC("xdp") int xdp_other_ctx(struct xdp_md *ctx)
{
	struct xdp_md copy = { .data = ctx->data, .data_end = ctx->data_end };

	return (int)bpf_xdp_get_buff_len(hide(&copy));
}

SEC("tc") int tc_right(struct __sk_buff *skb)
{
	skb->mark = 1;
	skb->priority = skb->mark;
	skb->tc_index = 2;
	skb->queue_mapping = 1;
	skb->tc_classid = 3;
	skb->cb[0] = skb->cb[4] + skb->len;
	skb->tstamp = 0;
	return (int)skb->cb[0];
}

SEC("tc") int tc_writes(struct __sk_buff *skb)
{
	*(volatile __u32 *)&skb->len = 1;
	return 0;
}

SEC("socket") int filter_right(struct __sk_buff *skb)
{
	__u8 first = 0;

	skb->cb[1] = skb->len;
	return bpf_skb_load_bytes(skb, 0, &first, 1) ? -1 : first;
}

SEC("socket") int filter_reads(struct __sk_buff *skb)
{
	return *(volatile __u32 *)&skb->data_end != 0;
}

SEC("tracepoint/syscalls/sys_enter_openat") int point_right(unsigned long *ctx)
{
	return (int)ctx[1];
}

SEC("tracepoint/syscalls/sys_enter_openat") int point_reads(unsigned long *ctx)
{
	return (int)ctx[0];
}

SEC("tp_btf/sched_switch") int typed_right(unsigned long long *ctx)
{
	const __u32 *kernels = (const void *)ctx[0];

	return (int)(kernels[1] + ctx[12]);
}

SEC("tp_btf/sched_switch") int typed_writes(unsigned long long *ctx)
{
	store((void *)ctx[0], 1);
	return 0;
}

SEC("kprobe/do_exit") int regs_beyond(char *ctx)
{
	return *(volatile char *)hide(ctx + 400);
}

SEC("raw_tp/wrong") int raw_beyond(__u64 *ctx)
{
	return (int)ctx[20];
}

SEC("raw_tp/right") int task_right(void *ctx)
{
	const __u64 *task = (const void *)bpf_get_current_task_btf();

	return task[1] ? 0 : 0;
}

/* ---- divisions; the words are 0 from the third one on ---- */

SEC("raw_tp/right") int divides_right(__u64 *ctx)
{
	return (int)(15 / ctx[1] + 16 % ctx[1]);
}

SEC("raw_tp/wrong") int takes_rest(int *ctx)
{
	return 7 % ctx[6];
}

SEC("raw_tp/wrong") int task_writes(void *ctx)
{
	store((void *)bpf_get_current_task_btf(), 1);
	return 0;
}

/* ---- runs that come into others ---- */

SEC("tc") int outer(struct __sk_buff *skb)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&counts, &key);

	if (!value)
		return 0;
	kept = value;
	*value += 1;
	bpf_get_smp_processor_id(); /* what is posted comes in here, at the latest */
	*value += 10;
	return (int)*value;
}

SEC("perf_event") int inner_right(void *ctx)
{
	__u32 key = 1;
	__u64 *value = bpf_map_lookup_elem(&counts, &key);

	if (value)
		*value += 1;
	return 0;
}

/* The run it came into has been given this value, and it has not. */
SEC("perf_event") int inner_wrong(void *ctx)
{
	if (kept)
		store(kept, 1000);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
