// SPDX-License-Identifier: MIT
/*
 * Runs a command on a host whose kernel has no membarrier(2), as far as the command
 * can tell: read sections then take fences (sim/rcu.h).
 *
 * usage: without_membarrier COMMAND [ARGUMENT]...
 * Exit status: the command's; 77 when the kernel takes no filter.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CANNOT_RUN 99

/* Until exit, also of what is executed. */
static int forbid_membarrier(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(filter) / sizeof(filter[0]), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: without_membarrier COMMAND [ARGUMENT]...\n");
		return 2;
	}
	if (forbid_membarrier()) {
		perror("without_membarrier: a filter of system calls");
		return 77;
	}
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) != -1 || errno != ENOSYS) {
		fprintf(stderr, "without_membarrier: the kernel still has membarrier(2)\n");
		return CANNOT_RUN;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return CANNOT_RUN;
}
