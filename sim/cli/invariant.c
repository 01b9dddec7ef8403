// SPDX-License-Identifier: MIT
/*
 * Reading invariants, by recursive descent.
 */
#define _GNU_SOURCE
#include "invariant.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invariant_parse.h"
#include "setup.h"
#include "term.h"

#define MOST_NODES 1000 /* eval recurses into them */
#define MOST_QUOTED 300 /* bytes of a text in a complaint */
#define MOST_WORD 60

/* ---- words ---- */

void parser_skip_blanks(struct parser *p)
{
	while (isspace((unsigned char)*p->at))
		p->at++;
}

void *parser_refuse(struct parser *p, const char *at, const char *fmt, ...)
{
	char why[512], text[MOST_QUOTED];
	va_list ap;

	if (p->is_refused)
		return NULL;
	p->is_refused = true;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	excerpt(text, sizeof(text), p->invariant->text, strlen(p->invariant->text));
	cli_error("--invariant \"%s\", column %zu: %s", text, (size_t)(at - p->invariant->text) + 1,
		  why);
	return NULL;
}

void *parser_refuse_word(struct parser *p, const char *wanted)
{
	char word[MOST_WORD];
	size_t len = 0;

	parser_skip_blanks(p);
	while (isalnum((unsigned char)p->at[len]) || p->at[len] == '_')
		len++;
	if (!*p->at)
		return parser_refuse(p, p->at, "%s is missing", wanted);
	return parser_refuse(p, p->at, "\"%s\" stands where %s belongs",
			     excerpt(word, sizeof(word), p->at, len ? len : 1), wanted);
}

bool parser_take(struct parser *p, const char *sign)
{
	size_t len = strlen(sign);

	parser_skip_blanks(p);
	if (strncmp(p->at, sign, len) != 0)
		return false;
	p->at += len;
	return true;
}

bool parser_take_name(struct parser *p, char text[MOST_NAME_BYTES])
{
	size_t len = 0;

	parser_skip_blanks(p);
	if (isdigit((unsigned char)*p->at))
		return false;
	while (isalnum((unsigned char)p->at[len]) || p->at[len] == '_')
		len++;
	if (!len || len >= MOST_NAME_BYTES)
		return false;
	memcpy(text, p->at, len);
	text[len] = '\0';
	p->at += len;
	return true;
}

bool parser_take_number(struct parser *p, uint64_t *n)
{
	bool is_hex;
	char *end;

	parser_skip_blanks(p);
	if (!isdigit((unsigned char)*p->at))
		return false;
	is_hex = p->at[0] == '0' && p->at[1] == 'x' && isxdigit((unsigned char)p->at[2]);
	errno = 0;
	*n = strtoull(p->at, &end, is_hex ? 16 : 10);
	if (errno || isalnum((unsigned char)*end) || *end == '_')
		return false;
	p->at = end;
	return true;
}

/* ---- nodes ---- */

static struct node *make(struct parser *p, enum node_kind kind, struct node *left,
			 struct node *right)
{
	struct node *node;

	if (p->nr_nodes++ == MOST_NODES)
		return parser_refuse(p, p->at, "more than %d operands and signs", MOST_NODES);
	node = calloc(1, sizeof(*node));
	if (!node)
		return parser_refuse(p, p->at, "out of memory");
	node->kind = kind;
	node->left = left;
	node->right = right;
	node->made_before = p->invariant->nodes;
	p->invariant->nodes = node;
	return node;
}

/* All that was read from at on; what stands in parentheses has its text already. */
static struct node *read_from(const struct parser *p, const char *at, struct node *node)
{
	if (!node || node->text)
		return node;
	node->text = at + strspn(at, " \t\n\v\f\r");
	node->len = (size_t)(p->at - node->text);
	while (isspace((unsigned char)node->text[node->len - 1]))
		node->len--;
	return node;
}

/* ---- copies ---- */

