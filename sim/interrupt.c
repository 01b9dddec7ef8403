// SPDX-License-Identifier: MIT
/*
 * Interrupts: programs on their way into what a CPU does. They are posted to the CPU and
 * taken by its carrier: at a point of the run there, when a run ends, or when a signal
 * comes to a worker whose program is at work. Linux counterpart: the interrupt controller.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "alloc.h"
#include "context.h"
#include "futex.h"
#include "machine.h"
#include "message.h"

enum interrupt_state { INTERRUPT_PENDING, INTERRUPT_AWAITED, INTERRUPT_DONE };

struct interrupt {
	struct interrupt *next;
	struct pca_prog *prog;
	void *ctx;
	enum pca_context context;
	int retval, err;
	uint32_t state;	 /* enum interrupt_state; also the futex waited on */
	bool is_unowned; /* nobody waits: freed when it is done, with its program's reference */
};

/*
 * Posted ones lie in a stack that any thread pushes to and the carrier empties as a whole,
 * which is safe also in a signal handler; the carrier sorts what it took into its own list,
 * oldest first.
 */
static void post(struct cpu *cpu, struct interrupt *interrupt)
{
	struct interrupt *top = __atomic_load_n(&cpu->posted, __ATOMIC_RELAXED);

	tsan_release(interrupt);
	do {
		interrupt->next = top;
	} while (!__atomic_compare_exchange_n(&cpu->posted, &top, interrupt, true, __ATOMIC_RELEASE,
					      __ATOMIC_RELAXED));
	__atomic_fetch_add(&cpu->nr_interrupts, 1, __ATOMIC_RELEASE);
}

static void fetch_posted(struct cpu *cpu)
{
	struct interrupt *posted = __atomic_exchange_n(&cpu->posted, NULL, __ATOMIC_ACQUIRE);
	struct interrupt *oldest = NULL, **end = &cpu->held;

	while (posted) {
		struct interrupt *next = posted->next;

		tsan_acquire(posted);
		posted->next = oldest;
		oldest = posted;
		posted = next;
	}
	while (*end)
		end = &(*end)->next;
	*end = oldest;
}

/* The highest that may come in, of equal ones the oldest, taken from the list; or NULL. */
static struct interrupt *next_for(struct cpu *cpu, const struct run_frame *below)
{
	struct interrupt **best = NULL, *found;

	for (struct interrupt **at = &cpu->held; *at; at = &(*at)->next) {
		if (context_may_interrupt(below, (*at)->context) &&
		    (!best || (*at)->context > (*best)->context))
			best = at;
	}
	if (!best)
		return NULL;
	found = *best;
	*best = found->next;
	__atomic_fetch_sub(&cpu->nr_interrupts, 1, __ATOMIC_RELAXED);
	return found;
}

static void finish(struct interrupt *interrupt)
{
	if (interrupt->is_unowned) {
		pca_prog_put(interrupt->prog);
		free(interrupt);
		return;
	}
	/* Release: pairs with the acquire in wait_for(), after which it is gone. */
	tsan_release(interrupt);
	if (__atomic_exchange_n(&interrupt->state, INTERRUPT_DONE, __ATOMIC_ACQ_REL) ==
	    INTERRUPT_AWAITED)
		futex_wake_one(&interrupt->state);
}

static void take_those_that_may(struct cpu *cpu, const struct run_frame *below)
{
	struct interrupt *interrupt;

	for (;;) {
		fetch_posted(cpu);
		interrupt = next_for(cpu, below);
		if (!interrupt)
			return;
		interrupt->err = frame_run(interrupt->prog, cpu, interrupt->ctx, interrupt->context,
					   &interrupt->retval);
		finish(interrupt);
	}
}

void context_take_interrupts(struct cpu *cpu, struct run_frame *below)
{
	if (!below) {
		take_those_that_may(cpu, NULL);
		return;
	}
	/* A signal that comes meanwhile finds the library at work: look again after that. */
	do {
		frame_enter_helper(below);
		take_those_that_may(cpu, below);
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		below->in_helper--;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
	} while (unlikely(__atomic_load_n(&cpu->posted, __ATOMIC_RELAXED)));
}

/* ---- reaching a carrier ---- */

static int interrupt_signal;

static void on_signal(int signal)
{
	struct run_frame *frame = this_frame();
	int saved = errno;

	(void)signal;
	if (frame && !frame->in_helper && cpu_has_interrupts(frame->cpu))
		context_take_interrupts(frame->cpu, frame);
	errno = saved;
}

/* The first real-time signal that this process does not use. */
static void choose_signal(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_NODEFER | SA_RESTART };
	struct sigaction old;

	for (int signal = SIGRTMIN; signal <= SIGRTMAX && !interrupt_signal; signal++) {
		if (sigaction(signal, NULL, &old) || old.sa_handler != SIG_DFL)
			continue;
		if (!sigaction(signal, &action, NULL))
			interrupt_signal = signal;
	}
	if (!interrupt_signal)
		message_warning("no real-time signal is free: interrupts come in at helpers only");
}

static void look_for_signal(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, choose_signal);
}

