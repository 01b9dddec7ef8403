// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * Commands of several threads while programs run and CPUs come and go. The
 * work is counted, not timed; every result is one that Linux could give. Under
 * ThreadSanitizer this must pass without a report.
 */
#include <sched.h>
#include <stdarg.h>

#include "support.h"

#define ROUNDS 5000 /* of each thread */
#define ENTRIES 8
#define VALUE_SIZE 24
#define NR_CPUS 4
#define SLOT_BYTES (VALUE_SIZE * NR_CPUS)
#define WORDS (SLOT_BYTES / 8)
#define COUNTER_KEY 0 /* only programs write it */

/* Threads do not assert: they leave the first surprise here. */
static struct {
	pthread_mutex_t lock;
	char text[128];
} surprise = { .lock = PTHREAD_MUTEX_INITIALIZER };

__attribute__((format(printf, 1, 2))) static void surprised(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pthread_mutex_lock(&surprise.lock);
	if (!surprise.text[0])
		vsnprintf(surprise.text, sizeof(surprise.text), fmt, ap);
	pthread_mutex_unlock(&surprise.lock);
	va_end(ap);
}

/* The result must be good, or the one errno that is allowed (0: none). */
static bool check(const char *what, long result, long allowed)
{
	if (result < 0 && result != allowed)
		surprised("%s gave %ld", what, result);
	return result >= 0;
}

#define CHECK(expr, allowed) check(#expr, (expr), (allowed))

/* What the threads share. */
struct stage {
	struct world w;
	int fd;
	struct pca_map_ref *map;
	struct pca_prog *count, *store;
	int shared_fd;		/* atomic: opened and closed by one thread, used by others */
	uint64_t runs[NR_CPUS]; /* of count, by the thread of that CPU */
};

struct thread {
	pthread_t id;
	void (*fn)(struct stage *stage, uint32_t index);
	struct stage *stage;
	uint32_t index;
};

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	t->fn(t->stage, t->index);
	return NULL;
}

struct cast {
	void (*fn)(struct stage *stage, uint32_t index);
	uint32_t nr;
};

static void play(struct stage *stage, const struct cast *cast, size_t nr_roles)
{
	struct thread threads[32];
	size_t nr = 0;

	for (size_t r = 0; r < nr_roles; r++) {
		for (uint32_t i = 0; i < cast[r].nr; i++, nr++) {
			threads[nr] = (struct thread){ 0, cast[r].fn, stage, i };
			expect(pthread_create(&threads[nr].id, NULL, thread_main, &threads[nr]), 0);
		}
	}
	while (nr)
		expect(pthread_join(threads[--nr].id, NULL), 0);
	ck_assert_msg(!surprise.text[0], "%s", surprise.text);
}

#define PLAY(stage, ...)                                            \
	do {                                                        \
		static const struct cast cast_[] = { __VA_ARGS__ }; \
		play(stage, cast_, ARRAY_LEN(cast_));               \
	} while (0)

/* ---- programs ---- */

static int count_program(void *ctx)
{
	struct pca_map_ref *map = ctx;
	uint32_t key = COUNTER_KEY;
	volatile uint64_t *count = pca_map_lookup_elem(map, &key);

	for (int i = 0; i < 10; i++)
		++*count;
	return 0;
}

/* A word whose halves are equal: a torn one is seen at once. */
static uint64_t even_word(uint32_t n)
{
	return (uint64_t)n << 32 | n;
}

static bool is_even(uint64_t word)
{
	return (uint32_t)word == (uint32_t)(word >> 32);
}

static int store_program(void *ctx)
{
	struct pca_map_ref *map = ctx;
	uint64_t value[VALUE_SIZE / 8];

	for (uint32_t key = COUNTER_KEY + 1; key < ENTRIES; key++) {
		volatile uint64_t *elem = pca_map_lookup_elem(map, &key);

		for (size_t i = 0; i < ARRAY_LEN(value); i++)
			value[i] = even_word(pca_get_prandom_u32());
		if (key % 2)
			pca_map_update_elem(map, &key, value, BPF_ANY);
		else
			for (size_t i = 0; i < ARRAY_LEN(value); i++)
				elem[i] = value[i];
	}
	return 0;
}

