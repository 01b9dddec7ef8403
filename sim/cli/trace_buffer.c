// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "trace_buffer.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096
#define UNTOUCHED 0xee
/* Longer values are written as a checksum, and given as a pattern. */
#define LONGEST_HEX 2048
#define MOST_BYTES (64U << 20)

void trace_buffer_free(struct trace_buffer *buf)
{
	if (buf->map)
		munmap(buf->map, buf->capacity + PAGE);
	memset(buf, 0, sizeof(*buf));
}

static bool grow(struct trace_buffer *buf, size_t len)
{
	size_t capacity = (len + PAGE) / PAGE * PAGE;
	unsigned char *map;

	if (buf->map && len <= buf->capacity)
		return true;
	map = mmap(NULL, capacity + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return false;
	if (mprotect(map, capacity, PROT_READ | PROT_WRITE)) {
		munmap(map, capacity + PAGE);
		return false;
	}
	trace_buffer_free(buf);
	buf->map = map;
	buf->capacity = capacity;
	return true;
}

/* Place len bytes so that they end at the inaccessible page. */
static bool place(struct trace_buffer *buf, size_t len)
{
	if (len > MOST_BYTES || !grow(buf, len))
		return false;
	buf->data = buf->map + buf->capacity - len;
	buf->len = len;
	buf->addr = (uintptr_t)buf->data;
	return true;
}

bool trace_buffer_zero(struct trace_buffer *buf, size_t len)
{
	if (!place(buf, len))
		return false;
	memset(buf->data, 0, len);
	return true;
}

/* "NULL" and "BAD": no bytes, and an address that cannot be used. */
static bool place_bad_pointer(struct trace_buffer *buf, const char *text)
{
	bool is_null = !strcmp(text, "NULL");

	if (!is_null && strcmp(text, "BAD"))
		return false;
	if (!place(buf, 0))
		return false;
	if (is_null)
		buf->addr = 0;
	buf->data = NULL;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool place_hex(struct trace_buffer *buf, const char *text)
{
	size_t len = strlen(text);

	if (len % 2 || !place(buf, len / 2))
		return false;
	for (size_t i = 0; i < buf->len; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		buf->data[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* "tag:T:S:L": L bytes, byte i is T + 31 * (i / S) + i % S. */
static bool place_pattern(struct trace_buffer *buf, const char *text)
{
	uint32_t tag, stride, len;
	int used = 0;

	if (sscanf(text, "tag:%" SCNu32 ":%" SCNu32 ":%" SCNu32 "%n", &tag, &stride, &len, &used) !=
		    3 ||
	    text[used] || !place(buf, len))
		return false;
	if (!stride)
		stride = 8;
	for (uint32_t i = 0; i < len; i++)
		buf->data[i] = (unsigned char)(tag + 31 * (i / stride) + i % stride);
	return true;
}

void trace_buffer_in(struct trace_buffer *buf, struct trace_line *line, const char *key)
{
	const char *text = trace_arg(line, key);
	bool is_good = false;

	if (text && !strcmp(text, "empty"))
		is_good = place(buf, 0);
	else if (text)
		is_good = place_bad_pointer(buf, text) || place_pattern(buf, text) ||
			  (*text && place_hex(buf, text));
	if (!is_good)
		line->bad = key;
}

void trace_buffer_out(struct trace_buffer *buf, struct trace_line *line, const char *key)
{
	const char *text = trace_arg(line, key);

	if (text && place_bad_pointer(buf, text))
		return;

	uint64_t len = trace_u64(line, key);

	if (line->bad)
		return;
	if (len > MOST_BYTES || !place(buf, len)) {
		line->bad = key;
		return;
	}
	memset(buf->data, UNTOUCHED, len);
}

void trace_show_bytes(const unsigned char *bytes, size_t len, FILE *out)
{
	if (len > LONGEST_HEX) {
		uint64_t hash = UINT64_C(1469598103934665603); /* FNV-1a */

		for (size_t i = 0; i < len; i++)
			hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
		fprintf(out, "fnv:%016" PRIx64 ":%zu", hash, len);
		return;
	}
	if (!len)
		return;

	char text[2 * LONGEST_HEX];

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	fwrite(text, 1, 2 * len, out);
}

static bool is_untouched(const struct trace_buffer *buf)
{
	for (size_t i = 0; i < buf->len; i++) {
		if (buf->data[i] != UNTOUCHED)
			return false;
	}
	return true;
}

void trace_buffer_show(const struct trace_buffer *buf, const char *key, FILE *out)
{
	fprintf(out, " %s=", key);
	if (!buf->data || is_untouched(buf))
		fputc('-', out);
	else
		trace_show_bytes(buf->data, buf->len, out);
}
