// SPDX-License-Identifier: MIT
/*
 * The context of a checked run, and the packet behind it: what the program may do with
 * them. Linux: the is_valid_access() of each program type, may_access_direct_pkt_data().
 */
#include <linux/bpf.h>

#include "checked.h"
#include "frame.h"
#include "helper_call.h"
#include "machine.h"
#include "packet_ctx.h"

/* Linux: PERF_MAX_TRACE_SIZE, the longest; also where nobody has said how long it is. */
#define MOST_CTX_BYTES 8192
#define RAW_TP_CTX_BYTES 96
#define TRACING_CTX_BYTES ((12 + 1) * 8) /* arguments and the result */
#define TRACE_ENTRY_BYTES 8		 /* of a tracepoint's context, the kernel's own */

#if defined(__x86_64__)
#define REGS_BYTES (21 * 8)
#else
#define REGS_BYTES (34 * 8) /* struct user_pt_regs */
#endif
#define PERF_EVENT_CTX_BYTES (REGS_BYTES + 2 * 8)

/*
 * What comes behind it was meant to be it: this far. Where arguments have types these may lead
 * to what happens to lie there.
 */
#define BEHIND_BYTES 512
#define BEHIND_TYPED_BYTES 64

/* ---- members of struct __sk_buff ---- */

struct members {
	uint16_t first, end; /* bytes */
};

#define MEMBER(name)                      \
	offsetof(struct __sk_buff, name), \
		offsetof(struct __sk_buff, name) + sizeof(((struct __sk_buff *)0)->name)
#define MEMBERS(name, last)               \
	offsetof(struct __sk_buff, name), \
		offsetof(struct __sk_buff, last) + sizeof(((struct __sk_buff *)0)->last)

#define MOST_RANGES 8

/* What a type of program may do with them beyond reading the others. */
struct skb_rules {
	struct members written[MOST_RANGES]; /* end 0: no more */
	struct members hidden[MOST_RANGES];
};

static const struct skb_rules for_socket_filter = {
	.written = { { MEMBER(cb) } },
	.hidden = { { MEMBER(tc_classid) },
		    { MEMBERS(data, data_end) },
		    { MEMBERS(data_meta, flow_keys) },
		    { MEMBER(tstamp) },
		    { MEMBER(wire_len) },
		    { MEMBER(hwtstamp) } },
};

static const struct skb_rules for_cgroup = {
	.written = { { MEMBER(mark) }, { MEMBER(priority) }, { MEMBER(cb) }, { MEMBER(tstamp) } },
	.hidden = { { MEMBER(tc_classid) },
		    { MEMBERS(data_meta, flow_keys) },
		    { MEMBER(wire_len) } },
};

static const struct skb_rules for_tunnel = {
	.written = { { MEMBER(mark) }, { MEMBER(priority) }, { MEMBER(cb) } },
	.hidden = { { MEMBER(tc_classid) },
		    { MEMBERS(family, flow_keys) },
		    { MEMBER(tstamp) },
		    { MEMBER(wire_len) },
		    { MEMBER(hwtstamp) } },
};

static const struct skb_rules for_traffic_control = {
	.written = { { MEMBER(mark) },
		     { MEMBER(queue_mapping) },
		     { MEMBER(priority) },
		     { MEMBERS(tc_index, cb) },
		     { MEMBER(tc_classid) },
		     { MEMBER(tstamp) } },
	.hidden = { { MEMBERS(family, local_port) }, { MEMBER(flow_keys) } },
};

static const struct skb_rules *skb_rules(uint32_t prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
		return &for_socket_filter;
	case BPF_PROG_TYPE_CGROUP_SKB:
		return &for_cgroup;
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		return &for_traffic_control;
	default:
		return &for_tunnel;
	}
}

static bool are_within(const struct members *ranges, size_t first, size_t end)
{
	for (size_t i = 0; i < MOST_RANGES && ranges[i].end; i++) {
		if (first >= ranges[i].first && end <= ranges[i].end)
			return true;
	}
	return false;
}

static bool touch(const struct members *ranges, size_t first, size_t end)
{
	for (size_t i = 0; i < MOST_RANGES && ranges[i].end; i++) {
		if (first < ranges[i].end && end > ranges[i].first)
			return true;
	}
	return false;
}

static uint32_t rights_of_skb(uint32_t prog_type, size_t first, size_t n)
{
	const struct skb_rules *rules = skb_rules(prog_type);

	if (touch(rules->hidden, first, first + n))
		return 0;
	return RIGHT_READ | (are_within(rules->written, first, first + n) ? RIGHT_WRITE : 0);
}

/* ---- the context itself ---- */

static bool takes_packet(enum test_run_kind kind)
{
	return kind == TEST_RUN_SKB || kind == TEST_RUN_SKB_NO_MAC || kind == TEST_RUN_XDP;
}

