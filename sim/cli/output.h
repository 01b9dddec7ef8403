/* SPDX-License-Identifier: MIT */
/*
 * Files that a sub-command writes; "-" is standard output.
 */
#ifndef SIM_CLI_OUTPUT_H
#define SIM_CLI_OUTPUT_H

#include <stdio.h>

/* NULL after a line on stderr. An old file of this name is emptied. */
FILE *output_open(const char *path);

/* 0, or -1 after a line on stderr: not all could be written. */
int output_close(FILE *out, const char *path);

#endif
