/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 in what is printed: a file's name may hold any bytes.
 */
#ifndef SIM_CLI_UTF8_H
#define SIM_CLI_UTF8_H

/* Bytes of the sequence at p, which ends in NUL; 0 where there is none. */
unsigned int utf8_length(const char *p);

/* How many characters text has; a byte that is none counts as one. */
unsigned int utf8_count(const char *text);

#endif