static struct pca_prog *load(const struct world *w, pca_prog_fn fn, int map_fd)
{
	struct pca_map_use use = { map_fd, BPF_FUNC_map_lookup_elem, PCA_READ | PCA_WRITE, 0, 0 };
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = fn,
		.uses = &use,
		.nr_uses = 1,
	};
	int fd = expect_fd(pca_prog_load(w->task, &opts));
	struct pca_prog *prog;

	expect(pca_prog_get(w->task, fd, &prog), 0);
	expect(pca_close(w->task, fd), 0);
	return prog;
}

static void stage_open(struct stage *stage, enum pca_run_mode mode, enum pca_task_memory memory)
{
	struct pca_machine_opts machine = {
		.size = sizeof(machine),
		.possible = "0,2-3,7",
		.run_mode = mode,
	};
	struct pca_task_opts task = { .size = sizeof(task), .memory = memory };

	memset(stage, 0, sizeof(*stage));
	stage->w = world_open_with(&machine, &task);
	stage->fd = percpu_map(&stage->w, VALUE_SIZE, ENTRIES);
	expect(pca_map_get(stage->w.task, stage->fd, &stage->map), 0);
	stage->count = load(&stage->w, count_program, stage->fd);
	stage->store = load(&stage->w, store_program, stage->fd);
	stage->shared_fd = -1;
}

static void stage_close(struct stage *stage)
{
	pca_prog_put(stage->store);
	pca_prog_put(stage->count);
	pca_map_put(stage->map);
	expect(pca_close(stage->w.task, stage->fd), 0);
	expect(pca_task_open_fds(stage->w.task), 0);
	world_close(&stage->w);
}

/* ---- roles ---- */

/* Count on the CPU of this ordinal; it may be offline just then. */
static void counter(struct stage *stage, uint32_t ordinal)
{
	uint32_t cpu = (uint32_t)pca_cpu_id(stage->w.machine, ordinal);

	for (int i = 0; i < ROUNDS; i++) {
		if (CHECK(pca_run_on(stage->count, cpu, stage->map, NULL), -ENXIO))
			stage->runs[ordinal]++;
		CHECK(pca_run_on(stage->store, cpu, stage->map, NULL), -ENXIO);
	}
}

static void on_each(struct stage *stage, uint32_t index)
{
	(void)index;
	for (int i = 0; i < ROUNDS / 10; i++)
		CHECK(pca_run_on_each_cpu(stage->store, stage->map, NULL), 0);
}

/* Submit several and wait for them later. */
static void submitter(struct stage *stage, uint32_t index)
{
	for (int i = 0; i < ROUNDS / 10; i++) {
		struct pca_run runs[NR_CPUS];
		bool is_submitted[NR_CPUS];

		for (uint32_t o = 0; o < NR_CPUS; o++)
			is_submitted[o] =
				CHECK(pca_run_submit(&runs[o], stage->store,
						     (uint32_t)pca_cpu_id(stage->w.machine, o),
						     stage->map),
				      -ENXIO);
		for (uint32_t o = 0; o < NR_CPUS; o++) {
			if (is_submitted[(o + index) % NR_CPUS])
				pca_run_wait(&runs[(o + index) % NR_CPUS]);
		}
	}
}

static void hotplugger(struct stage *stage, uint32_t index)
{
	uint32_t cpu = (uint32_t)pca_cpu_id(stage->w.machine, index + 1);

	for (int i = 0; i < ROUNDS / 10; i++) {
		CHECK(pca_cpu_set_online(stage->w.machine, cpu, false), 0);
		if (pca_num_online_cpus(stage->w.machine) < 1)
			surprised("no CPU is online");
		CHECK(pca_cpu_set_online(stage->w.machine, cpu, true), 0);
	}
}

static void expect_even(const uint64_t *words, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (!is_even(words[i]))
			surprised("word %zu is torn: %016llx", i, (unsigned long long)words[i]);
	}
}

static void reader(struct stage *stage, uint32_t index)
{
	uint64_t words[WORDS + 1], last[NR_CPUS] = { 0 };
	char *unaligned = (char *)words + 1 + index;

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t key = COUNTER_KEY, next = 0;

		CHECK(cmd_lookup(stage->w.task, stage->fd, &key, words, 0), 0);
		for (size_t cpu = 0; cpu < NR_CPUS; cpu++) {
			uint64_t count = words[cpu * VALUE_SIZE / 8];

			if (count < last[cpu])
				surprised("a count went back");
			last[cpu] = count;
		}
		key = 1 + (uint32_t)i % (ENTRIES - 1);
		CHECK(cmd_lookup(stage->w.task, stage->fd, &key, unaligned, 0), 0);
		memmove(words, unaligned, SLOT_BYTES);
		expect_even(words, WORDS);
		CHECK(cmd_next_key(stage->w.task, stage->fd, &key, &next), -ENOENT);
	}
}

