// SPDX-License-Identifier: MIT
/*
 * Making worlds, putting them back, giving commands in them.
 */
#define _GNU_SOURCE
#include "schedule_world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "attr.h"
#include "map.h"
#include "packet_ctx.h"
#include "prog_run.h"
#include "rcu.h"
#include "term.h"

#define CTX_BYTES 4096 /* of programs that take no packet: zeros */
#define PACKET_BYTES 64

/* What was in a hash: keys and values, one behind the other. */
struct saved_hash {
	unsigned char *elems;
	size_t nr;
	bool is_short; /* of memory */
};

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

static void run_commands(void *arg)
{
	struct world_actor *actor = arg;

	for (uint32_t i = 0; i < actor->spec->nr_commands && !actor->err; i++) {
		const struct command_spec *spec = &actor->spec->commands[i];

		actor->map = find_map(actor->world->object, spec->map);
		actor->err = run_command(actor, spec);
	}
}

/* Buffers for the largest of the actor's maps, and the map of its last lookup. */
static int prepare_task(struct world_actor *actor)
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

/* ---- programs ---- */

static void *ctx_memory(const struct world_actor *actor)
{
	return actor->is_packet ? (void *)container_of(actor->ctx, struct packet_ctx, ctx)
				: actor->ctx;
}

static int prepare_program(struct world_actor *actor, const struct pca_prog *prog)
{
	static const unsigned char zeros[PACKET_BYTES];
	int err = 0;

	if (prog_takes_packet(prog))
		err = pca_packet_ctx_create(&actor->ctx, prog, zeros, sizeof(zeros));
	else
		actor->ctx = calloc(1, CTX_BYTES);
	if (err || !actor->ctx)
		return err ? err : -ENOMEM;
	actor->is_packet = prog_takes_packet(prog);
	actor->ctx_bytes = CTX_BYTES;
	if (actor->is_packet)
		actor->ctx_bytes = ((const struct packet_ctx *)ctx_memory(actor))->mapped_bytes;
	actor->ctx_before = malloc(actor->ctx_bytes);
	if (!actor->ctx_before)
		return -ENOMEM;
	memcpy(actor->ctx_before, ctx_memory(actor), actor->ctx_bytes);
	return 0;
}

static void drop_actor(struct world_actor *actor)
{
	free(actor->read);
	free(actor->values);
	free(actor->ctx_before);
	if (actor->is_packet)
		pca_packet_ctx_free(actor->ctx);
	else
		free(actor->ctx);
}

static int refuse_prog(const struct pca_object *object, const struct pca_object_prog *prog,
		       const struct actor_spec *spec)
{
	char known[512] = "";

	for (size_t i = 0; i < object->nr_progs; i++)
		list_name(known, sizeof(known), object->progs[i].prog.name,
			  i + 1 == object->nr_progs);
	if (prog)
		cli_error("program \"%s\" is not loaded: its section begins with ?", prog->name);
	else
		cli_error("%s has no program \"%s\"; it has %s", object->path, spec->prog,
			  object->nr_progs ? known : "none");
	return -EINVAL;
}

static int add_program(struct schedule_world *world, struct world_actor *actor)
{
	const struct actor_spec *spec = actor->spec;
	const struct pca_object_prog *prog = pca_object_find_prog(world->object, spec->prog);
	enum pca_context context = spec->context;
	int err;

	if (!prog || !prog->prog)
		return refuse_prog(world->object, prog, spec);
	if (!pca_cpu_is_online(world->session.machine, spec->cpu)) {
		bool is_possible = pca_cpu_ordinal(world->session.machine, spec->cpu) >= 0;

		cli_error("\"%s\": CPU %" PRIu32 " is not %s on this machine; --%s chooses",
			  spec->text, spec->cpu, is_possible ? "online" : "possible",
			  is_possible ? "online" : "possible");
		return -EINVAL;
	}
	err = prepare_program(actor, prog->prog);
	if (err)
		return err;
	if (context == PCA_NR_CONTEXTS)
		context = pca_prog_context(prog->prog);
	return pca_schedule_add_interrupt(world->schedule, NULL, prog->prog, spec->cpu, context,
					  actor->ctx, spec->repeat);
}

