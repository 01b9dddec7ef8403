/* SPDX-License-Identifier: MIT */
/*
 * vmlinux.h: the task and what hangs on it. The order of members is ours. A member
 * that a simulated task has nothing to say of is zero; <pcasim/helpers.h> tells at
 * pca_get_current_task() which are not.
 */
#ifndef PCASIM_VMLINUX_TASK_H
#define PCASIM_VMLINUX_TASK_H

enum {
	TASK_COMM_LEN = 16,
};

enum pid_type {
	PIDTYPE_PID = 0,
	PIDTYPE_TGID = 1,
	PIDTYPE_PGID = 2,
	PIDTYPE_SID = 3,
	PIDTYPE_MAX = 4,
};

struct ns_common {
	unsigned int inum;
};

struct uts_namespace {
	struct ns_common ns;
};

struct ipc_namespace {
	struct ns_common ns;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct pid_namespace {
	struct ns_common ns;
	struct pid_namespace *parent;
	unsigned int level;
};

struct net {
	struct ns_common ns;
	u64 net_cookie;
	struct user_namespace *user_ns;
};

struct cgroup_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct uts_namespace *uts_ns;
	struct ipc_namespace *ipc_ns;
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
	struct net *net_ns;
	struct cgroup_namespace *cgroup_ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct user_namespace {
	struct user_namespace *parent;
	int level;
	kuid_t owner;
	kgid_t group;
	struct ns_common ns;
	unsigned long flags;
};

struct cred {
	kuid_t uid, suid, euid, fsuid;
	kgid_t gid, sgid, egid, fsgid;
	unsigned int securebits;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
	struct user_namespace *user_ns;
};

struct qstr {
	u32 len;
	u32 hash;
	const unsigned char *name;
};

struct file_system_type {
	const char *name;
	int fs_flags;
};

struct address_space {
	struct inode *host;
	unsigned long nrpages;
};

struct super_block {
	dev_t s_dev;
	unsigned long s_magic;
	char s_id[32];
	unsigned long s_blocksize;
	struct dentry *s_root;
	struct file_system_type *s_type;
	struct block_device *s_bdev;
	struct user_namespace *s_user_ns;
};

struct inode {
	umode_t i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	unsigned long i_ino;
	loff_t i_size;
	struct super_block *i_sb;
	dev_t i_rdev;
	unsigned int i_nlink;
	unsigned int i_flags;
	u8 i_blkbits;
	blkcnt_t i_blocks;
	time64_t i_atime_sec, i_mtime_sec, i_ctime_sec;
	u32 i_atime_nsec, i_mtime_nsec, i_ctime_nsec;
	struct address_space *i_mapping;
	const struct file_operations *i_fop;
	void *i_private;
};

struct dentry {
	struct qstr d_name;
	struct dentry *d_parent;
	struct inode *d_inode;
	struct super_block *d_sb;
	unsigned int d_flags;
	unsigned char d_iname[40];
	struct hlist_head d_children;
	struct hlist_node d_sib;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	int mnt_flags;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	const char *mnt_devname;
	struct mnt_namespace *mnt_ns;
	int mnt_id;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	unsigned int f_flags;
	fmode_t f_mode;
	loff_t f_pos;
	const struct file_operations *f_op;
	struct address_space *f_mapping;
	const struct cred *f_cred;
	void *private_data;
};

struct iovec {
	void *iov_base;
	__kernel_size_t iov_len;
};

enum iter_type {
	ITER_UBUF = 0,
	ITER_IOVEC = 1,
	ITER_BVEC = 2,
	ITER_KVEC = 3,
	ITER_FOLIOQ = 4,
	ITER_XARRAY = 5,
	ITER_DISCARD = 6,
};

struct iov_iter {
	u8 iter_type;
	bool nofault;
	bool data_source;
	size_t iov_offset;
	union {
		struct iovec __ubuf_iovec;
		struct {
			union {
				const struct iovec *__iov;
				void *ubuf;
			};
			size_t count;
		};
	};
	unsigned long nr_segs;
};

struct kiocb {
	struct file *ki_filp;
	loff_t ki_pos;
	int ki_flags;
	void *private;
};

struct open_how {
	__u64 flags;
	__u64 mode;
	__u64 resolve;
};

struct filename {
	const char *name;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *open_fds;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root, pwd;
};

struct mm_struct {
	unsigned long total_vm;
	unsigned long start_code, end_code, start_data, end_data;
	unsigned long start_brk, brk, start_stack;
	unsigned long arg_start, arg_end, env_start, env_end;
	struct file *exe_file;
	atomic_t mm_users, mm_count;
	int map_count;
	unsigned long hiwater_rss, hiwater_vm;
	unsigned long locked_vm, pinned_vm, data_vm, exec_vm, stack_vm;
	unsigned long flags;
	struct task_struct *owner;
};

struct tty_driver {
	const char *driver_name;
	const char *name;
	int major;
	int minor_start;
};

struct tty_struct {
	int index;
	struct tty_driver *driver;
	char name[64];
};

struct task_io_accounting {
	u64 rchar, wchar;
	u64 syscr, syscw;
	u64 read_bytes, write_bytes;
	u64 cancelled_write_bytes;
};

struct signal_struct {
	int nr_threads;
	int group_exit_code;
	struct pid *pids[PIDTYPE_MAX];
	atomic_t live;
	struct task_struct *group_exec_task;
	unsigned int flags;
	struct tty_struct *tty;
	u64 utime, stime, cutime, cstime;
	unsigned long nvcsw, nivcsw;
	unsigned long min_flt, maj_flt;
	short oom_score_adj, oom_score_adj_min;
};

struct sched_entity {
	u64 exec_start;
	u64 sum_exec_runtime;
	u64 vruntime;
	u64 prev_sum_exec_runtime;
	u64 deadline;
	u64 nr_migrations;
	unsigned char on_rq;
	struct cfs_rq *cfs_rq;
};

struct kernfs_node {
	u64 id;
	const char *name;
	struct kernfs_node *__parent;
	unsigned short flags;
	umode_t mode;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
	int id;
	unsigned int flags;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	int level;
	int max_depth;
	int nr_descendants;
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
};

struct task_group {
	struct cgroup_subsys_state css;
	unsigned long shares;
	struct task_group *parent;
};

struct rq {
	unsigned int nr_running;
	u64 nr_switches;
	struct task_struct *curr;
	struct task_struct *idle;
	u64 clock;
	int cpu;
};

struct cfs_rq {
	unsigned int nr_queued;
	unsigned int h_nr_queued;
	struct sched_entity *curr;
	struct rq *rq;
	struct task_group *tg;
	s64 runtime_remaining;
	u64 throttled_clock;
	int throttle_count;
};

struct oom_control {
	struct mem_cgroup *memcg;
	gfp_t gfp_mask;
	int order;
	unsigned long totalpages;
	struct task_struct *chosen;
	long chosen_points;
};

struct css_set {
	struct cgroup *dfl_cgrp;
	struct cgroup_subsys_state *subsys[14];
};

struct thread_info {
	unsigned long flags;
	u32 cpu;
	unsigned long syscall_work;
	u32 status;
};

struct sched_info {
	unsigned long pcount;
	unsigned long long run_delay;
	unsigned long long last_arrival;
	unsigned long long last_queued;
};

/*
 * __state is first, and is also state, its name before 5.14, so that the structures of
 * one member with which programs ask for either find it at its place.
 */
struct task_struct {
	union {
		unsigned int __state;
		volatile long state;
	};
	struct thread_info thread_info;
	unsigned int flags;
	int on_cpu;
	int on_rq;
	int recent_used_cpu;
	int wake_cpu;
	int prio;
	int static_prio;
	int normal_prio;
	unsigned int rt_priority;
	unsigned int policy;
	int exit_state;
	int exit_code;
	int exit_signal;
	pid_t pid;
	pid_t tgid;
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct task_struct *group_leader;
	struct sched_entity se;
	struct mm_struct *mm;
	struct mm_struct *active_mm;
	struct pid *thread_pid;
	u64 utime;
	u64 stime;
	unsigned long nvcsw;
	unsigned long nivcsw;
	u64 start_time;
	u64 start_boottime;
	const struct cred *real_cred;
	const struct cred *cred;
	char comm[TASK_COMM_LEN];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	unsigned int sessionid;
	kuid_t loginuid;
	struct css_set *cgroups;
	void *stack;
	int nr_cpus_allowed;
	int pdeath_signal;
	unsigned int personality;
	unsigned in_execve : 1;
	unsigned in_iowait : 1;
	unsigned long min_flt;
	unsigned long maj_flt;
	u64 gtime;
	u64 self_exec_id;
	u64 parent_exec_id;
	struct list_head tasks;
	struct list_head children;
	struct list_head sibling;
	struct task_struct *last_wakee;
	struct task_group *sched_task_group;
	struct sched_info sched_info;
	struct task_io_accounting ioac;
	unsigned long last_switch_count;
	unsigned long last_switch_time;
};

struct linux_binprm {
	int argc, envc;
	const char *filename;
	const char *interp;
	struct file *file;
	struct cred *cred;
};

#endif
