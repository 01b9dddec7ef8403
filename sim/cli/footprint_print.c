// SPDX-License-Identifier: MIT
/*
 * Footprints as text, as JSON and as a picture.
 */
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>

#include <pcasim/bpf.h>

#include "footprint.h"
#include "json.h"
#include "term.h"

#define BAR_COLUMNS 24
#define FACT_COLUMN 12

static uint64_t largest_memlock(const struct footprints *all)
{
	uint64_t most = 1;

	for (unsigned int i = 0; i < all->nr; i++) {
		if (all->rows[i].memlock_bytes > most)
			most = all->rows[i].memlock_bytes;
		if (all->rows[i].reserved_bytes > most)
			most = all->rows[i].reserved_bytes;
	}
	return most;
}

/* The name of what MAP_CREATE answered. */
static const char *refusal(const struct footprint *row)
{
	const char *name = pca_errno_name(row->err);

	return name ? name : "refused";
}

static const char *size_or_none(char buf[SIZE_TEXT], uint64_t bytes)
{
	return bytes ? size_text(buf, (double)bytes) : "-";
}

static void print_row(const struct footprint *row, bool is_asked, uint64_t most)
{
	char memlock[SIZE_TEXT], here[SIZE_TEXT], lookup[SIZE_TEXT], batch[SIZE_TEXT];
	unsigned int bar = (unsigned int)((double)row->memlock_bytes / (double)most * BAR_COLUMNS);

	printf("%s%s%6" PRIu32 "  ", is_asked ? colours->bold : "",
	       is_asked ? glyphs->arrow_right : " ", row->nr_cpus);
	if (row->err) {
		printf("%10s%s\n", refusal(row), is_asked ? colours->off : "");
		return;
	}
	printf("%10s %10s %10s %10s%s%s", size_text(memlock, (double)row->memlock_bytes),
	       size_text(here, (double)row->reserved_bytes),
	       size_text(lookup, (double)row->lookup_bytes), size_or_none(batch, row->batch_bytes),
	       is_asked ? colours->off : "", bar ? "  " : "");
	fputs(colours->cyan, stdout);
	repeat_text(glyphs->full, bar);
	printf("%s\n", colours->off);
}

void footprint_print(const struct footprints *all)
{
	struct footprint_fact facts[NR_FOOTPRINT_FACTS];
	char title[FOOTPRINT_TEXT];

	footprint_title(all, title);
	print_title("%s", title);
	footprint_facts(all, glyphs->times, facts);
	for (size_t i = 0; i < NR_FOOTPRINT_FACTS; i++) {
		printf("  %-9s ", facts[i].name);
		print_wrapped(FACT_COLUMN, FACT_COLUMN, facts[i].text);
		if (*facts[i].goes_on)
			printf("\n%*s%s", FACT_COLUMN, "", colours->dim);
		print_wrapped(FACT_COLUMN, FACT_COLUMN, facts[i].goes_on);
		printf("%s\n", *facts[i].goes_on ? colours->off : "");
	}
	printf("\n  %s%5s  %10s %10s %10s %10s  in Linux%s\n", colours->dim, "CPUs", "in Linux",
	       "here", "LOOKUP", "batch", colours->off);
	for (unsigned int i = 0; i < all->nr; i++)
		print_row(&all->rows[i], i == all->asked, largest_memlock(all));
}

static void row_json(const char *key, const struct footprint *row)
{
	json_open(key, '{');
	json_count("cpus", row->nr_cpus);
	if (row->err) {
		json_text("error", refusal(row));
	} else {
		json_count("bytes_memlock", row->memlock_bytes);
		json_count("reserved_bytes", row->reserved_bytes);
		json_count("stride_bytes", row->stride_bytes);
		json_count("slack_bytes", row->slack_bytes);
		json_count("lookup_bytes", row->lookup_bytes);
		if (row->batch_bytes)
			json_count("lookup_batch_bytes", row->batch_bytes);
	}
	json_close('}');
}

