// SPDX-License-Identifier: MIT
/*
 * pcasim replay: are we what a recorded kernel was?
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "replay.h"

const char replay_usage[] =
	"usage: pcasim replay [--max-diffs N] [--release R] [--json] FILE...\n"
	"\n"
	"Execute recorded traces of a real kernel on a machine with the trace's CPUs and\n"
	"release, and compare every return value, errno and output byte. A FILE is a\n"
	"trace, or an archive of traces (.tar, .tar.xz, ...).\n"
	"\n"
	"  --max-diffs N  print at most N differences; all are counted (default 20)\n"
	"  --release R    simulate this release instead of the recorded one\n"
	"  --json         print the summary as JSON, differences on stderr\n"
	"\n"
	"Exit status: 0 when everything matches, 1 when something differs, 2 for bad input.\n";

struct replay_args {
	uint64_t max_diffs;
	const char *release;
	bool json;
};

static int refuse(const char *what, const char *got, const char *right)
{
	fprintf(stderr, "pcasim replay: %s%s%s%s\n", what, got ? " \"" : "", got ? got : "", right);
	return CLI_BAD_INPUT;
}

static bool parse_count(const char *text, uint64_t *count)
{
	char *end;

	errno = 0;
	*count = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static int parse_args(int argc, char **argv, struct replay_args *args)
{
	static const struct option options[] = {
		{ "max-diffs", required_argument, NULL, 'd' },
		{ "release", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	int c;

	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (c) {
		case 'd':
			if (!parse_count(optarg, &args->max_diffs))
				return refuse("--max-diffs", optarg,
					      "\": give a count, such as 20");
			break;
		case 'r':
			args->release = optarg;
			break;
		case 'j':
			args->json = true;
			break;
		case ':':
			return refuse("option", argv[optind - 1], "\" needs a value");
		default:
			return refuse("unknown option", argv[optind - 1],
				      "\"; see pcasim replay --help");
		}
	}
	if (optind == argc)
		return refuse("no trace given", NULL, "; name one or more files");
	return CLI_OK;
}

static void print_progress(void *arg, const struct replay_summary *so_far)
{
	(void)arg;
	fprintf(stderr, "\r%" PRIu64 " operations, %" PRIu64 " differences", so_far->operations,
		so_far->differences);
}

static void print_table(const struct replay_summary *summary)
{
	printf("%-10s %12s %12s\n", "operation", "compared", "differences");
	for (uint32_t i = 0; i < summary->nr_ops; i++)
		printf("%-10s %12" PRIu64 " %12" PRIu64 "\n", summary->ops[i].op,
		       summary->ops[i].nr, summary->ops[i].differences);
	printf("\n%" PRIu64 " traces, %" PRIu64 " operations: %" PRIu64 " differences\n",
	       summary->traces, summary->operations, summary->differences);
}

static void print_json(const struct replay_summary *summary)
{
	printf("{\"traces\": %" PRIu64 ", \"operations\": %" PRIu64 ", \"differences\": %" PRIu64
	       ", \"by_operation\": {",
	       summary->traces, summary->operations, summary->differences);
	for (uint32_t i = 0; i < summary->nr_ops; i++)
		printf("%s\"%s\": {\"compared\": %" PRIu64 ", \"differences\": %" PRIu64 "}",
		       i ? ", " : "", summary->ops[i].op, summary->ops[i].nr,
		       summary->ops[i].differences);
	printf("}}\n");
}

int cmd_replay(int argc, char **argv)
{
	struct replay_args args = { .max_diffs = 20 };
	struct replay_summary summary = { 0 };
	int err = parse_args(argc, argv, &args);
	bool shows_progress = isatty(STDERR_FILENO);

	if (err)
		return err;

	struct replay_opts opts = {
		.out = args.json ? stderr : stdout,
		.max_diffs = args.max_diffs,
		.release = args.release,
		.progress = shows_progress ? print_progress : NULL,
	};

	for (int i = optind; i < argc && !err; i++)
		err = replay_file(argv[i], &opts, &summary);
	if (shows_progress)
		fputs("\r\033[K", stderr);
	if (err)
		return err;
	if (args.json)
		print_json(&summary);
	else
		print_table(&summary);
	return summary.differences ? CLI_DIFFERENCES : CLI_OK;
}
