// SPDX-License-Identifier: MIT
/*
 * Interrupts that come by a signal into a program that calls nothing. Not under
 * ThreadSanitizer, which delivers no signal to a tight loop.
 */
#include "support.h"

#include <signal.h>

struct pair {
	struct pca_prog *below, *above;
	uint32_t has_begun, must_end; /* atomic */
};

/* Ends only when something comes in. */
static int wait_for_interrupt(void *ctx)
{
	struct pair *pair = ctx;

	__atomic_store_n(&pair->has_begun, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&pair->must_end, __ATOMIC_RELAXED))
		;
	return 5;
}

static int end_it(void *ctx)
{
	struct pair *pair = ctx;

	__atomic_store_n(&pair->must_end, 1, __ATOMIC_RELAXED);
	return (int)pca_get_smp_processor_id();
}

static struct pca_prog *load(const struct world *w, uint32_t type, pca_prog_fn fn)
{
	struct pca_prog_load_opts opts = { .size = sizeof(opts), .type = type, .fn = fn };
	int fd = expect_fd(pca_prog_load(w->task, &opts));
	struct pca_prog *prog;

	expect(pca_prog_get(w->task, fd, &prog), 0);
	return prog;
}

static void come_into_a_loop(void)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0,2",
		.has_contexts = true,
	};
	struct world w = world_open_with(&opts, NULL);
	struct pair pair = { .below = load(&w, BPF_PROG_TYPE_SYSCALL, wait_for_interrupt) };
	struct pca_run run;
	int retval;

	pair.above = load(&w, BPF_PROG_TYPE_XDP, end_it);
	for (int i = 0; i < 100; i++) {
		pair.has_begun = pair.must_end = 0;
		expect(pca_run_submit(&run, pair.below, 2, &pair), 0);
		while (!__atomic_load_n(&pair.has_begun, __ATOMIC_ACQUIRE))
			sched_yield();
		expect(pca_interrupt(pair.above, 2, PCA_CONTEXT_SOFTIRQ, &pair, &retval), 0);
		expect(retval, 2);
		expect(pca_run_wait(&run), 5);
	}
	pca_prog_put(pair.above);
	pca_prog_put(pair.below);
	messages_catch(); /* of the fds that are open */
	world_close(&w);
}

START_TEST(an_interrupt_comes_into_a_loop)
{
	come_into_a_loop();
}
END_TEST

/* As whoever takes signals by sigwait() or signalfd() does, before there are other threads. */
START_TEST(signals_that_the_caller_blocks_do_not_matter)
{
	sigset_t all;

	sigfillset(&all);
	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &all, NULL), 0);
	come_into_a_loop();
}
END_TEST

struct counting {
	struct pca_map_ref *map;
	uint32_t must_end; /* atomic */
};

/* Writes both halves of an element, again and again, from a register. */
static int write_halves(void *ctx)
{
	struct counting *c = ctx;
	volatile uint64_t *halves = pca_map_lookup_elem(c->map, &(uint32_t){ 0 });
	uint64_t n = 0;

	while (!__atomic_load_n(&c->must_end, __ATOMIC_RELAXED)) {
		halves[0] = ++n;
		halves[1] = n;
	}
	return 0;
}

/* What a lookup of the nested run finds, it may change; the other run writes over it. */
static int see_halves(void *ctx)
{
	struct counting *c = ctx;
	uint64_t *halves = pca_map_lookup_elem(c->map, &(uint32_t){ 0 });

	return halves[0] - halves[1] <= 1;
}

