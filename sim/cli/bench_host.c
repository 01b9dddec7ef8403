// SPDX-License-Identifier: MIT
/*
 * What of this host "pcasim bench" can use: CPUs and the way between them, the kernel,
 * counters.
 */
#include <string.h>

#include "bench.h"
#include "bench/kernel.h"
#include "setup.h"

/* To how many other CPUs, so that it takes no time worth mentioning. */
#define MOST_PARTNERS 8

static void describe_trips(const struct bench *bench, struct bench_trips *trips, int nearest,
			   uint32_t nr_threads)
{
	char longest[80] = "", shortest[BENCH_TEXT], far[BENCH_TEXT];

	trips->meaning = pingpong_meaning(trips->shortest_ns, bench->cpus[0], nearest);
	if (nr_threads > 2)
		snprintf(longest, sizeof(longest), " (to the farthest %s)",
			 trip_text(far, trips->longest_ns));
	snprintf(trips->text, sizeof(trips->text),
		 "A line from CPU %d to CPU %d and back takes %s%s: %s.", bench->cpus[0], nearest,
		 trip_text(shortest, trips->shortest_ns), longest, pingpong_text(trips->meaning));
}

void bench_measure_trips(struct bench *bench, uint32_t nr_threads)
{
	struct bench_trips trips = { .is_measured = false };
	uint32_t step = 1 + (nr_threads - 1) / (MOST_PARTNERS + 1);
	int nearest = -1;

	for (uint32_t i = 1; i < nr_threads; i += step) {
		double ns = pingpong_ns(bench->cpus[0], bench->cpus[i]);

		if (ns < 0)
			continue;
		if (nearest < 0 || ns < trips.shortest_ns) {
			trips.shortest_ns = ns;
			nearest = bench->cpus[i];
		}
		if (ns > trips.longest_ns)
			trips.longest_ns = ns;
	}
	trips.is_measured = nearest >= 0;
	if (trips.is_measured)
		describe_trips(bench, &trips, nearest, nr_threads);
	bench->trips = trips;
}

static void probe_counters(struct bench *bench)
{
	bench->counters_err = counters_open(&bench->counters_memory);
	if (!bench->counters_err)
		bench->counters = &bench->counters_memory;
}

/* Machines before the thread is pinned: workers go to CPUs that it may use. */
static int make_sides(struct bench *bench)
{
	const bool *wants = bench->args->wants;

	if (wants[BENCH_DISPATCH] && side_make(&bench->workers, NULL, PCA_WORKERS)) {
		cli_error("a machine with this host's CPUs cannot be made");
		return -1;
	}
	if (side_make_of(&bench->host, host_possible_cpus())) {
		cli_error("a machine with %u CPUs cannot be made", host_possible_cpus());
		return -1;
	}
	return 0;
}

int bench_prepare(struct bench *bench)
{
	struct host_cpus pinned;
	uint32_t nr_threads;
	int err;

	bench->nr_cpus = host_allowed_cpus(bench->cpus, BENCH_MOST_CPUS);
	if (bench->nr_cpus > BENCH_MOST_CPUS)
		bench->nr_cpus = BENCH_MOST_CPUS;
	bench->kernel_err = kernel_probe();
	if (make_sides(bench))
		return -1;
	bench_plan(bench);
	nr_threads = bench_most_threads(bench);
	bench_measure_trips(bench, nr_threads);
	err = crew_create(&bench->crew, bench->cpus, nr_threads);
	if (err) {
		cli_error("%u threads cannot be started: %s", nr_threads, strerror(-err));
		return -1;
	}
	probe_counters(bench);
	pinned = (struct host_cpus){ bench->cpus[0], nr_threads > 1 ? bench->cpus[1] : -1 };
	host_describe(bench->machine, sizeof(bench->machine), &pinned);
	bench->nr_all = bench->nr_jobs + bench_rows_count(bench);
	return 0;
}
