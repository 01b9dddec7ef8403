// SPDX-License-Identifier: MIT
/*
 * Layouts of the lab: values lie apart from each other and inside of the memory, loops
 * go where the arithmetic says, and nothing that threads count is lost.
 */
/* labels: threads */
#include <math.h>

#include "bench/host.h"
#include "bench/layout_arm.h"
#include "support.h"

static const struct layout_shape shapes[] = {
	{ 1, 1, 4 },   { 1, 256, 8 }, { 2, 1, 8 },    { 2, 3, 12 },  { 3, 17, 100 },
	{ 2, 64, 64 }, { 4, 512, 8 }, { 5, 2, 4096 }, { 64, 16, 8 }, { 7, 33, 129 },
};

static bool has_own_copies(const struct layout *layout)
{
	return layout->sync == LAYOUT_OWN;
}

/* Claim bytes that nobody has claimed before, inside of the memory. */
static void claim(char *claimed, uint64_t size, uint64_t from, uint64_t bytes)
{
	ck_assert_uint_le(from, size);
	ck_assert_uint_le(bytes, size - from);
	for (uint64_t i = from; i < from + bytes; i++) {
		ck_assert_int_eq(claimed[i], 0);
		claimed[i] = 1;
	}
}

static void claim_all(const struct layout *layout, const struct layout_shape *shape)
{
	uint64_t size = layout->size_bytes(shape);
	char *claimed = calloc(1, size);
	uint32_t nr_copies = has_own_copies(layout) ? shape->nr_cpus : 1;
	struct layout_place place = layout->place(shape, 0, 0);

	for (uint32_t key = 0; key < shape->nr_keys; key++) {
		for (uint32_t cpu = 0; cpu < nr_copies; cpu++) {
			place = layout->place(shape, cpu, key);
			claim(claimed, size, place.value, layout_elem_bytes(shape));
		}
		if (place.pointer != LAYOUT_NONE)
			claim(claimed, size, place.pointer, sizeof(char *));
	}
	if (place.lock != LAYOUT_NONE)
		claim(claimed, size, place.lock, sizeof(pthread_mutex_t));
	free(claimed);
}

START_TEST(no_two_values_pointers_or_locks_overlap)
{
	for (size_t i = 0; layout_at(i); i++) {
		for (size_t j = 0; j < ARRAY_LEN(shapes); j++)
			claim_all(layout_at(i), &shapes[j]);
	}
}
END_TEST

START_TEST(values_are_aligned_as_claimed)
{
	for (size_t i = 0; layout_at(i); i++) {
		const struct layout *layout = layout_at(i);

		for (size_t j = 0; j < ARRAY_LEN(shapes); j++) {
			const struct layout_shape *shape = &shapes[j];

			for (uint32_t n = 0; n < shape->nr_cpus * shape->nr_keys; n++) {
				struct layout_place place = layout->place(shape, n % shape->nr_cpus,
									  n / shape->nr_cpus);

				ck_assert_uint_eq(place.value % layout->align_bytes, 0);
			}
		}
	}
}
END_TEST

START_TEST(one_copy_is_the_same_for_all_cpus)
{
	const struct layout_shape shape = { 4, 16, 8 };

	for (size_t i = 0; layout_at(i); i++) {
		const struct layout *layout = layout_at(i);
		bool is_same =
			layout->place(&shape, 0, 5).value == layout->place(&shape, 3, 5).value;

		ck_assert_int_eq(is_same, !has_own_copies(layout));
	}
}
END_TEST

/* Lines of 64 bytes in pairs: what slab and padded128 promise to keep apart. */
START_TEST(slab_and_padded128_share_no_pair_of_lines_between_cpus)
{
	static const char *const names[] = { "slab", "padded128" };

	for (size_t i = 0; i < ARRAY_LEN(names) * ARRAY_LEN(shapes); i++) {
		const struct layout *layout = layout_find(names[i % ARRAY_LEN(names)]);
		const struct layout_shape *shape = &shapes[i / ARRAY_LEN(names)];
		uint64_t size = layout->size_bytes(shape);
		uint32_t *owners = calloc(size / 128 + 1, sizeof(*owners));

		for (uint32_t n = 0; n < shape->nr_cpus * shape->nr_keys; n++) {
			uint32_t cpu = n % shape->nr_cpus;
			uint64_t first = layout->place(shape, cpu, n / shape->nr_cpus).value;
			uint64_t last = first + layout_elem_bytes(shape) - 1;

			for (uint64_t pair = first / 128; pair <= last / 128; pair++) {
				ck_assert(!owners[pair] || owners[pair] == cpu + 1);
				owners[pair] = cpu + 1;
			}
		}
		free(owners);
	}
}
END_TEST

