/* SPDX-License-Identifier: MIT */
/*
 * Making up operations: a seed gives an endless trace's left-hand sides, valid
 * and invalid ones, for machines with that many possible CPUs.
 */
#ifndef SIM_CLI_TRACE_GEN_H
#define SIM_CLI_TRACE_GEN_H

#include <stdbool.h>
#include <stdint.h>

struct trace_gen_opts {
	uint64_t seed;
	uint32_t possible_cpus;
	bool no_for_each; /* leave out XEACH, for kernels that load no BTF */
};

struct trace_gen;

/* NULL when there is no memory. */
struct trace_gen *trace_gen_create(const struct trace_gen_opts *opts);
void trace_gen_destroy(struct trace_gen *gen);

/*
 * The next operation, "OP key=value ...", valid until the next call. NULL when
 * there is no memory.
 */
const char *trace_gen_next(struct trace_gen *gen);

#endif
