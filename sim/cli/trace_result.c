// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "trace_result.h"

#include <stdlib.h>
#include <string.h>

bool trace_result_open(struct trace_result *result)
{
	memset(result, 0, sizeof(*result));
	result->stream = open_memstream(&result->text, &result->size);
	return result->stream != NULL;
}

void trace_result_close(struct trace_result *result)
{
	if (result->stream)
		fclose(result->stream);
	free(result->text);
	memset(result, 0, sizeof(*result));
}

bool trace_result_run(struct trace_result *result, struct trace_world *world,
		      struct trace_line *line)
{
	bool is_run;

	rewind(result->stream);
	is_run = trace_run(world, line, result->stream);
	fputc('\0', result->stream);
	fflush(result->stream);
	return is_run;
}
