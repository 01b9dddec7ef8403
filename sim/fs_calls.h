/* SPDX-License-Identifier: MIT */
/*
 * What tasks do with files: pin and get, beside the public calls of
 * <pcasim/bpffs.h>.
 */
#ifndef SIM_FS_CALLS_H
#define SIM_FS_CALLS_H

#include "task.h"

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
