// SPDX-License-Identifier: MIT
/*
 * The CPUs take turns: in each round every CPU does one access, in an order that is
 * drawn anew, since no machine keeps its CPUs in step. A quarter of the accesses goes
 * before those that are counted, and fills the caches.
 */
#include "model_run.h"

#include <errno.h>

#include "term.h"

#define ACCESSES_PER_PROGRESS 65536

const char *const workload_names[NR_LAYOUT_WORKLOADS] = {
	[LAYOUT_COUNT] = "count",
	[LAYOUT_HISTOGRAM] = "histogram",
	[LAYOUT_UPDATE] = "update",
	[LAYOUT_READ_SUM] = "read_sum",
};

struct run {
	const struct model_job *job;
	const struct layout *layout;
	struct model_memory memory;
	struct key_streams streams;
	uint64_t random; /* of the order */
	uint32_t line_shift;
	uint32_t written_bytes;
	uint16_t order[MODEL_MOST_CPUS];
	uint64_t accesses; /* so far */
	uint64_t summed[NR_MODEL_SOURCES];
};

uint32_t model_written_bytes(const struct model_job *job)
{
	if (job->workload == LAYOUT_UPDATE)
		return (uint32_t)layout_elem_bytes(&job->values);
	return LAYOUT_WORD_BYTES;
}

uint32_t model_nr_lines(const struct model_job *job, const struct layout *layout)
{
	uint64_t line_bytes = job->shape->line_bytes;
	uint64_t nr_lines = (layout->size_bytes(&job->values) + line_bytes - 1) / line_bytes;

	if (nr_lines >= NO_LINE - 1 ||
	    model_directory_bytes(job->shape, nr_lines) > MODEL_MOST_BYTES)
		return 0;
	return (uint32_t)nr_lines;
}

/* Has each CPU's copy pages of its own, or could have? Then it is on the CPU's node. */
static bool is_slab_per_cpu(const struct layout *layout)
{
	const struct layout_shape two = { .nr_cpus = 2, .nr_keys = 64, .value_bytes = 8 };

	return layout->sync == LAYOUT_OWN &&
	       layout->place(&two, 0, 63).value < layout->place(&two, 1, 0).value;
}

/* --- One CPU's turn --- */

static void write_value(struct run *run, uint32_t cpu, uint64_t offset)
{
	uint64_t last = (offset + run->written_bytes - 1) >> run->line_shift;

	for (uint64_t line = offset >> run->line_shift; line <= last; line++)
		model_access(&run->memory, cpu, (uint32_t)line, true);
}

static void touch(struct run *run, uint32_t cpu, uint64_t offset, bool is_write)
{
	if (offset != LAYOUT_NONE)
		model_access(&run->memory, cpu, (uint32_t)(offset >> run->line_shift), is_write);
}

static uint32_t next_key(struct run *run, uint32_t cpu)
{
	uint32_t next = streams_next(&run->streams, cpu);

	if (run->job->workload == LAYOUT_HISTOGRAM)
		return layout_bucket(next, run->job->values.nr_keys);
	return next;
}

static void write_key(struct run *run, uint32_t cpu)
{
	uint32_t key = next_key(run, cpu);
	struct layout_place place = run->layout->place(&run->job->values, cpu, key);

	touch(run, cpu, place.pointer, false);
	touch(run, cpu, place.lock, true);
	write_value(run, cpu, place.value);
	run->accesses++;
}

/* All copies of a key, one after the other, as a command does that looks it up. */
static void sum_key(struct run *run, uint32_t cpu)
{
	const struct layout_shape *values = &run->job->values;
	uint32_t nr_copies = run->layout->sync == LAYOUT_OWN ? values->nr_cpus : 1;
	uint32_t key = next_key(run, cpu);

	for (uint32_t copy = 0; copy < nr_copies; copy++) {
		struct layout_place place = run->layout->place(values, copy, key);
		uint32_t line = (uint32_t)(place.value >> run->line_shift);

		if (!copy) {
			touch(run, cpu, place.pointer, false);
			touch(run, cpu, place.lock, true);
		}
		run->summed[model_access(&run->memory, cpu, line, false)]++;
	}
	run->accesses += nr_copies;
}

/* --- Rounds --- */

static void shuffle(struct run *run)
{
	for (uint32_t i = run->job->values.nr_cpus; i > 1; i--) {
		uint32_t j = random_below(&run->random, i);
		uint16_t cpu = run->order[i - 1];

		run->order[i - 1] = run->order[j];
		run->order[j] = cpu;
	}
}

static void do_round(struct run *run)
{
	bool has_reader = run->job->workload == LAYOUT_READ_SUM;

	shuffle(run);
	for (uint32_t i = 0; i < run->job->values.nr_cpus; i++) {
		uint32_t cpu = run->order[i];

		if (has_reader && !cpu)
			sum_key(run, cpu);
		else
			write_key(run, cpu);
	}
}

static void do_accesses(struct run *run, uint64_t nr, uint64_t done, uint64_t all)
{
	uint64_t shown = 0;

	run->accesses = 0;
	while (run->accesses < nr) {
		if (run->accesses >= shown) {
			progress_show(run->layout->name,
				      (double)(done + run->accesses) / (double)all);
			shown = run->accesses + ACCESSES_PER_PROGRESS;
		}
		do_round(run);
	}
}

static int prepare(struct run *run, uint32_t nr_lines)
{
	const struct model_job *job = run->job;
	const struct model_options options = {
		.has_prefetch = job->has_prefetch,
		.homes_by_line = is_slab_per_cpu(run->layout),
		.nr_lines = nr_lines,
	};
	int err = model_memory_create(&run->memory, job->shape, &options);

	if (err)
		return err;
	err = streams_create(&run->streams, job->stream, job->workload == LAYOUT_HISTOGRAM,
			     &job->values, job->seed);
	if (err)
		model_memory_destroy(&run->memory);
	for (uint32_t cpu = 0; cpu < job->values.nr_cpus; cpu++)
		run->order[cpu] = (uint16_t)cpu;
	return err;
}

int model_run(const struct model_job *job, const struct layout *layout, struct model_result *result)
{
	struct run run = {
		.job = job,
		.layout = layout,
		.random = job->seed,
		.line_shift = (uint32_t)__builtin_ctz(job->shape->line_bytes),
		.written_bytes = model_written_bytes(job),
	};
	uint32_t nr_lines = model_nr_lines(job, layout);
	uint64_t before = job->accesses / 4;
	int err = nr_lines ? prepare(&run, nr_lines) : -E2BIG;

	if (err)
		return err;
	*result = (struct model_result){ .layout = layout };
	model_take_facts(job, layout, &result->facts);
	do_accesses(&run, before, 0, before + job->accesses);
	run.memory.counts = (struct model_counts){ 0 };
	for (int i = 0; i < NR_MODEL_SOURCES; i++)
		run.summed[i] = 0;
	do_accesses(&run, job->accesses, before, before + job->accesses);
	result->counts = run.memory.counts;
	result->accesses = run.accesses;
	for (int i = 0; i < NR_MODEL_SOURCES; i++)
		result->summed[i] = run.summed[i];
	streams_destroy(&run.streams);
	model_memory_destroy(&run.memory);
	return 0;
}
