// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * Runs: on workers and inline, waited for or not, one after the other on a CPU
 * and side by side on several. Nothing here depends on how fast the host is.
 */
#include <sched.h>

#include "support.h"

static struct pca_prog *load(const struct world *w, pca_prog_fn fn)
{
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = fn,
	};
	int fd = expect_fd(pca_prog_load(w->task, &opts));
	struct pca_prog *prog;

	expect(pca_prog_get(w->task, fd, &prog), 0);
	expect(pca_close(w->task, fd), 0);
	return prog;
}

static struct world world_of(const char *possible, const char *online, enum pca_run_mode mode)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = possible,
		.online = online,
		.run_mode = mode,
	};

	return world_open_with(&opts, NULL);
}

static const enum pca_run_mode modes[] = { PCA_WORKERS, PCA_INLINE };

static int return_cpu(void *ctx)
{
	(void)ctx;
	return (int)pca_get_smp_processor_id();
}

START_TEST(a_run_is_on_the_cpu_it_was_sent_to)
{
	static const char *const masks[] = { "0", "0-3", "0,2-3,7", "0,4-6,127", "8191" };

	for (size_t m = 0; m < ARRAY_LEN(masks) * 2; m++) {
		struct world w = world_of(masks[m / 2], NULL, modes[m % 2]);
		struct pca_prog *prog = load(&w, return_cpu);
		int retvals[8], retval;

		row("mask %s, mode %d", masks[m / 2], (int)modes[m % 2]);
		for (uint32_t i = 0; i < pca_num_possible_cpus(w.machine); i++) {
			int cpu = pca_cpu_id(w.machine, i);

			expect(pca_run_on(prog, (uint32_t)cpu, NULL, &retval), 0);
			expect(retval, cpu);
			expect(pca_run_on(prog, (uint32_t)cpu, NULL, NULL), 0);
		}
		memset(retvals, 0xee, sizeof(retvals));
		expect(pca_run_on_each_cpu(prog, NULL, retvals), pca_num_possible_cpus(w.machine));
		for (uint32_t i = 0; i < pca_num_possible_cpus(w.machine); i++)
			expect(retvals[i], pca_cpu_id(w.machine, i));
		expect(pca_run_on_each_cpu(prog, NULL, NULL), pca_num_possible_cpus(w.machine));
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

static int return_ctx(void *ctx)
{
	return *(const int *)ctx;
}

START_TEST(a_run_gets_its_ctx_and_gives_its_result)
{
	static const int results[] = { 0, 1, -1, INT32_MAX, INT32_MIN };

	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = world_of("0-1", NULL, modes[m]);
		struct pca_prog *prog = load(&w, return_ctx);

		for (size_t i = 0; i < ARRAY_LEN(results); i++) {
			struct pca_run run;
			int ctx = results[i], retval = 99;

			expect(pca_run_on(prog, 1, &ctx, &retval), 0);
			expect(retval, results[i]);
			expect(pca_run_submit(&run, prog, 1, &ctx), 0);
			expect(pca_run_wait(&run), results[i]);
			expect(pca_run_is_done(&run), true);
		}
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

START_TEST(cpus_that_are_not_there_are_refused)
{
	static const struct {
		uint32_t cpu;
		int want;
	} rows[] = {
		{ 0, 0 },	  { 1, -EINVAL },    { 2, -ENXIO },	      { 3, 0 },
		{ 4, -EINVAL },	  { 6, -EINVAL },    { 7, -ENXIO },	      { 8, -EINVAL },
		{ 127, -EINVAL }, { 8192, -EINVAL }, { UINT32_MAX, -EINVAL },
	};

	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = world_of("0,2-3,7", "0,3", modes[m]);
		struct pca_prog *prog = load(&w, return_cpu);
		int retvals[4] = { -99, -99, -99, -99 };
		struct pca_run run;

		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			int retval = -99;

			row("mode %d, cpu %u", (int)modes[m], rows[i].cpu);
			expect(pca_run_on(prog, rows[i].cpu, NULL, &retval), rows[i].want);
			expect(retval, rows[i].want ? -99 : (int)rows[i].cpu);
			expect(pca_run_submit(&run, prog, rows[i].cpu, NULL), rows[i].want);
			if (!rows[i].want)
				expect(pca_run_wait(&run), rows[i].cpu);
		}
		row("mode %d", (int)modes[m]);
		expect(pca_run_on_each_cpu(prog, NULL, retvals), 2);
		expect(retvals[0], 0);
		expect(retvals[1], -99);
		expect(retvals[2], 3);
		expect(retvals[3], -99);
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

START_TEST(a_cpu_comes_and_goes)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = world_of("0-2", NULL, modes[m]);
		struct pca_prog *prog = load(&w, return_cpu);

		row("mode %d", (int)modes[m]);
		for (int i = 0; i < 3; i++) {
			expect(pca_run_on(prog, 1, NULL, NULL), 0);
			expect(pca_cpu_set_online(w.machine, 1, false), 0);
			expect(pca_run_on(prog, 1, NULL, NULL), -ENXIO);
			expect(pca_run_on_each_cpu(prog, NULL, NULL), 2);
			expect(pca_cpu_set_online(w.machine, 1, true), 0);
			expect(pca_run_on_each_cpu(prog, NULL, NULL), 3);
		}
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

/* ---- from inside a run ---- */

struct nested {
	struct pca_prog *inner;
	struct pca_machine *machine;
	int on_own, on_other, on_each, submit, set_online;
	struct pca_run run;
};

static int try_to_nest(void *ctx)
{
	struct nested *n = ctx;

	n->on_own = pca_run_on(n->inner, pca_get_smp_processor_id(), NULL, NULL);
	n->on_other = pca_run_on(n->inner, 1, NULL, NULL);
	n->on_each = pca_run_on_each_cpu(n->inner, NULL, NULL);
	n->set_online = pca_cpu_set_online(n->machine, 1, false);
	n->submit = pca_run_submit(&n->run, n->inner, 1, NULL);
	return 0;
}

START_TEST(a_run_cannot_wait_for_another)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = world_of("0-1", NULL, modes[m]);
		struct pca_prog *outer = load(&w, try_to_nest);
		struct nested n = { .inner = load(&w, return_cpu), .machine = w.machine };

		row("mode %d", (int)modes[m]);
		expect(pca_run_on(outer, 0, &n, NULL), 0);
		expect(n.on_own, -EDEADLK);
		expect(n.on_other, -EDEADLK);
		expect(n.on_each, -EDEADLK);
		expect(n.set_online, -EDEADLK);
		expect(pca_cpu_is_online(w.machine, 1), true);
		/* A worker may hand over what it does not wait for. */
		expect(n.submit, modes[m] == PCA_INLINE ? -EDEADLK : 0);
		if (!n.submit)
			expect(pca_run_wait(&n.run), 1);
		pca_prog_put(n.inner);
		pca_prog_put(outer);
		world_close(&w);
	}
}
END_TEST

static int submit_to_itself(void *ctx)
{
	struct nested *n = ctx;

	n->submit = pca_run_submit(&n->run, n->inner, pca_get_smp_processor_id(), NULL);
	return pca_run_is_done(&n->run);
}

START_TEST(what_a_run_submits_to_its_own_cpu_comes_after_it)
{
	struct world w = world_of("0-1", NULL, PCA_WORKERS);
	struct pca_prog *outer = load(&w, submit_to_itself);
	struct nested n = { .inner = load(&w, return_cpu) };
	int was_done = 99;

	expect(pca_run_on(outer, 1, &n, &was_done), 0);
	expect(n.submit, 0);
	expect(was_done, false);
	expect(pca_run_wait(&n.run), 1);
	pca_prog_put(n.inner);
	pca_prog_put(outer);
	world_close(&w);
}
END_TEST

/* ---- order and overlap ---- */

#define NR_ORDERED 200

struct gate {
	int is_open; /* atomic */
};

static int wait_at_gate(void *ctx)
{
	struct gate *gate = ctx;

	while (!__atomic_load_n(&gate->is_open, __ATOMIC_ACQUIRE))
		sched_yield();
	return 0;
}

struct ordered {
	int *next; /* runs on one CPU: no lock */
	int got;
};

static int take_number(void *ctx)
{
	struct ordered *o = ctx;

	o->got = (*o->next)++;
	return o->got;
}

START_TEST(runs_on_one_cpu_come_in_the_order_of_their_submission)
{
	struct world w = world_of("0-1", NULL, PCA_WORKERS);
	struct pca_prog *waiter = load(&w, wait_at_gate), *taker = load(&w, take_number);
	struct pca_prog *other = load(&w, return_cpu);
	static struct pca_run runs[NR_ORDERED];
	static struct ordered ordered[NR_ORDERED];
	struct gate gate = { 0 };
	struct pca_run first;
	int next = 0;

	expect(pca_run_submit(&first, waiter, 1, &gate), 0);
	for (int i = 0; i < NR_ORDERED; i++) {
		ordered[i].next = &next;
		expect(pca_run_submit(&runs[i], taker, 1, &ordered[i]), 0);
	}
	/* Nothing overtakes the one that waits; the other CPU does not care. */
	expect(pca_run_is_done(&first), false);
	expect(pca_run_is_done(&runs[0]), false);
	expect(pca_run_on(other, 0, NULL, NULL), 0);
	expect(pca_run_is_done(&runs[NR_ORDERED - 1]), false);
	__atomic_store_n(&gate.is_open, 1, __ATOMIC_RELEASE);
	expect(pca_run_wait(&runs[NR_ORDERED - 1]), NR_ORDERED - 1);
	for (int i = 0; i < NR_ORDERED - 1; i++) {
		expect(pca_run_is_done(&runs[i]), true);
		expect(pca_run_wait(&runs[i]), i);
		expect(ordered[i].got, i);
	}
	expect(pca_run_wait(&first), 0);
	pca_prog_put(other);
	pca_prog_put(taker);
	pca_prog_put(waiter);
	world_close(&w);
}
END_TEST

/* Going offline waits for what was accepted. */
START_TEST(accepted_runs_finish_before_a_cpu_is_offline)
{
	struct world w = world_of("0-1", NULL, PCA_WORKERS);
	struct pca_prog *taker = load(&w, take_number);
	static struct pca_run runs[NR_ORDERED];
	static struct ordered ordered[NR_ORDERED];
	int next = 0;

	for (int i = 0; i < NR_ORDERED; i++) {
		ordered[i].next = &next;
		expect(pca_run_submit(&runs[i], taker, 1, &ordered[i]), 0);
	}
	expect(pca_cpu_set_online(w.machine, 1, false), 0);
	for (int i = 0; i < NR_ORDERED; i++) {
		expect(pca_run_is_done(&runs[i]), true);
		expect(pca_run_wait(&runs[i]), i);
	}
	pca_prog_put(taker);
	world_close(&w);
}
END_TEST

/* Each CPU's flag says whether a run is on it; plain, as only that CPU's runs touch it. */
struct overlap {
	struct pca_map_ref *inside;
	uint32_t collisions; /* atomic */
};

static int enter_and_leave(void *ctx)
{
	struct overlap *o = ctx;
	uint32_t key = 0;
	volatile uint64_t *inside = pca_map_lookup_elem(o->inside, &key);

	if (*inside)
		__atomic_fetch_add(&o->collisions, 1, __ATOMIC_RELAXED);
	*inside = 1;
	for (volatile int i = 0; i < 20; i++)
		;
	*inside = 0;
	return 0;
}

struct caller {
	pthread_t thread;
	struct pca_prog *prog;
	void *ctx;
	uint32_t cpu, nr_runs;
	int err;
};

static void *call_repeatedly(void *arg)
{
	struct caller *c = arg;

	for (uint32_t i = 0; i < c->nr_runs && !c->err; i++)
		c->err = pca_run_on(c->prog, c->cpu, c->ctx, NULL);
	return NULL;
}

START_TEST(runs_on_one_cpu_never_overlap)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = world_of("0,5", NULL, modes[m]);
		struct pca_prog *prog = load(&w, enter_and_leave);
		int fd = percpu_map(&w, 8, 1);
		struct overlap o = { 0 };
		struct caller callers[6];

		row("mode %d", (int)modes[m]);
		expect(pca_map_get(w.task, fd, &o.inside), 0);
		for (size_t i = 0; i < ARRAY_LEN(callers); i++) {
			callers[i] = (struct caller){ .prog = prog, .ctx = &o, .nr_runs = 2000 };
			callers[i].cpu = i % 2 ? 5 : 0;
			expect(pthread_create(&callers[i].thread, NULL, call_repeatedly,
					      &callers[i]),
			       0);
		}
		for (size_t i = 0; i < ARRAY_LEN(callers); i++) {
			expect(pthread_join(callers[i].thread, NULL), 0);
			expect(callers[i].err, 0);
		}
		expect(o.collisions, 0);
		pca_map_put(o.inside);
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

/* Two programs that each wait for the other: they must be running at once. */
struct rendezvous {
	int arrived; /* atomic */
	int expected;
};

static int meet(void *ctx)
{
	struct rendezvous *r = ctx;

	__atomic_fetch_add(&r->arrived, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&r->arrived, __ATOMIC_ACQUIRE) < r->expected)
		sched_yield();
	return 1;
}

