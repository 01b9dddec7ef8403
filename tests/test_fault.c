// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * Faults that commands are ordered to meet before they look at anything: which
 * command meets which order, what is left of the queue, what is refused.
 */
#include "support.h"

#include <limits.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

static const int commands[] = {
	BPF_MAP_CREATE,	      BPF_MAP_LOOKUP_ELEM,    BPF_MAP_UPDATE_ELEM,
	BPF_MAP_DELETE_ELEM,  BPF_MAP_GET_NEXT_KEY,   BPF_OBJ_PIN,
	BPF_OBJ_GET,	      BPF_PROG_TEST_RUN,      BPF_MAP_GET_NEXT_ID,
	BPF_MAP_GET_FD_BY_ID, BPF_OBJ_GET_INFO_BY_FD, BPF_MAP_LOOKUP_AND_DELETE_ELEM,
	BPF_MAP_FREEZE,	      BPF_MAP_LOOKUP_BATCH,   BPF_MAP_LOOKUP_AND_DELETE_BATCH,
	BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH,   BPF_BTF_LOAD, /* not simulated */
};

/* An errno that no command gives by itself. */
#define ODD_ERRNO EUCLEAN

static void order(struct pca_task *task, struct pca_fault_opts opts)
{
	opts.size = sizeof(opts);
	expect(pca_fault_add(task, &opts), 0);
}

/* ---- one fault ---- */

/* A NULL attr: whatever looks at it would say so. */
static void expect_one_failure(struct pca_task *task, int ordered, int cmd)
{
	long before = pca_bpf(task, cmd, NULL, 32);

	ck_assert_int_ne(before, -ODD_ERRNO);
	expect(pca_fail_next(task, ordered, ODD_ERRNO), 0);
	expect(pca_faults_pending(task), 1);
	expect(pca_bpf(task, cmd, NULL, 32), -ODD_ERRNO);
	expect(pca_faults_pending(task), 0);
	expect(pca_bpf(task, cmd, NULL, 32), before);
}

START_TEST(each_command_fails_once_and_looks_at_nothing)
{
	for (size_t release = 0; release < NR_MEASURED; release++) {
		for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
			struct world w =
				world_of_release(release, "0,2", (enum pca_task_memory)memory);

			for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
				row("%s, command %d", measured_releases[release], commands[i]);
				expect_one_failure(w.task, commands[i], commands[i]);
				expect_one_failure(w.task, PCA_ANY_COMMAND, commands[i]);
			}
			world_close(&w);
		}
	}
}
END_TEST

START_TEST(a_command_that_fails_changes_nothing)
{
	struct world w = world_open("0-1", PCA_DIRECT);
	int fd = percpu_map(&w, 8, 2);
	uint64_t values[2] = { 1, 2 }, got[2] = { 7, 7 };
	const uint64_t bytes = pca_machine_memory_bytes(w.machine);
	uint32_t key = 0;

	expect(pca_fail_next(w.task, BPF_MAP_UPDATE_ELEM, ENOMEM), 0);
	expect(pca_fail_next(w.task, BPF_MAP_CREATE, EPERM), 0);
	expect(pca_fail_next(w.task, BPF_MAP_LOOKUP_ELEM, EIO), 0);
	expect(pca_map_update(w.task, fd, &key, values, sizeof(values), 0), -ENOMEM);
	expect(pca_map_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, 0), -EPERM);
	expect(pca_machine_memory_bytes(w.machine), bytes);
	expect(pca_task_open_fds(w.task), 1);
	expect(pca_map_lookup(w.task, fd, &key, got, sizeof(got), 0), -EIO);
	expect(got[0], 7);
	expect(pca_map_lookup(w.task, fd, &key, got, sizeof(got), 0), 0);
	expect(got[0] | got[1], 0);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

