// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * Commands in schedules: each word that they copy is a point, so that a search finds what
 * a program does in their middle; and does not where that is cured.
 */
#include "support.h"

#include <linux/bpf.h>

#include <pcasim/helpers.h>

#define KEY 1
static const uint32_t the_key = KEY;

/* What programs and commands do, and what has to be true of it. */
struct scene {
	const char *what;
	uint32_t type, value_size;
	pca_prog_fn program; /* in task context on CPU 2, twice */
	void (*command)(void *world);
	bool (*holds)(void *arg, void *world);
};

/* Each host thread of a search has one. */
struct scene_world {
	struct world w;
	struct pca_map_ref *map;
	int fd;
	struct pca_prog *prog;
	struct pca_schedule *schedule;
	uint64_t seen[4]; /* what the command has read: of CPU 0, then of CPU 2 */
	unsigned int nr_reads, nr_writes;
};

static struct world machine_of(const struct pca_machine_opts *more)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0,2",
		.release = "7.2", /* has BPF_F_CPU */
		.run_mode = PCA_INLINE,
		.has_contexts = true,
		.poison_padding = more && more->poison_padding,
	};

	return world_open_with(&opts, NULL);
}

static int create_map(const struct world *w, uint32_t type, uint32_t value_size)
{
	return expect_fd(cmd_create(w->task, type, value_size, 2, 0));
}

static uint64_t *copy_on(const struct scene_world *world, uint32_t cpu)
{
	return pca_map_peek(world->map, cpu, KEY);
}

static int open_scene(void *arg, void **out, struct pca_schedule **schedule)
{
	const struct scene *scene = arg;
	struct scene_world *world = calloc(1, sizeof(*world));
	struct pca_prog_load_opts load = {
		.size = sizeof(load),
		.type = BPF_PROG_TYPE_SYSCALL,
		.fn = scene->program,
		.name = "program",
	};
	int fd;

	world->w = machine_of(NULL);
	world->fd = create_map(&world->w, scene->type, scene->value_size);
	expect(pca_map_get(world->w.task, world->fd, &world->map), 0);
	expect(pca_schedule_create(&world->schedule, world->w.machine), 0);
	fd = expect_fd(pca_prog_load(world->w.task, &load));
	expect(pca_prog_get(world->w.task, fd, &world->prog), 0);
	expect(pca_close(world->w.task, fd), 0);
	expect(pca_schedule_add_run(world->schedule, NULL, world->prog, 2, world, 2), 0);
	expect(pca_schedule_add_task(world->schedule, "command", scene->command, world), 1);
	*out = world;
	*schedule = world->schedule;
	return 0;
}

static void reset_scene(void *arg, void *opened)
{
	const struct scene *scene = arg;
	const struct scene_world *world = opened;

	memset(copy_on(world, 0), 0, scene->value_size);
	memset(copy_on(world, 2), 0, scene->value_size);
}

static void close_scene(void *arg, void *opened)
{
	struct scene_world *world = opened;

	(void)arg;
	pca_schedule_destroy(world->schedule);
	pca_prog_put(world->prog);
	pca_map_put(world->map);
	expect(pca_close(world->w.task, world->fd), 0);
	world_close(&world->w);
	free(world);
}

/* ---- programs ---- */

/* Two words that belong together, with a point between them. */
static int grow_two_words(void *ctx)
{
	struct scene_world *world = ctx;
	uint64_t *mine = pca_map_lookup_elem(world->map, &the_key);

	mine[0]++;
	pca_get_smp_processor_id();
	mine[1]++;
	return 0;
}

/* The same in the halves of one word. */
static int grow_one_word(void *ctx)
{
	struct scene_world *world = ctx;
	uint64_t *mine = pca_map_lookup_elem(world->map, &the_key);

	pca_get_smp_processor_id();
	*mine += (uint64_t)1 << 32 | 1;
	return 0;
}

static int increment(void *ctx)
{
	struct scene_world *world = ctx;
	uint64_t *mine = pca_map_lookup_elem(world->map, &the_key);
	uint64_t value = *mine;

	pca_get_smp_processor_id();
	*mine = value + 1;
	return 0;
}

static int increment_atomically(void *ctx)
{
	struct scene_world *world = ctx;
	uint64_t *mine = pca_map_lookup_elem(world->map, &the_key);

	pca_get_smp_processor_id();
	__atomic_fetch_add(mine, 1, __ATOMIC_RELAXED);
	return 0;
}

/* ---- commands ---- */

static void look_up(void *arg)
{
	struct scene_world *world = arg;

	expect(cmd_lookup(world->w.task, world->fd, &the_key, world->seen, 0), 0);
}

#define NEW_VALUE 1000

