/* SPDX-License-Identifier: MIT */
/*
 * Worlds of "pcasim schedule": a machine with an object file, its programs and commands as
 * actors. Each thread of a search has one; all of a setup are alike.
 */
#ifndef SIM_CLI_SCHEDULE_WORLD_H
#define SIM_CLI_SCHEDULE_WORLD_H

#include <pcasim/schedule.h>
#include <pcasim/snapshot.h>

#include "object_file.h"
#include "prog_run.h"
#include "schedule_spec.h"
#include "setup.h"

struct schedule_setup {
	const char *file;
	struct pca_machine_opts machine;
	const struct actor_spec *actors;
	uint32_t nr_actors;
	const struct command_spec *init;
	uint32_t nr_init;
	const struct option_list *settings;   /* --set, --entries */
	const struct option_list *predicates; /* names of programs */
	struct prog_input ctx, packet;	      /* for all programs that take such */
};

struct world_actor {
	const struct actor_spec *spec;
	struct schedule_world *world;

	/* Of a program: what it is given, and the same as it was. */
	struct prog_runs given;
	void *ctx, *ctx_before;

	/* Of a task: what its last lookup has read, and how its last command ended. */
	const struct object_map *map;
	unsigned char *read, *values; /* values: of an update */
	size_t read_bytes;
	long err;
};

/* A program that looks at the maps when all actors have ended. */
struct world_predicate {
	const char *name;
	struct pca_prog *prog;
	uint32_t cpu;
	struct world_actor actor; /* only what a program is given */
};

struct schedule_world {
	const struct schedule_setup *setup;
	struct session session;
	struct pca_object *object;
	struct pca_schedule *schedule;
	struct world_actor actors[PCA_MAX_ACTORS];
	uint32_t nr_actors;
	struct world_predicate *predicates; /* as many as the setup has */
	size_t nr_predicates;

	/* What a reset puts back. */
	struct pca_map_snapshot **snapshots; /* NULL for hashes */
	struct saved_hash *hashes;	     /* by the number of their maps */
	unsigned char **globals;	     /* NULL for constants */
};

/* 0, or -errno after a line on stderr. */
int schedule_world_open(struct schedule_world **world, const struct schedule_setup *setup);
void schedule_world_reset(struct schedule_world *world);
void schedule_world_close(struct schedule_world *world);

/* Did a program of this actor do what it may not, or not end? One that is skipped did not. */
bool schedule_actor_was_stopped(const struct schedule_world *world, uint32_t actor);

/*
 * Run the predicate: does it return anything but 0? false also where it was stopped: *err is
 * not 0, and a message has told why.
 */
bool schedule_predicate_holds(struct world_predicate *predicate, int *err, int *retval);

/* Which actor is called this, or NULL. */
const struct world_actor *schedule_world_actor(const struct schedule_world *world,
					       const char *name);

#endif
