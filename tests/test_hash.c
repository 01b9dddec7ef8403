// SPDX-License-Identifier: MIT
/*
 * BPF_MAP_TYPE_HASH beside what the cases in conformance/hash.case say: keys of all sizes,
 * the order of keys, memory, values' lifetimes, runs that are told, a plain model.
 * Facts were measured on 6.18.44 where nothing else is said.
 */
#include "support.h"

static union any_attr hash_attr(uint32_t key_size, uint32_t value_size, uint32_t max_entries,
				uint32_t flags)
{
	union any_attr attr = create_attr(BPF_MAP_TYPE_HASH, value_size, max_entries);

	attr.bpf.key_size = key_size;
	attr.bpf.map_flags = flags;
	return attr;
}

static long try_hash(struct pca_task *task, union any_attr attr)
{
	return pca_bpf(task, BPF_MAP_CREATE, &attr, CREATE_ATTR_END);
}

static int hash_map(const struct world *w, uint32_t key_size, uint32_t value_size,
		    uint32_t max_entries, uint32_t flags)
{
	return expect_fd(try_hash(w->task, hash_attr(key_size, value_size, max_entries, flags)));
}

/* A key of n bytes whose first one says which. */
static const void *key_of(uint32_t number, uint32_t n)
{
	static unsigned char key[4096];

	memset(key, 0, n);
	memcpy(key, &number, n < sizeof(number) ? n : sizeof(number));
	return key;
}

static void put(const struct world *w, int fd, uint32_t key_size, uint32_t number)
{
	uint64_t value = number;

	expect(cmd_update(w->task, fd, key_of(number, key_size), &value, BPF_ANY), 0);
}

/* ---- the order of keys ---- */

/* The first bytes of all keys, in GET_NEXT_KEY's order. */
static uint32_t walk(const struct world *w, int fd, uint32_t key_size, unsigned char *first_bytes)
{
	unsigned char key[64] = { 0 }, next[64];
	uint32_t nr = 0;

	while (!cmd_next_key(w->task, fd, nr ? key : NULL, next)) {
		memcpy(key, next, key_size);
		first_bytes[nr++] = key[0];
	}
	return nr;
}

/* With BPF_F_ZERO_SEED the keys 1 to 12 of a map of 16 entries come as on 6.18.44. */
START_TEST(with_zero_seed_keys_are_in_linux_order)
{
	static const struct {
		uint32_t key_size;
		unsigned char order[12];
	} rows[] = {
		{ 1, { 8, 4, 11, 10, 7, 6, 5, 2, 1, 9, 3, 12 } },
		{ 4, { 10, 4, 5, 7, 2, 1, 8, 12, 11, 9, 6, 3 } },
		{ 8, { 7, 4, 12, 3, 8, 11, 9, 2, 10, 6, 5, 1 } },
		{ 13, { 12, 6, 7, 2, 1, 4, 9, 3, 10, 8, 5, 11 } },
		{ 16, { 12, 7, 6, 4, 1, 11, 9, 3, 8, 5, 10, 2 } },
	};
	struct world w = world_open(NULL, PCA_DIRECT);
	unsigned char got[16];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const uint32_t key_size = rows[i].key_size;
		int fd = hash_map(&w, key_size, 8, 16, BPF_F_ZERO_SEED);

		row("keys of %u bytes", key_size);
		for (uint32_t number = 1; number <= 12; number++)
			put(&w, fd, key_size, number);
		expect(walk(&w, fd, key_size, got), 12);
		expect_bytes(got, rows[i].order, 12);
	}
	world_close(&w);
}
END_TEST

/* A machine's maps differ in their order; the same machine again has the same orders. */
START_TEST(without_zero_seed_orders_differ_and_repeat)
{
	unsigned char got[2][2][16] = { 0 };

	for (int again = 0; again < 2; again++) {
		struct world w = world_open(NULL, PCA_DIRECT);

		for (int i = 0; i < 2; i++) {
			int fd = hash_map(&w, 4, 8, 16, 0);

			for (uint32_t number = 1; number <= 12; number++)
				put(&w, fd, 4, number);
			expect(walk(&w, fd, 4, got[again][i]), 12);
		}
		world_close(&w);
	}
	expect_bytes(got[1], got[0], 2 * 16);
	ck_assert(memcmp(got[0][0], got[0][1], 12));
}
END_TEST

