/* SPDX-License-Identifier: MIT */
/*
 * Copies between elements and buffers, word by word: programs may be changing
 * the element, and an aligned 8-byte word must never be seen or left torn.
 * volatile keeps the compiler from merging or splitting the words, and from
 * calling memcpy(), which promises nothing. Callers are RACES_WITH_PROGRAMS.
 */
#ifndef SIM_ELEM_COPY_H
#define SIM_ELEM_COPY_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* A word of a caller's buffer, which may lie anywhere. */
struct unaligned_word {
	uint64_t word;
} __attribute__((packed, may_alias));

/* An element's words are aligned. */
typedef volatile uint64_t __attribute__((may_alias)) elem_word;

PCA_ALWAYS_INLINE void read_words(void *dst, const void *elem, uint32_t nr_words)
{
	const elem_word *from = elem;
	struct unaligned_word *to = dst;

	for (uint32_t i = 0; i < nr_words; i++)
		to[i].word = from[i];
}

PCA_ALWAYS_INLINE void write_words(void *elem, const void *src, uint32_t nr_words)
{
	const struct unaligned_word *from = src;
	elem_word *to = elem;

	for (uint32_t i = 0; i < nr_words; i++)
		to[i] = from[i].word;
}

/* A word of each of two elements, side by side: one store where a register takes both. */
PCA_ALWAYS_INLINE void read_two(void *dst, const void *elem, const void *other)
{
#ifdef __SSE2__
	const __m128i first = _mm_loadl_epi64((const __m128i_u *)elem);
	const __m128d both = _mm_loadh_pd(_mm_castsi128_pd(first), other);

	_mm_storeu_pd(dst, both);
#else
	read_words(dst, elem, 1);
	read_words((char *)dst + 8, other, 1);
#endif
}

/* The same for bytes that need not be whole words. */
PCA_ALWAYS_INLINE void read_value(void *dst, const void *elem, uint32_t size)
{
	uint32_t whole = size & ~7U;

	read_words(dst, elem, size / 8);
	for (uint32_t at = whole; at < size; at++)
		((volatile char *)dst)[at] = ((const volatile char *)elem)[at];
}

PCA_ALWAYS_INLINE void write_value(void *elem, const void *src, uint32_t size)
{
	uint32_t whole = size & ~7U;

	write_words(elem, src, size / 8);
	for (uint32_t at = whole; at < size; at++)
		((volatile char *)elem)[at] = ((const volatile char *)src)[at];
}

#endif
