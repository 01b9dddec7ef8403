// SPDX-License-Identifier: MIT
/*
 * The operations of traces that run a program on a named CPU: arguments into
 * the memory that the target's program reads, results out of it.
 */
#define _GNU_SOURCE
#include <string.h>

#include <pcasim/bpf.h>

#include "trace_world.h"

static void show_hret(const struct trace_call *call, FILE *out)
{
	fprintf(out, " hret=%lld", (long long)call->hret);
}

static void show_null(const struct trace_call *call, FILE *out)
{
	fprintf(out, " null=%d", call->is_null != 0);
}

static void show_value(const struct trace_call *call, FILE *out)
{
	show_null(call, out);
	if (!call->is_null) {
		fputs(" val=", out);
		trace_show_bytes(call->value, call->bytes, out);
	}
}

static void show_for_each(const struct trace_call *call, FILE *out)
{
	show_hret(call, out);
	fprintf(out, " calls=%llu sum=%llu", (unsigned long long)call->calls,
		(unsigned long long)call->sum);
}

static const struct program {
	const char *op;
	enum trace_program program;
	void (*show)(const struct trace_call *call, FILE *out);
} programs[] = {
	{ "XUPDATE", PROGRAM_UPDATE, show_hret },
	{ "XDELETE", PROGRAM_DELETE, show_hret },
	{ "XLOOKUP", PROGRAM_LOOKUP, show_value },
	{ "XADD", PROGRAM_ADD, show_null },
	{ "XPCPU", PROGRAM_LOOKUP_PERCPU, show_value },
	{ "XEACH", PROGRAM_FOR_EACH, show_for_each },
};

static void get_key(struct trace_world *world, struct trace_line *line, struct trace_call *call)
{
	trace_buffer_in(&world->key, line, "key");
	if (!line->bad && world->key.len == sizeof(call->key) && world->key.data)
		memcpy(&call->key, world->key.data, sizeof(call->key));
	else
		line->bad = "key";
}

/* Zeros follow the bytes of val, as far as any map's value may need them. */
static void get_value(struct trace_world *world, struct trace_line *line, struct trace_call *call)
{
	trace_buffer_in(&world->value, line, "val");
	if (line->bad || !world->value.data || world->value.len > sizeof(call->value)) {
		line->bad = "val";
		return;
	}
	memcpy(call->value, world->value.data, world->value.len);
	memset(call->value + world->value.len, 0, sizeof(call->value) - world->value.len);
}

static void get_call(struct trace_world *world, struct trace_line *line, struct trace_call *call)
{
	memset(call, 0, offsetof(struct trace_call, value));
	call->bytes = trace_u32(line, "n");
	call->flags = trace_u64_or(line, "flags", 0);
	call->cpu = trace_u32_or(line, "tcpu", 0);
	call->stop_key = trace_u32_or(line, "stop_key", 0);
	if (call->bytes > TRACE_CALL_MOST_READ)
		line->bad = "n";
	if (!line->bad && trace_arg(line, "key"))
		get_key(world, line, call);
	if (!line->bad && trace_arg(line, "val"))
		get_value(world, line, call);
}

static const char *error_name(long err)
{
	const char *name = err < 0 ? pca_errno_name((int)err) : "0";

	return name ? name : "?";
}

static void run(struct trace_world *world, struct trace_line *line, const struct program *program,
		FILE *out)
{
	struct trace_target *target = world->target;
	int map_fd = trace_fd(world, line, "h"), prog_fd;
	uint32_t cpu = trace_u32(line, "cpu");
	long err;

	get_call(world, line, target->call);
	if (line->bad)
		return;
	prog_fd = target->ops->load(target, program->program, map_fd);
	fprintf(out, "load=%s", error_name(prog_fd));
	if (prog_fd < 0)
		return;
	err = target->ops->run(target, prog_fd, map_fd, cpu);
	target->ops->close(target, prog_fd);
	fprintf(out, " run=%s", error_name(err));
	if (!err)
		program->show(target->call, out);
}

bool trace_run_program(struct trace_world *world, struct trace_line *line, FILE *out)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (!strcmp(line->op, programs[i].op)) {
			run(world, line, &programs[i], out);
			return true;
		}
	}
	return false;
}
