// SPDX-License-Identifier: MIT
#include "schedule_values.h"

#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "map.h"
#include "rcu.h"
#include "schedule_commands.h"
#include "term.h"

/* ---- names ---- */

static struct invariant_name name_of_map(const struct pca_object *object, uint32_t index)
{
	const struct object_map *map = &object->maps[index];

	return (struct invariant_name){
		.kind = NAME_MAP,
		.index = index,
		.text = map->map.name,
		.is_percpu = map->map.map->map->ops->is_percpu,
		.key_bytes = map->map.key_size,
		.nr_keys = map_has_indices(map->map.map->map) ? map->map.max_entries : 0,
		.bytes = map->map.value_size,
		.btf = object->btf,
		.type_id = map->definition.value_type_id,
	};
}

/* The map of the last command that reads, or NULL. */
static const struct object_map *map_read_by(const struct world_actor *actor)
{
	const struct actor_spec *spec = actor->spec;
	const struct pca_object *object = actor->world->object;
	const char *name = NULL;

	for (uint32_t i = 0; i < spec->nr_commands; i++) {
		enum command_verb verb = spec->commands[i].verb;

		if (verb == COMMAND_LOOKUP || verb == COMMAND_TAKE)
			name = spec->commands[i].map;
	}
	for (size_t i = 0; name && i < object->nr_maps; i++) {
		if (!strcmp(object->maps[i].map.name, name))
			return &object->maps[i];
	}
	return NULL;
}

static bool find_task(const struct schedule_world *world, const char *name,
		      struct invariant_name *found)
{
	const struct world_actor *actor = schedule_world_actor(world, name);
	const struct object_map *map = actor ? map_read_by(actor) : NULL;

	if (!map)
		return false;
	*found = name_of_map(world->object, (uint32_t)(map - world->object->maps));
	found->kind = NAME_TASK;
	found->index = (uint32_t)(actor - world->actors);
	found->text = pca_schedule_actor_name(world->schedule, found->index);
	return true;
}

static bool find(const void *arg, const char *name, struct invariant_name *found)
{
	const struct schedule_world *world = arg;
	const struct pca_object *object = world->object;

	for (uint32_t i = 0; i < object->nr_maps; i++) {
		if (!strcmp(object->maps[i].map.name, name)) {
			*found = name_of_map(object, i);
			return true;
		}
	}
	for (uint32_t i = 0; i < object->nr_globals; i++) {
		const struct object_global *global = &object->globals[i];

		if (!strcmp(global->global.name, name)) {
			*found = (struct invariant_name){
				.kind = NAME_VARIABLE,
				.index = i,
				.text = global->global.name,
				.bytes = (uint32_t)global->global.bytes,
				.btf = object->btf,
				.type_id = global->type_id,
			};
			return true;
		}
	}
	return find_task(world, name, found);
}

static void list(const void *arg, char *text, size_t size)
{
	const struct schedule_world *world = arg;
	const struct pca_object *object = world->object;

	for (size_t i = 0; i < object->nr_globals; i++)
		list_name(text, size, object->globals[i].global.name, false);
	for (uint32_t i = 0; i < world->nr_actors; i++) {
		if (map_read_by(&world->actors[i]))
			list_name(text, size, pca_schedule_actor_name(world->schedule, i), false);
	}
	for (size_t i = 0; i < object->nr_maps; i++)
		list_name(text, size, object->maps[i].map.name, i + 1 == object->nr_maps);
}

static bool has_cpu(const void *arg, uint32_t cpu)
{
	const struct schedule_world *world = arg;

	return pca_cpu_ordinal(world->session.machine, cpu) >= 0;
}

struct invariant_scope schedule_scope(const struct schedule_world *world)
{
	return (struct invariant_scope){ world, find, list, has_cpu };
}

/* ---- values ---- */

static uint32_t cpu_id(void *arg, uint32_t ordinal)
{
	const struct schedule_world *world = arg;

	return (uint32_t)pca_cpu_id(world->session.machine, ordinal);
}

static void read_map(const struct object_map *of, uint64_t number, uint32_t cpu, void *dst)
{
	const struct pca_map *map = of->map.map->map;
	unsigned char key[MOST_KEY_BYTES];
	uintptr_t elem;

	memset(dst, 0, of->map.value_size);
	if (map_key_of_number(of, number, key))
		return;
	rcu_enter();
	if (map_find(map, key, &elem)) {
		if (map->ops->is_percpu)
			map->ops->read_copy(map, machine_cpu(map->object.machine, cpu)->slab,
					    (uint32_t)elem, dst);
		else
			map->ops->read_elems(map, elem, 1, dst);
	}
	rcu_exit();
}

static void read_task(const struct schedule_world *world, const struct invariant_name *name,
		      uint32_t cpu, void *dst)
{
	const struct world_actor *actor = &world->actors[name->index];
	const struct object_map *map = map_read_by(actor);
	size_t at = 0;

	if (name->is_percpu)
		at = (size_t)pca_cpu_ordinal(world->session.machine, cpu) * map->map.map->elem_size;
	memcpy(dst, actor->read + at, name->bytes);
}

static void read_value(void *arg, const struct invariant_name *name, uint64_t key, uint32_t cpu,
		       void *dst)
{
	const struct schedule_world *world = arg;

	switch (name->kind) {
	case NAME_MAP:
		read_map(&world->object->maps[name->index], key, cpu, dst);
		break;
	case NAME_TASK:
		read_task(world, name, cpu, dst);
		break;
	default:
		memcpy(dst, world->object->globals[name->index].global.address, name->bytes);
	}
}

struct invariant_values schedule_values(struct schedule_world *world)
{
	return (struct invariant_values){
		.arg = world,
		.nr_cpus = pca_num_possible_cpus(world->session.machine),
		.cpu_id = cpu_id,
		.read = read_value,
	};
}
