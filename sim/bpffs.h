/* SPDX-License-Identifier: MIT */
/*
 * The machine's tree of files: "/", "/tmp", and the bpffs on "/sys/fs/bpf".
 */
#ifndef SIM_BPFFS_H
#define SIM_BPFFS_H

#include <pcasim/bpffs.h>

#include "inode.h"

/* The directories that every machine starts with. */
enum first_dir { DIR_ROOT, DIR_SYS, DIR_SYS_FS, DIR_BPFFS, DIR_TMP, NR_FIRST_DIRS };

struct bpffs {
	pthread_mutex_t lock; /* everything reachable from root */
	struct inode *root;
	struct inode *first_dirs[NR_FIRST_DIRS]; /* a reference each, wherever they went */
	uint64_t last_ino;
};

int bpffs_mount(struct bpffs **fs);
void bpffs_unmount(struct bpffs *fs);

/*
 * Remove everything but the first directories, which are put back where and how they
 * were. 0, or -ENOMEM, and then nothing has changed.
 */
int bpffs_reset(struct bpffs *fs);

/*
 * The directory at path, which starts at start (NULL: the root), with a
 * reference; -ENOTDIR and the errors of a path.
 */
int bpffs_find_dir(struct bpffs *fs, const struct cred *cred, struct inode *start, const char *path,
		   struct inode **dir);

#endif
