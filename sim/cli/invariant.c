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

#include <pcasim/machine.h>

#include "invariant_node.h"
#include "setup.h"

#define MOST_DEPTH 100
#define MOST_NAME_BYTES 128

struct parser {
	struct invariant *invariant;
	const struct invariant_scope *scope;
	const char *at;
	uint32_t depth;
	bool is_refused;
};

/* ---- words ---- */

static void skip_blanks(struct parser *p)
{
	while (isspace((unsigned char)*p->at))
		p->at++;
}

__attribute__((format(printf, 3, 4))) static void *refuse(struct parser *p, const char *at,
							  const char *fmt, ...)
{
	char why[512];
	va_list ap;

	if (p->is_refused)
		return NULL;
	p->is_refused = true;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	cli_error("--invariant \"%s\", column %zu: %s", p->invariant->text,
		  (size_t)(at - p->invariant->text) + 1, why);
	return NULL;
}

/* What stands there, for people. */
static void *refuse_word(struct parser *p, const char *wanted)
{
	size_t len = 0;

	skip_blanks(p);
	while (isalnum((unsigned char)p->at[len]) || p->at[len] == '_')
		len++;
	if (!*p->at)
		return refuse(p, p->at, "%s is missing", wanted);
	return refuse(p, p->at, "\"%.*s\" stands where %s belongs", len ? (int)len : 1, p->at,
		      wanted);
}

static bool take(struct parser *p, const char *sign)
{
	size_t len = strlen(sign);

	skip_blanks(p);
	if (strncmp(p->at, sign, len) != 0)
		return false;
	p->at += len;
	return true;
}

/* A name in text, or false when none stands there. */
static bool take_name(struct parser *p, char text[MOST_NAME_BYTES])
{
	size_t len = 0;

	skip_blanks(p);
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

static bool take_number(struct parser *p, uint64_t *n)
{
	bool is_hex;
	char *end;

	skip_blanks(p);
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
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		return refuse(p, p->at, "out of memory");
	node->kind = kind;
	node->left = left;
	node->right = right;
	node->made_before = p->invariant->nodes;
	p->invariant->nodes = node;
	return node;
}

/* ---- values ---- */

static const struct btf_type *real_type(const struct btf *btf, uint32_t *type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, *type_id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type))) {
		*type_id = type->type;
		type = btf__type_by_id(btf, *type_id);
	}
	return type;
}

/* A value on the way into it. */
struct path {
	struct copy *copy;
	uint32_t type_id;
};

static const struct btf_type *type_at(struct path *path)
{
	return path->type_id ? real_type(path->copy->name.btf, &path->type_id) : NULL;
}

/* Also in structs and unions without a name, which lie in the one that is looked at. */
static bool find_member(const struct btf *btf, const struct btf_type *type, const char *name,
			uint32_t bit, uint32_t *found_bit, uint32_t *found_id, uint32_t depth)
{
	for (uint16_t i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *member_name = btf__name_by_offset(btf, member->name_off);
		uint32_t at = bit + btf_member_bit_offset(type, i), id = member->type;
		const struct btf_type *inner = real_type(btf, &id);

		if (member_name && !strcmp(member_name, name)) {
			*found_id = btf_member_bitfield_size(type, i) ? 0 : id;
			*found_bit = at;
			return true;
		}
		if (member_name && !*member_name && inner && btf_is_composite(inner) &&
		    depth < MOST_DEPTH &&
		    find_member(btf, inner, name, at, found_bit, found_id, depth + 1))
			return true;
	}
	return false;
}

static int take_field(struct parser *p, struct path *path)
{
	const struct btf_type *type = type_at(path);
	const char *at = p->at;
	char name[MOST_NAME_BYTES];
	uint32_t bit, id;

	if (!take_name(p, name)) {
		refuse_word(p, "the name of a field");
		return -1;
	}
	if (!type || !btf_is_composite(type)) {
		refuse(p, at, "%s has no fields%s", path->copy->name.text,
		       path->type_id ? "" : ": the object has no type for it");
		return -1;
	}
	if (!find_member(path->copy->name.btf, type, name, 0, &bit, &id, 0)) {
		refuse(p, at, "there is no field \"%s\"", name);
		return -1;
	}
	if (!id || bit % 8) {
		refuse(p, at, "\"%s\" is a bit field, which invariants do not read", name);
		return -1;
	}
	path->copy->offset += bit / 8;
	path->type_id = id;
	return 0;
}

