// SPDX-License-Identifier: MIT
/*
 * Reference counts and ids. An id is gone the moment the last reference is
 * (Linux: bpf_map_free_id() in bpf_map_put()); the memory goes after a grace
 * period, so that runs and commands that still look at the object may finish.
 */
#include "object.h"

#include <errno.h>

#include "machine.h"

int object_publish(struct object *object, const struct object_ops *ops, struct pca_machine *machine)
{
	struct id_table *table = &machine->ids[ops->kind];

	object->ops = ops;
	object->machine = machine;
	object->refcount = 1;
	pthread_mutex_lock(&table->lock);
	int id = id_table_insert(table, object);

	object->id = (uint32_t)id;
	pthread_mutex_unlock(&table->lock);
	if (id < 0)
		return id;
	machine_get(machine);
	return 0;
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
	tsan_release(object);
	if (__atomic_sub_fetch(&object->refcount, 1, __ATOMIC_ACQ_REL))
		return;
	tsan_acquire(object);

	struct id_table *table = &object->machine->ids[object->ops->kind];

	pthread_mutex_lock(&table->lock);
	if (!object_is_detached(object))
		id_table_erase(table, object->id);
	pthread_mutex_unlock(&table->lock);
	if (object->ops->release)
		object->ops->release(object);
	rcu_defer(&object->deferred, free_object);
}

void objects_detach(struct pca_machine *machine)
{
	for (int kind = 0; kind < NR_OBJECT_KINDS; kind++) {
		struct id_table *table = &machine->ids[kind];

		pthread_mutex_lock(&table->lock);
		for (size_t i = 0; i < table->nr; i++)
			__atomic_store_n(&table->entries[i].object->id, 0, __ATOMIC_RELAXED);
		table->nr = 0;
		table->last_id = 0;
		pthread_mutex_unlock(&table->lock);
	}
	__atomic_store_n(&machine->memory_bytes, 0, __ATOMIC_RELAXED);
}

struct object *object_get_by_id(struct pca_machine *machine, enum object_kind kind, uint32_t id)
{
	struct id_table *table = &machine->ids[kind];

	pthread_mutex_lock(&table->lock);
	struct object *object = id_table_find(table, id);

	if (object && !object_tryget(object))
		object = NULL; /* its last reference is just going */
	pthread_mutex_unlock(&table->lock);
	return object;
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
