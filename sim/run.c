// SPDX-License-Identifier: MIT
/*
 * Runs: bringing a program to a CPU's carrier and its result back.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "event.h"
#include "machine.h"
#include "prog.h"
#include "task.h"

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

/* The event of this thread's run; nothing of its kind yet. */
static struct pca_event run_event(enum pca_event_kind kind)
{
	const struct pca_task *task = run_context.current.task;

	return (struct pca_event){
		.kind = kind,
		.cpu = run_context.cpu->id,
		.thread = run_context.thread,
		.task = task ? task->number : 0,
		.comm = task ? task->comm : run_context.idle,
		.prog_id = run_context.prog->object.id,
		.prog_name = run_context.prog->name,
	};
}

/* The CPU goes from idle to a run, or back. */
static void tell_switch(bool is_to_run)
{
	const struct pca_prog *prog = run_context.prog;
	struct pca_event event = run_event(PCA_EVENT_SWITCH);
	const char *idle = run_context.idle;
	char number[24];
	const char *busy = event.task ? event.comm : prog->name;

	if (!*busy) {
		snprintf(number, sizeof(number), "prog %u", prog->object.id);
		busy = number;
	}
	event.prev = is_to_run ? idle : busy;
	event.next = is_to_run ? busy : idle;
	event_tell(run_context.cpu->machine, &event);
}

static int run_once_told(const struct pca_prog *prog, void *ctx)
{
	const struct pca_machine *machine = run_context.cpu->machine;
	struct pca_event event = run_event(PCA_EVENT_RUN_BEGIN);
	uint64_t start;

	event_tell(machine, &event);
	start = event.ns;
	rcu_enter();
	event.result = prog->fn(ctx);
	rcu_exit();
	event.kind = PCA_EVENT_RUN_END;
	event.ns = event_now_ns();
	event.duration_ns = event.ns - start;
	event_tell(machine, &event);
	return (int)event.result;
}

/*
 * prog_run() repeat times on a machine that is listened to. outside_run stays all ones,
 * so that helpers take their cold ways, which tell the call.
 */
__attribute__((noinline)) static int prog_run_told(const struct pca_prog *prog, struct cpu *cpu,
						   void *ctx, uint32_t repeat)
{
	char idle[IDLE_COMM_BYTES];
	int retval = 0;

	run_context.cpu = cpu;
	run_context.idle = idle_comm(idle, cpu);
	run_context.thread = (uint32_t)gettid();
	pca_this_cpu.slab = cpu->slab;
	tell_switch(true);
	for (uint32_t i = 0; i < repeat; i++)
		retval = run_once_told(prog, ctx);
	tell_switch(false);
	run_context.cpu = NULL;
	return retval;
}

static void execute(struct cpu_job *job, struct cpu *cpu)
{
	struct run *run = container_of(job, struct run, job);

	run_context.current = (struct run_task){ 0 };
	run_context.prog = run->prog;
	run->retval = cpu->machine->run_ways & RUNS_ARE_TOLD
			      ? prog_run_told(run->prog, cpu, run->ctx, 1)
			      : prog_run(run->prog, cpu, run->ctx);
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

static int run_inline_told(struct run *run, struct cpu *cpu)
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
		return run_inline_told(run, cpu);
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
	if (unlikely(in_run()))
		return -EDEADLK;
	if (likely(!prog->object.machine->run_ways))
		err = run_inline_plainly(prog, cpu, ctx, &run.retval);
	else
		err = runs_inline(prog) ? run_inline_told(&run, cpu) : run_on_worker(&run, cpu);
	if (!err && retval)
		*retval = run.retval;
	return err;
}

/* A CPU that goes offline meanwhile is passed over, like one that was. */
static int run_on_each_inline(struct pca_prog *prog, void *ctx, int *retvals)
{
	struct pca_machine *machine = prog->object.machine;
	struct run run = { .prog = prog, .ctx = ctx };
	int nr_ran = 0;

	for_each_possible_cpu(machine, cpu) {
		if (run_inline(&run, cpu))
			continue;
		if (retvals)
			retvals[cpu->ordinal] = run.retval;
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
	const struct pca_prog *prog;
	void *ctx;
	uint32_t repeat;
	struct run_task current;
	int retval;
	uint64_t ns;
};

static void execute_repeatedly(struct cpu_job *job, struct cpu *cpu)
{
	struct repeated_run *run = container_of(job, struct repeated_run, job);
	uint64_t start = event_now_ns();

	run_context.current = run->current;
	run_context.prog = run->prog;
	if (cpu->machine->run_ways & RUNS_ARE_TOLD) {
		run->retval = prog_run_told(run->prog, cpu, run->ctx, run->repeat);
	} else {
		for (uint32_t i = 0; i < run->repeat; i++)
			run->retval = prog_run(run->prog, cpu, run->ctx);
	}
	run_context.prog = NULL;
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
