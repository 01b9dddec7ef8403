/* SPDX-License-Identifier: MIT */
/*
 * Writing JSON, on stdout at first. key is NULL inside an array and at the top.
 */
#ifndef SIM_CLI_JSON_H
#define SIM_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Write there from now on; NULL: on stdout. Between two outermost values. */
void json_set_output(FILE *out);

/* From now on without blanks and new lines, but for one at the end. */
void json_set_compact(void);

/* How many values are complete. */
unsigned int json_nr_values(void);

void json_open(const char *key, char bracket); /* '{' or '[' */
void json_close(char bracket);		       /* '}' or ']'; a newline after the outermost */
void json_text(const char *key, const char *text);
void json_count(const char *key, uint64_t n);
void json_signed(const char *key, int64_t n);
void json_real(const char *key, double x);
void json_bool(const char *key, bool is_true);
void json_null(const char *key);

/* An array of "0x00", on one line. */
void json_bytes(const char *key, const void *bytes, size_t n);

/* Only the text, quoted, wherever it may go. */
void json_put_string(FILE *out, const char *text);

#endif
