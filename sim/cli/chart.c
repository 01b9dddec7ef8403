// SPDX-License-Identifier: MIT
#include "chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEFT_PX 78
#define TOP_PX 44
#define WIDTH_PX 500
#define HEIGHT_PX 300
#define LABEL_PX 22  /* from the last point to its name */
#define LABEL_GAP 17 /* between two names */
#define DOT_PX 3.2
#define WHISKER_PX 4
#define LEAST_TICKS 3

/* Where values lie in the picture. */
struct scale {
	double low, high; /* logarithms of the ends */
	double from, length;
};

struct plot {
	struct svg *svg;
	const struct chart *chart;
	struct scale x, y;
};

static double place(const struct scale *scale, double value)
{
	return scale->from + (log(value) - scale->low) / (scale->high - scale->low) * scale->length;
}

static bool has_point(const struct chart_line *line, size_t i)
{
	return isfinite(line->y[i]) && line->y[i] > 0;
}

static bool has_interval(const struct chart_line *line, size_t i)
{
	return isfinite(line->low[i]) && isfinite(line->high[i]) && line->low[i] > 0;
}

static bool has_any(const struct chart *chart, size_t i)
{
	for (size_t j = 0; j < chart->nr_lines; j++) {
		if (has_point(&chart->lines[j], i))
			return true;
	}
	return false;
}

size_t chart_count(const struct chart *chart)
{
	size_t nr = 0;

	for (size_t i = 0; i < chart->nr_points; i++)
		nr += has_any(chart, i);
	return nr;
}

/* --- scales ------------------------------------------------------------------------------ */

static void extend(struct scale *scale, double value)
{
	scale->low = fmin(scale->low, log(value));
	scale->high = fmax(scale->high, log(value));
}

/* With some room below and above, and never less than a factor of four. */
static struct scale y_scale(const struct chart *chart)
{
	struct scale scale = { INFINITY, -INFINITY, TOP_PX + HEIGHT_PX, -HEIGHT_PX };
	double missing;

	for (size_t j = 0; j < chart->nr_lines; j++) {
		const struct chart_line *line = &chart->lines[j];

		for (size_t i = 0; i < chart->nr_points; i++) {
			if (has_point(line, i))
				extend(&scale, line->y[i]);
			if (has_point(line, i) && has_interval(line, i)) {
				extend(&scale, line->low[i]);
				extend(&scale, line->high[i]);
			}
		}
	}
	missing = fmax(0, log(4) - (scale.high - scale.low));
	scale.low -= missing / 2 + 0.15;
	scale.high += missing / 2 + 0.15;
	return scale;
}

static struct scale x_scale(const struct chart *chart)
{
	return (struct scale){ log(chart->x[0]), log(chart->x[chart->nr_points - 1]), LEFT_PX + 14,
			       WIDTH_PX - 28 };
}

/* --- axes -------------------------------------------------------------------------------- */

/* A tick at "20.0 ns" is at "20 ns". */
static void drop_zeros(char *text)
{
	char *point = strchr(text, '.'), *rest;

	if (!point)
		return;
	rest = point + 1 + strspn(point + 1, "0");
	if (*rest < '0' || *rest > '9')
		memmove(point, rest, strlen(rest) + 1);
}

static void draw_y_tick(const struct plot *plot, double value)
{
	char text[CHART_TEXT];
	double y = place(&plot->y, value);

	svg_line(plot->svg, "rule", (struct svg_box){ LEFT_PX, y, WIDTH_PX, 0 });
	plot->chart->y_text(text, value);
	drop_zeros(text);
	svg_text(plot->svg, "small end", LEFT_PX - 8, y + 4, text);
}

/* Multiples of powers of the base; how many there are, drawn or not. */
static size_t y_ticks(const struct plot *plot, double base, const double *multiples, size_t nr,
		      bool is_drawn)
{
	double power = pow(base, floor(plot->y.low / log(base)));
	size_t count = 0;

	for (; log(power) <= plot->y.high; power *= base) {
		for (size_t i = 0; i < nr; i++) {
			double value = power * multiples[i];

			if (log(value) < plot->y.low || log(value) > plot->y.high)
				continue;
			if (is_drawn)
				draw_y_tick(plot, value);
			count++;
		}
	}
	return count;
}

static void draw_y_axis(const struct plot *plot)
{
	static const double one[] = { 1 }, three[] = { 1, 2, 5 };
	double octaves = (plot->y.high - plot->y.low) / log(2);

	if (plot->chart->has_binary_y)
		y_ticks(plot, octaves > 10 ? 16 : octaves > 5 ? 4 : 2, one, 1, true);
	else if (y_ticks(plot, 10, one, 1, false) >= LEAST_TICKS)
		y_ticks(plot, 10, one, 1, true);
	else
		y_ticks(plot, 10, three, 3, true);
	svg_line(plot->svg, "axis", (struct svg_box){ LEFT_PX, TOP_PX, 0, HEIGHT_PX });
	svg_text(plot->svg, "small", 4, TOP_PX - 18, plot->chart->y_title);
}

static void draw_x_axis(const struct plot *plot)
{
	const struct chart *chart = plot->chart;
	double bottom = TOP_PX + HEIGHT_PX;

	svg_line(plot->svg, "axis", (struct svg_box){ LEFT_PX, bottom, WIDTH_PX, 0 });
	for (size_t i = 0; i < chart->nr_points; i++) {
		double x = place(&plot->x, chart->x[i]);

		svg_line(plot->svg, "axis", (struct svg_box){ x, bottom, 0, 4 });
		svg_textf(plot->svg, "small mid", x, bottom + 18, "%.0f", chart->x[i]);
		if (chart->notes_title)
			svg_text(plot->svg, "small mid", x, bottom + 78, chart->notes[i]);
	}
	svg_text(plot->svg, "small mid", LEFT_PX + WIDTH_PX / 2.0, bottom + 36, chart->x_title);
	if (chart->notes_title)
		svg_text(plot->svg, "small mid", LEFT_PX + WIDTH_PX / 2.0, bottom + 60,
			 chart->notes_title);
}

