/* SPDX-License-Identifier: MIT */
/*
 * Programs: native functions bound to a simulated CPU while they run.
 *
 * A program declares how it uses maps when it is loaded, and the load refuses
 * what Linux's verifier would refuse, with its errno and message. The
 * declaration is trusted: a program that does more than it declared is not
 * caught in a plain build.
 *
 * Runs on one CPU never overlap, runs on different CPUs do. A run is executed
 * by the CPU's carrier: its worker thread, or with PCA_INLINE the caller.
 */
#ifndef PCASIM_PROG_H
#define PCASIM_PROG_H

#include <pcasim/api.h>

PCA_BEGIN_DECLS

/*
 * A program. Its result is Linux's 32-bit return value. ctx is what the caller
 * of the run gives; under BPF_PROG_TEST_RUN it is
 *	RAW_TRACEPOINT	12 arguments of 8 bytes, from ctx_in, the rest 0
 *	SYSCALL		ctx_in's bytes, written back to it afterwards
 *	packet types	struct pca_packet
 */
typedef int (*pca_prog_fn)(void *ctx);

/*
 * The packet in data_in, which the program may change. An XDP program sees its
 * first 3520 bytes, or what data_end in ctx_in says, as in Linux; the rest would
 * be fragments.
 */
struct pca_packet {
	unsigned char *data, *data_end;
};

/* What a program does with the value that a lookup gave it. */
#define PCA_READ (1U << 0)   /* loads */
#define PCA_WRITE (1U << 1)  /* stores */
#define PCA_ATOMIC (1U << 2) /* atomic read-modify-write: needs both rights */

/* One use of one map, in the program's order. */
struct pca_map_use {
	int map_fd;
	uint32_t helper;	/* BPF_FUNC_* called with the map; 0: only held */
	uint32_t access;	/* PCA_* of the value that a lookup or for-each gave */
	uint32_t offset, bytes; /* the range of the value that is accessed; bytes 0: to its end */
};

struct pca_prog_load_opts {
	size_t size;	  /* sizeof(struct pca_prog_load_opts), or 0 */
	uint32_t type;	  /* enum bpf_prog_type */
	const char *name; /* at most 15 bytes of [0-9A-Za-z_.]; may be NULL */
	pca_prog_fn fn;
	const struct pca_map_use *uses;
	size_t nr_uses;
	uint32_t ctx_bytes; /* how far into ctx the program reads; BPF_PROG_TEST_RUN asks for it */
	char *log;	    /* the verifier's words on a refusal; may be NULL */
	size_t log_size;    /* bytes at log; a longer text is cut, always with a NUL */
};

/*
 * Load a program. Returns its fd, or the first that applies of
 *	-E2BIG	opts->size as in pca_machine_create()
 *	-EPERM	the task lacks CAP_BPF, or what this type asks beyond it:
 *		CAP_PERFMON (tracing types), CAP_NET_ADMIN (network types)
 *	-EINVAL	unknown type, one that needs a target to attach to (TRACING, EXT,
 *		LSM), or a name with other bytes or longer
 *	-EBADF	a map_fd is not open; -EINVAL: it is no map (all uses, in order,
 *		before anything else of any use)
 *	-EINVAL	a helper that cannot be used with this type of map, or that does
 *		not exist or is not offered to this type of program
 *	-EACCES	a right that the map does not give to programs
 *		(BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG), a range that is not
 *		inside value_size, or a map made for one exclusive program
 *	-PCA_ENOTSUPP	a read of an ARRAY with more than one element that is frozen and
 *		BPF_F_RDONLY_PROG: Linux takes what it holds for constants
 *	-EMFILE, -ENOMEM
 * The program holds its maps until the last reference to it is gone. MT-safe.
 * Linux counterpart: BPF_PROG_LOAD.
 */
PCA_API int pca_prog_load(struct pca_task *task, const struct pca_prog_load_opts *opts);

/*
 * Take a reference to the program behind fd; give it back with pca_prog_put().
 * Returns 0; -EBADF: not open; -EINVAL: no program. MT-safe.
 */
PCA_API int pca_prog_get(struct pca_task *task, int fd, struct pca_prog **prog);
PCA_API void pca_prog_put(struct pca_prog *prog);

/*
 * Run prog once on CPU cpu and wait for it. *retval, when not NULL, receives
 * its result. Earlier runs on that CPU finish first, in order.
 *
 * Returns 0, or
 *	-EINVAL	cpu is not possible
 *	-ENXIO	cpu is offline
 *	-EDEADLK called from inside a run: a program cannot wait for a run
 *	-EAGAIN	the worker thread could not be started
 *	-EACCES, -EFAULT, -E2BIG
 *		the run was stopped: it accessed what it may not, or what is not its own,
 *		or did not end (checked programs only); a message has told what and where,
 *		and *retval is not written
 * MT-safe. Linux counterpart: an event on that CPU.
 */
PCA_API int pca_run_on(struct pca_prog *prog, uint32_t cpu, void *ctx, int *retval);

/*
 * Run prog once on every online CPU, all at the same time (one after the other
 * with PCA_INLINE), and wait for all. ctx is given to each; retvals, when not
 * NULL, has room for a result per *possible* CPU, indexed by ordinal; results
 * of CPUs that are offline are not written. Returns how many CPUs ran, or
 * -EDEADLK, -EAGAIN, -ENOMEM as pca_run_on(), or, after all have ended, what one of them
 * was stopped with, which is the result of those that were. MT-safe.
 */
PCA_API int pca_run_on_each_cpu(struct pca_prog *prog, void *ctx, int *retvals);

/*
 * A run that is not waited for. The caller owns the memory, which stays in
 * place until pca_run_wait() has returned.
 */
struct pca_run {
	uintptr_t reserved[8];
};

/*
 * Hand a run to CPU cpu and return at once (with PCA_INLINE: after it ran).
 * Returns 0, after which pca_run_wait() must be called once, or -EINVAL,
 * -ENXIO, -EDEADLK (PCA_INLINE only), -EAGAIN as pca_run_on().
 * May be called from inside a run, unless PCA_INLINE. The caller keeps prog's
 * reference until the run is done. MT-safe.
 */
PCA_API int pca_run_submit(struct pca_run *run, struct pca_prog *prog, uint32_t cpu, void *ctx);

/* Has the run finished? Its effects are visible then. MT-safe, never waits. */
PCA_API bool pca_run_is_done(const struct pca_run *run);

/*
 * Wait for the run and return its result, or what it was stopped with, as pca_run_on().
 * Not from inside a run. MT-safe.
 */
PCA_API int pca_run_wait(struct pca_run *run);

PCA_END_DECLS

#endif
