// SPDX-License-Identifier: MIT
/*
 * BPF_PROG_TEST_RUN: per type of program what the attr may hold, which error
 * comes first, and what is written back. One table, two kernels: ours, and the
 * host's where bpf(2) is permitted and the host runs Linux 6.18.
 */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "support.h"

#define TEST_ATTR_END 76
#define BAD_ADDRESS 8
#define NR_TYPES 33

struct test_attr {
	int32_t prog_fd;
	uint32_t retval;
	uint32_t data_size_in, data_size_out;
	uint64_t data_in, data_out;
	uint32_t repeat, duration;
	uint32_t ctx_size_in, ctx_size_out;
	uint64_t ctx_in, ctx_out;
	uint32_t flags, cpu, batch_size;
	uint32_t tail;
};

_Static_assert(offsetof(struct test_attr, tail) == TEST_ATTR_END, "as Linux has it");

/* ---- the two kernels ---- */

struct kernel {
	const char *name;
	bool is_ours;
	long (*bpf)(int cmd, void *attr, uint32_t size);
	int progs[NR_TYPES]; /* `return N`; 0: cannot be loaded */
	int map;
};

static struct world w;

static long our_bpf(int cmd, void *attr, uint32_t size)
{
	return pca_bpf(w.task, cmd, attr, size);
}

static long host_bpf(int cmd, void *attr, uint32_t size)
{
	long result = syscall(SYS_bpf, cmd, attr, size);

	return result < 0 ? -errno : result;
}

/* What the programs of a type return, among what the verifier allows them. */
static int type_retval(uint32_t type)
{
	switch (type) {
	case BPF_PROG_TYPE_XDP:
		return 2; /* XDP_PASS */
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_DEVICE:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_SK_SKB:
	case BPF_PROG_TYPE_SK_MSG:
	case BPF_PROG_TYPE_SK_REUSEPORT:
	case BPF_PROG_TYPE_SK_LOOKUP:
		return 1;
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL:
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
		return 0;
	default:
		return 7;
	}
}

static int return_7(void *ctx)
{
	(void)ctx;
	return 7;
}

static int return_2(void *ctx)
{
	(void)ctx;
	return 2;
}

static int return_1(void *ctx)
{
	(void)ctx;
	return 1;
}

static int return_0(void *ctx)
{
	(void)ctx;
	return 0;
}

static int our_load(uint32_t type, pca_prog_fn fn, uint32_t ctx_bytes)
{
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = type,
		.fn = fn,
		.ctx_bytes = ctx_bytes,
	};

	return pca_prog_load(w.task, &opts);
}

struct insn {
	uint8_t code, regs;
	int16_t off;
	int32_t imm;
};

#define MOV_R0(n) ((struct insn){ 0xb7, 0, 0, n })
#define LOAD_U64(dst, off) ((struct insn){ 0x79, 0x10 | (dst), off, 0 }) /* from r1, the ctx */
#define LOAD_U32(dst, off) ((struct insn){ 0x61, 0x10 | (dst), off, 0 })
#define SUB_R0_R2 ((struct insn){ 0x1f, 0x20, 0, 0 })
#define CALL(func) ((struct insn){ 0x85, 0, 0, func })
#define EXIT ((struct insn){ 0x95, 0, 0, 0 })

/* The expected_attach_type that a type does not load without. */
static uint32_t attach_type(uint32_t type)
{
	switch (type) {
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
		return BPF_CGROUP_INET4_BIND;
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
		return BPF_CGROUP_GETSOCKOPT;
	case BPF_PROG_TYPE_SK_LOOKUP:
		return BPF_SK_LOOKUP;
	default:
		return 0;
	}
}

static int host_load(uint32_t type, const struct insn *insns, uint32_t nr)
{
	union any_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.bpf.prog_type = type;
	attr.bpf.insn_cnt = nr;
	attr.bpf.insns = (uintptr_t)insns;
	attr.bpf.license = (uintptr_t) "GPL";
	attr.bpf.prog_flags = type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0;
	attr.bpf.expected_attach_type = attach_type(type);
	return (int)host_bpf(BPF_PROG_LOAD, &attr, 128);
}

static struct kernel our_kernel(void)
{
	static const pca_prog_fn fns[] = { return_0, return_1, return_2, NULL,
					   NULL,     NULL,     NULL,	 return_7 };
	struct pca_machine_opts machine = { .size = sizeof(machine), .possible = "0-3" };
	struct pca_task_opts task = { .size = sizeof(task), .memory = PCA_CHECKED };
	struct kernel kernel = { .name = "pcasim", .is_ours = true, .bpf = our_bpf };

	w = world_open_with(&machine, &task);
	for (uint32_t type = 1; type < NR_TYPES; type++) {
		int fd = our_load(type, fns[type_retval(type)], 0);

		kernel.progs[type] = fd > 0 ? fd : 0;
	}
	kernel.map = percpu_map(&w, 8, 1);
	return kernel;
}

static bool host_is_618(void)
{
	struct utsname name;

	return !uname(&name) && !strncmp(name.release, "6.18.", 5);
}

/* False, with a line that says why, where the host's kernel cannot be asked. */
static bool host_kernel(struct kernel *kernel)
{
	union any_attr attr = create_attr(BPF_MAP_TYPE_ARRAY, 8, 1);

	*kernel = (struct kernel){ .name = "host", .bpf = host_bpf };
	if (BUILT_FOR_MEMCHECK) {
		printf("skipped: memcheck itself follows what the host's kernel is given\n");
		fflush(stdout);
		return false;
	}
	if (!host_is_618()) {
		printf("skipped: the host's kernel is not 6.18\n");
		fflush(stdout);
		return false;
	}
	kernel->map = (int)host_bpf(BPF_MAP_CREATE, &attr, CREATE_ATTR_END);
	if (kernel->map < 0) {
		printf("skipped: bpf(2) is not permitted: %s\n", strerror(-kernel->map));
		fflush(stdout);
		return false;
	}
	for (uint32_t type = 1; type < NR_TYPES; type++) {
		const struct insn insns[] = { MOV_R0(type_retval(type)), EXIT };
		int fd = host_load(type, insns, ARRAY_LEN(insns));

		kernel->progs[type] = fd > 0 ? fd : 0;
	}
	return true;
}

static void on_both(void (*check)(const struct kernel *kernel))
{
	struct kernel kernel = our_kernel();

	check(&kernel);
	world_close(&w);
	if (host_kernel(&kernel))
		check(&kernel);
}

/* ---- the table ---- */

