// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * Searches: what they find, that it is the same on any number of threads, that it is
 * shrunk, and that trying all of a small one is a proof.
 */
#include "support.h"

#include <pcasim/helpers.h>

/* Each host thread has a world of its own, so what programs use is in their context. */
struct counting {
	pca_prog_fn fn;
	uint32_t nr_actors, nr_repeats;
	uint64_t wanted;
};

struct search_world {
	struct world w;
	struct pca_map_ref *map;
	struct pca_prog *prog;
	struct pca_schedule *schedule;
};

static int increment(void *ctx)
{
	struct search_world *world = ctx;
	uint64_t *mine = pca_map_lookup_elem(world->map, &(uint32_t){ 0 });
	uint64_t value = *mine;

	pca_get_smp_processor_id();
	*mine = value + 1;
	return 0;
}

static int increment_cured(void *ctx)
{
	pca_preempt_disable();
	increment(ctx);
	pca_preempt_enable();
	return 0;
}

/* Looks whether somebody came in, but not after its last helper. */
static int increment_twice_checked(void *ctx)
{
	struct search_world *world = ctx;
	uint64_t *mine = pca_map_lookup_elem(world->map, &(uint32_t){ 0 });
	uint64_t value = *mine;

	pca_get_smp_processor_id();
	if (*mine != value)
		return increment_cured(ctx); /* somebody came in: again, alone */
	pca_get_numa_node_id();
	*mine = value + 1;
	return 0;
}

static int open_counting(void *arg, void **out, struct pca_schedule **schedule)
{
	const struct counting *c = arg;
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0-1",
		.run_mode = PCA_INLINE,
		.has_contexts = true,
	};
	struct pca_prog_load_opts load = {
		.size = sizeof(load),
		.type = BPF_PROG_TYPE_SYSCALL,
		.fn = c->fn,
		.name = "count",
	};
	struct search_world *world = calloc(1, sizeof(*world));
	int map_fd, fd;

	world->w = world_open_with(&opts, NULL);
	map_fd = percpu_map(&world->w, 8, 1);
	expect(pca_map_get(world->w.task, map_fd, &world->map), 0);
	expect(pca_close(world->w.task, map_fd), 0);
	fd = expect_fd(pca_prog_load(world->w.task, &load));
	expect(pca_prog_get(world->w.task, fd, &world->prog), 0);
	expect(pca_close(world->w.task, fd), 0);
	expect(pca_schedule_create(&world->schedule, world->w.machine), 0);
	for (uint32_t i = 0; i < c->nr_actors; i++)
		expect(pca_schedule_add_run(world->schedule, NULL, world->prog, 1, world,
					    c->nr_repeats),
		       i);
	*out = world;
	*schedule = world->schedule;
	return 0;
}

static uint64_t *count_of(struct search_world *world)
{
	return pca_map_peek(world->map, 1, 0);
}

static void reset_counting(void *arg, void *world)
{
	(void)arg;
	*count_of(world) = 0;
}

static bool counts_all(void *arg, void *world)
{
	const struct counting *c = arg;

	return *count_of(world) == c->wanted;
}

static void close_counting(void *arg, void *opened)
{
	struct search_world *world = opened;

	(void)arg;
	pca_schedule_destroy(world->schedule);
	pca_prog_put(world->prog);
	pca_map_put(world->map);
	world_close(&world->w);
	free(world);
}

static struct pca_search_opts search_of(struct counting *c)
{
	return (struct pca_search_opts){
		.size = sizeof(struct pca_search_opts),
		.open = open_counting,
		.reset = reset_counting,
		.holds = counts_all,
		.close = close_counting,
		.arg = c,
	};
}

static struct pca_search_result search(const struct pca_search_opts *opts)
{
	struct pca_search_result result = { .size = sizeof(result) };

	expect(pca_schedule_search(opts, &result), 0);
	return result;
}

/* Is the invariant broken by this schedule, each time? */
static void expect_broken(struct counting *c, const struct pca_schedule_opts *opts, int nr_times)
{
	struct pca_schedule *schedule;
	void *world;

	expect(open_counting(c, &world, &schedule), 0);
	for (int i = 0; i < nr_times; i++) {
		reset_counting(c, world);
		expect(pca_schedule_run(schedule, opts, NULL), 0);
		ck_assert(!counts_all(c, world));
	}
	close_counting(c, world);
}

