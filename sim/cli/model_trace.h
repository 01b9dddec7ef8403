/* SPDX-License-Identifier: MIT */
/*
 * A real program's accesses through the modelled caches of one CPU: traces as
 * "valgrind --tool=lackey --trace-mem=yes" writes them,
 *
 *	I  04001130,3		an instruction, which is passed over
 *	 L 1ffefff6a8,8		a load, a store, a modification: address and bytes
 *	 S 1ffefff6a8,8
 *	 M 0421c7cc,4
 *
 * among lines of valgrind's own, which begin with "==".
 */
#ifndef SIM_CLI_MODEL_TRACE_H
#define SIM_CLI_MODEL_TRACE_H

#include <stdio.h>

#include "model_memory.h"

struct model_trace_result {
	struct model_counts counts;
	uint64_t loads, stores, modifies, instructions;
	uint64_t from[NR_MODEL_SOURCES]; /* where accesses, not lines, had to wait for */
	uint64_t bytes;			 /* of chunks of memory that were touched */
};

/* Of 65536 lines each: how many of them a program may touch. */
#define MODEL_MOST_AREAS 256

/*
 * The caches of one CPU of the shape, without a prefetcher. name: of the file, for
 * messages. most_areas: up to MODEL_MOST_AREAS. 0, or -1 after a line on stderr.
 */
int model_trace_read(const struct model_shape *shape, FILE *in, const char *name,
		     uint32_t most_areas, struct model_trace_result *result);

/* The same from a file, or "-", with as many areas as there may be. */
int model_trace_run(const struct model_shape *shape, const char *path,
		    struct model_trace_result *result);

#endif
