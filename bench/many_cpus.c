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

/* ns until a program has run on each of a machine's workers, which starts them; or -1. */
static double start_workers(void)
{
	struct side side;
	double ns = -1;
	uint64_t start = now_ns();

	if (side_make(&side, topology, PCA_WORKERS))
		return -1;
	struct pca_prog *prog = empty_program(&side);
	struct pca_machine *machine = pca_task_machine(side.task);

	if (prog && pca_run_on_each_cpu(prog, NULL, NULL) == NR_CPUS)
		ns = (double)(now_ns() - start);
	if (prog)
		pca_prog_put(prog);
	pca_machine_destroy(machine);
	return ns;
}

/* Workers are placed on the CPUs that their machine's maker may use: all. nr_keys: ours. */
static double sample_workers(const struct arm *arm)
{
	host_unpin();
	double ns = start_workers();

	host_pin_to((int)arm->nr_keys);
	return ns;
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
	row->ours = (struct arm){ .name = "pcasim",
				  .sample = sample_workers,
				  .waits = true,
				  .nr_keys = (uint32_t)matrix->cpus.here };
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
