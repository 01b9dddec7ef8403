// SPDX-License-Identifier: MIT
#include "stream.h"

#include <errno.h>
#include <stdlib.h>

#include "layout.h"

static const char *const names[NR_STREAM_KINDS] = {
	[STREAM_SEQUENTIAL] = "sequential",
	[STREAM_UNIFORM] = "uniform",
	[STREAM_ZIPF] = "zipf",
	[STREAM_HOT] = "hot",
};

const char *stream_name(unsigned int kind)
{
	return kind < NR_STREAM_KINDS ? names[kind] : NULL;
}

/* splitmix64: every seed is a good one. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static uint32_t random_below(uint64_t *state, uint32_t most)
{
	return (uint32_t)((next_random(state) >> 32) * most >> 32);
}

/* From 0 up to but without 1. */
static double random_fraction(uint64_t *state)
{
	return (double)(next_random(state) >> 11) * 0x1p-53;
}

/* Which key is the n-th most frequent: the same in all streams. */
static void shuffle(uint32_t *keys, uint32_t nr_keys)
{
	uint64_t state = 1;

	for (uint32_t i = 0; i < nr_keys; i++) {
		uint32_t other = random_below(&state, i + 1);

		keys[i] = keys[other];
		keys[other] = i;
	}
}

/* The first entry of the sums that is above x. */
static uint32_t find_sum(const double *sums, uint32_t nr, double x)
{
	uint32_t low = 0, high = nr - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (sums[middle] > x)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int fill_zipf(uint32_t *stream, uint32_t nr_keys, uint64_t seed)
{
	double *sums = malloc(nr_keys * sizeof(*sums)), sum = 0;
	uint32_t *keys = malloc(nr_keys * sizeof(*keys));
	int err = sums && keys ? 0 : -ENOMEM;

	if (!err) {
		shuffle(keys, nr_keys);
		for (uint32_t i = 0; i < nr_keys; i++)
			sums[i] = sum += 1.0 / (i + 1);
		for (uint32_t i = 0; i < LAYOUT_STREAM_LENGTH; i++)
			stream[i] = keys[find_sum(sums, nr_keys, random_fraction(&seed) * sum)];
	}
	free(sums);
	free(keys);
	return err;
}

int stream_fill(uint32_t *stream, enum stream_kind kind, uint32_t nr_keys, uint64_t seed)
{
	if (kind == STREAM_ZIPF)
		return fill_zipf(stream, nr_keys, seed);
	for (uint32_t i = 0; i < LAYOUT_STREAM_LENGTH; i++) {
		if (kind == STREAM_SEQUENTIAL)
			stream[i] = i % nr_keys;
		else if (kind == STREAM_HOT)
			stream[i] = nr_keys / 2;
		else
			stream[i] = random_below(&seed, nr_keys);
	}
	return 0;
}

/* A power of two by tossing coins, then a place within it. */
void stream_fill_data(uint32_t *stream, uint64_t seed)
{
	for (uint32_t i = 0; i < LAYOUT_STREAM_LENGTH; i++) {
		uint64_t coins = next_random(&seed);
		uint32_t power = 9 + (uint32_t)__builtin_ctzll(coins | 1ULL << 20);

		stream[i] = 1U << power | random_below(&seed, 1U << power);
	}
}
