// SPDX-License-Identifier: MIT
/*
 * Making worlds, putting them back, asking their predicates.
 */
#define _GNU_SOURCE
#include "schedule_world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>
#include <pcasim/prog.h>

#include "machine.h"
#include "map.h"
#include "prog.h"
#include "rcu.h"
#include "schedule_commands.h"
#include "term.h"

#define ACTOR_PID 1 /* of tasks in arguments, the same on each host */

/* What was in a hash: keys and values, one behind the other. */
struct saved_hash {
	unsigned char *elems;
	size_t nr;
	bool is_short; /* of memory */
};

/* ---- programs ---- */

static int prepare_program(struct schedule_world *world, struct world_actor *actor,
			   const struct pca_object_prog *prog, uint32_t cpu)
{
	size_t bytes;
	void *memory;
	int err;

	actor->given = (struct prog_runs){
		.session = &world->session,
		.btf = world->object->btf,
		.prog = prog,
		.ctx = &world->setup->ctx,
		.packet = &world->setup->packet,
		.pid = ACTOR_PID,
	};
	err = prog_ctx_create(&actor->given, machine_cpu(world->session.machine, cpu), &actor->ctx);
	if (err) {
		actor->ctx = NULL;
		return err;
	}
	memory = prog_ctx_memory(&actor->given, actor->ctx, &bytes);
	actor->ctx_before = malloc(bytes);
	if (!actor->ctx_before)
		return -ENOMEM;
	memcpy(actor->ctx_before, memory, bytes);
	return 0;
}

static void restore_ctx(const struct world_actor *actor)
{
	size_t bytes;
	void *memory = prog_ctx_memory(&actor->given, actor->ctx, &bytes);

	memcpy(memory, actor->ctx_before, bytes);
}

static void drop_actor(struct world_actor *actor)
{
	free(actor->read);
	free(actor->values);
	free(actor->ctx_before);
	if (actor->ctx)
		prog_ctx_free(&actor->given, actor->ctx);
}

static int refuse_prog(const struct pca_object *object, const struct pca_object_prog *prog,
		       const char *name)
{
	char known[512] = "";

	for (size_t i = 0; i < object->nr_progs; i++)
		list_name(known, sizeof(known), object->progs[i].prog.name,
			  i + 1 == object->nr_progs);
	if (prog)
		cli_error("program \"%s\" is not loaded: its section begins with ?", prog->name);
	else
		cli_error("%s has no program \"%s\"; it has %s", object->path, name,
			  object->nr_progs ? known : "none");
	return -EINVAL;
}

/* The checked program of this name, loaded. 0, or -EINVAL after a line on stderr. */
static int find_program(const struct schedule_world *world, const char *name,
			const struct pca_object_prog **found)
{
	const struct pca_object_prog *prog = pca_object_find_prog(world->object, name);

	if (!prog || !prog->prog)
		return refuse_prog(world->object, prog, name);
	if (!prog->prog->checked) {
		cli_error("program \"%s\" is not checked: nothing could come in at its accesses; "
			  "make "
			  "%s by \"pcasim cc --checked\"",
			  name, world->object->path);
		return -EINVAL;
	}
	*found = prog;
	return 0;
}

static int refuse_cpu(const struct schedule_world *world, const struct actor_spec *spec)
{
	if (pca_cpu_ordinal(world->session.machine, spec->cpu) < 0)
		cli_error("\"%s\": CPU %" PRIu32 " is not possible on this machine; --possible "
			  "chooses",
			  spec->text, spec->cpu);
	else
		cli_error("\"%s\": CPU %" PRIu32 " is offline on this machine; --online chooses",
			  spec->text, spec->cpu);
	return -EINVAL;
}

static int add_program(struct schedule_world *world, struct world_actor *actor)
{
	const struct actor_spec *spec = actor->spec;
	enum pca_context context = spec->context;
	const struct pca_object_prog *prog;
	int err = find_program(world, spec->prog, &prog);

	if (!err && !pca_cpu_is_online(world->session.machine, spec->cpu))
		err = refuse_cpu(world, spec);
	if (!err)
		err = prepare_program(world, actor, prog, spec->cpu);
	if (err)
		return err;
	if (context == PCA_NR_CONTEXTS)
		context = prog_event_context(prog);
	return pca_schedule_add_interrupt(world->schedule, NULL, prog->prog, spec->cpu, context,
					  actor->ctx, spec->repeat);
}

static int add_task(struct schedule_world *world, struct world_actor *actor)
{
	const char *verb = command_verb_name(actor->spec->commands[0].verb);
	char name[16];
	int err = world_task_prepare(actor);

	if (err)
		return err;
	snprintf(name, sizeof(name), "%s", verb);
	for (uint32_t i = 2; schedule_world_actor(world, name); i++)
		snprintf(name, sizeof(name), "%s.%" PRIu32, verb, i);
	return pca_schedule_add_task(world->schedule, name, world_task_run, actor);
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

/* ---- predicates ---- */

static uint32_t first_online(const struct pca_machine *machine)
{
	uint32_t ordinal = 0;

	while (!pca_cpu_is_online(machine, (uint32_t)pca_cpu_id(machine, ordinal)))
		ordinal++;
	return (uint32_t)pca_cpu_id(machine, ordinal);
}

static int add_predicate(struct schedule_world *world, struct world_predicate *predicate)
{
	const struct pca_object_prog *prog;
	int err = find_program(world, predicate->name, &prog);

	if (err)
		return err;
	predicate->prog = prog->prog;
	return prepare_program(world, &predicate->actor, prog, predicate->cpu);
}

static int add_predicates(struct schedule_world *world, const struct option_list *names)
{
	int err = 0;

	if (!names || !names->nr)
		return 0;
	world->predicates = calloc(names->nr, sizeof(*world->predicates));
	if (!world->predicates)
		return -ENOMEM;
	for (size_t i = 0; i < names->nr && !err; i++) {
		struct world_predicate *predicate = &world->predicates[i];

		predicate->name = names->at[i].text;
		predicate->cpu = first_online(world->session.machine);
		world->nr_predicates = i + 1;
		err = add_predicate(world, predicate);
	}
	return err;
}

bool schedule_predicate_holds(struct world_predicate *predicate, int *err, int *retval)
{
	struct world_actor *actor = &predicate->actor;

	restore_ctx(actor);
	*err = pca_run_on(predicate->prog, predicate->cpu, actor->ctx, retval);
	return !*err && *retval;
}

bool schedule_actor_was_stopped(const struct schedule_world *world, uint32_t actor)
{
	int err = pca_schedule_actor_error(world->schedule, actor);

	return err && err != -EBUSY;
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
		restore_ctx(actor);
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
		int err = world_task_prepare(&actor);

		if (!err) {
			world_task_run(&actor);
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
	static const struct option_list none;
	struct pca_object *object;
	int err = prog_open(&object, &world->session, setup->file,
			    setup->settings ? setup->settings : &none);

	if (err)
		return err;
	world->object = object;
	err = pca_schedule_create(&world->schedule, world->session.machine);
	if (!err)
		err = add_actors(world, setup);
	if (!err)
		err = add_predicates(world, setup->predicates);
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
	world->setup = setup;
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
	for (size_t i = 0; i < world->nr_predicates; i++)
		drop_actor(&world->predicates[i].actor);
	free(world->predicates);
	pca_object_close(world->object);
	session_close(&world->session);
	free(world);
}
