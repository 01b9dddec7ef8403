/* SPDX-License-Identifier: MIT */
/*
 * What "pcasim demo" did, as one page of HTML that needs nothing else.
 */
#ifndef SIM_CLI_DEMO_PAGE_H
#define SIM_CLI_DEMO_PAGE_H

#include "demo.h"
#include "demo_heat.h"
#include "svg.h"

struct demo_page {
	const struct session *session;
	const struct count_result *percpu, *shared, *careless;
	const struct heat *heat;
	const struct trace_files *traces;
	const struct replay_summary *replay;
};

/* 0, or -ENOMEM; errors of out are told by ferror(). */
int demo_page_write(FILE *out, const struct demo_page *page);

/* The pictures of the page that are not those of "pcasim topo"; what: a struct demo_page. */
void demo_draw_counts(struct svg *svg, const void *what);
void demo_draw_timeline(struct svg *svg, const void *what);
void demo_draw_heat(struct svg *svg, const struct session *session, const struct heat *heat);

#endif
