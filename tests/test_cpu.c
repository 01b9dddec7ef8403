// SPDX-License-Identifier: MIT
/*
 * CPUs that go offline and come back: what runs, what stays readable.
 */
/* labels: threads */
#include "support.h"

#include <sched.h>

/* Each test runs with workers and with runs on the calling thread. */
static const enum pca_run_mode run_modes[] = { PCA_WORKERS, PCA_INLINE };

static struct world open_mode(const char *possible, enum pca_run_mode mode)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = possible,
		.run_mode = mode,
	};

	row("mask %s, %s", possible, mode == PCA_INLINE ? "inline" : "workers");
	return world_open_with(&opts, NULL);
}

static struct pca_prog *load(const struct world *w, pca_prog_fn fn)
{
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = fn,
	};
	struct pca_prog *prog;
	int fd = expect_fd(pca_prog_load(w->task, &opts));

	expect(pca_prog_get(w->task, fd, &prog), 0);
	expect(pca_close(w->task, fd), 0);
	return prog;
}

static int which_cpu(void *ctx)
{
	(void)ctx;
	return (int)pca_get_smp_processor_id();
}

static uint32_t last_cpu(const struct world *w)
{
	return (uint32_t)pca_cpu_id(w->machine, pca_num_possible_cpus(w->machine) - 1);
}

START_TEST(cpus_go_offline_and_come_back)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		struct world w = open_mode(cpu_masks[m], PCA_WORKERS);
		uint32_t nr = pca_num_possible_cpus(w.machine), cpu = last_cpu(&w);

		if (nr > 1) {
			expect(pca_cpu_set_online(w.machine, cpu, false), 0);
			expect(pca_cpu_is_online(w.machine, cpu), false);
			expect(pca_num_online_cpus(w.machine), nr - 1);
			/* Nothing changes: no error. */
			expect(pca_cpu_set_online(w.machine, cpu, false), 0);
			expect(pca_num_online_cpus(w.machine), nr - 1);
		}
		expect(pca_cpu_set_online(w.machine, cpu, true), 0);
		expect(pca_cpu_set_online(w.machine, cpu, true), 0);
		expect(pca_cpu_is_online(w.machine, cpu), true);
		expect(pca_num_online_cpus(w.machine), nr);
		expect(pca_num_possible_cpus(w.machine), nr);
		world_close(&w);
	}
}
END_TEST

START_TEST(last_online_cpu_stays_with_ebusy)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		struct world w = open_mode(cpu_masks[m], run_modes[m % 2]);
		uint32_t nr = pca_num_possible_cpus(w.machine);

		for (uint32_t i = 0; i + 1 < nr; i++)
			expect(pca_cpu_set_online(w.machine, (uint32_t)pca_cpu_id(w.machine, i),
						  false),
			       0);
		expect(pca_cpu_set_online(w.machine, last_cpu(&w), false), -EBUSY);
		expect(pca_cpu_is_online(w.machine, last_cpu(&w)), true);
		expect(pca_num_online_cpus(w.machine), 1);
		world_close(&w);
	}
}
END_TEST

START_TEST(impossible_cpus_return_einval)
{
	static const uint32_t impossible[] = { 1, 3, 7, 126, 128, 8191, 8192, UINT32_MAX };
	struct world w = open_mode("0,4-6,127", PCA_WORKERS);
	struct pca_prog *prog = load(&w, which_cpu);
	struct pca_run run;

	for (size_t i = 0; i < ARRAY_LEN(impossible); i++) {
		row("CPU %u", impossible[i]);
		expect(pca_cpu_set_online(w.machine, impossible[i], true), -EINVAL);
		expect(pca_cpu_set_online(w.machine, impossible[i], false), -EINVAL);
		expect(pca_run_on(prog, impossible[i], NULL, NULL), -EINVAL);
		expect(pca_run_submit(&run, prog, impossible[i], NULL), -EINVAL);
		expect(pca_task_set_cpu(w.task, impossible[i]), -EINVAL);
	}
	pca_prog_put(prog);
	world_close(&w);
}
END_TEST