static int add_task(struct schedule_world *world, struct world_actor *actor)
{
	const char *verb = command_verb_name(actor->spec->commands[0].verb);
	char name[16];
	int err = prepare_task(actor);

	if (err)
		return err;
	snprintf(name, sizeof(name), "%s", verb);
	for (uint32_t i = 2; schedule_world_actor(world, name); i++)
		snprintf(name, sizeof(name), "%s.%" PRIu32, verb, i);
	return pca_schedule_add_task(world->schedule, name, run_commands, actor);
}

static int add_actors(struct schedule_world *world, const struct schedule_setup *setup)
{
	for (uint32_t i = 0; i < setup->nr_actors; i++) {
		struct world_actor *actor = &world->actors[i];
		int number;

		actor->spec = &setup->actors[i];
		actor->world = world;
		number = actor->spec->is_task ? add_task(world, actor) : add_program(world, actor);
		world->nr_actors = i + 1;
		if (number < 0)
			return number;
	}
	return 0;
}

const struct world_actor *schedule_world_actor(const struct schedule_world *world, const char *name)
{
	const char *actor;

	for (uint32_t i = 0; (actor = pca_schedule_actor_name(world->schedule, i)); i++) {
		if (!strcmp(actor, name))
			return &world->actors[i];
	}
	return NULL;
}

/* ---- as it was ---- */

static long save_elem(struct pca_map_ref *ref, const void *key, void *value, void *ctx)
{
	const struct pca_map *map = ref->map;
	const size_t bytes = (size_t)map->key_size + map->value_size;
	struct saved_hash *saved = ctx;
	unsigned char *grown = reallocarray(saved->elems, saved->nr + 1, bytes);

	if (!grown) {
		saved->is_short = true;
		return 1;
	}
	saved->elems = grown;
	memcpy(grown + saved->nr * bytes, key, map->key_size);
	memcpy(grown + saved->nr * bytes + map->key_size, value, map->value_size);
	saved->nr++;
	return 0;
}

static int save_hash(struct saved_hash *saved, struct pca_map_ref *ref)
{
	rcu_enter();
	ref->map->ops->for_each(ref->map, ref, (pca_for_each_fn)save_elem, saved);
	rcu_exit();
	return saved->is_short ? -ENOMEM : 0;
}

static void restore_hash(const struct saved_hash *saved, struct pca_map *map, unsigned char *key)
{
	const size_t bytes = (size_t)map->key_size + map->value_size;

	rcu_enter();
	while (!map->ops->next_key(map, NULL, key))
		map->ops->delete (map, key, NULL);
	for (size_t i = 0; i < saved->nr; i++)
		map->ops->update(map, saved->elems + i * bytes,
				 saved->elems + i * bytes + map->key_size, BPF_ANY);
	rcu_exit();
}

static int save(struct schedule_world *world)
{
	const struct pca_object *object = world->object;
	int err = 0;

	world->snapshots = calloc(object->nr_maps + 1, sizeof(*world->snapshots));
	world->hashes = calloc(object->nr_maps + 1, sizeof(*world->hashes));
	world->globals = calloc(object->nr_globals + 1, sizeof(*world->globals));
	if (!world->snapshots || !world->hashes || !world->globals)
		return -ENOMEM;
	for (size_t i = 0; i < object->nr_maps && !err; i++) {
		struct pca_map_ref *ref = object->maps[i].map.map;

		err = map_has_indices(ref->map) ? pca_map_snapshot(ref, &world->snapshots[i])
						: save_hash(&world->hashes[i], ref);
	}
	for (size_t i = 0; i < object->nr_globals && !err; i++) {
		const struct pca_object_global *global = &object->globals[i].global;

		if (global->is_const)
			continue;
		world->globals[i] = malloc(global->bytes + 1);
		if (!world->globals[i])
			err = -ENOMEM;
		else
			memcpy(world->globals[i], global->address, global->bytes);
	}
	return err;
}

