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
	uint32_t key;
	unsigned char *value; /* room for value_bytes; NULL: a value is not taken */
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

static int take_key(struct shell *sh, struct args *args, struct elem_args *elem)
{
	if (elem->has_key)
		return shell_bad(sh, "the key is given twice");
	elem->has_key = true;
	return data_take(sh, args, "key", &elem->key, sizeof(elem->key));
}

/* As bpftool does, the one value that is given goes to all CPUs. */
static int take_value(struct shell *sh, struct args *args, const struct shell_map *map,
		      struct elem_args *elem)
{
	int status;

	if (elem->has_value)
		return shell_bad(sh, "the value is given twice");
	elem->has_value = true;
	status = data_take(sh, args, "value", elem->value, map->info.value_size);
	for (uint32_t i = 1; i < map->nr_copies && !status; i++)
		memcpy(elem->value + i * map->elem_bytes, elem->value, map->info.value_size);
	return status;
}

/* Any number, so that one can see what Linux says to a CPU that is not possible. */
static int take_cpu(struct shell *sh, struct args *args, struct elem_args *elem)
{
	uint64_t cpu;
	int status;

	if (elem->cpu != NO_CPU_GIVEN)
		return shell_bad(sh, "the CPU is given twice");
	if (elem->value && args_take_if(args, "all")) {
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
		return take_key(sh, args, elem);
	if (word_is(word, "cpu"))
		return take_cpu(sh, args, elem);
	if (elem->value && word_is(word, "value"))
		return take_value(sh, args, map, elem);
	if (!elem->value || !take_update_flag(word, elem))
		return shell_bad(sh, WORD_TEXT " is not understood; there are key%s and cpu", word,
				 elem->value ? ", value, any, exist, noexist" : "");
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

	elem->cpu = NO_CPU_GIVEN;
	while (args->nr && !status)
		status = take_elem_word(sh, args, map, elem);
	if (!status && elem->value && !elem->has_value)
		status = shell_bad(sh, "the value is missing: value DATA");
	return status;
}

static int key_is_missing(struct shell *sh)
{
	return shell_bad(sh, "the key is missing: key DATA");
}

/* --- dump --------------------------------------------------------------------------------- */

/* -errno: there is no next key, or it cannot be asked for. key NULL: the first one. */
static int next_key(struct shell *sh, const struct shell_map *map, const uint32_t *key,
		    uint32_t *next)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (uint32_t)map->fd;
	attr.key = (uintptr_t)key;
	attr.next_key = (uintptr_t)next;
	return shell_bpf(sh, BPF_MAP_GET_NEXT_KEY, &attr);
}

