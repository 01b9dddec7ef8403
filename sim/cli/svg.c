// SPDX-License-Identifier: MIT
/*
 * A small writer of SVG.
 *
 * Colours are written into each class instead of using CSS variables: some
 * programs that convert SVG know none, and those then take the light colours.
 */
#define _GNU_SOURCE
#include "svg.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "output.h"
#include "setup.h"
#include "utf8.h"

#define MARGIN_PX 12
#define LETTER_PX 7.4 /* widest usual: DejaVu Sans */

static const struct {
	const char *classes; /* a list of selectors */
	const char *light, *dark;
	const char *both;
} rules[] = {
	{ "text", "fill:#1f2328", "fill:#e6edf3", NULL },
	{ ".head", NULL, NULL, "font-weight:600;font-size:15px" },
	{ ".name", NULL, NULL, "font-weight:600" },
	{ "text.small", "fill:#57606a", "fill:#9da7b3", "font-size:11px" },
	{ ".mid", NULL, NULL, "text-anchor:middle" },
	{ ".end", NULL, NULL, "text-anchor:end" },
	{ ".frame", "fill:#f6f8fa;stroke:#8c959f", "fill:#161b22;stroke:#6e7681", NULL },
	{ ".inner", "fill:#ffffff;stroke:#8c959f", "fill:#0d1117;stroke:#6e7681", NULL },
	{ ".memory", "fill:#dafbe1;stroke:#4ac26b", "fill:#12331d;stroke:#2ea043", NULL },
	{ ".cache", "fill:#fff3c4;stroke:#bf8700", "fill:#35290c;stroke:#9e6a03", NULL },
	{ ".cpu", "fill:#ddf4ff;stroke:#218bff", "fill:#0f2a4a;stroke:#388bfd", NULL },
	{ ".gone", "fill:#eaeef2;stroke:#8c959f", "fill:#21262d;stroke:#6e7681",
	  "stroke-dasharray:4 3" },
	{ ".rest", NULL, NULL, "fill:none;stroke:#7d8590;stroke-dasharray:2 3" },
	{ ".pad", "fill:#d0d7de;stroke:#8c959f", "fill:#30363d;stroke:#6e7681", NULL },
	{ ".mark", "fill:#0969da", "fill:#4493f8", NULL },
	{ ".other", "fill:#bc4c00", "fill:#f0883e", NULL },
	{ ".bad", "fill:#ffcecb;stroke:#cf222e", "fill:#5d1b1e;stroke:#f85149", NULL },
	{ ".rule", "stroke:#d0d7de", "stroke:#30363d", "fill:none" },
	{ ".axis", "stroke:#57606a", "stroke:#9da7b3", "fill:none" },
	/* Eight hues that can be told apart, 3 at least from either background. */
	{ ".hue0", "color:#0969da", "color:#58a6ff", NULL },
	{ ".hue1", "color:#8250df", "color:#bc8cff", NULL },
	{ ".hue2", "color:#bf3989", "color:#f778ba", NULL },
	{ ".hue3", "color:#cf222e", "color:#ff7b72", NULL },
	{ ".hue4", "color:#bc4c00", "color:#f0883e", NULL },
	{ ".hue5", "color:#7d6a00", "color:#e3b341", NULL },
	{ ".hue6", "color:#1a7f37", "color:#56d364", NULL },
	{ ".hue7", "color:#57606a", "color:#9da7b3", NULL },
	{ ".line", NULL, NULL, "fill:none;stroke:currentColor;stroke-width:1.6" },
	{ ".bold", NULL, NULL, "stroke-width:3" },
	{ ".dashed", NULL, NULL, "stroke-dasharray:6 3" },
	{ ".dot", NULL, NULL, "fill:currentColor" },
	{ ".thin", NULL, NULL, "fill:none;stroke:currentColor;stroke-width:1" },
	/* Text on top of heat has a contrast of 4.5 at least. */
	{ ".heat0", "fill:#f6f8fa", "fill:#161b22", NULL },
	{ ".heat1", "fill:#deebf9", "fill:#182a40", NULL },
	{ ".heat2", "fill:#c3dcf4", "fill:#1c3a5c", NULL },
	{ ".heat3", "fill:#9fc8ec", "fill:#204b78", NULL },
	{ ".heat4", "fill:#72acde", "fill:#2a6299", NULL },
	{ ".heat5", "fill:#2c6fb5", "fill:#5aa0d6", NULL },
	{ ".heat6", "fill:#1b5290", "fill:#8cc0e8", NULL },
	{ ".heat7", "fill:#0d3668", "fill:#c4e0f7", NULL },
	{ ".warm1", "fill:#fdeedd", "fill:#3a2410", NULL },
	{ ".warm2", "fill:#fbd3a6", "fill:#5c3612", NULL },
	{ ".warm3", "fill:#f2a45c", "fill:#8f5216", NULL },
	{ ".warm4", "fill:#b34c08", "fill:#e08c45", NULL },
	{ ".warm5", "fill:#7a2f00", "fill:#fbc795", NULL },
	{ "text.ontop0,text.ontop1,text.ontop2,text.ontop3,text.ontop4", "fill:#10233a",
	  "fill:#f0f6fc", NULL },
	{ "text.ontop5,text.ontop6,text.ontop7", "fill:#ffffff", "fill:#0a1a2b", NULL },
};