/* Buckets that are empty for long are passed, wherever a batch begins. */
START_TEST(batches_of_a_sparse_hash_deliver_all)
{
	struct world w = world_open(NULL, _i ? PCA_CHECKED : PCA_DIRECT);
	int fd = hash_map(&w, 4, 8, 1U << 20, BPF_F_NO_PREALLOC);
	uint32_t keys[8], batch_at = 0, nr = 0, sum = 0;
	uint64_t values[8];
	long err = 0;

	for (uint32_t number = 1; number <= 20; number++)
		put(&w, fd, 4, number);
	while (!err) {
		struct batch b = { nr ? &batch_at : NULL, &batch_at, keys, values, 3, 0, 0 };

		err = cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, fd, &b);
		for (uint32_t i = 0; i < b.count; i++, nr++) {
			expect(values[i], keys[i]);
			sum += keys[i];
		}
	}
	expect(err, -ENOENT);
	expect(nr, 20);
	expect(sum, 20 * 21 / 2);
	expect(batch_at, 1U << 20);

	struct batch b = { .keys = keys, .count = 2 };

	keys[0] = 3;
	keys[1] = 4;
	expect(cmd_batch(w.task, BPF_MAP_DELETE_BATCH, fd, &b), 0);
	expect(b.count, 2);
	expect(cmd_batch(w.task, BPF_MAP_DELETE_BATCH, fd, &b), -ENOENT);
	expect(b.count, 0);
	world_close(&w);
}
END_TEST

/* ---- memory ---- */

static long memlock_of(const struct world *w, int fd)
{
	char text[512];
	const char *line;

	ck_assert_int_gt(pca_fdinfo(w->task, fd, text, sizeof(text)), 0);
	line = strstr(text, "memlock:\t");
	ck_assert_ptr_nonnull(line);
	return strtol(line + strlen("memlock:\t"), NULL, 10);
}

/* fdinfo of 6.18.44 with 2 CPUs: empty, and with one element and with three. */
START_TEST(memlock_counts_elements_only_without_preallocation)
{
	static const struct {
		uint32_t key_size, value_size, max_entries, flags;
		long empty, one, three;
	} rows[] = {
		{ 4, 8, 3, 0, 1296, 1296, 1296 },
		{ 4, 8, 4, 0, 1360, 1360, 1360 },
		{ 4, 8, 5, 0, 1488, 1488, 1488 },
		{ 16, 64, 100, 0, 16016, 16016, 16016 },
		{ 4, 8, 4, BPF_F_NO_PREALLOC, 960, 1032, 1176 },
		{ 4, 8, 5, BPF_F_NO_PREALLOC, 1024, 1096, 1240 },
		{ 16, 64, 100, BPF_F_NO_PREALLOC, 2944, 3080, 3352 },
		{ 4, 8, 40000, BPF_F_NO_PREALLOC, 1049472, 1049544, 1049688 },
	};
	static const unsigned char value[64];
	struct world w = world_open("0-1", PCA_DIRECT);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const uint32_t key_size = rows[i].key_size;
		int fd = hash_map(&w, key_size, rows[i].value_size, rows[i].max_entries,
				  rows[i].flags);
		long before = (long)pca_machine_memory_bytes(w.machine);

		row("row %zu", i);
		expect(memlock_of(&w, fd), rows[i].empty);
		expect(cmd_update(w.task, fd, key_of(1, key_size), value, 0), 0);
		expect(memlock_of(&w, fd), rows[i].one);
		expect(cmd_update(w.task, fd, key_of(1, key_size), value, 0), 0);
		expect(cmd_update(w.task, fd, key_of(2, key_size), value, 0), 0);
		expect(cmd_update(w.task, fd, key_of(3, key_size), value, 0), 0);
		expect(memlock_of(&w, fd), rows[i].three);
		expect(pca_machine_memory_bytes(w.machine), before + rows[i].three - rows[i].empty);
		expect(cmd_delete(w.task, fd, key_of(3, key_size)), 0);
		expect(cmd_delete(w.task, fd, key_of(2, key_size)), 0);
		expect(memlock_of(&w, fd), rows[i].one);
		expect(pca_close(w.task, fd), 0);
		expect(pca_machine_memory_bytes(w.machine), 0);
	}
	world_close(&w);
}
END_TEST

