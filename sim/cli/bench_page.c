// SPDX-License-Identifier: MIT
/*
 * A run as a page: what measured and how, charts, and the tables of the terminal. A
 * chart for which the run has nothing is left out, with a line that says how to get it.
 */
#include <string.h>

#include <pcasim/bpf.h>

#include "bench_charts.h"
#include "page.h"
#include "setup.h"
#include "term.h"

#define FEWEST_POINTS 2

static const char *name_of(int workload)
{
	return bench_names[workload].name;
}

/* What all points of a chart have in common, of "256 keys, uniform, 8-byte values, work 9". */
static void say_usual(char text[128], const struct bench *bench, int workload, bool has_keys)
{
	struct layout_job job = bench_usual_job(bench, workload, 1);
	char keys[32] = "", work[32] = "";

	if (has_keys)
		snprintf(keys, sizeof(keys), "%u key%s, ", job.shape.nr_keys,
			 plural_s(job.shape.nr_keys));
	if (job.work)
		snprintf(work, sizeof(work), ", work %u", job.work);
	snprintf(text, 128, "%s%s, %u-byte values%s", keys,
		 job.workload == LAYOUT_HISTOGRAM ? "latencies" : stream_name(job.stream),
		 job.shape.value_bytes, work);
}

/* A chart that the run has nothing for. */
struct missing {
	const char *what, *why;
	const char *has_it;  /* arguments of the run that would have it */
	const char *if_what; /* what else that takes, " on more CPUs"; or "" */
};

static void write_missing(FILE *out, const struct missing *missing)
{
	fprintf(out,
		"<p>%s is left out: %s. <code>pcasim bench %s --html FILE</code> has it%s.</p>\n",
		missing->what, missing->why, missing->has_it, missing->if_what);
}

static const char too_disturbed[] = "too few samples were undisturbed";
static const char if_quieter[] = " where less else runs";

static void draw_chart(struct svg *svg, const void *what)
{
	chart_draw(svg, what);
}

static int write_chart(FILE *out, const struct chart *chart, const char *title, const char *caption)
{
	const struct page_figure figure = {
		title,
		"A line for each layout, on two logarithmic axes; the table below has the figures.",
		caption,
		draw_chart,
	};

	page_text(out, "h3", title);
	return page_figure(out, &figure, chart);
}

/* --- charts ------------------------------------------------------------------------------ */

#define HOW_TO_READ                                                                           \
	"Whiskers are 95 % intervals of the median, where they are wider than a point. Each " \
	"number is a contest of its own: within one, layouts compare well; from one to the "  \
	"next, the host may have changed."

static int write_threads(FILE *out, const struct bench *bench, int workload)
{
	static const char what[] = "Throughput against threads";
	struct chart chart;
	char title[256], usual[128];

	bench_chart_threads(&chart, bench, workload);
	if (chart_count(&chart) < FEWEST_POINTS) {
		struct missing missing = { what, too_disturbed, name_of(workload), if_quieter };

		if (bench->args->nr_threads) {
			missing.why = "--threads asked for one number of them";
			missing.if_what = "";
		} else if (bench->nr_cpus < 2) {
			missing.why = "this process may use one CPU, and each thread takes one";
			missing.if_what = " on more CPUs";
		}
		write_missing(out, &missing);
		return 0;
	}
	say_usual(usual, bench, workload, true);
	snprintf(title, sizeof(title), "%s: %s, %s", what, name_of(workload), usual);
	return write_chart(out, &chart, title,
			   workload == LAYOUT_READ_SUM
				   ? "One thread reads, the others count. " HOW_TO_READ
				   : "The first thread's rate, times the number of threads; all do "
				     "the same at the same time. " HOW_TO_READ);
}

static int write_keys_of(FILE *out, const struct bench *bench, int workload, uint32_t nr_threads)
{
	static const char what[] = "Cost against number of keys";
	struct chart chart;
	char title[256], usual[128];

	bench_chart_keys(&chart, bench, workload, nr_threads);
	if (chart_count(&chart) < FEWEST_POINTS) {
		write_missing(out, &(struct missing){ what, too_disturbed, name_of(workload),
						      if_quieter });
		return 0;
	}
	say_usual(usual, bench, workload, false);
	snprintf(title, sizeof(title), "%s: %s, %u thread%s, %s", what, name_of(workload),
		 nr_threads, plural_s(nr_threads), usual);
	return write_chart(
		out, &chart, title,
		nr_threads > 1 ? "Few keys share few lines. What padding and copies take of the "
				 "caches shows to the right. " HOW_TO_READ
			       : "Nobody shares anything here: what shows is which layout still "
				 "fits into which cache. " HOW_TO_READ);
}

