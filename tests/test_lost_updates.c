// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * No update is lost: programs increment their CPU's element without a lock or
 * an atomic, and the sum over the CPUs is exact.
 */
#include "support.h"

#define NR_RUNS 10
#define PER_RUN 100000 /* a million on each CPU */
#define KEY 1

static int increment(void *ctx)
{
	struct pca_map_ref *map = ctx;
	uint32_t key = KEY;

	for (int i = 0; i < PER_RUN; i++) {
		volatile uint64_t *count = pca_map_lookup_elem(map, &key);

		++*count;
	}
	return 0;
}

struct side {
	struct world w;
	struct pca_map_ref *map;
	struct pca_prog *prog;
	int map_fd;
	pthread_t thread;
	int err;
};

static void side_open(struct side *side, const char *possible, enum pca_run_mode mode)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = possible,
		.run_mode = mode,
	};
	struct pca_prog_load_opts load = {
		.size = sizeof(load),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = increment,
	};
	int fd;

	side->w = world_open_with(&opts, NULL);
	side->map_fd = percpu_map(&side->w, 8, KEY + 1);
	expect(pca_map_get(side->w.task, side->map_fd, &side->map), 0);
	fd = expect_fd(pca_prog_load(side->w.task, &load));
	expect(pca_prog_get(side->w.task, fd, &side->prog), 0);
	expect(pca_close(side->w.task, fd), 0);
	side->err = 0;
}

static void side_close(struct side *side)
{
	pca_prog_put(side->prog);
	pca_map_put(side->map);
	expect(pca_close(side->w.task, side->map_fd), 0);
	world_close(&side->w);
}

static void *run_on_each(void *arg)
{
	struct side *side = arg;
	int nr = (int)pca_num_possible_cpus(side->w.machine);

	for (int i = 0; i < NR_RUNS && !side->err; i++) {
		int ran = pca_run_on_each_cpu(side->prog, side->map, NULL);

		if (ran != nr)
			side->err = ran < 0 ? ran : -EIO;
	}
	return NULL;
}

static void expect_counts(struct side *side, uint64_t want)
{
	uint32_t nr = pca_num_possible_cpus(side->w.machine), key = KEY;
	uint64_t *counts = calloc(nr, sizeof(*counts)), sum = 0;

	expect(side->err, 0);
	expect(cmd_lookup(side->w.task, side->map_fd, &key, counts, 0), 0);
	for (uint32_t i = 0; i < nr; i++) {
		expect(counts[i], want);
		sum += counts[i];
	}
	expect(sum, nr * want);
	/* The neighbour in the slab was not touched. */
	key = KEY - 1;
	expect(cmd_lookup(side->w.task, side->map_fd, &key, counts, 0), 0);
	expect_all(counts, 0, nr * sizeof(*counts));
	free(counts);
}

START_TEST(a_million_increments_on_every_cpu)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		struct side side;

		row("mask %s", cpu_masks[m]);
		side_open(&side, cpu_masks[m], PCA_WORKERS);
		run_on_each(&side);
		expect_counts(&side, NR_RUNS * PER_RUN);
		side_close(&side);
	}
}
END_TEST

#define NR_CALLERS 3

/* Each thread runs on every CPU: the threads contend for each of them. */
static void contend(enum pca_run_mode mode)
{
	struct side side, callers[NR_CALLERS];

	side_open(&side, "0,2", mode);
	for (int i = 0; i < NR_CALLERS; i++) {
		callers[i] = side;
		expect(pthread_create(&callers[i].thread, NULL, run_on_each, &callers[i]), 0);
	}
	for (int i = 0; i < NR_CALLERS; i++) {
		expect(pthread_join(callers[i].thread, NULL), 0);
		expect(callers[i].err, 0);
	}
	expect_counts(&side, NR_CALLERS * NR_RUNS * PER_RUN);
	side_close(&side);
}

START_TEST(callers_share_the_workers)
{
	contend(PCA_WORKERS);
}
END_TEST

START_TEST(callers_take_turns_inline)
{
	contend(PCA_INLINE);
}
END_TEST

START_TEST(several_machines_at_once)
{
	static const enum pca_run_mode modes[] = { PCA_WORKERS, PCA_INLINE, PCA_WORKERS };
	struct side sides[ARRAY_LEN(modes)];

	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		side_open(&sides[i], cpu_masks[nr_cpu_masks - 1 - i], modes[i]);
		expect(pthread_create(&sides[i].thread, NULL, run_on_each, &sides[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(sides); i++)
		/* cppcheck-suppress uninitvar ; the loop above fills each */
		expect(pthread_join(sides[i].thread, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		row("machine %zu", i);
		expect_counts(&sides[i], NR_RUNS * PER_RUN);
		side_close(&sides[i]);
	}
}
END_TEST

/* A command that reads meanwhile never sees a count go back. */
START_TEST(readers_see_counts_grow)
{
	struct side side;
	uint64_t last[4] = { 0 }, now[4];
	uint32_t key = KEY;

	side_open(&side, "0-3", PCA_WORKERS);
	expect(pthread_create(&side.thread, NULL, run_on_each, &side), 0);
	do {
		expect(cmd_lookup(side.w.task, side.map_fd, &key, now, 0), 0);
		for (size_t i = 0; i < ARRAY_LEN(now); i++)
			ck_assert_uint_ge(now[i], last[i]);
		memcpy(last, now, sizeof(last));
	} while (now[0] < NR_RUNS * PER_RUN && !side.err);
	expect(pthread_join(side.thread, NULL), 0);
	expect_counts(&side, NR_RUNS * PER_RUN);
	side_close(&side);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("lost_updates");
	TCase *tc = add_case(suite, "increments");

	tcase_add_test(tc, a_million_increments_on_every_cpu);
	tcase_add_test(tc, callers_share_the_workers);
	tcase_add_test(tc, callers_take_turns_inline);
	tcase_add_test(tc, several_machines_at_once);
	tcase_add_test(tc, readers_see_counts_grow);
	return suite;
}

TEST_MAIN(make_suite)
