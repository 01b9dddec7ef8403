// SPDX-License-Identifier: MIT
/*
 * Reading what --run, --interrupt, --command and --init are given.
 */
#define _GNU_SOURCE
#include "schedule_spec.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/machine.h>

#include "setup.h"
#include "term.h"

#define MOST_QUOTED 300 /* bytes of a text in a complaint */
#define MOST_WORD 60

/* A text on its way, and what it was the value of. */
struct reading {
	const char *option, *text, *at;
};

static int refuse(const struct reading *r, const char *wanted)
{
	char text[MOST_QUOTED], word[MOST_WORD];
	size_t len = strcspn(r->at, " ;");

	excerpt(text, sizeof(text), r->text, strlen(r->text));
	excerpt(word, sizeof(word), r->at, len || !*r->at ? len : 1);
	if (!*r->at)
		cli_error("--%s \"%s\": %s is missing at its end", r->option, text, wanted);
	else
		cli_error("--%s \"%s\": \"%s\" stands where %s belongs", r->option, text, word,
			  wanted);
	return -1;
}

static int refuse_more(const struct reading *r, const char *what, int most)
{
	char text[MOST_QUOTED];

	cli_error("--%s \"%s\": more than %d %s", r->option,
		  excerpt(text, sizeof(text), r->text, strlen(r->text)), most, what);
	return -1;
}

/* Decimal: in "@0x2" the x is for how often. */
static int read_count(struct reading *r, const char *wanted, uint64_t most, uint64_t *n)
{
	char *end;

	errno = 0;
	*n = isdigit((unsigned char)*r->at) ? strtoull(r->at, &end, 10) : UINT64_MAX;
	if (errno || *n > most)
		return refuse(r, wanted);
	r->at = end;
	return 0;
}

static int read_number(struct reading *r, const char *wanted, uint64_t *n)
{
	bool is_hex = !strncmp(r->at, "0x", 2) && isxdigit((unsigned char)r->at[2]);
	char *end;

	errno = 0;
	if (!isdigit((unsigned char)*r->at))
		return refuse(r, wanted);
	*n = strtoull(r->at, &end, is_hex ? 16 : 10);
	if (errno)
		return refuse(r, wanted);
	r->at = end;
	return 0;
}

static int read_cpu(struct reading *r, uint32_t *cpu)
{
	uint64_t n;

	if (read_count(r, "the number of a CPU", PCA_MAX_CPU_ID, &n))
		return -1;
	*cpu = (uint32_t)n;
	return 0;
}

static int read_name(struct reading *r, const char *wanted, char *name)
{
	size_t len = 0;

	while (isalnum((unsigned char)r->at[len]) || r->at[len] == '_' || r->at[len] == '.')
		len++;
	if (!len || len >= SPEC_NAME_BYTES)
		return refuse(r, wanted);
	memcpy(name, r->at, len);
	name[len] = '\0';
	r->at += len;
	return 0;
}

/* ---- programs ---- */

static int read_context(struct reading *r, enum pca_context *context)
{
	for (int i = PCA_CONTEXT_SOFTIRQ; i < PCA_NR_CONTEXTS; i++) {
		const char *name = pca_context_name((enum pca_context)i);
		size_t len = strlen(name);

		if (!strncmp(r->at, name, len)) {
			*context = (enum pca_context)i;
			r->at += len;
			return 0;
		}
	}
	return refuse(r, "softirq, hardirq or nmi");
}

static int read_repeat(struct reading *r, uint32_t *repeat)
{
	const char *wanted = "how often it runs, from 1 to 4294967295,";
	const char *at = r->at + 1;
	uint64_t n = 1;

	if (*r->at == 'x') {
		r->at++;
		if (read_count(r, wanted, UINT32_MAX, &n))
			return -1;
	}
	if (!n) {
		r->at = at;
		return refuse(r, wanted);
	}
	*repeat = (uint32_t)n;
	return *r->at ? refuse(r, "xN or the end") : 0;
}

