// SPDX-License-Identifier: MIT
/*
 * Which contests of layouts there will be: every workload with the numbers of keys,
 * value sizes, streams and threads that were asked for, or that the preset has; and
 * those of which the page's charts are drawn.
 */
#include "bench.h"

#include <stdlib.h>

#define SEED 1
#define MOST_POINTS 12 /* of a dimension */
#define SUMMED_CPUS 64 /* copies that a reader sums */
#define HISTOGRAM_BUCKETS 32
#define USUAL_KEYS 256

/* The values that a dimension takes. */
struct points {
	uint64_t values[MOST_POINTS];
	size_t nr;
};

/* The dimensions of a workload. */
struct grid {
	struct points keys, sizes, streams, threads;
};

static struct points one(uint64_t value)
{
	return (struct points){ { value }, 1 };
}

/* --- presets ----------------------------------------------------------------------------- */

static struct points preset_keys(enum layout_workload workload, bool is_full)
{
	if (workload == LAYOUT_HISTOGRAM)
		return one(HISTOGRAM_BUCKETS);
	if (!is_full || workload == LAYOUT_READ_SUM)
		return one(USUAL_KEYS);
	if (workload == LAYOUT_UPDATE) /* times the sizes below */
		return (struct points){ { 16, 256, 4096 }, 3 };
	return (struct points){ { 1, 16, 256, 65536 }, 4 };
}

static struct points preset_sizes(enum layout_workload workload, bool is_full)
{
	if (workload != LAYOUT_UPDATE)
		return one(8);
	if (!is_full)
		return one(64);
	return (struct points){ { 8, 64, 512, 4096 }, 4 };
}

static struct points preset_streams(enum layout_workload workload, bool is_full)
{
	if (workload != LAYOUT_COUNT || !is_full)
		return one(STREAM_UNIFORM);
	return (struct points){ { STREAM_SEQUENTIAL, STREAM_UNIFORM, STREAM_ZIPF, STREAM_HOT },
				NR_STREAM_KINDS };
}

/* One thread, and all that there are CPUs for: two where there is one, to say it is skipped. */
static struct points preset_threads(const struct bench *bench)
{
	struct points threads = { { 1, bench->nr_cpus > 2 ? bench->nr_cpus : 2 }, 2 };

	if (bench->args->is_full && bench->nr_cpus > 2)
		threads = (struct points){ { 1, 2, bench->nr_cpus }, 3 };
	return threads;
}

static struct grid preset_grid(const struct bench *bench, enum layout_workload workload,
			       bool is_full)
{
	const struct bench_args *args = bench->args;
	struct grid grid = {
		.keys = preset_keys(workload, is_full),
		.sizes = preset_sizes(workload, is_full),
		.streams = preset_streams(workload, is_full),
		.threads = preset_threads(bench),
	};

	if (args->nr_keys)
		grid.keys = one(args->nr_keys);
	if (args->value_bytes)
		grid.sizes = one(args->value_bytes);
	if (args->stream != NR_STREAM_KINDS && workload != LAYOUT_HISTOGRAM)
		grid.streams = one(args->stream);
	if (args->nr_threads)
		grid.threads = one(args->nr_threads);
	return grid;
}

/* --- what charts are drawn of ------------------------------------------------------------ */

/* Powers of two, and all CPUs. */
static struct points swept_threads(uint32_t nr_cpus)
{
	struct points threads = { .nr = 0 };

	for (uint32_t nr = 1; nr < nr_cpus; nr *= 2)
		threads.values[threads.nr++] = nr;
	threads.values[threads.nr++] = nr_cpus;
	return threads;
}

/* Powers of four: a line's worth of keys, a page's, more than a second-level cache's. */
static struct points swept_keys(void)
{
	struct points keys = { .nr = 0 };

	for (uint32_t nr = 1; nr <= BENCH_MOST_KEYS; nr *= 4)
		keys.values[keys.nr++] = nr;
	return keys;
}

int bench_charted(const struct bench *bench)
{
	for (int workload = 0; workload < NR_LAYOUT_WORKLOADS; workload++) {
		if (bench->args->wants[workload])
			return workload;
	}
	return -1;
}

/* The buckets of a histogram are as many as there are; sums of many keys' copies take long. */
bool bench_sweeps_keys(int workload)
{
	return workload == LAYOUT_COUNT || workload == LAYOUT_UPDATE;
}

/* --- the plan ---------------------------------------------------------------------------- */