START_TEST(only_the_ordered_command_of_the_task_fails)
{
	struct world w = world_open("0-1", PCA_DIRECT);
	int fd = percpu_map(&w, 8, 2);
	struct pca_task *other;
	uint64_t values[2];
	uint32_t key = 0;

	expect(pca_task_create(&other, w.machine, NULL), 0);
	expect(pca_fail_next(w.task, BPF_MAP_FREEZE, EIO), 0);
	expect(cmd_freeze(other, fd), -EBADF);
	expect(cmd_lookup(w.task, fd, &key, values, 0), 0);
	expect(cmd_next_key(w.task, fd, NULL, &key), 0);
	expect(pca_faults_pending(w.task), 1);
	expect(pca_faults_pending(other), 0);
	expect(cmd_freeze(w.task, fd), -EIO);
	expect(cmd_freeze(w.task, fd), 0);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

static int do_nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

START_TEST(loading_a_program_is_prog_load)
{
	const struct pca_prog_load_opts load = { .type = BPF_PROG_TYPE_XDP, .fn = do_nothing };
	struct world w = world_open("0", PCA_DIRECT);

	expect(pca_fail_next(w.task, BPF_PROG_LOAD, EACCES), 0);
	expect(pca_fail_next(w.task, PCA_ANY_COMMAND, ENOSPC), 0);
	expect(pca_prog_load(w.task, &load), -EACCES);
	expect(pca_prog_load(w.task, &load), -ENOSPC);
	expect(pca_close(w.task, expect_fd(pca_prog_load(w.task, &load))), 0);
	world_close(&w);
}
END_TEST

START_TEST(batches_that_know_their_buffers_fail_too)
{
	struct world w = world_open("0", PCA_DIRECT);
	uint64_t attr[7] = { 0 };

	expect(pca_fail_next(w.task, BPF_MAP_LOOKUP_BATCH, EFAULT), 0);
	expect(pca_map_batch(w.task, BPF_MAP_LOOKUP_BATCH, attr, sizeof(attr),
			     (struct pca_batch_bytes){ 0, 0 }),
	       -EFAULT);
	world_close(&w);
}
END_TEST

/* The order is for the plain command; what is wrong with the common attrs comes first. */
START_TEST(common_attrs_make_no_difference)
{
	struct world w = world_of_release(R7_2, "0", PCA_DIRECT);
	union any_attr attr = create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1);
	char log[64] = "untouched";
	struct {
		uint64_t log_buf;
		uint32_t log_size, log_level, log_true_size, padding;
	} common = { (uintptr_t)log, sizeof(log), 1, 9, 0 };

	expect(pca_fail_next(w.task, BPF_MAP_CREATE, EBUSY), 0);
	expect(pca_bpf_common(w.task, BPF_MAP_CREATE, &attr, 32, &common, 4096), -E2BIG);
	expect(pca_bpf_common(w.task, BPF_MAP_CREATE, &attr, 32, &common, 20), -EBUSY);
	expect(pca_faults_pending(w.task), 0);
	ck_assert_str_eq(log, "untouched");
	expect(common.log_true_size, 9);
	expect(pca_fail_next(w.task, BPF_MAP_CREATE, EBUSY), 0);
	expect(pca_bpf(w.task, BPF_MAP_CREATE | BPF_COMMON_ATTRS, &attr, 32), -EBUSY);
	world_close(&w);
}
END_TEST

/* Capabilities are looked at later: the task has both reasons for attention. */
START_TEST(a_task_without_capabilities_meets_its_fault_first)
{
	struct pca_machine_opts machine = { .size = sizeof(machine), .release = "5.10" };
	struct pca_task_opts poor = { .size = sizeof(poor), .dropped_caps = ~0ULL };
	struct world w = world_open_with(&machine, &poor);

	expect(pca_fail_next(w.task, BPF_MAP_GET_NEXT_KEY, EIO), 0);
	expect(cmd_next_key(w.task, -1, NULL, NULL), -EIO);
	expect(cmd_next_key(w.task, -1, NULL, NULL), -EPERM);
	world_close(&w);
}
END_TEST

/* ---- the queue ---- */

START_TEST(orders_are_met_one_after_the_other)
{
	struct world w = world_open("0", PCA_DIRECT);

	expect(pca_fail_next(w.task, BPF_MAP_FREEZE, EIO), 0);
	expect(pca_fail_next(w.task, BPF_MAP_DELETE_ELEM, EINTR), 0);
	expect(pca_fail_next(w.task, PCA_ANY_COMMAND, EBUSY), 0);
	expect(pca_fail_next(w.task, BPF_MAP_FREEZE, EAGAIN), 0);
	expect(pca_faults_pending(w.task), 4);
	expect(cmd_freeze(w.task, -1), -EIO);
	expect(cmd_freeze(w.task, -1), -EBUSY);
	expect(cmd_freeze(w.task, -1), -EAGAIN);
	expect(cmd_freeze(w.task, -1), -EBADF);
	expect(cmd_delete(w.task, -1, NULL), -EINTR);
	expect(cmd_delete(w.task, -1, NULL), -EBADF);
	expect(pca_faults_pending(w.task), 0);
	world_close(&w);
}
END_TEST

