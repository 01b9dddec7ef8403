/* SPDX-License-Identifier: MIT */
/*
 * The machine's tree of files: "/", "/tmp", and the bpffs on "/sys/fs/bpf".
 */
#ifndef SIM_BPFFS_H
#define SIM_BPFFS_H

#include <pcasim/bpffs.h>

#include "inode.h"

struct bpffs {
	pthread_mutex_t lock; /* everything reachable from root */
	struct inode *root;
	uint64_t last_ino;
};

int bpffs_mount(struct bpffs **fs);
void bpffs_unmount(struct bpffs *fs);

/*
 * The directory at path, which starts at start (NULL: the root), with a
 * reference; -ENOTDIR and the errors of a path.
 */
int bpffs_find_dir(struct bpffs *fs, const struct cred *cred, struct inode *start, const char *path,
		   struct inode **dir);

#endif
