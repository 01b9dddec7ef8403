/* SPDX-License-Identifier: MIT */
/*
 * Actors of a schedule: coroutines, each with a stack of its own, of which one runs at a
 * time on the thread of pca_schedule_run().
 */
#ifndef SIM_ACTOR_H
#define SIM_ACTOR_H

#include <ucontext.h>

#include <pcasim/schedule.h>

#include "context.h"

#define ACTOR_STACK_BYTES (256U << 10)

enum actor_state { ACTOR_NEW, ACTOR_UNDER_WAY, ACTOR_ENDED };

struct actor {
	char name[OBJ_NAME_BYTES];
	enum actor_state state;

	/* A program that runs, or a task: then prog is NULL. */
	struct pca_prog *prog;
	struct cpu *cpu;
	void *ctx;
	enum pca_context context;
	uint32_t repeat;
	void (*fn)(void *arg);
	void *arg;
	int retval;
	int err; /* why a run has not come to its end; 0: all have */

	/* While it is not running. */
	ucontext_t saved;
	struct run_context run;
	struct pca_this_cpu this_cpu;
	struct pca_task *thread_task; /* pca_set_current_task() */

	/* Whoever has resumed it, and what sanitizers want to know of both. */
	ucontext_t resumer;
	const void *resumer_bottom;
	size_t resumer_size;
	void *fiber, *resumer_fiber;

	uint64_t last_ran; /* at which switch */
	char *stack;	   /* ACTOR_STACK_BYTES, behind a page that faults */
};

/* Its stack: 0 or -ENOMEM; and its end. */
int actor_alloc_stack(struct actor *actor);
void actor_free_stack(struct actor *actor);

/* Is this address on its stack? */
static inline bool actor_owns(const struct actor *actor, const void *addr)
{
	return (uintptr_t)addr - (uintptr_t)actor->stack < ACTOR_STACK_BYTES;
}

/*
 * Let the actor run, from its beginning or from where it was left, until it is left or ends.
 * scheduler is what its points are told to.
 */
void actor_resume(struct actor *actor, struct scheduler *scheduler);

/* Called on an actor: leave it for whoever has resumed it. */
void actor_leave(struct actor *actor);

#endif
