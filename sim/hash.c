// SPDX-License-Identifier: MIT
/*
 * BPF_MAP_TYPE_HASH (Linux: kernel/bpf/hashtab.c). All CPUs share its elements, each of
 * which has memory of its own that lives to the end of all runs and commands that may
 * see it: a value that a program has looked up stays where it is, whoever deletes it.
 *
 * As in Linux an update makes a new element, which takes the old one's place: what a
 * program writes through an older pointer then is lost, and no value is torn by an update.
 *
 * Linux's buckets show: a batch begins at the number of one. Here a bucket is the elements
 * with the same hash in liburcu's table, whose hash is the bucket's number with its bits
 * reversed: liburcu sorts by reversed hashes, so that a walk goes from bucket to bucket.
 */
#include "hash_table.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>

#include "alloc.h"
#include "copy_points.h"
#include "elem_copy.h"
#include "hash_key.h"
#include "machine.h"
#include "task.h"

#define KNOWN_FLAGS                                                                    \
	(uint32_t)(BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | \
		   BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_ZERO_SEED)

/* Linux's sizes, which show in limits and in memlock. */
#define ELEM_BYTES 48 /* an element without key and value */
#define BUCKET_BYTES 16
#define POINTER_BYTES 8 /* what memlock counts for an element's place in a list */
#define MOST_BYTES (4U << 20)
#define MOST_ENTRIES (1U << 27) /* for which the buckets' bytes fit in 32 bits */
/* How much larger the fixed part of a hash is than that of an array. */
#define MORE_HEADER_BYTES 584

/* liburcu's table is made whole at creation: not more than takes some milliseconds. */
#define MOST_TABLE_BUCKETS (1U << 18)
#define MOST_GROUPS 4096

/* A key that is looked for. */
struct wanted {
	const char *key;
	uint32_t bucket;
	uint64_t table_hash;
};

static int alloc_check(const struct pca_task *task, const struct map_create_attr *attr)
{
	const uint32_t prog_access = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
	const uint32_t flags = attr->map_flags;

	if ((flags & BPF_F_ZERO_SEED) && !task_capable(task, PCA_CAP_SYS_ADMIN))
		return -EPERM;
	if ((flags & ~KNOWN_FLAGS) || (flags & prog_access) == prog_access || !attr->max_entries ||
	    !attr->key_size || !attr->value_size)
		return -EINVAL;
	if ((uint64_t)attr->key_size + attr->value_size >= MOST_BYTES - ELEM_BYTES)
		return -E2BIG;
	return 0;
}

static bool is_preallocated(const struct pca_map *map)
{
	return !(map->flags & BPF_F_NO_PREALLOC);
}

static uint32_t power_of_two_above(uint32_t n)
{
	return n <= 1 ? 1 : 1U << (32 - __builtin_clz(n - 1));
}

static uint64_t elem_charge(const struct pca_map *map)
{
	return ELEM_BYTES + round_up_u64(map->key_size, 8) + round_up_u64(map->value_size, 8);
}

/* What is taken for the map as a whole, whatever is in it. Older releases count all alike. */
static uint64_t fixed_usage(const struct pca_map *map)
{
	const struct pca_machine *machine = map->object.machine;
	const uint64_t buckets = (uint64_t)BUCKET_BYTES * power_of_two_above(map->max_entries);
	const uint64_t nr = map->max_entries + (uint64_t)machine->nr_cpus; /* one to spare each */

	switch (machine->release->memlock) {
	case MEMLOCK_PAGES_5_10:
		return round_up_u64(buckets + elem_charge(map) * nr, PAGE_BYTES);
	case MEMLOCK_PAGES_6_1:
		return round_up_u64(round_up_u64((uint64_t)map->key_size + map->value_size, 8) *
					    map->max_entries,
				    PAGE_BYTES);
	default:
		return machine->release->map_header_bytes + MORE_HEADER_BYTES + buckets +
		       (is_preallocated(map)
				? elem_charge(map) * nr + POINTER_BYTES * (uint64_t)machine->nr_cpus
				: 0);
	}
}

/* What an element adds when it comes. */
static uint64_t usage_per_elem(const struct pca_map *map)
{
	bool is_counted = machine_has(map->object.machine, FEATURE_MEM_USAGE);

	return is_counted && !is_preallocated(map) ? elem_charge(map) + POINTER_BYTES : 0;
}

static uint64_t mem_usage(const struct pca_map *map)
{
	uint64_t nr = map->hash ? __atomic_load_n(&map->hash->nr_elems, __ATOMIC_RELAXED) : 0;

	return fixed_usage(map) + usage_per_elem(map) * nr;
}

