// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sim/gather.h"
#include "kernel.h"

#define VALUE_BYTES sizeof(uint64_t)
#define MOST_CPUS 512	      /* that a row simulates, but for the last */
#define MOST_BATCH 256	      /* elements */
#define CREATED_ENTRIES 65536 /* of the maps that rows create */
#define PAGE_BYTES 4096

/* Where commands put and find values: room for the largest batch. */
static uint64_t values[MOST_BATCH * MOST_CPUS];
static uint32_t keys[MOST_BATCH];

static double per_op(uint64_t start, uint64_t nr_ops)
{
	return (double)(now_ns() - start) / (double)nr_ops;
}

/* Programs: nr_ops runs of nr_keys accesses, timed by the side that runs them. */
static double sample_runs(const struct arm *arm)
{
	long ns = side_test_run(arm->side, arm->fd, arm->nr_ops);

	return ns < 0 ? -1 : (double)ns / arm->nr_keys;
}

/* The same timed from outside, for runs of a few ns: the duration is an integer. */
static double sample_short_runs(const struct arm *arm)
{
	uint64_t start = now_ns();

	return side_test_run(arm->side, arm->fd, arm->nr_ops) < 0 ? -1 : per_op(start, arm->nr_ops);
}

static double sample_run_on(const struct arm *arm)
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
static double sample_bare_calls(const struct arm *arm)
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

static double sample_run_on_cpu(const struct arm *arm)
{
	uint64_t start = now_ns();

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		if (side_test_run_on_cpu(arm->side, arm->fd, arm->nr_keys))
			return -1;
	}
	return per_op(start, arm->nr_ops);
}

/* LOOKUP_ELEM and UPDATE_ELEM of keys in order; bytes: of the attr. */
static double sample_elem(const struct arm *arm)
{
	const struct side side = *arm->side;
	uint32_t key = 0;
	union bpf_attr attr = {
		.map_fd = (uint32_t)arm->fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)values,
	};
	const uint32_t attr_bytes = (uint32_t)arm->bytes, nr_keys = arm->nr_keys;
	uint64_t start = now_ns();

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		if (side_bpf(&side, arm->cmd, &attr, attr_bytes))
			return -1;
		key = key + 1 < nr_keys ? key + 1 : 0; /* a division would take a part of ours */
	}
	return per_op(start, arm->nr_ops);
}

/* LOOKUP_BATCH of the first nr_keys elements; the time is an element's. */
static double sample_batch(const struct arm *arm)
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
static double sample_memcpy(const struct arm *arm)
{
	uint64_t start = now_ns();

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		memcpy(values, arm->memory, arm->bytes * arm->nr_keys);
		__asm__ volatile("" ::: "memory");
	}
	return per_op(start, (uint64_t)arm->nr_ops * arm->nr_keys);
}

/* What a lookup would copy if slabs were a page-multiple apart: bytes of values per key. */
static double sample_page_stride(const struct arm *arm)
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

static double sample_map_create(const struct arm *arm)
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

static double sample_machine_create(const struct arm *arm)
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

static double sample_machine_reset(const struct arm *arm)
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
static double sample_machine_anew(const struct arm *arm)
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

static const struct side kernel_side = { .task = NULL };

/* A flat machine with that many CPUs. */
static int make_side_of(struct side *side, uint32_t nr_cpus)
{
	char topology[32];

	snprintf(topology, sizeof(topology), "pu:%u", nr_cpus);
	return side_make(side, topology, PCA_INLINE);
}

/*
 * Everything below adds rows. An arm whose fd is negative could not be made, which
 * check_arms() finds.
 */
struct row *row_add(struct matrix *matrix, const char *name, const char *note)
{
	struct row *row = &matrix->rows[matrix->nr_rows++];

	*row = (struct row){ .name = name, .note = note };
	return row;
}