START_TEST(an_order_counts_who_skips_and_who_meets_it)
{
	struct world w = world_open("0", PCA_DIRECT);

	order(w.task,
	      (struct pca_fault_opts){ .cmd = BPF_MAP_FREEZE, .skip = 2, .times = 2, .err = EIO });
	expect(pca_fail_next(w.task, BPF_MAP_FREEZE, EAGAIN), 0);
	for (int i = 0; i < 2; i++) {
		expect(cmd_delete(w.task, -1, NULL), -EBADF);
		expect(cmd_freeze(w.task, -1), -EBADF);
	}
	expect(cmd_freeze(w.task, -1), -EIO);
	expect(pca_faults_pending(w.task), 2);
	expect(cmd_freeze(w.task, -1), -EIO);
	expect(pca_faults_pending(w.task), 1);
	expect(cmd_freeze(w.task, -1), -EAGAIN);
	expect(cmd_freeze(w.task, -1), -EBADF);
	world_close(&w);
}
END_TEST

START_TEST(every_time_lasts_until_it_is_cleared)
{
	struct world w = world_open("0", PCA_DIRECT);

	order(w.task, (struct pca_fault_opts){
			      .cmd = BPF_MAP_FREEZE, .times = PCA_EVERY_TIME, .err = EIO });
	expect(pca_fail_next(w.task, BPF_MAP_FREEZE, EAGAIN), 0);
	expect(pca_faults_pending(w.task), 2);
	for (int i = 0; i < 1000; i++)
		expect(cmd_freeze(w.task, -1), -EIO);
	expect(pca_faults_pending(w.task), 1); /* the other one */
	expect(pca_fault_clear(w.task), 1);
	expect(cmd_freeze(w.task, -1), -EBADF);
	expect(pca_fault_clear(w.task), 0);
	world_close(&w);
}
END_TEST

START_TEST(what_is_left_can_be_asked_for)
{
	struct world w = world_open("0", PCA_DIRECT);
	struct pca_fault_opts got = { .size = sizeof(got) }, begun = { .size = 16 };

	order(w.task, (struct pca_fault_opts){
			      .cmd = BPF_MAP_FREEZE, .times = PCA_EVERY_TIME, .err = EIO });
	order(w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_DELETE_ELEM,
					       .skip = 3,
					       .times = 4,
					       .delay_ns = 1,
					       .arg = &w,
					       .err = EAGAIN });
	expect(pca_fault_get(w.task, 0, &got), 0);
	expect(got.cmd, BPF_MAP_FREEZE);
	expect(cmd_freeze(w.task, -1), -EIO);
	expect(cmd_delete(w.task, -1, NULL), -EBADF);
	expect(pca_fault_get(w.task, 0, &got), 0);
	expect(got.size, sizeof(got));
	expect(got.cmd, BPF_MAP_DELETE_ELEM);
	expect(got.skip, 2);
	expect(got.times, 4);
	expect(got.delay_ns, 1);
	ck_assert_ptr_eq(got.arg, &w);
	expect(got.err, EAGAIN);
	expect(pca_fault_get(w.task, 1, &got), -ENOENT);
	/* A caller with an older, shorter structure. */
	begun.times = 99;
	expect(pca_fault_get(w.task, 0, &begun), 0);
	expect(begun.size, 16);
	expect(begun.cmd, BPF_MAP_DELETE_ELEM);
	expect(begun.skip, 2);
	expect(begun.times, 99);
	expect(pca_fault_clear(w.task), 1);
	expect(pca_fault_get(w.task, 0, &got), -ENOENT);
	world_close(&w);
}
END_TEST

/* ---- refusals ---- */

static void hook(void *arg)
{
	++*(int *)arg;
}

