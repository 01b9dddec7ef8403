/* SPDX-License-Identifier: MIT */
/*
 * The measured loops. A layout's file includes this after it has defined
 *
 *	static const enum layout_sync sync
 *	static inline uint64_t *elem(const struct layout_view *view, uint32_t key)
 *
 * and gets LAYOUT_LOOPS for its struct layout. The compiler knows sync, so that
 * nothing remains of the questions about it below.
 */
#ifndef BENCH_LAYOUTS_LOOPS_H
#define BENCH_LAYOUTS_LOOPS_H

#include "layout.h"

#define LAYOUT_INLINE static inline __attribute__((always_inline))

LAYOUT_INLINE void lock_view(const struct layout_view *view)
{
	if (sync == LAYOUT_MUTEX)
		pthread_mutex_lock(view->lock);
}

LAYOUT_INLINE void unlock_view(const struct layout_view *view)
{
	if (sync == LAYOUT_MUTEX)
		pthread_mutex_unlock(view->lock);
}

LAYOUT_INLINE void count_up(uint64_t *value)
{
	if (sync == LAYOUT_ATOMIC)
		__atomic_fetch_add(value, 1, __ATOMIC_RELAXED);
	else
		(*value)++;
}

LAYOUT_INLINE void put_word(uint64_t *value, uint64_t word)
{
	if (sync == LAYOUT_ATOMIC)
		__atomic_store_n(value, word, __ATOMIC_RELAXED);
	else
		*value = word;
}

/* A chain that takes time and touches no memory. */
LAYOUT_INLINE void do_work(uint32_t work)
{
	uint64_t x = work;

	for (uint32_t i = 0; i < work; i++) {
		x *= 0x9e3779b97f4a7c15;
		__asm__ volatile("" : "+r"(x));
	}
}

LAYOUT_INLINE uint32_t next_in_stream(const uint32_t *stream, uint32_t *pos)
{
	return stream[(*pos)++ % LAYOUT_STREAM_LENGTH];
}

/* With the bounds check that every program has. */
LAYOUT_INLINE void count_loop_of(struct layout_turn *turn, int is_histogram)
{
	const struct layout_view view = turn->views[turn->cpu % turn->nr_copies];
	const uint32_t nr_keys = turn->nr_keys, nr_accesses = turn->nr_accesses, work = turn->work;
	const uint32_t *stream = turn->stream;
	uint32_t pos = turn->pos, i;

	for (i = 0; i < nr_accesses; i++) {
		uint32_t key = next_in_stream(stream, &pos);

		if (is_histogram)
			key = layout_bucket(key, nr_keys);
		if (__builtin_expect(key >= nr_keys, 0))
			break;
		lock_view(&view);
		count_up(elem(&view, key));
		unlock_view(&view);
		do_work(work);
	}
	turn->pos = pos;
	turn->nr_done += i;
}

static void count_loop(struct layout_turn *turn)
{
	count_loop_of(turn, 0);
}

static void histogram_loop(struct layout_turn *turn)
{
	count_loop_of(turn, 1);
}

static void update_loop(struct layout_turn *turn)
{
	const struct layout_view view = turn->views[turn->cpu % turn->nr_copies];
	const uint32_t nr_keys = turn->nr_keys, nr_accesses = turn->nr_accesses, work = turn->work;
	const uint32_t nr_words = turn->nr_words;
	const uint32_t *stream = turn->stream;
	uint32_t pos = turn->pos, i;

	for (i = 0; i < nr_accesses; i++) {
		uint32_t key = next_in_stream(stream, &pos);

		if (__builtin_expect(key >= nr_keys, 0))
			break;
		lock_view(&view);
		uint64_t *value = elem(&view, key);

		for (uint32_t word = 0; word < nr_words; word++)
			put_word(&value[word], pos);
		unlock_view(&view);
		do_work(work);
	}
	turn->pos = pos;
	turn->nr_done += i;
}

/* A reader reads what programs are writing, as a LOOKUP does; no word is torn. */
__attribute__((no_sanitize("thread"))) static void read_sum_loop(struct layout_turn *turn)
{
	const uint32_t nr_keys = turn->nr_keys, nr_accesses = turn->nr_accesses, work = turn->work;
	const uint32_t nr_copies = turn->nr_copies;
	const uint32_t *stream = turn->stream;
	uint32_t pos = turn->pos, i;
	uint64_t sum = 0;

	for (i = 0; i < nr_accesses; i++) {
		uint32_t key = next_in_stream(stream, &pos);

		if (__builtin_expect(key >= nr_keys, 0))
			break;
		lock_view(turn->views);
		for (uint32_t copy = 0; copy < nr_copies; copy++)
			sum += *(const volatile uint64_t *)elem(&turn->views[copy], key);
		unlock_view(turn->views);
		do_work(work);
	}
	turn->pos = pos;
	turn->nr_done += i;
	turn->sum += sum;
}

/* elem() as a function to point at. */
static uint64_t *elem_out_of_line(const struct layout_view *view, uint32_t key)
{
	return elem(view, key);
}

#define LAYOUT_LOOPS                                 \
	.elem = elem_out_of_line, .loops = {         \
		[LAYOUT_COUNT] = count_loop,         \
		[LAYOUT_HISTOGRAM] = histogram_loop, \
		[LAYOUT_UPDATE] = update_loop,       \
		[LAYOUT_READ_SUM] = read_sum_loop,   \
	}

#endif
