// SPDX-License-Identifier: MIT
/*
 * Layouts in the model of caches: rates that arithmetic tells as well, what is so by the
 * formulas of layouts, reasons, the ranking, and which value lies in which line.
 */
#include "cli/model_show.h"
#include "support.h"

/* Eight cores behind one L3, caches that hold everything. */
static struct model_shape shape;
static struct model_job job;
static struct model_result result;

static void set_up(void)
{
	shape = (struct model_shape){
		.nr_cpus = 8,
		.nr_cores = 8,
		.nr_l3s = 1,
		.nr_packages = 1,
		.nr_nodes = 1,
		.line_bytes = 64,
		.l1 = { 256 << 10, 8 },
		.l2 = { 1 << 20, 16 },
		.l3 = { 32 << 20, 16 },
	};
	for (uint16_t core = 0; core < 8; core++)
		shape.core_of[core] = core;
	job = (struct model_job){
		.shape = &shape,
		.values = { .nr_cpus = 8, .nr_keys = 256, .value_bytes = 8 },
		.workload = LAYOUT_COUNT,
		.stream = STREAM_UNIFORM,
		.accesses = 200000,
		.seed = 1,
	};
}

static const struct model_result *run(const char *layout)
{
	row("%s", layout);
	expect(model_run(&job, layout_find(layout), &result), 0);
	return &result;
}

static void expect_rate(double got, double want, double tolerance)
{
	if (got < want - tolerance || got > want + tolerance)
		ck_abort_msg("%g, not %g within %g", got, want, tolerance);
}

/*
 * How often a line's last writer was another of n cores, if each write goes to one of
 * nr lines by chance. Back in time, first come the cores that were before in the same
 * round, 0 to n - 1 of them, then whole rounds, where each core is as likely as another.
 */
static double transfers_by_chance(uint32_t n, uint32_t nr)
{
	double untouched = 1, sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		sum += untouched;
		untouched *= 1 - 1.0 / nr;
	}
	return 1 - sum / n / n;
}

START_TEST(writers_of_one_line_transfer_it_as_often_as_chance_tells)
{
	expect_rate(model_transfers(run("packed")), transfers_by_chance(8, 256), 0.003);
	job.values.value_bytes = 16; /* a line for four */
	expect_rate(model_transfers(run("packed")), transfers_by_chance(4, 256), 0.003);
	job.values.value_bytes = 32;
	expect_rate(model_transfers(run("packed")), transfers_by_chance(2, 256), 0.003);
	expect_rate(model_transfers(run("shared_atomic")), transfers_by_chance(8, 128), 0.003);
	expect_rate(model_rate(&result, result.counts.invalidations), transfers_by_chance(8, 128),
		    0.003);
}
END_TEST

/* Two CPUs of a core are no strangers to each other. */
START_TEST(siblings_transfer_less)
{
	for (uint16_t cpu = 0; cpu < 8; cpu++)
		shape.core_of[cpu] = cpu / 2;
	shape.nr_cores = 4;
	expect_rate(model_transfers(run("packed")), 3.0 / 4, 0.005);
	expect_rate(model_rate(&result, result.counts.same_core), 1.0 / 8, 0.005);
}
END_TEST

START_TEST(one_hot_key_is_transferred_nearly_always)
{
	job.stream = STREAM_HOT;
	expect_rate(model_transfers(run("shared_atomic")), transfers_by_chance(8, 1), 0.002);
	expect_rate(model_transfers(run("shared_mutex")), 2 * transfers_by_chance(8, 1), 0.004);
}
END_TEST

START_TEST(slabs_and_pairs_of_lines_transfer_nothing)
{
	static const char *const layouts[] = { "slab", "page_slab", "pointers", "padded128" };

	job.has_prefetch = true;
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		run(layouts[i]);
		ck_assert_uint_eq(result.counts.from[FROM_SAME_L3], 0);
		ck_assert_uint_eq(result.counts.upgrades, 0);
		ck_assert_uint_eq(result.counts.invalidations, 0);
	}
}
END_TEST

START_TEST(padding_to_a_line_is_not_enough_for_a_prefetcher_of_pairs)
{
	ck_assert_uint_eq(run("padded64")->counts.upgrades, 0);
	job.has_prefetch = true;
	expect_rate(model_rate(&result, run("padded64")->counts.upgrades), 0.5, 0.01);
}
END_TEST

