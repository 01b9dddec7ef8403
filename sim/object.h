/* SPDX-License-Identifier: MIT */
/*
 * What maps and programs have in common: a reference count, an id, a place in
 * their machine's table of ids, and a deferred end.
 */
#ifndef SIM_OBJECT_H
#define SIM_OBJECT_H

#include <stdio.h>

#include "attr.h"
#include "ids.h"
#include "rcu.h"

struct object;

struct object_ops {
	enum object_kind kind;
	/* Free the object; called after the last reference and a grace period. */
	void (*free)(struct object *object);
	/* Drop what the object refers to, at once with the last reference; may be NULL. */
	void (*release)(struct object *object);
	/* The lines of fdinfo that belong to this kind. */
	void (*show_fdinfo)(const struct object *object, FILE *out);
};

struct object {
	const struct object_ops *ops;
	struct pca_machine *machine; /* holds a reference to it */
	uint32_t refcount;	     /* atomic */
	uint32_t id; /* atomic; 0 when detached; then and erased under the table's lock */
	struct rcu_deferred deferred;
};

/*
 * Give a new object its first reference and an id, after which others find it.
 * 0, -ENOMEM, or -ENOSPC when all ids are taken.
 */
int object_publish(struct object *object, const struct object_ops *ops,
		   struct pca_machine *machine);

void object_get(struct object *object);
/*
 * Take all objects of the machine out of its tables of ids, which start from 1 again.
 * What somebody still holds lives on, detached: without an id, and not charged.
 */
void objects_detach(struct pca_machine *machine);

static inline bool object_is_detached(const struct object *object)
{
	return !__atomic_load_n(&object->id, __ATOMIC_RELAXED);
}

/* A reference to an object that may just be losing its last one; in a read section. */
bool object_tryget(struct object *object);
void object_put(struct object *object);

/*
 * Copy the name of an object, 16 bytes with a NUL among them; what follows the
 * NUL is dropped. dst is zeroed before. 0, or -EINVAL. Linux: bpf_obj_name_cpy().
 */
int obj_name_copy(char *dst, const char *name);

/* The object with this id with a new reference, or NULL. */
struct object *object_get_by_id(struct pca_machine *machine, enum object_kind kind, uint32_t id);

#endif
