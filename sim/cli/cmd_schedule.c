// SPDX-License-Identifier: MIT
/*
 * pcasim schedule: programs of an object file and commands, in an order that a seed or a
 * file decides, and the search for one that breaks an invariant.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>
#include <pcasim/helpers.h>

#include "cli.h"
#include "json.h"
#include "options.h"
#include "schedule_show.h"
#include "schedule_text.h"
#include "term.h"

const char schedule_usage[] =
	"usage: pcasim schedule run FILE.so ACTOR... [--schedule HOW] [OPTION]...\n"
	"       pcasim schedule search FILE.so ACTOR... --invariant TEXT|--predicate NAME\n"
	"                              [OPTION]...\n"
	"\n"
	"Run programs that \"pcasim cc --checked\" has made, interrupts and commands one\n"
	"step at a time, and show each step; or try schedules until an invariant breaks\n"
	"or a program is stopped, and show the one with the fewest preemptions.\n"
	"\n"
	"  --run NAME@CPU[xN]        a program, N times, in the context of its type or\n"
	"                            event\n"
	"  --interrupt NAME@CPU[:softirq|:hardirq|:nmi][xN]\n"
	"                            the same, as an interrupt that may come in\n"
	"  --command \"lookup MAP KEY\" | \"update MAP KEY VALUE [cpu N | all]\" | ...\n"
	"                            a task that gives commands, separated by \";\"\n"
	"  --init COMMAND            what the maps hold before; again and again\n"
	"  --data FILE, --ctx FILE   the packet, or the context, that programs are given\n"
	"  --set, --entries          as of \"pcasim prog run\"\n"
	"  --invariant TEXT          such as \"sum(counts[0]) == 2\"; all have to hold\n"
	"  --predicate NAME          a program of the file, such as SEC(\"syscall\"), that\n"
	"                            runs afterwards and returns 0 when all is not well\n"
	"  --schedule order|random|seed=N|FILE\n"
	"                            of run: who goes on; order by default\n"
	"  --repeat N                of run: so often, and compare each with the first\n"
	"  --seed N                  of search: where it begins, 1 by default\n"
	"  --schedules N             of search: how many to try, 10000 by default\n"
	"  --exhaustive              of search: all with at most --preemptions K, 2 by\n"
	"  --preemptions K           default\n"
	"  -o FILE                   write the schedule, for --schedule\n"
	"  --timeline FILE           write the steps for ui.perfetto.dev\n"
	"  --preemption none|migrate-disable\n"
	"                            whether task context is preempted; default: as the\n"
	"                            release has it\n"
	"  --steps N                 accesses, branches and calls after which a program's\n"
	"                            run is stopped as endless, 1048576 by default\n"
	"  --kernel, --topology, --possible, --online\n"
	"                            the machine, as of \"pcasim prog run\"\n"
	"  --json                    machine-readable output\n"
	"  -h, --help                this text\n"
	"\n"
	"Exit status: 0 when all invariants held, 1 when one is broken or a program was\n"
	"stopped, 2 for bad input.\n";

#define DEFAULT_PREEMPTIONS 2
#define NOT_GIVEN UINT64_MAX
#define MOST_STEPS (1U << 20)

struct schedule_args {
	struct pca_machine_opts machine;
	struct option_list actors, init, settings, invariants, predicates;
	const char *file, *data, *ctx, *schedule, *output, *timeline, *preemption;
	uint64_t seed, most_schedules, most_preemptions, repeat; /* or NOT_GIVEN */
	bool is_search, is_exhaustive, is_json;
};

/* All that is made of them. */
struct asked {
	const struct schedule_args *args;
	struct actor_spec actors[PCA_MAX_ACTORS];
	struct command_spec init[MOST_IN_LIST];
	struct schedule_setup setup;
	struct schedule_world *world; /* in which schedules are shown */
	struct invariant *invariants[MOST_IN_LIST];
	struct schedule_question question;
};

