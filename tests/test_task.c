// SPDX-License-Identifier: MIT
/*
 * Tasks: how they follow pointers, what their capabilities allow, where their
 * paths start, and who the current one is.
 */
#include <sys/mman.h>

#include "support.h"

/* ---- memory ---- */

static const enum pca_task_memory memories[] = { PCA_DIRECT, PCA_CHECKED };

START_TEST(a_faulting_lookup_delivers_what_comes_before)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		struct world w = world_open(cpu_masks[m], PCA_CHECKED);

		for (size_t v = 0; v < nr_value_sizes; v++) {
			size_t bytes = lookup_bytes(&w, value_sizes[v]);
			size_t step = bytes > 256 ? bytes / 64 - 1 : 1;
			unsigned char *value = malloc(bytes);
			int fd = percpu_map(&w, value_sizes[v], 1);
			uint32_t key = 0;

			row("mask %s, value size %u", cpu_masks[m], value_sizes[v]);
			fill(value, bytes, 1);
			expect(cmd_update(w.task, fd, &key, value, 0), 0);
			for (size_t room = 0; room < bytes; room += step) {
				unsigned char *out = guarded(room);

				memset(out, 0xee, room);
				expect(cmd_lookup(w.task, fd, &key, out, 0), -EFAULT);
				expect_bytes(out, value, room);
			}
			unsigned char *whole = guarded(bytes);

			expect(cmd_lookup(w.task, fd, &key, whole, 0), 0);
			expect_bytes(whole, value, bytes);
			expect(pca_close(w.task, fd), 0);
			free(value);
		}
		world_close(&w);
	}
}
END_TEST

START_TEST(a_faulting_update_changes_nothing)
{
	struct world w = world_open("0,2-3,7", PCA_CHECKED);

	for (size_t v = 0; v < nr_value_sizes; v++) {
		size_t bytes = lookup_bytes(&w, value_sizes[v]);
		unsigned char *before = malloc(bytes), *after = malloc(bytes);
		unsigned char *whole = guarded(bytes), *start = guarded_before(bytes);
		int fd = percpu_map(&w, value_sizes[v], 1);
		uint32_t key = 0;

		row("value size %u", value_sizes[v]);
		fill(before, bytes, 1);
		fill(whole, bytes, 2);
		fill(start, bytes, 3);
		expect(cmd_update(w.task, fd, &key, before, 0), 0);
		expect(cmd_update(w.task, fd, &key, whole + 1, 0), -EFAULT);
		expect(cmd_update(w.task, fd, &key, start - 1, 0), -EFAULT);
		expect(cmd_lookup(w.task, fd, &key, after, 0), 0);
		expect_bytes(after, before, bytes);
		expect(cmd_update(w.task, fd, &key, start, 0), 0);
		expect(cmd_update(w.task, fd, &key, whole, 0), 0);
		expect(cmd_lookup(w.task, fd, &key, after, 0), 0);
		expect_bytes(after, whole, bytes);
		expect(pca_close(w.task, fd), 0);
		free(before);
		free(after);
	}
	world_close(&w);
}
END_TEST

START_TEST(keys_are_four_bytes)
{
	struct world w = world_open("0-1", PCA_CHECKED);
	int fd = percpu_map(&w, 8, 4);
	uint32_t *key = guarded(4);
	uint64_t value[2];

	*key = 3;
	expect(cmd_lookup(w.task, fd, key, value, 0), 0);
	expect(cmd_update(w.task, fd, key, value, 0), 0);
	expect(cmd_next_key(w.task, fd, key, key), -ENOENT);
	for (int i = 1; i < 4; i++) {
		char *cut = (char *)key + i;

		expect(cmd_lookup(w.task, fd, cut, value, 0), -EFAULT);
		expect(cmd_update(w.task, fd, cut, value, 0), -EFAULT);
		expect(cmd_delete(w.task, fd, cut), -EFAULT);
		expect(cmd_next_key(w.task, fd, cut, value), -EFAULT);
		expect(cmd_next_key(w.task, fd, NULL, cut), -EFAULT);
	}
	world_close(&w);
}
END_TEST

