// SPDX-License-Identifier: MIT
/* Latency of a function by kprobe and kretprobe; sizes by ksyscall. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define SLOTS 32

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, u64);
} inflight SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, u32);
	__type(value, u64);
} latency SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} total SEC(".maps");

u64 failed;

SEC("kprobe/vfs_read")
int BPF_KPROBE(vfs_read_entry, struct file *file, char *buf, size_t count)
{
	u64 id = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();

	if (!count)
		return 0;
	bpf_map_update_elem(&inflight, &id, &now, BPF_ANY);
	return 0;
}

SEC("kretprobe/vfs_read")
int BPF_KRETPROBE(vfs_read_exit, ssize_t ret)
{
	u64 id = bpf_get_current_pid_tgid(), *start, *slot, delta;
	u32 key = 0;

	if (ret < 0)
		__sync_fetch_and_add(&failed, 1);
	start = bpf_map_lookup_elem(&inflight, &id);
	if (!start)
		return 0;
	delta = (bpf_ktime_get_ns() - *start) >> 10;
	bpf_map_delete_elem(&inflight, &id);

	for (int i = 0; i < SLOTS - 1; i++) {
		if (!(delta >> i))
			break;
		key++;
	}
	slot = bpf_map_lookup_elem(&latency, &key);
	if (slot)
		*slot += 1;
	return 0;
}

SEC("ksyscall/write")
int BPF_KSYSCALL(write_entry, int fd, const void *buf, size_t count)
{
	u32 zero = 0;
	u64 *bytes = bpf_map_lookup_elem(&total, &zero);

	if (bytes && fd > 2)
		*bytes += count;
	return 0;
}

/* As before the macros. */
SEC("kprobe/do_unlinkat")
int unlinkat_entry(struct pt_regs *ctx)
{
	struct filename *name = (struct filename *)PT_REGS_PARM2(ctx);
	const char *path = BPF_CORE_READ(name, name);
	char text[32];

	bpf_core_read_str(text, sizeof(text), path);
	bpf_printk("unlink dfd %d %s ip %lx", (int)PT_REGS_PARM1(ctx), text, PT_REGS_IP(ctx));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