START_TEST(slabs_are_an_odd_multiple_of_128_apart)
{
	const struct layout *slab = layout_find("slab");

	for (size_t j = 0; j < ARRAY_LEN(shapes); j++) {
		struct layout_shape shape = shapes[j];

		shape.nr_cpus = 2;
		ck_assert_uint_eq(slab->place(&shape, 1, 0).value % 256, 128);
	}
}
END_TEST

START_TEST(packed_values_of_a_key_are_neighbours)
{
	const struct layout_shape shape = { 8, 4, 8 };
	const struct layout *packed = layout_find("packed");

	for (uint32_t cpu = 0; cpu < 8; cpu++)
		ck_assert_uint_eq(packed->place(&shape, cpu, 2).value, 2 * 64 + cpu * 8);
}
END_TEST

START_TEST(loops_go_where_the_arithmetic_says)
{
	for (size_t i = 0; layout_at(i); i++) {
		for (size_t j = 0; j < ARRAY_LEN(shapes); j++) {
			const struct layout *layout = layout_at(i);
			const struct layout_shape *shape = &shapes[j];
			uint64_t size = layout->size_bytes(shape);
			char *memory = aligned_alloc(LAYOUT_PAGE_BYTES,
						     layout_round_up(size, LAYOUT_PAGE_BYTES));

			memset(memory, 0, size);
			layout->prepare(shape, memory);
			for (uint32_t n = 0; n < shape->nr_cpus * shape->nr_keys; n++) {
				uint32_t cpu = n % shape->nr_cpus, key = n / shape->nr_cpus;
				struct layout_view view = layout->view(shape, memory, cpu);
				char *elem = (char *)layout->elem(&view, key);

				ck_assert_uint_eq((uint64_t)(elem - memory),
						  layout->place(shape, cpu, key).value);
			}
			free(memory);
		}
	}
}
END_TEST

START_TEST(the_largest_shape_does_not_overflow)
{
	const struct layout_shape shape = { 4096, 65536, 4096 };
	const uint64_t values = 4096ULL * 65536 * 4096;

	for (size_t i = 0; layout_at(i); i++) {
		const struct layout *layout = layout_at(i);
		uint64_t size = layout->size_bytes(&shape);
		uint64_t last = layout->place(&shape, 4095, 65535).value + 4096;

		ck_assert_uint_ge(size, has_own_copies(layout) ? values : values / 4096);
		ck_assert_uint_le(size, values + values / 8);
		ck_assert_uint_eq(last, size - (strcmp(layout->name, "slab") ? 0 : 128));
	}
}
END_TEST

START_TEST(layouts_are_found_by_name)
{
	for (size_t i = 0; layout_at(i); i++)
		ck_assert_ptr_eq(layout_find(layout_at(i)->name), layout_at(i));
	ck_assert_ptr_null(layout_find("slabs"));
	ck_assert_ptr_null(layout_find(""));
}
END_TEST

/* --- running ------------------------------------------------------------------------------ */

#define NR_THREADS 3
#define NR_SAMPLES 2

/* On hosts with fewer CPUs threads share the first: slow, but nothing may be lost. */
static struct crew *make_crew(void)
{
	int cpus[NR_THREADS];
	uint32_t nr = host_allowed_cpus(cpus, NR_THREADS);
	struct crew *crew;

	ck_assert_uint_ge(nr, 1);
	for (uint32_t i = nr; i < NR_THREADS; i++)
		cpus[i] = cpus[0];
	expect(crew_create(&crew, cpus, NR_THREADS), 0);
	return crew;
}

static struct layout_field *use(const struct layout *layout, const struct layout_job *job,
				const uint32_t *streams, struct crew *crew)
{
	struct layout_field *field;
	struct arm arm;

	expect(layout_field_create(&field, layout, job, streams), 0);
	arm = layout_arm(field, crew);
	arm.nr_ops = 3000;
	for (int i = 0; i < NR_SAMPLES; i++) {
		double ns = arm.sample(&arm);

		ck_assert(isnan(ns) || ns > 0);
	}
	return field;
}

static void expect_no_count_lost(enum layout_workload workload)
{
	const struct layout_job job = { .workload = workload,
					.shape = { NR_THREADS, 40, 8 },
					.stream = STREAM_ZIPF,
					.nr_threads = NR_THREADS,
					.seed = 7 };
	uint32_t *streams = layout_streams(&job);
	struct crew *crew = make_crew();

	for (size_t i = 0; layout_at(i); i++) {
		const struct layout *layout = layout_at(i);
		struct layout_field *field = use(layout, &job, streams, crew);
		uint64_t sum = 0;

		for (uint32_t n = 0; n < NR_THREADS * job.shape.nr_keys; n++) {
			uint32_t cpu = n % NR_THREADS;

			if (!cpu || has_own_copies(layout))
				sum += layout_field_word(field, cpu, n / NR_THREADS, 0);
		}
		ck_assert_uint_ge(sum, 3000 * NR_SAMPLES);
		ck_assert_uint_eq(sum, layout_field_accesses(field));
		layout_field_destroy(field);
	}
	crew_destroy(crew);
	free(streams);
}

