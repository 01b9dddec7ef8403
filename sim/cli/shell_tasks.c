// SPDX-License-Identifier: MIT
/*
 * "task": who gives the commands. Tasks differ in capabilities, in the CPU that they
 * are on, and in what they hold open.
 */
#include <errno.h>
#include <string.h>

#include "json.h"
#include "shell.h"

static const struct named_bits caps[] = {
	{ "bpf", PCA_CAP_BPF },
	{ "perfmon", PCA_CAP_PERFMON },
	{ "net_admin", PCA_CAP_NET_ADMIN },
	{ "sys_admin", PCA_CAP_SYS_ADMIN },
	{ "dac_override", PCA_CAP_DAC_OVERRIDE },
	{ "all", ~0ULL }, /* the last one */
	{ NULL, 0 },
};

#define NR_SINGLE_CAPS (sizeof(caps) / sizeof(caps[0]) - 2)

static struct shell_task *find_task(struct shell *sh, const char *name)
{
	for (size_t i = 0; i < sh->nr_tasks; i++) {
		if (!strcmp(sh->tasks[i].name, name))
			return &sh->tasks[i];
	}
	return NULL;
}

static int take_task(struct shell *sh, struct args *args, struct shell_task **task)
{
	const char *name;
	int status = args_take_text(sh, args, "the task's name", &name);

	if (!status)
		status = args_end(sh, args);
	if (status)
		return status;
	*task = find_task(sh, name);
	return *task ? SHELL_OK
		     : shell_refused_text(sh, "there is no task " WORD_TEXT "; \"task\" lists them",
					  name);
}

/* --- The list ----------------------------------------------------------------------------- */

static void print_dropped(uint64_t dropped)
{
	const char *separator = "all but ";

	if (!dropped || dropped == ~0ULL) {
		fputs(dropped ? "none" : "all", stdout);
		return;
	}
	for (size_t i = 0; i < NR_SINGLE_CAPS; i++) {
		if (dropped & caps[i].bits) {
			printf("%s%s", separator, caps[i].name);
			separator = ",";
		}
	}
}

static void print_tasks(const struct shell *sh)
{
	printf("  %-*s %5s %5s  %s\n", SHELL_NAME_BYTES - 1, "task", "cpu", "fds", "capabilities");
	for (size_t i = 0; i < sh->nr_tasks; i++) {
		const struct shell_task *task = &sh->tasks[i];

		printf("%c %-*s %5u %5u  ", i == sh->current ? '*' : ' ', SHELL_NAME_BYTES - 1,
		       task->name, task->cpu, pca_task_open_fds(task->task));
		print_dropped(task->dropped_caps);
		putchar('\n');
	}
}

static void print_tasks_json(const struct shell *sh)
{
	json_open(NULL, '[');
	for (size_t i = 0; i < sh->nr_tasks; i++) {
		const struct shell_task *task = &sh->tasks[i];

		json_open(NULL, '{');
		json_text("name", task->name);
		json_bool("current", i == sh->current);
		json_count("cpu", task->cpu);
		json_count("fds", pca_task_open_fds(task->task));
		json_open("dropped", '[');
		for (size_t c = 0; c < NR_SINGLE_CAPS; c++) {
			if (task->dropped_caps & caps[c].bits)
				json_text(NULL, caps[c].name);
		}
		json_close(']');
		json_close('}');
	}
	json_close(']');
}

/* --- new, use, cpu, end ------------------------------------------------------------------- */

static int take_caps(struct shell *sh, struct args *args, uint64_t *dropped)
{
	const char *word, *bad;
	int length, status;

	if (!args->nr)
		return SHELL_OK;
	if (!args_take_if(args, "drop"))
		return shell_bad(sh, WORD_TEXT " is not understood; there is drop", args->word[0]);
	status = args_take_text(sh, args, "a capability", &word);
	if (status)
		return status;
	bad = parse_bits(word, caps, dropped, &length);
	if (!bad)
		return args_end(sh, args);
	return shell_bad(sh,
			 "there is no capability \"%.*s\"; there are bpf, perfmon, net_admin, "
			 "sys_admin, dac_override and all",
			 length, bad);
}

