// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * pca_machine_reset(): afterwards a machine answers as a new one does, byte for byte,
 * whatever was done with it before.
 */
#include "support.h"

#include <sched.h>
#include <stdarg.h>

#include "machine.h"
#include "rcu.h"
#include "task.h"

#define PIN PCA_BPFFS "/pin"

static long pin_as(struct pca_task *task, int fd, const char *path)
{
	struct {
		uint64_t path;
		int32_t fd;
		uint32_t flags;
	} attr = { (uintptr_t)path, fd, 0 };

	return pca_bpf(task, BPF_OBJ_PIN, &attr, sizeof(attr));
}

static long open_pin(struct pca_task *task, const char *path)
{
	struct {
		uint64_t path;
		uint32_t unused, flags;
	} attr = { (uintptr_t)path, 0, 0 };

	return pca_bpf(task, BPF_OBJ_GET, &attr, sizeof(attr));
}

/* Adds 1, or what ctx points to. */
static struct pca_map_ref *counted;

static int count(void *ctx)
{
	const uint32_t key = 0;
	uint64_t *value = pca_map_lookup_elem(counted, &key);

	*value += ctx ? *(const uint64_t *)ctx : 1;
	return (int)pca_get_smp_processor_id();
}

static int load_count(struct pca_task *task, int map_fd)
{
	const struct pca_map_use use = {
		.map_fd = map_fd,
		.helper = BPF_FUNC_map_lookup_elem,
		.access = PCA_READ | PCA_WRITE,
	};
	struct pca_prog_load_opts load = {
		.size = sizeof(load),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.name = "count",
		.fn = count,
		.uses = &use,
		.nr_uses = 1,
	};

	return expect_fd(pca_prog_load(task, &load));
}

/* ---- a machine's answers, as text ---- */

struct answers {
	char text[32768];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void note(struct answers *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	a->len += (size_t)vsnprintf(a->text + a->len, sizeof(a->text) - a->len, fmt, ap);
	va_end(ap);
	ck_assert_uint_lt(a->len, sizeof(a->text));
}

static void note_bytes(struct answers *a, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		note(a, "%02x", ((const unsigned char *)bytes)[i]);
	note(a, "\n");
}

static int note_name(void *arg, const char *name)
{
	note(arg, " %s", name);
	return 0;
}

static void note_tree(struct answers *a, struct pca_task *task)
{
	static const char *const dirs[] = { "/", "/sys", "/sys/fs", PCA_BPFFS, "/tmp", "." };

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		struct pca_stat st = { 0 };

		note(a, "%s: %d", dirs[i], pca_stat(task, dirs[i], &st));
		note(a, " ino %lu mode %o nlink %u uid %u gid %u", (unsigned long)st.ino, st.mode,
		     st.nlink, st.uid, st.gid);
		pca_readdir(task, dirs[i], note_name, a);
		note(a, "\n");
	}
}

static void note_fd(struct answers *a, struct pca_task *task, int fd)
{
	unsigned char info[256] = { 0 };
	uint32_t len = 104;
	char text[512] = "";
	long err = cmd_info(task, fd, info, &len);

	note(a, "fd %d: info %ld %u ", fd, err, len);
	note_bytes(a, info, sizeof(info));
	note(a, "fdinfo %d\n%s", pca_fdinfo(task, fd, text, sizeof(text)), text);
}

static void note_machine(struct answers *a, const struct world *w)
{
	uint32_t id = 0;

	note(a, "%s memory %lu fds %u online %u:", pca_machine_release(w->machine),
	     (unsigned long)pca_machine_memory_bytes(w->machine), pca_task_open_fds(w->task),
	     pca_num_online_cpus(w->machine));
	for (uint32_t cpu = 0; cpu < 9; cpu++)
		note(a, " %d", pca_cpu_is_online(w->machine, cpu));
	note(a, "\nnext id %ld", cmd_next_id(w->task, 0, &id));
	note(a, " %u", id);
	note(a, ", of id 1 %ld", cmd_fd_by_id(w->task, 1, 0));
	note(a, ", of id 2 %ld\n", cmd_fd_by_id(w->task, 2, 0));
}

