// SPDX-License-Identifier: MIT
/*
 * "pcasim shell": a machine, and commands for it from a terminal, a script or the
 * command line.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "options.h"
#include "shell.h"
#include "timeline.h"
#include "topo.h"

const char shell_usage[] =
	"usage: pcasim shell [OPTION]... [FILE | -c COMMANDS]\n"
	"\n"
	"Make a machine and give it commands: bpftool's \"map\", \"run\" for programs, \"cpu\",\n"
	"\"task\", \"release\"; \"pcasim shell -c help\" lists them. They come from FILE, from\n"
	"COMMANDS, or from standard input; a terminal gets a prompt, history and TAB.\n"
	"\n"
	"  -c, --command COMMANDS\n"
	"                    what to run, a line for each command\n"
	"  --kernel RELEASE  the release of Linux to show, such as 6.18\n"
	"  --topology TEXT   an hwloc synthetic description, such as\n"
	"                    \"pack:2 numa:1 core:4 pu:2\"; default: this host\n"
	"  --xml FILE        a topology that lstopo or hwloc wrote\n"
	"  --possible LIST   possible CPUs, such as 0-3 or 0,2-3,7; default: all of the\n"
	"                    topology\n"
	"  --online LIST     online CPUs; default: all possible ones\n" TIMELINE_USAGE
	"  -j, --json        machine-readable output, a line for each command\n"
	"  -p, --pretty      JSON laid out for reading\n"
	"  -h, --help        this text\n"
	"\n"
	"A script ends at the first line that fails. Exit status: 0, 1 when a command was\n"
	"refused, 2 for one that is not understood and for other bad input.\n";

struct shell_args {
	struct pca_machine_opts machine;
	const char *commands, *file, *timeline;
	bool is_json, is_pretty;
};

static int check(struct shell_args *args, int argc, char **argv, int operands)
{
	if (args->machine.topology && args->machine.topology_xml) {
		cli_error("--topology and --xml exclude each other; give one of them");
		return -1;
	}
	if (argc - operands > 1) {
		cli_error("unexpected argument \"%s\"; one FILE is taken", argv[operands + 1]);
		return -1;
	}
	args->file = argv[operands]; /* NULL behind the last */
	if (args->file && args->commands) {
		cli_error("-c and FILE exclude each other; give one of them");
		return -1;
	}
	return args->machine.topology_xml ? topo_check_xml(args->machine.topology_xml) : 0;
}

static int parse(struct shell_args *args, int argc, char **argv)
{
	const struct cli_option options[] = {
		{ "command", OPTION_TEXT, &args->commands, 0, 0, 'c' },
		kernel_option,
		{ "topology", OPTION_TEXT, &args->machine.topology, 0, 0 },
		{ "xml", OPTION_TEXT, &args->machine.topology_xml, 0, 0 },
		{ "possible", OPTION_TEXT, &args->machine.possible, 0, 0 },
		{ "online", OPTION_TEXT, &args->machine.online, 0, 0 },
		{ "timeline", OPTION_TEXT, &args->timeline, 0, 0 },
		{ "json", OPTION_FLAG, &args->is_json, 0, 0, 'j' },
		{ "pretty", OPTION_FLAG, &args->is_pretty, 0, 0, 'p' },
	};
	int operands;

	if (options_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), &operands))
		return -1;
	return check(args, argc, argv, operands);
}

/* Where the lines are; NULL: a terminal, or an error that is told. */
static FILE *open_lines(const struct shell_args *args, const char **name)
{
	FILE *file;

	*name = "-c";
	if (args->commands)
		return fmemopen((void *)(uintptr_t)args->commands, strlen(args->commands), "r");
	*name = "stdin";
	if (!args->file || !strcmp(args->file, "-"))
		return stdin;
	*name = args->file;
	file = fopen(args->file, "re");
	if (!file)
		cli_error("%s: %s", args->file, strerror(errno));
	return file;
}

static int run(struct shell *sh, const char *timeline, FILE *lines, const char *name)
{
	int status = CLI_BAD_INPUT;

	if (shell_open(sh))
		return CLI_BAD_INPUT;
	if (!timeline_open(&sh->timeline, &sh->session, timeline)) {
		status =
			sh->is_interactive ? shell_interact(sh) : shell_run_script(sh, name, lines);
		if (timeline_close(sh->timeline))
			status = CLI_BAD_INPUT;
	}
	shell_close(sh);
	return status;
}

int cmd_shell(int argc, char **argv)
{
	struct shell_args args = { 0 };
	struct shell sh = { 0 };
	const char *name;
	FILE *lines;
	int status;

	if (parse(&args, argc, argv))
		return CLI_BAD_INPUT;
	cli_has_hints = true; /* it is where one learns */
	sh.machine = args.machine;
	sh.is_json = args.is_json || args.is_pretty;
	if (sh.is_json && !args.is_pretty)
		json_set_compact();
	lines = open_lines(&args, &name);
	if (!lines)
		return CLI_BAD_INPUT;
	sh.is_interactive = lines == stdin && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	status = run(&sh, args.timeline, lines, name);
	if (lines != stdin)
		fclose(lines);
	return status;
}
