// SPDX-License-Identifier: MIT
/*
 * The operations of traces that run a program on a named CPU. Each is a program
 * of ours, loaded with its declared uses and run by BPF_PROG_TEST_RUN, so that
 * refusals come from the loader and not from here.
 */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <string.h>

#include "trace_world.h"

#define VALUE_BYTES 72 /* of the buffer that recorders' programs update from */
#define MAP_LOOKUP_PERCPU_ELEM 195

/* What a program is given, and what it leaves behind. */
struct program_call {
	struct pca_map_ref *map;
	uint32_t key, bytes, cpu, stop_key;
	uint64_t flags;
	unsigned char value[VALUE_BYTES];

	long hret;
	bool is_null;
	uint64_t sum, calls;
};

static struct program_call *call_of(void *ctx)
{
	return (struct program_call *)(uintptr_t) * (const uint64_t *)ctx;
}

static int prog_update(void *ctx)
{
	struct program_call *call = call_of(ctx);

	call->hret = pca_map_update_elem(call->map, &call->key, call->value, call->flags);
	return 0;
}

static int prog_delete(void *ctx)
{
	struct program_call *call = call_of(ctx);

	call->hret = pca_map_delete_elem(call->map, &call->key);
	return 0;
}

static void read_value(struct program_call *call, const void *value)
{
	call->is_null = !value;
	if (value)
		memcpy(call->value, value, call->bytes);
}

static int prog_lookup(void *ctx)
{
	struct program_call *call = call_of(ctx);

	read_value(call, pca_map_lookup_elem(call->map, &call->key));
	return 0;
}

static int prog_lookup_percpu(void *ctx)
{
	struct program_call *call = call_of(ctx);

	read_value(call, pca_map_lookup_percpu_elem(call->map, &call->key, call->cpu));
	return 0;
}

static int prog_add(void *ctx)
{
	struct program_call *call = call_of(ctx);
	unsigned char *value = pca_map_lookup_elem(call->map, &call->key);

	call->is_null = !value;
	if (value)
		++*value;
	return 0;
}

static long add_first_byte(struct pca_map_ref *map, const void *key, void *value, void *arg)
{
	struct program_call *call = arg;

	(void)map;
	call->sum += *(const unsigned char *)value;
	call->calls++;
	return *(const uint32_t *)key == call->stop_key;
}

static int prog_for_each(void *ctx)
{
	struct program_call *call = call_of(ctx);

	call->hret = pca_for_each_map_elem(call->map, add_first_byte, call, call->flags);
	return 0;
}

static void show_hret(const struct program_call *call, FILE *out)
{
	fprintf(out, " hret=%ld", call->hret);
}

static void show_null(const struct program_call *call, FILE *out)
{
	fprintf(out, " null=%d", call->is_null);
}

static void show_value(const struct program_call *call, FILE *out)
{
	show_null(call, out);
	if (!call->is_null) {
		fputs(" val=", out);
		trace_show_bytes(call->value, call->bytes, out);
	}
}

static void show_for_each(const struct program_call *call, FILE *out)
{
	fprintf(out, " hret=%ld calls=%llu sum=%llu", call->hret, (unsigned long long)call->calls,
		(unsigned long long)call->sum);
}

struct program {
	const char *op;
	pca_prog_fn fn;
	uint32_t helper, access;
	bool reads_whole; /* n bytes of the value, else its first */
	void (*show)(const struct program_call *call, FILE *out);
};

static const struct program programs[] = {
	{ "XUPDATE", prog_update, BPF_FUNC_map_update_elem, 0, false, show_hret },
	{ "XDELETE", prog_delete, BPF_FUNC_map_delete_elem, 0, false, show_hret },
	{ "XLOOKUP", prog_lookup, BPF_FUNC_map_lookup_elem, PCA_READ, true, show_value },
	{ "XADD", prog_add, BPF_FUNC_map_lookup_elem, PCA_READ | PCA_WRITE, false, show_null },
	{ "XPCPU", prog_lookup_percpu, MAP_LOOKUP_PERCPU_ELEM, PCA_READ, true, show_value },
	{ "XEACH", prog_for_each, BPF_FUNC_for_each_map_elem, PCA_READ, false, show_for_each },
};

static void get_call(struct trace_world *world, struct trace_line *line, struct program_call *call)
{
	call->bytes = (uint32_t)trace_u64(line, "n");
	call->flags = trace_u64_or(line, "flags", 0);
	call->cpu = (uint32_t)trace_u64_or(line, "tcpu", 0);
	call->stop_key = (uint32_t)trace_u64_or(line, "stop_key", 0);
	if (call->bytes > sizeof(call->value))
		line->bad = "n";
	if (trace_arg(line, "key")) {
		trace_buffer_in(&world->key, line, "key");
		if (world->key.len == sizeof(call->key) && world->key.data)
			memcpy(&call->key, world->key.data, sizeof(call->key));
		else
			line->bad = "key";
	}
	if (trace_arg(line, "val")) {
		trace_buffer_in(&world->value, line, "val");
		if (world->value.data && world->value.len <= sizeof(call->value))
			memcpy(call->value, world->value.data, world->value.len);
		else
			line->bad = "val";
	}
}

static int load(struct trace_world *world, const struct program *program, int map_fd,
		uint32_t bytes)
{
	struct pca_map_use use = {
		.map_fd = map_fd,
		.helper = program->helper,
		.access = program->access,
		.bytes = program->reads_whole ? bytes : 1,
	};
	char log[256];
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = program->fn,
		.uses = &use,
		.nr_uses = 1,
		.ctx_bytes = sizeof(uint64_t),
		.log = log,
		.log_size = sizeof(log),
	};

	return pca_prog_load(world->task, &opts);
}

static long test_run(struct trace_world *world, int prog_fd, struct program_call *call,
		     uint32_t cpu)
{
	uint64_t args[1] = { (uintptr_t)call };
	struct test_attr attr = {
		.prog_fd = prog_fd,
		.ctx_in = (uintptr_t)args,
		.ctx_size_in = sizeof(args),
		.flags = BPF_F_TEST_RUN_ON_CPU,
		.cpu = cpu,
	};

	return pca_bpf(world->task, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}

static const char *error_name(long err)
{
	const char *name = err < 0 ? pca_errno_name((int)err) : "0";

	return name ? name : "?";
}

static void run(struct trace_world *world, struct trace_line *line, const struct program *program,
		FILE *out)
{
	int map_fd = trace_fd(world, line, "h"), prog_fd;
	uint32_t cpu = (uint32_t)trace_u64(line, "cpu");
	struct program_call call = { 0 };
	long err;

	get_call(world, line, &call);
	if (line->bad)
		return;
	prog_fd = load(world, program, map_fd, call.bytes);
	fprintf(out, "load=%s", error_name(prog_fd));
	if (prog_fd < 0)
		return;
	err = pca_map_get(world->task, map_fd, &call.map);
	if (!err) {
		err = test_run(world, prog_fd, &call, cpu);
		pca_map_put(call.map);
	}
	pca_close(world->task, prog_fd);
	fprintf(out, " run=%s", error_name(err));
	if (!err)
		program->show(&call, out);
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
