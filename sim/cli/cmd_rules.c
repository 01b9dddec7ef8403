// SPDX-License-Identifier: MIT
/*
 * pcasim rules: what Linux answers, as a table, and whether we do.
 */
#include <stdio.h>

#include "cli.h"
#include "json.h"
#include "options.h"
#include "oracle.h"
#include "rules.h"
#include "setup.h"
#include "shipped.h"
#include "term.h"

const char rules_usage[] =
	"usage: pcasim rules [--json | --markdown] [FILE...]\n"
	"       pcasim rules --check [--on-kernel] [--json] [FILE...]\n"
	"\n"
	"Print the table of rules: a command, a condition, the result, the releases that\n"
	"it holds for, and how that is known. The rules come from files of cases, by\n"
	"default those that are shipped.\n"
	"\n"
	"  --kernel RELEASE\n"
	"               only the rules of this release of Linux, and checks on it alone\n"
	"  --check      execute every rule on a fresh machine for each measured release\n"
	"               that it holds for, and print what differs\n"
	"  --on-kernel  execute the rules of its release on the running kernel instead\n"
	"  --json       print the table, or the summary of --check, as JSON\n"
	"  --markdown   print the table as in docs/conformance.md\n"
	"\n"
	"Exit status: 0 when nothing differs, 1 when something does, 2 for bad input, 77\n"
	"when the running kernel may not be asked.\n";

struct rules_args {
	bool check, on_kernel, json, markdown;
	int first_file;
};

static int parse_args(int argc, char **argv, struct rules_args *args)
{
	const struct cli_option options[] = {
		kernel_option,
		{ "check", OPTION_FLAG, &args->check },
		{ "on-kernel", OPTION_FLAG, &args->on_kernel },
		{ "json", OPTION_FLAG, &args->json },
		{ "markdown", OPTION_FLAG, &args->markdown },
	};

	if (options_parse(argc, argv, options, sizeof(options) / sizeof(options[0]),
			  &args->first_file))
		return CLI_BAD_INPUT;
	if (args->on_kernel && !args->check) {
		cli_error("--on-kernel goes with --check");
		return CLI_BAD_INPUT;
	}
	if (args->on_kernel && cli_kernel) {
		cli_error("--on-kernel is about the running kernel; leave out --kernel %s",
			  cli_kernel);
		return CLI_BAD_INPUT;
	}
	if (args->markdown && (args->json || args->check)) {
		cli_error("--markdown goes with neither --json nor --check");
		return CLI_BAD_INPUT;
	}
	return CLI_OK;
}

static int read_rules(struct rules *rules, char **files)
{
	int status = CLI_OK;

	if (!*files) {
		char path[PATH_MAX];

		return shipped_find(path, "rules") ? CLI_BAD_INPUT
						   : rules_read_directory(rules, path);
	}
	for (; *files && !status; files++)
		status = rules_read(rules, *files);
	return status;
}

static void print_summary(const struct rules_check *check)
{
	char rules[COUNT_TEXT], checks[COUNT_TEXT], differences[COUNT_TEXT];

	if (check->nr_left_out)
		printf("%u rules left out: they are about other CPUs, or another "
		       "kernel.unprivileged_bpf_disabled\n",
		       check->nr_left_out);
	printf("%s%s rule%s, %s check%s: %s difference%s%s\n",
	       check->nr_differences ? colours->red : colours->green,
	       count_text(rules, check->nr_rules), plural_s(check->nr_rules),
	       count_text(checks, check->nr_checks), plural_s(check->nr_checks),
	       count_text(differences, check->nr_differences), plural_s(check->nr_differences),
	       colours->off);
}

static void print_json(const struct rules_check *check)
{
	json_open(NULL, '{');
	if (check->oracle)
		json_text("kernel", check->oracle->kernel.release);
	json_count("rules", check->nr_rules);
	json_count("checks", check->nr_checks);
	if (check->oracle)
		json_count("left_out", check->nr_left_out);
	json_count("differences", check->nr_differences);
	json_close('}');
}

static int run_check(struct rules_check *check, bool json)
{
	int status = rules_check(check);

	if (status == CLI_BAD_INPUT)
		return status;
	if (json)
		print_json(check);
	else
		print_summary(check);
	return status;
}

/* The sysctl kernel.unprivileged_bpf_disabled; without it everybody may. */
static bool allows_unprivileged(void)
{
	FILE *file = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "re");
	int c = file ? fgetc(file) : '0';

	if (file)
		fclose(file);
	return c == '0';
}

static int check_kernel(struct rules_check *check, bool json)
{
	const struct oracle *oracle = check->oracle;
	int status = oracle_open(check->oracle);

	if (status)
		return status;
	check->allows_unprivileged = allows_unprivileged();
	check->release = release_find(oracle->kernel.release);
	if (!check->release || !check->release->is_measured) {
		cli_error("the running kernel is %s; there are rules for measured releases only",
			  oracle->kernel.release);
		return CLI_BAD_INPUT;
	}
	if (!json)
		printf("Linux %s, %u CPUs, %u online\n", oracle->kernel.release,
		       oracle->kernel.possible_cpus, oracle->kernel.online_cpus);
	return run_check(check, json);
}

static int run(const struct rules_args *args, const struct rules *rules)
{
	const struct release *release = cli_kernel ? release_find(cli_kernel) : NULL;
	struct rules_check check = {
		.rules = rules,
		.release = release,
		.out = args->json ? stderr : stdout,
	};
	struct oracle oracle = ORACLE_CLOSED;
	int status;

	if (args->on_kernel) {
		check.oracle = &oracle;
		status = check_kernel(&check, args->json);
		oracle_close(&oracle);
		return status;
	}
	if (args->check)
		return run_check(&check, args->json);
	if (args->json)
		rules_print_json(rules, release);
	else if (args->markdown)
		rules_print_markdown(rules, release);
	else
		rules_print_table(rules, release);
	return CLI_OK;
}

int cmd_rules(int argc, char **argv)
{
	struct rules_args args = { 0 };
	struct rules rules = { 0 };
	int status = parse_args(argc, argv, &args);

	if (!status)
		status = read_rules(&rules, argv + args.first_file);
	if (!status && !rules.nr_rules) {
		cli_error("no rules in %s",
			  argv[args.first_file] ? argv[args.first_file] : "the files of cases");
		status = CLI_BAD_INPUT;
	}
	if (!status)
		status = run(&args, &rules);
	rules_free(&rules);
	return status;
}
