// SPDX-License-Identifier: MIT
/*
 * Mounting and unmounting a machine's files. One lock per machine: pinning is
 * rare. What is done with the files is in fs_calls.c.
 */
#include "bpffs.h"

#include <errno.h>

#include "alloc.h"
#include "namei.h"

static struct inode *make_dir(struct bpffs *fs, struct inode *parent, const char *name,
			      uint32_t mode)
{
	struct inode *dir = inode_alloc(S_IFDIR | mode, NULL);

	if (dir && parent && dir_add(parent, name, dir)) {
		inode_put(dir);
		return NULL;
	}
	if (dir)
		dir->ino = ++fs->last_ino;
	return dir;
}

static void drop_tree(struct inode *dir)
{
	while (dir->entries) {
		if (is_dir(dir->entries->inode))
			drop_tree(dir->entries->inode);
		dir_remove(dir, &dir->entries);
	}
}

int bpffs_mount(struct bpffs **out)
{
	struct bpffs *fs = alloc_zeroed(sizeof(*fs));
	struct inode *sys, *sys_fs, *bpf = NULL, *tmp = NULL;

	if (!fs)
		return -ENOMEM;
	pthread_mutex_init(&fs->lock, NULL);
	fs->root = make_dir(fs, NULL, NULL, 0755);
	if (fs->root) {
		fs->root->parent = fs->root;
		sys = make_dir(fs, fs->root, "sys", 0755);
		sys_fs = sys ? make_dir(fs, sys, "fs", 0755) : NULL;
		bpf = sys_fs ? make_dir(fs, sys_fs, "bpf", 01777) : NULL;
		tmp = make_dir(fs, fs->root, "tmp", 01777);
	}
	if (!bpf || !tmp) {
		bpffs_unmount(fs);
		return -ENOMEM;
	}
	bpf->in_bpffs = true;
	*out = fs;
	return 0;
}

void bpffs_unmount(struct bpffs *fs)
{
	if (fs->root) {
		drop_tree(fs->root);
		inode_put(fs->root);
	}
	pthread_mutex_destroy(&fs->lock);
	free(fs);
}

int bpffs_find_dir(struct bpffs *fs, const struct cred *cred, struct inode *start, const char *path,
		   struct inode **dir)
{
	struct walker walker = { cred, fs->root, start ? start : fs->root };

	pthread_mutex_lock(&fs->lock);
	int err = find_inode(&walker, path, dir);

	if (!err && !is_dir(*dir))
		err = -ENOTDIR;
	if (!err)
		inode_get(*dir);
	pthread_mutex_unlock(&fs->lock);
	return err;
}