#define T(type) (1ULL << BPF_PROG_TYPE_##type)
#define RAW_TP T(RAW_TRACEPOINT)
#define SYSC T(SYSCALL)
#define SKB_WITH_MAC (T(SCHED_CLS) | T(SCHED_ACT))
#define SKB_NO_MAC (T(SOCKET_FILTER) | T(CGROUP_SKB) | T(LWT_IN) | T(LWT_OUT) | T(LWT_XMIT))
#define SKB (SKB_WITH_MAC | SKB_NO_MAC)
#define PACKET (SKB | T(XDP))
#define RUNNABLE (PACKET | RAW_TP | SYSC)
#define UNSUPPORTED                                                                                \
	(T(KPROBE) | T(TRACEPOINT) | T(PERF_EVENT) | T(CGROUP_SOCK) | T(SOCK_OPS) | T(SK_SKB) |    \
	 T(CGROUP_DEVICE) | T(SK_MSG) | T(CGROUP_SOCK_ADDR) | T(LWT_SEG6LOCAL) | T(SK_REUSEPORT) | \
	 T(CGROUP_SYSCTL) | T(CGROUP_SOCKOPT) | T(RAW_TRACEPOINT_WRITABLE))
#define LEFT_OUT (T(FLOW_DISSECTOR) | T(SK_LOOKUP) | 1ULL << 32 /* NETFILTER */)

/* Stand for addresses in a row's attr. */
enum buffer { NONE, DATA, OUT, CTX_ZERO, CTX_ONES, CTX_OUT, BAD, NR_BUFFERS };

#define BUFFER_BYTES 81920
#define NOTE_OURS_ONLY 1U /* a documented difference, or the host's configuration */
#define WRITES_RETVAL 1U
#define WRITES_ALL 3U /* and duration and data_size_out */
#define D .data_in = DATA, .data_size_in = 64

