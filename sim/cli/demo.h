/* SPDX-License-Identifier: MIT */
/*
 * The parts of "pcasim demo": a measurement, its pictures, the replay.
 */
#ifndef SIM_CLI_DEMO_H
#define SIM_CLI_DEMO_H

#include "replay.h"
#include "setup.h"

enum count_kind {
	COUNT_PERCPU,	/* a per-CPU array by plain additions */
	COUNT_SHARED,	/* a shared one by atomic ones */
	COUNT_CARELESS, /* a shared one by plain ones, which lose updates */
};

/* One counting measurement: what programs say, and what commands read back. */
struct count_result {
	bool is_percpu;
	double seconds;	       /* from the start line to the last program's end */
	uint64_t *cpu_events;  /* by ordinal, counted by the programs themselves */
	uint64_t *cpu_values;  /* by ordinal, from the map; NULL for a shared one */
	uint64_t events;       /* sum of cpu_events */
	uint64_t map_events;   /* what the map holds in all */
	uint64_t stride_bytes; /* 0 for a shared map */
};

/*
 * Run a counting program on all online CPUs until a common deadline. 0, or -1
 * after a line on stderr. label is for the progress bar.
 */
int count_run(struct session *session, enum count_kind kind, double seconds, const char *label,
	      struct count_result *result);
void count_free(struct count_result *result);

/* Events that the map lacks, below 0 if it has too many. */
static inline int64_t count_lost(const struct count_result *result)
{
	return (int64_t)(result->events - result->map_events);
}

static inline double count_rate(const struct count_result *result, uint64_t events)
{
	return (double)events / result->seconds;
}

void demo_print_counts(const struct session *session, const struct count_result *percpu,
		       const struct count_result *shared);
void demo_print_layouts(const struct session *session, const struct count_result *percpu,
			const struct count_result *shared);
void demo_counts_json(const struct session *session, const struct count_result *percpu,
		      const struct count_result *shared);

/* What a timeline shows, by numbers. */
struct timeline_totals {
	uint64_t runs, commands, helpers, switches;
};

/* A short show, recorded and written to path. 0, or -1 after a line on stderr. */
int demo_timeline(struct session *session, const char *path, struct timeline_totals *totals);
void demo_print_timeline(const char *path, const struct timeline_totals *totals);
void demo_timeline_json(const char *path, const struct timeline_totals *totals);

/* The traces in a directory, in the order of their names. */
struct trace_files {
	char **paths;
	size_t nr;
	char releases[64]; /* of the kernels recorded, "6.18.44"; from the names */
};

/* 0, or -1 after a line on stderr: no such directory, no trace in it. */
int trace_files_find(struct trace_files *files, const char *dir);
void trace_files_free(struct trace_files *files);

/* Replay them all with a progress bar. 0, or -1 after a line on stderr. */
int demo_replay(const struct trace_files *files, struct replay_summary *summary);
void demo_print_replay(const struct trace_files *files, const struct replay_summary *summary);
void demo_replay_json(const struct trace_files *files, const struct replay_summary *summary);

#endif
