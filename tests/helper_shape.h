/* SPDX-License-Identifier: MIT */
/* What test_helper_shape.c and helper_shape.bpf.c both know. No headers: see prog_shape.h. */
#ifndef TESTS_HELPER_SHAPE_H
#define TESTS_HELPER_SHAPE_H

/* What a program finds behind the current task. */
struct task_seen {
	unsigned long long pid_tgid, uid_gid, cgroup_id, ancestors[2];
	int pid, tgid, parent_pid;
	unsigned int uid, cpu, mnt_ns, is_kernel_thread, state;
	char comm[16], parent_comm[16], leader_comm[16];
	unsigned long long inode; /* behind pointers that are NULL */
	long null_read;
	int is_same_again;
};

struct loops_seen {
	long called, stopped, too_many, with_flags;
	unsigned int sum, bpf_for_sum, repeats;
};

int see_task(struct task_seen *seen);
int see_loops(struct loops_seen *seen);
int print_many(void *ctx);
int see_words(unsigned long long *ctx);
struct pt_regs;
int see_registers(struct pt_regs *ctx);

#endif
