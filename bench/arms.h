/* SPDX-License-Identifier: MIT */
/*
 * What can be timed: an arm of a comparison takes samples of one operation.
 */
#ifndef BENCH_ARMS_H
#define BENCH_ARMS_H

#include "side.h"
#include "stats.h"

#define VALUE_BYTES sizeof(uint64_t)
#define MOST_BATCH 256 /* elements */
#define MOST_CPUS 512  /* whose values a batch of so many can have */
#define ARM_BUFFER_BYTES (MOST_BATCH * MOST_CPUS * VALUE_BYTES)
#define PAGE_BYTES 4096

/* One thing that can be timed. */
struct arm {
	const char *name; /* whose: "pcasim", "Linux", "limit"; NULL: there is none */
	/* Take one sample: ns per operation; negative: it failed; NAN: it was disturbed. */
	double (*sample)(const struct arm *arm);

	/* What the sample function needs of these. */
	const struct side *side;
	int fd;		  /* of the map or program */
	int cmd;	  /* of bpf() */
	bool waits;	  /* for other threads, or for long: a sample counts although preempted */
	uint32_t nr_ops;  /* in one sample */
	uint32_t nr_keys; /* the map's entries, the batch's elements, a run's accesses */
	void *memory;
	size_t bytes;
};

/* Touch what commands will write to. Before any sample. */
void arms_init(void);

/* One sample, kept unless the thread was preempted meanwhile. 0 or -1. */
int arm_take(const struct arm *arm, struct samples *samples);

/* The samples; each is described where it is defined. */
double sample_runs(const struct arm *arm);
double sample_short_runs(const struct arm *arm);
double sample_run_on(const struct arm *arm);
double sample_bare_calls(const struct arm *arm);
double sample_run_on_cpu(const struct arm *arm);
double sample_elem(const struct arm *arm);
double sample_batch(const struct arm *arm);
double sample_memcpy(const struct arm *arm);
double sample_page_stride(const struct arm *arm);
double sample_map_create(const struct arm *arm);
double sample_machine_create(const struct arm *arm);
double sample_machine_reset(const struct arm *arm);
double sample_machine_anew(const struct arm *arm);

/* Memory that has been written to, so that every page of it is a page of its own. */
void *touched_memory(size_t bytes);

/* A map of MOST_BATCH values whose pages are all there: its fd, or negative. */
int touched_map(const struct side *side);

#endif
