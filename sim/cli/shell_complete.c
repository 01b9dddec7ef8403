// SPDX-License-Identifier: MIT
/*
 * What TAB offers, from the same tables that the commands are found in. Maps and pins
 * are looked up as the first task, who may see all of them; nothing is ever told of
 * what fails here.
 */
#include <string.h>

#include <pcasim/bpffs.h>
#include <pcasim/machine.h>

#include "shell.h"

static void offer(const struct offers *offers, const char *word)
{
	if (!strncmp(word, offers->prefix, strlen(offers->prefix)))
		offers->fn(offers->arg, word);
}

/* A list of words with blanks between them; MAP stands for the ways to name one. */
static void offer_list(const struct offers *offers, const char *list)
{
	char words[128], *save, *word;

	snprintf(words, sizeof(words), "%s", list);
	for (word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (!strcmp(word, "MAP"))
			offer_list(offers, "id name pinned");
		else
			offer(offers, word);
	}
}

static int offer_id(struct shell *sh, struct shell_map *map, void *arg)
{
	char id[16];

	snprintf(id, sizeof(id), "%u", map->info.id);
	offer(arg, id);
	map_close(sh, map);
	return SHELL_OK;
}

static int offer_name(struct shell *sh, struct shell_map *map, void *arg)
{
	if (*map->info.name)
		offer(arg, map->info.name);
	map_close(sh, map);
	return SHELL_OK;
}

static int offer_pin(void *arg, const char *name)
{
	offer(arg, name);
	return 0;
}

/* As offer_pin(), for what was typed as "/sys/fs/bpf/..." or "directory/...". */
struct pins {
	const struct offers *offers;
	const char *directory; /* with the slash at its end */
};

static int offer_path(void *arg, const char *name)
{
	const struct pins *pins = arg;
	char path[512];

	if (snprintf(path, sizeof(path), "%s%s", pins->directory, name) < (int)sizeof(path))
		offer(pins->offers, path);
	return 0;
}

static void offer_files(struct shell *sh, const struct offers *offers)
{
	const char *slash = strrchr(offers->prefix, '/');
	char directory[256];
	struct pins pins = { offers, directory };

	if (!slash) {
		pca_readdir(shell_task(sh), ".", offer_pin, (void *)(uintptr_t)offers);
		return;
	}
	if ((size_t)(slash - offers->prefix) + 1 >= sizeof(directory))
		return;
	memcpy(directory, offers->prefix, (size_t)(slash - offers->prefix) + 1);
	directory[slash - offers->prefix + 1] = '\0';
	pca_readdir(shell_task(sh), directory, offer_path, &pins);
}

static void offer_maps(struct shell *sh, const struct offers *offers, map_fn fn)
{
	size_t current = sh->current;

	sh->current = 0;
	maps_for_each_id(sh, fn, (void *)(uintptr_t)offers);
	sh->current = current;
}

/* The word before says what must follow: true if it does. */
static bool offer_operand(struct shell *sh, const char *last, const struct offers *offers)
{
	if (!strcmp(last, "id"))
		offer_maps(sh, offers, offer_id);
	else if (!strcmp(last, "name"))
		offer_maps(sh, offers, offer_name);
	else if (!strcmp(last, "pinned"))
		offer_files(sh, offers);
	else if (!strcmp(last, "type"))
		for (const struct named_bits *type = shell_map_types; type->name; type++)
			offer(offers, type->name);
	else if (!strcmp(last, "flags"))
		offer_list(offers, "rdonly_prog wronly_prog rdonly wronly mmapable inner_map "
				   "no_prealloc zero_seed");
	else if (!strcmp(last, "drop"))
		offer_list(offers, "bpf perfmon net_admin sys_admin dac_override all");
	else if (!strcmp(last, "cpu") || !strcmp(last, "by") || !strcmp(last, "times"))
		return true;
	else
		return false;
	return true;
}

static void offer_releases(const struct offers *offers)
{
	const char *name;

	for (size_t i = 0; (name = pca_release_name(i)); i++)
		offer(offers, name);
}

static void offer_tasks(const struct shell *sh, const struct offers *offers)
{
	for (size_t i = 0; i < sh->nr_tasks; i++)
		offer(offers, sh->tasks[i].name);
}

/* Commands whose first word is neither a keyword nor a verb. true: that was all. */
static bool offer_first(struct shell *sh, const char *command, const struct offers *offers)
{
	if (!strcmp(command, "release"))
		offer_releases(offers);
	else if (!strcmp(command, "ls") || !strcmp(command, "rm") || !strcmp(command, "mkdir"))
		offer_files(sh, offers);
	else if (!strcmp(command, "help"))
		for (const struct shell_command *c = shell_commands; c->name; c++)
			offer(offers, c->name);
	else
		return false;
	return true;
}

/* A MAP is two words, and comes once. */
static bool has_map(const struct args *before)
{
	return before->nr > 3;
}

static void offer_keywords(const struct shell_verb *verb, const struct args *before,
			   const struct offers *offers)
{
	const char *keywords = verb->keywords ? verb->keywords : "";

	if (strncmp(keywords, "MAP", 3)) {
		offer_list(offers, keywords);
		return;
	}
	if (!has_map(before))
		offer_list(offers, "MAP");
	else
		offer_list(offers, keywords + 3);
}

static void offer_verbs(struct shell *sh, const struct shell_command *command,
			const struct args *before, const struct offers *offers)
{
	const struct shell_verb *verbs = command->verbs, *verb;
	const char *last = before->word[before->nr - 1];

	if (!verbs)
		return;
	if (!*verbs->name) {
		if (before->nr > 1)
			offer_keywords(verbs, before, offers);
		return;
	}
	if (before->nr == 1) {
		for (verb = verbs; verb->name; verb++)
			offer(offers, verb->name);
		return;
	}
	verb = shell_find_verb(verbs, before->word[1]);
	if (!verb)
		return;
	if (before->nr == 2 && verbs == task_verbs &&
	    (!strcmp(last, "use") || !strcmp(last, "end")))
		offer_tasks(sh, offers);
	else
		offer_keywords(verb, before, offers);
}

void shell_complete(struct shell *sh, const struct args *before, const struct offers *offers)
{
	const struct shell_command *command;

	if (!before->nr) {
		for (command = shell_commands; command->name; command++)
			offer(offers, command->name);
		return;
	}
	command = shell_find_command(before->word[0]);
	if (!command || (before->nr == 1 && offer_first(sh, command->name, offers)))
		return;
	if (before->nr > 1 && offer_operand(sh, before->word[before->nr - 1], offers))
		return;
	offer_verbs(sh, command, before, offers);
}
