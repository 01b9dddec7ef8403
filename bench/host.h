/* SPDX-License-Identifier: MIT */
/*
 * The host that measures: its CPUs, its clock, and what disturbs a sample.
 */
#ifndef BENCH_HOST_H
#define BENCH_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The host CPUs of this process. */
struct host_cpus {
	int here;  /* where the measuring thread is pinned */
	int other; /* another one, or -1 */
};

/* The CPUs that this process may use, by number: how many there are; the first most in ids. */
uint32_t host_allowed_cpus(int *ids, uint32_t most);

/* Pin the calling thread. 0 or -errno. */
int host_pin_to(int cpu);

/* Pin the calling thread to the first CPU it may use. 0 or -errno. */
int host_pin(struct host_cpus *cpus);

/* How often the calling thread has been preempted. */
long host_preemptions(void);

/* Bytes of this process that are in memory. */
uint64_t host_rss_bytes(void);

/* How many CPUs the kernel counts as possible: what its per-CPU values are sized by. */
uint32_t host_possible_cpus(void);

/* true: the kernel counts the two as threads of one core. */
bool host_is_one_core(int cpu, int other);

/* How the frequency of a CPU is chosen, "performance"; empty when the kernel does not say. */
void host_governor(char *name, size_t size, int cpu);

/* One line: CPU, number of CPUs, kernel, JIT, compiler, load. */
void host_describe(char *line, size_t size, const struct host_cpus *cpus);

#endif
