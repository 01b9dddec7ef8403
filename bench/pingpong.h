/* SPDX-License-Identifier: MIT */
/*
 * How long a cache line takes from one CPU to another and back: without this, a figure
 * of several threads says little.
 */
#ifndef BENCH_PINGPONG_H
#define BENCH_PINGPONG_H

/* By the time alone: what is drawn on a virtual machine's topology may not be true. */
enum pingpong_meaning {
	PINGPONG_FAR,	   /* two cores without a cache in common */
	PINGPONG_NEAR,	   /* two cores that share a cache */
	PINGPONG_ONE_CORE, /* hyperthreads, or CPUs that a hypervisor has put onto one core */
	PINGPONG_IN_TURNS, /* the CPUs do not run at the same time */
	NR_PINGPONG_MEANINGS,
};

/*
 * The shortest round trip in ns of many between two CPUs that this process may use.
 * Leaves the caller pinned to the first. Negative: -errno.
 */
double pingpong_ns(int cpu, int other);

enum pingpong_meaning pingpong_meaning(double ns, int cpu, int other);

/* "far", "near", "one core", "in turns". */
const char *pingpong_name(enum pingpong_meaning meaning);

/* The meaning in words. */
const char *pingpong_text(enum pingpong_meaning meaning);

#endif
