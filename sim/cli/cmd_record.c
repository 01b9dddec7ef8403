// SPDX-License-Identifier: MIT
/*
 * pcasim record: a trace of made-up operations and what a kernel answered.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <hwloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcasim/bpf.h>
#include <pcasim/machine.h>

#include "cli.h"
#include "options.h"
#include "oracle.h"
#include "output.h"
#include "release.h"
#include "setup.h"
#include "term.h"
#include "topology.h"
#include "trace_gen.h"
#include "trace_result.h"

const char record_usage[] =
	"usage: pcasim record [--seed N] [--ops N] [-o FILE]\n"
	"       pcasim record --sim [--possible N|LIST] [--online N|LIST] [...]\n"
	"\n"
	"Make up operations, execute them on the running kernel and write them with its\n"
	"answers as a trace, which \"pcasim replay\" reads. A seed always gives the same\n"
	"operations. The kernel is asked through bpf(2): that takes CAP_SYS_ADMIN.\n"
	"\n"
	"  --seed N           which operations (default 1)\n"
	"  --ops N            how many (default 2000)\n"
	"  -o, --output FILE  where the trace goes (default: standard output)\n"
	"  --sim              record a machine of ours instead of the running kernel\n"
	"  --kernel RELEASE   which shows this release of Linux, such as 6.18\n"
	"  --possible N|LIST  with N possible CPUs, 0 to N-1, or such as 0-3 (default: as\n"
	"                     many as this host)\n"
	"  --online N|LIST    of which N are online, 0 to N-1, or such as 0-1 (default:\n"
	"                     all)\n"
	"\n"
	"Exit status: 0, 2 for bad input, 77 when this kernel may not be asked.\n";

#define PROGRESS_EVERY 256 /* operations */

struct record_args {
	uint64_t seed, nr_operations;
	uint32_t possible, online; /* how many; 0: not given */
	const char *output;
	bool sim;
};

/* What a trace is made of. */
struct recording {
	const struct record_args *args;
	struct oracle oracle;
	struct trace_header header;
	struct trace_gen *gen;
	struct trace_world *world;
	struct trace_result result;
	FILE *out;
};

static int check_args(const struct record_args *args)
{
	const char *lonely = cli_kernel	      ? "kernel"
			     : args->possible ? "possible"
			     : args->online   ? "online"
					      : NULL;

	if (!args->sim && lonely) {
		cli_error("--%s describes a machine of ours; give --sim too", lonely);
		return CLI_BAD_INPUT;
	}
	return CLI_OK;
}

/* How many CPUs: a number, or a list of those from 0 on, as traces have them. */
static int parse_cpus(const char *option, const char *text, uint32_t *nr)
{
	hwloc_bitmap_t cpus = hwloc_bitmap_alloc();
	bool is_number = !text[strspn(text, "0123456789")];
	int last = -1;

	*nr = 0;
	if (is_number && strlen(text) < 8)
		*nr = (uint32_t)strtoul(text, NULL, 10);
	else if (!is_number && cpus && !cpulist_parse(cpus, text, NULL))
		last = hwloc_bitmap_last(cpus);
	if (last >= 0 && hwloc_bitmap_weight(cpus) == last + 1)
		*nr = (uint32_t)last + 1;
	hwloc_bitmap_free(cpus);
	if (*nr && *nr <= PCA_MAX_CPUS)
		return CLI_OK;
	cli_error("--%s is \"%s\"; it must be a number of CPUs from 1 to %d, or a list of those "
		  "from 0 on without a gap, such as 0-3",
		  option, text, PCA_MAX_CPUS);
	return CLI_BAD_INPUT;
}

static int parse_args(int argc, char **argv, struct record_args *args)
{
	const char *possible = NULL, *online = NULL;
	const struct cli_option options[] = {
		kernel_option,
		{ "seed", OPTION_NUMBER, &args->seed, 0, UINT64_MAX },
		{ "ops", OPTION_NUMBER, &args->nr_operations, 1, UINT32_MAX },
		{ "output", OPTION_TEXT, &args->output, .letter = 'o' },
		{ "sim", OPTION_FLAG, &args->sim },
		{ "possible", OPTION_TEXT, &possible },
		{ "online", OPTION_TEXT, &online },
	};

	if (options_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), NULL))
		return CLI_BAD_INPUT;
	if (possible && parse_cpus("possible", possible, &args->possible))
		return CLI_BAD_INPUT;
	if (online && parse_cpus("online", online, &args->online))
		return CLI_BAD_INPUT;
	return check_args(args);
}

