// SPDX-License-Identifier: MIT
/*
 * What is said about samples: medians, deviations, intervals of ratios; and contests,
 * which take them in turn.
 */
#include <math.h>

#include "bench/contest.h"
#include "support.h"

static struct samples samples_of(const double *ns, size_t nr)
{
	struct samples samples = { .nr = nr };

	memcpy(samples.ns, ns, nr * sizeof(*ns));
	return samples;
}

START_TEST(medians_and_deviations_by_hand)
{
	static const struct {
		double ns[6];
		size_t nr;
		double median, mad;
	} cases[] = {
		{ { 7 }, 1, 7, 0 },
		{ { 1, 3 }, 2, 2, 1 },
		{ { 5, 1, 3 }, 3, 3, 2 },
		/* deviations from 2, sorted: 0, 0, 1, 1, 2, 4 */
		{ { 1, 1, 2, 2, 4, 6 }, 6, 2, 1 },
		/* an outlier moves neither */
		{ { 10, 12, 11, 9, 1000 }, 5, 11, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct samples samples = samples_of(cases[i].ns, cases[i].nr);
		struct summary s = summarize(&samples);

		ck_assert_double_eq(s.median, cases[i].median);
		ck_assert_double_eq(s.mad, cases[i].mad);
		ck_assert_uint_eq(s.nr, cases[i].nr);
	}
}
END_TEST

START_TEST(no_samples_give_zeros)
{
	struct samples none = { .nr_dropped = 3 }, some = { .ns = { 1 }, .nr = 1 };
	struct summary s = summarize(&none);

	ck_assert_double_eq(s.median, 0);
	ck_assert_uint_eq(s.nr_dropped, 3);
	ck_assert_double_eq(bootstrap_ratio(&none, &some, 100).ratio, 0);
	ck_assert_double_eq(bootstrap_ratio(&some, &none, 100).ratio, 0);
	ck_assert(!is_difference(&(struct interval){ 0 }));
}
END_TEST

START_TEST(intervals_of_medians_by_hand)
{
	static const struct {
		size_t nr;
		double low, high;
	} cases[] = {
		/* of the binomial distribution: of 6 the 1st and the last, of 10 the 2nd and
		 * the 9th, of 100 the 40th and the 61st
		 */
		{ 6, 1, 6 },
		{ 10, 2, 9 },
		{ 100, 40, 61 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct samples samples = { .nr = cases[i].nr };
		struct interval interval;

		for (size_t j = 0; j < samples.nr; j++)
			samples.ns[j] = (double)(j + 1);
		interval = median_interval(&samples);
		ck_assert_double_eq(interval.ratio, ((double)samples.nr + 1) / 2);
		ck_assert_double_eq(interval.low, cases[i].low);
		ck_assert_double_eq(interval.high, cases[i].high);
	}
}
END_TEST

START_TEST(few_samples_give_no_interval_of_their_median)
{
	struct samples samples = samples_of((const double[]){ 1, 2, 3, 4, 5 }, 5), none = { 0 };
	struct interval interval = median_interval(&samples);

	ck_assert_double_eq(interval.ratio, 3);
	ck_assert_double_eq(interval.low, 0);
	ck_assert(isinf(interval.high));
	ck_assert_double_eq(median_interval(&none).ratio, 0);
	ck_assert(isinf(median_interval(&none).high));
}
END_TEST

START_TEST(the_ratio_of_constants_has_no_width)
{
	struct samples six = { .ns = { 6, 6, 6, 6 }, .nr = 4 };
	struct samples three = { .ns = { 3, 3, 3 }, .nr = 3 };
	struct interval interval = bootstrap_ratio(&six, &three, 200);

	ck_assert_double_eq(interval.ratio, 2);
	ck_assert_double_eq(interval.low, 2);
	ck_assert_double_eq(interval.high, 2);
	ck_assert(is_difference(&interval));
}
END_TEST

/*
 * Of two samples 1 and 3 a draw has the median 1, 2 or 3 with chances 1/4, 1/2, 1/4: all
 * of them lie within 95 %.
 */
START_TEST(an_interval_has_what_draws_give)
{
	struct samples a = { .ns = { 1, 3 }, .nr = 2 }, one = { .ns = { 1 }, .nr = 1 };
	struct interval interval = bootstrap_ratio(&a, &one, 1000);

	ck_assert_double_eq(interval.ratio, 2);
	ck_assert_double_eq(interval.low, 1);
	ck_assert_double_eq(interval.high, 3);
	ck_assert(!is_difference(&interval));
}
END_TEST

START_TEST(intervals_are_the_same_each_time_and_hold_the_ratio)
{
	struct samples a = { .nr = 50 }, b = { .nr = 40 };

	for (size_t i = 0; i < 50; i++)
		a.ns[i] = 10 + (double)(i * 7 % 13);
	for (size_t i = 0; i < 40; i++)
		b.ns[i] = 5 + (double)(i * 5 % 11);
	struct interval first = bootstrap_ratio(&a, &b, 500), again = bootstrap_ratio(&a, &b, 500);

	ck_assert_mem_eq(&first, &again, sizeof(first));
	ck_assert_double_le(first.low, first.ratio);
	ck_assert_double_ge(first.high, first.ratio);
	ck_assert_double_lt(first.low, first.high);
	ck_assert(is_difference(&first));
}
END_TEST

START_TEST(a_set_does_not_differ_from_itself)
{
	struct samples a = { .nr = 30 };

	for (size_t i = 0; i < 30; i++)
		a.ns[i] = 100 + (double)(i * 11 % 17);
	struct interval interval = bootstrap_ratio(&a, &a, 1000);

	ck_assert_double_eq(interval.ratio, 1);
	ck_assert(!is_difference(&interval));
}
END_TEST

/* --- contests ----------------------------------------------------------------------------- */

static char order[4096];
static size_t nr_order;

/* fd: the ns that it says; cmd: its letter; every nr_keys-th sample is disturbed. */
static double sample_told(const struct arm *arm)
{
	if (nr_order < sizeof(order) - 1)
		order[nr_order++] = (char)arm->cmd;
	if (arm->nr_keys && nr_order % arm->nr_keys < 2)
		return NAN;
	return arm->fd;
}

static struct contest make_contest(int a, int b)
{
	struct contest contest = { .name = "told", .per = "word", .nr = 2 };

	contest.contenders[0] = (struct contender){
		.arm = { .sample = sample_told, .waits = true, .fd = a, .cmd = 'a', .nr_ops = 1 },
		.is_fixed = true,
	};
	contest.contenders[1] = contest.contenders[0];
	contest.contenders[1].arm.fd = b;
	contest.contenders[1].arm.cmd = 'b';
	return contest;
}

START_TEST(arms_are_sampled_in_turn)
{
	struct contest contest = make_contest(2, 6);
	const struct contender *failed;

	expect(contest_run(&contest, 100000, NULL, &failed), 0);
	ck_assert_uint_ge(nr_order, 10);
	for (size_t i = 0; i < nr_order; i++)
		ck_assert_int_eq(order[i], i % 2 ? 'b' : 'a');
	ck_assert_double_eq(contest.contenders[0].summary.median, 2);
	ck_assert_double_eq(contest.contenders[1].ratio.ratio, 3);
	ck_assert_uint_eq(contest.contenders[0].samples.nr, contest.contenders[1].samples.nr);
}
END_TEST

START_TEST(disturbed_samples_are_dropped_and_counted)
{
	struct contest contest = make_contest(2, 6);
	const struct contender *failed;
	struct samples *samples = &contest.contenders[0].samples;

	contest.contenders[0].arm.nr_keys = 4;
	expect(contest_run(&contest, 100000, NULL, &failed), 0);
	ck_assert_uint_gt(samples->nr_dropped, 0);
	ck_assert_uint_eq(samples->nr + samples->nr_dropped, contest.contenders[1].samples.nr);
	ck_assert_double_eq(contest.contenders[0].summary.median, 2);
}
END_TEST

/* Every sample of the second is disturbed. */
START_TEST(without_samples_there_is_no_difference)
{
	struct contest contest = make_contest(2, 6);
	const struct contender *failed;

	contest.contenders[1].arm.nr_keys = 1;
	expect(contest_run(&contest, 100000, NULL, &failed), 0);
	ck_assert_uint_eq(contest.contenders[1].summary.nr, 0);
	ck_assert(!is_difference(&contest.contenders[1].ratio));
	ck_assert(isinf(contest.contenders[1].ratio.high));
}
END_TEST

START_TEST(a_failed_sample_ends_a_contest)
{
	struct contest contest = make_contest(2, -1);
	const struct contender *failed = NULL;

	expect(contest_run(&contest, 100000, NULL, &failed), -1);
	ck_assert_ptr_eq(failed, &contest.contenders[1]);
}
END_TEST

/* 1000 ns an operation: 150 of them fill a sample of 150 us, 256 is the power of two. */
START_TEST(operations_fill_a_sample)
{
	struct contest contest = make_contest(1000, 1);
	const struct contender *failed;

	contest.contenders[0].is_fixed = contest.contenders[1].is_fixed = false;
	contest.contenders[1].nr_per_op = 1000;
	expect(contest_run(&contest, 100000, NULL, &failed), 0);
	ck_assert_uint_eq(contest.contenders[0].arm.nr_ops, 256);
	ck_assert_uint_eq(contest.contenders[1].arm.nr_ops, 256);
}
END_TEST

static Suite *bench_stats_suite(void)
{
	Suite *suite = suite_create("bench_stats");
	TCase *tc = add_case(suite, "bench_stats");

	tcase_add_test(tc, medians_and_deviations_by_hand);
	tcase_add_test(tc, no_samples_give_zeros);
	tcase_add_test(tc, intervals_of_medians_by_hand);
	tcase_add_test(tc, few_samples_give_no_interval_of_their_median);
	tcase_add_test(tc, the_ratio_of_constants_has_no_width);
	tcase_add_test(tc, an_interval_has_what_draws_give);
	tcase_add_test(tc, intervals_are_the_same_each_time_and_hold_the_ratio);
	tcase_add_test(tc, a_set_does_not_differ_from_itself);
	tcase_add_test(tc, arms_are_sampled_in_turn);
	tcase_add_test(tc, disturbed_samples_are_dropped_and_counted);
	tcase_add_test(tc, without_samples_there_is_no_difference);
	tcase_add_test(tc, a_failed_sample_ends_a_contest);
	tcase_add_test(tc, operations_fill_a_sample);
	return suite;
}

TEST_MAIN(bench_stats_suite)