/* A run where the task is. */
static void note_test_run(struct answers *a, const struct world *w, int prog)
{
	uint64_t attr[10] = { (uint32_t)prog };

	note(a, "test run %ld", pca_bpf(w->task, BPF_PROG_TEST_RUN, attr, sizeof(attr)));
	note(a, " retval %u\n", (uint32_t)(attr[0] >> 32));
}

/* The fixed series: whatever shows in an answer. Leaves all open, pinned and changed. */
static void series(const struct world *w, struct answers *a)
{
	struct pca_task *task = w->task;
	const uint32_t nr = pca_num_possible_cpus(w->machine);
	uint64_t values[16] = { 0 };

	note_machine(a, w);
	note_tree(a, task);

	int map = percpu_map(w, 8, 4), array = array_map(w, 12, 3);
	int prog = load_count(task, map);
	int copy = expect_fd(pca_dup(task, array, 0));

	expect(pca_map_get(task, map, &counted), 0);
	note_test_run(a, w, prog);
	for (uint32_t key = 0; key < 4; key++) {
		note(a, "lookup %ld ", cmd_lookup(task, map, &key, values, 0));
		note_bytes(a, values, nr * sizeof(values[0]));
	}
	pca_map_put(counted);
	values[1] = 7;
	note(a, "update %ld\n", cmd_update(task, map, &(uint32_t){ 3 }, values, 0));
	note(a, "pin %ld\n", pin_as(task, map, PIN));
	note(a, "pin %ld\n", pin_as(task, prog, "prog"));
	note(a, "mkdir %d\n", pca_mkdir(task, PCA_BPFFS "/dir", 0700));
	note(a, "pin %ld\n", pin_as(task, array, PCA_BPFFS "/dir/array"));
	note(a, "opendir %d\n", pca_opendir(task, PCA_BPFFS "/dir"));
	note(a, "freeze %ld\n", cmd_freeze(task, copy));
	note(a, "get %ld\n", open_pin(task, PIN));
	note(a, "close %d\n", pca_close(task, array));
	for (int fd = PCA_FIRST_FD; fd < PCA_FIRST_FD + 8; fd++)
		note_fd(a, task, fd);
	note_tree(a, task);
	note_machine(a, w);
	note(a, "offline %d\n", pca_cpu_set_online(w->machine, 2, false));
	note(a, "online %d\n", pca_cpu_set_online(w->machine, 3, true));
	note(a, "move %d\n", pca_task_set_cpu(task, 7));
	note_test_run(a, w, prog);
}

/* What a series does not do: names moved, first directories among them, and many fds. */
static void make_a_mess(const struct world *w)
{
	struct pca_task *task = w->task;
	int fd = percpu_map(w, 4, 1);

	for (int i = 0; i < 300; i++)
		expect_fd(pca_dup(task, fd, 0));
	expect(pca_chmod(task, PCA_BPFFS, 0700), 0);
	expect(pca_chmod(task, "/", 0711), 0);
	expect(pca_mkdir(task, "/tmp/a", 0755), 0);
	expect(pca_rename(task, "/sys", "/tmp/a/moved"), 0);
	expect(pca_rename(task, "/tmp", "/elsewhere"), 0);
	expect(pca_mkdir(task, "/sys", 0755), 0);
	expect(pca_symlink(task, "/nowhere", "/tmp"), 0);
	expect(pin_as(task, fd, "deep"), 0);
	expect(pca_link(task, "deep", "deeper"), 0);
}

static struct world open_partly_online(size_t release, enum pca_run_mode mode)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0,2-3,7",
		.online = "2,7",
		.release = measured_releases[release],
		.run_mode = mode,
	};

	return world_open_with(&opts, NULL);
}

