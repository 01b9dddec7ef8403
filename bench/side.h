/* SPDX-License-Identifier: MIT */
/*
 * The two sides of a comparison, each with its bpf(): a pcasim task, or this
 * host's kernel. Everything that a row does with one it does with the other by
 * the same code and the same attr bytes.
 */
#ifndef BENCH_SIDE_H
#define BENCH_SIDE_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pcasim/pcasim.h>

struct side {
	struct pca_task *task; /* NULL: the host's kernel */
};

/* The attr's size up to the last field that the command reads, as libbpf gives it. */
#define ATTR_END(field) (offsetof(union bpf_attr, field) + sizeof(((union bpf_attr *)0)->field))

/* A command: 0, an fd, or a negative number. */
static inline __attribute__((always_inline)) long side_bpf(const struct side *side, int cmd,
							   union bpf_attr *attr, uint32_t size)
{
	if (side->task)
		return pca_bpf(side->task, cmd, attr, size);
	return syscall(SYS_bpf, cmd, attr, size);
}

extern const struct side side_kernel;

/* A task on a machine of its own, which lives until the process ends. 0 or -1. */
int side_make(struct side *side, const char *topology, enum pca_run_mode mode);

/* The same on a flat machine with that many CPUs, runs inline. */
int side_make_of(struct side *side, uint32_t nr_cpus);

/* The machine with all its tasks; nothing for a side that was not made. */
void side_destroy(struct side *side);

/* A PERCPU_ARRAY of 8-byte values or another map with 4-byte keys: its fd, or negative. */
int side_map_create(const struct side *side, uint32_t type, uint32_t value_size,
		    uint32_t max_entries);
void side_close(const struct side *side, int fd);

/*
 * BPF_PROG_TEST_RUN of a SOCKET_FILTER, repeat times. Returns the average ns of a run
 * that the kernel, or pcasim, has measured around the repetitions; negative: it failed.
 */
long side_test_run(const struct side *side, int prog_fd, uint32_t repeat);

/* BPF_PROG_TEST_RUN of a RAW_TRACEPOINT on that CPU: 0, or negative. */
long side_test_run_on_cpu(const struct side *side, int prog_fd, uint32_t cpu);

#endif
