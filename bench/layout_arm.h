/* SPDX-License-Identifier: MIT */
/*
 * An arm whose operation is an access to memory in one of the layouts.
 */
#ifndef BENCH_LAYOUT_ARM_H
#define BENCH_LAYOUT_ARM_H

#include "arms.h"
#include "crew.h"
#include "layouts/stream.h"

struct layout_job {
	enum layout_workload workload;
	struct layout_shape shape; /* a CPU per thread at least */
	enum stream_kind stream;   /* not of a histogram */
	uint32_t work;
	uint32_t nr_threads;
	uint64_t seed;
};

/* Memory in a layout, and what each thread does with it. */
struct layout_field;

/* The streams of a job, one per thread; what fields share. NULL without memory. */
uint32_t *layout_streams(const struct layout_job *job);

/* 0 or -ENOMEM. The crew, the streams and the layout must live as long as the field. */
int layout_field_create(struct layout_field **field, const struct layout *layout,
			const struct layout_job *job, const uint32_t *streams);
void layout_field_destroy(struct layout_field *field);

/* All accesses that were made, by all threads. */
uint64_t layout_field_accesses(const struct layout_field *field);

/* A word of a CPU's value of a key. */
uint64_t layout_field_word(const struct layout_field *field, uint32_t cpu, uint32_t key,
			   uint32_t word);

/* A thread's accesses before each sample: each key once, if that is not for too long. */
uint32_t layout_warm_up(const struct layout_job *job);

/* The arm; ns per access, NAN when a thread lost its CPU meanwhile. */
struct arm layout_arm(struct layout_field *field, struct crew *crew);

#endif