/* With a number behind it, as what has a name that was taken: "lookup.2". */
static bool take_full_name(struct parser *p, char text[MOST_NAME_BYTES])
{
	const char *at = p->at;
	size_t len, more;

	if (!parser_take_name(p, text))
		return false;
	if (p->at[0] != '.' || !isdigit((unsigned char)p->at[1]))
		return true;
	len = strlen(text);
	more = 1 + strspn(p->at + 1, "0123456789");
	if (len + more >= MOST_NAME_BYTES) {
		p->at = at;
		return false;
	}
	memcpy(text + len, p->at, more);
	text[len + more] = '\0';
	p->at += more;
	return true;
}

static struct node *parse_copy(struct parser *p, enum node_kind kind)
{
	struct node *node = make(p, kind, NULL, NULL);
	char name[MOST_NAME_BYTES], known[400] = "", word[MOST_WORD];
	const char *at;

	parser_skip_blanks(p);
	at = p->at;
	if (!node || !take_full_name(p, name))
		return parser_refuse_word(p, "a number, a map, a command or a variable");
	if (!p->scope->find(p->scope->arg, name, &node->copy.name)) {
		p->scope->list(p->scope->arg, known, sizeof(known));
		return parser_refuse(p, at,
				     "there is no map, command or variable \"%s\"; there are %s",
				     excerpt(word, sizeof(word), name, strlen(name)), known);
	}
	if (parser_take_path(p, &node->copy))
		return NULL;
	if (kind == NODE_COPY && node->copy.name.is_percpu && !node->copy.has_cpu)
		return parser_refuse(p, at,
				     "each CPU has a copy of this: choose one by @CPU, or take "
				     "sum(), min() or max() of all");
	if (kind != NODE_COPY && node->copy.has_cpu)
		return parser_refuse(p, at,
				     "one CPU's copy stands where all are added or compared: "
				     "leave out @CPU");
	return node;
}

/* ---- expressions ---- */

static struct node *parse_or(struct parser *p);

/* "sum(", but not "sum" or "summit": these are names. */
static bool take_function(struct parser *p, enum node_kind *kind)
{
	static const struct {
		const char *name;
		enum node_kind kind;
	} functions[] = { { "sum", NODE_SUM }, { "min", NODE_MIN }, { "max", NODE_MAX } };
	const char *at = p->at;
	char name[MOST_NAME_BYTES];

	if (parser_take_name(p, name) && parser_take(p, "(")) {
		for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
			*kind = functions[i].kind;
			if (!strcmp(name, functions[i].name))
				return true;
		}
	}
	p->at = at;
	return false;
}

static struct node *closed(struct parser *p, struct node *node)
{
	if (node && !parser_take(p, ")"))
		return parser_refuse_word(p, "\")\"");
	return node;
}

static struct node *parse_number(struct parser *p)
{
	struct node *node = make(p, NODE_NUMBER, NULL, NULL);

	if (node && !parser_take_number(p, &node->number))
		return parser_refuse_word(p, "a number of at most 64 bits");
	return node;
}

static struct node *parse_operand(struct parser *p)
{
	enum node_kind kind;

	parser_skip_blanks(p);
	if (isdigit((unsigned char)*p->at))
		return parse_number(p);
	if (parser_take(p, "("))
		return closed(p, parse_or(p));
	if (take_function(p, &kind))
		return closed(p, parse_copy(p, kind));
	return parse_copy(p, NODE_COPY);
}

static struct node *parse_unary(struct parser *p)
{
	enum node_kind kind = NODE_NUMBER;
	const char *at = p->at;
	struct node *node;

	if (p->depth >= MOST_DEPTH)
		return parser_refuse(p, p->at, "more than %d things in each other", MOST_DEPTH);
	p->depth++;
	parser_skip_blanks(p);
	if (*p->at == '-')
		kind = NODE_NEGATIVE;
	else if (*p->at == '!' && p->at[1] != '=')
		kind = NODE_NOT;
	if (kind == NODE_NUMBER) {
		node = parse_operand(p);
	} else {
		p->at++;
		node = parse_unary(p);
		node = node ? make(p, kind, node, NULL) : NULL;
	}
	p->depth--;
	return read_from(p, at, node);
}