static int take_index(struct parser *p, struct path *path)
{
	const struct btf_type *type = type_at(path);
	const char *at = p->at;
	int64_t bytes;
	uint64_t n;

	if (!type || !btf_is_array(type)) {
		refuse(p, at, "%s is no array here", path->copy->name.text);
		return -1;
	}
	if (!take_number(p, &n) || n >= btf_array(type)->nelems) {
		p->at = at;
		refuse(p, at, "the array has elements 0 to %u", btf_array(type)->nelems - 1);
		return -1;
	}
	path->type_id = btf_array(type)->type;
	bytes = btf__resolve_size(path->copy->name.btf, path->type_id);
	if (bytes < 0 || n * (uint64_t)bytes > UINT32_MAX / 2) {
		refuse(p, at, "the size of its elements is not known");
		return -1;
	}
	path->copy->offset += (uint32_t)(n * (uint64_t)bytes);
	return take(p, "]") ? 0 : (refuse_word(p, "\"]\""), -1);
}

static int take_cpu(struct parser *p, struct copy *copy)
{
	const char *at = p->at;
	uint64_t n;

	if (!take_number(p, &n)) {
		refuse_word(p, "the number of a CPU");
		return -1;
	}
	if (!copy->name.is_percpu || copy->has_cpu) {
		refuse(p, at,
		       copy->has_cpu ? "%s has a CPU already" : "all CPUs share %s: leave out @CPU",
		       copy->name.text);
		return -1;
	}
	if (n > PCA_MAX_CPU_ID || !p->scope->has_cpu(p->scope->arg, (uint32_t)n)) {
		refuse(p, at, "CPU %llu is not possible on this machine", (unsigned long long)n);
		return -1;
	}
	copy->has_cpu = true;
	copy->cpu = (uint32_t)n;
	return 0;
}

static int take_key(struct parser *p, struct copy *copy)
{
	const uint32_t bytes = copy->name.key_bytes;
	const char *at;

	if (!take(p, "[")) {
		refuse(p, p->at, "%s is a map: its key is missing, as in %s[0]", copy->name.text,
		       copy->name.text);
		return -1;
	}
	at = p->at;
	if (!take_number(p, &copy->key)) {
		refuse_word(p, "a key, which is a number,");
		return -1;
	}
	if (bytes > 8 || (bytes < 8 && copy->key >> (8 * bytes))) {
		refuse(p, at, "the keys of %s have %u bytes", copy->name.text, bytes);
		return -1;
	}
	return take(p, "]") ? 0 : (refuse_word(p, "\"]\""), -1);
}

/* The number at the path's end. */
static int end_path(struct parser *p, const char *at, struct path *path)
{
	struct copy *copy = path->copy;
	const struct btf_type *type = type_at(path);
	int64_t bytes = copy->name.bytes;

	if (type)
		bytes = btf__resolve_size(copy->name.btf, path->type_id);
	if (type && btf_is_composite(type)) {
		refuse(p, at, "%s is a struct here: name a field, as in %s.%s", copy->name.text,
		       copy->name.kind == NAME_MAP ? "map[0]" : copy->name.text,
		       btf_vlen(type)
			       ? btf__name_by_offset(copy->name.btf, btf_members(type)->name_off)
			       : "field");
		return -1;
	}
	if (type ? !btf_is_int(type) && !btf_is_any_enum(type) && !btf_is_ptr(type) : bytes > 8) {
		refuse(p, at, "%s is no number here: it has %lld bytes%s", copy->name.text,
		       (long long)bytes, type ? "" : " and no type");
		return -1;
	}
	if (bytes < 1 || bytes > 8 || copy->offset + (uint64_t)bytes > copy->name.bytes ||
	    copy->name.bytes > MOST_INVARIANT_BYTES) {
		refuse(p, at, "%s has no number of at most 8 bytes here", copy->name.text);
		return -1;
	}
	copy->bytes = (uint32_t)bytes;
	copy->is_signed = type && btf_is_int(type) && (btf_int_encoding(type) & BTF_INT_SIGNED);
	return 0;
}

