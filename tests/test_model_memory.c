// SPDX-License-Identifier: MIT
/*
 * The model of caches, by cases that are worked out by hand: the order in which lines
 * leave, what reads and writes of several cores move, the prefetcher, homes. At last
 * that the directory and the caches agree after any number of accesses.
 */
#include "cli/model_memory.h"
#include "support.h"

#define MOST_LINES 4096

/*
 * Four cores of one CPU each; 0 and 1 share an L3, a package and a node, 2 and 3 others.
 * L1: 2 sets of 2 ways, L2: 4 sets of 2 ways, L3: 16 sets of 4 ways.
 */
static struct model_shape shape;
static struct model_memory memory;

static void set_up_shape(void)
{
	shape = (struct model_shape){
		.nr_cpus = 4,
		.nr_cores = 4,
		.nr_l3s = 2,
		.nr_packages = 2,
		.nr_nodes = 2,
		.line_bytes = 64,
		.l1 = { 256, 2 },
		.l2 = { 512, 2 },
		.l3 = { 4096, 4 },
	};
	for (uint16_t core = 0; core < 4; core++) {
		shape.core_of[core] = core;
		shape.l3_of[core] = shape.package_of[core] = shape.node_of[core] = core / 2;
	}
}

/* All caches are empty. */
static void boot(bool has_prefetch)
{
	const struct model_options options = { .has_prefetch = has_prefetch,
					       .nr_lines = MOST_LINES };

	expect(model_memory_create(&memory, &shape, &options), 0);
}

static void set_up(void)
{
	set_up_shape();
	boot(false);
}

static void tear_down(void)
{
	model_memory_destroy(&memory);
}

static void again(bool has_prefetch)
{
	tear_down();
	boot(has_prefetch);
}

#define reads(cpu, line, from) expect(model_access(&memory, cpu, line, false), from)
#define writes(cpu, line, from) expect(model_access(&memory, cpu, line, true), from)

/* --- One level --- */

START_TEST(the_line_that_was_used_longest_ago_leaves_its_set)
{
	struct cache_level level;

	expect(caches_create(&level, (struct cache_geometry){ 4 * 64, 4 }, 64, 2), 0);
	for (uint32_t line = 10; line < 14; line++)
		expect(cache_add(&level, 1, line) == NO_LINE, true);
	expect(cache_use(&level, 1, 10), true);
	expect(cache_use(&level, 1, 12), true);
	/* Used in the order 11, 13, 10, 12. */
	expect(cache_add(&level, 1, 20), 11);
	expect(cache_add(&level, 1, 21), 13);
	expect(cache_use(&level, 1, 11), false);
	expect(cache_add(&level, 1, 22), 10);
	expect(cache_has(&level, 1, 12), true);
	expect(cache_has(&level, 0, 12), false); /* another core's */
	caches_destroy(&level);
}
END_TEST

START_TEST(a_removed_line_leaves_a_way_that_is_filled_first)
{
	struct cache_level level;

	expect(caches_create(&level, (struct cache_geometry){ 3 * 64, 3 }, 64, 1), 0);
	for (uint32_t line = 0; line < 3; line++)
		cache_add(&level, 0, line);
	cache_remove(&level, 0, 1);
	cache_remove(&level, 0, 1);
	expect(cache_add(&level, 0, 7) == NO_LINE, true);
	expect(cache_add(&level, 0, 8), 0);
	expect(cache_add(&level, 0, 9), 2);
	caches_destroy(&level);
}
END_TEST