START_TEST(a_reset_machine_answers_as_a_new_one)
{
	static struct answers of_new, of_reset;

	for (size_t i = 0; i < NR_MEASURED * 2; i++) {
		enum pca_run_mode mode = i % 2 ? PCA_WORKERS : PCA_INLINE;
		struct world w = open_partly_online(i / 2, mode);

		row("release %s mode %d", measured_releases[i / 2], (int)mode);
		of_new.len = 0;
		series(&w, &of_new);
		for (int again = 0; again < 3; again++) {
			expect(pca_machine_reset(w.machine), 0);
			of_reset.len = 0;
			series(&w, &of_reset);
			ck_assert_str_eq(of_reset.text, of_new.text);
			make_a_mess(&w);
		}
		expect(pca_machine_reset(w.machine), 0);
		messages_catch();
		world_close(&w);
		expect(messages_count(), 0); /* of fds still open */
	}
}
END_TEST

START_TEST(what_is_open_is_closed_without_a_message)
{
	struct world w = world_open("0,2", PCA_CHECKED);
	struct pca_task *other;

	messages_catch();
	expect(pca_task_create(&other, w.machine, NULL), 0);
	for (int i = 0; i < 100; i++)
		expect_fd(pca_dup(other, expect_fd(cmd_create(other, BPF_MAP_TYPE_ARRAY, 1, 1, 0)),
				  PCA_FIRST_FD + 500));
	percpu_map(&w, 8, 1);
	expect(pca_machine_reset(w.machine), 0);
	expect(pca_task_open_fds(w.task), 0);
	expect(pca_task_open_fds(other), 0);
	expect(pca_close(other, PCA_FIRST_FD), -EBADF);
	expect(pca_close(other, PCA_FIRST_FD + 500), -EBADF);
	expect(cmd_create(other, BPF_MAP_TYPE_ARRAY, 1, 1, 0), PCA_FIRST_FD);
	expect(pca_close(other, PCA_FIRST_FD), 0);
	expect(messages_count(), 0);
	pca_task_destroy(other);
	world_close(&w);
}
END_TEST

/* Fact: capabilities, limits, memory and comm are the task's own. */
START_TEST(tasks_stay_as_they_were_created)
{
	struct pca_machine_opts machine_opts = { .possible = "0,2-3,7", .online = "2-3" };
	struct pca_task_opts opts = {
		.size = sizeof(opts),
		.memory = PCA_CHECKED,
		.dropped_caps = ~0ULL,
		.uid = 5,
		.max_fds = 3,
		.cwd = "/tmp",
	};
	struct world w = world_open_with(&machine_opts, &opts);
	struct pca_task *in_dir, *admin;
	struct pca_stat st;

	expect(pca_task_create(&admin, w.machine, NULL), 0);
	expect(pca_mkdir(admin, PCA_BPFFS "/dir", 0755), 0);
	opts.cwd = PCA_BPFFS "/dir";
	expect(pca_task_create(&in_dir, w.machine, &opts), 0);
	expect(pca_cpu_set_online(w.machine, 0, true), 0);
	expect(pca_task_set_cpu(w.task, 0), 0);
	expect(pca_rmdir(admin, "/tmp"), 0);

	expect(pca_machine_reset(w.machine), 0);
	expect(w.task->cpu_ordinal, 1);
	expect(in_dir->cpu_ordinal, 1);
	expect(cmd_create(w.task, BPF_MAP_TYPE_ARRAY, 1, 1, 0), -EPERM);
	expect(pca_stat(w.task, "../tmp/.", &st), 0);
	expect(pca_mkdir(w.task, "mine", 0755), 0);
	expect(pca_stat(w.task, "/tmp/mine", &st), 0);
	expect(st.uid, 5);
	/* The directory is gone, as after rmdir(). */
	expect(pca_mkdir(in_dir, "new", 0755), -ENOENT);
	expect(pca_stat(in_dir, PCA_BPFFS "/dir", &st), -ENOENT);
	for (int i = 0; i < 4; i++)
		expect(pca_opendir(w.task, "/"), i < 3 ? PCA_FIRST_FD + i : -EMFILE);
	expect(cmd_lookup(w.task, PCA_FIRST_FD, bad_pointer(), bad_pointer(), 0), -EBADF);
	expect(pca_machine_reset(w.machine), 0);
	pca_task_destroy(in_dir);
	pca_task_destroy(admin);
	world_close(&w);
}
END_TEST