void footprint_json(const struct footprints *all)
{
	char words[FOOTPRINT_TEXT], numbers[FOOTPRINT_TEXT];

	footprint_formula(all, "*", words, numbers);
	json_open(NULL, '{');
	json_text("release", all->release);
	json_text("type", all->map.type_name);
	json_count("value_size", all->map.value_size);
	json_count("elem_size", all->rows[all->asked].elem_bytes);
	json_count("max_entries", all->map.max_entries);
	json_text("formula", words);
	json_text("formula_with_numbers", numbers);
	json_count("batch_entries", BATCH_ENTRIES);
	row_json("asked", &all->rows[all->asked]);
	json_open("by_cpus", '[');
	for (unsigned int i = 0; i < all->nr; i++)
		row_json(NULL, &all->rows[i]);
	json_close(']');
	json_close('}');
}

/* --- The picture --- */

#define LEFT_PX 10
#define BARS_PX 80
#define BARS_WIDTH_PX 560
#define BAR_PX 12
#define ROW_PX 36

static double draw_facts(struct svg *svg, const struct footprints *all, double y)
{
	struct footprint_fact facts[NR_FOOTPRINT_FACTS];
	char title[FOOTPRINT_TEXT];

	footprint_title(all, title);
	svg_text(svg, "head", LEFT_PX, y += SVG_LINE_PX + 8, title);
	y += 4;
	footprint_facts(all, "\u00d7", facts);
	for (size_t i = 0; i < NR_FOOTPRINT_FACTS; i++) {
		svg_text(svg, "name", LEFT_PX, y += SVG_LINE_PX, facts[i].name);
		svg_text(svg, "", LEFT_PX + 80, y, facts[i].text);
		if (*facts[i].goes_on)
			svg_text(svg, "small", LEFT_PX + 80, y += SVG_LINE_PX - 3,
				 facts[i].goes_on);
	}
	return y;
}

static void draw_bar(struct svg *svg, const char *classes, double y, uint64_t bytes, uint64_t most)
{
	double width = (double)bytes / (double)most * BARS_WIDTH_PX;
	char size[SIZE_TEXT], count[COUNT_TEXT], tip[64];

	snprintf(tip, sizeof(tip), "%s bytes", count_text(count, bytes));
	svg_box_tip(svg, classes, (struct svg_box){ BARS_PX, y, width < 1 ? 1 : width, BAR_PX },
		    tip);
	svg_text(svg, "small", BARS_PX + (width < 1 ? 1 : width) + 6, y + 10,
		 size_text(size, (double)bytes));
}

static void draw_row(struct svg *svg, const struct footprints *all, unsigned int i, double y)
{
	const struct footprint *row = &all->rows[i];
	uint64_t most = largest_memlock(all);

	svg_textf(svg, i == all->asked ? "name end" : "end", BARS_PX - 10, y + 17, "%s%" PRIu32,
		  i == all->asked ? "\u25b6 " : "", row->nr_cpus);
	if (row->err) {
		svg_textf(svg, "small", BARS_PX + 6, y + 17, "refused: %s", refusal(row));
		return;
	}
	draw_bar(svg, "mark", y, row->memlock_bytes, most);
	draw_bar(svg, "other", y + BAR_PX + 2, row->reserved_bytes, most);
}

static double draw_legend(struct svg *svg, double y)
{
	svg_text(svg, "small end", BARS_PX - 10, y, "CPUs");
	svg_box(svg, "mark", (struct svg_box){ BARS_PX, y - 10, BAR_PX, BAR_PX });
	svg_text(svg, "small", BARS_PX + 18, y, "in Linux: fdinfo's memlock");
	svg_box(svg, "other", (struct svg_box){ BARS_PX + 220, y - 10, BAR_PX, BAR_PX });
	svg_text(svg, "small", BARS_PX + 238, y,
		 "here: addresses, of which touched pages take "
		 "memory");
	return y + 10;
}

void footprint_draw(struct svg *svg, const struct footprints *all)
{
	double y = draw_legend(svg, draw_facts(svg, all, 0) + 2 * SVG_LINE_PX), top = y;

	for (unsigned int i = 0; i < all->nr; i++, y += ROW_PX)
		draw_row(svg, all, i, y + 4);
	svg_line(svg, "axis", (struct svg_box){ BARS_PX - 1, top, 0, y - top });
}