START_TEST(read_only_memory_can_be_read_only)
{
	struct world w = world_open("0-1", PCA_CHECKED);
	int fd = percpu_map(&w, 8, 4);
	uint32_t *page = guarded(4096);

	memset(page, 0, 4096);
	ck_assert_int_eq(mprotect(page, 4096, PROT_READ), 0);
	expect(cmd_update(w.task, fd, page, page, 0), 0);
	expect(cmd_lookup(w.task, fd, page, page, 0), -EFAULT);
	expect(cmd_next_key(w.task, fd, page, page), -EFAULT);
	world_close(&w);
}
END_TEST

/* Both kinds of task agree on every address below the first page's end. */
START_TEST(the_first_page_is_nobodys)
{
	static const uintptr_t addresses[] = { 0, 1, 8, 4095 };

	for (size_t m = 0; m < ARRAY_LEN(memories); m++) {
		struct world w = world_open("0-1", memories[m]);
		int fd = percpu_map(&w, 8, 4);
		uint64_t value[8] = { 0 }, pin[2] = { 0, (uint64_t)fd };
		uint32_t key = 0, keys[4], out;

		for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
			void *bad = (void *)addresses[i];
			uint32_t len = 104;
			struct batch lookup = { .out_batch = &out, .keys = keys, .values = value };

			row("memory %d, address %zu", (int)memories[m], (size_t)addresses[i]);
			expect(cmd_lookup(w.task, fd, bad, value, 0), -EFAULT);
			expect(cmd_lookup(w.task, fd, &key, bad, 0), -EFAULT);
			expect(cmd_update(w.task, fd, bad, value, 0), -EFAULT);
			expect(cmd_update(w.task, fd, &key, bad, 0), -EFAULT);
			expect(cmd_delete(w.task, fd, bad), -EFAULT);
			expect(cmd_next_key(w.task, fd, bad, value), bad ? -EFAULT : 0);
			expect(cmd_next_key(w.task, fd, &key, bad), -EFAULT);
			expect(cmd_info(w.task, fd, bad, &len), -EFAULT);
			pin[0] = addresses[i];
			expect(pca_bpf(w.task, BPF_OBJ_PIN, pin, 16), -EFAULT);
			expect(pca_bpf(w.task, BPF_MAP_CREATE, bad, CREATE_ATTR_END), -EFAULT);
			expect(pca_bpf(w.task, BPF_MAP_CREATE, bad, 4096), -EFAULT);
			expect(pca_bpf(w.task, BPF_MAP_FREEZE, bad, 4), -EFAULT);
			/* No byte of the attr is read, but next_id would be written. */
			expect(pca_bpf(w.task, BPF_MAP_GET_NEXT_ID, bad, 0), -EFAULT);
			lookup.count = 4;
			lookup.keys = bad;
			expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, fd, &lookup), -EFAULT);
			expect(lookup.count, 0);
			lookup = (struct batch){ .out_batch = bad, .keys = keys, .values = value };
			lookup.count = 4;
			expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, fd, &lookup), -EFAULT);
			expect(lookup.count, 4);
		}
		world_close(&w);
	}
}
END_TEST

/* ---- capabilities ---- */

#define SYS PCA_CAP_SYS_ADMIN

static struct pca_task *task_with(struct pca_machine *machine, uint64_t caps)
{
	struct pca_task_opts opts = {
		.size = sizeof(opts),
		.dropped_caps = ~caps,
		.uid = 65534,
		.gid = 65534,
	};
	struct pca_task *task;

	expect(pca_task_create(&task, machine, &opts), 0);
	return task;
}

static long try_create(struct pca_task *task)
{
	long fd = cmd_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 4, 0);

	return fd < 0 ? fd : pca_close(task, (int)fd);
}

static int do_nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

static long try_load(struct pca_task *task, uint32_t type)
{
	struct pca_prog_load_opts opts = { .size = sizeof(opts), .type = type, .fn = do_nothing };
	int fd = pca_prog_load(task, &opts);

	return fd < 0 ? fd : pca_close(task, fd);
}