static int parse_preemption(struct schedule_args *args)
{
	if (!args->preemption)
		return 0;
	if (!strcmp(args->preemption, "none")) {
		args->machine.preemption = PCA_PREEMPTION_NONE;
	} else if (!strcmp(args->preemption, "migrate-disable")) {
		args->machine.preemption = PCA_PREEMPTION_MIGRATE_DISABLE;
	} else {
		cli_error("--preemption %s: say none or migrate-disable", args->preemption);
		return -1;
	}
	return 0;
}

static int check_run(const struct schedule_args *args)
{
	const char *other = args->is_exhaustive			  ? "exhaustive"
			    : args->seed != NOT_GIVEN		  ? "seed"
			    : args->most_schedules != NOT_GIVEN	  ? "schedules"
			    : args->most_preemptions != NOT_GIVEN ? "preemptions"
								  : NULL;

	if (!other)
		return 0;
	cli_error("--%s is of search; run takes --schedule", other);
	return -1;
}

static int check_search(const struct schedule_args *args)
{
	if (args->schedule || args->repeat != NOT_GIVEN)
		cli_error("--%s is of run; search takes --%s",
			  args->schedule ? "schedule" : "repeat",
			  args->schedule ? "seed" : "schedules");
	else if (args->is_exhaustive && args->seed != NOT_GIVEN)
		cli_error("--exhaustive tries all, whatever the --seed");
	else if (!args->is_exhaustive && args->most_preemptions != NOT_GIVEN)
		cli_error("--preemptions is of --exhaustive; other searches have one at first, and "
			  "later up to eight");
	else
		return 0;
	return -1;
}

static int check(struct schedule_args *args)
{
	/* Also of predicates, which are not of the schedule. */
	if (!args->machine.most_steps)
		args->machine.most_steps = MOST_STEPS;
	if (!args->actors.nr) {
		cli_error("nobody takes part; say who: --run NAME@CPU, --interrupt NAME@CPU or "
			  "--command \"lookup MAP KEY\"");
		return -1;
	}
	if (args->actors.nr > PCA_MAX_ACTORS) {
		cli_error("%zu take part, %d are the most", args->actors.nr, PCA_MAX_ACTORS);
		return -1;
	}
	if (args->is_search && !args->invariants.nr && !args->predicates.nr) {
		cli_error("search takes --invariant, such as \"sum(counts[0]) == 2\", or "
			  "--predicate");
		return -1;
	}
	return args->is_search ? check_search(args) : check_run(args);
}

