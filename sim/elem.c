// SPDX-License-Identifier: MIT
/*
 * The element commands (Linux: map_lookup_elem() and its neighbours in
 * kernel/bpf/syscall.c). Each body is the order of Linux's checks.
 */
#include <linux/bpf.h>
#include <stdio.h>

#include <pcasim/bpf.h>

#include "message.h"
#include "command.h"
#include "uaccess.h"

/* The commonest mistake of all: a buffer for one value instead of one per CPU. */
int refuse_short_values(const struct call *c, const struct pca_map *map, const char *verb,
			uint32_t nr)
{
	unsigned long long wanted = (unsigned long long)nr * map->user_bytes;
	char count[32] = "";

	if (nr != 1)
		snprintf(count, sizeof(count), " and %u elements", nr);
	if (map->ops->is_percpu)
		message_error("buffer has %zu bytes, this command %s %llu: value_size %u is "
			      "rounded up to %u and taken for each of %u possible CPUs%s",
			      c->known.value, verb, wanted, map->value_size, map->ref.elem_size,
			      c->machine->nr_cpus, count);
	else
		message_error("buffer has %zu bytes, this command %s %llu, the map's value_size%s",
			      c->known.value, verb, wanted, count);
	return -EFAULT;
}

static int lookup_in_map(const struct call *c, const struct pca_map *map)
{
	struct pca_task *task = c->task;
	uint64_t value = c->attr->elem.value;
	struct user_buffer buf;
	uint32_t index;

	if (unlikely(c->attr->elem.flags & BPF_F_LOCK))
		return -EINVAL; /* no value of an array here holds a spin lock */
	int err = get_user_u32(task, &index, c->attr->elem.key);

	if (unlikely(err))
		return err;
	if (unlikely(index >= map->ref.max_entries))
		return -ENOENT;
	if (unlikely(map->user_bytes > c->known.value))
		return refuse_short_values(c, map, "writes", 1);
	err = user_buffer_out(&buf, task, value, map->user_bytes);
	if (unlikely(err))
		return err;
	map->ops->read_elems(map, index, 1, buf.bytes);
	return user_buffer_out_end(&buf, task, value, map->user_bytes);
}

long map_lookup_elem(const struct call *c)
{
	int err;

	if (c->attr->elem.flags & ~(uint64_t)BPF_F_LOCK)
		return -EINVAL;
	rcu_enter();
	const struct pca_map *map = map_of_fd(c->task, c->attr->elem.map_fd, MODE_READ, &err);

	if (likely(map))
		err = lookup_in_map(c, map);
	rcu_exit();
	return err;
}

/* What UPDATE checks after key and value have been copied in. */
static int update_elem(struct pca_map *map, uint32_t index, uint64_t flags, const void *value)
{
	if (unlikely(flags > BPF_EXIST))
		return -EINVAL;
	if (unlikely(index >= map->ref.max_entries))
		return -E2BIG;
	if (unlikely(flags == BPF_NOEXIST))
		return -EEXIST; /* an array's elements all exist */
	map->ops->write_elem(map, index, value);
	return 0;
}

static int update_in_map(const struct call *c, struct pca_map *map)
{
	struct pca_task *task = c->task;
	struct user_buffer buf;
	uint32_t index;

	if (unlikely(c->attr->elem.flags & BPF_F_LOCK))
		return -EINVAL;
	int err = get_user_u32(task, &index, c->attr->elem.key);

	if (unlikely(err))
		return err;
	if (unlikely(map->user_bytes > c->known.value))
		return refuse_short_values(c, map, "reads", 1);
	err = user_buffer_in(&buf, task, c->attr->elem.value, map->user_bytes);
	if (unlikely(err))
		return err;
	err = update_elem(map, index, c->attr->elem.flags, buf.bytes);
	user_buffer_free(&buf);
	return err;
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

long map_delete_elem(const struct call *c)
{
	uint32_t index;
	int err;

	rcu_enter();
	if (map_of_fd(c->task, c->attr->elem.map_fd, MODE_WRITE, &err)) {
		err = get_user_u32(c->task, &index, c->attr->elem.key);
		if (!err)
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
	rcu_enter();
	if (!map_of_fd(c->task, c->attr->elem.map_fd, MODE_READ | MODE_WRITE, &err))
		goto out;
	err = -EINVAL;
	if (c->attr->elem.flags & BPF_F_LOCK)
		goto out;
	err = get_user_u32(c->task, &index, c->attr->elem.key);
	if (!err)
		err = -PCA_ENOTSUPP;
out:
	rcu_exit();
	return err;
}
