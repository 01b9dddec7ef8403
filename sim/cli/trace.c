// SPDX-License-Identifier: MIT
/*
 * Reading traces: cutting lines into tokens, numbers out of tokens.
 */
#include "trace.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint32_t trace_tokens(char *text, struct trace_token *tokens, uint32_t max)
{
	uint32_t nr = 0;
	char *save = NULL;

	for (char *word = strtok_r(text, " ", &save); word && nr < max;
	     word = strtok_r(NULL, " ", &save)) {
		char *equals = strchr(word, '=');

		if (equals)
			*equals = '\0';
		tokens[nr++] = (struct trace_token){ word, equals ? equals + 1 : NULL };
	}
	return nr;
}

bool trace_line_parse(struct trace_line *line, char *text)
{
	struct trace_token tokens[TRACE_MAX_TOKENS];
	char *arrow = strstr(text, " -> ");
	uint32_t nr;

	memset(line, 0, sizeof(*line));
	if (arrow) {
		*arrow = '\0';
		line->result = arrow + 4;
	}
	nr = trace_tokens(text, tokens, TRACE_MAX_TOKENS);
	if (nr < 2 || nr == TRACE_MAX_TOKENS || tokens[0].value || tokens[1].value)
		return false;
	line->seq = tokens[0].key;
	line->op = tokens[1].key;
	if (line->seq[strspn(line->seq, "0123456789")])
		return false;
	for (uint32_t i = 2; i < nr; i++) {
		if (!tokens[i].value)
			return false;
		line->args[line->nr_args++] = tokens[i];
	}
	return true;
}

const char *trace_arg(const struct trace_line *line, const char *key)
{
	for (uint32_t i = 0; i < line->nr_args; i++) {
		if (!strcmp(line->args[i].key, key))
			return line->args[i].value;
	}
	return NULL;
}

static bool parse_u64(const char *text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false; /* strtoull() takes blanks and signs */
	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && !*end;
}

uint64_t trace_u64_or(struct trace_line *line, const char *key, uint64_t otherwise)
{
	const char *text = trace_arg(line, key);

	return text ? trace_u64(line, key) : otherwise;
}

uint64_t trace_u64(struct trace_line *line, const char *key)
{
	const char *text = trace_arg(line, key);
	uint64_t value = 0;

	if (!text || !parse_u64(text, &value))
		line->bad = key;
	return value;
}

uint32_t trace_u32_or(struct trace_line *line, const char *key, uint32_t otherwise)
{
	uint64_t value = trace_u64_or(line, key, otherwise);

	if (value > UINT32_MAX)
		line->bad = key;
	return (uint32_t)value;
}

uint32_t trace_u32(struct trace_line *line, const char *key)
{
	uint64_t value = trace_u64(line, key);

	if (value > UINT32_MAX)
		line->bad = key;
	return (uint32_t)value;
}

int32_t trace_i32_or(struct trace_line *line, const char *key, int32_t otherwise)
{
	const char *text = trace_arg(line, key);
	uint64_t value = 0;

	if (!text)
		return otherwise;
	if (!parse_u64(text + (*text == '-'), &value) || value > INT32_MAX)
		line->bad = key;
	return *text == '-' ? -(int32_t)value : (int32_t)value;
}

bool trace_begins(const char *text)
{
	return !strncmp(text, "#oracle_fuzz ", 13);
}

static bool is_version(const char *text)
{
	for (; *text; text++) {
		if (!isalnum((unsigned char)*text) && !strchr(".-+_~", *text))
			return false;
	}
	return true;
}

static bool header_token(struct trace_header *header, const struct trace_token *token)
{
	uint64_t number;

	if (!token->value)
		return true;
	if (!strcmp(token->key, "release")) {
		if (!is_version(token->value))
			return false;
		snprintf(header->release, sizeof(header->release), "%s", token->value);
		return true;
	}
	if (!parse_u64(token->value, &number))
		return false;
	if (!strcmp(token->key, "seed"))
		header->seed = number;
	else if (!strcmp(token->key, "nops"))
		header->nr_operations = number;
	else if (number > UINT32_MAX)
		return false;
	else if (!strcmp(token->key, "possible_cpus"))
		header->possible_cpus = (uint32_t)number;
	else if (!strcmp(token->key, "online"))
		header->online_cpus = (uint32_t)number;
	return true;
}

bool trace_header_parse(struct trace_header *header, char *text)
{
	struct trace_token tokens[TRACE_MAX_TOKENS];
	uint32_t nr = trace_tokens(text, tokens, TRACE_MAX_TOKENS);

	if (nr && !strcmp(tokens[0].key, "#oracle_fuzz") &&
	    (nr < 2 || tokens[1].value || strcmp(tokens[1].key, "v1")))
		return false;
	if (nr && !strcmp(tokens[0].key, "#kernel"))
		header->has_kernel_line = true;
	for (uint32_t i = 0; i < nr; i++) {
		if (!header_token(header, &tokens[i]))
			return false;
	}
	return true;
}
