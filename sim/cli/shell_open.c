// SPDX-License-Identifier: MIT
/*
 * How a map is named: id N, name NAME or pinned FILE. As in bpftool, a command opens
 * the map that it is about and closes it again; what keeps a map is its pin.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "shell.h"

/* What a command needs to know of the map behind fd, which is closed on failure. */
static int describe(struct shell *sh, int fd, struct shell_map *map)
{
	union bpf_attr attr = { 0 };
	int err;

	*map = (struct shell_map){ .fd = fd };
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(map->info);
	attr.info.info = (uintptr_t)&map->info;
	err = shell_bpf(sh, BPF_OBJ_GET_INFO_BY_FD, &attr);
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
	int fd = shell_bpf(sh, BPF_MAP_GET_FD_BY_ID, &attr);

	return fd < 0 ? fd : describe(sh, fd, map);
}

static int open_pinned(struct shell *sh, const char *path, struct shell_map *map)
{
	union bpf_attr attr = { .pathname = (uintptr_t)path };
	int fd = shell_bpf(sh, BPF_OBJ_GET, &attr);

	return fd < 0 ? fd : describe(sh, fd, map);
}

/* fn closes the map. One that goes away between two looks is none. */
int maps_for_each_id(struct shell *sh, map_fn fn, void *arg)
{
	union bpf_attr attr = { 0 };
	struct shell_map map;
	int err, status;

	while (!(err = shell_bpf(sh, BPF_MAP_GET_NEXT_ID, &attr))) {
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

int maps_print(struct shell *sh, struct args *args,
	       int (*print)(struct shell *sh, const struct map_list *list, size_t i))
{
	struct map_list list;
	bool is_array;
	int status = maps_open(sh, args, &list);

	if (status)
		return status;
	status = args_end(sh, args);
	is_array = sh->is_json && list.nr > 1 && !status;
	if (is_array)
		json_open(NULL, '[');
	for (size_t i = 0; i < list.nr && !status; i++)
		status = print(sh, &list, i);
	if (is_array)
		json_close(']');
	maps_close(sh, &list);
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
