// SPDX-License-Identifier: MIT
/*
 * pcasim diff: is there anything that the running kernel does otherwise?
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pcasim/bpf.h>

#include "cli.h"
#include "diff.h"
#include "json.h"
#include "options.h"
#include "release.h"
#include "setup.h"
#include "term.h"
#include "trace_gen.h"

const char diff_usage[] =
	"usage: pcasim diff [--seed N] [--ops N] [--time S] [--json]\n"
	"\n"
	"Make up operations and execute each on the running kernel, through bpf(2), and\n"
	"on a machine of ours with the kernel's release and CPUs. When their answers\n"
	"differ, print the difference and the shortest trace that shows it, and stop. A\n"
	"seed gives 2000 operations on fresh worlds; then comes the next one.\n"
	"\n"
	"  --kernel RELEASE\n"
	"               show this release of Linux, not that of the kernel\n"
	"  --seed N     the first seed (default 1)\n"
	"  --ops N      stop after so many operations (default 100000 without --time)\n"
	"  --time S     stop after so many seconds\n"
	"  --json       print the summary as JSON, differences on stderr\n"
	"\n"
	"Exit status: 0 when nothing differs, 1 when something does, 2 for bad input or a\n"
	"kernel whose release is not simulated, 77 when this kernel may not be asked.\n";

#define OPS_PER_SEED 2000
#define DEFAULT_OPS 100000
#define PROGRESS_NS 200000000
#define LONGEST_TIME 1000000 /* seconds */

struct diff_args {
	uint64_t seed, nr_operations; /* 0: no end */
	double seconds;		      /* 0: no end */
	bool json;
};

struct diff {
	const struct diff_args *args;
	FILE *out; /* where differences go */
	struct oracle oracle;
	struct diff_pair pair;
	struct diff_ops ops; /* of the seed */
	uint64_t seed;
	uint64_t nr_seeds, nr_operations, nr_differences;
	uint64_t begun_ns, shown_ns;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static double seconds_since(uint64_t ns)
{
	return (double)(now_ns() - ns) / 1e9;
}

static int parse_args(int argc, char **argv, struct diff_args *args)
{
	const struct cli_option options[] = {
		kernel_option,
		{ "seed", OPTION_NUMBER, &args->seed, 0, UINT64_MAX },
		{ "ops", OPTION_NUMBER, &args->nr_operations, 1, UINT64_MAX },
		{ "time", OPTION_SECONDS, &args->seconds, .most = LONGEST_TIME },
		{ "json", OPTION_FLAG, &args->json },
	};

	if (options_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), NULL))
		return CLI_BAD_INPUT;
	if (!args->nr_operations && args->seconds == 0)
		args->nr_operations = DEFAULT_OPS;
	return CLI_OK;
}

static int choose_release(struct diff *diff)
{
	const char *wanted = cli_kernel;
	const char *running = diff->oracle.kernel.release;
	const struct release *release = release_find(wanted ? wanted : running);

	if (!release && wanted)
		cli_error("release \"%s\" is not simulated", wanted);
	else if (!release)
		cli_error("the running kernel is %s, a release that is not simulated; --kernel "
			  "compares it with another one",
			  running);
	if (!release)
		return CLI_BAD_INPUT;
	diff->pair.release = release->name;
	return CLI_OK;
}

static bool is_at_end(const struct diff *diff)
{
	const struct diff_args *args = diff->args;

	return (args->nr_operations && diff->nr_operations >= args->nr_operations) ||
	       (args->seconds > 0 && seconds_since(diff->begun_ns) >= args->seconds);
}

static void show_progress(struct diff *diff)
{
	char nr[COUNT_TEXT], rate[COUNT_TEXT], text[128];

	if (!progress_is_shown() || now_ns() - diff->shown_ns < PROGRESS_NS)
		return;
	diff->shown_ns = now_ns();

	double seconds = seconds_since(diff->begun_ns);

	snprintf(text, sizeof(text), "seed %" PRIu64 ": %s operations, %s per second", diff->seed,
		 count_text(nr, diff->nr_operations),
		 count_text(rate, (uint64_t)((double)diff->nr_operations / seconds)));
	progress_line(text);
}

/* Execute what is left once more and write it as a trace of the running kernel. */
static int print_trace(struct diff *diff, const struct diff_choice *choice)
{
	const struct trace_header *kernel = &diff->oracle.kernel;
	int status = CLI_DIFFERENCES;

	if (diff_pair_begin(&diff->pair))
		return CLI_BAD_INPUT;
	fprintf(diff->out,
		"#oracle_fuzz v1 seed=%" PRIu64 " nops=%" PRIu32 " possible_cpus=%" PRIu32 "\n"
		"#kernel release=%s online=%" PRIu32 " pin=1\n",
		diff->seed, choice->nr, kernel->possible_cpus, kernel->release,
		kernel->online_cpus);
	for (uint32_t i = 0; i < choice->nr && status == CLI_DIFFERENCES; i++) {
		const char *operation = choice->ops->text + choice->ops->starts[choice->index[i]];

		if (diff_pair_run(&diff->pair, operation) == DIFF_FAILED)
			status = CLI_BAD_INPUT;
		fprintf(diff->out, "%" PRIu32 " %s -> %s\n", i, operation, diff->pair.theirs.text);
	}
	diff_pair_end(&diff->pair);
	return status;
}

