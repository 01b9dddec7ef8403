// SPDX-License-Identifier: MIT
#include "gen_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LONGEST_HEX 2048 /* bytes; more are written as a pattern */
#define LONGEST_WORDS 256

static bool reserve(struct gen_text *gen, size_t bytes)
{
	size_t capacity = gen->capacity ? gen->capacity : 4096;
	char *text;

	if (gen->len + bytes < gen->capacity)
		return gen->text != NULL;
	while (gen->len + bytes >= capacity)
		capacity *= 2;
	text = realloc(gen->text, capacity);
	if (!text) {
		free(gen->text);
		gen->len = 0;
	}
	gen->text = text;
	gen->capacity = text ? capacity : 0;
	return text != NULL;
}

void gen_begin(struct gen_text *gen, const char *op)
{
	gen->len = 0;
	gen_printf(gen, "%s", op);
}

void gen_printf(struct gen_text *gen, const char *fmt, ...)
{
	va_list ap;

	if (!reserve(gen, LONGEST_WORDS))
		return;
	va_start(ap, fmt);
	gen->len += (size_t)vsnprintf(gen->text + gen->len, LONGEST_WORDS, fmt, ap);
	va_end(ap);
}

void gen_bytes(struct gen_text *gen, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *byte = bytes;

	if (!reserve(gen, 2 * len))
		return;
	for (size_t i = 0; i < len; i++) {
		gen->text[gen->len++] = digits[byte[i] >> 4];
		gen->text[gen->len++] = digits[byte[i] & 15];
	}
	gen->text[gen->len] = '\0';
}

void gen_counting(struct gen_text *gen, const char *key, uint32_t stride, uint32_t len)
{
	unsigned char bytes[LONGEST_HEX];
	uint32_t tag = gen_below(gen, 256);

	gen_printf(gen, " %s=", key);
	if (!len) {
		gen_printf(gen, "empty");
		return;
	}
	if (!stride)
		stride = 8;
	if (len > LONGEST_HEX) {
		gen_printf(gen, "tag:%" PRIu32 ":%" PRIu32 ":%" PRIu32, tag, stride, len);
		return;
	}
	for (uint32_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)(tag + 31 * (i / stride) + i % stride);
	gen_bytes(gen, bytes, len);
}

void gen_bad_pointer(struct gen_text *gen, const char *key)
{
	gen_printf(gen, " %s=%s", key, gen_chance(gen, 50) ? "NULL" : "BAD");
}

uint32_t gen_wrong_len(struct gen_text *gen, uint32_t right)
{
	switch (gen_below(gen, 5)) {
	case 0:
		return right ? right - 1 : 1;
	case 1:
		return right + 1 + gen_below(gen, 16);
	case 2:
		return right > 8 ? right - 8 : 0;
	case 3:
		return gen_below(gen, 10) ? gen_below(gen, right + 1) : 0;
	default:
		return right / 2;
	}
}

void gen_out_len(struct gen_text *gen, const char *key, uint32_t right)
{
	uint32_t chance = gen_below(gen, 100);

	if (chance < 4)
		gen_bad_pointer(gen, key);
	else
		gen_printf(gen, " %s=%" PRIu32, key,
			   chance < 14 ? gen_wrong_len(gen, right) : right);
}
