/* SPDX-License-Identifier: MIT */
/*
 * Tries all the ways in which a packet can come in while a system call is recorded on the
 * same CPU, until one leaves an event that is not of its kind.
 */
#include <pcasim/pcasim.h>
#include <stdio.h>
#include <stdlib.h>
#include "event.h"

struct world {
	struct pca_machine *machine;
	struct pca_task *task;
	struct pca_object *object;
	struct pca_schedule *schedule;
	void *packet;
	uint64_t arguments[12];
};

static struct pca_prog *program(const struct world *world, const char *name)
{
	return pca_object_find_prog(world->object, name)->prog;
}

/* A machine with one CPU, on which both programs run. arg is the object's file. */
static int open_world(void *arg, void **opened, struct pca_schedule **schedule)
{
	const struct pca_machine_opts one_cpu = { .possible = "0",
						  .run_mode = PCA_INLINE,
						  .has_contexts = true };
	static const unsigned char packet[64];
	struct world *world = calloc(1, sizeof(*world));

	*opened = world;
	if (!world || pca_machine_create(&world->machine, &one_cpu) ||
	    pca_task_create(&world->task, world->machine, NULL) ||
	    pca_object_open(&world->object, world->task, arg, NULL) ||
	    pca_packet_ctx_create(&world->packet, program(world, "on_packet"), packet, 64) ||
	    pca_schedule_create(&world->schedule, world->machine))
		exit(1);
	*schedule = world->schedule;
	pca_schedule_add_run(*schedule, NULL, program(world, "on_call"), 0, world->arguments, 1);
	pca_schedule_add_run(*schedule, NULL, program(world, "on_packet"), 0, world->packet, 1);
	return 0;
}

static void close_world(void *arg, void *opened)
{
	struct world *world = opened;

	(void)arg;
	pca_schedule_destroy(world->schedule);
	pca_packet_ctx_free(world->packet);
	pca_object_close(world->object);
	pca_machine_destroy(world->machine);
	free(world);
}

static bool events_are_of_their_kind(void *arg, void *opened)
{
	struct pca_map_ref *events =
		pca_object_find_map(((struct world *)opened)->object, "last_events")->map;

	(void)arg;
	for (uint32_t kind = 0; kind < NR_KINDS; kind++) {
		const struct event *event = pca_map_peek(events, 0, kind);

		if (event->kind != kind)
			return false;
	}
	return true;
}

static void print_step(void *arg, const struct pca_schedule_step *step)
{
	const char *name = pca_schedule_actor_name(arg, step->actor);

	if (step->ends || (step->helper && !step->is_after))
		printf("%*s%-10s %s\n", step->context == PCA_CONTEXT_TASK ? 0 : 24, "", name,
		       step->ends ? "ends" : step->helper);
}

/* Once more, the same way, telling each step. */
static void replay(const char *file, const struct pca_search_result *found)
{
	const struct pca_schedule_opts as_found = { .policy = PCA_SCHEDULE_LIST,
						    .switches = found->switches,
						    .nr_switches = found->nr_switches };
	struct pca_schedule *schedule;
	void *world;

	open_world((void *)file, &world, &schedule);
	pca_schedule_watch(schedule, print_step, schedule);
	pca_schedule_run(schedule, &as_found, NULL);
	close_world(NULL, world);
}

int main(int argc, char **argv)
{
	const char *file = argc > 1 ? argv[1] : "scratch.so";
	const struct pca_search_opts all = {
		.open = open_world,
		.holds = events_are_of_their_kind,
		.close = close_world,
		.arg = (void *)file,
		.is_exhaustive = true,
		.most_preemptions = 64, /* more than there are steps */
		.nr_threads = 1,
	};
	struct pca_search_result found = { 0 };

	if (pca_schedule_search(&all, &found))
		return 2;
	if (!found.is_broken && found.is_complete)
		printf("all ways end with events of their kind\n");
	if (!found.is_broken)
		return 0;
	printf("one of the ways ends with an event of another kind:\n");
	replay(file, &found);
	pca_search_result_free(&found);
	return 1;
}