static int parse(struct schedule_args *args, int argc, char **argv)
{
	const struct cli_option options[] = {
		kernel_option,
		{ "run", OPTION_LIST, &args->actors, 0, 0 },
		{ "interrupt", OPTION_LIST, &args->actors, 0, 0 },
		{ "command", OPTION_LIST, &args->actors, 0, 0 },
		{ "init", OPTION_LIST, &args->init, 0, 0 },
		{ "data", OPTION_TEXT, &args->data, 0, 0 },
		{ "ctx", OPTION_TEXT, &args->ctx, 0, 0 },
		{ "set", OPTION_LIST, &args->settings, 0, 0 },
		{ "entries", OPTION_LIST, &args->settings, 0, 0 },
		{ "invariant", OPTION_LIST, &args->invariants, 0, 0 },
		{ "predicate", OPTION_LIST, &args->predicates, 0, 0 },
		{ "schedule", OPTION_TEXT, &args->schedule, 0, 0 },
		{ "repeat", OPTION_NUMBER, &args->repeat, 1, UINT32_MAX },
		{ "seed", OPTION_NUMBER, &args->seed, 0, UINT32_MAX },
		{ "schedules", OPTION_NUMBER, &args->most_schedules, 1, UINT32_MAX },
		{ "exhaustive", OPTION_FLAG, &args->is_exhaustive, 0, 0 },
		{ "preemptions", OPTION_NUMBER, &args->most_preemptions, 0, 64 },
		{ "output", OPTION_TEXT, &args->output, 0, 0, 'o' },
		{ "timeline", OPTION_TEXT, &args->timeline, 0, 0 },
		{ "preemption", OPTION_TEXT, &args->preemption, 0, 0 },
		{ "steps", OPTION_NUMBER, &args->machine.most_steps, 1, UINT64_MAX },
		{ "topology", OPTION_TEXT, &args->machine.topology, 0, 0 },
		{ "possible", OPTION_TEXT, &args->machine.possible, 0, 0 },
		{ "online", OPTION_TEXT, &args->machine.online, 0, 0 },
		{ "json", OPTION_FLAG, &args->is_json, 0, 0 },
	};
	int operand;

	if (options_parse(argc, argv, options, sizeof(options) / sizeof(options[0]), &operand))
		return -1;
	if (operand >= argc ||
	    (strcmp(argv[operand], "run") != 0 && strcmp(argv[operand], "search") != 0)) {
		cli_error("%s%s%s; say \"pcasim schedule run FILE.so\" or \"pcasim schedule search "
			  "FILE.so\"",
			  operand < argc ? "there is no \"" : "what to do is missing",
			  operand < argc ? argv[operand] : "", operand < argc ? "\"" : "");
		return -1;
	}
	args->is_search = !strcmp(argv[operand], "search");
	if (operand + 2 != argc) {
		cli_error("%s one object file", operand + 2 > argc ? "give" : "give only");
		return -1;
	}
	args->file = argv[operand + 1];
	return parse_preemption(args) ? -1 : check(args);
}

/* The specs, a world, the invariants. 0, or -1 after a line on stderr. */
static int prepare(struct asked *asked, const struct schedule_args *args)
{
	struct invariant_scope scope;

	for (size_t i = 0; i < args->actors.nr; i++) {
		if (actor_spec_parse(&asked->actors[i], args->actors.at[i].option,
				     args->actors.at[i].text))
			return -1;
	}
	for (size_t i = 0; i < args->init.nr; i++) {
		if (command_spec_parse(&asked->init[i], "init", args->init.at[i].text))
			return -1;
		if (asked->init[i].verb == COMMAND_LOOKUP) {
			cli_error("--init \"%s\": a lookup changes nothing; say update or change",
				  args->init.at[i].text);
			return -1;
		}
	}
	asked->args = args;
	asked->setup = (struct schedule_setup){
		.file = args->file,
		.machine = args->machine,
		.actors = asked->actors,
		.nr_actors = (uint32_t)args->actors.nr,
		.init = asked->init,
		.nr_init = (uint32_t)args->init.nr,
		.settings = &args->settings,
		.predicates = &args->predicates,
	};
	if (prog_input_read(&asked->setup.ctx, args->ctx) ||
	    prog_input_read(&asked->setup.packet, args->data))
		return -1;
	if (schedule_world_open(&asked->world, &asked->setup))
		return -1;
	scope = schedule_scope(asked->world);
	for (size_t i = 0; i < args->invariants.nr; i++) {
		asked->invariants[i] = invariant_parse(args->invariants.at[i].text, &scope);
		if (!asked->invariants[i])
			return -1;
	}
	asked->question = (struct schedule_question){
		.setup = &asked->setup,
		.invariants = asked->invariants,
		.nr_invariants = args->invariants.nr,
		.seed = args->seed == NOT_GIVEN ? 1 : args->seed,
		.most_schedules = args->most_schedules == NOT_GIVEN ? 0 : args->most_schedules,
		.is_exhaustive = args->is_exhaustive,
		.most_preemptions = args->most_preemptions == NOT_GIVEN
					    ? DEFAULT_PREEMPTIONS
					    : (uint32_t)args->most_preemptions,
	};
	return 0;
}

