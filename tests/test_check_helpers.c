// SPDX-License-Identifier: MIT
/*
 * Expectations (expect.h) and the assertions of them for Check (check.h): that they
 * hold when they should, and the exact text of each that does not.
 */
#include "support.h"

#include <pcasim/check.h>

#define SPARSE "0,2-3,7" /* ordinals are not ids */

/* A map with a reference to it. */
struct place {
	struct world w;
	int fd;
	struct pca_map_ref *map;
};

static struct place open_named(uint32_t type, uint32_t value_size, uint32_t nr, const char *name)
{
	struct place p = { .w = world_open(SPARSE, PCA_DIRECT) };
	union any_attr attr = create_attr(type, value_size, nr);

	strncpy(attr.bpf.map_name, name, sizeof(attr.bpf.map_name) - 1);
	p.fd = expect_fd(pca_bpf(p.w.task, BPF_MAP_CREATE, &attr, CREATE_ATTR_END));
	expect(pca_map_get(p.w.task, p.fd, &p.map), 0);
	return p;
}

static struct place open_place(uint32_t value_size)
{
	return open_named(BPF_MAP_TYPE_PERCPU_ARRAY, value_size, 4, "counts");
}

static void close_place(struct place *p)
{
	pca_map_put(p->map);
	expect(pca_close(p->w.task, p->fd), 0);
	world_close(&p->w);
}

static struct pca_map_snapshot *snapshot(struct place *p)
{
	struct pca_map_snapshot *s = NULL;

	expect(pca_map_snapshot(p->map, &s), 0);
	return s;
}

static void set(struct place *p, uint32_t cpu, uint32_t key, uint64_t value)
{
	memcpy(pca_map_peek(p->map, cpu, key), &value, pca_map_value_size(p->map));
}

static void expect_why_at(int line, const char *why, const char *want)
{
	ck_assert_msg(why && want ? !strcmp(why, want) : why == want,
		      "line %d: the text is\n%s\nexpected\n%s", line, why ? why : "(none)",
		      want ? want : "(none)");
}
#define expect_why(why, want) expect_why_at(__LINE__, why, want)

/* ---- expectations ---- */

START_TEST(an_unchanged_map_is_as_expected)
{
	static const uint32_t sizes[] = { 1, 2, 3, 4, 7, 8, 9, 12, 4096 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct place p = open_place(sizes[i]);
		struct pca_map_snapshot *before;
		unsigned char *elem = pca_map_peek(p.map, 7, 3);

		row("value_size %u", sizes[i]);
		fill(elem, sizes[i], 1);
		before = snapshot(&p);
		expect_why(pca_expect_unchanged(before, p.map), NULL);
		elem[sizes[i] - 1]++;
		ck_assert_ptr_nonnull(pca_expect_unchanged(before, p.map));
		elem[sizes[i] - 1]--;
		if (sizes[i] % 8) /* padding does not count */
			elem[sizes[i]]++;
		expect_why(pca_expect_unchanged(before, p.map), NULL);
		pca_map_snapshot_free(before);
		close_place(&p);
	}
}
END_TEST

START_TEST(a_changed_map_is_told_with_its_changes)
{
	struct place p = open_place(8), shared = open_named(BPF_MAP_TYPE_ARRAY, 12, 30, "");
	struct pca_map_snapshot *before = snapshot(&p), *shared_before = snapshot(&shared);

	set(&p, 3, 1, 5);
	expect_why(pca_expect_unchanged(before, p.map),
		   "map \"counts\" changed, 1 element differs:\n"
		   "cpu 3, key 1: 0 → 5");
	set(&p, 7, 0, 6);
	expect_why(pca_expect_unchanged(before, p.map),
		   "map \"counts\" changed, 2 elements differ:\n"
		   "cpu 3, key 1: 0 → 5\n"
		   "cpu 7, key 0: 0 → 6");
	((unsigned char *)pca_map_peek(shared.map, 0, 29))[8] = 1;
	expect_why(pca_expect_unchanged(shared_before, shared.map),
		   "map changed, 1 element differs:\n"
		   "key 29, bytes 8-11: 0 → 1");
	messages_catch();
	expect_why(pca_expect_unchanged(shared_before, p.map),
		   "the snapshot is of a map of another shape, this is the second: each CPU has a "
		   "copy in the second only");
	expect(messages_count(), 0);
	pca_map_snapshot_free(shared_before);
	pca_map_snapshot_free(before);
	close_place(&shared);
	close_place(&p);
}
END_TEST