static int describe_machine(struct recording *recording)
{
	const struct record_args *args = recording->args;
	struct trace_header *header = &recording->header;
	long host = sysconf(_SC_NPROCESSORS_CONF);

	header->possible_cpus = args->possible ? args->possible : host > 0 ? (uint32_t)host : 1;
	header->online_cpus = args->online ? args->online : header->possible_cpus;
	if (header->online_cpus > header->possible_cpus) {
		cli_error("%" PRIu32 " CPUs cannot be online where %" PRIu32 " are possible",
			  header->online_cpus, header->possible_cpus);
		return CLI_BAD_INPUT;
	}
	snprintf(header->release, sizeof(header->release), "%s", release_find(cli_kernel)->name);
	return CLI_OK;
}

/* The world that answers, and the header that describes it. */
static int open_world(struct recording *recording)
{
	struct trace_target *target;
	int err;

	if (recording->args->sim) {
		err = describe_machine(recording);
		if (err)
			return err;
		err = trace_target_simulator(&target, &recording->header,
					     recording->header.release);
	} else {
		err = oracle_open(&recording->oracle);
		if (err)
			return err;
		recording->header = recording->oracle.kernel;
		err = oracle_target(&recording->oracle, &target);
	}
	if (!err)
		err = trace_world_create_on(&recording->world, target);
	if (!err)
		return CLI_OK;
	cli_error("there is nothing to record: %s", pca_strerror(err));
	return CLI_BAD_INPUT;
}

static int open_all(struct recording *recording)
{
	const struct record_args *args = recording->args;
	struct trace_gen_opts opts = { .seed = args->seed };
	int err;

	if (args->output) {
		recording->out = output_open(args->output);
		if (!recording->out)
			return CLI_BAD_INPUT;
	}
	err = open_world(recording);
	if (err)
		return err;
	opts.possible_cpus = recording->header.possible_cpus;
	opts.no_for_each = !args->sim && !recording->oracle.has_btf;
	if (opts.no_for_each)
		cli_error("warning: this kernel loads no BTF: the trace has no XEACH");
	recording->gen = trace_gen_create(&opts);
	if (recording->gen && trace_result_open(&recording->result))
		return CLI_OK;
	cli_error("out of memory");
	return CLI_BAD_INPUT;
}

/* Closing the file too, since that is when the last bytes may be refused. */
static int close_all(struct recording *recording, int status)
{
	if (recording->world)
		trace_world_destroy(recording->world);
	oracle_close(&recording->oracle);
	trace_gen_destroy(recording->gen);
	trace_result_close(&recording->result);
	if (recording->out && output_close(recording->out, recording->args->output) && !status)
		status = CLI_BAD_INPUT;
	return status;
}

static int record_operation(struct recording *recording, uint64_t seq)
{
	const char *operation = trace_gen_next(recording->gen);
	struct trace_line line;
	char *text = NULL;
	int status = CLI_OK;

	if (!operation || asprintf(&text, "%" PRIu64 " %s", seq, operation) < 0) {
		cli_error("out of memory");
		return CLI_BAD_INPUT;
	}
	fprintf(recording->out, "%s -> ", text);
	if (trace_line_parse(&line, text) &&
	    trace_result_run(&recording->result, recording->world, &line)) {
		fprintf(recording->out, "%s\n", recording->result.text);
	} else {
		cli_error("operation %" PRIu64 ": %s cannot be executed", seq,
			  line.op ? line.op : "it");
		status = CLI_BAD_INPUT;
	}
	free(text);
	return status;
}

static int record(struct recording *recording)
{
	const struct record_args *args = recording->args;
	const struct trace_header *header = &recording->header;
	int status = CLI_OK;

	fprintf(recording->out,
		"#oracle_fuzz v1 seed=%" PRIu64 " nops=%" PRIu64 " possible_cpus=%" PRIu32 "\n"
		"#kernel release=%s online=%" PRIu32 " pin=%d\n",
		args->seed, args->nr_operations, header->possible_cpus, header->release,
		header->online_cpus, !args->sim);
	for (uint64_t seq = 0; seq < args->nr_operations && !status; seq++) {
		status = record_operation(recording, seq);
		if (args->output && seq % PROGRESS_EVERY == 0)
			progress_show("recording", (double)seq / (double)args->nr_operations);
	}
	progress_clear();
	return status;
}

int cmd_record(int argc, char **argv)
{
	struct record_args args = { .seed = 1, .nr_operations = 2000 };
	struct recording recording = { .args = &args, .out = stdout, .oracle = ORACLE_CLOSED };
	int status = parse_args(argc, argv, &args);

	if (status)
		return status;
	status = open_all(&recording);
	if (!status)
		status = record(&recording);
	return close_all(&recording, status);
}
