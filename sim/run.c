// SPDX-License-Identifier: MIT
/*
 * Runs: bringing a program to a CPU's carrier and its result back.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

#include "alloc.h"
#include "context.h"
#include "event.h"
#include "frame.h"
#include "machine.h"
#include "prog.h"
#include "task.h"

/* One run on its way; struct pca_run is its public shell. */
struct run {
	struct cpu_job job;
	struct pca_prog *prog;
	void *ctx;
	int retval;
	int err; /* what it was stopped with, or 0 */
};

_Static_assert(sizeof(struct run) <= sizeof(struct pca_run), "a run fits its shell");

static struct run *run_of(struct pca_run *shell)
{
	return (struct run *)(void *)shell;
}

/* The CPU goes from idle to a run of prog, or back. */
static void tell_switch(const struct cpu *cpu, const struct pca_prog *prog, bool is_to_run)
{
	const struct pca_task *task = run_context.current.task;
	char idle[IDLE_COMM_BYTES], number[24];
	const char *busy = task ? task->comm : prog->name;
	struct pca_event event = {
		.kind = PCA_EVENT_SWITCH,
		.cpu = cpu->id,
		.thread = (uint32_t)gettid(),
		.task = task ? task->number : 0,
		.comm = task ? task->comm : idle_comm(idle, cpu),
		.prog_id = prog->object.id,
		.prog_name = prog->name,
	};

	if (!*busy) {
		snprintf(number, sizeof(number), "prog %u", prog->object.id);
		busy = number;
	}
	event.prev = is_to_run ? idle_comm(idle, cpu) : busy;
	event.next = is_to_run ? busy : idle_comm(idle, cpu);
	event_tell(cpu->machine, &event);
}

/* prog_run() repeat times, with a frame. A run that is stopped is the last one. */
__attribute__((noinline)) static int run_with_frame(struct pca_prog *prog, struct cpu *cpu,
						    void *ctx, uint32_t repeat, int *retval)
{
	bool is_told = machine_is_listened_to(cpu->machine);
	enum pca_context context = pca_prog_context(prog);
	int err = 0;

	context_receive_signal(cpu);
	if (is_told)
		tell_switch(cpu, prog, true);
	for (uint32_t i = 0; i < repeat && !err; i++) {
		err = frame_run(prog, cpu, ctx, context, retval);
		context_run_is_over(cpu);
	}
	if (is_told)
		tell_switch(cpu, prog, false);
	return err;
}

static void execute(struct cpu_job *job, struct cpu *cpu)
{
	struct run *run = container_of(job, struct run, job);

	run_context.current = (struct run_task){ 0 };
	run_context.prog = run->prog;
	if (cpu->machine->run_ways & RUNS_HAVE_FRAMES)
		run->err = run_with_frame(run->prog, cpu, run->ctx, 1, &run->retval);
	else
		run->retval = prog_run(run->prog, cpu, run->ctx);
	run_context.prog = NULL;
}

/* The shortest way: on a machine without run_ways. */
static int run_inline_plainly(const struct pca_prog *prog, struct cpu *cpu, void *ctx, int *retval)
{
	int err = cpu_claim(cpu);

	if (err)
		return err;
	run_context.current = (struct run_task){ 0 };
	*retval = prog_run(prog, cpu, ctx);
	cpu_release(cpu);
	return 0;
}

static int run_inline_with_frame(struct run *run, struct cpu *cpu)
{
	int err = cpu_claim(cpu);

	if (err)
		return err;
	execute(&run->job, cpu);
	cpu_release(cpu);
	return 0;
}

static bool runs_inline(const struct pca_prog *prog)
{
	return !(prog->object.machine->run_ways & RUNS_ON_WORKERS);
}

static int run_inline(struct run *run, struct cpu *cpu)
{
	if (run->prog->object.machine->run_ways)
		return run_inline_with_frame(run, cpu);
	return run_inline_plainly(run->prog, cpu, run->ctx, &run->retval);
}

static int run_on_worker(struct run *run, struct cpu *cpu)
{
	int err = cpu_submit(cpu, &run->job);

	if (!err)
		cpu_job_wait(&run->job);
	return err;
}

int pca_run_on(struct pca_prog *prog, uint32_t cpu_id, void *ctx, int *retval)
{
	struct cpu *cpu = machine_cpu(prog->object.machine, cpu_id);
	struct run run = { .job.fn = execute, .prog = prog, .ctx = ctx };
	int err;

	if (unlikely(!cpu))
		return -EINVAL;
	if (unlikely(may_not_wait()))
		return -EDEADLK;
	if (likely(!prog->object.machine->run_ways))
		err = run_inline_plainly(prog, cpu, ctx, &run.retval);
	else
		err = runs_inline(prog) ? run_inline_with_frame(&run, cpu)
					: run_on_worker(&run, cpu);
	if (!err)
		err = run.err;
	if (!err && retval)
		*retval = run.retval;
	return err;
}

/* A CPU that goes offline meanwhile is passed over, like one that was. */
static int run_on_each_inline(struct pca_prog *prog, void *ctx, int *retvals)
{
	struct pca_machine *machine = prog->object.machine;
	struct run run = { .prog = prog, .ctx = ctx };
	int nr_ran = 0, stop_err = 0;

	for_each_possible_cpu(machine, cpu) {
		if (run_inline(&run, cpu))
			continue;
		if (retvals)
			retvals[cpu->ordinal] = run.retval;
		if (!stop_err)
			stop_err = run.err;
		nr_ran++;
	}
	return stop_err ? stop_err : nr_ran;
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
		if (!err)
			err = runs[i].err;
		nr_ran++;
	}
	free(runs);
	return err ? err : nr_ran;
}

int pca_run_on_each_cpu(struct pca_prog *prog, void *ctx, int *retvals)
{
	if (may_not_wait())
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
	if (may_not_wait())
		return -EDEADLK;
	err = run_inline(run, cpu);
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
	struct pca_prog *prog;
	void *ctx;
	uint32_t repeat;
	struct run_task current;
	int retval;
	int err; /* what a run was stopped with, or 0 */
	uint64_t ns;
};

static void execute_repeatedly(struct cpu_job *job, struct cpu *cpu)
{
	struct repeated_run *run = container_of(job, struct repeated_run, job);
	uint64_t start = event_now_ns();

	run_context.current = run->current;
	run_context.prog = run->prog;
	if (cpu->machine->run_ways & RUNS_HAVE_FRAMES) {
		run->err = run_with_frame(run->prog, cpu, run->ctx, run->repeat, &run->retval);
	} else {
		for (uint32_t i = 0; i < run->repeat; i++)
			run->retval = prog_run(run->prog, cpu, run->ctx);
	}
	run_context.prog = NULL;
	run_context.current = (struct run_task){ 0 }; /* what comes in later is not the caller's */
	run->ns = event_now_ns() - start;
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

	if (may_not_wait())
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
	if (!err)
		err = run.err;
	if (!err) {
		*retval = run.retval;
		*ns = run.ns;
	}
	return err;
}
