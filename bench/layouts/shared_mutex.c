// SPDX-License-Identifier: MIT
/*
 * One copy for all CPUs behind one mutex, which lies in front of the values, on a pair
 * of lines of its own.
 */
#include "dense.h"

static const enum layout_sync sync = LAYOUT_MUTEX;

#include "loops.h"

#define LOCK_BYTES 128

_Static_assert(sizeof(pthread_mutex_t) <= LOCK_BYTES, "the lock has room");

static uint64_t size_bytes(const struct layout_shape *shape)
{
	return LOCK_BYTES + shape->nr_keys * layout_elem_bytes(shape);
}

static struct layout_place place(const struct layout_shape *shape, uint32_t cpu, uint32_t key)
{
	(void)cpu;
	return (struct layout_place){
		.value = LOCK_BYTES + key * layout_elem_bytes(shape),
		.pointer = LAYOUT_NONE,
		.lock = 0,
	};
}

/* A mutex that is never destroyed: it owns nothing but its memory. */
static void prepare(const struct layout_shape *shape, char *memory)
{
	(void)shape;
	pthread_mutex_init((pthread_mutex_t *)(void *)memory, NULL);
}

static struct layout_view view(const struct layout_shape *shape, char *memory, uint32_t cpu)
{
	(void)cpu;
	return (struct layout_view){
		.base = memory + LOCK_BYTES,
		.step = layout_elem_bytes(shape),
		.lock = (pthread_mutex_t *)(void *)memory,
	};
}

const struct layout layout_shared_mutex = {
	.name = "shared_mutex",
	.summary = "one copy for all CPUs behind a mutex",
	.sync = LAYOUT_MUTEX,
	.align_bytes = LAYOUT_WORD_BYTES,
	.size_bytes = size_bytes,
	.place = place,
	.prepare = prepare,
	.view = view,
	LAYOUT_LOOPS,
};
