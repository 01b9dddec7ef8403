/* SPDX-License-Identifier: MIT */
/*
 * "pcasim bench": what is measured, and how it is shown. Contests (bench/contest.h)
 * are made one after the other; each is measured, printed, written and forgotten.
 */
#ifndef SIM_CLI_BENCH_H
#define SIM_CLI_BENCH_H

#include <stdio.h>

#include "bench/contest.h"
#include "bench/host.h"
#include "bench/layout_arm.h"
#include "bench/pingpong.h"

#define BENCH_MOST_LAYOUTS 16
#define BENCH_MOST_CPUS 1024
#define BENCH_MOST_JOBS 160 /* full, and what charts want besides, have 129 at most */
#define BENCH_MOST_KEYS 65536
#define BENCH_MOST_VALUE_BYTES 4096

/* Names of what can be measured; the first are the workloads of layouts, in their order. */
enum bench_name {
	BENCH_COUNT,
	BENCH_HISTOGRAM,
	BENCH_UPDATE,
	BENCH_READ_SUM,
	BENCH_PROGRAM,
	BENCH_COMMANDS,
	BENCH_CREATION,
	BENCH_DISPATCH,
	NR_BENCH_NAMES,
};

struct bench_name_text {
	const char *name, *summary;
};

extern const struct bench_name_text bench_names[NR_BENCH_NAMES];

struct bench_args {
	bool wants[NR_BENCH_NAMES];
	bool is_full;
	const struct layout *layouts[BENCH_MOST_LAYOUTS];
	size_t nr_layouts;
	bool has_linux; /* beside them, where bpf(2) is permitted */

	/* 0, or NR_STREAM_KINDS: what the preset has. */
	uint64_t nr_keys, value_bytes, nr_threads;
	unsigned int stream;
	uint64_t work;
	const char *json, *csv, *html;
};

/* Round trips of a line from the first host CPU to the others in use. */
struct bench_trips {
	bool is_measured;
	double shortest_ns, longest_ns;
	enum pingpong_meaning meaning; /* of the shortest */
	char text[192];
};

/* A contest that is over, for the page. Its arms are gone. */
struct bench_kept {
	struct contest contest;
	struct layout_job job; /* the contest's, if it has one */
	struct bench_trips trips;
	char skipped[320]; /* what was skipped and why, instead of all these; or "" */
	struct bench_kept *next;
};

struct bench {
	const struct bench_args *args;
	int cpus[BENCH_MOST_CPUS]; /* the host's that this process may use */
	uint32_t nr_cpus;
	struct crew *crew; /* of as many threads as contests need */
	struct counters *counters;
	struct counters counters_memory;
	int counters_err;
	int kernel_err; /* why bpf(2) cannot be used, or 0 */
	struct side host, workers;
	struct bench_trips trips;
	char machine[512], command[512];
	uint64_t start_ns;

	/* What layouts will do. */
	struct layout_job jobs[BENCH_MOST_JOBS];
	size_t nr_jobs;

	/* Contests so far, and all of them; those that were not possible here. */
	size_t nr_done, nr_all, nr_skipped;
	FILE *csv, *html;
	struct bench_kept *kept, *last_kept; /* for the page, in their order */
};

/* Find out what this host has and start the crew. 0 or -1 after a line on stderr. */
int bench_prepare(struct bench *bench);

/* Between the first CPU and those of the other threads, now. */
void bench_measure_trips(struct bench *bench, uint32_t nr_threads);

/* Measure, print and write a contest that is ready. 0 or -1 after a line on stderr. */
int bench_contest(struct bench *bench, struct contest *contest);

/* A line instead of a contest that this host cannot hold. 0 or -1 after a line on stderr. */
int bench_skip(struct bench *bench, const char *what, const char *why);

/* Choose the jobs, from arguments and CPUs. */
void bench_plan(struct bench *bench);

/*
 * What contests of layouts have beside these: the kernel's two maps, or nothing. The name
 * of the index-th one, NULL past the last.
 */
const char *bench_kernel_name(const struct bench *bench, size_t index);

/* The most threads that a job will have, no more than the host has CPUs. */
uint32_t bench_most_threads(const struct bench *bench);

/*
 * The workload of the charts over threads and keys, the first that is wanted; -1: none.
 * Whether the number of keys is changed for them.
 */
int bench_charted(const struct bench *bench);
bool bench_sweeps_keys(int workload);

/* What so many threads do if no more than that is said: options, and the quick preset. */
struct layout_job bench_usual_job(const struct bench *bench, int workload, uint32_t nr_threads);

/* All but the work, which is the same in a run. */
bool layout_job_is_same(const struct layout_job *a, const struct layout_job *b);

/* How many contests bench_rows() will hold. */
size_t bench_rows_count(const struct bench *bench);

/* Hold them. 0 or -1 after a line on stderr. */
int bench_layouts(struct bench *bench);
int bench_rows(struct bench *bench);

/* What is printed. */
void bench_print_head(const struct bench *bench);
void bench_print_contest(const struct bench *bench, const struct contest *contest);
void bench_print_end(const struct bench *bench);
void bench_print_names(void);

/* What is written into files; begin and end of the JSON lie around all contests. */
void bench_json_hardware(const struct bench *bench);
void bench_json_begin(const struct bench *bench);
void bench_json_contest(const struct bench *bench, const struct contest *contest);
void bench_json_end(const struct bench *bench);
void bench_csv_head(FILE *csv);
void bench_csv_contest(FILE *csv, const struct contest *contest);

/*
 * Texts that terminal and page share. Each fills what it is given and returns it.
 */
#define BENCH_TEXT 48
const char *time_text(char text[BENCH_TEXT], double ns);     /* "0.82 ns" */
const char *trip_text(char text[BENCH_TEXT], double ns);     /* "322 ns", "2.15 ms" */
const char *ratio_text(char text[BENCH_TEXT], double ratio); /* "1.042x", "57x", "1/120" */

/* The ratio of the index-th, or why there is none to tell; the interval, or "". */
const char *verdict_text(char text[BENCH_TEXT], const struct contest *contest, size_t index);
const char *interval_text(char text[BENCH_TEXT], const struct interval *interval);
const char *samples_text(char text[BENCH_TEXT], const struct summary *summary); /* "150-10" */
const char *counters_text(char text[2 * BENCH_TEXT], const struct contender *contender);

double slowest_median(const struct contest *contest);

/* What the host lacks and figures mean, a line each; NULL past the last. */
const char *bench_head_line(const struct bench *bench, size_t index, char text[160]);

/* The page. Contests and skips are kept as they come; 0 or -1 after a line on stderr. */
int bench_keep(struct bench *bench, const struct contest *contest);
int bench_keep_skip(struct bench *bench, const char *what, const char *why);
void bench_forget(struct bench *bench);

/* Write it. 0 or -1 after a line on stderr; errors of out are told by ferror(). */
int bench_page_write(FILE *out, const struct bench *bench);

#endif
