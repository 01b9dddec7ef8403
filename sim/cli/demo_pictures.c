// SPDX-License-Identifier: MIT
/*
 * The page's pictures: counting with and without a copy for each CPU, and the
 * heat of keys and CPUs.
 */
#include <inttypes.h>
#include <stdio.h>

#include "demo_page.h"
#include "machine.h"
#include "term.h"

/* --- Counting --- */

#define NAME_PX 170
#define BARS_WIDTH_PX 480
#define BAR_PX 24
#define BAR_ROW_PX 44

struct count_bar {
	const char *name, *detail;
	const struct count_result *result;
};

static void draw_count(struct svg *svg, const struct count_bar *bar, double y, double most)
{
	int64_t lost = count_lost(bar->result);
	double width = count_rate(bar->result, bar->result->events) / most * BARS_WIDTH_PX;
	double held =
		lost > 0 ? width * (double)bar->result->map_events / (double)bar->result->events
			 : width;
	char text[COUNT_TEXT], tip[96];

	svg_text(svg, "name end", NAME_PX - 10, y + 11, bar->name);
	svg_text(svg, "small end", NAME_PX - 10, y + 25, bar->detail);
	snprintf(tip, sizeof(tip), "in the map: %s", count_text(text, bar->result->map_events));
	svg_box_tip(svg, "mark", (struct svg_box){ NAME_PX, y + 2, held, BAR_PX }, tip);
	if (lost > 0) {
		snprintf(tip, sizeof(tip), "lost: %s", count_text(text, (uint64_t)lost));
		svg_box_tip(svg, "bad",
			    (struct svg_box){ NAME_PX + held, y + 2, width - held, BAR_PX }, tip);
	}
	svg_textf(svg, "", NAME_PX + width + 8, y + 19, "%.0f million a second%s",
		  count_rate(bar->result, bar->result->events) / 1e6,
		  lost > 0 ? ", some of them lost" : "");
}

void demo_draw_counts(struct svg *svg, const void *what)
{
	const struct demo_page *page = what;
	const struct count_bar bars[] = {
		{ "a copy for each CPU", "PERCPU_ARRAY, plain ++", page->percpu },
		{ "one for all", "ARRAY, atomic add", page->shared },
		{ "one for all", "ARRAY, plain ++", page->careless },
	};
	double most = 1, y = 10;

	for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
		double rate = count_rate(bars[i].result, bars[i].result->events);

		if (rate > most)
			most = rate;
	}
	for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++, y += BAR_ROW_PX)
		draw_count(svg, &bars[i], y, most);
	svg_box(svg, "mark", (struct svg_box){ NAME_PX, y, 12, 12 });
	svg_text(svg, "small", NAME_PX + 18, y + 10, "in the map afterwards");
	svg_box(svg, "bad", (struct svg_box){ NAME_PX + 190, y, 12, 12 });
	svg_text(svg, "small", NAME_PX + 208, y + 10, "counted by a program, but lost");
}

/* --- Heat --- */

#define KEY_PX 60
#define CELL_HEIGHT_PX 24
#define HEAT_WIDTH_PX 840
#define MOST_CELL_PX 84
#define LEAST_CELL_WITH_TEXT_PX 44
#define LEAST_CELL_WITH_CPU_PX 26
#define MOST_COLUMNS 128

/* Columns are CPUs, or as many neighbours as make few enough columns. */
struct heat_grid {
	const struct session *session;
	const struct heat *heat;
	uint32_t cpus_a_column, nr_columns;
	uint64_t least, largest; /* above 0 */
	double cell_px;
};

static uint32_t end_of_column(const struct heat_grid *grid, uint32_t column)
{
	uint32_t end = (column + 1) * grid->cpus_a_column;

	return end < grid->heat->nr_cpus ? end : grid->heat->nr_cpus;
}

static uint64_t cell_value(const struct heat_grid *grid, uint32_t key, uint32_t column)
{
	uint64_t sum = 0;

	for (uint32_t i = column * grid->cpus_a_column; i < end_of_column(grid, column); i++)
		sum += heat_value(grid->heat, key, i);
	return sum;
}

static struct heat_grid make_grid(const struct session *session, const struct heat *heat)
{
	struct heat_grid grid = { .session = session, .heat = heat };

	grid.cpus_a_column = (heat->nr_cpus + MOST_COLUMNS - 1) / MOST_COLUMNS;
	grid.nr_columns = (heat->nr_cpus + grid.cpus_a_column - 1) / grid.cpus_a_column;
	grid.cell_px = (double)HEAT_WIDTH_PX / grid.nr_columns;
	if (grid.cell_px > MOST_CELL_PX)
		grid.cell_px = MOST_CELL_PX;
	for (uint32_t key = 0; key < HEAT_KEYS; key++) {
		for (uint32_t column = 0; column < grid.nr_columns; column++) {
			uint64_t value = cell_value(&grid, key, column);

			if (value > grid.largest)
				grid.largest = value;
			if (value && (!grid.least || value < grid.least))
				grid.least = value;
		}
	}
	return grid;
}

