// SPDX-License-Identifier: MIT
/*
 * Programs beside vmlinux.h, with all headers that programs include.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "helper_shape.h"

_Static_assert(sizeof(struct __sk_buff) == 192, "Linux's context of tc");
_Static_assert(sizeof(struct xdp_md) == 24, "Linux's context of XDP");
_Static_assert(sizeof(struct bpf_sock_addr) == 72, "Linux's context of connect()");
_Static_assert(sizeof(struct trace_event_raw_sys_enter) == 64, "a tracepoint's record");
_Static_assert(sizeof(struct trace_event_raw_sched_switch) == 64, "a tracepoint's record");
_Static_assert(sizeof(struct iphdr) == 20 && sizeof(struct ipv6hdr) == 40, "of packets");
_Static_assert(sizeof(struct tcphdr) == 20 && sizeof(struct udphdr) == 8, "of packets");
_Static_assert(bpf_htons(0x0800) == 8 && bpf_ntohl(1) == 0x1000000, "constants");

struct task_struct___x {
	unsigned int __state;
} __attribute__((preserve_access_index));

int see_task(struct task_seen *seen)
{
	struct task_struct *task = bpf_get_current_task_btf();

	seen->pid_tgid = bpf_get_current_pid_tgid();
	seen->uid_gid = bpf_get_current_uid_gid();
	seen->cgroup_id = bpf_get_current_cgroup_id();
	seen->ancestors[0] = bpf_get_current_ancestor_cgroup_id(0);
	seen->ancestors[1] = bpf_get_current_ancestor_cgroup_id(1);
	seen->pid = task->pid;
	seen->tgid = BPF_CORE_READ(task, group_leader, tgid);
	seen->parent_pid = BPF_CORE_READ(task, real_parent, pid);
	seen->uid = BPF_CORE_READ(task, cred, uid.val);
	seen->cpu = BPF_CORE_READ(task, thread_info.cpu);
	seen->mnt_ns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	seen->is_kernel_thread = !task->mm;
	seen->state = BPF_CORE_READ((struct task_struct___x *)(void *)task, __state);
	BPF_CORE_READ_STR_INTO(&seen->comm, task, comm);
	BPF_CORE_READ_INTO(&seen->parent_comm, task, parent, comm);
	bpf_probe_read_kernel_str(seen->leader_comm, sizeof(seen->leader_comm),
				  task->group_leader->comm);
	seen->inode = 1;
	seen->null_read = BPF_CORE_READ_INTO(&seen->inode, task, mm, exe_file, f_inode, i_ino);
	seen->is_same_again = task == (struct task_struct *)bpf_get_current_task();
	return BPF_CORE_READ(task, mm, exe_file, f_path.dentry, d_name.name) != NULL;
}

static int add_up(u32 index, void *ctx)
{
	*(unsigned int *)ctx += index;
	return index == 6;
}

static long nothing(u64 index, void *ctx)
{
	(void)index;
	(void)ctx;
	return 0;
}

int see_loops(struct loops_seen *seen)
{
	int i;

	seen->called = bpf_loop(5, nothing, NULL, 0);
	seen->stopped = bpf_loop(100, add_up, &seen->sum, 0);
	seen->too_many = bpf_loop((8 << 20) + 1, nothing, NULL, 0);
	seen->with_flags = bpf_loop(1, nothing, NULL, 1);
	bpf_for(i, 2, 5) seen->bpf_for_sum += (unsigned int)i;
	bpf_for(i, 5, 2) seen->bpf_for_sum += 100;
	bpf_repeat(3) seen->repeats++;
	return 0;
}

int print_many(void *ctx)
{
	const u32 address = bpf_htonl(0x0a000001);
	char text[8];
	long size = BPF_SNPRINTF(text, sizeof(text), "%d-%s", 1234, "abcdef");

	(void)ctx;
	bpf_printk("%d %d %d %d", 1, 2, 3, -4);
	bpf_printk("%s is %ld of %u at %pI4 %x", text, size, 8, &address, 255);
	bpf_printk("%u %u %u %u %u %u %u %u %u %u %u %u", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
	return (int)bpf_printk("%d %d %d %d %d", 1, 2, 3, 4);
}

SEC("tp_btf")
int BPF_PROG(see_words, bool flag, struct task_struct *task, short number, long last)
{
	return flag + BPF_CORE_READ(task, pid) + number + (int)last + (ctx[0] != 0);
}

SEC("kprobe")
int BPF_KPROBE(see_registers, int first, const char *second)
{
	return first + *second;
}