/* Fact: the longest text is not cut, and ends in the number of what is left out. */
START_TEST(long_texts_are_whole)
{
	struct place p = open_named(BPF_MAP_TYPE_ARRAY, 8, 100, "counts");
	struct pca_expected_change changes[100];
	struct pca_map_snapshot *before;

	for (uint32_t key = 0; key < 100; key++) {
		set(&p, 0, key, UINT64_MAX - key);
		changes[key] = (struct pca_expected_change){ PCA_NO_CPU, key, ~0ULL - 1, ~0ULL };
	}
	before = snapshot(&p);
	for (uint32_t key = 0; key < 100; key++)
		set(&p, 0, key, UINT64_MAX - 100 - key);

	const char *why = pca_expect_changes(before, p.map, changes, 100);

	ck_assert_ptr_nonnull(why);
	ck_assert_ptr_nonnull(strstr(why,
				     "key 19: 18446744073709551596 (0xffffffffffffffec) → "
				     "18446744073709551496 (0xffffffffffffff88), expected "
				     "18446744073709551614 (0xfffffffffffffffe) → "
				     "18446744073709551615 (0xffffffffffffffff)\n... and 80 more"));
	why = pca_expect_unchanged(before, p.map);
	ck_assert_ptr_nonnull(why);
	ck_assert_str_eq(why + strlen(why) - strlen("\n... and 80 more"), "\n... and 80 more");
	pca_map_snapshot_free(before);
	close_place(&p);
}
END_TEST

START_TEST(expected_changes_are_all_and_no_others)
{
	static const uint32_t sizes[] = { 1, 2, 4, 8 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct place p = open_place(sizes[i]);
		const struct pca_expected_change good[] = { { 3, 1, 4, 5 }, { 0, 1, 4, 6 } };
		const struct pca_expected_change bad[] = {
			{ 0, 1, 4, 5 }, { 2, 1, 0, 1 }, { 7, 0, 9, 9 },		 { 7, 1, 0, 0 },
			{ 1, 0, 0, 1 }, { 0, 4, 0, 1 }, { PCA_NO_CPU, 0, 0, 1 },
		};
		struct pca_map_snapshot *before;

		row("value_size %u", sizes[i]);
		set(&p, 0, 1, 4);
		set(&p, 3, 1, 4);
		before = snapshot(&p);
		expect_why(pca_expect_changes(before, p.map, NULL, 0), NULL);
		set(&p, 0, 1, 6);
		set(&p, 3, 1, 5);
		expect_why(pca_expect_changes(before, p.map, good, 2), NULL);
		expect_why(pca_expect_changes(before, p.map, good, 1),
			   "map \"counts\" changed otherwise than expected:\n"
			   "cpu 0, key 1: 4 → 6, expected no change");
		expect_why(pca_expect_changes(before, p.map, bad, ARRAY_LEN(bad)),
			   "map \"counts\" changed otherwise than expected:\n"
			   "cpu 0, key 1: 4 → 6, expected 4 → 5\n"
			   "cpu 2, key 1: no change from 0, expected 0 → 1\n"
			   "cpu 7, key 0: no change from 0, expected no change from 9\n"
			   "cpu 1, key 0: there is no such element\n"
			   "cpu 0, key 4: there is no such element\n"
			   "key 0: there is no such element\n"
			   "cpu 3, key 1: 4 → 5, expected no change");
		pca_map_snapshot_free(before);
		close_place(&p);
	}
}
END_TEST

START_TEST(changes_of_other_sizes_cannot_be_expected)
{
	struct place p = open_place(12);
	struct pca_map_snapshot *before = snapshot(&p);

	expect_why(pca_expect_changes(before, p.map, NULL, 0),
		   "value_size is 12: changes can be expected of values of 1, 2, 4 or 8 bytes; "
		   "use pca_map_diff()");
	pca_map_snapshot_free(before);
	close_place(&p);
}
END_TEST

