/* SPDX-License-Identifier: MIT */
/*
 * The matrix: what is measured against what. Each row has two arms, whose samples
 * are taken in turn.
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include "arms.h"
#include "host.h"

struct row {
	const char *name, *note;
	struct arm ours, theirs;
	/* The largest ratio ours / theirs, or the longest time of ours: 0: any will do. */
	double bar, goal;
	double bar_ns, goal_ns;
	const char *why_not; /* there is no such measurement on this host; or NULL */
};

#define MOST_ROWS 48
#define MOST_RUNS 99

/* A row's figures of one run; ratio 0: there is nothing to compare with. */
struct figures {
	struct summary ours, theirs;
	double ratio;
};

struct matrix {
	struct row rows[MOST_ROWS];
	size_t nr_rows;
	struct figures figures[MOST_ROWS][MOST_RUNS];
	struct host_cpus cpus;
	int kernel_err;		/* why bpf(2) cannot be used, or 0 */
	uint64_t map_rss_bytes; /* of a new map, 65536 values of 8 bytes */
	double ping_pong_ns; /* a round trip of a cache line to the other CPU; 0: there is none */
};

/* What a new map may take of memory: its pages are not touched. */
#define MAP_RSS_BAR (64 << 10)

/* Make the machines, maps and programs of all rows. 0, or -1 after a message on stderr. */
int matrix_init(struct matrix *matrix);

/* ---- for the files that add rows ---- */

/* A row without arms; a row whose arm has a negative fd could not be made. */
struct row *row_add(struct matrix *matrix, const char *name, const char *note);

/* The copy that is transposed, by each way (gathers.c). */
int add_gather_way_rows(struct matrix *matrix);

/* Two threads whose tasks use one map (two_tasks.c). */
int add_two_tasks_row(struct matrix *matrix, const struct side *side);

/* Machines of 4096 CPUs (many_cpus.c). */
int add_many_cpus_rows(struct matrix *matrix);

#endif
