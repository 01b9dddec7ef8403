// SPDX-License-Identifier: MIT
/*
 * "pcasim demo": the machine, programs that count on all of its CPUs at once,
 * what the map types look like in memory, and the proof that this is Linux's
 * behaviour: recorded traces replayed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "cli.h"
#include "demo.h"
#include "demo_page.h"
#include "hardware.h"
#include "json.h"
#include "options.h"
#include "output.h"
#include "shipped.h"
#include "timeline.h"

#define MOST_SECONDS 3600

const char demo_usage[] =
	"usage: pcasim demo [OPTION]...\n"
	"\n"
	"Show the machine, count events on every online CPU with a per-CPU and with a\n"
	"shared array, draw the two in memory, and replay recorded traces of Linux.\n"
	"\n"
	"  --seconds S       length of each of the two measurements, above 0 and up to\n"
	"                    3600; default: 1\n"
	"  --traces DIR      where the traces are; default: those pcasim comes with\n"
	"  --kernel RELEASE  the release of Linux to show, such as 6.18\n"
	"  --topology TEXT   an hwloc synthetic description, such as\n"
	"                    \"pack:2 numa:1 core:4 pu:2\"; default: this host\n"
	"  --possible LIST   possible CPUs, such as 0-3 or 0,2-3,7; default: all of the\n"
	"                    topology\n"
	"  --online LIST     online CPUs; default: all possible ones\n" TIMELINE_USAGE
	"                    A few events on each CPU are recorded, beside what is\n"
	"                    measured; \"-\" shows nothing else\n"
	"  --json            machine-readable output\n"
	"  --html FILE       a page with pictures instead of text; - for standard output\n"
	"  -h, --help        this text\n"
	"\n"
	"Exit status: 0 when no update was lost and all traces match, 1 otherwise, 2 for\n"
	"bad input.\n";

struct demo_args {
	struct pca_machine_opts machine;
	const char *traces;
	const char *timeline, *html; /* files to write */
	double seconds;
	bool is_json;
};

struct demo {
	struct demo_args args;
	struct session session;
	struct trace_files traces;
	struct count_result percpu, shared, careless; /* the last one for the page only */
	struct heat heat;
	FILE *out; /* of the page */
	struct replay_summary summary;
	struct timeline_totals timeline;
};

static int parse(struct demo_args *args, int argc, char **argv)
{
	const struct cli_option options[] = {
		kernel_option,
		{ "seconds", OPTION_SECONDS, &args->seconds, 0, MOST_SECONDS },
		{ "traces", OPTION_TEXT, &args->traces, 0, 0 },
		{ "topology", OPTION_TEXT, &args->machine.topology, 0, 0 },
		{ "possible", OPTION_TEXT, &args->machine.possible, 0, 0 },
		{ "online", OPTION_TEXT, &args->machine.online, 0, 0 },
		{ "timeline", OPTION_TEXT, &args->timeline, 0, 0 },
		{ "json", OPTION_FLAG, &args->is_json, 0, 0 },
		{ "html", OPTION_TEXT, &args->html, 0, 0 },
	};

	if (options_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), NULL))
		return -1;
	if (args->is_json && args->html) {
		cli_error("--json and --html exclude each other; give one of them");
		return -1;
	}
	if (args->html && args->timeline && !strcmp(args->timeline, "-")) {
		cli_error("--timeline - shows nothing else; give --timeline a file, or leave out "
			  "--html");
		return -1;
	}
	return 0;
}

/* An error of the simulator itself: programs on a CPU never run together. */
static int check_lost(const struct count_result *result, const char *type)
{
	if (!count_lost(result))
		return CLI_OK;
	cli_error("the %s lost %" PRId64 " of %" PRIu64 " updates", type, count_lost(result),
		  result->events);
	return CLI_DIFFERENCES;
}

static int count_both(struct demo *demo)
{
	double seconds = demo->args.seconds;

	if (count_run(&demo->session, COUNT_PERCPU, seconds, "counting, PERCPU_ARRAY",
		      &demo->percpu))
		return -1;
	if (count_run(&demo->session, COUNT_SHARED, seconds, "counting, ARRAY", &demo->shared)) {
		count_free(&demo->percpu);
		return -1;
	}
	return 0;
}

