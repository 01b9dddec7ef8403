/* SPDX-License-Identifier: MIT */
/*
 * Which keys a program uses, one after the other: made before anything is timed, the
 * same ones for the same seed.
 */
#ifndef BENCH_LAYOUTS_STREAM_H
#define BENCH_LAYOUTS_STREAM_H

#include <stdint.h>

enum stream_kind {
	STREAM_SEQUENTIAL, /* 0, 1, 2, ... and again */
	STREAM_UNIFORM,	   /* each as likely */
	STREAM_ZIPF,	   /* the n-th most frequent 1/n as often as the first */
	STREAM_HOT,	   /* one key only, from the middle */
	NR_STREAM_KINDS,
};

/* "uniform" and so on; NULL past the last. */
const char *stream_name(unsigned int kind);

/*
 * Fill LAYOUT_STREAM_LENGTH keys below nr_keys. Streams of two seeds differ in their
 * order; frequent keys of STREAM_ZIPF are the same, and are scattered over the keys.
 * 0 or -ENOMEM.
 */
int stream_fill(uint32_t *stream, enum stream_kind kind, uint32_t nr_keys, uint64_t seed);

/*
 * The same number of data for LAYOUT_HISTOGRAM: like the ns that something takes, around
 * 2^10 most of the time, with a long tail.
 */
void stream_fill_data(uint32_t *stream, uint64_t seed);

#endif
