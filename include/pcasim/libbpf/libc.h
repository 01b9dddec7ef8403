/* SPDX-License-Identifier: MIT */
/*
 * libc's calls on what is simulated. libbpf's users close() and dup() the fds it
 * gave them and unlink() their pins; here these calls reach the current task:
 *
 *	close, dup, fcntl, mmap	of an fd from PCA_FIRST_FD on
 *	unlink, mkdir, rmdir	of a path in /sys/fs/bpf
 *	sysconf			of _SC_NPROCESSORS_CONF and _SC_NPROCESSORS_ONLN: the CPUs
 *				that are possible, or online, in its machine
 *	get_nprocs, get_nprocs_conf	the same numbers
 *
 * Other fds and paths go to libc untouched; so do all other functions: dup2(),
 * read(), stat(), open() know nothing of simulated fds and pins. Simulated fds end
 * with an exec, always.
 *
 * In C these are function-like macros, after <fcntl.h>, <sys/mman.h>, <sys/stat.h>,
 * <sys/sysinfo.h> and <unistd.h> have been included. (sysconf)(name) is libc's: the host's CPUs. Calling a member of one of these names through
 * a structure then needs parentheses: (ops->close)(fd). Not so in C++, where every
 * stream has a close(): call pca_libbpf_close() and its like by their names.
 * #define PCASIM_LIBC_MACROS as 0 or 1 before to have it your way.
 *
 * All set errno and return -1 as libc does, and are MT-safe.
 */
#ifndef PCASIM_LIBBPF_LIBC_H
#define PCASIM_LIBBPF_LIBC_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <pcasim/bpf.h>
#include <pcasim/bpffs.h>
#include <pcasim/machine.h>
#include <pcasim/map.h>
#include <pcasim/task.h>

#ifndef PCASIM_LIBC_MACROS
#ifdef __cplusplus
#define PCASIM_LIBC_MACROS 0
#else
#define PCASIM_LIBC_MACROS 1
#endif
#endif

/* Linux's F_DUPFD_CLOEXEC, which <fcntl.h> keeps from strict C11. */
#define PCA_F_DUPFD_CLOEXEC 1030

