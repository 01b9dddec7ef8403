// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define CREATED_ENTRIES 65536 /* of the maps that rows create */

/*
 * Everything below adds rows. An arm whose fd is negative could not be made, which
 * check_arms() finds.
 */
static struct row *add(struct matrix *matrix, const char *name, const char *note, double bar)
{
	struct row *row = &matrix->rows[matrix->nr_rows++];

	*row = (struct row){ .name = name, .note = note, .bar = bar };
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
	return long_runs("Linux", &side_kernel, kernel_load(loop, BPF_PROG_TYPE_SOCKET_FILTER));
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

	row = add(matrix, "lookup + increment", "256 keys in order", 2.5);
	row->ours = ours[0];
	row->theirs = long_runs("limit", side, program_load_limit(side, &in_order));
	row = add(matrix, "lookup + increment", "65536 keys, random", 2.5);
	row->ours = ours[1];
	row->theirs = long_runs("limit", side, program_load_limit(side, &at_random));
	row = add(matrix, "lookup + increment", "256 keys in order", 1.2);
	row->ours = ours[0];
	row->theirs = kernel_runs(matrix, &in_order);
	row = add(matrix, "lookup + increment", "65536 keys, random", 1.2);
	row->ours = ours[1];
	row->theirs = kernel_runs(matrix, &at_random);
}

static void add_update_row(struct matrix *matrix, const struct side *side,
			   const struct access_loop *loop, const char *note)
{
	struct row *row = add(matrix, "update helper", note, 0);

	row->ours =
		long_runs("pcasim", side, program_load(side, loop, BPF_PROG_TYPE_SOCKET_FILTER));
	row->theirs = kernel_runs(matrix, loop);
	row->ours.nr_ops = row->theirs.nr_ops = 4; /* an access takes longer than a lookup */
}

static void add_update_rows(struct matrix *matrix, const struct side *side)
{
	const struct access_loop in_order = { .is_update = true, .nr_accesses = LONG_LOOP };
	const struct access_loop at_random = { .is_random = true,
					       .is_update = true,
					       .nr_accesses = LONG_LOOP };

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
	row = add(matrix, "run of 4 accesses", "with RCU", 0);
	row->ours = repeated;
	row->theirs = called;
	row = add(matrix, "run of 4 accesses", "pca_run_on(), RCU and claim", 0);
	row->ours = run_on;
	row->theirs = called;
	row = add(matrix, "run of 4 accesses", "repeated by TEST_RUN", 0);
	row->ours = repeated;
	if (matrix->kernel_err)
		return;
	row->theirs = repeated;
	row->theirs.name = "Linux";
	row->theirs.side = &side_kernel;
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
	row = add(matrix, "hand-off to a CPU's worker", note, 0);
	row->ours = arm;
	/* The first of a sample wakes a worker that slept meanwhile: many, so as not to count. */
	row->ours.nr_ops *= cpu == matrix->cpus.here ? 1 : 32;
	if (matrix->kernel_err)
		return;
	row->theirs = arm;
	row->theirs.name = "Linux";
	row->theirs.side = &side_kernel;
	row->theirs.fd = kernel_load(&loop, BPF_PROG_TYPE_RAW_TRACEPOINT);
}

/* Both sides' arms of a command on a map of 256 values; ours takes shorter, so more of them. */
static void add_command_row(struct matrix *matrix, const struct side *side, const char *name,
			    const char *note, const struct arm *arm)
{
	struct row *row = add(matrix, name, note, 1.0 / 50);

	row->ours = *arm;
	row->ours.name = "pcasim";
	row->ours.side = side;
	row->ours.nr_ops *= 32;
	row->ours.fd = side_map_create(side, BPF_MAP_TYPE_PERCPU_ARRAY, VALUE_BYTES, MOST_BATCH);
	if (matrix->kernel_err)
		return;
	row->theirs = *arm;
	row->theirs.name = "Linux";
	row->theirs.side = &side_kernel;
	row->theirs.fd =
		side_map_create(&side_kernel, BPF_MAP_TYPE_PERCPU_ARRAY, VALUE_BYTES, MOST_BATCH);
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
		.memory = touched_memory((size_t)nr_cpus * PAGE_BYTES),
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

	if (!plain.memory || side_make_of(side, nr_cpus))
		return -1;
	lookup.fd = batch.fd = touched_map(side);
	row = add(matrix, "LOOKUP_ELEM", notes[0], 0);
	row->ours = lookup;
	row->theirs = plain;
	copy.name = "memcpy()";
	copy.sample = sample_memcpy;
	copy.nr_ops = 4;
	copy.memory = touched_memory(ARM_BUFFER_BYTES);
	if (!copy.memory)
		return -1;
	row = add(matrix, "LOOKUP_BATCH, an element", notes[1], 0);
	row->ours = batch;
	row->theirs = copy;
	return 0;
}

/* The goal of a reset is 10 us, however busy the host. */
static void add_reset_row(struct matrix *matrix, const struct side *side, char *topology)
{
	struct row *row = add(matrix, "machine reset", "4 CPUs, a map, a program, a pin", 0);

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
	struct row *row = add(matrix, "map creation", "65536 x 8 bytes", 0);

	row->ours = create;
	if (!matrix->kernel_err) {
		row->theirs = create;
		row->theirs.name = "Linux";
		row->theirs.side = &side_kernel;
		row->theirs.nr_ops = 1;
	}
	row = add(matrix, "map creation", "65536 x 32 KiB", 0);
	row->ours = create;
	row->ours.bytes = 32768;
	row = add(matrix, "machine creation", "this host's CPUs", 0);
	row->ours = machine;
	row = add(matrix, "machine creation", "4096 CPUs", 0);
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
	    host_pin(&matrix->cpus) || side_make_of(&host, nr_cpus)) {
		fprintf(stderr, "hotpath: this host's %u CPUs cannot be simulated\n", nr_cpus);
		return -1;
	}
	arms_init();
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
	return check_arms(matrix);
}
