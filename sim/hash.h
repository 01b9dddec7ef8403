/* SPDX-License-Identifier: MIT */
/*
 * What batches want of a hash beside struct map_ops: its elements bucket by bucket.
 */
#ifndef SIM_HASH_H
#define SIM_HASH_H

#include "map.h"

/* Copies of what was in a bucket; all zero before the first. */
struct hash_bucket {
	uint32_t nr;	    /* elements */
	uint32_t room;	    /* for so many keys and values */
	uint32_t elem_room; /* and so many elems */
	char *keys;	    /* key_size bytes each */
	char *values;	    /* value_size bytes each */
	uintptr_t *elems;
};

/* How many buckets the map has; what a batch begins with is the number of one. */
uint32_t hash_nr_buckets(const struct pca_map *map);

/* The first bucket from this one on that is not empty, or hash_nr_buckets(). */
uint32_t hash_next_bucket(const struct pca_map *map, uint32_t from);

/*
 * Copy what is in a bucket, and take it out of the map if told so. 0; -ENOSPC when there
 * are more than most, after which all is as before; -ENOMEM. Inside a read section.
 */
int hash_copy_bucket(struct pca_map *map, uint32_t number, uint32_t most, bool take,
		     struct hash_bucket *bucket);
void hash_bucket_free(struct hash_bucket *bucket);

#endif
