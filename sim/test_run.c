// SPDX-License-Identifier: MIT
/*
 * PROG_TEST_RUN (Linux: bpf_prog_test_run() and net/bpf/test_run.c): what each
 * type of program asks of the attr, in Linux's order, and what it writes back.
 * Measured on 6.18; docs/differences.md says which types are left out.
 */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <unistd.h>

#include <pcasim/bpf.h>

#include "alloc.h"
#include "command.h"
#include "packet_ctx.h"
#include "uaccess.h"

#define IPV4_HEADER_BYTES 20
#define IPV6_HEADER_BYTES 40
#define MOST_RAW_TP_CTX_BYTES 96
#define MOST_SYSCALL_CTX_BYTES 65535
#define MOST_XDP_FRAGS_BYTES (17 * 4096) /* what follows, in pages */
#define SKB_CTX_BYTES 192		 /* sizeof(struct __sk_buff) */
#define XDP_CTX_BYTES 24		 /* sizeof(struct xdp_md) */
#define MOST_CTX_BYTES 4096
#define MOST_LIVE_BATCH 256

#define TEST_SKB_CHECKSUM_COMPLETE (1U << 2)
#define TEST_XDP_LIVE_FRAMES (1U << 1)

static int put_result(const struct call *c, size_t field, uint32_t value)
{
	return put_user_u32(c->task, value, c->uattr + field);
}

#define PUT(c, field, value) put_result(c, offsetof(struct test_attr, field), value)

/* Run on cpu; the caller is the current task only on the CPU it is on itself. */
static int run(const struct call *c, struct pca_prog *prog, struct cpu *cpu, void *ctx,
	       uint32_t repeat, int *retval, uint64_t *ns)
{
	uint32_t own = __atomic_load_n(&c->task->cpu_ordinal, __ATOMIC_RELAXED);
	struct run_task current = { 0 };

	if (cpu->ordinal == own)
		current = (struct run_task){
			.task = c->task,
			.pid_tgid = (uint64_t)getpid() << 32 | (uint32_t)gettid(),
		};
	return prog_run_on_cpu(prog, cpu, ctx, repeat, &current, retval, ns);
}

/* The CPU that the task is on. Linux moves the tasks of a CPU that goes offline. */
static struct cpu *own_cpu(const struct call *c)
{
	uint32_t own = __atomic_load_n(&c->task->cpu_ordinal, __ATOMIC_RELAXED);
	struct cpu *cpu = &c->machine->cpus[own];

	if (unlikely(!__atomic_load_n(&cpu->is_online, __ATOMIC_RELAXED))) {
		cpu = machine_first_online_cpu(c->machine);
		__atomic_store_n(&c->task->cpu_ordinal, cpu->ordinal, __ATOMIC_RELAXED);
	}
	return cpu;
}

static long test_run_raw_tp(const struct call *c, struct pca_prog *prog)
{
	const struct test_attr *test = &c->attr->test;
	uint64_t args[MOST_RAW_TP_CTX_BYTES / 8] = { 0 };
	struct cpu *cpu = own_cpu(c);
	uint64_t ns;
	int retval, err;

	if (test->data_in || test->data_out || test->ctx_out || test->duration || test->repeat ||
	    test->batch_size)
		return -EINVAL;
	if (test->ctx_size_in < prog->ctx_bytes || test->ctx_size_in > sizeof(args))
		return -EINVAL;
	if (!(test->flags & BPF_F_TEST_RUN_ON_CPU) && test->cpu)
		return -EINVAL;
	if (copy_from_user(c->task, args, test->ctx_in, test->ctx_size_in))
		return -EFAULT;
	if (test->flags & BPF_F_TEST_RUN_ON_CPU)
		cpu = machine_cpu(c->machine, test->cpu);
	err = cpu ? run(c, prog, cpu, args, 1, &retval, &ns) : -ENXIO;
	return err ? err : PUT(c, retval, (uint32_t)retval);
}

static long test_run_syscall(const struct call *c, struct pca_prog *prog)
{
	const struct test_attr *test = &c->attr->test;
	struct user_buffer ctx;
	uint64_t ns;
	int retval, err;

	if (test->data_in || test->data_out || test->ctx_out || test->duration || test->repeat ||
	    test->flags || test->batch_size)
		return -EINVAL;
	if (test->ctx_size_in < prog->ctx_bytes || test->ctx_size_in > MOST_SYSCALL_CTX_BYTES)
		return -EINVAL;
	err = user_buffer_in(&ctx, c->task, test->ctx_in, test->ctx_size_in);
	if (err)
		return err;
	err = run(c, prog, own_cpu(c), ctx.bytes, 1, &retval, &ns);
	if (err) {
		user_buffer_free(&ctx);
		return err;
	}
	if (user_buffer_out_end(&ctx, c->task, test->ctx_in, test->ctx_size_in))
		return -EFAULT;
	return PUT(c, retval, (uint32_t)retval);
}