/* Fact: offline but possible CPUs have fully working slots for commands. */
START_TEST(slabs_of_offline_cpus_keep_and_take_values)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		for (size_t s = 0; s < nr_value_sizes; s++) {
			struct world w = open_mode(cpu_masks[m], run_modes[s % 2]);
			size_t bytes = lookup_bytes(&w, value_sizes[s]);
			unsigned char *values = malloc(bytes), *back = malloc(bytes);
			uint32_t key = 1, nr = pca_num_possible_cpus(w.machine);
			int fd = percpu_map(&w, value_sizes[s], 2);

			fill(values, bytes, 1);
			expect(cmd_update(w.task, fd, &key, values, 0), 0);
			for (uint32_t i = 1; i < nr; i++)
				pca_cpu_set_online(w.machine, (uint32_t)pca_cpu_id(w.machine, i),
						   false);
			expect(cmd_lookup(w.task, fd, &key, back, 0), 0);
			expect_bytes(back, values, bytes);

			fill(values, bytes, 2);
			expect(cmd_update(w.task, fd, &key, values, 0), 0);
			for (uint32_t i = 1; i < nr; i++)
				pca_cpu_set_online(w.machine, (uint32_t)pca_cpu_id(w.machine, i),
						   true);
			expect(cmd_lookup(w.task, fd, &key, back, 0), 0);
			expect_bytes(back, values, bytes);
			expect(pca_close(w.task, fd), 0);
			world_close(&w);
			free(values);
			free(back);
		}
	}
}
END_TEST

