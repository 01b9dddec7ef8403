// SPDX-License-Identifier: MIT
/*
 * The target that is a machine of ours, with a checked task, since traces are
 * full of bad pointers. Each program is a native function, loaded with its
 * declared uses and run by BPF_PROG_TEST_RUN, so that refusals come from the
 * loader and not from here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/pcasim.h>

#include "attr.h"
#include "task.h"
#include "trace_target.h"

#define MAP_LOOKUP_PERCPU_ELEM 195
#define MOST_FDS 65536

struct simulator {
	struct trace_target target;
	struct pca_machine *machine;
	struct pca_task *task;
	struct pca_map_ref *map; /* of the run */
	struct trace_call call;
};

static struct simulator *simulator_of(struct trace_target *target)
{
	return (struct simulator *)target;
}

static struct simulator *simulator_of_ctx(void *ctx)
{
	return (struct simulator *)(uintptr_t) * (const uint64_t *)ctx;
}

static int prog_update(void *ctx)
{
	struct simulator *sim = simulator_of_ctx(ctx);
	struct trace_call *call = &sim->call;

	call->hret = (uint64_t)pca_map_update_elem(sim->map, &call->key, call->value, call->flags);
	return 0;
}

static int prog_delete(void *ctx)
{
	struct simulator *sim = simulator_of_ctx(ctx);

	sim->call.hret = (uint64_t)pca_map_delete_elem(sim->map, &sim->call.key);
	return 0;
}

static void read_value(struct trace_call *call, const void *value)
{
	call->is_null = !value;
	if (value)
		memcpy(call->value, value, call->bytes);
}

static int prog_lookup(void *ctx)
{
	struct simulator *sim = simulator_of_ctx(ctx);

	read_value(&sim->call, pca_map_lookup_elem(sim->map, &sim->call.key));
	return 0;
}

static int prog_lookup_percpu(void *ctx)
{
	struct simulator *sim = simulator_of_ctx(ctx);
	struct trace_call *call = &sim->call;

	read_value(call, pca_map_lookup_percpu_elem(sim->map, &call->key, call->cpu));
	return 0;
}

static int prog_add(void *ctx)
{
	struct simulator *sim = simulator_of_ctx(ctx);
	unsigned char *value = pca_map_lookup_elem(sim->map, &sim->call.key);

	sim->call.is_null = !value;
	if (value)
		++*value;
	return 0;
}

static long add_first_byte(struct pca_map_ref *map, const void *key, void *value, void *arg)
{
	struct trace_call *call = arg;

	(void)map;
	call->sum += *(const unsigned char *)value;
	call->calls++;
	return *(const uint32_t *)key == call->stop_key;
}

static int prog_for_each(void *ctx)
{
	struct simulator *sim = simulator_of_ctx(ctx);
	struct trace_call *call = &sim->call;

	call->hret = (uint64_t)pca_for_each_map_elem(sim->map, add_first_byte, call, call->flags);
	return 0;
}

static const struct {
	pca_prog_fn fn;
	uint32_t helper, access;
	bool reads_whole; /* call->bytes of the value, else its first */
} programs[] = {
	[PROGRAM_UPDATE] = { prog_update, BPF_FUNC_map_update_elem, 0, false },
	[PROGRAM_DELETE] = { prog_delete, BPF_FUNC_map_delete_elem, 0, false },
	[PROGRAM_LOOKUP] = { prog_lookup, BPF_FUNC_map_lookup_elem, PCA_READ, true },
	[PROGRAM_ADD] = { prog_add, BPF_FUNC_map_lookup_elem, PCA_READ | PCA_WRITE, false },
	[PROGRAM_LOOKUP_PERCPU] = { prog_lookup_percpu, MAP_LOOKUP_PERCPU_ELEM, PCA_READ, true },
	[PROGRAM_FOR_EACH] = { prog_for_each, BPF_FUNC_for_each_map_elem, PCA_READ, false },
};

/* What the verifier says of a value that is longer than the one to update from. */
static int check_update(struct simulator *sim, int map_fd)
{
	struct pca_map_ref *map;
	int err = pca_map_get(sim->task, map_fd, &map);

	if (err)
		return err;
	err = pca_map_value_size(map) > sizeof(sim->call.value) ? -EACCES : 0;
	pca_map_put(map);
	return err;
}

