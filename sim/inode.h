/* SPDX-License-Identifier: MIT */
/*
 * Inodes and directory entries of a machine's files. Everything but reference
 * counts is under the file system's lock.
 */
#ifndef SIM_INODE_H
#define SIM_INODE_H

#include <sys/stat.h>

#include "cred.h"
#include "object.h"

struct dentry {
	struct dentry *next;
	struct inode *inode;
	char name[];
};

struct inode {
	uint32_t refcount; /* atomic: dentries, cwds, open directories, mounts */
	uint32_t mode;	   /* type and permission bits */
	uint32_t nlink;
	uint32_t uid, gid;
	uint64_t ino;
	bool in_bpffs;
	struct object *object;	/* of a pin */
	char *target;		/* of a symlink */
	struct inode *parent;	/* of a directory; NULL once removed */
	struct dentry *entries; /* of a directory, oldest first */
};

static inline bool is_dir(const struct inode *inode)
{
	return S_ISDIR(inode->mode);
}

/* A new inode of cred's, with one reference; cred NULL: of root's. NULL: no memory. */
struct inode *inode_alloc(uint32_t mode, const struct cred *cred);
struct inode *inode_get(struct inode *inode);
void inode_put(struct inode *inode);

/* The link of the list that holds name, or the NULL link at its end. */
struct dentry **dir_find(struct inode *dir, const char *name, size_t len);

/* An entry of that name, for dir_add_entry(), which takes over inode's reference; or NULL. */
struct dentry *dentry_alloc(const char *name);
void dir_add_entry(struct inode *dir, struct dentry *entry, struct inode *inode);

/* Enter inode, whose reference this takes over when it returns 0; or -ENOMEM. */
int dir_add(struct inode *dir, const char *name, struct inode *inode);
void dir_remove(struct inode *dir, struct dentry **link);

/* 0 or -EACCES. rwx: S_IROTH, S_IWOTH, S_IXOTH. Linux: inode_permission(). */
int inode_permission(const struct cred *cred, const struct inode *inode, uint32_t rwx);
int may_create(const struct cred *cred, const struct inode *dir);
/* May cred remove victim from dir? Also -EPERM, of a sticky directory. */
int may_delete(const struct cred *cred, const struct inode *dir, const struct inode *victim);

#endif