static const struct test_row {
	const char *what;
	uint64_t types;
	struct test_attr attr;
	int want;
	unsigned int writes;
	uint32_t ctx_size_out; /* written back; 0: as given */
	uint32_t out, ctx_out; /* bytes written at data_out and ctx_out */
	uint16_t ethertype;
	unsigned int note;
} test_rows[] = {
	{ "all zero", RAW_TP | SYSC, {}, 0, WRITES_RETVAL },
	{ "all zero", PACKET, {}, -EINVAL },
	{ "all zero", UNSUPPORTED, {}, -PCA_ENOTSUPP },
	{ "left out", LEFT_OUT, { D }, -PCA_ENOTSUPP, .note = NOTE_OURS_ONLY },
	{ "64 bytes", RAW_TP | SYSC, { D }, -EINVAL },
	{ "64 bytes", PACKET, { D }, 0, WRITES_ALL },
	{ "unsupported wins over what follows",
	  UNSUPPORTED,
	  { D, .flags = ~0U, .cpu = 1, .batch_size = 1, .ctx_in = BAD, .ctx_size_in = 8 },
	  -PCA_ENOTSUPP },

	/* ctx and its size: together or not at all, before the fd. */
	{ "ctx_in alone", RUNNABLE | UNSUPPORTED, { .ctx_in = CTX_ZERO }, -EINVAL },
	{ "ctx_size_in alone", RUNNABLE | UNSUPPORTED, { .ctx_size_in = 8 }, -EINVAL },
	{ "ctx_out alone", RUNNABLE | UNSUPPORTED, { .ctx_out = CTX_OUT }, -EINVAL },
	{ "ctx_size_out alone", RUNNABLE | UNSUPPORTED, { .ctx_size_out = 8 }, -EINVAL },

	/* Inputs that are results. */
	{ "retval", RAW_TP | SYSC, { .retval = 0xee }, 0, WRITES_RETVAL },
	{ "retval", PACKET, { D, .retval = 0xee }, 0, WRITES_ALL },
	{ "duration", RAW_TP | SYSC, { .duration = 5 }, -EINVAL },
	{ "duration", PACKET, { D, .duration = 5 }, 0, WRITES_ALL },
	{ "data_size_out alone", RAW_TP | SYSC, { .data_size_out = 5 }, 0, WRITES_RETVAL },
	{ "data_size_in alone", RAW_TP | SYSC, { .data_size_in = 5 }, 0, WRITES_RETVAL },
	{ "data_size_in alone", PACKET, { .data_size_in = 64 }, -EFAULT },
	{ "data_in alone", RAW_TP | SYSC, { .data_in = DATA }, -EINVAL },
	{ "data_in alone", PACKET, { .data_in = DATA }, -EINVAL },
	{ "data_out alone", RAW_TP | SYSC, { .data_out = OUT }, -EINVAL },

	/* repeat, batch_size, flags, cpu. */
	{ "repeat 1", RAW_TP | SYSC, { .repeat = 1 }, -EINVAL },
	{ "repeat 1", PACKET, { D, .repeat = 1 }, 0, WRITES_ALL },
	{ "repeat 1000", PACKET, { D, .repeat = 1000 }, 0, WRITES_ALL },
	{ "batch_size 1", RAW_TP | SYSC, { .batch_size = 1 }, -EINVAL },
	{ "batch_size 1", PACKET, { D, .batch_size = 1 }, -EINVAL },
	{ "batch_size -1", PACKET, { D, .batch_size = ~0U }, -EINVAL },
	{ "flags 1", RAW_TP, { .flags = 1 }, 0, WRITES_RETVAL },
	{ "flags 2", RAW_TP, { .flags = 2 }, 0, WRITES_RETVAL },
	{ "flags 4", RAW_TP, { .flags = 4 }, 0, WRITES_RETVAL },
	{ "flags -2", RAW_TP, { .flags = ~1U }, 0, WRITES_RETVAL },
	{ "flags -1", RAW_TP, { .flags = ~0U }, 0, WRITES_RETVAL },
	{ "flags 1", SYSC | PACKET, { D, .flags = 1 }, -EINVAL },
	{ "flags 1", SYSC, { .flags = 1 }, -EINVAL },
	{ "flags 2", SYSC, { .flags = 2 }, -EINVAL },
	{ "flags 16", SYSC, { .flags = 16 }, -EINVAL },
	{ "flags 2", SKB, { D, .flags = 2 }, -EINVAL },
	{ "flags 4", SKB, { D, .flags = 4 }, 0, WRITES_ALL },
	{ "flags 4", T(XDP), { D, .flags = 4 }, -EINVAL },
	{ "flags 8", PACKET, { D, .flags = 8 }, -EINVAL },
	{ "flags 1<<31", PACKET, { D, .flags = 1U << 31 }, -EINVAL },
	{ "live frames", T(XDP), { D, .flags = 2 }, -EINVAL, .note = NOTE_OURS_ONLY },
	{ "live frames, batch 256",
	  T(XDP),
	  { D, .flags = 2, .batch_size = 256 },
	  -EINVAL,
	  .note = NOTE_OURS_ONLY },
	{ "live frames, batch 257", T(XDP), { D, .flags = 2, .batch_size = 257 }, -E2BIG },
	{ "cpu 1", RAW_TP, { .cpu = 1 }, -EINVAL },
	{ "cpu 1, flags 6", RAW_TP, { .cpu = 1, .flags = 6 }, -EINVAL },
	{ "cpu -1", RAW_TP, { .cpu = ~0U }, -EINVAL },
	{ "cpu 1", SKB, { D, .cpu = 1 }, -EINVAL },
	{ "cpu 1", SYSC, { .cpu = 1 }, 0, WRITES_RETVAL },
	{ "cpu -1", SYSC, { .cpu = ~0U }, 0, WRITES_RETVAL },
	{ "cpu 1", T(XDP), { D, .cpu = 1 }, 0, WRITES_ALL },
	{ "on cpu 0", RAW_TP, { .flags = 1, .cpu = 0 }, 0, WRITES_RETVAL },
	{ "on cpu -1", RAW_TP, { .flags = 1, .cpu = ~0U }, -ENXIO },
	{ "on cpu 1<<20", RAW_TP, { .flags = 1, .cpu = 1U << 20 }, -ENXIO },
	{ "on cpu 0", PACKET, { D, .flags = 1 }, -EINVAL },

	/* Sizes of packets. */
	{ "bad data_in", PACKET, { .data_in = BAD, .data_size_in = 64 }, -EFAULT },
	{ "1 byte", PACKET, { .data_in = DATA, .data_size_in = 1 }, -EINVAL },
	{ "13 bytes", PACKET, { .data_in = DATA, .data_size_in = 13 }, -EINVAL },
	{ "14 bytes", PACKET, { .data_in = DATA, .data_size_in = 14 }, 0, WRITES_ALL },
	{ "13 bytes, bad", PACKET, { .data_in = BAD, .data_size_in = 13 }, -EINVAL },
	{ "33 bytes of IPv4",
	  SKB,
	  { .data_in = DATA, .data_size_in = 33 },
	  -EINVAL,
	  .ethertype = 0x0800 },
	{ "34 bytes of IPv4",
	  SKB,
	  { .data_in = DATA, .data_size_in = 34 },
	  0,
	  WRITES_ALL,
	  .ethertype = 0x0800 },
	{ "53 bytes of IPv6",
	  SKB,
	  { .data_in = DATA, .data_size_in = 53 },
	  -EINVAL,
	  .ethertype = 0x86dd },
	{ "54 bytes of IPv6",
	  SKB,
	  { .data_in = DATA, .data_size_in = 54 },
	  0,
	  WRITES_ALL,
	  .ethertype = 0x86dd },
	{ "14 bytes of IPv4",
	  T(XDP),
	  { .data_in = DATA, .data_size_in = 14 },
	  0,
	  WRITES_ALL,
	  .ethertype = 0x0800 },
	{ "3520 bytes", PACKET, { .data_in = DATA, .data_size_in = 3520 }, 0, WRITES_ALL },
	{ "3712 bytes",
	  SKB,
	  { .data_in = DATA, .data_size_in = 3712 },
	  0,
	  WRITES_ALL,
	  .note = NOTE_OURS_ONLY },
	{ "3713 bytes",
	  SKB,
	  { .data_in = DATA, .data_size_in = 3713 },
	  -EINVAL,
	  .note = NOTE_OURS_ONLY },
	{ "4096 bytes", SKB, { .data_in = DATA, .data_size_in = 4096 }, -EINVAL },
	{ "70000 bytes, bad", SKB, { .data_in = BAD, .data_size_in = 70000 }, -EINVAL },
	{ "8192 bytes", T(XDP), { .data_in = DATA, .data_size_in = 8192 }, 0, WRITES_ALL },
	{ "8192 bytes, bad", T(XDP), { .data_in = BAD, .data_size_in = 8192 }, -EFAULT },
	{ "73152 bytes",
	  T(XDP),
	  { .data_in = DATA, .data_size_in = 73152 },
	  0,
	  WRITES_ALL,
	  .note = NOTE_OURS_ONLY },
	{ "73153 bytes",
	  T(XDP),
	  { .data_in = DATA, .data_size_in = 73153 },
	  -ENOMEM,
	  .note = NOTE_OURS_ONLY },

	/* The packet that comes back. */
	{ "data_out 64",
	  PACKET,
	  { D, .data_out = OUT, .data_size_out = 64 },
	  0,
	  WRITES_ALL,
	  .out = 64 },
	{ "data_out of another ethertype",
	  PACKET,
	  { D, .data_out = OUT, .data_size_out = 64 },
	  0,
	  WRITES_ALL,
	  .out = 64,
	  .ethertype = 0x1234 },
	{ "data_out 200",
	  PACKET,
	  { D, .data_out = OUT, .data_size_out = 200 },
	  0,
	  WRITES_ALL,
	  .out = 64 },
	{ "data_out 63",
	  PACKET,
	  { D, .data_out = OUT, .data_size_out = 63 },
	  -ENOSPC,
	  WRITES_ALL,
	  .out = 63 },
	{ "data_out 1",
	  PACKET,
	  { D, .data_out = OUT, .data_size_out = 1 },
	  -ENOSPC,
	  WRITES_ALL,
	  .out = 1 },
	{ "data_out, size 0", PACKET, { D, .data_out = OUT }, 0, WRITES_ALL, .out = 64 },
	{ "data_size_out 64", PACKET, { D, .data_size_out = 64 }, 0, WRITES_ALL },
	{ "data_size_out 1", PACKET, { D, .data_size_out = 1 }, -ENOSPC, WRITES_ALL },
	{ "bad data_out 64", PACKET, { D, .data_out = BAD, .data_size_out = 64 }, -EFAULT },
	{ "bad data_out 200", PACKET, { D, .data_out = BAD, .data_size_out = 200 }, -EFAULT },

	/* The ctx of tracing types. */
	{ "ctx 1", RAW_TP | SYSC, { .ctx_in = CTX_ZERO, .ctx_size_in = 1 }, 0, WRITES_RETVAL },
	{ "ctx 8 ones", RAW_TP | SYSC, { .ctx_in = CTX_ONES, .ctx_size_in = 8 }, 0, WRITES_RETVAL },
	{ "ctx 96", RAW_TP | SYSC, { .ctx_in = CTX_ONES, .ctx_size_in = 96 }, 0, WRITES_RETVAL },
	{ "ctx 97", RAW_TP, { .ctx_in = CTX_ONES, .ctx_size_in = 97 }, -EINVAL },
	{ "ctx 97", SYSC, { .ctx_in = CTX_ONES, .ctx_size_in = 97 }, 0, WRITES_RETVAL },
	{ "ctx 65535", SYSC, { .ctx_in = CTX_ONES, .ctx_size_in = 65535 }, 0, WRITES_RETVAL },
	{ "ctx 65536", SYSC, { .ctx_in = CTX_ONES, .ctx_size_in = 65536 }, -EINVAL },
	{ "bad ctx", RAW_TP | SYSC, { .ctx_in = BAD, .ctx_size_in = 8 }, -EFAULT },
	{ "bad ctx 97", RAW_TP, { .ctx_in = BAD, .ctx_size_in = 97 }, -EINVAL },
	{ "bad ctx 65536", SYSC, { .ctx_in = BAD, .ctx_size_in = 65536 }, -EINVAL },
	{ "ctx_out", RAW_TP | SYSC, { .ctx_out = CTX_OUT, .ctx_size_out = 8 }, -EINVAL },
	{ "bad ctx, cpu 1", RAW_TP, { .ctx_in = BAD, .ctx_size_in = 8, .cpu = 1 }, -EINVAL },
	{ "bad ctx, on no cpu",
	  RAW_TP,
	  { .ctx_in = BAD, .ctx_size_in = 8, .flags = 1, .cpu = 1U << 20 },
	  -EFAULT },
	{ "data, on no cpu", RAW_TP, { .data_in = DATA, .flags = 1, .cpu = 1U << 20 }, -EINVAL },
	{ "data, bad ctx",
	  RAW_TP | SYSC,
	  { .data_in = DATA, .ctx_in = BAD, .ctx_size_in = 8 },
	  -EINVAL },
	{ "repeat, bad ctx",
	  RAW_TP | SYSC,
	  { .repeat = 1, .ctx_in = BAD, .ctx_size_in = 8 },
	  -EINVAL },

	/* The ctx of packet types. */
	{ "ctx 1 of zeros", PACKET, { D, .ctx_in = CTX_ZERO, .ctx_size_in = 1 }, 0, WRITES_ALL },
	{ "ctx 8 of zeros", PACKET, { D, .ctx_in = CTX_ZERO, .ctx_size_in = 8 }, 0, WRITES_ALL },
	{ "ctx 192 of zeros",
	  PACKET,
	  { D, .ctx_in = CTX_ZERO, .ctx_size_in = 192 },
	  0,
	  WRITES_ALL },
	{ "ctx 4096 of zeros",
	  PACKET,
	  { D, .ctx_in = CTX_ZERO, .ctx_size_in = 4096 },
	  0,
	  WRITES_ALL },
	{ "ctx 4097 of zeros", PACKET, { D, .ctx_in = CTX_ZERO, .ctx_size_in = 4097 }, -E2BIG },
	{ "ctx 8 of ones", PACKET, { D, .ctx_in = CTX_ONES, .ctx_size_in = 8 }, -EINVAL },
	{ "ctx 24 of ones", T(XDP), { D, .ctx_in = CTX_ONES, .ctx_size_in = 24 }, -EINVAL },
	{ "ctx 25 of ones", T(XDP), { D, .ctx_in = CTX_ONES, .ctx_size_in = 25 }, -E2BIG },
	{ "ctx 64 of ones",
	  SKB,
	  { D, .ctx_in = CTX_ONES, .ctx_size_in = 64 },
	  -EINVAL,
	  .note = NOTE_OURS_ONLY }, /* Linux: ENODEV, there is no such device */
	{ "ctx 193 of ones", PACKET, { D, .ctx_in = CTX_ONES, .ctx_size_in = 193 }, -E2BIG },
	{ "bad ctx", PACKET, { D, .ctx_in = BAD, .ctx_size_in = 8 }, -EFAULT },
	{ "bad ctx 4097", PACKET, { D, .ctx_in = BAD, .ctx_size_in = 4097 }, -E2BIG },
	{ "ctx_out 8",
	  SKB,
	  { D, .ctx_out = CTX_OUT, .ctx_size_out = 8 },
	  -ENOSPC,
	  WRITES_ALL,
	  192,
	  .ctx_out = 8 },
	{ "ctx_out 192",
	  SKB,
	  { D, .ctx_out = CTX_OUT, .ctx_size_out = 192 },
	  0,
	  WRITES_ALL,
	  192,
	  .ctx_out = 192 },
	{ "ctx_out 1000",
	  SKB,
	  { D, .ctx_out = CTX_OUT, .ctx_size_out = 1000 },
	  0,
	  WRITES_ALL,
	  192,
	  .ctx_out = 192 },
	{ "ctx_out 8",
	  T(XDP),
	  { D, .ctx_out = CTX_OUT, .ctx_size_out = 8 },
	  -ENOSPC,
	  WRITES_ALL,
	  24,
	  .ctx_out = 8 },
	{ "ctx_out 1000",
	  T(XDP),
	  { D, .ctx_out = CTX_OUT, .ctx_size_out = 1000 },
	  0,
	  WRITES_ALL,
	  24,
	  .ctx_out = 24 },
	{ "bad ctx_out 8", PACKET, { D, .ctx_out = BAD, .ctx_size_out = 8 }, -ENOSPC, WRITES_ALL },
	{ "bad ctx_out 192",
	  PACKET,
	  { D, .ctx_out = BAD, .ctx_size_out = 192 },
	  -EFAULT,
	  WRITES_ALL },
	{ "short data_out and ctx_out",
	  SKB,
	  { D, .data_out = OUT, .data_size_out = 5, .ctx_out = CTX_OUT, .ctx_size_out = 8 },
	  -ENOSPC,
	  WRITES_ALL,
	  .out = 5 },
	/* Without a ctx_in all of an XDP packet is in fragments, which do not fit. */
	{ "short data_out and ctx_out",
	  T(XDP),
	  { D, .data_out = OUT, .data_size_out = 63, .ctx_out = CTX_OUT, .ctx_size_out = 8 },
	  -ENOSPC },
	{ "short bad data_out", PACKET, { D, .data_out = BAD, .data_size_out = 5 }, -ENOSPC },

	/* Which error comes first. */
	{ "flags, 5 bytes", PACKET, { .data_in = DATA, .data_size_in = 5, .flags = 8 }, -EINVAL },
	{ "flags, bad ctx", PACKET, { D, .ctx_in = BAD, .ctx_size_in = 8, .flags = 8 }, -EINVAL },
	{ "batch, bad data",
	  PACKET,
	  { .data_in = BAD, .data_size_in = 64, .batch_size = 1 },
	  -EINVAL },
	{ "5 bytes, bad ctx",
	  SKB,
	  { .data_in = DATA, .data_size_in = 5, .ctx_in = BAD, .ctx_size_in = 8 },
	  -EINVAL },
	{ "5 bytes, bad ctx",
	  T(XDP),
	  { .data_in = DATA, .data_size_in = 5, .ctx_in = BAD, .ctx_size_in = 8 },
	  -EFAULT },
	{ "5 bytes, ctx 4097",
	  T(XDP),
	  { .data_in = DATA, .data_size_in = 5, .ctx_in = CTX_ZERO, .ctx_size_in = 4097 },
	  -E2BIG },
	{ "bad data, ctx 4097",
	  SKB,
	  { .data_in = BAD, .data_size_in = 64, .ctx_in = CTX_ZERO, .ctx_size_in = 4097 },
	  -EFAULT },
	{ "bad data, ctx 4097",
	  T(XDP),
	  { .data_in = BAD, .data_size_in = 64, .ctx_in = CTX_ZERO, .ctx_size_in = 4097 },
	  -E2BIG },
};

