// SPDX-License-Identifier: MIT
/*
 * Contests of layouts, as planned: all layouts do the same job in turn.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/kernel_arm.h"
#include "setup.h"
#include "term.h"

/* What a figure is given for. */
static void describe_access(char *per, size_t size, const struct layout_job *job)
{
	if (job->workload == LAYOUT_READ_SUM)
		snprintf(per, size, "sum of %u copies", job->shape.nr_cpus);
	else
		snprintf(per, size, job->workload == LAYOUT_UPDATE ? "update" : "access");
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

const char *bench_kernel_name(const struct bench *bench, size_t index)
{
	static const char *const names[] = { "Linux, PERCPU_ARRAY", "Linux, ARRAY" };

	return bench->args->has_linux && !bench->kernel_err && index < 2 ? names[index] : NULL;
}

/* Beside the layouts, the kernel's two ways to count; no program there sums over CPUs. */
static bool has_kernel(const struct bench *bench, const struct layout_job *job)
{
	return bench_kernel_name(bench, 0) && job->workload != LAYOUT_READ_SUM;
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
		.nr_threads = job->nr_threads,
		.job = job,
	};
	describe_access(contest.per, sizeof(contest.per), job);
	describe(contest.note, sizeof(contest.note), job);
	if (reason) {
		char what[160];

		snprintf(what, sizeof(what), "%s, %s", contest.name, contest.note);
		return bench_skip(bench, what, reason);
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

int bench_layouts(struct bench *bench)
{
	for (size_t i = 0; i < bench->nr_jobs; i++) {
		if (hold(bench, &bench->jobs[i]))
			return -1;
	}
	return 0;
}
