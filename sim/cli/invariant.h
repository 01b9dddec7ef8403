/* SPDX-License-Identifier: MIT */
/*
 * Invariants of "pcasim schedule": comparisons of what maps, variables and the last lookups
 * of commands hold, such as "sum(counts[0].packets) == 2 && torn == 0".
 *
 *	or	and { "||" and }
 *	and	comparison { "&&" comparison }
 *	comparison	sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum ]
 *	sum	product { ( "+" | "-" ) product }
 *	product	unary { "*" unary }
 *	unary	( "-" | "!" ) unary | NUMBER | "(" or ")" | copy
 *		| ( "sum" | "min" | "max" ) "(" copies ")"
 *	copy	NAME [ "." NUMBER ] { "[" NUMBER "]" | "." FIELD | "@" CPU }
 *
 * A map's name has its key behind it; a number belongs to the name, as in "lookup.2".
 * Numbers have 128 bits.
 */
#ifndef SIM_CLI_INVARIANT_H
#define SIM_CLI_INVARIANT_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum invariant_kind {
	NAME_MAP,      /* name[key] */
	NAME_TASK,     /* what a task's last lookup has read */
	NAME_VARIABLE, /* of the object */
};

/* What a name stands for. */
struct invariant_name {
	enum invariant_kind kind;
	uint32_t index;	    /* for whoever reads it */
	const char *text;   /* the name */
	bool is_percpu;	    /* there is a copy for each CPU */
	uint32_t key_bytes; /* of maps */
	uint32_t nr_keys;   /* of arrays, whose keys are below; else 0 */
	uint32_t bytes;	    /* of a value */
	const struct btf *btf;
	uint32_t type_id; /* of a value; 0: not known */
};

/* Where names and CPUs come from. */
struct invariant_scope {
	const void *arg;
	bool (*find)(const void *arg, const char *name, struct invariant_name *found);
	void (*list)(const void *arg, char *text, size_t size); /* "a, b and c" */
	bool (*has_cpu)(const void *arg, uint32_t cpu);
};

/* Where values come from: reads one copy, or zeros where there is no such element. */
struct invariant_values {
	void *arg;
	uint32_t nr_cpus;
	uint32_t (*cpu_id)(void *arg, uint32_t ordinal);
	void (*read)(void *arg, const struct invariant_name *name, uint64_t key, uint32_t cpu,
		     void *dst);
};

#define MOST_INVARIANT_BYTES 32768 /* of a value that is read */

struct invariant;

/* NULL after a line on stderr, which says where in the text it is wrong. */
struct invariant *invariant_parse(const char *text, const struct invariant_scope *scope);
void invariant_free(struct invariant *invariant);

const char *invariant_text(const struct invariant *invariant);

bool invariant_holds(const struct invariant *invariant, const struct invariant_values *values);

/* Both sides of a comparison as numbers, "1 == 2"; of a number its value; else "". */
#define INVARIANT_SIDES_BYTES 100
void invariant_sides(const struct invariant *invariant, const struct invariant_values *values,
		     char text[INVARIANT_SIDES_BYTES]);

/* A condition of those that &&, || and ! join, and what there is. */
struct invariant_cause {
	char text[300];				/* "counts[0]@1 == 100"; with "..." if longer */
	char found[INVARIANT_SIDES_BYTES + 32]; /* "it is 1" */
};

/*
 * Why an invariant does not hold: tells fn(arg, ...), in their order, the conditions that
 * would have to be otherwise, or some of them where || joins them. Nothing if it holds.
 */
void invariant_explain(const struct invariant *invariant, const struct invariant_values *values,
		       void (*fn)(void *arg, const struct invariant_cause *cause), void *arg);

/* Is it one condition, which needs no &&, || or !? */
bool invariant_is_simple(const struct invariant *invariant);

#endif
