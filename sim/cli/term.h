/* SPDX-License-Identifier: MIT */
/*
 * The terminal: colour, box characters, numbers for people, a progress bar.
 */
#ifndef SIM_CLI_TERM_H
#define SIM_CLI_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pieces of pictures: one column each, but for arrow and more. */
struct glyphs {
	const char *h, *v, *tee, *corner;	    /* of trees: lines, a branch, the last one */
	const char *top_left, *top_mid, *top_right; /* of boxes */
	const char *bottom_left, *bottom_mid, *bottom_right;
	const char *joins_up;  /* a line from the left that goes up and down */
	const char *down_left; /* a line from the left that goes down */
	const char *arrow_left, *arrow_right;
	const char *full, *empty; /* a word in use, one of padding */
	const char *more, *times;
};

/* ASCII unless the locale is UTF-8. */
extern const struct glyphs *glyphs;

/* Escape sequences, or "" where colour is not wanted. */
struct colours {
	const char *bold, *dim, *green, *red, *cyan, *off;
};

extern const struct colours *colours;

void term_init(void);

/* Print text n times. */
void repeat_text(const char *text, unsigned int n);

/* A title in bold with an empty line before it. */
void print_title(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Print text from this column on, without a newline at its end. Lines of more than 80
 * columns are broken at blanks, and go on behind indent blanks.
 */
void print_wrapped(unsigned int column, unsigned int indent, const char *text);

/* Each fills buf and returns it. */
#define COUNT_TEXT 32
#define SIZE_TEXT 32
const char *count_text(char buf[COUNT_TEXT], uint64_t n); /* "16,000" */
const char *size_text(char buf[SIZE_TEXT], double bytes); /* "1.5 MiB" */

/* The end of a word for n things: "", or "s". */
static inline const char *plural_s(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* Append a name to list, which begins as "" and becomes such as "show, list and dump". */
void list_name(char *list, size_t size, const char *name, bool is_last);

/*
 * The first len bytes of text for a complaint that quotes them, with "..." in the place of
 * what does not fit in size bytes, of which there are more than 4. Returns buf.
 */
const char *excerpt(char *buf, size_t size, const char *text, size_t len);

/* Cut a list that is longer than width columns, with "..." at its end. */
void clip_text(char *text, size_t width);

/* A bar on stderr if that is a terminal wide enough, else nothing. fraction: 0 to 1. */
void progress_show(const char *label, double fraction);
bool progress_is_shown(void);

/* Text of one column a byte instead, cut to the terminal's width; where a bar would be shown. */
void progress_line(const char *text);
void progress_clear(void);

#endif
