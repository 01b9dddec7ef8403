// SPDX-License-Identifier: MIT
/*
 * Contests of layouts: every workload with the numbers of keys, value sizes, streams
 * and threads that were asked for, or that the preset has.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/kernel_arm.h"
#include "setup.h"
#include "term.h"

#define SEED 1
#define MOST_POINTS 4  /* of a dimension */
#define SUMMED_CPUS 64 /* copies that a reader sums */
#define HISTOGRAM_BUCKETS 32

/* The values that a dimension takes. */
struct points {
	uint64_t values[MOST_POINTS];
	size_t nr;
};

/* The dimensions of a workload. */
struct grid {
	struct points keys, sizes, streams, threads;
};

static const char *const workload_pers[] = {
	[LAYOUT_COUNT] = "access",
	[LAYOUT_HISTOGRAM] = "access",
	[LAYOUT_UPDATE] = "update",
	[LAYOUT_READ_SUM] = "sum of 64 copies",
};

static struct points one(uint64_t value)
{
	return (struct points){ { value }, 1 };
}

static struct points preset_keys(enum layout_workload workload, bool is_full)
{
	if (workload == LAYOUT_HISTOGRAM)
		return one(HISTOGRAM_BUCKETS);
	if (!is_full || workload == LAYOUT_READ_SUM)
		return one(256);
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

static struct grid make_grid(const struct bench *bench, enum layout_workload workload)
{
	const struct bench_args *args = bench->args;
	struct grid grid = {
		.keys = preset_keys(workload, args->is_full),
		.sizes = preset_sizes(workload, args->is_full),
		.streams = preset_streams(workload, args->is_full),
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

static size_t grid_count(const struct grid *grid)
{
	return grid->keys.nr * grid->sizes.nr * grid->streams.nr * grid->threads.nr;
}

/* The index-th job: threads change fastest, so that their figures stand together. */
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

static void describe(char *note, size_t size, const struct layout_job *job)
{
	int n = snprintf(note, size, "%u thread%s, %u key%s, %s, %u-byte values", job->nr_threads,
			 job->nr_threads == 1 ? "" : "s", job->shape.nr_keys,
			 job->shape.nr_keys == 1 ? "" : "s",
			 job->workload == LAYOUT_HISTOGRAM ? "latencies" : stream_name(job->stream),
			 job->shape.value_bytes);

	if (job->workload == LAYOUT_READ_SUM)
		n += snprintf(note + n, size - (size_t)n, ", %u CPUs", job->shape.nr_cpus);
	if (job->work)
		snprintf(note + n, size - (size_t)n, ", work %u", job->work);
}

/* Whether memory for all layouts at once is there, with as much left for others. */
static bool fits(const struct bench_args *args, const struct layout_shape *shape)
{
	uint64_t sum = 0;
	long nr_pages = sysconf(_SC_AVPHYS_PAGES);

	for (size_t i = 0; i < args->nr_layouts; i++)
		sum += args->layouts[i]->size_bytes(shape);
	return nr_pages < 0 || sum / LAYOUT_PAGE_BYTES < (uint64_t)nr_pages / 2;
}

static const char *why_not(const struct bench *bench, const struct layout_job *job, char why[128])
{
	if (job->nr_threads > bench->nr_cpus) {
		snprintf(why, 128, "each thread takes a CPU, and this process may use %u",
			 bench->nr_cpus);
		return why;
	}
	if (!fits(bench->args, &job->shape))
		return "the layouts together would take more than half of the free memory";
	return NULL;
}

static int fill_contest(const struct bench *bench, const struct layout_job *job,
			struct contest *contest, struct layout_field **fields,
			const uint32_t *streams)
{
	const struct bench_args *args = bench->args;

	for (size_t i = 0; i < args->nr_layouts; i++) {
		struct contender *contender = &contest->contenders[i];

		if (layout_field_create(&fields[i], args->layouts[i], job, streams))
			return -1;
		snprintf(contender->name, sizeof(contender->name), "%s", args->layouts[i]->name);
		contender->arm = layout_arm(fields[i], bench->crew);
		contender->size_bytes = args->layouts[i]->size_bytes(&job->shape);
		contest->nr++;
	}
	return 0;
}

/* Beside the layouts, the kernel's two ways to count; no program there sums over CPUs. */
static bool has_kernel(const struct bench *bench, const struct layout_job *job)
{
	return bench->args->has_linux && !bench->kernel_err && job->workload != LAYOUT_READ_SUM;
}

static void add_kernel(const struct bench *bench, const struct layout_job *job,
		       struct contest *contest, struct kernel_field *fields[2],
		       const uint32_t *streams)
{
	for (int are_shared = 0; are_shared < 2; are_shared++) {
		struct contender *contender = &contest->contenders[contest->nr];
		bool is_atomic = are_shared && job->workload != LAYOUT_UPDATE;
		int err = kernel_field_create(&fields[are_shared], job, streams, bench->cpus,
					      are_shared);

		if (err) {
			cli_error("%s, %s: without Linux, whose program cannot be loaded: %s",
				  contest->name, contest->note, strerror(-err));
			return;
		}
		contender->arm = kernel_arm(fields[are_shared], bench->crew, &contender->nr_per_op);
		snprintf(contender->name, sizeof(contender->name), "%s%s", contender->arm.name,
			 is_atomic ? " + atomic" : "");
		contest->nr++;
	}
}

static int hold(struct bench *bench, const struct layout_job *job)
{
	static struct contest contest;
	struct layout_field *fields[BENCH_MOST_LAYOUTS] = { NULL };
	struct kernel_field *kernel_fields[2] = { NULL };
	uint32_t *streams;
	char why[128];
	const char *reason = why_not(bench, job, why);
	int err;

	contest = (struct contest){
		.name = bench_names[job->workload].name,
		.per = workload_pers[job->workload],
		.nr_threads = job->nr_threads,
		.job = job,
	};
	describe(contest.note, sizeof(contest.note), job);
	if (reason) {
		char what[160];

		snprintf(what, sizeof(what), "%s, %s", contest.name, contest.note);
		bench_skip(bench, what, reason);
		return 0;
	}
	streams = layout_streams(job);
	err = streams ? fill_contest(bench, job, &contest, fields, streams) : -1;
	if (!err && has_kernel(bench, job))
		add_kernel(bench, job, &contest, kernel_fields, streams);
	if (err)
		cli_error("out of memory for %s, %s", contest.name, contest.note);
	else
		err = bench_contest(bench, &contest);
	for (int i = 0; i < 2; i++) {
		if (kernel_fields[i])
			kernel_field_destroy(kernel_fields[i]);
	}
	for (size_t i = 0; i < bench->args->nr_layouts; i++) {
		if (fields[i])
			layout_field_destroy(fields[i]);
	}
	free(streams);
	return err;
}

size_t bench_layouts_count(const struct bench *bench)
{
	size_t nr = 0;

	for (int workload = 0; workload < NR_LAYOUT_WORKLOADS; workload++) {
		struct grid grid = make_grid(bench, workload);

		if (bench->args->wants[workload])
			nr += grid_count(&grid);
	}
	return nr;
}

uint32_t bench_most_threads(const struct bench *bench)
{
	uint64_t most = 1;

	for (int workload = 0; workload < NR_LAYOUT_WORKLOADS; workload++) {
		struct points threads = make_grid(bench, workload).threads;

		for (size_t i = 0; bench->args->wants[workload] && i < threads.nr; i++) {
			if (threads.values[i] > most && threads.values[i] <= bench->nr_cpus)
				most = threads.values[i];
		}
	}
	return (uint32_t)most;
}

int bench_layouts(struct bench *bench)
{
	for (int workload = 0; workload < NR_LAYOUT_WORKLOADS; workload++) {
		struct grid grid = make_grid(bench, workload);
		size_t nr = bench->args->wants[workload] ? grid_count(&grid) : 0;

		for (size_t i = 0; i < nr; i++) {
			struct layout_job job = grid_job(bench, &grid, workload, i);

			if (hold(bench, &job))
				return -1;
		}
	}
	return 0;
}