struct operation {
	const char *sign;
	enum node_kind kind;
};

/* The operation of a level that stands here; none for the last, which has no sign. */
static const struct operation *take_operation(struct parser *p, const struct operation *operation)
{
	while (operation->sign && !parser_take(p, operation->sign))
		operation++;
	return operation;
}

static struct node *parse_chain(struct parser *p, const struct operation *operations,
				struct node *(*parse)(struct parser *p))
{
	const struct operation *operation;
	const char *at = p->at;
	struct node *node = parse(p), *right;

	while (node && (operation = take_operation(p, operations))->sign) {
		right = parse(p);
		node = right ? read_from(p, at, make(p, operation->kind, node, right)) : NULL;
	}
	return node;
}

static struct node *parse_product(struct parser *p)
{
	static const struct operation times[] = { { "*", NODE_TIMES }, { NULL, 0 } };

	return parse_chain(p, times, parse_unary);
}

static struct node *parse_sum(struct parser *p)
{
	static const struct operation sums[] = { { "+", NODE_PLUS },
						 { "-", NODE_MINUS },
						 { NULL, 0 } };

	return parse_chain(p, sums, parse_product);
}

/* Longer signs first. */
static const struct operation comparisons[] = {
	{ "==", NODE_EQUAL },
	{ "!=", NODE_UNEQUAL },
	{ "<=", NODE_LESS_OR_EQUAL },
	{ ">=", NODE_MORE_OR_EQUAL },
	{ "<", NODE_LESS },
	{ ">", NODE_MORE },
	{ NULL, 0 },
};

const char *node_sign(enum node_kind kind)
{
	const struct operation *operation = comparisons;

	while (operation->sign && operation->kind != kind)
		operation++;
	return operation->sign;
}

static struct node *parse_comparison(struct parser *p)
{
	const char *begin = p->at, *end;
	struct node *left = parse_sum(p), *right;
	const struct operation *operation;

	if (!left || !(operation = take_operation(p, comparisons))->sign)
		return left;
	right = parse_sum(p);
	end = p->at;
	if (right && take_operation(p, comparisons)->sign)
		return parser_refuse(p, end, "compare two things at a time, joined by &&");
	return right ? read_from(p, begin, make(p, operation->kind, left, right)) : NULL;
}

static struct node *parse_and(struct parser *p)
{
	static const struct operation ands[] = { { "&&", NODE_AND }, { NULL, 0 } };

	return parse_chain(p, ands, parse_comparison);
}

static struct node *parse_or(struct parser *p)
{
	static const struct operation ors[] = { { "||", NODE_OR }, { NULL, 0 } };

	return parse_chain(p, ors, parse_and);
}

struct invariant *invariant_parse(const char *text, const struct invariant_scope *scope)
{
	struct parser p = { .invariant = calloc(1, sizeof(*p.invariant)), .scope = scope };

	if (!p.invariant || !(p.invariant->text = strdup(text))) {
		free(p.invariant);
		cli_error("out of memory");
		return NULL;
	}
	p.at = p.invariant->text;
	p.invariant->top = parse_or(&p);
	parser_skip_blanks(&p);
	if (p.invariant->top && !*p.at)
		return p.invariant;
	parser_refuse_word(&p, "an operator or the end");
	invariant_free(p.invariant);
	return NULL;
}

void invariant_free(struct invariant *invariant)
{
	if (!invariant)
		return;
	while (invariant->nodes) {
		struct node *before = invariant->nodes->made_before;

		free(invariant->nodes);
		invariant->nodes = before;
	}
	free(invariant->text);
	free(invariant);
}

const char *invariant_text(const struct invariant *invariant)
{
	return invariant->text;
}
