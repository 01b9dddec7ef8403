// SPDX-License-Identifier: MIT
/*
 * pcasim, the tool: finds the sub-command and answers for what none of them
 * does - help, the version, output that could not be written.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "release.h"
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
};

#define NR_SUBCOMMANDS (sizeof(subcommands) / sizeof(subcommands[0]))

static void print_usage(FILE *out)
{
	fprintf(out, "usage: pcasim [--kernel RELEASE] COMMAND [ARGUMENT]...\n"
		     "\n"
		     "Simulate BPF_MAP_TYPE_PERCPU_ARRAY in user space.\n"
		     "\n");
	for (size_t i = 0; i < NR_SUBCOMMANDS; i++)
		fprintf(out, "  %-9s %s\n", subcommands[i].name, subcommands[i].summary);
	fprintf(out, "\n"
		     "\"pcasim COMMAND --help\" tells more; \"pcasim --version\" the version.\n");
}

static const struct subcommand *find_subcommand(const char *name)
{
	for (size_t i = 0; i < NR_SUBCOMMANDS; i++) {
		if (!strcmp(name, subcommands[i].name))
			return &subcommands[i];
	}

	char known[128] = "";

	for (size_t i = 0; i < NR_SUBCOMMANDS; i++) {
		if (i)
			strncat(known, i + 1 < NR_SUBCOMMANDS ? ", " : " and ",
				sizeof(known) - strlen(known) - 1);
		strncat(known, subcommands[i].name, sizeof(known) - strlen(known) - 1);
	}
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

/* "--kernel R" before the command: R, or NULL after a line on stderr. */
static const char *parse_kernel(const char *name)
{
	if (name && release_find(name) && *name)
		return name;
	if (name)
		cli_error("--kernel: release \"%s\" is not simulated; \"pcasim releases\" lists "
			  "what is",
			  name);
	else
		cli_error("--kernel needs a release, such as 6.18");
	return NULL;
}

static int dispatch(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--kernel")) {
		cli_kernel = parse_kernel(argc > 2 ? argv[2] : NULL);
		if (!cli_kernel)
			return CLI_BAD_INPUT;
		argc -= 2;
		argv += 2;
	}
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

	int status = dispatch(argc, argv);

	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		cli_error("the output cannot be written: %s", strerror(errno ? errno : EIO));
		return CLI_BAD_INPUT;
	}
	return status;
}
