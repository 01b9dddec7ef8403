// SPDX-License-Identifier: MIT
/*
 * The helpers that are not about maps, under their own names and under the kernel's:
 * those programs are in helper_shape.bpf.c, beside vmlinux.h.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <linux/bpf.h>
#include <sys/mman.h>

#include "support.h"

#include "helper_shape.h"

/* What a program of these tests gets as its ctx when it is one of the test's own. */
struct job {
	void (*fn)(void);
};

static int run_job(void *ctx)
{
	((struct job *)ctx)->fn();
	return 0;
}

static int run_prog(const struct world *w, int (*fn)(void *), uint32_t cpu, void *ctx)
{
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_SYSCALL,
		.fn = fn,
	};
	int fd = expect_fd(pca_prog_load(w->task, &opts)), retval;
	struct pca_prog *prog;

	expect(pca_prog_get(w->task, fd, &prog), 0);
	expect(pca_run_on(prog, cpu, ctx, &retval), 0);
	pca_prog_put(prog);
	expect(pca_close(w->task, fd), 0);
	return retval;
}

static void in_a_run(void (*fn)(void))
{
	struct world w = world_open("0,2", PCA_DIRECT);

	run_prog(&w, run_job, 2, &(struct job){ fn });
	world_close(&w);
}

/* ---- the current task ---- */

static int run_see_task(void *ctx)
{
	return see_task(ctx);
}

START_TEST(idle_tasks_are_kernel_threads_of_the_first)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	struct task_seen seen = { .pid = -1 };

	for (int i = 0; i < 2; i++) {
		expect(run_prog(&w, run_see_task, 2, &seen), 0);
		ck_assert_uint_eq(seen.pid_tgid, 0);
		ck_assert_uint_eq(seen.uid_gid, 0);
		ck_assert_uint_eq(seen.cgroup_id, 1);
		ck_assert_uint_eq(seen.ancestors[0], 1);
		ck_assert_uint_eq(seen.ancestors[1], 0);
		expect(seen.pid, 0);
		ck_assert_uint_eq(seen.cpu, 2);
		ck_assert_uint_eq(seen.is_kernel_thread, 1);
		ck_assert_uint_eq(seen.state, 0);
		ck_assert_uint_eq(seen.mnt_ns, 0xeffffff8);
		ck_assert_str_eq(seen.comm, "swapper/2");
		ck_assert_str_eq(seen.leader_comm, "swapper/2");
		ck_assert_str_eq(seen.parent_comm, "swapper/0");
		expect(seen.null_read, -ERANGE);
		ck_assert_uint_eq(seen.inode, 0); /* filled with zeros */
		expect(seen.is_same_again, 1);
	}
	world_close(&w);
}
END_TEST