static unsigned char *buffers[NR_BUFFERS];

static void reset_buffers(uint16_t ethertype)
{
	for (int i = DATA; i < BAD; i++) {
		if (!buffers[i])
			buffers[i] = malloc(BUFFER_BYTES);
		memset(buffers[i], i == CTX_ZERO ? 0 : i == CTX_ONES ? 1 : 0xee, BUFFER_BYTES);
	}
	fill(buffers[DATA], BUFFER_BYTES, 1);
	buffers[DATA][12] = (unsigned char)(ethertype >> 8);
	buffers[DATA][13] = (unsigned char)ethertype;
}

static uint64_t address(uint64_t buffer)
{
	return buffer == BAD ? BAD_ADDRESS : (uintptr_t)buffers[buffer];
}

static void check_buffers(const struct test_row *r, uint32_t type)
{
	unsigned char *want = malloc(BUFFER_BYTES);

	memset(want, 0xee, BUFFER_BYTES);
	memcpy(want, buffers[DATA], r->out);
	if ((1ULL << type) & SKB_NO_MAC)
		memset(want, 0, r->out < 14 ? r->out : 14);
	expect_bytes(buffers[OUT], want, BUFFER_BYTES);
	expect_all(buffers[CTX_OUT] + r->ctx_out, 0xee, BUFFER_BYTES - r->ctx_out);
	free(want);
}

