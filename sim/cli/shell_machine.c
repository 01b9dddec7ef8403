// SPDX-License-Identifier: MIT
/*
 * The machine of a shell: made, looked at ("cpu"), and made anew with another
 * release ("release").
 */
#include <errno.h>
#include <hwloc.h>
#include <string.h>

#include "hardware.h"
#include "json.h"
#include "machine.h"
#include "shell.h"
#include "term.h"
#include "topology.h"

int shell_open(struct shell *sh)
{
	if (session_open(&sh->session, &sh->machine))
		return -1;
	sh->tasks[0] = (struct shell_task){ "root", sh->session.task, 0,
					    machine_first_online_cpu(sh->session.machine)->id };
	sh->nr_tasks = 1;
	sh->current = 0;
	return 0;
}

/* The first task goes with the session. */
void shell_close(struct shell *sh)
{
	for (size_t i = 1; i < sh->nr_tasks; i++)
		pca_task_destroy(sh->tasks[i].task);
	session_close(&sh->session);
}

/* --- cpu ---------------------------------------------------------------------------------- */

static void print_cpus(const struct pca_machine *machine)
{
	printf("%5s %8s  %-7s %4s\n", "cpu", "ordinal", "state", "node");
	for_each_possible_cpu(machine, cpu)
		printf("%5u %8u  %-7s %4u\n", cpu->id, cpu->ordinal,
		       pca_cpu_is_online(machine, cpu->id) ? "online" : "offline", cpu->numa_node);
}

static void print_cpus_json(const struct pca_machine *machine)
{
	json_open(NULL, '[');
	for_each_possible_cpu(machine, cpu) {
		json_open(NULL, '{');
		json_count("cpu", cpu->id);
		json_count("ordinal", cpu->ordinal);
		json_bool("online", pca_cpu_is_online(machine, cpu->id));
		json_count("node", cpu->numa_node);
		json_close('}');
	}
	json_close(']');
}

/* As Linux moves a task away from a CPU that goes. */
static void move_tasks_from(struct shell *sh, uint32_t cpu)
{
	uint32_t first = machine_first_online_cpu(sh->session.machine)->id;

	for (size_t i = 0; i < sh->nr_tasks; i++) {
		if (sh->tasks[i].cpu == cpu && !pca_task_set_cpu(sh->tasks[i].task, first))
			sh->tasks[i].cpu = first;
	}
}

static int set_one(struct shell *sh, uint32_t cpu, bool online)
{
	int err = pca_cpu_set_online(sh->session.machine, cpu, online);

	if (err == -EINVAL)
		hint_cpu(sh, cpu);
	else if (err == -EBUSY)
		hint_last_cpu(cpu);
	if (err)
		return shell_refused(sh, err, "CPU %u %s", cpu, online ? "online" : "offline");
	if (!online)
		move_tasks_from(sh, cpu);
	return SHELL_OK;
}

static int set_online(struct shell *sh, const char *list, bool online)
{
	hwloc_bitmap_t cpus = hwloc_bitmap_alloc();
	int status = SHELL_OK;

	if (!cpus)
		return shell_refused(sh, -ENOMEM, "cpu");
	if (cpulist_parse(cpus, list, NULL))
		status = shell_bad(
			sh, "cpu " WORD_TEXT " is no list of CPUs such as 0-3 or 0,2-3,7", list);
	for (int cpu = -1; !status && (cpu = hwloc_bitmap_next(cpus, cpu)) >= 0;)
		status = set_one(sh, (uint32_t)cpu, online);
	hwloc_bitmap_free(cpus);
	return status;
}

int shell_cpu(struct shell *sh, struct args *args)
{
	const char *list = args_take(args), *state = args_take(args);
	bool online = word_is(state, "online");

	if (!list) {
		(sh->is_json ? print_cpus_json : print_cpus)(sh->session.machine);
		return SHELL_OK;
	}
	/* "o" alone could be both. */
	if (!state || !(online || word_is(state, "offline")) || !state[1])
		return shell_bad(sh,
				 "cpu %.40s %.40s: say \"cpu LIST online\" or \"cpu LIST "
				 "offline\"",
				 list, state ? state : "");
	return args_end(sh, args) ? SHELL_BAD : set_online(sh, list, online);
}

const struct shell_verb cpu_verbs[] = {
	{ "", NULL, "[LIST online | LIST offline]", "online offline" },
	{ 0 },
};

/* --- release ------------------------------------------------------------------------------ */

static void print_release(const struct shell *sh)
{
	const char *release = pca_machine_release(sh->session.machine);

	if (!sh->is_json) {
		printf("%s\n", release);
		return;
	}
	json_open(NULL, '{');
	json_text("release", release);
	json_close('}');
}

static int count_map(struct shell *sh, struct shell_map *map, void *arg)
{
	++*(unsigned int *)arg;
	map_close(sh, map);
	return SHELL_OK;
}

/* Asked as the first task, who may look through them. */
static unsigned int nr_maps(struct shell *sh)
{
	size_t current = sh->current;
	unsigned int nr = 0;

	sh->current = 0;
	maps_for_each_id(sh, count_map, &nr);
	sh->current = current;
	return nr;
}

/* The new machine stands before the old one goes. What is said of it is no hint. */
static int start_release(struct shell *sh, const char *release)
{
	struct shell before = *sh;

	hints_pass();
	sh->machine.release = release;
	if (shell_open(sh)) {
		*sh = before;
		return shell_refused_text(sh, "the machine of %s cannot be made", release);
	}
	shell_close(&before);
	return SHELL_OK;
}

int shell_release(struct shell *sh, struct args *args)
{
	const char *word = args_take(args);
	const struct release *release = word && *word ? release_find(word) : NULL;
	bool resets = word && args_take_if(args, "reset");
	unsigned int nr;

	if (!word) {
		print_release(sh);
		return SHELL_OK;
	}
	if (args_end(sh, args))
		return SHELL_BAD;
	if (!release)
		return shell_bad(sh,
				 "release " WORD_TEXT " is not simulated; \"pcasim releases\" "
				 "lists what is",
				 word);
	if (sh->timeline)
		return shell_refused_text(sh, "a timeline is of one machine: take another shell");
	nr = nr_maps(sh);
	if (nr && !resets)
		return shell_refused_text(sh,
					  "a new machine has nothing of this one, whose %u map%s "
					  "would be gone; \"release %s reset\" means it",
					  nr, plural_s(nr), release->name);
	return start_release(sh, release->name);
}
