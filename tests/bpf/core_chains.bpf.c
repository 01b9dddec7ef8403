// SPDX-License-Identifier: MIT
/* What can be read behind the current task: chains, strings, namespaces, sockets. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct facts {
	pid_t pid, ppid;
	u32 mnt_ns, pid_ns, level;
	u64 cgroup_id;
	uid_t uid;
	char comm[TASK_COMM_LEN], parent[TASK_COMM_LEN];
	char exe[32];
	u64 inode;
	u16 dport;
	u32 daddr;
	u8 has_mm;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct facts);
} scratch SEC(".maps");

static struct facts *get_scratch(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

SEC("raw_tracepoint/sys_enter")
int look(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct facts *facts = get_scratch();
	const unsigned char *name;

	if (!facts)
		return 1;
	facts->pid = task->pid;
	facts->ppid = BPF_CORE_READ(task, real_parent, tgid);
	facts->mnt_ns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	facts->pid_ns = BPF_CORE_READ(task, nsproxy, pid_ns_for_children, ns.inum);
	facts->level = BPF_CORE_READ(task, thread_pid, level);
	facts->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	facts->uid = BPF_CORE_READ(task, cred, uid.val);
	facts->has_mm = task->mm != NULL;
	bpf_get_current_comm(facts->comm, sizeof(facts->comm));
	BPF_CORE_READ_STR_INTO(&facts->parent, task, real_parent, comm);
	BPF_CORE_READ_INTO(&facts->inode, task, mm, exe_file, f_inode, i_ino);
	name = BPF_CORE_READ(task, mm, exe_file, f_path.dentry, d_name.name);
	if (bpf_core_read_str(facts->exe, sizeof(facts->exe), name) < 0)
		facts->exe[0] = '-';
	return 0;
}

SEC("fentry/tcp_connect")
int BPF_PROG(tcp_connect, struct sock *sk)
{
	struct facts *facts = get_scratch();
	struct sock_common common;

	if (!facts || BPF_CORE_READ(sk, __sk_common.skc_family) != 2)
		return 0;
	bpf_core_read(&common, sizeof(common), &sk->__sk_common);
	facts->dport = bpf_ntohs(common.skc_dport);
	facts->daddr = common.skc_daddr;
	if (bpf_core_type_exists(struct tcp_sock) &&
	    bpf_core_enum_value(enum bpf_map_type, BPF_MAP_TYPE_ARRAY) == 2)
		bpf_printk("%pI4 %u %u %u", &facts->daddr, facts->dport,
			   bpf_core_field_size(sk->sk_protocol), facts->uid);
	return 0;
}

SEC("fexit/tcp_connect")
int BPF_PROG(tcp_connected, struct sock *sk, int ret)
{
	struct facts *facts = get_scratch();

	if (facts && ret)
		facts->dport = 0;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
