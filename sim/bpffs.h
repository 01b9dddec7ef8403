/* SPDX-License-Identifier: MIT */
/*
 * The machine's tree of files: "/", "/tmp", and the bpffs on "/sys/fs/bpf".
 */
#ifndef SIM_BPFFS_H
#define SIM_BPFFS_H

#include <pcasim/bpffs.h>

#include "object.h"

struct bpffs;
struct inode;

int bpffs_mount(struct bpffs **fs);
void bpffs_unmount(struct bpffs *fs);

struct inode *inode_get(struct inode *inode);
void inode_put(struct inode *inode);

/* The directory at path with a reference; -ENOTDIR and the errors of a path. */
int bpffs_find_dir(struct pca_task *task, const char *path, struct inode **dir);

/*
 * Pin object at path, which starts at base (NULL: the task's cwd). The pin
 * takes a reference of its own. Linux: bpf_obj_do_pin().
 */
int bpffs_pin(struct pca_task *task, struct inode *base, const char *path, struct object *object);

/*
 * The object pinned at path with a reference; -EACCES when there is something
 * else, or when the inode does not permit mode (MODE_*). Linux: bpf_obj_do_get().
 */
int bpffs_get(struct pca_task *task, struct inode *base, const char *path, uint32_t mode,
	      struct object **object);

#endif
