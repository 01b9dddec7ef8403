// SPDX-License-Identifier: MIT
/*
 * pca_bpf_common(): a command with the attr that all commands have since 7.2, and
 * the log in which MAP_CREATE says why it refuses.
 */
#include "support.h"

struct common {
	uint64_t log_buf;
	uint32_t log_size, log_level, log_true_size, padding;
};

#define UNTOUCHED 0xee

static char text[4096];

/* MAP_CREATE with a log of so many bytes. */
static long create(struct pca_task *task, const union any_attr *attr, uint32_t size,
		   struct common *common, uint32_t log_size)
{
	memset(text, UNTOUCHED, sizeof(text));
	*common = (struct common){ (uintptr_t)text, log_size, 1, 0, 0 };

	long fd = pca_bpf_common(task, BPF_MAP_CREATE, (void *)(uintptr_t)attr, size, common,
				 sizeof(*common));

	return fd < 0 ? fd : pca_close(task, (int)fd);
}

/* What is changed in the attr of a good map: one word, or the name. */
struct log_row {
	const char *what;
	uint32_t word, value, word2, value2;
	const char *name;
	int want;
	const char *log; /* NULL: says nothing */
};

static const struct log_row log_rows[] = {
	{ "nothing", 0, 6, 0, 6, "", 0, NULL },
	{ "beyond the last field", 23, 1, 0, 6, "", -EINVAL, "Invalid attr." },
	{ "type", 0, 9999, 0, 9999, "", -EINVAL, "Invalid map_type." },
	{ "name", 0, 6, 0, 6, "a/b", -EINVAL, "Invalid map_name." },
	{ "long name", 0, 6, 0, 6, "0123456789abcdef", -EINVAL, "Invalid map_name." },
	{ "BTF fd", 13, 1, 14, 1, "", -EINVAL, "Invalid btf_fd." },
	{ "BTF key only", 13, 1, 0, 6, "", -EINVAL, "Invalid btf_value_type_id." },
	{ "struct_ops value", 15, 1, 0, 6, "", -EINVAL,
	  "btf_vmlinux_value_type_id can only be used with struct_ops maps." },
	{ "map_extra", 16, 1, 0, 6, "", -EINVAL, "Invalid map_extra." },
	{ "NUMA node", 4, BPF_F_NUMA_NODE, 6, 99, "", -EINVAL, "Invalid numa_node." },
	{ "64 KiB values", 2, 65536, 0, 6, "", -E2BIG, NULL },
	{ "UINT_MAX entries", 3, UINT32_MAX, 0, 6, "", -ENOMEM, NULL },
	{ "no entries", 3, 0, 0, 6, "", -EINVAL, NULL },
	{ "both accesses", 4, BPF_F_RDONLY | BPF_F_WRONLY, 0, 6, "", -EINVAL, NULL },
	{ "no token", 4, BPF_F_TOKEN_FD, 19, UINT32_MAX, "", -EBADF, NULL },
};

static union any_attr attr_of_row(const struct log_row *log_row, int file)
{
	union any_attr attr = create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 4);

	attr.words[log_row->word] = log_row->value;
	attr.words[log_row->word2] = log_row->value2;
	attr.bpf.btf_fd = (uint32_t)file;
	memcpy(attr.bpf.map_name, log_row->name, strnlen(log_row->name, 16));
	return attr;
}

START_TEST(refusals_are_explained_since_7_2)
{
	const struct pca_machine_opts base = { .size = sizeof(base),
					       .possible = "0-1",
					       .memory_limit_bytes = 1 << 30 };
	int file = open("/dev/null", O_RDONLY);
	char want[128];

	for (size_t i = 0; i < NR_MEASURED * 2 * ARRAY_LEN(log_rows); i++) {
		const struct log_row *log_row = &log_rows[i / 2 / NR_MEASURED];
		size_t r = i / 2 % NR_MEASURED;
		struct pca_machine_opts machine_opts = base;
		struct pca_task_opts task_opts = { .memory = (enum pca_task_memory)(i % 2) };
		union any_attr attr = attr_of_row(log_row, file);
		struct common common;

		machine_opts.release = measured_releases[r];
		struct world w = world_open_with(&machine_opts, &task_opts);

		row("release %s: %s", measured_releases[r], log_row->what);
		expect(create(w.task, &attr, 96, &common, sizeof(text)),
		       r >= R7_2 ? log_row->want : -EINVAL);
		if (r >= R7_2 && log_row->log) {
			size_t len = (size_t)snprintf(want, sizeof(want), "%s\n", log_row->log) + 1;

			expect_bytes(text, want, len);
			expect_all(text + len, UNTOUCHED, sizeof(text) - len);
			ck_assert_uint_eq(common.log_true_size, len);
		} else {
			expect_all(text, UNTOUCHED, sizeof(text));
			ck_assert_uint_eq(common.log_true_size, 0);
		}
		world_close(&w);
	}
	close(file);
}
END_TEST

