/* SPDX-License-Identifier: MIT */
/*
 * What was measured, as a table and as JSON. A row's best run stands for it: the
 * quietest, in which both arms together were fastest. Not the one with the smallest
 * ratio, which may be one in which only the other arm was disturbed.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include "rows.h"

enum verdict {
	VERDICT_GOAL,	 /* the goal is reached, and so the bar */
	VERDICT_PASS,	 /* the bar holds */
	VERDICT_MISSED,	 /* a goal without a bar, not reached */
	VERDICT_FAIL,	 /* the bar does not hold */
	VERDICT_REPORT,	 /* neither bar nor goal */
	VERDICT_SKIPPED, /* nothing to compare with here */
};

enum verdict row_verdict(const struct matrix *matrix, size_t row, int nr_runs);

/* Of the memory that a new map takes. */
enum verdict creation_verdict(const struct matrix *matrix);

void report_table(FILE *out, const struct matrix *matrix, int nr_runs, const char *machine);
void report_json(FILE *out, const struct matrix *matrix, int nr_runs, const char *machine);

#endif
