/* SPDX-License-Identifier: MIT */
/*
 * The actors of "pcasim schedule" as its options name them.
 */
#ifndef SIM_CLI_SCHEDULE_SPEC_H
#define SIM_CLI_SCHEDULE_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include <pcasim/schedule.h>

#include "options.h"

#define SPEC_NAME_BYTES 64
#define MOST_WORDS 16	 /* of a value */
#define MOST_COMMANDS 16 /* of a task */

enum command_verb {
	COMMAND_LOOKUP,
	COMMAND_UPDATE,
	COMMAND_CHANGE, /* one CPU's copy, by a lookup and an update of all */
	COMMAND_DELETE,
	COMMAND_TAKE, /* lookup and delete */
	NR_COMMAND_VERBS,
};

enum command_copies { COMMAND_ALL_COPIES, COMMAND_ONE_CPU, COMMAND_SAME };

struct command_spec {
	enum command_verb verb;
	char map[SPEC_NAME_BYTES];
	uint64_t key;
	uint64_t words[MOST_WORDS]; /* of the value */
	uint32_t nr_words;
	enum command_copies copies;
	uint32_t cpu;
};

struct actor_spec {
	const char *text; /* as given */
	bool is_task;

	/* A program that runs: NAME@CPU[:CONTEXT][xN]. */
	char prog[SPEC_NAME_BYTES];
	uint32_t cpu;
	enum pca_context context; /* PCA_NR_CONTEXTS: that of its type */
	uint32_t repeat;

	/* A task: commands, separated by semicolons. */
	struct command_spec commands[MOST_COMMANDS];
	uint32_t nr_commands;
};

/* "lookup", "update", ... */
const char *command_verb_name(enum command_verb verb);

/* Of --run, --interrupt or --command. 0, or -1 after a line on stderr. */
int actor_spec_parse(struct actor_spec *spec, const char *option, const char *text);

/* Of --init. The same. */
int command_spec_parse(struct command_spec *spec, const char *option, const char *text);

#endif
