// SPDX-License-Identifier: MIT
/*
 * What the line charts show. A point is a contest whose job is the usual one but for
 * what its axis changes.
 */
#include "bench_charts.h"

#include <math.h>

#include "term.h"

#define MOST_MODELLED_CPUS 1024

/* The same colour in all reports, whatever was asked for. */
static unsigned int hue_of(const struct layout *layout)
{
	for (unsigned int i = 0; layout_at(i); i++) {
		if (layout_at(i) == layout)
			return i % SVG_HUES;
	}
	return 0;
}

static void begin(struct chart *chart, const struct bench *bench)
{
	*chart = (struct chart){ .nr_lines = bench->args->nr_layouts };
	for (size_t j = 0; j < chart->nr_lines; j++) {
		const struct layout *layout = bench->args->layouts[j];
		struct chart_line *line = &chart->lines[j];

		line->name = layout->name;
		line->hue = hue_of(layout);
		line->is_bold = !j;
		line->is_dashed = layout->sync != LAYOUT_OWN;
		for (size_t i = 0; i < CHART_MOST_POINTS; i++)
			line->y[i] = line->low[i] = line->high[i] = NAN;
	}
}

/* Behind the layouts' lines those of the kernel's maps. */
static void begin_with_kernel(struct chart *chart, const struct bench *bench)
{
	const char *name;

	begin(chart, bench);
	for (size_t j = 0; (name = bench_kernel_name(bench, j)); j++) {
		struct chart_line *line = &chart->lines[chart->nr_lines++];

		*line = chart->lines[0];
		line->name = name;
		line->hue = SVG_HUES - 1 - (unsigned int)j;
		line->is_bold = false;
		line->is_dashed = j;
	}
}

/* The contest with this job; NULL: there was none, or it was skipped. */
static const struct bench_kept *find(const struct bench *bench, const struct layout_job *job)
{
	for (const struct bench_kept *kept = bench->kept; kept; kept = kept->next) {
		if (!*kept->skipped && kept->contest.job && layout_job_is_same(&kept->job, job))
			return kept;
	}
	return NULL;
}

/* A point of all lines, in ns. Contenders are in the order of the lines. */
static void add_point(struct chart *chart, double x, const struct bench_kept *kept)
{
	size_t i = chart->nr_points;

	if (!kept || i == CHART_MOST_POINTS)
		return;
	chart->x[i] = x;
	chart->nr_points++;
	for (size_t j = 0; j < kept->contest.nr; j++) {
		const struct contender *contender = &kept->contest.contenders[j];
		const struct interval interval = median_interval(&contender->samples);

		if (!contender->summary.nr)
			continue;
		chart->lines[j].y[i] = contender->summary.median;
		if (isinf(interval.high))
			continue;
		chart->lines[j].low[i] = interval.low;
		chart->lines[j].high[i] = interval.high;
	}
	if (kept->trips.is_measured)
		trip_text(chart->notes[i], kept->trips.shortest_ns);
}

static const char trips_title[] = "a cache line to another CPU and back takes";

/* --- against threads --------------------------------------------------------------------- */

static const char *rate_text(char text[CHART_TEXT], double millions)
{
	if (millions >= 1000)
		snprintf(text, CHART_TEXT, "%.*f G/s", millions < 10000 ? 2 : 1, millions / 1000);
	else
		snprintf(text, CHART_TEXT, "%.*f M/s",
			 millions < 10	  ? 2
			 : millions < 100 ? 1
					  : 0,
			 millions);
	return text;
}

/* A time of one thread becomes what so many do in a second. */
static void turn_into_rates(struct chart *chart, size_t i, double nr_threads)
{
	for (size_t j = 0; j < chart->nr_lines; j++) {
		struct chart_line *line = &chart->lines[j];
		double low = line->low[i];

		line->y[i] = 1e3 * nr_threads / line->y[i];
		line->low[i] = 1e3 * nr_threads / line->high[i];
		line->high[i] = 1e3 * nr_threads / low;
	}
}