/* Each of a machine's maps has its own order of keys, and the next run the same ones. */
static uint32_t next_seed(struct pca_machine *machine)
{
	uint32_t nr = __atomic_add_fetch(&machine->nr_seeds, 1, __ATOMIC_RELAXED);

	return hash_of_key((const char *)&nr, sizeof(nr), 0);
}

static void hash_free(struct hash *hash)
{
	free(hash->groups);
	free(hash);
}

static struct hash *hash_alloc(uint32_t nr_buckets)
{
	const uint32_t nr_groups = nr_buckets < MOST_GROUPS ? nr_buckets : MOST_GROUPS;
	struct hash *hash = alloc_aligned(SLAB_ALIGN, sizeof(*hash));

	if (!hash)
		return NULL;
	memset(hash, 0, sizeof(*hash));
	hash->nr_buckets = nr_buckets;
	hash->group_shift = (uint32_t)__builtin_ctz(nr_buckets / nr_groups);
	hash->groups = alloc_zeroed_array(nr_groups, sizeof(*hash->groups));
	if (hash->groups)
		return hash;
	hash_free(hash);
	return NULL;
}

static int alloc_elems(struct pca_map *map)
{
	const uint32_t nr = power_of_two_above(map->max_entries);
	struct hash *hash = hash_alloc(nr);
	int err;

	if (!hash)
		return -ENOMEM;
	err = table_init(&hash->table, nr < MOST_TABLE_BUCKETS ? nr : MOST_TABLE_BUCKETS);
	if (err) {
		hash_free(hash);
		return err;
	}
	hash->value_offset = (uint32_t)round_up_u64(map->key_size, 8);
	if (!(map->flags & BPF_F_ZERO_SEED))
		hash->seed = next_seed(map->object.machine);
	map->hash = hash;
	map->ref.base = no_index_base;
	map->ref.max_entries = 0;
	return 0;
}

/* Nobody sees the map any more: what is in it goes at once. */
static void free_elems(struct pca_map *map)
{
	struct rcu_table *table = &map->hash->table;
	struct cds_lfht_iter at;
	struct hash_elem *elem = elem_of_node(table_first(table, &at));

	while (elem) {
		struct hash_elem *next = elem_of_node(table_next(table, &at));

		table_delete(table, &elem->node);
		free(elem);
		elem = next;
	}
	table_destroy(table);
	hash_free(map->hash);
}

static uint64_t reversed_bits(uint64_t word)
{
	word = (word >> 1 & 0x5555555555555555) | (word & 0x5555555555555555) << 1;
	word = (word >> 2 & 0x3333333333333333) | (word & 0x3333333333333333) << 2;
	word = (word >> 4 & 0x0f0f0f0f0f0f0f0f) | (word & 0x0f0f0f0f0f0f0f0f) << 4;
	return __builtin_bswap64(word);
}

uint64_t hash_in_table(const struct hash *hash, uint32_t bucket)
{
	const uint64_t first_bits =
		hash->nr_buckets == 1 ? 0
				      : (uint64_t)bucket << (64 - __builtin_ctz(hash->nr_buckets));

	return reversed_bits(first_bits);
}

static struct wanted wanted_key(const struct pca_map *map, const void *key)
{
	const struct hash *hash = map->hash;
	uint32_t bucket = hash_of_key(key, map->key_size, hash->seed) & (hash->nr_buckets - 1);

	return (struct wanted){ key, bucket, hash_in_table(hash, bucket) };
}

static int is_wanted(struct cds_lfht_node *node, const void *wanted)
{
	const struct hash_elem *elem = elem_of_node(node);

	table_found(node);
	return !memcmp(elem->bytes, ((const struct wanted *)wanted)->key, elem->key_size);
}

static struct hash_elem *find_wanted(const struct pca_map *map, const struct wanted *wanted,
				     struct cds_lfht_iter *at)
{
	return elem_of_node(
		table_find(&map->hash->table, wanted->table_hash, is_wanted, wanted, at));
}

static struct hash_elem *find_key(const struct pca_map *map, const void *key,
				  struct cds_lfht_iter *at)
{
	struct wanted wanted = wanted_key(map, key);

	return find_wanted(map, &wanted, at);
}

static char *value_of(const struct pca_map *map, struct hash_elem *elem)
{
	return elem->bytes + map->hash->value_offset;
}

static bool find(const struct pca_map *map, const void *key, uintptr_t *elem)
{
	struct cds_lfht_iter at;

	*elem = (uintptr_t)find_key(map, key, &at);
	return *elem;
}

static void *value(const struct pca_map *map, uintptr_t elem)
{
	return value_of(map, (struct hash_elem *)elem);
}

