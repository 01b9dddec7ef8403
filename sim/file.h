/* SPDX-License-Identifier: MIT */
/*
 * Open file descriptions: what fds refer to. dup() shares one; BPF_F_RDONLY
 * and BPF_F_WRONLY are properties of it, not of the map.
 */
#ifndef SIM_FILE_H
#define SIM_FILE_H

#include "object.h"

struct inode;

enum file_kind { FILE_MAP, FILE_PROG, FILE_DIR };

#define MODE_READ 1U
#define MODE_WRITE 2U
/* Not of the description but of its map: keys are indices of elements always there. */
#define MODE_INDEXED 4U

struct file {
	uint32_t refcount; /* atomic */
	enum file_kind kind;
	uint32_t mode;	       /* MODE_* */
	int opened_by;	       /* enum bpf_cmd */
	struct object *object; /* of a map or program */
	struct inode *dir;     /* of a directory */
	struct rcu_deferred deferred;
};

/* A description that takes over the caller's reference to object, or NULL. */
struct file *file_open_object(struct object *object, uint32_t mode);

/* The same for a directory. */
struct file *file_open_dir(struct inode *dir);

void file_get(struct file *file);
void file_put(struct file *file);

/*
 * MODE_* for the BPF_F_RDONLY and BPF_F_WRONLY bits of flags, or -EINVAL when both
 * are set. Linux: bpf_get_file_flag().
 */
int file_mode_of_flags(uint32_t flags);

#endif