/* ---- held objects ---- */

START_TEST(held_objects_live_on_detached)
{
	struct world w = world_open("0,2-3,7", PCA_DIRECT);
	int fd = percpu_map(&w, 8, 2);
	struct pca_map_ref *map, *later;
	struct pca_prog *prog;
	uint32_t id = 0;
	int retval = -1;

	expect(pca_prog_get(w.task, load_count(w.task, fd), &prog), 0);
	expect(pca_map_get(w.task, fd, &map), 0);
	expect(pca_machine_reset(w.machine), 0);
	expect(pca_machine_memory_bytes(w.machine), 0);
	expect(cmd_next_id(w.task, 0, &id), -ENOENT);

	/* Its id and its place belong to another map now. */
	fd = percpu_map(&w, 8, 2);
	expect(id_of_map(w.task, fd), 1);
	uint64_t charged = pca_machine_memory_bytes(w.machine);

	counted = map;
	expect(pca_run_on(prog, 7, &(uint64_t){ 9 }, &retval), 0);
	expect(retval, 7);
	ck_assert_uint_eq(*(uint64_t *)pca_map_peek(map, 7, 0), 9);
	expect(pca_map_get(w.task, fd, &later), 0);
	ck_assert_uint_eq(*(uint64_t *)pca_map_peek(later, 7, 0), 0);

	/* Putting it takes nothing from the other one. */
	pca_prog_put(prog);
	pca_map_put(map);
	expect(pca_machine_memory_bytes(w.machine), (long)charged);
	expect(cmd_fd_by_id(w.task, 1, 0), fd + 1);
	expect(pca_machine_reset(w.machine), 0);
	world_close(&w);
	pca_map_put(later); /* also after the machine */
}
END_TEST

START_TEST(memory_counts_from_zero_again)
{
	struct pca_machine_opts opts = { .possible = "0-3", .memory_limit_bytes = 1 << 20 };
	struct world w = world_open_with(&opts, NULL);
	struct pca_map_ref *map;

	for (int i = 0; i < 50; i++) {
		int fd = percpu_map(&w, 8, 20000);

		expect(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 20000, 0), -ENOMEM);
		if (i % 3 == 0)
			expect(pin_as(w.task, fd, PIN), 0);
		if (i % 5 == 0)
			expect(pca_map_get(w.task, fd, &map), 0);
		if (i % 2 == 0)
			expect(pca_close(w.task, fd), 0);
		expect(pca_machine_reset(w.machine), 0);
		expect(pca_machine_memory_bytes(w.machine), 0);
		if (i % 5 == 0)
			pca_map_put(map);
		expect(pca_machine_memory_bytes(w.machine), 0);
	}
	world_close(&w);
}
END_TEST

/* ---- refusals ---- */

