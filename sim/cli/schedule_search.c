// SPDX-License-Identifier: MIT
/*
 * pcasim schedule search: worlds that are all alike, on all of the host's CPUs.
 */
#include "schedule_search.h"

#include <stdio.h>

#include <pcasim/search.h>

#include "term.h"

bool schedule_holds(const struct schedule_question *question, struct schedule_world *world)
{
	const struct invariant_values values = schedule_values(world);

	for (size_t i = 0; i < question->nr_invariants; i++) {
		if (!invariant_holds(question->invariants[i], &values))
			return false;
	}
	for (uint32_t i = 0; i < world->nr_actors; i++) {
		if (schedule_actor_was_stopped(world, i))
			return false;
	}
	for (size_t i = 0; i < world->nr_predicates; i++) {
		int err, retval;

		if (!schedule_predicate_holds(&world->predicates[i], &err, &retval))
			return false;
	}
	return true;
}

static int open_world(void *arg, void **world, struct pca_schedule **schedule)
{
	const struct schedule_question *question = arg;
	struct schedule_world *opened;
	int err = schedule_world_open(&opened, question->setup);

	if (err)
		return err;
	*world = opened;
	*schedule = opened->schedule;
	return 0;
}

static void reset_world(void *arg, void *world)
{
	(void)arg;
	schedule_world_reset(world);
}

static bool holds(void *arg, void *world)
{
	return schedule_holds(arg, world);
}

static void close_world(void *arg, void *world)
{
	(void)arg;
	schedule_world_close(world);
}

/* Of an exhaustive search nobody knows the end. */
static bool show_progress(void *arg, uint64_t tried, uint64_t expected)
{
	char text[80], count[COUNT_TEXT];

	(void)arg;
	if (tried % 64 || !progress_is_shown())
		return true;
	if (expected) {
		progress_show("schedules", (double)tried / (double)expected);
	} else {
		snprintf(text, sizeof(text), "%s schedules tried", count_text(count, tried));
		progress_line(text);
	}
	return true;
}

int schedule_search(const struct schedule_question *question, struct pca_search_result *result)
{
	const struct pca_search_opts opts = {
		.size = sizeof(opts),
		.open = open_world,
		.reset = reset_world,
		.holds = holds,
		.close = close_world,
		.arg = (void *)(uintptr_t)question,
		.seed = question->seed,
		.most_schedules = question->most_schedules,
		.is_exhaustive = question->is_exhaustive,
		.most_preemptions = question->most_preemptions,
		.progress = show_progress,
	};
	int err;

	*result = (struct pca_search_result){ .size = sizeof(*result) };
	cli_hush_messages(true);
	err = pca_schedule_search(&opts, result);
	cli_hush_messages(false);
	progress_clear();
	return err;
}