void bench_chart_threads(struct chart *chart, const struct bench *bench, int workload)
{
	bool is_reader = workload == LAYOUT_READ_SUM;

	begin_with_kernel(chart, bench);
	chart->x_title = "threads";
	chart->y_title = is_reader ? "sums a second, of the one that reads (logarithmic)"
				   : "operations a second, of all threads (logarithmic)";
	chart->notes_title = trips_title;
	chart->y_text = rate_text;
	for (uint32_t nr = 1; nr <= bench->nr_cpus; nr++) {
		struct layout_job job = bench_usual_job(bench, workload, nr);

		add_point(chart, nr, find(bench, &job));
	}
	for (size_t i = 0; i < chart->nr_points; i++)
		turn_into_rates(chart, i, is_reader ? 1 : chart->x[i]);
}

/* --- against keys ------------------------------------------------------------------------ */

static const char *ns_text(char text[CHART_TEXT], double ns)
{
	return time_text(text, ns);
}

void bench_chart_keys(struct chart *chart, const struct bench *bench, int workload,
		      uint32_t nr_threads)
{
	struct layout_job job = bench_usual_job(bench, workload, nr_threads);

	begin_with_kernel(chart, bench);
	chart->x_title = "keys";
	chart->y_title = workload == LAYOUT_UPDATE ? "time per update (logarithmic)"
						   : "time per access (logarithmic)";
	chart->notes_title = nr_threads > 1 ? trips_title : NULL;
	chart->y_text = ns_text;
	for (uint32_t nr = 1; nr <= BENCH_MOST_KEYS; nr *= 2) {
		job.shape.nr_keys = nr;
		add_point(chart, nr, find(bench, &job));
	}
}

/* --- memory ------------------------------------------------------------------------------ */

static const char *bytes_text(char text[CHART_TEXT], double bytes)
{
	return size_text(text, bytes);
}

void bench_chart_memory(struct chart *chart, const struct bench *bench, int workload)
{
	struct layout_shape shape = bench_usual_job(bench, workload, 1).shape;

	begin(chart, bench);
	chart->x_title = "CPUs";
	chart->y_title = "memory (logarithmic)";
	chart->y_text = bytes_text;
	chart->has_binary_y = true;
	for (uint32_t nr = 1; nr <= MOST_MODELLED_CPUS; nr *= 2) {
		shape.nr_cpus = nr;
		chart->x[chart->nr_points] = nr;
		for (size_t j = 0; j < chart->nr_lines; j++)
			chart->lines[j].y[chart->nr_points] =
				(double)bench->args->layouts[j]->size_bytes(&shape);
		chart->nr_points++;
	}
}

/* --- how far apart ----------------------------------------------------------------------- */

void bench_trips_text(const struct bench *bench, char *text, size_t size)
{
	const struct bench_trips *least = NULL, *most = NULL;
	char shortest[BENCH_TEXT], longest[BENCH_TEXT];

	for (const struct bench_kept *kept = bench->kept; kept; kept = kept->next) {
		if (!kept->contest.job || !kept->trips.is_measured)
			continue;
		if (!least || kept->trips.shortest_ns < least->shortest_ns)
			least = &kept->trips;
		if (!most || kept->trips.shortest_ns > most->shortest_ns)
			most = &kept->trips;
	}
	*text = '\0';
	if (!least)
		return;
	trip_text(shortest, least->shortest_ns);
	trip_text(longest, most->shortest_ns);
	if (least->meaning == most->meaning)
		snprintf(text, size,
			 "After the contests of several threads, a cache line took %s to %s to "
			 "another CPU and back: %s.",
			 shortest, longest, pingpong_text(least->meaning));
	else
		snprintf(text, size,
			 "How far apart the CPUs are has changed during this run, so compare only "
			 "contests with similar times: after some, a cache line took %s to another "
			 "CPU and back (%s), after others up to %s (%s).",
			 shortest, pingpong_text(least->meaning), longest,
			 pingpong_text(most->meaning));
}
