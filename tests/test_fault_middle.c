// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * Faults in the middle of a command: the elements and copies before and after it,
 * what a hook may do there, and that going in steps changes nothing by itself.
 */
#include "support.h"

#define NR_KEYS 4
#define MOST_BYTES (NR_KEYS * 5 * 32768)

static void order(struct pca_task *task, struct pca_fault_opts opts)
{
	opts.size = sizeof(opts);
	expect(pca_fault_add(task, &opts), 0);
}

static void count_call(void *nr_calls)
{
	++*(int *)nr_calls;
}

/* ---- steps ---- */

/* The commands that have a middle, as one call. */
enum way { LOOKUP, UPDATE, LOOKUP_MANY, UPDATE_MANY, NR_WAYS };

static const int way_commands[NR_WAYS] = {
	[LOOKUP] = BPF_MAP_LOOKUP_ELEM,
	[UPDATE] = BPF_MAP_UPDATE_ELEM,
	[LOOKUP_MANY] = BPF_MAP_LOOKUP_BATCH,
	[UPDATE_MANY] = BPF_MAP_UPDATE_BATCH,
};

struct result {
	long ret;
	uint32_t count, out_batch, keys[NR_KEYS];
	unsigned char *values;
};

static unsigned char first_values[MOST_BYTES], second_values[MOST_BYTES];

static struct result act(struct pca_task *task, int fd, enum way way, uint64_t flags,
			 struct result result)
{
	struct batch batch = { .out_batch = &result.out_batch,
			       .keys = result.keys,
			       .values = result.values,
			       .count = NR_KEYS - 1,
			       .elem_flags = flags };

	for (uint32_t i = 0; i < NR_KEYS; i++)
		result.keys[i] = way == UPDATE_MANY ? NR_KEYS - 1 - i : 1;
	switch (way) {
	case LOOKUP:
		result.ret = cmd_lookup(task, fd, result.keys, result.values, flags);
		break;
	case UPDATE:
		result.ret = cmd_update(task, fd, result.keys, result.values, flags);
		break;
	default:
		result.ret = cmd_batch(task, way_commands[way], fd, &batch);
	}
	result.count = batch.count;
	return result;
}

/* Both maps hold the same bytes, padding included. */
static void expect_same_slabs(const struct world *w, int fd, int other_fd)
{
	struct pca_map_ref *map, *other;

	expect(pca_map_get(w->task, fd, &map), 0);
	expect(pca_map_get(w->task, other_fd, &other), 0);
	for (uint32_t o = 0; o < pca_num_possible_cpus(w->machine); o++) {
		uint32_t cpu = (uint32_t)pca_cpu_id(w->machine, o);

		for (uint32_t key = 0; key < NR_KEYS; key++)
			expect_bytes(pca_map_peek(map, cpu, key), pca_map_peek(other, cpu, key),
				     map->elem_size);
	}
	pca_map_put(map);
	pca_map_put(other);
}

struct map_pair {
	int fd, stepped_fd;
	uint32_t value_size;
};

/* The same command on two like maps, of which one meets a hook that does nothing. */
static void expect_no_difference(const struct world *w, const struct map_pair *maps, enum way way,
				 uint64_t flags)
{
	const size_t bytes = NR_KEYS * lookup_bytes(w, maps->value_size);
	int nr_calls = 0;

	fill(first_values, bytes, way == UPDATE || way == UPDATE_MANY ? 3 : 4);
	memcpy(second_values, first_values, bytes);
	order(w->task, (struct pca_fault_opts){ .cmd = way_commands[way],
						.after_copies = 1,
						.fn = count_call,
						.arg = &nr_calls });

	struct result stepped = act(w->task, maps->stepped_fd, way, flags,
				    (struct result){ .values = first_values });

	expect(pca_faults_pending(w->task), nr_calls ? 0 : 1);
	pca_fault_clear(w->task);

	struct result want =
		act(w->task, maps->fd, way, flags, (struct result){ .values = second_values });

	expect(stepped.ret, want.ret);
	expect(nr_calls, want.ret ? 0 : 1);
	expect(stepped.count, want.count);
	expect(stepped.out_batch, want.out_batch);
	expect_bytes(stepped.keys, want.keys, sizeof(want.keys));
	expect_bytes(first_values, second_values, bytes);
	expect_same_slabs(w, maps->fd, maps->stepped_fd);
}

