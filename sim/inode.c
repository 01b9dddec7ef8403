// SPDX-License-Identifier: MIT
#include "inode.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"

struct inode *inode_get(struct inode *inode)
{
	__atomic_fetch_add(&inode->refcount, 1, __ATOMIC_RELAXED);
	return inode;
}

void inode_put(struct inode *inode)
{
	if (__atomic_sub_fetch(&inode->refcount, 1, __ATOMIC_ACQ_REL))
		return;
	if (inode->object)
		object_put(inode->object);
	free(inode->target);
	free(inode);
}

struct inode *inode_alloc(uint32_t mode, const struct cred *cred)
{
	struct inode *inode = alloc_zeroed(sizeof(*inode));

	if (inode) {
		inode->refcount = 1;
		inode->mode = mode;
		inode->nlink = S_ISDIR(mode) ? 2 : 1;
		if (cred) {
			inode->uid = cred->uid;
			inode->gid = cred->gid;
		}
	}
	return inode;
}

struct dentry **dir_find(struct inode *dir, const char *name, size_t len)
{
	struct dentry **link = &dir->entries;

	while (*link && (strncmp((*link)->name, name, len) || (*link)->name[len]))
		link = &(*link)->next;
	return link;
}

struct dentry *dentry_alloc(const char *name)
{
	size_t len = strlen(name);
	struct dentry *entry = alloc_bytes(sizeof(*entry) + len + 1);

	if (entry) {
		entry->next = NULL;
		memcpy(entry->name, name, len + 1);
	}
	return entry;
}

void dir_add_entry(struct inode *dir, struct dentry *entry, struct inode *inode)
{
	entry->inode = inode;
	*dir_find(dir, entry->name, strlen(entry->name)) = entry;
	inode->in_bpffs |= dir->in_bpffs;
	if (is_dir(inode)) {
		inode->parent = dir;
		dir->nlink++;
	}
}

int dir_add(struct inode *dir, const char *name, struct inode *inode)
{
	struct dentry *entry = dentry_alloc(name);

	if (!entry)
		return -ENOMEM;
	dir_add_entry(dir, entry, inode);
	return 0;
}

void dir_remove(struct inode *dir, struct dentry **link)
{
	struct dentry *entry = *link;

	*link = entry->next;
	if (is_dir(entry->inode)) {
		entry->inode->parent = NULL;
		dir->nlink--;
	}
	entry->inode->nlink--;
	inode_put(entry->inode);
	free(entry);
}

int inode_permission(const struct cred *cred, const struct inode *inode, uint32_t rwx)
{
	uint32_t granted = inode->mode;

	if (capable(cred, PCA_CAP_DAC_OVERRIDE))
		return 0;
	if (cred->uid == inode->uid)
		granted >>= 6;
	else if (cred->gid == inode->gid)
		granted >>= 3;
	return (granted & rwx) == rwx ? 0 : -EACCES;
}

int may_create(const struct cred *cred, const struct inode *dir)
{
	return inode_permission(cred, dir, S_IWOTH | S_IXOTH);
}

int may_delete(const struct cred *cred, const struct inode *dir, const struct inode *victim)
{
	int err = inode_permission(cred, dir, S_IWOTH | S_IXOTH);

	if (!err && (dir->mode & S_ISVTX) && !capable(cred, PCA_CAP_DAC_OVERRIDE) &&
	    cred->uid != victim->uid && cred->uid != dir->uid)
		err = -EPERM;
	return err;
}
