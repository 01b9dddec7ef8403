// SPDX-License-Identifier: MIT
/*
 * A ring of keys for each CPU up to 64; further CPUs go round the same rings from other
 * places, since 1024 rings would be 256 MiB.
 */
#include "model_stream.h"

#include <errno.h>
#include <stdlib.h>

#define MOST_RINGS 64

int streams_create(struct key_streams *streams, enum stream_kind kind, bool is_data,
		   const struct layout_shape *values, uint64_t seed)
{
	uint32_t nr_cpus = values->nr_cpus;
	int err = 0;

	streams->nr_rings = nr_cpus < MOST_RINGS ? nr_cpus : MOST_RINGS;
	streams->rings = malloc(streams->nr_rings * LAYOUT_STREAM_LENGTH * sizeof(uint32_t));
	streams->places = calloc(nr_cpus, sizeof(*streams->places));
	if (!streams->rings || !streams->places)
		err = -ENOMEM;
	for (uint32_t i = 0; !err && i < streams->nr_rings; i++) {
		uint32_t *ring = streams->rings + i * LAYOUT_STREAM_LENGTH;
		uint64_t ring_seed = random_next(&seed);

		if (is_data)
			stream_fill_data(ring, ring_seed);
		else
			err = stream_fill(ring, kind, values->nr_keys, ring_seed);
	}
	for (uint32_t cpu = 0; !err && cpu < nr_cpus; cpu++)
		streams->places[cpu] = random_below(&seed, LAYOUT_STREAM_LENGTH);
	if (err)
		streams_destroy(streams);
	return err;
}

void streams_destroy(struct key_streams *streams)
{
	free(streams->rings);
	free(streams->places);
}
