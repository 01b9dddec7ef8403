/* SPDX-License-Identifier: MIT */
/*
 * The running kernel and a machine of ours, given the same operations.
 */
#ifndef SIM_CLI_DIFF_H
#define SIM_CLI_DIFF_H

#include "oracle.h"
#include "trace_compare.h"
#include "trace_result.h"

/* Both worlds, and what they answered last. */
struct diff_pair {
	struct oracle *oracle;
	const char *release; /* that our machine shows */
	struct trace_world *kernel, *simulator;
	struct trace_result theirs, ours;
	struct trace_line line; /* the operation, cut up in copy */
	char *copy;
	size_t copy_size;
};

enum diff_verdict { DIFF_SAME, DIFF_DIFFERENT, DIFF_FAILED };

/* Make both worlds anew. 0, or -errno. */
int diff_pair_begin(struct diff_pair *pair);
void diff_pair_end(struct diff_pair *pair);
void diff_pair_free(struct diff_pair *pair);

/* Execute "OP key=value ..." on both. DIFF_FAILED: after a line on stderr. */
enum diff_verdict diff_pair_run(struct diff_pair *pair, const char *operation);

/* The operations of a seed, end to end. */
struct diff_ops {
	char *text;
	size_t len, capacity;
	size_t *starts;
	uint32_t nr, max;
};

/* false: out of memory */
bool diff_ops_add(struct diff_ops *ops, const char *operation);
void diff_ops_free(struct diff_ops *ops);

/* A choice among operations: indexes, in order. */
struct diff_choice {
	const struct diff_ops *ops;
	uint32_t *index;
	uint32_t nr;
};

/*
 * Leave out what can be left out while some operation still differs: the choice
 * ends with that one then. DIFF_SAME: not even all of them show a difference again.
 */
enum diff_verdict diff_shrink(struct diff_pair *pair, struct diff_choice *choice);

#endif