START_TEST(orders_without_sense_are_refused_in_words)
{
	static const struct {
		struct pca_fault_opts opts;
		const char *text;
	} rows[] = {
		{ { .cmd = -2, .err = EIO }, "command -2, which no release has: give an enum " },
		{ { .cmd = 1000, .err = EINTR }, "command 1000, which no release has" },
		{ { .cmd = INT_MIN, .err = EIO }, "give an enum bpf_cmd" },
		{ { .cmd = BPF_COMMON_ATTRS, .err = EIO }, "without BPF_COMMON_ATTRS" },
		{ { .cmd = BPF_COMMON_ATTRS | 1, .err = EIO }, "without BPF_COMMON_ATTRS" },
		{ { .cmd = 1, .err = -EIO }, "errno -5: give a positive one" },
		{ { .cmd = 1, .err = 4096 }, "errno 4096: give a positive one" },
		{ { .cmd = 1 }, "command 1 in which nothing happens" },
		{ { .cmd = 1, .after_copies = 1 }, "nothing happens" },
		{ { .cmd = 1, .arg = &order }, "nothing happens" },
		{ { .cmd = 1, .after_copies = 1, .err = EIO }, "errno 5 after 1 copies" },
		{ { .cmd = BPF_MAP_LOOKUP_BATCH, .after_elems = 1, .after_copies = 1, .err = EIO },
		  "with after_copies 0" },
		{ { .cmd = 1, .after_elems = 1, .err = EIO }, "it has no such middle" },
		{ { .cmd = 0, .after_copies = 1, .fn = hook }, "it has no such middle" },
		{ { .cmd = BPF_MAP_LOOKUP_AND_DELETE_BATCH, .after_elems = 1, .fn = hook },
		  "it has no such middle" },
		{ { .cmd = 1, .after_copies = 3, .fn = hook }, "after 3 copies: an element has 2" },
		{ { .cmd = 1, .sets_cpu_offline = true, .offline_cpu = 1 }, "CPU 1 offline" },
		{ { .cmd = 1, .sets_cpu_offline = true, .offline_cpu = UINT32_MAX, .err = 1 },
		  "not possible" },
	};
	struct world w = world_open("0,2", PCA_DIRECT);

	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		row("%zu: %s", i, rows[i].text);
		messages_clear();
		expect(pca_fault_add(w.task, &rows[i].opts), -EINVAL);
		expect(messages_count(), 1);
		expect_message(rows[i].text);
	}
	messages_clear();
	expect(pca_fail_next(w.task, 1, 0), -EINVAL);
	expect_message("errno 0: give a positive one");
	expect(pca_fail_next(w.task, 1, INT_MIN), -EINVAL);
	expect(pca_faults_pending(w.task), 0);
	world_close(&w);
}
END_TEST

START_TEST(unknown_members_are_e2big)
{
	struct world w = world_open("0", PCA_DIRECT);
	struct {
		struct pca_fault_opts opts;
		uint64_t later;
	} newer = { { .size = sizeof(newer), .cmd = 1, .err = EIO }, 1 };

	messages_catch();
	expect(pca_fault_add(w.task, &newer.opts), -E2BIG);
	expect_message("struct pca_fault_opts");
	newer.later = 0;
	expect(pca_fault_add(w.task, &newer.opts), 0);
	expect(pca_fault_clear(w.task), 1);
	world_close(&w);
}
END_TEST

/* ---- what happens ---- */

START_TEST(a_hook_is_called_by_the_command_that_meets_it)
{
	struct world w = world_open("0", PCA_DIRECT);
	int nr_calls = 0;

	order(w.task, (struct pca_fault_opts){
			      .cmd = BPF_MAP_FREEZE, .times = 2, .fn = hook, .arg = &nr_calls });
	expect(cmd_freeze(w.task, -1), -EBADF);
	expect(nr_calls, 1);
	order(w.task, (struct pca_fault_opts){
			      .cmd = BPF_MAP_FREEZE, .fn = hook, .arg = &nr_calls, .err = EIO });
	expect(cmd_freeze(w.task, -1), -EBADF);
	expect(cmd_freeze(w.task, -1), -EIO);
	expect(nr_calls, 3);
	world_close(&w);
}
END_TEST

static struct world hooked;
static int hooked_fd;

static void close_fd(void *unused)
{
	(void)unused;
	expect(pca_close(hooked.task, hooked_fd), 0);
}

/* Before the command looks at its fd, that is gone. */
START_TEST(a_hook_may_close_the_fd_before_the_command)
{
	uint64_t value = 0;
	uint32_t key = 0;

	hooked = world_open("0", PCA_DIRECT);
	hooked_fd = percpu_map(&hooked, 8, 1);
	order(hooked.task, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_ELEM, .fn = close_fd });
	expect(cmd_lookup(hooked.task, hooked_fd, &key, &value, 0), -EBADF);
	world_close(&hooked);
}
END_TEST

static void order_more(void *task)
{
	expect(pca_fault_clear(task), 1);
	expect(pca_fail_next(task, BPF_MAP_DELETE_ELEM, EDOM), 0);
}

