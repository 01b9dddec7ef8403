// SPDX-License-Identifier: MIT
/*
 * hotpath: pcasim's hot paths in ratios that hold on any machine, each against a
 * limit or against this host's kernel. docs/performance.md has the method.
 *
 * The two arms of a row are sampled in turn (A/B/A/B), so that what slows the
 * machine down for a while slows both; a sample during which the thread was
 * preempted is dropped and counted. The whole matrix is measured several times and a
 * row's quietest run decides, since noise only ever adds.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "report.h"
#include "rows.h"

#define WARM_UP 3
#define FEWEST_ROUNDS 5
#define ROW_NS 300000000ULL /* of one row in one run */

static int take_both(const struct row *row, struct samples *ours, struct samples *theirs)
{
	int err = arm_take(&row->ours, ours);

	if (!err && row->theirs.name)
		err = arm_take(&row->theirs, theirs);
	return err;
}

static void write_csv(FILE *csv, const struct row *row, int run, const char *side,
		      const struct samples *samples)
{
	for (size_t i = 0; csv && i < samples->nr; i++)
		fprintf(csv, "\"%s\",\"%s\",%s,%d,%s,%.4f\n", row->name, row->note,
			row->theirs.name ? row->theirs.name : "", run + 1, side, samples->ns[i]);
}

static int measure_row(const struct row *row, struct figures *figures, int run, FILE *csv)
{
	static struct samples ours, theirs;
	uint64_t start;
	int err = 0;

	for (int i = 0; i < WARM_UP && !err; i++) {
		ours.nr = theirs.nr = 0;
		err = take_both(row, &ours, &theirs);
	}
	memset(&ours, 0, sizeof(ours));
	memset(&theirs, 0, sizeof(theirs));
	start = now_ns();
	for (int i = 0; i < MOST_SAMPLES && !err; i++) {
		if (i >= FEWEST_ROUNDS && now_ns() - start > ROW_NS)
			break;
		err = take_both(row, &ours, &theirs);
	}
	if (err) {
		fprintf(stderr, "hotpath: %s, %s: a sample failed\n", row->name, row->note);
		return -1;
	}
	write_csv(csv, row, run, "ours", &ours);
	write_csv(csv, row, run, "theirs", &theirs);
	figures->ours = summarize(&ours);
	figures->theirs = summarize(&theirs);
	if (figures->ours.nr && figures->theirs.nr)
		figures->ratio = figures->ours.median / figures->theirs.median;
	return 0;
}

static void show_progress(const struct matrix *matrix, int run, int nr_runs, size_t row)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\rrun %d of %d, row %zu of %zu ", run + 1, nr_runs, row + 1,
			matrix->nr_rows);
}

static void clear_progress(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%40s\r", "");
}

static int measure(struct matrix *matrix, int nr_runs, FILE *csv)
{
	int err = 0;

	if (csv)
		fprintf(csv, "row,note,against,run,side,ns\n");
	for (int run = 0; run < nr_runs; run++) {
		for (size_t i = 0; i < matrix->nr_rows && !err; i++) {
			show_progress(matrix, run, nr_runs, i);
			err = measure_row(&matrix->rows[i], &matrix->figures[i][run], run, csv);
		}
	}
	clear_progress();
	return err;
}

static bool all_bars_hold(const struct matrix *matrix, int nr_runs)
{
	for (size_t i = 0; i < matrix->nr_rows; i++) {
		if (row_verdict(matrix, i, nr_runs) == VERDICT_FAIL)
			return false;
	}
	return true;
}

/* NULL without a path; ends the program when the file cannot be written. */
static FILE *open_output(const char *path)
{
	FILE *file = path ? fopen(path, "w") : NULL;

	if (path && !file) {
		fprintf(stderr, "hotpath: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	return file;
}

int main(int argc, char **argv)
{
	static struct matrix matrix;
	struct options options;
	char machine[512];
	int leave = options_parse(&options, argc, argv);

	if (leave)
		return leave - 1;
	FILE *json = open_output(options.json), *csv = open_output(options.csv);

	if (matrix_init(&matrix))
		return 2;
	host_describe(machine, sizeof(machine), &matrix.cpus);
	if (measure(&matrix, options.nr_runs, csv))
		return 2;
	report_table(stdout, &matrix, options.nr_runs, machine);
	if (json)
		report_json(json, &matrix, options.nr_runs, machine);
	if ((json && fclose(json)) || (csv && fclose(csv))) {
		fprintf(stderr, "hotpath: the results cannot be written: %s\n", strerror(errno));
		return 2;
	}
	return all_bars_hold(&matrix, options.nr_runs) ? 0 : 1;
}
