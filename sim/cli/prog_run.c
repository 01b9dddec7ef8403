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
#include <unistd.h>

#include <pcasim/bpf.h>

#include "cli.h"
#include "cpu.h"
#include "output.h"
#include "packet_ctx.h"
#include "prog_run.h"
#include "term.h"

#define ALTSTACK_BYTES 65536
#define LEAST_CTX_BYTES 4096 /* zeros follow what a file holds, so that pt_regs fit */

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

/*
 * In a handler: snprintf() of text and integers allocates nothing. The first thread to come
 * here ends the process.
 */
static void tell_fault(int signo, siginfo_t *info, void *ucontext)
{
	static int nr_faults;
	const struct pca_prog *prog = run_context.prog;
	char text[256], address[40] = "";
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
	if (has_address(signo))
		snprintf(address, sizeof(address), " at address 0x%llx",
			 (unsigned long long)(uintptr_t)info->si_addr);
	len = snprintf(
		text, sizeof(text),
		"pcasim prog: program \"%s\" on CPU %u: SIG%s%s; nothing is known of its maps "
		"any more, gdb shows the line\n",
		prog->name, run_context.cpu->id, sigabbrev_np(signo), address);
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

/* ---- contexts ---- */

static bool takes_packet(const struct pca_prog *prog)
{
	enum test_run_kind kind = prog_type(prog->type)->test_run;

	return kind == TEST_RUN_XDP || kind == TEST_RUN_SKB || kind == TEST_RUN_SKB_NO_MAC;
}

static int packet_ctx(const struct prog_runs *runs, void **ctx)
{
	static const unsigned char zeros[64];
	const struct prog_input *packet = runs->packet;

	return pca_packet_ctx_create(ctx, runs->prog->prog, packet->bytes ? packet->bytes : zeros,
				     packet->bytes ? packet->nr_bytes : sizeof(zeros));
}

static int bytes_ctx(const struct prog_runs *runs, void **ctx)
{
	uint32_t bytes = runs->ctx->nr_bytes;

	*ctx = calloc(1, bytes > LEAST_CTX_BYTES ? bytes : LEAST_CTX_BYTES);
	if (!*ctx)
		return -ENOMEM;
	if (bytes)
		memcpy(*ctx, runs->ctx->bytes, bytes);
	return 0;
}

/* ---- runs ---- */

static void *run_thread(void *arg)
{
	struct runner *runner = arg;
	const struct prog_runs *runs = runner->runs;
	const struct run_task nobody = { 0 };
	const stack_t altstack = { .ss_sp = runner->altstack, .ss_size = ALTSTACK_BYTES };
	bool is_packet = takes_packet(runs->prog->prog);
	struct prog_cpu *cpu = runner->cpu;
	void *ctx;

	sigaltstack(&altstack, NULL);
	cpu->err = is_packet ? packet_ctx(runs, &ctx) : bytes_ctx(runs, &ctx);
	if (!cpu->err) {
		cpu->err = prog_run_on_cpu(runs->prog->prog, cpu->cpu, ctx, runs->repeat, &nobody,
					   &cpu->retval, &cpu->ns);
		if (is_packet)
			pca_packet_ctx_free(ctx);
		else
			free(ctx);
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

/* What a run was stopped with, pca_run_on() answers for no other reason. */
static int complain(const struct prog_cpu *cpu)
{
	const bool is_stopped = cpu->err == -EACCES || cpu->err == -EFAULT || cpu->err == -E2BIG;

	cli_error("CPU %u: the program %s: %s", cpu->cpu->id,
		  is_stopped ? "was stopped" : "cannot be run", pca_strerror(cpu->err));
	return is_stopped ? CLI_DIFFERENCES : CLI_BAD_INPUT;
}

int prog_run_all(struct prog_runs *runs)
{
	struct runner *runners = calloc(runs->nr_cpus, sizeof(*runners));
	int err = runners ? 0 : -ENOMEM;

	output_flush();
	watch_faults();
	for (uint32_t i = 0; i < runs->nr_cpus && !err; i++) {
		runners[i] = (struct runner){ .runs = runs, .cpu = &runs->cpus[i] };
		err = start(&runners[i]);
	}
	for (uint32_t i = 0; i < runs->nr_cpus && runners; i++) {
		if (runners[i].is_started)
			pthread_join(runners[i].thread, NULL);
		free(runners[i].altstack);
	}
	free(runners);
	if (err) {
		cli_error("the program cannot be run: %s", pca_strerror(err));
		return CLI_BAD_INPUT;
	}
	for (uint32_t i = 0; i < runs->nr_cpus; i++) {
		if (runs->cpus[i].err)
			return complain(&runs->cpus[i]);
	}
	return CLI_OK;
}
