// SPDX-License-Identifier: MIT
/*
 * The elements of maps: dump, update, lookup, getnext, delete. "cpu N" is ours:
 * BPF_F_CPU, which releases before 6.19 refuse.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "shell.h"
#include "term.h"

/* "cpu all": the same value for all CPUs by BPF_F_ALL_CPUS. */
#define EVERY_CPU (-2)
#define NO_CPU_GIVEN (-1)

struct elem_args {
	unsigned char *values;	 /* room for value_bytes */
	unsigned char *key;	 /* and for a key */
	unsigned char *next_key; /* and for another one */
	bool takes_value;
	bool has_key, has_value, has_flags;
	uint64_t flags;
	int64_t cpu;
};

static uint64_t all_flags(const struct elem_args *elem)
{
	if (elem->cpu == EVERY_CPU)
		return elem->flags | BPF_F_ALL_CPUS;
	if (elem->cpu == NO_CPU_GIVEN)
		return elem->flags;
	return elem->flags | BPF_F_CPU | (uint64_t)elem->cpu << 32;
}

static int take_key(struct shell *sh, struct args *args, const struct shell_map *map,
		    struct elem_args *elem)
{
	if (elem->has_key)
		return shell_bad(sh, "the key is given twice");
	elem->has_key = true;
	return data_take(sh, args, "key", elem->key, map->info.key_size);
}

/* As bpftool does, the one value that is given goes to all CPUs. */
static int take_value(struct shell *sh, struct args *args, const struct shell_map *map,
		      struct elem_args *elem)
{
	int status;

	if (elem->has_value)
		return shell_bad(sh, "the value is given twice");
	elem->has_value = true;
	status = data_take(sh, args, "value", elem->values, map->info.value_size);
	for (uint32_t i = 1; i < map->nr_copies && !status; i++)
		memcpy(elem->values + i * map->elem_bytes, elem->values, map->info.value_size);
	return status;
}

/* Any number, so that one can see what Linux says to a CPU that is not possible. */
static int take_cpu(struct shell *sh, struct args *args, struct elem_args *elem)
{
	uint64_t cpu;
	int status;

	if (elem->cpu != NO_CPU_GIVEN)
		return shell_bad(sh, "the CPU is given twice");
	if (elem->takes_value && args_take_if(args, "all")) {
		elem->cpu = EVERY_CPU;
		return SHELL_OK;
	}
	status = args_take_number(sh, args, "cpu", UINT32_MAX, &cpu);
	if (!status)
		elem->cpu = (int64_t)cpu;
	return status;
}

/* any, exist or noexist, which come before every other use of those letters. */
static bool take_update_flag(const char *word, struct elem_args *elem)
{
	static const char *const names[] = { "any", "noexist", "exist" }; /* BPF_ANY, ... */

	for (uint64_t flag = 0; flag < 3; flag++) {
		if (word_is(word, names[flag])) {
			elem->flags = flag;
			return true;
		}
	}
	return false;
}

static int take_elem_word(struct shell *sh, struct args *args, const struct shell_map *map,
			  struct elem_args *elem)
{
	const char *word = args_take(args);

	if (word_is(word, "key"))
		return take_key(sh, args, map, elem);
	if (word_is(word, "cpu"))
		return take_cpu(sh, args, elem);
	if (elem->takes_value && word_is(word, "value"))
		return take_value(sh, args, map, elem);
	if (!elem->takes_value || !take_update_flag(word, elem))
		return shell_bad(sh, WORD_TEXT " is not understood; there are key%s and cpu", word,
				 elem->takes_value ? ", value, any, exist, noexist" : "");
	if (elem->has_flags)
		return shell_bad(sh, WORD_TEXT " is one too much of any, exist and noexist", word);
	elem->has_flags = true;
	return SHELL_OK;
}

/* What follows MAP, to the end. */
static int take_elem(struct shell *sh, struct args *args, const struct shell_map *map,
		     struct elem_args *elem)
{
	int status = SHELL_OK;