static long try_fd_by_id(struct pca_task *task, uint32_t id, uint32_t flags)
{
	long fd = cmd_fd_by_id(task, id, flags);

	return fd < 0 ? fd : pca_close(task, (int)fd);
}

START_TEST(creating_loading_and_ids_ask_for_capabilities)
{
	static const struct {
		uint64_t caps;
		long create, load, by_id;
	} rows[] = {
		{ 0, -EPERM, -EPERM, -EPERM },
		{ PCA_CAP_PERFMON, -EPERM, -EPERM, -EPERM },
		{ PCA_CAP_NET_ADMIN, -EPERM, -EPERM, -EPERM },
		{ PCA_CAP_DAC_OVERRIDE, -EPERM, -EPERM, -EPERM },
		{ PCA_CAP_BPF, 0, 0, -EPERM },
		{ PCA_CAP_BPF | PCA_CAP_PERFMON | PCA_CAP_NET_ADMIN, 0, 0, -EPERM },
		{ SYS, 0, 0, 0 },
	};
	struct world w = world_open("0", PCA_DIRECT);
	uint32_t id = id_of_map(w.task, percpu_map(&w, 8, 1));

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_task *task = task_with(w.machine, rows[i].caps);
		uint32_t next = 0;

		row("caps 0x%llx", (unsigned long long)rows[i].caps);
		expect(try_create(task), rows[i].create);
		expect(try_load(task, BPF_PROG_TYPE_SOCKET_FILTER), rows[i].load);
		expect(try_fd_by_id(task, id, 0), rows[i].by_id);
		expect(cmd_next_id(task, 0, &next), rows[i].by_id);
	}
	world_close(&w);
}
END_TEST

START_TEST(some_checks_come_before_and_some_after_the_capability)
{
	struct world w = world_open("0", PCA_DIRECT);
	struct pca_task *nobody = task_with(w.machine, PCA_CAP_BPF);
	uint32_t id = id_of_map(w.task, percpu_map(&w, 8, 1)), next = 77;

	expect(try_fd_by_id(nobody, id, 1), -EINVAL);
	expect(try_fd_by_id(nobody, id, 24), -EPERM);
	expect(try_fd_by_id(nobody, id + 100, 0), -EPERM);
	expect(try_fd_by_id(w.task, id, 24), -EINVAL);
	expect(try_fd_by_id(w.task, id + 100, 24), -EINVAL);
	expect(try_fd_by_id(w.task, id + 100, 0), -ENOENT);
	expect(cmd_next_id(nobody, INT32_MAX, &next), -EINVAL);
	expect(cmd_next_id(nobody, INT32_MAX - 1, &next), -EPERM);
	expect(cmd_next_id(w.task, INT32_MAX - 1, &next), -ENOENT);
	expect(next, 77);
	world_close(&w);
}
END_TEST

START_TEST(commands_on_an_fd_need_no_capability)
{
	struct world w = world_open("0-1", PCA_DIRECT);
	struct pca_task *nobody = task_with(w.machine, 0);
	uint64_t pin[3] = { (uintptr_t) "m", (uint64_t)percpu_map(&w, 8, 4) }, value[8] = { 1, 2 };
	uint32_t key = 0, next, keys[4] = { 0, 1, 2, 3 }, out, len = 0;
	struct batch batch = { .out_batch = &out, .keys = keys, .values = value, .count = 4 };
	int fd;

	expect(pca_bpf(w.task, BPF_OBJ_PIN, pin, 16), 0);
	expect(pca_chmod(w.task, "m", 0666), 0);
	pin[1] = 0;
	fd = expect_fd(pca_bpf(nobody, BPF_OBJ_GET, pin, 16));
	expect(cmd_update(nobody, fd, &key, value, 0), 0);
	expect(cmd_lookup(nobody, fd, &key, value, 0), 0);
	expect(cmd_delete(nobody, fd, &key), -EINVAL);
	expect(cmd_next_key(nobody, fd, &key, &next), 0);
	expect(cmd_batch(nobody, BPF_MAP_LOOKUP_BATCH, fd, &batch), 0);
	expect(cmd_batch(nobody, BPF_MAP_UPDATE_BATCH, fd, &batch), 0);
	expect(cmd_batch(nobody, BPF_MAP_DELETE_BATCH, fd, &batch), -PCA_ENOTSUPP);
	expect(cmd_info(nobody, fd, NULL, &len), 0);
	pin[0] = (uintptr_t) "mine";
	pin[1] = (uint64_t)fd;
	expect(pca_bpf(nobody, BPF_OBJ_PIN, pin, 16), 0);
	expect(cmd_freeze(nobody, fd), 0);
	expect(cmd_update(nobody, fd, &key, value, 0), -EPERM);
	world_close(&w);
}
END_TEST

