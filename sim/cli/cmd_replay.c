// SPDX-License-Identifier: MIT
/*
 * pcasim replay: are we what a recorded kernel was?
 */
#define _GNU_SOURCE
#include <inttypes.h>

#include "cli.h"
#include "json.h"
#include "options.h"
#include "replay.h"
#include "setup.h"
#include "term.h"

#define DEFAULT_MAX_DIFFS 20

const char replay_usage[] =
	"usage: pcasim replay [--max-diffs N] [--json] FILE...\n"
	"\n"
	"Execute recorded traces of a real kernel on a machine with the trace's CPUs and\n"
	"release (or that of --kernel), and compare every return value, errno and output\n"
	"byte. A FILE is a trace, or an archive of traces (.tar, .tar.xz, ...).\n"
	"\n"
	"  --kernel RELEASE\n"
	"                 show this release of Linux, not that of the trace\n"
	"  --max-diffs N  print at most N differences; all are counted (default 20)\n"
	"  --json         print the summary as JSON, differences on stderr\n"
	"\n"
	"Exit status: 0 when everything matches, 1 when something differs, 2 for bad\n"
	"input.\n";

struct replay_args {
	uint64_t max_diffs;
	bool json;
	int first_file;
};

static int parse_args(int argc, char **argv, struct replay_args *args)
{
	const struct cli_option options[] = {
		kernel_option,
		{ "max-diffs", OPTION_NUMBER, &args->max_diffs, 0, UINT64_MAX },
		{ "json", OPTION_FLAG, &args->json, 0, 0 },
	};

	if (options_parse(argc, argv, options, sizeof(options) / sizeof(options[0]),
			  &args->first_file))
		return -1;
	if (args->first_file == argc) {
		cli_error("no trace given; name one or more files");
		return -1;
	}
	return 0;
}

/* Which of how many files is being replayed. */
struct position {
	int done, nr;
};

static void show_progress(void *arg, double fraction)
{
	const struct position *at = arg;

	progress_show("replaying", ((double)at->done + fraction) / (double)at->nr);
}

static void print_table(const struct replay_summary *summary)
{
	char compared[COUNT_TEXT], differences[COUNT_TEXT];

	printf("%soperation      compared  differences%s\n", colours->bold, colours->off);
	for (uint32_t i = 0; i < summary->nr_ops; i++) {
		const struct replay_count *count = &summary->ops[i];

		printf("%-10s %12s %s%12s%s\n", count->op, count_text(compared, count->nr),
		       count->differences ? colours->red : "",
		       count_text(differences, count->differences), colours->off);
	}
	printf("\n%s%" PRIu64 " trace%s, %" PRIu64 " operation%s: %" PRIu64 " difference%s%s\n",
	       summary->differences ? colours->red : colours->green, summary->traces,
	       plural_s(summary->traces), summary->operations, plural_s(summary->operations),
	       summary->differences, plural_s(summary->differences), colours->off);
}

static void print_json(const struct replay_summary *summary)
{
	json_open(NULL, '{');
	replay_print_json(summary);
	json_close('}');
}

int cmd_replay(int argc, char **argv)
{
	struct replay_args args = { .max_diffs = DEFAULT_MAX_DIFFS };
	struct replay_summary summary = { 0 };

	if (parse_args(argc, argv, &args))
		return CLI_BAD_INPUT;

	struct position at = { .nr = argc - args.first_file };
	struct replay_opts opts = {
		.out = args.json ? stderr : stdout,
		.max_diffs = args.max_diffs,
		.release = cli_kernel,
		.progress = show_progress,
		.progress_arg = &at,
	};
	int err = 0;

	for (; at.done < at.nr && !err; at.done++)
		err = replay_file(argv[args.first_file + at.done], &opts, &summary);
	progress_clear();
	if (err)
		return err;
	if (args.json)
		print_json(&summary);
	else
		print_table(&summary);
	return summary.differences ? CLI_DIFFERENCES : CLI_OK;
}
