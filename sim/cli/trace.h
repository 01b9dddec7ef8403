/* SPDX-License-Identifier: MIT */
/*
 * Traces: lines of text, each an operation with its arguments and, after
 * " -> ", what a kernel answered. docs/trace-format.md has the grammar.
 */
#ifndef SIM_CLI_TRACE_H
#define SIM_CLI_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TRACE_MAX_TOKENS 32

struct trace_token {
	const char *key, *value;
};

/* One operation, cut into its tokens in place. */
struct trace_line {
	const char *seq, *op;
	struct trace_token args[TRACE_MAX_TOKENS];
	uint32_t nr_args;
	char *result;	 /* after " -> ", whole; NULL when there is none */
	const char *bad; /* the argument that is missing or cannot be read */
};

/* Cut text, a line without its newline, up. false: it is no operation. */
bool trace_line_parse(struct trace_line *line, char *text);

/* Cut result into tokens at spaces; returns how many, at most max. */
uint32_t trace_tokens(char *text, struct trace_token *tokens, uint32_t max);

/* The text of an argument, or NULL. */
const char *trace_arg(const struct trace_line *line, const char *key);

/*
 * A number, decimal or 0x... An argument that is missing (but for the optional
 * forms), not a number or not of the type sets line->bad.
 */
uint64_t trace_u64(struct trace_line *line, const char *key);
uint64_t trace_u64_or(struct trace_line *line, const char *key, uint64_t otherwise);
uint32_t trace_u32(struct trace_line *line, const char *key);
uint32_t trace_u32_or(struct trace_line *line, const char *key, uint32_t otherwise);
int32_t trace_i32_or(struct trace_line *line, const char *key, int32_t otherwise);

/* "#oracle_fuzz v1 seed=1 nops=2000 possible_cpus=2" and "#kernel release=6.18.44 online=2 pin=1" */
struct trace_header {
	bool has_kernel_line; /* the second one */
	uint64_t seed, nr_operations;
	uint32_t possible_cpus, online_cpus;
	char release[32];
};

/* Read a comment line into the header; false when it is malformed. */
bool trace_header_parse(struct trace_header *header, char *text);

/* Is this the line that begins a trace? */
bool trace_begins(const char *text);

struct pca_machine;

/* A machine, a task on it, and the handles of a trace. */
struct trace_world;

/* A world of the header's CPUs that shows release. 0, or -errno. */
int trace_world_create(struct trace_world **world, const struct trace_header *header,
		       const char *release);
void trace_world_destroy(struct trace_world *world);

/* From now on operations lack these capabilities, a bit each. 0, or -errno. */
int trace_world_drop_caps(struct trace_world *world, uint64_t caps);

/*
 * Execute the operation of line and print its result as the recorder would.
 * recorded is what the trace says happened, for the cases that depend on the
 * recording machine's memory. false when the line cannot be executed: line->bad
 * names the argument, or is NULL for an unknown operation.
 */
bool trace_run(struct trace_world *world, struct trace_line *line, FILE *result);

#endif
