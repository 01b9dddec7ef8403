/* SPDX-License-Identifier: MIT */
/*
 * Ways to lay out a value per key and CPU in memory, behind one interface: where
 * each value lies, as plain arithmetic, and loops that use memory laid out so.
 *
 * A layout is one file. It says where values lie (place(), size_bytes()) and how a
 * program gets there (elem()); loops.h makes the measured loops from elem(), so that
 * nothing in them is called through a pointer.
 */
#ifndef BENCH_LAYOUTS_LAYOUT_H
#define BENCH_LAYOUTS_LAYOUT_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define LAYOUT_NONE UINT64_MAX
#define LAYOUT_PAGE_BYTES 4096 /* memory begins on a page */
#define LAYOUT_WORD_BYTES 8    /* elements are words, as in Linux's per-CPU arrays */

/* 1 and more of each. CPUs are ordinals, 0 to nr_cpus - 1. */
struct layout_shape {
	uint32_t nr_cpus;
	uint32_t nr_keys;
	uint32_t value_bytes;
};

/* Where an access goes: offsets in bytes from where the memory begins. */
struct layout_place {
	uint64_t value;	  /* the first byte of this CPU's value */
	uint64_t pointer; /* the 8 bytes that are loaded before, or LAYOUT_NONE */
	uint64_t lock;	  /* the lock that is taken before and left after, or LAYOUT_NONE */
};

enum layout_sync {
	LAYOUT_OWN,    /* no other CPU writes there: plain loads and stores */
	LAYOUT_ATOMIC, /* all CPUs write to one copy, each word atomically (relaxed) */
	LAYOUT_MUTEX,  /* all CPUs write to one copy, in turn */
};

enum layout_workload {
	LAYOUT_COUNT,	  /* the first word of the key's value is counted up */
	LAYOUT_HISTOGRAM, /* the same for the bucket that a datum falls into */
	LAYOUT_UPDATE,	  /* all words of the key's value are written */
	LAYOUT_READ_SUM,  /* the first word is read and summed over all copies */
	NR_LAYOUT_WORKLOADS,
};

/* What a program knows of memory that is laid out, on its CPU. */
struct layout_view {
	char *base;	 /* key 0's value, or the table of pointers */
	uint64_t step;	 /* bytes from one key to the next there */
	uint64_t offset; /* what a pointer of the table lacks to be this CPU's */
	pthread_mutex_t *lock;
};

/* Keys and data come from a ring of this many, so that none is made in a loop. */
#define LAYOUT_STREAM_LENGTH 65536

/* A turn of a loop. */
struct layout_turn {
	const struct layout_view *views; /* of each copy; those of LAYOUT_OWN by CPU */
	uint32_t nr_copies;
	uint32_t cpu;
	uint32_t nr_keys, nr_words;
	const uint32_t *stream; /* LAYOUT_STREAM_LENGTH keys, or data of a histogram */
	uint32_t pos;		/* where in the stream to begin; moves on */
	uint32_t nr_accesses;
	uint32_t work;		    /* dependent multiplications between two accesses */
	uint64_t sum;		    /* of what LAYOUT_READ_SUM has read */
	uint64_t nr_done;	    /* accesses; less than asked for when a key was out of bounds */
	struct kernel_turn *kernel; /* of a loop that runs in the kernel (kernel_arm.c) */
} __attribute__((aligned(128)));    /* nothing of two threads shares lines but what is measured */

typedef void (*layout_loop)(struct layout_turn *turn);

struct layout {
	const char *name;
	const char *summary; /* one line */
	enum layout_sync sync;
	uint32_t align_bytes; /* each value begins at a multiple of it */

	/* All below are MT-safe and allocate nothing. */
	uint64_t (*size_bytes)(const struct layout_shape *shape);

	/* One copy: the same for each CPU. cpu and key are inside of the shape. */
	struct layout_place (*place)(const struct layout_shape *shape, uint32_t cpu, uint32_t key);

	/* Make zeroed memory ready: tables of pointers, locks. */
	void (*prepare)(const struct layout_shape *shape, char *memory);
	struct layout_view (*view)(const struct layout_shape *shape, char *memory, uint32_t cpu);

	/* What the loops compute: for tests that it is place()'s. */
	uint64_t *(*elem)(const struct layout_view *view, uint32_t key);
	layout_loop loops[NR_LAYOUT_WORKLOADS];
};

/* The index-th layout, ours first; NULL past the last. */
const struct layout *layout_at(size_t index);

/* NULL when there is none of this name. */
const struct layout *layout_find(const char *name);

/* The bucket of a datum: its power of two, the last one for all that are larger. */
static inline uint32_t layout_bucket(uint32_t datum, uint32_t nr_keys)
{
	uint32_t power = 31 - (uint32_t)__builtin_clz(datum | 1);

	return power < nr_keys ? power : nr_keys - 1;
}

static inline uint64_t layout_round_up(uint64_t n, uint64_t multiple)
{
	return (n + multiple - 1) / multiple * multiple;
}

/* Bytes from one value to the next where they are dense. */
static inline uint64_t layout_elem_bytes(const struct layout_shape *shape)
{
	return layout_round_up(shape->value_bytes, LAYOUT_WORD_BYTES);
}

#endif