/* "CPU 3", "CPUs 4 to 7" */
static void column_text(const struct heat_grid *grid, uint32_t column, char text[64])
{
	const struct cpu *cpus = grid->session->machine->cpus;
	uint32_t first = column * grid->cpus_a_column, last = end_of_column(grid, column) - 1;

	if (first == last)
		snprintf(text, 64, "CPU %" PRIu32, cpus[first].id);
	else
		snprintf(text, 64, "CPUs %" PRIu32 " to %" PRIu32, cpus[first].id, cpus[last].id);
}

static void draw_cell(struct svg *svg, const struct heat_grid *grid, uint32_t key, uint32_t column)
{
	uint64_t value = cell_value(grid, key, column);
	unsigned int heat = svg_heat(value, grid->least, grid->largest);
	const struct svg_box box = { KEY_PX + column * grid->cell_px,
				     SVG_LINE_PX + 8 + key * (double)CELL_HEIGHT_PX, grid->cell_px,
				     CELL_HEIGHT_PX };
	char tip[128], cpus[64], classes[32], count[COUNT_TEXT];

	column_text(grid, column, cpus);
	snprintf(tip, sizeof(tip), "key %" PRIu32 ", %s: %s", key, cpus, count_text(count, value));
	snprintf(classes, sizeof(classes), grid->cell_px > 8 ? "rule heat%u" : "heat%u", heat);
	svg_group(svg, tip);
	svg_box(svg, classes, box);
	if (grid->cell_px >= LEAST_CELL_WITH_TEXT_PX) {
		snprintf(classes, sizeof(classes), "mid ontop%u", heat);
		svg_text(svg, classes, box.x + box.width / 2, box.y + 17, count);
	}
	svg_group_end(svg);
}

/* Names of columns stand over those that they have room over. */
static void draw_column_names(struct svg *svg, const struct heat_grid *grid)
{
	uint32_t step = 1;

	while (step * grid->cell_px < LEAST_CELL_WITH_CPU_PX)
		step *= 2;
	svg_text(svg, "small end", KEY_PX - 8, SVG_LINE_PX, "CPU");
	for (uint32_t column = 0; column < grid->nr_columns; column += step) {
		const struct cpu *cpu = &grid->session->machine->cpus[column * grid->cpus_a_column];

		svg_textf(svg, "small mid", KEY_PX + (column + 0.5) * grid->cell_px, SVG_LINE_PX,
			  "%" PRIu32 "%s", cpu->id,
			  cpu->is_online || grid->cell_px < MOST_CELL_PX ? "" : ", offline");
	}
}

/* A colour stands for values that differ by a factor: the scale is logarithmic. */
static void draw_heat_legend(struct svg *svg, const struct heat_grid *grid, double y)
{
	char text[COUNT_TEXT];
	double x = KEY_PX + 70;

	svg_box(svg, "rule heat0", (struct svg_box){ KEY_PX, y, 16, 16 });
	svg_text(svg, "small", KEY_PX + 22, y + 12, "0");
	svg_text(svg, "small end", x - 6, y + 12, count_text(text, grid->least));
	for (unsigned int heat = 1; heat < SVG_HEATS; heat++, x += 30) {
		char classes[32];

		snprintf(classes, sizeof(classes), "rule heat%u", heat);
		svg_box(svg, classes, (struct svg_box){ x, y, 30, 16 });
	}
	svg_textf(svg, "small", x + 8, y + 12, "%s, on a logarithmic scale",
		  count_text(text, grid->largest));
	if (grid->cpus_a_column > 1)
		svg_textf(svg, "small", x + 260, y + 12, "a column is the sum of %" PRIu32 " CPUs",
			  grid->cpus_a_column);
}

void demo_draw_heat(struct svg *svg, const struct session *session, const struct heat *heat)
{
	struct heat_grid grid = make_grid(session, heat);
	double bottom = SVG_LINE_PX + 8 + HEAT_KEYS * (double)CELL_HEIGHT_PX;

	draw_column_names(svg, &grid);
	for (uint32_t key = 0; key < HEAT_KEYS; key++) {
		svg_textf(svg, "small end", KEY_PX - 8,
			  SVG_LINE_PX + 24 + key * (double)CELL_HEIGHT_PX, "key %" PRIu32, key);
		for (uint32_t column = 0; column < grid.nr_columns; column++)
			draw_cell(svg, &grid, key, column);
	}
	draw_heat_legend(svg, &grid, bottom + 12);
}