START_TEST(a_hook_may_order_and_clear)
{
	struct world w = world_open("0", PCA_DIRECT);

	order(w.task,
	      (struct pca_fault_opts){ .cmd = BPF_MAP_FREEZE, .fn = order_more, .arg = w.task });
	expect(pca_fail_next(w.task, BPF_MAP_FREEZE, EIO), 0);
	expect(cmd_freeze(w.task, -1), -EBADF);
	expect(cmd_freeze(w.task, -1), -EBADF);
	expect(cmd_delete(w.task, -1, NULL), -EDOM);
	world_close(&w);
}
END_TEST

START_TEST(a_cpu_goes_offline_or_says_why_not)
{
	struct world w = world_open("0,2", PCA_DIRECT);

	messages_catch();
	order(w.task, (struct pca_fault_opts){
			      .cmd = BPF_MAP_FREEZE, .sets_cpu_offline = true, .offline_cpu = 0 });
	order(w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_FREEZE,
					       .sets_cpu_offline = true,
					       .offline_cpu = 2,
					       .err = EIO });
	expect(cmd_freeze(w.task, -1), -EBADF);
	ck_assert(!pca_cpu_is_online(w.machine, 0));
	expect(messages_count(), 0);
	expect(cmd_freeze(w.task, -1), -EIO);
	ck_assert(pca_cpu_is_online(w.machine, 2));
	expect_message("cannot take CPU 2 offline: it is the last one online");
	world_close(&w);
}
END_TEST

/* A command from inside a run is what only a test does. */
static int freeze_inside(void *task)
{
	return (int)cmd_freeze(task, -1);
}

START_TEST(inside_a_run_no_cpu_goes_offline)
{
	const struct pca_prog_load_opts load = { .type = BPF_PROG_TYPE_XDP, .fn = freeze_inside };
	struct world w = world_open("0,2", PCA_DIRECT);
	int fd = expect_fd(pca_prog_load(w.task, &load)), ret;
	struct pca_prog *prog;

	messages_catch();
	order(w.task, (struct pca_fault_opts){
			      .cmd = BPF_MAP_FREEZE, .sets_cpu_offline = true, .offline_cpu = 2 });
	expect(pca_prog_get(w.task, fd, &prog), 0);
	expect(pca_run_on(prog, 2, w.task, &ret), 0);
	expect(ret, -EBADF);
	ck_assert(pca_cpu_is_online(w.machine, 2));
	expect_message("cannot take CPU 2 offline: the command is called from inside a run");
	pca_prog_put(prog);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* ---- slow commands ---- */

#define DELAY_NS 20000000

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

START_TEST(a_delayed_command_sleeps_and_then_works)
{
	struct world w = world_open("0", PCA_DIRECT);
	int fd = percpu_map(&w, 8, 1);
	uint64_t start = now_ns(), value = 7;
	uint32_t key = 0;

	order(w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_ELEM, .delay_ns = DELAY_NS });
	order(w.task, (struct pca_fault_opts){
			      .cmd = BPF_MAP_LOOKUP_ELEM, .delay_ns = DELAY_NS, .err = EIO });
	expect(cmd_lookup(w.task, fd, &key, &value, 0), 0);
	expect(value, 0);
	ck_assert_uint_ge(now_ns() - start, DELAY_NS);
	expect(cmd_lookup(w.task, fd, &key, &value, 0), -EIO);
	ck_assert_uint_ge(now_ns() - start, 2 * DELAY_NS);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

static volatile sig_atomic_t nr_signals;

static void count_signal(int unused)
{
	(void)unused;
	nr_signals = nr_signals + 1;
}

/* Like a command of Linux: the handler runs, the command is not cut short. */
START_TEST(signals_do_not_shorten_a_delay)
{
	const struct itimerval often = { { 0, 2000 }, { 0, 2000 } }, never = { 0 };
	struct sigaction action = { .sa_handler = count_signal };
	struct world w = world_open("0", PCA_DIRECT);
	uint64_t start = now_ns();

	sigaction(SIGALRM, &action, NULL);
	order(w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_FREEZE, .delay_ns = DELAY_NS });
	setitimer(ITIMER_REAL, &often, NULL);
	expect(cmd_freeze(w.task, -1), -EBADF);
	ck_assert_uint_ge(now_ns() - start, DELAY_NS);
	setitimer(ITIMER_REAL, &never, NULL);
	ck_assert_int_gt(nr_signals, 0);
	world_close(&w);
}
END_TEST

