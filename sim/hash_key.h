/* SPDX-License-Identifier: MIT */
/*
 * The hash of a key: Bob Jenkins's lookup3, which he gave to the public domain, with the
 * start values that Linux gives its jhash(). With BPF_F_ZERO_SEED a map then has Linux's
 * order of keys.
 */
#ifndef SIM_HASH_KEY_H
#define SIM_HASH_KEY_H

#include <pcasim/api.h>
#include <string.h>

#define LOOKUP3_START 0xdeadbeefU

struct lookup3 {
	uint32_t a, b, c;
};

static inline uint32_t rotated(uint32_t word, unsigned int bits)
{
	return word << bits | word >> (32 - bits);
}

static inline void lookup3_mix(struct lookup3 *s)
{
	s->a = (s->a - s->c) ^ rotated(s->c, 4);
	s->c += s->b;
	s->b = (s->b - s->a) ^ rotated(s->a, 6);
	s->a += s->c;
	s->c = (s->c - s->b) ^ rotated(s->b, 8);
	s->b += s->a;
	s->a = (s->a - s->c) ^ rotated(s->c, 16);
	s->c += s->b;
	s->b = (s->b - s->a) ^ rotated(s->a, 19);
	s->a += s->c;
	s->c = (s->c - s->b) ^ rotated(s->b, 4);
	s->b += s->a;
}

static inline uint32_t lookup3_end(struct lookup3 *s)
{
	s->c = (s->c ^ s->b) - rotated(s->b, 14);
	s->a = (s->a ^ s->c) - rotated(s->c, 11);
	s->b = (s->b ^ s->a) - rotated(s->a, 25);
	s->c = (s->c ^ s->b) - rotated(s->b, 16);
	s->a = (s->a ^ s->c) - rotated(s->c, 4);
	s->b = (s->b ^ s->a) - rotated(s->a, 14);
	return (s->c ^ s->b) - rotated(s->b, 24);
}

/* Add twelve bytes; those that the key does not have are zero. */
static inline void lookup3_add(struct lookup3 *s, const char *bytes, uint32_t n)
{
	uint32_t words[3] = { 0 };

	memcpy(words, bytes, n);
	s->a += words[0];
	s->b += words[1];
	s->c += words[2];
}

/* size is not 0. */
static inline uint32_t hash_of_key(const char *key, uint32_t size, uint32_t seed)
{
	const uint32_t start = LOOKUP3_START + size + seed;
	struct lookup3 s = { start, start, start };

	for (; size > 12; size -= 12, key += 12) {
		lookup3_add(&s, key, 12);
		lookup3_mix(&s);
	}
	lookup3_add(&s, key, size);
	return lookup3_end(&s);
}

#endif