static void forget(struct asked *asked)
{
	for (size_t i = 0; i < MOST_IN_LIST; i++)
		invariant_free(asked->invariants[i]);
	if (asked->world)
		schedule_world_close(asked->world);
	free(asked->setup.ctx.bytes);
	free(asked->setup.packet.bytes);
}

/* ---- which schedule ---- */

static int find_actor(const void *arg, const char *name)
{
	const struct schedule_world *world = arg;
	const char *other;

	for (uint32_t i = 0; (other = pca_schedule_actor_name(world->schedule, i)); i++) {
		if (!strcmp(name, other))
			return (int)i;
	}
	return -1;
}

static int read_list(struct schedule_list *list, const struct asked *asked)
{
	const char *path = asked->args->schedule;
	FILE *in = fopen(path, "r");
	int err;

	if (!in) {
		cli_error("--schedule %s: no order, random or seed=N, and no file: %s", path,
			  strerror(errno));
		return -1;
	}
	err = schedule_text_read(list, in, path, find_actor, asked->world);
	fclose(in);
	return err;
}

/* Random ones choose among as many points as a run in order has. */
static int measure(struct asked *asked, struct pca_schedule_opts *opts)
{
	struct pca_schedule_result result = { .size = sizeof(result) };

	int err;

	schedule_world_reset(asked->world);
	cli_hush_messages(true);
	err = pca_schedule_run(asked->world->schedule, NULL, &result);
	cli_hush_messages(false);
	if (err) {
		cli_error("a run in order: %s", pca_strerror(err));
		return -1;
	}
	opts->policy = PCA_SCHEDULE_RANDOM;
	opts->nr_points = result.nr_points;
	return 0;
}

static int choose(struct asked *asked, struct pca_schedule_opts *opts, struct schedule_list *list)
{
	const char *how = asked->args->schedule ? asked->args->schedule : "order";
	char *end;

	if (!strcmp(how, "order"))
		return 0;
	if (!strcmp(how, "random")) {
		opts->seed = pca_ktime_get_ns();
		return measure(asked, opts);
	}
	if (!strncmp(how, "seed=", 5)) {
		errno = 0;
		opts->seed = strtoull(how + 5, &end, 0);
		if (errno || !isdigit((unsigned char)how[5]) || *end) {
			cli_error("--schedule %s: a seed is a number, such as seed=42", how);
			return -1;
		}
		return measure(asked, opts);
	}
	opts->policy = PCA_SCHEDULE_LIST;
	if (read_list(list, asked))
		return -1;
	opts->switches = list->switches;
	opts->nr_switches = list->nr;
	return 0;
}

/* ---- showing ---- */

static struct schedule_showing showing_of(const struct asked *asked)
{
	return (struct schedule_showing){
		.question = &asked->question,
		.world = asked->world,
		.is_json = asked->args->is_json,
		.output = asked->args->output,
		.timeline = asked->args->timeline,
	};
}

static void tell_alike(const struct schedule_args *args)
{
	char count[COUNT_TEXT];

	if (args->is_json) {
		json_count("runs", args->repeat);
		json_bool("alike", true);
	} else {
		printf("\n%s run%s, all alike\n", count_text(count, args->repeat),
		       plural_s(args->repeat));
	}
}

static int run_and_show(const struct asked *asked, const struct pca_schedule_opts *opts)
{
	const struct schedule_args *args = asked->args;
	const struct schedule_showing showing = showing_of(asked);
	int status =
		args->repeat != NOT_GIVEN ? schedule_repeat(&showing, opts, args->repeat) : CLI_OK;

	if (status != CLI_OK)
		return status;
	if (args->is_json)
		json_open(NULL, '{');
	status = schedule_show(&showing, opts);
	if (args->repeat != NOT_GIVEN)
		tell_alike(args);
	if (args->is_json)
		json_close('}');
	return status;
}

static int run(struct asked *asked)
{
	struct pca_schedule_opts opts = { .size = sizeof(opts) };
	struct schedule_list list = { 0 };
	int status = CLI_BAD_INPUT;

	if (!choose(asked, &opts, &list))
		status = run_and_show(asked, &opts);
	schedule_list_free(&list);
	return status;
}