/* The ctx of a packet type may be given, but says nothing here: known bytes, all as expected. */
static int read_ctx(const struct call *c, unsigned char *ctx, uint32_t known)
{
	const struct test_attr *test = &c->attr->test;
	unsigned char bytes[MOST_CTX_BYTES] = { 0 };
	uint32_t size = test->ctx_size_in;

	if (size > sizeof(bytes))
		return -E2BIG;
	if (copy_from_user(c->task, bytes, test->ctx_in, size))
		return -EFAULT;
	for (uint32_t i = known; i < size; i++) {
		if (bytes[i])
			return -E2BIG;
	}
	memcpy(ctx, bytes, known);
	return 0;
}

/* A packet on its way through a program. */
struct packet_run {
	unsigned char *data;
	uint32_t bytes;
	uint32_t visible; /* that the program gets at; the rest is in fragments */
	const unsigned char *ctx;
	uint32_t ctx_bytes;
	struct __sk_buff *skb; /* the same, or NULL */
	bool drops_mac;
};

/*
 * The packet's first bytes, as many as the caller has room for. A packet with
 * fragments loses the end of what comes before them, so that they must fit.
 */
static int put_data(const struct call *c, const struct packet_run *p, uint32_t room)
{
	const uint64_t to = c->attr->test.data_out;
	uint32_t in_fragments = p->bytes - p->visible;
	uint32_t before = room - in_fragments;

	if (!to)
		return 0;
	if (room < in_fragments)
		return -ENOSPC;
	if (copy_to_user(c->task, to, p->data, before))
		return -EFAULT;
	return copy_to_user(c->task, to + before, p->data + p->visible, in_fragments);
}

/*
 * The packet goes out first, then the numbers. -ENOSPC wins over a fault.
 * Linux: bpf_test_finish().
 */
static long put_packet(const struct call *c, const struct packet_run *p, int retval,
		       uint32_t duration)
{
	const struct test_attr *test = &c->attr->test;
	bool is_short = test->data_size_out && test->data_size_out < p->bytes;
	int err = put_data(c, p, is_short ? test->data_size_out : p->bytes);

	if (!err)
		err = PUT(c, data_size_out, p->bytes);
	if (!err)
		err = PUT(c, retval, (uint32_t)retval);
	if (!err)
		err = PUT(c, duration, duration);
	return is_short ? -ENOSPC : err;
}

static long put_ctx(const struct call *c, const unsigned char *ctx, uint32_t bytes)
{
	const struct test_attr *test = &c->attr->test;
	bool is_short = test->ctx_size_out < bytes;
	uint32_t copied = is_short ? test->ctx_size_out : bytes;

	if (!test->ctx_out)
		return 0;
	if (copy_to_user(c->task, test->ctx_out, ctx, copied))
		return is_short ? -ENOSPC : -EFAULT;
	if (PUT(c, ctx_size_out, bytes))
		return -EFAULT;
	return is_short ? -ENOSPC : 0;
}

static bool is_zero(const unsigned char *bytes, size_t n)
{
	while (n && !bytes[n - 1])
		n--;
	return n == 0;
}

/* Members of an __sk_buff that a caller may set, and that come back. */
static void skb_ctx_in(struct __sk_buff *skb, const struct __sk_buff *from)
{
	skb->mark = from->mark;
	skb->priority = from->priority;
	skb->ingress_ifindex = from->ingress_ifindex;
	memcpy(skb->cb, from->cb, sizeof(skb->cb));
	skb->tstamp = from->tstamp;
	if (from->wire_len)
		skb->wire_len = from->wire_len;
	skb->gso_segs = from->gso_segs;
	skb->gso_size = from->gso_size;
	skb->hwtstamp = from->hwtstamp;
}

static void skb_ctx_out(struct __sk_buff *to, const struct __sk_buff *skb)
{
	skb_ctx_in(to, skb);
	to->ifindex = skb->ifindex;
}

#define MOST_WIRE_LEN 65536