static void batch_reader(struct stage *stage, uint32_t index)
{
	uint64_t words[(ENTRIES - 1) * WORDS];
	uint32_t keys[ENTRIES], out, in = COUNTER_KEY;

	(void)index;
	for (int i = 0; i < ROUNDS; i++) {
		struct batch batch = {
			.in_batch = &in,
			.out_batch = &out,
			.keys = keys,
			.values = words,
			.count = ENTRIES - 1,
		};

		CHECK(cmd_batch(stage->w.task, BPF_MAP_LOOKUP_BATCH, stage->fd, &batch), 0);
		if (batch.count != ENTRIES - 1 || out != ENTRIES - 1)
			surprised("a batch of %u up to key %u", batch.count, out);
		expect_even(words, ARRAY_LEN(words));
	}
}

static void writer(struct stage *stage, uint32_t index)
{
	uint64_t words[2 * WORDS], seed = index;
	uint32_t keys[2];

	for (int i = 0; i < ROUNDS; i++) {
		struct batch batch = { .keys = keys, .values = words, .count = 2 };

		for (size_t n = 0; n < ARRAY_LEN(words); n++)
			words[n] = even_word((uint32_t)next_random(&seed));
		for (size_t n = 0; n < 2; n++)
			keys[n] = 1 + (uint32_t)(next_random(&seed) % (ENTRIES - 1));
		CHECK(cmd_update(stage->w.task, stage->fd, &keys[0], words, BPF_EXIST), 0);
		CHECK(cmd_batch(stage->w.task, BPF_MAP_UPDATE_BATCH, stage->fd, &batch), 0);
	}
}

static void asker(struct stage *stage, uint32_t index)
{
	char text[512];
	uint64_t info[13];

	(void)index;
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t len = sizeof(info), id = 0;

		memset(info, 0, sizeof(info));
		CHECK(cmd_info(stage->w.task, stage->fd, info, &len), 0);
		CHECK(cmd_next_id(stage->w.task, 0, &id), 0);
		CHECK(pca_fdinfo(stage->w.task, stage->fd, text, sizeof(text)), 0);
		CHECK(pca_task_set_cpu(stage->w.task, 7), -ENXIO);
		CHECK(pca_map_lookup_bytes(stage->w.task, stage->fd), 0);
	}
}

static void duplicator(struct stage *stage, uint32_t index)
{
	uint64_t words[WORDS];

	for (int i = 0; i < ROUNDS; i++) {
		int fd = pca_dup(stage->w.task, stage->fd, i % 3 ? 0 : PCA_FIRST_FD + 100);
		uint32_t key = index;

		if (!CHECK(fd, 0))
			return;
		CHECK(cmd_lookup(stage->w.task, fd, &key, words, 0), 0);
		CHECK(pca_close(stage->w.task, fd), 0);
	}
}

/* Maps of this thread's own: created, frozen, pinned, closed. */
static void creator(struct stage *stage, uint32_t index)
{
	uint64_t words[WORDS] = { 0 };
	char path[16];

	snprintf(path, sizeof(path), "map%u", index);
	for (int i = 0; i < ROUNDS / 5; i++) {
		long fd = cmd_create(stage->w.task, BPF_MAP_TYPE_PERCPU_ARRAY, VALUE_SIZE, ENTRIES,
				     0);
		uint64_t pin[2] = { (uintptr_t)path, (uint64_t)fd };
		uint32_t key = 1;

		if (!CHECK(fd, 0))
			return;
		CHECK(pca_bpf(stage->w.task, BPF_OBJ_PIN, pin, 16), 0);
		CHECK(cmd_update(stage->w.task, (int)fd, &key, words, 0), 0);
		CHECK(cmd_freeze(stage->w.task, (int)fd), 0);
		if (cmd_update(stage->w.task, (int)fd, &key, words, 0) != -EPERM)
			surprised("a frozen map was written");
		CHECK(pca_close(stage->w.task, (int)fd), 0);
		pin[1] = 0;
		fd = pca_bpf(stage->w.task, BPF_OBJ_GET, pin, 16);
		CHECK(pca_unlink(stage->w.task, path), 0);
		if (CHECK(fd, 0))
			CHECK(pca_close(stage->w.task, (int)fd), 0);
	}
}