	while (args->nr && !status)
		status = take_elem_word(sh, args, map, elem);
	if (!status && elem->takes_value && !elem->has_value)
		status = shell_bad(sh, "the value is missing: value DATA");
	return status;
}

static int key_is_missing(struct shell *sh)
{
	return shell_bad(sh, "the key is missing: key DATA");
}

/* All bytes are zero, so that padding is. elem_free() in both cases. */
static int elem_alloc(struct shell *sh, const struct shell_map *map, struct elem_args *elem)
{
	*elem = (struct elem_args){
		.values = calloc(1, map->value_bytes + 2 * (size_t)map->info.key_size),
		.cpu = NO_CPU_GIVEN,
	};
	if (!elem->values)
		return shell_refused(sh, -ENOMEM, "the room for an element");
	elem->key = elem->values + map->value_bytes;
	elem->next_key = elem->key + map->info.key_size;
	return SHELL_OK;
}

static void elem_free(struct elem_args *elem)
{
	free(elem->values);
}

/* Open MAP, get room for an element and hand both to fn. */
typedef int (*elem_fn)(struct shell *sh, struct args *args, const struct shell_map *map,
		       struct elem_args *elem);

static int with_elem(struct shell *sh, struct args *args, elem_fn fn)
{
	struct elem_args elem;
	struct shell_map map;
	int status = map_open(sh, args, &map);

	if (status)
		return status;
	status = elem_alloc(sh, &map, &elem);
	if (!status)
		status = fn(sh, args, &map, &elem);
	elem_free(&elem);
	map_close(sh, &map);
	return status;
}

/* --- dump --------------------------------------------------------------------------------- */

/* -errno: there is no next key, or it cannot be asked for. key NULL: the first one. */
static int next_key(struct shell *sh, const struct shell_map *map, const void *key, void *next)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (uint32_t)map->fd;
	attr.key = (uintptr_t)key;
	attr.next_key = (uintptr_t)next;
	return shell_bpf(sh, BPF_MAP_GET_NEXT_KEY, &attr);
}

static int dump_elems(struct shell *sh, const struct shell_map *map, struct elem_args *elem,
		      uint32_t *nr)
{
	const void *last = NULL;
	char text[KEY_TEXT_BYTES];
	int err;

	*nr = 0;
	while (!(err = next_key(sh, map, last, elem->next_key)) && !shell_is_interrupted) {
		memcpy(elem->key, elem->next_key, map->info.key_size);
		last = elem->key;
		err = pca_map_lookup(shell_task(sh), map->fd, elem->key, elem->values,
				     map->value_bytes, 0);
		if (err)
			return shell_refused(sh, err, "looking up key %s",
					     key_text(text, map, elem->key));
		(sh->is_json ? print_elem_json : print_elem)(sh, map, elem->key, elem->values, -1);
		++*nr;
	}
	if (shell_is_interrupted)
		return shell_refused(sh, -EINTR, "map dump");
	return err == -ENOENT ? SHELL_OK : shell_refused(sh, err, "looking for the next key");
}

static int dump_one(struct shell *sh, const struct map_list *list, size_t i)
{
	const struct shell_map *map = &list->maps[i];
	const bool has_head = list->nr > 1; /* each says which it is */
	struct elem_args elem;
	uint32_t nr;
	int status = elem_alloc(sh, map, &elem);

	if (status)
		return status;
	if (i && !sh->is_json)
		putchar('\n');
	if (sh->is_json && has_head) {
		json_open(NULL, '{');
		print_map_head_json(map);
	} else if (has_head) {
		print_map_head(map);
	}
	if (sh->is_json)
		json_open(has_head ? "elements" : NULL, '[');
	status = dump_elems(sh, map, &elem, &nr);
	if (sh->is_json)
		json_close(']');
	else if (!status)
		printf("Found %u element%s\n", nr, plural_s(nr));
	if (sh->is_json && has_head)
		json_close('}');
	elem_free(&elem);
	return status;
}

int map_dump(struct shell *sh, struct args *args)
{
	return maps_print(sh, args, dump_one);
}

/* --- update, lookup ------------------------------------------------------------------------ */

static int update(struct shell *sh, struct args *args, const struct shell_map *map,
		  struct elem_args *elem)
{
	int err, status;