static const uint64_t step_flags[] = { 0, BPF_F_CPU, BPF_F_ALL_CPUS, BPF_F_CPU | 2ULL << 32, 64 };

static void expect_steps_change_nothing(const struct world *w, uint32_t type, uint32_t value_size)
{
	struct map_pair maps = {
		.fd = expect_fd(cmd_create(w->task, type, value_size, NR_KEYS, 0)),
		.stepped_fd = expect_fd(cmd_create(w->task, type, value_size, NR_KEYS, 0)),
		.value_size = value_size,
	};

	/* Lookups once more after the updates. */
	for (int i = 0; i < 2 * NR_WAYS; i++) {
		for (size_t f = 0; f < ARRAY_LEN(step_flags); f++) {
			row("release %s type %u value_size %u command %d flags %llx",
			    pca_machine_release(w->machine), type, value_size,
			    way_commands[i % NR_WAYS], (unsigned long long)step_flags[f]);
			expect_no_difference(w, &maps, (enum way)(i % NR_WAYS), step_flags[f]);
		}
	}
	expect(pca_close(w->task, maps.fd), 0);
	expect(pca_close(w->task, maps.stepped_fd), 0);
}

START_TEST(steps_change_nothing)
{
	static const size_t releases[] = { R6_1, R6_18, R7_2 };

	for (size_t i = 0; i < nr_cpu_masks * ARRAY_LEN(releases); i++) {
		struct world w = world_of_release(releases[i % ARRAY_LEN(releases)],
						  cpu_masks[i / ARRAY_LEN(releases)],
						  i % 2 ? PCA_CHECKED : PCA_DIRECT);

		for (size_t v = 0; v < nr_value_sizes; v++) {
			expect_steps_change_nothing(&w, BPF_MAP_TYPE_PERCPU_ARRAY, value_sizes[v]);
			expect_steps_change_nothing(&w, BPF_MAP_TYPE_ARRAY, value_sizes[v]);
		}
		world_close(&w);
	}
}
END_TEST

/* What is wrong with a command is as wrong in steps, and the order waits on. */
START_TEST(an_order_that_is_not_reached_stays)
{
	struct world w = world_open("0-1", PCA_CHECKED);
	int fd = percpu_map(&w, 8, NR_KEYS), nr_calls = 0;
	uint32_t key = NR_KEYS;
	uint64_t values[2];
	struct batch batch = { .keys = &key, .values = values, .count = 1 };

	for (int way = 0; way < NR_WAYS; way++)
		order(w.task, (struct pca_fault_opts){ .cmd = way_commands[way],
						       .after_copies = 2,
						       .fn = count_call,
						       .arg = &nr_calls });
	expect(cmd_lookup(w.task, -1, &key, values, 0), -EBADF);
	expect(cmd_lookup(w.task, fd, &key, values, 0), -ENOENT);
	expect(cmd_lookup(w.task, fd, bad_pointer(), values, 0), -EFAULT);
	expect(cmd_update(w.task, fd, &key, values, 0), -E2BIG);
	expect(cmd_update(w.task, fd, &key, values, 99), -EINVAL);
	expect(cmd_update(w.task, fd, &(uint32_t){ 0 }, bad_pointer(), 0), -EFAULT);
	expect(pca_map_lookup(w.task, fd, &(uint32_t){ 0 }, values, 16, 99), -EINVAL);
	expect(cmd_batch(w.task, BPF_MAP_UPDATE_BATCH, fd, &batch), -E2BIG);
	batch.count = 0;
	expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, fd, &batch), 0);
	expect(nr_calls, 0);
	expect(pca_fault_clear(w.task), NR_WAYS);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

