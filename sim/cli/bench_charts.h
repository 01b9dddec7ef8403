/* SPDX-License-Identifier: MIT */
/*
 * The page's charts, made of contests that were kept.
 */
#ifndef SIM_CLI_BENCH_CHARTS_H
#define SIM_CLI_BENCH_CHARTS_H

#include "bench.h"
#include "chart.h"

/* A workload's throughput against threads, all else as usual. */
void bench_chart_threads(struct chart *chart, const struct bench *bench, int workload);

/* Its time against the number of keys, with so many threads. */
void bench_chart_keys(struct chart *chart, const struct bench *bench, int workload,
		      uint32_t nr_threads);

/* Bytes of each layout against CPUs, of the usual keys and values; nothing of it is measured. */
void bench_chart_memory(struct chart *chart, const struct bench *bench, int workload);

/* How far apart CPUs were in all contests with a job, in words; "" if there is none. */
void bench_trips_text(const struct bench *bench, char *text, size_t size);

/* Ratios of all layouts to the first, a line per contest. */
void bench_draw_heat(struct svg *svg, const void *bench);

#endif
