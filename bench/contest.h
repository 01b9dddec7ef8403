/* SPDX-License-Identifier: MIT */
/*
 * A contest: several arms that do the same, sampled in turn, round by round, so that
 * what slows the machine down for a while slows all of them.
 */
#ifndef BENCH_CONTEST_H
#define BENCH_CONTEST_H

#include "arms.h"
#include "counters.h"
#include "layout_arm.h"

#define MOST_CONTENDERS 16

struct contender {
	char name[32];
	struct arm arm;	     /* nr_ops is chosen by the contest, from 1 */
	uint32_t nr_per_op;  /* what ns are given for in each of nr_ops; 0: 1 */
	bool is_fixed;	     /* leave nr_ops alone */
	uint64_t size_bytes; /* of the memory in use; 0: not told */

	struct samples samples;
	struct summary summary;
	struct interval ratio; /* to the first one's; 0 to INFINITY: too few samples */
	bool has_counters;
	double counters[NR_COUNTERS]; /* per operation */
};

struct contest {
	const char *name;
	char note[112];
	char per[24]; /* "access": what the ns are given for */
	uint32_t nr_threads;
	const struct layout_job *job; /* of a contest of layouts, else NULL */
	size_t nr;
	struct contender contenders[MOST_CONTENDERS];
};

/*
 * Warm up, choose nr_ops, take samples until about budget_ns are over, compute all
 * figures. counters may be NULL: none are read. 0, or -1 when a sample failed; then
 * *failed is the contender.
 */
int contest_run(struct contest *contest, uint64_t budget_ns, struct counters *counters,
		const struct contender **failed);

#endif
