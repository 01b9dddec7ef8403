// SPDX-License-Identifier: MIT
/*
 * What comes of a call when the host refuses threads, permissions or a topology:
 * the call fails with an errno or does without, and works as soon as the host
 * gives again. Refused memory is in test_alloc_failure.c.
 */
/* wraps: pthread_create process_vm_readv sched_getaffinity */
/* wraps: hwloc_topology_init hwloc_topology_load hwloc_topology_set_xml */
#include "support.h"

#include <sched.h>
#include <sys/uio.h>

/* Of this process's attempts at these, so many fail, with that errno. */
static int thread_error, nr_thread_errors;
static bool is_memory_forbidden, is_affinity_unknown;
static bool is_hwloc_out, is_load_bad, is_xml_bad;

/* The linker makes these names. */
#define WRAP(type, name, ...)            \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

WRAP(int, pthread_create, pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
     void *arg)
{
	if (nr_thread_errors > 0) {
		nr_thread_errors--;
		return thread_error;
	}
	return __real_pthread_create(thread, attr, fn, arg);
}

WRAP(ssize_t, process_vm_readv, pid_t pid, const struct iovec *to, unsigned long nr_to,
     const struct iovec *from, unsigned long nr_from, unsigned long flags)
{
	if (!is_memory_forbidden)
		return __real_process_vm_readv(pid, to, nr_to, from, nr_from, flags);
	errno = EPERM;
	return -1;
}

WRAP(int, sched_getaffinity, pid_t pid, size_t n, cpu_set_t *set)
{
	return is_affinity_unknown ? -1 : __real_sched_getaffinity(pid, n, set);
}

WRAP(int, hwloc_topology_init, void *topology)
{
	return is_hwloc_out ? -1 : __real_hwloc_topology_init(topology);
}

WRAP(int, hwloc_topology_load, void *topology)
{
	return is_load_bad ? -1 : __real_hwloc_topology_load(topology);
}

WRAP(int, hwloc_topology_set_xml, void *topology, const char *path)
{
	return is_xml_bad ? -1 : __real_hwloc_topology_set_xml(topology, path);
}

/* A world with a program in it. */
struct scene {
	struct world w;
	int fd, prog_fd;
	struct pca_prog *prog;
};

static int run_nothing(void *ctx)
{
	(void)ctx;
	return 2;
}

static int load_program_as(const struct scene *s, uint32_t type)
{
	struct pca_map_use use = { .map_fd = s->fd, .helper = BPF_FUNC_map_lookup_elem };
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = type,
		.fn = run_nothing,
		.uses = &use,
		.nr_uses = 1,
	};

	return pca_prog_load(s->w.task, &opts);
}

static int load_program(const struct scene *s)
{
	return load_program_as(s, BPF_PROG_TYPE_XDP);
}

static long test_run(struct scene *s)
{
	static unsigned char packet[2048];
	uint32_t attr[20] = { (uint32_t)s->prog_fd, 0, sizeof(packet), 0 };

	memcpy(&attr[4], &(uint64_t){ (uintptr_t)packet }, 8);
	return pca_bpf(s->w.task, BPF_PROG_TEST_RUN, attr, 76);
}

static void set_scene(struct scene *s)
{
	s->w = world_open("0-1", PCA_CHECKED);
	s->fd = percpu_map(&s->w, 8, 2);
	s->prog_fd = expect_fd(load_program(s));
	expect(pca_prog_get(s->w.task, s->prog_fd, &s->prog), 0);
}

static void clear_scene(struct scene *s)
{
	pca_prog_put(s->prog);
	world_close(&s->w);
}

/* ---- threads ---- */

START_TEST(a_worker_that_cannot_start_returns_eagain)
{
	struct scene s;
	int retval = 0;

	set_scene(&s);
	thread_error = EAGAIN;
	nr_thread_errors = 1;
	expect(pca_run_on(s.prog, 1, NULL, &retval), -EAGAIN);
	expect(pca_run_on(s.prog, 1, NULL, &retval), 0);
	expect(retval, 2);
	/* CPU 1 has its worker now, CPU 0 gets none: nobody is waited for in vain. */
	nr_thread_errors = 1;
	expect(pca_run_on_each_cpu(s.prog, NULL, NULL), -EAGAIN);
	expect(pca_run_on_each_cpu(s.prog, NULL, NULL), 2);
	/* A test run waits for its own CPU's worker. */
	clear_scene(&s);
	set_scene(&s);
	nr_thread_errors = 1;
	expect(test_run(&s), -EAGAIN);
	expect(test_run(&s), 0);
	clear_scene(&s);
	set_scene(&s);
	nr_thread_errors = 1;
	uint32_t attr[20] = { (uint32_t)load_program_as(&s, BPF_PROG_TYPE_SYSCALL) };

	expect(pca_bpf(s.w.task, BPF_PROG_TEST_RUN, attr, 76), -EAGAIN);
	expect(pca_bpf(s.w.task, BPF_PROG_TEST_RUN, attr, 76), 0);
	clear_scene(&s);
}
END_TEST

