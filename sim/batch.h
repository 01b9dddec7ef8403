/* SPDX-License-Identifier: MIT */
/*
 * Batches: what those of indices (batch.c) and those of hashes (hash_batch.c) share.
 */
#ifndef SIM_BATCH_H
#define SIM_BATCH_H

#include "command.h"

/* The copies of a command that chooses none. */
extern const struct copies all_copies;

/*
 * Do nr elements fit in the caller's arrays, as far as their lengths are known? If not,
 * says so: -EFAULT.
 */
int check_batch_bytes(const struct call *c, const struct pca_map *map, const struct copies *copies,
		      const char *verb, uint32_t nr);

/* Write count back into the caller's attr: 0 or -EFAULT. */
int put_batch_count(const struct call *c, uint32_t count);

/* LOOKUP_BATCH of a hash, or LOOKUP_AND_DELETE_BATCH. */
int hash_lookup_batch(const struct call *c, struct pca_map *map, bool take);

#endif
