// SPDX-License-Identifier: MIT
/*
 * What a program is given as its context: a packet, the bytes of a file, or arguments that
 * no file can hold: the tasks of an event, and structures of zeros.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include "cpu.h"
#include "packet_ctx.h"
#include "prog_args.h"
#include "prog_run.h"
#include "task.h"

#define MOST_INPUT_BYTES 65536
#define LEAST_CTX_BYTES 8192 /* zeros follow what a file holds; a tracepoint's longest */

int prog_input_read(struct prog_input *input, const char *path)
{
	FILE *in;
	size_t n;

	if (!path)
		return 0;
	in = fopen(path, "re");
	input->bytes = malloc(MOST_INPUT_BYTES + 1);
	n = in && input->bytes ? fread(input->bytes, 1, MOST_INPUT_BYTES + 1, in) : 0;
	if (!in || !input->bytes || ferror(in) || n > MOST_INPUT_BYTES) {
		cli_error("%s: %s", path,
			  n > MOST_INPUT_BYTES ? "more than 65536 bytes" : strerror(errno));
		n = MOST_INPUT_BYTES + 1;
	}
	if (in)
		fclose(in);
	input->nr_bytes = (uint32_t)n;
	return n > MOST_INPUT_BYTES ? -1 : 0;
}

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

static const struct event {
	const char *name;
	bool has_irqs_off; /* whoever tells it has disabled interrupts */
	enum argument arguments[MOST_ARGUMENTS];
} events[] = {
	{ "sched_switch", true, { ZERO, IDLE, TASK } },
	{ "sched_waking", true, { TASK } },
	{ "sched_wakeup", true, { TASK } },
	{ "sched_wakeup_new", true, { TASK } },
	{ "sched_migrate_task", true, { TASK } },
	{ "sched_stat_runtime", true, { TASK } },
	{ "sched_process_exec", false, { TASK, PID } },
	{ "sched_process_exit", false, { TASK } },
	{ "sched_process_fork", false, { TASK, TASK } },
	{ "sched_process_free", false, { TASK } },
	{ "task_newtask", false, { TASK } },
	{ "task_rename", false, { TASK } },
	{ "irq_handler_entry", true, { ZERO } },
	{ "irq_handler_exit", true, { ZERO } },
	{ "softirq_raise", true, { ZERO } },
	{ "hrtimer_start", true, { ZERO } },
	{ "hrtimer_expire_entry", true, { ZERO } },
	{ "hrtimer_expire_exit", true, { ZERO } },
};

static bool is_tracepoint(const struct pca_object_prog *prog)
{
	return prog->type == BPF_PROG_TYPE_TRACING || prog->type == BPF_PROG_TYPE_RAW_TRACEPOINT ||
	       prog->type == BPF_PROG_TYPE_TRACEPOINT;
}

/* The event that the section names, or NULL. */
static const struct event *find_event(const struct pca_object_prog *prog)
{
	const char *slash = strrchr(prog->section, '/');

	if (!slash || !is_tracepoint(prog))
		return NULL;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (!strcmp(slash + 1, events[i].name))
			return &events[i];
	}
	return NULL;
}

enum pca_context prog_event_context(const struct pca_object_prog *prog)
{
	const struct event *event = find_event(prog);

	return event && event->has_irqs_off ? PCA_CONTEXT_HARDIRQ : pca_prog_context(prog->prog);
}

/* Without memory for a task it is NULL. */
static uint64_t argument_value(const struct prog_runs *runs, struct cpu *cpu,
			       enum argument argument)
{
	const uint64_t pid = runs->pid;
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
	const struct event *event =
		runs->prog->type == BPF_PROG_TYPE_TRACEPOINT ? NULL : find_event(runs->prog);
	int err = 0;

	if (follows_arguments(runs->prog))
		err = prog_structs_create(&made->structs, runs, cpu);
	if (!err && made->structs)
		err = prog_structs_arguments(made->structs, runs->prog->name, made->words);
	for (size_t i = 0; event && i < MOST_ARGUMENTS; i++)
		made->words[i] = argument_value(runs, cpu, event->arguments[i]);
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

void *prog_ctx_memory(const struct prog_runs *runs, void *ctx, size_t *bytes)
{
	if (prog_takes_packet(runs->prog->prog)) {
		struct packet_ctx *packet = container_of(ctx, struct packet_ctx, ctx);

		*bytes = packet->mapped_bytes;
		return packet;
	}
	*bytes = runs->ctx->nr_bytes > LEAST_CTX_BYTES ? runs->ctx->nr_bytes : LEAST_CTX_BYTES;
	return ctx;
}