static inline int pca_libc_result(int result)
{
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

static inline int pca_libbpf_close(int fd)
{
	struct pca_task *task;

	if (fd < PCA_FIRST_FD)
		return close(fd);
	task = pca_current_task();
	return task ? pca_libc_result(pca_close(task, fd)) : -1;
}

static inline int pca_libbpf_dup(int fd)
{
	struct pca_task *task;

	if (fd < PCA_FIRST_FD)
		return dup(fd);
	task = pca_current_task();
	return task ? pca_libc_result(pca_dup(task, fd, 0)) : -1;
}

/*
 * fcntl() of a simulated fd: F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD (FD_CLOEXEC
 * always), F_SETFD (nothing else can be set: EINVAL), F_GETFL. Other commands
 * are EINVAL. A lowest number below PCA_FIRST_FD means any.
 */
static inline int pca_libbpf_fcntl(int fd, int cmd, ...)
{
	struct pca_task *task = pca_current_task();
	int flags = task ? pca_fd_flags(task, fd) : -errno;
	int arg = 0;
	va_list ap;

	if (flags < 0)
		return pca_libc_result(flags);
	if (cmd == F_DUPFD || cmd == PCA_F_DUPFD_CLOEXEC || cmd == F_SETFD) {
		va_start(ap, cmd);
		arg = va_arg(ap, int);
		va_end(ap);
	}
	switch (cmd) {
	case F_DUPFD:
	case PCA_F_DUPFD_CLOEXEC:
		return pca_libc_result(pca_dup(task, fd, arg));
	case F_GETFD:
		return FD_CLOEXEC;
	case F_SETFD:
		return pca_libc_result(arg == FD_CLOEXEC ? 0 : -EINVAL);
	case F_GETFL:
		return flags;
	default:
		return pca_libc_result(-EINVAL);
	}
}

/* Linux: ksys_mmap_pgoff(), do_mmap(), bpf_map_mmap(). */
static inline int pca_libbpf_mmap_error(size_t bytes, int prot, int flags, int fd)
{
	struct pca_task *task = pca_current_task();
	struct pca_map_ref *map = NULL;
	int err = task ? pca_map_get(task, fd, &map) : -errno, mode;

	if (err && err != -EINVAL)
		return -err;
	if (!err)
		pca_map_put(map);
	if (!bytes || !(flags & (MAP_SHARED | MAP_PRIVATE)))
		return EINVAL;
	mode = pca_fd_flags(task, fd) & O_ACCMODE;
	if (mode == O_WRONLY || (mode == O_RDONLY && (flags & MAP_SHARED) && (prot & PROT_WRITE)))
		return EACCES;
	return err ? ENODEV : PCA_ENOTSUPP;
}

/* mmap() of a simulated fd, which fails: no map can be created with BPF_F_MMAPABLE. */
static inline void *pca_libbpf_mmap(void *addr, size_t bytes, int prot, int flags, int fd,
				    off_t offset)
{
	if (fd < PCA_FIRST_FD)
		/* cppcheck-suppress invalidFunctionArg ; what a caller gives is the caller's */
		return mmap(addr, bytes, prot, flags, fd, offset);
	errno = pca_libbpf_mmap_error(bytes, prot, flags, fd);
	return MAP_FAILED;
}

/* The current task, when path lies in its bpffs; NULL for libc's paths. */
static inline struct pca_task *pca_task_of_path(const char *path)
{
	const size_t len = sizeof(PCA_BPFFS) - 1;

	if (!path || strncmp(path, PCA_BPFFS, len) || (path[len] && path[len] != '/'))
		return NULL;
	return pca_current_task();
}

static inline int pca_libbpf_unlink(const char *path)
{
	struct pca_task *task = pca_task_of_path(path);

	return task ? pca_libc_result(pca_unlink(task, path)) : unlink(path);
}

static inline int pca_libbpf_mkdir(const char *path, mode_t mode)
{
	struct pca_task *task = pca_task_of_path(path);

	return task ? pca_libc_result(pca_mkdir(task, path, mode)) : mkdir(path, mode);
}

static inline int pca_libbpf_rmdir(const char *path)
{
	struct pca_task *task = pca_task_of_path(path);

	return task ? pca_libc_result(pca_rmdir(task, path)) : rmdir(path);
}

/* How many CPUs are online, or possible; -1 when there is no machine. */
static inline long pca_libbpf_nr_cpus(bool online)
{
	struct pca_task *task = pca_current_task();

	if (!task)
		return -1;
	return (long)(online ? pca_num_online_cpus(pca_task_machine(task))
			     : pca_num_possible_cpus(pca_task_machine(task)));
}

static inline long pca_libbpf_sysconf(int name)
{
	if (name != _SC_NPROCESSORS_CONF && name != _SC_NPROCESSORS_ONLN)
		return sysconf(name);
	return pca_libbpf_nr_cpus(name == _SC_NPROCESSORS_ONLN);
}

#if PCASIM_LIBC_MACROS
#define close(fd) pca_libbpf_close(fd)
#define dup(fd) pca_libbpf_dup(fd)
/* The third argument may be a pointer: it goes to libc as it is. */
#define fcntl(fd, ...)                                                           \
	__extension__({                                                          \
		const int pca_fd_ = (fd);                                        \
		pca_fd_ < PCA_FIRST_FD ? fcntl(pca_fd_, __VA_ARGS__)             \
				       : pca_libbpf_fcntl(pca_fd_, __VA_ARGS__); \
	})
#define mmap(addr, bytes, prot, flags, fd, offset) \
	pca_libbpf_mmap(addr, bytes, prot, flags, fd, offset)
#define unlink(path) pca_libbpf_unlink(path)
#define mkdir(path, mode) pca_libbpf_mkdir(path, mode)
#define rmdir(path) pca_libbpf_rmdir(path)
#define sysconf(name) pca_libbpf_sysconf(name)
#define get_nprocs() ((int)pca_libbpf_nr_cpus(true))
#define get_nprocs_conf() ((int)pca_libbpf_nr_cpus(false))
#endif

#endif
