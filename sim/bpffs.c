// SPDX-License-Identifier: MIT
/*
 * bpffs (Linux: kernel/bpf/inode.c and the path walk of fs/namei.c), as far as
 * pinning needs it: directories, pins, links, permission bits. One lock per
 * machine: pinning is rare.
 */
#include "bpffs.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "task.h"

#define MAX_SYMLINKS 40

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

struct bpffs {
	pthread_mutex_t lock; /* everything reachable from root */
	struct inode *root;
	uint64_t last_ino;
};

static bool is_dir(const struct inode *inode)
{
	return S_ISDIR(inode->mode);
}

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

static struct inode *inode_alloc(struct bpffs *fs, uint32_t mode, const struct pca_task *task)
{
	struct inode *inode = calloc(1, sizeof(*inode));

	if (inode) {
		inode->refcount = 1;
		inode->mode = mode;
		inode->nlink = S_ISDIR(mode) ? 2 : 1;
		inode->ino = ++fs->last_ino;
		if (task) {
			inode->uid = task->uid;
			inode->gid = task->gid;
		}
	}
	return inode;
}

/* The link of the list that holds name, or the NULL link at its end. */
static struct dentry **find_entry(struct inode *dir, const char *name, size_t len)
{
	struct dentry **link = &dir->entries;

	while (*link && (strncmp((*link)->name, name, len) || (*link)->name[len]))
		link = &(*link)->next;
	return link;
}

/* A name for inode, whose reference this takes over. */
static struct dentry *entry_alloc(const char *name, struct inode *inode)
{
	size_t len = strlen(name);
	struct dentry *entry = malloc(sizeof(*entry) + len + 1);

	if (entry) {
		entry->next = NULL;
		entry->inode = inode;
		memcpy(entry->name, name, len + 1);
	}
	return entry;
}

static void enter(struct inode *dir, struct dentry *entry)
{
	struct inode *inode = entry->inode;

	*find_entry(dir, entry->name, strlen(entry->name)) = entry;
	inode->in_bpffs |= dir->in_bpffs;
	if (is_dir(inode)) {
		inode->parent = dir;
		dir->nlink++;
	}
}

static int add_entry(struct inode *dir, const char *name, struct inode *inode)
{
	struct dentry *entry = entry_alloc(name, inode);

	if (!entry)
		return -ENOMEM;
	enter(dir, entry);
	return 0;
}

static void remove_entry(struct inode *dir, struct dentry **link)
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

static int permitted(const struct pca_task *task, const struct inode *inode, uint32_t rwx)
{
	uint32_t granted = inode->mode;

	if (task_capable(task, PCA_CAP_DAC_OVERRIDE))
		return 0;
	if (task->uid == inode->uid)
		granted >>= 6;
	else if (task->gid == inode->gid)
		granted >>= 3;
	return (granted & rwx) == rwx ? 0 : -EACCES;
}

/* May task remove victim from dir? */
static int may_delete(const struct pca_task *task, const struct inode *dir,
		      const struct inode *victim)
{
	int err = permitted(task, dir, S_IWOTH | S_IXOTH);

	if (!err && (dir->mode & S_ISVTX) && !task_capable(task, PCA_CAP_DAC_OVERRIDE) &&
	    task->uid != victim->uid && task->uid != dir->uid)
		err = -EPERM;
	return err;
}

