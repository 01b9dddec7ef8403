// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * Events: what a listener is told of runs, commands, helpers and CPUs, and in which
 * order. Each event becomes a line of text; a test states the lines.
 */
#include <sched.h>

#include "machine.h"
#include "support.h"
#include "task.h"

/* ---- a listener that writes down ---- */

struct log {
	pthread_mutex_t lock;
	char text[8192];
	size_t len;
	uint32_t nr_of[PCA_EVENT_CPU_OFFLINE + 1];
	uint64_t last_ns;
	bool is_out_of_order; /* an event other than HELPER before one that was told earlier */
	bool is_wrong;	      /* a member that all events have */
};

static struct log events = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int print_what(char *out, size_t size, const struct pca_event *e)
{
	switch (e->kind) {
	case PCA_EVENT_RUN_BEGIN:
		return snprintf(out, size, "run %s as %s", e->prog_name, e->comm);
	case PCA_EVENT_RUN_END:
		return snprintf(out, size, "end %s %d", e->prog_name, (int)e->result);
	case PCA_EVENT_COMMAND_BEGIN:
		return snprintf(out, size, "%s %s", e->comm, e->name ? e->name : "?");
	case PCA_EVENT_COMMAND_END:
		return snprintf(out, size, "%s %s done", e->comm, e->name ? e->name : "?");
	case PCA_EVENT_HELPER:
		return snprintf(out, size, "%s", e->name);
	case PCA_EVENT_SWITCH:
		return snprintf(out, size, "%s -> %s", e->prev, e->next);
	case PCA_EVENT_CPU_ONLINE:
		return snprintf(out, size, "online");
	case PCA_EVENT_CPU_OFFLINE:
		return snprintf(out, size, "offline");
	}
	return 0;
}

/* " m[3]": the map and the key, as far as they are told; then an error or a result. */
static int print_about(char *out, size_t size, const struct pca_event *e)
{
	int n = 0;

	if (e->map_id)
		n += snprintf(out + n, size - n, " %s", e->map_name);
	if (e->has_key)
		n += snprintf(out + n, size - n, "[%u]", e->key);
	if (e->result < 0)
		n += snprintf(out + n, size - n, " %s", pca_errno_name((int)e->result));
	else if (e->kind == PCA_EVENT_HELPER)
		n += snprintf(out + n, size - n, " %lld", (long long)e->result);
	return n;
}

static void write_down(void *arg, const struct pca_event *e)
{
	struct log *log = arg;
	char line[256];
	int n = snprintf(line, sizeof(line), "%u: ", e->cpu);

	n += print_what(line + n, sizeof(line) - (size_t)n, e);
	if (e->kind != PCA_EVENT_RUN_END)
		n += print_about(line + n, sizeof(line) - (size_t)n, e);
	pthread_mutex_lock(&log->lock);
	if (log->len + (size_t)n + 2 < sizeof(log->text))
		log->len += (size_t)sprintf(log->text + log->len, "%s\n", line);
	log->nr_of[e->kind]++;
	if (e->size != sizeof(*e) || !e->ns || e->thread != (uint32_t)gettid() || !e->comm)
		log->is_wrong = true;
	if (e->kind != PCA_EVENT_HELPER) {
		log->is_out_of_order |= e->ns < log->last_ns;
		log->last_ns = e->ns;
	}
	pthread_mutex_unlock(&log->lock);
}

static void clear_log(void)
{
	pthread_mutex_t lock = events.lock;

	events = (struct log){ .lock = lock };
}

#define expect_events(...) expect_events_at(__LINE__, (const char *const[]){ __VA_ARGS__, NULL })
static void expect_events_at(int line, const char *const *lines)
{
	char want[8192] = "";

	for (size_t n = 0; *lines; lines++)
		n += (size_t)snprintf(want + n, sizeof(want) - n, "%s\n", *lines);
	if (strcmp(events.text, want) != 0)
		ck_abort_msg("line %d: events were\n%sexpected\n%s", line, events.text, want);
	ck_assert_msg(!events.is_wrong, "line %d: size, ns, thread or comm is wrong", line);
	ck_assert_msg(!events.is_out_of_order, "line %d: time goes backwards", line);
	clear_log();
}

