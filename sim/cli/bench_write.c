// SPDX-License-Identifier: MIT
/*
 * Contests as JSON and CSV, with all samples.
 */
#include "bench.h"

#include <math.h>

#include "json.h"

void bench_json_begin(const struct bench *bench)
{
	json_open(NULL, '{');
	json_text("command", bench->command);
	json_text("machine", bench->machine);
	bench_json_hardware(bench);
	json_bool("bpf_permitted", !bench->kernel_err);
	json_bool("has_counters", bench->counters != NULL);
	json_count("host_cpus", bench->nr_cpus);
	json_open("contests", '[');
}

static void json_contender(const struct contender *contender)
{
	static const char *const names[NR_COUNTERS] = { "cycles", "instructions", "cache_misses" };

	json_open(NULL, '{');
	json_text("name", contender->name);
	json_real("median_ns", contender->summary.nr ? contender->summary.median : NAN);
	json_real("mad_ns", contender->summary.nr ? contender->summary.mad : NAN);
	json_count("dropped", contender->summary.nr_dropped);
	json_real("ratio", contender->ratio.ratio > 0 ? contender->ratio.ratio : NAN);
	json_real("ratio_low", contender->ratio.ratio > 0 ? contender->ratio.low : NAN);
	json_real("ratio_high", contender->ratio.ratio > 0 ? contender->ratio.high : NAN);
	json_bool("is_difference", is_difference(&contender->ratio));
	if (contender->size_bytes)
		json_count("memory_bytes", contender->size_bytes);
	for (int i = 0; contender->has_counters && i < NR_COUNTERS; i++)
		json_real(names[i], contender->counters[i]);
	json_open("samples_ns", '[');
	for (size_t i = 0; i < contender->samples.nr; i++)
		json_real(NULL, contender->samples.ns[i]);
	json_close(']');
	json_close('}');
}

static const char *stream_text(const struct layout_job *job)
{
	return job->workload == LAYOUT_HISTOGRAM ? "latencies" : stream_name(job->stream);
}

static void json_job(const struct layout_job *job)
{
	json_count("keys", job->shape.nr_keys);
	json_count("value_bytes", job->shape.value_bytes);
	json_count("cpus", job->shape.nr_cpus);
	json_text("stream", stream_text(job));
	json_count("work", job->work);
}

static void json_trips(const struct bench_trips *trips)
{
	json_real("shortest_round_trip_ns", trips->shortest_ns);
	json_real("longest_round_trip_ns", trips->longest_ns);
	json_text("round_trip", pingpong_name(trips->meaning));
	json_text("round_trip_means", pingpong_text(trips->meaning));
}

void bench_json_contest(const struct bench *bench, const struct contest *contest)
{
	json_open(NULL, '{');
	json_text("name", contest->name);
	json_text("note", contest->note);
	json_text("ns_per", contest->per);
	json_count("threads", contest->nr_threads);
	if (contest->nr_threads > 1 && bench->trips.is_measured)
		json_trips(&bench->trips);
	if (contest->job)
		json_job(contest->job);
	json_open("contenders", '[');
	for (size_t i = 0; i < contest->nr; i++)
		json_contender(&contest->contenders[i]);
	json_close(']');
	json_close('}');
}

void bench_json_end(const struct bench *bench)
{
	json_close(']');
	json_count("skipped", bench->nr_skipped);
	json_close('}');
}

void bench_csv_head(FILE *csv)
{
	fputs("name,note,threads,keys,value_bytes,cpus,stream,work,contender,per,ns\n", csv);
}

/* Empty for what is no contest of layouts. */
static void csv_job(FILE *csv, const struct layout_job *job)
{
	if (job)
		fprintf(csv, "%u,%u,%u,%s,%u", job->shape.nr_keys, job->shape.value_bytes,
			job->shape.nr_cpus, stream_text(job), job->work);
	else
		fputs(",,,,", csv);
}

/* None of the texts holds a quote. */
void bench_csv_contest(FILE *csv, const struct contest *contest)
{
	for (size_t i = 0; i < contest->nr; i++) {
		const struct contender *contender = &contest->contenders[i];

		for (size_t j = 0; j < contender->samples.nr; j++) {
			fprintf(csv, "%s,\"%s\",%u,", contest->name, contest->note,
				contest->nr_threads);
			csv_job(csv, contest->job);
			fprintf(csv, ",\"%s\",%s,%.4f\n", contender->name, contest->per,
				contender->samples.ns[j]);
		}
	}
}
