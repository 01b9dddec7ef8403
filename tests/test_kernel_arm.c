// SPDX-License-Identifier: MIT
/*
 * Programs in this host's kernel do what the loops of layouts do: no count is lost, words
 * are written, keys and buckets are the same. Where bpf(2) is not permitted, its errno
 * comes back.
 */
/* labels: threads */
#include <math.h>

#include "bench/host.h"
#include "bench/kernel.h"
#include "bench/kernel_arm.h"
#include "support.h"

#define MOST_THREADS 3
#define NR_RUNS 3

static int cpus[MOST_THREADS]; /* one for each thread: a program may be preempted */
static uint32_t nr_threads;

static struct layout_job job_of(enum layout_workload workload, uint32_t nr_keys,
				uint32_t value_bytes)
{
	return (struct layout_job){ .workload = workload,
				    .shape = { nr_threads, nr_keys, value_bytes },
				    .stream = STREAM_ZIPF,
				    .nr_threads = nr_threads,
				    .seed = 7 };
}

static void choose_cpus(void)
{
	uint32_t nr = host_allowed_cpus(cpus, MOST_THREADS);

	ck_assert_uint_ge(nr, 1);
	nr_threads = nr < MOST_THREADS ? nr : MOST_THREADS;
}

static struct crew *make_crew(void)
{
	struct crew *crew;

	expect(crew_create(&crew, cpus, nr_threads), 0);
	return crew;
}

/* A field after a sample of it. false: not permitted here, and told so. */
static bool use(struct kernel_field **field, const struct layout_job *job, bool are_shared,
		struct crew *crew)
{
	uint32_t *streams = layout_streams(job), nr_per_op;
	int refusal = kernel_probe();
	struct arm arm;
	double ns;

	expect(kernel_field_create(field, job, streams, cpus, are_shared), -refusal);
	free(streams);
	if (refusal)
		return false;
	arm = kernel_arm(*field, crew, &nr_per_op);
	arm.nr_ops = NR_RUNS;
	ns = arm.sample(&arm);
	ck_assert(isnan(ns) || ns > 0);
	ck_assert_uint_ge(kernel_field_accesses(*field), NR_RUNS * nr_per_op);
	return true;
}

static void expect_no_count_lost(const struct layout_job *job)
{
	struct crew *crew = make_crew();

	for (int are_shared = 0; are_shared < 2; are_shared++) {
		struct kernel_field *field;
		uint64_t sum;

		if (!use(&field, job, are_shared, crew))
			continue;
		expect(kernel_field_sum(field, 0, &sum), 0);
		ck_assert_uint_eq(sum, kernel_field_accesses(field));
		kernel_field_destroy(field);
	}
	crew_destroy(crew);
}

START_TEST(no_count_is_lost)
{
	struct layout_job job = job_of(LAYOUT_COUNT, 40, 8);

	expect_no_count_lost(&job);
	job = job_of(LAYOUT_COUNT, 65536, 4);
	expect_no_count_lost(&job);
	job = job_of(LAYOUT_COUNT, 1, 4096);
	job.work = 100000;
	expect_no_count_lost(&job);
}
END_TEST

START_TEST(no_latency_of_a_histogram_is_lost)
{
	static const uint32_t nr_keys[] = { 1, 12, 31, 32, 33 };

	for (size_t i = 0; i < ARRAY_LEN(nr_keys); i++) {
		const struct layout_job job = job_of(LAYOUT_HISTOGRAM, nr_keys[i], 8);

		expect_no_count_lost(&job);
	}
}
END_TEST

/* What one thread counts in the kernel, it counts in a layout: bucket by bucket. */
START_TEST(buckets_are_those_of_layouts)
{
	struct layout_job job = job_of(LAYOUT_HISTOGRAM, 16, 8);
	uint32_t *streams = layout_streams(&job);
	struct kernel_field *field;
	struct crew *crew = make_crew();

	job.nr_threads = 1;
	if (use(&field, &job, false, crew)) {
		uint64_t nr = kernel_field_accesses(field), expected[16] = { 0 }, count;

		for (uint64_t i = 0; i < nr; i++)
			expected[layout_bucket(streams[i % LAYOUT_STREAM_LENGTH], 16)]++;
		for (uint32_t key = 0; key < 16; key++) {
			expect(kernel_field_key_sum(field, key, 0, &count), 0);
			ck_assert_uint_eq(count, expected[key]);
		}
		kernel_field_destroy(field);
	}
	crew_destroy(crew);
	free(streams);
}
END_TEST

/* All words, of the smallest and the largest value. */
START_TEST(updates_write_whole_values)
{
	static const uint32_t sizes[] = { 4, 60, 4096 };
	struct crew *crew = make_crew();

	for (size_t i = 0; i < 2 * ARRAY_LEN(sizes); i++) {
		const struct layout_job job = job_of(LAYOUT_UPDATE, 5, sizes[i / 2]);
		uint32_t last = (uint32_t)layout_elem_bytes(&job.shape) / LAYOUT_WORD_BYTES - 1;
		struct kernel_field *field;
		uint64_t sum;

		if (!use(&field, &job, i % 2, crew))
			continue;
		expect(kernel_field_sum(field, 0, &sum), 0);
		ck_assert_uint_gt(sum, 0);
		expect(kernel_field_sum(field, last, &sum), 0);
		ck_assert_uint_gt(sum, 0);
		kernel_field_destroy(field);
	}
	crew_destroy(crew);
}
END_TEST

START_TEST(no_program_sums_over_cpus)
{
	const struct layout_job job = job_of(LAYOUT_READ_SUM, 5, 8);
	uint32_t *streams = layout_streams(&job);
	struct kernel_field *field;

	expect(kernel_field_create(&field, &job, streams, cpus, false), -EOPNOTSUPP);
	free(streams);
}
END_TEST

static Suite *kernel_arm_suite(void)
{
	Suite *suite = suite_create("kernel_arm");
	TCase *tc = add_case(suite, "kernel_arm");

	tcase_add_checked_fixture(tc, choose_cpus, NULL);
	tcase_add_test(tc, no_count_is_lost);
	tcase_add_test(tc, no_latency_of_a_histogram_is_lost);
	tcase_add_test(tc, buckets_are_those_of_layouts);
	tcase_add_test(tc, updates_write_whole_values);
	tcase_add_test(tc, no_program_sums_over_cpus);
	return suite;
}

TEST_MAIN(kernel_arm_suite)
