// SPDX-License-Identifier: MIT
/*
 * The batch commands (Linux: generic_map_lookup_batch() and
 * generic_map_update_batch()). count in the caller's attr is zeroed first and
 * holds in the end how many elements were done, also after an error; but for a
 * fault in the keys or values of a lookup, where it stays 0.
 */
#include <linux/bpf.h>

#include <pcasim/bpf.h>

#include "batch.h"
#include "command.h"
#include "hint.h"
#include "message.h"
#include "steps.h"
#include "uaccess.h"

/* The low bits of elem_flags since BPF_F_CPU exists. */
#define LOOKUP_BATCH_FLAGS (BPF_F_LOCK | (uint32_t)BPF_F_CPU)
#define UPDATE_BATCH_FLAGS (LOOKUP_BATCH_FLAGS | (uint32_t)BPF_F_ALL_CPUS)

int check_batch_bytes(const struct call *c, const struct pca_map *map, const struct copies *copies,
		      const char *verb, uint32_t nr)
{
	unsigned long long key_bytes = (unsigned long long)nr * map->key_size;

	if (unlikely(key_bytes > c->known.keys)) {
		message_error("buffer for keys has %zu bytes, this command %s %llu: %u for each of "
			      "%u elements",
			      c->known.keys, verb, key_bytes, map->key_size, nr);
		return -EFAULT;
	}
	if (unlikely((unsigned long long)nr * copies_bytes(copies, map) > c->known.value))
		return refuse_short_values(c, map, copies, verb, nr);
	return 0;
}

int put_batch_count(const struct call *c, uint32_t count)
{
	return put_user_u32(c->task, count, c->uattr + offsetof(struct batch_attr, count));
}

/* A direct task's buffers can be filled at once if nothing in them can fault. */
static bool can_go_at_once(const struct call *c, uint32_t nr)
{
	return c->task->ops->is_direct && direct_range_ok(c->attr->batch.keys, nr) &&
	       direct_range_ok(c->attr->batch.values, nr);
}

static int lookup_at_once(const struct call *c, const struct pca_map *map, uint32_t first,
			  uint32_t nr)
{
	const struct batch_attr *batch = &c->attr->batch;
	uint32_t *keys = (uint32_t *)(uintptr_t)batch->keys;
	char *values = (char *)(uintptr_t)batch->values;

	if (!user_buffer_is_good(batch->keys, nr * sizeof(*keys), "writes") ||
	    !user_buffer_is_good(batch->values, (size_t)nr * map->user_bytes, "writes"))
		return -EFAULT;

	map->ops->read_elems(map, first, nr, values);
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t key = first + i;

		memcpy(&keys[i], &key, sizeof(key));
	}
	return 0;
}

/* One by one: what came before a fault, and the faulting one's key, is delivered. */
static int lookup_one_by_one(const struct call *c, const struct pca_map *map,
			     const struct copies *copies, uint32_t first, uint32_t nr)
{
	const uint32_t bytes = copies_bytes(copies, map);
	const struct batch_attr *batch = &c->attr->batch;
	struct pca_task *task = c->task;
	struct user_buffer buf;
	int err = 0;

	for (uint32_t i = 0; i < nr && !err; i++) {
		uint64_t value = batch->values + (uint64_t)i * bytes;

		err = put_user_u32(task, first + i, batch->keys + (uint64_t)i * sizeof(uint32_t));
		if (!err)
			err = user_buffer_out(&buf, task, value, bytes);
		if (!err) {
			copies_read(copies, map, first + i, buf.bytes);
			err = user_buffer_out_end(&buf, task, value, bytes);
		}
	}
	return err;
}

static int lookup_elems_in_steps(const struct call *c, const struct pca_map *map,
				 const struct copies *copies, uint32_t first, uint32_t nr)
{
	const struct batch_attr *batch = &c->attr->batch;
	int err = 0;

	for (uint32_t i = 0; i < nr && !err; i++) {
		struct stepping elem = { map, copies, first + i, i };

		err = step(c, i, 0);
		if (!err)
			err = put_user_u32(c->task, first + i,
					   batch->keys + (uint64_t)i * sizeof(uint32_t));
		if (!err)
			err = lookup_in_steps(
				c, &elem, batch->values + (uint64_t)i * copies_bytes(copies, map));
	}
	return err ? err : step(c, nr, 0);
}

static int lookup_elems(const struct call *c, const struct pca_map *map,
			const struct copies *copies, uint32_t first, uint32_t nr)
{
	if (unlikely(c->middle))
		return lookup_elems_in_steps(c, map, copies, first, nr);
	return copies->kind == COPIES_ALL && can_go_at_once(c, nr)
		       ? lookup_at_once(c, map, first, nr)
		       : lookup_one_by_one(c, map, copies, first, nr);
}

