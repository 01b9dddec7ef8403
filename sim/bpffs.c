// SPDX-License-Identifier: MIT
/*
 * Mounting and unmounting a machine's files. One lock per machine: pinning is
 * rare. What is done with the files is in fs_calls.c.
 */
#include "bpffs.h"

#include <errno.h>

#include "alloc.h"
#include "namei.h"

/* Parents first; an inode's number is its place here, from 1. */
static const struct {
	const char *name;
	enum first_dir parent;
	uint32_t mode;
} first_dirs[NR_FIRST_DIRS] = {
	[DIR_ROOT] = { "", DIR_ROOT, 0755 },	[DIR_SYS] = { "sys", DIR_ROOT, 0755 },
	[DIR_SYS_FS] = { "fs", DIR_SYS, 0755 }, [DIR_BPFFS] = { "bpf", DIR_SYS_FS, 01777 },
	[DIR_TMP] = { "tmp", DIR_ROOT, 01777 },
};

static void drop_tree(struct inode *dir)
{
	while (dir->entries) {
		if (is_dir(dir->entries->inode))
			drop_tree(dir->entries->inode);
		dir_remove(dir, &dir->entries);
	}
}

/* A first directory as it was made, but in no other directory. */
static void renew_dir(struct bpffs *fs, enum first_dir i)
{
	struct inode *dir = fs->first_dirs[i];

	dir->mode = S_IFDIR | first_dirs[i].mode;
	dir->nlink = 2;
	dir->ino = i + 1;
	dir->in_bpffs = i == DIR_BPFFS;
	dir->parent = i == DIR_ROOT ? dir : NULL;
}

int bpffs_reset(struct bpffs *fs)
{
	struct dentry *entries[NR_FIRST_DIRS];
	int i;

	for (i = DIR_ROOT + 1; i < NR_FIRST_DIRS; i++) {
		entries[i] = dentry_alloc(first_dirs[i].name);
		if (!entries[i])
			goto free_entries;
	}
	pthread_mutex_lock(&fs->lock);
	drop_tree(fs->root);
	for (i = 0; i < NR_FIRST_DIRS; i++)
		renew_dir(fs, (enum first_dir)i);
	for (i = DIR_ROOT + 1; i < NR_FIRST_DIRS; i++)
		dir_add_entry(fs->first_dirs[first_dirs[i].parent], entries[i],
			      inode_get(fs->first_dirs[i]));
	fs->last_ino = NR_FIRST_DIRS;
	pthread_mutex_unlock(&fs->lock);
	return 0;

free_entries:
	while (--i > DIR_ROOT)
		free(entries[i]);
	return -ENOMEM;
}

int bpffs_mount(struct bpffs **out)
{
	struct bpffs *fs = alloc_zeroed(sizeof(*fs));
	int err = 0;

	if (!fs)
		return -ENOMEM;
	pthread_mutex_init(&fs->lock, NULL);
	for (int i = 0; i < NR_FIRST_DIRS && !err; i++) {
		fs->first_dirs[i] = inode_alloc(S_IFDIR, NULL);
		err = fs->first_dirs[i] ? 0 : -ENOMEM;
	}
	fs->root = fs->first_dirs[DIR_ROOT];
	if (!err)
		err = bpffs_reset(fs);
	if (err)
		bpffs_unmount(fs);
	else
		*out = fs;
	return err;
}

void bpffs_unmount(struct bpffs *fs)
{
	if (fs->root)
		drop_tree(fs->root);
	for (int i = 0; i < NR_FIRST_DIRS && fs->first_dirs[i]; i++)
		inode_put(fs->first_dirs[i]);
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
