/* SPDX-License-Identifier: MIT */
/*
 * What "pcasim model" prints and draws.
 */
#ifndef SIM_CLI_MODEL_SHOW_H
#define SIM_CLI_MODEL_SHOW_H

#include "model_run.h"
#include "model_trace.h"
#include "svg.h"

/* What was modelled, and what came out of it, ranked. */
struct model_report {
	const struct model_job *job;
	const char *topology;
	struct model_result results[MODEL_MOST_LAYOUTS];
	size_t nr;
	const char *left_out[MODEL_MOST_LAYOUTS]; /* of all: too large for the model */
	size_t nr_left_out;
};

#define MODEL_TITLE 320
const char *model_title(char text[MODEL_TITLE], const struct model_report *report);

/* Text in lines that fit, each behind so many blanks. */
void model_print_folded(unsigned int indent, const char *text);

void model_print(const struct model_report *report);
void model_json(const struct model_report *report);

void model_trace_print(const struct model_shape *shape, const struct model_trace_result *result);
void model_trace_json(const struct model_shape *shape, const struct model_trace_result *result);

/* --- Lines and what lies in them --- */

#define EXPLAIN_ROWS 8
#define EXPLAIN_WORDS (1024 / LAYOUT_WORD_BYTES)

enum piece_kind { PIECE_EMPTY, PIECE_VALUE, PIECE_SHARED, PIECE_POINTER, PIECE_LOCK };

/* A word of a line: what it is part of. */
struct piece {
	enum piece_kind kind;
	uint32_t cpu, key;
};

/* A line of memory. */
struct explain_row {
	uint64_t line;
	struct piece words[EXPLAIN_WORDS];
	uint32_t nr_words;
	uint32_t nr_writers; /* CPUs */
	bool follows;	     /* the row before it is the line before it */
};

struct explain_rows {
	struct explain_row rows[EXPLAIN_ROWS];
	size_t nr;
};

/* The first lines, and those where the values of CPUs 0 and 1 begin. */
void explain_take(const struct model_job *job, const struct layout *layout,
		  struct explain_rows *rows);

/* How many words from first on are one piece, and its name. */
uint32_t explain_piece_words(const struct explain_row *row, uint32_t first);
const char *explain_piece_name(char text[32], const struct piece *piece);

void explain_print(const struct model_report *report);
void explain_draw(struct svg *svg, const struct model_report *report);

#endif