static void check_row(const struct kernel *kernel, const struct test_row *r, uint32_t type)
{
	struct test_attr attr = r->attr, given;
	bool is_timed = r->writes & 2;

	reset_buffers(r->ethertype);
	attr.prog_fd = kernel->progs[type];
	attr.data_in = address(attr.data_in);
	attr.data_out = address(attr.data_out);
	attr.ctx_in = address(attr.ctx_in);
	attr.ctx_out = address(attr.ctx_out);
	given = attr;

	row("%s: type %u, %s", kernel->name, type, r->what);
	expect(kernel->bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), r->want);
	expect(attr.retval, r->writes ? (uint32_t)type_retval(type) : given.retval);
	expect(attr.data_size_out, is_timed ? given.data_size_in : given.data_size_out);
	expect(attr.ctx_size_out, r->ctx_size_out ?: given.ctx_size_out);
	if (is_timed)
		expect(attr.duration > 0, 1);
	else
		expect(attr.duration, given.duration);

	/* Nothing else in it changes. */
	attr.retval = given.retval;
	attr.data_size_out = given.data_size_out;
	attr.ctx_size_out = given.ctx_size_out;
	attr.duration = given.duration;
	expect_bytes(&attr, &given, sizeof(attr));
	check_buffers(r, type);
}

static void check_table(const struct kernel *kernel)
{
	unsigned int checked = 0, skipped = 0;

	for (size_t i = 0; i < ARRAY_LEN(test_rows); i++) {
		const struct test_row *r = &test_rows[i];

		for (uint32_t type = 1; type < NR_TYPES; type++) {
			if (!(r->types >> type & 1))
				continue;
			if (!kernel->progs[type] || (!kernel->is_ours && r->note)) {
				skipped++;
				continue;
			}
			check_row(kernel, r, type);
			checked++;
		}
	}
	printf("%s: %u cases, %u left out\n", kernel->name, checked, skipped);
	fflush(stdout);
	expect(kernel->is_ours && skipped, 0);
}

START_TEST(the_table_of_attrs)
{
	on_both(check_table);
}
END_TEST

/* ---- fds ---- */

static void check_fds(const struct kernel *kernel)
{
	int foreign = open("/dev/null", O_RDWR);
	const struct {
		const char *what;
		struct test_attr attr;
		int want;
	} rows[] = {
		{ "fd -1", { .prog_fd = -1 }, -EBADF },
		{ "fd 9999", { .prog_fd = 9999 }, -EBADF },
		{ "a map", { .prog_fd = kernel->map }, -EINVAL },
		{ "/dev/null", { .prog_fd = foreign }, -EINVAL },
		{ "bad fd, flags", { .prog_fd = 9999, .flags = ~0U }, -EBADF },
		{ "bad fd, data", { .prog_fd = 9999, .data_in = 8, .data_size_in = 8 }, -EBADF },
		{ "bad fd, repeat", { .prog_fd = 9999, .repeat = 1 }, -EBADF },
		{ "bad fd, ctx", { .prog_fd = 9999, .ctx_in = 8, .ctx_size_in = 8 }, -EBADF },
		{ "bad fd, ctx_in alone", { .prog_fd = 9999, .ctx_in = 8 }, -EINVAL },
		{ "bad fd, ctx_size_in alone", { .prog_fd = 9999, .ctx_size_in = 8 }, -EINVAL },
		{ "bad fd, ctx_out alone", { .prog_fd = 9999, .ctx_out = 8 }, -EINVAL },
		{ "bad fd, ctx_size_out alone", { .prog_fd = 9999, .ctx_size_out = 8 }, -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct test_attr attr = rows[i].attr;

		row("%s: %s", kernel->name, rows[i].what);
		expect(kernel->bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), rows[i].want);
	}
	close(foreign);
}

START_TEST(fds_that_are_no_programs)
{
	on_both(check_fds);
}
END_TEST

/* ---- the attr itself ---- */

static long run_bytes(const struct kernel *kernel, int fd, size_t at, uint32_t size)
{
	static unsigned char attr[8192];

	memset(attr, 0, sizeof(attr));
	if (at)
		attr[at] = 1;
	memcpy(attr, &fd, sizeof(fd));
	return kernel->bpf(BPF_PROG_TEST_RUN, attr, size);
}

static void check_attr_size(const struct kernel *kernel)
{
	static const uint32_t good[] = { 4, 8, 63, 64, 72, 75, 76, 77, 128, 167, 168, 169, 4096 };
	int fd = kernel->progs[BPF_PROG_TYPE_RAW_TRACEPOINT];

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		row("%s: size %u", kernel->name, good[i]);
		expect(run_bytes(kernel, fd, 0, good[i]), 0);
	}
	row("%s", kernel->name);
	expect(run_bytes(kernel, fd, 0, 4097), -E2BIG);
	expect(run_bytes(kernel, fd, 0, 8192), -E2BIG);
	for (size_t at = TEST_ATTR_END; at < ATTR_BYTES; at++) {
		row("%s: byte %zu", kernel->name, at);
		expect(run_bytes(kernel, fd, at, 200), -EINVAL);
		expect(run_bytes(kernel, -1, at, 200), -EINVAL);
	}
	for (size_t at = ATTR_BYTES; at < 200; at++) {
		row("%s: byte %zu", kernel->name, at);
		expect(run_bytes(kernel, fd, at, 200), -E2BIG);
		expect(run_bytes(kernel, -1, at, 200), -E2BIG);
		expect(run_bytes(kernel, fd, at, ATTR_BYTES), 0);
	}
	row("%s", kernel->name);
	expect(kernel->bpf(BPF_PROG_TEST_RUN, NULL, TEST_ATTR_END), -EFAULT);
	expect(kernel->bpf(BPF_PROG_TEST_RUN, NULL, 200), -EFAULT);
}

