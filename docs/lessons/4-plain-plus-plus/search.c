/* SPDX-License-Identifier: MIT */
/*
 * search FILE.so CPU...
 *
 * Runs the program of an object file once on each CPU that is named, all at the same time,
 * in one order of their steps after the other, until what the map "counts" adds up to is
 * not the number of runs. That order it prints.
 */
#include <pcasim/pcasim.h>
#include <stdio.h>
#include <stdlib.h>

#define NR_CPUS 2

static struct { /* from the command line */
	const char *file;
	int nr_runs;
	char **cpus;
} asked;

struct world {
	struct pca_machine *machine;
	struct pca_task *task;
	struct pca_object *object;
	struct pca_schedule *schedule;
	void *ctx;
};

/* A machine, and the runs. */
static int open_world(void *arg, void **opened, struct pca_schedule **schedule)
{
	const struct pca_machine_opts two_cpus = { .possible = "0-1",
						   .release = getenv("PCASIM_RELEASE"),
						   .run_mode = PCA_INLINE,
						   .has_contexts = true };
	struct world *world = calloc(1, sizeof(*world));
	const struct pca_object_prog *program;

	(void)arg;
	*opened = world;
	if (!world || pca_machine_create(&world->machine, &two_cpus) ||
	    pca_task_create(&world->task, world->machine, NULL) ||
	    pca_object_open(&world->object, world->task, asked.file, NULL) ||
	    pca_schedule_create(&world->schedule, world->machine))
		exit(2);
	*schedule = world->schedule;
	world->ctx = calloc(1, 256);
	program = pca_object_next_prog(world->object, NULL);
	for (int i = 0; i < asked.nr_runs; i++)
		pca_schedule_add_run(*schedule, NULL, program->prog, atoi(asked.cpus[i]),
				     world->ctx, 1);
	return 0;
}

static void close_world(void *arg, void *opened)
{
	struct world *world = opened;

	(void)arg;
	pca_schedule_destroy(world->schedule);
	pca_object_close(world->object);
	pca_machine_destroy(world->machine);
	free(world->ctx);
	free(world);
}

static uint64_t *counter_of(const struct world *world, uint32_t cpu)
{
	return pca_map_peek(pca_object_find_map(world->object, "counts")->map, cpu, 0);
}

/* What a reader would add up. */
static int counted(const struct world *world)
{
	uint64_t sum = *counter_of(world, 0);

	if (pca_object_find_map(world->object, "counts")->type == BPF_MAP_TYPE_PERCPU_ARRAY)
		sum += *counter_of(world, 1);
	return (int)sum;
}

static void put_back(void *arg, void *opened)
{
	(void)arg;
	for (uint32_t cpu = 0; cpu < NR_CPUS; cpu++)
		*counter_of(opened, cpu) = 0;
}

static bool all_are_counted(void *arg, void *opened)
{
	(void)arg;
	return counted(opened) == asked.nr_runs;
}

/* What a run is about to do to the counter, a column for each run. */
static void print_step(void *arg, const struct pca_schedule_step *step)
{
	const int column = 20 * (int)step->actor;

	(void)arg;
	if (step->access == PCA_READ)
		printf("%*sCPU %d reads %lu\n", column, "", step->cpu,
		       *(const unsigned long *)step->addr);
	else if (step->access == PCA_WRITE)
		printf("%*sCPU %d writes\n", column, "", step->cpu);
}

/* The order that was found, once to look at and then as often as one likes. */
static void replay(const struct pca_search_result *found)
{
	const struct pca_schedule_opts as_found = { .policy = PCA_SCHEDULE_LIST,
						    .switches = found->switches,
						    .nr_switches = found->nr_switches };
	struct pca_schedule *schedule;
	int nr_again = 0, first;
	void *world;

	open_world(NULL, &world, &schedule);
	pca_schedule_watch(schedule, print_step, NULL);
	pca_schedule_run(schedule, &as_found, NULL);
	first = counted(world);
	pca_schedule_watch(schedule, NULL, NULL);
	for (int i = 0; i < 1000; i++) {
		put_back(NULL, world);
		pca_schedule_run(schedule, &as_found, NULL);
		nr_again += counted(world) == first;
	}
	printf("%d runs, %d counted; the same order again, 1000 times: %d counted in %d\n",
	       asked.nr_runs, first, first, nr_again);
	close_world(NULL, world);
}

int main(int argc, char **argv)
{
	const struct pca_search_opts all_orders = {
		.open = open_world,
		.reset = put_back,
		.holds = all_are_counted,
		.close = close_world,
		.is_exhaustive = true,
		.most_preemptions = 64, /* more than there are steps */
		.nr_threads = 1,
	};
	struct pca_search_result found = { 0 };

	asked.file = argv[1];
	asked.nr_runs = argc - 2;
	asked.cpus = argv + 2;
	if (argc < 3 || pca_schedule_search(&all_orders, &found))
		return 2;
	if (found.is_broken)
		replay(&found);
	else if (found.is_complete)
		printf("%d runs, %d counted in any order\n", asked.nr_runs, asked.nr_runs);
	pca_search_result_free(&found);
	return found.is_broken ? 1 : 0;
}