const struct copies all_copies = { COPIES_ALL, 0 };

/* Which copies a batch addresses; allowed: the low bits it takes. */
static int batch_copies(const struct call *c, const struct pca_map *map, uint32_t allowed,
			struct copies *copies)
{
	uint64_t flags = c->attr->batch.elem_flags;

	*copies = (struct copies){ COPIES_ALL, 0 };
	if (unlikely(c->attr->batch.flags))
		hint_of_map(map, HINT_BATCH_FLAGS,
			    (struct hint_facts){ .got = c->attr->batch.flags });
	if (likely(!flags))
		return 0;
	if (!machine_has(c->machine, FEATURE_CPU_FLAGS))
		return refuse_early_flags(c->machine, flags);
	return copies_of_flags(copies, map, flags, allowed);
}

/* The first key of the batch: the one after in_batch, or 0. */
static int batch_start(const struct call *c, const struct pca_map *map, uint32_t *first)
{
	uint32_t last;

	*first = 0;
	if (!c->attr->batch.in_batch)
		return 0;
	int err = get_user_u32(c->task, &last, c->attr->batch.in_batch);

	if (!err && last < map->ref.max_entries)
		*first = last + 1;
	return err;
}

static int lookup_batch(const struct call *c, const struct pca_map *map)
{
	const struct batch_attr *batch = &c->attr->batch;
	uint32_t wanted = batch->count, first, nr;
	struct copies copies;
	int err = batch_copies(c, map, LOOKUP_BATCH_FLAGS, &copies);

	if (err)
		return err;
	if (!wanted) {
		empty_batch_was_read(map, c->task);
		return 0;
	}
	if (put_batch_count(c, 0))
		return -EFAULT;
	err = batch_start(c, map, &first);

	if (err)
		return err;
	nr = map->ref.max_entries - first;
	if (nr > wanted)
		nr = wanted;
	err = check_batch_bytes(c, map, &copies, "writes", nr);
	if (!err)
		err = lookup_elems(c, map, &copies, first, nr);
	if (err)
		return err;
	if (put_batch_count(c, nr) ||
	    (nr && put_user_u32(c->task, first + nr - 1, batch->out_batch)))
		return -EFAULT;
	if (nr < wanted || unlikely(batch_is_watched(&map->batch_watch)))
		batch_was_read(map, c->task, first, nr, nr < wanted);
	return nr < wanted ? -ENOENT : 0;
}

/* The key of the i-th element of a batch that is given them. */
PCA_ALWAYS_INLINE int batch_key_in(const struct call *c, const struct pca_map *map, uint32_t i,
				   struct user_key *key)
{
	return user_key_in(key, c->task, map->key_size,
			   c->attr->batch.keys + (uint64_t)i * map->key_size);
}

/* What UPDATE does with BPF_ANY. */
PCA_ALWAYS_INLINE int store(const struct call *c, struct pca_map *map, struct stepping *elem,
			    const void *key, const void *value, bool in_steps)
{
	if (!map_has_indices(map))
		return in_steps ? update_in_steps(c, map, elem, key, value, BPF_ANY)
				: map->ops->update(map, key, value, BPF_ANY);
	if (!map_find(map, key, &elem->elem))
		return refuse_key(map, (uint32_t)elem->elem);
	if (in_steps)
		return write_in_steps(c, elem, value);
	copies_write(elem->copies, map, (uint32_t)elem->elem, value);
	return 0;
}

PCA_ALWAYS_INLINE int update_batch_elem(const struct call *c, struct pca_map *map,
					const struct copies *copies, uint32_t i, bool in_steps)
{
	const uint32_t bytes = copies_bytes(copies, map);
	const uint64_t value = c->attr->batch.values + (uint64_t)i * bytes;
	struct stepping elem = { map, copies, 0, i };
	struct user_buffer buf;
	struct user_key key;
	int err = check_batch_bytes(c, map, copies, "reads", i + 1);

	if (!err)
		err = batch_key_in(c, map, i, &key);
	if (err)
		return err;
	err = in_steps ? bounce_in(&buf, c->task, value, bytes)
		       : user_buffer_in(&buf, c->task, value, bytes);
	if (!err) {
		err = store(c, map, &elem, key.bytes, buf.bytes, in_steps);
		user_buffer_free(&buf);
	}
	user_key_free(&key);
	return err;
}

static int update_elem_plainly(const struct call *c, struct pca_map *map,
			       const struct copies *copies, uint32_t i)
{
	return update_batch_elem(c, map, copies, i, false);
}

