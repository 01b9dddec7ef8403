/* SPDX-License-Identifier: MIT */
/*
 * The machine's files: a bpffs mounted on /sys/fs/bpf, and a plain /tmp.
 *
 * BPF_OBJ_PIN and BPF_OBJ_GET work in the bpffs and are refused elsewhere, as in
 * Linux.
 *
 * These functions stand for the system calls of the same names. Relative paths
 * start at the task's cwd. path is an ordinary pointer, whatever the task.
 * All return 0 or -errno: -ENOENT, -ENOTDIR, -EEXIST, -ENAMETOOLONG (a name
 * above 255 bytes, a path above 4095), -ELOOP, -EACCES (mode bits; not for
 * tasks with CAP_DAC_OVERRIDE), -ENOMEM, and what is said below. All MT-safe.
 */
#ifndef PCASIM_BPFFS_H
#define PCASIM_BPFFS_H

#include <pcasim/api.h>

PCA_BEGIN_DECLS

#define PCA_BPFFS "/sys/fs/bpf"

/* In bpffs a name with a dot is -EPERM. mode: permission bits, 0755 say. */
PCA_API int pca_mkdir(struct pca_task *task, const char *path, uint32_t mode);

/* -ENOTEMPTY; -EBUSY for a mount point or the root; -EINVAL for a path ending in ".". */
PCA_API int pca_rmdir(struct pca_task *task, const char *path);

/*
 * Remove a pin or a symlink; the object goes with its last fd, pin and
 * program. -EISDIR for a directory.
 */
PCA_API int pca_unlink(struct pca_task *task, const char *path);

/*
 * Rename, replacing a pin that is there. -EXDEV between bpffs and elsewhere,
 * -EPERM for a dotted new name in bpffs, -EISDIR, -ENOTEMPTY, -EINVAL (into itself).
 */
PCA_API int pca_rename(struct pca_task *task, const char *from, const char *to);

/* Hard link: -EPERM for a directory, -EXDEV. */
PCA_API int pca_link(struct pca_task *task, const char *from, const char *to);

/* Symbolic link with this text. */
PCA_API int pca_symlink(struct pca_task *task, const char *text, const char *path);

/* Permission bits of a pin or directory; -EPERM unless owner or CAP_DAC_OVERRIDE. */
PCA_API int pca_chmod(struct pca_task *task, const char *path, uint32_t mode);

struct pca_stat {
	uint64_t ino;
	uint32_t mode; /* type and permission bits, as st_mode */
	uint32_t nlink;
	uint32_t uid, gid;
};

/* Follows symlinks. */
PCA_API int pca_stat(struct pca_task *task, const char *path, struct pca_stat *st);

/*
 * Open a directory for the path_fd of BPF_OBJ_PIN and BPF_OBJ_GET, as
 * open(path, O_PATH | O_DIRECTORY) does. Returns the fd; -EMFILE.
 */
PCA_API int pca_opendir(struct pca_task *task, const char *path);

/*
 * Call fn(arg, name) for each entry of a directory, oldest first, until it
 * returns non-zero; returns that value, or 0. fn may not call these functions.
 */
PCA_API int pca_readdir(struct pca_task *task, const char *path,
			int (*fn)(void *arg, const char *name), void *arg);

PCA_END_DECLS

#endif