START_TEST(runs_on_different_cpus_do_overlap)
{
	struct world w = world_of("0,2-3,7", NULL, PCA_WORKERS);
	struct pca_prog *prog = load(&w, meet);
	struct rendezvous two = { .expected = 2 }, all = { .expected = 4 };
	struct pca_run a, b;
	int retvals[4];

	expect(pca_run_submit(&a, prog, 2, &two), 0);
	expect(pca_run_submit(&b, prog, 7, &two), 0);
	expect(pca_run_wait(&a), 1);
	expect(pca_run_wait(&b), 1);
	/* All at the same time, also when there are fewer host CPUs. */
	expect(pca_run_on_each_cpu(prog, &all, retvals), 4);
	for (size_t i = 0; i < ARRAY_LEN(retvals); i++)
		expect(retvals[i], 1);
	pca_prog_put(prog);
	world_close(&w);
}
END_TEST

START_TEST(inline_runs_of_two_threads_do_overlap)
{
	struct world w = world_of("0-1", NULL, PCA_INLINE);
	struct pca_prog *prog = load(&w, meet);
	struct rendezvous two = { .expected = 2 };
	struct caller other = { .prog = prog, .ctx = &two, .cpu = 1, .nr_runs = 1 };

	expect(pthread_create(&other.thread, NULL, call_repeatedly, &other), 0);
	expect(pca_run_on(prog, 0, &two, NULL), 0);
	expect(pthread_join(other.thread, NULL), 0);
	expect(other.err, 0);
	pca_prog_put(prog);
	world_close(&w);
}
END_TEST