START_TEST(steps_say_that_a_buffer_is_short)
{
	struct world w = world_open("0-1", PCA_DIRECT);
	int fd = percpu_map(&w, 8, NR_KEYS), nr_calls = 0;
	uint64_t values[2];

	messages_catch();
	order(w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_ELEM,
					       .after_copies = 2,
					       .fn = count_call,
					       .arg = &nr_calls });
	expect(pca_map_lookup(w.task, fd, &(uint32_t){ 0 }, values, 15, 0), -EFAULT);
	expect_message("buffer has 15 bytes, this command writes 16");
	expect(pca_map_lookup(w.task, fd, &(uint32_t){ 0 }, values, 16, 0), 0);
	expect(nr_calls, 1);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* PCA_ANY_COMMAND in the middle is any command that has such a middle. */
START_TEST(any_command_is_one_that_comes_there)
{
	struct world w = world_open("0-1", PCA_DIRECT);
	int fd = percpu_map(&w, 8, NR_KEYS);
	uint32_t keys[2] = { 0, 1 }, out;
	uint64_t values[4] = { 0 };
	struct batch batch = { .out_batch = &out, .keys = keys, .values = values, .count = 2 };

	order(w.task,
	      (struct pca_fault_opts){ .cmd = PCA_ANY_COMMAND, .after_elems = 1, .err = EIO });
	expect(cmd_lookup(w.task, fd, keys, values, 0), 0);
	expect(cmd_delete(w.task, fd, keys), -EINVAL);
	expect(cmd_batch(w.task, BPF_MAP_DELETE_BATCH, fd, &batch), -PCA_ENOTSUPP);
	expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, fd, &batch), -EIO);
	batch.count = 2;
	expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, fd, &batch), 0);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* ---- a world with a program that stamps its CPU's copy of each key ---- */

struct place {
	struct world w;
	int fd, prog_fd;
	struct pca_map_ref *map;
	struct pca_prog *prog;
};

static struct place place;
static uint64_t stamp;

static int stamp_keys(void *ctx)
{
	for (uint32_t key = 0; key < NR_KEYS; key++) {
		uint64_t *value = pca_map_lookup_elem(ctx, &key);

		*value = stamp;
	}
	return 0;
}

static void place_open(enum pca_run_mode mode, enum pca_task_memory memory)
{
	const struct pca_machine_opts machine = { .size = sizeof(machine),
						  .possible = "0,2-3",
						  .run_mode = mode };
	const struct pca_task_opts task = { .size = sizeof(task), .memory = memory };
	const struct pca_prog_load_opts load = { .type = BPF_PROG_TYPE_XDP, .fn = stamp_keys };

	place.w = world_open_with(&machine, &task);
	place.fd = percpu_map(&place.w, 8, NR_KEYS);
	place.prog_fd = expect_fd(pca_prog_load(place.w.task, &load));
	expect(pca_map_get(place.w.task, place.fd, &place.map), 0);
	expect(pca_prog_get(place.w.task, place.prog_fd, &place.prog), 0);
	stamp = 1;
	expect(pca_run_on_each_cpu(place.prog, place.map, NULL), 3);
}

static void place_close(void)
{
	pca_map_put(place.map);
	pca_prog_put(place.prog);
	pca_close(place.w.task, place.fd);
	expect(pca_close(place.w.task, place.prog_fd), 0);
	world_close(&place.w);
}

static void run_everywhere(void *unused)
{
	(void)unused;
	stamp = 2;
	expect(pca_run_on_each_cpu(place.prog, place.map, NULL),
	       pca_num_online_cpus(place.w.machine));
}

static void expect_u64s(const uint64_t *got, const uint64_t *want, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		row("value %zu", i);
		expect(got[i], want[i]);
	}
}