/* An element that the memory limit has no room for is ENOMEM; one that goes makes room. */
START_TEST(elements_that_come_are_held_to_the_memory_limit)
{
	struct world w = world_open("0-1", PCA_DIRECT);
	int fd = hash_map(&w, 4, 8, 4, BPF_F_NO_PREALLOC);
	uint64_t value = 7;

	pca_machine_set_memory_limit(w.machine, 960 + 2 * 72);
	put(&w, fd, 4, 1);
	put(&w, fd, 4, 2);
	expect(cmd_update(w.task, fd, key_of(3, 4), &value, 0), -ENOMEM);
	expect(cmd_update(w.task, fd, key_of(2, 4), &value, 0), 0); /* takes another's place */
	expect(cmd_delete(w.task, fd, key_of(1, 4)), 0);
	expect(cmd_update(w.task, fd, key_of(3, 4), &value, 0), 0);
	world_close(&w);
}
END_TEST

/* What is held over a reset is no longer counted, whatever comes and goes in it. */
START_TEST(a_hash_held_over_a_reset_is_not_counted)
{
	struct world w = world_open("0-1", PCA_DIRECT);
	int fd = hash_map(&w, 4, 8, 4, BPF_F_NO_PREALLOC);
	struct pca_map_ref *map;

	put(&w, fd, 4, 1);
	expect(pca_map_get(w.task, fd, &map), 0);
	expect(pca_machine_reset(w.machine), 0);
	expect(pca_machine_memory_bytes(w.machine), 0);
	pca_map_put(map);
	expect(pca_machine_memory_bytes(w.machine), 0);
	world_close(&w);
}
END_TEST

/* ---- keys and values of all sizes, beside a model ---- */

#define MODEL_KEYS 12

struct model {
	uint32_t key_size, value_size, max_entries, nr;
	bool is_there[MODEL_KEYS];
	unsigned char values[MODEL_KEYS][80];
};

static long model_update(struct model *m, uint32_t number, const void *value, uint64_t flags)
{
	if (flags > BPF_EXIST)
		return -EINVAL;
	if (m->is_there[number] && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!m->is_there[number] && flags == BPF_EXIST)
		return -ENOENT;
	if (!m->is_there[number] && m->nr == m->max_entries)
		return -E2BIG;
	m->nr += !m->is_there[number];
	m->is_there[number] = true;
	memcpy(m->values[number], value, m->value_size);
	return 0;
}

static long model_delete(struct model *m, uint32_t number)
{
	if (!m->is_there[number])
		return -ENOENT;
	m->is_there[number] = false;
	m->nr--;
	return 0;
}

static void model_step(const struct world *w, int fd, struct model *m, uint64_t *chance)
{
	uint32_t number = (uint32_t)next_random(chance) % MODEL_KEYS;
	const void *key = key_of(number + 1, m->key_size);
	bool is_there = m->is_there[number];
	unsigned char value[80];
	uint64_t flags = next_random(chance) % 8;

	fill(value, sizeof(value), (uint32_t)next_random(chance));
	switch (next_random(chance) % 4) {
	case 0:
	case 1:
		flags = flags > 3 ? BPF_ANY : flags;
		expect(cmd_update(w->task, fd, key, value, flags),
		       model_update(m, number, value, flags));
		break;
	case 2:
		expect(cmd_delete(w->task, fd, key), model_delete(m, number));
		break;
	default:
		expect(cmd_lookup_and_delete(w->task, fd, key, value, 0), model_delete(m, number));
		if (is_there)
			expect_bytes(value, m->values[number], m->value_size);
	}
}