/* With a bar for the ratio, and a goal. */
static struct row *add(struct matrix *matrix, const char *name, const char *note, double bar,
		       double goal)
{
	struct row *row = row_add(matrix, name, note);

	row->bar = bar;
	row->goal = goal;
	return row;
}

static struct arm long_runs(const char *name, const struct side *side, int fd)
{
	return (struct arm){ .name = name,
			     .sample = sample_runs,
			     .side = side,
			     .fd = fd,
			     .nr_ops = 32,
			     .nr_keys = LONG_LOOP };
}

static struct arm kernel_runs(const struct matrix *matrix, const struct access_loop *loop)
{
	if (matrix->kernel_err)
		return (struct arm){ 0 };
	return long_runs("Linux", &kernel_side, kernel_load(loop, BPF_PROG_TYPE_SOCKET_FILTER));
}

static void add_lookup_rows(struct matrix *matrix, const struct side *side)
{
	const struct access_loop in_order = { .nr_accesses = LONG_LOOP };
	const struct access_loop at_random = { .is_random = true, .nr_accesses = LONG_LOOP };
	struct arm ours[2] = {
		long_runs("pcasim", side,
			  program_load(side, &in_order, BPF_PROG_TYPE_SOCKET_FILTER)),
		long_runs("pcasim", side,
			  program_load(side, &at_random, BPF_PROG_TYPE_SOCKET_FILTER)),
	};
	struct row *row;

	row = add(matrix, "lookup + increment", "256 keys in order", 2.5, 2.5);
	row->ours = ours[0];
	row->theirs = long_runs("limit", side, program_load_limit(side, &in_order));
	row = add(matrix, "lookup + increment", "65536 keys, random", 2.5, 2.5);
	row->ours = ours[1];
	row->theirs = long_runs("limit", side, program_load_limit(side, &at_random));
	row = add(matrix, "lookup + increment", "256 keys in order", 1.2, 1);
	row->ours = ours[0];
	row->theirs = kernel_runs(matrix, &in_order);
	row = add(matrix, "lookup + increment", "65536 keys, random", 1.2, 1);
	row->ours = ours[1];
	row->theirs = kernel_runs(matrix, &at_random);
}

static void add_update_row(struct matrix *matrix, const struct side *side,
			   const struct access_loop *loop, const char *note)
{
	struct row *row = row_add(matrix, "update helper", note);

	row->ours =
		long_runs("pcasim", side, program_load(side, loop, BPF_PROG_TYPE_SOCKET_FILTER));
	row->theirs = kernel_runs(matrix, loop);
	row->ours.nr_ops = row->theirs.nr_ops = 4; /* an access takes longer than a lookup */
}

static void add_update_rows(struct matrix *matrix, const struct side *side)
{
	const struct access_loop in_order = { .is_update = true, .nr_accesses = LONG_LOOP };
	const struct access_loop at_random = { true, true, LONG_LOOP };

	add_update_row(matrix, side, &in_order, "256 keys in order");
	add_update_row(matrix, side, &at_random, "65536 keys, random");
}

/* Runs of four accesses: by TEST_RUN (RCU), by pca_run_on() (RCU and claim), called. */
static void add_run_rows(struct matrix *matrix, const struct side *side)
{
	const struct access_loop loop = { .nr_accesses = SHORT_LOOP };
	int fd = program_load(side, &loop, BPF_PROG_TYPE_SOCKET_FILTER);
	struct arm repeated = {
		.name = "pcasim",
		.sample = sample_short_runs,
		.side = side,
		.fd = fd,
		.nr_ops = 50000,
	};
	struct arm called = { .name = "bare call", .sample = sample_bare_calls, .nr_ops = 50000 };
	struct arm run_on = {
		.name = "pcasim",
		.sample = sample_run_on,
		.nr_ops = 50000,
		.nr_keys = (uint32_t)pca_cpu_id(pca_task_machine(side->task), 0),
	};
	struct pca_prog *prog = NULL;
	struct row *row;

	if (pca_prog_get(side->task, fd, &prog))
		run_on.fd = -1;
	run_on.memory = prog;
	row = add(matrix, "run of 4 accesses", "with RCU", 0, 1.35);
	row->ours = repeated;
	row->theirs = called;
	row = row_add(matrix, "run of 4 accesses", "pca_run_on(), RCU and claim");
	row->ours = run_on;
	row->theirs = called;
	row = row_add(matrix, "run of 4 accesses", "repeated by TEST_RUN");
	row->ours = repeated;
	if (matrix->kernel_err)
		return;
	row->theirs = repeated;
	row->theirs.name = "Linux";
	row->theirs.side = &kernel_side;
	row->theirs.fd = kernel_load(&loop, BPF_PROG_TYPE_SOCKET_FILTER);
}