START_TEST(values_are_told_with_what_was_expected)
{
	struct place p = open_place(8), wide = open_place(12);
	struct place shared = open_named(BPF_MAP_TYPE_ARRAY, 3, 2, "");
	const uint64_t four = 4, five = 5;
	unsigned char bytes[12] = { 0 };

	set(&p, 3, 1, 4);
	expect_why(pca_expect_value(p.map, 3, 1, &four, 8), NULL);
	expect_why(pca_expect_value(p.map, 3, 1, &five, 8), "cpu 3, key 1: got 4, expected 5");
	expect_why(pca_expect_value(p.map, 3, 1, &five, 4),
		   "value_size is 8, what is expected has 4 bytes");
	expect_why(pca_expect_value(p.map, 3, 4, &five, 8),
		   "cpu 3, key 4: there is no such element, max_entries is 4");
	expect_why(pca_expect_value(p.map, 1, 0, &five, 8),
		   "cpu 1, key 0: this CPU is not possible");
	expect_why(pca_expect_value(p.map, -2, 0, &five, 8),
		   "cpu -2, key 0: this CPU is not possible");
	expect_why(pca_expect_value(p.map, PCA_NO_CPU, 0, &five, 8),
		   "key 0: a CPU is missing, each has a copy of this map");
	expect_why(pca_expect_value(wide.map, 7, 0, bytes, 12), NULL);
	bytes[0] = 2;
	bytes[11] = 1;
	expect_why(pca_expect_value(wide.map, 7, 0, bytes, 12),
		   "cpu 7, key 0, bytes 0-7: got 0, expected 2\n"
		   "cpu 7, key 0, bytes 8-11: got 0, expected 16777216");
	expect_why(pca_expect_value(shared.map, PCA_NO_CPU, 1, bytes, 3),
		   "key 1: got 00 00 00, expected 02 00 00");
	expect_why(pca_expect_value(shared.map, 0, 1, bytes, 3),
		   "cpu 0, key 1: all CPUs share this map; give PCA_NO_CPU");
	close_place(&shared);
	close_place(&wide);
	close_place(&p);
}
END_TEST

/* 4 bytes behind drops that no member holds. */
struct padded {
	uint64_t packets;
	uint32_t drops;
};

_Static_assert(sizeof(struct padded) == 16, "there is padding");

START_TEST(bits_beyond_the_mask_are_not_compared)
{
	struct place p = open_place(sizeof(struct padded));
	struct padded *value = pca_map_peek(p.map, 7, 1);
	struct padded expected, mask = { .packets = UINT64_MAX, .drops = UINT32_MAX };
	struct pca_masked_value masked = { &expected, &mask, sizeof(expected) };

	memset(&expected, 0xa5, sizeof(expected));
	expected.packets = value->packets = 2;
	expected.drops = value->drops = 1;
	memset((char *)&mask + 12, 0, 4);
	expect_why(pca_expect_masked_value(p.map, 7, 1, masked), NULL);
	expect_why(pca_expect_value(p.map, 7, 1, &expected, sizeof(expected)),
		   "cpu 7, key 1, bytes 8-15: got 1, expected 11936128515503554561 "
		   "(0xa5a5a5a500000001)");
	memset((char *)value + 12, 0x5a, 4);
	expect_why(pca_expect_masked_value(p.map, 7, 1, masked), NULL);
	expected.drops = 3;
	expect_why(pca_expect_masked_value(p.map, 7, 1, masked),
		   "cpu 7, key 1, bytes 8-15: got 1, expected 3");
	mask.drops = 1; /* of 3 as of 1 */
	expect_why(pca_expect_masked_value(p.map, 7, 1, masked), NULL);
	masked.mask = NULL;
	masked.bytes = 12;
	expect_why(pca_expect_masked_value(p.map, 7, 1, masked),
		   "value_size is 16, what is expected has 12 bytes");
	close_place(&p);
}
END_TEST

/* Leaves rubbish where the next function has its variables. */
__attribute__((noinline)) static void soil_stack(void)
{
	volatile unsigned char rubbish[4096];

	for (size_t i = 0; i < sizeof(rubbish); i++)
		rubbish[i] = 0xa5;
}

/* The numbers are no constants, so that the structure is built on the stack. */
__attribute__((noinline)) static void expect_padded(struct place *p, uint64_t packets,
						    uint32_t drops)
{
	pca_ck_value_eq(p->map, 7, 1, struct padded, { packets, drops });
}

START_TEST(padding_is_not_compared)
{
	struct place p = open_place(sizeof(struct padded));
	struct padded *value = pca_map_peek(p.map, 7, 1);

	value->packets = 2;
	value->drops = 1;
	soil_stack();
	if (PCA_CK_KNOWS_PADDING)
		expect_padded(&p, 2, 1);
	memset((char *)value + 12, 0x5a, 4);
	if (PCA_CK_KNOWS_PADDING)
		expect_padded(&p, 2, 1);
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11
	expect(PCA_CK_KNOWS_PADDING, 1);
#endif
	close_place(&p);
}
END_TEST

