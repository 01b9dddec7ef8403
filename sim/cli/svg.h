/* SPDX-License-Identifier: MIT */
/*
 * Pictures as SVG: boxes, lines and text, each of a class that has colours for
 * light and for dark surroundings. No scripts, no fonts, nothing from elsewhere.
 *
 * A picture is drawn first and written with its head afterwards, since only
 * then its size is known: it is as large as what was drawn, and a margin.
 */
#ifndef SIM_CLI_SVG_H
#define SIM_CLI_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SVG_TEXT_PX 13 /* of ordinary text; the class "small" has two less */
#define SVG_LINE_PX 20 /* from one line of text to the next */
#define SVG_HUES 8
#define SVG_HEATS 8 /* classes heat0 (empty) to heat7, and their text: ontop0 ... */

struct svg {
	FILE *body;
	char *text;
	size_t len;
	double right, bottom; /* of what was drawn so far */
};

struct svg_box {
	double x, y, width, height;
};

struct svg_point {
	double x, y;
};

/*
 * Classes of boxes: "frame" around others, "memory", "cache", "cpu", "rest" (what is
 * not drawn in full), "pad", "mark", "other", "bad", "heat0" ...; of text: "head", "name",
 * "small", "mid" and "end" (where x is), "ontop0" ...; of lines: "rule", "axis". "hue0" to
 * "hue7" with "line", "thin" or "dot" are the colours of charts, "warm1" to "warm5" those of
 * boxes that "ontop0" and, from "warm4" on, "ontop5" can be read on. Several are separated by
 * spaces.
 */

/* false: no memory */
bool svg_begin(struct svg *svg);

/* Write the picture, and free it in any case. A standalone one has a style of its own. */
struct svg_head {
	const char *title;
	const char *description;
	bool is_standalone; /* a file; else an element of an HTML page with svg_write_style() */
};

/* 0, or -ENOMEM; errors of out are told by ferror(). */
int svg_end(struct svg *svg, FILE *out, const struct svg_head *head);

/* The picture that draw() makes of what, in a file of its own: 0, or -1 after a line on stderr. */
int svg_write_file(const char *path, const struct svg_head *head,
		   void (*draw)(struct svg *svg, const void *what), const void *what);

/* The rules of all classes, for a page that holds pictures. */
void svg_write_style(FILE *out);

/* What is drawn until the end belongs together and shows tip, if not NULL, when pointed at. */
void svg_group(struct svg *svg, const char *tip);
void svg_group_end(struct svg *svg);

void svg_box(struct svg *svg, const char *classes, struct svg_box box);
void svg_box_tip(struct svg *svg, const char *classes, struct svg_box box, const char *tip);
void svg_line(struct svg *svg, const char *classes, struct svg_box from_and_size);

/* From point to point; a dot, which shows tip when pointed at. */
void svg_path(struct svg *svg, const char *classes, const struct svg_point *points, size_t nr);
void svg_dot(struct svg *svg, const char *classes, struct svg_point at, double radius,
	     const char *tip);

/* y is the line that letters stand on. */
void svg_text(struct svg *svg, const char *classes, double x, double y, const char *text);
void svg_textf(struct svg *svg, const char *classes, double x, double y, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* About how wide ordinary text is, rather too much than too little. */
double svg_text_width(const char *text);

/* Text for a place in XML or HTML: markup escaped, bytes that are none replaced. */
void xml_text(FILE *out, const char *text);

/*
 * The class of a value: heat0 for 0, the others on a logarithmic scale from the least
 * value above 0 to the largest.
 */
unsigned int svg_heat(uint64_t value, uint64_t least, uint64_t largest);

#endif