static enum test_run_kind kind_of(const struct run_frame *frame)
{
	return prog_type(frame->prog->type)->test_run;
}

static size_t packet_ctx_bytes(const struct run_frame *frame)
{
	if (frame->prog->ctx_kind != CTX_OF_LINUX)
		return sizeof(struct pca_packet);
	return kind_of(frame) == TEST_RUN_XDP ? sizeof(struct xdp_md) : sizeof(struct __sk_buff);
}

static size_t other_ctx_bytes(const struct pca_prog *prog)
{
	if (prog->ctx_bytes)
		return prog->ctx_bytes;
	if (prog->ctx_kind != CTX_OF_LINUX)
		return MOST_CTX_BYTES;
	switch (prog->type) {
	case BPF_PROG_TYPE_KPROBE:
		return REGS_BYTES;
	case BPF_PROG_TYPE_PERF_EVENT:
		return PERF_EVENT_CTX_BYTES;
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM:
		return TRACING_CTX_BYTES;
	default:
		return MOST_CTX_BYTES;
	}
}

static struct context_place ctx_itself(const struct run_frame *frame)
{
	enum test_run_kind kind = kind_of(frame);

	return (struct context_place){
		.start = frame->ctx,
		.bytes = takes_packet(kind)	   ? packet_ctx_bytes(frame)
			 : kind == TEST_RUN_RAW_TP ? RAW_TP_CTX_BYTES
						   : other_ctx_bytes(frame->prog),
	};
}

static uint32_t rights_of_ctx(const struct run_frame *frame, size_t first, size_t n)
{
	const struct pca_prog *prog = frame->prog;
	enum test_run_kind kind = kind_of(frame);

	if (kind == TEST_RUN_SYSCALL)
		return RIGHT_READ | RIGHT_WRITE;
	if (prog->ctx_kind != CTX_OF_LINUX)
		return RIGHT_READ;
	if (kind == TEST_RUN_SKB || kind == TEST_RUN_SKB_NO_MAC)
		return rights_of_skb(prog->type, first, n);
	if (prog->type == BPF_PROG_TYPE_TRACEPOINT && first < TRACE_ENTRY_BYTES)
		return 0;
	return RIGHT_READ;
}

/* ---- the packet ---- */

/* May programs of this type write into a packet? */
static bool may_write_packet(uint32_t prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_SK_SKB:
		return true;
	default:
		return false;
	}
}

static const char *address(uint32_t low)
{
	return (const char *)(uintptr_t)low;
}

/* Its bounds are what the context says. */
static void find_packet(const struct run_frame *frame, const char **start, const char **end)
{
	const struct pca_packet *packet = frame->ctx;
	const struct xdp_md *xdp = frame->ctx;
	const struct __sk_buff *skb = frame->ctx;

	if (frame->prog->ctx_kind != CTX_OF_LINUX) {
		*start = (const char *)packet->data;
		*end = (const char *)packet->data_end;
	} else if (kind_of(frame) == TEST_RUN_XDP) {
		*start = address(xdp->data_meta);
		*end = address(xdp->data_end);
	} else {
		*start = address(skb->data_meta);
		*end = address(skb->data_end);
	}
}

static struct context_place packet_place(const struct run_frame *frame)
{
	const char *start, *end;

	find_packet(frame, &start, &end);
	return (struct context_place){
		.start = start,
		.bytes = end > start ? (size_t)(end - start) : 0,
		.is_packet = true,
	};
}

/* ---- all ---- */

static bool is_at(const struct run_frame *frame, const char *addr,
		  const struct context_place *place)
{
	const size_t behind = has_typed_arguments(frame->prog) ? BEHIND_TYPED_BYTES : BEHIND_BYTES;

	return place->start && addr >= place->start && addr < place->start + place->bytes + behind;
}

struct context_place context_place(const struct run_frame *frame, const char *addr)
{
	struct context_place place = ctx_itself(frame), packet;

	if (!frame->ctx)
		return (struct context_place){ 0 };
	if (addr >= place.start && addr < place.start + place.bytes)
		return place;
	if (takes_packet(kind_of(frame))) {
		packet = packet_place(frame);
		if (is_at(frame, addr, &packet))
			return packet;
	}
	return is_at(frame, addr, &place) ? place : (struct context_place){ 0 };
}

uint32_t context_rights(const struct run_frame *frame, const char *addr, size_t n)
{
	const struct context_place at = context_place(frame, addr);
	size_t first = (size_t)(addr - at.start);

	if (!at.start || first > at.bytes || n > at.bytes - first)
		return 0;
	if (at.is_packet)
		return RIGHT_READ | (may_write_packet(frame->prog->type) ? RIGHT_WRITE : 0);
	return rights_of_ctx(frame, first, n);
}
