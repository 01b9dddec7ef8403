// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "layout_arm.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define OTHERS_ACCESSES 256	  /* between two looks at whether it is over */
#define MOST_WARM_UP_WORK 8000000 /* multiplications, of which an access costs some itself */
#define WORK_OF_ACCESS 20

struct layout_field {
	const struct layout *layout;
	struct layout_job job;
	char *memory;
	struct layout_view *views;
	struct layout_turn *turns;
	struct crew *crew;
};

uint32_t *layout_streams(const struct layout_job *job)
{
	uint32_t *streams = calloc(job->nr_threads, LAYOUT_STREAM_LENGTH * sizeof(*streams));
	int err = 0;

	for (uint32_t i = 0; streams && !err && i < job->nr_threads; i++) {
		uint32_t *stream = streams + (size_t)i * LAYOUT_STREAM_LENGTH;

		if (job->workload == LAYOUT_HISTOGRAM)
			stream_fill_data(stream, job->seed + i);
		else
			err = stream_fill(stream, job->stream, job->shape.nr_keys, job->seed + i);
	}
	if (err) {
		free(streams);
		streams = NULL;
	}
	return streams;
}

/* Accesses that take no longer than so many do without work. */
static uint32_t as_long_as(uint32_t nr_accesses, uint32_t work)
{
	uint32_t nr = nr_accesses / (1 + work / WORK_OF_ACCESS);

	return nr ? nr : 1;
}

static void fill_turns(struct layout_field *field, const uint32_t *streams)
{
	const struct layout_job *job = &field->job;
	uint32_t nr_copies = field->layout->sync == LAYOUT_OWN ? job->shape.nr_cpus : 1;

	for (uint32_t i = 0; i < nr_copies; i++)
		field->views[i] = field->layout->view(&job->shape, field->memory, i);
	for (uint32_t i = 0; i < job->nr_threads; i++) {
		field->turns[i] = (struct layout_turn){
			.views = field->views,
			.nr_copies = nr_copies,
			.cpu = i,
			.nr_keys = job->shape.nr_keys,
			.nr_words = (uint32_t)(layout_elem_bytes(&job->shape) / LAYOUT_WORD_BYTES),
			.stream = streams + (size_t)i * LAYOUT_STREAM_LENGTH,
			.nr_accesses = as_long_as(OTHERS_ACCESSES, job->work),
			.work = job->work,
		};
	}
}

/* Pages are there before anything is timed: a write to each. */
static void touch(char *memory, uint64_t size_bytes)
{
	for (uint64_t i = 0; i < size_bytes; i += LAYOUT_PAGE_BYTES)
		*(volatile char *)(memory + i) = 0;
}

int layout_field_create(struct layout_field **field, const struct layout *layout,
			const struct layout_job *job, const uint32_t *streams)
{
	uint64_t size_bytes = layout->size_bytes(&job->shape);
	struct layout_field *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->layout = layout;
	f->job = *job;
	f->views = calloc(job->shape.nr_cpus, sizeof(*f->views));
	f->turns = aligned_alloc(_Alignof(struct layout_turn), job->nr_threads * sizeof(*f->turns));
	f->memory =
		mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!f->views || !f->turns || f->memory == MAP_FAILED) {
		layout_field_destroy(f);
		return -ENOMEM;
	}
	/* Huge pages would come to the one layout and not to the other. */
	madvise(f->memory, size_bytes, MADV_NOHUGEPAGE);
	touch(f->memory, size_bytes);
	layout->prepare(&job->shape, f->memory);
	fill_turns(f, streams);
	*field = f;
	return 0;
}

void layout_field_destroy(struct layout_field *field)
{
	if (field->memory != MAP_FAILED)
		munmap(field->memory, field->layout->size_bytes(&field->job.shape));
	free(field->views);
	free(field->turns);
	free(field);
}

uint64_t layout_field_accesses(const struct layout_field *field)
{
	uint64_t nr = 0;

	for (uint32_t i = 0; i < field->job.nr_threads; i++)
		nr += field->turns[i].nr_done;
	return nr;
}

uint64_t layout_field_word(const struct layout_field *field, uint32_t cpu, uint32_t key,
			   uint32_t word)
{
	uint64_t value = field->layout->place(&field->job.shape, cpu, key).value, x;

	memcpy(&x, field->memory + value + word * sizeof(x), sizeof(x));
	return x;
}

static double sample_layout(const struct arm *arm)
{
	struct layout_field *field = arm->memory;
	enum layout_workload workload = field->job.workload;
	bool has_reader = workload == LAYOUT_READ_SUM;
	const struct crew_task task = {
		.first_loop = field->layout->loops[workload],
		.others_loop = field->layout->loops[has_reader ? LAYOUT_COUNT : workload],
		.turns = field->turns,
		.nr = field->job.nr_threads,
		.nr_warm_up = arm->nr_warm_up,
	};
	struct crew_result result;

	field->turns[0].nr_accesses = arm->nr_ops;
	result = crew_run(field->crew, &task);
	return result.is_disturbed ? NAN : result.ns;
}

uint32_t layout_warm_up(const struct layout_job *job)
{
	uint32_t most = MOST_WARM_UP_WORK / (job->work + WORK_OF_ACCESS);

	return job->shape.nr_keys < most ? job->shape.nr_keys : most;
}

struct arm layout_arm(struct layout_field *field, struct crew *crew)
{
	field->crew = crew;
	return (struct arm){
		.name = field->layout->name,
		.sample = sample_layout,
		.waits = true, /* crew_run() tells itself who lost a CPU when it mattered */
		.memory = field,
		.nr_warm_up = layout_warm_up(&field->job),
	};
}
