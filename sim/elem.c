// SPDX-License-Identifier: MIT
/*
 * The element commands (Linux: map_lookup_elem() and its neighbours in
 * kernel/bpf/syscall.c). Each body is the order of Linux's checks.
 */
#include <linux/bpf.h>
#include <stdio.h>

#include <pcasim/bpf.h>

#include "command.h"
#include "hint.h"
#include "message.h"
#include "steps.h"
#include "uaccess.h"

/* What a buffer that is short was probably meant for: bytes for each element. */
static void guess_meant_bytes(char *text, size_t size, const struct pca_map *map, size_t bytes)
{
	const struct pca_machine *machine = map->object.machine;
	const size_t value = map->value_size, elem = map->ref.elem_size;
	const uint32_t online = pca_num_online_cpus(machine);
	const char *unrounded = value == elem ? "" : ", not rounded up";

	if (bytes == value || bytes == elem)
		snprintf(text, size, "; %zu are one CPU's value", bytes);
	else if (bytes == value * machine->nr_cpus)
		snprintf(text, size, "; %zu are %u values%s", bytes, machine->nr_cpus, unrounded);
	else if (bytes == elem * online)
		snprintf(text, size, "; %zu are for the %u CPUs online", bytes, online);
	else if (bytes == value * online)
		snprintf(text, size, "; %zu are for the %u CPUs online%s", bytes, online,
			 unrounded);
	else
		return;
	size_t used = strlen(text);

	snprintf(text + used, size - used,
		 ": size buffers by pca_map_lookup_bytes() or libbpf_num_possible_cpus()");
}

/* The commonest mistake of all: a buffer for one value instead of one per CPU. */
int refuse_short_values(const struct call *c, const struct pca_map *map,
			const struct copies *copies, const char *verb, uint32_t nr)
{
	unsigned long long wanted = (unsigned long long)nr * copies_bytes(copies, map);
	char count[32] = "", meant[160] = "";

	if (c->known.value % nr == 0)
		guess_meant_bytes(meant, sizeof(meant), map, c->known.value / nr);
	if (nr != 1)
		snprintf(count, sizeof(count), " and %u elements", nr);
	if (map->ops->is_percpu && copies->kind == COPIES_ALL)
		message_error("buffer has %zu bytes, this command %s %llu: value_size %u is "
			      "rounded up to %u and taken for each of %u possible CPUs%s%s",
			      c->known.value, verb, wanted, map->value_size, map->ref.elem_size,
			      c->machine->nr_cpus, count, meant);
	else
		message_error("buffer has %zu bytes, this command %s %llu, the map's value_size%s",
			      c->known.value, verb, wanted, count);
	return -EFAULT;
}

/* The low bits of flags that LOOKUP takes since BPF_F_CPU exists. */
#define LOOKUP_FLAGS (BPF_F_LOCK | (uint32_t)BPF_F_CPU)

/* Which copies a LOOKUP addresses. */
static int lookup_copies(const struct call *c, const struct pca_map *map, struct copies *copies)
{
	uint64_t flags = c->attr->elem.flags;

	*copies = (struct copies){ COPIES_ALL, 0 };
	if (likely(!flags))
		return 0;
	if (!machine_has(c->machine, FEATURE_CPU_FLAGS))
		return refuse_lock(map);
	return copies_of_flags(copies, map, flags, LOOKUP_FLAGS);
}

/* The element of the caller's key, -ENOENT, -EFAULT, -ENOMEM. */
PCA_ALWAYS_INLINE int find_user_key(const struct call *c, const struct pca_map *map,
				    uintptr_t *elem)
{
	struct user_key key;
	bool is_there;
	int err = user_key_in(&key, c->task, map->key_size, c->attr->elem.key);

	if (unlikely(err))
		return err;
	is_there = map_find(map, key.bytes, elem);
	user_key_free(&key);
	return likely(is_there) ? 0 : -ENOENT;
}

/* in_steps is a constant: each of the two ways has only its own code. */
PCA_ALWAYS_INLINE int lookup_in(const struct call *c, const struct pca_map *map, bool in_steps)
{
	struct pca_task *task = c->task;
	uint64_t value = c->attr->elem.value;
	struct user_buffer buf;
	struct copies copies;
	uintptr_t elem;
	uint32_t bytes;
	int err = lookup_copies(c, map, &copies);

	if (unlikely(err))
		return err;
	err = find_user_key(c, map, &elem);
	if (unlikely(err))
		return err;
	bytes = copies_bytes(&copies, map);
	if (unlikely(bytes > c->known.value))
		return refuse_short_values(c, map, &copies, "writes", 1);
	if (in_steps)
		return lookup_in_steps(c, &(struct stepping){ map, &copies, elem, 0 }, value);
	err = user_buffer_out(&buf, task, value, bytes);
	if (unlikely(err))
		return err;
	copies_read(&copies, map, elem, buf.bytes);
	return user_buffer_out_end(&buf, task, value, bytes);
}