/* The host CPU went away: the worker runs on any other. */
START_TEST(a_worker_that_cannot_be_pinned_runs_anyway)
{
	struct scene s;
	int retval = 0;

	set_scene(&s);
	messages_catch();
	thread_error = EINVAL;
	nr_thread_errors = 1;
	expect(pca_run_on(s.prog, 0, NULL, &retval), 0);
	expect(retval, 2);
	expect_message("the worker of CPU 0 cannot be pinned to host CPU");
	nr_thread_errors = 2;
	expect(pca_run_on(s.prog, 1, NULL, &retval), -EAGAIN);
	clear_scene(&s);
}
END_TEST

/* ---- permissions and the topology ---- */

START_TEST(checked_tasks_need_process_vm_readv)
{
	struct pca_task_opts opts = { .size = sizeof(opts), .memory = PCA_CHECKED };
	struct world w = world_open("0", PCA_DIRECT);
	struct pca_task *task;

	messages_catch();
	is_memory_forbidden = true;
	expect(pca_task_create(&task, w.machine, &opts), -EPERM);
	expect_message("not permitted here; use a direct task");
	is_memory_forbidden = false;
	expect(pca_task_create(&task, w.machine, &opts), 0);
	world_close(&w);
}
END_TEST

START_TEST(a_current_task_that_is_not_permitted_is_none)
{
	messages_catch();
	setenv("PCASIM_CHECKED", "1", 1);
	setenv("PCASIM_POSSIBLE", "0", 1);
	is_memory_forbidden = true;
	ck_assert_ptr_null(pca_current_task());
	ck_assert_int_eq(errno, EPERM);
	errno = 0;
	ck_assert_ptr_null(pca_current_task());
	ck_assert_int_eq(errno, EPERM);
}
END_TEST

START_TEST(an_unknown_affinity_means_host_cpu_0)
{
	struct scene s;

	is_affinity_unknown = true;
	set_scene(&s);
	expect(pca_run_on_each_cpu(s.prog, NULL, NULL), 2);
	clear_scene(&s);
}
END_TEST

START_TEST(hwloc_may_fail)
{
	struct pca_machine_opts opts = { .size = sizeof(opts), .topology = "pu:3" };
	struct pca_machine *machine;
	char path[] = "/tmp/pcasim-topology-XXXXXX";
	int fd = mkstemp(path);

	messages_catch();
	is_hwloc_out = true;
	expect(pca_machine_create(&machine, &opts), -ENOMEM);
	is_hwloc_out = false;
	is_load_bad = true;
	expect(pca_machine_create(&machine, &opts), -EINVAL);
	expect_message("hwloc cannot load the topology pu:3");
	opts.topology = NULL;
	expect(pca_machine_create(&machine, &opts), -EINVAL);
	expect_message("hwloc cannot load the topology of this host");
	opts.topology_xml = path;
	expect(pca_machine_create(&machine, &opts), -EINVAL);
	is_xml_bad = true;
	expect(pca_machine_create(&machine, &opts), -EINVAL);
	expect_message("is not hwloc XML");
	unlink(path);
	close(fd);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("host refuses");
	TCase *tc = add_case(suite, "threads");

	tcase_add_test(tc, a_worker_that_cannot_start_returns_eagain);
	tcase_add_test(tc, a_worker_that_cannot_be_pinned_runs_anyway);
	tc = add_case(suite, "host");
	tcase_add_test(tc, checked_tasks_need_process_vm_readv);
	tcase_add_test(tc, a_current_task_that_is_not_permitted_is_none);
	tcase_add_test(tc, an_unknown_affinity_means_host_cpu_0);
	tcase_add_test(tc, hwloc_may_fail);
	return suite;
}

TEST_MAIN(make_suite)
