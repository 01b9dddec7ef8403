// SPDX-License-Identifier: MIT
/*
 * "pcasim bench": layouts of per-CPU values measured against each other on this host,
 * and pcasim against this host's kernel.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "cli.h"
#include "json.h"
#include "options.h"
#include "output.h"
#include "setup.h"
#include "term.h"

const char bench_usage[] =
	"usage: pcasim bench [NAME...] [OPTION]...\n"
	"\n"
	"Measure layouts of per-CPU values against each other on this host, and pcasim\n"
	"against this host's kernel where bpf(2) is permitted. All that is compared is\n"
	"sampled in turn, on pinned threads; a sample in which a thread lost its CPU is\n"
	"dropped. NAMEs choose what is measured, all by default; --list tells them.\n"
	"\n"
	"  --list          list names, layouts and streams of keys\n"
	"  --preset NAME   quick, the default: 20 seconds; or full: many shapes, minutes\n"
	"  --layout LIST   layouts, such as slab,packed,linux; the first is what others\n"
	"                  are set against; all by default; linux is this host's kernel\n"
	"  --keys N        keys, 1 to 65536\n"
	"  --value-size N  bytes in a value, 4 to 4096\n"
	"  --threads N     threads, each on a host CPU of its own\n"
	"  --stream NAME   which keys: sequential, uniform, zipf or hot\n"
	"  --work N        multiplications between two accesses, 0 by default\n"
	"  --json FILE     all figures and samples as JSON; - for standard output, then\n"
	"                  there is no text\n"
	"  --csv FILE      all samples as CSV\n"
	"  --html FILE     a page with tables and charts beside the text; measures more\n"
	"                  numbers of keys and threads for them, 15 seconds on two CPUs\n"
	"  -h, --help      this text\n"
	"\n"
	"What --layout to --work say replaces the preset's; they are for count, histogram\n"
	"(but not --stream), update and read_sum.\n"
	"\n"
	"Exit status: 0; 2 for bad input; 77 if this host can measure nothing of it.\n";

const struct bench_name_text bench_names[NR_BENCH_NAMES] = {
	[BENCH_COUNT] = { "count", "layouts: programs count in the values of keys" },
	[BENCH_HISTOGRAM] = { "histogram", "layouts: programs count latencies by powers of two" },
	[BENCH_UPDATE] = { "update", "layouts: programs write whole values" },
	[BENCH_READ_SUM] = { "read_sum", "layouts: one sums over 64 CPUs, the others count" },
	[BENCH_PROGRAM] = { "program", "lookup + increment, beside the limit and Linux's JIT" },
	[BENCH_COMMANDS] = { "commands", "lookup, update, batches, on 2 to 4096 CPUs" },
	[BENCH_CREATION] = { "creation", "creating maps, on 2 to 4096 CPUs" },
	[BENCH_DISPATCH] = { "dispatch", "ways to run a program: inline, TEST_RUN, workers" },
};

#define LINUX_NAME "linux"

/* A contest's share of time, without creating and warming up. */
#define QUICK_NS 600000000ULL
#define FULL_NS 1500000000ULL

/* --- arguments --------------------------------------------------------------------------- */

static int want(struct bench_args *args, const char *name)
{
	char known[256] = "";

	for (int i = 0; i < NR_BENCH_NAMES; i++) {
		if (!strcmp(bench_names[i].name, name)) {
			args->wants[i] = true;
			return 0;
		}
		if (i)
			strcat(known, i + 1 < NR_BENCH_NAMES ? ", " : " and ");
		strcat(known, bench_names[i].name);
	}
	cli_error("there is no \"%s\" to measure; there are %s", name, known);
	return -1;
}

static int refuse_layout(const char *name)
{
	char known[256] = "";

	for (size_t i = 0; layout_at(i); i++) {
		if (i)
			strcat(known, layout_at(i + 1) ? ", " : " and ");
		strcat(known, layout_at(i)->name);
	}
	cli_error("--layout: there is no layout \"%s\"; there are %s, and " LINUX_NAME, name,
		  known);
	return -1;
}

/* No layout of ours, but it stands beside them. */
static int add_linux(struct bench_args *args)
{
	if (args->has_linux) {
		cli_error("--layout has \"" LINUX_NAME "\" twice; once is enough");
		return -1;
	}
	args->has_linux = true;
	return 0;
}

static int add_layout(struct bench_args *args, const char *name)
{
	const struct layout *layout = layout_find(name);

	if (!strcmp(name, LINUX_NAME))
		return add_linux(args);
	if (!layout)
		return refuse_layout(name);
	for (size_t i = 0; i < args->nr_layouts; i++) {
		if (args->layouts[i] != layout)
			continue;
		cli_error("--layout has \"%s\" twice; once is enough", name);
		return -1;
	}
	args->layouts[args->nr_layouts++] = layout;
	return 0;
}