static int lookup_in_map(const struct call *c, const struct pca_map *map)
{
	return lookup_in(c, map, false);
}

static int lookup_in_held_map(const struct call *c, struct pca_map *map)
{
	return lookup_in(c, map, true);
}

/* Before BPF_F_CPU, flags are looked at before the fd. */
static bool has_early_bad_flags(const struct call *c)
{
	uint64_t flags = c->attr->elem.flags;

	return unlikely(flags) && (flags & ~(uint64_t)BPF_F_LOCK) &&
	       !machine_has(c->machine, FEATURE_CPU_FLAGS);
}

long map_lookup_elem(const struct call *c)
{
	int err;

	if (has_early_bad_flags(c))
		return refuse_early_flags(c->machine, c->attr->elem.flags);
	rcu_enter();
	const struct pca_map *map = map_of_fd(c->task, c->attr->elem.map_fd, MODE_READ, &err);

	if (likely(map))
		err = lookup_in_map(c, map);
	rcu_exit();
	return err;
}

long map_lookup_elem_in_steps(const struct call *c)
{
	if (has_early_bad_flags(c))
		return refuse_early_flags(c->machine, c->attr->elem.flags);
	return with_map_held(c, c->attr->elem.map_fd, MODE_READ, lookup_in_held_map);
}

/* UPDATE's look at the flags before key and value are copied in. */
static int update_copies(const struct call *c, const struct pca_map *map, struct copies *copies)
{
	uint64_t flags = c->attr->elem.flags;

	*copies = (struct copies){ COPIES_ALL, 0 };
	if (likely(!flags))
		return 0;
	if (machine_has(c->machine, FEATURE_CPU_FLAGS))
		return copies_of_flags(copies, map, flags, UINT32_MAX);
	return flags & BPF_F_LOCK ? refuse_lock(map) : 0;
}

/* And its second one, by the map type. */
static bool update_flags_ok(const struct pca_map *map, uint64_t flags)
{
	if (map->ops->is_percpu && machine_has(map->object.machine, FEATURE_CPU_FLAGS))
		return (uint32_t)flags <= BPF_F_ALL_CPUS;
	return flags <= BPF_EXIST;
}

static int refuse_update_flags(const struct pca_map *map, uint64_t flags)
{
	struct pca_machine *machine = map->object.machine;

	return machine_has(machine, FEATURE_CPU_FLAGS) ? -EINVAL
						       : refuse_early_flags(machine, flags);
}

/* What UPDATE of an index checks after key and value have been copied in. */
PCA_ALWAYS_INLINE int check_index(const struct pca_map *map, uint32_t index, uint64_t flags)
{
	if (unlikely(index >= map->ref.max_entries))
		return refuse_key(map, index);
	if (unlikely(flags == BPF_NOEXIST))
		return refuse_noexist(map);
	return 0;
}

/* The element is at an index, or may come. elem->elem is not known yet. */
PCA_ALWAYS_INLINE int store(const struct call *c, struct pca_map *map, struct stepping *elem,
			    const void *key, const void *value, bool in_steps)
{
	const uint64_t flags = c->attr->elem.flags;
	uint32_t index;
	int err;

	if (unlikely(!update_flags_ok(map, flags)))
		return refuse_update_flags(map, flags);
	if (!map_has_indices(map))
		return in_steps ? update_in_steps(c, map, elem, key, value, flags)
				: map->ops->update(map, key, value, flags);
	memcpy(&index, key, sizeof(index));
	elem->elem = index;
	err = check_index(map, index, flags);
	if (in_steps && !err)
		err = write_in_steps(c, elem, value);
	else if (likely(!err))
		copies_write(elem->copies, map, index, value);
	return err;
}

PCA_ALWAYS_INLINE int update_in(const struct call *c, struct pca_map *map, bool in_steps)
{
	struct pca_task *task = c->task;
	struct user_buffer buf;
	struct user_key key;
	struct copies copies;
	uint32_t bytes;
	int err = update_copies(c, map, &copies);

	if (unlikely(err))
		return err;
	err = user_key_in(&key, task, map->key_size, c->attr->elem.key);
	if (unlikely(err))
		return err;
	bytes = copies_bytes(&copies, map);
	if (unlikely(bytes > c->known.value))
		err = refuse_short_values(c, map, &copies, "reads", 1);
	else
		err = in_steps ? bounce_in(&buf, task, c->attr->elem.value, bytes)
			       : user_buffer_in(&buf, task, c->attr->elem.value, bytes);
	if (likely(!err)) {
		err = store(c, map, &(struct stepping){ map, &copies, 0, 0 }, key.bytes, buf.bytes,
			    in_steps);
		user_buffer_free(&buf);
	}
	user_key_free(&key);
	return err;
}

static int update_in_map(const struct call *c, struct pca_map *map)
{
	return update_in(c, map, false);
}

static int update_in_held_map(const struct call *c, struct pca_map *map)
{
	return update_in(c, map, true);
}

