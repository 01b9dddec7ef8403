// SPDX-License-Identifier: MIT
/*
 * Stores of plain programs into maps that they may only read: a fault, of which a run
 * that has a frame is ended. Linux refuses such programs before they run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>

#include <pcasim/checked.h>

#include "frame.h"

static struct sigaction before;

/*
 * The fault is the program's own doing, and no helper is at work: no lock of ours is held
 * by this thread, so that all may be called that the program itself could call. What is
 * not for us happens again when this returns, under the handler that was there before.
 */
static void on_fault(int number, siginfo_t *info, void *machine_context)
{
	struct run_frame *frame = this_frame();

	(void)machine_context;
	if (frame && !frame->in_helper) {
		frame_enter_helper(frame);
		checked_refuse_fault(frame, info->si_addr);
		frame_leave_helper(frame);
	}
	sigaction(number, &before, NULL);
}

int pca_catch_faults(void)
{
	/* SA_NODEFER: the handler is left by a jump, which brings no signal mask back. */
	const struct sigaction catching = { .sa_sigaction = on_fault,
					    .sa_flags = SA_SIGINFO | SA_NODEFER };
	struct sigaction now;

	if (sigaction(SIGSEGV, NULL, &now))
		return -errno;
	if (now.sa_sigaction == on_fault)
		return 0;
	before = now;
	return sigaction(SIGSEGV, &catching, NULL) ? -errno : 0;
}
