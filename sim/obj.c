// SPDX-License-Identifier: MIT
/*
 * Commands on objects as a whole: freeze, pin, get, info, ids (Linux:
 * kernel/bpf/syscall.c, kernel/bpf/inode.c).
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>

#include <pcasim/bpf.h>

#include "command.h"
#include "fs_calls.h"
#include "inode.h"
#include "uaccess.h"

#define ACCESS_FLAGS (uint32_t)(BPF_F_RDONLY | BPF_F_WRONLY)

/*
 * Two at once: one freezes, for the other it is frozen already. Commands that write
 * are over at once, but for those in steps. Linux: bpf_map_write_active().
 */
static int freeze(const struct call *c, struct pca_map *map, bool is_new)
{
	if (__atomic_load_n(&map->nr_stepping_writers, __ATOMIC_RELAXED))
		return -EBUSY;
	if (!is_new) {
		if (__atomic_load_n(&map->is_frozen, __ATOMIC_RELAXED))
			return -EBUSY;
		if (!task_bpf_capable(c->task, PCA_CAP_BPF))
			return -EPERM;
	}
	if (__atomic_exchange_n(&map->is_frozen, true, __ATOMIC_RELAXED))
		return is_new ? -EPERM : -EBUSY;
	return 0;
}

long map_freeze(const struct call *c)
{
	int err;

	bool is_new = machine_has(c->machine, FEATURE_FREEZE_EPERM);

	rcu_enter();
	struct pca_map *map = map_of_fd(c->task, c->attr->elem.map_fd, 0, &err);

	/* To freeze twice is no mistake that needs words. */
	if (map && is_new && !__atomic_load_n(&map->is_frozen, __ATOMIC_RELAXED))
		map = map_of_fd(c->task, c->attr->elem.map_fd, MODE_WRITE, &err);
	if (map)
		err = freeze(c, map, is_new);
	rcu_exit();
	return err;
}

/* The directory that a relative path starts in: NULL for the task's cwd. */
static int path_base(const struct call *c, const char *path, struct inode **base)
{
	const struct obj_attr *obj = &c->attr->obj;
	int err = 0;

	*base = NULL;
	if (!(obj->file_flags & BPF_F_PATH_FD) || obj->path_fd == AT_FDCWD || *path == '/' ||
	    !*path)
		return 0;
	rcu_enter();
	const struct file *file = task_file(c->task, obj->path_fd);

	if (!file)
		err = task_fd_error(obj->path_fd) == -EBADF ? -EBADF : -ENOTDIR;
	else if (file->kind != FILE_DIR)
		err = -ENOTDIR;
	else
		*base = inode_get(file->dir);
	rcu_exit();
	return err;
}

static int copy_path(const struct call *c, char *path, struct inode **base)
{
	int len = strncpy_from_user(c->task, path, c->attr->obj.pathname, PATH_MAX);

	return len < 0 ? len : path_base(c, path, base);
}

static void put_base(struct inode *base)
{
	if (base)
		inode_put(base);
}

/* file_flags within allowed, and path_fd only with its flag. */
static bool obj_flags_ok(const struct call *c, uint32_t allowed)
{
	const struct obj_attr *obj = &c->attr->obj;

	if (machine_has(c->machine, FEATURE_PATH_FD))
		allowed |= BPF_F_PATH_FD;
	return !(obj->file_flags & ~allowed) &&
	       ((obj->file_flags & BPF_F_PATH_FD) || !obj->path_fd);
}

long obj_pin(const struct call *c)
{
	const struct obj_attr *obj = &c->attr->obj;
	struct object *object;
	struct inode *base;
	char path[PATH_MAX];

	if (!obj_flags_ok(c, 0) || task_get_any_object(c->task, obj->bpf_fd, &object))
		return -EINVAL;

	int err = copy_path(c, path, &base);

	if (!err) {
		err = bpffs_pin(c->task, base, path, object);
		put_base(base);
	}
	object_put(object);
	return err;
}