START_TEST(no_count_is_lost)
{
	expect_no_count_lost(LAYOUT_COUNT);
}
END_TEST

START_TEST(no_latency_of_a_histogram_is_lost)
{
	expect_no_count_lost(LAYOUT_HISTOGRAM);
}
END_TEST

/* But for the atomic copy, whose words are written one by one. */
START_TEST(updates_leave_whole_values)
{
	const struct layout_job job = { .workload = LAYOUT_UPDATE,
					.shape = { NR_THREADS, 8, 60 },
					.stream = STREAM_UNIFORM,
					.nr_threads = NR_THREADS,
					.seed = 7 };
	uint32_t *streams = layout_streams(&job);
	struct crew *crew = make_crew();

	for (size_t i = 0; layout_at(i); i++) {
		struct layout_field *field = use(layout_at(i), &job, streams, crew);

		for (uint32_t n = 0; n < NR_THREADS * job.shape.nr_keys; n++) {
			uint32_t cpu = n % NR_THREADS, key = n / NR_THREADS;
			uint64_t first = layout_field_word(field, cpu, key, 0);

			ck_assert_uint_gt(first, 0);
			for (uint32_t word = 1; word < 8; word++) {
				uint64_t x = layout_field_word(field, cpu, key, word);

				if (layout_at(i)->sync != LAYOUT_ATOMIC)
					ck_assert_uint_eq(x, first);
			}
		}
		layout_field_destroy(field);
	}
	crew_destroy(crew);
	free(streams);
}
END_TEST

/* Each of five CPUs counts 100 times; then the reader takes each key once. */
START_TEST(a_reader_sums_all_copies)
{
	static uint32_t stream[LAYOUT_STREAM_LENGTH];
	const struct layout_shape shape = { 5, 16, 8 };

	expect(stream_fill(stream, STREAM_SEQUENTIAL, shape.nr_keys, 1), 0);
	for (size_t i = 0; layout_at(i); i++) {
		const struct layout *layout = layout_at(i);
		uint64_t size = layout_round_up(layout->size_bytes(&shape), LAYOUT_PAGE_BYTES);
		char *memory = aligned_alloc(LAYOUT_PAGE_BYTES, size);
		struct layout_view views[5];
		struct layout_turn turn = { .views = views,
					    .nr_copies = has_own_copies(layout) ? 5 : 1,
					    .nr_keys = shape.nr_keys,
					    .stream = stream,
					    .nr_accesses = 100 };

		memset(memory, 0, size);
		layout->prepare(&shape, memory);
		for (uint32_t cpu = 0; cpu < 5; cpu++)
			views[cpu] = layout->view(&shape, memory, cpu);
		for (turn.cpu = 0; turn.cpu < 5; turn.cpu++)
			layout->loops[LAYOUT_COUNT](&turn);
		turn.nr_accesses = shape.nr_keys;
		layout->loops[LAYOUT_READ_SUM](&turn);
		ck_assert_uint_eq(turn.sum, 500);
		ck_assert_uint_eq(turn.nr_done, 500 + shape.nr_keys);
		free(memory);
	}
}
END_TEST

START_TEST(a_key_out_of_bounds_ends_a_turn)
{
	static uint32_t stream[LAYOUT_STREAM_LENGTH];
	const struct layout_shape shape = { 1, 4, 8 };

	stream[3] = 4;
	for (size_t i = 0; layout_at(i); i++) {
		const struct layout *layout = layout_at(i);
		uint64_t size = layout_round_up(layout->size_bytes(&shape), LAYOUT_PAGE_BYTES);
		char *memory = aligned_alloc(LAYOUT_PAGE_BYTES, size);
		struct layout_view view;
		struct layout_turn turn = { .views = &view,
					    .nr_copies = 1,
					    .nr_keys = 4,
					    .nr_words = 1,
					    .stream = stream,
					    .nr_accesses = 100 };

		memset(memory, 0, size);
		layout->prepare(&shape, memory);
		view = layout->view(&shape, memory, 0);
		layout->loops[LAYOUT_COUNT](&turn);
		ck_assert_uint_eq(turn.nr_done, 3);
		turn.pos = 0;
		layout->loops[LAYOUT_UPDATE](&turn);
		ck_assert_uint_eq(turn.nr_done, 6);
		free(memory);
	}
}
END_TEST

