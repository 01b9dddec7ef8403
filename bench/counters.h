/* SPDX-License-Identifier: MIT */
/*
 * The processor's counters of the calling thread, where the kernel gives them.
 */
#ifndef BENCH_COUNTERS_H
#define BENCH_COUNTERS_H

#include <stdint.h>

enum counter { COUNTER_CYCLES, COUNTER_INSTRUCTIONS, COUNTER_CACHE_MISSES, NR_COUNTERS };

struct counters {
	int fds[NR_COUNTERS];
};

/* Open them for the calling thread, stopped, in user space only. 0 or -errno. */
int counters_open(struct counters *counters);
void counters_close(struct counters *counters);

/* Count what happens from start to stop. 0 or -errno; -EAGAIN: they did not fit at once. */
void counters_start(struct counters *counters);
int counters_stop(struct counters *counters, uint64_t values[NR_COUNTERS]);

#endif