START_TEST(the_caller_of_a_test_run_is_the_current_task)
{
	struct pca_machine_opts opts = { .size = sizeof(opts), .possible = "0,2" };
	struct pca_task_opts task = {
		.size = sizeof(task), .uid = 1000, .gid = 100, .comm = "worker"
	};
	struct world w = world_open_with(&opts, &task);
	struct pca_prog_load_opts prog = {
		.size = sizeof(prog),
		.type = BPF_PROG_TYPE_SYSCALL,
		.fn = run_see_task,
	};
	struct task_seen seen = { .pid = -1 };
	union bpf_attr attr = {
		.test.prog_fd = (uint32_t)expect_fd(pca_prog_load(w.task, &prog)),
		.test.ctx_in = (uintptr_t)&seen,
		.test.ctx_size_in = sizeof(seen),
	};

	expect(pca_bpf(w.task, BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	ck_assert_uint_eq(seen.pid_tgid >> 32, (uint64_t)getpid());
	expect(seen.pid, (int)(uint32_t)seen.pid_tgid);
	expect(seen.tgid, getpid());
	expect(seen.parent_pid, 0);
	ck_assert_uint_eq(seen.uid_gid, 100ULL << 32 | 1000);
	ck_assert_uint_eq(seen.uid, 1000);
	ck_assert_uint_eq(seen.is_kernel_thread, 0);
	ck_assert_str_eq(seen.comm, "worker");
	ck_assert_str_eq(seen.parent_comm, "swapper/0");
	expect(pca_close(w.task, (int)attr.test.prog_fd), 0);
	world_close(&w);
}
END_TEST

/* ---- loops, printing, named arguments ---- */

static int run_see_loops(void *ctx)
{
	return see_loops(ctx);
}

START_TEST(loops_count_their_calls)
{
	struct world w = world_open("0", PCA_DIRECT);
	struct loops_seen seen = { 0 };

	expect(run_prog(&w, run_see_loops, 0, &seen), 0);
	expect(seen.called, 5);
	expect(seen.stopped, 7);
	ck_assert_uint_eq(seen.sum, 0 + 1 + 2 + 3 + 4 + 5 + 6);
	expect(seen.too_many, -E2BIG);
	expect(seen.with_flags, -EINVAL);
	ck_assert_uint_eq(seen.bpf_for_sum, 2 + 3 + 4);
	ck_assert_uint_eq(seen.repeats, 3);
	world_close(&w);
}
END_TEST

START_TEST(printk_prints_up_to_twelve_arguments)
{
	struct world w = world_open("0", PCA_DIRECT);

	messages_catch();
	expect(run_prog(&w, print_many, 0, NULL), -EINVAL); /* fewer than the format wants */
	ck_assert_str_eq(messages_text(), "1 2 3 -4\n1234-ab is 12 of 8 at 10.0.0.1 ff\n"
					  "1 2 3 4 5 6 7 8 9 10 11 12\n");
	world_close(&w);
}
END_TEST

static int run_see_words(void *ctx)
{
	return see_words(ctx);
}

START_TEST(named_arguments_come_from_words)
{
	struct world w = world_open("0", PCA_DIRECT);
	uint64_t words[] = { 1, 0, (uint64_t)-20, 300 };

	/* A task of which nothing can be read has pid 0. */
	expect(run_prog(&w, run_see_words, 0, words), 1 + 0 - 20 + 300 + 1);
	world_close(&w);
}
END_TEST

#ifdef __x86_64__
static int run_see_registers(void *ctx)
{
	return see_registers(ctx);
}

START_TEST(named_arguments_come_from_registers)
{
	struct world w = world_open("0", PCA_DIRECT);
	uint64_t regs[21] = { [14] = 40 /* di */, [13] = (uintptr_t) "\2" /* si */ };

	expect(run_prog(&w, run_see_registers, 0, regs), 42);
	world_close(&w);
}
END_TEST
#endif

/* ---- numbers and strings ---- */

static void read_numbers(void)
{
	static const struct {
		const char *text;
		size_t len;
		uint64_t flags;
		long result, value; /* of strtol */
		long u_result;	    /* of strtoul */
	} rows[] = {
		{ "42", 2, 0, 2, 42, 2 },
		{ "42", 1, 0, 1, 4, 1 },
		{ " \t-42x", 6, 0, 5, -42, -EINVAL },
		{ "0x1F,", 5, 0, 4, 31, 4 },
		{ "0x1F", 4, 16, 4, 31, 4 },
		{ "1f", 2, 16, 2, 31, 2 },
		{ "0x1F", 4, 10, 1, 0, 1 },
		{ "017", 3, 0, 3, 15, 3 },
		{ "18", 2, 8, 1, 1, 1 },
		{ "8", 1, 8, -EINVAL, 0, -EINVAL },
		{ "", 0, 0, -EINVAL, 0, -EINVAL },
		{ "  ", 2, 0, -EINVAL, 0, -EINVAL },
		{ "-", 1, 0, -EINVAL, 0, -EINVAL },
		{ "42", 2, 2, -EINVAL, 0, -EINVAL },
		{ "42", 2, 32, -EINVAL, 0, -EINVAL },
		{ "9223372036854775807", 19, 0, 19, LONG_MAX, 19 },
		{ "9223372036854775808", 19, 0, -ERANGE, 0, 19 },
		{ "-9223372036854775808", 20, 0, 20, LONG_MIN, -EINVAL },
		{ "-9223372036854775809", 20, 0, -ERANGE, 0, -EINVAL },
		{ "18446744073709551616", 20, 0, -ERANGE, 0, -ERANGE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned long u_value = 77;
		long value = 77;

		row("\"%s\", %zu bytes, flags %lu", rows[i].text, rows[i].len, rows[i].flags);
		expect(pca_strtol(rows[i].text, rows[i].len, rows[i].flags, &value),
		       rows[i].result);
		expect(value, rows[i].value);
		expect(pca_strtoul(rows[i].text, rows[i].len, rows[i].flags, &u_value),
		       rows[i].u_result);
		if (rows[i].u_result < 0)
			ck_assert_uint_eq(u_value, 0);
		else if (rows[i].result > 0)
			ck_assert_uint_eq(u_value, (unsigned long)value);
	}
	expect(pca_strncmp("abc", 3, "abc"), 0);
	expect(pca_strncmp("abx", 2, "abc"), 0);
	expect(pca_strncmp("aba", 3, "abc"), -1);
	expect(pca_strncmp("\377", 1, "abc"), 1);
}

START_TEST(numbers_are_read_as_linux_reads_them)
{
	in_a_run(read_numbers);
}
END_TEST

static void print_into_buffers(void)
{
	uint64_t args[] = { (uint64_t)-1, (uintptr_t) "text", 255, 0 };
	unsigned char v6[16] = { 0xfe, 0x80, [15] = 1 };
	char text[64];

	expect(pca_snprintf(text, sizeof(text), "%d %s %x %%", args, 24), 13);
	ck_assert_str_eq(text, "-1 text ff %");
	expect(pca_snprintf(text, 4, "%d %s", args, 16), 8);
	ck_assert_str_eq(text, "-1 ");
	expect(pca_snprintf(NULL, 0, "%d", args, 8), 3);
	expect(pca_snprintf(text, sizeof(text), "", NULL, 0), 1);
	ck_assert_str_eq(text, "");
	expect(pca_snprintf(text, sizeof(text), "%d", args, 7), -EINVAL);
	expect(pca_snprintf(text, sizeof(text), "%d", args, 104), -EINVAL);
	expect(pca_snprintf(text, sizeof(text), "%d", NULL, 8), -EINVAL);
	expect(pca_snprintf(text, sizeof(text), "%d %d", args, 8), -EINVAL);
	expect(pca_snprintf(text, sizeof(text), "%pS", args, 8), -EINVAL);
	expect(pca_snprintf(text, sizeof(text), "%.2d", args, 8), -EINVAL);

	args[0] = (uintptr_t)v6;
	expect(pca_snprintf(text, sizeof(text), "%pI6", args, 8), 40);
	ck_assert_str_eq(text, "fe80:0000:0000:0000:0000:0000:0000:0001");
	expect(pca_snprintf(text, sizeof(text), "%pi6", args, 8), 33);
	expect(pca_snprintf(text, sizeof(text), "%pi4", args, 8), 16);
	ck_assert_str_eq(text, "254.128.000.000");
	args[0] = 8; /* where nothing is */
	expect(pca_snprintf(text, sizeof(text), "[%s]", args, 8), 3);
	expect(pca_snprintf(text, sizeof(text), "[%pks]", args + 1, 8), 7);
	ck_assert_str_eq(text, "[text]");
}

START_TEST(snprintf_prints_what_linux_offers)
{
	in_a_run(print_into_buffers);
}
END_TEST

/* Measured on 6.18. */
static void print_conversions(void)
{
	static const struct {
		const char *fmt;
		uint64_t arg;
		long result;
		const char *text;
	} rows[] = {
		{ "%-5d|", 42, 7, "42   |" },
		{ "%00000000000000000000000000000000000005d", 42, 6, "00042" },
		{ "%99999999999d", 1, 8388608, NULL },
		{ "%20px|", 42, 22, "                  2a|" },
		{ "%-20p|", 0, 22, "0                   |" },
		{ "%020px|", 42, 22, "0000000000000000002a|" },
		{ "%5px|", 0xffffffff, 10, "ffffffff|" },
		{ "%px", 42, 17, "000000000000002a" },
		{ "%pxa|", 42, 18, "000000000000002a|" },
		{ "%pa", 42, -EINVAL, NULL },
		{ "%p\x80", 42, -EINVAL, NULL },
		{ "%20pI4|", 0, 9, "0.0.0.0|" },
		{ "%pI4x", 0, 8, "0.0.0.0" },
		{ "%10pks|", 0, 2, "|" },
		{ "%3s|", 0, 5, "   |" },
		{ "%sx", 0, -EINVAL, NULL },
		{ "%pksx", 0, -EINVAL, NULL },
		{ "%s\xc3\xa9", 0, -EINVAL, NULL },
		{ "%dx\xc3\xa9", 1, 5, "1x\xc3\xa9" },
	};
	char text[64];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		row("%s", rows[i].fmt);
		expect(pca_snprintf(text, sizeof(text), rows[i].fmt, &rows[i].arg, 8),
		       rows[i].result);
		if (rows[i].text)
			ck_assert_str_eq(text, rows[i].text);
	}
}

/* Linux has 512 bytes for all arguments. */
static void print_long_strings(void)
{
	static char xs[600];
	const uint64_t two[] = { (uintptr_t)xs, (uintptr_t) "yyyyyyyyyy" };
	const uint64_t one[] = { (uintptr_t)xs, 5 };
	char text[1024];

	memset(xs, 'x', sizeof(xs) - 1);
	expect(pca_snprintf(text, sizeof(text), "%s", one, 8), 512);
	expect(pca_snprintf(text, sizeof(text), "%s|%d", one, 16), -ENOSPC);
	xs[507] = '\0';
	expect(pca_snprintf(text, sizeof(text), "%s|%d", one, 16), 510);
	expect(pca_snprintf(text, sizeof(text), "%s|%ld", one, 16), -ENOSPC);
	expect(pca_snprintf(text, sizeof(text), "%s|%s", two, 16), 512);
	ck_assert_str_eq(text + 507, "|yyy");
}

START_TEST(conversions_are_linuxs)
{
	in_a_run(print_conversions);
	in_a_run(print_long_strings);
}
END_TEST

/* ---- reading what may be bad ---- */

/* The last bytes of a page, behind which there is none. */
static char *end_of_memory(size_t bytes)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(pages, MAP_FAILED);
	expect(munmap(pages + 4096, 4096), 0);
	return pages + 4096 - bytes;
}

static void read_strings(void)
{
	char *end = end_of_memory(6), got[8];

	memcpy(end, "abc\0de", 6);
	memset(got, 'x', sizeof(got));
	expect(pca_probe_read_kernel_str(got, 8, end), 4);
	expect(memcmp(got, "abc\0xxxx", 8), 0); /* nothing behind the NUL */
	expect(pca_probe_read_user_str(got, 3, end), 3);
	ck_assert_str_eq(got, "ab");
	expect(pca_probe_read_str(got, 0, end), 0);
	expect(pca_probe_read_str(got, 8, end + 4), -EFAULT); /* no NUL before the end */
	expect_all(got, 0, sizeof(got));
	memset(got, 'x', sizeof(got));
	expect(pca_probe_read_user_str(got, 8, NULL), -EFAULT);
	expect_all(got, 0, sizeof(got));
	expect(pca_probe_read_kernel_str(got, 8, NULL), -ERANGE);

	expect(pca_probe_read_user(got, 6, end), 0);
	expect(memcmp(got, "abc\0de", 6), 0);
	expect(pca_probe_read(got, 7, end), -EFAULT);
	expect_all(got, 0, 7);
	expect(pca_copy_from_user(got, 8, NULL), -EFAULT);
	expect(munmap(end + 6 - 4096, 4096), 0);
}

START_TEST(strings_end_where_memory_does)
{
	in_a_run(read_strings);
}
END_TEST

/* ---- packets ---- */

/* Memory below 4 GiB, since addresses in contexts have 32 bits. */
static unsigned char *low_page(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	ck_assert_ptr_ne(page, MAP_FAILED);
	return page;
}

static uint16_t sum_of(const unsigned char *data, size_t bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < bytes; i += 2)
		sum += (uint32_t)(data[i] << 8 | data[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Measured on 6.18: any sizes, and always folded. */
static void see_differences(void)
{
	const uint32_t ones[2] = { 0x01010101, 0x01010101 };

	expect(pca_csum_diff(NULL, 0, NULL, 0, 77), 77);
	expect(pca_csum_diff(NULL, 0, NULL, 0, 0x10002), 3);
	expect(pca_csum_diff(NULL, 0, ones, 3, 0), 0x0102);
	expect(pca_csum_diff(ones, 1, ones, 4, 1), 0x0202);
}

static void change_packets(void)
{
	unsigned char *data = low_page(), got[4];
	struct __sk_buff skb = {
		.data = (uint32_t)(uintptr_t)data,
		.data_end = (uint32_t)(uintptr_t)data + 20,
		.hash = 7,
	};
	struct xdp_md xdp = { .data = skb.data, .data_end = skb.data_end };
	uint32_t old, new = htonl(0x0a000002);
	uint16_t sum;

	for (unsigned char i = 0; i < 20; i++)
		data[i] = i;
	expect(pca_skb_load_bytes(&skb, 16, got, 4), 0);
	expect(got[3], 19);
	expect(pca_skb_load_bytes(&skb, 17, got, 4), -EFAULT);
	expect_all(got, 0, 4);
	expect(pca_skb_load_bytes(&skb, UINT32_MAX, got, 4), -EFAULT);
	expect(pca_skb_store_bytes(&skb, 0, "\xff", 1, BPF_F_INVALIDATE_HASH), 0);
	expect(data[0], 0xff);
	ck_assert_uint_eq(skb.hash, 0);
	expect(pca_skb_store_bytes(&skb, 20, "\xff", 1, 0), -EFAULT);
	expect(pca_skb_store_bytes(&skb, 0, "\xff", 1, 4), -EINVAL);
	expect(pca_skb_pull_data(&skb, 20), 0);
	expect(pca_skb_pull_data(&skb, 21), -ENOMEM);

	expect(pca_xdp_load_bytes(&xdp, 18, got, 2), 0);
	expect(got[1], 19);
	expect(pca_xdp_load_bytes(&xdp, 18, got, 3), -EINVAL);
	expect(pca_xdp_load_bytes(&xdp, 65536, got, 1), -EFAULT);
	expect(pca_xdp_store_bytes(&xdp, 19, "\1", 1), 0);
	expect(data[19], 1);
	ck_assert_uint_eq(pca_xdp_get_buff_len(&xdp), 20);

	/* An IPv4 header's sum at 10, while the address at 12 changes: three ways. */
	data[10] = data[11] = 0;
	sum = htons(sum_of(data, 20));
	memcpy(data + 10, &sum, 2);
	for (int way = 0; way < 3; way++) {
		memcpy(&old, data + 12, 4);
		new += htonl(1);
		expect(pca_skb_store_bytes(&skb, 12, &new, 4, 0), 0);
		if (way == 0)
			expect(pca_l3_csum_replace(&skb, 10, old, new, 4), 0);
		else if (way == 1)
			expect(pca_l4_csum_replace(&skb, 10, old, new, BPF_F_PSEUDO_HDR | 4), 0);
		else
			expect(pca_l3_csum_replace(&skb, 10, 0,
						   (uint64_t)pca_csum_diff(&old, 4, &new, 4, 0), 0),
			       0);
		row("way %d", way);
		expect(sum_of(data, 20), 0);
	}
	expect(pca_l3_csum_replace(&skb, 11, 0, 0, 2), -EFAULT);
	expect(pca_l3_csum_replace(&skb, 20, 0, 0, 2), -EFAULT);
	expect(pca_l3_csum_replace(&skb, 10, 0, 0, 3), -EINVAL);
	expect(pca_l3_csum_replace(&skb, 10, 0, 0, BPF_F_PSEUDO_HDR | 2), -EINVAL);
	expect(pca_l3_csum_replace(&skb, 10, 1, 0, 0), -EINVAL);
	see_differences();

	/* A sum of all ones is a zero, too: it stays one way alone. */
	memset(data + 10, 0xff, 2);
	expect(pca_l3_csum_replace(&skb, 10, 0xffff, 0, 2), 0);
	expect_all(data + 10, 0xff, 2);
	expect(pca_l3_csum_replace(&skb, 10, 0xffffffff, 0, 4), 0);
	expect_all(data + 10, 0, 2);
	memset(data + 10, 0xff, 2);
	expect(pca_l3_csum_replace(&skb, 10, 0, 0, 0), 0);
	expect_all(data + 10, 0, 2);
	memset(data + 10, 0xff, 2);
	expect(pca_l4_csum_replace(&skb, 10, 0xffff, 0, 2), 0);
	expect_all(data + 10, 0, 2);

	/* No sum in UDP stays none, unless it is asked for. */
	memset(data + 10, 0, 2);
	expect(pca_l4_csum_replace(&skb, 10, 1, 2, BPF_F_MARK_MANGLED_0 | 2), 0);
	expect_all(data + 10, 0, 2);
	expect(munmap(data, 4096), 0);
}

START_TEST(packets_are_read_changed_and_summed)
{
	in_a_run(change_packets);
}
END_TEST

/* ---- in any run and in none ---- */

START_TEST(clocks_tell_outside_a_run_too)
{
	uint64_t boot = pca_ktime_get_boot_ns(), coarse = pca_ktime_get_coarse_ns();

	ck_assert_uint_ge(pca_ktime_get_boot_ns(), boot);
	ck_assert_uint_ge(pca_ktime_get_coarse_ns(), coarse);
	ck_assert_uint_gt(pca_ktime_get_tai_ns(), boot);
	ck_assert_uint_ge(pca_jiffies64(), (1ULL << 32) - 75000);
}
END_TEST

START_TEST(others_are_refused_outside_a_run)
{
	char text[4];
	long value;

	messages_catch();
	ck_assert_ptr_null(pca_get_current_task());
	expect_message("bpf_get_current_task called outside a run");
	expect(pca_strtol("1", 1, 0, &value), -EINVAL);
	expect_message("bpf_strtol called outside a run");
	expect(pca_snprintf(text, sizeof(text), "a", NULL, 0), -EINVAL);
	expect(pca_probe_read(text, 1, text), -EINVAL);
	ck_assert_uint_eq(pca_get_current_uid_gid(), 0);
}
END_TEST

/* The names and results of helpers that were told. */
static char told[400];

static void note(void *arg, const struct pca_event *event)
{
	size_t len = strlen(told);

	(void)arg;
	if (event->kind == PCA_EVENT_HELPER)
		snprintf(told + len, sizeof(told) - len, "%s=%ld\n", event->name,
			 (long)event->result);
}

static void call_some(void)
{
	long value;

	pca_strtol("12", 2, 0, &value);
	pca_get_current_cgroup_id();
	pca_strncmp("a", 1, "a");
}

START_TEST(listeners_are_told_of_them)
{
	struct world w = world_open("0", PCA_DIRECT);

	*told = '\0';
	expect(pca_machine_listen(w.machine, note, NULL), 0);
	run_prog(&w, run_job, 0, &(struct job){ call_some });
	ck_assert_str_eq(told, "bpf_strtol=2\nbpf_get_current_cgroup_id=1\nbpf_strncmp=0\n");
	world_close(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("helper_shape");
	TCase *programs = add_case(suite, "programs"), *calls = add_case(suite, "calls");

	tcase_add_test(programs, idle_tasks_are_kernel_threads_of_the_first);
	tcase_add_test(programs, the_caller_of_a_test_run_is_the_current_task);
	tcase_add_test(programs, loops_count_their_calls);
	tcase_add_test(programs, printk_prints_up_to_twelve_arguments);
	tcase_add_test(programs, named_arguments_come_from_words);
#ifdef __x86_64__
	tcase_add_test(programs, named_arguments_come_from_registers);
#endif
	tcase_add_test(calls, numbers_are_read_as_linux_reads_them);
	tcase_add_test(calls, snprintf_prints_what_linux_offers);
	tcase_add_test(calls, conversions_are_linuxs);
	tcase_add_test(calls, strings_end_where_memory_does);
	tcase_add_test(calls, packets_are_read_changed_and_summed);
	tcase_add_test(calls, clocks_tell_outside_a_run_too);
	tcase_add_test(calls, others_are_refused_outside_a_run);
	tcase_add_test(calls, listeners_are_told_of_them);
	return suite;
}

TEST_MAIN(make_suite)