/* Open and close one fd again and again, while others use it. */
static void opener(struct stage *stage, uint32_t index)
{
	(void)index;
	for (int i = 0; i < ROUNDS; i++) {
		long fd = cmd_create(stage->w.task, BPF_MAP_TYPE_PERCPU_ARRAY, VALUE_SIZE, ENTRIES,
				     0);

		if (!CHECK(fd, 0))
			return;
		__atomic_store_n(&stage->shared_fd, (int)fd, __ATOMIC_RELAXED);
		sched_yield();
		CHECK(pca_close(stage->w.task, (int)fd), 0);
	}
}

static int do_nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

static void load_with(struct stage *stage, int fd)
{
	struct pca_map_use use = { fd, BPF_FUNC_map_lookup_elem, PCA_READ, 0, 8 };
	char log[64];
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = do_nothing,
		.uses = &use,
		.nr_uses = 1,
		.log = log,
		.log_size = sizeof(log),
	};
	int prog = pca_prog_load(stage->w.task, &opts);

	if (CHECK(prog, -EBADF))
		CHECK(pca_close(stage->w.task, prog), 0);
}

/*
 * The number may be closed, or a program's just then, or another map's; all
 * maps here have values of one size, so that the buffers are long enough.
 */
static bool may_happen(long result)
{
	return result >= 0 || result == -EBADF || result == -EINVAL || result == -EPERM;
}

static void user_of_shared_fd(struct stage *stage, uint32_t index)
{
	uint64_t words[WORDS] = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		int fd = __atomic_load_n(&stage->shared_fd, __ATOMIC_RELAXED), dup;
		struct pca_map_ref *map;
		uint32_t key = 1 + index;

		if (!may_happen(cmd_lookup(stage->w.task, fd, &key, words, 0)) ||
		    !may_happen(cmd_update(stage->w.task, fd, &key, words, 0)))
			surprised("a closed fd gave something odd");
		if (!pca_map_get(stage->w.task, fd, &map)) {
			memcpy(words, pca_map_peek(map, 7, key), VALUE_SIZE);
			pca_map_put(map);
		}
		dup = pca_dup(stage->w.task, fd, 0);
		if (CHECK(dup, -EBADF))
			CHECK(pca_close(stage->w.task, dup), 0);
		if (i % 8 == 0)
			load_with(stage, stage->fd);
	}
}

/* Machines and tasks of this thread's own, while others run on theirs. */
static void founder(struct stage *stage, uint32_t index)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0-1",
		.run_mode = index % 2 ? PCA_INLINE : PCA_WORKERS,
	};

	for (int i = 0; i < ROUNDS / 25; i++) {
		struct pca_prog_load_opts load_opts = {
			.size = sizeof(load_opts),
			.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
			.fn = count_program,
		};
		struct pca_task *task, *second;
		struct pca_map_ref *map;
		struct pca_machine *machine;
		struct pca_prog *prog;
		long map_fd, prog_fd;

		if (!CHECK(pca_machine_create(&machine, &opts), 0))
			return;
		CHECK(pca_task_create(&task, machine, NULL), 0);
		CHECK(pca_task_create(&second, machine, NULL), 0);
		map_fd = cmd_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, 0);
		prog_fd = pca_prog_load(task, &load_opts);
		CHECK(pca_map_get(task, (int)map_fd, &map), 0);
		CHECK(pca_prog_get(task, (int)prog_fd, &prog), 0);
		CHECK(pca_run_on_each_cpu(prog, map, NULL), 0);
		CHECK(pca_close(task, (int)map_fd), 0);
		CHECK(pca_close(task, (int)prog_fd), 0);
		pca_task_destroy(task);
		pca_prog_put(prog);
		if (i % 2)
			pca_map_put(map);
		pca_machine_destroy(machine);
		if (i % 2 == 0)
			pca_map_put(map); /* a map may outlive its machine */
	}

	for (int i = 0; i < ROUNDS / 5; i++) {
		struct pca_task *task;

		if (CHECK(pca_task_create(&task, stage->w.machine, NULL), 0))
			pca_task_destroy(task);
	}
}