static int shrink(struct diff *diff)
{
	struct diff_choice choice = { .ops = &diff->ops, .nr = diff->ops.nr };
	enum diff_verdict verdict;
	int status = CLI_BAD_INPUT;

	choice.index = calloc(choice.nr, sizeof(*choice.index));
	if (!choice.index)
		return status;
	for (uint32_t i = 0; i < choice.nr; i++)
		choice.index[i] = i;
	verdict = diff_shrink(&diff->pair, &choice);
	if (verdict == DIFF_SAME)
		fprintf(diff->out, "\nAll %" PRIu32 " operations once more: no difference then.\n",
			choice.nr);
	else if (verdict == DIFF_DIFFERENT)
		fprintf(diff->out, "\nThe shortest trace that shows a difference:\n");
	if (verdict == DIFF_SAME)
		status = CLI_DIFFERENCES;
	else if (verdict == DIFF_DIFFERENT)
		status = print_trace(diff, &choice);
	free(choice.index);
	return status;
}

/* A result that only informs may differ: then this was no difference. */
static int check_difference(struct diff *diff)
{
	struct trace_comparison comparison;

	if (trace_compare(&comparison, diff->pair.theirs.text, diff->pair.ours.text))
		return CLI_OK;
	diff->nr_differences++;
	progress_clear();
	fprintf(diff->out, "seed %" PRIu64 ", operation %" PRIu32 ": ", diff->seed,
		diff->ops.nr - 1);
	trace_show_difference(diff->out, &diff->pair.line, &comparison);
	diff_pair_end(&diff->pair);
	return shrink(diff);
}

static int run_operation(struct diff *diff, const char *operation)
{
	if (!operation || !diff_ops_add(&diff->ops, operation)) {
		cli_error("out of memory");
		return CLI_BAD_INPUT;
	}
	diff->nr_operations++;
	switch (diff_pair_run(&diff->pair, operation)) {
	case DIFF_SAME:
		return CLI_OK;
	case DIFF_DIFFERENT:
		return check_difference(diff);
	default:
		return CLI_BAD_INPUT;
	}
}

static int run_seed(struct diff *diff)
{
	struct trace_gen_opts opts = {
		.seed = diff->seed,
		.possible_cpus = diff->oracle.kernel.possible_cpus,
		.no_for_each = !diff->oracle.has_btf,
	};
	struct trace_gen *gen = trace_gen_create(&opts);
	int err = diff_pair_begin(&diff->pair), status = CLI_OK;

	if (err || !gen) {
		cli_error("fresh worlds cannot be made: %s", pca_strerror(err ? err : -ENOMEM));
		status = CLI_BAD_INPUT;
	}
	diff->ops.nr = 0;
	diff->ops.len = 0;
	for (uint32_t i = 0; i < OPS_PER_SEED && !status && !is_at_end(diff); i++) {
		status = run_operation(diff, trace_gen_next(gen));
		show_progress(diff);
	}
	diff->nr_seeds++;
	diff_pair_end(&diff->pair);
	trace_gen_destroy(gen);
	return status;
}

static void print_summary(const struct diff *diff, double seconds)
{
	const struct trace_header *kernel = &diff->oracle.kernel;
	char nr[COUNT_TEXT], rate[COUNT_TEXT];

	printf("Linux %s, %" PRIu32 " CPUs, %" PRIu32 " online; pcasim as %s\n", kernel->release,
	       kernel->possible_cpus, kernel->online_cpus, diff->pair.release);
	printf("%" PRIu64 " seed%s, %s operation%s, %s per second: %" PRIu64 " difference%s\n",
	       diff->nr_seeds, plural_s(diff->nr_seeds), count_text(nr, diff->nr_operations),
	       plural_s(diff->nr_operations),
	       count_text(rate, (uint64_t)((double)diff->nr_operations / seconds)),
	       diff->nr_differences, plural_s(diff->nr_differences));
}

static void print_json(const struct diff *diff, double seconds)
{
	const struct trace_header *kernel = &diff->oracle.kernel;

	json_open(NULL, '{');
	json_text("kernel", kernel->release);
	json_text("release", diff->pair.release);
	json_count("possible_cpus", kernel->possible_cpus);
	json_count("online_cpus", kernel->online_cpus);
	json_count("first_seed", diff->args->seed);
	json_count("seeds", diff->nr_seeds);
	json_count("operations", diff->nr_operations);
	json_count("differences", diff->nr_differences);
	json_real("seconds", seconds);
	json_close('}');
}

static int run(struct diff *diff)
{
	int status = oracle_open(&diff->oracle);

	if (!status)
		status = choose_release(diff);
	if (status)
		return status;
	if (!diff->oracle.has_btf)
		cli_error("warning: this kernel loads no BTF: XEACH is left out");
	diff->begun_ns = now_ns();
	for (; !status && !is_at_end(diff); diff->seed++)
		status = run_seed(diff);

	double seconds = seconds_since(diff->begun_ns);

	progress_clear();
	if (status == CLI_BAD_INPUT)
		return status;
	if (diff->args->json)
		print_json(diff, seconds);
	else
		print_summary(diff, seconds);
	return status;
}

int cmd_diff(int argc, char **argv)
{
	struct diff_args args = { .seed = 1 };
	struct diff diff = { .args = &args, .oracle = ORACLE_CLOSED };
	int status = parse_args(argc, argv, &args);

	if (status)
		return status;
	diff.out = args.json ? stderr : stdout;
	diff.seed = args.seed;
	diff.pair.oracle = &diff.oracle;
	status = run(&diff);
	diff_pair_free(&diff.pair);
	diff_ops_free(&diff.ops);
	oracle_close(&diff.oracle);
	return status;
}
