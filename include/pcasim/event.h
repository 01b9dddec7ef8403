/* SPDX-License-Identifier: MIT */
/*
 * Events: each run, command and helper call of a machine, told to a listener as it
 * happens. Timelines are made of them, and tests that ask what a program did.
 *
 * A machine that nobody listens to runs as if there were no events. In one that is
 * listened to, a lookup takes one or two hundred nanoseconds more, a run or a command
 * about a microsecond, beside what the listener takes.
 *
 * A helper call that the compiler merges with another, as it may with two lookups of
 * one key, happens once and is told once.
 */
#ifndef PCASIM_EVENT_H
#define PCASIM_EVENT_H

#include <pcasim/api.h>

PCA_BEGIN_DECLS

enum pca_event_kind {
	/*
	 * A program begins and ends on a CPU, once each; BPF_PROG_TEST_RUN repeats the
	 * two. Between them lie the HELPER events of the run, all on one thread.
	 */
	PCA_EVENT_RUN_BEGIN,
	PCA_EVENT_RUN_END, /* result: the program's */
	/*
	 * A task gives a bpf() command, and has its answer; also pca_prog_load(), as
	 * BPF_PROG_LOAD. Runs of BPF_PROG_TEST_RUN lie between the two, though with
	 * workers on another thread.
	 */
	PCA_EVENT_COMMAND_BEGIN,
	PCA_EVENT_COMMAND_END, /* result: 0, a new fd or -errno */
	/*
	 * A helper was called, told when it returns: bpf_for_each_map_elem therefore
	 * after what its callbacks called, though its ns is less than theirs.
	 */
	PCA_EVENT_HELPER,
	/*
	 * What occupies a CPU changes from prev to next, as sched_switch tells: from
	 * "swapper/N", the idle task, to a run, and back. Runs are not preempted, so the
	 * idle task always stands between two; repeated ones of one BPF_PROG_TEST_RUN
	 * are one occupation. A run that a task asks for on its own CPU occupies it in
	 * the task's name, any other in the program's, like an interrupt. Commands
	 * occupy no CPU: those of several tasks on one CPU may overlap.
	 */
	PCA_EVENT_SWITCH,
	/* By pca_cpu_set_online(), or for CPUs that pca_machine_reset() puts back. */
	PCA_EVENT_CPU_ONLINE,
	PCA_EVENT_CPU_OFFLINE, /* its last run has ended */
};

/*
 * What does not belong to the kind is 0 or NULL. Texts are valid until the listener
 * returns. New members are added at the end: look at size before reading one that
 * is younger than your program.
 */
struct pca_event {
	size_t size; /* sizeof(struct pca_event) in the library */
	enum pca_event_kind kind;
	uint32_t cpu;	      /* id of the CPU; of commands, the one that the task is on */
	uint64_t ns;	      /* CLOCK_MONOTONIC; of a HELPER, when it was called */
	uint64_t duration_ns; /* RUN_END, COMMAND_END, HELPER */
	uint32_t thread;      /* the host thread where it happens, as gettid() */

	/*
	 * The task that gives the command, or that a run finds as the current one: 0 and
	 * "swapper/N" for the idle task. Numbers begin at 1 and are used once in a machine;
	 * comms need not differ.
	 */
	uint32_t task;
	const char *comm;

	/*
	 * RUN, HELPER; COMMAND_END when its fd is a program's. The name may be "", and the
	 * id is 0 of what pca_machine_reset() has detached; so it is with maps.
	 */
	uint32_t prog_id;
	const char *prog_name;

	/*
	 * HELPER: "bpf_map_lookup_elem"; COMMAND: "BPF_MAP_CREATE", or NULL for a number
	 * that no release of Linux knows.
	 */
	const char *name;
	int command;

	/* HELPER that takes a map; COMMAND_END when its fd is a map's. */
	uint32_t map_id;
	const char *map_name;

	/*
	 * The key: of a helper that takes one, of COMMAND_END for commands on one
	 * element. That of a command is read after it, and missing if it cannot be read.
	 */
	bool has_key;
	uint32_t key;

	/* See RUN_END, COMMAND_END; of helpers that give a pointer 1, or 0 for NULL. */
	int64_t result;

	const char *prev, *next; /* SWITCH */
};

/*
 * Called on the thread where the event happens, before that thread goes on; by several
 * threads at once. It must not call back into the machine, nor change what programs or
 * commands read. In the runs of a program it is inside an RCU read section: it should
 * not wait.
 */
typedef void (*pca_event_fn)(void *arg, const struct pca_event *event);

/*
 * Tell all events of the machine to fn(arg, ...) from now on; NULL: to nobody. There is
 * one listener, a new one replaces it. Runs that were submitted finish first.
 *
 * Returns 0, or -EDEADLK when called from inside a run. No other thread may be inside a
 * call on this machine. Linux counterpart: opening a perf event.
 */
PCA_API int pca_machine_listen(struct pca_machine *machine, pca_event_fn fn, void *arg);

/*
 * The name of a bpf() command, such as "BPF_MAP_LOOKUP_ELEM" for 1, also of those that
 * are not simulated; NULL for a number that no release has. MT-safe.
 */
PCA_API const char *pca_command_name(int cmd);

PCA_END_DECLS

#endif
