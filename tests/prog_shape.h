/* SPDX-License-Identifier: MIT */
/*
 * What test_prog_shape.c and the programs in prog_shape.bpf.c both know. No
 * headers: the programs have no libc.
 */
#ifndef TESTS_PROG_SHAPE_H
#define TESTS_PROG_SHAPE_H

struct pca_map_ref;

/* The map that the programs use: set by the test. */
extern struct pca_map_ref *counters;

/* What the programs leave for the test to look at. */
struct seen {
	unsigned int cpu;
	long node;
	unsigned long long earlier_ns, later_ns;
	unsigned int chances[2];
	unsigned long long pid_tgid;
	char comm[16];
	long comm_result;
	long good_read, bad_read;
	long value_read;
	long results[8];
	void *pointers[4];
};

extern struct seen seen;

int count(void *ctx);
int update_and_delete(void *ctx);
int use_definition(int *which);
int count_elements(void *ctx);
int look_elsewhere(void *ctx);
int look_around(void *ctx);
int print(void *ctx);

#endif