START_TEST(where_unprivileged_bpf_is_allowed)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0",
		.allow_unprivileged_bpf = true,
	};
	struct world w = world_open_with(&opts, NULL);
	struct pca_task *nobody = task_with(w.machine, 0);
	uint32_t next = 0;

	expect(try_create(nobody), 0);
	expect(try_load(nobody, BPF_PROG_TYPE_SOCKET_FILTER), 0);
	expect(try_load(nobody, BPF_PROG_TYPE_CGROUP_SKB), 0);
	expect(try_load(nobody, BPF_PROG_TYPE_RAW_TRACEPOINT), -EPERM);
	expect(try_load(nobody, BPF_PROG_TYPE_XDP), -EPERM);
	expect(try_fd_by_id(nobody, 1, 0), -EPERM);
	expect(cmd_next_id(nobody, 0, &next), -EPERM);
	world_close(&w);
}
END_TEST

START_TEST(only_mitigations_limit_entries_of_a_task_without_perfmon)
{
	static const struct {
		bool mitigations;
		uint64_t caps;
		uint32_t entries;
		long want;
	} rows[] = {
		{ true, PCA_CAP_BPF, (1U << 31) + 1, -E2BIG },
		{ true, PCA_CAP_BPF, UINT32_MAX, -E2BIG },
		{ true, PCA_CAP_BPF, 1U << 31, -ENOMEM },
		{ true, PCA_CAP_BPF | PCA_CAP_PERFMON, UINT32_MAX, -ENOMEM },
		{ true, SYS, UINT32_MAX, -ENOMEM },
		{ false, PCA_CAP_BPF, UINT32_MAX, -ENOMEM },
		{ true, 0, UINT32_MAX, -EPERM },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_machine_opts opts = {
			.size = sizeof(opts),
			.possible = "0",
			.memory_limit_bytes = 1 << 20,
			.mitigations = rows[i].mitigations,
		};
		struct world w = world_open_with(&opts, NULL);
		struct pca_task *task = task_with(w.machine, rows[i].caps);

		row("row %zu", i);
		expect(cmd_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, rows[i].entries, 0),
		       rows[i].want);
		world_close(&w);
	}
}
END_TEST

/* ---- name and place ---- */

static int tell_comm(void *ctx)
{
	return (int)pca_get_current_comm(ctx, 16);
}

static void ask_comm(struct pca_task *task, char *comm)
{
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_SYSCALL,
		.fn = tell_comm,
	};
	union any_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.bpf.test.prog_fd = (uint32_t)expect_fd(pca_prog_load(task, &opts));
	attr.bpf.test.ctx_in = (uintptr_t)comm;
	attr.bpf.test.ctx_size_in = 16;
	expect(pca_bpf(task, BPF_PROG_TEST_RUN, &attr, 76), 0);
}

START_TEST(a_task_has_its_comm_or_the_processs_name)
{
	static const char *const comms[] = { "", "a", "with space", "123456789012345" };
	struct world w = world_open("0", PCA_DIRECT);
	char got[16], want[17] = "";

	ask_comm(w.task, got);
	strncpy(want, program_invocation_short_name, 15);
	ck_assert_str_eq(got, want);
	for (size_t i = 0; i < ARRAY_LEN(comms); i++) {
		struct pca_task_opts opts = { .size = sizeof(opts), .comm = comms[i] };
		struct pca_task *task;

		expect(pca_task_create(&task, w.machine, &opts), 0);
		ask_comm(task, got);
		ck_assert_str_eq(got, comms[i]);
	}
	world_close(&w);
}
END_TEST

