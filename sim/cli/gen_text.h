/* SPDX-License-Identifier: MIT */
/*
 * Random choices, and the text of a generated operation. Choices depend on the
 * seed alone, so that a seed names a trace.
 */
#ifndef SIM_CLI_GEN_TEXT_H
#define SIM_CLI_GEN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gen_text {
	uint64_t state; /* of the random numbers */
	char *text;	/* the operation so far, NUL-terminated; NULL: out of memory */
	size_t len, capacity;
};

/* splitmix64 */
static inline uint64_t gen_random(struct gen_text *gen)
{
	uint64_t z = gen->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 to n - 1; n is not 0. */
static inline uint32_t gen_below(struct gen_text *gen, uint32_t n)
{
	return (uint32_t)((gen_random(gen) >> 32) * n >> 32);
}

static inline bool gen_chance(struct gen_text *gen, uint32_t percent)
{
	return gen_below(gen, 100) < percent;
}

/* One of a table. */
#define gen_pick(gen, table) ((table)[gen_below(gen, sizeof(table) / sizeof((table)[0]))])

/* Begin an operation. */
void gen_begin(struct gen_text *gen, const char *op);
void gen_printf(struct gen_text *gen, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void gen_bytes(struct gen_text *gen, const void *bytes, size_t len);

/*
 * " key=" and a buffer of len bytes that counts up from a random byte, anew every
 * stride bytes; as a pattern when it is long.
 */
void gen_counting(struct gen_text *gen, const char *key, uint32_t stride, uint32_t len);

/* " key=NULL" or " key=BAD" */
void gen_bad_pointer(struct gen_text *gen, const char *key);

/* " key=" and the length of an output buffer of right bytes, sometimes another one. */
void gen_out_len(struct gen_text *gen, const char *key, uint32_t right);

/* A length that is not right. */
uint32_t gen_wrong_len(struct gen_text *gen, uint32_t right);

#endif
