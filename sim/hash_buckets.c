// SPDX-License-Identifier: MIT
/*
 * A hash's elements bucket by bucket, for batches.
 */
#include "hash.h"

#include <errno.h>

#include "alloc.h"
#include "hash_table.h"

static int is_any(struct cds_lfht_node *node, const void *unused)
{
	(void)node;
	(void)unused;
	return true;
}

uint32_t hash_nr_buckets(const struct pca_map *map)
{
	return map->hash->nr_buckets;
}

static struct hash_elem *first_in(const struct pca_map *map, uint32_t bucket,
				  struct cds_lfht_iter *at)
{
	return elem_of_node(
		table_find(&map->hash->table, hash_in_table(map->hash, bucket), is_any, NULL, at));
}

static struct hash_elem *next_in(const struct pca_map *map, const struct hash_elem *elem,
				 struct cds_lfht_iter *at)
{
	struct hash_elem *next = elem_of_node(table_next(&map->hash->table, at));

	return next && next->bucket == elem->bucket ? next : NULL;
}

uint32_t hash_next_bucket(const struct pca_map *map, uint32_t from)
{
	const struct hash *hash = map->hash;
	const uint32_t group_size = 1U << hash->group_shift;
	struct cds_lfht_iter at;

	while (from < hash->nr_buckets) {
		if (!__atomic_load_n(group_of(map, from), __ATOMIC_RELAXED))
			from = (from | (group_size - 1)) + 1;
		else if (first_in(map, from, &at))
			return from;
		else
			from++;
	}
	return hash->nr_buckets;
}

/* Room for another one in bucket->elems. */
static int grow_elems(struct hash_bucket *bucket)
{
	const uint32_t room = bucket->elem_room ? 2 * bucket->elem_room : 4;
	uintptr_t *elems;

	if (bucket->nr < bucket->elem_room)
		return 0;
	elems = alloc_grown_array(bucket->elems, room, sizeof(*elems));
	if (!elems)
		return -ENOMEM;
	bucket->elems = elems;
	bucket->elem_room = room;
	return 0;
}

/* All that is in a bucket, whoever else comes or goes: one walk sees what stays. */
static int find_elems(const struct pca_map *map, uint32_t number, uint32_t most,
		      struct hash_bucket *bucket)
{
	struct cds_lfht_iter at;
	int err = 0;

	bucket->nr = 0;
	for (struct hash_elem *e = first_in(map, number, &at); e && !err;
	     e = next_in(map, e, &at)) {
		err = bucket->nr == most ? -ENOSPC : grow_elems(bucket);
		if (!err)
			bucket->elems[bucket->nr++] = (uintptr_t)e;
	}
	return err;
}

static int grow_copies(const struct pca_map *map, struct hash_bucket *bucket)
{
	char *keys, *values;

	if (bucket->nr <= bucket->room)
		return 0;
	keys = alloc_grown_array(bucket->keys, bucket->nr, map->key_size);
	if (!keys)
		return -ENOMEM;
	bucket->keys = keys;
	values = alloc_grown_array(bucket->values, bucket->nr, map->value_size);
	if (!values)
		return -ENOMEM;
	bucket->values = values;
	bucket->room = bucket->nr;
	return 0;
}

/* Of those that were found, the ones that are there no more are left out. */
static void take_elems(struct pca_map *map, struct hash_bucket *bucket)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < bucket->nr; i++) {
		struct hash_elem *elem = (struct hash_elem *)bucket->elems[i];

		if (!hash_take(map, elem))
			elem = hash_take_key(map, elem->bytes); /* replaced, perhaps */
		if (elem)
			bucket->elems[nr++] = (uintptr_t)elem;
	}
	bucket->nr = nr;
}

int hash_copy_bucket(struct pca_map *map, uint32_t number, uint32_t most, bool take_out,
		     struct hash_bucket *bucket)
{
	int err = find_elems(map, number, most, bucket);

	if (!err)
		err = grow_copies(map, bucket);
	if (err)
		return err;
	if (take_out)
		take_elems(map, bucket);
	for (uint32_t i = 0; i < bucket->nr; i++)
		memcpy(bucket->keys + (size_t)i * map->key_size,
		       ((struct hash_elem *)bucket->elems[i])->bytes, map->key_size);
	/* Others may go on at points, but Linux has locked the bucket: its elements are known. */
	for (uint32_t i = 0; i < bucket->nr; i++)
		map->ops->read_elems(map, bucket->elems[i], 1,
				     bucket->values + (size_t)i * map->value_size);
	return 0;
}

void hash_bucket_free(struct hash_bucket *bucket)
{
	free(bucket->elems);
	free(bucket->keys);
	free(bucket->values);
}
