// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diff.h"
#include "setup.h"

int diff_pair_begin(struct diff_pair *pair)
{
	struct trace_target *target;
	int err;

	if (!pair->theirs.stream && !trace_result_open(&pair->theirs))
		return -ENOMEM;
	if (!pair->ours.stream && !trace_result_open(&pair->ours))
		return -ENOMEM;
	err = oracle_target(pair->oracle, &target);
	if (!err)
		err = trace_world_create_on(&pair->kernel, target);
	if (!err)
		err = trace_world_create(&pair->simulator, &pair->oracle->kernel, pair->release);
	if (err)
		diff_pair_end(pair);
	return err;
}

void diff_pair_end(struct diff_pair *pair)
{
	if (pair->kernel)
		trace_world_destroy(pair->kernel);
	if (pair->simulator)
		trace_world_destroy(pair->simulator);
	pair->kernel = pair->simulator = NULL;
}

void diff_pair_free(struct diff_pair *pair)
{
	diff_pair_end(pair);
	trace_result_close(&pair->theirs);
	trace_result_close(&pair->ours);
	free(pair->copy);
	pair->copy = NULL;
}

/* A line of its own, since it is cut up. */
static bool parse(struct diff_pair *pair, const char *operation)
{
	size_t needed = strlen(operation) + sizeof("0 ");

	if (needed > pair->copy_size) {
		char *copy = realloc(pair->copy, 2 * needed);

		if (!copy)
			return false;
		pair->copy = copy;
		pair->copy_size = 2 * needed;
	}
	memcpy(stpcpy(pair->copy, "0 "), operation, needed - 2);
	return trace_line_parse(&pair->line, pair->copy);
}

enum diff_verdict diff_pair_run(struct diff_pair *pair, const char *operation)
{
	struct trace_line *line = &pair->line;

	if (!parse(pair, operation) || !trace_result_run(&pair->theirs, pair->kernel, line))
		goto failed;
	/* A map that the kernel has no memory for shall not live here either. */
	line->result = pair->theirs.text;
	if (!trace_result_run(&pair->ours, pair->simulator, line))
		goto failed;
	return strcmp(pair->theirs.text, pair->ours.text) ? DIFF_DIFFERENT : DIFF_SAME;

failed:
	cli_error("cannot be executed: %.200s", operation);
	return DIFF_FAILED;
}

bool diff_ops_add(struct diff_ops *ops, const char *operation)
{
	size_t bytes = strlen(operation) + 1;

	if (ops->nr == ops->max) {
		uint32_t max = ops->max ? 2 * ops->max : 1024;
		size_t *starts = reallocarray(ops->starts, max, sizeof(*starts));

		if (!starts)
			return false;
		ops->starts = starts;
		ops->max = max;
	}
	if (ops->len + bytes > ops->capacity) {
		size_t capacity = 2 * (ops->len + bytes);
		char *text = realloc(ops->text, capacity);

		if (!text)
			return false;
		ops->text = text;
		ops->capacity = capacity;
	}
	ops->starts[ops->nr++] = ops->len;
	memcpy(ops->text + ops->len, operation, bytes);
	ops->len += bytes;
	return true;
}

void diff_ops_free(struct diff_ops *ops)
{
	free(ops->text);
	free(ops->starts);
	memset(ops, 0, sizeof(*ops));
}
