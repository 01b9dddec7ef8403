/* SPDX-License-Identifier: MIT */
/*
 * What the ways of searching share: worlds, runs in them, findings.
 */
#ifndef SIM_SCHEDULE_SEARCH_H
#define SIM_SCHEDULE_SEARCH_H

#include <pthread.h>

#include <pcasim/search.h>

#include "schedule.h"

/* A schedule that is to be tried: where it departs from what goes on by itself. */
struct prefix {
	struct prefix *next;
	size_t nr;
	uint32_t nr_preemptions;
	struct pca_switch entries[];
};

struct search {
	const struct pca_search_opts *opts;
	uint64_t nr_points;	 /* of the run in order */
	uint64_t nr_tried;	 /* atomic */
	uint64_t next_attempt;	 /* atomic */
	uint64_t broken_attempt; /* atomic; the smallest that breaks the invariant, or NONE */
	bool must_end;		 /* atomic */

	pthread_mutex_t lock; /* of all that follows, and of opening worlds */
	int err;
	struct pca_switch *found; /* what breaks the invariant */
	size_t nr_found;
	uint32_t nr_preemptions; /* of that */

	/* An exhaustive search: what is to be tried, and the threads that may add to it. */
	struct prefix *prefixes;
	uint32_t nr_busy;
	bool was_cut; /* most_schedules came first */
	pthread_cond_t changed;
};

#define NONE UINT64_MAX

struct search_world {
	struct search *search;
	bool is_callers; /* its thread is the one of pca_schedule_search() */
	pthread_t thread;
	void *world;
	struct pca_schedule *schedule;
};

void search_init(struct search *search, const struct pca_search_opts *opts);
void search_destroy(struct search *search);

/*
 * Run it once from a fresh state: 0 with whether the invariant holds, or -errno. result
 * may not be NULL.
 */
int search_try(struct search_world *w, const struct schedule_way *way,
	       struct pca_schedule_result *result, bool *holds);

/* Keep the schedule of an attempt that breaks the invariant, the smallest of all: 0, -ENOMEM. */
int search_keep(struct search *search, uint64_t attempt, const struct pca_schedule_result *result);

/* All threads end, and the search with err, if that is not 0. */
void search_end(struct search *search, int err);

static inline bool search_must_end(const struct search *search)
{
	return __atomic_load_n(&search->must_end, __ATOMIC_RELAXED);
}

/* search_all.c: the prefix of nothing, 0 or -ENOMEM; and taking part until all is tried. */
int search_all_begin(struct search *search);
void search_all(struct search_world *w);

/* search_shrink.c: what was found, with as few preemptions as may be. 0 or -errno. */
int search_shrink(struct search_world *w);

#endif