/* ---- plays ---- */

static void expect_counts(struct stage *stage)
{
	uint64_t words[WORDS];
	uint32_t key = COUNTER_KEY;

	expect(cmd_lookup(stage->w.task, stage->fd, &key, words, 0), 0);
	for (size_t cpu = 0; cpu < NR_CPUS; cpu++)
		expect(words[cpu * VALUE_SIZE / 8], stage->runs[cpu] * 10);
}

START_TEST(commands_while_programs_count)
{
	struct stage stage;

	stage_open(&stage, PCA_WORKERS, PCA_DIRECT);
	PLAY(&stage, { counter, NR_CPUS }, { reader, 2 }, { batch_reader, 1 }, { writer, 2 },
	     { asker, 1 }, { duplicator, 1 });
	expect_counts(&stage);
	for (size_t cpu = 0; cpu < NR_CPUS; cpu++)
		expect(stage.runs[cpu], ROUNDS);
	stage_close(&stage);
}
END_TEST

START_TEST(commands_of_a_checked_task_while_programs_count)
{
	struct stage stage;

	stage_open(&stage, PCA_WORKERS, PCA_CHECKED);
	PLAY(&stage, { counter, NR_CPUS }, { reader, 1 }, { batch_reader, 1 }, { writer, 1 });
	expect_counts(&stage);
	stage_close(&stage);
}
END_TEST

START_TEST(cpus_come_and_go_under_workers)
{
	struct stage stage;

	stage_open(&stage, PCA_WORKERS, PCA_DIRECT);
	PLAY(&stage, { counter, NR_CPUS }, { hotplugger, NR_CPUS - 1 }, { submitter, 2 },
	     { on_each, 1 }, { reader, 1 }, { writer, 1 }, { asker, 1 });
	expect(pca_num_online_cpus(stage.w.machine), NR_CPUS);
	expect(stage.runs[0], ROUNDS);
	expect_counts(&stage);
	stage_close(&stage);
}
END_TEST

START_TEST(cpus_come_and_go_under_inline_runs)
{
	struct stage stage;

	stage_open(&stage, PCA_INLINE, PCA_DIRECT);
	PLAY(&stage, { counter, NR_CPUS }, { hotplugger, NR_CPUS - 1 }, { submitter, 2 },
	     { on_each, 1 }, { reader, 1 }, { writer, 1 });
	expect(pca_num_online_cpus(stage.w.machine), NR_CPUS);
	expect(stage.runs[0], ROUNDS);
	expect_counts(&stage);
	stage_close(&stage);
}
END_TEST

START_TEST(fds_close_while_others_use_them)
{
	struct stage stage;

	stage_open(&stage, PCA_WORKERS, PCA_DIRECT);
	PLAY(&stage, { opener, 1 }, { user_of_shared_fd, 4 }, { counter, 2 }, { asker, 1 });
	expect_counts(&stage);
	stage_close(&stage);
}
END_TEST

START_TEST(maps_tasks_and_machines_come_and_go)
{
	struct stage stage;

	stage_open(&stage, PCA_WORKERS, PCA_DIRECT);
	PLAY(&stage, { creator, 3 }, { founder, 4 }, { counter, 2 }, { reader, 1 }, { asker, 1 });
	expect_counts(&stage);
	stage_close(&stage);
}
END_TEST

/* ---- words are not torn ---- */

#define LONG_WORDS 512
#define LONG_BYTES (8 * LONG_WORDS)

static struct pca_map_ref *long_map;
static int long_fd;

static const void *even_words(uint32_t n)
{
	static uint64_t words[8][LONG_WORDS];

	for (size_t i = 0; i < LONG_WORDS && !words[n % 8][i]; i++)
		words[n % 8][i] = even_word(0x01010101 * (n % 8 + 1));
	return words[n % 8];
}

static void long_writer(struct stage *stage, uint32_t index)
{
	uint32_t key = 0;

	(void)index;
	for (uint32_t i = 0; i < 4 * ROUNDS; i++)
		CHECK(cmd_update(stage->w.task, long_fd, &key, even_words(i), 0), 0);
}

