/* SPDX-License-Identifier: MIT */
/*
 * Watches how a map is read on after a LOOKUP_BATCH has come to its end: whether
 * ENOENT was taken for a failure, or a count of 0 left where it was.
 */
#ifndef SIM_BATCH_WATCH_H
#define SIM_BATCH_WATCH_H

#include <pcasim/api.h>

struct pca_map;
struct pca_task;

/* The last end of the map that a batch came to, and whose it was. */
struct batch_watch {
	bool is_busy;  /* atomic: a lock that nobody waits for */
	bool is_armed; /* atomic: a batch came to the end, and was not followed by a whole one */
	const struct pca_task *task; /* only compared */
	const void *thread;
	uint32_t first;	    /* key of the batch */
	uint32_t delivered; /* elements, and the count that was left */
	uint32_t times;	    /* that the same one came again */
	uint32_t ends;	    /* of all batches with elements */
	uint32_t walks;	    /* from the first key since */
};

static inline bool batch_is_watched(const struct batch_watch *watch)
{
	return __atomic_load_n(&watch->is_armed, __ATOMIC_RELAXED);
}

/* A LOOKUP_BATCH by task, at the key first, delivered so many elements; ENOENT if is_end. */
void batch_was_read(const struct pca_map *map, const struct pca_task *task, uint32_t first,
		    uint32_t delivered, bool is_end);

/* A LOOKUP_BATCH with count 0. */
void empty_batch_was_read(const struct pca_map *map, const struct pca_task *task);

/* A GET_NEXT_KEY without a key: somebody starts to read the map key by key. */
void map_is_walked(const struct pca_map *map, const struct pca_task *task);

#endif