/* A list with commas; NULL for all. */
static int parse_layouts(struct bench_args *args, const char *list)
{
	args->has_linux = !list;
	for (size_t i = 0; !list && layout_at(i); i++)
		args->layouts[args->nr_layouts++] = layout_at(i);
	while (list) {
		char name[64];
		size_t length = strcspn(list, ",");

		snprintf(name, sizeof(name), "%.*s", (int)(length < 63 ? length : 63), list);
		if (add_layout(args, name))
			return -1;
		list = list[length] ? list + length + 1 : NULL;
	}
	if (args->nr_layouts)
		return 0;
	cli_error("--layout has no layout to set " LINUX_NAME " against; slab," LINUX_NAME " does");
	return -1;
}

static int parse_stream(struct bench_args *args, const char *name)
{
	args->stream = NR_STREAM_KINDS;
	if (!name)
		return 0;
	for (unsigned int i = 0; stream_name(i); i++) {
		if (!strcmp(stream_name(i), name))
			args->stream = i;
	}
	if (args->stream != NR_STREAM_KINDS)
		return 0;
	cli_error("--stream is \"%s\"; it must be sequential, uniform, zipf or hot", name);
	return -1;
}

static int parse_preset(struct bench_args *args, const char *name)
{
	args->is_full = !strcmp(name, "full");
	if (args->is_full || !strcmp(name, "quick"))
		return 0;
	cli_error("--preset is \"%s\"; it must be quick or full", name);
	return -1;
}

static bool wants_layouts(const struct bench_args *args)
{
	return args->wants[BENCH_COUNT] || args->wants[BENCH_HISTOGRAM] ||
	       args->wants[BENCH_UPDATE] || args->wants[BENCH_READ_SUM];
}

static int check_files(const struct bench_args *args)
{
	const struct {
		const char *option, *path;
	} files[] = { { "json", args->json }, { "csv", args->csv }, { "html", args->html } };

	for (size_t i = 0; i < 3; i++) {
		for (size_t j = i + 1; j < 3; j++) {
			if (!files[i].path || !files[j].path ||
			    strcmp(files[i].path, files[j].path))
				continue;
			cli_error("--%s and --%s are both \"%s\"; give two files", files[i].option,
				  files[j].option, files[i].path);
			return -1;
		}
	}
	return 0;
}

/* No option that changes nothing. */
static int check_use(const struct bench_args *args, const char *layouts)
{
	const char *unused = layouts		 ? "layout"
			     : args->nr_keys	 ? "keys"
			     : args->value_bytes ? "value-size"
			     : args->nr_threads	 ? "threads"
			     : args->work	 ? "work"
						 : NULL;
	bool has_stream = args->wants[BENCH_COUNT] || args->wants[BENCH_UPDATE] ||
			  args->wants[BENCH_READ_SUM];

	if (unused && !wants_layouts(args)) {
		cli_error("--%s is for count, histogram, update and read_sum; name one of them",
			  unused);
		return -1;
	}
	if (args->stream != NR_STREAM_KINDS && !has_stream) {
		cli_error("--stream is for count, update and read_sum; name one of them");
		return -1;
	}
	return check_files(args);
}

static int parse(struct bench_args *args, bool *is_list, int argc, char **argv)
{
	const char *layouts = NULL, *stream = NULL, *preset = "quick";
	const struct cli_option options[] = {
		{ "list", OPTION_FLAG, is_list, 0, 0 },
		{ "preset", OPTION_TEXT, &preset, 0, 0 },
		{ "layout", OPTION_TEXT, &layouts, 0, 0 },
		{ "keys", OPTION_NUMBER, &args->nr_keys, 1, BENCH_MOST_KEYS },
		{ "value-size", OPTION_NUMBER, &args->value_bytes, 4, BENCH_MOST_VALUE_BYTES },
		{ "threads", OPTION_NUMBER, &args->nr_threads, 1, BENCH_MOST_CPUS },
		{ "stream", OPTION_TEXT, &stream, 0, 0 },
		{ "work", OPTION_NUMBER, &args->work, 0, 100000 },
		{ "json", OPTION_TEXT, &args->json, 0, 0 },
		{ "csv", OPTION_TEXT, &args->csv, 0, 0 },
		{ "html", OPTION_TEXT, &args->html, 0, 0 },
	};
	int operand;

	if (options_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), &operand))
		return -1;
	if (cli_kernel) {
		cli_error("what is measured does not depend on the release; leave out --kernel %s",
			  cli_kernel);
		return -1;
	}
	for (int i = operand; i < argc; i++) {
		if (want(args, argv[i]))
			return -1;
	}
	for (int i = 0; operand == argc && i < NR_BENCH_NAMES; i++)
		args->wants[i] = true;
	if (parse_preset(args, preset) || parse_layouts(args, layouts) ||
	    parse_stream(args, stream))
		return -1;
	return check_use(args, layouts);
}