static int remember_thread(void *ctx)
{
	*(pthread_t *)ctx = pthread_self();
	return 0;
}

START_TEST(who_carries_a_run)
{
	struct world inline_w = world_of("0-1", NULL, PCA_INLINE);
	struct world worker_w = world_of("0-1", NULL, PCA_WORKERS);
	struct pca_prog *prog = load(&inline_w, remember_thread);
	pthread_t carrier, again;

	expect(pca_run_on(prog, 1, &carrier, NULL), 0);
	expect(pthread_equal(carrier, pthread_self()) != 0, 1);
	pca_prog_put(prog);

	prog = load(&worker_w, remember_thread);
	expect(pca_run_on(prog, 1, &carrier, NULL), 0);
	expect(pthread_equal(carrier, pthread_self()) != 0, 0);
	expect(pca_run_on(prog, 1, &again, NULL), 0);
	expect(pthread_equal(carrier, again) != 0, 1);
	expect(pca_run_on(prog, 0, &again, NULL), 0);
	expect(pthread_equal(carrier, again) != 0, 0);
	pca_prog_put(prog);
	world_close(&worker_w);
	world_close(&inline_w);
}
END_TEST

/* ---- many CPUs ---- */

static int count_one(void *ctx)
{
	uint32_t key = 0;
	uint64_t *count = pca_map_lookup_elem(ctx, &key);

	return (int)++*count;
}