static int read_run(struct reading *r, struct actor_spec *spec, bool is_interrupt)
{
	spec->context = PCA_NR_CONTEXTS;
	if (read_name(r, "the name of a program", spec->prog))
		return -1;
	if (*r->at != '@')
		return refuse(r, "@CPU");
	r->at++;
	if (read_cpu(r, &spec->cpu))
		return -1;
	if (is_interrupt) {
		spec->context = PCA_CONTEXT_HARDIRQ;
		if (*r->at == ':') {
			r->at++;
			if (read_context(r, &spec->context))
				return -1;
		}
	}
	return read_repeat(r, &spec->repeat);
}

/* ---- commands ---- */

static const struct verb {
	const char *name;
	bool has_value;
} verbs[NR_COMMAND_VERBS] = {
	[COMMAND_LOOKUP] = { "lookup", false }, [COMMAND_UPDATE] = { "update", true },
	[COMMAND_CHANGE] = { "change", true },	[COMMAND_DELETE] = { "delete", false },
	[COMMAND_TAKE] = { "take", false },
};

const char *command_verb_name(enum command_verb verb)
{
	return verbs[verb].name;
}

static void skip_blanks(struct reading *r)
{
	r->at += strspn(r->at, " \t");
}

static bool take_word(struct reading *r, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(r->at, word, len) != 0 || isalnum((unsigned char)r->at[len]) ||
	    r->at[len] == '_')
		return false;
	r->at += len;
	skip_blanks(r);
	return true;
}

static int read_verb(struct reading *r, struct command_spec *spec)
{
	for (int i = 0; i < NR_COMMAND_VERBS; i++) {
		if (take_word(r, verbs[i].name)) {
			spec->verb = (enum command_verb)i;
			return 0;
		}
	}
	return refuse(r, "lookup, update, change, delete or take");
}

static int read_value(struct reading *r, struct command_spec *spec)
{
	for (;;) {
		if (spec->nr_words == MOST_WORDS)
			return refuse_more(r, "words in a value", MOST_WORDS);
		if (read_number(r, "a number of the value", &spec->words[spec->nr_words]))
			return -1;
		spec->nr_words++;
		if (*r->at != ',')
			break;
		r->at++;
	}
	skip_blanks(r);
	return 0;
}

static int read_copies(struct reading *r, struct command_spec *spec)
{
	if (take_word(r, "cpu")) {
		spec->copies = COMMAND_ONE_CPU;
		if (read_cpu(r, &spec->cpu))
			return -1;
		skip_blanks(r);
		return 0;
	}
	if (spec->verb == COMMAND_CHANGE)
		return refuse(r, "\"cpu N\"");
	if (spec->verb == COMMAND_UPDATE && take_word(r, "all"))
		spec->copies = COMMAND_SAME;
	return 0;
}

static int read_command(struct reading *r, struct command_spec *spec)
{
	skip_blanks(r);
	if (read_verb(r, spec) || read_name(r, "the name of a map", spec->map))
		return -1;
	skip_blanks(r);
	if (read_number(r, "a key, which is a number", &spec->key))
		return -1;
	skip_blanks(r);
	if (verbs[spec->verb].has_value && read_value(r, spec))
		return -1;
	return read_copies(r, spec);
}

static int read_task(struct reading *r, struct actor_spec *spec)
{
	spec->is_task = true;
	while (spec->nr_commands < MOST_COMMANDS) {
		if (read_command(r, &spec->commands[spec->nr_commands++]))
			return -1;
		if (!*r->at)
			return 0;
		if (*r->at != ';')
			return refuse(r, "\";\" or the end");
		r->at++;
	}
	return refuse_more(r, "commands", MOST_COMMANDS);
}

int actor_spec_parse(struct actor_spec *spec, const char *option, const char *text)
{
	struct reading r = { option, text, text };

	*spec = (struct actor_spec){ .text = text };
	if (!strcmp(option, "command"))
		return read_task(&r, spec);
	return read_run(&r, spec, !strcmp(option, "interrupt"));
}

int command_spec_parse(struct command_spec *spec, const char *option, const char *text)
{
	struct reading r = { option, text, text };

	*spec = (struct command_spec){ 0 };
	if (read_command(&r, spec))
		return -1;
	return *r.at ? refuse(&r, "the end") : 0;
}