/* ---- threads ---- */

#define NR_THREADS 3
#define NR_ORDERS 500

struct caller {
	pthread_t thread;
	struct pca_task *task;
	const bool *must_stop; /* atomic */
	long nr_failed;
};

static void *call_until_told(void *arg)
{
	struct caller *caller = arg;
	bool is_last;

	do {
		is_last = __atomic_load_n(caller->must_stop, __ATOMIC_ACQUIRE);
		long err = cmd_freeze(caller->task, -1);

		caller->nr_failed += err == -ODD_ERRNO;
		ck_assert(err == -ODD_ERRNO || err == -EBADF);
	} while (!is_last);
	return NULL;
}

/* Orders come from one thread while others call: each is met once. */
START_TEST(each_order_is_met_once_by_whichever_thread)
{
	struct world w = world_open("0", PCA_DIRECT);
	struct caller callers[NR_THREADS];
	bool must_stop = false;
	long nr_failed = 0;

	for (int i = 0; i < NR_THREADS; i++) {
		callers[i] = (struct caller){ .task = w.task, .must_stop = &must_stop };
		expect(pthread_create(&callers[i].thread, NULL, call_until_told, &callers[i]), 0);
	}
	for (int i = 0; i < NR_ORDERS; i++)
		order(w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_FREEZE,
						       .skip = (uint32_t)i % 3,
						       .times = 1 + (uint32_t)i % 2,
						       .err = ODD_ERRNO });
	while (pca_faults_pending(w.task))
		sched_yield();
	__atomic_store_n(&must_stop, true, __ATOMIC_RELEASE);
	for (int i = 0; i < NR_THREADS; i++) {
		pthread_join(callers[i].thread, NULL);
		nr_failed += callers[i].nr_failed;
	}
	expect(nr_failed, NR_ORDERS + NR_ORDERS / 2);
	world_close(&w);
}
END_TEST

/* Orders that no command met go with the task. */
START_TEST(orders_end_with_their_task)
{
	struct world w = world_open("0", PCA_DIRECT);
	struct pca_task *other;

	expect(pca_task_create(&other, w.machine, NULL), 0);
	expect(pca_fail_next(other, BPF_MAP_CREATE, EIO), 0);
	expect(pca_fail_next(other, BPF_MAP_CREATE, EIO), 0);
	expect(pca_fail_next(w.task, BPF_MAP_CREATE, EIO), 0);
	pca_task_destroy(other);
	world_close(&w);
}
END_TEST

static Suite *fault_suite(void)
{
	Suite *suite = suite_create("fault");
	TCase *tc = add_case(suite, "one fault");

	tcase_add_test(tc, each_command_fails_once_and_looks_at_nothing);
	tcase_add_test(tc, a_command_that_fails_changes_nothing);
	tcase_add_test(tc, only_the_ordered_command_of_the_task_fails);
	tcase_add_test(tc, loading_a_program_is_prog_load);
	tcase_add_test(tc, batches_that_know_their_buffers_fail_too);
	tcase_add_test(tc, common_attrs_make_no_difference);
	tcase_add_test(tc, a_task_without_capabilities_meets_its_fault_first);

	tc = add_case(suite, "queue");
	tcase_add_test(tc, orders_are_met_one_after_the_other);
	tcase_add_test(tc, an_order_counts_who_skips_and_who_meets_it);
	tcase_add_test(tc, every_time_lasts_until_it_is_cleared);
	tcase_add_test(tc, what_is_left_can_be_asked_for);
	tcase_add_test(tc, orders_without_sense_are_refused_in_words);
	tcase_add_test(tc, unknown_members_are_e2big);
	tcase_add_test(tc, orders_end_with_their_task);

	tc = add_case(suite, "effects");
	tcase_add_test(tc, a_hook_is_called_by_the_command_that_meets_it);
	tcase_add_test(tc, a_hook_may_close_the_fd_before_the_command);
	tcase_add_test(tc, a_hook_may_order_and_clear);
	tcase_add_test(tc, a_cpu_goes_offline_or_says_why_not);
	tcase_add_test(tc, inside_a_run_no_cpu_goes_offline);
	tcase_add_test(tc, a_delayed_command_sleeps_and_then_works);
	tcase_add_test(tc, signals_do_not_shorten_a_delay);
	tcase_add_test(tc, each_order_is_met_once_by_whichever_thread);
	return suite;
}

TEST_MAIN(fault_suite)