/* Every key as the model has it, and as many by GET_NEXT_KEY. */
static void expect_model(const struct world *w, int fd, const struct model *m)
{
	unsigned char value[80], key[512] = { 0 }, next[512];
	uint32_t nr = 0;

	for (uint32_t i = 0; i < MODEL_KEYS; i++) {
		expect(cmd_lookup(w->task, fd, key_of(i + 1, m->key_size), value, 0),
		       m->is_there[i] ? 0 : -ENOENT);
		if (m->is_there[i])
			expect_bytes(value, m->values[i], m->value_size);
	}
	while (!cmd_next_key(w->task, fd, nr ? key : NULL, next)) {
		memcpy(key, next, m->key_size);
		nr++;
	}
	expect(nr, m->nr);
}

START_TEST(random_commands_agree_with_a_model)
{
	static const uint32_t key_sizes[] = { 1, 2, 3, 4, 7, 8, 12, 13, 24, 300 };
	static const uint32_t sizes[] = { 1, 3, 8, 12, 72 };
	uint64_t chance = test_seed;

	for (uint32_t i = 0; i < 2 * ARRAY_LEN(key_sizes); i++) {
		struct world w = world_open(NULL, i % 2 ? PCA_CHECKED : PCA_DIRECT);
		struct model m = {
			.key_size = key_sizes[i / 2],
			.value_size = sizes[next_random(&chance) % ARRAY_LEN(sizes)],
			.max_entries = 1 + (uint32_t)next_random(&chance) % MODEL_KEYS,
		};
		int fd = hash_map(&w, m.key_size, m.value_size, m.max_entries,
				  next_random(&chance) % 2 ? BPF_F_NO_PREALLOC : 0);

		row("seed %lu, keys of %u bytes", (unsigned long)test_seed, m.key_size);
		for (int n = 0; n < 300; n++) {
			model_step(&w, fd, &m, &chance);
			if (n % 16 == 0)
				expect_model(&w, fd, &m);
		}
		expect_model(&w, fd, &m);
		world_close(&w);
	}
}
END_TEST

/* No command reads past a key or writes past a value. */
START_TEST(keys_and_values_may_end_where_memory_ends)
{
	static const uint32_t sizes[] = { 1, 3, 5, 300 };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct world w = world_open(NULL, PCA_DIRECT);
		uint32_t n = sizes[i];
		unsigned char *key = guarded(n), *value = guarded(n), *next = guarded(n);
		int fd = hash_map(&w, n, n, 4, 0);

		row("%u bytes", n);
		fill(key, n, 1);
		fill(value, n, 2);
		expect(cmd_update(w.task, fd, key, value, 0), 0);
		memset(next, 0, n);
		expect(cmd_lookup(w.task, fd, key, next, 0), 0);
		expect_bytes(next, value, n);
		expect(cmd_next_key(w.task, fd, NULL, next), 0);
		expect_bytes(next, key, n);
		expect(cmd_next_key(w.task, fd, key, next), -ENOENT);
		expect(cmd_lookup_and_delete(w.task, fd, key, next, 0), 0);
		expect(cmd_delete(w.task, fd, key), -ENOENT);
		world_close(&w);
	}
}
END_TEST

START_TEST(lookup_and_delete_of_hashes_came_in_5_14)
{
	static const struct {
		const char *release;
		long err;
	} rows[] = {
		{ "5.10", -524 }, { "5.13", -524 }, { "5.14", 0 }, { "6.1", 0 }, { "7.2", 0 }
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_machine_opts opts = { .release = rows[i].release };
		struct world w = world_open_with(&opts, NULL);
		int fd = hash_map(&w, 4, 8, 4, 0);
		uint64_t value = 0;

		row("%s", rows[i].release);
		put(&w, fd, 4, 1);
		expect(cmd_lookup_and_delete(w.task, fd, key_of(1, 4), &value, 0), rows[i].err);
		expect(value, rows[i].err ? 0 : 1);
		world_close(&w);
	}
}
END_TEST

/* ---- programs ---- */

struct job {
	struct pca_map_ref *map;
	int failed_line; /* of the first check that failed */
	uint64_t sum;
	struct world w;
	int fd;
};

#define CHECK(job, claim)                              \
	do {                                           \
		if (!(claim) && !(job)->failed_line)   \
			(job)->failed_line = __LINE__; \
	} while (0)

