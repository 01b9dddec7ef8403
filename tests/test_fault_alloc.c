// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * pca_fail_alloc(): what users write to see each of an operation's allocations fail.
 * test_alloc_failure.c checks, with its own malloc(), that nothing is left behind then
 * and that no allocation of the library is out of reach.
 */
#include "support.h"

static struct world w;

/* An operation: what it answers; what it made it gives back itself. */
typedef long (*operation)(void);

static long close_if_open(long fd)
{
	return fd < 0 ? fd : pca_close(w.task, (int)fd);
}

static long make_machine(void)
{
	const struct pca_machine_opts opts = { .possible = "0-1,5" };
	struct pca_machine *machine;
	int err = pca_machine_create(&machine, &opts);

	if (!err)
		pca_machine_destroy(machine);
	return err;
}

static long make_task(void)
{
	struct pca_task *task;
	int err = pca_task_create(&task, w.machine, NULL);

	if (!err)
		pca_task_destroy(task);
	return err;
}

static long make_map(void)
{
	return close_if_open(pca_map_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, 0));
}

static int count_runs(void *nr_runs)
{
	__atomic_fetch_add((int *)nr_runs, 1, __ATOMIC_RELAXED);
	return 0;
}

static long load(void)
{
	const struct pca_prog_load_opts opts = { .type = BPF_PROG_TYPE_XDP, .fn = count_runs };

	return close_if_open(pca_prog_load(w.task, &opts));
}

static int pinned_fd;

static long pin_and_get(void)
{
	union any_attr attr = { .bpf.pathname = (uintptr_t) "pin",
				.bpf.bpf_fd = (uint32_t)pinned_fd };
	long err = pca_bpf(w.task, BPF_OBJ_PIN, &attr, 16);

	if (err)
		return err;
	attr.bpf.bpf_fd = 0;
	err = close_if_open(pca_bpf(w.task, BPF_OBJ_GET, &attr, 16));
	expect(pca_unlink(w.task, "pin"), 0);
	return err;
}

static long look_up_much(void)
{
	static unsigned char values[4 * 4096];

	return cmd_lookup(w.task, pinned_fd, &(uint32_t){ 0 }, values, 0);
}

static long read_fdinfo(void)
{
	char text[512];
	int len = pca_fdinfo(w.task, pinned_fd, text, sizeof(text));

	return len < 0 ? len : 0;
}

/* As the header shows it. Returns how many allocations there are. */
static uint32_t fail_each(operation act)
{
	for (uint32_t n = 1;; n++) {
		pca_fail_alloc(n);
		long ret = act();

		if (pca_fail_alloc(0)) {
			expect(ret, 0);
			return n - 1;
		}
		row("allocation %u", n);
		expect(ret, -ENOMEM);
	}
}

static void open_world(void)
{
	struct pca_task_opts opts = { .size = sizeof(opts), .memory = PCA_CHECKED };

	w = world_open_with(&(struct pca_machine_opts){ .possible = "0-3" }, &opts);
	pinned_fd = percpu_map(&w, 4096, 1);
}

static void close_world(void)
{
	expect(pca_close(w.task, pinned_fd), 0);
	world_close(&w);
}

START_TEST(each_allocation_of_each_operation_fails)
{
	static const struct {
		operation act;
		uint32_t at_least;
	} rows[] = {
		{ make_machine, 4 }, { make_task, 2 },	  { make_map, 3 },    { load, 2 },
		{ pin_and_get, 3 },  { look_up_much, 1 }, { read_fdinfo, 1 },
	};

	open_world();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t bytes = pca_machine_memory_bytes(w.machine);
		uint32_t open_fds = pca_task_open_fds(w.task), nr;

		expect(rows[i].act(), 0); /* tables that grow once have grown */
		nr = fail_each(rows[i].act);
		row("operation %zu", i);
		ck_assert_uint_ge(nr, rows[i].at_least);
		expect(fail_each(rows[i].act), nr); /* the same each time */
		expect(pca_machine_memory_bytes(w.machine), bytes);
		expect(pca_task_open_fds(w.task), open_fds);
	}
	close_world();
}
END_TEST

START_TEST(one_allocation_fails_and_no_other)
{
	open_world();
	pca_fail_alloc(1);
	expect(make_map(), -ENOMEM);
	expect(make_map(), 0);
	expect(pca_fail_alloc(0), 0);
	expect(pca_fail_alloc(1000), 0);
	expect(make_map(), 0);
	uint32_t left = pca_fail_alloc(0);

	ck_assert_uint_lt(left, 1000);
	ck_assert_uint_ge(left, 900);
	expect(pca_fail_alloc(0), 0);
	close_world();
}
END_TEST

/* A thread that there is no memory for. */
START_TEST(a_worker_that_cannot_start_is_eagain)
{
	const struct pca_prog_load_opts opts = { .type = BPF_PROG_TYPE_XDP, .fn = count_runs };
	struct pca_prog *prog;
	int nr_runs = 0;

	open_world();
	int fd = expect_fd(pca_prog_load(w.task, &opts));

	expect(pca_prog_get(w.task, fd, &prog), 0);
	pca_fail_alloc(1);
	expect(pca_run_on(prog, 0, &nr_runs, NULL), -EAGAIN);
	expect(pca_fail_alloc(1), 0);
	expect(pca_run_on_each_cpu(prog, &nr_runs, NULL), -ENOMEM);
	pca_fail_alloc(2);
	expect(pca_run_on_each_cpu(prog, &nr_runs, NULL), -EAGAIN);
	expect(nr_runs, 0);
	expect(pca_run_on_each_cpu(prog, &nr_runs, NULL), 4);
	expect(nr_runs, 4);
	pca_prog_put(prog);
	expect(pca_close(w.task, fd), 0);
	close_world();
}
END_TEST

static void *make_maps(void *unused)
{
	(void)unused;
	for (int i = 0; i < 100; i++)
		expect(make_map(), 0);
	expect(pca_fail_alloc(0), 0);
	return NULL;
}

START_TEST(other_threads_neither_count_nor_fail)
{
	pthread_t thread;

	open_world();
	pca_fail_alloc(2);
	expect(pthread_create(&thread, NULL, make_maps, NULL), 0);
	pthread_join(thread, NULL);
	expect(pca_fail_alloc(2), 2);
	expect(make_map(), -ENOMEM);
	close_world();
}
END_TEST

START_TEST(orders_of_faults_do_not_count)
{
	open_world();
	pca_fail_alloc(1);
	expect(pca_fail_next(w.task, BPF_MAP_CREATE, EPERM), 0);
	expect(make_map(), -EPERM);
	expect(make_map(), -ENOMEM);
	close_world();
}
END_TEST

static Suite *fault_alloc_suite(void)
{
	Suite *suite = suite_create("fault of an allocation");
	TCase *tc = add_case(suite, "allocations");

	tcase_add_test(tc, each_allocation_of_each_operation_fails);
	tcase_add_test(tc, one_allocation_fails_and_no_other);
	tcase_add_test(tc, a_worker_that_cannot_start_is_eagain);
	tcase_add_test(tc, other_threads_neither_count_nor_fail);
	tcase_add_test(tc, orders_of_faults_do_not_count);
	return suite;
}

TEST_MAIN(fault_alloc_suite)