START_TEST(a_lost_update_is_found_shrunk_and_comes_again)
{
	struct counting c = { increment, 3, 2, 6 };
	struct pca_search_opts opts = search_of(&c);

	for (opts.seed = 1; opts.seed <= 5; opts.seed++) {
		struct pca_search_result result = search(&opts);
		struct pca_schedule_opts by_list = {
			.size = sizeof(by_list),
			.policy = PCA_SCHEDULE_LIST,
			.switches = result.switches,
			.nr_switches = result.nr_switches,
		};
		struct pca_schedule_opts by_seed = {
			.size = sizeof(by_seed),
			.policy = PCA_SCHEDULE_RANDOM,
			.seed = result.seed,
			.nr_points = result.nr_points,
		};

		row("seed %llu", (unsigned long long)opts.seed);
		ck_assert(result.is_broken);
		ck_assert_uint_gt(result.attempt, 0);
		ck_assert_uint_lt(result.attempt, 100);
		ck_assert_uint_eq(result.nr_preemptions, 1);
		expect_broken(&c, &by_list, 1000);
		expect_broken(&c, &by_seed, 1000);
		pca_search_result_free(&result);
	}
}
END_TEST

START_TEST(the_finding_does_not_depend_on_threads)
{
	struct counting c = { increment, 2, 1, 2 };
	struct pca_search_opts opts = search_of(&c);

	for (opts.seed = 1; opts.seed <= 3; opts.seed++) {
		struct pca_search_result one, many;

		opts.nr_threads = 1;
		one = search(&opts);
		for (int again = 0; again < 5; again++) {
			opts.nr_threads = 4;
			many = search(&opts);
			ck_assert_uint_eq(one.attempt, many.attempt);
			ck_assert_uint_eq(one.seed, many.seed);
			ck_assert_uint_eq(one.nr_switches, many.nr_switches);
			for (size_t i = 0; i < one.nr_switches; i++) {
				ck_assert_uint_eq(one.switches[i].point, many.switches[i].point);
				ck_assert_uint_eq(one.switches[i].actor, many.switches[i].actor);
			}
			pca_search_result_free(&many);
		}
		pca_search_result_free(&one);
	}
}
END_TEST

START_TEST(what_holds_is_not_broken_by_any_attempt)
{
	struct counting c = { increment_cured, 3, 2, 6 };
	struct pca_search_opts opts = search_of(&c);
	struct pca_search_result result;

	opts.seed = 1;
	result = search(&opts);
	ck_assert(!result.is_broken);
	ck_assert(!result.is_complete);
	ck_assert_uint_eq(result.nr_schedules, 10000);
	ck_assert_ptr_null(result.switches);
}
END_TEST

/*
 * Two actors, each with a point before and after its two helpers. In order there are two
 * schedules, by who begins. With one preemption: at each of the four points of whoever
 * began the other one runs to its end, or its own end is followed by the first: 2 * (1 + 4).
 */
START_TEST(all_schedules_are_counted)
{
	struct counting c = { increment, 2, 1, 0 };
	struct pca_search_opts opts = search_of(&c);
	struct pca_search_result result;

	c.wanted = 2;
	opts.is_exhaustive = true;
	opts.nr_threads = 1;
	result = search(&opts);
	ck_assert(result.is_complete);
	ck_assert(!result.is_broken);
	ck_assert_uint_eq(result.nr_schedules, 2);

	c = (struct counting){ increment_cured, 2, 1, 2 };
	for (opts.nr_threads = 1; opts.nr_threads <= 4; opts.nr_threads++) {
		opts.most_preemptions = 1;
		result = search(&opts);
		ck_assert(result.is_complete);
		ck_assert(!result.is_broken);
		/* Cured ones can be left only before preempt_disable and after preempt_enable. */
		ck_assert_uint_eq(result.nr_schedules, 2 * (1 + 2));
	}
	opts.most_preemptions = 3;
	result = search(&opts);
	ck_assert(result.is_complete);
	ck_assert(!result.is_broken);
	opts.most_schedules = 7;
	result = search(&opts);
	ck_assert(!result.is_complete);
	ck_assert_uint_eq(result.nr_schedules, 7);
}
END_TEST

