/* SPDX-License-Identifier: MIT */
/*
 * An arm whose operation is the access of a layout's loop, made by a program in this
 * host's kernel: BPF_PROG_TEST_RUN runs it on the CPU of the thread that asks for it.
 */
#ifndef BENCH_KERNEL_ARM_H
#define BENCH_KERNEL_ARM_H

#include "layout_arm.h"

/* A map, and a program that has keys of its own for each thread of the job. */
struct kernel_field;

/*
 * are_shared: an ARRAY whose words are counted up atomically, else a PERCPU_ARRAY.
 * streams, as of layout_streams(), and cpus, those of the crew, may go. -EOPNOTSUPP for LAYOUT_READ_SUM, which no
 * program does, or another -errno of bpf(2).
 */
int kernel_field_create(struct kernel_field **field, const struct layout_job *job,
			const uint32_t *streams, const int *cpus, bool are_shared);
void kernel_field_destroy(struct kernel_field *field);

/* All accesses that were made, by all threads. */
uint64_t kernel_field_accesses(const struct kernel_field *field);

/* The sum of a word over all copies of a key, or of all keys. 0 or -errno. */
int kernel_field_key_sum(const struct kernel_field *field, uint32_t key, uint32_t word,
			 uint64_t *sum);
int kernel_field_sum(const struct kernel_field *field, uint32_t word, uint64_t *sum);

/* The arm; ns per access. Its nr_ops are runs of *nr_per_op accesses. */
struct arm kernel_arm(struct kernel_field *field, struct crew *crew, uint32_t *nr_per_op);

#endif
