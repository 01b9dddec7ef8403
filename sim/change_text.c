// SPDX-License-Identifier: MIT
#include "change_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WORD_BYTES 8U
#define VALUE_BYTES 64 /* of a word as text: a number, or 7 bytes in hexadecimal */

void lines_begin(struct lines *lines, char *buf, size_t size)
{
	*lines = (struct lines){ buf, size, 0, 0, "", " → " };
	if (size)
		buf[0] = '\0';
}

static size_t room(const struct lines *lines)
{
	return lines->len < lines->size ? lines->size - lines->len : 0;
}

static void append(struct lines *lines, const char *fmt, va_list ap)
{
	size_t left = room(lines);

	lines->len += (size_t)vsnprintf(left ? lines->buf + lines->len : NULL, left, fmt, ap);
}

__attribute__((format(printf, 2, 3))) static void appendf(struct lines *lines, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(lines, fmt, ap);
	va_end(ap);
}

void lines_add(struct lines *lines, const char *fmt, ...)
{
	va_list ap;

	if (++lines->nr > PCA_DIFF_LINES)
		return;
	if (lines->len)
		appendf(lines, "\n");
	va_start(ap, fmt);
	append(lines, fmt, ap);
	va_end(ap);
}

int lines_end(struct lines *lines)
{
	if (lines->nr > PCA_DIFF_LINES)
		appendf(lines, "\n... and %" PRIu64 " more", lines->nr - PCA_DIFF_LINES);
	return (int)lines->len;
}

const char *place_text(char *text, int cpu, uint32_t key)
{
	if (cpu == PCA_NO_CPU)
		snprintf(text, PLACE_BYTES, "key %u", key);
	else
		snprintf(text, PLACE_BYTES, "cpu %d, key %u", cpu, key);
	return text;
}

bool is_number_size(uint32_t bytes)
{
	return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

uint64_t number_at(const void *memory, uint32_t bytes, bool is_signed)
{
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
	} value;

	memcpy(&value, memory, bytes);
	switch (bytes) {
	case 1:
		return is_signed ? (uint64_t)(int8_t)value.u8 : value.u8;
	case 2:
		return is_signed ? (uint64_t)(int16_t)value.u16 : value.u16;
	case 4:
		return is_signed ? (uint64_t)(int32_t)value.u32 : value.u32;
	default:
		return value.u64;
	}
}

const char *number_text(char *text, uint64_t number)
{
	if (number > INT32_MAX)
		snprintf(text, NUMBER_BYTES, "%" PRIu64 " (0x%" PRIx64 ")", number, number);
	else
		snprintf(text, NUMBER_BYTES, "%" PRIu64, number);
	return text;
}

static void word_text(char *text, const unsigned char *bytes, uint32_t nr)
{
	if (is_number_size(nr)) {
		number_text(text, number_at(bytes, nr, false));
		return;
	}
	for (uint32_t i = 0; i < nr; i++)
		text += sprintf(text, "%s%02x", i ? " " : "", bytes[i]);
}

/* The bytes from offset on; a value that is one word needs no offset told. */
static void add_word(struct lines *lines, const char *place, const struct value_pair *pair,
		     uint32_t offset, uint32_t nr)
{
	char bytes[48] = "", first[VALUE_BYTES], second[VALUE_BYTES];

	if (pair->bytes > WORD_BYTES && nr == 1)
		snprintf(bytes, sizeof(bytes), ", byte %u", offset);
	else if (pair->bytes > WORD_BYTES)
		snprintf(bytes, sizeof(bytes), ", bytes %u-%u", offset, offset + nr - 1);
	word_text(first, (const unsigned char *)pair->first + offset, nr);
	word_text(second, (const unsigned char *)pair->second + offset, nr);
	lines_add(lines, "%s%s: %s%s%s%s", place, bytes, lines->prefix, first, lines->infix,
		  second);
}

void lines_add_change(struct lines *lines, int cpu, uint32_t key, const struct value_pair *pair)
{
	char place[PLACE_BYTES];

	place_text(place, cpu, key);
	for (uint32_t offset = 0; offset < pair->bytes; offset += WORD_BYTES) {
		uint32_t left = pair->bytes - offset, nr = left < WORD_BYTES ? left : WORD_BYTES;

		if (memcmp((const char *)pair->first + offset, (const char *)pair->second + offset,
			   nr) != 0)
			add_word(lines, place, pair, offset, nr);
	}
}
