// SPDX-License-Identifier: MIT
/*
 * Runs with a frame: beginning, points, being stopped. Linux has no counterpart: its
 * verifier knows before a run what here is found out in it.
 */
#define _GNU_SOURCE
#include "frame.h"

#include <unistd.h>

#include "context.h"
#include "event.h"
#include "machine.h"
#include "message.h"
#include "task.h"

/*
 * Linux has no limit of a run: what its verifier follows of a program (1000000 instructions,
 * BPF_COMPLEXITY_LIMIT_INSNS) is no measure of how often loops go round. One bpf_loop() may
 * call back 1 << 23 times. A schedule is run many times, and often to see it end wrongly.
 */
#define MOST_STEPS (1U << 28)
#define MOST_STEPS_IN_SCHEDULE (1U << 20)

/*
 * The stack of a checked program begins below this function's frame, which holds next to
 * nothing.
 */
__attribute__((noinline, no_sanitize("address"))) static int enter_program(struct run_frame *frame)
{
	frame->checked.first.high = __builtin_frame_address(0);
	frame->checked.first.low = frame->checked.first.high;

	int result = frame->prog->fn(frame->ctx);

	__asm__ volatile("" : "+r"(result)); /* no jump into fn: this frame stays */
	return result;
}

__attribute__((noinline, no_sanitize("address"))) static long
enter_callback(struct stack_part *part, pca_for_each_fn fn, struct pca_map_ref *ref, void *value,
	       void *ctx)
{
	long result;

	part->high = __builtin_frame_address(0);
	part->low = part->high;
	result = fn(ref, part->key, value, ctx);
	__asm__ volatile("" : "+r"(result)); /* no jump into fn: this frame stays */
	return result;
}

__attribute__((noinline, no_sanitize("address"))) static long
enter_loop(struct stack_part *part, pca_loop_fn fn, uint64_t index, void *ctx)
{
	long result;

	part->high = __builtin_frame_address(0);
	part->low = part->high;
	result = fn(index, ctx);
	__asm__ volatile("" : "+r"(result)); /* no jump into fn: this frame stays */
	return result;
}

static void callback_begins(struct run_frame *frame, struct stack_part *part)
{
	frame->checked.stack = part;
	frame_count_step(frame);
	frame_leave_helper(frame);
}

static void callback_ends(struct run_frame *frame, const struct stack_part *part)
{
	frame_enter_helper(frame);
	frame->checked.stack = part->outer;
}

long frame_call_back(struct run_frame *frame, pca_for_each_fn fn, struct pca_map_ref *ref,
		     const void *key, void *value, void *ctx)
{
	struct stack_part part = {
		.outer = frame->checked.stack,
		.key = key,
		.key_bytes = ref->map->key_size,
	};
	long result;

	callback_begins(frame, &part);
	result = enter_callback(&part, fn, ref, value, ctx);
	callback_ends(frame, &part);
	return result;
}

long frame_loop_back(struct run_frame *frame, pca_loop_fn fn, uint64_t index, void *ctx)
{
	struct stack_part part = { .outer = frame->checked.stack };
	long result;

	callback_begins(frame, &part);
	result = enter_loop(&part, fn, index, ctx);
	callback_ends(frame, &part);
	return result;
}

/*
 * Between setjmp() and a stop nothing changes that is in this function's registers. The
 * frame begins and ends as if in a helper: all but the program is the library.
 */
__attribute__((noinline)) static void call_program(struct run_frame *frame)
{
	if (!setjmp(frame->stop)) {
		frame_leave_helper(frame);
		frame->result = enter_program(frame);
	}
	frame_enter_helper(frame);
	if (!frame->stop_err)
		frame->stop_err = context_check_balance(frame);
	if (frame->stop_err)
		frame->result = frame->stop_err;
}

struct pca_event frame_event(const struct run_frame *frame, enum pca_event_kind kind)
{
	const struct pca_task *task = run_context.current.task;

	return (struct pca_event){
		.kind = kind,
		.cpu = frame->cpu->id,
		.thread = run_context.thread,
		.task = task ? task->number : 0,
		.comm = task ? task->comm : run_context.idle,
		.prog_id = frame->prog->object.id,
		.prog_name = frame->prog->name,
	};
}