START_TEST(sums_are_told_with_their_terms)
{
	struct place p = open_place(8), wide = open_place(12);
	struct place shared = open_named(BPF_MAP_TYPE_ARRAY, 4, 2, "");
	const struct pca_number u64 = { 0, 8, false }, s64 = { 0, 8, true };
	const struct pca_number second = { 8, 4, true }, u32 = { 0, 4, false };

	expect_why(pca_expect_sum(p.map, 1, u64, 0), NULL);
	expect_why(pca_expect_sum(p.map, 1, u64, 1), "key 1: the sum is 0, expected 1");
	set(&p, 0, 1, 4);
	set(&p, 7, 1, 8);
	expect_why(pca_expect_sum(p.map, 1, u64, 12), NULL);
	expect_why(pca_expect_sum(p.map, 1, u64, 13),
		   "key 1: the sum is 12, expected 13: 4 on cpu 0, 8 on cpu 7");
	set(&p, 2, 1, (uint64_t)-20);
	expect_why(pca_expect_sum(p.map, 1, s64, (uint64_t)-8), NULL);
	expect_why(pca_expect_sum(p.map, 1, s64, (uint64_t)-9),
		   "key 1: the sum is -8, expected -9: 4 on cpu 0, -20 on cpu 2, 8 on cpu 7");
	((int32_t *)pca_map_peek(wide.map, 3, 0))[2] = -7;
	expect_why(pca_expect_sum(wide.map, 0, second, (uint64_t)-7), NULL);
	expect_why(pca_expect_sum(wide.map, 0, second, 7),
		   "key 0: the sum is -7, expected 7: -7 on cpu 3");
	set(&shared, 0, 1, 3);
	expect_why(pca_expect_sum(shared.map, 1, u32, 3), NULL);
	expect_why(pca_expect_sum(shared.map, 1, u32, 4), "key 1: got 3, expected 4");

	expect_why(pca_expect_sum(p.map, 4, u64, 0),
		   "key 4: there is no such element, max_entries is 4");
	expect_why(pca_expect_sum(p.map, 0, (struct pca_number){ 1, 8, false }, 0),
		   "key 0: bytes 1-8 are not in the value, value_size is 8");
	expect_why(pca_expect_sum(p.map, 0, (struct pca_number){ 0, 3, false }, 0),
		   "key 0: a number has 1, 2, 4 or 8 bytes, not 3");
	close_place(&shared);
	close_place(&wide);
	close_place(&p);
}
END_TEST

/* Fact: each size wraps, or does not, as the type of C does. */
START_TEST(sums_take_numbers_of_each_size_and_sign)
{
	static const uint32_t sizes[] = { 1, 2, 4, 8 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct place p = open_place(sizes[i]);
		uint64_t largest = UINT64_MAX >> (64 - 8 * sizes[i]);

		row("value_size %u", sizes[i]);
		memset(pca_map_peek(p.map, 0, 2), 0xff, sizes[i]);
		memset(pca_map_peek(p.map, 7, 2), 0xff, sizes[i]);
		expect_why(pca_expect_sum(p.map, 2, (struct pca_number){ 0, sizes[i], false },
					  2 * largest),
			   NULL);
		expect_why(pca_expect_sum(p.map, 2, (struct pca_number){ 0, sizes[i], true },
					  (uint64_t)-2),
			   NULL);
		close_place(&p);
	}
}
END_TEST