RACES_WITH_PROGRAMS
static void copy_value(const struct pca_map *map, struct hash_elem *elem, void *dst)
{
	read_value(dst, value_of(map, elem), map->value_size);
}

static void read_elems(const struct pca_map *map, uintptr_t first, uint32_t nr, void *dst)
{
	(void)nr;
	copy_value(map, (struct hash_elem *)first, dst);
}

/* A new element that nobody sees yet, or NULL. */
static struct hash_elem *elem_alloc(const struct pca_map *map, const struct wanted *wanted,
				    const void *src)
{
	const uint32_t offset = map->hash->value_offset;
	struct hash_elem *elem =
		alloc_zeroed(sizeof(*elem) + offset + round_up_u64(map->value_size, 8));

	if (!elem)
		return NULL;
	elem->key_size = map->key_size;
	elem->bucket = wanted->bucket;
	memcpy(elem->bytes, wanted->key, map->key_size);
	memcpy(elem->bytes + offset, src, map->value_size);
	return elem;
}

static void run_elem_free(struct rcu_deferred *deferred)
{
	free(container_of(deferred, struct hash_elem, deferred));
}

static void elem_free_later(const struct pca_map *map, struct hash_elem *elem)
{
	const uint64_t bytes = map->key_size + (uint64_t)map->value_size;

	elem->deferred.bytes = bytes > PAGE_BYTES ? bytes : 0;
	rcu_defer(&elem->deferred, run_elem_free);
}

