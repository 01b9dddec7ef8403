// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <pcasim/bpf.h>

#include "attr.h"
#include "cli.h"
#include "setup.h"

#define PAGE 4096
#define CALL_BYTES ((sizeof(struct trace_call) + PAGE - 1) / PAGE * PAGE)

struct kernel {
	struct trace_target target;
	struct oracle *oracle;
	uint64_t dropped_caps; /* from this thread's effective ones */
	int mount;	       /* a bpffs that is mounted nowhere */
};

static struct kernel *kernel_of(struct trace_target *target)
{
	return (struct kernel *)target;
}

long oracle_bpf(int cmd, void *attr, uint32_t size)
{
	long ret = syscall(SYS_bpf, cmd, attr, size);

	return ret < 0 ? -errno : ret;
}

static long kernel_bpf(struct trace_target *target, int cmd, void *attr, uint32_t size)
{
	(void)target;
	return oracle_bpf(cmd, attr, size);
}

static long kernel_bpf_common(struct trace_target *target, int cmd, void *attr, uint32_t size,
			      void *common, uint32_t common_size)
{
	long ret = syscall(SYS_bpf, cmd | BPF_COMMON_ATTRS, attr, size, common, common_size);

	(void)target;
	return ret < 0 ? -errno : ret;
}

static int kernel_close(struct trace_target *target, int fd)
{
	(void)target;
	return close(fd) ? -errno : 0;
}

static int kernel_dup(struct trace_target *target, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	(void)target;
	return copy < 0 ? -errno : copy;
}

/* The working directory is our bpffs: nothing else can be unlinked by a relative path. */
static int kernel_unlink(struct trace_target *target, const char *path)
{
	(void)target;
	if (path[0] == '/' || strstr(path, ".."))
		return -EPERM;
	return unlink(path) ? -errno : 0;
}

static int kernel_load(struct trace_target *target, enum trace_program program, int map_fd)
{
	return oracle_load(kernel_of(target)->oracle, program, map_fd);
}

static long kernel_run(struct trace_target *target, int prog_fd, int map_fd, uint32_t cpu)
{
	struct test_attr attr = {
		.prog_fd = prog_fd,
		.flags = BPF_F_TEST_RUN_ON_CPU,
		.cpu = cpu,
	};

	(void)target;
	(void)map_fd;
	return oracle_bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}

/* Effective capabilities are what bpf(2) asks for; permitted ones can come back. */
static int set_effective(uint64_t removed, uint64_t added)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	for (int i = 0; i < 2; i++) {
		data[i].effective &= ~(uint32_t)(removed >> 32 * i);
		data[i].effective |= (uint32_t)(added >> 32 * i) & data[i].permitted;
	}
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static int kernel_drop_caps(struct trace_target *target, uint64_t caps)
{
	kernel_of(target)->dropped_caps |= caps;
	return set_effective(caps, 0);
}

static void kernel_destroy(struct trace_target *target)
{
	struct kernel *kernel = kernel_of(target);

	if (kernel->dropped_caps && set_effective(0, kernel->dropped_caps))
		cli_error("cannot raise capabilities again: %s", strerror(errno));
	if (fchdir(kernel->oracle->home))
		cli_error("cannot return to the working directory: %s", strerror(errno));
	if (kernel->mount >= 0)
		close(kernel->mount);
	free(kernel);
}

static const struct trace_target_ops kernel_ops = {
	.bpf = kernel_bpf,
	.bpf_common = kernel_bpf_common,
	.close = kernel_close,
	.dup = kernel_dup,
	.unlink = kernel_unlink,
	.load = kernel_load,
	.run = kernel_run,
	.destroy = kernel_destroy,
	.drop_caps = kernel_drop_caps,
	.frees_maps_late = true,
};

/*
 * A new bpffs that is in no tree of mounts: it is gone with its last fd, however
 * this process ends.
 */
static int new_bpffs(void)
{
	int fs = (int)syscall(SYS_fsopen, "bpf", FSOPEN_CLOEXEC), mount = -1, err = 0;

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) ||
	    (mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0)) < 0)
		err = -errno;
	close(fs);
	return err ? err : mount;
}

