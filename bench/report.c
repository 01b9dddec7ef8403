// SPDX-License-Identifier: MIT
#include "report.h"

#include <string.h>

/* As they follow a row. */
static const char *const verdict_words[] = {
	[VERDICT_GOAL] = " goal", [VERDICT_PASS] = " pass", [VERDICT_MISSED] = " short of goal",
	[VERDICT_FAIL] = " FAIL", [VERDICT_REPORT] = "",    [VERDICT_SKIPPED] = " skipped",
};

/* How much a run was disturbed: the product moves with either arm's time. */
static double slowness(const struct figures *figures)
{
	return figures->ours.median * (figures->ratio ? figures->theirs.median : 1);
}

static int best_run(const struct matrix *matrix, size_t row, int nr_runs)
{
	const struct figures *runs = matrix->figures[row];
	int best = 0;

	for (int i = 1; i < nr_runs; i++) {
		if (slowness(&runs[i]) < slowness(&runs[best]))
			best = i;
	}
	return best;
}

static double worst_ratio(const struct matrix *matrix, size_t row, int nr_runs)
{
	double worst = 0;

	for (int i = 0; i < nr_runs; i++) {
		if (matrix->figures[row][i].ratio > worst)
			worst = matrix->figures[row][i].ratio;
	}
	return worst;
}

static enum verdict verdict_of(double measured, double bar, double goal)
{
	if (bar && measured > bar)
		return VERDICT_FAIL;
	if (goal)
		return measured <= goal ? VERDICT_GOAL : bar ? VERDICT_PASS : VERDICT_MISSED;
	return bar ? VERDICT_PASS : VERDICT_REPORT;
}

enum verdict row_verdict(const struct matrix *matrix, size_t i, int nr_runs)
{
	const struct row *row = &matrix->rows[i];
	const struct figures *best = &matrix->figures[i][best_run(matrix, i, nr_runs)];

	if (row->bar_ns || row->goal_ns)
		return best->ours.nr ? verdict_of(best->ours.median, row->bar_ns, row->goal_ns)
				     : VERDICT_SKIPPED;
	if ((row->bar || row->goal) && !best->ratio)
		return VERDICT_SKIPPED;
	return verdict_of(best->ratio, row->bar, row->goal);
}

enum verdict creation_verdict(const struct matrix *matrix)
{
	return verdict_of((double)matrix->map_rss_bytes, MAP_RSS_BAR, 0);
}

/* A time with three digits or so, in the unit that suits it. */
static const char *time_text(char *text, size_t size, double ns)
{
	if (ns < 1000)
		snprintf(text, size, "%.*f ns", ns < 10 ? 2 : ns < 100 ? 1 : 0, ns);
	else if (ns < 1e6)
		snprintf(text, size, "%.*f us", ns < 1e4 ? 2 : ns < 1e5 ? 1 : 0, ns / 1e3);
	else
		snprintf(text, size, "%.1f ms", ns / 1e6);
	return text;
}

/* A ratio as people say it: 1.04x, or 1/120. */
static const char *ratio_text(char *text, size_t size, double ratio)
{
	if (!ratio)
		snprintf(text, size, "-");
	else if (ratio < 0.1)
		snprintf(text, size, "1/%.0f", 1 / ratio);
	else
		snprintf(text, size, "%.2fx", ratio);
	return text;
}

/* A row's bar or goal: a ratio, or a time. */
static const char *limit_text(char *text, size_t size, double ratio, double ns)
{
	if (!ns)
		return ratio_text(text, size, ratio);
	return time_text(text, size, ns);
}

static int mad_percent(const struct summary *s)
{
	return s->median ? (int)(s->mad / s->median * 100 + 0.5) : 0;
}

static void print_arm(FILE *out, const struct summary *s)
{
	char time[32], samples[32];

	snprintf(samples, sizeof(samples), s->nr_dropped ? "%zu-%zu" : "%zu", s->nr, s->nr_dropped);
	fprintf(out, " %9s %3d%% %7s", time_text(time, sizeof(time), s->median), mad_percent(s),
		samples);
}

static void print_row(FILE *out, const struct matrix *matrix, size_t i, int nr_runs)
{
	const struct row *row = &matrix->rows[i];
	const struct figures *best = &matrix->figures[i][best_run(matrix, i, nr_runs)];
	char ratio[16], worst[16], bar[16], goal[16];

	if (row->why_not) {
		fprintf(out, "%-26s %-27s skipped: %s\n", row->name, row->note, row->why_not);
		return;
	}
	fprintf(out, "%-26s %-27s", row->name, row->note);
	print_arm(out, &best->ours);
	if (best->theirs.nr) {
		fprintf(out, "  %-11s", row->theirs.name);
		print_arm(out, &best->theirs);
	} else {
		fprintf(out, "  %-11s %9s %4s %7s", row->bar ? "no bpf(2)" : "-", "", "", "");
	}
	fprintf(out, " %7s %7s %8s %8s%s\n", ratio_text(ratio, sizeof(ratio), best->ratio),
		ratio_text(worst, sizeof(worst), worst_ratio(matrix, i, nr_runs)),
		limit_text(goal, sizeof(goal), row->goal, row->goal_ns),
		limit_text(bar, sizeof(bar), row->bar, row->bar_ns),
		verdict_words[row_verdict(matrix, i, nr_runs)]);
}