START_TEST(a_loop_is_interrupted_between_two_stores_and_goes_on)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0-1",
		.has_contexts = true,
	};
	struct world w = world_open_with(&opts, NULL);
	int fd = percpu_map(&w, 16, 1);
	struct pca_prog *below = load(&w, BPF_PROG_TYPE_SYSCALL, write_halves);
	struct pca_prog *above = load(&w, BPF_PROG_TYPE_XDP, see_halves);
	struct counting c = { 0 };
	struct pca_run run;
	int retval;

	expect(pca_map_get(w.task, fd, &c.map), 0);
	expect(pca_run_submit(&run, below, 1, &c), 0);
	for (int i = 0; i < 1000; i++) {
		retval = 0;
		expect(pca_interrupt(above, 1, PCA_CONTEXT_NMI, &c, &retval), 0);
		expect(retval, 1);
	}
	__atomic_store_n(&c.must_end, 1, __ATOMIC_RELAXED);
	expect(pca_run_wait(&run), 0);
	pca_map_put(c.map);
	pca_prog_put(above);
	pca_prog_put(below);
	messages_catch();
	world_close(&w);
}
END_TEST

/* ---- while the library tells of a program ---- */

struct telling {
	struct pca_prog *above;
	pthread_t thread;
	uint32_t is_telling, has_come; /* atomic */
	bool came_while_telling;
};

static int note_when(void *ctx)
{
	struct telling *t = ctx;

	t->came_while_telling = __atomic_load_n(&t->is_telling, __ATOMIC_RELAXED);
	__atomic_store_n(&t->has_come, 1, __ATOMIC_RELEASE);
	return 0;
}

static void *interrupt(void *arg)
{
	struct telling *t = arg;

	expect(pca_interrupt(t->above, 0, PCA_CONTEXT_SOFTIRQ, t, NULL), 0);
	return NULL;
}

/* Gives a signal all the time that it takes to come. */
static void let_a_signal_come(void *arg, enum pca_message_level level, const char *text)
{
	struct telling *t = arg;

	(void)level, (void)text;
	t->is_telling = 1;
	ck_assert_int_eq(pthread_create(&t->thread, NULL, interrupt, t), 0);
	for (int i = 0; i < 20000 && !__atomic_load_n(&t->has_come, __ATOMIC_ACQUIRE); i++)
		sched_yield();
	t->is_telling = 0;
}

static int enable_too_often(void *ctx)
{
	(void)ctx;
	pca_preempt_enable();
	return 0;
}

static int go_on_too_long(void *ctx)
{
	while (ctx)
		pca_checked_branch();
	return 0;
}

START_TEST(nothing_comes_in_while_the_library_tells)
{
	static const struct {
		pca_prog_fn fn;
		int err;
	} rows[] = { { enable_too_often, -EINVAL }, { go_on_too_long, -E2BIG } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_machine_opts opts = {
			.size = sizeof(opts),
			.possible = "0",
			.has_contexts = true,
		};
		struct world w = world_open_with(&opts, NULL);
		struct pca_prog *below = load(&w, BPF_PROG_TYPE_SYSCALL, rows[i].fn);
		struct telling t = { .above = load(&w, BPF_PROG_TYPE_XDP, note_when) };

		row("%zu", i);
		pca_set_message_fn(let_a_signal_come, &t);
		expect(pca_run_on(below, 0, &t, NULL), rows[i].err);
		pca_set_message_fn(NULL, NULL);
		ck_assert_int_eq(pthread_join(t.thread, NULL), 0);
		expect(t.has_come, 1);
		expect(t.came_while_telling, 0);
		pca_prog_put(t.above);
		pca_prog_put(below);
		messages_catch();
		world_close(&w);
	}
}
END_TEST

static Suite *interrupt_suite(void)
{
	Suite *suite = suite_create("interrupt");
	TCase *tc = add_case(suite, "interrupt");

	tcase_add_test(tc, an_interrupt_comes_into_a_loop);
	tcase_add_test(tc, signals_that_the_caller_blocks_do_not_matter);
	tcase_add_test(tc, a_loop_is_interrupted_between_two_stores_and_goes_on);
	tcase_add_test(tc, nothing_comes_in_while_the_library_tells);
	return suite;
}

TEST_MAIN(interrupt_suite)
