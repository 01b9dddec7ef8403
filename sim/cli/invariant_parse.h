/* SPDX-License-Identifier: MIT */
/*
 * What the parts that read invariants share.
 */
#ifndef SIM_CLI_INVARIANT_PARSE_H
#define SIM_CLI_INVARIANT_PARSE_H

#include "invariant_node.h"

#define MOST_DEPTH 100
#define MOST_NAME_BYTES 128

/* A text on its way. */
struct parser {
	struct invariant *invariant;
	const struct invariant_scope *scope;
	const char *at;
	uint32_t depth, nr_nodes;
	bool is_refused;
};

void parser_skip_blanks(struct parser *p);

/* Complain, but for the first time only; NULL, for whoever returns it. */
void *parser_refuse(struct parser *p, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Of what stands here in the place of what is wanted. */
void *parser_refuse_word(struct parser *p, const char *wanted);

/* What is read is left behind; false: it does not stand here. */
bool parser_take(struct parser *p, const char *sign);
bool parser_take_name(struct parser *p, char text[MOST_NAME_BYTES]);
bool parser_take_number(struct parser *p, uint64_t *n);

/* Key, indexes, fields and CPU behind the name of a copy. 0, or -1 when refused. */
int parser_take_path(struct parser *p, struct copy *copy);

#endif
