/* SPDX-License-Identifier: MIT */
/*
 * Schedules: programs and commands that run at the same time, one step at a time, in an
 * order that a seed or a list decides. What is a matter of luck on real CPUs comes again
 * as often as one likes.
 *
 * Whoever takes part is an *actor*: a program that runs on a CPU, an interrupt that may
 * come in there, or a task that gives commands. Exactly one actor runs at a time, on the
 * calling thread. It may be left for another one at *points* only: before each access of a
 * checked program to memory that is not on its stack, before and after each helper, and
 * before each 8-byte word that a command copies from or to an element. Programs that are not checked have points
 * at helpers alone. Which actor may follow is Linux's matter: an interrupt comes into what
 * is lower and lets nothing else run on its CPU until it ends; a program in task context
 * takes the CPU from another one where the machine's preemption model lets it
 * (machine.h), and different CPUs do not care about each other.
 *
 * bpf_ktime_get_ns() counts points, bpf_get_prandom_u32() begins anew: what happens in a
 * schedule depends on nothing else.
 */
#ifndef PCASIM_SCHEDULE_H
#define PCASIM_SCHEDULE_H

#include <pcasim/api.h>
#include <pcasim/context.h>

PCA_BEGIN_DECLS

struct pca_schedule;

#define PCA_MAX_ACTORS 32

/*
 * A schedule of nobody on this machine, which has to have been created with PCA_INLINE and
 * has_contexts. Returns 0; -EOPNOTSUPP: the machine was not; -ENOMEM.
 */
PCA_API int pca_schedule_create(struct pca_schedule **schedule, struct pca_machine *machine);

/* Free it. It holds references to its programs. NULL is allowed. */
PCA_API void pca_schedule_destroy(struct pca_schedule *schedule);

/*
 * An actor that runs prog repeat times (0: once) on CPU cpu, in the context of its type.
 * name is for lists and pictures: at most 15 bytes of [0-9A-Za-z_.], NULL for the
 * program's, made different from others by a number.
 *
 * Returns the actor's number, counted from 0, or
 *	-EINVAL	cpu is not possible, a bad name, a program of another machine
 *	-EEXIST	there is an actor of this name
 *	-E2BIG	there are PCA_MAX_ACTORS
 *	-ENOMEM
 * One thread at a time for all functions of a schedule.
 */
PCA_API int pca_schedule_add_run(struct pca_schedule *schedule, const char *name,
				 struct pca_prog *prog, uint32_t cpu, void *ctx, uint32_t repeat);

/* The same in another context than its type's. PCA_NR_CONTEXTS and above: -EINVAL. */
PCA_API int pca_schedule_add_interrupt(struct pca_schedule *schedule, const char *name,
				       struct pca_prog *prog, uint32_t cpu,
				       enum pca_context context, void *ctx, uint32_t repeat);

/*
 * An actor that calls fn(arg), which gives commands. It may not run programs, nor wait for
 * anything. It has a stack of 256 KiB, and a current task of its own (task.h), which begins
 * as the thread's. name may not be NULL. Errors as above.
 */
PCA_API int pca_schedule_add_task(struct pca_schedule *schedule, const char *name,
				  void (*fn)(void *arg), void *arg);

/* The name of an actor, NULL for a number that is none. */
PCA_API const char *pca_schedule_actor_name(const struct pca_schedule *schedule, uint32_t actor);

/* From this point on, the actor runs. Points are counted from 0, where the first one begins. */
struct pca_switch {
	uint64_t point;
	uint32_t actor;
	bool is_preemption; /* the actor before could have gone on */
};

/* How a run of a schedule decides who goes on. */
enum pca_schedule_policy {
	/* Nobody is left before it ends; whoever was left last goes on, then who is new. */
	PCA_SCHEDULE_IN_ORDER,
	/*
	 * By chance, from the seed: at a few points somebody else goes on, and where an actor
	 * ends anybody. How many points is the matter of the seed's lower 32 bits: one for
	 * the smallest, growing by one with each doubling from 64 on, at most eight. So the
	 * seeds N << 32, N << 32 | 1 and so on are a search that begins with few preemptions.
	 */
	PCA_SCHEDULE_RANDOM,
	/* As the list says, and where it says nothing, in order. */
	PCA_SCHEDULE_LIST,
};

struct pca_schedule_opts {
	size_t size; /* sizeof(struct pca_schedule_opts), or 0 */
	enum pca_schedule_policy policy;
	uint64_t seed; /* PCA_SCHEDULE_RANDOM */
	/* PCA_SCHEDULE_RANDOM: among how many points to choose; 0: 32. A run in order tells. */
	uint64_t nr_points;
	const struct pca_switch *switches; /* PCA_SCHEDULE_LIST: by growing points */
	size_t nr_switches;
};

struct pca_schedule_result {
	size_t size; /* sizeof(struct pca_schedule_result), or 0 */
	uint64_t nr_points;
	uint32_t nr_preemptions;
	/* What was decided; the same list gives the same run. Lives until the next run. */
	const struct pca_switch *switches;
	size_t nr_switches;
};

/*
 * Run the schedule once, from the beginning to the end of all its actors. What is in the
 * maps is the caller's: a run changes it like any other.
 *
 * Returns 0 when all actors have ended, whatever programs returned
 * (pca_schedule_actor_retval()), or
 *	-EINVAL	a bad option; or an entry of the list that could not be followed: its actor
 *		might not run there. A message says which
 *	-EDEADLK called from a run, or from an actor
 *	-ENXIO	a CPU is offline
 *	-ENOMEM
 */
PCA_API int pca_schedule_run(struct pca_schedule *schedule, const struct pca_schedule_opts *opts,
			     struct pca_schedule_result *result);

/*
 * After a run: the result of the actor's last run of its program, or what it was stopped
 * with (pca_run_on()), or -EBUSY: Linux has skipped it as recursion. 0 for tasks.
 */
PCA_API int pca_schedule_actor_retval(const struct pca_schedule *schedule, uint32_t actor);

/*
 * After a run: 0 when all runs of the actor's program came to their ends, else the first
 * -errno that one was stopped with, or where none was -EBUSY: Linux has skipped one. 0 for
 * tasks, -EINVAL for a number that is no actor.
 */
PCA_API int pca_schedule_actor_error(const struct pca_schedule *schedule, uint32_t actor);

/* What an actor is about to do at a point. */
struct pca_schedule_step {
	size_t size; /* sizeof(struct pca_schedule_step) in the library */
	uint64_t point;
	uint32_t actor;
	int cpu; /* id of the program's CPU, -1 for tasks */
	enum pca_context context;
	const char *helper; /* NULL for accesses */
	bool is_after;	    /* the helper is over */
	const void *pc, *addr;
	uint32_t bytes, access; /* PCA_READ, PCA_WRITE, PCA_ATOMIC */
	bool begins, ends;	/* the actor, at its first and after its last step */
	/*
	 * A command copies a word from (PCA_READ) or to the element at addr, or is about to
	 * update or delete an element of a hash, which is done at once (addr is its value, or
	 * NULL when there is none yet).
	 */
	bool is_command;
};

/*
 * Tell each step of the runs to come to fn(arg, ...), before it is done; NULL: to nobody.
 */
PCA_API void pca_schedule_watch(struct pca_schedule *schedule,
				void (*fn)(void *arg, const struct pca_schedule_step *step),
				void *arg);

PCA_END_DECLS

#endif
