// SPDX-License-Identifier: MIT
/*
 * Calls on files (Linux: kernel/bpf/inode.c and fs/namei.c's system calls):
 * pins, directories, links, permission bits.
 */
#include "fs_calls.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "bpffs.h"
#include "namei.h"

static struct bpffs *lock_tree(const struct pca_task *task)
{
	struct bpffs *fs = task->machine->bpffs;

	pthread_mutex_lock(&fs->lock);
	return fs;
}

static int unlock_tree(struct bpffs *fs, int result)
{
	pthread_mutex_unlock(&fs->lock);
	return result;
}

static struct walker walker_of(const struct pca_task *task)
{
	return (struct walker){ &task->cred, task->machine->bpffs->root, task->cwd };
}

static struct inode *new_inode(struct bpffs *fs, uint32_t mode, const struct pca_task *task)
{
	struct inode *inode = inode_alloc(mode, &task->cred);

	if (inode)
		inode->ino = ++fs->last_ino;
	return inode;
}

static int add_new(struct place *place, struct inode *inode)
{
	int err = inode ? dir_add(place->dir, place->name, inode) : -ENOMEM;

	if (err && inode)
		inode_put(inode);
	return err;
}

int bpffs_pin(struct pca_task *task, struct inode *base, const char *path, struct object *object)
{
	struct bpffs *fs = lock_tree(task);
	struct walker walker = walker_of(task);

	if (base)
		walker.start = base;
	struct place place;
	int err = find_new_place(&walker, path, false, &place);

	if (!err && !place.dir->in_bpffs)
		err = -EPERM;
	if (!err)
		err = may_create(&task->cred, place.dir);
	if (!err) {
		struct inode *inode = new_inode(fs, S_IFREG | 0600, task);

		if (inode) {
			object_get(object);
			inode->object = object;
		}
		err = add_new(&place, inode);
	}
	return unlock_tree(fs, err);
}

int bpffs_get(struct pca_task *task, struct inode *base, const char *path, uint32_t mode,
	      struct object **object)
{
	struct bpffs *fs = lock_tree(task);
	struct walker walker = walker_of(task);

	if (base)
		walker.start = base;
	uint32_t rwx = (mode & MODE_READ ? S_IROTH : 0) | (mode & MODE_WRITE ? S_IWOTH : 0);
	struct inode *inode;
	int err = find_inode(&walker, path, &inode);

	if (!err)
		err = inode_permission(&task->cred, inode, rwx);
	if (!err && !inode->object)
		err = -EACCES;
	if (!err) {
		object_get(inode->object);
		*object = inode->object;
	}
	return unlock_tree(fs, err);
}

int pca_mkdir(struct pca_task *task, const char *path, uint32_t mode)
{
	struct bpffs *fs = lock_tree(task);
	struct walker walker = walker_of(task);
	struct place place;
	int err = find_new_place(&walker, path, true, &place);

	if (!err)
		err = may_create(&task->cred, place.dir);
	if (!err)
		err = add_new(&place, new_inode(fs, S_IFDIR | (mode & 01777), task));
	return unlock_tree(fs, err);
}

static bool is_mount_point(const struct inode *inode)
{
	return inode->in_bpffs && !inode->parent->in_bpffs;
}

int pca_rmdir(struct pca_task *task, const char *path)
{
	static const int refusals[] = {
		[LAST_NAME] = 0,
		[LAST_DOT] = -EINVAL,
		[LAST_DOTDOT] = -ENOTEMPTY,
		[LAST_ROOT] = -EBUSY,
	};
	struct bpffs *fs = lock_tree(task);
	struct walker walker = walker_of(task);
	struct place place;
	int err = find_parent(&walker, path, &place) ?: refusals[place.last];

	if (!err)
		err = look_at(&place);
	if (!err && !place.inode)
		err = -ENOENT;
	if (!err)
		err = may_delete(&task->cred, place.dir, place.inode);
	if (!err && !is_dir(place.inode))
		err = -ENOTDIR;
	if (!err && is_mount_point(place.inode))
		err = -EBUSY;
	if (!err && place.inode->entries)
		err = -ENOTEMPTY;
	if (!err)
		dir_remove(place.dir, dir_find(place.dir, place.name, place.len));
	return unlock_tree(fs, err);
}

