/* SPDX-License-Identifier: MIT */
/*
 * What the tests share: worlds of a machine and a task, commands as functions,
 * buffers that end where memory ends, a catcher of messages, and main().
 *
 * Check runs each test in a process of its own, so a test that fails half way
 * need not clean up.
 */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcasim/pcasim.h>

#if defined(__SANITIZE_ADDRESS__)
#define BUILT_WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BUILT_WITH_ASAN 1
#endif
#endif
#ifndef BUILT_WITH_ASAN
#define BUILT_WITH_ASAN 0
#endif

#ifdef PCASIM_VALGRIND
#define BUILT_FOR_MEMCHECK 1
#else
#define BUILT_FOR_MEMCHECK 0
#endif

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ---- expectations ---- */

/*
 * Which row of a table is being checked: printed by expect() when it fails.
 */
void row(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The result of a call: 0, a number, or -errno, shown by name. */
#define expect(expr, want) expect_at(__FILE__, __LINE__, #expr, (long)(expr), (long)(want))
void expect_at(const char *file, int line, const char *expr, long got, long want);

/* A call that gives an fd; returns it. */
#define expect_fd(expr) expect_fd_at(__FILE__, __LINE__, #expr, (long)(expr))
int expect_fd_at(const char *file, int line, const char *expr, long got);

/* n bytes at got as at want. */
#define expect_bytes(got, want, n) expect_bytes_at(__FILE__, __LINE__, got, want, n)
void expect_bytes_at(const char *file, int line, const void *got, const void *want, size_t n);

/* n bytes at got, all of this value. */
#define expect_all(got, byte, n) expect_all_at(__FILE__, __LINE__, got, byte, n)
void expect_all_at(const char *file, int line, const void *got, unsigned char byte, size_t n);

/* ---- the two tables that every behaviour is tried on ---- */

extern const char *const cpu_masks[]; /* "0", ..., "0,4-6,127" */
extern const size_t nr_cpu_masks;

extern const uint32_t value_sizes[]; /* 1 ... 32768: those that a per-CPU array takes */
extern const size_t nr_value_sizes;
#define VALUE_SIZE_TOO_BIG 32769

/* ---- worlds ---- */

/*
 * The release that worlds show unless a test names one: the facts that most
 * tests state are 6.18's. test_releases.c holds the others beside it.
 */
#define TESTED_RELEASE "6.18"

struct world {
	struct pca_machine *machine;
	struct pca_task *task;
};

/* A machine with these possible CPUs (NULL: four) and a task of this memory. */
struct world world_open(const char *possible, enum pca_task_memory memory);

/*
 * The same with any options; either may be NULL. Nothing is said of likely mistakes,
 * which tests make on purpose, but in test_hints.c.
 */
struct world world_open_with(const struct pca_machine_opts *machine,
			     const struct pca_task_opts *task);
void world_close(struct world *w);

/* The kernels whose behaviour was measured, oldest first: columns of tables. */
#define NR_MEASURED 6
extern const char *const measured_releases[NR_MEASURED];
enum { R5_10, R6_1, R6_12, R6_18, R7_2, R7_3 };

/* As world_open(), showing measured_releases[release]. */
struct world world_of_release(size_t release, const char *possible, enum pca_task_memory memory);

/* round_up(value_size, 8) bytes for every possible CPU. */
size_t lookup_bytes(const struct world *w, uint32_t value_size);

/* ---- commands ---- */

/*
 * A union bpf_attr with room for all that a kernel may ask about, whatever the
 * installed header knows. ATTR_BYTES is what 6.18 calls sizeof(union bpf_attr).
 */
#define ATTR_BYTES 168
union any_attr {
	union bpf_attr bpf;
	unsigned char bytes[4096];
	uint32_t words[1024];
	uint64_t longs[512];
};

/* Sizes of what each command uses, where its last field ends. */
#define CREATE_ATTR_END 92
#define ELEM_ATTR_END 32
#define BATCH_ATTR_END 56

/* MAP_CREATE's attr for an array of this type. */
union any_attr create_attr(uint32_t type, uint32_t value_size, uint32_t max_entries);

/* MAP_CREATE with these flags; an fd or -errno. */
long cmd_create(struct pca_task *task, uint32_t type, uint32_t value_size, uint32_t max_entries,
		uint32_t flags);

/* A per-CPU array, a shared one; the fd. The test fails if there is none. */
int percpu_map(const struct world *w, uint32_t value_size, uint32_t max_entries);
int array_map(const struct world *w, uint32_t value_size, uint32_t max_entries);

long cmd_lookup(struct pca_task *task, int fd, const void *key, void *value, uint64_t flags);
long cmd_update(struct pca_task *task, int fd, const void *key, const void *value, uint64_t flags);
long cmd_delete(struct pca_task *task, int fd, const void *key);
long cmd_next_key(struct pca_task *task, int fd, const void *key, void *next_key);
long cmd_lookup_and_delete(struct pca_task *task, int fd, const void *key, void *value,
			   uint64_t flags);
long cmd_freeze(struct pca_task *task, int fd);
long cmd_fd_by_id(struct pca_task *task, uint32_t id, uint32_t open_flags);
long cmd_next_id(struct pca_task *task, uint32_t start, uint32_t *next);

/* OBJ_GET_INFO_BY_FD; *len is what the command wrote back. */
long cmd_info(struct pca_task *task, int fd, void *info, uint32_t *len);

/* The id of a map, by its info. */
uint32_t id_of_map(struct pca_task *task, int fd);

struct batch {
	const void *in_batch;
	void *out_batch;
	void *keys, *values;
	uint32_t count; /* in and out */
	uint64_t elem_flags, flags;
};

/* BPF_MAP_{LOOKUP,UPDATE,DELETE,LOOKUP_AND_DELETE}_BATCH. */
long cmd_batch(struct pca_task *task, int cmd, int fd, struct batch *batch);

/* ---- buffers ---- */

/* n bytes between two pages that fault: the first byte after them is bad. */
void *guarded(size_t n);

/* n bytes right after a page that faults. */
void *guarded_before(size_t n);

/* An address that faults, above the first page. */
void *bad_pointer(void);

/* n bytes that depend on seed and place, none of them 0 or equal to 0xee. */
void fill(void *buf, size_t n, uint32_t seed);

/*
 * Make fd 0 one that is not open, so that an attr of zeros names no file; give
 * what this returned to show_stdin().
 */
int hide_stdin(void);
void show_stdin(int hidden);

/* ---- messages ---- */

/* From here on messages go into the catcher, and are not printed. */
void messages_catch(void);

/* All that was told since messages_catch() or the last messages_clear(). */
const char *messages_text(void);
unsigned int messages_count(void);
void messages_clear(void);

/* The messages so far contain this text. */
#define expect_message(text) expect_message_at(__FILE__, __LINE__, text)
void expect_message_at(const char *file, int line, const char *text);

/* ---- chance ---- */

/* --seed N, or a seed of the moment, which main() prints. */
extern uint64_t test_seed;
uint64_t next_random(uint64_t *state);

/* ---- main ---- */

/* Runs the suite; EXIT_FAILURE if a test failed. Accepts --seed N. */
int run_suite(Suite *suite, int argc, char **argv);

#define TEST_MAIN(make_suite)                               \
	int main(int argc, char **argv)                     \
	{                                                   \
		return run_suite(make_suite(), argc, argv); \
	}

/* A case of a suite, without a time limit of its own. */
TCase *add_case(Suite *suite, const char *name);

#endif
