/* SPDX-License-Identifier: MIT */
/*
 * Writing JSON on stdout. key is NULL inside an array and at the top.
 */
#ifndef SIM_CLI_JSON_H
#define SIM_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

void json_open(const char *key, char bracket); /* '{' or '[' */
void json_close(char bracket);		       /* '}' or ']'; a newline after the outermost */
void json_text(const char *key, const char *text);
void json_count(const char *key, uint64_t n);
void json_signed(const char *key, int64_t n);
void json_real(const char *key, double x);
void json_bool(const char *key, bool is_true);

/* Only the text, quoted, wherever it may go. */
void json_put_string(FILE *out, const char *text);

#endif
