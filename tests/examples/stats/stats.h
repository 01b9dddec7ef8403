/* SPDX-License-Identifier: MIT */
/*
 * The reader of a small packet counter: an XDP program counts per protocol in a
 * per-CPU array, this reads it. Plain libbpf code.
 *
 * All return 0 or an fd, or -errno.
 */
#ifndef STATS_H
#define STATS_H

#include <linux/types.h>

#define NR_PROTOCOLS 5

struct traffic {
	__u32 packets, kilobytes, drops; /* 12 bytes: a slot in a lookup takes 16 */
};

struct config {
	__u32 sample_every;
};

/* The map of counters, and that of the program's constants: one config, for reading. */
int stats_create(void);
int config_create(const struct config *config);

/* A pinned map of counters, for looking at. */
int stats_open(const char *path);

/* Of one protocol: on all CPUs together, on one CPU, and of all protocols at once. */
int stats_sum(int fd, __u32 protocol, struct traffic *sum);
int stats_of_cpu(int fd, __u32 protocol, int cpu, struct traffic *traffic);
int stats_busiest_cpu(int fd, __u32 protocol, int *cpu);
int stats_sum_all(int fd, struct traffic sums[NR_PROTOCOLS]);

/* Start again on one CPU, while programs count on the others. */
int stats_clear_cpu(int fd, __u32 protocol, int cpu);

/* Sizes of packets, for a histogram of so many buckets per protocol. */
int histogram_create(__u32 nr_buckets);

#endif
