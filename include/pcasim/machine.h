/* SPDX-License-Identifier: MIT */
/*
 * The machine: one simulated Linux with its CPUs, its kernel release and its
 * objects. Several machines can live in one process; they share nothing.
 */
#ifndef PCASIM_MACHINE_H
#define PCASIM_MACHINE_H

#include <pcasim/api.h>

PCA_BEGIN_DECLS

#define PCA_MAX_CPUS 4096   /* possible CPUs in one machine, at most */
#define PCA_MAX_CPU_ID 8191 /* the largest CPU id, as Linux's largest NR_CPUS - 1 */

/* How runs reach a simulated CPU. */
enum pca_run_mode {
	PCA_WORKERS, /* one pinned thread per CPU, started at the CPU's first run */
	PCA_INLINE,  /* the calling thread claims the CPU and runs there itself */
};

/* May a program in task context be preempted by another one in task context? */
enum pca_preemption {
	PCA_PREEMPTION_OF_RELEASE,	/* as the release has it */
	PCA_PREEMPTION_NONE,		/* never, as before 5.11 */
	PCA_PREEMPTION_MIGRATE_DISABLE, /* where Linux only disables migration, since 5.11 */
};

/* All members may be zero: this host's CPUs, the default release, workers. */
struct pca_machine_opts {
	size_t size; /* sizeof(struct pca_machine_opts), or 0 */

	/*
	 * Where the CPUs come from; at most one of the two. NULL for both: this
	 * host, as hwloc finds it.
	 */
	const char *topology;	  /* hwloc synthetic description, "pack:2 core:4 pu:2" */
	const char *topology_xml; /* path of a file written by lstopo; hwloc trusts its contents */

	/*
	 * cpulists as in /sys/devices/system/cpu, such as "0-3" or "0,2-3,7".
	 * possible: NULL for all CPUs of the topology. online: NULL for all
	 * possible ones; must be among the possible ones, and not empty.
	 */
	const char *possible;
	const char *online;

	/*
	 * "6.18", or longer as "6.18.44"; NULL for the default, 7.2. Of a release that was
	 * not measured a warning tells what it behaves as, once per process and release;
	 * no_hints silences that, too.
	 */
	const char *release;
	enum pca_run_mode run_mode;

	/*
	 * Bytes that all maps together may take, counted as Linux's memlock
	 * figure in fdinfo; 0 for the size of this host's memory. Creating a
	 * map beyond it is -ENOMEM.
	 */
	uint64_t memory_limit_bytes;

	/*
	 * true: kernel.unprivileged_bpf_disabled is 0, tasks without CAP_BPF may
	 * create maps. false: it is 2, as distributions ship it.
	 */
	bool allow_unprivileged_bpf;

	bool mitigations; /* as if booted with CPU mitigations on */

	/*
	 * true: no warnings for likely mistakes, which docs/hints.md lists, nor of a
	 * release that was not measured. A warning changes no result, and is told once
	 * per map, task or machine.
	 */
	bool no_hints;

	/*
	 * true: what a LOOKUP or LOOKUP_BATCH of a per-CPU map delivers between
	 * value_size and round_up(value_size, 8) is PCA_PADDING_POISON, so that code
	 * which takes padding for data, or steps by value_size, fails loudly. false,
	 * as Linux: padding is 0, or up to 6.18 what an UPDATE had there. Nothing but
	 * what these commands deliver is touched.
	 */
	bool poison_padding;

	/*
	 * true: runs nest (context.h): programs in a higher context interrupt those that
	 * run on their CPU. A run then costs some 50 ns more. Checked programs nest in any
	 * case.
	 */
	bool has_contexts;

	enum pca_preemption preemption;

	/*
	 * Steps of a run after which it is stopped as endless, with -E2BIG and a message:
	 * each access and branch of a checked program, each call of a helper, each call that
	 * a helper makes back. Programs that are not checked are counted where runs nest or
	 * a listener is told of them, and nowhere else stopped. 0: 1 << 28, which takes
	 * seconds; or 1 << 20 in a schedule. UINT64_MAX: never.
	 */
	uint64_t most_steps;
};

#define PCA_PADDING_POISON 0xa5 /* each byte of poisoned padding */

/*
 * Create a machine and store it in *machine. opts may be NULL.
 *
 * Returns 0, or
 *	-EINVAL	a member of opts that cannot be met: an unknown release, a
 *		topology that hwloc refuses, a bad cpulist, online CPUs that are
 *		not possible, too many CPUs; the message says which
 *	-E2BIG	opts->size is larger than this library knows and the tail is not zero
 *	-ENOENT	topology_xml does not exist or cannot be read
 *	-ENOMEM	out of memory
 *
 * No thread is started and no memory of maps is taken. MT-safe.
 */
