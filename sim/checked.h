/* SPDX-License-Identifier: MIT */
/*
 * Checked runs: which memory is the program's, and for what.
 *
 * An address decides. The program's are its part of the stack, the variables of its
 * object, its context and packet, and the values that helpers gave in this run. All that
 * is here is the run's own, so that runs nest.
 */
#ifndef SIM_CHECKED_H
#define SIM_CHECKED_H

#include <pcasim/checked.h>

#include "map.h"

struct checked_object;
struct run_frame;

#define RIGHT_READ PCA_READ
#define RIGHT_WRITE PCA_WRITE

/* A value that a helper gave. */
struct grant {
	char *start;
	const struct pca_map *map;
	uint32_t slab, key;
	uint32_t helper; /* BPF_FUNC_*, which gave it */
};

/* The stack of the program itself, or of a callback, between frames of the library. */
struct stack_part {
	struct stack_part *outer;
	const char *low, *high;
	const char *key; /* what a callback was given beside, or NULL */
	uint32_t key_bytes;
	uint32_t depth; /* functions that are at work */
};

struct checked_run {
	const struct checked_object *object; /* NULL: the program is not checked */
	struct stack_part *stack;	     /* the innermost */
	struct stack_part first;

	struct grant *grants; /* ascending by start */
	size_t nr_grants, capacity;
	const struct pca_map_ref *known_ref; /* the last one that was found to be a map's */

	bool has_met_null; /* it has read a NULL from the kernel's memory */
	const char *zeros; /* nothing is there, and what it reads there last is 0 */
	size_t nr_zeros;
};

/* What the program, or a helper for it, is about to access. */
struct access {
	const char *addr;
	size_t bytes;
	uint32_t access; /* PCA_* */
	const void *pc;
	const char *helper;   /* NULL: the program itself */
	const char *argument; /* what the helper calls it */
};

void checked_run_end(struct checked_run *run);

/*
 * For helpers of checked programs, inside of which frames are: is this what they take?
 * If not, the run ends here.
 */
void checked_map_argument(const char *helper, const void *pc, const struct pca_map_ref *ref,
			  bool writes);
void checked_map_type(uint32_t func, const void *pc, const struct pca_map *map);
void checked_argument(const struct access *access);
void checked_ctx_argument(const char *helper, const void *pc, const void *ctx);
void checked_callback(const char *helper, const void *pc, const void *fn, const void *ctx);

/* A helper, BPF_FUNC_*, gives the value of key on the CPU whose slab this is. */
void checked_grant(uint32_t helper, const struct pca_map *map, uint32_t slab, uint32_t key,
		   char *elem);

/* What may be done with all of n bytes at addr: RIGHT_*. */
uint32_t checked_rights(const struct run_frame *frame, const char *addr, size_t n);

/* The grant with the highest start that is not above addr, or NULL. */
const struct grant *checked_grant_below(const struct checked_run *run, const char *addr);

/* The context or the packet that addr lies in, or just behind; start is NULL for neither. */
struct context_place {
	const char *start;
	size_t bytes;
	bool is_packet;
};

struct context_place context_place(const struct run_frame *frame, const char *addr);

/* What may be done there with all of n bytes: RIGHT_*. */
uint32_t context_rights(const struct run_frame *frame, const char *addr, size_t n);

/* ---- the kernel's memory, checked_kernel.c ---- */

/* NULL, or as far beyond it as a member reaches: nothing is ever there. */
static inline bool is_near_null(const void *addr)
{
	return (uintptr_t)addr < 65536;
}

/* Do the arguments that Linux gives the program have types? Those of TRACING and LSM do. */
bool has_typed_arguments(const struct pca_prog *prog);

/* The same as context_rights() for the current task, as bpf_get_current_task_btf() gives it. */
uint32_t task_image_rights(const struct run_frame *frame, const char *addr, size_t n);

/*
 * The same for what nobody else knows, where arguments have types: what they point to is
 * the kernel's. n is not 0.
 */
uint32_t typed_argument_rights(const struct run_frame *frame, const char *addr, size_t n);

/* Are the program's arguments what Linux's verifier trusts not to be NULL? */
bool kernel_vouches_for_arguments(const struct run_frame *frame);

/* Is what the program reads through NULL 0? */
bool kernel_null_reads_zeros(const struct run_frame *frame);

/* An access to it that is allowed; and one to any memory, which may be the current task. */
void checked_see_kernel(struct run_frame *frame, const struct access *access);
void checked_see_task(struct run_frame *frame, const struct access *access);

/* The program has faulted at addr: is what it reads there 0? */
bool kernel_gives_zeros(const struct run_frame *frame, const char *addr);

/* ---- objects, checked_object.c ---- */

enum section_kind {
	SECTION_VARIABLES,
	SECTION_CONSTANTS,
	SECTION_MAPS,
	SECTION_CODE,
	SECTION_OTHER,
};

struct section {
	const char *start, *end;
	enum section_kind kind;
	char name[24];
};

/* The checked object that code is in, or NULL. */
const struct checked_object *checked_object_at(const void *code);

/* Has there been one in this process? */
bool checked_objects_exist(void);

/* The section of the object that addr is in, or NULL. */
const struct section *checked_section(const struct checked_object *object, const void *addr);

/* Does addr lie in the object at all? */
bool checked_object_holds(const struct checked_object *object, const void *addr);

/*
 * The line of source at pc: what the compiler called the file into file, and its number,
 * or 0 where that is not known.
 */
uint32_t checked_source_line(const struct checked_object *object, const void *pc, char *file,
			     size_t size);

/* ---- what runs have shown, checked_uses.c ---- */

struct seen_use;

/* The program has called this helper with the map. */
void checked_see_call(struct run_frame *frame, const char *helper, const struct pca_map *map);

/* It may access what is in a value that a helper gave. */
void checked_see_access(struct run_frame *frame, const struct grant *grant,
			const struct access *access);

void seen_uses_free(struct seen_use *use);

/* ---- reports, checked_report.c ---- */

/*
 * Tell of it and order the run to end, frame_stop(); but checked_refuse() does not, if it is
 * the kernel's memory and the program may read it. Inside of frame_enter_helper().
 */
__attribute__((cold)) void checked_refuse(struct run_frame *frame, const struct access *access);
__attribute__((cold)) void checked_refuse_argument(struct run_frame *frame,
						   const struct access *access, const char *why,
						   const char *verifier);
__attribute__((cold)) void checked_refuse_depth(struct run_frame *frame, const void *pc);
__attribute__((cold)) void checked_refuse_division(struct run_frame *frame, const void *pc);
__attribute__((cold)) void checked_refuse_index(struct run_frame *frame, const void *pc,
						const char *array, uint64_t index);
__attribute__((cold)) void checked_refuse_write(struct run_frame *frame,
						const struct access *access,
						const struct pca_map *map);

/*
 * A plain program has stored into this address, which faulted. If it is a map's that
 * programs may only read, that is told and the run to end.
 */
__attribute__((cold)) void checked_refuse_fault(struct run_frame *frame, const char *addr);

/* What it reads at addr would be 0, and cannot be made so. */
__attribute__((cold)) void checked_refuse_zeros(struct run_frame *frame, const char *addr);

#endif
