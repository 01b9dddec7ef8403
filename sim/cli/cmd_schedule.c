// SPDX-License-Identifier: MIT
/*
 * pcasim schedule: programs of an object file and commands, in an order that a seed or a
 * file decides, and the search for one that breaks an invariant.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>
#include <pcasim/helpers.h>

#include "cli.h"
#include "json.h"
#include "options.h"
#include "prog_run.h"
#include "schedule_record.h"
#include "schedule_search.h"
#include "schedule_text.h"
#include "term.h"

const char schedule_usage[] =
	"usage: pcasim schedule run FILE.so ACTOR... [--schedule HOW] [OPTION]...\n"
	"       pcasim schedule search FILE.so ACTOR... --invariant TEXT [OPTION]...\n"
	"\n"
	"Run programs of an object file, interrupts and commands one step at a time, and\n"
	"show each step; or try schedules until an invariant breaks, and show the one\n"
	"with the fewest preemptions. Programs that \"pcasim cc --checked\" has made can be\n"
	"left before each access, others at helpers only.\n"
	"\n"
	"  --run NAME@CPU[xN]        a program, N times, in the context of its type\n"
	"  --interrupt NAME@CPU[:softirq|:hardirq|:nmi][xN]\n"
	"                            the same, as an interrupt that may come in\n"
	"  --command \"lookup MAP KEY\" | \"update MAP KEY VALUE [cpu N | all]\" | ...\n"
	"                            a task that gives commands, separated by \";\"\n"
	"  --init COMMAND            what the maps hold before, by commands\n"
	"  --invariant TEXT          such as \"sum(counts[0]) == 2\"; all have to hold\n"
	"  --schedule order|random|seed=N|FILE\n"
	"                            of run: who goes on; order by default\n"
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
	"Exit status: 0 when the invariants held, 1 when one is broken, 2 for bad input.\n";

#define DEFAULT_PREEMPTIONS 2

struct schedule_args {
	struct pca_machine_opts machine;
	struct option_list actors, init, invariants;
	const char *file, *schedule, *output, *timeline, *preemption;
	uint64_t seed, most_schedules, most_preemptions;
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

static int check(const struct schedule_args *args)
{
	if (!args->actors.nr) {
		cli_error("nobody takes part; say who: --run NAME@CPU, --interrupt NAME@CPU or "
			  "--command \"lookup MAP KEY\"");
		return -1;
	}
	if (args->actors.nr > PCA_MAX_ACTORS) {
		cli_error("%zu take part, %d are the most", args->actors.nr, PCA_MAX_ACTORS);
		return -1;
	}
	if (args->is_search && !args->invariants.nr) {
		cli_error("search takes --invariant, such as \"sum(counts[0]) == 2\"");
		return -1;
	}
	if (args->is_search && args->schedule) {
		cli_error("--schedule is of run; search takes --seed");
		return -1;
	}
	return 0;
}

static int parse(struct schedule_args *args, int argc, char **argv)
{
	const struct cli_option options[] = {
		kernel_option,
		{ "run", OPTION_LIST, &args->actors, 0, 0 },
		{ "interrupt", OPTION_LIST, &args->actors, 0, 0 },
		{ "command", OPTION_LIST, &args->actors, 0, 0 },
		{ "init", OPTION_LIST, &args->init, 0, 0 },
		{ "invariant", OPTION_LIST, &args->invariants, 0, 0 },
		{ "schedule", OPTION_TEXT, &args->schedule, 0, 0 },
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
	}
	asked->args = args;
	asked->setup = (struct schedule_setup){
		.file = args->file,
		.machine = args->machine,
		.actors = asked->actors,
		.nr_actors = (uint32_t)args->actors.nr,
		.init = asked->init,
		.nr_init = (uint32_t)args->init.nr,
	};
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
		.seed = args->seed,
		.most_schedules = args->most_schedules,
		.is_exhaustive = args->is_exhaustive,
		.most_preemptions = (uint32_t)args->most_preemptions,
	};
	return 0;
}

static void forget(struct asked *asked)
{
	for (size_t i = 0; i < MOST_IN_LIST; i++)
		invariant_free(asked->invariants[i]);
	if (asked->world)
		schedule_world_close(asked->world);
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

	schedule_world_reset(asked->world);
	if (pca_schedule_run(asked->world->schedule, NULL, &result))
		return -1;
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
		if (errno || end == how + 5 || *end) {
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

/* ---- showing one ---- */

