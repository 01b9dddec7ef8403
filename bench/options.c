// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "rows.h"

static const char help[] =
	"Usage: hotpath [--runs N] [--json FILE] [--csv FILE]\n"
	"\n"
	"Measures pcasim's hot paths beside a limit and beside this host's kernel, and\n"
	"checks the ratios against bars. Comparisons with the kernel need the right to\n"
	"use bpf(2): root, or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN.\n"
	"\n"
	"      --runs N     measure the whole matrix N times (1 to 99, usually 5);\n"
	"                   a row's quietest run decides\n"
	"      --json FILE  write the results there, as JSON\n"
	"      --csv FILE   write every sample there: row,note,against,run,side,ns\n"
	"  -h, --help       print this and exit\n"
	"\n"
	"Exit status: 0 all bars hold, 1 a bar failed, 2 bad options or no measurement.\n";

enum { OPTION_RUNS = 256, OPTION_JSON, OPTION_CSV };

static const struct option long_options[] = {
	{ "runs", required_argument, NULL, OPTION_RUNS },
	{ "json", required_argument, NULL, OPTION_JSON },
	{ "csv", required_argument, NULL, OPTION_CSV },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* Leave with this exit code. */
static int leave(int status)
{
	return status + 1;
}

static int parse_runs(const char *text, int *nr_runs)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 1 || n > MOST_RUNS) {
		fprintf(stderr, "hotpath: --runs %s: expected a number from 1 to %d\n", text,
			MOST_RUNS);
		return leave(2);
	}
	*nr_runs = (int)n;
	return 0;
}

/* What getopt did not know, in one line. */
static int refuse(int option, char **argv)
{
	const char *arg = argv[optind - 1];

	if (option == ':')
		fprintf(stderr, "hotpath: %s needs a value; see hotpath --help\n", arg);
	else
		fprintf(stderr, "hotpath: unknown option %s; see hotpath --help\n", arg);
	return leave(2);
}

int options_parse(struct options *options, int argc, char **argv)
{
	int option, status = 0;

	*options = (struct options){ .nr_runs = 5 };
	while (!status && (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		switch (option) {
		case OPTION_RUNS:
			status = parse_runs(optarg, &options->nr_runs);
			break;
		case OPTION_JSON:
			options->json = optarg;
			break;
		case OPTION_CSV:
			options->csv = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return leave(0);
		default:
			return refuse(option, argv);
		}
	}
	if (!status && optind < argc) {
		fprintf(stderr, "hotpath: unexpected argument %s; see hotpath --help\n",
			argv[optind]);
		return leave(2);
	}
	return status;
}