/* Fact: running on an offline CPU -> ENXIO. */
START_TEST(run_on_an_offline_cpu_returns_enxio)
{
	for (size_t m = 0; m < ARRAY_LEN(run_modes); m++) {
		struct world w = open_mode("0,2", run_modes[m]);
		struct pca_prog *prog = load(&w, which_cpu);
		struct pca_run run;
		int retval = -7;

		expect(pca_run_on(prog, 2, NULL, &retval), 0);
		expect(retval, 2);
		expect(pca_cpu_set_online(w.machine, 2, false), 0);
		retval = -7;
		expect(pca_run_on(prog, 2, NULL, &retval), -ENXIO);
		expect(retval, -7);
		expect(pca_run_submit(&run, prog, 2, NULL), -ENXIO);
		expect(pca_task_set_cpu(w.task, 2), -ENXIO);
		expect(pca_run_on(prog, 0, NULL, &retval), 0);
		expect(retval, 0);
		expect(pca_cpu_set_online(w.machine, 2, true), 0);
		expect(pca_run_on(prog, 2, NULL, &retval), 0);
		expect(retval, 2);
		expect(pca_task_set_cpu(w.task, 2), 0);
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

START_TEST(runs_on_each_cpu_pass_over_offline_ones)
{
	for (size_t m = 0; m < ARRAY_LEN(run_modes); m++) {
		struct world w = open_mode("0,4-6,127", run_modes[m]);
		struct pca_prog *prog = load(&w, which_cpu);
		const int all[5] = { 0, 4, 5, 6, 127 }, some[5] = { 0, -7, 5, 6, -7 };
		int retvals[5] = { -7, -7, -7, -7, -7 };

		expect(pca_cpu_set_online(w.machine, 4, false), 0);
		expect(pca_cpu_set_online(w.machine, 127, false), 0);
		expect(pca_run_on_each_cpu(prog, NULL, retvals), 3);
		ck_assert_mem_eq(retvals, some, sizeof(some));
		expect(pca_cpu_set_online(w.machine, 4, true), 0);
		expect(pca_cpu_set_online(w.machine, 127, true), 0);
		expect(pca_run_on_each_cpu(prog, NULL, retvals), 5);
		ck_assert_mem_eq(retvals, all, sizeof(all));
		expect(pca_run_on_each_cpu(prog, NULL, NULL), 5);
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

static int go_offline_inside(void *ctx)
{
	return pca_cpu_set_online(ctx, 0, false);
}

START_TEST(hotplug_inside_a_run_returns_edeadlk)
{
	for (size_t m = 0; m < ARRAY_LEN(run_modes); m++) {
		struct world w = open_mode("0-1", run_modes[m]);
		struct pca_prog *prog = load(&w, go_offline_inside);
		int retval = 0;

		expect(pca_run_on(prog, 0, w.machine, &retval), 0);
		expect(retval, -EDEADLK);
		expect(pca_run_on(prog, 1, w.machine, &retval), 0);
		expect(retval, -EDEADLK);
		expect(pca_num_online_cpus(w.machine), 2);
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

START_TEST(a_new_task_is_on_the_first_cpu_online)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0,4-6,127",
		.online = "5,127",
	};
	struct world w = world_open_with(&opts, NULL);
	struct pca_prog_load_opts prog = {
		.size = sizeof(prog),
		.type = BPF_PROG_TYPE_SYSCALL,
		.fn = which_cpu,
	};
	int fd = expect_fd(pca_prog_load(w.task, &prog));
	uint32_t attr[19] = { (uint32_t)fd };

	expect(pca_bpf(w.task, BPF_PROG_TEST_RUN, attr, sizeof(attr)), 0);
	expect(attr[1], 5);
	expect(pca_task_set_cpu(w.task, 127), 0);
	expect(pca_bpf(w.task, BPF_PROG_TEST_RUN, attr, sizeof(attr)), 0);
	expect(attr[1], 127);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* ---- hotplug beside runs ---- */

struct gate {
	int is_open;
	int nr_ran;
};

static int wait_for_gate(void *ctx)
{
	struct gate *gate = ctx;

	while (!__atomic_load_n(&gate->is_open, __ATOMIC_ACQUIRE))
		sched_yield();
	return __atomic_add_fetch(&gate->nr_ran, 1, __ATOMIC_RELAXED);
}

struct unplug {
	struct pca_machine *machine;
	uint32_t cpu;
	const struct gate *gate;
	int result, nr_ran_at_return;
};

static void *unplug_cpu(void *arg)
{
	struct unplug *unplug = arg;

	unplug->result = pca_cpu_set_online(unplug->machine, unplug->cpu, false);
	unplug->nr_ran_at_return = __atomic_load_n(&unplug->gate->nr_ran, __ATOMIC_RELAXED);
	return NULL;
}

/* Runs that were accepted finish before the CPU is offline; later ones are ENXIO. */
START_TEST(queued_runs_finish_before_their_cpu_is_offline)
{
	enum { NR = 20 };
	struct world w = open_mode("0,2", PCA_WORKERS);
	struct pca_prog *prog = load(&w, wait_for_gate);
	struct gate gate = { 0, 0 };
	struct unplug unplug = { w.machine, 2, &gate, -1, -1 };
	struct pca_run runs[NR], late;
	pthread_t thread;

	for (int i = 0; i < NR; i++)
		expect(pca_run_submit(&runs[i], prog, 2, &gate), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, unplug_cpu, &unplug), 0);
	while (pca_cpu_is_online(w.machine, 2))
		sched_yield();
	expect(pca_run_submit(&late, prog, 2, &gate), -ENXIO);
	expect(pca_run_is_done(&runs[0]), false);
	__atomic_store_n(&gate.is_open, 1, __ATOMIC_RELEASE);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	expect(unplug.result, 0);
	expect(unplug.nr_ran_at_return, NR);
	for (int i = 0; i < NR; i++) {
		expect(pca_run_is_done(&runs[i]), true);
		expect(pca_run_wait(&runs[i]), i + 1);
	}
	pca_prog_put(prog);
	world_close(&w);
}
END_TEST

struct runner {
	struct pca_prog *prog;
	uint32_t cpu;
	int *count;
	int nr, nr_accepted;
};

/* The CPU keeps its runs apart, so a plain increment loses nothing. */
static int count_run(void *ctx)
{
	return ++*(int *)ctx;
}

static void *run_many(void *arg)
{
	struct runner *runner = arg;

	for (int i = 0; i < runner->nr; i++) {
		int err = pca_run_on(runner->prog, runner->cpu, runner->count, NULL);

		ck_assert(err == 0 || err == -ENXIO);
		runner->nr_accepted += !err;
	}
	return NULL;
}

START_TEST(every_accepted_run_runs_once_while_its_cpu_comes_and_goes)
{
	for (size_t m = 0; m < ARRAY_LEN(run_modes); m++) {
		struct world w = open_mode("0,2", run_modes[m]);
		struct pca_prog *prog = load(&w, count_run);
		int count = 0;
		struct runner runners[2] = { { prog, 2, &count, 1000, 0 },
					     { prog, 2, &count, 1000, 0 } };
		pthread_t threads[2];

		for (int i = 0; i < 2; i++)
			ck_assert_int_eq(pthread_create(&threads[i], NULL, run_many, &runners[i]),
					 0);
		for (int i = 0; i < 50; i++) {
			expect(pca_cpu_set_online(w.machine, 2, false), 0);
			expect(pca_cpu_set_online(w.machine, 2, true), 0);
		}
		for (int i = 0; i < 2; i++)
			ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		expect(count, runners[0].nr_accepted + runners[1].nr_accepted);
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

static Suite *cpu_suite(void)
{
	Suite *suite = suite_create("cpu");
	TCase *tc = add_case(suite, "offline and online");

	tcase_add_test(tc, cpus_go_offline_and_come_back);
	tcase_add_test(tc, last_online_cpu_stays_with_ebusy);
	tcase_add_test(tc, impossible_cpus_return_einval);
	tcase_add_test(tc, slabs_of_offline_cpus_keep_and_take_values);
	tcase_add_test(tc, run_on_an_offline_cpu_returns_enxio);
	tcase_add_test(tc, runs_on_each_cpu_pass_over_offline_ones);
	tcase_add_test(tc, hotplug_inside_a_run_returns_edeadlk);
	tcase_add_test(tc, a_new_task_is_on_the_first_cpu_online);

	tc = add_case(suite, "beside runs");
	tcase_add_test(tc, queued_runs_finish_before_their_cpu_is_offline);
	tcase_add_test(tc, every_accepted_run_runs_once_while_its_cpu_comes_and_goes);
	return suite;
}

TEST_MAIN(cpu_suite)
