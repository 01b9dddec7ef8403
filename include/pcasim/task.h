/* SPDX-License-Identifier: MIT */
/*
 * The task: the caller of commands. It has memory (how pointers in attrs are
 * followed), a table of file descriptors, capabilities and a name.
 *
 * Simulated fds start at PCA_FIRST_FD, lowest free first, so that a stray
 * close() is EBADF and never closes a real file. A number below is looked up
 * among the real fds of this process: one that is open is "no map" (EINVAL),
 * one that is not is EBADF, as Linux would say of it.
 */
#ifndef PCASIM_TASK_H
#define PCASIM_TASK_H

#include <pcasim/api.h>

PCA_BEGIN_DECLS

#define PCA_FIRST_FD (1 << 20)

/* How a task follows user pointers. */
enum pca_task_memory {
	/*
	 * Plain loads and stores: fastest. Pointers below the first page are
	 * EFAULT; another wild pointer crashes, as in any C test.
	 */
	PCA_DIRECT,
	/*
	 * Copies by process_vm_readv/writev on this process: every bad pointer
	 * is EFAULT, to the byte. About a microsecond per copy.
	 */
	PCA_CHECKED,
};

/* Linux's capability numbers, for the capability mask. */
#define PCA_CAP_DAC_OVERRIDE (1ULL << 1)
#define PCA_CAP_NET_ADMIN (1ULL << 12)
#define PCA_CAP_SYS_ADMIN (1ULL << 21)
#define PCA_CAP_PERFMON (1ULL << 38)
#define PCA_CAP_BPF (1ULL << 39)

struct pca_task_opts {
	size_t size; /* sizeof(struct pca_task_opts), or 0 */
	enum pca_task_memory memory;
	uint64_t dropped_caps; /* PCA_CAP_* that the task lacks; 0: it has all */
	uint32_t uid, gid;     /* owner of pins it makes; no power of their own */
	uint32_t max_fds;      /* RLIMIT_NOFILE; 0 for Linux's usual 1024 */
	const char *comm;      /* up to 15 bytes; NULL for this process's name */
	const char *cwd;       /* where relative paths start; NULL for /sys/fs/bpf */
};

/*
 * Create a task on the machine, stored in *task. opts may be NULL.
 *
 * Returns 0, or
 *	-EINVAL	comm is too long, memory is neither of the two, or max_fds is above 1 << 20
 *	-E2BIG	opts->size as in pca_machine_create()
 *	-EPERM	a checked task, where process_vm_readv() on oneself is not permitted
 *	-ENOENT, -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG	cwd
 *	-ENOMEM
 * MT-safe.
 */
PCA_API int pca_task_create(struct pca_task **task, struct pca_machine *machine,
			    const struct pca_task_opts *opts);

/*
 * Close the task's fds and free it. Tasks left are freed with their machine.
 * No other thread may be inside a call on this task. NULL is allowed.
 */
PCA_API void pca_task_destroy(struct pca_task *task);

/* The machine that the task was created on. MT-safe. */
PCA_API struct pca_machine *pca_task_machine(const struct pca_task *task);

/*
 * Move the task to another CPU: where BPF_PROG_TEST_RUN runs when it does not
 * name one. A new task is on the first CPU online. Returns 0, -EINVAL (not
 * possible) or -ENXIO (offline). MT-safe.
 * Linux counterpart: sched_setaffinity() to one CPU.
 */
PCA_API int pca_task_set_cpu(struct pca_task *task, uint32_t cpu);

/*
 * close(), and dup() to the lowest free fd that is not below min_fd
 * (fcntl(F_DUPFD); 0 for any).
 *
 * Return 0 or the new fd; -EBADF: not a simulated fd of this task; -EMFILE: the
 * table is full; -EINVAL: min_fd is beyond the table; -ENOMEM. MT-safe.
 */
PCA_API int pca_close(struct pca_task *task, int fd);
PCA_API int pca_dup(struct pca_task *task, int fd, int min_fd);

/* How many fds of the task are open. MT-safe. */
PCA_API uint32_t pca_task_open_fds(const struct pca_task *task);

/*
 * The text of /proc/PID/fdinfo/FD: pos, flags, mnt_id, ino, then a map's or a
 * program's lines, "name:\tvalue\n" each. Writes at most size bytes, NUL
 * included, and returns the length without NUL of the whole text (as snprintf
 * does), or -EBADF, -ENOMEM. MT-safe.
 */
PCA_API int pca_fdinfo(struct pca_task *task, int fd, char *buf, size_t size);

/*
 * The F_GETFL flags of an fd: O_RDWR, O_RDONLY or O_WRONLY as BPF_F_RDONLY and
 * BPF_F_WRONLY chose; or -EBADF. MT-safe.
 */
PCA_API int pca_fd_flags(struct pca_task *task, int fd);

/*
 * The current task: the one that calls without a task argument (the libbpf
 * shapes) act for. A thread's own if it has set one, else the process's, which
 * is made at first use on a machine made from this host and the environment:
 *
 *	PCASIM_TOPOLOGY, PCASIM_POSSIBLE, PCASIM_ONLINE, PCASIM_RELEASE
 *			members of struct pca_machine_opts
 *	PCASIM_INLINE=1	run programs on the calling thread
 *	PCASIM_CHECKED=1 a checked task
 *	PCASIM_HINTS=0	no warnings for likely mistakes
 *	PCASIM_POISON_PADDING=1 padding in lookups is poisoned
 *	PCASIM_STEPS=N	most_steps of struct pca_machine_opts
 *
 * Returns NULL when that machine cannot be made; the message says why and
 * errno holds the error. MT-safe.
 */
PCA_API struct pca_task *pca_current_task(void);

/* Set this thread's current task; NULL returns to the process's. */
PCA_API void pca_set_current_task(struct pca_task *task);

PCA_END_DECLS

#endif
