// SPDX-License-Identifier: MIT
/*
 * LOOKUP_BATCH and LOOKUP_AND_DELETE_BATCH of hashes (Linux:
 * __htab_map_lookup_and_delete_batch()). A batch is whole buckets, and in_batch and
 * out_batch are the number of one. Of each bucket a copy is made first, as in Linux: what
 * was taken out and then cannot be delivered is lost.
 */
#include <linux/bpf.h>

#include "batch.h"
#include "hash.h"
#include "steps.h"
#include "uaccess.h"

/* Elements that are on their way to the caller. */
struct delivery {
	const struct call *c;
	struct pca_map *map;
	struct hash_bucket bucket;
	uint32_t wanted; /* the caller's count, where it stands no more */
	uint32_t total;	 /* before this bucket */
	bool is_cut;	 /* by a fault that was ordered: count stays 0 */
};

/* No lock and no copies to choose; and flags there are none. */
static int check_flags(const struct call *c)
{
	return c->attr->batch.elem_flags || c->attr->batch.flags ? -EINVAL : 0;
}

static int steps_to(struct delivery *d, uint32_t nr)
{
	int err = 0;

	for (uint32_t i = 0; i < nr && !err && d->c->middle; i++)
		err = step(d->c, d->total + i, 0);
	d->is_cut = err;
	return err;
}

/* All keys of the bucket, then all values. */
static int deliver(struct delivery *d)
{
	const struct batch_attr *batch = &d->c->attr->batch;
	const uint64_t key_size = d->map->key_size, value_size = d->map->value_size;
	const uint32_t nr = d->bucket.nr;
	int err = steps_to(d, nr);

	if (!err)
		err = check_batch_bytes(d->c, d->map, &all_copies, "writes", d->total + nr);
	if (!err)
		err = copy_to_user(d->c->task, batch->keys + d->total * key_size, d->bucket.keys,
				   nr * key_size);
	if (!err)
		err = copy_to_user(d->c->task, batch->values + d->total * value_size,
				   d->bucket.values, nr * value_size);
	return err;
}

/* From *number on; *number is where the next batch begins. -ENOENT: that is the end. */
static int deliver_buckets(struct delivery *d, uint32_t *number, bool take)
{
	int err;

	for (;; ++*number) {
		*number = hash_next_bucket(d->map, *number);
		if (*number == hash_nr_buckets(d->map))
			return -ENOENT;
		err = hash_copy_bucket(d->map, *number, d->wanted - d->total, take, &d->bucket);
		if (err == -ENOSPC && d->total)
			return 0;
		if (!err)
			err = deliver(d);
		if (err)
			return err;
		d->total += d->bucket.nr;
	}
}

/* The bucket that the batch begins with: 0, -EFAULT, -ENOENT. */
static int batch_start(const struct call *c, const struct pca_map *map, uint32_t *number)
{
	int err = 0;

	*number = 0;
	if (c->attr->batch.in_batch)
		err = get_user_u32(c->task, number, c->attr->batch.in_batch);
	if (!err && *number >= hash_nr_buckets(map))
		err = -ENOENT;
	return err;
}

int hash_lookup_batch(const struct call *c, struct pca_map *map, bool take)
{
	struct delivery d = { .c = c, .map = map, .wanted = c->attr->batch.count };
	uint32_t number;
	int err = check_flags(c);

	if (err || !d.wanted)
		return err;
	if (put_batch_count(c, 0))
		return -EFAULT;
	err = batch_start(c, map, &number);
	if (err)
		return err;
	err = deliver_buckets(&d, &number, take);
	hash_bucket_free(&d.bucket);
	if (err == -EFAULT || d.is_cut)
		return err;

	int late_err = steps_to(&d, 1); /* when all are done */

	if (late_err)
		return late_err;
	if (put_user_u32(c->task, number, c->attr->batch.out_batch) || put_batch_count(c, d.total))
		return -EFAULT;
	return err;
}