/* A closed fd where BTF should be: EBADF, with the same words. */
START_TEST(a_closed_btf_fd_is_explained)
{
	struct world w = world_of_release(R7_3, "0", PCA_DIRECT);
	union any_attr attr = attr_of_row(&log_rows[5], -1);
	struct common common;

	expect(create(w.task, &attr, 96, &common, sizeof(text)), -EBADF);
	ck_assert_str_eq(text, "Invalid btf_fd.\n");
	ck_assert_uint_eq(common.log_true_size, 17);
	world_close(&w);
}
END_TEST

/* Fact: too small a buffer: ENOSPC, and it holds the end of the text. */
START_TEST(a_small_log_holds_the_end)
{
	static const char whole[] = "Invalid map_type.\n";

	for (size_t i = 0; i < 2 * (sizeof(whole) + 3); i++) {
		struct world w = world_of_release(R7_2, "0", (enum pca_task_memory)(i % 2));
		union any_attr attr = create_attr(9999, 8, 4);
		uint32_t size = 1 + (uint32_t)i / 2, kept = size;
		struct common common;

		if (kept > sizeof(whole))
			kept = sizeof(whole);
		row("log of %u bytes", size);
		expect(create(w.task, &attr, 72, &common, size),
		       size < sizeof(whole) ? -ENOSPC : -EINVAL);
		expect_bytes(text, whole + sizeof(whole) - kept, kept);
		expect_all(text + kept, UNTOUCHED, sizeof(text) - kept);
		ck_assert_uint_eq(common.log_true_size, sizeof(whole));
		world_close(&w);
	}
}
END_TEST

/* Fact: of log_buf, log_size, log_level MAP_CREATE wants all or none; others want nothing. */
START_TEST(log_members_are_all_or_none)
{
	struct world w = world_of_release(R7_2, "0", PCA_DIRECT);
	union any_attr attr = create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 4);
	union any_attr bad = create_attr(9999, 8, 4);
	int fd = percpu_map(&w, 8, 4);
	uint32_t key = 0;
	uint64_t value;
	struct {
		uint64_t fd, key, value, flags;
	} lookup = { (uint32_t)fd, (uintptr_t)&key, (uintptr_t)&value, 0 };

	for (unsigned int set = 0; set < 8; set++) {
		struct common common = {
			.log_buf = set & 1 ? (uintptr_t)text : 0,
			.log_size = set & 2 ? sizeof(text) : 0,
			.log_level = set & 4 ? 1 : 0,
		};
		bool is_good = !set || set == 7;

		row("members 0x%x", set);
		long got = pca_bpf_common(w.task, BPF_MAP_CREATE, &attr, 72, &common, 24);

		if (is_good)
			expect(pca_close(w.task, expect_fd(got)), 0);
		else
			expect(got, -EINVAL);
		memset(text, UNTOUCHED, sizeof(text));
		expect(pca_bpf_common(w.task, BPF_MAP_CREATE, &bad, 72, &common, 24), -EINVAL);
		ck_assert_int_eq(text[0] == 'I', set == 7);
		expect(pca_bpf_common(w.task, BPF_MAP_LOOKUP_ELEM, &lookup, 32, &common, 24), 0);
		lookup.fd = UINT32_MAX;
		expect(pca_bpf_common(w.task, BPF_MAP_LOOKUP_ELEM, &lookup, 32, &common, 24),
		       -EBADF);
		lookup.fd = (uint32_t)fd;
		ck_assert_int_eq(text[0] == 'I', set == 7);
	}
	world_close(&w);
}
END_TEST

struct size_row {
	int memory;
	uint32_t size;
	int where;   /* 0 good, 1 NULL, 2 bad */
	int want[2]; /* 6.18, 7.2 */
};

/* Fact: size 0 or zeros: as without; longer: E2BIG; unreadable: EFAULT; <= 6.18: EINVAL. */
START_TEST(the_common_attr_is_checked_first)
{
	static const struct size_row rows[] = {
		{ PCA_DIRECT, 0, 1, { -EINVAL, 0 } },
		{ PCA_DIRECT, 16, 0, { -EINVAL, 0 } },
		{ PCA_DIRECT, 20, 0, { -EINVAL, 0 } },
		{ PCA_DIRECT, 24, 0, { -EINVAL, 0 } },
		{ PCA_DIRECT, 96, 0, { -EINVAL, -E2BIG } },
		{ PCA_DIRECT, UINT32_MAX, 1, { -EINVAL, -E2BIG } },
		{ PCA_DIRECT, 24, 1, { -EINVAL, -EFAULT } },
		{ PCA_CHECKED, 24, 1, { -EINVAL, -EFAULT } },
		{ PCA_CHECKED, 24, 2, { -EINVAL, -EFAULT } },
		{ PCA_CHECKED, 0, 2, { -EINVAL, 0 } },
	};
	static const size_t shown[] = { R6_18, R7_2 };
	static unsigned char zeros[96];
	void *places[] = { zeros, NULL, bad_pointer() };

	for (size_t i = 0; i < ARRAY_LEN(rows) * 2; i++) {
		const struct size_row *r = &rows[i / 2];
		struct world w =
			world_of_release(shown[i % 2], "0", (enum pca_task_memory)r->memory);
		int fd = percpu_map(&w, 8, 1), want = r->want[i % 2];
		uint32_t attr = (uint32_t)fd, bad_attr = UINT32_MAX;

		row("release %s, %u bytes at %d", measured_releases[shown[i % 2]], r->size,
		    r->where);
		expect(pca_bpf_common(w.task, BPF_MAP_FREEZE, &attr, 4, places[r->where], r->size),
		       want);
		expect(pca_bpf_common(w.task, BPF_MAP_FREEZE, &bad_attr, 4, places[r->where],
				      r->size),
		       want ? want : -EBADF);
		world_close(&w);
	}
}
END_TEST

