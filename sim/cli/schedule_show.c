// SPDX-License-Identifier: MIT
/*
 * Runs of one schedule, with all steps recorded.
 */
#include "schedule_show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "cli.h"
#include "json.h"
#include "prog_run.h"
#include "schedule_record.h"
#include "schedule_text.h"
#include "term.h"

/* ---- what is asked ---- */

/* Printed or as the beginning of an object of JSON; the end of the line is the caller's. */
static void tell_verdict(const struct schedule_showing *showing, bool holds, const char *text)
{
	if (showing->is_json) {
		json_open(NULL, '{');
		json_text("text", text);
		json_bool("holds", holds);
	} else {
		printf("%s%s%s: %s", holds ? colours->green : colours->red,
		       holds ? "holds" : "broken", colours->off, text);
	}
}

static void tell_sides(const struct schedule_showing *showing, const char *sides)
{
	if (showing->is_json)
		json_text("sides", sides);
	else
		printf("  (%s)", sides);
}

static void end_verdict(const struct schedule_showing *showing)
{
	if (showing->is_json)
		json_close('}');
	else
		putchar('\n');
}

static bool tell_predicate(const struct schedule_showing *showing,
			   struct world_predicate *predicate)
{
	char how[64];
	int err, retval;
	bool holds = schedule_predicate_holds(predicate, &err, &retval);

	if (err)
		snprintf(how, sizeof(how), "was stopped: %s", pca_errno_name(err));
	else
		snprintf(how, sizeof(how), "returned %d", retval);
	tell_verdict(showing, holds, predicate->name);
	tell_sides(showing, how);
	end_verdict(showing);
	return holds;
}

/* What nobody has to ask for. Whether it was not. */
static bool tell_stopped(const struct schedule_showing *showing, uint32_t actor)
{
	const struct pca_schedule *schedule = showing->world->schedule;
	char text[SPEC_NAME_BYTES + 16];

	if (!schedule_actor_was_stopped(showing->world, actor))
		return true;
	snprintf(text, sizeof(text), "%s is not stopped", pca_schedule_actor_name(schedule, actor));
	tell_verdict(showing, false, text);
	tell_sides(showing, pca_errno_name(pca_schedule_actor_error(schedule, actor)));
	end_verdict(showing);
	return false;
}

/* ---- invariants ---- */

/* Behind the invariant itself if it is one condition, else on lines of their own. */
static void print_cause(void *arg, const struct invariant_cause *cause)
{
	const struct invariant *invariant = arg;

	if (invariant_is_simple(invariant))
		printf("  (%s)", cause->found);
	else
		printf("\n        %s  (%s)", cause->text, cause->found);
}

static void cause_json(void *arg, const struct invariant_cause *cause)
{
	(void)arg;
	json_open(NULL, '{');
	json_text("condition", cause->text);
	json_text("found", cause->found);
	json_close('}');
}

static bool tell_invariant(const struct schedule_showing *showing,
			   const struct invariant *invariant)
{
	const struct invariant_values values = schedule_values(showing->world);
	bool holds = invariant_holds(invariant, &values);
	char sides[INVARIANT_SIDES_BYTES];

	tell_verdict(showing, holds, invariant_text(invariant));
	invariant_sides(invariant, &values, sides);
	if (*sides && (holds || showing->is_json))
		tell_sides(showing, sides);
	if (showing->is_json) {
		json_open("causes", '[');
		invariant_explain(invariant, &values, cause_json, NULL);
		json_close(']');
	} else {
		invariant_explain(invariant, &values, print_cause, (void *)(uintptr_t)invariant);
	}
	end_verdict(showing);
	return holds;
}

static bool tell_invariants(const struct schedule_showing *showing)
{
	const struct schedule_question *question = showing->question;
	bool all_hold = true;

	for (size_t i = 0; i < question->nr_invariants; i++)
		all_hold &= tell_invariant(showing, question->invariants[i]);
	for (uint32_t i = 0; i < showing->world->nr_actors; i++)
		all_hold &= tell_stopped(showing, i);
	for (size_t i = 0; i < showing->world->nr_predicates; i++)
		all_hold &= tell_predicate(showing, &showing->world->predicates[i]);
	return all_hold;
}

/* ---- a run ---- */

