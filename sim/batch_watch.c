// SPDX-License-Identifier: MIT
/*
 * How those who take the end of a map for a failure go on: they give the same batch
 * again, or never give one again and read key by key. Both may be right as well -
 * the end of a map polled, another reader, a test that compares - so each takes
 * more than one sign, and all of them from one thread of one task.
 */
#include "batch_watch.h"

#include "cpu.h"
#include "hint.h"

#define RETRIES_THAT_TELL 2 /* beside the first try */
#define WALKS_THAT_TELL 3

/* NULL when another thread is at it: what is missed then is a hint. */
static struct batch_watch *lock_watch(const struct pca_map *map)
{
	struct batch_watch *watch = &map->ref.map->batch_watch;

	if (map->object.machine->no_hints)
		return NULL;
	return __atomic_exchange_n(&watch->is_busy, true, __ATOMIC_ACQUIRE) ? NULL : watch;
}

static void unlock_watch(struct batch_watch *watch)
{
	__atomic_store_n(&watch->is_busy, false, __ATOMIC_RELEASE);
}

static bool is_by(const struct batch_watch *watch, const struct pca_task *task)
{
	return watch->task == task && watch->thread == &pca_this_cpu;
}

/* The end again, from the same key: 0 for the first time. */
static uint32_t times_again(const struct batch_watch *watch, const struct pca_task *task,
			    uint32_t first)
{
	bool is_same = watch->is_armed && is_by(watch, task) && watch->first == first;

	return is_same ? watch->times + 1 : 0;
}

static void note_end(struct batch_watch *watch, const struct pca_task *task, uint32_t first,
		     uint32_t delivered)
{
	watch->times = times_again(watch, task, first);
	watch->task = task;
	watch->thread = &pca_this_cpu;
	watch->first = first;
	watch->delivered = delivered;
	watch->walks = 0;
	watch->ends += delivered && watch->ends < 2;
}

void batch_was_read(const struct pca_map *map, const struct pca_task *task, uint32_t first,
		    uint32_t delivered, bool is_end)
{
	struct batch_watch *watch = lock_watch(map);
	bool is_retried = false;

	if (!watch)
		return;
	if (is_end)
		note_end(watch, task, first, delivered);
	__atomic_store_n(&watch->is_armed, is_end, __ATOMIC_RELAXED);
	/* From the first key on, it is how a small map is polled. */
	is_retried = is_end && first && delivered && watch->times == RETRIES_THAT_TELL;
	unlock_watch(watch);
	if (is_retried)
		hint_of_map(map, HINT_BATCH_RETRIED, (struct hint_facts){ .got = delivered });
}

void empty_batch_was_read(const struct pca_map *map, const struct pca_task *task)
{
	struct batch_watch *watch = lock_watch(map);
	bool is_left = false;

	if (!watch)
		return;
	is_left = watch->is_armed && is_by(watch, task) && !watch->delivered;
	unlock_watch(watch);
	if (is_left)
		hint_of_map(map, HINT_BATCH_COUNT, (struct hint_facts){ 0 });
}

void map_is_walked(const struct pca_map *map, const struct pca_task *task)
{
	struct batch_watch *watch = lock_watch(map);
	uint32_t delivered = 0;

	if (!watch)
		return;
	/* Whoever knows how to come to the end by batches did it more than once. */
	if (watch->is_armed && is_by(watch, task) && watch->ends == 1 && watch->delivered &&
	    ++watch->walks == WALKS_THAT_TELL)
		delivered = watch->delivered;
	unlock_watch(watch);
	if (delivered)
		hint_of_map(map, HINT_BATCH_GIVEN_UP, (struct hint_facts){ .got = delivered });
}
