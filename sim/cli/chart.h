/* SPDX-License-Identifier: MIT */
/*
 * Line charts on two logarithmic axes, drawn with svg.h. Each line has its name beside
 * its end; where an interval is known, a point has a whisker.
 */
#ifndef SIM_CLI_CHART_H
#define SIM_CLI_CHART_H

#include "svg.h"

#define CHART_MOST_POINTS 16
#define CHART_MOST_LINES 16
#define CHART_TEXT 48

/* NAN where there is no point; low and high are NAN where there is no interval. */
struct chart_line {
	const char *name;
	unsigned int hue; /* below SVG_HUES */
	bool is_bold, is_dashed;
	double y[CHART_MOST_POINTS], low[CHART_MOST_POINTS], high[CHART_MOST_POINTS];
};

/* All values are above 0. */
struct chart {
	const char *x_title, *y_title;
	size_t nr_points, nr_lines;
	double x[CHART_MOST_POINTS]; /* growing, and each with a label of its own */
	struct chart_line lines[CHART_MOST_LINES];
	const char *(*y_text)(char text[CHART_TEXT], double y); /* a value with its unit */
	bool has_binary_y;					/* powers of two have labels */

	/* A text below each point of the x axis, and what they are; NULL: none. */
	const char *notes_title;
	char notes[CHART_MOST_POINTS][CHART_TEXT];
};

/* How many points of x any line has. Of fewer than two there is nothing to draw. */
size_t chart_count(const struct chart *chart);

void chart_draw(struct svg *svg, const struct chart *chart);

#endif