START_TEST(relative_paths_start_at_the_cwd)
{
	static const struct {
		const char *cwd, *path;
		int create;
	} rows[] = {
		{ NULL, "/sys/fs/bpf/x0", 0 },
		{ NULL, "x1", 0 },
		{ "/", "x2", 0 },
		{ "/sys/fs/bpf/d", "x3", 0 },
		{ "/sys/fs/bpf/d", "../x4", 0 },
		{ "/tmp", "a.b", 0 },
		{ "/nope", NULL, -ENOENT },
		{ "/sys/fs/bpf/m", NULL, -ENOTDIR },
		{ "/sys/fs/bpf/m/x", NULL, -ENOTDIR },
		{ "", NULL, -ENOENT },
	};
	struct world w = world_open("0", PCA_DIRECT);
	uint64_t pin[2] = { (uintptr_t) "m", (uint64_t)percpu_map(&w, 8, 1) };

	expect(pca_bpf(w.task, BPF_OBJ_PIN, pin, 16), 0);
	expect(pca_mkdir(w.task, "d", 0755), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_task_opts opts = { .size = sizeof(opts), .cwd = rows[i].cwd };
		struct pca_task *task = NULL;
		struct pca_stat st;

		row("cwd %s", rows[i].cwd ? rows[i].cwd : "by default");
		expect(pca_task_create(&task, w.machine, &opts), rows[i].create);
		if (rows[i].create)
			continue;
		expect(pca_mkdir(task, rows[i].path, 0755), 0);
		expect(pca_stat(task, rows[i].path, &st), 0);
		pca_task_destroy(task);
	}
	row("%s", "");

	static const char *const made[] = { "x0", "x1", "/x2", "d/x3", "x4", "/tmp/a.b" };

	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		struct pca_stat st;

		row("made %s", made[i]);
		expect(pca_stat(w.task, made[i], &st), 0);
	}
	world_close(&w);
}
END_TEST

START_TEST(a_cwd_may_be_removed)
{
	struct world w = world_open("0", PCA_DIRECT);
	struct pca_task_opts opts = { .size = sizeof(opts), .cwd = PCA_BPFFS "/d" };
	struct pca_task *task;
	struct pca_stat st;

	expect(pca_mkdir(w.task, "d", 0755), 0);
	expect(pca_task_create(&task, w.machine, &opts), 0);
	expect(pca_rmdir(w.task, "d"), 0);
	expect(pca_mkdir(task, "x", 0755), -ENOENT);
	expect(pca_stat(task, ".", &st), 0);
	expect(pca_stat(task, "x", &st), -ENOENT);
	expect(pca_stat(task, PCA_BPFFS, &st), 0);
	world_close(&w);
}
END_TEST

START_TEST(tasks_may_end_before_their_machine)
{
	struct world w = world_open("0", PCA_DIRECT);
	struct pca_task *tasks[5];

	for (size_t i = 0; i < ARRAY_LEN(tasks); i++) {
		expect(pca_task_create(&tasks[i], w.machine, NULL), 0);
		ck_assert_ptr_eq(pca_task_machine(tasks[i]), w.machine);
		expect_fd(cmd_create(tasks[i], BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, 0));
	}
	pca_task_destroy(tasks[2]); /* in the middle of the list, at its ends */
	pca_task_destroy(tasks[0]);
	pca_task_destroy(tasks[4]);
	pca_task_destroy(NULL);
	messages_catch();
	world_close(&w);
	expect(messages_count(), 2); /* of the two that were left, with an fd each */
	expect_message("1 fd open");
}
END_TEST

/* ---- the current task ---- */

static void *current_task_of_thread(void *own)
{
	struct pca_task *before = pca_current_task();

	pca_set_current_task(own);
	return pca_current_task() == own && before != own ? before : NULL;
}

