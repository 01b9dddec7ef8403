/* SPDX-License-Identifier: MIT */
/*
 * The struct task_struct of vmlinux.h that programs find behind the current task.
 * Plain types only: vmlinux.h stands in the place of libc's headers.
 */
#ifndef SIM_TASK_IMAGE_H
#define SIM_TASK_IMAGE_H

struct task_struct;

struct task_facts {
	const char *comm;
	unsigned int pid, tgid;
	unsigned int uid, gid;
	unsigned int cpu; /* its id */
	_Bool is_idle;
};

/* How much memory a task_struct takes with all that hangs on it, and alone. */
extern const unsigned long task_image_bytes, task_struct_bytes;

/* Make one in zeroed memory. parent NULL: its own, as of the first idle task. */
struct task_struct *task_image_fill(void *memory, const struct task_facts *facts,
				    struct task_struct *parent);

/* What may change from run to run. Others may be reading it. */
void task_image_move(struct task_struct *task, const struct task_facts *facts);

#endif