static int write_keys(FILE *out, const struct bench *bench, int workload)
{
	uint64_t asked = bench->args->nr_threads;
	struct missing missing = { "Cost against number of keys", NULL, name_of(workload), "" };
	int err = 0;

	if (!bench_sweeps_keys(workload)) {
		missing.why = "it is made for count and update";
		missing.has_it = name_of(LAYOUT_COUNT);
	} else if (bench->args->nr_keys) {
		missing.why = "--keys asked for one number of them";
	}
	if (missing.why) {
		write_missing(out, &missing);
		return 0;
	}
	if (asked <= 1)
		err = write_keys_of(out, bench, workload, 1);
	if (!err && bench_most_threads(bench) > 1)
		err = write_keys_of(out, bench, workload, bench_most_threads(bench));
	return err;
}

static int write_memory(FILE *out, const struct bench *bench, int workload)
{
	struct layout_shape shape = bench_usual_job(bench, workload, 1).shape;
	struct chart chart;
	char title[128];

	bench_chart_memory(&chart, bench, workload);
	snprintf(title, sizeof(title), "Memory against CPUs: %u key%s, %u-byte values",
		 shape.nr_keys, plural_s(shape.nr_keys), shape.value_bytes);
	return write_chart(
		out, &chart, title,
		"Computed from the layouts, not measured: what they take on machines with "
		"so many CPUs. Dashed lines have one copy for all CPUs.");
}

static int write_heat(FILE *out, const struct bench *bench)
{
	static const struct page_figure figure = {
		"Layouts and workloads",
		"A line for each contest, a column for each layout. The first column has a time, "
		"the others how many times as long theirs is.",
		"The first column has the time; the others how many times as long it takes: = is "
		"no difference, ? too few samples, - none. Where threads are several, the last "
		"column has how long a cache line took to another CPU and back. Point at a cell "
		"for its time and interval.",
		bench_draw_heat,
	};

	page_text(out, "h3", figure.title);
	return page_figure(out, &figure, bench);
}

static bool has_layouts(const struct bench *bench)
{
	for (const struct bench_kept *kept = bench->kept; kept; kept = kept->next) {
		if (kept->contest.job)
			return true;
	}
	return false;
}

static int write_charts(FILE *out, const struct bench *bench)
{
	int workload = bench_charted(bench), err;
	char trips[640];

	fputs("<h2>Charts</h2>\n", out);
	if (workload < 0 || !has_layouts(bench)) {
		write_missing(out, &(struct missing){ "All of it",
						      "no layouts were measured in this run",
						      "count", "" });
		return 0;
	}
	bench_trips_text(bench, trips, sizeof(trips));
	if (*trips)
		page_text(out, "p", trips);
	err = write_threads(out, bench, workload);
	if (!err)
		err = write_keys(out, bench, workload);
	if (!err)
		err = write_heat(out, bench);
	return err ? err : write_memory(out, bench, workload);
}

/* --- tables ------------------------------------------------------------------------------ */

static void write_cell(FILE *out, const char *text)
{
	fputs("<td>", out);
	xml_text(out, text);
	fputs("</td>", out);
}

static void write_ratio(FILE *out, const struct contest *contest, size_t i)
{
	const struct interval *interval = &contest->contenders[i].ratio;
	char verdict[BENCH_TEXT], range[BENCH_TEXT];

	verdict_text(verdict, contest, i);
	if (!i || !is_difference(interval)) {
		fprintf(out, "<td class=\"left\">%s</td>", verdict);
		return;
	}
	fprintf(out, "<td class=\"left\"><span class=\"%s\">%s</span> %s</td>",
		interval->ratio > 1 ? "bad" : "good", verdict, interval_text(range, interval));
}

static void write_figures(FILE *out, const struct contest *contest, size_t i)
{
	const struct contender *contender = &contest->contenders[i];
	const struct summary *s = &contender->summary;
	char time[BENCH_TEXT], mad[BENCH_TEXT], samples[BENCH_TEXT], size[SIZE_TEXT];
	char counters[2 * BENCH_TEXT];

	snprintf(mad, sizeof(mad), "%.0f%%", s->median > 0 ? s->mad / s->median * 100 : 0);
	write_cell(out, time_text(time, s->median));
	write_cell(out, mad);
	fprintf(out, "<td class=\"bar\"><div style=\"width:%.1f%%\"></div></td>",
		s->median / slowest_median(contest) * 100);
	write_ratio(out, contest, i);
	write_cell(out, samples_text(samples, s));
	if (contender->size_bytes)
		write_cell(out, size_text(size, (double)contender->size_bytes));
	if (contender->has_counters)
		write_cell(out, counters_text(counters, contender));
}