/* One CPU's copy is given a new value, by way of all. */
static void update_all_for_one(void *arg)
{
	struct scene_world *world = arg;

	look_up(arg);
	world->seen[0] = NEW_VALUE;
	expect(cmd_update(world->w.task, world->fd, &the_key, world->seen, 0), 0);
}

static void update_one(void *arg)
{
	struct scene_world *world = arg;
	const uint64_t value = NEW_VALUE;

	expect(cmd_update(world->w.task, world->fd, &the_key, &value, BPF_F_CPU), 0);
}

/* All copies begin anew. */
static void update_all(void *arg)
{
	struct scene_world *world = arg;
	uint64_t values[2] = { NEW_VALUE, NEW_VALUE };

	expect(cmd_update(world->w.task, world->fd, &the_key, values, 0), 0);
}

/* ---- what has to be true ---- */

static bool two_words_agree(void *arg, void *opened)
{
	const struct scene_world *world = opened;

	(void)arg;
	return world->seen[2] == world->seen[3];
}

static bool halves_agree(void *arg, void *opened)
{
	const struct scene_world *world = opened;

	(void)arg;
	return world->seen[1] >> 32 == (uint32_t)world->seen[1];
}

static bool all_are_counted(void *arg, void *opened)
{
	const struct scene_world *world = opened;

	(void)arg;
	return *copy_on(world, 0) == NEW_VALUE && *copy_on(world, 2) == 2;
}

static bool has_begun_anew(void *arg, void *opened)
{
	const struct scene_world *world = opened;

	(void)arg;
	return *copy_on(world, 2) >= NEW_VALUE;
}

static const struct scene found[] = {
	{ "two words", BPF_MAP_TYPE_PERCPU_ARRAY, 16, grow_two_words, look_up, two_words_agree },
	{ "all for one", BPF_MAP_TYPE_PERCPU_ARRAY, 8, increment, update_all_for_one,
	  all_are_counted },
	{ "all for one, atomics", BPF_MAP_TYPE_PERCPU_ARRAY, 8, increment_atomically,
	  update_all_for_one, all_are_counted },
	{ "anew", BPF_MAP_TYPE_PERCPU_ARRAY, 8, increment, update_all, has_begun_anew },
};

static const struct scene cured[] = {
	{ "one word", BPF_MAP_TYPE_PERCPU_ARRAY, 8, grow_one_word, look_up, halves_agree },
	{ "BPF_F_CPU", BPF_MAP_TYPE_PERCPU_ARRAY, 8, increment, update_one, all_are_counted },
	{ "anew, atomics", BPF_MAP_TYPE_PERCPU_ARRAY, 8, increment_atomically, update_all,
	  has_begun_anew },
};

static struct pca_search_result search(const struct scene *scene, struct pca_search_opts *more)
{
	struct pca_search_opts opts = {
		.size = sizeof(opts),
		.open = open_scene,
		.reset = reset_scene,
		.holds = scene->holds,
		.close = close_scene,
		.arg = (void *)(uintptr_t)scene,
		.seed = more->seed,
		.most_schedules = more->most_schedules,
		.is_exhaustive = more->is_exhaustive,
		.most_preemptions = more->most_preemptions,
	};
	struct pca_search_result result = { .size = sizeof(result) };

	row("%s, seed %llu", scene->what, (unsigned long long)more->seed);
	expect(pca_schedule_search(&opts, &result), 0);
	return result;
}

static void expect_broken_again(const struct scene *scene, const struct pca_search_result *result)
{
	struct pca_schedule_opts opts = {
		.size = sizeof(opts),
		.policy = PCA_SCHEDULE_LIST,
		.switches = result->switches,
		.nr_switches = result->nr_switches,
	};
	struct pca_schedule *schedule;
	void *world;

	expect(open_scene((void *)(uintptr_t)scene, &world, &schedule), 0);
	for (int i = 0; i < 1000; i++) {
		reset_scene((void *)(uintptr_t)scene, world);
		expect(pca_schedule_run(schedule, &opts, NULL), 0);
		ck_assert(!scene->holds(NULL, world));
	}
	close_scene(NULL, world);
}

START_TEST(what_comes_into_a_commands_middle_is_found)
{
	const struct scene *scene = &found[_i];
	struct pca_search_opts opts = { 0 };

	for (opts.seed = 1; opts.seed <= 5; opts.seed++) {
		struct pca_search_result result = search(scene, &opts);

		ck_assert(result.is_broken);
		ck_assert_uint_gt(result.attempt, 0);
		ck_assert_uint_le(result.nr_preemptions, 2);
		expect_broken_again(scene, &result);
		pca_search_result_free(&result);
	}
}
END_TEST