/* ---- searching ---- */

static void tell_found(const struct asked *asked, const struct pca_search_result *result)
{
	/* Attempts before the first that counts; how many more were under way is chance. */
	uint64_t nr = asked->args->is_exhaustive ? result->nr_schedules : result->attempt + 1;
	char count[COUNT_TEXT];

	printf("After %s schedule%s an invariant is broken, by %" PRIu32 " preemption%s%s:\n\n",
	       count_text(count, nr), plural_s(nr), result->nr_preemptions,
	       plural_s(result->nr_preemptions),
	       result->nr_found > result->nr_preemptions ? ", shrunk from more" : "");
	if (asked->args->is_exhaustive || !result->attempt)
		return;
	printf("(as it was found: pcasim schedule run ... --schedule seed=%" PRIu64 ")\n\n",
	       result->seed);
}

static void tell_nothing_found(const struct asked *asked, const struct pca_search_result *result)
{
	char count[COUNT_TEXT];

	count_text(count, result->nr_schedules);
	if (result->is_complete)
		printf("All %s schedule%s with at most %" PRIu32 " preemption%s: every invariant "
		       "holds in each.\n",
		       count, plural_s(result->nr_schedules), asked->question.most_preemptions,
		       plural_s(asked->question.most_preemptions));
	else
		printf("%s schedules tried: every invariant held. There may be others%s.\n", count,
		       asked->args->is_exhaustive ? "; --schedules sets how many are tried"
						  : "; --exhaustive tries all");
	if (asked->args->output || asked->args->timeline)
		printf("Nothing is written to %s%s%s.\n",
		       asked->args->output ? asked->args->output : "",
		       asked->args->output && asked->args->timeline ? " and " : "",
		       asked->args->timeline ? asked->args->timeline : "");
}

static void result_json(const struct asked *asked, const struct pca_search_result *result)
{
	json_count("schedules", result->nr_schedules);
	json_bool("complete", result->is_complete);
	json_bool("broken", result->is_broken);
	if (!result->is_broken || asked->args->is_exhaustive)
		return;
	json_count("attempt", result->attempt);
	json_count("seed", result->seed);
}

static int search(struct asked *asked)
{
	const struct schedule_showing showing = showing_of(asked);
	struct pca_search_result result;
	int err = schedule_search(&asked->question, &result), status = CLI_OK;

	if (err) {
		cli_error("the search ended early: %s", pca_strerror(err));
		return CLI_BAD_INPUT;
	}
	if (asked->args->is_json) {
		json_open(NULL, '{');
		result_json(asked, &result);
	} else if (result.is_broken) {
		tell_found(asked, &result);
	} else {
		tell_nothing_found(asked, &result);
	}
	if (result.is_broken) {
		const struct pca_schedule_opts opts = {
			.size = sizeof(opts),
			.policy = PCA_SCHEDULE_LIST,
			.switches = result.switches,
			.nr_switches = result.nr_switches,
		};

		status = schedule_show(&showing, &opts);
	}
	if (asked->args->is_json)
		json_close('}');
	pca_search_result_free(&result);
	return status;
}

int cmd_schedule(int argc, char **argv)
{
	struct schedule_args args = {
		.machine = { .run_mode = PCA_INLINE, .has_contexts = true },
		.seed = NOT_GIVEN,
		.most_schedules = NOT_GIVEN,
		.most_preemptions = NOT_GIVEN,
		.repeat = NOT_GIVEN,
	};
	struct asked *asked = calloc(1, sizeof(*asked));
	int status = CLI_BAD_INPUT;

	if (!asked)
		cli_error("out of memory");
	else if (!parse(&args, argc, argv) && !prepare(asked, &args))
		status = args.is_search ? search(asked) : run(asked);
	if (asked)
		forget(asked);
	free(asked);
	return status;
}