/* Run in a process of its own, with the environment that the test gives it. */
static int describe_current_task(void)
{
	struct pca_task *task = pca_current_task();

	if (!task) {
		printf("none: %s\n", pca_errno_name(errno));
		return 0;
	}

	struct pca_machine *machine = pca_task_machine(task);

	printf("release %s cpus", pca_machine_release(machine));
	for (uint32_t i = 0; i < pca_num_possible_cpus(machine); i++) {
		int cpu = pca_cpu_id(machine, i);

		printf(" %d%s", cpu, pca_cpu_is_online(machine, (uint32_t)cpu) ? "" : "-");
	}
	printf("\n");
	return 0;
}

static int compare_thread(void *ctx)
{
	return pthread_equal(*(pthread_t *)ctx, pthread_self()) != 0;
}

static int describe_run_mode(void)
{
	struct pca_task *task = pca_current_task();
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = compare_thread,
	};
	pthread_t self = pthread_self();
	struct pca_prog *prog;
	int is_inline;

	if (pca_prog_get(task, pca_prog_load(task, &opts), &prog) ||
	    pca_run_on(prog, (uint32_t)pca_cpu_id(pca_task_machine(task), 0), &self, &is_inline))
		return 1;
	pca_prog_put(prog);
	printf("%s\n", is_inline ? "inline" : "workers");
	return 0;
}

/* Only a checked task survives this. */
static int describe_bad_pointer(void)
{
	struct pca_task *task = pca_current_task();
	long fd = cmd_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, 0);
	void *bad = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t value[64];

	printf("%s\n", pca_errno_name((int)cmd_lookup(task, (int)fd, bad, value, 0)));
	/* cppcheck-suppress memleak ; the process ends here */
	return 0;
}

static int make_mistake(void)
{
	cmd_create(pca_current_task(), BPF_MAP_TYPE_PERCPU_HASH, 8, 1, 0);
	printf("done\n");
	return 0;
}

static int describe_padding(void)
{
	struct pca_task *task = pca_current_task();
	long fd = cmd_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, 7, 1, 0);
	unsigned char value[8] = { 0 };

	printf("%d: ", (int)cmd_lookup(task, (int)fd, &(uint32_t){ 0 }, value, 0));
	printf("%02x\n", value[7]);
	return 0;
}

static void hear_nothing(void *arg, const struct pca_event *event)
{
	(void)arg;
	(void)event;
}

static int call_helpers(void *ctx)
{
	for (int i = 0; i < 100; i++)
		pca_get_smp_processor_id();
	(void)ctx;
	return 0;
}

/* Calls of helpers are steps where somebody is told of them. */
static int take_steps(void)
{
	const struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_XDP,
		.fn = call_helpers,
		.name = "calls",
	};
	struct pca_task *task = pca_current_task();
	struct pca_prog *prog;
	int err;

	pca_machine_listen(pca_task_machine(task), hear_nothing, NULL);
	err = pca_prog_get(task, pca_prog_load(task, &opts), &prog);
	if (err)
		return 1;
	err = pca_run_on(prog, 0, NULL, NULL);
	printf("%s\n", err ? pca_errno_name(err) : "ended");
	pca_prog_put(prog);
	return 0;
}

static int describe_threads(void)
{
	struct pca_task *task = pca_current_task(), *own, *others[2];
	struct pca_machine *machine = pca_task_machine(task);
	pthread_t threads[2];

	if (pca_task_create(&own, machine, NULL))
		return 1;
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, current_task_of_thread, own);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], (void **)&others[i]);
	/* Each thread found the process's and set its own; nobody else saw that. */
	printf("%s\n", others[0] == task && others[1] == task && pca_current_task() == task
			       ? "shared"
			       : "not shared");
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} children[] = {
	{ "task", describe_current_task },
	{ "mode", describe_run_mode },
	{ "pointer", describe_bad_pointer },
	{ "threads", describe_threads },
	{ "mistake", make_mistake },
	{ "padding", describe_padding },
	{ "steps", take_steps },
};

