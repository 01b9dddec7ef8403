// SPDX-License-Identifier: MIT
#include "file.h"

#include <errno.h>
#include <linux/bpf.h>

#include "alloc.h"
#include "inode.h"
#include "map.h"

static struct file *file_alloc(enum file_kind kind, uint32_t mode)
{
	struct file *file = alloc_zeroed(sizeof(*file));

	if (file) {
		file->refcount = 1;
		file->kind = kind;
		file->mode = mode;
	}
	return file;
}

struct file *file_open_object(struct object *object, uint32_t mode)
{
	enum file_kind kind = object->ops->kind == OBJECT_MAP ? FILE_MAP : FILE_PROG;
	struct file *file = file_alloc(kind, mode);

	if (!file)
		return NULL;
	file->object = object;
	if (kind == FILE_MAP && map_has_indices(map_of_object(object)))
		file->mode |= MODE_INDEXED;
	return file;
}

struct file *file_open_dir(struct inode *dir)
{
	struct file *file = file_alloc(FILE_DIR, 0);

	if (file)
		file->dir = dir;
	return file;
}

void file_get(struct file *file)
{
	__atomic_fetch_add(&file->refcount, 1, __ATOMIC_RELAXED);
}

static void file_free(struct rcu_deferred *deferred)
{
	free(container_of(deferred, struct file, deferred));
}

void file_put(struct file *file)
{
	if (__atomic_sub_fetch(&file->refcount, 1, __ATOMIC_ACQ_REL))
		return;
	if (file->object)
		object_put(file->object);
	if (file->dir)
		inode_put(file->dir);
	/* Commands in a read section may still look at it. */
	rcu_defer(&file->deferred, file_free);
}

int file_mode_of_flags(uint32_t flags)
{
	switch (flags & (BPF_F_RDONLY | BPF_F_WRONLY)) {
	case 0:
		return MODE_READ | MODE_WRITE;
	case BPF_F_RDONLY:
		return MODE_READ;
	case BPF_F_WRONLY:
		return MODE_WRITE;
	default:
		return -EINVAL;
	}
}
