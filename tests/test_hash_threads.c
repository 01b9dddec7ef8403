// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * A hash that programs on all CPUs and commands of several threads change at once. The
 * work is counted, not timed. Under ThreadSanitizer this must pass without a report.
 */
#include <sched.h>

#include "support.h"

#define NR_CPUS 4
#define NR_KEYS 16
#define MOST 12 /* entries: now and then the hash is full */
#define ROUNDS 5000
#define VALUE_WORDS 3

/* Threads and programs do not assert: they leave the line of the first surprise here. */
static int surprised_at; /* atomic */

#define CHECK(claim)                                                                 \
	do {                                                                         \
		if (!(claim))                                                        \
			__atomic_store_n(&surprised_at, __LINE__, __ATOMIC_RELAXED); \
	} while (0)

struct stage {
	struct world w;
	int fd;
	struct pca_map_ref *map;
	struct pca_prog *churn;
	int64_t nr_added; /* atomic: by NOEXIST that succeeded, less deletes that did */
	uint32_t next;	  /* atomic */
};

static struct stage stage;

/* All words of a value are its key: a value of two updates, or of no key, is seen. */
static void make_value(uint64_t *value, uint32_t key)
{
	for (int i = 0; i < VALUE_WORDS; i++)
		value[i] = key;
}

static bool is_whole(const volatile uint64_t *value, uint32_t key)
{
	for (int i = 0; i < VALUE_WORDS; i++) {
		if (value[i] != key)
			return false;
	}
	return true;
}

static void count(int64_t nr)
{
	__atomic_fetch_add(&stage.nr_added, nr, __ATOMIC_RELAXED);
}

static uint32_t some_key(void)
{
	return 1 + __atomic_fetch_add(&stage.next, 7, __ATOMIC_RELAXED) % NR_KEYS;
}

static int churn(void *ctx)
{
	struct pca_map_ref *map = ctx;
	uint32_t key = some_key();
	uint64_t value[VALUE_WORDS];
	const volatile uint64_t *found;
	long err;

	make_value(value, key);
	err = pca_map_update_elem(map, &key, value, BPF_NOEXIST);
	CHECK(!err || err == -EEXIST || err == -E2BIG);
	count(!err);
	found = pca_map_lookup_elem(map, &key);
	CHECK(!found || is_whole(found, key));
	err = pca_map_update_elem(map, &key, value, BPF_EXIST);
	CHECK(!err || err == -ENOENT);
	key = some_key();
	err = pca_map_delete_elem(map, &key);
	CHECK(!err || err == -ENOENT);
	count(-!err);
	CHECK(!found || is_whole(found, (uint32_t)value[0])); /* still there */
	return 0;
}

static void *run_on_cpu(void *cpu)
{
	for (int i = 0; i < ROUNDS; i++)
		CHECK(!pca_run_on(stage.churn, (uint32_t)(uintptr_t)cpu, stage.map, NULL));
	return NULL;
}

static void *change_by_commands(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t key = some_key();
		uint64_t value[VALUE_WORDS];
		long err;

		make_value(value, key);
		err = cmd_update(stage.w.task, stage.fd, &key, value, BPF_NOEXIST);
		CHECK(!err || err == -EEXIST || err == -E2BIG);
		count(!err);
		err = cmd_update(stage.w.task, stage.fd, &key, value, BPF_EXIST);
		CHECK(!err || err == -ENOENT);
		err = cmd_lookup_and_delete(stage.w.task, stage.fd, &key, value, 0);
		CHECK(err ? err == -ENOENT : is_whole(value, key));
		count(-!err);
	}
	return NULL;
}

/* A walk may end early or begin again, but what it finds is whole. */
static void walk(void)
{
	uint64_t value[VALUE_WORDS];
	uint32_t key;
	long err = cmd_next_key(stage.w.task, stage.fd, NULL, &key);

	for (int i = 0; i < 4 * NR_KEYS && !err; i++) {
		err = cmd_lookup(stage.w.task, stage.fd, &key, value, 0);
		CHECK(err ? err == -ENOENT : is_whole(value, key));
		err = cmd_next_key(stage.w.task, stage.fd, &key, &key);
	}
	CHECK(!err || err == -ENOENT);
}

static void take_batch(int cmd)
{
	uint32_t keys[NR_KEYS], out;
	uint64_t values[NR_KEYS][VALUE_WORDS];
	struct batch b = { NULL, &out, keys, values, NR_KEYS, 0, 0 };
	long err = cmd_batch(stage.w.task, cmd, stage.fd, &b);

	CHECK(!err || err == -ENOENT);
	for (uint32_t i = 0; i < b.count; i++)
		CHECK(is_whole(values[i], keys[i]));
	if (cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH)
		count(-(int64_t)b.count);
}

static void *read_by_commands(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS / 4; i++) {
		walk();
		take_batch(i % 16 ? BPF_MAP_LOOKUP_BATCH : BPF_MAP_LOOKUP_AND_DELETE_BATCH);
	}
	return NULL;
}

