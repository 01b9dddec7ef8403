/* SPDX-License-Identifier: MIT */
/*
 * A set of samples and what is said about it: the median, and as the spread the
 * median absolute deviation (MAD), neither of which an interrupt can move.
 */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* A ratio and the 95 % interval around it. */
struct interval {
	double ratio, low, high;
};

/*
 * The ratio of the medians a / b, with an interval from nr_resamples draws with
 * replacement from either set, the same draws each time (percentile bootstrap). All
 * zero when one of the sets is empty or b's median is 0.
 */
struct interval bootstrap_ratio(const struct samples *a, const struct samples *b,
				uint32_t nr_resamples);

/* false: the samples do not tell the two apart. */
static inline bool is_difference(const struct interval *interval)
{
	return interval->ratio > 0 && (interval->low > 1 || interval->high < 1);
}

/* Sorts the samples. All zero when there are none. */
struct summary summarize(struct samples *samples);

/*
 * Between which two of the sorted samples the median of all that might have been taken
 * lies, with 95 %, whatever their distribution (binomial, approximated). In *ratio is the
 * samples' own median. Six samples at least; else low is 0 and high INFINITY.
 */
struct interval median_interval(const struct samples *sorted);

#endif