START_TEST(an_update_writes_all_lines_of_a_value)
{
	job.workload = LAYOUT_UPDATE;
	job.values.value_bytes = 200;
	run("padded128");
	ck_assert_uint_eq(result.counts.writes, 4 * result.accesses);
	ck_assert_uint_eq(result.counts.reads, 0);
	run("shared_mutex"); /* and the lock's; values of 200 bytes begin anywhere */
	ck_assert_uint_gt(result.counts.writes, 4 * result.accesses);
}
END_TEST

START_TEST(a_reader_reads_every_copy_of_a_key)
{
	uint64_t summed = 0;

	job.workload = LAYOUT_READ_SUM;
	run("slab");
	for (int i = 0; i < NR_MODEL_SOURCES; i++)
		summed += result.summed[i];
	ck_assert_uint_eq(summed, result.counts.reads);
	/* A round is 8 reads and 7 writes. */
	ck_assert_uint_eq(result.counts.reads * 7, result.counts.writes * 8);
	ck_assert_uint_gt(result.summed[FROM_SAME_L3], 0);
}
END_TEST

START_TEST(a_pointer_is_one_more_line)
{
	ck_assert_uint_eq(run("pointers")->counts.reads, result.accesses);
	ck_assert_uint_eq(result.counts.writes, result.accesses);
	ck_assert_uint_eq(run("slab")->counts.reads, 0);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_counts)
{
	struct model_counts first;

	job.has_prefetch = true;
	job.stream = STREAM_ZIPF;
	first = run("packed")->counts;
	expect_bytes(&run("packed")->counts, &first, sizeof(first));
	job.seed = 2;
	ck_assert(memcmp(&run("packed")->counts, &first, sizeof(first)));
}
END_TEST

START_TEST(more_than_the_model_takes_returns_e2big)
{
	job.values =
		(struct layout_shape){ .nr_cpus = 1024, .nr_keys = 65536, .value_bytes = 32768 };
	expect(model_run(&job, layout_find("slab"), &result), -E2BIG);
	expect(model_nr_lines(&job, layout_find("packed")), 0);
}
END_TEST

/* --- Facts and reasons --- */