/*
 * What a caller may not set is zero. The only device is the first one. Linux:
 * convert___skb_to_skb().
 */
static int check_skb_ctx(const struct __sk_buff *skb, uint32_t bytes)
{
	struct __sk_buff rest = *skb;

	skb_ctx_in(&rest, &(struct __sk_buff){ 0 });
	rest.ifindex = rest.wire_len = 0;
	if (skb->ifindex > 1)
		return -ENODEV;
	if (!is_zero((const unsigned char *)&rest, sizeof(rest)) ||
	    (skb->wire_len && (skb->wire_len < bytes || skb->wire_len > MOST_WIRE_LEN)) ||
	    skb->gso_segs > UINT16_MAX)
		return -EINVAL;
	return 0;
}

/* Average ns of a run; Linux never reports 0 for one that took time. */
static uint32_t average_ns(uint64_t ns, uint32_t repeat)
{
	uint64_t average = ns / (repeat ? repeat : 1);

	return average > UINT32_MAX ? UINT32_MAX : average ? (uint32_t)average : 1;
}

/*
 * Run on a copy of the packet below 4 GiB, and bring back what the program did to it. Of the
 * ctx, p->ctx has what the caller sets, and is to have what the caller gets.
 */
static long run_on_linux_ctx(const struct call *c, struct pca_prog *prog,
			     const struct packet_run *p, int *retval, uint64_t *ns)
{
	const bool has_ctx = c->attr->test.ctx_in || c->attr->test.ctx_out;
	struct packet_ctx *low = packet_ctx_alloc(p->visible);
	long err;

	if (!low)
		return -ENOMEM;
	memcpy(low->packet, p->data, p->visible);
	if (p->skb) {
		packet_ctx_be_skb(low, !p->drops_mac);
		skb_ctx_in(&low->ctx.skb, p->skb);
		if (has_ctx && !low->ctx.skb.wire_len)
			low->ctx.skb.wire_len = low->ctx.skb.len;
	} else {
		packet_ctx_be_xdp(low, p->visible);
	}
	err = run(c, prog, own_cpu(c), &low->ctx, c->attr->test.repeat, retval, ns);
	memcpy(p->data, low->packet, p->visible);
	if (p->skb)
		skb_ctx_out(p->skb, &low->ctx.skb);
	packet_ctx_free(low);
	return err;
}

static long run_packet(const struct call *c, struct pca_prog *prog, const struct packet_run *p)
{
	const struct test_attr *test = &c->attr->test;
	struct pca_packet packet = { p->data, p->data + p->visible };
	uint64_t ns;
	int retval;
	long err = prog->ctx_kind == CTX_OF_LINUX
			   ? run_on_linux_ctx(c, prog, p, &retval, &ns)
			   : run(c, prog, own_cpu(c), &packet, test->repeat, &retval, &ns);

	if (err)
		return err;
	if (p->drops_mac)
		memset(p->data, 0, ETHER_HEADER_BYTES);
	err = put_packet(c, p, retval, average_ns(ns, test->repeat));
	return err ? err : put_ctx(c, p->ctx, p->ctx_bytes);
}

/* A packet that says it is IP must hold IP's header. */
static bool has_its_headers(const unsigned char *data, uint32_t bytes)
{
	uint32_t ethertype = (uint32_t)data[12] << 8 | data[13];

	if (ethertype == 0x0800)
		return bytes >= ETHER_HEADER_BYTES + IPV4_HEADER_BYTES;
	if (ethertype == 0x86dd)
		return bytes >= ETHER_HEADER_BYTES + IPV6_HEADER_BYTES;
	return true;
}

static long test_run_skb(const struct call *c, struct pca_prog *prog, bool drops_mac)
{
	const struct test_attr *test = &c->attr->test;
	unsigned char data[MOST_SKB_DATA_BYTES];
	union {
		unsigned char bytes[SKB_CTX_BYTES];
		struct __sk_buff skb;
	} ctx;
	int err;

	if ((test->flags & ~TEST_SKB_CHECKSUM_COMPLETE) || test->cpu || test->batch_size)
		return -EINVAL;
	if (test->data_size_in < ETHER_HEADER_BYTES || test->data_size_in > sizeof(data))
		return -EINVAL;
	if (copy_from_user(c->task, data, test->data_in, test->data_size_in))
		return -EFAULT;
	err = read_ctx(c, ctx.bytes, sizeof(ctx.bytes));
	if (err)
		return err;
	if (!has_its_headers(data, test->data_size_in))
		return -EINVAL;
	if (prog->ctx_kind == CTX_OF_LINUX)
		err = check_skb_ctx(&ctx.skb,
				    test->data_size_in - (drops_mac ? ETHER_HEADER_BYTES : 0));
	else if (!is_zero(ctx.bytes, sizeof(ctx.bytes)))
		err = -EINVAL;
	if (err)
		return err;

	struct packet_run packet = {
		.data = data,
		.bytes = test->data_size_in,
		.visible = test->data_size_in,
		.ctx = ctx.bytes,
		.ctx_bytes = sizeof(ctx.bytes),
		.skb = &ctx.skb,
		.drops_mac = drops_mac,
	};

	return run_packet(c, prog, &packet);
}

