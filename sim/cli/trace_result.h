/* SPDX-License-Identifier: MIT */
/*
 * The text of an operation's result, in memory that is used again and again.
 */
#ifndef SIM_CLI_TRACE_RESULT_H
#define SIM_CLI_TRACE_RESULT_H

#include "trace.h"

struct trace_result {
	FILE *stream;
	char *text; /* NUL-terminated */
	size_t size;
};

/* false: out of memory */
bool trace_result_open(struct trace_result *result);
void trace_result_close(struct trace_result *result);

/* trace_run() into result->text. */
bool trace_result_run(struct trace_result *result, struct trace_world *world,
		      struct trace_line *line);

#endif
