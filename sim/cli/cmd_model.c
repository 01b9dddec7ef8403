// SPDX-License-Identifier: MIT
/*
 * "pcasim model": layouts of per-CPU data on caches of a machine that need not be here.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "cli.h"
#include "json.h"
#include "map.h"
#include "model_compare.h"
#include "model_shape.h"
#include "model_show.h"
#include "options.h"
#include "output.h"
#include "setup.h"
#include "term.h"
#include "topo.h"

const char model_usage[] =
	"usage: pcasim model [--topology TEXT] [--layout NAME] [--workload NAME]\n"
	"                    [OPTION]...\n"
	"       pcasim model --trace FILE [--l1 SIZE,WAYS] [--l2 ...] [--l3 ...] [--json]\n"
	"       pcasim model --compare FILE [--accesses N] [--seed N] [--json]\n"
	"\n"
	"Replay what programs on all CPUs of a machine do with a value per key and CPU,\n"
	"laid out in different ways, through a model of that machine's caches. Say how\n"
	"often lines move between cores, which layout is best, and why. The machine need\n"
	"not be this host. Results are counts per access, not times; the same arguments\n"
	"give the same results everywhere.\n"
	"\n"
	"  --topology TEXT   an hwloc synthetic description of up to 1024 CPUs, such as\n"
	"                    \"pack:2 numa:4 core:16 pu:2\"; default: this host\n"
	"  --xml FILE        a topology that lstopo or hwloc wrote\n"
	"  --layout NAME     all, the default, or one of slab, page_slab, pointers,\n"
	"                    packed, padded64, padded128, shared_atomic and shared_mutex\n"
	"  --workload NAME   count (the default), histogram, update (all words of a\n"
	"                    value), or read_sum (CPU 0 sums over the CPUs while the\n"
	"                    others count)\n"
	"  --keys N          256 by default\n"
	"  --value-size N    bytes in a value, 8 by default\n"
	"  --stream NAME     how a CPU chooses keys: uniform (the default), sequential,\n"
	"                    zipf or hot, which is one key\n"
	"  --accesses N      to count for each layout, 1000000 by default\n"
	"  --seed N          of all that is by chance, 1 by default\n"
	"  --l1 SIZE,WAYS    caches, such as 32K,8, or none; default: the topology's, or\n"
	"  --l2 SIZE,WAYS    32K,8 and 1M,16 for each core\n"
	"  --l3 SIZE,WAYS    and 32M,16 for each NUMA node of a package\n"
	"  --no-prefetch     without the prefetcher of the other line of a pair\n"
	"  --explain         show which CPU's value lies in which line\n"
	"  --svg FILE        a picture of that instead of text; - for standard output\n"
	"  --trace FILE      the accesses of a program on one CPU instead, without\n"
	"                    prefetcher, as valgrind's lackey writes them; - for standard\n"
	"                    input\n"
	"  --compare FILE    what \"pcasim bench --json\" measured beside the model of the\n"
	"                    same host and work, pair by pair; - for standard input\n"
	"  --json            machine-readable output\n"
	"  -h, --help        this text\n"
	"\n"
	"Exit status: 0; 1 if --compare found a pair of layouts in opposite order; 2 for\n"
	"bad input.\n";

#define MOST_KEYS LAYOUT_STREAM_LENGTH /* more would not be reached */
#define USUAL_KEYS 256
#define MOST_ACCESSES 1000000000000ULL

struct model_args {
	struct pca_machine_opts machine;
	struct model_cache_texts caches;
	const char *layout, *workload, *stream, *svg, *trace, *compare;
	uint64_t keys, value_size, accesses, seed;
	bool no_prefetch, is_explaining, is_json;
};

/* --- Arguments --- */