/* An empty program, run on a CPU by TEST_RUN: a worker here, an interrupt in Linux. */
static void add_hand_off_row(struct matrix *matrix, const struct side *workers, int cpu,
			     const char *note)
{
	const struct access_loop loop = { .nr_accesses = 0 };
	struct arm arm = {
		.name = "pcasim",
		.sample = sample_run_on_cpu,
		.waits = true,
		.side = workers,
		.fd = program_load(workers, &loop, BPF_PROG_TYPE_RAW_TRACEPOINT),
		.nr_ops = 64,
		.nr_keys = (uint32_t)cpu,
	};
	struct row *row;

	if (cpu < 0)
		return;
	row = row_add(matrix, "hand-off to a CPU's worker", note);
	row->ours = arm;
	/* The first of a sample wakes a worker that slept meanwhile: many, so as not to count. */
	row->ours.nr_ops *= cpu == matrix->cpus.here ? 1 : 32;
	if (matrix->kernel_err)
		return;
	row->theirs = arm;
	row->theirs.name = "Linux";
	row->theirs.side = &kernel_side;
	row->theirs.fd = kernel_load(&loop, BPF_PROG_TYPE_RAW_TRACEPOINT);
}

/* Both sides' arms of a command on a map of 256 values; ours takes shorter, so more of them. */
static void add_command_row(struct matrix *matrix, const struct side *side, const char *name,
			    const char *note, const struct arm *arm)
{
	struct row *row = add(matrix, name, note, 1.0 / 50, 1.0 / 150);

	row->ours = *arm;
	row->ours.name = "pcasim";
	row->ours.side = side;
	row->ours.nr_ops *= 32;
	row->ours.fd = side_map_create(side, BPF_MAP_TYPE_PERCPU_ARRAY, VALUE_BYTES, MOST_BATCH);
	if (matrix->kernel_err)
		return;
	row->theirs = *arm;
	row->theirs.name = "Linux";
	row->theirs.side = &kernel_side;
	row->theirs.fd =
		side_map_create(&kernel_side, BPF_MAP_TYPE_PERCPU_ARRAY, VALUE_BYTES, MOST_BATCH);
}

static void add_command_rows(struct matrix *matrix, const struct side *side)
{
	struct arm lookup = {
		.sample = sample_elem,
		.cmd = BPF_MAP_LOOKUP_ELEM,
		.nr_ops = 256,
		.nr_keys = 256,
		.bytes = ATTR_END(flags),
	};
	struct arm update = lookup;
	struct arm batch = { .sample = sample_batch, .nr_ops = 8, .nr_keys = 64 };

	update.cmd = BPF_MAP_UPDATE_ELEM;
	add_command_row(matrix, side, "LOOKUP_ELEM", "8-byte values", &lookup);
	add_command_row(matrix, side, "UPDATE_ELEM", "8-byte values", &update);
	lookup.bytes = sizeof(union bpf_attr);
	add_command_row(matrix, side, "LOOKUP_ELEM", "with a whole union bpf_attr", &lookup);
	add_command_row(matrix, side, "LOOKUP_BATCH, an element", "batches of 64", &batch);
	batch.nr_ops = 2;
	batch.nr_keys = 256;
	add_command_row(matrix, side, "LOOKUP_BATCH, an element", "batches of 256", &batch);
}

