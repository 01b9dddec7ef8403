// SPDX-License-Identifier: MIT
/*
 * Reckoning with invariants: 128 bits, in which neither sums of all CPUs nor products of
 * two numbers of 64 bits overflow; what is larger wraps.
 */
#include <stdio.h>
#include <string.h>

#include "invariant_node.h"
#include "term.h"

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 unsigned_wide;

static uint64_t unsigned_number(const unsigned char *at, uint32_t bytes)
{
	uint64_t n = 0;

	memcpy(&n, at, bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	n >>= 64 - 8 * bytes;
#endif
	return n;
}

static wide read_copy(const struct copy *copy, const struct invariant_values *values, uint32_t cpu)
{
	_Alignas(8) unsigned char value[MOST_INVARIANT_BYTES];
	uint64_t n;

	values->read(values->arg, &copy->name, copy->key, cpu, value);
	n = unsigned_number(value + copy->offset, copy->bytes);
	if (!copy->is_signed)
		return n;
	return (int64_t)(n << (64 - 8 * copy->bytes)) >> (64 - 8 * copy->bytes);
}

static wide over_cpus(const struct node *node, const struct invariant_values *values)
{
	wide all = 0;

	for (uint32_t i = 0; i < values->nr_cpus; i++) {
		wide one = read_copy(&node->copy, values, values->cpu_id(values->arg, i));

		if (node->kind == NODE_SUM)
			all += one;
		else if (!i || (node->kind == NODE_MIN ? one < all : one > all))
			all = one;
		if (!node->copy.name.is_percpu)
			break;
	}
	return all;
}

static wide value_of(const struct node *node, const struct invariant_values *values);

static wide of_two(const struct node *node, const struct invariant_values *values)
{
	const wide a = value_of(node->left, values), b = value_of(node->right, values);

	switch (node->kind) {
	case NODE_PLUS:
		return (wide)((unsigned_wide)a + (unsigned_wide)b);
	case NODE_MINUS:
		return (wide)((unsigned_wide)a - (unsigned_wide)b);
	case NODE_TIMES:
		return (wide)((unsigned_wide)a * (unsigned_wide)b);
	case NODE_EQUAL:
		return a == b;
	case NODE_UNEQUAL:
		return a != b;
	case NODE_LESS:
		return a < b;
	case NODE_LESS_OR_EQUAL:
		return a <= b;
	case NODE_MORE:
		return a > b;
	case NODE_MORE_OR_EQUAL:
		return a >= b;
	case NODE_AND:
		return a && b;
	default:
		return a || b;
	}
}

static wide value_of(const struct node *node, const struct invariant_values *values)
{
	switch (node->kind) {
	case NODE_NUMBER:
		return node->number;
	case NODE_COPY:
		return read_copy(&node->copy, values, node->copy.cpu);
	case NODE_SUM:
	case NODE_MIN:
	case NODE_MAX:
		return over_cpus(node, values);
	case NODE_NEGATIVE:
		return (wide)(0 - (unsigned_wide)value_of(node->left, values));
	case NODE_NOT:
		return !value_of(node->left, values);
	default:
		return of_two(node, values);
	}
}

bool invariant_holds(const struct invariant *invariant, const struct invariant_values *values)
{
	return value_of(invariant->top, values) != 0;
}

/* printf() knows no such numbers. */
static void wide_text(wide n, char text[48])
{
	unsigned_wide rest = n < 0 ? 0 - (unsigned_wide)n : (unsigned_wide)n;
	char *at = text + 47;

	*at = '\0';
	do {
		*--at = (char)('0' + (int)(rest % 10));
		rest /= 10;
	} while (rest);
	if (n < 0)
		*--at = '-';
	memmove(text, at, strlen(at) + 1);
}

/* "1 == 2", or one number where nothing is compared. */
static void sides_text(const struct node *node, const struct invariant_values *values,
		       char text[INVARIANT_SIDES_BYTES])
{
	const char *sign = node_sign(node->kind);
	char left[48], right[48];

	wide_text(value_of(sign ? node->left : node, values), left);
	if (!sign) {
		snprintf(text, INVARIANT_SIDES_BYTES, "%s", left);
		return;
	}
	wide_text(value_of(node->right, values), right);
	snprintf(text, INVARIANT_SIDES_BYTES, "%s %s %s", left, sign, right);
}

static bool is_joined(const struct node *node)
{
	return node->kind == NODE_AND || node->kind == NODE_OR || node->kind == NODE_NOT;
}

bool invariant_is_simple(const struct invariant *invariant)
{
	return !is_joined(invariant->top);
}

void invariant_sides(const struct invariant *invariant, const struct invariant_values *values,
		     char text[INVARIANT_SIDES_BYTES])
{
	*text = '\0';
	if (!is_joined(invariant->top))
		sides_text(invariant->top, values, text);
}

/* ---- why not ---- */

struct explanation {
	const struct invariant_values *values;
	void (*fn)(void *arg, const struct invariant_cause *cause);
	void *arg;
};

static bool is_number(const struct node *node)
{
	return node->kind == NODE_NUMBER || (node->kind == NODE_NEGATIVE && is_number(node->left));
}

/* A condition that is as it is not wanted; behind ! it is not wanted to hold. */
static void tell_cause(const struct explanation *e, const struct node *node, bool wanted)
{
	const bool is_comparison = node_sign(node->kind);
	struct invariant_cause cause;
	char sides[INVARIANT_SIDES_BYTES];

	excerpt(cause.text, sizeof(cause.text), node->text, node->len);
	if (is_comparison && !is_number(node->right)) {
		sides_text(node, e->values, sides);
		snprintf(cause.found, sizeof(cause.found), "%s%s", sides,
			 wanted ? "" : ", which should not hold");
	} else {
		wide_text(value_of(is_comparison ? node->left : node, e->values), sides);
		snprintf(cause.found, sizeof(cause.found), "it is %s%s", sides,
			 wanted		 ? ""
			 : is_comparison ? ", which should not hold"
					 : ", not 0");
	}
	e->fn(e->arg, &cause);
}

static void explain(const struct explanation *e, const struct node *node, bool wanted)
{
	if ((value_of(node, e->values) != 0) == wanted)
		return;
	if (node->kind == NODE_NOT) {
		explain(e, node->left, !wanted);
	} else if (is_joined(node)) {
		explain(e, node->left, wanted);
		explain(e, node->right, wanted);
	} else {
		tell_cause(e, node, wanted);
	}
}

void invariant_explain(const struct invariant *invariant, const struct invariant_values *values,
		       void (*fn)(void *arg, const struct invariant_cause *cause), void *arg)
{
	const struct explanation e = { values, fn, arg };

	explain(&e, invariant->top, true);
}