static void print_kernel_err(FILE *out, int err)
{
	if (err)
		fprintf(out,
			"\nbpf(2) is not permitted here (%s): absolute figures only, and bars\n"
			"against Linux are skipped. Run as root for the comparison.\n",
			strerror(err));
}

void report_table(FILE *out, const struct matrix *matrix, int nr_runs, const char *machine)
{
	fprintf(out, "%s\n", machine);
	fprintf(out,
		"Of %d run%s the quietest, row by row. Medians per operation, their median\n"
		"absolute deviation, and samples (-dropped, since the thread was preempted).\n"
		"goal: it is reached; pass: the bar holds; FAIL: it does not.\n\n",
		nr_runs, nr_runs == 1 ? "" : "s");
	fprintf(out, "%-26s %-27s %9s %4s %7s  %-11s %9s %4s %7s %7s %7s %8s %8s\n", "", "",
		"pcasim", "MAD", "N", "against", "", "MAD", "N", "ratio", "worst", "goal", "bar");
	for (size_t i = 0; i < matrix->nr_rows; i++)
		print_row(out, matrix, i, nr_runs);
	fprintf(out, "\nmemory that a new map of 65536 x 8 bytes takes: %.1f KiB, bar %d KiB:%s\n",
		(double)matrix->map_rss_bytes / 1024, MAP_RSS_BAR / 1024,
		verdict_words[creation_verdict(matrix)]);
	if (matrix->ping_pong_ns)
		fprintf(out, "a cache line to the other CPU and back: %.0f ns\n",
			matrix->ping_pong_ns);
	print_kernel_err(out, matrix->kernel_err);
}

static void json_summary(FILE *out, const char *key, const struct summary *s)
{
	fprintf(out, ", \"%s\": ", key);
	if (s->nr)
		fprintf(out,
			"{\"median_ns\": %.4f, \"mad_ns\": %.4f, \"samples\": %zu, \"dropped\": "
			"%zu}",
			s->median, s->mad, s->nr, s->nr_dropped);
	else
		fprintf(out, "null");
}

static void json_ratio(FILE *out, const char *key, double ratio)
{
	if (ratio)
		fprintf(out, ", \"%s\": %.6f", key, ratio);
	else
		fprintf(out, ", \"%s\": null", key);
}

static void json_row(FILE *out, const struct matrix *matrix, size_t i, int nr_runs)
{
	static const char *const words[] = {
		"goal", "pass", "missed", "fail", "report", "skipped"
	};
	const struct row *row = &matrix->rows[i];
	int best = best_run(matrix, i, nr_runs);

	fprintf(out, "\t\t{\"name\": \"%s\", \"note\": \"%s\", \"against\": \"%s\"", row->name,
		row->note, row->theirs.name ? row->theirs.name : "");
	json_ratio(out, "goal", row->goal);
	json_ratio(out, "bar", row->bar);
	json_ratio(out, "goal_ns", row->goal_ns);
	json_ratio(out, "bar_ns", row->bar_ns);
	json_ratio(out, "ratio", matrix->figures[i][best].ratio);
	fprintf(out, ", \"verdict\": \"%s\", \"best_run\": %d,\n\t\t \"runs\": [\n",
		words[row_verdict(matrix, i, nr_runs)], best + 1);
	for (int run = 0; run < nr_runs; run++) {
		const struct figures *f = &matrix->figures[i][run];

		fprintf(out, "\t\t\t{\"run\": %d", run + 1);
		json_ratio(out, "ratio", f->ratio);
		json_summary(out, "ours", &f->ours);
		json_summary(out, "theirs", &f->theirs);
		fprintf(out, "}%s\n", run + 1 < nr_runs ? "," : "");
	}
	fprintf(out, "\t\t ]}%s\n", i + 1 < matrix->nr_rows ? "," : "");
}

void report_json(FILE *out, const struct matrix *matrix, int nr_runs, const char *machine)
{
	fprintf(out, "{\n\t\"machine\": \"%s\",\n\t\"bpf_permitted\": %s,\n", machine,
		matrix->kernel_err ? "false" : "true");
	fprintf(out, "\t\"map_rss_bytes\": %llu,\n\t\"ping_pong_ns\": %.1f,\n\t\"rows\": [\n",
		(unsigned long long)matrix->map_rss_bytes, matrix->ping_pong_ns);
	for (size_t i = 0; i < matrix->nr_rows; i++)
		json_row(out, matrix, i, nr_runs);
	fprintf(out, "\t]\n}\n");
}
