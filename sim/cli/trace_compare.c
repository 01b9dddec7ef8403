// SPDX-License-Identifier: MIT
#include "trace_compare.h"

#include <string.h>

#define LONGEST_SHOWN 60 /* characters of a token in a printed difference */

static void print_short(FILE *out, const struct trace_token *token)
{
	const char *value = token->value ? token->value : "";
	int shown = strlen(value) > LONGEST_SHOWN ? LONGEST_SHOWN : (int)strlen(value);

	fprintf(out, " %s=%.*s", token->key, shown, value);
	if (value[shown])
		fprintf(out, "...(%zu characters)", strlen(value));
}

/* A result that only informs is not compared. */
static bool is_informational(const struct trace_token *token)
{
	return !strcmp(token->key, "same_map_as_pinsrc");
}

static bool same_token(const struct trace_token *a, const struct trace_token *b)
{
	const char *x = a->value ? a->value : "", *y = b->value ? b->value : "";

	return !strcmp(a->key, b->key) && (is_informational(a) || !strcmp(x, y));
}

static void print_tokens_that_differ(FILE *out, const char *who, const struct trace_token *tokens,
				     uint32_t nr, const struct trace_token *others,
				     uint32_t nr_others)
{
	fprintf(out, "    %-6s", who);
	for (uint32_t i = 0; i < nr; i++) {
		if (i >= nr_others || !same_token(&tokens[i], &others[i]))
			print_short(out, &tokens[i]);
	}
	fputc('\n', out);
}

bool trace_compare(struct trace_comparison *comparison, char *theirs, char *ours)
{
	bool is_same;

	comparison->nr_theirs = trace_tokens(theirs, comparison->theirs, TRACE_MAX_TOKENS);
	comparison->nr_ours = trace_tokens(ours, comparison->ours, TRACE_MAX_TOKENS);
	is_same = comparison->nr_theirs == comparison->nr_ours;
	for (uint32_t i = 0; i < comparison->nr_ours && is_same; i++)
		is_same = same_token(&comparison->theirs[i], &comparison->ours[i]);
	return is_same;
}

void trace_show_difference(FILE *out, const struct trace_line *line,
			   const struct trace_comparison *comparison)
{
	fputs(line->op, out);
	for (uint32_t i = 0; i < line->nr_args; i++)
		print_short(out, &line->args[i]);
	fputc('\n', out);
	print_tokens_that_differ(out, "linux", comparison->theirs, comparison->nr_theirs,
				 comparison->ours, comparison->nr_ours);
	print_tokens_that_differ(out, "pcasim", comparison->ours, comparison->nr_ours,
				 comparison->theirs, comparison->nr_theirs);
}