/* Where a walk stands: the directory, and the path from there. */
struct walk {
	const struct pca_task *task;
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

/* May task look for names in dir? */
static int may_lookup(const struct pca_task *task, const struct inode *dir)
{
	return is_dir(dir) ? permitted(task, dir, S_IXOTH) : -ENOTDIR;
}

/*
 * Look name up in dir: *inode is NULL when it is not there. A name with a dot
 * is -EPERM in bpffs (Linux: bpf_lookup(), which keeps dots for itself).
 */
static int lookup(struct inode *dir, const char *name, size_t len, struct inode **inode)
{
	struct dentry *entry = *find_entry(dir, name, len);

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
	int err = may_lookup(walk->task, walk->dir);

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

static int walk_begin(struct walk *walk, const struct pca_task *task, struct inode *base,
		      const char *path)
{
	struct bpffs *fs = task->machine->bpffs;

	if (!*path)
		return -ENOENT;
	if (strnlen(path, PATH_MAX) == PATH_MAX)
		return -ENAMETOOLONG;
	walk->task = task;
	walk->root = fs->root;
	walk->dir = *path == '/' ? fs->root : base ? base : task->cwd;
	walk->rest = path;
	walk->nr_symlinks = 0;
	return 0;
}

/* The inode that path names, symlinks followed. */
static int find(const struct pca_task *task, struct inode *base, const char *path,
		struct inode **inode)
{
	struct walk walk;
	int err = walk_begin(&walk, task, base, path);

	if (!err)
		err = walk_to_end(&walk);
	if (!err)
		*inode = walk.dir;
	return err;
}

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

static enum last_kind last_kind(const char *name, size_t len)
{
	if (!len)
		return LAST_ROOT;
	if (!is_dots(name, len))
		return LAST_NAME;
	return len == 1 ? LAST_DOT : LAST_DOTDOT;
}

/* Walk to the directory of the last name. Linux: filename_parentat(). */
static int find_parent(const struct pca_task *task, struct inode *base, const char *path,
		       struct place *place)
{
	struct walk walk;
	const char *name;
	size_t len = 0;
	int err = walk_begin(&walk, task, base, path);

	while (!err && (len = next_name(&walk.rest, &name)) && !is_last(walk.rest))
		err = step(&walk, name, len);
	if (!err)
		err = may_lookup(task, walk.dir);
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

/* See what is at the last name. */
static int look_at(struct place *place)
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

/*
 * A place where nothing is yet; whether the task may make something there is
 * to be seen later. Linux: filename_create().
 */
static int find_new_place(const struct pca_task *task, struct inode *base, const char *path,
			  bool for_dir, struct place *place)
{
	int err = find_parent(task, base, path, place);

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

static int may_create(const struct pca_task *task, const struct inode *dir)
{
	return permitted(task, dir, S_IWOTH | S_IXOTH);
}

static int add_new(struct place *place, struct inode *inode)
{
	int err = inode ? add_entry(place->dir, place->name, inode) : -ENOMEM;

	if (err && inode)
		inode_put(inode);
	return err;
}

static struct bpffs *lock_tree(const struct pca_task *task)
{
	struct bpffs *fs = task->machine->bpffs;

	pthread_mutex_lock(&fs->lock);
	return fs;
}

static int unlock_tree(struct bpffs *fs, int result)
{
	pthread_mutex_unlock(&fs->lock);
	return result;
}

static struct inode *make_dir(struct bpffs *fs, struct inode *parent, const char *name,
			      uint32_t mode)
{
	struct inode *dir = inode_alloc(fs, S_IFDIR | mode, NULL);

	if (dir && parent && add_entry(parent, name, dir)) {
		inode_put(dir);
		return NULL;
	}
	return dir;
}

static void drop_tree(struct inode *dir)
{
	while (dir->entries) {
		if (is_dir(dir->entries->inode))
			drop_tree(dir->entries->inode);
		remove_entry(dir, &dir->entries);
	}
}

int bpffs_mount(struct bpffs **out)
{
	struct bpffs *fs = calloc(1, sizeof(*fs));
	struct inode *sys, *sys_fs, *bpf = NULL, *tmp = NULL;

	if (!fs)
		return -ENOMEM;
	pthread_mutex_init(&fs->lock, NULL);
	fs->root = make_dir(fs, NULL, NULL, 0755);
	if (fs->root) {
		fs->root->parent = fs->root;
		sys = make_dir(fs, fs->root, "sys", 0755);
		sys_fs = sys ? make_dir(fs, sys, "fs", 0755) : NULL;
		bpf = sys_fs ? make_dir(fs, sys_fs, "bpf", 01777) : NULL;
		tmp = make_dir(fs, fs->root, "tmp", 01777);
	}
	if (!bpf || !tmp) {
		bpffs_unmount(fs);
		return -ENOMEM;
	}
	bpf->in_bpffs = true;
	*out = fs;
	return 0;
}

void bpffs_unmount(struct bpffs *fs)
{
	if (fs->root) {
		drop_tree(fs->root);
		inode_put(fs->root);
	}
	pthread_mutex_destroy(&fs->lock);
	free(fs);
}

int bpffs_find_dir(struct pca_task *task, const char *path, struct inode **dir)
{
	struct bpffs *fs = lock_tree(task);
	int err = find(task, NULL, path, dir);

	if (!err && !is_dir(*dir))
		err = -ENOTDIR;
	if (!err)
		inode_get(*dir);
	return unlock_tree(fs, err);
}

int bpffs_pin(struct pca_task *task, struct inode *base, const char *path, struct object *object)
{
	struct bpffs *fs = lock_tree(task);
	struct place place;
	int err = find_new_place(task, base, path, false, &place);

	if (!err && !place.dir->in_bpffs)
		err = -EPERM;
	if (!err)
		err = may_create(task, place.dir);
	if (!err) {
		struct inode *inode = inode_alloc(fs, S_IFREG | 0600, task);

		if (inode) {
			object_get(object);
			inode->object = object;
		}
		err = add_new(&place, inode);
	}
	return unlock_tree(fs, err);
}

int bpffs_get(struct pca_task *task, struct inode *base, const char *path, uint32_t mode,
	      struct object **object)
{
	struct bpffs *fs = lock_tree(task);
	uint32_t rwx = (mode & MODE_READ ? S_IROTH : 0) | (mode & MODE_WRITE ? S_IWOTH : 0);
	struct inode *inode;
	int err = find(task, base, path, &inode);

	if (!err)
		err = permitted(task, inode, rwx);
	if (!err && !inode->object)
		err = -EACCES;
	if (!err) {
		object_get(inode->object);
		*object = inode->object;
	}
	return unlock_tree(fs, err);
}

int pca_mkdir(struct pca_task *task, const char *path, uint32_t mode)
{
	struct bpffs *fs = lock_tree(task);
	struct place place;
	int err = find_new_place(task, NULL, path, true, &place);

	if (!err)
		err = may_create(task, place.dir);
	if (!err)
		err = add_new(&place, inode_alloc(fs, S_IFDIR | (mode & 01777), task));
	return unlock_tree(fs, err);
}

static bool is_mount_point(const struct inode *inode)
{
	return inode->in_bpffs && !inode->parent->in_bpffs;
}

int pca_rmdir(struct pca_task *task, const char *path)
{
	static const int refusals[] = {
		[LAST_NAME] = 0,
		[LAST_DOT] = -EINVAL,
		[LAST_DOTDOT] = -ENOTEMPTY,
		[LAST_ROOT] = -EBUSY,
	};
	struct bpffs *fs = lock_tree(task);
	struct place place;
	int err = find_parent(task, NULL, path, &place) ?: refusals[place.last];

	if (!err)
		err = look_at(&place);
	if (!err && !place.inode)
		err = -ENOENT;
	if (!err)
		err = may_delete(task, place.dir, place.inode);
	if (!err && !is_dir(place.inode))
		err = -ENOTDIR;
	if (!err && is_mount_point(place.inode))
		err = -EBUSY;
	if (!err && place.inode->entries)
		err = -ENOTEMPTY;
	if (!err)
		remove_entry(place.dir, find_entry(place.dir, place.name, place.len));
	return unlock_tree(fs, err);
}

int pca_unlink(struct pca_task *task, const char *path)
{
	struct bpffs *fs = lock_tree(task);
	struct place place;
	int err = find_parent(task, NULL, path, &place);

	if (!err)
		err = place.last == LAST_NAME ? look_at(&place) : -EISDIR;
	if (!err && !place.inode)
		err = -ENOENT;
	if (!err && place.has_slash)
		err = is_dir(place.inode) ? -EISDIR : -ENOTDIR;
	if (!err)
		err = may_delete(task, place.dir, place.inode);
	if (!err && is_dir(place.inode))
		err = -EISDIR;
	if (!err)
		remove_entry(place.dir, find_entry(place.dir, place.name, place.len));
	return unlock_tree(fs, err);
}

static bool is_inside(const struct inode *dir, const struct inode *of)
{
	for (; dir->parent != dir; dir = dir->parent) {
		if (dir == of)
			return true;
	}
	return dir == of;
}

/* May what is at "from" take the place "to"? */
static int may_rename(const struct pca_task *task, const struct place *from, const struct place *to)
{
	int err;

	if ((from->has_slash || to->has_slash) && !is_dir(from->inode))
		return -ENOTDIR;
	if (is_dir(from->inode) && is_inside(to->dir, from->inode))
		return -EINVAL;
	if (to->inode && to->inode != from->inode && is_inside(from->dir, to->inode))
		return -ENOTEMPTY;
	if (from->inode == to->inode)
		return 0;
	err = may_delete(task, from->dir, from->inode);
	if (!err)
		err = to->inode ? may_delete(task, to->dir, to->inode) : may_create(task, to->dir);
	if (err)
		return err;
	if (is_dir(from->inode) && is_mount_point(from->inode))
		return -EBUSY;
	if (!to->inode)
		return 0;
	if (is_dir(to->inode) && !is_dir(from->inode))
		return -EISDIR;
	if (!is_dir(to->inode) && is_dir(from->inode))
		return -ENOTDIR;
	if (is_dir(to->inode) && is_mount_point(to->inode))
		return -EBUSY;
	return to->inode->entries ? -ENOTEMPTY : 0;
}

/* What is at "from" becomes the entry "to", replacing what is there. */
static int move(struct place *from, struct place *to)
{
	struct inode *inode = from->inode;
	struct dentry *entry = entry_alloc(to->name, inode);

	if (!entry)
		return -ENOMEM;
	if (to->inode)
		remove_entry(to->dir, find_entry(to->dir, to->name, to->len));
	inode_get(inode);
	enter(to->dir, entry);
	inode->nlink++;
	remove_entry(from->dir, find_entry(from->dir, from->name, from->len));
	if (is_dir(inode))
		inode->parent = to->dir;
	return 0;
}

int pca_rename(struct pca_task *task, const char *from_path, const char *to_path)
{
	struct bpffs *fs = lock_tree(task);
	struct place from, to;
	int err = find_parent(task, NULL, from_path, &from);

	if (!err)
		err = find_parent(task, NULL, to_path, &to);
	if (!err && from.dir->in_bpffs != to.dir->in_bpffs)
		err = -EXDEV;
	/* cppcheck-suppress uninitvar ; both are filled when err is 0 */
	if (!err && (from.last != LAST_NAME || to.last != LAST_NAME))
		err = -EBUSY;
	if (!err)
		err = look_at(&from);
	if (!err && !from.inode)
		err = -ENOENT;
	if (!err)
		err = look_at(&to);
	if (!err)
		err = may_rename(task, &from, &to);
	if (!err && from.inode != to.inode)
		err = move(&from, &to);
	return unlock_tree(fs, err);
}

int pca_link(struct pca_task *task, const char *from_path, const char *to_path)
{
	struct bpffs *fs = lock_tree(task);
	struct place from, to;
	int err = find_parent(task, NULL, from_path, &from);

	if (!err)
		err = look_at(&from);
	if (!err && !from.inode)
		err = -ENOENT;
	if (!err && from.has_slash && !is_dir(from.inode))
		err = -ENOTDIR;
	if (!err)
		err = find_new_place(task, NULL, to_path, false, &to);
	if (!err && from.inode->in_bpffs != to.dir->in_bpffs)
		err = -EXDEV;
	if (!err)
		err = may_create(task, to.dir);
	if (!err && is_dir(from.inode))
		err = -EPERM;
	if (!err) {
		inode_get(from.inode);
		err = add_new(&to, from.inode);
		if (!err)
			from.inode->nlink++;
	}
	return unlock_tree(fs, err);
}

int pca_symlink(struct pca_task *task, const char *text, const char *path)
{
	struct bpffs *fs = lock_tree(task);
	struct place place;
	int err = strnlen(text, PATH_MAX) == PATH_MAX ? -ENAMETOOLONG : *text ? 0 : -ENOENT;

	if (!err)
		err = find_new_place(task, NULL, path, false, &place);
	if (!err)
		err = may_create(task, place.dir);
	if (!err) {
		struct inode *inode = inode_alloc(fs, S_IFLNK | 0777, task);

		if (inode && !(inode->target = strdup(text))) {
			inode_put(inode);
			inode = NULL;
		}
		err = add_new(&place, inode);
	}
	return unlock_tree(fs, err);
}

int pca_chmod(struct pca_task *task, const char *path, uint32_t mode)
{
	struct bpffs *fs = lock_tree(task);
	struct inode *inode;
	int err = find(task, NULL, path, &inode);

	if (!err && task->uid != inode->uid && !task_capable(task, PCA_CAP_DAC_OVERRIDE))
		err = -EPERM;
	if (!err)
		inode->mode = (inode->mode & S_IFMT) | (mode & 07777);
	return unlock_tree(fs, err);
}

int pca_stat(struct pca_task *task, const char *path, struct pca_stat *st)
{
	struct bpffs *fs = lock_tree(task);
	struct inode *inode;
	int err = find(task, NULL, path, &inode);

	if (!err)
		*st = (struct pca_stat){
			.ino = inode->ino,
			.mode = inode->mode,
			.nlink = inode->nlink,
			.uid = inode->uid,
			.gid = inode->gid,
		};
	return unlock_tree(fs, err);
}

int pca_opendir(struct pca_task *task, const char *path)
{
	struct inode *dir;
	int fd = bpffs_find_dir(task, path, &dir);

	if (fd)
		return fd;

	struct file *file = file_open_dir(dir);

	if (!file) {
		inode_put(dir);
		return -ENOMEM;
	}
	fd = task_install(task, file, 0);
	if (fd < 0)
		file_put(file);
	return fd;
}

int pca_readdir(struct pca_task *task, const char *path, int (*fn)(void *arg, const char *name),
		void *arg)
{
	struct bpffs *fs = lock_tree(task);
	struct inode *dir;
	int err = find(task, NULL, path, &dir);

	if (!err)
		err = is_dir(dir) ? permitted(task, dir, S_IROTH) : -ENOTDIR;
	for (const struct dentry *entry = err ? NULL : dir->entries; entry && !err;
	     entry = entry->next)
		err = fn(arg, entry->name);
	return unlock_tree(fs, err);
}
