/* SPDX-License-Identifier: MIT */
/*
 * The running kernel as a target of traces: bpf(2) itself, pins in a bpffs of
 * our own that nobody else sees, programs as bytecode. It leaves nothing behind.
 */
#ifndef SIM_CLI_ORACLE_H
#define SIM_CLI_ORACLE_H

#include "trace_target.h"

struct oracle {
	struct trace_header kernel; /* release and CPUs; no seed */
	bool has_btf;		    /* without it no XEACH can be loaded */

	int home;    /* the working directory, to return to */
	int call_fd; /* an array of one struct trace_call */
	int btf_fd;
	struct trace_call *call; /* the same memory */
};

#define ORACLE_CLOSED                                   \
	{                                               \
		.home = -1, .call_fd = -1, .btf_fd = -1 \
	}

/*
 * Find out what runs here and whether we may use it, and stay on CPU 0 from now
 * on. CLI_OK, or after a line on stderr CLI_NOT_PERMITTED, or CLI_BAD_INPUT for
 * CPUs that a trace cannot describe.
 */
int oracle_open(struct oracle *oracle);
void oracle_close(struct oracle *oracle);

/*
 * A target with an empty bpffs, which is the working directory until it is
 * destroyed: one at a time. 0, or -errno.
 */
int oracle_target(struct oracle *oracle, struct trace_target **target);

/* bpf(2): its result, or -errno. */
long oracle_bpf(int cmd, void *attr, uint32_t size);

/* Load the BTF that for-each callbacks ask for: an fd, or -errno. */
int oracle_load_btf(void);

/* Load a program that works on map_fd; its fd, or -errno. */
int oracle_load(const struct oracle *oracle, enum trace_program program, int map_fd);

#endif
