/* SPDX-License-Identifier: MIT */
#ifndef SIM_CLI_SCHEDULE_COMMANDS_H
#define SIM_CLI_SCHEDULE_COMMANDS_H

#include "schedule_world.h"

/* The element of a key as a map has keys; 0, or -1 when it has longer ones or there is none. */
int map_key_of_number(const struct object_map *map, uint64_t number, void *key);
#define MOST_KEY_BYTES 8

/*
 * Check the actor's commands against the object's maps, and make room for the values of the
 * largest. 0, or -errno after a line on stderr.
 */
int world_task_prepare(struct world_actor *actor);

/* Give them, one after the other until one fails: actor->err. */
void world_task_run(void *actor);

#endif
