// SPDX-License-Identifier: MIT
/*
 * Runs: bringing a program to a CPU's carrier and its result back.
 */
#include <time.h>

#include "alloc.h"
#include "machine.h"
#include "prog.h"

__thread struct run_context run_context;

/* One run on its way; struct pca_run is its public shell. */
struct run {
	struct cpu_job job;
	struct pca_prog *prog;
	void *ctx;
	int retval;
};

_Static_assert(sizeof(struct run) <= sizeof(struct pca_run), "a run fits its shell");

static struct run *run_of(struct pca_run *shell)
{
	return (struct run *)(void *)shell;
}

static void execute(struct cpu_job *job, struct cpu *cpu)
{
	struct run *run = container_of(job, struct run, job);

	run_context.current = (struct run_task){ 0 };
	run->retval = prog_run(run->prog, cpu, run->ctx);
}

static int run_inline(const struct pca_prog *prog, struct cpu *cpu, void *ctx, int *retval)
{
	int err = cpu_claim(cpu);

	if (err)
		return err;
	run_context.current = (struct run_task){ 0 };
	*retval = prog_run(prog, cpu, ctx);
	cpu_release(cpu);
	return 0;
}

static bool runs_inline(const struct pca_prog *prog)
{
	return prog->object.machine->run_mode == PCA_INLINE;
}

int pca_run_on(struct pca_prog *prog, uint32_t cpu_id, void *ctx, int *retval)
{
	struct cpu *cpu = machine_cpu(prog->object.machine, cpu_id);
	struct run run = { .job.fn = execute, .prog = prog, .ctx = ctx };
	int err;

	if (unlikely(!cpu))
		return -EINVAL;
	if (unlikely(in_run()))
		return -EDEADLK;
	if (runs_inline(prog)) {
		err = run_inline(prog, cpu, ctx, &run.retval);
	} else {
		err = cpu_submit(cpu, &run.job);
		if (!err)
			cpu_job_wait(&run.job);
	}
	if (!err && retval)
		*retval = run.retval;
	return err;
}

/* A CPU that goes offline meanwhile is passed over, like one that was. */
static int run_on_each_inline(struct pca_prog *prog, void *ctx, int *retvals)
{
	struct pca_machine *machine = prog->object.machine;
	int nr_ran = 0, retval;

	for_each_possible_cpu(machine, cpu) {
		if (run_inline(prog, cpu, ctx, &retval))
			continue;
		if (retvals)
			retvals[cpu->ordinal] = retval;
		nr_ran++;
	}
	return nr_ran;
}

/* Before the first CPU runs: either all do, or none. */
static int start_workers(struct pca_machine *machine)
{
	int err = 0;

	for_each_possible_cpu(machine, cpu) {
		if (!err && __atomic_load_n(&cpu->is_online, __ATOMIC_RELAXED))
			err = cpu_start_worker(cpu);
	}
	return err;
}

static int run_on_each_worker(struct pca_prog *prog, void *ctx, int *retvals)
{
	struct pca_machine *machine = prog->object.machine;
	struct run *runs = alloc_zeroed_array(machine->nr_cpus, sizeof(*runs));
	int nr_ran = 0, err = runs ? start_workers(machine) : -ENOMEM;

	if (err) {
		free(runs);
		return err;
	}
	for_each_possible_cpu(machine, cpu) {
		struct run *run = &runs[cpu->ordinal];

		*run = (struct run){ .job.fn = execute, .prog = prog, .ctx = ctx };
		int submit_err = err ? err : cpu_submit(cpu, &run->job);

		if (submit_err)
			run->prog = NULL; /* there is nothing to wait for */
		if (submit_err && submit_err != -ENXIO)
			err = submit_err;
	}
	for (uint32_t i = 0; i < machine->nr_cpus; i++) {
		if (!runs[i].prog)
			continue;
		cpu_job_wait(&runs[i].job);
		if (retvals)
			retvals[i] = runs[i].retval;
		nr_ran++;
	}
	free(runs);
	return err ? err : nr_ran;
}

int pca_run_on_each_cpu(struct pca_prog *prog, void *ctx, int *retvals)
{
	if (in_run())
		return -EDEADLK;
	return runs_inline(prog) ? run_on_each_inline(prog, ctx, retvals)
				 : run_on_each_worker(prog, ctx, retvals);
}

int pca_run_submit(struct pca_run *shell, struct pca_prog *prog, uint32_t cpu_id, void *ctx)
{
	struct cpu *cpu = machine_cpu(prog->object.machine, cpu_id);
	struct run *run = run_of(shell);
	int err;

	*run = (struct run){ .job.fn = execute, .prog = prog, .ctx = ctx };
	if (!cpu)
		return -EINVAL;
	if (!runs_inline(prog))
		return cpu_submit(cpu, &run->job);
	if (in_run())
		return -EDEADLK;
	err = run_inline(prog, cpu, ctx, &run->retval);
	if (!err)
		cpu_job_mark_done(&run->job);
	return err;
}

bool pca_run_is_done(const struct pca_run *shell)
{
	return cpu_job_is_done(&((const struct run *)(const void *)shell)->job);
}

int pca_run_wait(struct pca_run *shell)
{
	struct run *run = run_of(shell);

	cpu_job_wait(&run->job);
	return run->retval;
}

/* Several runs in one job, as BPF_PROG_TEST_RUN repeats a program. */
struct repeated_run {
	struct cpu_job job;
	const struct pca_prog *prog;
	void *ctx;
	uint32_t repeat;
	struct run_task current;
	int retval;
	uint64_t ns;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void execute_repeatedly(struct cpu_job *job, struct cpu *cpu)
{
	struct repeated_run *run = container_of(job, struct repeated_run, job);
	uint64_t start = now_ns();

	run_context.current = run->current;
	for (uint32_t i = 0; i < run->repeat; i++)
		run->retval = prog_run(run->prog, cpu, run->ctx);
	run->ns = now_ns() - start;
}

int prog_run_on_cpu(struct pca_prog *prog, struct cpu *cpu, void *ctx, uint32_t repeat,
		    const struct run_task *current, int *retval, uint64_t *ns)
{
	struct repeated_run run = {
		.job.fn = execute_repeatedly,
		.prog = prog,
		.ctx = ctx,
		.repeat = repeat ? repeat : 1,
		.current = *current,
	};
	int err;

	if (in_run())
		return -EDEADLK;
	if (runs_inline(prog)) {
		err = cpu_claim(cpu);
		if (!err) {
			execute_repeatedly(&run.job, cpu);
			cpu_release(cpu);
		}
	} else {
		err = cpu_submit(cpu, &run.job);
		if (!err)
			cpu_job_wait(&run.job);
	}
	if (!err) {
		*retval = run.retval;
		*ns = run.ns;
	}
	return err;
}
