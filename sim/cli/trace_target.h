/* SPDX-License-Identifier: MIT */
/*
 * What a trace is executed on: a machine of ours, or the running kernel. All
 * that reads and prints traces works on these few calls and knows no more.
 */
#ifndef SIM_CLI_TRACE_TARGET_H
#define SIM_CLI_TRACE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "trace.h"

/* The programs behind XUPDATE and its like. */
enum trace_program {
	PROGRAM_UPDATE,
	PROGRAM_DELETE,
	PROGRAM_LOOKUP,
	PROGRAM_ADD,
	PROGRAM_LOOKUP_PERCPU,
	PROGRAM_FOR_EACH,
};

#define TRACE_CALL_MOST_READ 72	     /* bytes that a program reads of a value */
#define TRACE_CALL_VALUE_BYTES 32768 /* a program refuses to update larger values */

/* What a program is given, and what it leaves behind: memory that both sides see. */
struct trace_call {
	uint64_t flags;
	uint32_t key, cpu, stop_key;
	uint32_t bytes; /* read of the value; known when the program is loaded */

	uint64_t hret, sum, calls, is_null;
	unsigned char value[TRACE_CALL_VALUE_BYTES];
};

struct trace_target;

/* All return -errno on failure. */
struct trace_target_ops {
	long (*bpf)(struct trace_target *target, int cmd, void *attr, uint32_t size);
	/* cmd | BPF_COMMON_ATTRS, with two more arguments */
	long (*bpf_common)(struct trace_target *target, int cmd, void *attr, uint32_t size,
			   void *common, uint32_t common_size);
	int (*close)(struct trace_target *target, int fd);
	int (*dup)(struct trace_target *target, int fd);
	int (*unlink)(struct trace_target *target, const char *path);

	/* Load a program on the map: its fd. Run it with target->call. */
	int (*load)(struct trace_target *target, enum trace_program program, int map_fd);
	long (*run)(struct trace_target *target, int prog_fd, int map_fd, uint32_t cpu);
	void (*destroy)(struct trace_target *target);

	/* From now on commands lack these capabilities, a bit each. */
	int (*drop_caps)(struct trace_target *target, uint64_t caps);

	/* A map outlives its last program for some milliseconds. */
	bool frees_maps_late;
};

struct trace_target {
	const struct trace_target_ops *ops;
	struct trace_call *call;
};

/* A machine of the header's CPUs that shows release. 0, or -errno. */
int trace_target_simulator(struct trace_target **target, const struct trace_header *header,
			   const char *release);

/* A world on target, which it owns then. 0, or -errno and target is destroyed. */
int trace_world_create_on(struct trace_world **world, struct trace_target *target);

#endif