static struct job job_open(uint32_t key_size, uint32_t value_size, uint32_t max_entries,
			   uint32_t flags)
{
	struct pca_machine_opts opts = { .possible = "0-3", .run_mode = PCA_INLINE };
	struct job job = { .w = world_open_with(&opts, NULL) };

	job.fd = hash_map(&job.w, key_size, value_size, max_entries, flags);
	expect(pca_map_get(job.w.task, job.fd, &job.map), 0);
	return job;
}

static void job_run(struct job *job, pca_prog_fn fn, uint32_t cpu)
{
	const struct pca_map_use uses[] = {
		{ .map_fd = job->fd,
		  .helper = BPF_FUNC_map_lookup_elem,
		  .access = PCA_READ | PCA_WRITE },
		{ .map_fd = job->fd, .helper = BPF_FUNC_map_update_elem },
		{ .map_fd = job->fd, .helper = BPF_FUNC_map_delete_elem },
		{ .map_fd = job->fd, .helper = BPF_FUNC_for_each_map_elem, .access = PCA_READ },
	};
	struct pca_prog_load_opts opts = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = fn,
		.uses = uses,
		.nr_uses = ARRAY_LEN(uses),
	};
	int fd = expect_fd(pca_prog_load(job->w.task, &opts));
	struct pca_prog *prog;

	expect(pca_prog_get(job->w.task, fd, &prog), 0);
	expect(pca_run_on(prog, cpu, job, NULL), 0);
	pca_prog_put(prog);
	pca_close(job->w.task, fd);
	expect(job->failed_line, 0);
}

static void job_close(struct job *job)
{
	pca_map_put(job->map);
	world_close(&job->w);
}

/* A value stays where it is until the run is over, also on a map of one entry. */
static int keep_values(void *ctx)
{
	struct job *job = ctx;
	uint32_t key = 1, other = 2;
	uint64_t value = 5, *old, *new;

	CHECK(job, !pca_map_lookup_elem(job->map, &key));
	CHECK(job, pca_map_update_elem(job->map, &key, &value, BPF_NOEXIST) == 0);
	CHECK(job, pca_map_update_elem(job->map, &other, &value, BPF_ANY) == -E2BIG);
	old = pca_map_lookup_elem(job->map, &key);
	CHECK(job, old && *old == 5);
	value = 6;
	CHECK(job, pca_map_update_elem(job->map, &key, &value, BPF_EXIST) == 0);
	new = pca_map_lookup_elem(job->map, &key);
	CHECK(job, new &&new != old &&*new == 6 && *old == 5);
	*old = 9; /* goes nowhere */
	CHECK(job, *(uint64_t *)pca_map_lookup_elem(job->map, &key) == 6);
	CHECK(job, pca_map_delete_elem(job->map, &key) == 0);
	CHECK(job, pca_map_delete_elem(job->map, &key) == -ENOENT);
	CHECK(job, !pca_map_lookup_elem(job->map, &key));
	CHECK(job, pca_map_update_elem(job->map, &other, &value, BPF_ANY) == 0);
	CHECK(job, *new == 6 && *old == 9);
	return 0;
}

START_TEST(values_stay_in_place_until_the_run_ends)
{
	for (int i = 0; i < 2; i++) {
		struct job job = job_open(4, 8, 1, i ? BPF_F_NO_PREALLOC : 0);

		job_run(&job, keep_values, 0);
		job_close(&job);
	}
}
END_TEST

/* Keys that are no index: shorter ones, longer ones, parts of something. */
static int use_keys(void *ctx)
{
	struct job *job = ctx;
	struct {
		unsigned char before, key[5], after;
	} whole = { 1, { 1, 2, 3, 4, 5 }, 6 };
	uint64_t value = 3, *found;

	CHECK(job, !pca_map_update_elem(job->map, whole.key, &value, BPF_ANY));
	whole.before = whole.after = 0;
	found = pca_map_lookup_elem(job->map, whole.key);
	CHECK(job, found && *found == 3);
	whole.key[4] = 6; /* not among the first four */
	CHECK(job, !pca_map_lookup_elem(job->map, whole.key));
	return 0;
}