START_TEST(sixty_four_cpus_on_a_small_host)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = world_of("0-63", NULL, modes[m]);
		struct pca_prog *prog = load(&w, count_one);
		int fd = percpu_map(&w, 8, 1), retvals[64];
		struct pca_map_ref *map;
		uint64_t counts[64];
		uint32_t key = 0;

		row("mode %d", (int)modes[m]);
		expect(pca_map_get(w.task, fd, &map), 0);
		for (int i = 1; i <= 50; i++) {
			expect(pca_run_on_each_cpu(prog, map, retvals), 64);
			for (size_t cpu = 0; cpu < 64; cpu++)
				expect(retvals[cpu], i);
		}
		expect(cmd_lookup(w.task, fd, &key, counts, 0), 0);
		for (size_t cpu = 0; cpu < 64; cpu++)
			expect(counts[cpu], 50);
		pca_map_put(map);
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

START_TEST(a_sparse_machines_slots_are_in_the_order_of_ids)
{
	static const uint32_t cpus[] = { 0, 4, 5, 6, 127 };

	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = world_of("0,4-6,127", NULL, modes[m]);
		struct pca_prog *prog = load(&w, count_one);
		int fd = percpu_map(&w, 8, 1);
		struct pca_map_ref *map;
		uint64_t counts[5];
		uint32_t key = 0;

		row("mode %d", (int)modes[m]);
		expect(pca_map_get(w.task, fd, &map), 0);
		for (uint32_t i = 0; i < ARRAY_LEN(cpus); i++) {
			for (uint32_t n = 0; n <= i; n++)
				expect(pca_run_on(prog, cpus[i], map, NULL), 0);
		}
		expect(cmd_lookup(w.task, fd, &key, counts, 0), 0);
		for (uint32_t i = 0; i < ARRAY_LEN(cpus); i++) {
			expect(counts[i], i + 1);
			expect(*(uint64_t *)pca_map_peek(map, cpus[i], 0), i + 1);
			expect(pca_cpu_ordinal(w.machine, cpus[i]), i);
		}
		pca_map_put(map);
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

START_TEST(a_machine_may_end_right_after_its_runs)
{
	for (int i = 0; i < 20; i++) {
		struct world w = world_of("0-3", NULL, PCA_WORKERS);
		struct pca_prog *prog = load(&w, return_cpu);

		expect(pca_run_on_each_cpu(prog, NULL, NULL), 4);
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("run");
	TCase *one = add_case(suite, "one"), *order = add_case(suite, "order"),
	      *many = add_case(suite, "many");

	tcase_add_test(one, a_run_is_on_the_cpu_it_was_sent_to);
	tcase_add_test(one, a_run_gets_its_ctx_and_gives_its_result);
	tcase_add_test(one, cpus_that_are_not_there_are_refused);
	tcase_add_test(one, a_cpu_comes_and_goes);
	tcase_add_test(one, a_run_cannot_wait_for_another);
	tcase_add_test(one, who_carries_a_run);

	tcase_add_test(order, what_a_run_submits_to_its_own_cpu_comes_after_it);
	tcase_add_test(order, runs_on_one_cpu_come_in_the_order_of_their_submission);
	tcase_add_test(order, accepted_runs_finish_before_a_cpu_is_offline);
	tcase_add_test(order, runs_on_one_cpu_never_overlap);
	tcase_add_test(order, runs_on_different_cpus_do_overlap);
	tcase_add_test(order, inline_runs_of_two_threads_do_overlap);

	tcase_add_test(many, sixty_four_cpus_on_a_small_host);
	tcase_add_test(many, a_sparse_machines_slots_are_in_the_order_of_ids);
	tcase_add_test(many, a_machine_may_end_right_after_its_runs);
	return suite;
}

TEST_MAIN(make_suite)
