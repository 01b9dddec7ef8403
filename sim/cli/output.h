/* SPDX-License-Identifier: MIT */
/*
 * Files that a sub-command writes; "-" is standard output.
 */
#ifndef SIM_CLI_OUTPUT_H
#define SIM_CLI_OUTPUT_H

#include <stdio.h>

/* NULL after a line on stderr. An old file of this name is emptied. */
FILE *output_open(const char *path);

/* Write out what is printed. Why that failed first is kept for main(): -errno, 0 if it did not. */
int output_flush(void);

/* 0, or -1 after a line on stderr: not all could be written. */
int output_close(FILE *out, const char *path);

#endif