static int reset_in_run(void *ctx)
{
	return pca_machine_reset(ctx);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static int wait_at_gate(void *ctx)
{
	__atomic_store_n((bool *)ctx, true, __ATOMIC_RELAXED);
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	return 0;
}

static struct pca_prog *prog_of(const struct world *w, pca_prog_fn fn)
{
	struct pca_prog_load_opts load = { .type = BPF_PROG_TYPE_RAW_TRACEPOINT, .fn = fn };
	struct pca_prog *prog;

	expect(pca_prog_get(w->task, expect_fd(pca_prog_load(w->task, &load)), &prog), 0);
	return prog;
}

START_TEST(orders_limits_and_hints_are_as_created)
{
	struct pca_machine_opts opts = { .size = sizeof(opts), .possible = "0-3" };
	uint32_t key = 0, next;
	struct world w; /* with hints, which world_open() turns off */

	opts.memory_limit_bytes = 1 << 20;
	expect(pca_machine_create(&w.machine, &opts), 0);
	expect(pca_task_create(&w.task, w.machine, NULL), 0);
	messages_catch();
	for (int round = 0; round < 2; round++) {
		row("round %d", round);
		messages_clear();
		int fd = percpu_map(&w, 8, 1);

		expect(cmd_delete(w.task, fd, &key), -EINVAL);
		expect(cmd_delete(w.task, fd, &key), -EINVAL);
		ck_assert_uint_eq(messages_count(), 1);
		pca_machine_set_memory_limit(w.machine, 0);
		expect(pca_map_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, 0), -ENOMEM);
		expect(pca_fail_next(w.task, BPF_MAP_GET_NEXT_ID, EINTR), 0);
		expect(pca_machine_reset(w.machine), 0);
		ck_assert_uint_eq(pca_faults_pending(w.task), 0);
		expect(cmd_next_id(w.task, 0, &next), -ENOENT);
	}
	world_close(&w);
}
END_TEST

START_TEST(a_reset_inside_a_run_returns_edeadlk)
{
	static const enum pca_run_mode modes[] = { PCA_INLINE, PCA_WORKERS };

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct pca_machine_opts opts = { .possible = "0,2", .run_mode = modes[i] };
		struct world w = world_open_with(&opts, NULL);
		struct pca_prog *prog = prog_of(&w, reset_in_run);
		int retval = 0;

		expect(pca_run_on(prog, 2, w.machine, &retval), 0);
		expect(retval, -EDEADLK);
		expect(pca_task_open_fds(w.task), 1);
		pca_prog_put(prog);
		expect(pca_machine_reset(w.machine), 0);
		world_close(&w);
	}
}
END_TEST

/* The first run has left the queue, the second one waits in it. */
START_TEST(a_reset_beside_an_unfinished_run_returns_ebusy)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	struct pca_prog *prog = prog_of(&w, wait_at_gate);
	struct pca_run runs[2];
	bool has_begun = false;

	messages_catch();
	pthread_mutex_lock(&gate);
	for (int i = 0; i < 2; i++) {
		expect(pca_run_submit(&runs[i], prog, 2, &has_begun), 0);
		while (!__atomic_load_n(&has_begun, __ATOMIC_RELAXED))
			sched_yield();
		expect(pca_machine_reset(w.machine), -EBUSY);
		expect_message("pca_run_wait()");
		expect(pca_task_open_fds(w.task), 1);
		messages_clear();
	}
	pthread_mutex_unlock(&gate);
	for (int i = 0; i < 2; i++)
		expect(pca_run_wait(&runs[i]), 0);
	pca_prog_put(prog);
	expect(pca_machine_reset(w.machine), 0);
	expect(pca_task_open_fds(w.task), 0);
	world_close(&w);
}
END_TEST

/* ---- workers ---- */

static size_t nr_threads(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	size_t nr = 0;

	ck_assert_ptr_nonnull(status);
	while (fgets(line, sizeof(line), status))
		sscanf(line, "Threads: %zu", &nr);
	fclose(status);
	return nr;
}

