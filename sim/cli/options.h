/* SPDX-License-Identifier: MIT */
/*
 * The options of a sub-command, described once and parsed strictly.
 */
#ifndef SIM_CLI_OPTIONS_H
#define SIM_CLI_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "setup.h"

enum option_kind {
	OPTION_FLAG,	/* bool */
	OPTION_TEXT,	/* const char *; an empty one is refused */
	OPTION_NUMBER,	/* uint64_t, least to most */
	OPTION_SECONDS, /* double, above 0 and up to most */
	OPTION_RELEASE, /* const char *, the name of one that is simulated */
	OPTION_LIST,	/* struct option_list, may be given again and again */
};

/* What was given, in the order of the command line; several options may share a list. */
#define MOST_IN_LIST 64
struct option_list {
	struct {
		const char *option, *text;
	} at[MOST_IN_LIST];
	size_t nr;
};

struct cli_option {
	const char *name; /* without the dashes */
	enum option_kind kind;
	void *value; /* left alone when the option is not given */
	uint64_t least, most;
	char letter; /* its short form, or 0 */
};

/* "--kernel R", behind the command as before it; of commands to which the release matters. */
extern const struct cli_option kernel_option;

/*
 * Parse the arguments of a sub-command. *operands receives the index of the
 * first argument that is no option, argc when there is none; NULL: the
 * sub-command takes options only. Returns 0, or -1 after one line on stderr that
 * says what was got and what is right.
 */
int options_parse(int argc, char **argv, const struct cli_option *options, size_t nr,
		  int *operands);

#endif