START_TEST(the_attr_may_be_short_or_long)
{
	on_both(check_attr_size);
}
END_TEST

/* An attr that ends where memory ends. */
static void check_attr_faults(const struct kernel *kernel)
{
	int fd = kernel->progs[BPF_PROG_TYPE_RAW_TRACEPOINT];
	unsigned char *edge = guarded(TEST_ATTR_END), *page;

	row("%s", kernel->name);
	memset(edge, 0, TEST_ATTR_END);
	memcpy(edge, &fd, sizeof(fd));
	expect(kernel->bpf(BPF_PROG_TEST_RUN, edge, TEST_ATTR_END), 0);
	memset(edge + 4, 0, TEST_ATTR_END - 4);
	expect(kernel->bpf(BPF_PROG_TEST_RUN, edge, 80), -EFAULT);
	expect(kernel->bpf(BPF_PROG_TEST_RUN, edge, 200), -EFAULT);

	/* Only the fd is there: retval has no place, after the run. */
	edge = guarded(4);
	memcpy(edge, &fd, sizeof(fd));
	expect(kernel->bpf(BPF_PROG_TEST_RUN, edge, 4), -EFAULT);
	edge = guarded(8);
	memcpy(edge, &fd, sizeof(fd));
	memset(edge + 4, 0, 4);
	expect(kernel->bpf(BPF_PROG_TEST_RUN, edge, 4), 0);
	expect(edge[4], 7);

	page = guarded(4096);
	memset(page, 0, 4096);
	memcpy(page, &fd, sizeof(fd));
	ck_assert_int_eq(mprotect(page, 4096, PROT_READ), 0);
	expect(kernel->bpf(BPF_PROG_TEST_RUN, page, TEST_ATTR_END), -EFAULT);
}

START_TEST(results_go_to_their_places_whatever_the_size)
{
	on_both(check_attr_faults);
}
END_TEST

/* ---- the ctx that a program reads ---- */

static unsigned int arg_read;

static int return_arg(void *ctx)
{
	return (int)((const uint64_t *)ctx)[arg_read];
}

static int load_arg_reader(const struct kernel *kernel, unsigned int arg)
{
	const struct insn insns[] = { LOAD_U64(0, (int16_t)(arg * 8)), EXIT };

	arg_read = arg;
	if (kernel->is_ours)
		return our_load(BPF_PROG_TYPE_RAW_TRACEPOINT, return_arg, (arg + 1) * 8);
	return host_load(BPF_PROG_TYPE_RAW_TRACEPOINT, insns, ARRAY_LEN(insns));
}

static void check_ctx_sizes(const struct kernel *kernel)
{
	uint64_t ctx[16];

	for (unsigned int i = 0; i < 16; i++)
		ctx[i] = 0x1234567800000000 + 100 + i;
	for (unsigned int arg = 0; arg < 12; arg++) {
		int fd = load_arg_reader(kernel, arg);

		for (uint32_t size = 0; size <= 104; size++) {
			struct test_attr attr = {
				.prog_fd = fd,
				.ctx_in = size ? (uintptr_t)ctx : 0,
				.ctx_size_in = size,
			};
			bool fits = size >= (arg + 1) * 8 && size <= 96;

			row("%s: argument %u, ctx of %u", kernel->name, arg, size);
			expect(kernel->bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END),
			       fits ? 0 : -EINVAL);
			expect(attr.retval, fits ? 100 + arg : 0);
		}
		if (kernel->is_ours)
			expect(pca_close(w.task, fd), 0);
		else
			close(fd);
	}
}

START_TEST(a_ctx_must_reach_as_far_as_the_program_reads)
{
	on_both(check_ctx_sizes);
}
END_TEST

static int change_ctx(void *ctx)
{
	uint32_t *words = ctx;

	words[2] = 0x55;
	return (int)words[1];
}

START_TEST(a_syscall_programs_ctx_comes_back)
{
	struct kernel kernel = our_kernel();
	struct test_attr attr = { .ctx_size_in = 16 };
	uint32_t *ctx = guarded(16);

	attr.prog_fd = our_load(BPF_PROG_TYPE_SYSCALL, change_ctx, 12);
	attr.ctx_in = (uintptr_t)ctx;
	memcpy(ctx, (uint32_t[]){ 1, 2, 3, 4 }, 16);
	expect(kernel.bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), 0);
	expect(attr.retval, 2);
	expect(ctx[2], 0x55);
	expect(ctx[3], 4);
	expect(attr.ctx_size_out, 0);
	attr.ctx_size_in = 11;
	expect(kernel.bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), -EINVAL);
	attr.ctx_size_in = 12;
	expect(kernel.bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), 0);
	attr = (struct test_attr){ .prog_fd = attr.prog_fd };
	expect(kernel.bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), -EINVAL);
	world_close(&w);
}
END_TEST

/* ---- where it runs ---- */

static int return_cpu(void *ctx)
{
	(void)ctx;
	return (int)pca_get_smp_processor_id();
}

static void check_cpus(const struct kernel *kernel)
{
	const struct insn insns[] = { CALL(BPF_FUNC_get_smp_processor_id), EXIT };
	int fd = kernel->is_ours ? our_load(BPF_PROG_TYPE_RAW_TRACEPOINT, return_cpu, 0)
				 : host_load(BPF_PROG_TYPE_RAW_TRACEPOINT, insns, 2);
	cpu_set_t allowed;

	CPU_ZERO(&allowed);
	if (kernel->is_ours)
		for (int cpu = 0; cpu < 4; cpu++)
			CPU_SET(cpu, &allowed);
	else
		ck_assert_int_eq(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	for (uint32_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		struct test_attr attr = { .prog_fd = fd, .flags = 1, .cpu = cpu };

		row("%s: cpu %u", kernel->name, cpu);
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		expect(kernel->bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), 0);
		expect(attr.retval, cpu);
	}
}

START_TEST(a_raw_tracepoint_can_choose_its_cpu)
{
	on_both(check_cpus);
}
END_TEST