int pca_unlink(struct pca_task *task, const char *path)
{
	struct bpffs *fs = lock_tree(task);
	struct walker walker = walker_of(task);
	struct place place;
	int err = find_parent(&walker, path, &place);

	if (!err)
		err = place.last == LAST_NAME ? look_at(&place) : -EISDIR;
	if (!err && !place.inode)
		err = -ENOENT;
	if (!err && place.has_slash)
		err = is_dir(place.inode) ? -EISDIR : -ENOTDIR;
	if (!err)
		err = may_delete(&task->cred, place.dir, place.inode);
	if (!err && is_dir(place.inode))
		err = -EISDIR;
	if (!err)
		dir_remove(place.dir, dir_find(place.dir, place.name, place.len));
	return unlock_tree(fs, err);
}

static bool is_inside(const struct inode *dir, const struct inode *of)
{
	for (; dir->parent != dir; dir = dir->parent) {
		if (dir == of)
			return true;
	}
	return dir == of;
}

/* May what is at "from" take the place "to"? */
static int may_rename(const struct pca_task *task, const struct place *from, const struct place *to)
{
	int err;

	if ((from->has_slash || to->has_slash) && !is_dir(from->inode))
		return -ENOTDIR;
	if (is_dir(from->inode) && is_inside(to->dir, from->inode))
		return -EINVAL;
	if (to->inode && to->inode != from->inode && is_inside(from->dir, to->inode))
		return -ENOTEMPTY;
	if (from->inode == to->inode)
		return 0;
	err = may_delete(&task->cred, from->dir, from->inode);
	if (!err)
		err = to->inode ? may_delete(&task->cred, to->dir, to->inode)
				: may_create(&task->cred, to->dir);
	if (err)
		return err;
	if (is_dir(from->inode) && is_mount_point(from->inode))
		return -EBUSY;
	if (!to->inode)
		return 0;
	if (is_dir(to->inode) && !is_dir(from->inode))
		return -EISDIR;
	if (!is_dir(to->inode) && is_dir(from->inode))
		return -ENOTDIR;
	if (is_dir(to->inode) && is_mount_point(to->inode))
		return -EBUSY;
	return to->inode->entries ? -ENOTEMPTY : 0;
}

/* What is at "from" becomes the entry "to", replacing what is there. */
static int move(struct place *from, struct place *to)
{
	struct dentry *entry = dentry_alloc(to->name);
	struct inode *inode = from->inode;

	if (!entry)
		return -ENOMEM;
	if (to->inode)
		dir_remove(to->dir, dir_find(to->dir, to->name, to->len));
	dir_add_entry(to->dir, entry, inode_get(inode));
	inode->nlink++;
	dir_remove(from->dir, dir_find(from->dir, from->name, from->len));
	if (is_dir(inode))
		inode->parent = to->dir;
	return 0;
}

int pca_rename(struct pca_task *task, const char *from_path, const char *to_path)
{
	struct bpffs *fs = lock_tree(task);
	struct walker walker = walker_of(task);
	struct place from, to;
	int err = find_parent(&walker, from_path, &from);

	if (!err)
		err = find_parent(&walker, to_path, &to);
	if (!err && from.dir->in_bpffs != to.dir->in_bpffs)
		err = -EXDEV;
	/* cppcheck-suppress uninitvar ; both are filled when err is 0 */
	if (!err && (from.last != LAST_NAME || to.last != LAST_NAME))
		err = -EBUSY;
	if (!err)
		err = look_at(&from);
	if (!err && !from.inode)
		err = -ENOENT;
	if (!err)
		err = look_at(&to);
	if (!err)
		err = may_rename(task, &from, &to);
	if (!err && from.inode != to.inode)
		err = move(&from, &to);
	return unlock_tree(fs, err);
}

