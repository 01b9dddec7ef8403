// SPDX-License-Identifier: MIT
/*
 * Executing rules: each on a fresh machine for every release that it is about.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>
#include <pcasim/machine.h>

#include "cli.h"
#include "oracle.h"
#include "rules.h"
#include "setup.h"
#include "trace_result.h"

/* One rule on one release. */
struct execution {
	struct rules_check *check;
	const struct rule *rule;
	const struct release *release;
	struct trace_world *world;
	struct trace_result result;
	char *copy; /* of the operation: it is cut up */
};

/* "EINVAL" and "0" say what err= shows. */
static bool same_token(const struct trace_token *wanted, const struct trace_token *got)
{
	if (!wanted->value)
		return !strcmp(got->key, "err") && got->value && !strcmp(got->value, wanted->key);
	return !strcmp(got->key, wanted->key) && got->value && !strcmp(got->value, wanted->value);
}

/* Is each token that the rule gives in the result? Both texts are cut up. */
static bool matches(char *wanted_text, char *got_text)
{
	struct trace_token wanted[TRACE_MAX_TOKENS], got[TRACE_MAX_TOKENS];
	uint32_t nr_wanted = trace_tokens(wanted_text, wanted, TRACE_MAX_TOKENS);
	uint32_t nr_got = trace_tokens(got_text, got, TRACE_MAX_TOKENS);

	for (uint32_t i = 0; i < nr_wanted; i++) {
		uint32_t j = 0;

		while (j < nr_got && !same_token(&wanted[i], &got[j]))
			j++;
		if (j == nr_got)
			return false;
	}
	return nr_wanted;
}

static void show_difference(const struct execution *execution, const struct rule_op *op,
			    const char *got)
{
	const struct rule *rule = execution->rule;
	const char *arrow = strstr(op->text, " -> ");

	fprintf(execution->check->out, "%s:%u: %s: %.*s\n    rule   %s\n    %-6s %s\n    %s | %s\n",
		rule->file, op->line, execution->release->name, (int)(arrow - op->text), op->text,
		arrow + 4, execution->check->oracle ? "linux" : "pcasim", got, rule->command,
		rule->condition);
}

static int refuse_op(const struct execution *execution, const struct rule_op *op,
		     const struct trace_line *line)
{
	if (line->bad)
		cli_error("%s:%u: \"%s\" is missing or cannot be read", execution->rule->file,
			  op->line, line->bad);
	else
		cli_error("%s:%u: no such operation: %.100s", execution->rule->file, op->line,
			  op->text);
	return CLI_BAD_INPUT;
}

static int run_op(struct execution *execution, const struct rule_op *op)
{
	struct trace_line line = { 0 };
	char *got;
	int status = CLI_OK;

	free(execution->copy);
	if (asprintf(&execution->copy, "%u %s", op->line, op->text) < 0) {
		execution->copy = NULL;
		cli_error("out of memory");
		return CLI_BAD_INPUT;
	}
	if (!trace_line_parse(&line, execution->copy) ||
	    !trace_result_run(&execution->result, execution->world, &line))
		return refuse_op(execution, op, &line);
	got = strdup(execution->result.text);
	if (!got) {
		cli_error("out of memory");
		return CLI_BAD_INPUT;
	}
	if (!matches(line.result, execution->result.text)) {
		show_difference(execution, op, got);
		status = CLI_DIFFERENCES;
	}
	free(got);
	return status;
}

static int make_world(struct execution *execution)
{
	const struct trace_header header = {
		.possible_cpus = execution->rule->possible_cpus,
		.online_cpus = execution->rule->online_cpus,
	};
	struct oracle *oracle = execution->check->oracle;
	struct trace_target *target;
	int err;

	err = oracle ? oracle_target(oracle, &target)
		     : trace_target_simulator(&target, &header, execution->release->name);
	if (!err)
		err = trace_world_create_on(&execution->world, target);
	if (!err)
		return CLI_OK;
	cli_error("a fresh world cannot be made: %s", pca_strerror(err));
	return CLI_BAD_INPUT;
}

static int drop_caps(struct execution *execution)
{
	uint64_t caps = execution->rule->dropped_caps;
	int err = caps ? trace_world_drop_caps(execution->world, caps) : 0;

	if (!err)
		return CLI_OK;
	cli_error("capabilities cannot be dropped: %s", pca_strerror(err));
	return CLI_BAD_INPUT;
}

/* Up to the first difference: what follows would be about something else. */
static int run_rule(struct execution *execution)
{
	const struct rules *rules = execution->check->rules;
	int status = make_world(execution);

	if (status)
		return status;
	for (int part = 0; part < NR_RULE_PARTS && !status; part++) {
		const struct rule_ops *ops = &execution->rule->ops[part];

		for (uint32_t i = 0; i < ops->nr && !status; i++)
			status = run_op(execution, &rules->ops[ops->first + i]);
		if (part == RULE_SECTION && !status)
			status = drop_caps(execution);
	}
	trace_world_destroy(execution->world);
	return status;
}

static int check_on(struct rules_check *check, const struct rule *rule,
		    const struct release *release)
{
	struct execution execution = { .check = check, .rule = rule, .release = release };
	int status;

	if (!trace_result_open(&execution.result)) {
		cli_error("out of memory");
		return CLI_BAD_INPUT;
	}
	status = run_rule(&execution);
	free(execution.copy);
	trace_result_close(&execution.result);
	check->nr_checks++;
	check->nr_differences += status == CLI_DIFFERENCES;
	return status;
}

static bool is_asked_for(const struct rules_check *check, const struct release *release)
{
	return check->release ? release == check->release : release->is_measured;
}

/* Is the kernel such as a rule is about: its CPUs, and what it allows everybody? */
static bool can_ask_kernel(const struct rules_check *check, const struct rule *rule)
{
	const struct trace_header *kernel = &check->oracle->kernel;

	return rule->possible_cpus == kernel->possible_cpus &&
	       rule->online_cpus == kernel->online_cpus &&
	       !(rule->dropped_caps && check->allows_unprivileged);
}

static int check_rule(struct rules_check *check, const struct rule *rule)
{
	uint32_t nr_before = check->nr_checks;
	const char *name;

	for (size_t i = 0; (name = pca_release_name(i)); i++) {
		const struct release *release = release_find(name);

		if (!is_asked_for(check, release) || !rule_applies(rule, release))
			continue;
		if (check->oracle && !can_ask_kernel(check, rule)) {
			check->nr_left_out++;
			continue;
		}
		if (check_on(check, rule, release) == CLI_BAD_INPUT)
			return CLI_BAD_INPUT;
	}
	check->nr_rules += check->nr_checks > nr_before;
	return CLI_OK;
}

int rules_check(struct rules_check *check)
{
	for (uint32_t i = 0; i < check->rules->nr_rules; i++) {
		int status = check_rule(check, &check->rules->rules[i]);

		if (status)
			return status;
	}
	return check->nr_differences ? CLI_DIFFERENCES : CLI_OK;
}