#define expect_values(got, ...)                             \
	expect_u64s(got, (const uint64_t[]){ __VA_ARGS__ }, \
		    sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

/* Both modes and both memories. */
#define FOR_EACH_PLACE(i) for (int i = 0; i < 4; i++)
#define PLACE_MODE(i) ((i)&1 ? PCA_INLINE : PCA_WORKERS)
#define PLACE_MEMORY(i) ((i)&2 ? PCA_CHECKED : PCA_DIRECT)

START_TEST(a_lookup_is_torn_between_two_cpus)
{
	FOR_EACH_PLACE(i)
	{
		uint64_t values[3] = { 9, 9, 9 };

		place_open(PLACE_MODE(i), PLACE_MEMORY(i));
		order(place.w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_ELEM,
							     .after_copies = 1,
							     .fn = run_everywhere });
		expect(cmd_lookup(place.w.task, place.fd, &(uint32_t){ 1 }, values, 0), 0);
		expect_values(values, 1, 2, 2);
		expect(cmd_lookup(place.w.task, place.fd, &(uint32_t){ 1 }, values, 0), 0);
		expect_values(values, 2, 2, 2);
		place_close();
	}
}
END_TEST

START_TEST(an_update_is_torn_between_two_cpus)
{
	FOR_EACH_PLACE(i)
	{
		uint64_t values[3] = { 7, 8, 9 };

		place_open(PLACE_MODE(i), PLACE_MEMORY(i));
		order(place.w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_UPDATE_ELEM,
							     .after_copies = 2,
							     .fn = run_everywhere });
		expect(cmd_update(place.w.task, place.fd, &(uint32_t){ 1 }, values, 0), 0);
		expect(cmd_lookup(place.w.task, place.fd, &(uint32_t){ 1 }, values, 0), 0);
		expect_values(values, 2, 2, 9);
		place_close();
	}
}
END_TEST

START_TEST(a_batch_is_torn_within_and_between_elements)
{
	uint64_t values[3][3];
	uint32_t keys[3], out;
	struct batch batch = { .out_batch = &out, .keys = keys, .values = values, .count = 3 };

	place_open(PCA_INLINE, PCA_DIRECT);
	order(place.w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_BATCH,
						     .after_elems = 1,
						     .after_copies = 2,
						     .fn = run_everywhere });
	expect(cmd_batch(place.w.task, BPF_MAP_LOOKUP_BATCH, place.fd, &batch), 0);
	expect(batch.count, 3);
	expect_values(&values[0][0], 1, 1, 1, 1, 1, 2, 2, 2, 2);

	memset(values, 0, sizeof(values));
	order(place.w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_UPDATE_BATCH,
						     .after_elems = 2,
						     .fn = run_everywhere });
	expect(cmd_batch(place.w.task, BPF_MAP_UPDATE_BATCH, place.fd, &batch), 0);
	expect(batch.count, 3);
	expect(cmd_batch(place.w.task, BPF_MAP_LOOKUP_BATCH, place.fd, &batch), 0);
	expect_values(&values[0][0], 2, 2, 2, 2, 2, 2, 0, 0, 0);
	place_close();
}
END_TEST

/* ---- CPUs ---- */

/*
 * Fact: commands go over the possible CPUs. One that goes offline meanwhile is
 * delivered with what it holds.
 */
START_TEST(a_cpu_goes_offline_in_the_middle_of_a_batch)
{
	FOR_EACH_PLACE(i)
	{
		uint64_t values[NR_KEYS][3];
		uint32_t keys[NR_KEYS], out;
		struct batch batch = {
			.out_batch = &out, .keys = keys, .values = values, .count = NR_KEYS
		};

		place_open(PLACE_MODE(i), PLACE_MEMORY(i));
		order(place.w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_BATCH,
							     .after_elems = 2,
							     .fn = run_everywhere,
							     .sets_cpu_offline = true,
							     .offline_cpu = 2 });
		expect(cmd_batch(place.w.task, BPF_MAP_LOOKUP_BATCH, place.fd, &batch), 0);
		expect(batch.count, NR_KEYS);
		expect_values(&values[0][0], 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2);
		ck_assert(!pca_cpu_is_online(place.w.machine, 2));
		expect(pca_run_on(place.prog, 2, place.map, NULL), -ENXIO);
		stamp = 3;
		expect(pca_run_on_each_cpu(place.prog, place.map, NULL), 2);
		expect(cmd_lookup(place.w.task, place.fd, &(uint32_t){ 0 }, values, 0), 0);
		expect_values(&values[0][0], 3, 2, 3);
		place_close();
	}
}
END_TEST