int pca_link(struct pca_task *task, const char *from_path, const char *to_path)
{
	struct bpffs *fs = lock_tree(task);
	struct walker walker = walker_of(task);
	struct place from, to;
	int err = find_parent(&walker, from_path, &from);

	if (!err)
		err = look_at(&from);
	if (!err && !from.inode)
		err = -ENOENT;
	if (!err && from.has_slash && !is_dir(from.inode))
		err = -ENOTDIR;
	if (!err)
		err = find_new_place(&walker, to_path, false, &to);
	if (!err && from.inode->in_bpffs != to.dir->in_bpffs)
		err = -EXDEV;
	if (!err)
		err = may_create(&task->cred, to.dir);
	if (!err && is_dir(from.inode))
		err = -EPERM;
	if (!err) {
		inode_get(from.inode);
		err = add_new(&to, from.inode);
		if (!err)
			from.inode->nlink++;
	}
	return unlock_tree(fs, err);
}

int pca_symlink(struct pca_task *task, const char *text, const char *path)
{
	struct bpffs *fs = lock_tree(task);
	struct walker walker = walker_of(task);
	struct place place;
	int err = strnlen(text, PATH_MAX) == PATH_MAX ? -ENAMETOOLONG : *text ? 0 : -ENOENT;

	if (!err)
		err = find_new_place(&walker, path, false, &place);
	if (!err)
		err = may_create(&task->cred, place.dir);
	if (!err) {
		struct inode *inode = new_inode(fs, S_IFLNK | 0777, task);

		if (inode && !(inode->target = alloc_string(text))) {
			inode_put(inode);
			inode = NULL;
		}
		err = add_new(&place, inode);
	}
	return unlock_tree(fs, err);
}

int pca_chmod(struct pca_task *task, const char *path, uint32_t mode)
{
	struct bpffs *fs = lock_tree(task);
	struct walker walker = walker_of(task);
	struct inode *inode;
	int err = find_inode(&walker, path, &inode);

	if (!err && task->cred.uid != inode->uid && !capable(&task->cred, PCA_CAP_DAC_OVERRIDE))
		err = -EPERM;
	if (!err)
		inode->mode = (inode->mode & S_IFMT) | (mode & 07777);
	return unlock_tree(fs, err);
}

int pca_stat(struct pca_task *task, const char *path, struct pca_stat *st)
{
	struct bpffs *fs = lock_tree(task);
	struct walker walker = walker_of(task);
	struct inode *inode;
	int err = find_inode(&walker, path, &inode);

	if (!err)
		*st = (struct pca_stat){
			.ino = inode->ino,
			.mode = inode->mode,
			.nlink = inode->nlink,
			.uid = inode->uid,
			.gid = inode->gid,
		};
	return unlock_tree(fs, err);
}

int pca_opendir(struct pca_task *task, const char *path)
{
	struct inode *dir;
	int fd = bpffs_find_dir(task->machine->bpffs, &task->cred, task->cwd, path, &dir);

	if (fd)
		return fd;

	struct file *file = file_open_dir(dir);

	if (!file) {
		inode_put(dir);
		return -ENOMEM;
	}
	fd = task_install(task, file, 0);
	if (fd < 0)
		file_put(file);
	return fd;
}

int pca_readdir(struct pca_task *task, const char *path, int (*fn)(void *arg, const char *name),
		void *arg)
{
	struct bpffs *fs = lock_tree(task);
	struct walker walker = walker_of(task);
	struct inode *dir;
	int err = find_inode(&walker, path, &dir);

	if (!err)
		err = is_dir(dir) ? inode_permission(&task->cred, dir, S_IROTH) : -ENOTDIR;
	for (const struct dentry *entry = err ? NULL : dir->entries; entry && !err;
	     entry = entry->next)
		err = fn(arg, entry->name);
	return unlock_tree(fs, err);
}
