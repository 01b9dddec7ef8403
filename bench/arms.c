// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "arms.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>

#include "host.h"
#include "programs.h"

/* Where commands put and find values: room for the largest batch. */
static uint64_t values[ARM_BUFFER_BYTES / VALUE_BYTES];
static uint32_t keys[MOST_BATCH];

void arms_init(void)
{
	memset(values, 1, sizeof(values));
}

int arm_take(const struct arm *arm, struct samples *samples)
{
	long before = host_preemptions();
	double ns = arm->sample(arm);

	if (ns < 0)
		return -1;
	if (isnan(ns) || (!arm->waits && host_preemptions() != before))
		samples->nr_dropped++;
	else
		samples->ns[samples->nr++] = ns;
	return 0;
}

static double per_op(uint64_t start, uint64_t nr_ops)
{
	return (double)(now_ns() - start) / (double)nr_ops;
}

/* Programs: nr_ops runs of nr_keys accesses, timed by the side that runs them. */
double sample_runs(const struct arm *arm)
{
	long ns = side_test_run(arm->side, arm->fd, arm->nr_ops);

	return ns < 0 ? -1 : (double)ns / arm->nr_keys;
}

/* The same timed from outside, for runs of a few ns: the duration is an integer. */
double sample_short_runs(const struct arm *arm)
{
	uint64_t start = now_ns();

	return side_test_run(arm->side, arm->fd, arm->nr_ops) < 0 ? -1 : per_op(start, arm->nr_ops);
}

double sample_run_on(const struct arm *arm)
{
	struct pca_prog *prog = arm->memory;
	uint64_t start = now_ns();

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		if (pca_run_on(prog, arm->nr_keys, NULL, NULL))
			return -1;
	}
	return per_op(start, arm->nr_ops);
}

/* No RCU, no claim: the function behind the program, called in a run by decree. */
double sample_bare_calls(const struct arm *arm)
{
	const struct access_loop loop = { .nr_accesses = SHORT_LOOP };
	pca_prog_fn volatile fn = program_fn(&loop);
	const struct pca_this_cpu outside = pca_this_cpu;
	uint64_t start = now_ns();

	pca_this_cpu = (struct pca_this_cpu){ 0 };
	for (uint32_t i = 0; i < arm->nr_ops; i++)
		fn(NULL);
	pca_this_cpu = outside;
	return per_op(start, arm->nr_ops);
}

double sample_run_on_cpu(const struct arm *arm)
{
	uint64_t start = now_ns();

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		if (side_test_run_on_cpu(arm->side, arm->fd, arm->nr_keys))
			return -1;
	}
	return per_op(start, arm->nr_ops);
}

/* LOOKUP_ELEM and UPDATE_ELEM of keys in order; bytes: of the attr. */
double sample_elem(const struct arm *arm)
{
	const struct side side = *arm->side;
	uint32_t key = 0;
	union bpf_attr attr = {
		.map_fd = (uint32_t)arm->fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)values,
	};
	const uint32_t attr_bytes = (uint32_t)arm->bytes;
	uint64_t start = now_ns();

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		key = i % arm->nr_keys;
		if (side_bpf(&side, arm->cmd, &attr, attr_bytes))
			return -1;
	}
	return per_op(start, arm->nr_ops);
}

/* LOOKUP_BATCH of the first nr_keys elements; the time is an element's. */
double sample_batch(const struct arm *arm)
{
	const struct side side = *arm->side;
	uint64_t start = now_ns();
	uint32_t last;

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		union bpf_attr attr = {
			.batch.out_batch = (uintptr_t)&last,
			.batch.keys = (uintptr_t)keys,
			.batch.values = (uintptr_t)values,
			.batch.count = arm->nr_keys,
			.batch.map_fd = (uint32_t)arm->fd,
		};

		if (side_bpf(&side, BPF_MAP_LOOKUP_BATCH, &attr, ATTR_END(batch.flags)))
			return -1;
	}
	return per_op(start, (uint64_t)arm->nr_ops * arm->nr_keys);
}

