// SPDX-License-Identifier: MIT
/*
 * Which CPU's value lies in which line: the picture that explains false sharing.
 *
 * Layouts are formulas from CPU and key to a place. The way back is found by asking for
 * the keys that can lie in the lines shown: the first ones, and the last ones in front
 * of where another CPU's begin.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "model_show.h"
#include "term.h"

#define FIRST_LINES 3
#define LINES_OF_A_CPU 2
#define ASKED_KEYS 1024 /* from the beginning, and from the end */

/* --- Which lines --- */

static void add_line(struct explain_rows *rows, uint64_t line, uint64_t nr_lines)
{
	size_t at = rows->nr;

	if (line >= nr_lines || rows->nr == EXPLAIN_ROWS)
		return;
	while (at && rows->rows[at - 1].line > line)
		at--;
	if (at && rows->rows[at - 1].line == line)
		return;
	memmove(&rows->rows[at + 1], &rows->rows[at], (rows->nr - at) * sizeof(rows->rows[0]));
	rows->rows[at] = (struct explain_row){ .line = line };
	rows->nr++;
}

/* Where the first of what is in use lies: LAYOUT_NONE is above all offsets. */
static uint64_t first_offset(const struct model_job *job, const struct layout *layout)
{
	struct layout_place place = layout->place(&job->values, 0, 0);
	uint64_t first = place.value < place.pointer ? place.value : place.pointer;

	return first < place.lock ? first : place.lock;
}

static void choose_lines(const struct model_job *job, const struct layout *layout,
			 struct explain_rows *rows)
{
	uint32_t line_bytes = job->shape->line_bytes;
	uint64_t nr_lines = (layout->size_bytes(&job->values) + line_bytes - 1) / line_bytes;

	uint64_t first = first_offset(job, layout) / line_bytes;

	for (uint64_t i = 0; i < FIRST_LINES; i++)
		add_line(rows, first + i, nr_lines);
	for (uint32_t cpu = 0; cpu < 2 && cpu < job->values.nr_cpus; cpu++) {
		uint64_t line = layout->place(&job->values, cpu, 0).value / line_bytes;

		for (uint64_t i = 0; i < LINES_OF_A_CPU; i++)
			add_line(rows, line + i, nr_lines);
	}
	for (size_t i = 0; i < rows->nr; i++) {
		rows->rows[i].nr_words = line_bytes / LAYOUT_WORD_BYTES;
		rows->rows[i].follows = i && rows->rows[i].line == rows->rows[i - 1].line + 1;
	}
}

/* --- What lies in them --- */

/* The words of bytes at offset that are shown belong to this piece. */
static void put_piece(struct explain_rows *rows, uint32_t line_bytes, uint64_t offset,
		      uint64_t bytes, struct piece piece)
{
	for (size_t i = 0; i < rows->nr; i++) {
		struct explain_row *row = &rows->rows[i];
		uint64_t start = row->line * line_bytes, end = start + line_bytes;

		if (offset >= end || offset + bytes <= start)
			continue;
		for (uint32_t word = 0; word < row->nr_words; word++) {
			uint64_t at = start + word * LAYOUT_WORD_BYTES;

			if (at >= offset && at < offset + bytes)
				row->words[word] = piece;
		}
	}
}

static void put_key(const struct model_job *job, const struct layout *layout,
		    struct explain_rows *rows, uint32_t cpu, uint32_t key)
{
	bool is_shared = layout->sync != LAYOUT_OWN;
	struct layout_place place = layout->place(&job->values, cpu, key);
	struct piece piece = { is_shared ? PIECE_SHARED : PIECE_VALUE, cpu, key };
	uint32_t line_bytes = job->shape->line_bytes;

	put_piece(rows, line_bytes, place.value, layout_elem_bytes(&job->values), piece);
	if (cpu)
		return;
	piece.kind = PIECE_POINTER;
	if (place.pointer != LAYOUT_NONE)
		put_piece(rows, line_bytes, place.pointer, LAYOUT_WORD_BYTES, piece);
	piece.kind = PIECE_LOCK;
	if (place.lock != LAYOUT_NONE && !key)
		put_piece(rows, line_bytes, place.lock, sizeof(pthread_mutex_t), piece);
}

static bool piece_is_written(const struct piece *piece)
{
	return piece->kind != PIECE_EMPTY && piece->kind != PIECE_POINTER;
}

static uint32_t count_writers(const struct model_job *job, const struct explain_row *row)
{
	bool seen[MODEL_MOST_CPUS] = { false };
	uint32_t nr = 0;

	for (uint32_t word = 0; word < row->nr_words; word++) {
		const struct piece *piece = &row->words[word];

		if (!piece_is_written(piece))
			continue;
		if (piece->kind != PIECE_VALUE)
			return job->values.nr_cpus;
		nr += !seen[piece->cpu];
		seen[piece->cpu] = true;
	}
	return nr;
}

