// SPDX-License-Identifier: MIT
/*
 * Shipped files are found from where the tool itself is, so that an installed tree
 * or a build tree may be moved, and one build serves any prefix and DESTDIR.
 */
#define _GNU_SOURCE
#include "shipped.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "setup.h"

/* Without /proc there is no telling: "". */
static void find_own_directory(char dir[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", dir, PATH_MAX - 1);
	char *slash;

	dir[len > 0 ? len : 0] = '\0';
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
}

/* dir/below/name, which must be there; as messages are to show it, without links. */
static bool is_in(char path[PATH_MAX], const char *dir, const char *below, const char *name)
{
	char *joined, *found;

	if (asprintf(&joined, "%s/%s/%s", dir, below, name) < 0)
		return false;
	found = realpath(joined, path);
	free(joined);
	return found != NULL;
}

int shipped_find(char path[PATH_MAX], const char *name)
{
	char dir[PATH_MAX];

	find_own_directory(dir);
	if (*dir && (is_in(path, dir, PCASIM_BIN_TO_DATA, name) ||
		     is_in(path, dir, "share/pcasim", name) /* the build tree */))
		return 0;
	if (is_in(path, PCASIM_DATA_DIR, ".", name))
		return 0;
	cli_error("the %s that pcasim comes with are missing; they belong in %s/%s", name,
		  PCASIM_DATA_DIR, name);
	return -1;
}

#define SOME_HEADER "pcasim/prog/bpf/bpf_helpers.h"

static bool has_headers(char path[PATH_MAX], const char *dir, const char *below)
{
	char header[PATH_MAX];

	return is_in(header, dir, below, SOME_HEADER) && is_in(path, dir, below, ".");
}

int shipped_find_headers(char path[PATH_MAX])
{
	char dir[PATH_MAX];

	find_own_directory(dir);
	if (*dir && (has_headers(path, dir, PCASIM_BIN_TO_INCLUDE) ||
		     has_headers(path, dir, "share/pcasim/include") /* the build tree */))
		return 0;
	if (has_headers(path, PCASIM_INCLUDE_DIR, "."))
		return 0;
	cli_error("the headers for programs are missing; they belong in %s/pcasim, and are in "
		  "Debian's package libpcasim-dev",
		  PCASIM_INCLUDE_DIR);
	return -1;
}

static bool has_both(char flags[PATH_MAX], char archive[PATH_MAX], const char *dir,
		     const char *to_data, const char *to_lib)
{
	return is_in(flags, dir, to_data, "checked.flags") &&
	       is_in(archive, dir, to_lib, "libpcasim_checked.a");
}

int shipped_find_checked(char flags[PATH_MAX], char archive[PATH_MAX])
{
	char dir[PATH_MAX];

	find_own_directory(dir);
	if (*dir && (has_both(flags, archive, dir, PCASIM_BIN_TO_DATA, PCASIM_BIN_TO_LIB) ||
		     has_both(flags, archive, dir, "share/pcasim", ".") /* the build tree */))
		return 0;
	if (has_both(flags, archive, "/", PCASIM_DATA_DIR, PCASIM_LIB_DIR))
		return 0;
	cli_error("what checked programs are made with is missing: %s/checked.flags and "
		  "%s/libpcasim_checked.a, which are in Debian's package libpcasim-dev",
		  PCASIM_DATA_DIR, PCASIM_LIB_DIR);
	return -1;
}
