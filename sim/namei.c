// SPDX-License-Identifier: MIT
/*
 * The path walk (Linux: fs/namei.c), as far as pinning needs it: names, dots,
 * slashes, symlinks, search permission.
 */
#include "namei.h"

#include <errno.h>
#include <string.h>

#define MAX_SYMLINKS 40

/* Where a walk stands: the directory, and the path from there. */
struct walk {
	const struct cred *cred;
	struct inode *root, *dir;
	const char *rest; /* of the path */
	int nr_symlinks;
};

/* The next component: its length; 0 at the end. */
static size_t next_name(const char **rest, const char **name)
{
	*rest += strspn(*rest, "/");
	*name = *rest;
	*rest += strcspn(*rest, "/");
	return (size_t)(*rest - *name);
}

static bool is_last(const char *rest)
{
	return rest[strspn(rest, "/")] == '\0';
}

static bool is_dots(const char *name, size_t len)
{
	return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

/* May cred look for names in dir? */
static int may_lookup(const struct cred *cred, const struct inode *dir)
{
	return is_dir(dir) ? inode_permission(cred, dir, S_IXOTH) : -ENOTDIR;
}

/*
 * Look name up in dir: *inode is NULL when it is not there. A name with a dot
 * is -EPERM in bpffs (Linux: bpf_lookup(), which keeps dots for itself).
 */
static int lookup(struct inode *dir, const char *name, size_t len, struct inode **inode)
{
	struct dentry *entry = *dir_find(dir, name, len);

	*inode = entry ? entry->inode : NULL;
	if (is_dots(name, len))
		*inode = len == 2 && dir->parent ? dir->parent : dir;
	else if (!entry && dir->in_bpffs && memchr(name, '.', len))
		return -EPERM;
	else if (len > NAME_MAX)
		return -ENAMETOOLONG;
	return 0;
}

static int walk_to_end(struct walk *walk);

/* Continue at the target of a symlink met in walk->dir. */
static int follow(struct walk *walk, const struct inode *symlink)
{
	const char *rest = walk->rest;

	if (++walk->nr_symlinks > MAX_SYMLINKS)
		return -ELOOP;
	if (symlink->target[0] == '/')
		walk->dir = walk->root;
	walk->rest = symlink->target;

	int err = walk_to_end(walk);

	walk->rest = rest;
	return err;
}

/* Step over one name that has to exist. */
static int step(struct walk *walk, const char *name, size_t len)
{
	struct inode *inode;
	int err = may_lookup(walk->cred, walk->dir);

	if (!err)
		err = lookup(walk->dir, name, len, &inode);
	if (err)
		return err;
	if (!inode)
		return -ENOENT;
	if (S_ISLNK(inode->mode))
		return follow(walk, inode);
	walk->dir = inode;
	return 0;
}

/* Walk the whole rest; walk->dir becomes the inode that it names. */
static int walk_to_end(struct walk *walk)
{
	const char *name;
	size_t len;

	while ((len = next_name(&walk->rest, &name))) {
		int err = step(walk, name, len);

		if (err)
			return err;
		if (*walk->rest == '/' && !is_dir(walk->dir))
			return -ENOTDIR;
	}
	return 0;
}

static int walk_begin(struct walk *walk, const struct walker *walker, const char *path)
{
	if (!*path)
		return -ENOENT;
	if (strnlen(path, PATH_MAX) == PATH_MAX)
		return -ENAMETOOLONG;
	*walk = (struct walk){
		.cred = walker->cred,
		.root = walker->root,
		.dir = *path == '/' ? walker->root : walker->start,
		.rest = path,
	};
	return 0;
}

int find_inode(const struct walker *walker, const char *path, struct inode **inode)
{
	struct walk walk;
	int err = walk_begin(&walk, walker, path);

	if (!err)
		err = walk_to_end(&walk);
	if (!err)
		*inode = walk.dir;
	return err;
}

static enum last_kind last_kind(const char *name, size_t len)
{
	if (!len)
		return LAST_ROOT;
	if (!is_dots(name, len))
		return LAST_NAME;
	return len == 1 ? LAST_DOT : LAST_DOTDOT;
}

int find_parent(const struct walker *walker, const char *path, struct place *place)
{
	struct walk walk;
	const char *name;
	size_t len = 0;
	int err = walk_begin(&walk, walker, path);

	while (!err && (len = next_name(&walk.rest, &name)) && !is_last(walk.rest))
		err = step(&walk, name, len);
	if (!err)
		err = may_lookup(walker->cred, walk.dir);
	if (err)
		return err;
	*place = (struct place){
		.dir = walk.dir,
		.last = last_kind(name, len),
		.has_slash = *walk.rest == '/',
		.in_path = name,
		.len = len,
	};
	return 0;
}

int look_at(struct place *place)
{
	int err = 0;

	if (place->last == LAST_ROOT)
		place->inode = place->dir;
	else
		err = lookup(place->dir, place->in_path, place->len, &place->inode);
	if (err)
		return err;
	memcpy(place->name, place->in_path, place->len);
	return place->dir->parent ? 0 : -ENOENT; /* a directory that was removed */
}

int find_new_place(const struct walker *walker, const char *path, bool for_dir, struct place *place)
{
	int err = find_parent(walker, path, place);

	if (err)
		return err;
	if (place->last != LAST_NAME)
		return -EEXIST;
	err = look_at(place);
	if (err)
		return err;
	if (place->inode)
		return -EEXIST;
	return place->has_slash && !for_dir ? -ENOENT : 0;
}