START_TEST(without_a_choice_it_runs_where_the_task_is)
{
	static const uint32_t types[] = { BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_SYSCALL };
	static const uint32_t cpus[] = { 0, 3, 2, 7 };
	struct pca_machine_opts machine = {
		.size = sizeof(machine),
		.possible = "0,2-3,7,9",
		.online = "0,2-3,7",
	};
	struct test_attr attr;

	w = world_open_with(&machine, NULL);
	for (size_t t = 0; t < ARRAY_LEN(types); t++) {
		int fd = expect_fd(our_load(types[t], return_cpu, 0));

		for (size_t i = 0; i < ARRAY_LEN(cpus); i++) {
			row("type %u on cpu %u", types[t], cpus[i]);
			expect(pca_task_set_cpu(w.task, cpus[i]), 0);
			attr = (struct test_attr){ .prog_fd = fd };
			expect(our_bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), 0);
			expect(attr.retval, cpus[i]);
		}
		/* When its CPU goes offline, the task is moved to another. */
		expect(pca_cpu_set_online(w.machine, 7, false), 0);
		expect(our_bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), 0);
		expect(attr.retval, 0);
		expect(pca_cpu_set_online(w.machine, 7, true), 0);
	}
	row("%s", "");
	attr = (struct test_attr){ .prog_fd = our_load(types[0], return_cpu, 0), .flags = 1 };
	for (uint32_t cpu = 0; cpu < 12; cpu++) {
		attr.cpu = cpu;
		expect(our_bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END),
		       pca_cpu_is_online(w.machine, cpu) ? 0 : -ENXIO);
	}
	expect(pca_task_set_cpu(w.task, 1), -EINVAL);
	expect(pca_task_set_cpu(w.task, 9), -ENXIO);
	world_close(&w);
}
END_TEST

/* ---- packets ---- */

static unsigned int runs;

static int count_run(void *ctx)
{
	struct pca_packet *packet = ctx;

	packet->data[20] = (unsigned char)++runs;
	return (int)(packet->data_end - packet->data);
}

START_TEST(repeat_runs_the_program_that_often)
{
	static const uint32_t repeats[] = { 0, 1, 2, 1000, 100000 };
	struct kernel kernel = our_kernel();
	int fd = expect_fd(our_load(BPF_PROG_TYPE_SCHED_CLS, count_run, 0));
	unsigned char in[64], out[64];

	fill(in, sizeof(in), 1);
	memset(in + 12, 0, 2);
	for (size_t i = 0; i < ARRAY_LEN(repeats); i++) {
		struct test_attr attr = {
			.prog_fd = fd,
			.data_in = (uintptr_t)in,
			.data_size_in = sizeof(in),
			.data_out = (uintptr_t)out,
			.data_size_out = sizeof(out),
			.repeat = repeats[i],
		};

		row("repeat %u", repeats[i]);
		runs = 0;
		expect(kernel.bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), 0);
		expect(runs, repeats[i] ?: 1);
		expect(attr.retval, 64);
		expect(attr.duration > 0, 1);
		expect(out[20], (unsigned char)runs); /* what the program changed comes back */
		expect(in[20] == out[20], 0);
	}
	world_close(&w);
}
END_TEST

static int return_length(void *ctx)
{
	const struct pca_packet *packet = ctx;

	return (int)(packet->data_end - packet->data);
}

/* The linear part of the packet is what data_end of the ctx says, up to a page's room. */
static void check_xdp_ctx(const struct kernel *kernel)
{
	const struct insn insns[] = { LOAD_U32(2, 0), LOAD_U32(0, 4), SUB_R0_R2, EXIT };
	int fd = kernel->is_ours ? our_load(BPF_PROG_TYPE_XDP, return_length, 0)
				 : host_load(BPF_PROG_TYPE_XDP, insns, ARRAY_LEN(insns));
	static const struct {
		uint32_t bytes;
		int64_t data_end; /* -1: no ctx_in */
		bool has_ctx_out;
		int want;
		uint32_t visible;
	} rows[] = {
		{ 64, -1, false, 0, 64 },      { 64, -1, true, 0, 0 },
		{ 64, 0, false, 0, 0 },	       { 64, 0, true, 0, 0 },
		{ 64, 1, true, 0, 1 },	       { 64, 14, true, 0, 14 },
		{ 64, 63, false, 0, 63 },      { 64, 64, true, 0, 64 },
		{ 64, 65, true, -EINVAL, 0 },  { 64, UINT32_MAX, false, -EINVAL, 0 },
		{ 3520, -1, false, 0, 3520 },  { 3521, -1, false, 0, 3520 },
		{ 5000, -1, false, 0, 3520 },  { 5000, -1, true, 0, 0 },
		{ 5000, 64, true, 0, 64 },     { 5000, 3520, true, 0, 3520 },
		{ 5000, 5000, true, 0, 3520 }, { 5000, 5001, true, -EINVAL, 0 },
	};

	reset_buffers(0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t ctx[6] = { 0, (uint32_t)rows[i].data_end }, ctx_out[6] = { 0 };
		struct test_attr attr = {
			.prog_fd = fd,
			.data_in = (uintptr_t)buffers[DATA],
			.data_size_in = rows[i].bytes,
		};

		if (rows[i].data_end >= 0) {
			attr.ctx_in = (uintptr_t)ctx;
			attr.ctx_size_in = sizeof(ctx);
		}
		if (rows[i].has_ctx_out) {
			attr.ctx_out = (uintptr_t)ctx_out;
			attr.ctx_size_out = sizeof(ctx_out);
		}
		row("%s: %u bytes, data_end %d", kernel->name, rows[i].bytes,
		    (int)rows[i].data_end);
		expect(kernel->bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), rows[i].want);
		expect(attr.retval, rows[i].visible);
		expect(attr.data_size_out, rows[i].want ? 0 : rows[i].bytes);
		if (rows[i].has_ctx_out && !rows[i].want)
			expect(ctx_out[1], rows[i].visible);
	}
}

START_TEST(an_xdp_ctx_says_how_much_the_program_sees)
{
	on_both(check_xdp_ctx);
}
END_TEST

/* A short buffer gets the start of the linear part, then all fragments. */
static void check_xdp_fragments(const struct kernel *kernel)
{
	static const struct {
		uint32_t data_end, room;
		int want;
	} rows[] = {
		{ 3520, 5000, 0 },	 { 3520, 6000, 0 },	  { 3520, 0, 0 },
		{ 3520, 4999, -ENOSPC }, { 3520, 4000, -ENOSPC }, { 3520, 1480, -ENOSPC },
		{ 64, 5000, 0 },	 { 64, 4999, -ENOSPC },	  { 64, 4936, -ENOSPC },
	};

	reset_buffers(0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t end = rows[i].data_end, ctx[6] = { 0, end };
		uint32_t room = rows[i].room && rows[i].room < 5000 ? rows[i].room : 5000;
		struct test_attr attr = {
			.prog_fd = kernel->progs[BPF_PROG_TYPE_XDP],
			.data_in = (uintptr_t)buffers[DATA],
			.data_size_in = 5000,
			.data_out = (uintptr_t)buffers[OUT],
			.data_size_out = rows[i].room,
			.ctx_in = (uintptr_t)ctx,
			.ctx_size_in = sizeof(ctx),
		};

		row("%s: data_end %u, room for %u", kernel->name, end, rows[i].room);
		memset(buffers[OUT], 0xee, BUFFER_BYTES);
		expect(kernel->bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), rows[i].want);
		expect(attr.data_size_out, 5000);
		expect_bytes(buffers[OUT], buffers[DATA], room - (5000 - end));
		expect_bytes(buffers[OUT] + room - (5000 - end), buffers[DATA] + end, 5000 - end);
		expect_all(buffers[OUT] + room, 0xee, BUFFER_BYTES - room);
	}
}

