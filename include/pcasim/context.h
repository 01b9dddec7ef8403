/* SPDX-License-Identifier: MIT */
/*
 * Contexts: what a CPU does when a program comes in. A program in task context can be
 * interrupted by one in softirq, hardirq or NMI context on the same CPU, and this one by
 * a higher one; each finds the same per-CPU elements. Since Linux 5.11 some programs in
 * task context can also be preempted by another one.
 *
 * Runs nest on machines that were created with has_contexts, and in runs of checked
 * programs. On other machines a run is alone on its CPU from beginning to end.
 */
#ifndef PCASIM_CONTEXT_H
#define PCASIM_CONTEXT_H

#include <pcasim/api.h>

PCA_BEGIN_DECLS

/* Each may come in while a lower one runs on the CPU. */
enum pca_context {
	PCA_CONTEXT_TASK,
	PCA_CONTEXT_SOFTIRQ,
	PCA_CONTEXT_HARDIRQ,
	PCA_CONTEXT_NMI,
	PCA_NR_CONTEXTS,
};

PCA_END_DECLS

#endif