static int update_elem_in_steps(const struct call *c, struct pca_map *map,
				const struct copies *copies, uint32_t i)
{
	int err = step(c, i, 0);

	return err ? err : update_batch_elem(c, map, copies, i, true);
}

/* Up to the first that fails; *done are done. */
static int update_elems(const struct call *c, struct pca_map *map, const struct copies *copies,
			uint32_t wanted, uint32_t *done)
{
	int err = 0;

	if (unlikely(c->middle)) {
		while (*done < wanted && !(err = update_elem_in_steps(c, map, copies, *done)))
			++*done;
		return err ? err : step(c, wanted, 0);
	}
	while (*done < wanted && !(err = update_elem_plainly(c, map, copies, *done)))
		++*done;
	return err;
}

static int update_batch(const struct call *c, struct pca_map *map)
{
	const struct batch_attr *batch = &c->attr->batch;
	uint32_t wanted = batch->count, done = 0;
	struct copies copies;
	int err = batch_copies(c, map, UPDATE_BATCH_FLAGS, &copies);

	if (err)
		return err;
	if (!wanted)
		return 0;
	if (put_batch_count(c, 0))
		return -EFAULT;
	err = update_elems(c, map, &copies, wanted, &done);
	return put_batch_count(c, done) ? -EFAULT : err;
}

/*
 * Linux: map_lookup_batch and map_update_batch of array_map_ops and htab_map_ops since 5.6,
 * of percpu_array_map_ops since 5.13.
 */
static bool has_batches(const struct pca_map *map)
{
	return !map->ops->is_percpu || machine_has(map->object.machine, FEATURE_BATCHES);
}

static int lookup_batch_of(const struct call *c, struct pca_map *map)
{
	if (!has_batches(map))
		return -PCA_ENOTSUPP;
	return map_has_indices(map) ? lookup_batch(c, map) : hash_lookup_batch(c, map, false);
}

static int update_batch_of(const struct call *c, struct pca_map *map)
{
	return has_batches(map) ? update_batch(c, map) : -PCA_ENOTSUPP;
}

static int delete_batch_elem(const struct call *c, struct pca_map *map, uint32_t i)
{
	struct user_key key;
	int err = check_batch_bytes(c, map, &all_copies, "reads", i + 1);

	if (!err)
		err = batch_key_in(c, map, i, &key);
	if (err)
		return err;
	err = map->ops->delete (map, key.bytes, NULL);
	user_key_free(&key);
	return err;
}

/* flags are not looked at, as in UPDATE_BATCH. */
static int delete_batch(const struct call *c, struct pca_map *map)
{
	const uint32_t wanted = c->attr->batch.count;
	struct copies copies;
	uint32_t done = 0;
	int err = batch_copies(c, map, BPF_F_LOCK, &copies);

	if (err)
		return err;
	if (!wanted)
		return 0;
	if (put_batch_count(c, 0))
		return -EFAULT;
	while (done < wanted && !(err = delete_batch_elem(c, map, done)))
		done++;
	return put_batch_count(c, done) ? -EFAULT : err;
}

/* Arrays cannot do these two; only the fd is looked at. */
static int delete_batch_of(const struct call *c, struct pca_map *map)
{
	return map->ops->delete ? delete_batch(c, map) : -PCA_ENOTSUPP;
}

static int lookup_and_delete_batch_of(const struct call *c, struct pca_map *map)
{
	return map->ops->delete ? hash_lookup_batch(c, map, true) : -PCA_ENOTSUPP;
}

static long with_map(const struct call *c, uint32_t mode,
		     int (*act)(const struct call *c, struct pca_map *map))
{
	int err;

	rcu_enter();
	struct pca_map *map = map_of_fd(c->task, c->attr->batch.map_fd, mode, &err);

	if (map)
		err = act(c, map);
	rcu_exit();
	change_is_over();
	return err;
}

long map_lookup_batch(const struct call *c)
{
	return with_map(c, MODE_READ, lookup_batch_of);
}

long map_lookup_batch_in_steps(const struct call *c)
{
	return with_map_held(c, c->attr->batch.map_fd, MODE_READ, lookup_batch_of);
}

long map_update_batch(const struct call *c)
{
	return with_map(c, MODE_WRITE, update_batch_of);
}

long map_update_batch_in_steps(const struct call *c)
{
	return with_map_held(c, c->attr->batch.map_fd, MODE_WRITE, update_batch_of);
}

long map_delete_batch(const struct call *c)
{
	return with_map(c, MODE_WRITE, delete_batch_of);
}

long map_lookup_and_delete_batch(const struct call *c)
{
	return with_map(c, MODE_READ | MODE_WRITE, lookup_and_delete_batch_of);
}
