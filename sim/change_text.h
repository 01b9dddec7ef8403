/* SPDX-License-Identifier: MIT */
/*
 * The words in which differing elements are told: "cpu 3, key 17: 4 → 5", and with
 * other words "cpu 3, key 17: got 4, expected 5".
 */
#ifndef SIM_CHANGE_TEXT_H
#define SIM_CHANGE_TEXT_H

#include <pcasim/snapshot.h>

/* Lines in a caller's buffer, as snprintf() would write them: len counts what is cut, too. */
struct lines {
	char *buf;
	size_t size, len;
	uint64_t nr; /* of which PCA_DIFF_LINES are written */
	const char *prefix, *infix;
};

/* Two values of bytes bytes that may differ. */
struct value_pair {
	const void *first, *second;
	uint32_t bytes;
};

/* The values of a pair are told as PREFIX first INFIX second; "" and " → " at first. */
void lines_begin(struct lines *lines, char *buf, size_t size);

/* Tell what was not written, and return the length of the text. */
int lines_end(struct lines *lines);

void lines_add(struct lines *lines, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A line for the element, or for each of its words that differ. */
void lines_add_change(struct lines *lines, int cpu, uint32_t key, const struct value_pair *pair);

/* "cpu 3, key 17", or "key 17" of PCA_NO_CPU. */
#define PLACE_BYTES 48
const char *place_text(char *text, int cpu, uint32_t key);

/* A number of 1, 2, 4 or 8 bytes in memory; is_signed: with its sign extended. */
uint64_t number_at(const void *memory, uint32_t bytes, bool is_signed);
bool is_number_size(uint32_t bytes);

/* "5", and of a number above 2^31 - 1 "4294967295 (0xffffffff)". */
#define NUMBER_BYTES 48
const char *number_text(char *text, uint64_t number);

#endif
