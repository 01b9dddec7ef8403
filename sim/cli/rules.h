/* SPDX-License-Identifier: MIT */
/*
 * Rules: what Linux answers, in words and as operations of the trace language,
 * read from case files. docs/conformance-cases.md has the grammar.
 */
#ifndef SIM_CLI_RULES_H
#define SIM_CLI_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "release.h"

/* "OP key=value ... -> RESULT" */
struct rule_op {
	const char *text;
	uint32_t line;
};

/* A run of operations: indexes into rules.ops. */
struct rule_ops {
	uint32_t first, nr;
};

enum rule_part {
	RULE_SECTION, /* what every rule of the section begins with */
	RULE_WHEN,    /* what every rule of the condition begins with */
	RULE_OWN,
	NR_RULE_PARTS,
};

struct rule {
	const char *file;
	uint32_t line;
	const char *section, *command, *condition, *result;
	const struct release *first, *last; /* last: NULL for no end */
	bool is_read;			    /* the first release is not a measured one */
	uint32_t possible_cpus, online_cpus;
	uint64_t dropped_caps; /* that the caller lacks after the section's operations */
	struct rule_ops ops[NR_RULE_PARTS];
};

/* The rules of all files read. Zeroed before the first. */
struct rules {
	struct rule *rules;
	struct rule_op *ops;
	char **texts; /* of the files, which everything above points into */
	uint32_t nr_rules, nr_ops, nr_texts;
};

/* Read a file of cases. CLI_OK, or CLI_BAD_INPUT after a line on stderr. */
int rules_read(struct rules *rules, const char *path);

/* Read all *.case of a directory, in the order of their names. */
int rules_read_directory(struct rules *rules, const char *path);
void rules_free(struct rules *rules);

bool rule_applies(const struct rule *rule, const struct release *release);

/* The table, of one release or (NULL) of all. */
void rules_print_table(const struct rules *rules, const struct release *release);
void rules_print_markdown(const struct rules *rules, const struct release *release);
void rules_print_json(const struct rules *rules, const struct release *release);

struct oracle;

struct rules_check {
	const struct rules *rules;
	const struct release *release; /* only this one; NULL: every one measured */
	struct oracle *oracle;	       /* the running kernel instead of ours, or NULL */
	bool allows_unprivileged;      /* that kernel lets everybody create maps */
	FILE *out;		       /* where differences go */

	uint32_t nr_rules, nr_checks, nr_differences; /* executed */
	uint32_t nr_left_out;			      /* that this kernel cannot be asked */
};

/*
 * Execute the operations of every rule on fresh machines and compare. CLI_OK,
 * CLI_DIFFERENCES, or CLI_BAD_INPUT after a line on stderr.
 */
int rules_check(struct rules_check *check);

#endif
