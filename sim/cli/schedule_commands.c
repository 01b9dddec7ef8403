// SPDX-License-Identifier: MIT
/*
 * The commands that tasks of a schedule give, and --init.
 */
#include "schedule_commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "attr.h"
#include "map.h"
#include "term.h"

/* ---- values ---- */

static void put_number(void *dst, uint32_t bytes, uint64_t n)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	n <<= 8 * (sizeof(n) - bytes);
#endif
	memcpy(dst, &n, bytes);
}

int map_key_of_number(const struct object_map *map, uint64_t number, void *key)
{
	const uint32_t bytes = map->map.key_size;

	if (bytes > MOST_KEY_BYTES || (bytes < MOST_KEY_BYTES && number >> (8 * bytes)))
		return -1;
	put_number(key, bytes, number);
	return 0;
}

static void put_value(unsigned char *dst, uint32_t bytes, const struct command_spec *spec)
{
	for (uint32_t at = 0, i = 0; at < bytes; at += 8, i++)
		put_number(dst + at, bytes - at < 8 ? bytes - at : 8,
			   i < spec->nr_words ? spec->words[i] : 0);
}

/* ---- commands ---- */

static const struct object_map *find_map(const struct pca_object *object, const char *name)
{
	for (size_t i = 0; i < object->nr_maps; i++) {
		if (!strcmp(object->maps[i].map.name, name))
			return &object->maps[i];
	}
	return NULL;
}

static int refuse_map(const struct pca_object *object, const char *name)
{
	char known[512] = "";

	for (size_t i = 0; i < object->nr_maps; i++)
		list_name(known, sizeof(known), object->maps[i].map.name, i + 1 == object->nr_maps);
	cli_error("%s has no map \"%s\"; it has %s", object->path, name,
		  object->nr_maps ? known : "none");
	return -EINVAL;
}

static int check_command(const struct schedule_world *world, const struct command_spec *spec)
{
	const struct object_map *map = find_map(world->object, spec->map);
	unsigned char key[MOST_KEY_BYTES];

	if (!map)
		return refuse_map(world->object, spec->map);
	if (map->map.key_size > MOST_KEY_BYTES) {
		cli_error("map \"%s\": its keys have %" PRIu32
			  " bytes; commands give keys of at most %d, as numbers",
			  spec->map, map->map.key_size, MOST_KEY_BYTES);
		return -EINVAL;
	}
	if (map_key_of_number(map, spec->key, key)) {
		cli_error("map \"%s\": key %" PRIu64 " does not fit in the %" PRIu32
			  " bytes of its keys",
			  spec->map, spec->key, map->map.key_size);
		return -EINVAL;
	}
	if (spec->nr_words > (map->map.value_size + 7) / 8) {
		cli_error("map \"%s\": %" PRIu32 " words are more than a value of %" PRIu32
			  " bytes has",
			  spec->map, spec->nr_words, map->map.value_size);
		return -EINVAL;
	}
	if (spec->copies == COMMAND_ONE_CPU &&
	    pca_cpu_ordinal(world->session.machine, spec->cpu) < 0) {
		cli_error("CPU %" PRIu32 " is not possible on this machine; --possible chooses",
			  spec->cpu);
		return -EINVAL;
	}
	return 0;
}

static size_t copy_bytes(const struct object_map *map)
{
	return map->map.map->elem_size;
}

static bool is_percpu(const struct object_map *map)
{
	return map->map.map->map->ops->is_percpu;
}

/* Where CPU cpu's copy is in a buffer of all. */
static size_t copy_at(const struct schedule_world *world, const struct object_map *map,
		      uint32_t cpu)
{
	return (size_t)pca_cpu_ordinal(world->session.machine, cpu) * copy_bytes(map);
}