int oracle_target(struct oracle *oracle, struct trace_target **target)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));
	int err = 0;

	if (!kernel)
		return -ENOMEM;
	kernel->target = (struct trace_target){ &kernel_ops, oracle->call };
	kernel->oracle = oracle;
	kernel->mount = new_bpffs();
	if (kernel->mount < 0)
		err = kernel->mount;
	else if (fchdir(kernel->mount))
		err = -errno;
	if (err)
		kernel_destroy(&kernel->target);
	else
		*target = &kernel->target;
	return err;
}

/* How many CPUs the list in /sys has, all from 0 on. 0 when it is not so. */
static uint32_t count_cpus(const char *list)
{
	char path[64];
	unsigned int first = 1, last = 0;
	FILE *file;
	int nr;
	char after = '\n';

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/%s", list);
	file = fopen(path, "re");
	if (!file)
		return 0;
	nr = fscanf(file, "%u-%u%c", &first, &last, &after);
	fclose(file);
	if (nr < 1 || first || after != '\n')
		return 0;
	return last + 1;
}

static int describe_kernel(struct trace_header *kernel)
{
	struct utsname name;

	memset(kernel, 0, sizeof(*kernel));
	if (uname(&name))
		return -errno;
	snprintf(kernel->release, sizeof(kernel->release), "%.*s", (int)sizeof(kernel->release) - 1,
		 name.release);
	kernel->possible_cpus = count_cpus("possible");
	kernel->online_cpus = count_cpus("online");
	return kernel->possible_cpus && kernel->online_cpus ? 0 : -ENOTSUP;
}

/* The array through which programs are given arguments, in our memory too. */
static int make_call(struct oracle *oracle)
{
	struct map_create_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(struct trace_call),
		.max_entries = 1,
		.map_flags = BPF_F_MMAPABLE,
	};
	void *call;

	oracle->call_fd =
		(int)oracle_bpf(BPF_MAP_CREATE, &attr, offsetof(struct map_create_attr, map_extra));
	if (oracle->call_fd < 0)
		return oracle->call_fd;
	call = mmap(NULL, CALL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, oracle->call_fd, 0);
	if (call == MAP_FAILED)
		return -errno;
	oracle->call = call;
	return 0;
}

/* Everything that a trace needs, tried once. */
static int probe(struct oracle *oracle)
{
	struct trace_target *target;
	int fd, err = make_call(oracle);

	if (err) {
		cli_error("the running kernel does not let us call bpf(2): %s; be root, or have "
			  "CAP_SYS_ADMIN and CAP_BPF",
			  pca_strerror(err));
		return CLI_NOT_PERMITTED;
	}
	err = oracle_target(oracle, &target);
	if (err) {
		cli_error("the running kernel does not let us make a bpffs: %s; that takes "
			  "CAP_SYS_ADMIN",
			  pca_strerror(err));
		return CLI_NOT_PERMITTED;
	}
	target->ops->destroy(target);
	fd = oracle_load(oracle, PROGRAM_LOOKUP, oracle->call_fd);
	if (fd < 0) {
		cli_error("the running kernel does not let us load a program: %s; that takes "
			  "CAP_BPF and CAP_PERFMON",
			  pca_strerror(fd));
		return CLI_NOT_PERMITTED;
	}
	close(fd);
	return CLI_OK;
}

int oracle_open(struct oracle *oracle)
{
	cpu_set_t first;
	int err;

	*oracle = (struct oracle)ORACLE_CLOSED;
	oracle->home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);

	err = probe(oracle);
	if (err)
		return err;
	if (describe_kernel(&oracle->kernel)) {
		cli_error("the CPUs of this host are not numbered from 0 on without a gap; a "
			  "trace cannot say that");
		return CLI_BAD_INPUT;
	}
	oracle->btf_fd = oracle_load_btf();
	oracle->has_btf = oracle->btf_fd >= 0;
	return CLI_OK;
}

void oracle_close(struct oracle *oracle)
{
	int *const fds[] = { &oracle->home, &oracle->call_fd, &oracle->btf_fd };

	if (oracle->call)
		munmap(oracle->call, CALL_BYTES);
	oracle->call = NULL;
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}
