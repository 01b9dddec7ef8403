/* SPDX-License-Identifier: MIT */
/*
 * Contexts: which program may come into which, and interrupts on their way to a CPU.
 */
#ifndef SIM_CONTEXT_H
#define SIM_CONTEXT_H

#include "frame.h"

/*
 * May a program in this context come into what the CPU does? below is the run that it
 * does now, or NULL when it is idle.
 */
bool context_may_interrupt(const struct run_frame *below, enum pca_context context);

/* May another program in task context take the CPU from this run? */
bool context_may_preempt(const struct run_frame *below);

/* Does Linux skip prog on a CPU where these runs are under way? The latest is first. */
bool context_is_recursion(const struct pca_prog *prog, const struct run_frame *under_way);

/* A run of prog was skipped for that. */
void context_count_miss(struct pca_prog *prog);

/* Let in what waits for the CPU and may come into below, whose carrier this thread is. */
void context_take_interrupts(struct cpu *cpu, struct run_frame *below);

/*
 * A run is about to begin, whose carrier this thread is: a worker lets the signal through,
 * whatever whoever has started it blocks.
 */
void context_receive_signal(const struct cpu *cpu);

static inline bool cpu_has_interrupts(const struct cpu *cpu)
{
	return __atomic_load_n(&cpu->nr_interrupts, __ATOMIC_ACQUIRE);
}

/*
 * A run that was no interrupt is over, whose carrier this thread is: what it kept out comes
 * in, unless another actor's run on the CPU does so, too.
 */
static inline void context_run_is_over(struct cpu *cpu)
{
	if (unlikely(cpu_has_interrupts(cpu)))
		context_take_interrupts(cpu, cpu->frames);
}

/* What a run that ends has disabled and not enabled: 0, or -EINVAL after a message. */
int context_check_balance(const struct run_frame *frame);

#endif
