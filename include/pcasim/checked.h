/* SPDX-License-Identifier: MIT */
/*
 * Checked programs: BPF C compiled so that each load, store and atomic operation asks
 * first whether Linux's verifier would have let it be. docs/checked.md tells how such a
 * program is made, what is caught and what is not.
 *
 * A run that does what it may not is stopped: the call that asked for it returns -EACCES,
 * -EFAULT, or as docs/checked.md tells, a message tells what happened, and the machine keeps the last violation for
 * tests to look at. CPU, maps and machine go on.
 */
#ifndef PCASIM_CHECKED_H
#define PCASIM_CHECKED_H

#include <pcasim/api.h>
#include <pcasim/context.h>
#include <pcasim/prog.h>

PCA_BEGIN_DECLS

enum pca_violation_kind {
	PCA_VIOLATION_RIGHT = 1,  /* the memory is the program's, but not for this */
	PCA_VIOLATION_RANGE,	  /* past a value, its padding included */
	PCA_VIOLATION_ELEM,	  /* another element of a map, not looked up in this run */
	PCA_VIOLATION_KEPT,	  /* an element of a map none of whose was looked up in this run */
	PCA_VIOLATION_OTHER_CPU,  /* another CPU's copy, which no helper gave to this run */
	PCA_VIOLATION_FREED,	  /* in a map that is gone */
	PCA_VIOLATION_MACHINE,	  /* in a map of another machine */
	PCA_VIOLATION_DEFINITION, /* a variable in SEC(".maps") */
	PCA_VIOLATION_NULL,	  /* NULL, or a little beyond it */
	PCA_VIOLATION_STACK,	  /* of this thread, outside the part that is the program's */
	PCA_VIOLATION_CONTEXT,	  /* beyond the context */
	PCA_VIOLATION_PACKET,	  /* beyond the packet */
	PCA_VIOLATION_GLOBAL,	  /* in the object, beyond its variables */
	PCA_VIOLATION_MEMORY,	  /* none of the program's memory */
	PCA_VIOLATION_ARGUMENT,	  /* a helper was given something else than it takes */
	PCA_VIOLATION_DEPTH,	  /* too many functions call each other */
	PCA_VIOLATION_DIVISION,	  /* by zero; Linux loads it: x / 0 is 0, x % 0 is x */
	PCA_VIOLATION_INDEX,	  /* of an array whose size the compiler knows, past its end */
};

/*
 * What a run was stopped for. What does not belong to the kind is 0 or "". New members
 * are added at the end.
 */
struct pca_violation {
	enum pca_violation_kind kind;
	int err; /* what the run ended with: -EACCES, -EFAULT, -E2BIG, -EDOM */

	uint32_t cpu; /* id of the CPU */
	enum pca_context context;
	uint32_t prog_id;
	char prog_name[16];

	uint32_t access; /* PCA_READ, PCA_WRITE, PCA_ATOMIC */
	uint32_t bytes;
	const void *addr;
	const void *pc; /* in the program; NULL where it is not known */
	int64_t offset; /* from the beginning of the value, variable, context or packet */

	/* The map that addr lies in, or that a helper was given. */
	uint32_t map_id;
	char map_name[16];
	uint32_t value_size;
	bool has_key;
	uint32_t key;
	uint32_t copy_cpu; /* id of the CPU whose copy of the element it is */

	char helper[40]; /* "bpf_map_update_elem"; "" for the program's own accesses */
	char file[200];	 /* the source, as the compiler was given it; "" where not known */
	uint32_t line;
	char verifier[160]; /* what Linux's verifier says of it at load; "": nothing */
	char text[640];	    /* all of it, as the message tells it */
};

/*
 * The last violation of a run on this machine: size bytes of it, sizeof(struct
 * pca_violation), are written to *violation. Returns how many there were since the
 * machine was created; 0: none, and *violation is not written. MT-safe. Linux has no
 * counterpart: it refuses the program.
 */
PCA_API uint64_t pca_machine_last_violation(struct pca_machine *machine,
					    struct pca_violation *violation, size_t size);

/*
 * How the checked runs of a program have used maps so far, also those that were stopped: a
 * use for each map, helper and kind of access, PCA_READ, PCA_WRITE or PCA_ATOMIC, with the
 * range of the value that all such accesses lie in; or with access 0 for a helper whose
 * value was not accessed. What was refused is not among them. A value that two helpers gave
 * in one run counts for the first. Uses are in the order of the maps' ids.
 *
 * map_fd is the lowest fd that task has of the map, or -1: then open it by its id before.
 * So they can be given to pca_prog_load() with the plain build of the program, which then
 * refuses what Linux's verifier would. Runs show the paths that they took; the verifier
 * sees all.
 *
 * Returns how many there are, of which at most max are written to uses (NULL with max 0);
 * 0 for a program that is not checked. MT-safe, beside runs as well.
 */
PCA_API size_t pca_prog_seen_uses(const struct pca_prog *prog, const struct pca_task *task,
				  struct pca_map_use *uses, size_t max);

/*
 * From now on, a program that stores into a map with BPF_F_RDONLY_PROG ends its run with
 * -EACCES where that is safe: in runs that have a place to go back to, which are those on
 * machines with has_contexts, with a listener or with a checked program, and not while a
 * helper is at work. Elsewhere, and at any other fault, the process ends as it would have.
 * This sets a handler of SIGSEGV, for good.
 *
 * In such runs, also of programs that are not checked, a load through NULL gives 0 where it
 * does in Linux: in programs of object files that are for fentry or fexit, and up to 6.1
 * for tp_btf and lsm. That takes x86-64, and sets a handler of SIGTRAP.
 *
 * Checked programs set the handlers themselves when they come to such a load, and need
 * none else. Returns 0 or what sigaction() refuses with, as -errno. MT-safe, but for other
 * changes of the handlers.
 */
PCA_API int pca_catch_faults(void);

/* ---- what a checked program and the archive in it call; not for others ---- */

/* The object that holds the ELF header at start, until end. */
PCA_API void pca_checked_register(const void *start, const void *end);
PCA_API void pca_checked_unregister(const void *start);

/* The program at pc is about to access; its stack ends at sp. Returns if it may. */
PCA_API void pca_checked_access(const void *addr, size_t bytes, uint32_t access, const void *pc,
				const void *sp);

/* bpf_map_lookup_elem() of checked programs, as pca_map_lookup_elem(). */
struct pca_map_ref;
PCA_API void *pca_checked_lookup_elem(const struct pca_map_ref *map, const void *key);

/* A function of the program begins and ends. */
PCA_API void pca_checked_enter(const void *pc, const void *sp);
PCA_API void pca_checked_leave(void);

/* It comes to a place that code jumps to: counted, so that endless loops end. */
PCA_API void pca_checked_branch(void);

/* It is about to divide by zero. */
PCA_API void pca_checked_division(const void *pc);
PCA_API void pca_checked_index(const void *pc, const char *array, uint64_t index);

PCA_END_DECLS

#endif