/* A LOOKUP, UPDATE or the like of the actor's key. */
static long give(const struct world_actor *actor, int command, const struct command_spec *spec,
		 void *value, uint64_t flags)
{
	unsigned char key[MOST_KEY_BYTES];
	union attr attr = { .elem = { .map_fd = actor->map->map.fd,
				      .key = (uintptr_t)key,
				      .value = (uintptr_t)value,
				      .flags = flags } };

	map_key_of_number(actor->map, spec->key, key);
	return pca_bpf(actor->world->session.task, command, &attr, sizeof(attr.elem));
}

static long update(const struct world_actor *actor, const struct command_spec *spec)
{
	const uint32_t nr = is_percpu(actor->map) && spec->copies == COMMAND_ALL_COPIES
				    ? pca_num_possible_cpus(actor->world->session.machine)
				    : 1;
	uint64_t flags = 0;

	for (uint32_t i = 0; i < nr; i++)
		put_value(actor->values + i * copy_bytes(actor->map), actor->map->map.value_size,
			  spec);
	if (spec->copies == COMMAND_ONE_CPU)
		flags = BPF_F_CPU | (uint64_t)spec->cpu << 32;
	else if (spec->copies == COMMAND_SAME)
		flags = BPF_F_ALL_CPUS;
	return give(actor, BPF_MAP_UPDATE_ELEM, spec, actor->values, flags);
}

static long lookup(const struct world_actor *actor, int command, const struct command_spec *spec)
{
	bool is_one = spec->copies == COMMAND_ONE_CPU;
	uint64_t flags = is_one ? BPF_F_CPU | (uint64_t)spec->cpu << 32 : 0;

	return give(actor, command, spec,
		    actor->read + (is_one ? copy_at(actor->world, actor->map, spec->cpu) : 0),
		    flags);
}

/* What had to be done where there is no BPF_F_CPU. */
static long change(const struct world_actor *actor, const struct command_spec *spec)
{
	long err = give(actor, BPF_MAP_LOOKUP_ELEM, spec, actor->values, 0);

	if (err)
		return err;
	put_value(actor->values + (is_percpu(actor->map)
					   ? copy_at(actor->world, actor->map, spec->cpu)
					   : 0),
		  actor->map->map.value_size, spec);
	return give(actor, BPF_MAP_UPDATE_ELEM, spec, actor->values, 0);
}

static long run_command(const struct world_actor *actor, const struct command_spec *spec)
{
	switch (spec->verb) {
	case COMMAND_LOOKUP:
		return lookup(actor, BPF_MAP_LOOKUP_ELEM, spec);
	case COMMAND_UPDATE:
		return update(actor, spec);
	case COMMAND_CHANGE:
		return change(actor, spec);
	case COMMAND_DELETE:
		return give(actor, BPF_MAP_DELETE_ELEM, spec, NULL, 0);
	default:
		return lookup(actor, BPF_MAP_LOOKUP_AND_DELETE_ELEM, spec);
	}
}

void world_task_run(void *arg)
{
	struct world_actor *actor = arg;

	for (uint32_t i = 0; i < actor->spec->nr_commands && !actor->err; i++) {
		const struct command_spec *spec = &actor->spec->commands[i];

		actor->map = find_map(actor->world->object, spec->map);
		actor->err = run_command(actor, spec);
	}
}

int world_task_prepare(struct world_actor *actor)
{
	size_t most = 8;

	for (uint32_t i = 0; i < actor->spec->nr_commands; i++) {
		const struct command_spec *spec = &actor->spec->commands[i];
		const struct object_map *map = find_map(actor->world->object, spec->map);
		int64_t bytes;
		int err = check_command(actor->world, spec);

		if (err)
			return err;
		bytes = pca_map_lookup_bytes(actor->world->session.task, map->map.fd);
		if (bytes > 0 && (size_t)bytes > most)
			most = (size_t)bytes;
		actor->map = map;
	}
	actor->read = calloc(1, most);
	actor->values = calloc(1, most);
	actor->read_bytes = most;
	return actor->read && actor->values ? 0 : -ENOMEM;
}