static int check_new_name(struct shell *sh, const char *name)
{
	size_t len = strlen(name);

	if (!len || len >= SHELL_NAME_BYTES ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")])
		return shell_bad(sh,
				 "a task's name has 1 to %d letters, digits and _.-, " WORD_TEXT
				 " does not",
				 SHELL_NAME_BYTES - 1, name);
	if (find_task(sh, name))
		return shell_refused_text(sh, "there is a task " WORD_TEXT " already", name);
	if (sh->nr_tasks == SHELL_MOST_TASKS)
		return shell_refused_text(sh, "there are %d tasks, and no room for more",
					  SHELL_MOST_TASKS);
	return SHELL_OK;
}

static int task_new(struct shell *sh, struct args *args)
{
	struct shell_task task = { .cpu = sh->tasks[sh->current].cpu };
	struct pca_task_opts opts = { .comm = task.name };
	const char *name;
	int err, status = args_take_text(sh, args, "the task's name", &name);

	if (!status)
		status = check_new_name(sh, name);
	if (!status)
		status = take_caps(sh, args, &task.dropped_caps);
	if (status)
		return status;
	strcpy(task.name, name);
	opts.dropped_caps = task.dropped_caps;
	err = pca_task_create(&task.task, sh->session.machine, &opts);
	if (err)
		return shell_refused(sh, err, "task new");
	pca_task_set_cpu(task.task, task.cpu);
	sh->tasks[sh->nr_tasks++] = task;
	return SHELL_OK;
}

static int task_use(struct shell *sh, struct args *args)
{
	struct shell_task *task;
	int status = take_task(sh, args, &task);

	if (!status)
		sh->current = (size_t)(task - sh->tasks);
	return status;
}

static int task_cpu(struct shell *sh, struct args *args)
{
	uint64_t cpu;
	int err, status = args_take_number(sh, args, "cpu", UINT32_MAX, &cpu);

	if (!status)
		status = args_end(sh, args);
	if (status)
		return status;
	err = pca_task_set_cpu(shell_task(sh), (uint32_t)cpu);
	if (err)
		hint_cpu(sh, (uint32_t)cpu);
	if (err)
		return shell_refused(sh, err, "moving the task to CPU %u", (uint32_t)cpu);
	sh->tasks[sh->current].cpu = (uint32_t)cpu;
	return SHELL_OK;
}

/* Those behind it move up; the first task stays, and is the next current one. */
static int task_end(struct shell *sh, struct args *args)
{
	struct shell_task *task;
	size_t index;
	int status = take_task(sh, args, &task);

	if (status)
		return status;
	index = (size_t)(task - sh->tasks);
	if (!index)
		return shell_refused_text(sh, "root, the first task, cannot end");
	pca_task_destroy(task->task);
	sh->nr_tasks--;
	memmove(task, task + 1, (sh->nr_tasks - index) * sizeof(*task));
	if (sh->current >= index)
		sh->current = sh->current == index ? 0 : sh->current - 1;
	return SHELL_OK;
}

const struct shell_verb task_verbs[] = {
	{ "new", task_new, "NAME [drop CAP,...]", "drop" },
	{ "use", task_use, "NAME", "" },
	{ "cpu", task_cpu, "N", "" },
	{ "end", task_end, "NAME", "" },
	{ 0 },
};

int shell_tasks(struct shell *sh, struct args *args)
{
	const char *word = args_take(args);
	const struct shell_verb *verb = shell_find_verb(task_verbs, word);

	if (!word) {
		(sh->is_json ? print_tasks_json : print_tasks)(sh);
		return SHELL_OK;
	}
	return verb ? verb->run(sh, args) : shell_unknown_verb(sh, "task", task_verbs, word);
}