#define NR_RULES (sizeof(rules) / sizeof(rules[0]))

static void write_rule(FILE *out, const char *classes, const char *a, const char *b)
{
	const char *separator = a && b ? ";" : "";

	if (a || b)
		fprintf(out, "%s{%s%s%s}\n", classes, a ? a : "", separator, b ? b : "");
}

void svg_write_style(FILE *out)
{
	fprintf(out, "svg text{font:%dpx system-ui,sans-serif}\n", SVG_TEXT_PX);
	for (size_t i = 0; i < NR_RULES; i++)
		write_rule(out, rules[i].classes, rules[i].light, rules[i].both);
	fputs("@media (prefers-color-scheme:dark){\n", out);
	for (size_t i = 0; i < NR_RULES; i++)
		write_rule(out, rules[i].classes, rules[i].dark, NULL);
	fputs("}\n", out);
}

void xml_text(FILE *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		unsigned int len = utf8_length(p);

		if (*p == '<')
			fputs("&lt;", out);
		else if (*p == '>')
			fputs("&gt;", out);
		else if (*p == '&')
			fputs("&amp;", out);
		else if (*p == '"')
			fputs("&quot;", out);
		else if (!len || ((unsigned char)*p < ' ' && *p != '\n') || *p == 0x7f)
			fputs("\xef\xbf\xbd", out); /* XML has no way to write it */
		else
			fwrite(p, len, 1, out);
		p += len ? len - 1 : 0;
	}
}

bool svg_begin(struct svg *svg)
{
	*svg = (struct svg){ 0 };
	svg->body = open_memstream(&svg->text, &svg->len);
	return svg->body;
}

static void write_standalone_head(FILE *out, const struct svg_head *head, double width,
				  double height)
{
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"%.0f\" "
		"height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n<title>",
		width, height, width, height);
	xml_text(out, head->title);
	fputs("</title>\n<desc>", out);
	xml_text(out, head->description);
	fputs("</desc>\n<style>\n"
	      "svg{background:#ffffff;color-scheme:light dark}\n"
	      "@media (prefers-color-scheme:dark){svg{background:#0d1117}}\n",
	      out);
	svg_write_style(out);
	fputs("</style>\n", out);
}

static void write_embedded_head(FILE *out, const struct svg_head *head, double width, double height)
{
	fprintf(out,
		"<svg role=\"img\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
		"aria-label=\"",
		width, height, width, height);
	xml_text(out, head->title);
	fputs("\">\n<desc>", out);
	xml_text(out, head->description);
	fputs("</desc>\n", out);
}

int svg_end(struct svg *svg, FILE *out, const struct svg_head *head)
{
	double width = svg->right + MARGIN_PX, height = svg->bottom + MARGIN_PX;
	bool is_whole = !ferror(svg->body);

	is_whole &= !fclose(svg->body);
	if (is_whole) {
		if (head->is_standalone)
			write_standalone_head(out, head, width, height);
		else
			write_embedded_head(out, head, width, height);
		fwrite(svg->text, 1, svg->len, out);
		fputs("</svg>\n", out);
	}
	free(svg->text);
	return is_whole ? 0 : -ENOMEM;
}

