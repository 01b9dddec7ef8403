// SPDX-License-Identifier: MIT
#include "stats.h"

#include <math.h>
#include <stdlib.h>

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
