// SPDX-License-Identifier: MIT
/*
 * Figures of contests in words: what terminal and page have in common.
 */
#include "bench.h"

#include <math.h>
#include <string.h>

#include "compiler.h"

/* Sanitized, or not optimised. */
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || BUILT_WITH_TSAN
#define IS_SLOWED 1
#else
#define IS_SLOWED 0
#endif

/* Three digits or so, in the unit that suits it. */
const char *time_text(char text[BENCH_TEXT], double ns)
{
	static const struct {
		double below, unit;
		const char *name;
	} units[] = { { 1e3, 1, "ns" }, { 1e6, 1e3, "us" }, { 1e9, 1e6, "ms" }, { 0, 1e9, "s" } };
	size_t i = 0;

	while (units[i].below && ns >= units[i].below)
		i++;
	ns /= units[i].unit;
	snprintf(text, BENCH_TEXT, "%.*f %s", ns < 10 ? 2 : ns < 100 ? 1 : 0, ns, units[i].name);
	return text;
}

/* Whole ns: there is no more to a round trip. Of CPUs that take turns it may be long. */
const char *trip_text(char text[BENCH_TEXT], double ns)
{
	if (ns >= 1e3)
		return time_text(text, ns);
	snprintf(text, BENCH_TEXT, "%.0f ns", ns);
	return text;
}

const char *ratio_text(char text[BENCH_TEXT], double ratio)
{
	if (ratio < 0.1)
		snprintf(text, BENCH_TEXT, "1/%.0f", 1 / ratio);
	else
		snprintf(text, BENCH_TEXT, "%.*fx",
			 ratio >= 10			? 0
			 : ratio > 0.95 && ratio < 1.05 ? 3
							: 2,
			 ratio);
	return text;
}

const char *verdict_text(char text[BENCH_TEXT], const struct contest *contest, size_t index)
{
	const struct interval *interval = &contest->contenders[index].ratio;

	if (index && is_difference(interval))
		return ratio_text(text, interval->ratio);
	snprintf(text, BENCH_TEXT, "%s",
		 !index			 ? "1, what others are set against"
		 : isinf(interval->high) ? "too few samples"
					 : "no difference");
	return text;
}

const char *interval_text(char text[BENCH_TEXT], const struct interval *interval)
{
	char low[BENCH_TEXT], high[BENCH_TEXT];

	snprintf(text, BENCH_TEXT, "(%.16s to %.16s)", ratio_text(low, interval->low),
		 ratio_text(high, interval->high));
	return text;
}

const char *samples_text(char text[BENCH_TEXT], const struct summary *summary)
{
	snprintf(text, BENCH_TEXT, summary->nr_dropped ? "%zu-%zu" : "%zu", summary->nr,
		 summary->nr_dropped);
	return text;
}

const char *counters_text(char text[2 * BENCH_TEXT], const struct contender *contender)
{
	snprintf(text, 2 * BENCH_TEXT, "%.1f cycles, %.1f instructions, %.3f misses",
		 contender->counters[COUNTER_CYCLES], contender->counters[COUNTER_INSTRUCTIONS],
		 contender->counters[COUNTER_CACHE_MISSES]);
	return text;
}

double slowest_median(const struct contest *contest)
{
	double most = 0;

	for (size_t i = 0; i < contest->nr; i++) {
		if (contest->contenders[i].summary.median > most)
			most = contest->contenders[i].summary.median;
	}
	return most;
}

static void no_counters(const struct bench *bench, char text[160])
{
	snprintf(text, 160, "Counters of cycles, instructions and misses: not available here (%s)",
		 strerror(-bench->counters_err));
}

static void no_kernel(const struct bench *bench, char text[160])
{
	snprintf(text, 160, "bpf(2) is not permitted here (%s): the rows of Linux are left out",
		 strerror(bench->kernel_err));
}

static void is_slowed(const struct bench *bench, char text[160])
{
	(void)bench;
	snprintf(text, 160,
		 "This pcasim is built for finding bugs: figures are not those of a "
		 "release.");
}

const char *bench_head_line(const struct bench *bench, size_t index, char text[160])
{
	const struct {
		bool is_so;
		void (*tell)(const struct bench *bench, char text[160]);
	} lines[] = {
		{ IS_SLOWED, is_slowed },
		{ bench->counters_err, no_counters },
		{ bench->kernel_err, no_kernel },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!lines[i].is_so || index--)
			continue;
		lines[i].tell(bench, text);
		return text;
	}
	return NULL;
}
