// SPDX-License-Identifier: MIT
#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, size_t nr)
{
	qsort(v, nr, sizeof(*v), compare);
	return nr % 2 ? v[nr / 2] : (v[nr / 2 - 1] + v[nr / 2]) / 2;
}

struct summary summarize(struct samples *samples)
{
	struct summary s = { .nr = samples->nr, .nr_dropped = samples->nr_dropped };
	double deviations[MOST_SAMPLES];

	if (!s.nr)
		return s;
	s.median = median(samples->ns, s.nr);
	for (size_t i = 0; i < s.nr; i++)
		deviations[i] = fabs(samples->ns[i] - s.median);
	s.mad = median(deviations, s.nr);
	return s;
}

#define FEWEST_FOR_MEDIAN 6 /* of five, the smallest and the largest have it with 94 % */

struct interval median_interval(const struct samples *sorted)
{
	size_t nr = sorted->nr, rank;
	struct interval interval = { .low = 0, .high = INFINITY };

	if (!nr)
		return interval;
	interval.ratio = (sorted->ns[(nr - 1) / 2] + sorted->ns[nr / 2]) / 2;
	if (nr < FEWEST_FOR_MEDIAN)
		return interval;
	/* How many samples are below the median is binomial: nr / 2, give or take. */
	rank = (size_t)lround(((double)nr - 1.96 * sqrt((double)nr)) / 2);
	interval.low = sorted->ns[rank - 1];
	interval.high = sorted->ns[nr - rank];
	return interval;
}

#define MOST_RESAMPLES 2000

/* xorshift64: draws that are the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* The median of as many samples, of which there is one at least, drawn with replacement. */
static double median_of_draw(const struct samples *samples, uint64_t *random)
{
	double draw[MOST_SAMPLES];
	size_t i = 0;

	do
		draw[i] = samples->ns[(next_random(random) >> 11) % samples->nr];
	while (++i < samples->nr);
	return median(draw, samples->nr);
}

static double median_of(const struct samples *samples)
{
	double copy[MOST_SAMPLES];

	memcpy(copy, samples->ns, samples->nr * sizeof(copy[0]));
	return median(copy, samples->nr);
}

struct interval bootstrap_ratio(const struct samples *a, const struct samples *b,
				uint32_t nr_resamples)
{
	static _Thread_local double ratios[MOST_RESAMPLES];
	uint64_t random = 88172645463325252;
	struct interval interval = { 0 };
	uint32_t tail;

	if (!a->nr || !b->nr || !(median_of(b) > 0))
		return interval;
	if (nr_resamples > MOST_RESAMPLES)
		nr_resamples = MOST_RESAMPLES;
	for (uint32_t i = 0; i < nr_resamples; i++) {
		double top = median_of_draw(a, &random);

		ratios[i] = top / median_of_draw(b, &random);
	}
	qsort(ratios, nr_resamples, sizeof(ratios[0]), compare);
	tail = nr_resamples / 40; /* 2.5 % on either side */
	interval.ratio = median_of(a) / median_of(b);
	interval.low = ratios[tail];
	interval.high = ratios[nr_resamples - 1 - tail];
	return interval;
}
