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
	json_text("machine", bench->machine);
	json_bool("bpf_permitted", !bench->kernel_err);
	json_bool("has_counters", bench->counters != NULL);
	json_count("host_cpus", bench->nr_cpus);
	if (bench->trips.is_measured) {
		json_real("shortest_round_trip_ns", bench->trips.shortest_ns);
		json_real("longest_round_trip_ns", bench->trips.longest_ns);
		json_text("round_trip_means", pingpong_text(bench->trips.meaning));
	}
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

void bench_json_contest(const struct contest *contest)
{
	json_open(NULL, '{');
	json_text("name", contest->name);
	json_text("note", contest->note);
	json_text("ns_per", contest->per);
	json_count("threads", contest->nr_threads);
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
	fputs("name,note,threads,contender,per,ns\n", csv);
}

/* None of the texts holds a quote. */
void bench_csv_contest(FILE *csv, const struct contest *contest)
{
	for (size_t i = 0; i < contest->nr; i++) {
		const struct contender *contender = &contest->contenders[i];

		for (size_t j = 0; j < contender->samples.nr; j++)
			fprintf(csv, "%s,\"%s\",%u,\"%s\",%s,%.4f\n", contest->name, contest->note,
				contest->nr_threads, contender->name, contest->per,
				contender->samples.ns[j]);
	}
}
