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
	double bar; /* the largest ratio ours / theirs; 0: only reported */
};

#define MOST_ROWS 40
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
};

/* Make the machines, maps and programs of all rows. 0, or -1 after a message on stderr. */
int matrix_init(struct matrix *matrix);

#endif