START_TEST(workers_run_on_between_resets)
{
	struct world w = world_open("0,2-3,7", PCA_DIRECT);
	size_t threads = 0;

	for (int round = 0; round < 200; round++) {
		int fd = percpu_map(&w, 8, 1), retvals[4];
		struct pca_prog *prog;
		uint64_t values[4];

		expect(pca_prog_get(w.task, load_count(w.task, fd), &prog), 0);
		expect(pca_map_get(w.task, fd, &counted), 0);
		expect(pca_run_on_each_cpu(prog, NULL, retvals), 4);
		expect(pca_run_on_each_cpu(prog, &(uint64_t){ 10 }, retvals), 4);
		expect(retvals[3], 7);
		expect(cmd_lookup(w.task, fd, &(uint32_t){ 0 }, values, 0), 0);
		for (int i = 0; i < 4; i++)
			ck_assert_uint_eq(values[i], 11);
		expect(pca_cpu_set_online(w.machine, round % 2 ? 2 : 7, false), 0);
		pca_map_put(counted);
		pca_prog_put(prog);
		expect(pca_machine_reset(w.machine), 0);
		if (!round)
			threads = nr_threads();
		expect(nr_threads(), (long)threads);
	}
	world_close(&w);
}
END_TEST

/* Two fixtures with a machine each, in two threads. */
static void *reset_often(void *arg)
{
	struct world *w = arg;

	for (int i = 0; i < 300; i++) {
		int fd = percpu_map(w, 8, 1), copy = expect_fd(pca_dup(w->task, fd, 0));

		expect(fd, PCA_FIRST_FD);
		expect(id_of_map(w->task, copy), 1);
		expect(pin_as(w->task, fd, PIN), 0);
		expect(pca_machine_reset(w->machine), 0);
	}
	return NULL;
}

START_TEST(machines_are_reset_independently)
{
	struct world worlds[] = { world_open("0-3", PCA_DIRECT), world_open("0,2", PCA_DIRECT) };
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		expect(pthread_create(&threads[i], NULL, reset_often, &worlds[i]), 0);
	for (int i = 0; i < 2; i++) {
		expect(pthread_join(threads[i], NULL), 0);
		world_close(&worlds[i]);
	}
}
END_TEST

/* ---- memory ---- */

static long mapped_bytes(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	long pages = 0;

	ck_assert_ptr_nonnull(statm);
	ck_assert_int_eq(fscanf(statm, "%ld", &pages), 1);
	fclose(statm);
	return pages * sysconf(_SC_PAGESIZE);
}

/*
 * Each round leaves 16 MiB to a grace period and takes a thousandth of one: 64 MiB may
 * wait, and as much is what malloc() maps for the thread that frees.
 */
START_TEST(what_waits_for_a_grace_period_is_bounded)
{
	struct world w = world_open("0-3", PCA_DIRECT);
	long start, most = 0;

	percpu_map(&w, 8, 1);
	expect(pca_machine_reset(w.machine), 0); /* starts the thread that frees */
	start = mapped_bytes();
	for (int i = 0; i < 60; i++) {
		percpu_map(&w, 8, 1 << 19);
		expect(pca_machine_reset(w.machine), 0);

		long now = mapped_bytes();

		if (now > most)
			most = now;
	}
	if (!BUILT_WITH_ASAN && !BUILT_WITH_TSAN && !BUILT_FOR_MEMCHECK)
		ck_assert_int_lt(most - start, 200 << 20);
	world_close(&w);
}
END_TEST

static Suite *reset_suite(void)
{
	Suite *suite = suite_create("reset");
	TCase *tc = add_case(suite, "reset");

	tcase_add_test(tc, a_reset_machine_answers_as_a_new_one);
	tcase_add_test(tc, what_is_open_is_closed_without_a_message);
	tcase_add_test(tc, tasks_stay_as_they_were_created);
	tcase_add_test(tc, held_objects_live_on_detached);
	tcase_add_test(tc, memory_counts_from_zero_again);
	tcase_add_test(tc, orders_limits_and_hints_are_as_created);
	tcase_add_test(tc, a_reset_inside_a_run_returns_edeadlk);
	tcase_add_test(tc, a_reset_beside_an_unfinished_run_returns_ebusy);
	tcase_add_test(tc, workers_run_on_between_resets);
	tcase_add_test(tc, machines_are_reset_independently);
	tcase_add_test(tc, what_waits_for_a_grace_period_is_bounded);
	return suite;
}

TEST_MAIN(reset_suite)
