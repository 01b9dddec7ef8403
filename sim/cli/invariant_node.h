/* SPDX-License-Identifier: MIT */
/*
 * What invariant.c makes of a text and invariant_eval.c reckons with.
 */
#ifndef SIM_CLI_INVARIANT_NODE_H
#define SIM_CLI_INVARIANT_NODE_H

#include "invariant.h"

enum node_kind {
	NODE_NUMBER,
	NODE_COPY, /* of one CPU, or what there is but once */
	NODE_SUM,
	NODE_MIN,
	NODE_MAX,
	NODE_NEGATIVE,
	NODE_NOT,
	NODE_PLUS,
	NODE_MINUS,
	NODE_TIMES,
	NODE_EQUAL,
	NODE_UNEQUAL,
	NODE_LESS,
	NODE_LESS_OR_EQUAL,
	NODE_MORE,
	NODE_MORE_OR_EQUAL,
	NODE_AND,
	NODE_OR,
};

/* A number in values. */
struct copy {
	struct invariant_name name;
	uint64_t key;
	bool has_cpu;
	uint32_t cpu;
	uint32_t offset, bytes; /* of the number in a value */
	bool is_signed;
};

struct node {
	enum node_kind kind;
	uint64_t number;
	struct copy copy;
	struct node *left, *right; /* right: NULL where there is one operand */
	const char *text;	   /* what it was made of, without blanks around it */
	size_t len;
	struct node *made_before; /* all that belong to an invariant */
};

struct invariant {
	char *text;
	struct node *top;
	struct node *nodes;
};

/* The sign that a comparison has, or NULL for all others. */
const char *node_sign(enum node_kind kind);

#endif
