// SPDX-License-Identifier: MIT
/*
 * Maps as a whole: how one is named, create, show, freeze, pin. As in bpftool, a
 * command opens the map that it is about and closes it again; what keeps a map is
 * its pin.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <pcasim/bpffs.h>

#include "json.h"
#include "shell.h"

static int bpf(struct shell *sh, int cmd, union bpf_attr *attr)
{
	return (int)pca_bpf(shell_task(sh), cmd, attr, sizeof(*attr));
}

/* --- Naming and opening ------------------------------------------------------------------ */

/* What a command needs to know of the map behind fd, which is closed on failure. */
static int describe(struct shell *sh, int fd, struct shell_map *map)
{
	union bpf_attr attr = { 0 };
	int err;

	*map = (struct shell_map){ .fd = fd };
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(map->info);
	attr.info.info = (uintptr_t)&map->info;
	err = bpf(sh, BPF_OBJ_GET_INFO_BY_FD, &attr);
	if (err) {
		map_close(sh, map);
		return err;
	}
	map->is_percpu = map->info.type == BPF_MAP_TYPE_PERCPU_ARRAY;
	map->nr_copies = map->is_percpu ? pca_num_possible_cpus(sh->session.machine) : 1;
	map->elem_bytes = ((size_t)map->info.value_size + 7) / 8 * 8;
	map->value_bytes = map->elem_bytes * map->nr_copies;
	return 0;
}

void map_close(struct shell *sh, struct shell_map *map)
{
	pca_close(shell_task(sh), map->fd);
}

static int open_by_id(struct shell *sh, uint32_t id, struct shell_map *map)
{
	union bpf_attr attr = { .map_id = id };
	int fd = bpf(sh, BPF_MAP_GET_FD_BY_ID, &attr);

	return fd < 0 ? fd : describe(sh, fd, map);
}

static int open_pinned(struct shell *sh, const char *path, struct shell_map *map)
{
	union bpf_attr attr = { .pathname = (uintptr_t)path };
	int fd = bpf(sh, BPF_OBJ_GET, &attr);

	return fd < 0 ? fd : describe(sh, fd, map);
}

/* fn closes the map. One that goes away between two looks is none. */
int maps_for_each_id(struct shell *sh, map_fn fn, void *arg)
{
	union bpf_attr attr = { 0 };
	struct shell_map map;
	int err, status;

	while (!(err = bpf(sh, BPF_MAP_GET_NEXT_ID, &attr))) {
		attr.start_id = attr.next_id;
		err = open_by_id(sh, attr.next_id, &map);
		if (err == -ENOENT)
			continue;
		if (err)
			break;
		status = fn(sh, &map, arg);
		if (status)
			return status;
	}
	return err == -ENOENT ? SHELL_OK : shell_refused(sh, err, "looking through the maps");
}

static int append_map(struct shell *sh, struct map_list *list, const struct shell_map *map)
{
	struct shell_map *longer = realloc(list->maps, (list->nr + 1) * sizeof(*longer));

	if (!longer)
		return shell_refused(sh, -ENOMEM, "a list of maps");
	list->maps = longer;
	list->maps[list->nr++] = *map;
	return SHELL_OK;
}

struct name_search {
	struct map_list *list;
	const char *name;
};

static int append_if_named(struct shell *sh, struct shell_map *map, void *arg)
{
	struct name_search *search = arg;
	int status = SHELL_OK;
	bool is_it = !strcmp(map->info.name, search->name);

	if (is_it)
		status = append_map(sh, search->list, map);
	if (!is_it || status)
		map_close(sh, map);
	return status;
}

static int open_named(struct shell *sh, const char *name, struct map_list *list)
{
	struct name_search search = { list, name };
	int status;

	if (strlen(name) >= BPF_OBJ_NAME_LEN)
		return shell_bad(sh, "name " WORD_TEXT ": names of maps have at most %d bytes",
				 name, BPF_OBJ_NAME_LEN - 1);
	status = maps_for_each_id(sh, append_if_named, &search);
	if (!status && !list->nr)
		status = shell_refused(sh, -ENOENT, "no map has the name " WORD_TEXT, name);
	return status;
}

static int open_one(struct shell *sh, const char *kind, const char *text, struct map_list *list)
{
	struct shell_map map;
	uint64_t id;
	int err;

	if (word_is(kind, "pinned"))
		err = open_pinned(sh, text, &map);
	else if (parse_number(text, UINT32_MAX, &id))
		err = open_by_id(sh, (uint32_t)id, &map);
	else
		return shell_bad(sh, "id " WORD_TEXT ": it must be a whole number", text);
	if (err)
		return shell_refused(sh, err, "map %s " WORD_TEXT, kind, text);
	return append_map(sh, list, &map);
}

void maps_close(struct shell *sh, struct map_list *list)
{
	for (size_t i = 0; i < list->nr; i++)
		map_close(sh, &list->maps[i]);
	free(list->maps);
}

int maps_open(struct shell *sh, struct args *args, struct map_list *list)
{
	const char *kind, *text;
	int status = args_take_text(sh, args, "MAP (id N, name NAME or pinned FILE)", &kind);

	*list = (struct map_list){ 0 };
	if (status)
		return status;
	if (!word_is(kind, "id") && !word_is(kind, "name") && !word_is(kind, "pinned"))
		return shell_bad(sh,
				 WORD_TEXT " names no map; that is \"id N\", \"name NAME\" or "
					   "\"pinned FILE\"",
				 kind);
	status = args_take_text(sh, args, "what identifies the map", &text);
	if (!status)
		status = word_is(kind, "name") ? open_named(sh, text, list)
					       : open_one(sh, kind, text, list);
	if (status)
		maps_close(sh, list);
	return status;
}

