/* SPDX-License-Identifier: MIT */
/*
 * From paths to inodes. All under the file system's lock.
 */
#ifndef SIM_NAMEI_H
#define SIM_NAMEI_H

#include <limits.h>

#include "inode.h"

/* Who walks, and where paths start. */
struct walker {
	const struct cred *cred;
	struct inode *root, *start;
};

/* The inode that path names, symlinks followed. */
int find_inode(const struct walker *walker, const char *path, struct inode **inode);

/* What a path ends in. Linux: LAST_NORM and its neighbours. */
enum last_kind { LAST_NAME, LAST_DOT, LAST_DOTDOT, LAST_ROOT };

/* A directory and a name in it that is to be made, removed or replaced. */
struct place {
	struct inode *dir;
	struct inode *inode; /* what is there, or NULL */
	enum last_kind last;
	bool has_slash;	     /* the path ended in one */
	const char *in_path; /* the name, len bytes of the caller's path */
	size_t len;
	char name[NAME_MAX + 1];
};

/* Walk to the directory of the last name. Linux: filename_parentat(). */
int find_parent(const struct walker *walker, const char *path, struct place *place);

/* See what is at the last name. */
int look_at(struct place *place);

/*
 * A place where nothing is yet; whether the walker may make something there is
 * to be seen later. Linux: filename_create().
 */
int find_new_place(const struct walker *walker, const char *path, bool for_dir,
		   struct place *place);

#endif