START_TEST(a_cpu_goes_offline_between_two_copies)
{
	static const int ways[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		uint64_t values[3] = { 4, 5, 6 };

		place_open(PCA_WORKERS, PCA_DIRECT);
		expect(cmd_update(place.w.task, place.fd, &(uint32_t){ 3 }, values, 0), 0);
		order(place.w.task, (struct pca_fault_opts){ .cmd = ways[i],
							     .after_copies = 1,
							     .sets_cpu_offline = true,
							     .offline_cpu = 2 });
		expect(cmd_update(place.w.task, place.fd, &(uint32_t){ 3 }, values, 0), 0);
		expect(cmd_lookup(place.w.task, place.fd, &(uint32_t){ 3 }, values, 0), 0);
		expect_values(values, 4, 5, 6);
		expect(pca_num_online_cpus(place.w.machine), 2);
		expect(pca_faults_pending(place.w.task), 0);
		place_close();
	}
}
END_TEST

/* ---- failures ---- */

/* Fact: count stays 0 after a fault of a LOOKUP_BATCH; what came before is delivered. */
START_TEST(a_lookup_batch_fails_in_the_middle)
{
	for (uint32_t after = 1; after <= 3; after++) {
		uint64_t values[4][3] = { 0 };
		uint32_t keys[4] = { 99, 99, 99, 99 }, out = 77;
		struct batch batch = {
			.out_batch = &out, .keys = keys, .values = values, .count = 3
		};

		place_open(PCA_INLINE, after % 2 ? PCA_DIRECT : PCA_CHECKED);
		order(place.w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_BATCH,
							     .after_elems = after,
							     .err = EIO });
		expect(cmd_batch(place.w.task, BPF_MAP_LOOKUP_BATCH, place.fd, &batch), -EIO);
		expect(batch.count, 0);
		expect(out, 77);
		for (uint32_t i = 0; i < 4; i++) {
			row("after %u, element %u", after, i);
			expect(keys[i], i < after ? i : 99);
			expect(values[i][0] + values[i][1] + values[i][2], i < after ? 3 : 0);
		}
		place_close();
	}
}
END_TEST

/* Fact: count is how many elements an UPDATE_BATCH did before it failed. */
START_TEST(an_update_batch_fails_in_the_middle)
{
	for (uint32_t after = 1; after <= 3; after++) {
		uint64_t values[3][3] = { { 5, 5, 5 }, { 5, 5, 5 }, { 5, 5, 5 } }, got[3];
		uint32_t keys[3] = { 3, 0, 2 };
		struct batch batch = { .keys = keys, .values = values, .count = 3 };

		place_open(PCA_INLINE, after % 2 ? PCA_DIRECT : PCA_CHECKED);
		order(place.w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_UPDATE_BATCH,
							     .after_elems = after,
							     .err = ENOMEM });
		expect(cmd_batch(place.w.task, BPF_MAP_UPDATE_BATCH, place.fd, &batch), -ENOMEM);
		expect(batch.count, after);
		for (uint32_t i = 0; i < 3; i++) {
			row("after %u, element %u", after, i);
			expect(cmd_lookup(place.w.task, place.fd, &keys[i], got, 0), 0);
			expect(got[0] + got[1] + got[2], i < after ? 15 : 3);
		}
		place_close();
	}
}
END_TEST

/* ---- hooks ---- */

/* The caller's buffers, which a hook changes. */
static uint64_t caller_values[3];
static uint32_t caller_key;

static void spoil_buffers(void *unused)
{
	(void)unused;
	memset(caller_values, 0xff, sizeof(caller_values));
	caller_key = 3;
}