static int parse_options(struct model_args *args, int argc, char **argv)
{
	const struct cli_option options[] = {
		{ "topology", OPTION_TEXT, &args->machine.topology, 0, 0 },
		{ "xml", OPTION_TEXT, &args->machine.topology_xml, 0, 0 },
		{ "layout", OPTION_TEXT, &args->layout, 0, 0 },
		{ "workload", OPTION_TEXT, &args->workload, 0, 0 },
		{ "keys", OPTION_NUMBER, &args->keys, 1, MOST_KEYS },
		{ "value-size", OPTION_NUMBER, &args->value_size, 1, MOST_PERCPU_VALUE_BYTES },
		{ "stream", OPTION_TEXT, &args->stream, 0, 0 },
		{ "accesses", OPTION_NUMBER, &args->accesses, 1, MOST_ACCESSES },
		{ "seed", OPTION_NUMBER, &args->seed, 0, UINT64_MAX },
		{ "l1", OPTION_TEXT, &args->caches.l1, 0, 0 },
		{ "l2", OPTION_TEXT, &args->caches.l2, 0, 0 },
		{ "l3", OPTION_TEXT, &args->caches.l3, 0, 0 },
		{ "no-prefetch", OPTION_FLAG, &args->no_prefetch, 0, 0 },
		{ "explain", OPTION_FLAG, &args->is_explaining, 0, 0 },
		{ "svg", OPTION_TEXT, &args->svg, 0, 0 },
		{ "trace", OPTION_TEXT, &args->trace, 0, 0 },
		{ "compare", OPTION_TEXT, &args->compare, 0, 0 },
		{ "json", OPTION_FLAG, &args->is_json, 0, 0 },
	};

	return options_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), NULL);
}

/* What makes no sense together. */
static int check_args(const struct model_args *args)
{
	const bool asks_for_layouts = args->layout || args->workload || args->stream;
	const bool asks_for_hardware = args->machine.topology || args->machine.topology_xml ||
				       args->caches.l1 || args->caches.l2 || args->caches.l3;

	if (cli_kernel)
		cli_error("caches do not depend on the release; leave out --kernel %s", cli_kernel);
	else if (args->machine.topology && args->machine.topology_xml)
		cli_error("--topology and --xml exclude each other; give one of them");
	else if (args->is_json && args->is_explaining)
		cli_error("--json and --explain exclude each other; give one of them");
	else if (args->svg && !args->is_explaining)
		cli_error("--svg draws what --explain tells; give that, too");
	else if (args->compare && (asks_for_layouts || asks_for_hardware || args->trace ||
				   args->is_explaining || args->keys || args->value_size))
		cli_error("--compare takes hardware, layouts and work from the file; only "
			  "--accesses, --seed, --no-prefetch and --json go with it");
	else if (args->trace && (asks_for_layouts || args->is_explaining))
		cli_error("--trace takes its accesses from a program; leave out --layout, "
			  "--workload, --stream and --explain");
	else if (args->workload && args->stream &&
		 !strcmp(args->workload, workload_names[LAYOUT_HISTOGRAM]))
		cli_error("--workload histogram has data of its own; leave out --stream");
	else
		return 0;
	return -1;
}

/* The index of a name among nr, or -1 after a line that lists them. */
static int find_name(const char *option, const char *name, const char *const *names, int nr)
{
	char known[128] = "";

	for (int i = 0; i < nr; i++) {
		if (!strcmp(names[i], name))
			return i;
		strncat(known,
			!i	     ? ""
			: i + 1 < nr ? ", "
				     : " or ",
			sizeof(known) - strlen(known) - 1);
		strncat(known, names[i], sizeof(known) - strlen(known) - 1);
	}
	cli_error("--%s is \"%s\"; it must be %s", option, name, known);
	return -1;
}

static int find_stream(const char *name)
{
	const char *names[NR_STREAM_KINDS];

	for (unsigned int kind = 0; kind < NR_STREAM_KINDS; kind++)
		names[kind] = stream_name(kind);
	return name ? find_name("stream", name, names, NR_STREAM_KINDS) : STREAM_UNIFORM;
}

static int take_job(struct model_job *job, const struct model_args *args)
{
	int workload = args->workload ? find_name("workload", args->workload, workload_names,
						  NR_LAYOUT_WORKLOADS)
				      : LAYOUT_COUNT;
	int stream;

	if (workload < 0)
		return -1;
	stream = find_stream(args->stream);
	if (stream < 0)
		return -1;
	job->workload = (enum layout_workload)workload;
	job->stream = (enum stream_kind)stream;
	job->values.nr_keys = args->keys ? (uint32_t)args->keys : USUAL_KEYS;
	job->values.value_bytes = args->value_size ? (uint32_t)args->value_size : LAYOUT_WORD_BYTES;
	job->values.nr_cpus = job->shape->nr_cpus;
	job->accesses = args->accesses;
	job->seed = args->seed;
	job->has_prefetch = !args->no_prefetch;
	return 0;
}

/* One layout, or NULL with 0 for all of them. */
static int take_layout(const struct layout **layout, const char *name)
{
	const char *names[MODEL_MOST_LAYOUTS + 1] = { "all" };
	int nr = 1;

	*layout = NULL;
	if (!name || !strcmp(name, "all"))
		return 0;
	*layout = layout_find(name);
	if (*layout)
		return 0;
	for (; layout_at((size_t)nr - 1) && nr <= MODEL_MOST_LAYOUTS; nr++)
		names[nr] = layout_at((size_t)nr - 1)->name;
	find_name("layout", name, names, nr);
	return -1;
}