static int simulator_load(struct trace_target *target, enum trace_program program, int map_fd)
{
	struct simulator *sim = simulator_of(target);
	struct pca_map_use use = {
		.map_fd = map_fd,
		.helper = programs[program].helper,
		.access = programs[program].access,
		.bytes = programs[program].reads_whole ? sim->call.bytes : 1,
	};
	char log[256];
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = programs[program].fn,
		.uses = &use,
		.nr_uses = 1,
		.ctx_bytes = sizeof(uint64_t),
		.log = log,
		.log_size = sizeof(log),
	};
	int fd = pca_prog_load(sim->task, &opts);
	int err = fd >= 0 && program == PROGRAM_UPDATE ? check_update(sim, map_fd) : 0;

	if (err)
		pca_close(sim->task, fd);
	return err ? err : fd;
}

static long simulator_run(struct trace_target *target, int prog_fd, int map_fd, uint32_t cpu)
{
	struct simulator *sim = simulator_of(target);
	uint64_t args[1] = { (uintptr_t)sim };
	struct test_attr attr = {
		.prog_fd = prog_fd,
		.ctx_in = (uintptr_t)args,
		.ctx_size_in = sizeof(args),
		.flags = BPF_F_TEST_RUN_ON_CPU,
		.cpu = cpu,
	};
	long err = pca_map_get(sim->task, map_fd, &sim->map);

	if (err)
		return err;
	err = pca_bpf(sim->task, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	pca_map_put(sim->map);
	return err;
}

static long simulator_bpf(struct trace_target *target, int cmd, void *attr, uint32_t size)
{
	return pca_bpf(simulator_of(target)->task, cmd, attr, size);
}

static long simulator_bpf_common(struct trace_target *target, int cmd, void *attr, uint32_t size,
				 void *common, uint32_t common_size)
{
	return pca_bpf_common(simulator_of(target)->task, cmd, attr, size, common, common_size);
}

static int simulator_close(struct trace_target *target, int fd)
{
	return pca_close(simulator_of(target)->task, fd);
}

static int simulator_dup(struct trace_target *target, int fd)
{
	return pca_dup(simulator_of(target)->task, fd, 0);
}

static int simulator_unlink(struct trace_target *target, const char *path)
{
	return pca_unlink(simulator_of(target)->task, path);
}

static void simulator_destroy(struct trace_target *target)
{
	struct simulator *sim = simulator_of(target);

	pca_task_destroy(sim->task);
	pca_machine_destroy(sim->machine);
	free(sim);
}

static int simulator_drop_caps(struct trace_target *target, uint64_t caps)
{
	task_drop_caps(simulator_of(target)->task, caps);
	return 0;
}

static const struct trace_target_ops simulator_ops = {
	.bpf = simulator_bpf,
	.bpf_common = simulator_bpf_common,
	.close = simulator_close,
	.dup = simulator_dup,
	.unlink = simulator_unlink,
	.load = simulator_load,
	.run = simulator_run,
	.destroy = simulator_destroy,
	.drop_caps = simulator_drop_caps,
};

int trace_target_simulator(struct trace_target **target, const struct trace_header *header,
			   const char *release)
{
	struct simulator *sim = calloc(1, sizeof(*sim));
	char possible[32], online[32];
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = possible,
		.online = online,
		.release = release,
		.run_mode = PCA_INLINE,
		.no_hints = true, /* traces make mistakes on purpose */
	};
	struct pca_task_opts task_opts = {
		.size = sizeof(task_opts),
		.memory = PCA_CHECKED,
		.max_fds = MOST_FDS,
	};
	int err;

	if (!sim)
		return -ENOMEM;
	sim->target = (struct trace_target){ &simulator_ops, &sim->call };
	snprintf(possible, sizeof(possible), "0-%u", header->possible_cpus - 1);
	snprintf(online, sizeof(online), "0-%u", header->online_cpus - 1);
	err = pca_machine_create(&sim->machine, &opts);
	if (!err) {
		machine_warn_of_release(sim->machine->release);
		err = pca_task_create(&sim->task, sim->machine, &task_opts);
	}
	if (err)
		simulator_destroy(&sim->target);
	else
		*target = &sim->target;
	return err;
}