/* A plain copy of as many bytes as a batch delivers; the time is an element's. */
double sample_memcpy(const struct arm *arm)
{
	uint64_t start = now_ns();

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		memcpy(values, arm->memory, arm->bytes * arm->nr_keys);
		__asm__ volatile("" ::: "memory");
	}
	return per_op(start, (uint64_t)arm->nr_ops * arm->nr_keys);
}

/* What a lookup would copy if slabs were a page-multiple apart: bytes of values per key. */
double sample_page_stride(const struct arm *arm)
{
	const size_t nr_cpus = arm->bytes / VALUE_BYTES;
	uint64_t start = now_ns();

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		const char *elem = (const char *)arm->memory + i % arm->nr_keys * VALUE_BYTES;

		for (size_t cpu = 0; cpu < nr_cpus; cpu++)
			values[cpu] = *(const volatile uint64_t *)(elem + cpu * PAGE_BYTES);
	}
	return per_op(start, arm->nr_ops);
}

double sample_map_create(const struct arm *arm)
{
	uint64_t ns = 0;

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		uint64_t start = now_ns();
		int fd = side_map_create(arm->side, BPF_MAP_TYPE_PERCPU_ARRAY, (uint32_t)arm->bytes,
					 arm->nr_keys);

		ns += now_ns() - start;
		if (fd < 0)
			return -1;
		side_close(arm->side, fd);
	}
	return (double)ns / arm->nr_ops;
}

double sample_machine_create(const struct arm *arm)
{
	const struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.topology = arm->memory,
	};
	uint64_t ns = 0;

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		struct pca_machine *machine;
		uint64_t start = now_ns();

		if (pca_machine_create(&machine, &opts))
			return -1;
		ns += now_ns() - start;
		pca_machine_destroy(machine);
	}
	return (double)ns / arm->nr_ops;
}

static int do_nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

/* What a small test leaves behind: a map, a program that uses it, a pin, two fds. */
static int leave_objects(struct pca_task *task)
{
	int fd = pca_map_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, VALUE_BYTES, 1, 0);
	const struct pca_map_use use = { .map_fd = fd, .helper = BPF_FUNC_map_lookup_elem };
	const struct pca_prog_load_opts load = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = do_nothing,
		.uses = &use,
		.nr_uses = 1,
	};
	union bpf_attr pin = {
		.pathname = (uintptr_t) "/sys/fs/bpf/map",
		.bpf_fd = (uint32_t)fd,
	};

	if (fd < 0 || pca_prog_load(task, &load) < 0)
		return -1;
	return pca_bpf(task, BPF_OBJ_PIN, &pin, ATTR_END(file_flags)) ? -1 : 0;
}

double sample_machine_reset(const struct arm *arm)
{
	struct pca_machine *machine = pca_task_machine(arm->side->task);
	uint64_t ns = 0;

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		if (leave_objects(arm->side->task))
			return -1;
		uint64_t start = now_ns();

		if (pca_machine_reset(machine))
			return -1;
		ns += now_ns() - start;
	}
	return (double)ns / arm->nr_ops;
}

/* What a reset spares: the same machine destroyed, and a new one with a task created. */
double sample_machine_anew(const struct arm *arm)
{
	const struct pca_machine_opts opts = { .size = sizeof(opts), .topology = arm->memory };
	struct pca_machine *machine;
	struct pca_task *task;
	uint64_t ns = 0;

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		if (pca_machine_create(&machine, &opts))
			return -1;
		if (pca_task_create(&task, machine, NULL) || leave_objects(task))
			return -1;
		uint64_t start = now_ns();

		pca_task_destroy(task);
		pca_machine_destroy(machine);
		if (pca_machine_create(&machine, &opts) || pca_task_create(&task, machine, NULL))
			return -1;
		ns += now_ns() - start;
		pca_machine_destroy(machine);
	}
	return (double)ns / arm->nr_ops;
}

void *touched_memory(size_t bytes)
{
	void *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memset(memory, 1, bytes);
}

int touched_map(const struct side *side)
{
	int fd = side_map_create(side, BPF_MAP_TYPE_PERCPU_ARRAY, VALUE_BYTES, MOST_BATCH);

	for (uint32_t key = 0; fd >= 0 && key < MOST_BATCH; key++) {
		if (pca_map_update(side->task, fd, &key, values, sizeof(values), BPF_ANY))
			return -1;
	}
	return fd;
}
