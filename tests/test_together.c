// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * Parts that were made one by one, used together: faults, listeners, hints, resets,
 * snapshots, poisoned padding, and machines whose slabs are in groups.
 */
#include "support.h"

#define INTERLEAVED "numa:2 pu:4(indexes=0,2,4,6,1,3,5,7)"
#define NR_CPUS 8
#define NR_KEYS 3

static const char *const topologies[] = { "pu:8", INTERLEAVED };

static struct world world_on(const char *topology, struct pca_machine_opts opts,
			     enum pca_task_memory memory)
{
	struct pca_task_opts task = { .memory = memory, .comm = "tester" };

	opts.topology = topology;
	return world_open_with(&opts, &task);
}

static void order(const struct world *w, struct pca_fault_opts opts)
{
	expect(pca_fault_add(w->task, &opts), 0);
}

static void do_nothing(void *nr_calls)
{
	++*(int *)nr_calls;
}

static struct pca_map_ref *map_of(const struct world *w, int fd)
{
	struct pca_map_ref *map;

	expect(pca_map_get(w->task, fd, &map), 0);
	return map;
}

static struct pca_prog *prog_of(const struct world *w, pca_prog_fn fn)
{
	struct pca_prog_load_opts load = { .type = BPF_PROG_TYPE_RAW_TRACEPOINT, .fn = fn };
	int fd = expect_fd(pca_prog_load(w->task, &load));
	struct pca_prog *prog;

	expect(pca_prog_get(w->task, fd, &prog), 0);
	expect(pca_close(w->task, fd), 0);
	return prog;
}

/* A value of 8 bytes on all CPUs, by one command. */
static void set_all(const struct world *w, int fd, uint32_t key, uint64_t value)
{
	expect(cmd_update(w->task, fd, &key, &value, BPF_F_ALL_CPUS), 0);
}

/* ---- poisoned padding ---- */

#define VALUE_BYTES 5 /* of 8 */

static void expect_poisoned(const unsigned char *got, const unsigned char *want, uint32_t nr)
{
	for (; nr; nr--, got += 8, want += 8) {
		expect_bytes(got, want, VALUE_BYTES);
		expect_all(got + VALUE_BYTES, PCA_PADDING_POISON, 8 - VALUE_BYTES);
	}
}

/* All commands that have a middle; those that meet a fault go in steps. */
static void update_and_look_up(const struct world *w, int fd, const struct pca_fault_opts *fault)
{
	unsigned char want[NR_KEYS][NR_CPUS * 8], got[NR_KEYS][NR_CPUS * 8];
	uint32_t keys[NR_KEYS] = { 0, 1, 2 }, out;
	struct batch batch = { .out_batch = &out, .keys = keys, .values = got, .count = NR_KEYS };
	uint64_t one = 0;

	fill(want, sizeof(want), 7);
	if (fault)
		order(w, *fault);
	expect(cmd_update(w->task, fd, &keys[0], want[0], 0), 0);
	batch.values = want;
	expect(cmd_batch(w->task, BPF_MAP_UPDATE_BATCH, fd, &batch), 0);
	expect(cmd_lookup(w->task, fd, &keys[1], got[1], 0), 0);
	expect_poisoned(got[1], want[1], NR_CPUS);
	batch.values = got;
	expect(cmd_batch(w->task, BPF_MAP_LOOKUP_BATCH, fd, &batch), 0);
	expect_poisoned(got[0], want[0], NR_KEYS * NR_CPUS);
	expect(cmd_lookup(w->task, fd, &keys[2], &one, 3ULL << 32 | BPF_F_CPU), 0);
	expect_bytes(&one, want[2] + 3 * 8, VALUE_BYTES);
	expect_all((char *)&one + VALUE_BYTES, 0, 8 - VALUE_BYTES); /* is not touched */
	pca_fault_clear(w->task);
}