START_TEST(an_exhaustive_search_finds_what_takes_one_preemption)
{
	struct counting c = { increment, 2, 1, 2 };
	struct pca_search_opts opts = search_of(&c);
	struct pca_search_result result;

	opts.is_exhaustive = true;
	result = search(&opts);
	ck_assert(!result.is_broken);
	opts.most_preemptions = 1;
	result = search(&opts);
	ck_assert(result.is_broken);
	ck_assert(!result.is_complete);
	ck_assert_uint_eq(result.nr_preemptions, 1);
	pca_search_result_free(&result);
}
END_TEST

START_TEST(a_finding_has_no_preemption_too_many)
{
	struct counting c = { increment_twice_checked, 3, 3, 9 };
	struct pca_search_opts opts = search_of(&c);

	for (opts.seed = 1; opts.seed <= 5; opts.seed++) {
		struct pca_search_result result = search(&opts);

		row("seed %llu", (unsigned long long)opts.seed);
		ck_assert(result.is_broken);
		ck_assert_uint_eq(result.nr_preemptions, 1);
		pca_search_result_free(&result);
	}
}
END_TEST

/* ---- a scratch buffer and a run that nests ---- */

struct scratch_world {
	struct world w;
	struct pca_map_ref *map;
	struct pca_prog *progs[2];
	struct pca_schedule *schedule;
	bool has_own_slots; /* one for each context */
	uint32_t nr_foreign;
};

/* Builds something in the CPU's buffer and uses it, as programs do whose stack is too small. */
static void use_scratch(struct scratch_world *world, uint64_t mine)
{
	uint32_t slot = world->has_own_slots && mine == 2;
	uint64_t *buf = pca_map_lookup_elem(world->map, &slot);

	buf[0] = mine;
	buf[1] = pca_get_smp_processor_id();
	world->nr_foreign += buf[0] != mine;
}

static int scratch_in_task(void *ctx)
{
	use_scratch(ctx, 1);
	return 0;
}

static int scratch_in_softirq(void *ctx)
{
	use_scratch(ctx, 2);
	return 0;
}

static struct pca_prog *load_scratch(struct scratch_world *world, uint32_t type, pca_prog_fn fn)
{
	struct pca_prog_load_opts load = { .size = sizeof(load), .type = type, .fn = fn };
	struct pca_prog *prog;
	int fd = expect_fd(pca_prog_load(world->w.task, &load));

	expect(pca_prog_get(world->w.task, fd, &prog), 0);
	expect(pca_close(world->w.task, fd), 0);
	return prog;
}

static int open_scratch(void *arg, void **out, struct pca_schedule **schedule)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0,2",
		.run_mode = PCA_INLINE,
		.has_contexts = true,
	};
	struct scratch_world *world = calloc(1, sizeof(*world));
	int fd;

	world->has_own_slots = *(const bool *)arg;
	world->w = world_open_with(&opts, NULL);
	fd = percpu_map(&world->w, 16, 2);
	expect(pca_map_get(world->w.task, fd, &world->map), 0);
	expect(pca_close(world->w.task, fd), 0);
	world->progs[0] = load_scratch(world, BPF_PROG_TYPE_SYSCALL, scratch_in_task);
	world->progs[1] = load_scratch(world, BPF_PROG_TYPE_XDP, scratch_in_softirq);
	expect(pca_schedule_create(&world->schedule, world->w.machine), 0);
	expect(pca_schedule_add_run(world->schedule, "task", world->progs[0], 2, world, 2), 0);
	expect(pca_schedule_add_run(world->schedule, "packet", world->progs[1], 2, world, 2), 1);
	*out = world;
	*schedule = world->schedule;
	return 0;
}

static void reset_scratch(void *arg, void *opened)
{
	(void)arg;
	((struct scratch_world *)opened)->nr_foreign = 0;
}

static bool finds_its_own(void *arg, void *opened)
{
	(void)arg;
	return !((struct scratch_world *)opened)->nr_foreign;
}

static void close_scratch(void *arg, void *opened)
{
	struct scratch_world *world = opened;

	(void)arg;
	pca_schedule_destroy(world->schedule);
	pca_prog_put(world->progs[0]);
	pca_prog_put(world->progs[1]);
	pca_map_put(world->map);
	world_close(&world->w);
	free(world);
}

