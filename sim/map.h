/* SPDX-License-Identifier: MIT */
/*
 * Maps: what all types share, and the operations that a type provides.
 */
#ifndef SIM_MAP_H
#define SIM_MAP_H

#include <string.h>

#include <pcasim/helpers.h>
#include <pcasim/map.h>

#include "attr.h"
#include "batch_watch.h"
#include "object.h"
#include "release.h"
#include "slab.h"

/* The largest element of a per-CPU allocation. Linux: PCPU_MIN_UNIT_SIZE. */
#define MOST_PERCPU_VALUE_BYTES 32768

struct pca_task;

struct map_ops {
	/*
	 * Keys and elements. Maps whose keys are the indices of elements that are always there
	 * have none of these: map_find() and the commands know indices. Where elements come and
	 * go, an element is named by an address of its type's. All are called inside a read
	 * section, which the element found outlives.
	 */
	bool (*find)(const struct pca_map *map, const void *key, uintptr_t *elem);
	/* The value of an element found, for a program. */
	void *(*value)(const struct pca_map *map, uintptr_t elem);
	/* flags BPF_ANY, BPF_NOEXIST, BPF_EXIST: 0, -EEXIST, -ENOENT, -E2BIG, -ENOMEM. */
	int (*update)(struct pca_map *map, const void *key, const void *value, uint64_t flags);
	/* 0 or -ENOENT; what the value was is copied to value, unless that is NULL. */
	int (*delete)(struct pca_map *map, const void *key, void *value);
	/* The key after key, or the first one (also when there is none such), or -ENOENT. */
	int (*next_key)(const struct pca_map *map, const void *key, void *next);
	/* Call fn for each element until it is not 0. Returns the number of calls. */
	long (*for_each)(const struct pca_map *map, struct pca_map_ref *ref, pca_for_each_fn fn,
			 void *ctx);

	/* The same, for machines with has_contexts: commands' copies are points of schedules. */
	const struct map_ops *at_points;

	/* The memory of the elements: 0, -ENOMEM; and its end. */
	int (*alloc_elems)(struct pca_map *map);
	void (*free_elems)(struct pca_map *map);

	/* The same, for machines whose padding is poisoned; NULL: there is no padding. */
	const struct map_ops *poisoning;

	/* Creation's checks that depend on the type. Linux: map_alloc_check. */
	int (*alloc_check)(const struct pca_task *task, const struct map_create_attr *attr);

	/* More max_entries are E2BIG; 0: memory is the limit. */
	uint32_t most_entries;

	/* Has every possible CPU a copy of the elements? */
	bool is_percpu;

	/* What fdinfo calls memlock, and what the memory limit counts. */
	uint64_t (*mem_usage)(const struct pca_map *map);

	/*
	 * Copy nr elements from the first one on to dst as LOOKUP delivers them,
	 * or src as UPDATE takes it to one element; map->user_bytes each. dst
	 * and src need no alignment. Aligned words are not torn. Indices follow
	 * each other; of other elements only one is read at a time, none written.
	 */
	void (*read_elems)(const struct pca_map *map, uintptr_t first, uint32_t nr, void *dst);
	void (*write_elem)(const struct pca_map *map, uint32_t index, const void *src);

	/* The part of that which is one CPU's; NULL when there is but one copy. */
	void (*read_part)(const struct pca_map *map, uint32_t slab, uint32_t index, void *dst);
	void (*write_part)(const struct pca_map *map, uint32_t slab, uint32_t index,
			   const void *src);

	/* The same for one CPU's copy alone, value_size bytes; NULL when there is but one. */
	void (*read_copy)(const struct pca_map *map, uint32_t slab, uint32_t index, void *dst);
	void (*write_copy)(const struct pca_map *map, uint32_t slab, uint32_t index,
			   const void *src);
};

struct pca_map {
	struct pca_map_ref ref; /* first: programs hold its address */
	char *base;		/* slab 0 as commands see it: ref.base, or what can be written */
	struct object object;
	const struct map_ops *ops;
	uint32_t type;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;  /* as created; ref's is 0 where keys are no indices */
	uint32_t flags;	       /* without BPF_F_RDONLY and BPF_F_WRONLY */
	uint32_t stored_bytes; /* of a copy that a command's update stores */
	uint32_t user_bytes;   /* of an element in a command's buffer */
	bool is_frozen;	       /* atomic */
	bool is_exclusive;     /* created with excl_prog_hash */
	bool is_masked;	       /* created without CAP_PERFMON: guarded against speculation */
	unsigned char excl_prog_hash[32];
	uint64_t charged_bytes;	      /* atomic where elements come and go */
	uint32_t nr_stepping_writers; /* atomic: commands that write in steps (steps.h) */
	struct slabs slabs;
	struct hash *hash; /* of BPF_MAP_TYPE_HASH */
	char name[OBJ_NAME_BYTES];
	uint32_t hints_told; /* atomic, bit per enum hint */
	struct batch_watch batch_watch;
};

extern const struct map_ops percpu_array_ops, percpu_array_on_nodes_ops, array_ops, hash_ops;

/* What the base of a reference is where keys are no indices: inlined lookups end cold there. */
extern char no_index_base[];

/* The operations of a map type on this machine, or NULL when it is not simulated. */
const struct map_ops *map_ops_of_type(const struct pca_machine *machine, uint32_t map_type);

/*
 * The checks that Linux's arrays share (array_map_alloc_check()): -EINVAL, -E2BIG.
 * numa_node counts only for types that refuse one.
 */
int array_alloc_check(const struct release *release, const struct map_create_attr *attr,
		      bool is_percpu);

/* Slabs for the elements of arrays. */
int array_alloc_elems(struct pca_map *map);
void array_free_elems(struct pca_map *map);

/* Memory and description of a new map with no references yet; or -ENOMEM, -E2BIG. */
int map_alloc(struct pca_map **map, const struct pca_task *task, const struct map_ops *ops,
	      const struct map_create_attr *attr);

/* Free a map that map_publish() has not seen. */
void map_free_unpublished(struct pca_map *map, struct pca_machine *machine);

/* Give it its id and first reference: 0, -ENOMEM, -ENOSPC. */
int map_publish(struct pca_map *map, struct pca_machine *machine);

/*
 * Count an element that comes, or that goes, for the memory limit: 0 or -ENOMEM. A map
 * whose machine was reset is not counted.
 */
int map_charge(struct pca_map *map, uint64_t bytes);
void map_uncharge(struct pca_map *map, uint64_t bytes);

static inline bool map_has_indices(const struct pca_map *map)
{
	return likely(!map->ops->find);
}

/* The element of a key, if there is one: its index, or in maps without indices its address. */
static inline bool map_find(const struct pca_map *map, const void *key, uintptr_t *elem)
{
	uint32_t index;

	if (!map_has_indices(map))
		return map->ops->find(map, key, elem);
	memcpy(&index, key, sizeof(index));
	*elem = index;
	return likely(index < map->ref.max_entries);
}

static inline struct pca_map *map_of_object(struct object *object)
{
	return container_of(object, struct pca_map, object);
}

#endif
