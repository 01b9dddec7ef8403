// SPDX-License-Identifier: MIT
/*
 * The current task: whom the libbpf shapes act for.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/pcasim.h>

#include "message.h"
#include "task.h"

__thread struct pca_task *thread_task;

/* The process's own, made at first use and kept until exit. */
static struct {
	pthread_mutex_t lock; /* until task is there */
	struct pca_machine *machine;
	struct pca_task *task; /* atomic: an acquire of it sees all that it needs */
	int err;	       /* why there is none */
} process = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* Is the variable set to 1? Anything but 0 and 1 is told and counts as 0. */
static bool env_flag(const char *name)
{
	const char *value = env(name);

	if (value && strcmp(value, "0") && strcmp(value, "1"))
		message_warning("%s=%s: give 1 or 0; taken as 0", name, value);
	return value && !strcmp(value, "1");
}

/* A number above 0. Anything else is told and counts as not set, which is 0. */
static uint64_t env_number(const char *name)
{
	const char *value = env(name);
	uint64_t number;
	char *end;

	if (!value)
		return 0;
	errno = 0;
	number = strtoull(value, &end, 0);
	if (*value >= '0' && *value <= '9' && !*end && !errno && number)
		return number;
	message_warning("%s=%s: give a number above 0; taken as not set", name, value);
	return 0;
}

static void make_process_task(void)
{
	struct pca_machine_opts machine_opts = {
		.size = sizeof(machine_opts),
		.topology = env("PCASIM_TOPOLOGY"),
		.possible = env("PCASIM_POSSIBLE"),
		.online = env("PCASIM_ONLINE"),
		.release = env("PCASIM_RELEASE"),
		.run_mode = env_flag("PCASIM_INLINE") ? PCA_INLINE : PCA_WORKERS,
		.no_hints = env("PCASIM_HINTS") && !env_flag("PCASIM_HINTS"),
		.poison_padding = env_flag("PCASIM_POISON_PADDING"),
		.most_steps = env_number("PCASIM_STEPS"),
	};
	struct pca_task_opts task_opts = {
		.size = sizeof(task_opts),
		.memory = env_flag("PCASIM_CHECKED") ? PCA_CHECKED : PCA_DIRECT,
	};
	struct pca_task *task;

	process.err = pca_machine_create(&process.machine, &machine_opts);
	if (process.err)
		return;
	process.err = pca_task_create(&task, process.machine, &task_opts);
	if (!process.err) {
		__atomic_store_n(&process.task, task, __ATOMIC_RELEASE);
		return;
	}
	pca_machine_destroy(process.machine);
	process.machine = NULL;
}

/* Another time only for what may pass: a bad variable stays bad, and was told of. */
static struct pca_task *find_process_task(void)
{
	pthread_mutex_lock(&process.lock);
	if (!process.task && (!process.err || process.err == -ENOMEM))
		make_process_task();
	if (!process.task)
		errno = -process.err;
	pthread_mutex_unlock(&process.lock);
	return process.task;
}

/* Like the kernel does at exit, without a word about fds left open. */
__attribute__((destructor)) static void end_process_task(void)
{
	pca_task_destroy(process.task);
	pca_machine_destroy(process.machine);
}

struct pca_task *pca_current_task(void)
{
	if (pca_likely(thread_task))
		return thread_task;

	struct pca_task *task = __atomic_load_n(&process.task, __ATOMIC_ACQUIRE);

	return pca_likely(task) ? task : find_process_task();
}

void pca_set_current_task(struct pca_task *task)
{
	thread_task = task;
}
