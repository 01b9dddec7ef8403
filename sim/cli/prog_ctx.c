// SPDX-License-Identifier: MIT
/*
 * What a program is given as its context: a packet, the bytes of a file, or arguments that
 * no file can hold: the tasks of an event, and structures of zeros.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "cpu.h"
#include "packet_ctx.h"
#include "prog_args.h"
#include "prog_run.h"
#include "task.h"

#define LEAST_CTX_BYTES 8192 /* zeros follow what a file holds; a tracepoint's longest */

bool prog_takes_packet(const struct pca_prog *prog)
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

/* ---- events ---- */

/* Arguments of events as include/trace/events/sched.h and task.h have them. */
enum argument { ZERO, TASK, IDLE, PID };

#define MOST_ARGUMENTS 3

static const struct {
	const char *name;
	enum argument arguments[MOST_ARGUMENTS];
} events[] = {
	{ "sched_switch", { ZERO, IDLE, TASK } },
	{ "sched_waking", { TASK } },
	{ "sched_wakeup", { TASK } },
	{ "sched_wakeup_new", { TASK } },
	{ "sched_migrate_task", { TASK } },
	{ "sched_stat_runtime", { TASK } },
	{ "sched_process_exec", { TASK, PID } },
	{ "sched_process_exit", { TASK } },
	{ "sched_process_fork", { TASK, TASK } },
	{ "sched_process_free", { TASK } },
	{ "task_newtask", { TASK } },
	{ "task_rename", { TASK } },
};

/* The arguments of the event that the section names, or NULL. */
static const enum argument *event_arguments(const struct pca_object_prog *prog)
{
	const char *slash = strrchr(prog->section, '/');

	if (!slash ||
	    (prog->type != BPF_PROG_TYPE_TRACING && prog->type != BPF_PROG_TYPE_RAW_TRACEPOINT))
		return NULL;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (!strcmp(slash + 1, events[i].name))
			return events[i].arguments;
	}
	return NULL;
}

/* Without memory for a task it is NULL. */
static uint64_t argument_value(const struct prog_runs *runs, struct cpu *cpu,
			       enum argument argument)
{
	const uint64_t pid = (uint64_t)getpid();
	const struct pca_task *task = argument == TASK ? runs->session->task : NULL;

	switch (argument) {
	case TASK:
	case IDLE:
		return (uintptr_t)task_image(cpu, task, pid << 32 | pid);
	case PID:
		return pid;
	case ZERO:
		break;
	}
	return 0;
}

/* Words, and what they lead to. */
struct bytes_ctx {
	struct prog_structs *structs;
	uint64_t words[];
};

/* May a program of this type follow its arguments without asking? */
static bool follows_arguments(const struct pca_object_prog *prog)
{
	return prog->type == BPF_PROG_TYPE_TRACING || prog->type == BPF_PROG_TYPE_LSM;
}

static int make_arguments(const struct prog_runs *runs, struct cpu *cpu, struct bytes_ctx *made)
{
	const enum argument *arguments = event_arguments(runs->prog);
	int err = 0;

	if (follows_arguments(runs->prog))
		err = prog_structs_create(&made->structs, runs, cpu);
	if (!err && made->structs)
		err = prog_structs_arguments(made->structs, runs->prog->name, made->words);
	for (size_t i = 0; arguments && i < MOST_ARGUMENTS; i++)
		made->words[i] = argument_value(runs, cpu, arguments[i]);
	return err;
}

static int bytes_ctx(const struct prog_runs *runs, struct cpu *cpu, void **ctx)
{
	uint32_t bytes = runs->ctx->nr_bytes;
	struct bytes_ctx *made =
		calloc(1, sizeof(*made) + (bytes > LEAST_CTX_BYTES ? bytes : LEAST_CTX_BYTES));
	int err = 0;

	if (!made)
		return -ENOMEM;
	if (runs->ctx->bytes)
		memcpy(made->words, runs->ctx->bytes, bytes);
	else
		err = make_arguments(runs, cpu, made);
	*ctx = made->words;
	if (err)
		prog_ctx_free(runs, *ctx);
	return err;
}

int prog_ctx_create(const struct prog_runs *runs, struct cpu *cpu, void **ctx)
{
	return prog_takes_packet(runs->prog->prog) ? packet_ctx(runs, ctx)
						   : bytes_ctx(runs, cpu, ctx);
}

void prog_ctx_free(const struct prog_runs *runs, void *ctx)
{
	if (prog_takes_packet(runs->prog->prog)) {
		pca_packet_ctx_free(ctx);
	} else if (ctx) {
		struct bytes_ctx *made = (void *)((char *)ctx - offsetof(struct bytes_ctx, words));

		prog_structs_free(made->structs);
		free(made);
	}
}