static void stage_open(uint32_t flags)
{
	union any_attr attr = create_attr(BPF_MAP_TYPE_HASH, VALUE_WORDS * 8, MOST);
	int fd;

	memset(&stage, 0, sizeof(stage));
	stage.w = world_open(NULL, PCA_DIRECT);
	attr.bpf.map_flags = flags;
	stage.fd = expect_fd(pca_bpf(stage.w.task, BPF_MAP_CREATE, &attr, CREATE_ATTR_END));

	const struct pca_map_use uses[] = {
		{ .map_fd = stage.fd, .helper = BPF_FUNC_map_lookup_elem, .access = PCA_READ },
		{ .map_fd = stage.fd, .helper = BPF_FUNC_map_update_elem },
		{ .map_fd = stage.fd, .helper = BPF_FUNC_map_delete_elem },
	};
	struct pca_prog_load_opts opts = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = churn,
		.uses = uses,
		.nr_uses = ARRAY_LEN(uses),
	};

	fd = expect_fd(pca_prog_load(stage.w.task, &opts));
	expect(pca_prog_get(stage.w.task, fd, &stage.churn), 0);
	expect(pca_map_get(stage.w.task, stage.fd, &stage.map), 0);
}

/* Elements that are there in the end are those that were added and not deleted. */
START_TEST(programs_and_commands_change_a_hash_at_once)
{
	pthread_t threads[NR_CPUS + 3];
	uint32_t key = 0, nr = 0;

	stage_open(_i ? BPF_F_NO_PREALLOC : 0);
	for (uintptr_t cpu = 0; cpu < NR_CPUS; cpu++)
		expect(pthread_create(&threads[cpu], NULL, run_on_cpu, (void *)cpu), 0);
	for (int i = 0; i < 2; i++)
		expect(pthread_create(&threads[NR_CPUS + i], NULL, change_by_commands, NULL), 0);
	expect(pthread_create(&threads[NR_CPUS + 2], NULL, read_by_commands, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		expect(pthread_join(threads[i], NULL), 0);
	expect(surprised_at, 0);
	while (!cmd_next_key(stage.w.task, stage.fd, nr ? &key : NULL, &key))
		nr++;
	expect(nr, stage.nr_added);
	ck_assert_uint_le(nr, MOST);
	pca_map_put(stage.map);
	pca_prog_put(stage.churn);
	world_close(&stage.w);
}
END_TEST

/* ---- two threads, round by round ---- */

#define DUELS 3000
#define DUEL_KEYS 3 /* of one bucket of four */

struct duel {
	struct world w;
	uint32_t nr_met; /* atomic: how often the threads came to a meeting */
	uint32_t keys[DUEL_KEYS];
	int fd;
	void (*play)(struct duel *duel); /* the other thread's part of a round */
	int over;			 /* atomic: this thread's part is */
};

/* Wait for the other thread: no system call, so that both go on at once. */
static void meet(struct duel *duel)
{
	uint32_t nr = __atomic_add_fetch(&duel->nr_met, 1, __ATOMIC_ACQ_REL);

	while (__atomic_load_n(&duel->nr_met, __ATOMIC_ACQUIRE) < nr + nr % 2)
		sched_yield();
}

static void *play_rounds(void *arg)
{
	struct duel *duel = arg;

	for (int i = 0; i < DUELS; i++) {
		meet(duel);
		duel->play(duel);
		meet(duel);
	}
	return NULL;
}

static long put(struct duel *duel, uint32_t key, uint64_t flags)
{
	uint64_t value[VALUE_WORDS];

	make_value(value, key);
	return cmd_update(duel->w.task, duel->fd, &key, value, flags);
}

static void duel_open(struct duel *duel, uint32_t max_entries, void (*play)(struct duel *duel))
{
	union any_attr attr = create_attr(BPF_MAP_TYPE_HASH, VALUE_WORDS * 8, max_entries);

	*duel = (struct duel){ .w = world_open(NULL, PCA_DIRECT), .play = play };
	attr.bpf.map_flags = BPF_F_ZERO_SEED;
	duel->fd = expect_fd(pca_bpf(duel->w.task, BPF_MAP_CREATE, &attr, CREATE_ATTR_END));
}

/* Which keys are in the bucket of the key 1: batches go from bucket to bucket. */
static void find_neighbours(struct duel *duel)
{
	uint32_t nr = 0;

	for (uint32_t key = 1; nr < DUEL_KEYS; key++) {
		uint32_t keys[2], out;
		uint64_t values[2][VALUE_WORDS];
		struct batch b = { NULL, &out, keys, values, 1, 0, 0 };

		expect(put(duel, 1, BPF_ANY), 0);
		expect(put(duel, key, BPF_ANY), 0);
		if (key == 1 ||
		    cmd_batch(duel->w.task, BPF_MAP_LOOKUP_BATCH, duel->fd, &b) == -ENOSPC)
			duel->keys[nr++] = key;
		expect(cmd_delete(duel->w.task, duel->fd, &key), 0);
	}
	cmd_delete(duel->w.task, duel->fd, &duel->keys[0]);
}

static void put_first_key(struct duel *duel)
{
	CHECK(!put(duel, 1, BPF_ANY));
}

/* Whoever comes second finds the first one's element: the hash is not too small for both. */
START_TEST(a_key_that_two_add_takes_one_place)
{
	struct duel duel;
	pthread_t other;

	duel_open(&duel, 1, put_first_key);
	expect(pthread_create(&other, NULL, play_rounds, &duel), 0);
	for (int i = 0; i < DUELS; i++) {
		const uint32_t key = 1;

		meet(&duel);
		put_first_key(&duel);
		meet(&duel);
		CHECK(!cmd_delete(duel.w.task, duel.fd, &key));
	}
	expect(pthread_join(other, NULL), 0);
	expect(surprised_at, 0);
	world_close(&duel.w);
}
END_TEST

static void come_and_go(struct duel *duel)
{
	while (!__atomic_load_n(&duel->over, __ATOMIC_ACQUIRE)) {
		CHECK(!put(duel, duel->keys[2], BPF_NOEXIST));
		CHECK(!put(duel, duel->keys[0], BPF_EXIST));
		CHECK(!cmd_delete(duel->w.task, duel->fd, &duel->keys[2]));
	}
}

/* One comes and goes in front of them, one is updated all the time. */
START_TEST(a_batch_has_what_is_there_all_the_time)
{
	struct duel duel;
	pthread_t other;

	duel_open(&duel, 4, come_and_go);
	find_neighbours(&duel);
	expect(put(&duel, duel.keys[0], BPF_ANY), 0);
	expect(put(&duel, duel.keys[1], BPF_ANY), 0);
	expect(pthread_create(&other, NULL, play_rounds, &duel), 0);
	for (int i = 0; i < DUELS; i++) {
		uint32_t keys[4], out, nr_found = 0;
		uint64_t values[4][VALUE_WORDS];
		struct batch b = { NULL, &out, keys, values, 4, 0, 0 };

		duel.over = 0;
		meet(&duel);
		CHECK(cmd_batch(duel.w.task, BPF_MAP_LOOKUP_BATCH, duel.fd, &b) == -ENOENT);
		__atomic_store_n(&duel.over, 1, __ATOMIC_RELEASE);
		meet(&duel);
		for (uint32_t k = 0; k < b.count; k++)
			nr_found += keys[k] == duel.keys[0] || keys[k] == duel.keys[1];
		CHECK(nr_found == 2);
	}
	expect(pthread_join(other, NULL), 0);
	expect(surprised_at, 0);
	world_close(&duel.w);
}
END_TEST

static void update_until_taken(struct duel *duel)
{
	while (!put(duel, duel->keys[0], BPF_EXIST) &&
	       !__atomic_load_n(&duel->over, __ATOMIC_ACQUIRE))
		;
}

START_TEST(a_batch_takes_what_is_updated_meanwhile)
{
	struct duel duel;
	pthread_t other;

	duel_open(&duel, 4, update_until_taken);
	find_neighbours(&duel);
	expect(pthread_create(&other, NULL, play_rounds, &duel), 0);
	for (int i = 0; i < DUELS; i++) {
		uint32_t keys[4], out;
		uint64_t values[4][VALUE_WORDS];
		struct batch b = { NULL, &out, keys, values, 4, 0, 0 };

		duel.over = 0;
		CHECK(!put(&duel, duel.keys[0], BPF_NOEXIST));
		CHECK(!put(&duel, duel.keys[1], BPF_NOEXIST));
		meet(&duel);
		CHECK(cmd_batch(duel.w.task, BPF_MAP_LOOKUP_AND_DELETE_BATCH, duel.fd, &b) ==
		      -ENOENT);
		__atomic_store_n(&duel.over, 1, __ATOMIC_RELEASE);
		meet(&duel);
		CHECK(b.count == 2);
		cmd_delete(duel.w.task, duel.fd, &duel.keys[0]);
	}
	expect(pthread_join(other, NULL), 0);
	expect(surprised_at, 0);
	world_close(&duel.w);
}
END_TEST

static Suite *hash_threads_suite(void)
{
	Suite *suite = suite_create("hash_threads");
	TCase *c = add_case(suite, "threads");

	tcase_add_loop_test(c, programs_and_commands_change_a_hash_at_once, 0, 2);
	tcase_add_test(c, a_key_that_two_add_takes_one_place);
	tcase_add_test(c, a_batch_has_what_is_there_all_the_time);
	tcase_add_test(c, a_batch_takes_what_is_updated_meanwhile);
	return suite;
}

TEST_MAIN(hash_threads_suite)
