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

/* in_steps is a constant: each of the two ways has only its own code. */
PCA_ALWAYS_INLINE int lookup_in(const struct call *c, const struct pca_map *map, bool in_steps)
{
	struct pca_task *task = c->task;
	uint64_t value = c->attr->elem.value;
	struct user_buffer buf;
	struct copies copies;
	uint32_t index, bytes;
	int err = lookup_copies(c, map, &copies);

	if (unlikely(err))
		return err;
	err = get_user_u32(task, &index, c->attr->elem.key);
	if (unlikely(err))
		return err;
	if (unlikely(index >= map->ref.max_entries))
		return -ENOENT;
	bytes = copies_bytes(&copies, map);
	if (unlikely(bytes > c->known.value))
		return refuse_short_values(c, map, &copies, "writes", 1);
	if (in_steps)
		return lookup_in_steps(c, &(struct stepping){ map, &copies, index, 0 }, value);
	err = user_buffer_out(&buf, task, value, bytes);
	if (unlikely(err))
		return err;
	copies_read(&copies, map, index, buf.bytes);
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

/* What UPDATE checks after key and value have been copied in. */
PCA_ALWAYS_INLINE int check_elem(const struct pca_map *map, uint32_t index, uint64_t flags)
{
	if (unlikely(!update_flags_ok(map, flags)))
		return refuse_update_flags(map, flags);
	if (unlikely(index >= map->ref.max_entries))
		return refuse_key(map, index);
	if (unlikely(flags == BPF_NOEXIST))
		return refuse_noexist(map);
	return 0;
}

PCA_ALWAYS_INLINE int update_in(const struct call *c, const struct pca_map *map, bool in_steps)
{
	struct pca_task *task = c->task;
	struct user_buffer buf;
	struct copies copies;
	uint32_t index, bytes;
	int err = update_copies(c, map, &copies);

	if (unlikely(err))
		return err;
	err = get_user_u32(task, &index, c->attr->elem.key);
	if (unlikely(err))
		return err;
	bytes = copies_bytes(&copies, map);
	if (unlikely(bytes > c->known.value))
		return refuse_short_values(c, map, &copies, "reads", 1);
	err = in_steps ? bounce_in(&buf, task, c->attr->elem.value, bytes)
		       : user_buffer_in(&buf, task, c->attr->elem.value, bytes);
	if (unlikely(err))
		return err;
	err = check_elem(map, index, c->attr->elem.flags);
	if (in_steps && !err)
		err = write_in_steps(c, &(struct stepping){ map, &copies, index, 0 }, buf.bytes);
	else if (likely(!err))
		copies_write(&copies, map, index, buf.bytes);
	user_buffer_free(&buf);
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
	return err;
}

long map_update_elem_in_steps(const struct call *c)
{
	return with_map_held(c, c->attr->elem.map_fd, MODE_WRITE, update_in_held_map);
}

long map_delete_elem(const struct call *c)
{
	uint32_t index;
	int err;

	rcu_enter();
	const struct pca_map *map = map_of_fd(c->task, c->attr->elem.map_fd, MODE_WRITE, &err);

	if (map)
		err = get_user_u32(c->task, &index, c->attr->elem.key);
	if (map && !err) {
		hint_of_map(map, HINT_DELETE, (struct hint_facts){ 0 });
		err = -EINVAL; /* elements of arrays cannot be deleted */
	}
	rcu_exit();
	return err;
}

static int next_key(const struct call *c, const struct pca_map *map)
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

long map_get_next_key(const struct call *c)
{
	int err;

	rcu_enter();
	const struct pca_map *map = map_of_fd(c->task, c->attr->elem.map_fd, MODE_READ, &err);

	if (likely(map))
		err = next_key(c, map);
	rcu_exit();
	return err;
}

long map_lookup_and_delete_elem(const struct call *c)
{
	uint32_t index;
	int err;

	if (c->attr->elem.flags & ~(uint64_t)BPF_F_LOCK)
		return -EINVAL;
	if (c->attr->elem.flags && !machine_has(c->machine, FEATURE_LOOKDEL_LOCK_LATE))
		return -EINVAL;
	rcu_enter();
	const struct pca_map *map =
		map_of_fd(c->task, c->attr->elem.map_fd, MODE_READ | MODE_WRITE, &err);

	if (!map)
		goto out;
	err = -EINVAL;
	if (c->attr->elem.flags & BPF_F_LOCK)
		goto out;
	err = get_user_u32(c->task, &index, c->attr->elem.key);
	if (!err) {
		hint_of_map(map, HINT_LOOKUP_AND_DELETE, (struct hint_facts){ 0 });
		err = -PCA_ENOTSUPP;
	}
out:
	rcu_exit();
	return err;
}
