// SPDX-License-Identifier: MIT
/*
 * pcasim, the tool: finds the sub-command and answers for what none of them
 * does - help, the version, output that could not be written.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "output.h"
#include "setup.h"
#include "term.h"

static const struct subcommand subcommands[] = {
	{ "demo", cmd_demo, "count on every CPU, then replay the traces that are shipped",
	  demo_usage },
	{ "topo", cmd_topo, "show a machine and where a map's slabs lie on it", topo_usage },
	{ "footprint", cmd_footprint, "say how much memory a map takes, in Linux and here",
	  footprint_usage },
	{ "replay", cmd_replay, "replay recorded traces of a real kernel and compare results",
	  replay_usage },
	{ "record", cmd_record, "record a trace of the running kernel, or of a machine of ours",
	  record_usage },
	{ "diff", cmd_diff, "run made-up operations here and on the running kernel, and compare",
	  diff_usage },
	{ "releases", cmd_releases, "list the releases of Linux and what changed in which",
	  releases_usage },
	{ "rules", cmd_rules, "the table of what Linux answers when; check that we do too",
	  rules_usage },
	{ "shell", cmd_shell, "type commands, or run a script of them, on a simulated machine",
	  shell_usage },
	{ "bench", cmd_bench, "measure per-CPU layouts on this host, and pcasim beside its kernel",
	  bench_usage },
	{ "model", cmd_model, "count what per-CPU layouts cost the caches of any machine",
	  model_usage },
	{ "cc", cmd_cc, "compile BPF C natively into an object file", cc_usage },
	{ "prog", cmd_prog, "list and run the programs of object files", prog_usage },
	{ "schedule", cmd_schedule, "programs in an order that a seed decides; races, found",
	  schedule_usage },
};

#define NR_SUBCOMMANDS (sizeof(subcommands) / sizeof(subcommands[0]))
#define NAME_COLUMNS 9 /* of the longest */

static void print_usage(FILE *out)
{
	fprintf(out, "usage: pcasim [--kernel RELEASE] COMMAND [ARGUMENT]...\n"
		     "\n"
		     "Simulate BPF_MAP_TYPE_PERCPU_ARRAY in user space.\n"
		     "\n");
	for (size_t i = 0; i < NR_SUBCOMMANDS; i++)
		fprintf(out, "  %-*s %s\n", NAME_COLUMNS, subcommands[i].name,
			subcommands[i].summary);
	fprintf(out, "\n"
		     "\"pcasim COMMAND --help\" tells more; \"pcasim --version\" the version.\n");
}

static const struct subcommand *find_subcommand(const char *name)
{
	for (size_t i = 0; i < NR_SUBCOMMANDS; i++) {
		if (!strcmp(name, subcommands[i].name))
			return &subcommands[i];
	}

	char known[NR_SUBCOMMANDS * (NAME_COLUMNS + sizeof(" and "))] = "";

	for (size_t i = 0; i < NR_SUBCOMMANDS; i++)
		list_name(known, sizeof(known), subcommands[i].name, i + 1 == NR_SUBCOMMANDS);
	cli_error("there is no command \"%s\"; there are %s", name, known);
	return NULL;
}

static bool is_help(const char *arg)
{
	return !strcmp(arg, "--help") || !strcmp(arg, "-h");
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (is_help(argv[i]))
			return true;
	}
	return false;
}

static int print_help(const char *name)
{
	const struct subcommand *subcommand = name ? find_subcommand(name) : NULL;

	if (name && !subcommand)
		return CLI_BAD_INPUT;
	if (name)
		fputs(subcommand->usage, stdout);
	else
		print_usage(stdout);
	return CLI_OK;
}

static int run_subcommand(int argc, char **argv)
{
	const struct subcommand *subcommand = find_subcommand(argv[0]);

	if (!subcommand)
		return CLI_BAD_INPUT;
	if (asks_for_help(argc, argv))
		return print_help(argv[0]);
	cli_set_command(subcommand->name);
	return subcommand->run(argc, argv);
}

/* "--kernel R" or "--kernel=R" before the command: how many words, or -1 after a line on stderr. */
static int take_kernel(int argc, char **argv)
{
	static const char option[] = "--kernel";
	const size_t len = sizeof(option) - 1;

	if (argc < 2 || strncmp(argv[1], option, len))
		return 0;
	if (argv[1][len] == '=')
		return cli_parse_release(argv[1] + len + 1, &cli_kernel) ? -1 : 1;
	if (argv[1][len])
		return 0;
	if (argc > 2)
		return cli_parse_release(argv[2], &cli_kernel) ? -1 : 2;
	cli_error("--kernel needs a release, such as 6.18");
	return -1;
}

static int dispatch(int argc, char **argv)
{
	int nr_taken = take_kernel(argc, argv);

	if (nr_taken < 0)
		return CLI_BAD_INPUT;
	argc -= nr_taken;
	argv += nr_taken;
	if (argc < 2) {
		print_usage(stderr);
		return CLI_BAD_INPUT;
	}
	if (is_help(argv[1]) || !strcmp(argv[1], "help"))
		return print_help(argc > 2 ? argv[2] : NULL);
	if (!strcmp(argv[1], "--version")) {
		puts("pcasim " PCASIM_VERSION);
		return CLI_OK;
	}
	return run_subcommand(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	cli_set_command(NULL);
	term_init();

	int status = dispatch(argc, argv), err;

	err = output_flush();
	if (!err)
		return status;
	cli_error("the output cannot be written: %s", strerror(-err));
	return CLI_BAD_INPUT;
}