/* 48 KiB of 12 ways has 64 sets, 3 KiB of 8 ways 6: no power of two. */
START_TEST(lines_of_different_sets_do_not_compete)
{
	static const struct {
		struct cache_geometry geometry;
		uint32_t nr_sets;
	} rows[] = { { { 256, 2 }, 2 }, { { 49152, 12 }, 64 }, { { 3072, 8 }, 6 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cache_level level;
		uint32_t nr_sets = rows[i].nr_sets, ways = rows[i].geometry.ways;

		row("%u sets", nr_sets);
		expect(cache_nr_sets(rows[i].geometry, 64), nr_sets);
		expect(caches_create(&level, rows[i].geometry, 64, 1), 0);
		for (uint32_t line = 0; line < nr_sets * ways; line++)
			expect(cache_add(&level, 0, line) == NO_LINE, true);
		for (uint32_t line = 0; line < nr_sets; line++)
			expect(cache_add(&level, 0, nr_sets * ways + line), line);
		caches_destroy(&level);
	}
}
END_TEST

/* --- One core --- */

START_TEST(an_access_fills_every_level_on_its_way)
{
	reads(0, 0, FROM_LOCAL_MEMORY);
	reads(0, 0, FROM_L1);
	reads(0, 2, FROM_LOCAL_MEMORY);
	reads(0, 4, FROM_LOCAL_MEMORY); /* 0, 2, 4: one set of L1; 0, 4: one of L2 */
	reads(0, 0, FROM_L2);
	reads(0, 8, FROM_LOCAL_MEMORY);
	reads(0, 12, FROM_LOCAL_MEMORY); /* 0, 4, 8, 12 in two ways of L2 */
	reads(0, 0, FROM_L3);
	ck_assert_uint_eq(memory.counts.reads, 8);
	ck_assert_uint_eq(memory.counts.from[FROM_LOCAL_MEMORY], 5);
}
END_TEST

/* Hits in L1 do not count as uses of L2, which then sends away what L1 uses. */
START_TEST(what_leaves_l2_leaves_l1)
{
	reads(0, 0, FROM_LOCAL_MEMORY);
	reads(0, 4, FROM_LOCAL_MEMORY);
	reads(0, 0, FROM_L1);
	reads(0, 8, FROM_LOCAL_MEMORY); /* L2: 0 goes; L1: 4 would */
	expect(cache_has(&memory.l1, 0, 0), false);
	reads(0, 0, FROM_L3);
}
END_TEST

START_TEST(a_modified_line_is_written_to_l3_and_from_there_to_memory)
{
	writes(0, 0, FROM_LOCAL_MEMORY);
	for (uint32_t line = 4; line <= 8; line += 4)
		reads(0, line, FROM_LOCAL_MEMORY); /* out of L2 */
	ck_assert_uint_eq(memory.counts.memory_writes, 0);
	for (uint32_t line = 16; line <= 64; line += 16)
		reads(0, line, FROM_LOCAL_MEMORY); /* out of L3 */
	ck_assert_uint_eq(memory.counts.memory_writes, 1);
	reads(0, 0, FROM_LOCAL_MEMORY);
	ck_assert_uint_eq(memory.counts.memory_writes, 1);
}
END_TEST

START_TEST(without_an_l3_modified_lines_go_to_memory)
{
	shape.l3.ways = shape.l2.ways = 0;
	again(false);
	writes(0, 0, FROM_LOCAL_MEMORY);
	reads(0, 2, FROM_LOCAL_MEMORY);
	reads(0, 4, FROM_LOCAL_MEMORY);
	ck_assert_uint_eq(memory.counts.memory_writes, 1);
	reads(0, 0, FROM_LOCAL_MEMORY);
	ck_assert_uint_eq(memory.counts.memory_writes, 1);
}
END_TEST

/* --- Several cores: MESI --- */

START_TEST(a_core_writes_what_it_has_exclusively_without_asking)
{
	reads(0, 0, FROM_LOCAL_MEMORY);
	writes(0, 0, FROM_L1);
	ck_assert_uint_eq(memory.counts.upgrades, 0);
	ck_assert_uint_eq(memory.counts.invalidations, 0);
}
END_TEST

START_TEST(an_upgrade_invalidates_every_sharer)
{
	reads(0, 0, FROM_LOCAL_MEMORY);
	reads(1, 0, FROM_SAME_L3); /* the owner's; both share it now */
	reads(2, 0, FROM_OTHER_PACKAGE);
	reads(3, 0, FROM_L3); /* of its own group */
	writes(0, 0, FROM_L1);
	ck_assert_uint_eq(memory.counts.upgrades, 1);
	ck_assert_uint_eq(memory.counts.invalidations, 3);
	writes(0, 0, FROM_L1);
	ck_assert_uint_eq(memory.counts.upgrades, 1);
	reads(3, 0, FROM_OTHER_PACKAGE); /* its L3's copy went, too */
	reads(1, 0, FROM_L3);
}
END_TEST

START_TEST(a_write_to_what_others_share_in_the_own_l3_is_an_upgrade)
{
	reads(0, 0, FROM_LOCAL_MEMORY);
	reads(2, 0, FROM_OTHER_PACKAGE);
	writes(1, 0, FROM_L3);
	ck_assert_uint_eq(memory.counts.upgrades, 1);
	ck_assert_uint_eq(memory.counts.invalidations, 2);
	writes(0, 1, FROM_LOCAL_MEMORY);
	reads(0, 5, FROM_LOCAL_MEMORY);
	reads(0, 9, FROM_LOCAL_MEMORY); /* line 1 is in L3 only: nobody is asked */
	writes(1, 1, FROM_L3);
	ck_assert_uint_eq(memory.counts.upgrades, 1);
}
END_TEST

START_TEST(reading_a_modified_line_is_a_transfer_with_write_back)
{
	writes(0, 0, FROM_LOCAL_MEMORY);
	reads(1, 0, FROM_SAME_L3);
	ck_assert_uint_eq(memory.counts.memory_writes, 0); /* L3 has it */
	reads(2, 0, FROM_OTHER_PACKAGE);
	ck_assert_uint_eq(memory.counts.memory_writes, 1); /* now memory, too */
	writes(2, 64, FROM_LOCAL_MEMORY);
	reads(0, 64, FROM_OTHER_PACKAGE);
	ck_assert_uint_eq(memory.counts.memory_writes, 2);
	ck_assert_uint_eq(memory.counts.invalidations, 0);
	writes(2, 64, FROM_L1);
	ck_assert_uint_eq(memory.counts.upgrades, 1);
	ck_assert_uint_eq(memory.counts.invalidations, 1);
}
END_TEST

START_TEST(a_modified_line_that_is_written_moves_without_write_back)
{
	writes(0, 0, FROM_LOCAL_MEMORY);
	writes(2, 0, FROM_OTHER_PACKAGE);
	writes(1, 0, FROM_OTHER_PACKAGE);
	ck_assert_uint_eq(memory.counts.memory_writes, 0);
	ck_assert_uint_eq(memory.counts.invalidations, 2);
	ck_assert_uint_eq(memory.counts.upgrades, 0);
}
END_TEST

START_TEST(a_package_with_two_l3s_is_nearer_than_another_package)
{
	shape.package_of[2] = shape.package_of[3] = 0;
	shape.nr_packages = 1;
	again(false);
	writes(0, 0, FROM_LOCAL_MEMORY);
	writes(2, 0, FROM_SAME_PACKAGE);
	writes(3, 0, FROM_SAME_L3);
	reads(0, 0, FROM_SAME_PACKAGE);
}
END_TEST

/* Two CPUs count in two words of one line. */
START_TEST(false_sharing_moves_the_line_with_every_write)
{
	for (int i = 0; i < 1000; i++) {
		writes(0, 7, i ? FROM_SAME_L3 : FROM_LOCAL_MEMORY);
		writes(1, 7, FROM_SAME_L3);
	}
	ck_assert_uint_eq(memory.counts.from[FROM_SAME_L3], 1999);
	ck_assert_uint_eq(memory.counts.invalidations, 1999);
	ck_assert_uint_eq(memory.counts.upgrades, 0);
}
END_TEST

START_TEST(siblings_hand_lines_on_without_moving_them)
{
	shape.nr_cores = 2;
	for (uint16_t cpu = 0; cpu < 4; cpu++)
		shape.core_of[cpu] = cpu / 2;
	again(false);
	for (int i = 0; i < 1000; i++) {
		writes(0, 7, i ? FROM_L1 : FROM_LOCAL_MEMORY);
		writes(1, 7, FROM_L1);
	}
	ck_assert_uint_eq(memory.counts.same_core, 1999);
	ck_assert_uint_eq(memory.counts.invalidations, 0);
}
END_TEST

/* More holders than fit in a word of the directory. */
START_TEST(an_upgrade_finds_hundreds_of_sharers)
{
	shape.nr_cpus = shape.nr_cores = 300;
	for (uint16_t core = 0; core < 300; core++) {
		shape.core_of[core] = core;
		shape.l3_of[core] = shape.package_of[core] = shape.node_of[core] = core / 150;
	}
	again(false);
	for (uint32_t cpu = 0; cpu < 300; cpu++)
		model_access(&memory, cpu, 3, false);
	writes(299, 3, FROM_L1);
	ck_assert_uint_eq(memory.counts.invalidations, 299);
}
END_TEST

/* --- The prefetcher --- */

START_TEST(a_miss_brings_the_other_line_of_the_pair)
{
	again(true);
	reads(0, 4, FROM_LOCAL_MEMORY);
	reads(0, 5, FROM_L2);
	reads(0, 9, FROM_LOCAL_MEMORY);
	reads(0, 8, FROM_L2); /* not 10 */
	ck_assert_uint_eq(memory.counts.prefetched[FROM_LOCAL_MEMORY], 2);
	again(false);
	reads(0, 4, FROM_LOCAL_MEMORY);
	reads(0, 5, FROM_LOCAL_MEMORY);
}
END_TEST

/*
 * Each in a line of its own, but the lines are a pair: who asks for the right to write
 * reads the other's line, and takes that right from it.
 */
START_TEST(writers_of_one_pair_disturb_each_other)
{
	again(true);
	writes(0, 0, FROM_LOCAL_MEMORY);
	writes(1, 1, FROM_SAME_L3); /* where it was prefetched to */
	for (int i = 0; i < 1000; i++) {
		writes(0, 0, FROM_L1);
		writes(1, 1, FROM_L1);
	}
	ck_assert_uint_eq(memory.counts.upgrades, 2000);
	ck_assert_uint_eq(memory.counts.invalidations, 2001);
	again(true);
	writes(0, 0, FROM_LOCAL_MEMORY);
	writes(1, 2, FROM_LOCAL_MEMORY);
	for (int i = 0; i < 1000; i++) {
		writes(0, 0, FROM_L1);
		writes(1, 2, FROM_L1);
	}
	ck_assert_uint_eq(memory.counts.upgrades, 0);
}
END_TEST

/* --- Homes --- */

START_TEST(a_page_is_on_the_node_of_who_touches_it_first)
{
	writes(0, 0, FROM_LOCAL_MEMORY);
	reads(2, 1, FROM_REMOTE_MEMORY);
	reads(2, 64, FROM_LOCAL_MEMORY);
	reads(0, 65, FROM_REMOTE_MEMORY);
}
END_TEST

START_TEST(lines_of_slabs_are_on_the_node_of_their_cpu)
{
	tear_down();
	expect(model_memory_create(
		       &memory, &shape,
		       &(struct model_options){ .homes_by_line = true, .nr_lines = MOST_LINES }),
	       0);
	writes(0, 0, FROM_LOCAL_MEMORY);
	reads(2, 1, FROM_LOCAL_MEMORY);
}
END_TEST

/* --- All of it --- */

/* Who has it in a cache is who the directory says has it. */
static void check_line(uint32_t number)
{
	const struct model_line *line = model_line(&memory, number);
	uint32_t nr_cores = 0;

	for (uint32_t core = 0; core < shape.nr_cores; core++) {
		bool holds = model_holds(line, core);

		expect(cache_has(&memory.l2, core, number), holds);
		if (cache_has(&memory.l1, core, number))
			expect(holds, true);
		nr_cores += holds;
	}
	for (uint32_t l3 = 0; l3 < shape.nr_l3s; l3++)
		expect(cache_has(&memory.l3, l3, number), model_holds(line, shape.nr_cores + l3));
	if (line->owner) {
		expect(nr_cores, 1);
		expect(model_holds(line, line->owner - 1U), true);
		expect(model_holds(line, shape.nr_cores + !shape.l3_of[line->owner - 1]), false);
	} else {
		expect(line->is_modified, false);
	}
}

START_TEST(directory_and_caches_agree_after_any_accesses)
{
	uint64_t random = 1, sum = 0;

	again(true);
	for (int i = 0; i < 200000; i++) {
		uint32_t r = (uint32_t)((random = random * 6364136223846793005 + 1) >> 33);

		model_access(&memory, r % 4, r / 4 % 160, r / 1024 % 2);
		if (i % 500)
			continue;
		row("after %d accesses", i);
		for (uint32_t line = 0; line < 160; line++)
			check_line(line);
	}
	for (int source = 0; source < NR_MODEL_SOURCES; source++) {
		sum += memory.counts.from[source];
		/* Each kind of way was gone, but for L3s of the own package. */
		if (source != FROM_SAME_PACKAGE)
			ck_assert_uint_gt(memory.counts.from[source], 0);
	}
	ck_assert_uint_eq(sum, 200000);
}
END_TEST

static Suite *model_memory_suite(void)
{
	Suite *suite = suite_create("model_memory");
	TCase *tc = add_case(suite, "model_memory");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_line_that_was_used_longest_ago_leaves_its_set);
	tcase_add_test(tc, a_removed_line_leaves_a_way_that_is_filled_first);
	tcase_add_test(tc, lines_of_different_sets_do_not_compete);
	tcase_add_test(tc, an_access_fills_every_level_on_its_way);
	tcase_add_test(tc, what_leaves_l2_leaves_l1);
	tcase_add_test(tc, a_modified_line_is_written_to_l3_and_from_there_to_memory);
	tcase_add_test(tc, without_an_l3_modified_lines_go_to_memory);
	tcase_add_test(tc, a_core_writes_what_it_has_exclusively_without_asking);
	tcase_add_test(tc, an_upgrade_invalidates_every_sharer);
	tcase_add_test(tc, a_write_to_what_others_share_in_the_own_l3_is_an_upgrade);
	tcase_add_test(tc, reading_a_modified_line_is_a_transfer_with_write_back);
	tcase_add_test(tc, a_modified_line_that_is_written_moves_without_write_back);
	tcase_add_test(tc, a_package_with_two_l3s_is_nearer_than_another_package);
	tcase_add_test(tc, false_sharing_moves_the_line_with_every_write);
	tcase_add_test(tc, siblings_hand_lines_on_without_moving_them);
	tcase_add_test(tc, an_upgrade_finds_hundreds_of_sharers);
	tcase_add_test(tc, a_miss_brings_the_other_line_of_the_pair);
	tcase_add_test(tc, writers_of_one_pair_disturb_each_other);
	tcase_add_test(tc, a_page_is_on_the_node_of_who_touches_it_first);
	tcase_add_test(tc, lines_of_slabs_are_on_the_node_of_their_cpu);
	tcase_add_test(tc, directory_and_caches_agree_after_any_accesses);
	return suite;
}

TEST_MAIN(model_memory_suite)
