/* SPDX-License-Identifier: MIT */
/*
 * Faults on demand: how does your code take a command that fails, memory that is
 * out, a CPU that goes offline at the worst moment, a slow kernel?
 *
 *	pca_fail_next()		the next command of this kind fails
 *	pca_fault_add()		the general form: which one, how often, where in the
 *				command, and what happens there
 *	pca_fail_alloc()	the n-th allocation fails
 *	pca_machine_set_memory_limit() (machine.h)	no memory for more maps
 *
 * Orders are given to a task and met by its commands, whatever calls them: pca_bpf()
 * and its like, or libbpf's functions, for which the task is pca_current_task():
 *
 *	pca_fail_next(pca_current_task(), BPF_MAP_CREATE, EPERM);
 *	ck_assert_int_eq(bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, ...), -EPERM);
 *
 * A task without orders pays nothing for them. Linux counterpart: the files of
 * CONFIG_FAULT_INJECTION (fail_function, failslab), which are not so exact.
 */
#ifndef PCASIM_FAULT_H
#define PCASIM_FAULT_H

#include <pcasim/api.h>

PCA_BEGIN_DECLS

/*
 * ---- commands ----
 *
 * The orders of a task are a queue. A command takes the first one that fits it,
 * and no other, so that several orders for a command are met one after the other:
 *
 *	pca_fail_next(task, BPF_MAP_LOOKUP_ELEM, EINTR);
 *	pca_fail_next(task, BPF_MAP_LOOKUP_ELEM, ENOMEM);
 *	read_counters(task);			// meets EINTR, tries again, meets ENOMEM
 *	ck_assert(!pca_faults_pending(task));	// it did try again
 *
 * BPF_PROG_LOAD is met by pca_prog_load(). Commands that are not simulated may be
 * ordered to fail as well; without an order they are -EINVAL.
 */

#define PCA_ANY_COMMAND (-1)

/*
 * The next command cmd (enum bpf_cmd, without BPF_COMMON_ATTRS, or PCA_ANY_COMMAND)
 * of the task does nothing and returns -err; err is positive, such as ENOMEM.
 * Not even its attr is looked at; only what is wrong with the common attrs of
 * BPF_COMMON_ATTRS comes first.
 *
 * Returns 0, or -EINVAL, -ENOMEM as pca_fault_add(). MT-safe.
 */
PCA_API int pca_fail_next(struct pca_task *task, int cmd, int err);

#define PCA_EVERY_TIME UINT32_MAX

/*
 * An order. Which commands it is for; where in them it is met; and what happens
 * there, at least one thing of all, in the order of the members.
 */
struct pca_fault_opts {
	size_t size; /* sizeof(struct pca_fault_opts), or 0 */

	int cmd;	/* as in pca_fail_next(); note that 0 is BPF_MAP_CREATE */
	uint32_t skip;	/* so many that it fits go through unharmed first */
	uint32_t times; /* so many meet it then; 0 for one, or PCA_EVERY_TIME */

	/*
	 * Where: both 0 is before the command looks at anything. Else in its middle,
	 * when it has done so many elements (LOOKUP_BATCH, UPDATE_BATCH; up to all of
	 * them) and of the next one copied so many CPUs' copies, in the order of the CPUs'
	 * ids (these two, LOOKUP_ELEM and UPDATE_ELEM; up to all of them). An element of
	 * an ARRAY, or with BPF_F_CPU, is one copy. A command that ends before it comes
	 * there ends as if nothing were ordered, and the order stays.
	 */
	uint32_t after_elems;
	uint32_t after_copies;

	uint64_t delay_ns; /* the command sleeps */

	void (*fn)(void *arg); /* the hook: called by the thread that is in the command */
	void *arg;

	bool sets_cpu_offline; /* pca_cpu_set_online(machine, offline_cpu, false) */
	uint32_t offline_cpu;

	/*
	 * The command returns -err; positive. In the middle of a batch this is as
	 * Linux fails there: UPDATE_BATCH writes to count how many elements are done,
	 * LOOKUP_BATCH has delivered them, but leaves count 0. Nothing in Linux fails
	 * between the copies of one element, so after_copies is 0 then.
	 */
	int err;
};