START_TEST(padding_is_poison_on_all_nodes_and_in_steps)
{
	const struct pca_machine_opts opts = { .poison_padding = true, .release = "7.2" };

	for (size_t i = 0; i < ARRAY_LEN(topologies) * 4; i++) {
		struct world w =
			world_on(topologies[i / 4], opts, i & 1 ? PCA_CHECKED : PCA_DIRECT);
		int fd = percpu_map(&w, VALUE_BYTES, NR_KEYS), nr_calls = 0;
		const struct pca_fault_opts fault = {
			.cmd = PCA_ANY_COMMAND,
			.after_copies = 1,
			.times = PCA_EVERY_TIME,
			.fn = do_nothing,
			.arg = &nr_calls,
		};
		struct pca_map_ref *map = map_of(&w, fd);

		row("%s, %zu", topologies[i / 4], i % 4);
		update_and_look_up(&w, fd, i & 2 ? &fault : NULL);
		expect(nr_calls, i & 2 ? 5 : 0);
		for (uint32_t cpu = 0; cpu < NR_CPUS; cpu++)
			expect_all((char *)pca_map_peek(map, cpu, 1) + VALUE_BYTES, 0,
				   8 - VALUE_BYTES);
		pca_map_put(map);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* ---- groups of slabs ---- */

struct place {
	const struct world *w;
	int fd;
};

static void write_ones(void *arg)
{
	const struct place *place = arg;

	set_all(place->w, place->fd, 1, 1);
}

/* The CPUs' ids are the order of steps, whatever the order of slabs. */
START_TEST(steps_go_in_the_order_of_cpus_on_all_nodes)
{
	const struct pca_machine_opts opts = { .release = "7.2" };

	for (uint32_t i = 0; i < ARRAY_LEN(topologies) * NR_CPUS; i++) {
		struct world w = world_on(topologies[i / NR_CPUS], opts, PCA_DIRECT);
		const uint32_t nr_before = i % NR_CPUS + 1, key = 1;
		int fd = percpu_map(&w, 8, NR_KEYS);
		struct pca_fault_opts torn = {
			.cmd = BPF_MAP_LOOKUP_ELEM,
			.after_copies = nr_before,
			.fn = write_ones,
			.arg = &(struct place){ &w, fd },
		};
		uint64_t got[NR_CPUS], fives[NR_CPUS];

		row("%s, %u", topologies[i / NR_CPUS], nr_before);
		order(&w, torn);
		expect(cmd_lookup(w.task, fd, &key, got, 0), 0);
		for (uint32_t cpu = 0; cpu < NR_CPUS; cpu++) {
			ck_assert_uint_eq(got[cpu], cpu >= nr_before);
			fives[cpu] = 5;
		}
		torn.cmd = BPF_MAP_UPDATE_ELEM;
		order(&w, torn);
		expect(cmd_update(w.task, fd, &key, fives, 0), 0);
		expect(cmd_lookup(w.task, fd, &key, got, 0), 0);
		for (uint32_t cpu = 0; cpu < NR_CPUS; cpu++)
			ck_assert_uint_eq(got[cpu], cpu < nr_before ? 1 : 5);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* Snapshots know CPUs, not slabs: they go from one machine to another. */
START_TEST(snapshots_pass_between_machines_of_other_nodes)
{
	struct world w[2] = { world_on(topologies[0], (struct pca_machine_opts){ 0 }, PCA_DIRECT),
			      world_on(topologies[1], (struct pca_machine_opts){ 0 }, PCA_DIRECT) };

	for (int to = 0; to < 2; to++) {
		const struct world *a = &w[!to], *b = &w[to];
		int from_fd = percpu_map(a, 8, NR_KEYS), to_fd = percpu_map(b, 8, NR_KEYS);
		struct pca_map_ref *from_map = map_of(a, from_fd), *to_map = map_of(b, to_fd);
		struct pca_map_snapshot *from, *empty;
		uint64_t values[NR_CPUS], got[NR_CPUS];
		const uint32_t key = 2;
		char text[512];

		expect(pca_map_snapshot(to_map, &empty), 0);
		for (uint32_t cpu = 0; cpu < NR_CPUS; cpu++)
			values[cpu] = 10 + cpu;
		values[4] = 0;
		expect(cmd_update(a->task, from_fd, &key, values, 0), 0);
		expect(pca_map_snapshot(from_map, &from), 0);
		expect(pca_map_restore(to_map, from), 0);
		expect(cmd_lookup(b->task, to_fd, &key, got, 0), 0);
		expect_bytes(got, values, sizeof(got));
		expect(pca_map_diff(from, empty, 0, NULL, NULL), NR_CPUS - 1);
		ck_assert_int_gt(pca_map_diff_text(empty, from, 0, text, sizeof(text)), 0);
		ck_assert_str_eq(text, "cpu 0, key 2: 0 → 10\ncpu 1, key 2: 0 → 11\n"
				       "cpu 2, key 2: 0 → 12\ncpu 3, key 2: 0 → 13\n"
				       "cpu 5, key 2: 0 → 15\ncpu 6, key 2: 0 → 16\n"
				       "cpu 7, key 2: 0 → 17");
		ck_assert_ptr_null(pca_expect_unchanged(from, to_map));
		pca_map_snapshot_free(empty);
		pca_map_snapshot_free(from);
		pca_map_put(from_map);
		pca_map_put(to_map);
	}
	world_close(&w[0]);
	world_close(&w[1]);
}
END_TEST

/* ---- listeners ---- */

/* What was told, a line for each event, "-" for what is not told. */
static struct log {
	pthread_mutex_t lock;
	char text[4096];
	size_t len;
	uint32_t nr;
} told = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const char *const kinds[] = {
	[PCA_EVENT_RUN_BEGIN] = "run",	   [PCA_EVENT_RUN_END] = "ran",
	[PCA_EVENT_COMMAND_BEGIN] = "do",  [PCA_EVENT_COMMAND_END] = "done",
	[PCA_EVENT_HELPER] = "help",	   [PCA_EVENT_SWITCH] = "switch",
	[PCA_EVENT_CPU_ONLINE] = "online", [PCA_EVENT_CPU_OFFLINE] = "offline",
};

static void write_down(void *arg, const struct pca_event *e)
{
	struct log *log = arg;
	const char *name = e->name && !strncmp(e->name, "BPF_MAP_", 8) ? e->name + 8 : e->name;
	char line[128], key[16] = "-";

	if (e->has_key)
		snprintf(key, sizeof(key), "%u", e->key);
	int n = snprintf(line, sizeof(line), "%s %u %s map %u key %s %ld\n", kinds[e->kind], e->cpu,
			 name ? name : "-", e->map_id, key, (long)e->result);

	pthread_mutex_lock(&log->lock);
	if (log->len + (size_t)n < sizeof(log->text))
		log->len += (size_t)sprintf(log->text + log->len, "%s", line);
	log->nr++;
	pthread_mutex_unlock(&log->lock);
}

static void listen_to(const struct world *w)
{
	told.text[told.len = told.nr = 0] = '\0';
	expect(pca_machine_listen(w->machine, write_down, &told), 0);
}

static void expect_told(const char *text)
{
	ck_assert_str_eq(told.text, text);
	told.text[told.len = told.nr = 0] = '\0';
}

/* One order a command, though what is told of it is read from the same attr again. */
START_TEST(a_faulted_command_is_told_and_takes_one_order)
{
	static const enum pca_task_memory memories[] = { PCA_DIRECT, PCA_CHECKED };

	for (size_t i = 0; i < ARRAY_LEN(memories); i++) {
		struct world w = world_on("pu:2", (struct pca_machine_opts){ 0 }, memories[i]);
		int fd = percpu_map(&w, 8, NR_KEYS);
		uint32_t key = 2;
		uint64_t values[2];

		listen_to(&w);
		for (int n = 0; n < 4; n++)
			expect(pca_fail_next(w.task, PCA_ANY_COMMAND, EINTR), 0);
		expect(cmd_lookup(w.task, fd, &key, values, 0), -EINTR);
		expect(pca_faults_pending(w.task), 3);
		expect_told("do 0 LOOKUP_ELEM map 0 key - 0\ndone 0 LOOKUP_ELEM map 1 key 2 -4\n");
		/* Nothing was looked at, and pointers that are bad are not followed now. */
		expect(cmd_lookup(w.task, fd, bad_pointer(), values, 0), -EINTR);
		expect_told("do 0 LOOKUP_ELEM map 0 key - 0\ndone 0 LOOKUP_ELEM map 1 key - -4\n");
		expect(pca_bpf(w.task, BPF_MAP_LOOKUP_ELEM, bad_pointer(), ELEM_ATTR_END), -EINTR);
		expect(pca_bpf(w.task, BPF_MAP_LOOKUP_ELEM, NULL, UINT32_MAX), -EINTR);
		expect_told("do 0 LOOKUP_ELEM map 0 key - 0\ndone 0 LOOKUP_ELEM map 0 key - -4\n"
			    "do 0 LOOKUP_ELEM map 0 key - 0\ndone 0 LOOKUP_ELEM map 0 key - -4\n");
		expect(pca_faults_pending(w.task), 0);
		expect(cmd_lookup(w.task, fd, &key, values, 0), 0);
		world_close(&w);
	}
}
END_TEST

static void look_up_zero(void *arg)
{
	const struct place *place = arg;
	uint64_t values[2];

	expect(cmd_lookup(place->w->task, place->fd, &(uint32_t){ 0 }, values, 0), 0);
}

START_TEST(what_a_hook_does_is_told_inside_its_command)
{
	struct world w = world_on("pu:2", (struct pca_machine_opts){ 0 }, PCA_DIRECT);
	int fd = percpu_map(&w, 8, NR_KEYS);
	struct place place = { &w, fd };
	uint64_t values[2] = { 3, 4 };

	listen_to(&w);
	order(&w, (struct pca_fault_opts){ .cmd = BPF_MAP_UPDATE_ELEM,
					   .after_copies = 1,
					   .fn = look_up_zero,
					   .arg = &place,
					   .sets_cpu_offline = true,
					   .offline_cpu = 1 });
	expect(cmd_update(w.task, fd, &(uint32_t){ 1 }, values, 0), 0);
	expect_told("do 0 UPDATE_ELEM map 0 key - 0\n"
		    "do 0 LOOKUP_ELEM map 0 key - 0\n"
		    "done 0 LOOKUP_ELEM map 1 key 0 0\n"
		    "offline 1 - map 0 key - 0\n"
		    "done 0 UPDATE_ELEM map 1 key 1 0\n");
	world_close(&w);
}
END_TEST

static void send_listener_away(void *machine)
{
	expect(pca_machine_listen(machine, NULL, NULL), 0);
}

START_TEST(a_hook_may_send_the_listener_away)
{
	struct world w = world_on("pu:2", (struct pca_machine_opts){ 0 }, PCA_DIRECT);
	int fd = percpu_map(&w, 8, NR_KEYS);
	uint64_t values[2];

	for (uint32_t after = 0; after <= 2; after++) {
		listen_to(&w);
		order(&w, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_ELEM,
						   .after_copies = after,
						   .fn = send_listener_away,
						   .arg = w.machine });
		expect(cmd_lookup(w.task, fd, &(uint32_t){ 1 }, values, 0), 0);
		expect_told("do 0 LOOKUP_ELEM map 0 key - 0\n");
		expect(cmd_lookup(w.task, fd, &(uint32_t){ 1 }, values, 0), 0);
		expect_told("");
	}
	world_close(&w);
}
END_TEST

static struct pca_map_ref *looked_at;
static const uint32_t looked_for[] = { 0, NR_KEYS - 1, NR_KEYS, 1U << 31, UINT32_MAX };
#define NR_LOOKED_FOR ARRAY_LEN(looked_for)
static void *found[NR_LOOKED_FOR];

static int look_up_all(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < NR_LOOKED_FOR; i++)
		found[i] = pca_map_lookup_elem(looked_at, &looked_for[i]);
	return 0;
}

/* The cold lookup gives what the inlined one gives: keys that are none, shared maps, nodes. */
START_TEST(lookups_find_the_same_whoever_listens)
{
	for (size_t i = 0; i < ARRAY_LEN(topologies) * 4; i++) {
		const struct pca_machine_opts opts = { .run_mode =
							       i & 1 ? PCA_INLINE : PCA_WORKERS };
		struct world w = world_on(topologies[i / 4], opts, PCA_DIRECT);
		int fd = i & 2 ? array_map(&w, 12, NR_KEYS) : percpu_map(&w, 12, NR_KEYS);
		struct pca_prog *prog = prog_of(&w, look_up_all);
		void *first[NR_LOOKED_FOR];

		looked_at = map_of(&w, fd);
		for (uint32_t cpu = 0; cpu < NR_CPUS; cpu++) {
			row("%s, %zu, CPU %u", topologies[i / 4], i % 4, cpu);
			expect(pca_run_on(prog, cpu, NULL, NULL), 0);
			memcpy(first, found, sizeof(found));
			listen_to(&w);
			expect(pca_run_on(prog, cpu, NULL, NULL), 0);
			expect(pca_machine_listen(w.machine, NULL, NULL), 0);
			ck_assert_uint_eq(told.nr, NR_LOOKED_FOR + 4);
			expect_bytes(first, found, sizeof(found));
			for (size_t n = 0; n < NR_LOOKED_FOR; n++)
				ck_assert_ptr_eq(found[n],
						 pca_map_peek(looked_at, cpu, looked_for[n]));
		}
		pca_map_put(looked_at);
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

/* ---- resets ---- */

/* On all CPUs at once. */
static int look_up_some(void *unused)
{
	long nr = 0;

	(void)unused;
	for (size_t i = 0; i < NR_LOOKED_FOR; i++)
		nr += pca_map_lookup_elem(looked_at, &looked_for[i]) != NULL;
	return (int)nr;
}

/* The listener stays; CPUs that come back are told like others; told tasks stay told. */
START_TEST(a_reset_is_told_and_keeps_the_listener)
{
	static const enum pca_run_mode modes[] = { PCA_WORKERS, PCA_INLINE };

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		const struct pca_machine_opts opts = { .run_mode = modes[i], .online = "0-2" };
		struct world w = world_on("pu:4", opts, PCA_DIRECT);

		for (int round = 0; round < 3; round++) {
			struct pca_prog *prog = prog_of(&w, look_up_some);
			uint64_t values[4];
			int results[4];

			row("mode %d, round %d", (int)modes[i], round);
			looked_at = map_of(&w, percpu_map(&w, 8, NR_KEYS));
			listen_to(&w);
			expect(pca_run_on_each_cpu(prog, NULL, results), 3);
			for (int cpu = 0; cpu < 3; cpu++)
				expect(results[cpu], 2);
			ck_assert_uint_eq(told.nr, 3 * (NR_LOOKED_FOR + 4));
			pca_prog_put(prog);
			expect(pca_cpu_set_online(w.machine, 1, false), 0);
			expect(pca_cpu_set_online(w.machine, 3, true), 0);
			expect(pca_fail_next(w.task, BPF_MAP_LOOKUP_ELEM, EINTR), 0);
			told.text[told.len = 0] = '\0';
			expect(pca_machine_reset(w.machine), 0);
			expect_told("online 1 - map 0 key - 0\noffline 3 - map 0 key - 0\n");
			pca_map_put(looked_at);

			int fd = percpu_map(&w, 8, NR_KEYS);

			expect(cmd_lookup(w.task, fd, &(uint32_t){ 1 }, values, 0), 0);
			expect_told("do 0 CREATE map 0 key - 0\ndone 0 CREATE map 1 key - 1048576\n"
				    "do 0 LOOKUP_ELEM map 0 key - 0\n"
				    "done 0 LOOKUP_ELEM map 1 key 1 0\n");
			expect(pca_machine_listen(w.machine, NULL, NULL), 0);
			expect(pca_machine_reset(w.machine), 0);
		}
		world_close(&w);
	}
}
END_TEST

static void reset(void *machine)
{
	expect(pca_machine_reset(machine), 0);
	ck_assert_uint_eq(pca_machine_memory_bytes(machine), 0);
}

/* The command goes on with its map, which is detached. */
START_TEST(a_hook_may_reset_the_machine)
{
	static const int commands[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM };

	for (size_t i = 0; i < 2 * ARRAY_LEN(topologies); i++) {
		const struct pca_machine_opts opts = { .poison_padding = true, .release = "7.2" };
		struct world w = world_on(topologies[i / 2], opts, PCA_DIRECT);
		int fd = percpu_map(&w, 4, NR_KEYS);
		uint32_t values[NR_CPUS][2] = { { 0 } };

		row("%s, command %d", topologies[i / 2], commands[i % 2]);
		listen_to(&w);
		order(&w, (struct pca_fault_opts){ .cmd = commands[i % 2],
						   .after_copies = 2,
						   .times = PCA_EVERY_TIME,
						   .fn = reset,
						   .arg = w.machine });
		if (i % 2)
			expect(cmd_update(w.task, fd, &(uint32_t){ 1 }, values, 0), 0);
		else
			expect(cmd_lookup(w.task, fd, &(uint32_t){ 1 }, values, 0), 0);
		ck_assert_uint_eq(values[7][1], i % 2 ? 0 : 0xa5a5a5a5);
		ck_assert_ptr_nonnull(strstr(told.text, "LOOKUP_ELEM map 0 key 1 0\n")
					      ?: strstr(told.text, "UPDATE_ELEM map 0 key 1 0\n"));
		expect(cmd_lookup(w.task, fd, &(uint32_t){ 1 }, values, 0), -EBADF);
		expect(percpu_map(&w, 4, 1), fd);
		world_close(&w);
	}
}
END_TEST

/* ---- a hook that uses the caller's own attr ---- */

static union any_attr shared_attr;

static void use_attr_for_another(void *arg)
{
	const struct place *place = arg;

	memset(&shared_attr, 0, sizeof(shared_attr));
	shared_attr = create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1);
	expect(pca_close(place->w->task, expect_fd(pca_bpf(place->w->task, BPF_MAP_CREATE,
							   &shared_attr, ATTR_BYTES))),
	       0);
	memset(&shared_attr, 0xff, ELEM_ATTR_END);
}

static uint64_t address(const void *p)
{
	return (uintptr_t)p;
}

/* Fact: Linux copies the attr before it does anything. */
START_TEST(a_hook_may_use_the_attr_of_its_command)
{
	static const int commands[] = { BPF_MAP_LOOKUP_BATCH, BPF_MAP_UPDATE_BATCH };
	static const enum pca_task_memory memories[] = { PCA_DIRECT, PCA_CHECKED };

	for (size_t i = 0; i < 4; i++) {
		struct world w = world_on("pu:2", (struct pca_machine_opts){ .release = "7.2" },
					  memories[i / 2]);
		int fd = percpu_map(&w, 8, NR_KEYS);
		uint64_t values[NR_KEYS][2] = { { 1, 2 }, { 3, 4 }, { 5, 6 } }, got[2];
		uint32_t keys[NR_KEYS] = { 0, 1, 2 }, out = 99;

		row("command %d, memory %d", commands[i % 2], (int)memories[i / 2]);
		if (i % 2 == 0)
			set_all(&w, fd, 2, 7);
		memset(&shared_attr, 0, sizeof(shared_attr));
		shared_attr.bpf.batch.keys = address(keys);
		shared_attr.bpf.batch.values = address(values);
		shared_attr.bpf.batch.out_batch = address(&out);
		shared_attr.bpf.batch.count = NR_KEYS;
		shared_attr.bpf.batch.map_fd = (uint32_t)fd;
		order(&w, (struct pca_fault_opts){ .cmd = commands[i % 2],
						   .after_elems = 1,
						   .fn = use_attr_for_another,
						   .arg = &(struct place){ &w, fd } });
		expect(pca_bpf(w.task, commands[i % 2], &shared_attr, BATCH_ATTR_END), 0);
		expect(shared_attr.bpf.batch.count, NR_KEYS);
		expect(cmd_lookup(w.task, fd, &(uint32_t){ 2 }, got, 0), 0);
		expect_bytes(values[2], got, sizeof(got));
		ck_assert_uint_eq(got[0], i % 2 ? 5 : 7);
		expect(out, i % 2 ? 99 : 2);
		world_close(&w);
	}
}
END_TEST

static uint64_t spoiled_values[2];

static void spoil_attr(void *byte)
{
	memset(&shared_attr, *(int *)byte, ELEM_ATTR_END);
}

/* A listener is told nothing of an attr that is no longer there, and no pointer in it followed. */
START_TEST(a_spoiled_attr_is_told_without_its_key)
{
	static int bytes[] = { 0x7f, 0xff };

	for (size_t i = 0; i < ARRAY_LEN(bytes) * 2; i++) {
		struct world w = world_on("pu:2", (struct pca_machine_opts){ 0 }, PCA_DIRECT);
		int fd = percpu_map(&w, 8, NR_KEYS);
		const uint32_t key = 1;

		row("byte %x, in the middle: %zu", bytes[i / 2], i % 2);
		memset(&shared_attr, 0, sizeof(shared_attr));
		shared_attr.bpf.map_fd = (uint32_t)fd;
		shared_attr.bpf.key = address(&key);
		shared_attr.bpf.value = address(spoiled_values);
		listen_to(&w);
		order(&w, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_ELEM,
						   .after_copies = (uint32_t)(i % 2),
						   .fn = spoil_attr,
						   .arg = &bytes[i / 2] });
		expect(pca_bpf(w.task, BPF_MAP_LOOKUP_ELEM, &shared_attr, ELEM_ATTR_END),
		       i % 2 ? 0 : -EINVAL);
		ck_assert_uint_eq(told.nr, 2);
		ck_assert_ptr_nonnull(strstr(told.text, "done 0 LOOKUP_ELEM map 0 key - "));
		world_close(&w);
	}
}
END_TEST

/* ---- hints ---- */

static struct world hinted_world(const char *release)
{
	struct pca_machine_opts opts = { .topology = "pu:2", .release = release };
	struct world w;

	expect(pca_machine_create(&w.machine, &opts), 0);
	expect(pca_task_create(&w.task, w.machine, NULL), 0);
	messages_catch();
	return w;
}

/* Going in steps says the same of a mistake, also when the fault is never met. */
START_TEST(commands_in_steps_tell_hints)
{
	struct world w = hinted_world("6.18");
	int fd = percpu_map(&w, 8, NR_KEYS), nr_calls = 0;
	uint32_t keys[NR_KEYS] = { 0, 1, NR_KEYS };
	uint64_t values[NR_KEYS][2] = { { 0 } };
	struct batch batch = { .keys = keys, .values = values, .count = NR_KEYS };

	order(&w, (struct pca_fault_opts){ .cmd = PCA_ANY_COMMAND,
					   .after_copies = 1,
					   .times = PCA_EVERY_TIME,
					   .fn = do_nothing,
					   .arg = &nr_calls });
	expect(cmd_batch(w.task, BPF_MAP_UPDATE_BATCH, fd, &batch), -E2BIG);
	expect(batch.count, 2);
	expect_message("E2BIG: map 1 has no key 3, only 0 to 2");
	messages_clear();
	for (int i = 0; i < 2; i++)
		expect(cmd_lookup(w.task, fd, keys, values, BPF_F_CPU), -EINVAL);
	expect_message("BPF_F_CPU and BPF_F_ALL_CPUS exist since Linux");
	ck_assert_uint_eq(messages_count(), 1);
	expect(nr_calls, 1);
	world_close(&w);
}
END_TEST

static long lookup_batch_after(const struct world *w, int fd, uint32_t *after)
{
	uint64_t values[NR_KEYS][2];
	uint32_t keys[NR_KEYS], out;
	struct batch batch = { .in_batch = after,
			       .out_batch = &out,
			       .keys = keys,
			       .values = values,
			       .count = NR_KEYS };

	return cmd_batch(w->task, BPF_MAP_LOOKUP_BATCH, fd, &batch);
}

/* Who tries again after a fault has not taken the end of a map for one. */
START_TEST(errors_on_demand_are_no_ends)
{
	struct world w = hinted_world("7.2");
	int fd = percpu_map(&w, 8, NR_KEYS);
	uint32_t first = 0, next;

	for (uint32_t after_elems = 0; after_elems < 2; after_elems++) {
		order(&w, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_BATCH,
						   .times = 5,
						   .after_elems = after_elems,
						   .err = ENOENT });
		for (int i = 0; i < 5; i++) {
			expect(lookup_batch_after(&w, fd, &first), -ENOENT);
			expect(cmd_next_key(w.task, fd, NULL, &next), 0);
		}
	}
	ck_assert_str_eq(messages_text(), "");
	/* Met in the middle, the end is an end. */
	order(&w, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_BATCH,
					   .times = PCA_EVERY_TIME,
					   .after_elems = 1,
					   .delay_ns = 1 });
	for (int i = 0; i < 3; i++)
		expect(lookup_batch_after(&w, fd, &first), -ENOENT);
	expect_message("BPF_MAP_LOOKUP_BATCH is given the same in_batch again and again");
	world_close(&w);
}
END_TEST

