/* SPDX-License-Identifier: MIT */
/*
 * The task: memory, fds, capabilities of a caller. Command code never asks
 * which kind of task it serves; that is behind struct task_ops.
 */
#ifndef SIM_TASK_H
#define SIM_TASK_H

#include <pcasim/task.h>

#include "cred.h"
#include "fault.h"
#include "file.h"
#include "machine.h"

#define PAGE_BYTES 4096

struct task_ops {
	/* Pointers of this task can be followed by plain loads and stores. */
	bool is_direct;
	/*
	 * Copy n bytes from or to the task's memory: 0 or -EFAULT, the latter
	 * after the bytes before the first bad one were copied.
	 */
	int (*copy_in)(struct pca_task *task, void *dst, uint64_t addr, size_t n);
	int (*copy_out)(struct pca_task *task, uint64_t addr, const void *src, size_t n);
};

extern const struct task_ops direct_task_ops, checked_task_ops;

/* Published by RCU, replaced when it grows. */
struct fd_table {
	struct rcu_deferred deferred;
	uint32_t size;
	struct file *files[]; /* RCU */
};

/* Why commands of a task leave the shortest way. */
enum attention {
	ATTENTION_CAPS = 1 << 0,   /* it lacks capabilities */
	ATTENTION_FAULTS = 1 << 1, /* commands are ordered to fail */
	ATTENTION_EVENTS = 1 << 2, /* its machine is listened to */
	ATTENTION_MEMORY = 1 << 3, /* its memory takes more than loads and stores */
};

struct pca_task {
	const struct task_ops *ops;
	struct pca_machine *machine;
	uint32_t attention;	      /* atomic, enum attention; 0 for nearly all tasks */
	struct pca_task *next, *prev; /* under machine->tasks_lock */
	uint32_t number;	      /* of the machine's tasks, from 1 */
	struct cred cred;
	uint32_t cpu_ordinal; /* atomic; the CPU it runs on */
	struct inode *cwd;
	char comm[16];
	struct task_struct *image; /* atomic; the task for programs, once asked for */

	struct fd_table *fds; /* RCU */
	uint32_t max_fds;
	pthread_mutex_t fds_lock;
	uint32_t nr_open;     /* atomic; changed under fds_lock */
	uint32_t lowest_free; /* no slot below is free; under fds_lock */
	uint32_t hints_told;  /* atomic, bit per enum hint */

	struct faults faults;
};

/* The thread's current task, pca_set_current_task(); NULL: the process's. */
extern __thread struct pca_task *thread_task __attribute__((tls_model("initial-exec")));

/* Free the tasks of a machine and tell of fds they had open. */
void tasks_destroy(struct pca_machine *machine);

/* Close the fds of all tasks of a machine; each is on the first CPU online again. */
void tasks_reset(struct pca_machine *machine);

static inline bool task_capable(const struct pca_task *task, uint64_t cap)
{
	return capable(&task->cred, cap);
}

/* CAP_SYS_ADMIN stands in for CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN. Linux: bpf_token_capable(). */
static inline bool task_bpf_capable(const struct pca_task *task, uint64_t cap)
{
	return task_capable(task, cap) || task_capable(task, PCA_CAP_SYS_ADMIN);
}

static inline uint32_t task_attention(const struct pca_task *task)
{
	return __atomic_load_n(&task->attention, __ATOMIC_RELAXED);
}

static inline void task_attend(struct pca_task *task, enum attention reason)
{
	__atomic_fetch_or(&task->attention, reason, __ATOMIC_RELAXED);
}

static inline void task_ignore(struct pca_task *task, enum attention reason)
{
	__atomic_fetch_and(&task->attention, ~(uint32_t)reason, __ATOMIC_RELAXED);
}

/* Take capabilities from the task. */
static inline void task_drop_caps(struct pca_task *task, uint64_t caps)
{
	task->cred.dropped_caps |= caps;
	if (task->cred.dropped_caps)
		task_attend(task, ATTENTION_CAPS);
}

/* The description behind fd, or NULL. Inside a read section. */
static inline struct file *task_file(const struct pca_task *task, int fd)
{
	uint32_t slot = (uint32_t)fd - PCA_FIRST_FD;
	struct fd_table *table = rcu_dereference_pointer(task->fds);

	return likely(slot < table->size) ? rcu_dereference_pointer(table->files[slot]) : NULL;
}

/* Why task_file() found nothing: -EBADF, or -EINVAL for a real file of this process. */
int task_fd_error(int fd);

/* The object behind fd with a reference: 0, -EBADF, or -EINVAL when it is of another kind. */
int task_get_object(struct pca_task *task, int fd, enum object_kind kind, struct object **object);
int task_get_any_object(struct pca_task *task, int fd, struct object **object);

/* The lowest free fd at or above PCA_FIRST_FD + min_slot, now file's; or -EMFILE, -ENOMEM. */
int task_install(struct pca_task *task, struct file *file, uint32_t min_slot);

/*
 * Open object on a new fd for the command cmd, consuming the caller's reference to
 * object also when it fails. Returns the fd, -EMFILE or -ENOMEM.
 */
int task_open_object(struct pca_task *task, struct object *object, uint32_t mode, int cmd);

/*
 * The task as struct task_struct, made when first asked for, as it is on cpu; task NULL:
 * the CPU's idle task. NULL, with a message, without memory.
 */
struct task_struct *task_image(struct cpu *cpu, const struct pca_task *task, uint64_t pid_tgid);

#endif
