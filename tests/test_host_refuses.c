// SPDX-License-Identifier: MIT
/*
 * What comes of a call when the host refuses memory, threads or permissions: the
 * call fails with an errno, what was there before is there afterwards, and the call
 * works as soon as the host gives again. Each allocation fails in turn.
 */
/* wraps: malloc calloc reallocarray aligned_alloc strdup mmap fmemopen pthread_create */
/* wraps: process_vm_readv sched_getaffinity hwloc_topology_init hwloc_topology_load */
/* wraps: hwloc_topology_set_xml */
#include "support.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/uio.h>

/* Of this thread's allocations the fail_at-th fails; 0: none. */
static __thread unsigned int fail_at, nr_asked;
static __thread bool has_failed;

/* Of this process's attempts at these, so many fail, with that errno. */
static int thread_error, nr_thread_errors;
static bool is_memory_forbidden, is_affinity_unknown;
static bool is_hwloc_out, is_load_bad, is_xml_bad;

static bool must_fail(void)
{
	if (!fail_at || ++nr_asked != fail_at)
		return false;
	has_failed = true;
	errno = ENOMEM;
	return true;
}

/* The linker makes these names. */
#define WRAP(type, name, ...)            \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

WRAP(void *, malloc, size_t n)
{
	return must_fail() ? NULL : __real_malloc(n);
}

WRAP(void *, calloc, size_t nr, size_t n)
{
	return must_fail() ? NULL : __real_calloc(nr, n);
}

WRAP(void *, reallocarray, void *old, size_t nr, size_t n)
{
	return must_fail() ? NULL : __real_reallocarray(old, nr, n);
}

WRAP(void *, aligned_alloc, size_t align, size_t n)
{
	return must_fail() ? NULL : __real_aligned_alloc(align, n);
}

WRAP(char *, strdup, const char *text)
{
	return must_fail() ? NULL : __real_strdup(text);
}

WRAP(void *, mmap, void *addr, size_t n, int prot, int flags, int fd, off_t offset)
{
	return must_fail() ? MAP_FAILED : __real_mmap(addr, n, prot, flags, fd, offset);
}

WRAP(FILE *, fmemopen, void *buf, size_t n, const char *mode)
{
	return must_fail() ? NULL : __real_fmemopen(buf, n, mode);
}

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

/* ---- memory ---- */

#define BIG 4096 /* bytes of a value that does not fit in a bounce buffer on the stack */

struct scene {
	struct world w;
	int fd, prog_fd;
	struct pca_prog *prog;
	uint32_t id;
	uint64_t *big; /* room for a lookup */
};

/* Allocating operations: 0, or an fd that is closed again, or -ENOMEM. */
static long closed(const struct scene *s, long fd)
{
	return fd < 0 ? fd : pca_close(s->w.task, (int)fd);
}

static long create_machine(struct scene *s)
{
	struct pca_machine_opts opts = { .size = sizeof(opts), .topology = "pu:2" };
	struct pca_machine *machine;
	long err = pca_machine_create(&machine, &opts);

	(void)s;
	if (!err)
		pca_machine_destroy(machine);
	return err;
}

static long create_task(struct scene *s)
{
	struct pca_task *task;
	long err = pca_task_create(&task, s->w.machine, NULL);

	if (!err)
		pca_task_destroy(task);
	return err;
}

static long create_map(struct scene *s)
{
	return closed(s, cmd_create(s->w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 100, 0));
}

static long create_array(struct scene *s)
{
	return closed(s, cmd_create(s->w.task, BPF_MAP_TYPE_ARRAY, 8, 100, 0));
}

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

static long load(struct scene *s)
{
	return closed(s, load_program(s));
}

static long open_by_id(struct scene *s)
{
	return closed(s, cmd_fd_by_id(s->w.task, s->id, 0));
}

static long dup_far(struct scene *s)
{
	return closed(s, pca_dup(s->w.task, s->fd, PCA_FIRST_FD + 900));
}

static long show(struct scene *s)
{
	char text[512];
	int n = pca_fdinfo(s->w.task, s->fd, text, sizeof(text));

	return n < 0 ? n : 0;
}

static long look_up_big(struct scene *s)
{
	uint32_t key = 0;

	return cmd_lookup(s->w.task, s->fd, &key, s->big, 0);
}

static long update_big(struct scene *s)
{
	uint32_t key = 0;

	return cmd_update(s->w.task, s->fd, &key, s->big, 0);
}

static long batch_big(struct scene *s, int cmd)
{
	uint32_t key = 0, last;
	struct batch batch = { NULL, &last, &key, s->big, 1, 0, 0 };

	return cmd_batch(s->w.task, cmd, s->fd, &batch);
}

static long look_up_batch(struct scene *s)
{
	return batch_big(s, BPF_MAP_LOOKUP_BATCH);
}

static long update_batch(struct scene *s)
{
	return batch_big(s, BPF_MAP_UPDATE_BATCH);
}

static long pin_at(const struct scene *s, const char *path)
{
	uint64_t attr[2] = { (uintptr_t)path, (uint32_t)s->fd };

	return pca_bpf(s->w.task, BPF_OBJ_PIN, attr, sizeof(attr));
}

static long pin(struct scene *s)
{
	long err = pin_at(s, "pin");

	return err ? err : pca_unlink(s->w.task, "pin");
}

static long get(struct scene *s)
{
	uint64_t attr[2] = { (uintptr_t) "kept", 0 };

	return closed(s, pca_bpf(s->w.task, BPF_OBJ_GET, attr, sizeof(attr)));
}