int map_open(struct shell *sh, struct args *args, struct shell_map *map)
{
	struct map_list list;
	int status = maps_open(sh, args, &list);

	if (status)
		return status;
	if (list.nr > 1) {
		status =
			shell_refused_text(sh, "%zu maps have the name " WORD_TEXT "; say \"id N\"",
					   list.nr, list.maps[0].info.name);
		maps_close(sh, &list);
		return status;
	}
	*map = list.maps[0];
	free(list.maps);
	return SHELL_OK;
}

/* --- create ------------------------------------------------------------------------------ */

struct create_args {
	const char *file, *type, *name;
	uint64_t key, value, entries, flags;
	unsigned int given; /* bit per create_words */
};

static const struct {
	const char *name;
	uint32_t flag;
} map_flags[] = {
	{ "rdonly", BPF_F_RDONLY },	      { "wronly", BPF_F_WRONLY },
	{ "rdonly_prog", BPF_F_RDONLY_PROG }, { "wronly_prog", BPF_F_WRONLY_PROG },
	{ "mmapable", BPF_F_MMAPABLE },	      { "inner_map", BPF_F_INNER_MAP },
};

#define NR_MAP_FLAGS (sizeof(map_flags) / sizeof(map_flags[0]))

static bool flag_named(const char *name, uint64_t *flags)
{
	for (size_t i = 0; i < NR_MAP_FLAGS; i++) {
		if (!strcasecmp(name, map_flags[i].name)) {
			*flags |= map_flags[i].flag;
			return true;
		}
	}
	return false;
}

/* A number as bpftool wants it, or names with commas. */
static int take_flags(struct shell *sh, struct args *args, uint64_t *flags)
{
	char names[128], *save, *name;
	const char *word;
	int status = args_take_text(sh, args, "flags", &word);

	if (status || parse_number(word, UINT32_MAX, flags))
		return status;
	snprintf(names, sizeof(names), "%s", word);
	*flags = 0;
	for (name = strtok_r(names, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		if (!flag_named(name, flags))
			return shell_bad(sh,
					 "flags: " WORD_TEXT " is neither a number nor one of "
					 "rdonly, wronly, rdonly_prog, wronly_prog, mmapable and "
					 "inner_map",
					 name);
	}
	return SHELL_OK;
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
	*type = BPF_MAP_TYPE_UNSPEC;
	if (!name)
		return SHELL_OK;
	if (!strcmp(name, "percpu_array"))
		*type = BPF_MAP_TYPE_PERCPU_ARRAY;
	else if (!strcmp(name, "array"))
		*type = BPF_MAP_TYPE_ARRAY;
	else
		return shell_bad(sh,
				 "type " WORD_TEXT " is not simulated; there are percpu_array and "
				 "array",
				 name);
	return SHELL_OK;
}

static int pin(struct shell *sh, int fd, const char *path)
{
	union bpf_attr attr = { .pathname = (uintptr_t)path, .bpf_fd = (uint32_t)fd };
	int err = bpf(sh, BPF_OBJ_PIN, &attr);

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
	fd = bpf(sh, BPF_MAP_CREATE, &attr);
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

static int show_one(struct shell *sh, struct shell_map *map)
{
	char fdinfo[1024] = "";

	pca_fdinfo(shell_task(sh), map->fd, fdinfo, sizeof(fdinfo));
	(sh->is_json ? print_map_json : print_map)(map, fdinfo_number(fdinfo, "\nfrozen:\t") != 0,
						   fdinfo_number(fdinfo, "\nmemlock:\t"));
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
	struct map_list list;
	bool is_array;
	int status;

	if (!args->nr)
		return show_all(sh);
	status = maps_open(sh, args, &list);
	if (status)
		return status;
	status = args_end(sh, args);
	is_array = sh->is_json && list.nr > 1 && !status;
	if (is_array)
		json_open(NULL, '[');
	for (size_t i = 0; i < list.nr && !status; i++)
		show_one(sh, &list.maps[i]);
	if (is_array)
		json_close(']');
	maps_close(sh, &list);
	return status;
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
	if (!status && (err = bpf(sh, BPF_MAP_FREEZE, &attr)))
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
	  "MAP key value any exist noexist cpu", "[cpu N | cpu all]" },
	{ "lookup", map_lookup, "MAP key DATA", "MAP key cpu", "[cpu N]" },
	{ "getnext", map_getnext, "MAP [key DATA]", "MAP key" },
	{ "delete", map_delete, "MAP key DATA", "MAP key" },
	{ "pin", map_pin, "MAP FILE", "MAP" },
	{ "freeze", map_freeze, "MAP", "MAP" },
	{ "create", map_create,
	  "FILE type TYPE key 4 value BYTES entries N name NAME [flags FLAGS]",
	  "type key value entries name flags" },
	{ 0 },
};

int shell_map(struct shell *sh, struct args *args)
{
	const char *word = args_take(args);
	const struct shell_verb *verb = shell_find_verb(map_verbs, word ? word : "show");

	return verb ? verb->run(sh, args) : shell_unknown_verb(sh, "map", map_verbs, word);
}
