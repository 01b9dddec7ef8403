// SPDX-License-Identifier: MIT
/*
 * Faults of programs in runs that have a frame. A store of a plain program into a map that
 * it may only read ends the run: Linux refuses such programs before they run. A load
 * through a NULL of the kernel's gives 0, as in Linux.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>

#include <pcasim/checked.h>

#include "frame.h"
#include "zero_read.h"

static struct sigaction before;

/*
 * The fault is the program's own doing, and no helper is at work: no lock of ours is held
 * by this thread, so that all may be called that the program itself could call. What is
 * not for us happens again when this returns, under the handler that was there before.
 */
static void on_fault(int number, siginfo_t *info, void *machine_context)
{
	struct run_frame *frame = this_frame();

	if (frame && !frame->in_helper) {
		bool has_zeros = kernel_gives_zeros(frame, info->si_addr);

		if (has_zeros && zero_read_begin(info, machine_context))
			return;
		frame_enter_helper(frame);
		if (has_zeros)
			checked_refuse_zeros(frame, info->si_addr);
		else
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
