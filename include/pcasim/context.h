/* SPDX-License-Identifier: MIT */
/*
 * Contexts: what a CPU does when a program comes in. A program in task context can be
 * interrupted by one in softirq, hardirq or NMI context on the same CPU, and this one by
 * a higher one; each finds the same per-CPU elements. Since Linux 5.11 many programs in
 * task context can also be preempted by another one (schedule.h finds what comes of it).
 *
 * Runs nest on machines that were created with has_contexts, and where a checked program
 * was loaded. On other machines a run is alone on its CPU from beginning to end.
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

/* "task", "softirq", "hardirq", "nmi". MT-safe. */
PCA_API const char *pca_context_name(enum pca_context context);

/*
 * The context in which programs of this type run when nothing else is said: NMI for
 * PERF_EVENT; softirq for packets (XDP, SCHED_CLS, SOCKET_FILTER, CGROUP_SKB and their
 * like); task for all others, among them KPROBE, TRACEPOINT, RAW_TRACEPOINT and TRACING,
 * which in Linux run in whatever context they trace. MT-safe.
 */
PCA_API enum pca_context pca_prog_context(const struct pca_prog *prog);

/*
 * Let prog come in on CPU cpu, on top of what runs there, as soon as that can be
 * interrupted: a checked program before any of its accesses, any program before and
 * after a helper, and with workers a program between two helpers wherever it is, by a
 * signal to its thread. On an idle CPU it just runs. context says as what it comes:
 * softirq and hardirq wait while the interrupted run has interrupts disabled
 * (bpf_local_irq_save()), each waits for one that is not lower.
 *
 * From outside of runs this waits until the program has run. From inside a run on the same
 * CPU it comes in before this returns, if it may at once, otherwise when it may.
 *
 * Returns 0 with the result in *retval, when that is not NULL, or
 *	-EINPROGRESS	called from inside a run: it comes in later; ctx has to live until
 *			then
 *	-EBUSY	it was skipped: Linux does not let it nest (recursion); see
 *		pca_prog_recursion_misses()
 *	-EOPNOTSUPP	runs do not nest on this machine: create it with has_contexts
 *	-EINVAL	cpu is not possible, or context is PCA_CONTEXT_TASK or none
 *	-EDEADLK called from inside a run on another CPU, or from a task that is an actor
 *			of a schedule
 *	-ENXIO, -EAGAIN, -EACCES, -EFAULT, -E2BIG	as pca_run_on()
 *	-ENOMEM
 * MT-safe. Linux counterpart: an interrupt on that CPU.
 */
PCA_API int pca_interrupt(struct pca_prog *prog, uint32_t cpu, enum pca_context context, void *ctx,
			  int *retval);

/*
 * How often a run of prog was skipped because Linux does not let it nest: KPROBE and
 * TRACEPOINT while another of these or a PERF_EVENT runs on the CPU (counted since 6.7),
 * RAW_TRACEPOINT (since 6.1) and TRACING (since 5.12) while the same program runs there.
 * PERF_EVENTs are skipped, too, and not counted; XDP and tc never are. MT-safe.
 * Linux counterpart: recursion_misses in bpf_prog_info and fdinfo.
 */
PCA_API uint64_t pca_prog_recursion_misses(const struct pca_prog *prog);

/*
 * What programs call to keep others out; nothing happens in runs without a frame, where
 * nobody comes in. preempt: no other program in task context until as many enables. irq:
 * neither softirq nor hardirq until *flags, which this fills, is given back. A run that
 * ends without having undone them is told, and ends with -EINVAL: Linux's verifier
 * refuses such a program.
 * Linux counterparts: the kfuncs bpf_preempt_disable() and _enable() (6.10),
 * bpf_local_irq_save() and _restore() (6.14).
 */
PCA_API void pca_preempt_disable(void);
PCA_API void pca_preempt_enable(void);
PCA_API void pca_local_irq_save(unsigned long *flags);
PCA_API void pca_local_irq_restore(unsigned long *flags);

PCA_END_DECLS

#endif
