// SPDX-License-Identifier: MIT
/*
 * Reference counts and ids. An id is gone the moment the last reference is
 * (Linux: bpf_map_free_id() in bpf_map_put()); the memory goes after a grace
 * period, so that runs and commands that still look at the object may finish.
 */
#include "object.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

void id_table_init(struct id_table *table)
{
	memset(table, 0, sizeof(*table));
	pthread_mutex_init(&table->lock, NULL);
}

void id_table_destroy(struct id_table *table)
{
	free(table->objects);
	pthread_mutex_destroy(&table->lock);
}

/* Where an object with this id is, or would be inserted. */
static size_t position(const struct id_table *table, uint32_t id)
{
	size_t low = 0, high = table->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (table->objects[mid]->id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int grow(struct id_table *table)
{
	size_t capacity = table->capacity ? table->capacity * 2 : 16;
	struct object **objects = realloc(table->objects, capacity * sizeof(*objects));

	if (!objects)
		return -ENOMEM;
	table->objects = objects;
	table->capacity = capacity;
	return 0;
}

/* The next free id after the last one given, wrapping at INT_MAX; 0: none. */
static uint32_t next_free_id(const struct id_table *table)
{
	uint32_t id = table->last_id;

	for (size_t tries = 0; tries <= table->nr; tries++) {
		id = id >= INT_MAX ? 1 : id + 1;
		size_t at = position(table, id);

		if (at == table->nr || table->objects[at]->id != id)
			return id;
	}
	return 0;
}

static int insert(struct id_table *table, struct object *object)
{
	int err = table->nr == table->capacity ? grow(table) : 0;

	if (err)
		return err;
	object->id = next_free_id(table);
	if (!object->id)
		return -ENOSPC;

	size_t at = position(table, object->id);

	memmove(&table->objects[at + 1], &table->objects[at],
		(table->nr - at) * sizeof(*table->objects));
	table->objects[at] = object;
	table->nr++;
	table->last_id = object->id;
	return 0;
}

static void erase(struct id_table *table, const struct object *object)
{
	size_t at = position(table, object->id);

	table->nr--;
	memmove(&table->objects[at], &table->objects[at + 1],
		(table->nr - at) * sizeof(*table->objects));
}

int object_publish(struct object *object, const struct object_ops *ops, struct pca_machine *machine)
{
	struct id_table *table = &machine->ids[ops->kind];

	object->ops = ops;
	object->machine = machine;
	object->refcount = 1;
	pthread_mutex_lock(&table->lock);
	int err = insert(table, object);

	pthread_mutex_unlock(&table->lock);
	if (!err)
		machine_get(machine);
	return err;
}

void object_get(struct object *object)
{
	__atomic_fetch_add(&object->refcount, 1, __ATOMIC_RELAXED);
}

bool object_tryget(struct object *object)
{
	uint32_t old = __atomic_load_n(&object->refcount, __ATOMIC_RELAXED);

	do {
		if (!old)
			return false;
	} while (!__atomic_compare_exchange_n(&object->refcount, &old, old + 1, true,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return true;
}

static void free_object(struct rcu_deferred *deferred)
{
	struct object *object = container_of(deferred, struct object, deferred);
	struct pca_machine *machine = object->machine;

	object->ops->free(object);
	machine_put(machine);
}

void object_put(struct object *object)
{
	/* ACQ_REL: what each holder did is visible to the one that frees. */
	if (__atomic_sub_fetch(&object->refcount, 1, __ATOMIC_ACQ_REL))
		return;

	struct id_table *table = &object->machine->ids[object->ops->kind];

	pthread_mutex_lock(&table->lock);
	erase(table, object);
	pthread_mutex_unlock(&table->lock);
	if (object->ops->release)
		object->ops->release(object);
	rcu_defer(&object->deferred, free_object);
}

struct object *object_get_by_id(struct id_table *table, uint32_t id)
{
	struct object *found = NULL;

	pthread_mutex_lock(&table->lock);
	size_t at = position(table, id);

	if (at < table->nr && table->objects[at]->id == id && object_tryget(table->objects[at]))
		found = table->objects[at];
	pthread_mutex_unlock(&table->lock);
	return found;
}

uint32_t id_table_next(struct id_table *table, uint32_t start)
{
	uint32_t next = 0;

	pthread_mutex_lock(&table->lock);
	size_t at = position(table, start + 1);

	if (at < table->nr)
		next = table->objects[at]->id;
	pthread_mutex_unlock(&table->lock);
	return next;
}

/* Linux's isalnum() is Latin-1's. */
static bool is_name_byte(unsigned char b)
{
	return (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') ||
	       b == '_' || b == '.' || (b >= 0xc0 && b != 0xd7 && b != 0xf7);
}

int obj_name_copy(char *dst, const char *name)
{
	for (size_t i = 0; i < OBJ_NAME_BYTES; i++) {
		if (!name[i])
			return 0;
		if (!is_name_byte((unsigned char)name[i]))
			return -EINVAL;
		dst[i] = name[i];
	}
	return -EINVAL;
}
