/* SPDX-License-Identifier: MIT */
/*
 * Commands in steps. A command for whose middle a fault is ordered (c->middle) goes
 * copy by copy, looks after each whether it is there, and then leaves its read section,
 * so that the fault's hook may do what waits for readers, or sleep. It holds the
 * map by a reference meanwhile, and works on copies of the caller's values, as
 * Linux does: the hook may change those.
 */
#ifndef SIM_STEPS_H
#define SIM_STEPS_H

#include "command.h"

/* act(c, map) on the map behind fd as map_of_fd() finds it: its result, or why there is none. */
long with_map_held(const struct call *c, int fd, uint32_t mode,
		   int (*act)(const struct call *c, struct pca_map *map));

/*
 * So many elements are done, and so many copies of the next one: 0, or the -errno that
 * the command returns.
 */
int step(const struct call *c, uint32_t nr_elems, uint32_t nr_copies);

/* One element on its way. */
struct stepping {
	const struct pca_map *map;
	const struct copies *copies;
	uintptr_t elem;	    /* as map_find() tells it */
	uint32_t nr_before; /* elements that the command has done before it */
};

/*
 * All copies of an element, and a step after each: out to the caller's value, or from a
 * copy of it. 0, -EFAULT, -ENOMEM, or as step().
 */
int lookup_in_steps(const struct call *c, const struct stepping *elem, uint64_t value);
int write_in_steps(const struct call *c, const struct stepping *elem, const void *src);

/* An update of a map without indices, which is one step. 0, or as the map's update or step(). */
int update_in_steps(const struct call *c, struct pca_map *map, const struct stepping *elem,
		    const void *key, const void *value, uint64_t flags);

#endif