	elem->takes_value = true;
	status = take_elem(sh, args, map, elem);
	if (status)
		return status;
	if (!elem->has_key)
		return key_is_missing(sh);
	err = pca_map_update(shell_task(sh), map->fd, elem->key, elem->values, map->value_bytes,
			     all_flags(elem));
	return err ? shell_refused(sh, err, "map update") : SHELL_OK;
}

int map_update(struct shell *sh, struct args *args)
{
	return with_elem(sh, args, update);
}

/* No such element: bpftool says so where the element would be. */
static int not_found(struct shell *sh, const struct shell_map *map, const void *key)
{
	if (sh->is_json) {
		json_null(NULL);
	} else {
		printf("key:\n");
		print_hex(key, map->info.key_size);
		printf("\n\nNot found\n");
	}
	shell_refused(sh, -ENOENT, "map lookup");
	sh->is_told = true;
	return SHELL_REFUSED;
}

static int lookup(struct shell *sh, struct args *args, const struct shell_map *map,
		  struct elem_args *elem)
{
	int err, status = take_elem(sh, args, map, elem);

	if (status)
		return status;
	if (!elem->has_key)
		return key_is_missing(sh);
	err = pca_map_lookup(shell_task(sh), map->fd, elem->key, elem->values, map->value_bytes,
			     all_flags(elem));
	if (err == -ENOENT)
		return not_found(sh, map, elem->key);
	if (err)
		return shell_refused(sh, err, "map lookup");
	(sh->is_json ? print_elem_json : print_elem)(sh, map, elem->key, elem->values, elem->cpu);
	return SHELL_OK;
}

int map_lookup(struct shell *sh, struct args *args)
{
	return with_elem(sh, args, lookup);
}

/* --- getnext, delete ----------------------------------------------------------------------- */

/* A key that may be missing, and nothing else. */
static int take_only_key(struct shell *sh, struct args *args, const struct shell_map *map,
			 struct elem_args *elem)
{
	int status = SHELL_OK;

	if (args_take_if(args, "key"))
		status = take_key(sh, args, map, elem);
	return status ? status : args_end(sh, args);
}

static void print_next(const struct shell *sh, const struct shell_map *map,
		       const struct elem_args *elem)
{
	const uint32_t bytes = map->info.key_size;

	if (!sh->is_json) {
		fputs(elem->has_key ? "key:\n" : "key: None", stdout);
		print_hex(elem->key, elem->has_key ? bytes : 0);
		printf("\nnext key:\n");
		print_hex(elem->next_key, bytes);
		putchar('\n');
		return;
	}
	json_open(NULL, '{');
	if (elem->has_key)
		json_bytes("key", elem->key, bytes);
	else
		json_null("key");
	json_bytes("next_key", elem->next_key, bytes);
	json_close('}');
}

static int getnext(struct shell *sh, struct args *args, const struct shell_map *map,
		   struct elem_args *elem)
{
	int err, status = take_only_key(sh, args, map, elem);

	if (status)
		return status;
	err = next_key(sh, map, elem->has_key ? elem->key : NULL, elem->next_key);
	if (err)
		return shell_refused(sh, err, "map getnext");
	print_next(sh, map, elem);
	return SHELL_OK;
}

int map_getnext(struct shell *sh, struct args *args)
{
	return with_elem(sh, args, getnext);
}

static int delete_elem(struct shell *sh, struct args *args, const struct shell_map *map,
		       struct elem_args *elem)
{
	union bpf_attr attr = { 0 };
	int err, status = take_only_key(sh, args, map, elem);

	if (status)
		return status;
	if (!elem->has_key)
		return key_is_missing(sh);
	attr.map_fd = (uint32_t)map->fd;
	attr.key = (uintptr_t)elem->key;
	err = shell_bpf(sh, BPF_MAP_DELETE_ELEM, &attr);
	return err ? shell_refused(sh, err, "map delete") : SHELL_OK;
}

int map_delete(struct shell *sh, struct args *args)
{
	return with_elem(sh, args, delete_elem);
}
