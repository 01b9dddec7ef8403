// SPDX-License-Identifier: MIT
/*
 * Hints: what the library warns of while a command runs, and the shell's own reasons,
 * wait until the refusal is printed, behind which they make sense.
 */
#include <hwloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include <pcasim/bpffs.h>
#include <pcasim/message.h>

#include "hardware.h"
#include "machine.h"
#include "shell.h"

#define MOST_HINTS 4 /* of a command */
#define HINT_BYTES 512
#define LIST_BYTES 64

/* Programs that run on several CPUs may be warned of at once. */
static struct {
	pthread_mutex_t lock;
	bool is_holding;
	unsigned int nr;
	char text[MOST_HINTS][HINT_BYTES];
} hints = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Keep text if hints wait. Those that are too many are lost: the first ones say most. */
static bool keep(const char *text)
{
	bool is_kept;

	pthread_mutex_lock(&hints.lock);
	is_kept = hints.is_holding;
	if (is_kept && hints.nr < MOST_HINTS)
		snprintf(hints.text[hints.nr++], HINT_BYTES, "%s", text);
	pthread_mutex_unlock(&hints.lock);
	return is_kept;
}

static void take_message(void *arg, enum pca_message_level level, const char *text)
{
	if (level != PCA_MESSAGE_WARNING || !keep(text))
		cli_tell_message(arg, level, text);
}

void hints_hold(void)
{
	pca_set_message_fn(take_message, NULL);
	hints_drop();
	hints.is_holding = true;
}

void hints_pass(void)
{
	hints.is_holding = false;
}

void hints_drop(void)
{
	hints.nr = 0;
}

void hints_tell(const struct shell *sh)
{
	for (unsigned int i = 0; i < hints.nr; i++) {
		shell_make_printable(hints.text[i]);
		if (sh->is_interactive)
			fprintf(stderr, "Hint: %s\n", hints.text[i]);
		else
			cli_error("hint: %s", hints.text[i]);
	}
	hints_drop();
}

__attribute__((format(printf, 1, 2))) static void add(const char *fmt, ...)
{
	char text[HINT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	keep(text);
}

/* --- The shell's own ---------------------------------------------------------------------- */

/* Which CPUs there are: list is of the possible ones, or of those online. */
static void list_cpus(const struct shell *sh, bool online, char list[LIST_BYTES])
{
	hwloc_bitmap_t cpus = machine_cpuset(sh->session.machine, online);

	*list = '\0';
	if (cpus)
		cpuset_text(list, LIST_BYTES - 1, cpus);
	hwloc_bitmap_free(cpus);
}

void hint_cpu(const struct shell *sh, uint32_t cpu)
{
	char list[LIST_BYTES];

	if (machine_cpu(sh->session.machine, cpu)) {
		list_cpus(sh, true, list);
		add("CPU %u is not online, online are %s", cpu, list);
	} else {
		list_cpus(sh, false, list);
		add("CPU %u is not possible, possible are %s", cpu, list);
	}
}

void hint_last_cpu(uint32_t cpu)
{
	add("CPU %u is the last one online, and stays", cpu);
}

static bool is_in_bpffs(const char *path)
{
	size_t len = strlen(PCA_BPFFS);

	return *path != '/' || (!strncmp(path, PCA_BPFFS, len) && (!path[len] || path[len] == '/'));
}

void hint_pin(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (!is_in_bpffs(path))
		add("pins live in the machine's " PCA_BPFFS ": \"%.40s\" is short for " PCA_BPFFS
		    "/%.40s",
		    name, name);
	else if (strchr(name, '.'))
		add("names in " PCA_BPFFS " have no dots");
}