START_TEST(xdp_fragments_come_back_whole)
{
	on_both(check_xdp_fragments);
}
END_TEST

static int return_minus_one(void *ctx)
{
	(void)ctx;
	return -1;
}

START_TEST(retval_is_32_bits)
{
	struct kernel kernel = our_kernel();
	struct test_attr attr = { 0 };

	attr.prog_fd = our_load(BPF_PROG_TYPE_RAW_TRACEPOINT, return_minus_one, 0);
	expect(kernel.bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), 0);
	expect(attr.retval, UINT32_MAX);
	world_close(&w);
}
END_TEST

START_TEST(test_run_needs_no_capability)
{
	struct kernel kernel = our_kernel();
	struct pca_task_opts opts = {
		.size = sizeof(opts),
		.dropped_caps = ~0ULL,
		.uid = 65534,
		.gid = 65534,
	};
	struct test_attr attr = { 0 };
	struct pca_task *nobody;
	union any_attr pin;

	expect(pca_task_create(&nobody, w.machine, &opts), 0);
	memset(&pin, 0, sizeof(pin));
	pin.bpf.pathname = (uintptr_t) "p";
	pin.bpf.bpf_fd = (uint32_t)kernel.progs[BPF_PROG_TYPE_RAW_TRACEPOINT];
	expect(our_bpf(BPF_OBJ_PIN, &pin, 16), 0);
	expect(pca_chmod(w.task, "p", 0666), 0);
	pin.bpf.bpf_fd = 0;
	attr.prog_fd = expect_fd(pca_bpf(nobody, BPF_OBJ_GET, &pin, 16));
	expect(pca_bpf(nobody, BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), 0);
	expect(attr.retval, 7);
	world_close(&w);
}
END_TEST

static int test_run_from_inside(void *ctx)
{
	struct test_attr attr = { .prog_fd = *(int *)ctx };

	return (int)pca_bpf(w.task, BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END);
}

START_TEST(a_run_cannot_wait_for_a_test_run)
{
	struct kernel kernel = our_kernel();
	int inner = kernel.progs[BPF_PROG_TYPE_RAW_TRACEPOINT];
	struct test_attr attr = { .ctx_in = (uintptr_t)&inner, .ctx_size_in = sizeof(inner) };

	attr.prog_fd = our_load(BPF_PROG_TYPE_SYSCALL, test_run_from_inside, 0);
	expect(kernel.bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), 0);
	expect((int)attr.retval, -EDEADLK);
	world_close(&w);
}
END_TEST

/* Two pages, of which the second can be read only; the first one's end. */
static unsigned char *end_of_writable(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *pages = guarded(2 * page);

	memset(pages, 0, 2 * page);
	return pages + page;
}

static void protect(unsigned char *from)
{
	ck_assert_int_eq(mprotect(from, (size_t)sysconf(_SC_PAGESIZE), PROT_READ), 0);
}

/* A ctx that the program may change but that cannot be written back. */
START_TEST(a_syscall_ctx_in_read_only_memory_returns_efault)
{
	our_kernel();
	struct pca_task_opts opts = { .size = sizeof(opts), .memory = PCA_CHECKED };
	unsigned char *ctx = end_of_writable();
	struct test_attr attr = { .ctx_in = (uintptr_t)ctx, .ctx_size_in = 8 };

	pca_task_destroy(w.task);
	expect(pca_task_create(&w.task, w.machine, &opts), 0);
	attr.prog_fd = our_load(BPF_PROG_TYPE_SYSCALL, return_minus_one, 0);
	expect(our_bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), 0);
	protect(ctx);
	expect(our_bpf(BPF_PROG_TEST_RUN, &attr, TEST_ATTR_END), -EFAULT);
	world_close(&w);
}
END_TEST

/* An attr whose later half cannot be written: so much of the results is there. */
START_TEST(an_attr_that_is_half_read_only_returns_efault)
{
	our_kernel();
	struct pca_task_opts opts = { .size = sizeof(opts), .memory = PCA_CHECKED };
	unsigned char *end = end_of_writable(), packet[64] = { 0 }, ctx[24];
	struct test_attr *attr =
		(void *)(end - offsetof(struct test_attr, ctx_size_in)); /* 40 bytes */

	pca_task_destroy(w.task);
	expect(pca_task_create(&w.task, w.machine, &opts), 0);
	*attr = (struct test_attr){
		.data_in = (uintptr_t)packet,
		.data_size_in = sizeof(packet),
		.ctx_out = (uintptr_t)ctx,
		.ctx_size_out = sizeof(ctx),
	};
	attr->prog_fd = our_load(BPF_PROG_TYPE_XDP, return_minus_one, 0);
	protect(end);
	expect(our_bpf(BPF_PROG_TEST_RUN, attr, TEST_ATTR_END), -EFAULT);
	expect(attr->retval, UINT32_MAX);
	world_close(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("test_run");
	TCase *attr = add_case(suite, "attr"), *runs_case = add_case(suite, "runs");

	tcase_add_test(attr, the_table_of_attrs);
	tcase_add_test(attr, fds_that_are_no_programs);
	tcase_add_test(attr, the_attr_may_be_short_or_long);
	tcase_add_test(attr, results_go_to_their_places_whatever_the_size);
	tcase_add_test(attr, a_syscall_ctx_in_read_only_memory_returns_efault);
	tcase_add_test(attr, an_attr_that_is_half_read_only_returns_efault);

	tcase_add_test(runs_case, a_ctx_must_reach_as_far_as_the_program_reads);
	tcase_add_test(runs_case, a_syscall_programs_ctx_comes_back);
	tcase_add_test(runs_case, a_raw_tracepoint_can_choose_its_cpu);
	tcase_add_test(runs_case, without_a_choice_it_runs_where_the_task_is);
	tcase_add_test(runs_case, repeat_runs_the_program_that_often);
	tcase_add_test(runs_case, an_xdp_ctx_says_how_much_the_program_sees);
	tcase_add_test(runs_case, xdp_fragments_come_back_whole);
	tcase_add_test(runs_case, retval_is_32_bits);
	tcase_add_test(runs_case, test_run_needs_no_capability);
	tcase_add_test(runs_case, a_run_cannot_wait_for_a_test_run);
	return suite;
}

TEST_MAIN(make_suite)