bool layout_job_is_same(const struct layout_job *a, const struct layout_job *b)
{
	return a->workload == b->workload && a->stream == b->stream &&
	       a->nr_threads == b->nr_threads && a->shape.nr_keys == b->shape.nr_keys &&
	       a->shape.value_bytes == b->shape.value_bytes;
}

/* Room is for all that a grid can have: see BENCH_MOST_JOBS. */
static void add_job(struct bench *bench, const struct layout_job *job)
{
	for (size_t i = 0; i < bench->nr_jobs; i++) {
		if (layout_job_is_same(&bench->jobs[i], job))
			return;
	}
	if (bench->nr_jobs < BENCH_MOST_JOBS)
		bench->jobs[bench->nr_jobs++] = *job;
}

static size_t grid_count(const struct grid *grid)
{
	return grid->keys.nr * grid->sizes.nr * grid->streams.nr * grid->threads.nr;
}

static struct layout_job grid_job(const struct bench *bench, const struct grid *grid,
				  enum layout_workload workload, size_t index)
{
	struct layout_job job = { .workload = workload, .seed = SEED };

	job.nr_threads = (uint32_t)grid->threads.values[index % grid->threads.nr];
	index /= grid->threads.nr;
	job.stream = (enum stream_kind)grid->streams.values[index % grid->streams.nr];
	index /= grid->streams.nr;
	job.shape.value_bytes = (uint32_t)grid->sizes.values[index % grid->sizes.nr];
	index /= grid->sizes.nr;
	job.shape.nr_keys = (uint32_t)grid->keys.values[index];
	job.shape.nr_cpus = job.nr_threads;
	if (workload == LAYOUT_READ_SUM && job.shape.nr_cpus < SUMMED_CPUS)
		job.shape.nr_cpus = SUMMED_CPUS;
	job.work = (uint32_t)bench->args->work;
	return job;
}

static void add_grid(struct bench *bench, const struct grid *grid, enum layout_workload workload)
{
	for (size_t i = 0; i < grid_count(grid); i++) {
		struct layout_job job = grid_job(bench, grid, workload, i);

		add_job(bench, &job);
	}
}

struct layout_job bench_usual_job(const struct bench *bench, int workload, uint32_t nr_threads)
{
	struct grid grid = preset_grid(bench, (enum layout_workload)workload, false);

	grid.threads = one(nr_threads);
	return grid_job(bench, &grid, (enum layout_workload)workload, 0);
}

/* What was asked for is not swept. */
static void add_sweeps(struct bench *bench, enum layout_workload workload)
{
	const struct bench_args *args = bench->args;
	struct grid keys = preset_grid(bench, workload, false), threads = keys;

	if (!args->nr_threads) {
		threads.threads = swept_threads(bench->nr_cpus);
		add_grid(bench, &threads, workload);
	}
	if (!args->nr_keys && bench_sweeps_keys(workload)) {
		keys.keys = swept_keys();
		if (!args->nr_threads && bench->nr_cpus == 1)
			keys.threads = one(1);
		add_grid(bench, &keys, workload);
	}
}

/* Threads change fastest, so that their figures stand together. */
static int compare_jobs(const void *a, const void *b)
{
	const struct layout_job *x = a, *y = b;
	const uint32_t keys[][2] = {
		{ x->workload, y->workload },
		{ x->shape.nr_keys, y->shape.nr_keys },
		{ x->shape.value_bytes, y->shape.value_bytes },
		{ x->stream, y->stream },
		{ x->nr_threads, y->nr_threads },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	}
	return 0;
}

void bench_plan(struct bench *bench)
{
	const struct bench_args *args = bench->args;

	bench->nr_jobs = 0;
	for (int workload = 0; workload < NR_LAYOUT_WORKLOADS; workload++) {
		struct grid grid = preset_grid(bench, workload, args->is_full);

		if (args->wants[workload])
			add_grid(bench, &grid, workload);
	}
	if (args->html && bench_charted(bench) >= 0)
		add_sweeps(bench, (enum layout_workload)bench_charted(bench));
	qsort(bench->jobs, bench->nr_jobs, sizeof(bench->jobs[0]), compare_jobs);
}

uint32_t bench_most_threads(const struct bench *bench)
{
	uint32_t most = 1;

	for (size_t i = 0; i < bench->nr_jobs; i++) {
		if (bench->jobs[i].nr_threads > most && bench->jobs[i].nr_threads <= bench->nr_cpus)
			most = bench->jobs[i].nr_threads;
	}
	return most;
}