static int write_list(const struct schedule_showing *showing,
		      const struct pca_schedule_result *result)
{
	const char *path = showing->output;
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
				    pca_schedule_actor_name(showing->world->schedule, entry->actor),
				    entry->is_preemption ? "a preemption" : NULL);
	}
	if (fclose(out)) {
		cli_error("-o %s: %s", path, strerror(errno));
		return -1;
	}
	return 0;
}

static int show(const struct schedule_showing *showing, const struct schedule_record *record,
		const struct pca_schedule_result *result, bool *all_hold)
{
	const struct schedule_world *world = showing->world;
	int err;

	if (showing->is_json) {
		json_count("points", result->nr_points);
		json_count("preemptions", result->nr_preemptions);
		schedule_record_json(record);
		json_open("invariants", '[');
		*all_hold = tell_invariants(showing);
		json_close(']');
		return prog_dump_maps_json(&world->session, world->object);
	}
	schedule_record_print(record);
	printf("\n%" PRIu64 " point%s, %" PRIu32 " preemption%s\n", result->nr_points,
	       plural_s(result->nr_points), result->nr_preemptions,
	       plural_s(result->nr_preemptions));
	err = prog_dump_maps(&world->session, world->object);
	putchar('\n');
	*all_hold = tell_invariants(showing);
	return err;
}

/* From the beginning. 0, or -errno after a message. */
static int run_recorded(struct schedule_world *world, const struct pca_schedule_opts *opts,
			struct schedule_record *record, struct pca_schedule_result *result)
{
	int err;

	*result = (struct pca_schedule_result){ .size = sizeof(*result) };
	schedule_world_reset(world);
	schedule_record_begin(record, world);
	err = pca_schedule_run(world->schedule, opts, result);
	schedule_record_end(record);
	return err;
}

int schedule_show(const struct schedule_showing *showing, const struct pca_schedule_opts *opts)
{
	struct pca_schedule_result result;
	struct schedule_record record;
	bool all_hold = true;
	int err = run_recorded(showing->world, opts, &record, &result);

	if (!err)
		err = show(showing, &record, &result, &all_hold);
	if (!err)
		err = write_list(showing, &result);
	if (!err && showing->timeline)
		err = schedule_record_write(&record, showing->timeline);
	schedule_record_free(&record);
	if (err)
		return CLI_BAD_INPUT;
	return all_hold ? CLI_OK : CLI_DIFFERENCES;
}

/* ---- many runs ---- */

/* All that --json shows of a run; NULL after a line on stderr. */
static char *outcome(const struct schedule_showing *showing, const struct pca_schedule_opts *opts)
{
	struct schedule_showing quiet = {
		.question = showing->question,
		.world = showing->world,
		.is_json = true,
	};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int status;

	if (!out) {
		cli_error("out of memory");
		return NULL;
	}
	cli_hush_messages(true);
	json_set_output(out);
	json_open(NULL, '{');
	status = schedule_show(&quiet, opts);
	json_close('}');
	json_set_output(NULL);
	cli_hush_messages(false);
	if (fclose(out) || status == CLI_BAD_INPUT) {
		free(text);
		return NULL;
	}
	return text;
}

/* The first line that is another one. */
static void tell_difference(const char *first, const char *other, uint64_t run)
{
	size_t line = 0;

	for (size_t i = 0; first[i] && first[i] == other[i]; i++) {
		if (first[i] == '\n')
			line = i + 1;
	}
	cli_error("run %" PRIu64 " is not like the first: \"%.*s\", there it was \"%.*s\"; "
		  "something besides the schedule decides",
		  run, (int)strcspn(other + line, "\n"), other + line,
		  (int)strcspn(first + line, "\n"), first + line);
}

int schedule_repeat(const struct schedule_showing *showing, const struct pca_schedule_opts *opts,
		    uint64_t times)
{
	char *first = outcome(showing, opts);
	int status = first ? CLI_OK : CLI_BAD_INPUT;

	for (uint64_t run = 2; status == CLI_OK && run <= times; run++) {
		char *other = outcome(showing, opts);

		if (!other) {
			status = CLI_BAD_INPUT;
		} else if (strcmp(first, other) != 0) {
			status = CLI_DIFFERENCES;
			progress_clear();
			tell_difference(first, other, run);
		}
		free(other);
		if (progress_is_shown())
			progress_show("runs", (double)run / (double)times);
	}
	progress_clear();
	free(first);
	return status;
}
