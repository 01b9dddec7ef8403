// SPDX-License-Identifier: MIT
/*
 * The transposing copy of LOOKUP_BATCH, by each way that this host knows, beside memcpy()
 * of the same bytes.
 */
#include "../sim/gather.h"

#include <string.h>

#include "rows.h"

#define ELEM_BYTES 8
#define NR_ELEMS 256
#define STRIDE ((size_t)17 * 128) /* of slabs with 256 elements */
#define MALLOC_OFFSET 16	  /* malloc() puts large buffers so far behind a page's begin */

struct buffers {
	const char *slabs, *flat;
	char *to;
};

/* The time is an element's. cmd: the way. bytes: of an element's copies. */
static double sample_gather(const struct arm *arm)
{
	const struct gather g = { STRIDE, arm->bytes, ELEM_BYTES, NR_ELEMS };
	const struct gather_way *way = &gather_ways[arm->cmd];
	const struct buffers *buffers = arm->memory;
	uint64_t start = now_ns();

	for (uint32_t i = 0; i < arm->nr_ops; i++)
		way->gather(&g, buffers->slabs, buffers->to, buffers->to + arm->bytes);
	return (double)(now_ns() - start) / arm->nr_ops / NR_ELEMS;
}

static double sample_flat_copy(const struct arm *arm)
{
	const struct buffers *buffers = arm->memory;
	uint64_t start = now_ns();

	for (uint32_t i = 0; i < arm->nr_ops; i++) {
		memcpy(buffers->to, buffers->flat, arm->bytes * NR_ELEMS);
		__asm__ volatile("" ::: "memory");
	}
	return (double)(now_ns() - start) / arm->nr_ops / NR_ELEMS;
}

static int add_rows(struct matrix *matrix, struct buffers *buffers, uint32_t nr_cpus,
		    const char *note)
{
	const size_t bytes = (size_t)nr_cpus * ELEM_BYTES;
	const struct arm copy = {
		.name = "memcpy()",
		.sample = sample_flat_copy,
		.nr_ops = 4,
		.memory = buffers,
		.bytes = bytes,
	};

	buffers->slabs = host_touched_memory(nr_cpus * STRIDE);
	buffers->flat = host_touched_memory(bytes * NR_ELEMS);
	buffers->to = host_touched_memory(bytes * NR_ELEMS + MALLOC_OFFSET);
	if (!buffers->slabs || !buffers->flat || !buffers->to)
		return -1;
	buffers->to += MALLOC_OFFSET;
	for (int i = 0; gather_ways[i].name; i++) {
		const char *const names[] = { "gather, portable", "gather, AVX2",
					      "gather, AVX-512" };
		struct row *row = row_add(matrix, names[i], note);

		row->theirs = copy;
		row->ours = copy;
		row->ours.name = "pcasim";
		row->ours.sample = sample_gather;
		row->ours.cmd = i;
		row->bar = row->goal = i ? 1.5 : 3.5;
		if (!gather_ways[i].works())
			row->why_not = "this host's CPUs do not know it";
	}
	return 0;
}

int add_gather_way_rows(struct matrix *matrix)
{
	static struct buffers of64, of512;

	return add_rows(matrix, &of64, 64, "64 CPUs, 256 elements") ||
			       add_rows(matrix, &of512, 512, "512 CPUs, 256 elements")
		       ? -1
		       : 0;
}