/* What a child with these variables prints, messages included, as text of the caller's. */
static void run_child(const char *env, const char *name, char got[static 1024])
{
	char self[512] = "", command[1024];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	FILE *out;

	ck_assert_int_gt(len, 0);
	snprintf(command, sizeof(command), "env %s '%s' --child %s 2>&1", env, self, name);
	out = popen(command, "r");
	ck_assert_ptr_nonnull(out);
	got[fread(got, 1, 1023, out)] = '\0';
	ck_assert_msg(pclose(out) == 0, "%s failed: %s", command, got);
}

/* Among it is what is wanted. */
static void expect_child(const char *env, const char *name, const char *want)
{
	char got[1024];

	run_child(env, name, got);
	ck_assert_msg(strstr(got, want) != NULL, "%s: %s printed \"%s\", not \"%s\"", env, name,
		      got, want);
}

/* It is what is wanted, and nothing else. */
static void expect_only(const char *env, const char *name, const char *want)
{
	char got[1024];

	run_child(env, name, got);
	ck_assert_str_eq(got, want);
}

START_TEST(the_environment_makes_the_current_task)
{
	static const struct {
		const char *env, *want;
	} rows[] = {
		{ "PCASIM_POSSIBLE=0,2-3,7", "cpus 0 2 3 7\n" },
		{ "PCASIM_POSSIBLE=0-3 PCASIM_ONLINE=0,2", "cpus 0 1- 2 3-\n" },
		{ "PCASIM_TOPOLOGY='core:3 pu:1'", "cpus 0 1 2\n" },
		{ "PCASIM_TOPOLOGY='core:3 pu:1' PCASIM_ONLINE=1", "cpus 0- 1 2-\n" },
		{ "PCASIM_POSSIBLE=0 PCASIM_RELEASE=6.18", "release 6.18 cpus 0\n" },
		{ "PCASIM_POSSIBLE=0 PCASIM_RELEASE=", "release 7.2 cpus 0\n" },
		{ "PCASIM_POSSIBLE=5 PCASIM_TOPOLOGY=", "cpus 5\n" },
		{ "PCASIM_RELEASE=1.0", "none: EINVAL\n" },
		{ "PCASIM_RELEASE=1.0", "release \"1.0\" is not simulated" },
		{ "PCASIM_POSSIBLE=x", "none: EINVAL\n" },
		{ "PCASIM_POSSIBLE=0-1 PCASIM_ONLINE=4", "none: EINVAL\n" },
		{ "PCASIM_TOPOLOGY=nonsense", "none: EINVAL\n" },
		{ "PCASIM_POSSIBLE=0 PCASIM_INLINE=yes", "PCASIM_INLINE=yes: give 1 or 0" },
		{ "PCASIM_POSSIBLE=0 PCASIM_CHECKED=2", "PCASIM_CHECKED=2: give 1 or 0" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect_child(rows[i].env, "task", rows[i].want);
}
END_TEST

START_TEST(the_environment_chooses_mode_and_memory)
{
	expect_child("PCASIM_POSSIBLE=0", "mode", "workers\n");
	expect_child("PCASIM_POSSIBLE=0 PCASIM_INLINE=0", "mode", "workers\n");
	expect_child("PCASIM_POSSIBLE=0 PCASIM_INLINE=1", "mode", "inline\n");
	expect_child("PCASIM_POSSIBLE=0 PCASIM_CHECKED=1", "pointer", "EFAULT\n");
	expect_child("PCASIM_POSSIBLE=0", "threads", "shared\n");
}
END_TEST

START_TEST(a_thread_may_have_a_current_task_of_its_own)
{
	struct world w = world_open("0", PCA_DIRECT), other = world_open("0-1", PCA_DIRECT);
	pthread_t thread;
	void *before;

	pca_set_current_task(w.task);
	ck_assert_ptr_eq(pca_current_task(), w.task);
	pca_set_current_task(other.task);
	ck_assert_ptr_eq(pca_current_task(), other.task);
	expect(pthread_create(&thread, NULL, current_task_of_thread, w.task), 0);
	expect(pthread_join(thread, &before), 0);
	ck_assert_ptr_nonnull(before); /* the process's */
	ck_assert_ptr_ne(before, other.task);
	ck_assert_ptr_eq(pca_current_task(), other.task);
	pca_set_current_task(NULL);
	ck_assert_ptr_eq(pca_current_task(), before);
	world_close(&other);
	world_close(&w);
}
END_TEST

START_TEST(the_environment_chooses_hints_and_padding)
{
	expect_child("PCASIM_POSSIBLE=0", "mistake", "pcasim: warning: EINVAL: map_type 5");
	expect_child("PCASIM_POSSIBLE=0 PCASIM_HINTS=1", "mistake", "warning: EINVAL: map_type 5");
	expect_only("PCASIM_POSSIBLE=0 PCASIM_HINTS=0", "mistake", "done\n");
	expect_child("PCASIM_POSSIBLE=0 PCASIM_HINTS=no", "mistake",
		     "PCASIM_HINTS=no: give 1 or 0");
	expect_only("PCASIM_POSSIBLE=0", "padding", "0: 00\n");
	expect_only("PCASIM_POSSIBLE=0 PCASIM_POISON_PADDING=1", "padding", "0: a5\n");
}
END_TEST

START_TEST(the_environment_chooses_steps)
{
	expect_child("PCASIM_POSSIBLE=0", "steps", "ended\n");
	expect_child("PCASIM_POSSIBLE=0 PCASIM_STEPS=0x10", "steps", "E2BIG\n");
	expect_child("PCASIM_POSSIBLE=0 PCASIM_STEPS=16", "steps",
		     "\"calls\" on CPU 0 was stopped after 16 steps");
	expect_child("PCASIM_POSSIBLE=0 PCASIM_STEPS=no", "steps",
		     "PCASIM_STEPS=no: give a number above 0; taken as not set");
	expect_child("PCASIM_POSSIBLE=0 PCASIM_STEPS=-1", "steps", "PCASIM_STEPS=-1: give");
	expect_child("PCASIM_POSSIBLE=0 PCASIM_STEPS=0", "steps", "ended\n");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("task");
	TCase *memory = add_case(suite, "memory"), *caps = add_case(suite, "capabilities"),
	      *place = add_case(suite, "place"), *current = add_case(suite, "current");

	tcase_add_test(memory, a_faulting_lookup_delivers_what_comes_before);
	tcase_add_test(memory, a_faulting_update_changes_nothing);
	tcase_add_test(memory, keys_are_four_bytes);
	tcase_add_test(memory, read_only_memory_can_be_read_only);
	tcase_add_test(memory, the_first_page_is_nobodys);

	tcase_add_test(caps, creating_loading_and_ids_ask_for_capabilities);
	tcase_add_test(caps, some_checks_come_before_and_some_after_the_capability);
	tcase_add_test(caps, commands_on_an_fd_need_no_capability);
	tcase_add_test(caps, where_unprivileged_bpf_is_allowed);
	tcase_add_test(caps, only_mitigations_limit_entries_of_a_task_without_perfmon);

	tcase_add_test(place, a_task_has_its_comm_or_the_processs_name);
	tcase_add_test(place, relative_paths_start_at_the_cwd);
	tcase_add_test(place, a_cwd_may_be_removed);
	tcase_add_test(place, tasks_may_end_before_their_machine);

	tcase_add_test(current, the_environment_makes_the_current_task);
	tcase_add_test(current, the_environment_chooses_mode_and_memory);
	tcase_add_test(current, the_environment_chooses_hints_and_padding);
	tcase_add_test(current, the_environment_chooses_steps);
	tcase_add_test(current, a_thread_may_have_a_current_task_of_its_own);
	return suite;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_LEN(children) && argc == 3; i++) {
		if (!strcmp(argv[1], "--child") && !strcmp(argv[2], children[i].name))
			return children[i].fn();
	}
	return run_suite(make_suite(), argc, argv);
}