static int check_xdp_flags(const struct test_attr *test)
{
	bool is_live = test->flags & TEST_XDP_LIVE_FRAMES;

	if (test->flags & ~TEST_XDP_LIVE_FRAMES)
		return -EINVAL;
	if (is_live && test->batch_size > MOST_LIVE_BATCH)
		return -E2BIG;
	if (is_live || test->batch_size)
		return -EINVAL; /* live frames need devices: not simulated */
	return 0;
}

/* struct xdp_md, with offsets for pointers. */
struct xdp_ctx {
	uint32_t data, data_end, rest[4];
};

/*
 * How many bytes the program sees: as many as the ctx says, if there is one to
 * read or to write, but no more than a page takes. -EINVAL for a packet without
 * a MAC header, and a ctx that points beyond it, or has metadata or a device.
 */
static int64_t xdp_visible_bytes(const struct call *c, const struct xdp_ctx *ctx)
{
	const struct test_attr *test = &c->attr->test;
	bool has_ctx = test->ctx_in || test->ctx_out;
	uint32_t bytes = has_ctx ? ctx->data_end : test->data_size_in;

	if (test->data_size_in < ETHER_HEADER_BYTES || bytes > test->data_size_in || ctx->data ||
	    !is_zero((const unsigned char *)ctx->rest, sizeof(ctx->rest)))
		return -EINVAL;
	return bytes < MOST_XDP_LINEAR_BYTES ? bytes : MOST_XDP_LINEAR_BYTES;
}

static long test_run_xdp(const struct call *c, struct pca_prog *prog)
{
	const uint32_t bytes = c->attr->test.data_size_in;
	struct xdp_ctx ctx;
	long err = check_xdp_flags(&c->attr->test);

	if (!err)
		err = read_ctx(c, (unsigned char *)&ctx, sizeof(ctx));
	if (err)
		return err;

	int64_t visible = xdp_visible_bytes(c, &ctx);

	if (visible < 0)
		return visible;

	unsigned char *data = bytes - visible <= MOST_XDP_FRAGS_BYTES ? alloc_bytes(bytes) : NULL;

	if (!data)
		return -ENOMEM;
	err = copy_from_user(c->task, data, c->attr->test.data_in, bytes);
	ctx.data_end = (uint32_t)visible;
	if (!err) {
		struct packet_run packet = {
			.data = data,
			.bytes = bytes,
			.visible = ctx.data_end,
			.ctx = (unsigned char *)&ctx,
			.ctx_bytes = sizeof(ctx),
		};

		err = run_packet(c, prog, &packet);
	}
	free(data);
	return err;
}

static long test_run(const struct call *c, struct pca_prog *prog)
{
	switch (prog_type(prog->type)->test_run) {
	case TEST_RUN_RAW_TP:
		return test_run_raw_tp(c, prog);
	case TEST_RUN_SYSCALL:
		return test_run_syscall(c, prog);
	case TEST_RUN_SKB:
		return test_run_skb(c, prog, false);
	case TEST_RUN_SKB_NO_MAC:
		return test_run_skb(c, prog, true);
	case TEST_RUN_XDP:
		return test_run_xdp(c, prog);
	case TEST_RUN_NONE:
		break;
	}
	return -PCA_ENOTSUPP;
}

long prog_test_run(const struct call *c)
{
	const struct test_attr *test = &c->attr->test;
	struct object *object;

	if (!test->ctx_size_in != !test->ctx_in || !test->ctx_size_out != !test->ctx_out)
		return -EINVAL;

	long err = task_get_object(c->task, test->prog_fd, OBJECT_PROG, &object);

	if (!err) {
		err = test_run(c, prog_of_object(object));
		object_put(object);
	}
	return err;
}