static struct pca_search_opts search_of_scratch(bool *has_own_slots)
{
	return (struct pca_search_opts){
		.size = sizeof(struct pca_search_opts),
		.open = open_scratch,
		.reset = reset_scratch,
		.holds = finds_its_own,
		.close = close_scratch,
		.arg = has_own_slots,
	};
}

START_TEST(a_nested_run_overwrites_a_scratch_buffer)
{
	bool has_own_slots = false;
	struct pca_search_opts opts = search_of_scratch(&has_own_slots);

	for (opts.seed = 1; opts.seed <= 5; opts.seed++) {
		struct pca_search_result result = search(&opts);
		struct pca_schedule_opts again = {
			.size = sizeof(again),
			.policy = PCA_SCHEDULE_LIST,
			.switches = result.switches,
			.nr_switches = result.nr_switches,
		};
		struct pca_schedule *schedule;
		void *world;

		ck_assert(result.is_broken);
		ck_assert_uint_eq(result.nr_preemptions, 1);
		expect(open_scratch(&has_own_slots, &world, &schedule), 0);
		for (int i = 0; i < 1000; i++) {
			reset_scratch(NULL, world);
			expect(pca_schedule_run(schedule, &again, NULL), 0);
			ck_assert(!finds_its_own(NULL, world));
		}
		close_scratch(NULL, world);
		pca_search_result_free(&result);
	}
}
END_TEST

START_TEST(a_slot_for_each_context_is_the_cure)
{
	bool has_own_slots = true;
	struct pca_search_opts opts = search_of_scratch(&has_own_slots);
	struct pca_search_result result;

	for (opts.seed = 1; opts.seed <= 5; opts.seed++) {
		result = search(&opts);
		ck_assert(!result.is_broken);
		ck_assert_uint_eq(result.nr_schedules, 10000);
	}
	opts.is_exhaustive = true;
	opts.most_preemptions = 3;
	result = search(&opts);
	ck_assert(!result.is_broken);
	ck_assert(result.is_complete);
}
END_TEST

/* ---- what can go wrong ---- */

static int nr_opened;

static int open_fails(void *arg, void **world, struct pca_schedule **schedule)
{
	if (++nr_opened > 1)
		return -ENOMEM;
	return open_counting(arg, world, schedule);
}

static bool stop_at_once(void *arg, uint64_t tried, uint64_t expected)
{
	(void)arg;
	ck_assert_uint_le(tried, expected);
	return false;
}

START_TEST(a_search_that_cannot_go_on_says_so)
{
	struct counting c = { increment_cured, 2, 1, 2 };
	struct pca_search_opts opts = search_of(&c);
	struct pca_search_result result = { .size = sizeof(result) };

	messages_catch();
	opts.open = NULL;
	expect(pca_schedule_search(&opts, &result), -EINVAL);
	expect_message("open and holds");
	opts.open = open_fails;
	opts.nr_threads = 3;
	expect(pca_schedule_search(&opts, &result), -ENOMEM);
	opts.open = open_counting;
	opts.progress = stop_at_once;
	opts.nr_threads = 1;
	expect(pca_schedule_search(&opts, &result), 0);
	ck_assert(!result.is_broken);
	ck_assert_uint_lt(result.nr_schedules, 10);
}
END_TEST

static Suite *search_suite(void)
{
	Suite *suite = suite_create("search");
	TCase *tc = add_case(suite, "search");

	tcase_add_test(tc, a_lost_update_is_found_shrunk_and_comes_again);
	tcase_add_test(tc, the_finding_does_not_depend_on_threads);
	tcase_add_test(tc, what_holds_is_not_broken_by_any_attempt);
	tcase_add_test(tc, all_schedules_are_counted);
	tcase_add_test(tc, an_exhaustive_search_finds_what_takes_one_preemption);
	tcase_add_test(tc, a_finding_has_no_preemption_too_many);
	tcase_add_test(tc, a_nested_run_overwrites_a_scratch_buffer);
	tcase_add_test(tc, a_slot_for_each_context_is_the_cure);
	tcase_add_test(tc, a_search_that_cannot_go_on_says_so);
	return suite;
}

TEST_MAIN(search_suite)