/* --- lines ------------------------------------------------------------------------------- */

static void draw_whisker(const struct plot *plot, const char *classes,
			 const struct chart_line *line, size_t i)
{
	double x = place(&plot->x, plot->chart->x[i]);
	double low = place(&plot->y, line->low[i]), high = place(&plot->y, line->high[i]);

	svg_line(plot->svg, classes, (struct svg_box){ x, high, 0, low - high });
	svg_line(plot->svg, classes, (struct svg_box){ x - WHISKER_PX, high, 2 * WHISKER_PX, 0 });
	svg_line(plot->svg, classes, (struct svg_box){ x - WHISKER_PX, low, 2 * WHISKER_PX, 0 });
}

static void draw_point(const struct plot *plot, const struct chart_line *line, size_t i)
{
	const struct svg_point at = { place(&plot->x, plot->chart->x[i]),
				      place(&plot->y, line->y[i]) };
	char classes[32], text[CHART_TEXT], low[CHART_TEXT], high[CHART_TEXT], tip[256];
	int n = snprintf(tip, sizeof(tip), "%s, %.0f %s: %s", line->name, plot->chart->x[i],
			 plot->chart->x_title, plot->chart->y_text(text, line->y[i]));

	if (has_interval(line, i)) {
		snprintf(classes, sizeof(classes), "thin hue%u", line->hue);
		draw_whisker(plot, classes, line, i);
		snprintf(tip + n, sizeof(tip) - (size_t)n, " (%s to %s)",
			 plot->chart->y_text(low, line->low[i]),
			 plot->chart->y_text(high, line->high[i]));
	}
	snprintf(classes, sizeof(classes), "dot hue%u", line->hue);
	svg_dot(plot->svg, classes, at, DOT_PX, tip);
}

static void draw_line(const struct plot *plot, const struct chart_line *line)
{
	struct svg_point points[CHART_MOST_POINTS];
	char classes[48];
	size_t nr = 0;

	for (size_t i = 0; i < plot->chart->nr_points; i++) {
		if (has_point(line, i))
			points[nr++] = (struct svg_point){ place(&plot->x, plot->chart->x[i]),
							   place(&plot->y, line->y[i]) };
	}
	snprintf(classes, sizeof(classes), "line hue%u%s%s", line->hue,
		 line->is_bold ? " bold" : "", line->is_dashed ? " dashed" : "");
	svg_path(plot->svg, classes, points, nr);
	for (size_t i = 0; i < plot->chart->nr_points; i++) {
		if (has_point(line, i))
			draw_point(plot, line, i);
	}
}

/* --- names ------------------------------------------------------------------------------- */

struct label {
	const struct chart_line *line;
	size_t last;  /* the point that it belongs to */
	double at, y; /* where that is, and where the name stands */
};

static int compare_labels(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static size_t make_labels(const struct plot *plot, struct label labels[CHART_MOST_LINES])
{
	size_t nr = 0;

	for (size_t j = 0; j < plot->chart->nr_lines; j++) {
		const struct chart_line *line = &plot->chart->lines[j];
		size_t end = plot->chart->nr_points;

		while (end && !has_point(line, end - 1))
			end--;
		if (!end)
			continue;
		labels[nr] = (struct label){ line, end - 1, place(&plot->y, line->y[end - 1]), 0 };
		labels[nr].y = labels[nr].at;
		nr++;
	}
	return nr;
}

/* Neighbours move apart, half each, until none is too near; then all stay inside. */
static void spread(struct label *labels, size_t nr)
{
	bool moves = true;

	for (int turn = 0; turn < 500 && moves; turn++) {
		moves = false;
		for (size_t i = 1; i < nr; i++) {
			double lack = LABEL_GAP - (labels[i].y - labels[i - 1].y);

			if (lack < 0.01)
				continue;
			labels[i - 1].y -= lack / 2;
			labels[i].y += lack / 2;
			moves = true;
		}
	}
	for (size_t i = 0; i < nr; i++)
		labels[i].y = fmax(labels[i].y, TOP_PX + (double)i * LABEL_GAP);
}

static void draw_label(const struct plot *plot, const struct label *label)
{
	const struct chart_line *line = label->line;
	double x = place(&plot->x, plot->chart->x[label->last]) + DOT_PX + 2;
	double right = LEFT_PX + WIDTH_PX + LABEL_PX;
	const struct svg_point leader[] = { { x, label->at }, { right, label->y } };
	char classes[32], text[CHART_TEXT];

	snprintf(classes, sizeof(classes), "thin hue%u", line->hue);
	svg_path(plot->svg, classes, leader, 2);
	svg_textf(plot->svg, line->is_bold ? "name" : "", right + 5, label->y + 4, "%s  %s",
		  line->name, plot->chart->y_text(text, line->y[label->last]));
}

void chart_draw(struct svg *svg, const struct chart *chart)
{
	const struct plot plot = { svg, chart, x_scale(chart), y_scale(chart) };
	struct label labels[CHART_MOST_LINES];
	size_t nr_labels = make_labels(&plot, labels);

	draw_y_axis(&plot);
	draw_x_axis(&plot);
	for (size_t j = chart->nr_lines; j; j--)
		draw_line(&plot, &chart->lines[j - 1]);
	qsort(labels, nr_labels, sizeof(labels[0]), compare_labels);
	spread(labels, nr_labels);
	for (size_t i = 0; i < nr_labels; i++)
		draw_label(&plot, &labels[i]);
}