static bool tell_invariants(struct asked *asked)
{
	const struct invariant_values values = schedule_values(asked->world);
	bool all_hold = true;

	for (size_t i = 0; i < asked->question.nr_invariants; i++) {
		const struct invariant *invariant = asked->invariants[i];
		bool holds = invariant_holds(invariant, &values);
		char sides[INVARIANT_SIDES_BYTES];

		all_hold &= holds;
		invariant_sides(invariant, &values, sides);
		if (asked->args->is_json) {
			json_open(NULL, '{');
			json_text("text", invariant_text(invariant));
			json_bool("holds", holds);
			json_text("sides", sides);
			json_close('}');
		} else {
			printf("%s%s%s: %s  (%s)\n", holds ? colours->green : colours->red,
			       holds ? "holds" : "broken", colours->off, invariant_text(invariant),
			       sides);
		}
	}
	return all_hold;
}

static int write_list(const struct asked *asked, const struct pca_schedule_result *result)
{
	const char *path = asked->args->output;
	FILE *out;

	if (!path)
		return 0;
	out = fopen(path, "w");
	if (!out) {
		cli_error("-o %s: %s", path, strerror(errno));
		return -1;
	}
	for (size_t i = 0; i < result->nr_switches; i++) {
		const struct pca_switch *entry = &result->switches[i];

		schedule_text_write(out, entry,
				    pca_schedule_actor_name(asked->world->schedule, entry->actor),
				    entry->is_preemption ? "a preemption" : NULL);
	}
	if (fclose(out)) {
		cli_error("-o %s: %s", path, strerror(errno));
		return -1;
	}
	return 0;
}

static int show(struct asked *asked, const struct schedule_record *record,
		const struct pca_schedule_result *result, bool *all_hold)
{
	int err;

	if (asked->args->is_json) {
		json_count("points", result->nr_points);
		json_count("preemptions", result->nr_preemptions);
		json_open("steps", '[');
		schedule_record_json(record);
		json_close(']');
		json_open("invariants", '[');
		*all_hold = tell_invariants(asked);
		json_close(']');
		return prog_dump_maps_json(&asked->world->session, asked->world->object);
	}
	schedule_record_print(record);
	printf("\n%" PRIu64 " points, %" PRIu32 " preemption%s\n", result->nr_points,
	       result->nr_preemptions, plural_s(result->nr_preemptions));
	err = prog_dump_maps(&asked->world->session, asked->world->object);
	if (asked->question.nr_invariants)
		putchar('\n');
	*all_hold = tell_invariants(asked);
	return err;
}

/* Run it with all steps recorded, show it, write what is to be written. */
static int run_shown(struct asked *asked, const struct pca_schedule_opts *opts)
{
	struct pca_schedule_result result = { .size = sizeof(result) };
	struct schedule_record record = { 0 };
	bool all_hold = true;
	int err;

	schedule_world_reset(asked->world);
	schedule_record_begin(&record, asked->world);
	err = pca_schedule_run(asked->world->schedule, opts, &result);
	schedule_record_end(&record);
	if (!err)
		err = show(asked, &record, &result, &all_hold);
	if (!err)
		err = write_list(asked, &result);
	if (!err && asked->args->timeline)
		err = schedule_record_write(&record, asked->args->timeline);
	schedule_record_free(&record);
	if (err)
		return CLI_BAD_INPUT;
	return all_hold ? CLI_OK : CLI_DIFFERENCES;
}

static int run(struct asked *asked)
{
	struct pca_schedule_opts opts = { .size = sizeof(opts) };
	struct schedule_list list = { 0 };
	int status = CLI_BAD_INPUT;

	if (!choose(asked, &opts, &list)) {
		if (asked->args->is_json)
			json_open(NULL, '{');
		status = run_shown(asked, &opts);
		if (asked->args->is_json)
			json_close('}');
	}
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
	printf("(attempt %" PRIu64 " of seed %" PRIu64 "; as it was found: pcasim schedule run "
	       "... --schedule seed=%" PRIu64 ")\n\n",
	       result->attempt, asked->question.seed, result->seed);
}

static void tell_nothing_found(const struct asked *asked, const struct pca_search_result *result)
{
	char count[COUNT_TEXT];

	count_text(count, result->nr_schedules);
	if (result->is_complete)
		printf("All %s schedules with at most %" PRIu32 " preemption%s: every invariant "
		       "holds in each.\n",
		       count, asked->question.most_preemptions,
		       plural_s(asked->question.most_preemptions));
	else
		printf("%s schedules tried: every invariant held. There may be others%s.\n", count,
		       asked->args->is_exhaustive ? "; --schedules sets how many are tried"
						  : "; --exhaustive tries all");
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

		status = run_shown(asked, &opts);
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
		.seed = 1,
		.most_preemptions = DEFAULT_PREEMPTIONS,
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
