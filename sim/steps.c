// SPDX-License-Identifier: MIT
#include "steps.h"

#include "uaccess.h"

long with_map_held(const struct call *c, int fd, uint32_t mode,
		   int (*act)(const struct call *c, struct pca_map *map))
{
	int err;

	rcu_enter();
	struct pca_map *map = map_of_fd(c->task, fd, mode, &err);

	if (map && !object_tryget(&map->object)) {
		map = NULL; /* another thread has just closed it */
		err = -EBADF;
	}
	if (map) {
		uint32_t nr_writers = mode & MODE_WRITE ? 1 : 0;

		__atomic_fetch_add(&map->nr_stepping_writers, nr_writers, __ATOMIC_RELAXED);
		err = act(c, map);
		__atomic_fetch_sub(&map->nr_stepping_writers, nr_writers, __ATOMIC_RELAXED);
		object_put(&map->object);
	}
	rcu_exit();
	return err;
}

int step(const struct call *c, uint32_t nr_elems, uint32_t nr_copies)
{
	int err;

	if (nr_elems != c->middle->after_elems || nr_copies != c->middle->after_copies)
		return 0;
	rcu_exit();
	err = fault_in_middle(c->task, c->middle);
	rcu_enter();
	return err;
}

/* How many steps an element takes. */
static uint32_t nr_copies_of(const struct stepping *elem)
{
	bool is_one = !elem->map->ops->is_percpu || elem->copies->kind == COPIES_ONE;

	return is_one ? 1 : elem->map->object.machine->nr_cpus;
}

/* Which slab the n-th copy is in. */
static uint32_t nth_slab(const struct pca_map *map, uint32_t ordinal)
{
	return map->object.machine->cpus[ordinal].slab;
}

static void read_nth(const struct stepping *elem, uint32_t ordinal, char *dst)
{
	const struct pca_map *map = elem->map;

	if (map->ops->is_percpu && elem->copies->kind == COPIES_ALL)
		map->ops->read_part(map, nth_slab(map, ordinal), (uint32_t)elem->elem,
				    dst + (size_t)ordinal * map->ref.elem_size);
	else
		copies_read(elem->copies, map, elem->elem, dst);
}

static void write_nth(const struct stepping *elem, uint32_t ordinal, const char *src)
{
	const struct pca_map *map = elem->map;

	if (elem->copies->kind == COPIES_SAME)
		map->ops->write_copy(map, nth_slab(map, ordinal), (uint32_t)elem->elem, src);
	else if (map->ops->is_percpu && elem->copies->kind == COPIES_ALL)
		map->ops->write_part(map, nth_slab(map, ordinal), (uint32_t)elem->elem,
				     src + (size_t)ordinal * map->ref.elem_size);
	else
		copies_write(elem->copies, map, (uint32_t)elem->elem, src);
}

int lookup_in_steps(const struct call *c, const struct stepping *elem, uint64_t value)
{
	const uint32_t bytes = copies_bytes(elem->copies, elem->map), nr = nr_copies_of(elem);
	struct user_buffer buf;
	int err = bounce_out(&buf, bytes);

	if (err)
		return err;
	for (uint32_t i = 0; i < nr && !err; i++) {
		read_nth(elem, i, buf.bytes);
		err = step(c, elem->nr_before, i + 1);
	}
	if (!err)
		err = copy_to_user(c->task, value, buf.bytes, bytes);
	user_buffer_free(&buf);
	return err;
}

int write_in_steps(const struct call *c, const struct stepping *elem, const void *src)
{
	const uint32_t nr = nr_copies_of(elem);
	int err = 0;

	for (uint32_t i = 0; i < nr && !err; i++) {
		write_nth(elem, i, src);
		err = step(c, elem->nr_before, i + 1);
	}
	return err;
}

int update_in_steps(const struct call *c, struct pca_map *map, const struct stepping *elem,
		    const void *key, const void *value, uint64_t flags)
{
	int err = map->ops->update(map, key, value, flags);

	return err ? err : step(c, elem->nr_before, 1);
}