void explain_take(const struct model_job *job, const struct layout *layout,
		  struct explain_rows *rows)
{
	uint32_t nr_cpus = layout->sync == LAYOUT_OWN ? job->values.nr_cpus : 1;
	uint32_t nr_keys = job->values.nr_keys;

	memset(rows, 0, sizeof(*rows));
	choose_lines(job, layout, rows);
	for (uint32_t cpu = 0; cpu < nr_cpus; cpu++) {
		for (uint32_t key = 0; key < nr_keys; key++) {
			if (key == ASKED_KEYS && nr_keys > 2 * ASKED_KEYS)
				key = nr_keys - ASKED_KEYS;
			put_key(job, layout, rows, cpu, key);
		}
	}
	for (size_t i = 0; i < rows->nr; i++)
		rows->rows[i].nr_writers = count_writers(job, &rows->rows[i]);
}

uint32_t explain_piece_words(const struct explain_row *row, uint32_t first)
{
	const struct piece *piece = &row->words[first];
	uint32_t next = first + 1;

	while (next < row->nr_words && row->words[next].kind == piece->kind &&
	       row->words[next].cpu == piece->cpu && row->words[next].key == piece->key)
		next++;
	return next - first;
}

const char *explain_piece_name(char text[32], const struct piece *piece)
{
	switch (piece->kind) {
	case PIECE_VALUE:
		snprintf(text, 32, "cpu %" PRIu32 " key %" PRIu32, piece->cpu, piece->key);
		break;
	case PIECE_SHARED:
		snprintf(text, 32, "all, key %" PRIu32, piece->key);
		break;
	case PIECE_POINTER:
		snprintf(text, 32, "pointer %" PRIu32, piece->key);
		break;
	case PIECE_LOCK:
		snprintf(text, 32, "lock");
		break;
	default:
		*text = '\0';
	}
	return text;
}

/* --- As text --- */

#define WORD_COLUMNS 8

/* What fits into eight columns of a word. */
static void short_name(char text[32], const struct piece *piece)
{
	switch (piece->kind) {
	case PIECE_VALUE:
		snprintf(text, 32, "c%" PRIu32 " k%" PRIu32, piece->cpu, piece->key);
		break;
	case PIECE_SHARED:
		snprintf(text, 32, "all k%" PRIu32, piece->key);
		break;
	case PIECE_POINTER:
		snprintf(text, 32, "->k%" PRIu32, piece->key);
		break;
	case PIECE_LOCK:
		snprintf(text, 32, "lock");
		break;
	default:
		*text = '\0';
	}
}

static void print_row(const struct explain_row *row, uint32_t line_bytes)
{
	printf("  %s%8" PRIu64 "%s %s", colours->dim, row->line * line_bytes, colours->off,
	       glyphs->v);
	for (uint32_t word = 0, nr; word < row->nr_words; word += nr) {
		const struct piece *piece = &row->words[word];
		bool is_marked = row->nr_writers > 1 && piece_is_written(piece);
		char name[32];

		nr = explain_piece_words(row, word);
		short_name(name, piece);
		printf("%s%-*.*s%s%s", is_marked ? colours->red : "",
		       (int)(nr * (WORD_COLUMNS + 1) - 1), (int)(nr * (WORD_COLUMNS + 1) - 1), name,
		       is_marked ? colours->off : "", glyphs->v);
	}
	if (row->nr_writers > 1)
		printf(" %s%s %" PRIu32 " CPUs write%s", colours->red, glyphs->arrow_left,
		       row->nr_writers, colours->off);
	putchar('\n');
}

static void print_layout(const struct model_report *report, size_t i)
{
	const struct model_result *result = &report->results[i];
	struct explain_rows rows;
	char reason[MODEL_REASON];

	print_title("%s", result->layout->name);
	printf("  %s\n  place %zu of %zu\n", result->layout->summary, i + 1, report->nr);
	model_print_folded(2, model_reason(reason, report->job, result));
	explain_take(report->job, result->layout, &rows);
	for (size_t row = 0; row < rows.nr; row++) {
		if (row && !rows.rows[row].follows)
			printf("  %8s\n", glyphs->more);
		print_row(&rows.rows[row], report->job->shape->line_bytes);
	}
}

void explain_print(const struct model_report *report)
{
	char title[MODEL_TITLE];

	print_title("%s", model_title(title, report));
	printf("  A row is a cache line, in front of it its offset in bytes. \"c3 k0\" is CPU 3's\n"
	       "  value of key 0, \"->k0\" the pointer to key 0's values, \"all k0\" the one that "
	       "all\n  CPUs write.\n");
	for (size_t i = 0; i < report->nr; i++)
		print_layout(report, i);
}