/* A place among the max_entries, and memory for it: 0, -E2BIG, -ENOMEM. */
static int take_place(struct pca_map *map, uint32_t bucket)
{
	uint32_t nr = __atomic_load_n(&map->hash->nr_elems, __ATOMIC_ACQUIRE);
	int err;

	do { /* acquire and release: who finds it full knows who is coming */
		if (nr >= map->max_entries)
			return -E2BIG;
	} while (!__atomic_compare_exchange_n(&map->hash->nr_elems, &nr, nr + 1, true,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	err = map_charge(map, usage_per_elem(map));
	if (err)
		__atomic_fetch_sub(&map->hash->nr_elems, 1, __ATOMIC_RELAXED);
	else
		__atomic_fetch_add(group_of(map, bucket), 1, __ATOMIC_RELAXED);
	return err;
}

/* Of an element that is in the table no more. */
static void give_place_back(struct pca_map *map, uint32_t bucket)
{
	__atomic_fetch_sub(group_of(map, bucket), 1, __ATOMIC_RELAXED);
	map_uncharge(map, usage_per_elem(map));
	__atomic_fetch_sub(&map->hash->nr_elems, 1, __ATOMIC_RELAXED);
}

static int add(struct pca_map *map, const struct wanted *wanted, const void *src)
{
	struct hash_elem *elem;
	int err = take_place(map, wanted->bucket);

	if (err)
		return err;
	elem = elem_alloc(map, wanted, src);
	if (elem &&
	    table_add(&map->hash->table, wanted->table_hash, is_wanted, wanted, &elem->node))
		return 0;
	err = elem ? -EAGAIN : -ENOMEM;
	free(elem);
	give_place_back(map, wanted->bucket);
	return err;
}

/*
 * Linux counts under the bucket's lock. Here the hash is full when nobody is about to add,
 * who may give a place back, and the key has not come meanwhile.
 */
static int check_full(const struct pca_map *map, const struct wanted *wanted)
{
	struct cds_lfht_iter at;

	if (!__atomic_load_n(&map->hash->nr_coming, __ATOMIC_ACQUIRE))
		return find_wanted(map, wanted, &at) ? -EAGAIN : -E2BIG;
	sched_yield();
	return -EAGAIN;
}

static int add_or_full(struct pca_map *map, const struct wanted *wanted, const void *src)
{
	int err;

	__atomic_fetch_add(&map->hash->nr_coming, 1, __ATOMIC_RELAXED);
	err = add(map, wanted, src);
	__atomic_fetch_sub(&map->hash->nr_coming, 1, __ATOMIC_RELEASE);
	return err == -E2BIG ? check_full(map, wanted) : err;
}

static int replace(struct pca_map *map, const struct wanted *wanted, struct hash_elem *old,
		   struct cds_lfht_iter *at, const void *src)
{
	struct hash_elem *elem = elem_alloc(map, wanted, src);

	if (!elem)
		return -ENOMEM;
	if (!table_replace(&map->hash->table, at, wanted->table_hash, is_wanted, wanted,
			   &elem->node)) {
		free(elem);
		return -EAGAIN;
	}
	elem_free_later(map, old);
	return 0;
}

/* -EAGAIN: the key came or went meanwhile. */
static int try_update(struct pca_map *map, const struct wanted *wanted, const void *src,
		      uint64_t flags)
{
	struct cds_lfht_iter at;
	struct hash_elem *old = find_wanted(map, wanted, &at);

	if (old && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!old && flags == BPF_EXIST)
		return -ENOENT;
	return old ? replace(map, wanted, old, &at, src) : add_or_full(map, wanted, src);
}

static int update(struct pca_map *map, const void *key, const void *src, uint64_t flags)
{
	struct wanted wanted = wanted_key(map, key);
	int err;

	do {
		err = try_update(map, &wanted, src, flags);
	} while (err == -EAGAIN);
	return err;
}

bool hash_take(struct pca_map *map, struct hash_elem *elem)
{
	if (!table_delete(&map->hash->table, &elem->node))
		return false;
	give_place_back(map, elem->bucket);
	elem_free_later(map, elem);
	return true;
}

struct hash_elem *hash_take_key(struct pca_map *map, const void *key)
{
	struct wanted wanted = wanted_key(map, key);
	struct cds_lfht_iter at;
	struct hash_elem *elem;

	do {
		elem = find_wanted(map, &wanted, &at);
	} while (elem && !hash_take(map, elem)); /* replaced, perhaps */
	return elem;
}

static int delete (struct pca_map *map, const void *key, void *dst)
{
	struct hash_elem *elem = hash_take_key(map, key);

	if (elem && dst)
		copy_value(map, elem, dst);
	return elem ? 0 : -ENOENT;
}

static int next_key(const struct pca_map *map, const void *key, void *next)
{
	struct cds_lfht_iter at;
	struct hash_elem *elem = key ? find_key(map, key, &at) : NULL;

	elem = elem_of_node(elem ? table_next(&map->hash->table, &at)
				 : table_first(&map->hash->table, &at));
	if (!elem)
		return -ENOENT;
	memcpy(next, elem->bytes, map->key_size);
	return 0;
}

static long for_each(const struct pca_map *map, struct pca_map_ref *ref, pca_for_each_fn fn,
		     void *ctx)
{
	struct cds_lfht_iter at;
	long nr_calls = 0;

	for (struct hash_elem *elem = elem_of_node(table_first(&map->hash->table, &at)); elem;
	     elem = elem_of_node(table_next(&map->hash->table, &at))) {
		nr_calls++;
		if ((int)fn(ref, elem->bytes, value_of(map, elem), ctx))
			break;
	}
	return nr_calls;
}

/* ---- at points ---- */

static void copy_value_at_points(const struct pca_map *map, struct hash_elem *elem, void *dst)
{
	read_value_at_points(map, dst, value_of(map, elem), map->value_size);
}

static void read_elems_at_points(const struct pca_map *map, uintptr_t first, uint32_t nr, void *dst)
{
	(void)nr;
	copy_value_at_points(map, (struct hash_elem *)first, dst);
}

/* What changes which element is the key's is done at once, after one point. */
static void point_before_change(const struct pca_map *map, const void *key)
{
	struct cds_lfht_iter at;
	struct hash_elem *elem = find_key(map, key, &at);

	command_point(map, elem ? value_of(map, elem) : NULL, map->value_size, PCA_WRITE);
}

static int update_at_point(struct pca_map *map, const void *key, const void *src, uint64_t flags)
{
	point_before_change(map, key);
	return update(map, key, src, flags);
}

static int delete_at_points(struct pca_map *map, const void *key, void *dst)
{
	struct hash_elem *elem;

	point_before_change(map, key);
	elem = hash_take_key(map, key);
	if (elem && dst)
		copy_value_at_points(map, elem, dst);
	return elem ? 0 : -ENOENT;
}

static const struct map_ops at_points_ops = {
	.find = find,
	.value = value,
	.update = update_at_point,
	.delete = delete_at_points,
	.next_key = next_key,
	.for_each = for_each,
	.alloc_elems = alloc_elems,
	.free_elems = free_elems,
	.alloc_check = alloc_check,
	.most_entries = MOST_ENTRIES,
	.mem_usage = mem_usage,
	.read_elems = read_elems_at_points,
};

const struct map_ops hash_ops = {
	.at_points = &at_points_ops,
	.find = find,
	.value = value,
	.update = update,
	.delete = delete,
	.next_key = next_key,
	.for_each = for_each,
	.alloc_elems = alloc_elems,
	.free_elems = free_elems,
	.alloc_check = alloc_check,
	.most_entries = MOST_ENTRIES,
	.mem_usage = mem_usage,
	.read_elems = read_elems,
};