void context_receive_signal(const struct cpu *cpu)
{
	static __thread bool receives __attribute__((tls_model("initial-exec")));
	uint32_t ways = cpu->machine->run_ways;
	sigset_t set;

	if (receives || !(ways & RUNS_ON_WORKERS) || !(ways & (RUNS_MAY_NEST | RUNS_ARE_WATCHED)))
		return;
	receives = true;
	look_for_signal();
	sigemptyset(&set);
	if (interrupt_signal && !sigaddset(&set, interrupt_signal))
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/*
 * The job that takes what no run has taken. Whoever posts while it is queued need not queue
 * it: it is marked as gone before it looks.
 */
static void take_posted(struct cpu_job *job, struct cpu *cpu)
{
	(void)job;
	__atomic_store_n(&cpu->is_taker_queued, false, __ATOMIC_SEQ_CST);
	context_take_interrupts(cpu, NULL);
}

static int queue_taker(struct cpu *cpu)
{
	if (__atomic_exchange_n(&cpu->is_taker_queued, true, __ATOMIC_SEQ_CST))
		return 0;
	cpu->taker.fn = take_posted;
	return cpu_push(cpu, &cpu->taker);
}

static void wait_for(struct interrupt *interrupt)
{
	uint32_t pending = INTERRUPT_PENDING;

	__atomic_compare_exchange_n(&interrupt->state, &pending, INTERRUPT_AWAITED, false,
				    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	while (__atomic_load_n(&interrupt->state, __ATOMIC_ACQUIRE) != INTERRUPT_DONE)
		futex_wait(&interrupt->state, INTERRUPT_AWAITED);
	tsan_acquire(interrupt);
}

static bool is_online(const struct cpu *cpu)
{
	return __atomic_load_n(&cpu->is_online, __ATOMIC_RELAXED);
}

/* The worker takes it in its run, or behind that. */
static int deliver_to_worker(struct cpu *cpu, struct interrupt *interrupt)
{
	int err = cpu_start_worker(cpu);

	look_for_signal();
	if (err)
		return err;
	/* cpu_drain() waits for this section, then for what it pushed. */
	rcu_enter();
	err = is_online(cpu) ? 0 : -ENXIO;
	if (!err) {
		post(cpu, interrupt);
		err = queue_taker(cpu);
	}
	rcu_exit();
	if (err)
		return err;
	if (interrupt_signal)
		pthread_kill(cpu->worker, interrupt_signal);
	wait_for(interrupt);
	return 0;
}

/* Whoever holds the CPU takes it; if nobody does by then, this thread, when its turn comes. */
static int deliver_inline(struct cpu *cpu, struct interrupt *interrupt)
{
	uint32_t ticket;

	rcu_enter();
	if (!is_online(cpu)) {
		rcu_exit();
		return -ENXIO;
	}
	post(cpu, interrupt);
	ticket = __atomic_fetch_add(&cpu->next_ticket, 1, __ATOMIC_RELAXED);
	rcu_exit();
	cpu_claim_contended(cpu, ticket);
	context_take_interrupts(cpu, NULL);
	cpu_release(cpu);
	wait_for(interrupt);
	return 0;
}

static int interrupt_from_outside(struct cpu *cpu, struct interrupt *interrupt, int *retval)
{
	int err = cpu->machine->run_ways & RUNS_ON_WORKERS ? deliver_to_worker(cpu, interrupt)
							   : deliver_inline(cpu, interrupt);

	if (!err)
		err = interrupt->err;
	if (!err && retval)
		*retval = interrupt->retval;
	return err;
}

/* A run interrupts its own CPU: at once, or when it may. */
static int interrupt_this_run(struct run_frame *frame, const struct interrupt *wish, int *retval)
{
	struct interrupt *interrupt;
	int err, result;

	if (context_may_interrupt(frame, wish->context)) {
		frame_enter_helper(frame);
		err = frame_run(wish->prog, frame->cpu, wish->ctx, wish->context, &result);
		frame_leave_helper(frame);
		if (!err && retval)
			*retval = result;
		return err;
	}
	interrupt = alloc_bytes(sizeof(*interrupt));
	if (!interrupt)
		return -ENOMEM;
	*interrupt = *wish;
	interrupt->is_unowned = true;
	object_get(&wish->prog->object);
	post(frame->cpu, interrupt);
	return -EINPROGRESS;
}

int pca_interrupt(struct pca_prog *prog, uint32_t cpu_id, enum pca_context context, void *ctx,
		  int *retval)
{
	struct pca_machine *machine = prog->object.machine;
	struct cpu *cpu = machine_cpu(machine, cpu_id);
	struct interrupt interrupt = { .prog = prog, .ctx = ctx, .context = context };

	if (!cpu || context <= PCA_CONTEXT_TASK || context >= PCA_NR_CONTEXTS)
		return -EINVAL;
	if (!(machine->run_ways & (RUNS_MAY_NEST | RUNS_ARE_WATCHED))) {
		message_error("pca_interrupt: runs do not nest on this machine: create it with "
			      "has_contexts");
		return -EOPNOTSUPP;
	}
	if (!may_not_wait())
		return interrupt_from_outside(cpu, &interrupt, retval);
	if (!this_frame() || this_frame()->cpu != cpu)
		return -EDEADLK;
	return interrupt_this_run(this_frame(), &interrupt, retval);
}
