// SPDX-License-Identifier: MIT
/*
 * Filling a task_struct (Linux: init/init_task.c, kernel/fork.c). All tasks are in the
 * initial namespaces and in the root of the cgroups.
 */
#include "task_image.h"

#include <pcasim/prog/vmlinux.h>

#define PF_IDLE 0x00000002
#define PF_KTHREAD 0x00200000
#define NICE_0_PRIO 120
#define SIGNAL_OF_A_CHILD 17
#define ROOT_CGROUP_ID 1

/* The numbers of the initial namespaces in 6.18. */
enum {
	MNT_INUM = (int)0xeffffff8,
	NET_INUM = (int)0xeffffff9,
	CGROUP_INUM = (int)0xeffffffb,
	PID_INUM = (int)0xeffffffc,
	UTS_INUM = (int)0xeffffffe,
	IPC_INUM = (int)0xefffffff,
};

struct task_image {
	struct task_struct task;
	struct pid pid;
	struct cred cred;
	struct mm_struct mm;
	struct signal_struct signal;
	struct nsproxy nsproxy;
	struct uts_namespace uts;
	struct ipc_namespace ipc;
	struct mnt_namespace mnt;
	struct pid_namespace pid_ns;
	struct net net;
	struct cgroup_namespace cgroup_ns;
	struct css_set cgroups;
	struct cgroup cgroup;
	struct kernfs_node kn;
};

const unsigned long task_image_bytes = sizeof(struct task_image);
const unsigned long task_struct_bytes = sizeof(struct task_struct);

static void fill_namespaces(struct task_image *image)
{
	image->uts.ns.inum = (unsigned int)UTS_INUM;
	image->ipc.ns.inum = (unsigned int)IPC_INUM;
	image->mnt.ns.inum = (unsigned int)MNT_INUM;
	image->pid_ns.ns.inum = (unsigned int)PID_INUM;
	image->net.ns.inum = (unsigned int)NET_INUM;
	image->cgroup_ns.ns.inum = (unsigned int)CGROUP_INUM;
	image->nsproxy = (struct nsproxy){
		.uts_ns = &image->uts,
		.ipc_ns = &image->ipc,
		.mnt_ns = &image->mnt,
		.pid_ns_for_children = &image->pid_ns,
		.net_ns = &image->net,
		.cgroup_ns = &image->cgroup_ns,
	};
	image->task.nsproxy = &image->nsproxy;
}

static void fill_cgroups(struct task_image *image)
{
	image->kn = (struct kernfs_node){ .id = ROOT_CGROUP_ID, .name = "" };
	image->cgroup.kn = &image->kn;
	image->cgroups.dfl_cgrp = &image->cgroup;
	image->task.cgroups = &image->cgroups;
}

static void fill_pids(struct task_image *image)
{
	image->pid.numbers[0].ns = &image->pid_ns;
	image->task.thread_pid = &image->pid;
	image->signal.nr_threads = 1;
	for (int i = 0; i < PIDTYPE_MAX; i++)
		image->signal.pids[i] = &image->pid;
	image->task.signal = &image->signal;
}

static void fill_cred(struct task_image *image, const struct task_facts *facts)
{
	const kuid_t uid = { facts->uid };
	const kgid_t gid = { facts->gid };

	image->cred = (struct cred){ .uid = uid,
				     .suid = uid,
				     .euid = uid,
				     .fsuid = uid,
				     .gid = gid,
				     .sgid = gid,
				     .egid = gid,
				     .fsgid = gid };
	image->task.cred = image->task.real_cred = &image->cred;
	image->task.loginuid.val = (uid_t)-1;
	image->task.sessionid = (unsigned int)-1;
}

void task_image_move(struct task_struct *task, const struct task_facts *facts)
{
	__atomic_store_n(&task->pid, (pid_t)facts->pid, __ATOMIC_RELAXED);
	__atomic_store_n(&task->tgid, (pid_t)facts->tgid, __ATOMIC_RELAXED);
	__atomic_store_n(&task->thread_pid->numbers[0].nr, (int)facts->pid, __ATOMIC_RELAXED);
	__atomic_store_n(&task->thread_info.cpu, facts->cpu, __ATOMIC_RELAXED);
	__atomic_store_n(&task->recent_used_cpu, (int)facts->cpu, __ATOMIC_RELAXED);
	__atomic_store_n(&task->wake_cpu, (int)facts->cpu, __ATOMIC_RELAXED);
}

struct task_struct *task_image_fill(void *memory, const struct task_facts *facts,
				    struct task_struct *parent)
{
	struct task_image *image = memory;
	struct task_struct *task = &image->task;

	task->flags = facts->is_idle ? PF_IDLE | PF_KTHREAD : 0;
	task->on_cpu = task->on_rq = 1;
	task->prio = task->static_prio = task->normal_prio = NICE_0_PRIO;
	task->exit_signal = facts->is_idle ? 0 : SIGNAL_OF_A_CHILD;
	task->parent = task->real_parent = parent ? parent : task;
	task->group_leader = task;
	task->mm = facts->is_idle ? 0 : &image->mm;
	task->active_mm = &image->mm;
	for (int i = 0; i < TASK_COMM_LEN - 1 && facts->comm[i]; i++)
		task->comm[i] = facts->comm[i];
	fill_namespaces(image);
	fill_cgroups(image);
	fill_pids(image);
	fill_cred(image, facts);
	task_image_move(task, facts);
	return task;
}