/* A map of 256 values whose pages are all there. */
static int touched_map(const struct side *side)
{
	int fd = side_map_create(side, BPF_MAP_TYPE_PERCPU_ARRAY, VALUE_BYTES, MOST_BATCH);

	for (uint32_t key = 0; fd >= 0 && key < MOST_BATCH; key++) {
		if (pca_map_update(side->task, fd, &key, values, sizeof(values), BPF_ANY))
			return -1;
	}
	return fd;
}

/* What a batch may take of memcpy()'s time: vectors transpose better. */
static double gather_bar(void)
{
	return gather_ways[1].name && gather_ways[1].works() ? 1.5 : 3.5;
}

/* How lookups grow with the number of CPUs, beside a layout that collides in caches. */
static int add_gather_rows(struct matrix *matrix, struct side *side, uint32_t nr_cpus,
			   const char *notes[2])
{
	struct arm lookup = {
		.name = "pcasim",
		.sample = sample_elem,
		.side = side,
		.cmd = BPF_MAP_LOOKUP_ELEM,
		.nr_ops = 2048,
		.nr_keys = MOST_BATCH,
		.bytes = ATTR_END(flags),
	};
	struct arm plain = {
		.name = "page stride",
		.sample = sample_page_stride,
		.nr_ops = 512,
		.nr_keys = MOST_BATCH,
		.memory = host_touched_memory((size_t)nr_cpus * PAGE_BYTES),
		.bytes = nr_cpus * VALUE_BYTES,
	};
	struct arm batch = {
		.name = "pcasim",
		.sample = sample_batch,
		.side = side,
		.nr_ops = 2,
		.nr_keys = MOST_BATCH,
	};
	struct arm copy = plain;
	struct row *row;

	if (!plain.memory || make_side_of(side, nr_cpus))
		return -1;
	lookup.fd = batch.fd = touched_map(side);
	row = add(matrix, "LOOKUP_ELEM", notes[0], 0, 1.0 / 3);
	row->ours = lookup;
	row->theirs = plain;
	copy.name = "memcpy()";
	copy.sample = sample_memcpy;
	copy.nr_ops = 4;
	copy.memory = host_touched_memory(sizeof(values));
	if (!copy.memory)
		return -1;
	row = add(matrix, "LOOKUP_BATCH, an element", notes[1], gather_bar(), gather_bar());
	row->ours = batch;
	row->theirs = copy;
	return 0;
}

/* The goal of a reset is 10 us, however busy the host. */
static void add_reset_row(struct matrix *matrix, const struct side *side, char *topology)
{
	struct row *row = row_add(matrix, "machine reset", "4 CPUs, map, program, pin");

	row->goal_ns = 10e3;
	row->ours = (struct arm){
		.name = "pcasim",
		.sample = sample_machine_reset,
		.waits = true,
		.side = side,
		.nr_ops = 64,
	};
	row->theirs = (struct arm){
		.name = "anew",
		.sample = sample_machine_anew,
		.waits = true,
		.nr_ops = 1,
		.memory = topology,
	};
}

