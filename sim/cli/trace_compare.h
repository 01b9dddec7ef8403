/* SPDX-License-Identifier: MIT */
/*
 * Two results of one operation: are they the same, and where do they differ?
 */
#ifndef SIM_CLI_TRACE_COMPARE_H
#define SIM_CLI_TRACE_COMPARE_H

#include "trace.h"

/* The kernel's result and ours, cut into tokens. */
struct trace_comparison {
	struct trace_token theirs[TRACE_MAX_TOKENS], ours[TRACE_MAX_TOKENS];
	uint32_t nr_theirs, nr_ours;
};

/* Are they the same, but for what only informs? Both texts are cut up. */
bool trace_compare(struct trace_comparison *comparison, char *theirs, char *ours);

/* Print the operation, and a line for each side with the tokens that differ. */
void trace_show_difference(FILE *out, const struct trace_line *line,
			   const struct trace_comparison *comparison);

#endif