/* --- As a picture --- */

#define LEFT_PX 10
#define OFFSET_PX 64
#define WORD_PX 84
#define ROW_PX 26
#define GAP_PX 8
#define TEXT_LETTERS 110 /* of a reason, whose words are short */

/* Of what is no padding. Neighbours differ; blue is nobody's but CPUs'. */
static const char *piece_class(char text[32], const struct piece *piece)
{
	switch (piece->kind) {
	case PIECE_VALUE:
		snprintf(text, 32, "heat%u", 1 + piece->cpu % (SVG_HEATS - 1));
		break;
	case PIECE_POINTER:
		snprintf(text, 32, "cache");
		break;
	default: /* all CPUs write there */
		snprintf(text, 32, "bad");
	}
	return text;
}

static void draw_piece(struct svg *svg, const struct piece *piece, struct svg_box box)
{
	bool is_of_cpu = piece->kind == PIECE_VALUE;
	char name[32], class[32], text_class[32];

	if (piece->kind == PIECE_EMPTY) {
		svg_box_tip(svg, "pad", box, "padding");
		return;
	}
	explain_piece_name(name, piece);
	snprintf(text_class, sizeof(text_class), "small mid ontop%u",
		 is_of_cpu ? 1 + piece->cpu % (SVG_HEATS - 1) : 0);
	svg_group(svg, name);
	svg_box(svg, piece_class(class, piece), box);
	svg_text(svg, text_class, box.x + box.width / 2, box.y + box.height / 2 + 4, name);
	svg_group_end(svg);
}

static void draw_row(struct svg *svg, const struct explain_row *row, uint32_t line_bytes, double y)
{
	double left = LEFT_PX + OFFSET_PX, width = row->nr_words * (double)WORD_PX;

	svg_textf(svg, "small end", left - 8, y + ROW_PX / 2.0 + 4, "%" PRIu64,
		  row->line * line_bytes);
	if (row->nr_writers > 1)
		svg_box(svg, "bad", (struct svg_box){ left - 3, y - 1, width + 6, ROW_PX + 2 });
	for (uint32_t word = 0, nr; word < row->nr_words; word += nr) {
		nr = explain_piece_words(row, word);
		draw_piece(svg, &row->words[word],
			   (struct svg_box){ left + word * (double)WORD_PX + 1, y + 2,
					     nr * (double)WORD_PX - 2, ROW_PX - 4 });
	}
	if (row->nr_writers > 1)
		svg_textf(svg, "name", left + width + 12, y + ROW_PX / 2.0 + 4,
			  "%" PRIu32 " CPUs write", row->nr_writers);
}

/* Small text in lines that fit. Returns the last one's y. */
static double draw_folded(struct svg *svg, double y, const char *text)
{
	while (*text) {
		size_t len = strlen(text);

		if (len > TEXT_LETTERS) {
			for (len = TEXT_LETTERS; len && text[len] != ' ';)
				len--;
		}
		svg_textf(svg, "small", LEFT_PX, y += SVG_LINE_PX, "%.*s", (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
	return y;
}

static double draw_layout(struct svg *svg, const struct model_report *report, size_t i, double y)
{
	const struct model_result *result = &report->results[i];
	struct explain_rows rows;
	char reason[MODEL_REASON];

	svg_textf(svg, "name", LEFT_PX, y += 2 * SVG_LINE_PX, "%zu. %s", i + 1,
		  result->layout->name);
	svg_text(svg, "small", LEFT_PX + 130, y, result->layout->summary);
	y = draw_folded(svg, y, model_reason(reason, report->job, result));
	y += GAP_PX;
	explain_take(report->job, result->layout, &rows);
	for (size_t row = 0; row < rows.nr; row++) {
		if (row && !rows.rows[row].follows) {
			svg_text(svg, "small end", LEFT_PX + OFFSET_PX - 8, y + 8, "\u2026");
			y += SVG_LINE_PX - 4;
		}
		draw_row(svg, &rows.rows[row], report->job->shape->line_bytes, y);
		y += ROW_PX;
	}
	return y;
}

void explain_draw(struct svg *svg, const struct model_report *report)
{
	char title[MODEL_TITLE];
	double y = SVG_LINE_PX + 8;

	svg_text(svg, "head", LEFT_PX, y, model_title(title, report));
	svg_text(svg, "small", LEFT_PX, y += SVG_LINE_PX,
		 "A row is a cache line, with its offset in bytes; a red frame: several CPUs "
		 "write to it.");
	for (size_t i = 0; i < report->nr; i++)
		y = draw_layout(svg, report, i, y);
}