START_TEST(where_it_is_cured_nothing_is_found)
{
	const struct scene *scene = &cured[_i];
	struct pca_search_opts opts = { .seed = 1, .most_schedules = 2000 };
	struct pca_search_result result = search(scene, &opts);

	ck_assert(!result.is_broken);
	opts.is_exhaustive = true;
	opts.most_preemptions = 2;
	opts.most_schedules = 0;
	result = search(scene, &opts);
	ck_assert(!result.is_broken);
	ck_assert(result.is_complete);
}
END_TEST

/* ---- points ---- */

static void count_steps(void *arg, const struct pca_schedule_step *step)
{
	struct scene_world *world = arg;

	if (!step->is_command)
		return;
	ck_assert_int_eq(step->cpu, -1);
	ck_assert_ptr_null(step->pc);
	if (step->access == PCA_READ)
		world->nr_reads++;
	else
		world->nr_writes++;
}

struct command_row {
	const char *what;
	uint32_t type, value_size;
	void (*command)(void *world);
	unsigned int nr_reads, nr_writes;
};

static void update(void *arg)
{
	struct scene_world *world = arg;
	char value[32] = { 0 };

	expect(cmd_update(world->w.task, world->fd, &the_key, value, 0), 0);
}

static void look_up_cpu_2(void *arg)
{
	struct scene_world *world = arg;

	expect(cmd_lookup(world->w.task, world->fd, &the_key, world->seen,
			  (uint64_t)2 << 32 | BPF_F_CPU),
	       0);
}

static void update_same(void *arg)
{
	struct scene_world *world = arg;
	char value[16] = { 0 };

	expect(cmd_update(world->w.task, world->fd, &the_key, value, BPF_F_ALL_CPUS), 0);
}

static void batch(struct scene_world *world, int cmd, uint32_t count, long wanted)
{
	uint32_t keys[2] = { 0, 1 }, next;
	uint64_t values[8] = { 0 };
	struct batch batch = { .keys = keys, .values = values, .out_batch = &next, .count = count };

	expect(cmd_batch(world->w.task, cmd, world->fd, &batch), wanted);
}

static void look_up_batch(void *arg)
{
	batch(arg, BPF_MAP_LOOKUP_BATCH, 2, 0);
}

static void update_batch(void *arg)
{
	batch(arg, BPF_MAP_UPDATE_BATCH, 2, 0);
}

static void look_up_batch_to_end(void *arg)
{
	batch(arg, BPF_MAP_LOOKUP_BATCH, 2, -ENOENT);
}

static void take_batch_to_end(void *arg)
{
	batch(arg, BPF_MAP_LOOKUP_AND_DELETE_BATCH, 2, -ENOENT);
}

static void delete (void *arg)
{
	struct scene_world *world = arg;

	expect(cmd_delete(world->w.task, world->fd, &the_key), 0);
}

static void take(void *arg)
{
	struct scene_world *world = arg;

	expect(cmd_lookup_and_delete(world->w.task, world->fd, &the_key, world->seen, 0), 0);
}

/* Of two CPUs; hashes have one element. */
static const struct command_row command_rows[] = {
	{ "lookup", BPF_MAP_TYPE_PERCPU_ARRAY, 16, look_up, 4, 0 },
	{ "lookup of 12", BPF_MAP_TYPE_PERCPU_ARRAY, 12, look_up, 4, 0 },
	{ "lookup of 3", BPF_MAP_TYPE_PERCPU_ARRAY, 3, look_up, 2, 0 },
	{ "lookup of one", BPF_MAP_TYPE_PERCPU_ARRAY, 12, look_up_cpu_2, 2, 0 },
	{ "update", BPF_MAP_TYPE_PERCPU_ARRAY, 12, update, 0, 4 },
	{ "update with the same", BPF_MAP_TYPE_PERCPU_ARRAY, 12, update_same, 0, 4 },
	{ "lookup batch", BPF_MAP_TYPE_PERCPU_ARRAY, 16, look_up_batch, 8, 0 },
	{ "update batch", BPF_MAP_TYPE_PERCPU_ARRAY, 16, update_batch, 0, 8 },
	{ "array lookup", BPF_MAP_TYPE_ARRAY, 20, look_up, 3, 0 },
	{ "array update", BPF_MAP_TYPE_ARRAY, 20, update, 0, 3 },
	{ "array lookup batch", BPF_MAP_TYPE_ARRAY, 16, look_up_batch, 4, 0 },
	{ "hash lookup", BPF_MAP_TYPE_HASH, 20, look_up, 3, 0 },
	{ "hash update", BPF_MAP_TYPE_HASH, 20, update, 0, 1 },
	{ "hash delete", BPF_MAP_TYPE_HASH, 20, delete, 0, 1 },
	{ "hash lookup and delete", BPF_MAP_TYPE_HASH, 20, take, 3, 1 },
	{ "hash lookup batch", BPF_MAP_TYPE_HASH, 20, look_up_batch_to_end, 3, 0 },
	{ "hash lookup and delete batch", BPF_MAP_TYPE_HASH, 20, take_batch_to_end, 3, 0 },
};

