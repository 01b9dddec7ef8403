/* SPDX-License-Identifier: MIT */
/*
 * How the elements of a hash are kept: what hash.c and hash_buckets.c know.
 */
#ifndef SIM_HASH_TABLE_H
#define SIM_HASH_TABLE_H

#include "machine.h"
#include "map.h"
#include "rcu.h"

struct hash {
	struct rcu_table table;
	uint32_t seed;
	uint32_t nr_buckets;
	uint32_t value_offset; /* in an element's bytes */
	uint32_t group_shift;
	uint32_t *groups; /* atomic: elements in so many buckets; batches pass empty groups */
	uint32_t nr_elems __attribute__((aligned(SLAB_ALIGN))); /* atomic: places taken */
	uint32_t nr_coming; /* atomic: those who take one, and may not be in the table yet */
};

struct hash_elem {
	struct cds_lfht_node node;
	struct rcu_deferred deferred;
	uint32_t key_size; /* for who compares, who is not told the map */
	uint32_t bucket;
	char bytes[] __attribute__((aligned(8))); /* the key, zeros up to 8 bytes, the value */
};

static inline struct hash_elem *elem_of_node(struct cds_lfht_node *node)
{
	return node ? container_of(node, struct hash_elem, node) : NULL;
}

/* How many elements there may be in the bucket and its neighbours. */
static inline uint32_t *group_of(const struct pca_map *map, uint32_t bucket)
{
	return &map->hash->groups[bucket >> map->hash->group_shift];
}

/* Reversed once more, by liburcu, it is the bucket's number from the highest bit on. */
uint64_t hash_in_table(const struct hash *hash, uint32_t bucket);

/* Take it out of the table. Of several threads one does: true. */
bool hash_take(struct pca_map *map, struct hash_elem *elem);

/* The element that was the key's, or NULL. */
struct hash_elem *hash_take_key(struct pca_map *map, const void *key);

#endif