static int use_short_keys(void *ctx)
{
	struct job *job = ctx;
	unsigned char key = 7, *on_heap = malloc(1);
	uint64_t value = 3, *found;

	CHECK(job, !pca_map_update_elem(job->map, &key, &value, BPF_ANY));
	found = pca_map_lookup_elem(job->map, &key);
	CHECK(job, found && *found == 3);
	*on_heap = key;
	CHECK(job, pca_map_lookup_elem(job->map, on_heap) == found);
	free(on_heap);
	key++;
	CHECK(job, !pca_map_lookup_elem(job->map, &key));
	return 0;
}

START_TEST(programs_may_have_keys_of_any_size)
{
	struct job job = job_open(5, 8, 4, 0);

	job_run(&job, use_keys, 0);
	job_close(&job);
	job = job_open(1, 8, 4, 0);
	job_run(&job, use_short_keys, 0);
	job_close(&job);
}
END_TEST

static long add_and_delete(struct pca_map_ref *map, const void *key, void *value, void *ctx)
{
	struct job *job = ctx;

	job->sum += *(uint64_t *)value;
	CHECK(job, pca_map_delete_elem(map, key) == 0);
	CHECK(job, *(uint64_t *)value == *(const uint32_t *)key);
	return job->sum == 3;
}

static int sum_all(void *ctx)
{
	struct job *job = ctx;

	CHECK(job, pca_for_each_map_elem(job->map, add_and_delete, job, 0) == 10);
	CHECK(job, pca_for_each_map_elem(job->map, add_and_delete, job, 0) == 0);
	CHECK(job, pca_for_each_map_elem(job->map, add_and_delete, job, 1) == -EINVAL);
	return 0;
}

START_TEST(for_each_comes_to_all_while_they_are_deleted)
{
	struct job job = job_open(4, 8, 64, 0);

	for (uint32_t number = 4; number < 14; number++)
		put(&job.w, job.fd, 4, number);
	job_run(&job, sum_all, 0);
	expect(job.sum, 85);
	job_close(&job);
}
END_TEST

static int add_to_one(void *ctx)
{
	struct job *job = ctx;
	uint32_t key = 1;
	uint64_t *value = pca_map_lookup_elem(job->map, &key);

	CHECK(job, value);
	if (value)
		++*value;
	return 0;
}

START_TEST(cpus_share_an_element)
{
	struct job job = job_open(4, 8, 4, 0);
	uint64_t value;

	put(&job.w, job.fd, 4, 1);
	for (uint32_t cpu = 0; cpu < 4; cpu++)
		job_run(&job, add_to_one, cpu);
	expect(cmd_lookup(job.w.task, job.fd, key_of(1, 4), &value, 0), 0);
	expect(value, 5);
	job_close(&job);
}
END_TEST

struct heard {
	uint32_t lookups, keys;
	uint32_t key;
	int64_t result;
};

static void hear(void *arg, const struct pca_event *event)
{
	struct heard *heard = arg;

	if (event->kind != PCA_EVENT_HELPER || strcmp(event->name, "bpf_map_lookup_elem"))
		return;
	heard->lookups++;
	heard->keys += event->has_key;
	heard->key = event->key;
	heard->result = event->result;
}

/* Events tell keys of 32 bits, and of other keys that there was a call. */
START_TEST(lookups_are_told_with_keys_of_four_bytes)
{
	struct heard heard = { 0 };
	struct job job = job_open(4, 8, 4, 0);

	put(&job.w, job.fd, 4, 1);
	pca_machine_listen(job.w.machine, hear, &heard);
	job_run(&job, add_to_one, 0);
	expect(heard.lookups, 1);
	expect(heard.keys, 1);
	expect(heard.key, 1);
	expect(heard.result, 1);
	pca_machine_listen(job.w.machine, NULL, NULL);
	job_close(&job);

	job = job_open(1, 8, 4, 0);
	pca_machine_listen(job.w.machine, hear, &heard);
	job_run(&job, use_short_keys, 0);
	expect(heard.lookups, 4);
	expect(heard.keys, 1);
	pca_machine_listen(job.w.machine, NULL, NULL);
	job_close(&job);
}
END_TEST