/*
 * Order a fault. For example, the third and fourth commands from now are refused;
 * or every lookup takes a millisecond longer:
 *
 *	struct pca_fault_opts busy = { .cmd = PCA_ANY_COMMAND, .skip = 2, .times = 2,
 *				       .err = EBUSY };
 *	struct pca_fault_opts slow = { .cmd = BPF_MAP_LOOKUP_ELEM, .times = PCA_EVERY_TIME,
 *				       .delay_ns = 1000000 };
 *
 * A sleep holds no lock and no read section: other threads go on, and the map lives
 * on if they close it. Signals are handled and do not cut it short, as Linux
 * returns no EINTR from these commands either.
 *
 * CPU 3 goes offline in the middle of a batch, after 10 elements. As in Linux the
 * batch does not care; does the caller, who counted the CPUs before?
 *
 *	struct pca_fault_opts unplug = { .cmd = BPF_MAP_LOOKUP_BATCH, .after_elems = 10,
 *					 .sets_cpu_offline = true, .offline_cpu = 3 };
 *
 * A batch that is refused half way, to test what the caller does with count:
 *
 *	struct pca_fault_opts half = { .cmd = BPF_MAP_UPDATE_BATCH, .after_elems = 10,
 *				       .err = ENOMEM };
 *
 * A torn view: a program runs on both CPUs while a LOOKUP is between their copies. The
 * copy of CPU 0 that it delivers is from before, that of CPU 1 from after:
 *
 *	static void run_everywhere(void *prog)
 *	{
 *		pca_run_on_each_cpu(prog, NULL, NULL);
 *	}
 *
 *	struct pca_fault_opts torn = { .cmd = BPF_MAP_LOOKUP_ELEM, .after_copies = 1,
 *				       .fn = run_everywhere, .arg = prog };
 *
 * What a hook may do: all that its thread may do outside of commands.
 *	commands	of any task, this one too. They meet the task's other orders, and
 *			this one while times is not used up: with PCA_EVERY_TIME a command
 *			that it is for would call the hook again, without end
 *	runs		and CPUs online and offline
 *	pca_close()	also of the command's own fd, and pca_machine_reset(): the command
 *			goes on with its map, as in Linux
 *	orders		more of them, and pca_fault_clear()
 *	pca_machine_listen() (event.h)	what is told from then on, the command's end too, is
 *			told to the new listener
 * What it may not do: leave by longjmp(), an exception or the end of its thread; destroy
 * the command's task or machine. If the command is itself called from inside a
 * program's run, that run's limits hold.
 *
 * What it sees there is what Linux would show: the attr has been read before anything is
 * done; the value of an element before its first copy is written, and it is delivered
 * after its last one is read; BPF_MAP_FREEZE of a map that is just being written to is -EBUSY.
 *
 * An offline_cpu that cannot go offline there (the last one online; from inside a run)
 * stays online, with a message.
 *
 * Returns 0, or
 *	-EINVAL	cmd is none that pca_command_name() (event.h) knows, or none that can
 *		be met in the middle as asked; nothing is to happen; err is not an errno, or is given with after_copies; more
 *		copies than CPUs; offline_cpu is not possible. The message says which.
 *	-E2BIG	opts->size as in pca_machine_create()
 *	-ENOMEM	out of memory (not by pca_fail_alloc())
 * opts is copied. MT-safe: any thread may order for a task that others use. Commands
 * that run at the same time meet orders in no order but that of the queue.
 */
PCA_API int pca_fault_add(struct pca_task *task, const struct pca_fault_opts *opts);

/*
 * How many orders of the task wait to be met, by all the commands that they are for;
 * of PCA_EVERY_TIME, by one. MT-safe.
 */
PCA_API uint32_t pca_faults_pending(struct pca_task *task);

/*
 * The index-th of the orders that wait, in *opts, with what is left of skip and times:
 *
 *	struct pca_fault_opts left = { 0 };
 *
 *	for (uint32_t i = 0; !pca_fault_get(task, i, &left); i++)
 *		printf("no command %d met its fault\n", left.cmd);
 *
 * opts->size says how long *opts is (0: it ends with err) and is kept. Returns
 * 0, or -ENOENT when there are not so many. MT-safe.
 */
PCA_API int pca_fault_get(struct pca_task *task, uint32_t index, struct pca_fault_opts *opts);

/*
 * Forget all orders of the task. Returns how many were waiting, as
 * pca_faults_pending(). A fault that a command has begun to meet takes its
 * course. MT-safe.
 */
PCA_API uint32_t pca_fault_clear(struct pca_task *task);

/*
 * ---- memory ----
 *
 * The nth allocation that the calling thread makes inside the library from now on
 * fails once, as out of memory: 1 is the next one, 0 takes the order back. Other
 * threads' allocations neither count nor fail, so that n means the same in each run.
 *
 * Returns how many allocations were left of an earlier order: 0 when it was met (or
 * there was none). So all ways in which something can run out of memory are tried by
 *
 *	for (uint32_t n = 1;; n++) {
 *		pca_fail_alloc(n);
 *		int fd = pca_map_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, 0);
 *		if (pca_fail_alloc(0)) { // fewer than n allocations: it succeeded
 *			pca_close(task, fd);
 *			break;
 *		}
 *		ck_assert_int_eq(fd, -ENOMEM);
 *	}
 *
 * An allocation is what the library itself takes by malloc() and its like, the memory of
 * a map by mmap(), and a thread (a failed one is -EAGAIN). What hwloc (the topology, sets
 * of CPUs), liburcu and libc take inside is not counted, nor are orders of this header.
 * MT-safe.
 */
PCA_API uint32_t pca_fail_alloc(uint32_t nth);

PCA_END_DECLS

#endif
