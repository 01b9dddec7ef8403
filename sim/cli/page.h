/* SPDX-License-Identifier: MIT */
/*
 * The frame of an HTML page that needs nothing else: it holds its style and its
 * pictures and loads nothing; a policy in its head forbids that, and scripts.
 * Colours follow the reader's scheme, and what is wider than a phone scrolls in a box
 * of its own.
 */
#ifndef SIM_CLI_PAGE_H
#define SIM_CLI_PAGE_H

#include <stdio.h>

#include "svg.h"

/*
 * All up to the heading, and what it says to begin with, as HTML. Sections are written
 * in between, each with an h2 of its own.
 */
void page_begin(FILE *out, const char *title, const char *lead);
void page_end(FILE *out);

/* An element that holds text and nothing else. */
void page_text(FILE *out, const char *tag, const char *text);

/* A pair of a <dl>. */
void page_fact(FILE *out, const char *name, const char *text);

/* A box around what may be wide. */
void page_begin_wide(FILE *out, const char *name);
void page_end_wide(FILE *out);

struct page_figure {
	const char *title, *description, *caption;
	void (*draw)(struct svg *svg, const void *what);
};

/* A picture of what, with its caption. 0, or -ENOMEM; errors of out are told by ferror(). */
int page_figure(FILE *out, const struct page_figure *figure, const void *what);

#endif