START_TEST(facts_are_those_of_the_formulas)
{
	static const struct {
		const char *layout;
		uint32_t value_bytes, cpus_of_line, cpus_of_pair, sets_of_key;
	} rows[] = {
		/* 8 copies; an L1 of 512 sets. 256 keys of 8 bytes are 2048; 17 pairs apart. */
		{ "slab", 8, 1, 1, 8 },	     { "page_slab", 8, 1, 1, 8 },
		{ "packed", 8, 8, 8, 1 },    { "packed", 16, 4, 8, 2 },
		{ "packed", 24, 3, 6, 3 },   { "padded64", 8, 1, 2, 8 },
		{ "padded128", 8, 1, 1, 8 }, { "shared_atomic", 8, 8, 8, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct model_facts facts;

		row("%s, %u", rows[i].layout, rows[i].value_bytes);
		job.values.value_bytes = rows[i].value_bytes;
		model_take_facts(&job, layout_find(rows[i].layout), &facts);
		expect(facts.cpus_of_line, rows[i].cpus_of_line);
		expect(facts.cpus_of_pair, rows[i].cpus_of_pair);
		expect(facts.sets_of_key, rows[i].sets_of_key);
	}
}
END_TEST

/* 64 lines from one key to the next; 512 sets. */
START_TEST(padding_for_a_power_of_two_of_cpus_leaves_few_sets)
{
	char text[MODEL_REASON];

	job.values.nr_cpus = 64;
	model_take_facts(&job, layout_find("padded64"), &result.facts);
	expect(result.facts.own_lines, 256);
	expect(result.facts.own_sets, 8);
	ck_assert_str_eq(model_reason(text, &job, &result),
			 "no line is shared; the 256 lines of a CPU fall into 8 of 512 sets of an "
			 "L1");
	job.values.nr_cpus = 63;
	model_take_facts(&job, layout_find("padded64"), &result.facts);
	expect(result.facts.own_sets, 256);
	model_take_facts(&job, layout_find("slab"), &result.facts);
	expect(result.facts.own_lines, 32);
	expect(result.facts.own_sets, 32);
}
END_TEST

START_TEST(the_reason_tells_who_shares_and_what_it_leads_to)
{
	char text[MODEL_REASON];

	run("packed");
	ck_assert_str_eq(model_reason(text, &job, &result),
			 "each key's line is shared by 8 CPUs: 0.88 transfers per write");
	run("slab");
	ck_assert_str_eq(model_reason(text, &job, &result), "no line is shared");
	run("pointers");
	ck_assert_str_eq(model_reason(text, &job, &result),
			 "no line is shared; a pointer is loaded before each value");
}
END_TEST

/* In an order that was measured: 256 random keys, prefetch of pairs. */
START_TEST(the_ranking_goes_from_slabs_to_the_mutex)
{
	static const char *const best_first[] = { "slab",   "padded128",     "padded64",
						  "packed", "shared_atomic", "shared_mutex" };
	struct model_result results[ARRAY_LEN(best_first)];

	job.has_prefetch = true;
	shape.nr_cpus = shape.nr_cores = job.values.nr_cpus = 2;
	for (size_t i = 0; i < ARRAY_LEN(best_first); i++)
		results[i] = *run(best_first[(i + 3) % ARRAY_LEN(best_first)]);
	model_rank(results, ARRAY_LEN(results));
	for (size_t i = 0; i < ARRAY_LEN(best_first); i++)
		ck_assert_str_eq(results[i].layout->name, best_first[i]);
}
END_TEST

/* --- Lines --- */

static struct explain_rows rows_of(const char *layout)
{
	struct explain_rows rows;

	row("%s", layout);
	explain_take(&job, layout_find(layout), &rows);
	return rows;
}

START_TEST(a_packed_line_has_a_word_of_each_cpu)
{
	struct explain_rows rows = rows_of("packed");

	expect(rows.nr, 3);
	for (uint32_t i = 0; i < 3; i++) {
		expect(rows.rows[i].nr_writers, 8);
		for (uint32_t word = 0; word < 8; word++) {
			expect(rows.rows[i].words[word].kind, PIECE_VALUE);
			expect(rows.rows[i].words[word].cpu, word);
			expect(rows.rows[i].words[word].key, i);
		}
	}
}
END_TEST

START_TEST(slabs_are_shown_where_two_of_them_begin)
{
	struct explain_rows rows = rows_of("slab");

	expect(rows.nr, 5);
	expect(rows.rows[0].words[0].cpu, 0);
	expect(rows.rows[0].nr_writers, 1);
	expect(rows.rows[3].line, 17 * 2);
	expect(rows.rows[3].follows, false);
	expect(rows.rows[3].words[0].cpu, 1);
	expect(rows.rows[3].words[0].key, 0);
	expect(rows.rows[4].follows, true);
	expect(rows.rows[4].words[7].key, 15);
}
END_TEST

START_TEST(locks_pointers_and_padding_are_told_apart)
{
	struct explain_rows rows = rows_of("shared_mutex");

	expect(rows.rows[0].words[0].kind, PIECE_LOCK);
	expect(explain_piece_words(&rows.rows[0], 0), sizeof(pthread_mutex_t) / 8);
	expect(rows.rows[0].nr_writers, 8);
	expect(rows.rows[1].words[0].kind, PIECE_EMPTY);
	expect(rows.rows[1].nr_writers, 0);
	expect(rows.rows[2].words[3].kind, PIECE_SHARED);
	expect(rows.rows[2].words[3].key, 3);
	rows = rows_of("pointers");
	expect(rows.rows[0].words[5].kind, PIECE_POINTER);
	expect(rows.rows[0].nr_writers, 0);
}
END_TEST

static Suite *model_run_suite(void)
{
	Suite *suite = suite_create("model_run");
	TCase *tc = add_case(suite, "model_run");

	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, writers_of_one_line_transfer_it_as_often_as_chance_tells);
	tcase_add_test(tc, siblings_transfer_less);
	tcase_add_test(tc, one_hot_key_is_transferred_nearly_always);
	tcase_add_test(tc, slabs_and_pairs_of_lines_transfer_nothing);
	tcase_add_test(tc, padding_to_a_line_is_not_enough_for_a_prefetcher_of_pairs);
	tcase_add_test(tc, an_update_writes_all_lines_of_a_value);
	tcase_add_test(tc, a_reader_reads_every_copy_of_a_key);
	tcase_add_test(tc, a_pointer_is_one_more_line);
	tcase_add_test(tc, the_same_seed_gives_the_same_counts);
	tcase_add_test(tc, more_than_the_model_takes_returns_e2big);
	tcase_add_test(tc, facts_are_those_of_the_formulas);
	tcase_add_test(tc, padding_for_a_power_of_two_of_cpus_leaves_few_sets);
	tcase_add_test(tc, the_reason_tells_who_shares_and_what_it_leads_to);
	tcase_add_test(tc, the_ranking_goes_from_slabs_to_the_mutex);
	tcase_add_test(tc, a_packed_line_has_a_word_of_each_cpu);
	tcase_add_test(tc, slabs_are_shown_where_two_of_them_begin);
	tcase_add_test(tc, locks_pointers_and_padding_are_told_apart);
	return suite;
}

TEST_MAIN(model_run_suite)