static void tell_end(const struct run_frame *frame, struct pca_event *event)
{
	uint64_t start = event->ns;

	event->kind = PCA_EVENT_RUN_END;
	event->ns = event_now_ns();
	event->duration_ns = event->ns - start;
	event->result = frame->result;
	event_tell(frame->cpu->machine, event);
}

/* The run itself, whose context is in place. */
static void run(struct run_frame *frame)
{
	bool is_told = machine_is_listened_to(frame->cpu->machine);
	struct pca_event event;

	if (is_told) {
		event = frame_event(frame, PCA_EVENT_RUN_BEGIN);
		event_tell(frame->cpu->machine, &event);
	}
	rcu_enter();
	call_program(frame);
	rcu_exit();
	if (is_told)
		tell_end(frame, &event);
}

/* A scheduler ends runs in another order than they began. */
static void take_off(struct cpu *cpu, const struct run_frame *frame)
{
	struct run_frame **at = &cpu->frames;

	while (*at != frame)
		at = &(*at)->before;
	*at = frame->before;
}

static void run_on_top(struct run_frame *frame)
{
	const struct run_context before = run_context;
	const struct pca_this_cpu cpu_before = pca_this_cpu;
	struct cpu *cpu = frame->cpu;
	char idle[IDLE_COMM_BYTES];

	frame->outer = before.frame;
	frame->before = cpu->frames;
	cpu->frames = frame;
	run_context.cpu = cpu;
	run_context.prog = frame->prog;
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* the handler finds in_helper set */
	run_context.frame = frame;
	if (!before.frame) {
		run_context.idle = idle_comm(idle, cpu);
		run_context.thread = (uint32_t)gettid();
	}
	frame->checked.object = frame->prog->checked;
	frame->checked.stack = &frame->checked.first;
	pca_this_cpu = (struct pca_this_cpu){ cpu->slab, UINT32_MAX };
	run(frame);
	checked_run_end(&frame->checked);
	pca_this_cpu = cpu_before;
	run_context = before;
	take_off(cpu, frame);
}

static uint64_t most_steps(const struct pca_machine *machine)
{
	if (machine->most_steps)
		return machine->most_steps;
	return run_context.scheduler ? MOST_STEPS_IN_SCHEDULE : MOST_STEPS;
}

int frame_run(struct pca_prog *prog, struct cpu *cpu, void *ctx, enum pca_context context,
	      int *retval)
{
	struct run_frame frame = {
		.prog = prog,
		.cpu = cpu,
		.ctx = ctx,
		.context = context,
		.in_helper = 1,
		.most_steps = most_steps(cpu->machine),
	};

	if (context_is_recursion(prog, cpu->frames)) {
		context_count_miss(prog);
		*retval = 0;
		return -EBUSY;
	}
	run_on_top(&frame);
	*retval = frame.result;
	return frame.stop_err;
}

void frame_leave_helper(struct run_frame *frame)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (--frame->in_helper)
		return;
	if (frame->stop_err)
		longjmp(frame->stop, 1);
	/* The signal of what has come meanwhile found the library at work. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (unlikely(cpu_has_interrupts(frame->cpu)))
		context_take_interrupts(frame->cpu, frame);
}

__attribute__((cold)) static void stop_endless(struct run_frame *frame)
{
	frame_enter_helper(frame);
	message_error(
		"program \"%s\" on CPU %u was stopped after %llu steps, which are accesses, "
		"branches and calls: it may be endless, and Linux loads no program whose end it "
		"cannot see. One that does end is given more by most_steps of struct "
		"pca_machine_opts, --steps of pcasim's commands, or PCASIM_STEPS",
		frame->prog->name, frame->cpu->id, (unsigned long long)frame->most_steps);
	frame_stop(frame, -E2BIG);
	frame_leave_helper(frame);
}

void frame_count_step(struct run_frame *frame)
{
	if (unlikely(++frame->nr_steps > frame->most_steps && !frame->stop_err))
		stop_endless(frame);
}

void frame_point(const struct run_point *point)
{
	struct run_frame *frame = this_frame();

	frame_enter_helper(frame);
	frame_count_step(frame);
	if (run_context.scheduler)
		run_context.scheduler->at_point(run_context.scheduler, point);
	frame_leave_helper(frame);
}
