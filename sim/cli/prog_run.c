// SPDX-License-Identifier: MIT
/*
 * Runs of one program on several CPUs at once: a thread for each CPU, which claims it.
 *
 * A program of an object file is native code: where Linux's verifier would have refused it,
 * here it faults. The handler of signals says what happened and ends the process, as nothing
 * can be said of the maps any more. A sanitizer's or a debugger's own handler is left alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <pcasim/bpf.h>

#include "checked_places.h"
#include "cli.h"
#include "cpu.h"
#include "output.h"
#include "prog.h"
#include "prog_run.h"
#include "term.h"

#define ALTSTACK_BYTES 65536

static const int fatal_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT };
#define NR_FATAL (sizeof(fatal_signals) / sizeof(fatal_signals[0]))

struct runner {
	pthread_t thread;
	bool is_started;
	const struct prog_runs *runs;
	struct prog_cpu *cpu;
	char *altstack;
};

/* ---- faults ---- */

static bool has_address(int signo)
{
	return signo == SIGSEGV || signo == SIGBUS;
}

/* ": store into map ..." if that is what it was, or "". */
static void tell_store(char *text, size_t size, const char *addr)
{
	struct map_place place = { 0 };

	*text = '\0';
	if (find_map_place(run_context.cpu->machine, addr, &place) &&
	    (place.flags & BPF_F_RDONLY_PROG))
		snprintf(text, size,
			 ": a store into map \"%s\", which has BPF_F_RDONLY_PROG, so that programs "
			 "may "
			 "not write",
			 place.name);
}

/* What would be told, or right. */
static const char *advice(int signo, bool is_checked)
{
	if (is_checked)
		return signo == SIGFPE ? ". The smallest number / -1 has no result in C" : "";
	if (signo == SIGFPE)
		return ". In Linux x / 0 is 0 and x % 0 is x, in C they are nothing: test the "
		       "divisor. Compiled with \"pcasim cc --checked\" its line is told";
	return ". Compiled with \"pcasim cc --checked\" it is stopped before, and its line is told";
}

/*
 * In a handler: snprintf() of text and integers allocates nothing. The first thread to come
 * here ends the process.
 */
static void tell_fault(int signo, siginfo_t *info, void *ucontext)
{
	static int nr_faults;
	const struct pca_prog *prog = run_context.prog;
	char text[512], address[40] = "", store[160] = "";
	int len;

	(void)ucontext;
	if (!run_context.cpu || !prog) {
		signal(signo, SIG_DFL);
		raise(signo);
		return;
	}
	if (__atomic_fetch_add(&nr_faults, 1, __ATOMIC_RELAXED))
		for (;;)
			pause();
	if (has_address(signo)) {
		snprintf(address, sizeof(address), " at address 0x%llx",
			 (unsigned long long)(uintptr_t)info->si_addr);
		tell_store(store, sizeof(store), info->si_addr);
	}
	len = snprintf(
		text, sizeof(text),
		"pcasim prog: program \"%s\" on CPU %u: SIG%s%s%s; nothing is known of its maps "
		"any more%s\n",
		prog->name, run_context.cpu->id, sigabbrev_np(signo), address, store,
		advice(signo, prog->checked));
	if (write(STDERR_FILENO, text, (size_t)len) < 0)
		_exit(CLI_BAD_INPUT);
	_exit(CLI_DIFFERENCES);
}

static void watch_faults(void)
{
	struct sigaction action = { .sa_sigaction = tell_fault,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	struct sigaction before;

	for (size_t i = 0; i < NR_FATAL; i++) {
		if (!sigaction(fatal_signals[i], NULL, &before) && before.sa_handler == SIG_DFL)
			sigaction(fatal_signals[i], &action, NULL);
	}
}

/* ---- runs ---- */

static void *run_thread(void *arg)
{
	struct runner *runner = arg;
	const struct prog_runs *runs = runner->runs;
	const struct run_task nobody = { 0 };
	const stack_t altstack = { .ss_sp = runner->altstack, .ss_size = ALTSTACK_BYTES };
	struct prog_cpu *cpu = runner->cpu;
	void *ctx;

	sigaltstack(&altstack, NULL);
	cpu->err = prog_ctx_create(runs, cpu->cpu, &ctx);
	cpu->has_begun = !cpu->err;
	if (cpu->has_begun) {
		run_context.violation = &cpu->violation;
		cpu->err = prog_run_on_cpu(runs->prog->prog, cpu->cpu, ctx, runs->repeat, &nobody,
					   &cpu->retval, &cpu->ns);
		run_context.violation = NULL;
		prog_ctx_free(runs, ctx);
	}
	sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL);
	return NULL;
}

static int start(struct runner *runner)
{
	int err;

	runner->altstack = malloc(ALTSTACK_BYTES);
	if (!runner->altstack)
		return -ENOMEM;
	err = pthread_create(&runner->thread, NULL, run_thread, runner);
	runner->is_started = !err;
	return -err;
}

/* A message has told why. */
static bool was_stopped(const struct prog_runs *runs, const struct prog_cpu *cpu)
{
	return runs->prog->prog->checked && cpu->has_begun && cpu->err && cpu->err != -ENXIO &&
	       cpu->err != -EDEADLK;
}

static int complain(const struct prog_cpu *cpu)
{
	cli_error("CPU %u: the program cannot be run: %s", cpu->cpu->id, pca_strerror(cpu->err));
	return -1;
}

/* Threads of programs that do not end cannot be ended: the process is. */
__attribute__((noreturn)) static void give_up(const struct prog_runs *runs, const struct runner *at)
{
	cli_error("program \"%s\" on CPU %u has not ended in %u seconds: it may be endless, and "
		  "Linux loads no program whose end it cannot see; --timeout gives it more time, 0 "
		  "all it wants",
		  runs->prog->name, at->cpu->cpu->id, runs->timeout);
	_exit(CLI_DIFFERENCES);
}

static void wait_for(const struct prog_runs *runs, const struct runner *runner,
		     const struct timespec *end)
{
	if (!runs->timeout)
		pthread_join(runner->thread, NULL);
	else if (pthread_timedjoin_np(runner->thread, NULL, end))
		give_up(runs, runner);
}

int prog_run_all(struct prog_runs *runs)
{
	struct runner *runners = calloc(runs->nr_cpus, sizeof(*runners));
	int err = runners ? 0 : -ENOMEM;
	struct timespec end;

	output_flush();
	watch_faults();
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += runs->timeout;
	for (uint32_t i = 0; i < runs->nr_cpus && !err; i++) {
		runners[i] = (struct runner){ .runs = runs, .cpu = &runs->cpus[i] };
		err = start(&runners[i]);
	}
	for (uint32_t i = 0; i < runs->nr_cpus && runners; i++) {
		if (runners[i].is_started)
			wait_for(runs, &runners[i], &end);
		free(runners[i].altstack);
	}
	free(runners);
	if (err) {
		cli_error("the program cannot be run: %s", pca_strerror(err));
		return -1;
	}
	for (uint32_t i = 0; i < runs->nr_cpus && !err; i++) {
		runs->cpus[i].was_stopped = was_stopped(runs, &runs->cpus[i]);
		runs->nr_stopped += runs->cpus[i].was_stopped;
		if (runs->cpus[i].err && !runs->cpus[i].was_stopped)
			err = complain(&runs->cpus[i]);
	}
	return err;
}