static void write_row(FILE *out, const struct contest *contest, size_t i)
{
	const struct contender *contender = &contest->contenders[i];

	fputs("<tr><th scope=\"row\">", out);
	xml_text(out, contender->name);
	fputs("</th>", out);
	if (contender->summary.nr)
		write_figures(out, contest, i);
	else
		fprintf(out,
			"<td class=\"left\" colspan=\"6\">no figure: the threads lost their CPUs "
			"in "
			"all %zu samples</td>",
			contender->summary.nr_dropped);
	fputs("</tr>\n", out);
}

static bool has_counters(const struct contest *contest)
{
	for (size_t i = 0; i < contest->nr; i++) {
		if (contest->contenders[i].has_counters)
			return true;
	}
	return false;
}

static void write_table(FILE *out, const struct bench_kept *kept)
{
	const struct contest *contest = &kept->contest;
	char title[160];

	snprintf(title, sizeof(title), "%s: %s", contest->name, contest->note);
	page_text(out, "h3", title);
	page_begin_wide(out, title);
	fprintf(out,
		"<table>\n<thead><tr><th></th><th scope=\"col\">per %s</th><th "
		"scope=\"col\">MAD</th>"
		"<th class=\"bar\"></th><th scope=\"col\" class=\"left\">ratio (95 %% "
		"interval)</th>"
		"<th scope=\"col\">samples</th>%s%s</tr></thead>\n<tbody>\n",
		contest->per,
		contest->contenders[0].size_bytes ? "<th scope=\"col\">memory</th>" : "",
		has_counters(contest) ? "<th scope=\"col\">counters</th>" : "");
	for (size_t i = 0; i < contest->nr; i++)
		write_row(out, contest, i);
	fputs("</tbody>\n</table>\n", out);
	page_end_wide(out);
	if (kept->trips.is_measured)
		page_text(out, "p", kept->trips.text);
}

/* The tables of one name can be folded away. */
static void write_tables(FILE *out, const struct bench *bench)
{
	const char *name = NULL;

	fputs("<h2>Tables</h2>\n"
	      "<p>As on the terminal: medians per operation, their median absolute deviation "
	      "(MAD), ratios to the first line; samples, and after a - those that were dropped."
	      "</p>\n",
	      out);
	for (const struct bench_kept *kept = bench->kept; kept; kept = kept->next) {
		if (*kept->skipped)
			continue;
		if (!name || strcmp(name, kept->contest.name) != 0) {
			fprintf(out, "%s<details open>\n<summary>%s</summary>\n",
				name ? "</details>\n" : "", kept->contest.name);
			name = kept->contest.name;
		}
		write_table(out, kept);
	}
	fputs(name ? "</details>\n" : "", out);
}

/* --- what measured, and how -------------------------------------------------------------- */

static void write_host(FILE *out, const struct bench *bench)
{
	char text[160];

	fputs("<h2>The machine</h2>\n", out);
	page_text(out, "p", bench->machine);
	for (size_t i = 0; bench_head_line(bench, i, text); i++)
		page_text(out, "p", text);
	for (const struct bench_kept *kept = bench->kept; kept; kept = kept->next) {
		if (*kept->skipped)
			page_text(out, "p", kept->skipped);
	}
	fputs("<h2>The method</h2>\n"
	      "<p>All lines of a table are sampled in turn, round by round, on threads that are "
	      "pinned to CPUs, and a sample in which a thread lost its CPU is dropped. A ratio has "
	      "a 95 % interval from 1000 draws of the samples with replacement, and when that "
	      "includes 1 there is no difference.</p>\n",
	      out);
}

int bench_page_write(FILE *out, const struct bench *bench)
{
	int err;

	page_begin(out, "Layouts of per-CPU values, measured",
		   "What one run of <code>pcasim bench</code> found.");
	write_host(out, bench);
	err = write_charts(out, bench);
	write_tables(out, bench);
	page_end(out);
	if (!err)
		return 0;
	cli_error("the page cannot be written: %s", pca_strerror(err));
	return -1;
}
