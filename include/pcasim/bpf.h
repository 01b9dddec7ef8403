/* SPDX-License-Identifier: MIT */
/*
 * bpf() commands.
 *
 * pca_bpf() takes Linux's own attr bytes: fill a union bpf_attr of any
 * <linux/bpf.h>, older or newer than the release shown. The names of what 6.18
 * and later kernels added are defined here when the installed header lacks them.
 */
#ifndef PCASIM_BPF_H
#define PCASIM_BPF_H

#include <linux/bpf.h>

#include <pcasim/api.h>

PCA_BEGIN_DECLS

/* Macros over a newer header's enumerators of the same value do no harm. */
#ifndef BPF_F_PATH_FD
#define BPF_F_PATH_FD (1U << 14)
#endif
#ifndef BPF_F_TOKEN_FD
#define BPF_F_TOKEN_FD (1U << 16)
#endif
#ifndef BPF_F_CPU
#define BPF_F_CPU 8ULL
#endif
#ifndef BPF_F_ALL_CPUS
#define BPF_F_ALL_CPUS 16ULL
#endif

#ifndef BPF_COMMON_ATTRS
#define BPF_COMMON_ATTRS (1 << 16) /* in cmd, since 7.2 */
#endif

#define PCA_ENOTSUPP 524 /* Linux's, which no libc header has */

/*
 * bpf(cmd, attr, size) called by task. attr is followed as the task follows
 * pointers; size is its size in bytes.
 *
 * Returns 0, a new fd, or -errno with Linux's errno, in Linux's order of
 * checks. docs/linux-map.md has the table of commands; docs/differences.md
 * what differs. Commands that are not simulated are -EINVAL, as unknown
 * commands are in Linux.
 *
 * MT-safe: any number of threads may use one task or one map. Commands copy
 * elements word by word while programs run: an aligned 8-byte word is never
 * torn, a longer value may be seen half updated, as in Linux. May be called
 * from inside a program's run only for tests of that very thing: it is what a
 * program cannot do.
 */
PCA_API long pca_bpf(struct pca_task *task, int cmd, void *attr, uint32_t size);

/*
 * bpf(cmd | BPF_COMMON_ATTRS, attr, size, common, common_size): common is
 *
 *	struct {
 *		uint64_t log_buf;
 *		uint32_t log_size, log_level, log_true_size;
 *	}
 *
 * MAP_CREATE writes into log_buf why it refuses, with a newline and a NUL, and the
 * length of that to log_true_size, if common_size reaches so far; a buffer too small
 * for it gets the end of the text and -ENOSPC. The three log members are all set or
 * all zero, else -EINVAL.
 * -E2BIG: common_size is larger than the structure; -EFAULT: it cannot be read.
 * Releases before 7.2: -EINVAL. Otherwise as pca_bpf(). MT-safe.
 */
PCA_API long pca_bpf_common(struct pca_task *task, int cmd, void *attr, uint32_t size, void *common,
			    uint32_t common_size);

/*
 * BPF_MAP_CREATE with 4-byte keys: type is enum bpf_map_type, value_size in bytes,
 * flags are BPF_F_*. Returns the fd or -errno as pca_bpf() does. MT-safe.
 */
PCA_API int pca_map_create(struct pca_task *task, uint32_t type, uint32_t value_size,
			   uint32_t max_entries, uint32_t flags);

/*
 * LOOKUP and UPDATE that know how long the caller's buffer is. value_bytes
 * shorter than what the command reads or writes - round_up(value_size, 8) bytes
 * for every possible CPU of a per-CPU map, value_size for other maps - is
 * -EFAULT, with a message naming both sizes, and nothing is copied.
 * Otherwise as pca_bpf() with BPF_MAP_LOOKUP_ELEM or BPF_MAP_UPDATE_ELEM. MT-safe.
 */
PCA_API int pca_map_lookup(struct pca_task *task, int fd, const void *key, void *value,
			   size_t value_bytes, uint64_t flags);
PCA_API int pca_map_update(struct pca_task *task, int fd, const void *key, const void *value,
			   size_t value_bytes, uint64_t flags);

/* How long the arrays of a batch are, in bytes; SIZE_MAX for one of unknown length. */
struct pca_batch_bytes {
	size_t keys, values;
};

/*
 * A batch command that knows how long the caller's arrays are. An array that ends
 * before what a LOOKUP_BATCH would deliver to it, or before the element that an
 * UPDATE_BATCH takes next, is -EFAULT with a message naming both sizes, and nothing
 * of that is copied. Otherwise as pca_bpf() with the same cmd, attr and size.
 * MT-safe.
 */
PCA_API int pca_map_batch(struct pca_task *task, int cmd, void *attr, uint32_t size,
			  struct pca_batch_bytes known);

/*
 * Bytes that a LOOKUP of this map writes, or -EBADF, -EINVAL as commands
 * answer a bad fd. MT-safe.
 */
PCA_API int64_t pca_map_lookup_bytes(struct pca_task *task, int fd);

/*
 * The text of an errno value, positive or negative: strerror()'s, and one for
 * 524 (ENOTSUPP), which libc does not know. MT-safe; the text of an unknown
 * number lives in a buffer of the calling thread.
 */
PCA_API const char *pca_strerror(int err);

/* The symbolic name, "ENOENT", or NULL for a number that has none. MT-safe. */
PCA_API const char *pca_errno_name(int err);

PCA_END_DECLS

#endif