/* Fact: the value is copied in before the first CPU's copy is written, and out after the last. */
START_TEST(a_hook_may_change_the_buffers)
{
	const struct pca_fault_opts spoil = { .after_copies = 1, .fn = spoil_buffers };
	struct pca_fault_opts opts = spoil;
	uint64_t got[3];

	FOR_EACH_PLACE(i)
	{
		place_open(PLACE_MODE(i), PLACE_MEMORY(i));
		opts.cmd = BPF_MAP_UPDATE_ELEM;
		order(place.w.task, opts);
		memcpy(caller_values, (uint64_t[]){ 4, 5, 6 }, sizeof(caller_values));
		caller_key = 1;
		expect(cmd_update(place.w.task, place.fd, &caller_key, caller_values, 0), 0);
		expect(cmd_lookup(place.w.task, place.fd, &(uint32_t){ 1 }, got, 0), 0);
		expect_values(got, 4, 5, 6);
		expect(caller_key, 3);
		opts.cmd = BPF_MAP_LOOKUP_ELEM;
		order(place.w.task, opts);
		caller_key = 1;
		expect(cmd_lookup(place.w.task, place.fd, &caller_key, caller_values, 0), 0);
		expect_values(caller_values, 4, 5, 6);
		place_close();
	}
}
END_TEST

static void close_the_map(void *unused)
{
	(void)unused;
	pca_map_put(place.map);
	expect(pca_close(place.w.task, place.fd), 0);
	ck_assert_uint_gt(pca_machine_memory_bytes(place.w.machine), 0);
}

/* Fact: the command holds the file, so that the map lives until it returns. */
START_TEST(a_hook_may_close_the_map)
{
	for (int way = 0; way < NR_WAYS; way++) {
		struct result result = { .values = first_values };

		row("command %d", way_commands[way]);
		place_open(way % 2 ? PCA_INLINE : PCA_WORKERS, PCA_DIRECT);
		fill(first_values, sizeof(first_values), 5);
		order(place.w.task, (struct pca_fault_opts){ .cmd = way_commands[way],
							     .after_copies = 1,
							     .fn = close_the_map });
		result = act(place.w.task, place.fd, (enum way)way, 0, result);
		expect(result.ret, 0);
		if (way == LOOKUP)
			expect_values((uint64_t *)(void *)first_values, 1, 1, 1);
		expect(pca_machine_memory_bytes(place.w.machine), 0);
		expect(cmd_next_key(place.w.task, place.fd, NULL, &result.keys), -EBADF);
		/* The rest of what the world had. */
		pca_prog_put(place.prog);
		expect(pca_close(place.w.task, place.prog_fd), 0);
		world_close(&place.w);
	}
}
END_TEST

static long freeze_results[2];

static void freeze_twice(void *unused)
{
	(void)unused;
	freeze_results[0] = cmd_freeze(place.w.task, place.fd);
	freeze_results[1] = cmd_freeze(place.w.task, place.fd);
}

/* A map that is being written to is not frozen; one that is being read is. */
START_TEST(a_hook_may_freeze_what_is_read)
{
	for (int way = 0; way < NR_WAYS; way++) {
		bool is_write = way == UPDATE || way == UPDATE_MANY;
		struct result result = { .values = first_values };

		row("command %d", way_commands[way]);
		place_open(PCA_INLINE, PCA_DIRECT);
		order(place.w.task, (struct pca_fault_opts){ .cmd = way_commands[way],
							     .after_copies = 1,
							     .fn = freeze_twice });
		expect(act(place.w.task, place.fd, (enum way)way, 0, result).ret, 0);
		expect(freeze_results[0], is_write ? -EBUSY : 0);
		expect(freeze_results[1], is_write ? -EBUSY : -EPERM);
		expect(cmd_freeze(place.w.task, place.fd), is_write ? 0 : -EPERM);
		place_close();
	}
}
END_TEST

static int depth, deepest;

static void look_up_again(void *unused)
{
	uint64_t values[3];

	(void)unused;
	if (++depth > deepest)
		deepest = depth;
	expect(cmd_lookup(place.w.task, place.fd, &(uint32_t){ 0 }, values, 0), 0);
	expect_values(values, 1, 1, 1);
	depth--;
}

