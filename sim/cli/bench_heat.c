// SPDX-License-Identifier: MIT
/*
 * The heat map: a line for each contest of layouts, a column for each layout, and in
 * the cells how many times the first layout's time it takes. Warm is slower, blue is
 * faster, on a logarithmic scale with the same steps either way.
 */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "bench_charts.h"

#define SMALL_LETTER_PX 6.2
#define CELL_PX 57
#define CELL_HEIGHT_PX 22
#define HEAD_PX 44
#define KEY_CELL_PX 30

/* The least factor of each step. */
static const double steps[] = { 1, 1.1, 1.5, 3, 10 };

#define NR_STEPS (sizeof(steps) / sizeof(steps[0]))

/* Of the steps of heat, as many as those of warmth, and the text on top of each. */
static const char *const slower[][2] = {
	{ "warm1", "ontop0" }, { "warm2", "ontop0" }, { "warm3", "ontop0" },
	{ "warm4", "ontop5" }, { "warm5", "ontop5" },
};
static const char *const faster[][2] = {
	{ "heat1", "ontop1" }, { "heat2", "ontop2" }, { "heat4", "ontop4" },
	{ "heat5", "ontop5" }, { "heat7", "ontop7" },
};
static const char *const neither[2] = { "heat0", "ontop0" };

static const char *const *classes_of(double ratio)
{
	double factor = ratio < 1 ? 1 / ratio : ratio;
	size_t step = NR_STEPS - 1;

	while (step && factor < steps[step])
		step--;
	return ratio < 1 ? faster[step] : slower[step];
}

static void draw_box(struct svg *svg, struct svg_box box, const char *const classes[2],
		     const char *text, const char *tip)
{
	char both[48];

	svg_group(svg, *tip ? tip : NULL);
	snprintf(both, sizeof(both), "rule %s", classes[0]);
	svg_box(svg, both, box);
	snprintf(both, sizeof(both), "small mid %s", classes[1]);
	if (text)
		svg_text(svg, both, box.x + box.width / 2, box.y + 15, text);
	svg_group_end(svg);
}

/* The first one's time, the others' ratios. */
static void draw_cell(struct svg *svg, const struct contest *contest, size_t i, struct svg_box box)
{
	const struct contender *contender = &contest->contenders[i];
	char time[BENCH_TEXT], verdict[BENCH_TEXT], interval[BENCH_TEXT] = "", tip[256];
	const char *const *classes = neither;
	const char *text = verdict;

	if (!contender->summary.nr) {
		draw_box(svg, box, neither, "-", "no figure: all samples were disturbed");
		return;
	}
	time_text(time, contender->summary.median);
	verdict_text(verdict, contest, i);
	if (!i) {
		text = time;
	} else if (is_difference(&contender->ratio)) {
		classes = classes_of(contender->ratio.ratio);
		interval_text(interval, &contender->ratio);
	} else {
		text = isinf(contender->ratio.high) ? "?" : "=";
	}
	snprintf(tip, sizeof(tip), "%s: %s per %s; %s %s", contender->name, time, contest->per,
		 verdict, interval);
	draw_box(svg, box, classes, text, tip);
}

/* Where cells begin: as far to the right as the longest name of a line needs. */
static double left_of_cells(const struct bench *bench)
{
	size_t longest = strlen("faster than the first column");

	for (const struct bench_kept *kept = bench->kept; kept; kept = kept->next) {
		if (kept->contest.job && strlen(kept->contest.note) > longest)
			longest = strlen(kept->contest.note);
	}
	return 16 + SMALL_LETTER_PX * (double)longest;
}

/* Where cells end, in contests that have all columns. */
static double right_of_cells(const struct bench *bench)
{
	size_t nr = bench->args->nr_layouts;

	for (size_t i = 0; bench_kernel_name(bench, i); i++)
		nr++;
	return left_of_cells(bench) + CELL_PX * (double)nr;
}

static void draw_row(struct svg *svg, const struct bench *bench, const struct bench_kept *kept,
		     double y)
{
	const struct contest *contest = &kept->contest;
	double x = left_of_cells(bench);
	char trip[BENCH_TEXT];

	svg_text(svg, "small end", x - 8, y + 15, contest->note);
	for (size_t i = 0; i < contest->nr; i++, x += CELL_PX)
		draw_cell(svg, contest, i, (struct svg_box){ x, y, CELL_PX, CELL_HEIGHT_PX });
	if (kept->trips.is_measured)
		svg_text(svg, "small end", right_of_cells(bench) + CELL_PX - 8, y + 15,
			 trip_text(trip, kept->trips.shortest_ns));
}

/* Two lines: "shared_", "atomic"; "padded", "64"; "Linux,", "ARRAY". */
static void draw_column_name(struct svg *svg, double x, const char *name)
{
	size_t first = strcspn(name, "_ 0123456789");
	int length = !name[first] ? 0 : (int)first + !isdigit((unsigned char)name[first]);

	if (length)
		svg_textf(svg, "small mid", x, HEAD_PX - 22, "%.*s", length, name);
	svg_text(svg, "small mid", x, HEAD_PX - 8,
		 strcmp(name + length, "PERCPU_ARRAY") ? name + length : "PERCPU");
}

static void draw_head(struct svg *svg, const struct bench *bench)
{
	double x = left_of_cells(bench) + CELL_PX / 2.0;
	const char *name;

	for (size_t i = 0; i < bench->args->nr_layouts; i++, x += CELL_PX)
		draw_column_name(svg, x, bench->args->layouts[i]->name);
	for (size_t i = 0; (name = bench_kernel_name(bench, i)); i++, x += CELL_PX)
		draw_column_name(svg, x, name);
	svg_text(svg, "small mid", x, HEAD_PX - 22, "line there");
	svg_text(svg, "small mid", x, HEAD_PX - 8, "and back");
}

/* Below where two steps meet stands the factor. */
static void draw_key(struct svg *svg, double x, double y, const char *const classes[2], double edge,
		     double factor)
{
	draw_box(svg, (struct svg_box){ x, y, KEY_CELL_PX, CELL_HEIGHT_PX }, classes,
		 classes == neither ? "=" : NULL, "");
	if (factor > 1)
		svg_textf(svg, "small mid", edge, y + CELL_HEIGHT_PX + 14, "%gx", factor);
}

static void draw_legend(struct svg *svg, double x, double y)
{
	svg_text(svg, "small end", x - 8, y + 15, "faster than the first column");
	for (size_t i = NR_STEPS; i--; x += KEY_CELL_PX)
		draw_key(svg, x, y, faster[i], x + KEY_CELL_PX, steps[i]);
	draw_key(svg, x, y, neither, x, 1);
	x += KEY_CELL_PX;
	for (size_t i = 0; i < NR_STEPS; i++, x += KEY_CELL_PX)
		draw_key(svg, x, y, slower[i], x, steps[i]);
	svg_text(svg, "small", x + 8, y + 15, "slower");
}

void bench_draw_heat(struct svg *svg, const void *what)
{
	const struct bench *bench = what;
	const char *name = "";
	double y = HEAD_PX;

	draw_head(svg, bench);
	for (const struct bench_kept *kept = bench->kept; kept; kept = kept->next) {
		if (!kept->contest.job)
			continue;
		if (strcmp(name, kept->contest.name) != 0) {
			name = kept->contest.name;
			svg_text(svg, "name", 8, y + 16, name);
			y += CELL_HEIGHT_PX;
		}
		draw_row(svg, bench, kept, y);
		y += CELL_HEIGHT_PX;
	}
	draw_legend(svg, left_of_cells(bench), y + 14);
}