START_TEST(what_is_for_arrays_says_so)
{
	struct job job = job_open(4, 8, 4, 0);
	struct pca_map_snapshot *snapshot;

	put(&job.w, job.fd, 4, 1);
	messages_catch();
	ck_assert_ptr_null(pca_map_peek(job.map, 0, 1));
	expect(pca_map_snapshot(job.map, &snapshot), -EOPNOTSUPP);
	expect_message("the map is a hash");
	job_close(&job);
}
END_TEST

/* ---- faults ---- */

struct target {
	struct pca_task *task;
	int fd;
};

static void delete_key_one(void *arg)
{
	const struct target *target = arg;
	uint32_t key = 1;

	cmd_delete(target->task, target->fd, &key);
}

static long count_elements(const struct world *w, int fd)
{
	unsigned char firsts[64];

	return walk(w, fd, 4, firsts);
}

/* An update that fails in its middle has stored its element by then. */
START_TEST(faults_in_the_middle_meet_whole_elements)
{
	struct world w = world_open(NULL, PCA_DIRECT);
	int fd = hash_map(&w, 4, 8, 8, 0);
	uint32_t keys[4] = { 1, 2, 3, 4 };
	uint64_t values[4] = { 1, 2, 3, 4 };
	struct batch b = { .keys = keys, .values = values, .count = 4 };
	struct pca_fault_opts update = { .cmd = BPF_MAP_UPDATE_BATCH,
					 .after_elems = 2,
					 .err = ENOMEM };
	struct pca_fault_opts lookup = { .cmd = BPF_MAP_LOOKUP_BATCH,
					 .after_elems = 1,
					 .err = ENOMEM };
	struct pca_fault_opts one = { .cmd = BPF_MAP_UPDATE_ELEM,
				      .after_copies = 1,
				      .fn = delete_key_one,
				      .arg = &(struct target){ w.task, fd } };
	uint32_t out = 77;

	ck_assert_int_ge(pca_fault_add(w.task, &update), 0);
	expect(cmd_batch(w.task, BPF_MAP_UPDATE_BATCH, fd, &b), -ENOMEM);
	expect(b.count, 2);
	expect(count_elements(&w, fd), 2);
	ck_assert_int_ge(pca_fault_add(w.task, &lookup), 0);
	b = (struct batch){ NULL, &out, keys, values, 4, 0, 0 };
	expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, fd, &b), -ENOMEM);
	expect(b.count, 0);
	expect(out, 77);
	ck_assert_int_ge(pca_fault_add(w.task, &one), 0);
	put(&w, fd, 4, 1); /* and it is gone when the command returns */
	expect(cmd_lookup(w.task, fd, key_of(1, 4), values, 0), -ENOENT);
	world_close(&w);
}
END_TEST

static Suite *hash_suite(void)
{
	Suite *suite = suite_create("hash");
	TCase *c = add_case(suite, "order");

	tcase_add_test(c, with_zero_seed_keys_are_in_linux_order);
	tcase_add_test(c, without_zero_seed_orders_differ_and_repeat);
	tcase_add_loop_test(c, batches_of_a_sparse_hash_deliver_all, 0, 2);
	c = add_case(suite, "memory");
	tcase_add_test(c, memlock_counts_elements_only_without_preallocation);
	tcase_add_test(c, elements_that_come_are_held_to_the_memory_limit);
	tcase_add_test(c, a_hash_held_over_a_reset_is_not_counted);
	c = add_case(suite, "commands");
	tcase_add_test(c, random_commands_agree_with_a_model);
	tcase_add_test(c, keys_and_values_may_end_where_memory_ends);
	tcase_add_test(c, lookup_and_delete_of_hashes_came_in_5_14);
	tcase_add_test(c, faults_in_the_middle_meet_whole_elements);
	c = add_case(suite, "programs");
	tcase_add_test(c, values_stay_in_place_until_the_run_ends);
	tcase_add_test(c, programs_may_have_keys_of_any_size);
	tcase_add_test(c, for_each_comes_to_all_while_they_are_deleted);
	tcase_add_test(c, cpus_share_an_element);
	tcase_add_test(c, lookups_are_told_with_keys_of_four_bytes);
	tcase_add_test(c, what_is_for_arrays_says_so);
	return suite;
}

TEST_MAIN(hash_suite)
