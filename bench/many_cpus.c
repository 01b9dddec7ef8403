// SPDX-License-Identifier: MIT
/*
 * 4096 CPUs: how long it takes until each has its worker, and how long to run a program on
 * each of them inline.
 */
#include "programs.h"
#include "rows.h"

#define NR_CPUS 4096

static char topology[] = "pack:16 numa:1 core:128 pu:2";

static struct pca_prog *empty_program(const struct side *side)
{
	const struct access_loop loop = { .nr_accesses = 0 };
	struct pca_prog *prog = NULL;
	int fd = program_load(side, &loop, BPF_PROG_TYPE_RAW_TRACEPOINT);

	if (fd < 0 || pca_prog_get(side->task, fd, &prog))
		return NULL;
	side_close(side, fd);
	return prog;
}

/* A machine is ready when a program has run on each of its workers, which starts them. */
static double sample_workers(const struct arm *arm)
{
	struct side side;
	uint64_t start = now_ns(), ns = 0;

	(void)arm;
	if (side_make(&side, topology, PCA_WORKERS))
		return -1;
	struct pca_prog *prog = empty_program(&side);
	struct pca_machine *machine = pca_task_machine(side.task);

	if (prog && pca_run_on_each_cpu(prog, NULL, NULL) == NR_CPUS)
		ns = now_ns() - start;
	if (prog)
		pca_prog_put(prog);
	pca_machine_destroy(machine);
	return ns ? (double)ns : -1;
}

static double sample_sweep(const struct arm *arm)
{
	uint64_t start = now_ns();

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		if (pca_run_on_each_cpu(arm->memory, NULL, NULL) != NR_CPUS)
			return -1;
	}
	return (double)(now_ns() - start) / arm->nr_ops;
}

int add_many_cpus_rows(struct matrix *matrix)
{
	static struct side inlined;
	struct row *row = row_add(matrix, "machine with workers", "4096 CPUs, all ready");

	row->bar_ns = row->goal_ns = 500e6;
	row->ours = (struct arm){ .name = "pcasim", .sample = sample_workers, .waits = true };
	if (sample_workers(&row->ours) < 0)
		row->why_not = "this host does not allow 4096 threads";

	row = row_add(matrix, "sweep, inline", "4096 CPUs");
	row->bar_ns = row->goal_ns = 100e3;
	row->ours = (struct arm){ .name = "pcasim", .sample = sample_sweep, .nr_ops = 4 };
	if (side_make(&inlined, topology, PCA_INLINE))
		return -1;
	row->ours.memory = empty_program(&inlined);
	return row->ours.memory ? 0 : -1;
}