static int dump_elems(struct shell *sh, const struct shell_map *map, void *values, uint32_t *nr)
{
	uint32_t key, *last = NULL, next;
	int err;

	*nr = 0;
	while (!(err = next_key(sh, map, last, &next)) && !shell_is_interrupted) {
		key = next;
		last = &key;
		err = pca_map_lookup(shell_task(sh), map->fd, &key, values, map->value_bytes, 0);
		if (err)
			return shell_refused(sh, err, "looking up key %u", key);
		(sh->is_json ? print_elem_json : print_elem)(sh, map, &key, values, -1);
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
	void *values = calloc(1, map->value_bytes);
	uint32_t nr;
	int status;

	if (!values)
		return shell_refused(sh, -ENOMEM, "map dump");
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
	status = dump_elems(sh, map, values, &nr);
	if (sh->is_json)
		json_close(']');
	else if (!status)
		printf("Found %u element%s\n", nr, plural_s(nr));
	if (sh->is_json && has_head)
		json_close('}');
	free(values);
	return status;
}

int map_dump(struct shell *sh, struct args *args)
{
	return maps_print(sh, args, dump_one);
}

/* --- update, lookup ------------------------------------------------------------------------ */

/*
 * Open MAP, get room for a value and hand both to fn. All of the value's bytes are
 * zero, so that padding is.
 */
typedef int (*value_fn)(struct shell *sh, struct args *args, struct shell_map *map,
			unsigned char *value);

static int with_value(struct shell *sh, struct args *args, value_fn fn)
{
	unsigned char *value;
	struct shell_map map;
	int status = map_open(sh, args, &map);

	if (status)
		return status;
	value = calloc(1, map.value_bytes);
	status = value ? fn(sh, args, &map, value)
		       : shell_refused(sh, -ENOMEM, "the room for a value");
	free(value);
	map_close(sh, &map);
	return status;
}

static int update(struct shell *sh, struct args *args, struct shell_map *map, unsigned char *value)
{
	struct elem_args elem = { .value = value };
	int err, status = take_elem(sh, args, map, &elem);

	if (status)
		return status;
	if (!elem.has_key)
		return key_is_missing(sh);
	err = pca_map_update(shell_task(sh), map->fd, &elem.key, value, map->value_bytes,
			     all_flags(&elem));
	return err ? shell_refused(sh, err, "map update") : SHELL_OK;
}

int map_update(struct shell *sh, struct args *args)
{
	return with_value(sh, args, update);
}

/* No such element: bpftool says so where the element would be. */
static int not_found(struct shell *sh, const uint32_t *key)
{
	if (sh->is_json) {
		json_null(NULL);
	} else {
		printf("key:\n");
		print_hex((const unsigned char *)key, sizeof(*key));
		printf("\n\nNot found\n");
	}
	shell_refused(sh, -ENOENT, "map lookup");
	sh->is_told = true;
	return SHELL_REFUSED;
}

static int lookup(struct shell *sh, struct args *args, struct shell_map *map, unsigned char *value)
{
	struct elem_args elem = { 0 };
	int err, status = take_elem(sh, args, map, &elem);

	if (status)
		return status;
	if (!elem.has_key)
		return key_is_missing(sh);
	err = pca_map_lookup(shell_task(sh), map->fd, &elem.key, value, map->value_bytes,
			     all_flags(&elem));
	if (err == -ENOENT)
		return not_found(sh, &elem.key);
	if (err)
		return shell_refused(sh, err, "map lookup");
	(sh->is_json ? print_elem_json : print_elem)(sh, map, &elem.key, value, elem.cpu);
	return SHELL_OK;
}

int map_lookup(struct shell *sh, struct args *args)
{
	return with_value(sh, args, lookup);
}

/* --- getnext, delete ----------------------------------------------------------------------- */

/* MAP and a key that may be missing, and nothing else. The map is open after SHELL_OK. */
static int open_with_key(struct shell *sh, struct args *args, struct shell_map *map,
			 struct elem_args *elem)
{
	int status = map_open(sh, args, map);

	if (status)
		return status;
	*elem = (struct elem_args){ 0 };
	if (args_take_if(args, "key"))
		status = take_key(sh, args, elem);
	if (!status)
		status = args_end(sh, args);
	if (status)
		map_close(sh, map);
	return status;
}

static void print_next(const struct shell *sh, const uint32_t *key, uint32_t next)
{
	const unsigned char *bytes = (const unsigned char *)key;

	if (!sh->is_json) {
		fputs(key ? "key:\n" : "key: None", stdout);
		print_hex(bytes, key ? sizeof(*key) : 0);
		printf("\nnext key:\n");
		print_hex((const unsigned char *)&next, sizeof(next));
		putchar('\n');
		return;
	}
	json_open(NULL, '{');
	if (key)
		json_bytes("key", key, sizeof(*key));
	else
		json_null("key");
	json_bytes("next_key", &next, sizeof(next));
	json_close('}');
}

int map_getnext(struct shell *sh, struct args *args)
{
	struct elem_args elem;
	struct shell_map map;
	uint32_t next, *key;
	int err, status = open_with_key(sh, args, &map, &elem);

	if (status)
		return status;
	key = elem.has_key ? &elem.key : NULL;
	err = next_key(sh, &map, key, &next);
	map_close(sh, &map);
	if (err)
		return shell_refused(sh, err, "map getnext");
	print_next(sh, key, next);
	return SHELL_OK;
}

int map_delete(struct shell *sh, struct args *args)
{
	union bpf_attr attr = { 0 };
	struct elem_args elem;
	struct shell_map map;
	int err, status = open_with_key(sh, args, &map, &elem);

	if (status)
		return status;
	attr.map_fd = (uint32_t)map.fd;
	attr.key = (uintptr_t)&elem.key;
	err = elem.has_key ? shell_bpf(sh, BPF_MAP_DELETE_ELEM, &attr) : 0;
	map_close(sh, &map);
	if (!elem.has_key)
		return key_is_missing(sh);
	return err ? shell_refused(sh, err, "map delete") : SHELL_OK;
}
