// SPDX-License-Identifier: MIT
/*
 * The context of a checked run, and the packet behind it: what the program may do with
 * them (Linux: the is_valid_access() of each program type, may_access_direct_pkt_data()).
 */
#include <linux/bpf.h>

#include "checked.h"
#include "frame.h"

/* Where nobody has said how long a context is. Linux: PERF_MAX_TRACE_SIZE, the longest. */
#define MOST_CTX_BYTES 8192
#define RAW_TP_CTX_BYTES 96

/* What comes right behind it was meant to be it: this far. */
#define BEHIND_BYTES 64

static bool is_at(const char *addr, const struct context_place *place)
{
	return place->start && addr >= place->start &&
	       addr < place->start + place->bytes + BEHIND_BYTES;
}

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

/* The packet, if addr is there; its bounds are what the context says. */
static struct context_place packet_place(const struct run_frame *frame)
{
	const struct pca_packet *packet = frame->ctx;

	return (struct context_place){
		.start = (const char *)packet->data,
		.bytes = (size_t)(packet->data_end - packet->data),
		.is_packet = true,
		.rights = RIGHT_READ | (may_write_packet(frame->prog->type) ? RIGHT_WRITE : 0),
	};
}

static struct context_place ctx_itself(const struct run_frame *frame, enum test_run_kind kind)
{
	const struct pca_prog *prog = frame->prog;
	struct context_place place = {
		.start = frame->ctx,
		.bytes = prog->ctx_bytes ? prog->ctx_bytes : MOST_CTX_BYTES,
		.rights = RIGHT_READ,
	};

	if (kind == TEST_RUN_RAW_TP)
		place.bytes = RAW_TP_CTX_BYTES;
	else if (kind == TEST_RUN_SYSCALL)
		place.rights |= RIGHT_WRITE;
	else if (kind != TEST_RUN_NONE)
		place.bytes = sizeof(struct pca_packet);
	return place;
}

struct context_place context_place(const struct run_frame *frame, const char *addr)
{
	enum test_run_kind kind = prog_type(frame->prog->type)->test_run;
	bool has_packet =
		kind == TEST_RUN_SKB || kind == TEST_RUN_SKB_NO_MAC || kind == TEST_RUN_XDP;
	struct context_place place = ctx_itself(frame, kind), packet;

	if (!frame->ctx)
		return (struct context_place){ 0 };
	if (addr >= place.start && addr < place.start + place.bytes)
		return place;
	if (has_packet) {
		packet = packet_place(frame);
		if (is_at(addr, &packet))
			return packet;
	}
	return is_at(addr, &place) ? place : (struct context_place){ 0 };
}
