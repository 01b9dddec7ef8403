/* SPDX-License-Identifier: MIT */
/*
 * A set of samples and what is said about it: the median, and as the spread the
 * median absolute deviation (MAD), neither of which an interrupt can move.
 */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>

#define MOST_SAMPLES 401

struct samples {
	double ns[MOST_SAMPLES];
	size_t nr;
	size_t nr_dropped; /* the thread was preempted while they were taken */
};

struct summary {
	double median, mad; /* ns per operation */
	size_t nr, nr_dropped;
};

/* Sorts the samples. All zero when there are none. */
struct summary summarize(struct samples *samples);

#endif