long map_update_elem(const struct call *c)
{
	int err;

	rcu_enter();
	struct pca_map *map = map_of_fd(c->task, c->attr->elem.map_fd, MODE_WRITE, &err);

	if (likely(map))
		err = update_in_map(c, map);
	rcu_exit();
	change_is_over();
	return err;
}

long map_update_elem_in_steps(const struct call *c)
{
	return with_map_held(c, c->attr->elem.map_fd, MODE_WRITE, update_in_held_map);
}

static int refuse_delete(const struct pca_map *map)
{
	hint_of_map(map, HINT_DELETE, (struct hint_facts){ 0 });
	return -EINVAL; /* elements of arrays cannot be deleted */
}

static int delete_in_map(const struct call *c, struct pca_map *map)
{
	struct user_key key;
	int err = user_key_in(&key, c->task, map->key_size, c->attr->elem.key);

	if (err)
		return err;
	err = map->ops->delete ? map->ops->delete (map, key.bytes, NULL) : refuse_delete(map);
	user_key_free(&key);
	return err;
}

long map_delete_elem(const struct call *c)
{
	int err;

	rcu_enter();
	struct pca_map *map = map_of_fd(c->task, c->attr->elem.map_fd, MODE_WRITE, &err);

	if (map)
		err = delete_in_map(c, map);
	rcu_exit();
	change_is_over();
	return err;
}

static int next_index(const struct call *c, const struct pca_map *map)
{
	uint32_t index = UINT32_MAX; /* no key: start before the first */
	int err = 0;

	if (c->attr->elem.key)
		err = get_user_u32(c->task, &index, c->attr->elem.key);
	else if (unlikely(batch_is_watched(&map->batch_watch)))
		map_is_walked(map, c->task);
	if (err)
		return err;
	if (index == map->ref.max_entries - 1 && c->attr->elem.key)
		return -ENOENT;
	index = index >= map->ref.max_entries ? 0 : index + 1;
	return put_user_u32(c->task, index, c->attr->elem.value);
}

static int next_key(const struct call *c, const struct pca_map *map)
{
	const bool has_key = c->attr->elem.key;
	struct user_key key = { 0 };
	struct user_buffer next;
	int err = has_key ? user_key_in(&key, c->task, map->key_size, c->attr->elem.key) : 0;

	if (err)
		return err;
	err = bounce_out(&next, map->key_size);
	if (!err) {
		err = map->ops->next_key(map, has_key ? key.bytes : NULL, next.bytes);
		if (!err)
			err = copy_to_user(c->task, c->attr->elem.value, next.bytes, map->key_size);
		user_buffer_free(&next);
	}
	if (has_key)
		user_key_free(&key);
	return err;
}

long map_get_next_key(const struct call *c)
{
	int err;

	rcu_enter();
	const struct pca_map *map = map_of_fd(c->task, c->attr->elem.map_fd, MODE_READ, &err);

	if (likely(map))
		err = map_has_indices(map) ? next_index(c, map) : next_key(c, map);
	rcu_exit();
	return err;
}

static int refuse_lookup_and_delete(const struct pca_map *map)
{
	if (map_has_indices(map))
		hint_of_map(map, HINT_LOOKUP_AND_DELETE, (struct hint_facts){ 0 });
	return -PCA_ENOTSUPP;
}

/* A value that cannot be delivered is lost. */
static int take_elem(const struct call *c, struct pca_map *map, const void *key)
{
	struct user_buffer value;
	int err;

	if (unlikely(map->value_size > c->known.value))
		return refuse_short_values(c, map, &(struct copies){ COPIES_ALL, 0 }, "writes", 1);
	err = bounce_out(&value, map->value_size);
	if (err)
		return err;
	err = map->ops->delete (map, key, value.bytes);
	if (!err)
		err = copy_to_user(c->task, c->attr->elem.value, value.bytes, map->value_size);
	user_buffer_free(&value);
	return err;
}

static int lookup_and_delete_in_map(const struct call *c, struct pca_map *map)
{
	struct user_key key;
	int err;

	if (c->attr->elem.flags & BPF_F_LOCK)
		return -EINVAL;
	err = user_key_in(&key, c->task, map->key_size, c->attr->elem.key);
	if (err)
		return err;
	err = map->ops->delete &&machine_has(c->machine, FEATURE_HASH_LOOKUP_AND_DELETE)
		      ? take_elem(c, map, key.bytes)
		      : refuse_lookup_and_delete(map);
	user_key_free(&key);
	return err;
}

long map_lookup_and_delete_elem(const struct call *c)
{
	int err;

	if (c->attr->elem.flags & ~(uint64_t)BPF_F_LOCK)
		return -EINVAL;
	if (c->attr->elem.flags && !machine_has(c->machine, FEATURE_LOOKDEL_LOCK_LATE))
		return -EINVAL;
	rcu_enter();
	struct pca_map *map =
		map_of_fd(c->task, c->attr->elem.map_fd, MODE_READ | MODE_WRITE, &err);

	if (map)
		err = lookup_and_delete_in_map(c, map);
	rcu_exit();
	change_is_over();
	return err;
}
