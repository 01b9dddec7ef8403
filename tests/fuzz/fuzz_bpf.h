/* SPDX-License-Identifier: MIT */
/*
 * The world of fuzz_bpf: one machine, three tasks, a handful of buffers. An
 * input is a program of bytes; its operations are in fuzz_bpf.c's table.
 */
#ifndef TESTS_FUZZ_BPF_H
#define TESTS_FUZZ_BPF_H

#include <pcasim/pcasim.h>

#include "fuzz.h"

#define MOST_OPERATIONS 250 /* of one input */

/* Two checked tasks, the second of which lacks capabilities, and a direct one. */
enum { TASK_ROOT, TASK_USER, TASK_DIRECT, NR_TASKS };
#define NR_CHECKED_TASKS 2

struct world {
	struct pca_machine *machine;
	struct pca_task *tasks[NR_TASKS];
	uint32_t max_fds[NR_TASKS];
	bool is_huge; /* maps may have any number of entries, so values are small */
};

/* ---- results ---- */

/* The end of a list of errnos. Linux's own 524 is PCA_ENOTSUPP. */
#define NO_MORE 0

/* Is this error one of a list, or of those that bad arguments always may give? */
void check_error(const char *what, long ret, const int *errnos);
void check_fd(const struct world *w, int task, long fd);

/* ---- small numbers, chosen so that good ones are likely ---- */

uint64_t take_number(struct input *in);
uint32_t take_cpu(struct input *in);
int take_fd(struct input *in);
uint64_t take_flags(struct input *in);
struct pca_task *take_checked_task(struct world *w, struct input *in, int *index);

/* ---- bpf_memory.c: buffers that end where memory ends ---- */

struct buffer {
	unsigned char *bytes;
	size_t size;
};

void memory_init(void);
void memory_reset(void); /* all zero */
/* Nothing was written before a buffer's beginning. */
void memory_check(void);

/* Somewhere in a buffer up to its end; NULL, or another bad value. */
uint64_t take_pointer(struct input *in);
/* The last bytes of a buffer. */
struct buffer take_buffer(struct input *in);
/* The largest buffer. */
struct buffer large_buffer(void);
/* n bytes, 0 .. MOST_PLACED_BYTES, at the end of memory. */
#define MOST_PLACED_BYTES 8192
unsigned char *place_attr(size_t n);
uint64_t place_key(uint32_t key);
uint64_t where_text(const char *text);

/* ---- bpf_command.c ---- */

void op_command(struct world *w, struct input *in);
void op_unknown_command(struct world *w, struct input *in);
void op_known_lookup(struct world *w, struct input *in);
void op_known_update(struct world *w, struct input *in);
void op_known_batch(struct world *w, struct input *in);

/* ---- bpf_prog.c ---- */

void op_load(struct world *w, struct input *in);
void op_script(struct world *w, struct input *in);
void op_run(struct world *w, struct input *in);
/* Give back the maps that programs of ours are held for. */
void programs_forget(void);

/* ---- bpf_files.c ---- */

/* A path of names that are likely to be there. */
#define MOST_PATH_BYTES 5000
void take_path(struct input *in, char *path);

void op_file(struct world *w, struct input *in);
/* Remove all that can be removed. Links must have been counted well. */
void files_remove(struct pca_task *root);

#endif
