/* SPDX-License-Identifier: MIT */
/*
 * How long a cache line takes from one CPU to another and back: without this, a figure
 * of several threads says little.
 */
#ifndef BENCH_PINGPONG_H
#define BENCH_PINGPONG_H

enum pingpong_meaning {
	PINGPONG_TWO_CORES,
	PINGPONG_ONE_CORE, /* hyperthreads, or CPUs that a hypervisor has put onto one core */
	PINGPONG_IN_TURNS, /* the CPUs do not run at the same time */
};

/*
 * The shortest round trip in ns of many between two CPUs that this process may use.
 * Leaves the caller pinned to the first. Negative: -errno.
 */
double pingpong_ns(int cpu, int other);

enum pingpong_meaning pingpong_meaning(double ns, int cpu, int other);

/* The meaning in words. */
const char *pingpong_text(enum pingpong_meaning meaning);

#endif
