// SPDX-License-Identifier: MIT
/*
 * Maps as a whole: create, show, freeze, pin.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "shell.h"
#include "term.h"

/* --- create ------------------------------------------------------------------------------ */

struct create_args {
	const char *file, *type, *name;
	uint64_t key, value, entries, flags;
	unsigned int given; /* bit per create_words */
};

static const struct named_bits map_flags[] = {
	{ "rdonly", BPF_F_RDONLY },
	{ "wronly", BPF_F_WRONLY },
	{ "rdonly_prog", BPF_F_RDONLY_PROG },
	{ "wronly_prog", BPF_F_WRONLY_PROG },
	{ "mmapable", BPF_F_MMAPABLE },
	{ "inner_map", BPF_F_INNER_MAP },
	{ "no_prealloc", BPF_F_NO_PREALLOC },
	{ "zero_seed", BPF_F_ZERO_SEED },
	{ NULL, 0 },
};

/* A number as bpftool wants it, or names with commas. */
static int take_flags(struct shell *sh, struct args *args, uint64_t *flags)
{
	const char *word, *bad;
	int length, status = args_take_text(sh, args, "flags", &word);

	if (status || parse_number(word, UINT32_MAX, flags))
		return status;
	*flags = 0;
	bad = parse_bits(word, map_flags, flags, &length);
	if (!bad)
		return SHELL_OK;
	return shell_bad(sh,
			 "flags: \"%.*s\" is neither a number nor one of rdonly, wronly, "
			 "rdonly_prog, wronly_prog, mmapable, inner_map, no_prealloc and zero_seed",
			 length, bad);
}

static const char *const create_words[] = { "type", "key", "value", "entries", "name", "flags" };

#define NR_CREATE_WORDS (sizeof(create_words) / sizeof(create_words[0]))

/* Which word it is: its index, with NR_CREATE_WORDS for none. */
static size_t create_word(const char *word)
{
	size_t i = 0;

	while (i < NR_CREATE_WORDS && !word_is(word, create_words[i]))
		i++;
	return i;
}

static int take_create_value(struct shell *sh, struct args *args, struct create_args *create,
			     size_t index)
{
	switch (index) {
	case 0:
		return args_take_text(sh, args, "type", &create->type);
	case 1:
		return args_take_number(sh, args, "key", UINT32_MAX, &create->key);
	case 2:
		return args_take_number(sh, args, "value", UINT32_MAX, &create->value);
	case 3:
		return args_take_number(sh, args, "entries", UINT32_MAX, &create->entries);
	case 4:
		return args_take_text(sh, args, "name", &create->name);
	default:
		return take_flags(sh, args, &create->flags);
	}
}

static int take_create(struct shell *sh, struct args *args, struct create_args *create)
{
	const char *word;
	size_t index;
	int status = args_take_text(sh, args, "FILE, where to pin the map,", &create->file);

	while (!status && (word = args_take(args))) {
		index = create_word(word);
		if (index == NR_CREATE_WORDS)
			return shell_bad(sh,
					 WORD_TEXT " is not understood; there are type, key, "
						   "value, entries, name and flags",
					 word);
		if (create->given & 1U << index)
			return shell_bad(sh, "%s is given twice", create_words[index]);
		create->given |= 1U << index;
		status = take_create_value(sh, args, create, index);
	}
	if (!status && !create->name)
		status = shell_bad(sh, "the map needs a name: name NAME");
	return status;
}

/* 0, or the type's number stays 0: bpftool lets the kernel say so. */
static int type_number(struct shell *sh, const char *name, uint32_t *type)
{
	char known[64] = "";

	*type = BPF_MAP_TYPE_UNSPEC;
	for (const struct named_bits *named = shell_map_types; name && named->name; named++) {
		if (!strcmp(name, named->name))
			*type = (uint32_t)named->bits;
		list_name(known, sizeof(known), named->name, !named[1].name);
	}
	if (!name || *type)
		return SHELL_OK;
	return shell_bad(sh, "type " WORD_TEXT " is not simulated; there are %s", name, known);
}

static int pin(struct shell *sh, int fd, const char *path)
{
	union bpf_attr attr = { .pathname = (uintptr_t)path, .bpf_fd = (uint32_t)fd };
	int err = shell_bpf(sh, BPF_OBJ_PIN, &attr);

	if (err == -EPERM || err == -EINVAL)
		hint_pin(path);
	return err ? shell_refused(sh, err, "pinning to " WORD_TEXT, path) : SHELL_OK;
}