static void count_points_of(const struct command_row *r, bool poison_padding)
{
	struct scene_world world = {
		.w = machine_of(&(struct pca_machine_opts){ .poison_padding = poison_padding }),
	};

	row("%s%s", r->what, poison_padding ? ", poisoned" : "");
	world.fd = create_map(&world.w, r->type, r->value_size);
	if (r->type == BPF_MAP_TYPE_HASH)
		update(&world);
	expect(pca_schedule_create(&world.schedule, world.w.machine), 0);
	expect(pca_schedule_add_task(world.schedule, "command", r->command, &world), 0);
	pca_schedule_watch(world.schedule, count_steps, &world);
	expect(pca_schedule_run(world.schedule, NULL, NULL), 0);
	ck_assert_uint_eq(world.nr_reads, r->nr_reads);
	ck_assert_uint_eq(world.nr_writes, r->nr_writes);
	pca_schedule_destroy(world.schedule);
	expect(pca_close(world.w.task, world.fd), 0);
	world_close(&world.w);
}

START_TEST(each_word_of_a_command_is_a_point)
{
	count_points_of(&command_rows[_i], false);
	count_points_of(&command_rows[_i], true);
}
END_TEST

START_TEST(padding_is_poisoned_at_points_too)
{
	struct scene_world world = {
		.w = machine_of(&(struct pca_machine_opts){ .poison_padding = true }),
	};
	unsigned char *copies = (unsigned char *)world.seen;

	world.fd = create_map(&world.w, BPF_MAP_TYPE_PERCPU_ARRAY, 12);
	look_up(&world);
	for (int cpu = 0; cpu < 2; cpu++) {
		expect_all(copies + (ptrdiff_t)cpu * 16, 0, 12);
		expect_all(copies + (ptrdiff_t)cpu * 16 + 12, PCA_PADDING_POISON, 4);
	}
	expect(pca_close(world.w.task, world.fd), 0);
	world_close(&world.w);
}
END_TEST

/* The address that a step tells is where programs find the word. */
static void expect_address_of_programs(void *arg, const struct pca_schedule_step *step)
{
	struct scene_world *world = arg;

	const char *first = pca_map_peek(world->map, 0, 0);
	ptrdiff_t offset = (const char *)copy_on(world, 2) - first;

	if (!step->is_command)
		return;
	ck_assert_ptr_eq(step->addr, world->map->base + offset + world->nr_reads * (size_t)8);
	ck_assert_uint_eq(step->bytes, 8);
	ck_assert_uint_eq(step->access, PCA_READ);
	world->nr_reads++;
}

START_TEST(a_step_tells_the_word)
{
	struct scene_world world = { .w = machine_of(NULL) };

	world.fd = expect_fd(
		cmd_create(world.w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 16, 2, BPF_F_RDONLY_PROG));
	expect(pca_map_get(world.w.task, world.fd, &world.map), 0);
	expect(pca_schedule_create(&world.schedule, world.w.machine), 0);
	expect(pca_schedule_add_task(world.schedule, "command", look_up_cpu_2, &world), 0);
	pca_schedule_watch(world.schedule, expect_address_of_programs, &world);
	expect(pca_schedule_run(world.schedule, NULL, NULL), 0);
	ck_assert_uint_eq(world.nr_reads, 2);
	pca_schedule_destroy(world.schedule);
	pca_map_put(world.map);
	expect(pca_close(world.w.task, world.fd), 0);
	world_close(&world.w);
}
END_TEST

static Suite *schedule_commands_suite(void)
{
	Suite *suite = suite_create("schedule_commands");
	TCase *tc = add_case(suite, "schedule_commands");

	tcase_add_loop_test(tc, what_comes_into_a_commands_middle_is_found, 0, ARRAY_LEN(found));
	tcase_add_loop_test(tc, where_it_is_cured_nothing_is_found, 0, ARRAY_LEN(cured));
	tcase_add_loop_test(tc, each_word_of_a_command_is_a_point, 0, ARRAY_LEN(command_rows));
	tcase_add_test(tc, padding_is_poisoned_at_points_too);
	tcase_add_test(tc, a_step_tells_the_word);
	return suite;
}

TEST_MAIN(schedule_commands_suite)