static Suite *together_suite(void)
{
	Suite *suite = suite_create("together");
	TCase *tc = add_case(suite, "copies");

	tcase_add_test(tc, padding_is_poison_on_all_nodes_and_in_steps);
	tcase_add_test(tc, steps_go_in_the_order_of_cpus_on_all_nodes);
	tcase_add_test(tc, snapshots_pass_between_machines_of_other_nodes);

	tc = add_case(suite, "listeners");
	tcase_add_test(tc, a_faulted_command_is_told_and_takes_one_order);
	tcase_add_test(tc, what_a_hook_does_is_told_inside_its_command);
	tcase_add_test(tc, a_hook_may_send_the_listener_away);
	tcase_add_test(tc, lookups_find_the_same_whoever_listens);

	tc = add_case(suite, "resets");
	tcase_add_test(tc, a_reset_is_told_and_keeps_the_listener);
	tcase_add_test(tc, a_hook_may_reset_the_machine);

	tc = add_case(suite, "hooks and hints");
	tcase_add_test(tc, a_hook_may_use_the_attr_of_its_command);
	tcase_add_test(tc, a_spoiled_attr_is_told_without_its_key);
	tcase_add_test(tc, commands_in_steps_tell_hints);
	tcase_add_test(tc, errors_on_demand_are_no_ends);
	return suite;
}

TEST_MAIN(together_suite)
