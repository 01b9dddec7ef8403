// SPDX-License-Identifier: MIT
/*
 * What traced functions are given, followed without a question; spin locks, loops of kernel
 * functions, the kernel's configuration, bit fields, USDT.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern unsigned int CONFIG_HZ __kconfig;

int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;
void bpf_rcu_read_lock(void) __ksym;
void bpf_rcu_read_unlock(void) __ksym;

struct locked {
	struct bpf_spin_lock lock;
	u32 events;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct locked);
} shared SEC(".maps");

/* The loader says how many. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, u32);
	__type(value, u64);
} sized SEC(".maps");

SEC("fentry/do_unlinkat")
int BPF_PROG(unlinked, int dfd, struct filename *name, enum req_op op, bool flag)
{
	bpf_printk("%d \"%s\" %d %d", dfd, name->name, op, flag);
	return 0;
}

/* Three pointers, each to what has the next. */
SEC("lsm/file_open")
int BPF_PROG(opened, struct file *file)
{
	return file->f_path.dentry->d_inode->i_sb->s_magic == 0x1234 ? -1 : 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state_set, const struct sock *sk, int oldstate, int newstate)
{
	const struct tcp_sock *tcp = (const struct tcp_sock *)sk;

	return bpf_ntohs(sk->__sk_common.skc_dport) == 443 && tcp->snd_cwnd > 10;
}

SEC("fexit/wake_up_new_task")
int BPF_PROG(woken, struct task_struct *p)
{
	return p->pid > 0 && p->group_leader->tgid == p->tgid ? 7 : 0;
}

SEC("tc")
int under_lock(struct __sk_buff *skb)
{
	u32 key = 0;
	struct locked *value = bpf_map_lookup_elem(&shared, &key);

	if (!value)
		return -1;
	bpf_spin_lock(&value->lock);
	value->events++;
	bpf_spin_unlock(&value->lock);
	return value->lock.val;
}

SEC("raw_tp/sys_enter")
int loops(void *ctx)
{
	struct bpf_iter_num it;
	int *next, sum = 0;

	bpf_iter_num_new(&it, 2, 5);
	while ((next = bpf_iter_num_next(&it)))
		sum += *next;
	bpf_iter_num_destroy(&it);
	bpf_rcu_read_lock();
	sum += bpf_iter_num_new(&it, 5, 2);
	bpf_rcu_read_unlock();
	return sum; /* 2 + 3 + 4 - EINVAL */
}

SEC("raw_tp/sys_exit")
int configured(void *ctx)
{
	if (LINUX_KERNEL_VERSION < KERNEL_VERSION(6, 1, 0))
		return -1;
#ifdef __OPTIMIZE__ /* else the call stays, which is an error */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_attach_cookie))
		return (int)bpf_get_attach_cookie(ctx);
#endif
	if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_ktime_get_boot_ns))
		return -1;
	return (int)CONFIG_HZ;
}

SEC("kprobe/tcp_close")
int BPF_KPROBE(closed, struct sock *sk)
{
	if (!bpf_core_field_exists(sk->__sk_common.skc_reuse))
		return -1;
	return (int)BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_reuse);
}

SEC("usdt//usr/bin/app:app:request")
int BPF_USDT(request, int fd, void *buf)
{
	long first = -1, none = -1;

	if (bpf_usdt_arg(ctx, 0, &first) || bpf_usdt_arg(ctx, 6, &none) != -2 || none)
		return -1;
	return first == fd && !buf ? fd : -1;
}

SEC("raw_tp/sched_wakeup")
int sizes(void *ctx)
{
	u32 key = 2;
	u64 *value = bpf_map_lookup_elem(&sized, &key);

	if (value)
		*value += 5;
	return value != NULL;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