static void expect_no_events(void)
{
	ck_assert_str_eq(events.text, "");
}

/* ---- worlds and programs ---- */

static const enum pca_run_mode modes[] = { PCA_WORKERS, PCA_INLINE };

static struct world listened_world(const char *possible, enum pca_run_mode mode)
{
	struct pca_machine_opts opts = { .possible = possible, .run_mode = mode };
	struct pca_task_opts task = { .comm = "tester" };
	struct world w = world_open_with(&opts, &task);

	clear_log();
	expect(pca_machine_listen(w.machine, write_down, &events), 0);
	return w;
}

static int named_map(const struct world *w, const char *name)
{
	union any_attr attr = create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 3);

	strcpy(attr.bpf.map_name, name);
	return expect_fd(pca_bpf(w->task, BPF_MAP_CREATE, &attr, ATTR_BYTES));
}

/* A loaded program; *fd stays open if asked for. */
static struct pca_prog *load(const struct world *w, const char *name, pca_prog_fn fn, int *fd)
{
	struct pca_prog_load_opts opts = {
		.type = BPF_PROG_TYPE_SOCKET_FILTER,
		.name = name,
		.fn = fn,
	};
	struct pca_prog *prog;
	int prog_fd = expect_fd(pca_prog_load(w->task, &opts));

	expect(pca_prog_get(w->task, prog_fd, &prog), 0);
	if (fd)
		*fd = prog_fd;
	else
		expect(pca_close(w->task, prog_fd), 0);
	return prog;
}

static int increment(void *ctx)
{
	const uint32_t key = 1;
	uint64_t *value = pca_map_lookup_elem(ctx, &key);

	return value ? (int)++*value : -1;
}

/* ---- runs ---- */

START_TEST(a_run_is_told_from_idle_to_idle)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = listened_world("0,2-3,7", modes[m]);
		struct pca_map_ref *map;
		struct pca_prog *prog;
		int fd = named_map(&w, "m"), retval = 0;

		expect(pca_map_get(w.task, fd, &map), 0);
		prog = load(&w, "count", increment, NULL);
		clear_log();
		expect(pca_run_on(prog, 3, map, &retval), 0);
		expect(retval, 1);
		expect_events("3: swapper/3 -> count", "3: run count as swapper/3",
			      "3: bpf_map_lookup_elem m[1] 1", "3: end count 1",
			      "3: count -> swapper/3");
		expect(*(uint64_t *)pca_map_peek(map, 3, 1), 1);
		pca_prog_put(prog);
		pca_map_put(map);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

START_TEST(every_way_to_run_is_told)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = listened_world("0,2", modes[m]);
		struct pca_map_ref *map;
		struct pca_run run;
		struct pca_prog *prog;
		int fd = percpu_map(&w, 8, 2), retvals[2];

		expect(pca_map_get(w.task, fd, &map), 0);
		prog = load(&w, "p", increment, NULL);
		clear_log();
		expect(pca_run_submit(&run, prog, 2, map), 0);
		expect(pca_run_wait(&run), 1);
		expect(pca_run_on_each_cpu(prog, map, retvals), 2);
		expect(retvals[0], 1);
		expect(retvals[1], 2);
		expect(events.nr_of[PCA_EVENT_RUN_BEGIN], 3);
		expect(events.nr_of[PCA_EVENT_RUN_END], 3);
		expect(events.nr_of[PCA_EVENT_HELPER], 3);
		expect(events.nr_of[PCA_EVENT_SWITCH], 6);
		pca_prog_put(prog);
		pca_map_put(map);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* A program without a name occupies the CPU by its number. */
