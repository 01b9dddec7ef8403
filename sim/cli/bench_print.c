// SPDX-License-Identifier: MIT
/*
 * Contests as text: a line per contender with a bar, and beside figures of several
 * threads what the host's CPUs have to do with it.
 */
#include "bench.h"

#include <math.h>
#include <string.h>

#include "compiler.h"
#include "term.h"

#define BAR_COLUMNS 20

/* Sanitized, or not optimised. */
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || BUILT_WITH_TSAN
#define IS_SLOWED 1
#else
#define IS_SLOWED 0
#endif

/* A time with three digits or so, in the unit that suits it. */
static const char *time_text(char text[16], double ns)
{
	static const struct {
		double below, unit;
		const char *name;
	} units[] = { { 1e3, 1, "ns" }, { 1e6, 1e3, "us" }, { 1e9, 1e6, "ms" }, { 0, 1e9, "s" } };
	size_t i = 0;

	while (units[i].below && ns >= units[i].below)
		i++;
	ns /= units[i].unit;
	snprintf(text, 16, "%.*f %s", ns < 10 ? 2 : ns < 100 ? 1 : 0, ns, units[i].name);
	return text;
}

/* 1.042x, 0.25x, 57x, 1/120 */
static const char *ratio_text(char text[16], double ratio)
{
	if (ratio < 0.1)
		snprintf(text, 16, "1/%.0f", 1 / ratio);
	else
		snprintf(text, 16, "%.*fx",
			 ratio >= 10			? 0
			 : ratio > 0.95 && ratio < 1.05 ? 3
							: 2,
			 ratio);
	return text;
}

static double slowest(const struct contest *contest)
{
	double most = 0;

	for (size_t i = 0; i < contest->nr; i++) {
		if (contest->contenders[i].summary.median > most)
			most = contest->contenders[i].summary.median;
	}
	return most;
}

static void print_bar(double fraction)
{
	unsigned int nr = (unsigned int)(fraction * BAR_COLUMNS + 0.5);

	if (!nr)
		nr = 1;
	if (nr > BAR_COLUMNS)
		nr = BAR_COLUMNS;
	printf("  %s", colours->cyan);
	repeat_text(glyphs->full, nr);
	printf("%s%*s", colours->off, (int)(BAR_COLUMNS - nr), "");
}

static void print_ratio(const struct contest *contest, size_t i)
{
	const struct interval *interval = &contest->contenders[i].ratio;
	char ratio[16], low[16], high[16], range[40];

	if (!i) {
		printf("  %-28s", "1, what others are set against");
		return;
	}
	if (!is_difference(interval)) {
		printf("  %-30s", isinf(interval->high) ? "too few samples" : "no difference");
		return;
	}
	snprintf(range, sizeof(range), "(%s to %s)", ratio_text(low, interval->low),
		 ratio_text(high, interval->high));
	printf("  %s%-7s%s %-22s", interval->ratio > 1 ? colours->red : colours->green,
	       ratio_text(ratio, interval->ratio), colours->off, range);
}

static void print_counters(const struct contender *contender)
{
	if (contender->has_counters)
		printf("  %.1f cycles, %.1f instructions, %.3f misses",
		       contender->counters[COUNTER_CYCLES],
		       contender->counters[COUNTER_INSTRUCTIONS],
		       contender->counters[COUNTER_CACHE_MISSES]);
}

static void print_contender(const struct contest *contest, size_t i, int name_columns)
{
	const struct contender *contender = &contest->contenders[i];
	const struct summary *s = &contender->summary;
	char time[16], samples[32], size[SIZE_TEXT] = "";

	if (!s->nr) {
		printf("  %-*s  no figure: the threads lost their CPUs in all %zu samples\n",
		       name_columns, contender->name, s->nr_dropped);
		return;
	}
	printf("  %-*s %9s %3.0f%%", name_columns, contender->name, time_text(time, s->median),
	       s->median > 0 ? s->mad / s->median * 100 : 0);
	print_bar(s->median / slowest(contest));
	print_ratio(contest, i);
	snprintf(samples, sizeof(samples), s->nr_dropped ? "%zu-%zu" : "%zu", s->nr, s->nr_dropped);
	printf(" %8s", samples);
	if (contender->size_bytes)
		printf(" %9s", size_text(size, (double)contender->size_bytes));
	print_counters(contender);
	putchar('\n');
}

static int longest_name(const struct contest *contest)
{
	size_t longest = 12;

	for (size_t i = 0; i < contest->nr; i++) {
		if (strlen(contest->contenders[i].name) > longest)
			longest = strlen(contest->contenders[i].name);
	}
	return (int)longest;
}

void bench_print_contest(const struct bench *bench, const struct contest *contest)
{
	int name_columns = longest_name(contest);

	print_title("%s: %s", contest->name, contest->note);
	printf("  %s%-*s %9s %4s  %-*s  %-30s %8s%s%s\n", colours->dim, name_columns, "", "ns per",
	       "MAD", BAR_COLUMNS, contest->per, "ratio (95 % interval)", "samples",
	       contest->contenders[0].size_bytes ? "    memory" : "", colours->off);
	for (size_t i = 0; i < contest->nr; i++)
		print_contender(contest, i, name_columns);
	if (contest->nr_threads > 1 && bench->trips.is_measured)
		printf("  %s\n", bench->trips.text);
	fflush(stdout);
}

void bench_print_head(const struct bench *bench)
{
	printf("%s\n", bench->machine);
	if (IS_SLOWED)
		puts("This pcasim is built for finding bugs: figures are not those of a release.");
	if (bench->counters_err)
		printf("Counters of cycles, instructions and misses: not available here (%s)\n",
		       strerror(-bench->counters_err));
	if (bench->kernel_err)
		printf("bpf(2) is not permitted here (%s): the rows of Linux are left out\n",
		       strerror(bench->kernel_err));
	puts("Medians per operation, their median absolute deviation; ratios to the first line;\n"
	     "samples, and after a - those dropped since a thread lost its CPU.");
	fflush(stdout);
}

void bench_print_end(const struct bench *bench)
{
	if (bench->nr_skipped)
		printf("\n%zu of %zu skipped: see above\n", bench->nr_skipped, bench->nr_all);
}

void bench_print_names(void)
{
	puts("What can be measured:");
	for (int i = 0; i < NR_BENCH_NAMES; i++)
		printf("  %-14s %s\n", bench_names[i].name, bench_names[i].summary);
	puts("\nLayouts:");
	for (size_t i = 0; layout_at(i); i++)
		printf("  %-14s %s\n", layout_at(i)->name, layout_at(i)->summary);
	printf("  %-14s %s\n", "linux", "this host's kernel: programs on PERCPU_ARRAY and ARRAY");
	puts("\nStreams of keys:");
	printf(" ");
	for (unsigned int i = 0; stream_name(i); i++)
		printf(" %s", stream_name(i));
	putchar('\n');
}