static int map_create(struct shell *sh, struct args *args)
{
	struct create_args create = { 0 };
	union bpf_attr attr = { 0 };
	uint32_t type;
	int fd, status = take_create(sh, args, &create);

	if (!status)
		status = type_number(sh, create.type, &type);
	if (status)
		return status;
	attr.map_type = type;
	attr.key_size = (uint32_t)create.key;
	attr.value_size = (uint32_t)create.value;
	attr.max_entries = (uint32_t)create.entries;
	attr.map_flags = (uint32_t)create.flags;
	memcpy(attr.map_name, create.name, strnlen(create.name, BPF_OBJ_NAME_LEN - 1));
	fd = shell_bpf(sh, BPF_MAP_CREATE, &attr);
	if (fd < 0)
		return shell_refused(sh, fd, "map create");
	if (!strcmp(create.file, "-"))
		return SHELL_OK; /* the task keeps it open */
	status = pin(sh, fd, create.file);
	pca_close(shell_task(sh), fd);
	return status;
}

/* --- show, freeze, pin -------------------------------------------------------------------- */

/* A number of fdinfo, 0 if it is not there. */
static uint64_t fdinfo_number(const char *fdinfo, const char *name)
{
	const char *line = strstr(fdinfo, name);

	return line ? strtoull(line + strlen(name), NULL, 10) : 0;
}

static void show_one(const struct shell *sh, const struct shell_map *map)
{
	char fdinfo[1024] = "";

	pca_fdinfo(shell_task(sh), map->fd, fdinfo, sizeof(fdinfo));
	(sh->is_json ? print_map_json : print_map)(map, fdinfo_number(fdinfo, "\nfrozen:\t") != 0,
						   fdinfo_number(fdinfo, "\nmemlock:\t"));
}

static int show_listed(struct shell *sh, const struct map_list *list, size_t i)
{
	show_one(sh, &list->maps[i]);
	return SHELL_OK;
}

/* arg: the array of JSON has begun, which it does not when nothing may be seen. */
static int show_and_close(struct shell *sh, struct shell_map *map, void *arg)
{
	bool *has_begun = arg;

	if (sh->is_json && !*has_begun)
		json_open(NULL, '[');
	*has_begun = true;
	show_one(sh, map);
	map_close(sh, map);
	return shell_is_interrupted ? shell_refused(sh, -EINTR, "map show") : SHELL_OK;
}

static int show_all(struct shell *sh)
{
	bool has_begun = false;
	int status = maps_for_each_id(sh, show_and_close, &has_begun);

	if (sh->is_json && !has_begun && !status)
		json_open(NULL, '[');
	if (sh->is_json && (has_begun || !status))
		json_close(']');
	return status;
}

static int map_show(struct shell *sh, struct args *args)
{
	return args->nr ? maps_print(sh, args, show_listed) : show_all(sh);
}

static int map_freeze(struct shell *sh, struct args *args)
{
	union bpf_attr attr = { 0 };
	struct shell_map map;
	int err, status = map_open(sh, args, &map);

	if (status)
		return status;
	status = args_end(sh, args);
	attr.map_fd = (uint32_t)map.fd;
	if (!status && (err = shell_bpf(sh, BPF_MAP_FREEZE, &attr)))
		status = shell_refused(sh, err, "map freeze");
	map_close(sh, &map);
	return status;
}

static int map_pin(struct shell *sh, struct args *args)
{
	struct shell_map map;
	const char *path;
	int status = map_open(sh, args, &map);

	if (status)
		return status;
	status = args_take_text(sh, args, "FILE", &path);
	if (!status)
		status = args_end(sh, args);
	if (!status)
		status = pin(sh, map.fd, path);
	map_close(sh, &map);
	return status;
}

/* In bpftool's order, which decides what a word that is cut short means. */
const struct shell_verb map_verbs[] = {
	{ "show", map_show, "[MAP]", "MAP" },
	{ "list", map_show, "[MAP]", "MAP" },
	{ "dump", map_dump, "MAP", "MAP" },
	{ "update", map_update, "MAP key DATA value DATA [any | exist | noexist]",
	  "MAP key value any exist noexist cpu", "[cpu N | all]" },
	{ "lookup", map_lookup, "MAP key DATA", "MAP key cpu", "[cpu N]" },
	{ "getnext", map_getnext, "MAP [key DATA]", "MAP key" },
	{ "delete", map_delete, "MAP key DATA", "MAP key" },
	{ "pin", map_pin, "MAP FILE", "MAP" },
	{ "freeze", map_freeze, "MAP", "MAP" },
	{ "create", map_create,
	  "FILE type TYPE key BYTES value BYTES entries N name NAME [flags FLAGS]",
	  "type key value entries name flags" },
	{ 0 },
};

int shell_map(struct shell *sh, struct args *args)
{
	const char *word = args_take(args);
	const struct shell_verb *verb = shell_find_verb(map_verbs, word ? word : "show");

	return verb ? verb->run(sh, args) : shell_unknown_verb(sh, "map", map_verbs, word);
}