START_TEST(a_nameless_program_has_its_number)
{
	struct world w = listened_world("0", PCA_INLINE);
	struct pca_map_ref *map;
	int fd = percpu_map(&w, 8, 1);
	struct pca_prog *prog = load(&w, NULL, increment, NULL);

	expect(pca_map_get(w.task, fd, &map), 0);
	clear_log();
	expect(pca_run_on(prog, 0, map, NULL), 0);
	expect_events("0: swapper/0 -> prog 1", "0: run  as swapper/0",
		      "0: bpf_map_lookup_elem [1] 0", "0: end  -1", "0: prog 1 -> swapper/0");
	pca_prog_put(prog);
	pca_map_put(map);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* ---- helpers ---- */

static long look_up_again(struct pca_map_ref *map, const void *key, void *value, void *ctx)
{
	(void)ctx;
	return pca_map_lookup_elem(map, key) != value || *(const uint32_t *)key == 1;
}

static int call_map_helpers(void *ctx)
{
	struct pca_map_ref *map = ctx;
	const uint32_t key = 2, none = 3, most = UINT32_MAX;
	uint64_t *elem = pca_map_lookup_elem(map, &key), value = 7;
	int err = !elem || pca_map_lookup_elem(map, &none) || pca_map_lookup_elem(map, &most);

	err |= pca_map_update_elem(map, &key, &value, BPF_ANY) != 0;
	err |= !elem || *elem != 7;
	err |= pca_map_update_elem(map, &none, &value, BPF_ANY) != -E2BIG;
	err |= pca_map_delete_elem(map, &key) != -EINVAL;
	err |= pca_map_lookup_percpu_elem(map, &key, 2) != elem;
	err |= pca_map_lookup_percpu_elem(map, &key, 1) != NULL;
	err |= pca_for_each_map_elem(map, look_up_again, NULL, 0) != 2;
	err |= pca_for_each_map_elem(map, look_up_again, NULL, 1) != -EINVAL;
	return err;
}

START_TEST(helpers_are_told_with_map_key_and_result)
{
	struct world w = listened_world("0,2", PCA_INLINE);
	struct pca_map_ref *map;
	int fd = named_map(&w, "m"), retval;
	struct pca_prog *prog = load(&w, "p", call_map_helpers, NULL);

	expect(pca_map_get(w.task, fd, &map), 0);
	clear_log();
	expect(pca_run_on(prog, 2, map, &retval), 0);
	expect(retval, 0);
	expect_events("2: swapper/2 -> p", "2: run p as swapper/2", "2: bpf_map_lookup_elem m[2] 1",
		      "2: bpf_map_lookup_elem m[3] 0", "2: bpf_map_lookup_elem m[4294967295] 0",
		      "2: bpf_map_update_elem m[2] 0", "2: bpf_map_update_elem m[3] E2BIG",
		      "2: bpf_map_delete_elem m[2] EINVAL", "2: bpf_map_lookup_percpu_elem m[2] 1",
		      "2: bpf_map_lookup_percpu_elem m[2] 0", "2: bpf_map_lookup_elem m[0] 1",
		      "2: bpf_map_lookup_elem m[1] 1", "2: bpf_for_each_map_elem m 2",
		      "2: bpf_for_each_map_elem m EINVAL", "2: end p 0", "2: p -> swapper/2");
	pca_prog_put(prog);
	pca_map_put(map);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

static int call_other_helpers(void *ctx)
{
	char comm[16];
	int err = pca_get_smp_processor_id() != 2 || pca_get_numa_node_id() != 0;

	(void)ctx;
	err |= pca_get_current_comm(comm, sizeof(comm)) || strcmp(comm, "swapper/2") != 0;
	err |= pca_get_current_comm(comm, 0) != -EINVAL;
	err |= pca_get_current_pid_tgid() != 0;
	err |= pca_probe_read_kernel(comm, 1, NULL) != -ERANGE;
	err |= pca_trace_printk("x", 2, 0, 0, 0) != 1;
	err |= pca_trace_printk("%f", 3, 0, 0, 0) != -EINVAL;
	return err;
}

START_TEST(helpers_without_a_map_are_told)
{
	struct world w = listened_world("0,2", PCA_INLINE);
	struct pca_prog *prog = load(&w, "p", call_other_helpers, NULL);
	int retval;

	messages_catch();
	clear_log();
	expect(pca_run_on(prog, 2, NULL, &retval), 0);
	expect(retval, 0);
	expect_events("2: swapper/2 -> p", "2: run p as swapper/2", "2: bpf_get_smp_processor_id 2",
		      "2: bpf_get_numa_node_id 0", "2: bpf_get_current_comm 0",
		      "2: bpf_get_current_comm EINVAL", "2: bpf_get_current_pid_tgid 0",
		      "2: bpf_probe_read_kernel ERANGE", "2: bpf_trace_printk 1",
		      "2: bpf_trace_printk EINVAL", "2: end p 0", "2: p -> swapper/2");
	pca_prog_put(prog);
	world_close(&w);
}
END_TEST

static int call_for_time_and_chance(void *ctx)
{
	uint64_t *results = ctx;

	results[0] = pca_ktime_get_ns();
	results[1] = pca_get_prandom_u32();
	return 0;
}

static void keep_results(void *arg, const struct pca_event *e)
{
	uint64_t *results = arg;

	if (e->kind == PCA_EVENT_HELPER)
		results[strcmp(e->name, "bpf_ktime_get_ns") != 0] = (uint64_t)e->result;
}

/* The two that also work outside a run, and are told of there to nobody. */
START_TEST(time_and_chance_are_told_in_runs_only)
{
	struct world w = listened_world("0", PCA_INLINE);
	struct pca_prog *prog = load(&w, "p", call_for_time_and_chance, NULL);
	uint64_t got[2] = { 0 }, told[2] = { 0 };

	clear_log();
	call_for_time_and_chance(got);
	expect_no_events();
	expect(pca_machine_listen(w.machine, keep_results, told), 0);
	expect(pca_run_on(prog, 0, got, NULL), 0);
	ck_assert_uint_eq(told[0], got[0]);
	ck_assert_uint_eq(told[1], got[1]);
	pca_prog_put(prog);
	world_close(&w);
}
END_TEST

/* One after the other, the order of beginnings is that of ns; a for-each holds its callbacks'. */
struct span {
	uint64_t begin, end;
};

struct spans {
	struct span of[32];
	size_t nr;
};

static void keep_spans(void *arg, const struct pca_event *e)
{
	struct spans *spans = arg;

	if (e->kind == PCA_EVENT_HELPER)
		spans->of[spans->nr++] = (struct span){ e->ns, e->ns + e->duration_ns };
	else if (e->kind == PCA_EVENT_RUN_END)
		spans->of[spans->nr++] = (struct span){ e->ns - e->duration_ns, e->ns };
}

START_TEST(spans_nest)
{
	struct world w = listened_world("0,2", PCA_INLINE);
	struct spans spans = { .nr = 0 };
	struct pca_map_ref *map;
	int fd = named_map(&w, "m");
	struct pca_prog *prog = load(&w, "p", call_map_helpers, NULL);
	const struct span *run, *for_each;

	expect(pca_map_get(w.task, fd, &map), 0);
	expect(pca_machine_listen(w.machine, keep_spans, &spans), 0);
	expect(pca_run_on(prog, 2, map, NULL), 0);
	expect(spans.nr, 13);
	run = &spans.of[12];
	for_each = &spans.of[10];
	for (size_t i = 0; i < 12; i++)
		ck_assert(spans.of[i].begin >= run->begin && spans.of[i].end <= run->end);
	for (size_t i = 8; i < 10; i++)
		ck_assert(spans.of[i].begin >= for_each->begin && spans.of[i].end <= for_each->end);
	ck_assert(spans.of[7].end <= for_each->begin && for_each->end <= spans.of[11].begin);
	pca_prog_put(prog);
	pca_map_put(map);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* ---- commands ---- */

START_TEST(commands_are_told_with_map_key_and_error)
{
	static const enum pca_task_memory memories[] = { PCA_DIRECT, PCA_CHECKED };

	for (size_t m = 0; m < ARRAY_LEN(memories); m++) {
		struct pca_machine_opts opts = { .possible = "0-1" };
		struct pca_task_opts task = { .comm = "tester", .memory = memories[m] };
		struct world w = world_open_with(&opts, &task);
		uint32_t key = 2, none = 3;
		uint64_t values[2];

		clear_log();
		expect(pca_machine_listen(w.machine, write_down, &events), 0);
		int fd = named_map(&w, "m");

		expect(pca_task_set_cpu(w.task, 1), 0);
		expect(cmd_lookup(w.task, fd, &key, values, 0), 0);
		expect(cmd_lookup(w.task, fd, &none, values, 0), -ENOENT);
		expect(cmd_next_key(w.task, fd, NULL, values), 0);
		expect(cmd_freeze(w.task, fd), 0);
		expect(cmd_update(w.task, fd, &key, values, 0), -EPERM);
		expect(pca_bpf(w.task, 999, values, 8), -EINVAL);
		expect_events("0: tester BPF_MAP_CREATE", "0: tester BPF_MAP_CREATE done m",
			      "1: tester BPF_MAP_LOOKUP_ELEM",
			      "1: tester BPF_MAP_LOOKUP_ELEM done m[2]",
			      "1: tester BPF_MAP_LOOKUP_ELEM",
			      "1: tester BPF_MAP_LOOKUP_ELEM done m[3] ENOENT",
			      "1: tester BPF_MAP_GET_NEXT_KEY",
			      "1: tester BPF_MAP_GET_NEXT_KEY done m", "1: tester BPF_MAP_FREEZE",
			      "1: tester BPF_MAP_FREEZE done m", "1: tester BPF_MAP_UPDATE_ELEM",
			      "1: tester BPF_MAP_UPDATE_ELEM done m[2] EPERM", "1: tester ?",
			      "1: tester ? done EINVAL");
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* An unreadable attr, an unreadable key: the command's error is told, nothing else. */
START_TEST(bad_pointers_are_not_followed)
{
	struct world w = listened_world("0", PCA_INLINE);
	int fd = named_map(&w, "m");
	uint64_t value;

	clear_log();
	expect(pca_bpf(w.task, BPF_MAP_LOOKUP_ELEM, NULL, ELEM_ATTR_END), -EFAULT);
	expect(cmd_lookup(w.task, -1, bad_pointer(), &value, 0), -EBADF);
	expect(cmd_lookup(w.task, fd, bad_pointer(), &value, ~0ULL), -EINVAL);
	expect(pca_bpf(w.task, BPF_MAP_LOOKUP_ELEM, bad_pointer(), UINT32_MAX), -E2BIG);
	expect_events("0: tester BPF_MAP_LOOKUP_ELEM", "0: tester BPF_MAP_LOOKUP_ELEM done EFAULT",
		      "0: tester BPF_MAP_LOOKUP_ELEM", "0: tester BPF_MAP_LOOKUP_ELEM done EBADF",
		      "0: tester BPF_MAP_LOOKUP_ELEM",
		      "0: tester BPF_MAP_LOOKUP_ELEM done m EINVAL",
		      "0: tester BPF_MAP_LOOKUP_ELEM", "0: tester BPF_MAP_LOOKUP_ELEM done E2BIG");
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

START_TEST(a_task_without_capabilities_is_told_as_well)
{
	struct pca_machine_opts opts = { .possible = "0", .release = "5.10" };
	struct pca_task_opts poor = { .comm = "poor", .dropped_caps = ~0ULL };
	struct world w = world_open_with(&opts, &poor);
	uint32_t key = 0;
	uint64_t value;

	clear_log();
	expect(pca_machine_listen(w.machine, write_down, &events), 0);
	expect(cmd_lookup(w.task, -1, &key, &value, 0), -EPERM);
	expect_events("0: poor BPF_MAP_LOOKUP_ELEM", "0: poor BPF_MAP_LOOKUP_ELEM done[0] EPERM");
	expect(pca_machine_listen(w.machine, NULL, NULL), 0);
	expect(cmd_lookup(w.task, -1, &key, &value, 0), -EPERM);
	expect_no_events();
	world_close(&w);
}
END_TEST

START_TEST(loading_a_program_is_a_command)
{
	struct world w = listened_world("0", PCA_INLINE);
	struct pca_prog_load_opts opts = { .type = 9999, .fn = increment };

	expect(pca_prog_load(w.task, &opts), -EINVAL);
	pca_prog_put(load(&w, "p", increment, NULL));
	expect_events("0: tester BPF_PROG_LOAD", "0: tester BPF_PROG_LOAD done EINVAL",
		      "0: tester BPF_PROG_LOAD", "0: tester BPF_PROG_LOAD done");
	world_close(&w);
}
END_TEST

static long test_run(const struct world *w, int prog_fd, uint32_t repeat)
{
	union any_attr attr = { 0 };
	static char packet[64];

	attr.bpf.test.prog_fd = (uint32_t)prog_fd;
	attr.bpf.test.data_in = (uintptr_t)packet;
	attr.bpf.test.data_size_in = sizeof(packet);
	attr.bpf.test.repeat = repeat;
	return pca_bpf(w->task, BPF_PROG_TEST_RUN, &attr, ATTR_BYTES);
}

static int return_five(void *ctx)
{
	(void)ctx;
	return 5;
}

/* Repeated runs are one occupation of the CPU, in the name of the task that asks. */
START_TEST(a_test_run_holds_its_runs)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = listened_world("0,2", modes[m]);
		int fd;
		struct pca_prog *prog = load(&w, "p", return_five, &fd);

		expect(pca_task_set_cpu(w.task, 2), 0);
		clear_log();
		expect(test_run(&w, fd, 2), 0);
		expect_events("2: tester BPF_PROG_TEST_RUN", "2: swapper/2 -> tester",
			      "2: run p as tester", "2: end p 5", "2: run p as tester",
			      "2: end p 5", "2: tester -> swapper/2",
			      "2: tester BPF_PROG_TEST_RUN done");
		pca_prog_put(prog);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* ---- CPUs, tasks, on and off ---- */

START_TEST(cpus_that_come_and_go_are_told)
{
	struct world w = listened_world("0,2", PCA_WORKERS);

	expect(pca_cpu_set_online(w.machine, 2, false), 0);
	expect(pca_cpu_set_online(w.machine, 2, false), 0); /* nothing changes */
	expect(pca_cpu_set_online(w.machine, 0, false), -EBUSY);
	expect(pca_cpu_set_online(w.machine, 2, true), 0);
	expect_events("2: offline", "2: online");
	world_close(&w);
}
END_TEST

static void keep_tasks(void *arg, const struct pca_event *e)
{
	uint32_t *tasks = arg;

	if (e->kind == PCA_EVENT_COMMAND_END)
		tasks[tasks[0]++] = e->task;
}

START_TEST(tasks_have_numbers_of_their_own)
{
	struct world w = listened_world("0", PCA_INLINE);
	uint32_t told[4] = { 1 }, key = 0;
	struct pca_task *second, *third;

	expect(pca_task_create(&second, w.machine, NULL), 0);
	pca_task_destroy(second);
	expect(pca_task_create(&third, w.machine, NULL), 0);
	expect(pca_machine_listen(w.machine, keep_tasks, told), 0);
	expect(cmd_delete(third, -1, &key), -EBADF);
	expect(cmd_delete(w.task, -1, &key), -EBADF);
	expect(told[1], 3);
	expect(told[2], 1);
	pca_task_destroy(third);
	world_close(&w);
}
END_TEST

/* The words that decide which way is taken are as if nobody had ever listened. */
START_TEST(nobody_listening_is_the_shortest_way)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = listened_world("0", modes[m]);
		uint32_t on_workers = modes[m] == PCA_WORKERS ? RUNS_ON_WORKERS : 0;
		int fd = percpu_map(&w, 8, 2), retval;
		struct pca_map_ref *map;
		struct pca_prog *prog = load(&w, "p", increment, NULL);
		struct pca_task *later;
		/* What a task's memory takes; under AddressSanitizer it is watched. */
		uint32_t memory = w.task->attention & ATTENTION_MEMORY;

		expect(pca_map_get(w.task, fd, &map), 0);
		expect(w.machine->run_ways, on_workers | RUNS_ARE_TOLD);
		expect(pca_task_create(&later, w.machine, NULL), 0);
		expect(w.task->attention, memory | ATTENTION_EVENTS);
		expect(later->attention, memory | ATTENTION_EVENTS);
		expect(pca_machine_listen(w.machine, NULL, NULL), 0);
		clear_log();
		expect(w.machine->run_ways, on_workers);
		expect(w.task->attention, memory);
		expect(later->attention, memory);
		expect(pca_run_on(prog, 0, map, &retval), 0);
		expect(retval, 1);
		expect(cmd_freeze(later, -1), -EBADF);
		expect_no_events();
		expect(pca_machine_listen(w.machine, write_down, &events), 0);
		expect(pca_run_on(prog, 0, map, &retval), 0);
		expect(retval, 2);
		expect(events.nr_of[PCA_EVENT_RUN_END], 1);
		pca_task_destroy(later);
		pca_prog_put(prog);
		pca_map_put(map);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

static int listen_in_run(void *ctx)
{
	return pca_machine_listen(ctx, NULL, NULL);
}

START_TEST(a_program_cannot_change_the_listener)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = listened_world("0", modes[m]);
		struct pca_prog *prog = load(&w, "p", listen_in_run, NULL);
		int retval;

		expect(pca_run_on(prog, 0, w.machine, &retval), 0);
		expect(retval, -EDEADLK);
		expect(pca_machine_listen(w.machine, NULL, NULL), 0);
		expect(pca_run_on(prog, 0, w.machine, &retval), 0);
		expect(retval, -EDEADLK);
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

static int run_in_run(void *ctx)
{
	return pca_run_on(ctx, 0, NULL, NULL);
}

/* What a program cannot do, it cannot do when it is listened to; nor the listener in it. */
START_TEST(a_told_run_is_a_run)
{
	struct world w = listened_world("0-1", PCA_INLINE);
	struct pca_prog *prog = load(&w, "p", run_in_run, NULL);
	int retval;

	expect(pca_run_on(prog, 1, prog, &retval), 0);
	expect(retval, -EDEADLK);
	messages_catch();
	ck_assert_ptr_null(pca_map_lookup_percpu_elem(NULL, NULL, 0));
	expect_message("bpf_map_lookup_percpu_elem called outside a run");
	pca_prog_put(prog);
	world_close(&w);
}
END_TEST

static int wait_for_permission(void *ctx)
{
	while (!__atomic_load_n((bool *)ctx, __ATOMIC_ACQUIRE))
		sched_yield();
	return 0;
}

/* A run that was submitted before is told to whom listened then. */
START_TEST(submitted_runs_finish_before_the_listener_changes)
{
	struct world w = listened_world("0", PCA_WORKERS);
	struct pca_prog *prog = load(&w, "p", wait_for_permission, NULL);
	struct pca_run runs[3];
	bool may_end = false;

	clear_log();
	for (size_t i = 0; i < ARRAY_LEN(runs); i++)
		expect(pca_run_submit(&runs[i], prog, 0, &may_end), 0);
	__atomic_store_n(&may_end, true, __ATOMIC_RELEASE);
	expect(pca_machine_listen(w.machine, NULL, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(runs); i++)
		expect(pca_run_is_done(&runs[i]), true);
	expect(events.nr_of[PCA_EVENT_RUN_END], 3);
	for (size_t i = 0; i < ARRAY_LEN(runs); i++)
		expect(pca_run_wait(&runs[i]), 0);
	pca_prog_put(prog);
	world_close(&w);
}
END_TEST

/* ---- all at once ---- */

#define NR_ROUNDS 50
#define NR_LOOKUPS 20

static int increment_often(void *ctx)
{
	for (uint32_t i = 0; i < NR_LOOKUPS; i++) {
		const uint32_t key = i % 2;
		volatile uint64_t *value = pca_map_lookup_elem(ctx, &key);

		if (!value)
			return -1;
		(*value)++;
	}
	return 0;
}

struct caller {
	pthread_t thread;
	struct pca_task *task;
	int fd;
};

static void *give_commands(void *arg)
{
	const struct caller *caller = arg;
	uint64_t values[4];
	uint32_t key = 0;

	for (int i = 0; i < NR_ROUNDS; i++)
		expect(cmd_lookup(caller->task, caller->fd, &key, values, 0), 0);
	return NULL;
}

START_TEST(cpus_and_tasks_tell_at_once)
{
	for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
		struct world w = listened_world("0-3", modes[m]);
		struct pca_map_ref *map;
		int fd = percpu_map(&w, 8, 2);
		struct pca_prog *prog = load(&w, "p", increment_often, NULL);
		struct caller caller = { .task = w.task, .fd = fd };

		expect(pca_map_get(w.task, fd, &map), 0);
		clear_log();
		expect(pthread_create(&caller.thread, NULL, give_commands, &caller), 0);
		for (int i = 0; i < NR_ROUNDS; i++)
			expect(pca_run_on_each_cpu(prog, map, NULL), 4);
		expect(pthread_join(caller.thread, NULL), 0);
		expect(events.nr_of[PCA_EVENT_RUN_BEGIN], 4 * NR_ROUNDS);
		expect(events.nr_of[PCA_EVENT_RUN_END], 4 * NR_ROUNDS);
		expect(events.nr_of[PCA_EVENT_SWITCH], 8 * NR_ROUNDS);
		expect(events.nr_of[PCA_EVENT_HELPER], 4 * NR_ROUNDS * NR_LOOKUPS);
		expect(events.nr_of[PCA_EVENT_COMMAND_BEGIN], NR_ROUNDS);
		expect(events.nr_of[PCA_EVENT_COMMAND_END], NR_ROUNDS);
		ck_assert(!events.is_wrong);
		for (uint32_t cpu = 0; cpu < 4; cpu++)
			expect(*(uint64_t *)pca_map_peek(map, cpu, 0), NR_ROUNDS * NR_LOOKUPS / 2);
		pca_prog_put(prog);
		pca_map_put(map);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

START_TEST(commands_have_names)
{
	ck_assert_str_eq(pca_command_name(BPF_MAP_CREATE), "BPF_MAP_CREATE");
	ck_assert_str_eq(pca_command_name(BPF_PROG_TEST_RUN), "BPF_PROG_TEST_RUN");
	ck_assert_str_eq(pca_command_name(BPF_MAP_LOOKUP_AND_DELETE_BATCH),
			 "BPF_MAP_LOOKUP_AND_DELETE_BATCH");
	ck_assert_str_eq(pca_command_name(BPF_PROG_BIND_MAP), "BPF_PROG_BIND_MAP");
	ck_assert_ptr_null(pca_command_name(-1));
	ck_assert_ptr_null(pca_command_name(INT_MAX));
}
END_TEST

static Suite *event_suite(void)
{
	Suite *suite = suite_create("event");
	TCase *runs = add_case(suite, "runs and helpers");
	TCase *commands = add_case(suite, "commands");
	TCase *listening = add_case(suite, "listening");

	tcase_add_test(runs, a_run_is_told_from_idle_to_idle);
	tcase_add_test(runs, every_way_to_run_is_told);
	tcase_add_test(runs, a_nameless_program_has_its_number);
	tcase_add_test(runs, helpers_are_told_with_map_key_and_result);
	tcase_add_test(runs, helpers_without_a_map_are_told);
	tcase_add_test(runs, time_and_chance_are_told_in_runs_only);
	tcase_add_test(runs, spans_nest);
	tcase_add_test(commands, commands_are_told_with_map_key_and_error);
	tcase_add_test(commands, bad_pointers_are_not_followed);
	tcase_add_test(commands, a_task_without_capabilities_is_told_as_well);
	tcase_add_test(commands, loading_a_program_is_a_command);
	tcase_add_test(commands, a_test_run_holds_its_runs);
	tcase_add_test(commands, commands_have_names);
	tcase_add_test(listening, cpus_that_come_and_go_are_told);
	tcase_add_test(listening, tasks_have_numbers_of_their_own);
	tcase_add_test(listening, nobody_listening_is_the_shortest_way);
	tcase_add_test(listening, a_program_cannot_change_the_listener);
	tcase_add_test(listening, a_told_run_is_a_run);
	tcase_add_test(listening, submitted_runs_finish_before_the_listener_changes);
	tcase_add_test(listening, cpus_and_tasks_tell_at_once);
	return suite;
}

TEST_MAIN(event_suite)