static int take_path(struct parser *p, struct copy *copy)
{
	struct path path = { copy, copy->name.type_id };
	const char *at = p->at;
	int err = copy->name.kind == NAME_MAP ? take_key(p, copy) : 0;

	while (!err) {
		if (take(p, "."))
			err = take_field(p, &path);
		else if (take(p, "["))
			err = take_index(p, &path);
		else if (take(p, "@"))
			err = take_cpu(p, copy);
		else
			return end_path(p, at, &path);
	}
	return err;
}

/* is_one: of all copies one has to be chosen. */
static struct node *parse_copy(struct parser *p, enum node_kind kind)
{
	struct node *node = make(p, kind, NULL, NULL);
	char name[MOST_NAME_BYTES], known[512] = "";
	const char *at;

	skip_blanks(p);
	at = p->at;
	if (!node || !take_name(p, name))
		return refuse_word(p, "a number, a map, a command or a variable");
	if (!p->scope->find(p->scope->arg, name, &node->copy.name)) {
		p->scope->list(p->scope->arg, known, sizeof(known));
		return refuse(p, at, "there is no map, command or variable \"%s\"; there are %s",
			      name, known);
	}
	if (take_path(p, &node->copy))
		return NULL;
	if (kind == NODE_COPY && node->copy.name.is_percpu && !node->copy.has_cpu)
		return refuse(p, at,
			      "each CPU has a copy of this: choose one by @CPU, or take "
			      "sum(), min() or max() of all");
	if (kind != NODE_COPY && node->copy.has_cpu)
		return refuse(p, at,
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

	if (take_name(p, name) && take(p, "(")) {
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
	if (node && !take(p, ")"))
		return refuse_word(p, "\")\"");
	return node;
}

static struct node *parse_number(struct parser *p)
{
	struct node *node = make(p, NODE_NUMBER, NULL, NULL);

	if (node && !take_number(p, &node->number))
		return refuse_word(p, "a number of at most 64 bits");
	return node;
}

static struct node *parse_operand(struct parser *p)
{
	enum node_kind kind;

	skip_blanks(p);
	if (isdigit((unsigned char)*p->at))
		return parse_number(p);
	if (take(p, "("))
		return closed(p, parse_or(p));
	if (take_function(p, &kind))
		return closed(p, parse_copy(p, kind));
	return parse_copy(p, NODE_COPY);
}

static struct node *parse_unary(struct parser *p)
{
	enum node_kind kind = NODE_NUMBER;
	struct node *node;

	if (p->depth >= MOST_DEPTH)
		return refuse(p, p->at, "more than %d things in each other", MOST_DEPTH);
	p->depth++;
	skip_blanks(p);
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
	return node;
}

struct operation {
	const char *sign;
	enum node_kind kind;
};

/* The operation of a level that stands here; none for the last, which has no sign. */
static const struct operation *take_operation(struct parser *p, const struct operation *operation)
{
	while (operation->sign && !take(p, operation->sign))
		operation++;
	return operation;
}

static struct node *parse_chain(struct parser *p, const struct operation *operations,
				struct node *(*parse)(struct parser *p))
{
	struct node *node = parse(p), *right;
	const struct operation *operation;

	while (node && (operation = take_operation(p, operations))->sign) {
		right = parse(p);
		node = right ? make(p, operation->kind, node, right) : NULL;
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
	struct node *left = parse_sum(p), *right;
	const struct operation *operation;
	const char *at;

	if (!left || !(operation = take_operation(p, comparisons))->sign)
		return left;
	right = parse_sum(p);
	at = p->at;
	if (right && take_operation(p, comparisons)->sign)
		return refuse(p, at, "compare two things at a time, joined by &&");
	return right ? make(p, operation->kind, left, right) : NULL;
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
	skip_blanks(&p);
	if (p.invariant->top && !*p.at)
		return p.invariant;
	refuse_word(&p, "an operator or the end");
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