int svg_write_file(const char *path, const struct svg_head *head,
		   void (*draw)(struct svg *svg, const void *what), const void *what)
{
	FILE *out = output_open(path);
	struct svg svg;
	int err = -ENOMEM;

	if (!out)
		return -1;
	if (svg_begin(&svg)) {
		draw(&svg, what);
		err = svg_end(&svg, out, head);
	}
	if (err)
		cli_error("the picture cannot be drawn: %s", pca_strerror(err));
	return output_close(out, path) || err ? -1 : 0;
}

static void extend(struct svg *svg, double right, double bottom)
{
	if (right > svg->right)
		svg->right = right;
	if (bottom > svg->bottom)
		svg->bottom = bottom;
}

static void write_tip(struct svg *svg, const char *tip)
{
	fputs("<title>", svg->body);
	xml_text(svg->body, tip);
	fputs("</title>", svg->body);
}

void svg_group(struct svg *svg, const char *tip)
{
	fputs("<g>", svg->body);
	if (tip)
		write_tip(svg, tip);
}

void svg_group_end(struct svg *svg)
{
	fputs("</g>\n", svg->body);
}

void svg_box_tip(struct svg *svg, const char *classes, struct svg_box box, const char *tip)
{
	fprintf(svg->body,
		"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"", classes,
		box.x, box.y, box.width, box.height);
	if (tip) {
		fputc('>', svg->body);
		write_tip(svg, tip);
		fputs("</rect>\n", svg->body);
	} else {
		fputs("/>\n", svg->body);
	}
	extend(svg, box.x + box.width, box.y + box.height);
}

void svg_box(struct svg *svg, const char *classes, struct svg_box box)
{
	svg_box_tip(svg, classes, box, NULL);
}

void svg_line(struct svg *svg, const char *classes, struct svg_box line)
{
	double right = line.x + line.width, bottom = line.y + line.height;

	fprintf(svg->body, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
		classes, line.x, line.y, right, bottom);
	extend(svg, right, bottom);
}

void svg_path(struct svg *svg, const char *classes, const struct svg_point *points, size_t nr)
{
	fprintf(svg->body, "<polyline class=\"%s\" points=\"", classes);
	for (size_t i = 0; i < nr; i++) {
		fprintf(svg->body, "%s%.1f,%.1f", i ? " " : "", points[i].x, points[i].y);
		extend(svg, points[i].x, points[i].y);
	}
	fputs("\"/>\n", svg->body);
}

void svg_dot(struct svg *svg, const char *classes, struct svg_point at, double radius,
	     const char *tip)
{
	fprintf(svg->body, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\">", classes,
		at.x, at.y, radius);
	write_tip(svg, tip);
	fputs("</circle>\n", svg->body);
	extend(svg, at.x + radius, at.y + radius);
}

double svg_text_width(const char *text)
{
	return LETTER_PX * utf8_count(text);
}

static double right_end(const char *classes, double x, double width)
{
	if (strstr(classes, "end"))
		return x;
	return x + (strstr(classes, "mid") ? width / 2 : width);
}

void svg_text(struct svg *svg, const char *classes, double x, double y, const char *text)
{
	fprintf(svg->body, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", classes, x, y);
	xml_text(svg->body, text);
	fputs("</text>\n", svg->body);
	extend(svg, right_end(classes, x, svg_text_width(text)), y);
}

void svg_textf(struct svg *svg, const char *classes, double x, double y, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	svg_text(svg, classes, x, y, text);
}

unsigned int svg_heat(uint64_t value, uint64_t least, uint64_t largest)
{
	if (!value)
		return 0;
	if (least >= largest)
		return SVG_HEATS - 1;
	return 1 + (unsigned int)(log((double)value / (double)least) /
					  log((double)largest / (double)least) * (SVG_HEATS - 2) +
				  0.5);
}
