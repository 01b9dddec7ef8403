/* SPDX-License-Identifier: MIT */
/*
 * What the tool comes with: traces and rules, and what programs are made
 * with: headers, and the flags and the archive of checked ones.
 */
#ifndef SIM_CLI_SHIPPED_H
#define SIM_CLI_SHIPPED_H

#include <limits.h>

/*
 * Where "traces" or "rules" are. 0, or -1 after a line on stderr that says where
 * they should be.
 */
int shipped_find(char path[PATH_MAX], const char *name);

/* The directory that <pcasim/...> is in. 0, or -1 after a line on stderr. */
int shipped_find_headers(char path[PATH_MAX]);

/* The same for what checked programs are compiled and linked with. */
int shipped_find_checked(char flags[PATH_MAX], char archive[PATH_MAX]);

#endif