static long make_dir(struct scene *s)
{
	long err = pca_mkdir(s->w.task, "dir", 0755);

	return err ? err : pca_rmdir(s->w.task, "dir");
}

static long open_dir(struct scene *s)
{
	return closed(s, pca_opendir(s->w.task, "."));
}

static long make_symlink(struct scene *s)
{
	long err = pca_symlink(s->w.task, "kept", "symlink");

	return err ? err : pca_unlink(s->w.task, "symlink");
}

static long make_link(struct scene *s)
{
	long err = pca_link(s->w.task, "kept", "link");

	return err ? err : pca_unlink(s->w.task, "link");
}

/* Over a pin that is there: if it fails, both are there still. */
static long rename_over(struct scene *s)
{
	struct pca_stat kept, other;
	long err = pca_rename(s->w.task, "other", "kept");

	fail_at = 0;
	if (!err) {
		expect(pca_stat(s->w.task, "other", &other), -ENOENT);
		return pin_at(s, "other");
	}
	expect(pca_stat(s->w.task, "kept", &kept), 0);
	expect(pca_stat(s->w.task, "other", &other), 0);
	ck_assert_uint_ne(kept.ino, other.ino);
	return err;
}

static long run_on_each(struct scene *s)
{
	int n = pca_run_on_each_cpu(s->prog, NULL, NULL);

	return n < 0 ? n : 0;
}

static long test_run(struct scene *s)
{
	static unsigned char packet[2048];
	uint32_t attr[20] = { (uint32_t)s->prog_fd, 0, sizeof(packet), 0 };

	memcpy(&attr[4], &(uint64_t){ (uintptr_t)packet }, 8);
	return pca_bpf(s->w.task, BPF_PROG_TEST_RUN, attr, 76);
}

static const struct {
	const char *name;
	long (*fn)(struct scene *s);
} operations[] = {
	{ "create a machine", create_machine },
	{ "create a task", create_task },
	{ "create a map", create_map },
	{ "create a shared array", create_array },
	{ "load", load },
	{ "open by id", open_by_id },
	{ "dup", dup_far },
	{ "fdinfo", show },
	{ "lookup", look_up_big },
	{ "update", update_big },
	{ "lookup batch", look_up_batch },
	{ "update batch", update_batch },
	{ "pin", pin },
	{ "get", get },
	{ "mkdir", make_dir },
	{ "opendir", open_dir },
	{ "symlink", make_symlink },
	{ "link", make_link },
	{ "rename", rename_over },
	{ "run on each CPU", run_on_each },
	{ "test run", test_run },
};

static void set_scene(struct scene *s)
{
	s->w = world_open("0-1", PCA_CHECKED);
	s->fd = percpu_map(&s->w, BIG, 2);
	s->id = id_of_map(s->w.task, s->fd);
	s->big = calloc(2, BIG);
	s->prog_fd = expect_fd(load_program(s));
	expect(pca_prog_get(s->w.task, s->prog_fd, &s->prog), 0);
	expect(pin_at(s, "kept"), 0);
	expect(pin_at(s, "other"), 0);
}

static void clear_scene(struct scene *s)
{
	pca_prog_put(s->prog);
	free(s->big);
	world_close(&s->w);
}

/* Fail the n-th allocation of the operation; false when it has fewer. */
static bool fails_at(size_t operation, unsigned int n)
{
	struct scene s;
	uint32_t nr_fds;
	uint64_t bytes;

	set_scene(&s);
	nr_fds = pca_task_open_fds(s.w.task);
	bytes = pca_machine_memory_bytes(s.w.machine);
	row("%s, allocation %u", operations[operation].name, n);
	nr_asked = 0;
	has_failed = false;
	fail_at = n;
	long got = operations[operation].fn(&s);

	fail_at = 0;
	expect(got, has_failed ? -ENOMEM : 0);
	ck_assert_uint_eq(pca_task_open_fds(s.w.task), nr_fds);
	ck_assert_uint_eq(pca_machine_memory_bytes(s.w.machine), bytes);
	expect(operations[operation].fn(&s), 0);
	clear_scene(&s);
	return has_failed;
}

START_TEST(each_allocation_may_fail)
{
	for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
		unsigned int n = 1;

		while (fails_at(i, n))
			n++;
		ck_assert_msg(n > 1, "%s allocates nothing", operations[i].name);
	}
}
END_TEST

/* The table of ids grows, and may fail to: the map is not there then. */
START_TEST(a_map_without_an_id_is_none)
{
	struct world w = world_open("0", PCA_DIRECT);
	uint64_t bytes = 0;
	uint32_t id = 0, nr = 0;

	for (int i = 0; i < 100; i++) {
		nr_asked = 0;
		has_failed = false;
		fail_at = 3; /* after the map and its memory */
		long got = cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, 0);

		fail_at = 0;
		if (got < 0) {
			expect(got, -ENOMEM);
			ck_assert_uint_eq(pca_machine_memory_bytes(w.machine), bytes);
		} else {
			nr++;
		}
		bytes = pca_machine_memory_bytes(w.machine);
	}
	ck_assert_uint_eq(pca_task_open_fds(w.task), nr);
	while (!cmd_next_id(w.task, id, &id))
		nr--;
	ck_assert_uint_eq(nr, 0);
	world_close(&w);
}
END_TEST

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
	TCase *tc = add_case(suite, "memory");

	tcase_add_test(tc, each_allocation_may_fail);
	tcase_add_test(tc, a_map_without_an_id_is_none);
	tc = add_case(suite, "threads");
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