START_TEST(sums_of_many_cpus_name_twenty)
{
	struct world w = world_open("0-63", PCA_DIRECT);
	int fd = percpu_map(&w, 8, 1);
	struct pca_map_ref *map;

	expect(pca_map_get(w.task, fd, &map), 0);
	for (uint32_t cpu = 0; cpu < 64; cpu++)
		memset(pca_map_peek(map, cpu, 0), 0xff, 8);

	const char *why = pca_expect_sum(map, 0, (struct pca_number){ 0, 8, false }, 0);

	ck_assert_ptr_nonnull(
		strstr(why, "18446744073709551615 (0xffffffffffffffff) on cpu 19 and 44 more"));
	ck_assert_ptr_null(strstr(why, "on cpu 20"));
	pca_map_put(map);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

START_TEST(results_are_told_by_name)
{
	expect_why(pca_expect_ok("BPF_MAP_CREATE", 0), NULL);
	expect_why(pca_expect_ok("BPF_MAP_CREATE", PCA_FIRST_FD), NULL);
	expect_why(pca_expect_ok("BPF_MAP_UPDATE_ELEM", -E2BIG),
		   "BPF_MAP_UPDATE_ELEM: got -E2BIG (Argument list too long), expected no error");
	expect_why(pca_expect_ok("c", -PCA_ENOTSUPP),
		   "c: got -ENOTSUPP (Operation is not supported), expected no error");
	expect_why(pca_expect_ok("c", -4000), "c: got -4000, expected no error");
	expect_why(pca_expect_err("c", -ENOENT, ENOENT), NULL);
	expect_why(pca_expect_err("c", -ENOENT, -ENOENT), NULL);
	expect_why(pca_expect_err("BPF_MAP_UPDATE_ELEM", 0, E2BIG),
		   "BPF_MAP_UPDATE_ELEM: got 0, expected -E2BIG (Argument list too long)");
	expect_why(
		pca_expect_err("c", -EINVAL, ENOENT),
		"c: got -EINVAL (Invalid argument), expected -ENOENT (No such file or directory)");
}
END_TEST

static void *expect_in_thread(void *unused)
{
	(void)unused;
	pca_expect_ok("other", -EPERM);
	return NULL;
}

START_TEST(texts_belong_to_their_thread)
{
	const char *mine = pca_expect_ok("mine", -EPERM);
	pthread_t thread;

	expect(pthread_create(&thread, NULL, expect_in_thread, NULL), 0);
	expect(pthread_join(thread, NULL), 0);
	ck_assert_str_eq(mine, "mine: got -EPERM (Operation not permitted), expected no error");
}
END_TEST

/* ---- assertions ---- */

struct traffic {
	uint64_t packets;
	int32_t balance;
	uint32_t bytes;
};

/* Each assertion holds; each argument is evaluated once. */
START_TEST(assertions_that_hold_let_the_test_go_on)
{
	struct place p = open_place(8), stats = open_place(sizeof(struct traffic));
	struct pca_map_snapshot *before = snapshot(&p);
	struct traffic *traffic = pca_map_peek(stats.map, 2, 0);
	int calls = 0;

	pca_ck_map_unchanged(before, p.map);
	set(&p, 3, 1, 5);
	set(&p, 7, 1, 6);
	pca_ck_map_changed(before, p.map, { 3, 1, 0, 5 }, { 7, 1, 0, 6 });
	pca_ck_value_eq(p.map, 3, 1, uint64_t, 5);
	pca_ck_sum_eq(p.map, 1, uint64_t, 11);
	pca_ck_sum_eq(p.map, calls++, int64_t, 0);
	expect(calls, 1);
	*traffic = (struct traffic){ 1, -1500, 1500 };
	pca_ck_value_eq(stats.map, 2, 0, struct traffic, { 1, .balance = -1500, .bytes = 1500 });
	pca_ck_member_sum_eq(stats.map, 0, struct traffic, packets, 1);
	pca_ck_member_sum_eq(stats.map, 0, struct traffic, balance, -1500);
	pca_ck_member_sum_eq(stats.map, 0, struct traffic, bytes, 1500);

	int fd = pca_ck_bpf_ok(pca_dup(p.w.task, p.fd + calls++ - 1, 0));

	expect(calls, 2);
	expect(pca_ck_bpf_ok(pca_close(p.w.task, fd)), 0);
	pca_ck_bpf_err(pca_close(p.w.task, fd), EBADF);
	pca_map_snapshot_free(before);
	close_place(&stats);
	close_place(&p);
}
END_TEST

/*
 * Tests that fail, each at its own assertion; run by the test below, which looks at
 * what Check says of them.
 */
static struct place of_failing;
static struct pca_map_snapshot *before_failing;

START_TEST(unchanged_fails)
{
	pca_ck_map_unchanged(before_failing, of_failing.map);
}
END_TEST

START_TEST(changed_fails)
{
	pca_ck_map_changed(before_failing, of_failing.map, { 3, 1, 0, 4 }, { 7, 1, 0, 6 });
}
END_TEST

START_TEST(value_fails)
{
	pca_ck_value_eq(of_failing.map, 3, 1, uint64_t, 4);
}
END_TEST

START_TEST(sum_fails)
{
	pca_ck_sum_eq(of_failing.map, 1, uint64_t, 12);
}
END_TEST

START_TEST(member_sum_fails)
{
	struct halves {
		uint32_t low, high;
	};

	pca_ck_member_sum_eq(of_failing.map, 1, struct halves, low, 12);
}
END_TEST

START_TEST(ok_fails)
{
	pca_ck_bpf_ok(pca_close(of_failing.w.task, 3));
}
END_TEST

START_TEST(err_fails)
{
	pca_ck_bpf_err(pca_close(of_failing.w.task, 3), ENOENT);
}
END_TEST

static const struct failing {
	const TTest **test;
	const char *text;
} failing[] = {
	{ &unchanged_fails, "map \"counts\" changed, 2 elements differ:\n"
			    "cpu 3, key 1: 0 → 5\n"
			    "cpu 7, key 1: 0 → 6" },
	{ &changed_fails, "map \"counts\" changed otherwise than expected:\n"
			  "cpu 3, key 1: 0 → 5, expected 0 → 4" },
	{ &value_fails, "cpu 3, key 1: got 5, expected 4" },
	{ &sum_fails, "key 1: the sum is 11, expected 12: 5 on cpu 3, 6 on cpu 7" },
	{ &member_sum_fails, "key 1: the sum is 11, expected 12: 5 on cpu 3, 6 on cpu 7" },
	{ &ok_fails, "pca_close(of_failing.w.task, 3): got -EBADF (Bad file descriptor), expected "
		     "no error" },
	{ &err_fails, "pca_close(of_failing.w.task, 3): got -EBADF (Bad file descriptor), expected "
		      "-ENOENT (No such file or directory)" },
};

static SRunner *run_failing(void)
{
	Suite *suite = suite_create("failing");
	TCase *tc = add_case(suite, "failing");
	SRunner *runner = srunner_create(suite);

	for (size_t i = 0; i < ARRAY_LEN(failing); i++)
		tcase_add_test(tc, *failing[i].test);
	srunner_run_all(runner, CK_SILENT);
	return runner;
}

START_TEST(assertions_that_fail_say_why_and_where)
{
	of_failing = open_place(8);
	before_failing = snapshot(&of_failing);
	set(&of_failing, 3, 1, 5);
	set(&of_failing, 7, 1, 6);

	SRunner *runner = run_failing();
	TestResult **results = srunner_results(runner);

	expect(srunner_ntests_run(runner), ARRAY_LEN(failing));
	for (size_t i = 0; i < ARRAY_LEN(failing); i++) {
		ck_assert_int_eq(tr_rtype(results[i]), CK_FAILURE);
		ck_assert_str_eq(tr_msg(results[i]), failing[i].text);
		ck_assert_ptr_nonnull(strstr(tr_lfile(results[i]), "test_check_helpers.c"));
	}
	free(results);
	srunner_free(runner);
	pca_map_snapshot_free(before_failing);
	close_place(&of_failing);
}
END_TEST

static Suite *check_helpers_suite(void)
{
	Suite *suite = suite_create("check helpers");
	TCase *tc = add_case(suite, "check helpers");

	tcase_add_test(tc, an_unchanged_map_is_as_expected);
	tcase_add_test(tc, a_changed_map_is_told_with_its_changes);
	tcase_add_test(tc, long_texts_are_whole);
	tcase_add_test(tc, expected_changes_are_all_and_no_others);
	tcase_add_test(tc, changes_of_other_sizes_cannot_be_expected);
	tcase_add_test(tc, values_are_told_with_what_was_expected);
	tcase_add_test(tc, bits_beyond_the_mask_are_not_compared);
	tcase_add_test(tc, padding_is_not_compared);
	tcase_add_test(tc, sums_are_told_with_their_terms);
	tcase_add_test(tc, sums_take_numbers_of_each_size_and_sign);
	tcase_add_test(tc, sums_of_many_cpus_name_twenty);
	tcase_add_test(tc, results_are_told_by_name);
	tcase_add_test(tc, texts_belong_to_their_thread);
	tcase_add_test(tc, assertions_that_hold_let_the_test_go_on);
	tcase_add_test(tc, assertions_that_fail_say_why_and_where);
	return suite;
}

TEST_MAIN(check_helpers_suite)
