/* SPDX-License-Identifier: MIT */
/*
 * Frames: runs that others may come into, that may be stopped, or that are watched. The
 * shortest way of a run has no frame.
 *
 * Frames of a thread are linked from the innermost run to the one that it interrupted. A
 * run with a frame has outside_run all ones, so that the inlined lookup and all helpers
 * take their cold ways, which know of frames.
 */
#ifndef SIM_FRAME_H
#define SIM_FRAME_H

#include <setjmp.h>

#include <pcasim/context.h>
#include <pcasim/event.h>

#include "checked.h"
#include "cpu.h"
#include "prog.h"

struct run_frame;

/*
 * Where a run may be interrupted: before an access, or before and after a helper; or
 * where a command of a schedule may.
 */
struct run_point {
	const char *helper; /* "bpf_map_lookup_elem"; NULL for accesses */
	bool is_after;	    /* the helper is over */
	bool is_command;    /* of a task, which has no frame */
	const void *pc;	    /* in the program; NULL where it is not known */
	const void *addr;   /* what is about to be accessed; NULL for helpers */
	uint32_t bytes;
	uint32_t access; /* PCA_READ, PCA_WRITE, PCA_ATOMIC */
};

struct run_frame {
	struct run_frame *outer;  /* what this thread ran before; NULL for nothing */
	struct run_frame *before; /* the run that was the latest under way on the CPU */
	struct pca_prog *prog;
	struct cpu *cpu;
	void *ctx;
	enum pca_context context;

	/* Nothing comes in, and nobody jumps out, while the library is at work. */
	uint32_t in_helper;

	/* What the program has disabled. */
	uint32_t nr_preempt_disabled;
	bool irqs_are_off;

	/*
	 * Points, branches and callbacks passed, and how many a run may pass before it is
	 * stopped as endless.
	 */
	uint64_t nr_steps, most_steps;

	/* The program's last lookup found nothing: a NULL that it follows is most likely this. */
	bool lookup_gave_null;

	/* What a checked program may access. */
	struct checked_run checked;

	/* Where to go when the run is stopped, and with which -errno. */
	jmp_buf stop;
	int stop_err; /* 0: none is ordered */
	int result;
};

/* The innermost run with a frame on this thread, or NULL. */
static inline struct run_frame *this_frame(void)
{
	return run_context.frame;
}

/*
 * Run prog once on cpu, whose carrier the calling thread is, in this context, on top of
 * whatever this thread runs there. 0 with the result in *retval; or what the run was
 * stopped with, which *retval is, too; or -EBUSY if Linux skips such a run: it is counted.
 */
int frame_run(struct pca_prog *prog, struct cpu *cpu, void *ctx, enum pca_context context,
	      int *retval);

/*
 * A point of the innermost run: it is counted, others may come in, and the run may end
 * here (then this does not return).
 */
void frame_point(const struct run_point *point);

/* The run goes on; but it may end here, if it has gone on for too long. */
void frame_count_step(struct run_frame *frame);

/* Order the innermost run to end with err when the library is no longer at work for it. */
static inline void frame_stop(struct run_frame *frame, int err)
{
	frame->stop_err = err;
}

/* An event of the run, with nothing in it but whose it is. */
struct pca_event frame_event(const struct run_frame *frame, enum pca_event_kind kind);

/* The library begins and ends working for the program of the innermost run. */
static inline void frame_enter_helper(struct run_frame *frame)
{
	frame->in_helper++;
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* for the handler in interrupt.c */
}

/* When it is no longer at work: ends the run if that is ordered, else others may come in. */
void frame_leave_helper(struct run_frame *frame);

/* Call fn of the program with args, from a helper that has been entered. */
long frame_call_back(struct run_frame *frame, pca_for_each_fn fn, struct pca_map_ref *ref,
		     const void *key, void *value, void *ctx);
long frame_loop_back(struct run_frame *frame, pca_loop_fn fn, uint64_t index, void *ctx);

#endif