PCA_API int pca_machine_create(struct pca_machine **machine, const struct pca_machine_opts *opts);

/*
 * Stop the workers, close all fds of all tasks, drop all pins, free the tasks.
 * Fds that were still open are told in a message. Memory of maps goes after an
 * RCU grace period; a map or program still held by pca_map_get()
 * or pca_prog_get() lives until it is put. NULL is allowed.
 *
 * No other thread may be inside a call on this machine, and the caller may not
 * be inside a run.
 */
PCA_API void pca_machine_destroy(struct pca_machine *machine);

/*
 * Put the machine back to how it was created, so that a test fixture can use one for
 * thousands of tests. Takes about half a microsecond after a small test (4 CPUs, a map, a
 * program, a pin), and grows with CPUs, open fds and pins.
 *
 *	fds, pins	are gone, without a message about those still open, which
 *			pca_task_open_fds() tells before
 *	files		those of a new machine
 *	maps, programs	are gone; their ids start from 1 again. What is held by
 *			pca_map_get() or pca_prog_get() lives on, detached, until it is
 *			put: it can be run, read and written, but has no id and no
 *			longer counts in pca_machine_memory_bytes(), which is 0
 *	CPUs		are online as created; their workers stay
 *	tasks		stay: the same pointers, capabilities, limits and directories
 *			(one that a test made is removed: paths from there are
 *			-ENOENT). Each is on the first CPU online; orders of faults
 *			are forgotten
 *	hints		are told anew
 *	memory limit	as created; an order of pca_fail_alloc() is the thread's, and stays
 *	a listener	stays (event.h), and is told of CPUs that come or go
 *
 * Returns 0, or, with nothing changed,
 *	-EDEADLK called from inside a run
 *	-EBUSY	a run is not done: pca_run_wait() for it first
 *	-ENOMEM
 * Memory of maps goes after an RCU grace period, which is not waited for, unless more
 * than 64 MiB are waiting: then this takes some 10 ms, or until the runs end that take
 * place on other machines.
 *
 * No other thread may be inside a call on this machine.
 */
PCA_API int pca_machine_reset(struct pca_machine *machine);

/* The release shown, such as "6.18". Lives as long as the machine. MT-safe. */
PCA_API const char *pca_machine_release(const struct pca_machine *machine);

/* The name of the index-th release that can be chosen, NULL past the last. MT-safe. */
PCA_API const char *pca_release_name(size_t index);

/* How many CPUs are possible. A per-CPU map has one slab for each. MT-safe. */
PCA_API uint32_t pca_num_possible_cpus(const struct pca_machine *machine);

/* How many CPUs are online now. MT-safe. */
PCA_API uint32_t pca_num_online_cpus(const struct pca_machine *machine);

/*
 * The id of the CPU with this ordinal (0 .. number of possible CPUs - 1), or
 * -EINVAL. With the possible mask 0,2-3,7 ordinal 1 is CPU 2. MT-safe.
 */
PCA_API int pca_cpu_id(const struct pca_machine *machine, uint32_t ordinal);

/* The ordinal of a CPU id, or -EINVAL when that CPU is not possible. MT-safe. */
PCA_API int pca_cpu_ordinal(const struct pca_machine *machine, uint32_t cpu);

/* Is this CPU possible and online? MT-safe. */
PCA_API bool pca_cpu_is_online(const struct pca_machine *machine, uint32_t cpu);

/*
 * Take a CPU offline or bring it back. Runs that were accepted finish before
 * this returns; later ones are -ENXIO. The CPU's slabs keep their contents and
 * stay readable and writable by commands, as in Linux.
 *
 * Returns 0 (also when nothing changes), or
 *	-EINVAL	cpu is not possible
 *	-EBUSY	it is the last CPU online
 *	-EDEADLK called from inside a run
 * MT-safe. Linux counterpart: /sys/devices/system/cpu/cpuN/online.
 */
PCA_API int pca_cpu_set_online(struct pca_machine *machine, uint32_t cpu, bool online);

/* Bytes that the maps of this machine are charged for now. MT-safe. */
PCA_API uint64_t pca_machine_memory_bytes(const struct pca_machine *machine);

/*
 * From now on, all maps together may take so many bytes, counted as
 * memory_limit_bytes; but 0 means 0 here, and UINT64_MAX no limit. Maps that exist
 * stay, also above the limit; creating one beyond it is -ENOMEM. So nothing more can be
 * created after
 *
 *	pca_machine_set_memory_limit(machine, pca_machine_memory_bytes(machine));
 *
 * MT-safe. Linux counterpart: a write to memory.max of the cgroup.
 */
PCA_API void pca_machine_set_memory_limit(struct pca_machine *machine, uint64_t bytes);

PCA_END_DECLS

#endif