/* Each part is printed as soon as it is known, so that one sees it happen. */
static int show_as_text(struct demo *demo)
{
	int err;

	hardware_print(&demo->session);
	if (count_both(demo))
		return -1;
	demo_print_counts(&demo->session, &demo->percpu, &demo->shared);
	demo_print_layouts(&demo->session, &demo->percpu, &demo->shared);
	if (demo->args.timeline)
		demo_print_timeline(demo->args.timeline, &demo->timeline);
	err = demo_replay(&demo->traces, &demo->summary);
	if (!err)
		demo_print_replay(&demo->traces, &demo->summary);
	return err;
}

/* JSON comes whole or not at all. */
static int show_as_json(struct demo *demo)
{
	if (count_both(demo))
		return -1;
	if (demo_replay(&demo->traces, &demo->summary))
		return -1;
	json_open(NULL, '{');
	hardware_json(&demo->session);
	demo_counts_json(&demo->session, &demo->percpu, &demo->shared);
	if (demo->args.timeline)
		demo_timeline_json(demo->args.timeline, &demo->timeline);
	demo_replay_json(&demo->traces, &demo->summary);
	json_close('}');
	return 0;
}

static int write_page(struct demo *demo)
{
	const struct demo_page page = {
		.session = &demo->session,
		.percpu = &demo->percpu,
		.shared = &demo->shared,
		.careless = &demo->careless,
		.heat = &demo->heat,
		.traces = &demo->traces,
		.replay = &demo->summary,
	};
	int err = demo_page_write(demo->out, &page);

	if (err)
		cli_error("the page cannot be written: %s", pca_strerror(err));
	return err;
}

static int show_as_page(struct demo *demo)
{
	int err = count_both(demo);

	if (!err)
		err = count_run(&demo->session, COUNT_CARELESS, demo->args.seconds,
				"counting, ARRAY, plain", &demo->careless);
	if (!err)
		err = demo_replay(&demo->traces, &demo->summary);
	if (err || heat_run(&demo->session, &demo->heat))
		return -1;
	err = write_page(demo);
	heat_free(&demo->session, &demo->heat);
	return err;
}

static int show(struct demo *demo)
{
	if (demo->args.html)
		return show_as_page(demo);
	return demo->args.is_json ? show_as_json(demo) : show_as_text(demo);
}

static int run(struct demo *demo)
{
	int err = show(demo);
	int status = CLI_BAD_INPUT;

	if (!err) {
		status = demo->summary.differences ? CLI_DIFFERENCES : CLI_OK;
		status |= check_lost(&demo->percpu, "PERCPU_ARRAY");
		status |= check_lost(&demo->shared, "ARRAY");
	}
	count_free(&demo->percpu);
	count_free(&demo->shared);
	count_free(&demo->careless);
	return status;
}

/* Also the file is opened before anything is measured. */
static int run_to_file(struct demo *demo)
{
	const char *path = demo->args.html;
	int status;

	if (!path)
		return run(demo);
	demo->out = output_open(path);
	if (!demo->out)
		return CLI_BAD_INPUT;
	status = run(demo);
	if (output_close(demo->out, path))
		return CLI_BAD_INPUT;
	return status;
}

int cmd_demo(int argc, char **argv)
{
	struct demo demo = { .args = { .seconds = 1 } };
	char shipped[PATH_MAX];
	int status;

	/* Before the measurement: who mistypes should not wait for the answer. */
	if (parse(&demo.args, argc, argv))
		return CLI_BAD_INPUT;
	if (!demo.args.traces && shipped_find(shipped, "traces"))
		return CLI_BAD_INPUT;
	if (trace_files_find(&demo.traces, demo.args.traces ? demo.args.traces : shipped))
		return CLI_BAD_INPUT;
	if (session_open(&demo.session, &demo.args.machine)) {
		trace_files_free(&demo.traces);
		return CLI_BAD_INPUT;
	}
	/* First, so that a file that cannot be written is told at once. */
	if (demo_timeline(&demo.session, demo.args.timeline, &demo.timeline))
		status = CLI_BAD_INPUT;
	else if (demo.args.timeline && !strcmp(demo.args.timeline, "-"))
		status = CLI_OK;
	else
		status = run_to_file(&demo);
	session_close(&demo.session);
	trace_files_free(&demo.traces);
	return status;
}