static void reset_actor(struct world_actor *actor)
{
	actor->err = 0;
	if (actor->read)
		memset(actor->read, 0, actor->read_bytes);
	if (actor->ctx_before)
		memcpy(ctx_memory(actor), actor->ctx_before, actor->ctx_bytes);
}

void schedule_world_reset(struct schedule_world *world)
{
	const struct pca_object *object = world->object;

	for (size_t i = 0; i < object->nr_maps; i++) {
		struct pca_map_ref *ref = object->maps[i].map.map;
		unsigned char *key = malloc(object->maps[i].map.key_size);

		if (world->snapshots[i])
			pca_map_restore(ref, world->snapshots[i]);
		else if (key)
			restore_hash(&world->hashes[i], ref->map, key);
		free(key);
	}
	for (size_t i = 0; i < object->nr_globals; i++) {
		const struct pca_object_global *global = &object->globals[i].global;

		if (world->globals[i])
			memcpy(global->address, world->globals[i], global->bytes);
	}
	for (uint32_t i = 0; i < world->nr_actors; i++)
		reset_actor(&world->actors[i]);
}

static void drop_saved(struct schedule_world *world)
{
	for (size_t i = 0; world->snapshots && i < world->object->nr_maps; i++)
		pca_map_snapshot_free(world->snapshots[i]);
	for (size_t i = 0; world->hashes && i < world->object->nr_maps; i++)
		free(world->hashes[i].elems);
	for (size_t i = 0; world->globals && i < world->object->nr_globals; i++)
		free(world->globals[i]);
	free(world->snapshots);
	free(world->hashes);
	free(world->globals);
}

/* ---- worlds ---- */

/* --init, by a task as commands are. */
static int init_maps(struct schedule_world *world, const struct schedule_setup *setup)
{
	for (uint32_t i = 0; i < setup->nr_init; i++) {
		struct actor_spec spec = { .nr_commands = 1, .commands = { setup->init[i] } };
		struct world_actor actor = { .spec = &spec, .world = world };
		int err = prepare_task(&actor);

		if (!err) {
			run_commands(&actor);
			err = (int)actor.err;
			if (err)
				cli_error("--init: %s of map \"%s\", key %" PRIu64 ": %s",
					  command_verb_name(spec.commands[0].verb),
					  spec.commands[0].map, spec.commands[0].key,
					  pca_strerror(err));
		}
		drop_actor(&actor);
		if (err)
			return err;
	}
	return 0;
}

static int fill(struct schedule_world *world, const struct schedule_setup *setup)
{
	int err = pca_object_open(&world->object, world->session.task, setup->file, NULL);

	if (!err)
		err = pca_schedule_create(&world->schedule, world->session.machine);
	if (!err)
		err = add_actors(world, setup);
	if (!err)
		err = init_maps(world, setup);
	if (!err)
		err = save(world);
	return err;
}

int schedule_world_open(struct schedule_world **out, const struct schedule_setup *setup)
{
	struct schedule_world *world = calloc(1, sizeof(*world));
	int err;

	if (!world)
		return -ENOMEM;
	if (session_open(&world->session, &setup->machine)) {
		free(world);
		return -EINVAL;
	}
	err = fill(world, setup);
	if (err) {
		schedule_world_close(world);
		return err;
	}
	*out = world;
	return 0;
}

void schedule_world_close(struct schedule_world *world)
{
	if (world->object)
		drop_saved(world);
	pca_schedule_destroy(world->schedule);
	for (uint32_t i = 0; i < world->nr_actors; i++)
		drop_actor(&world->actors[i]);
	pca_object_close(world->object);
	session_close(&world->session);
	free(world);
}