/* --- Runs --- */

static void refuse_size(const struct model_job *job, const struct layout *layout)
{
	char size[SIZE_TEXT];

	cli_error("%s has %s with %" PRIu32 " keys of %" PRIu32 " bytes on %" PRIu32
		  " CPUs, more than the model takes; give fewer --keys or a smaller --value-size",
		  layout->name, size_text(size, (double)layout->size_bytes(&job->values)),
		  job->values.nr_keys, job->values.value_bytes, job->values.nr_cpus);
}

static int run_layout(struct model_report *report, const struct layout *layout)
{
	int err = model_run(report->job, layout, &report->results[report->nr]);

	if (!err)
		report->nr++;
	else if (err == -ENOMEM)
		cli_error("no memory is left for the model of %s", layout->name);
	return err;
}

/* 0, or -1 after a line on stderr. */
static int run_layouts(struct model_report *report, const struct layout *only)
{
	const struct layout *layout = only ? only : layout_at(0);

	for (size_t i = 0; layout; layout = only ? NULL : layout_at(++i)) {
		int err = run_layout(report, layout);

		if (err == -E2BIG && !only)
			report->left_out[report->nr_left_out++] = layout->name;
		else if (err == -E2BIG)
			refuse_size(report->job, layout);
		if (err == -ENOMEM || (err && only))
			return -1;
	}
	progress_clear();
	if (!report->nr) {
		refuse_size(report->job, layout_at(0));
		return -1;
	}
	model_rank(report->results, report->nr);
	return 0;
}

static int write_picture(const struct model_report *report, const char *path)
{
	const struct svg_head head = {
		.title = "Which CPU's value lies in which cache line",
		.description = "For each layout, lines of memory as rows of boxes, a box for "
			       "each CPU's value of a key; lines that several CPUs write "
			       "to have a red frame.",
		.is_standalone = true,
	};
	FILE *out = output_open(path);
	struct svg svg;
	int err = -ENOMEM;

	if (!out)
		return -1;
	if (svg_begin(&svg)) {
		explain_draw(&svg, report);
		err = svg_end(&svg, out, &head);
	}
	if (err)
		cli_error("the picture cannot be drawn: %s", pca_strerror(err));
	return output_close(out, path) || err ? -1 : 0;
}

static int model_layouts(const struct model_args *args, const struct model_shape *shape,
			 const char *topology)
{
	struct model_job job = { .shape = shape };
	struct model_report report = { .job = &job, .topology = topology };
	const struct layout *only;

	if (take_job(&job, args) || take_layout(&only, args->layout) || run_layouts(&report, only))
		return -1;
	if (args->svg)
		return write_picture(&report, args->svg);
	if (args->is_explaining)
		explain_print(&report);
	else if (args->is_json)
		model_json(&report);
	else
		model_print(&report);
	return 0;
}

static int model_trace(const struct model_args *args, const struct model_shape *shape)
{
	struct model_trace_result result;

	if (model_trace_run(shape, args->trace, &result))
		return -1;
	if (args->is_json)
		model_trace_json(shape, &result);
	else
		model_trace_print(shape, &result);
	return 0;
}

static int compare(const struct model_args *args)
{
	const struct model_job job = {
		.accesses = args->accesses,
		.seed = args->seed,
		.has_prefetch = !args->no_prefetch,
	};
	int nr_opposite = compare_file(args->compare, &job, args->is_json);

	if (nr_opposite < 0)
		return CLI_BAD_INPUT;
	return nr_opposite ? CLI_DIFFERENCES : CLI_OK;
}

int cmd_model(int argc, char **argv)
{
	struct model_args args = { .accesses = 1000000, .seed = 1 };
	struct model_shape shape;
	struct session session;
	int err;

	if (parse_options(&args, argc, argv) || check_args(&args))
		return CLI_BAD_INPUT;
	if (args.compare)
		return compare(&args);
	if (args.machine.topology_xml && topo_check_xml(args.machine.topology_xml))
		return CLI_BAD_INPUT;
	if (session_open(&session, &args.machine))
		return CLI_BAD_INPUT;
	err = model_shape_take(&shape, session.machine, &args.caches);
	if (!err)
		err = args.trace ? model_trace(&args, &shape)
				 : model_layouts(&args, &shape, session.topology);
	session_close(&session);
	return err ? CLI_BAD_INPUT : CLI_OK;
}