/* Commands of the same task inside a hook meet what is left of its orders. */
START_TEST(hooks_nest)
{
	uint64_t values[3];

	place_open(PCA_WORKERS, PCA_CHECKED);
	deepest = 0;
	order(place.w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_ELEM,
						     .times = 5,
						     .after_copies = 2,
						     .fn = look_up_again,
						     .sets_cpu_offline = true,
						     .offline_cpu = 3 });
	expect(cmd_lookup(place.w.task, place.fd, &(uint32_t){ 0 }, values, 0), 0);
	expect(deepest, 5);
	expect(depth, 0);
	expect(pca_faults_pending(place.w.task), 0);
	ck_assert(!pca_cpu_is_online(place.w.machine, 3));
	place_close();
}
END_TEST

static void clear_orders(void *nr_pending)
{
	*(uint32_t *)nr_pending = pca_fault_clear(place.w.task);
}

START_TEST(a_hook_may_clear_its_own_order)
{
	uint64_t values[3];
	uint32_t nr_pending = 99;

	place_open(PCA_INLINE, PCA_DIRECT);
	order(place.w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_ELEM,
						     .times = 7,
						     .after_copies = 3,
						     .fn = clear_orders,
						     .arg = &nr_pending });
	for (int i = 0; i < 3; i++)
		expect(cmd_lookup(place.w.task, place.fd, &(uint32_t){ 0 }, values, 0), 0);
	expect(nr_pending, 1);
	place_close();
}
END_TEST

/* ---- threads ---- */

/* A CPU goes off and on from another thread while commands sleep in their middle. */
static void *toggle_cpu(void *must_stop)
{
	while (!__atomic_load_n((bool *)must_stop, __ATOMIC_ACQUIRE)) {
		expect(pca_cpu_set_online(place.w.machine, 2, false), 0);
		expect(pca_cpu_set_online(place.w.machine, 2, true), 0);
	}
	return NULL;
}

START_TEST(a_sleep_in_the_middle_holds_nobody_up)
{
	bool must_stop = false;
	pthread_t thread;
	uint64_t values[3];

	place_open(PCA_WORKERS, PCA_DIRECT);
	order(place.w.task, (struct pca_fault_opts){ .cmd = BPF_MAP_LOOKUP_ELEM,
						     .times = PCA_EVERY_TIME,
						     .after_copies = 1,
						     .delay_ns = 1000000 });
	expect(pthread_create(&thread, NULL, toggle_cpu, &must_stop), 0);
	for (int i = 0; i < 20; i++)
		expect(cmd_lookup(place.w.task, place.fd, &(uint32_t){ 0 }, values, 0), 0);
	__atomic_store_n(&must_stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	expect(pca_fault_clear(place.w.task), 0);
	place_close();
}
END_TEST

static Suite *fault_middle_suite(void)
{
	Suite *suite = suite_create("fault in the middle");
	TCase *tc = add_case(suite, "steps");

	tcase_add_test(tc, steps_change_nothing);
	tcase_add_test(tc, an_order_that_is_not_reached_stays);
	tcase_add_test(tc, steps_say_that_a_buffer_is_short);
	tcase_add_test(tc, any_command_is_one_that_comes_there);

	tc = add_case(suite, "torn");
	tcase_add_test(tc, a_lookup_is_torn_between_two_cpus);
	tcase_add_test(tc, an_update_is_torn_between_two_cpus);
	tcase_add_test(tc, a_batch_is_torn_within_and_between_elements);
	tcase_add_test(tc, a_cpu_goes_offline_in_the_middle_of_a_batch);
	tcase_add_test(tc, a_cpu_goes_offline_between_two_copies);

	tc = add_case(suite, "failures");
	tcase_add_test(tc, a_lookup_batch_fails_in_the_middle);
	tcase_add_test(tc, an_update_batch_fails_in_the_middle);

	tc = add_case(suite, "hooks");
	tcase_add_test(tc, a_hook_may_change_the_buffers);
	tcase_add_test(tc, a_hook_may_close_the_map);
	tcase_add_test(tc, a_hook_may_freeze_what_is_read);
	tcase_add_test(tc, hooks_nest);
	tcase_add_test(tc, a_hook_may_clear_its_own_order);
	tcase_add_test(tc, a_sleep_in_the_middle_holds_nobody_up);
	return suite;
}

TEST_MAIN(fault_middle_suite)
