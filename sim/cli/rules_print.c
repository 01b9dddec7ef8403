// SPDX-License-Identifier: MIT
/*
 * The table of rules: for people, for docs/conformance.md, for programs.
 */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "rules.h"
#include "term.h"

#define CONDITION_INDENT 6
#define RESULT_COLUMN 26

/* The next rule to show from *i on, NULL at the end. */
static const struct rule *next_rule(const struct rules *rules, const struct release *release,
				    uint32_t *i)
{
	while (*i < rules->nr_rules) {
		const struct rule *rule = &rules->rules[(*i)++];

		if (!release || rule_applies(rule, release))
			return rule;
	}
	return NULL;
}

static bool begins_section(const struct rule *rule, const struct rule *previous)
{
	return !previous || strcmp(rule->section, previous->section);
}

static bool begins_condition(const struct rule *rule, const struct rule *previous)
{
	return begins_section(rule, previous) || strcmp(rule->command, previous->command) ||
	       strcmp(rule->condition, previous->condition);
}

static const char *known_text(const struct rule *rule)
{
	return rule->is_read ? "read" : "measured";
}

static void print_condition(const struct rule *rule)
{
	printf("  %s%s%s | ", colours->bold, rule->command, colours->off);
	print_wrapped((unsigned int)strlen(rule->command) + 5, CONDITION_INDENT, rule->condition);
	putchar('\n');
}

void rules_print_table(const struct rules *rules, const struct release *release)
{
	const struct rule *rule, *previous = NULL;

	for (uint32_t i = 0; (rule = next_rule(rules, release, &i)); previous = rule) {
		if (begins_section(rule, previous))
			print_title("%s", rule->section);
		if (begins_condition(rule, previous))
			print_condition(rule);
		printf("    %s%5s-%-5s%s %s%-8s%s  ", colours->cyan, rule->first->name,
		       rule->last ? rule->last->name : "", colours->off, colours->dim,
		       known_text(rule), colours->off);
		print_wrapped(RESULT_COLUMN, RESULT_COLUMN, rule->result);
		putchar('\n');
	}
}

void rules_print_markdown(const struct rules *rules, const struct release *release)
{
	const struct rule *rule, *previous = NULL;

	for (uint32_t i = 0; (rule = next_rule(rules, release, &i)); previous = rule) {
		if (begins_section(rule, previous))
			printf("%s### %s\n\n"
			       "| command | condition | result | first | last | known |\n"
			       "|---|---|---|---|---|---|\n",
			       previous ? "\n" : "", rule->section);
		printf("| %s | %s | %s | %s | %s | %s |\n", rule->command, rule->condition,
		       rule->result, rule->first->name, rule->last ? rule->last->name : "",
		       known_text(rule));
	}
}

void rules_print_json(const struct rules *rules, const struct release *release)
{
	const struct rule *rule;

	json_open(NULL, '[');
	for (uint32_t i = 0; (rule = next_rule(rules, release, &i));) {
		json_open(NULL, '{');
		json_text("section", rule->section);
		json_text("command", rule->command);
		json_text("condition", rule->condition);
		json_text("result", rule->result);
		json_text("first", rule->first->name);
		if (rule->last)
			json_text("last", rule->last->name);
		json_text("known", known_text(rule));
		json_close('}');
	}
	json_close(']');
}