/* The bit in cmd of the call with three arguments: as with a common attr of size 0. */
START_TEST(the_bit_alone_is_the_plain_command)
{
	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, "0", PCA_DIRECT);
		uint32_t attr = (uint32_t)percpu_map(&w, 8, 1), none = UINT32_MAX;
		bool is_known = r >= R7_2;
		unsigned char tail[200] = { [199] = 1 };

		row("release %s", measured_releases[r]);
		expect(pca_bpf(w.task, BPF_MAP_FREEZE | BPF_COMMON_ATTRS, &none, 4),
		       is_known ? -EBADF : -EINVAL);
		expect(pca_bpf(w.task, BPF_MAP_FREEZE | BPF_COMMON_ATTRS, &attr, 4),
		       is_known ? 0 : -EINVAL);
		expect(pca_bpf(w.task, 9999 | BPF_COMMON_ATTRS, &attr, 4), -EINVAL);
		expect(pca_bpf(w.task, -1, &attr, 4), -EINVAL);
		expect(pca_bpf(w.task, INT_MAX, &attr, 4), -EINVAL);
		/* The attr comes first even then. */
		expect(pca_bpf(w.task, BPF_MAP_FREEZE | BPF_COMMON_ATTRS, tail, 200), -E2BIG);
		expect(pca_bpf(w.task, BPF_MAP_FREEZE | BPF_COMMON_ATTRS, NULL, 4), -EFAULT);
		world_close(&w);
	}
}
END_TEST

/* A log that cannot be written is EFAULT, if there is something to write. */
START_TEST(a_log_that_faults_returns_efault)
{
	struct world w = world_of_release(R7_2, "0", PCA_CHECKED);
	union any_attr good = create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 4);
	union any_attr bad = create_attr(9999, 8, 4);
	struct common common = { (uintptr_t)bad_pointer(), 64, 1, 0, 0 };

	expect(pca_bpf_common(w.task, BPF_MAP_CREATE, &bad, 72, &common, 24), -EFAULT);
	expect_fd(pca_bpf_common(w.task, BPF_MAP_CREATE, &good, 72, &common, 24));
	world_close(&w);

	w = world_of_release(R7_2, "0", PCA_DIRECT);
	common.log_buf = 8;
	expect(pca_bpf_common(w.task, BPF_MAP_CREATE, &bad, 72, &common, 24), -EFAULT);
	world_close(&w);
}
END_TEST

/* Nothing is written past the size that the caller named. */
START_TEST(a_short_common_attr_gets_no_length)
{
	static const uint32_t sizes[] = { 16, 19, 20, 24 };

	for (size_t i = 0; i < ARRAY_LEN(sizes) * 2; i++) {
		struct world w = world_of_release(R7_2, "0", (enum pca_task_memory)(i % 2));
		union any_attr attr = create_attr(9999, 8, 4);
		uint32_t size = sizes[i / 2];
		struct common common = { (uintptr_t)text, sizeof(text), 1, 0, 0 };

		row("common attr of %u bytes", size);
		memset(text, UNTOUCHED, sizeof(text));
		expect(pca_bpf_common(w.task, BPF_MAP_CREATE, &attr, 72, &common, size), -EINVAL);
		ck_assert_str_eq(text, "Invalid map_type.\n");
		ck_assert_uint_eq(common.log_true_size, size >= 20 ? 19 : 0);
		world_close(&w);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("create log");
	TCase *tc = add_case(suite, "log");

	tcase_add_test(tc, refusals_are_explained_since_7_2);
	tcase_add_test(tc, a_closed_btf_fd_is_explained);
	tcase_add_test(tc, a_small_log_holds_the_end);
	tcase_add_test(tc, log_members_are_all_or_none);
	tcase_add_test(tc, a_log_that_faults_returns_efault);
	tcase_add_test(tc, a_short_common_attr_gets_no_length);
	tc = add_case(suite, "common attr");
	tcase_add_test(tc, the_common_attr_is_checked_first);
	tcase_add_test(tc, the_bit_alone_is_the_plain_command);
	return suite;
}

TEST_MAIN(make_suite)
