/* SPDX-License-Identifier: MIT */
/*
 * Which key a CPU takes next: the streams that layouts are measured with, a place in
 * one of them for each CPU.
 */
#ifndef SIM_CLI_MODEL_STREAM_H
#define SIM_CLI_MODEL_STREAM_H

#include <stdbool.h>

#include "layouts/layout.h"
#include "layouts/stream.h"

struct key_streams {
	uint32_t nr_rings;
	uint32_t *rings;  /* LAYOUT_STREAM_LENGTH each */
	uint32_t *places; /* by CPU */
};

/* is_data: buckets' data instead of keys. 0 or -ENOMEM. */
int streams_create(struct key_streams *streams, enum stream_kind kind, bool is_data,
		   const struct layout_shape *values, uint64_t seed);
void streams_destroy(struct key_streams *streams);

static inline uint32_t streams_next(struct key_streams *streams, uint32_t cpu)
{
	uint32_t place = streams->places[cpu]++ % LAYOUT_STREAM_LENGTH;

	return streams->rings[cpu % streams->nr_rings * LAYOUT_STREAM_LENGTH + place];
}

/* The next of 2^64 numbers, from any state on (SplitMix64). */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* 0 to n - 1. */
static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)((random_next(state) >> 32) * n >> 32);
}

#endif
