// SPDX-License-Identifier: MIT
/*
 * Contests as text: a line per contender with a bar, and beside figures of several
 * threads what the host's CPUs have to do with it.
 */
#include "bench.h"

#include <string.h>

#include "term.h"

#define BAR_COLUMNS 20

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
	char verdict[BENCH_TEXT], range[BENCH_TEXT];

	verdict_text(verdict, contest, i);
	if (!i)
		printf("  %-28s", verdict);
	else if (!is_difference(interval))
		printf("  %-30s", verdict);
	else
		printf("  %s%-7s%s %-22s", interval->ratio > 1 ? colours->red : colours->green,
		       verdict, colours->off, interval_text(range, interval));
}

static void print_contender(const struct contest *contest, size_t i, int name_columns)
{
	const struct contender *contender = &contest->contenders[i];
	const struct summary *s = &contender->summary;
	char time[BENCH_TEXT], samples[BENCH_TEXT], size[SIZE_TEXT], counters[2 * BENCH_TEXT];

	if (!s->nr) {
		printf("  %-*s  no figure: the threads lost their CPUs in all %zu samples\n",
		       name_columns, contender->name, s->nr_dropped);
		return;
	}
	printf("  %-*s %9s %3.0f%%", name_columns, contender->name, time_text(time, s->median),
	       s->median > 0 ? s->mad / s->median * 100 : 0);
	print_bar(s->median / slowest_median(contest));
	print_ratio(contest, i);
	printf(" %8s", samples_text(samples, s));
	if (contender->size_bytes)
		printf(" %9s", size_text(size, (double)contender->size_bytes));
	if (contender->has_counters)
		printf("  %s", counters_text(counters, contender));
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
	char text[160];

	printf("%s\n", bench->machine);
	for (size_t i = 0; bench_head_line(bench, i, text); i++)
		puts(text);
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