static void add_creation_rows(struct matrix *matrix, const struct side *side)
{
	static char largest[] = "pack:16 numa:1 core:128 pu:2";
	struct arm create = {
		.name = "pcasim",
		.sample = sample_map_create,
		.waits = true,
		.side = side,
		.nr_ops = 8,
		.nr_keys = CREATED_ENTRIES,
		.bytes = VALUE_BYTES,
	};
	struct arm machine = {
		.name = "pcasim", .sample = sample_machine_create, .waits = true, .nr_ops = 1
	};
	struct row *row = row_add(matrix, "map creation", "65536 x 8 bytes");

	row->ours = create;
	row->goal_ns = 100e3;
	if (!matrix->kernel_err) {
		row->theirs = create;
		row->theirs.name = "Linux";
		row->theirs.side = &kernel_side;
		row->theirs.nr_ops = 1;
	}
	row = row_add(matrix, "map creation", "65536 x 32 KiB");
	row->ours = create;
	row->ours.bytes = 32768;
	row->goal_ns = 100e3;
	row = row_add(matrix, "machine creation", "this host's CPUs");
	row->ours = machine;
	row = row_add(matrix, "machine creation", "4096 CPUs");
	row->ours = machine;
	row->ours.memory = largest;
}

/* How much memory of this process a new map takes: the average of a few. */
static uint64_t map_rss_bytes(const struct side *side)
{
	enum { NR = 64 };
	int fds[NR];
	uint64_t before = host_rss_bytes();

	for (int i = 0; i < NR; i++)
		fds[i] = side_map_create(side, BPF_MAP_TYPE_PERCPU_ARRAY, VALUE_BYTES,
					 CREATED_ENTRIES);
	uint64_t after = host_rss_bytes();

	for (int i = 0; i < NR; i++)
		side_close(side, fds[i]);
	return after > before ? (after - before) / NR : 0;
}

static int check_arms(const struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->nr_rows; i++) {
		const struct row *row = &matrix->rows[i];

		if (row->ours.fd >= 0 && row->theirs.fd >= 0)
			continue;
		fprintf(stderr, "hotpath: %s, %s: %s's map or program cannot be made\n", row->name,
			row->note, row->ours.fd < 0 ? row->ours.name : row->theirs.name);
		return -1;
	}
	return 0;
}

int matrix_init(struct matrix *matrix)
{
	static struct side host, workers, cpus64, cpus512, cpus4;
	static char four[] = "pu:4";
	uint32_t nr_cpus = host_possible_cpus();

	matrix->kernel_err = kernel_probe();
	/* The workers' machine before pinning: it places workers on CPUs that we may use. */
	if (nr_cpus > MOST_CPUS || side_make(&workers, NULL, PCA_WORKERS) ||
	    host_pin(&matrix->cpus) || make_side_of(&host, nr_cpus)) {
		fprintf(stderr, "hotpath: this host's %u CPUs cannot be simulated\n", nr_cpus);
		return -1;
	}
	memset(values, 1, sizeof(values));
	matrix->map_rss_bytes = map_rss_bytes(&host);
	add_lookup_rows(matrix, &host);
	add_command_rows(matrix, &host);
	add_update_rows(matrix, &host);
	add_run_rows(matrix, &host);
	add_hand_off_row(matrix, &workers, matrix->cpus.other, "another CPU");
	add_hand_off_row(matrix, &workers, matrix->cpus.here, "the caller's own CPU");
	if (add_gather_rows(matrix, &cpus64, 64,
			    (const char *[2]){ "64 CPUs", "64 CPUs, batches of 256" }) ||
	    add_gather_rows(matrix, &cpus512, 512,
			    (const char *[2]){ "512 CPUs", "512 CPUs, batches of 256" })) {
		fprintf(stderr, "hotpath: machines with 64 and 512 CPUs cannot be made\n");
		return -1;
	}
	add_creation_rows(matrix, &host);
	if (side_make(&cpus4, four, PCA_INLINE)) {
		fprintf(stderr, "hotpath: a machine with 4 CPUs cannot be made\n");
		return -1;
	}
	add_reset_row(matrix, &cpus4, four);
	if (add_gather_way_rows(matrix) || add_two_tasks_row(matrix, &host) ||
	    add_many_cpus_rows(matrix)) {
		fprintf(stderr, "hotpath: memory or machines of 4096 CPUs cannot be had\n");
		return -1;
	}
	return check_arms(matrix);
}