long obj_get(const struct call *c)
{
	const struct obj_attr *obj = &c->attr->obj;
	int mode = file_mode_of_flags(obj->file_flags);
	struct object *object;
	struct inode *base;
	char path[PATH_MAX];

	if (obj->bpf_fd || !obj_flags_ok(c, ACCESS_FLAGS) || mode < 0)
		return -EINVAL;

	int err = copy_path(c, path, &base);

	if (err)
		return err;
	err = bpffs_get(c->task, base, path, (uint32_t)mode, &object);
	put_base(base);
	return err ? err : task_open_object(c->task, object, (uint32_t)mode, BPF_OBJ_GET);
}

/*
 * What this release writes: fields without meaning for the map keep what the
 * caller had in its buffer.
 */
static void fill_map_info(struct map_info *info, const struct pca_map *map)
{
	info->type = map->type;
	info->id = map->object.id;
	info->key_size = map->key_size;
	info->value_size = map->value_size;
	info->max_entries = map->max_entries;
	info->map_flags = map->flags;
	memcpy(info->name, map->name, sizeof(info->name));
	info->btf_vmlinux_value_type_id = 0;
	info->map_extra = 0;
}

static int get_map_info(const struct call *c, const struct pca_map *map)
{
	const struct info_attr *attr = &c->attr->info;
	const struct release *release = c->machine->release;
	const uint32_t known = release->map_info_end;
	uint32_t len = attr->info_len;
	unsigned char bytes[MOST_ATTR_BYTES] = { 0 };
	struct map_info info = { 0 };

	if (len > MOST_ATTR_BYTES)
		return -E2BIG;
	if (len > known) {
		int err =
			copy_from_user(c->task, bytes, user_base(attr->info) + known, len - known);

		for (uint32_t i = 0; i < len - known; i++) {
			if (bytes[i])
				return -E2BIG;
		}
		if (err)
			return err;
	}
	if (len > release->map_info_bytes)
		len = release->map_info_bytes;
	if (copy_from_user(c->task, &info, attr->info, len))
		return -EFAULT;
	if (!machine_has(c->machine, FEATURE_SPARSE_INFO))
		memset(&info, 0, sizeof(info));
	/* No array has a hash to give. */
	if (info.hash || info.hash_size)
		return -EINVAL;
	fill_map_info(&info, map);
	if (copy_to_user(c->task, attr->info, &info, len) ||
	    put_user_u32(c->task, len, c->uattr + offsetof(struct info_attr, info_len)))
		return -EFAULT;
	return 0;
}

static bool is_prog(const struct pca_task *task, int fd)
{
	const struct file *file = task_file(task, fd);

	return file && file->kind == FILE_PROG;
}

long obj_get_info_by_fd(const struct call *c)
{
	int err;

	rcu_enter();
	if (is_prog(c->task, c->attr->info.bpf_fd)) {
		err = -EINVAL; /* its info is not simulated, but to ask for it is no mistake */
		goto out;
	}
	const struct pca_map *map = map_of_fd(c->task, c->attr->info.bpf_fd, 0, &err);

	if (map)
		err = get_map_info(c, map);
	else if (err == -EBADF)
		err = -EBADFD;
out:
	rcu_exit();
	return err;
}

long map_get_next_id(const struct call *c)
{
	uint32_t next;

	if (c->attr->id.id >= INT_MAX)
		return -EINVAL;
	if (!task_capable(c->task, PCA_CAP_SYS_ADMIN))
		return -EPERM;
	next = id_table_next(&c->machine->ids[OBJECT_MAP], c->attr->id.id);
	if (!next)
		return -ENOENT;
	return put_user_u32(c->task, next, c->uattr + offsetof(struct id_attr, next_id));
}

long map_get_fd_by_id(const struct call *c)
{
	const struct id_attr *attr = &c->attr->id;

	if (attr->open_flags & ~ACCESS_FLAGS)
		return -EINVAL;
	if (!task_capable(c->task, PCA_CAP_SYS_ADMIN))
		return -EPERM;

	int mode = file_mode_of_flags(attr->open_flags);

	if (mode < 0)
		return mode;

	struct object *object = object_get_by_id(c->machine, OBJECT_MAP, attr->id);

	if (!object)
		return -ENOENT;
	return task_open_object(c->task, object, (uint32_t)mode, BPF_MAP_GET_FD_BY_ID);
}