static void long_reader(struct stage *stage, uint32_t index)
{
	static uint64_t words[LONG_WORDS];
	uint32_t key = 0;

	(void)index;
	for (uint32_t i = 0; i < 4 * ROUNDS; i++) {
		CHECK(cmd_lookup(stage->w.task, long_fd, &key, words, 0), 0);
		expect_even(words, LONG_WORDS);
	}
}

static int update_long_value(void *ctx)
{
	uint32_t key = 0;

	return (int)pca_map_update_elem(long_map, &key, ctx, 0);
}

static int check_long_value(void *ctx)
{
	uint32_t key = 0;
	const volatile uint64_t *words = pca_map_lookup_elem(long_map, &key);

	(void)ctx;
	for (size_t i = 0; i < LONG_WORDS; i++) {
		if (!is_even(words[i]))
			return 1;
	}
	return 0;
}

static void run_long(struct stage *stage, pca_prog_fn fn)
{
	struct pca_prog *prog = load(&stage->w, fn, long_fd);
	int retval = 0;

	for (uint32_t i = 0; i < 4 * ROUNDS; i++) {
		CHECK(pca_run_on(prog, 0, (void *)even_words(i), &retval), 0);
		if (retval)
			surprised("a program gave %d", retval);
	}
	pca_prog_put(prog);
}

static void long_program_writer(struct stage *stage, uint32_t index)
{
	(void)index;
	run_long(stage, update_long_value);
}

static void long_program_reader(struct stage *stage, uint32_t index)
{
	(void)index;
	run_long(stage, check_long_value);
}

static void with_long_map(void (*fn)(struct stage *stage))
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0",
		.run_mode = PCA_INLINE,
	};
	struct stage stage = { .w = world_open_with(&opts, NULL) };

	for (uint32_t i = 0; i < 8; i++)
		even_words(i); /* before there are threads */
	long_fd = percpu_map(&stage.w, LONG_BYTES, 1);
	expect(pca_map_get(stage.w.task, long_fd, &long_map), 0);
	fn(&stage);
	pca_map_put(long_map);
	expect(pca_close(stage.w.task, long_fd), 0);
	world_close(&stage.w);
}

static void commands_against_commands(struct stage *stage)
{
	PLAY(stage, { long_writer, 1 }, { long_reader, 1 });
}

static void commands_against_programs(struct stage *stage)
{
	PLAY(stage, { long_program_writer, 1 }, { long_reader, 1 });
	PLAY(stage, { long_writer, 1 }, { long_program_reader, 1 });
}

START_TEST(an_aligned_word_is_never_torn)
{
	with_long_map(commands_against_commands);
	with_long_map(commands_against_programs);
}
END_TEST

static uint32_t frozen_by; /* atomic */

static void freezer(struct stage *stage, uint32_t index)
{
	(void)index;
	if (!cmd_freeze(stage->w.task, __atomic_load_n(&stage->shared_fd, __ATOMIC_RELAXED)))
		__atomic_fetch_add(&frozen_by, 1, __ATOMIC_RELAXED);
}

/* Of several who freeze a map at once one succeeds. */
START_TEST(a_map_is_frozen_once)
{
	struct stage stage;

	stage_open(&stage, PCA_WORKERS, PCA_DIRECT);
	for (uint32_t i = 1; i <= 50; i++) {
		stage.shared_fd = percpu_map(&stage.w, 8, 1);
		PLAY(&stage, { freezer, 4 });
		expect(__atomic_load_n(&frozen_by, __ATOMIC_RELAXED), i);
		expect(pca_close(stage.w.task, stage.shared_fd), 0);
	}
	stage_close(&stage);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("concurrency");
	TCase *tc = add_case(suite, "threads");

	tcase_add_test(tc, commands_while_programs_count);
	tcase_add_test(tc, commands_of_a_checked_task_while_programs_count);
	tcase_add_test(tc, cpus_come_and_go_under_workers);
	tcase_add_test(tc, cpus_come_and_go_under_inline_runs);
	tcase_add_test(tc, fds_close_while_others_use_them);
	tcase_add_test(tc, maps_tasks_and_machines_come_and_go);
	tcase_add_test(tc, an_aligned_word_is_never_torn);
	tcase_add_test(tc, a_map_is_frozen_once);
	return suite;
}

TEST_MAIN(make_suite)