/* --- contests ---------------------------------------------------------------------------- */

static bool is_stdout(const char *path)
{
	return path && !strcmp(path, "-");
}

static bool shows_text(const struct bench *bench)
{
	const struct bench_args *args = bench->args;

	return !is_stdout(args->json) && !is_stdout(args->csv) && !is_stdout(args->html);
}

static void show_progress(const struct bench *bench, const char *name)
{
	uint64_t spent = now_ns() - bench->start_ns;
	char label[64];

	if (bench->nr_done)
		snprintf(label, sizeof(label), "%s, %.0f s left", name,
			 (double)spent / 1e9 / (double)bench->nr_done *
				 (double)(bench->nr_all - bench->nr_done));
	else
		snprintf(label, sizeof(label), "%s", name);
	progress_show(label, (double)bench->nr_done / (double)bench->nr_all);
}

int bench_contest(struct bench *bench, struct contest *contest)
{
	const struct contender *failed;
	int err;

	show_progress(bench, contest->name);
	err = contest_run(contest, bench->args->is_full ? FULL_NS : QUICK_NS, bench->counters,
			  &failed);
	progress_clear();
	bench->nr_done++;
	if (err) {
		cli_error("%s, %s: a sample of \"%s\" failed", contest->name, contest->note,
			  failed->name);
		return -1;
	}
	/* A hypervisor may have moved the CPUs since the last one. */
	if (contest->nr_threads > 1)
		bench_measure_trips(bench, contest->nr_threads);
	if (shows_text(bench))
		bench_print_contest(bench, contest);
	if (bench->args->json)
		bench_json_contest(bench, contest);
	if (bench->csv)
		bench_csv_contest(bench->csv, contest);
	return bench->html ? bench_keep(bench, contest) : 0;
}

int bench_skip(struct bench *bench, const char *what, const char *why)
{
	bench->nr_done++;
	bench->nr_skipped++;
	fprintf(shows_text(bench) ? stdout : stderr, "\n%s: skipped, %s\n", what, why);
	return bench->html ? bench_keep_skip(bench, what, why) : 0;
}

static int hold_all(struct bench *bench)
{
	int err;

	if (shows_text(bench))
		bench_print_head(bench);
	if (bench->args->json)
		bench_json_begin(bench);
	if (bench->csv)
		bench_csv_head(bench->csv);
	bench->start_ns = now_ns();
	err = bench_layouts(bench);
	if (!err)
		err = bench_rows(bench);
	if (bench->args->json)
		bench_json_end(bench);
	if (!err && shows_text(bench))
		bench_print_end(bench);
	if (!err && bench->html)
		err = bench_page_write(bench->html, bench);
	return err;
}

/* Before anything is measured. *json is the file of the JSON. */
static int open_all(struct bench *bench, FILE **json)
{
	const struct {
		const char *path;
		FILE **file;
	} files[] = {
		{ bench->args->json, json },
		{ bench->args->csv, &bench->csv },
		{ bench->args->html, &bench->html },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i].path && !(*files[i].file = output_open(files[i].path)))
			return -1;
	}
	return 0;
}

static int close_one(FILE *out, const char *path)
{
	return out ? output_close(out, path) : 0;
}

/* Open what is asked for, measure, close it. */
static int write_all(struct bench *bench)
{
	const struct bench_args *args = bench->args;
	FILE *json = NULL;
	int err = open_all(bench, &json);

	json_set_output(json);
	if (!err)
		err = bench_prepare(bench) || hold_all(bench) ? -1 : 0;
	json_set_output(NULL);
	err |= close_one(json, args->json);
	err |= close_one(bench->csv, args->csv);
	err |= close_one(bench->html, args->html);
	return err;
}

/* For whoever reads the file later. */
static void keep_command(struct bench *bench, int argc, char **argv)
{
	size_t len = (size_t)snprintf(bench->command, sizeof(bench->command), "pcasim");

	for (int i = 0; i < argc && len < sizeof(bench->command); i++)
		len += (size_t)snprintf(bench->command + len, sizeof(bench->command) - len, " %s",
					argv[i]);
}

int cmd_bench(int argc, char **argv)
{
	static struct bench bench;
	struct bench_args args = { .nr_keys = 0 };
	bool is_list = false;
	int err;

	keep_command(&bench, argc, argv); /* parsing changes its order */
	if (parse(&args, &is_list, argc, argv))
		return CLI_BAD_INPUT;
	if (is_list) {
		bench_print_names();
		return CLI_OK;
	}
	bench.args = &args;
	err = write_all(&bench);
	if (bench.crew)
		crew_destroy(bench.crew);
	if (bench.counters)
		counters_close(bench.counters);
	bench_forget(&bench);
	side_destroy(&bench.workers);
	if (err)
		return CLI_BAD_INPUT;
	return bench.nr_skipped == bench.nr_all ? CLI_NOT_PERMITTED : CLI_OK;
}