/* --- streams ------------------------------------------------------------------------------ */

static uint32_t stream[LAYOUT_STREAM_LENGTH], again[LAYOUT_STREAM_LENGTH];

START_TEST(streams_are_the_same_for_a_seed_and_stay_below_the_number_of_keys)
{
	static const uint32_t nrs[] = { 1, 2, 3, 100, 65536 };

	for (unsigned int kind = 0; stream_name(kind); kind++) {
		for (size_t i = 0; i < ARRAY_LEN(nrs); i++) {
			expect(stream_fill(stream, kind, nrs[i], 5), 0);
			expect(stream_fill(again, kind, nrs[i], 5), 0);
			ck_assert_mem_eq(stream, again, sizeof(stream));
			for (size_t j = 0; j < LAYOUT_STREAM_LENGTH; j++)
				ck_assert_uint_lt(stream[j], nrs[i]);
		}
	}
}
END_TEST

START_TEST(seeds_make_other_orders_but_where_there_is_only_one)
{
	for (unsigned int kind = 0; stream_name(kind); kind++) {
		bool has_order = kind == STREAM_UNIFORM || kind == STREAM_ZIPF;

		expect(stream_fill(stream, kind, 1000, 5), 0);
		expect(stream_fill(again, kind, 1000, 6), 0);
		ck_assert_int_eq(memcmp(stream, again, sizeof(stream)) != 0, has_order);
	}
}
END_TEST

/* Of 16 keys the first has 1 / (1 + 1/2 + ... + 1/16), 0.2958 of all, for each seed. */
START_TEST(zipf_has_one_key_in_three_tenths_of_accesses)
{
	uint32_t most_key[2];

	for (uint64_t seed = 0; seed < 2; seed++) {
		uint32_t counts[16] = { 0 };

		expect(stream_fill(stream, STREAM_ZIPF, 16, seed), 0);
		for (size_t i = 0; i < LAYOUT_STREAM_LENGTH; i++)
			counts[stream[i]]++;
		most_key[seed] = 0;
		for (uint32_t key = 1; key < 16; key++) {
			if (counts[key] > counts[most_key[seed]])
				most_key[seed] = key;
		}
		ck_assert_double_eq_tol((double)counts[most_key[seed]] / LAYOUT_STREAM_LENGTH,
					0.2958, 0.01);
	}
	ck_assert_uint_eq(most_key[0], most_key[1]);
}
END_TEST

START_TEST(a_datum_falls_into_the_bucket_of_its_power_of_two)
{
	static const struct {
		uint32_t datum, nr_keys, bucket;
	} cases[] = { { 0, 32, 0 },	{ 1, 32, 0 },		{ 2, 32, 1 },	{ 3, 32, 1 },
		      { 1024, 32, 10 }, { UINT32_MAX, 32, 31 }, { 1024, 8, 7 }, { 5, 1, 0 } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_uint_eq(layout_bucket(cases[i].datum, cases[i].nr_keys), cases[i].bucket);
}
END_TEST

static Suite *layouts_suite(void)
{
	Suite *suite = suite_create("layouts");
	TCase *tc = add_case(suite, "layouts");

	tcase_add_test(tc, no_two_values_pointers_or_locks_overlap);
	tcase_add_test(tc, values_are_aligned_as_claimed);
	tcase_add_test(tc, one_copy_is_the_same_for_all_cpus);
	tcase_add_test(tc, slab_and_padded128_share_no_pair_of_lines_between_cpus);
	tcase_add_test(tc, slabs_are_an_odd_multiple_of_128_apart);
	tcase_add_test(tc, packed_values_of_a_key_are_neighbours);
	tcase_add_test(tc, loops_go_where_the_arithmetic_says);
	tcase_add_test(tc, the_largest_shape_does_not_overflow);
	tcase_add_test(tc, layouts_are_found_by_name);
	tcase_add_test(tc, no_count_is_lost);
	tcase_add_test(tc, no_latency_of_a_histogram_is_lost);
	tcase_add_test(tc, updates_leave_whole_values);
	tcase_add_test(tc, a_reader_sums_all_copies);
	tcase_add_test(tc, a_key_out_of_bounds_ends_a_turn);
	tcase_add_test(tc, streams_are_the_same_for_a_seed_and_stay_below_the_number_of_keys);
	tcase_add_test(tc, seeds_make_other_orders_but_where_there_is_only_one);
	tcase_add_test(tc, zipf_has_one_key_in_three_tenths_of_accesses);
	tcase_add_test(tc, a_datum_falls_into_the_bucket_of_its_power_of_two);
	return suite;
}

TEST_MAIN(layouts_suite)
