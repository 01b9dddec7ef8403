/* SPDX-License-Identifier: MIT */
#ifndef SIM_CLI_SCHEDULE_SEARCH_H
#define SIM_CLI_SCHEDULE_SEARCH_H

#include <pcasim/search.h>

#include "schedule_values.h"

/* What is asked of all schedules. */
struct schedule_question {
	const struct schedule_setup *setup;
	struct invariant **invariants;
	size_t nr_invariants;
	uint64_t seed, most_schedules; /* 0: the library's default */
	bool is_exhaustive;
	uint32_t most_preemptions;
};

/* Do all invariants and predicates hold in this world now, and was no program stopped? */
bool schedule_holds(const struct schedule_question *question, struct schedule_world *world);

/* pca_schedule_search(), with a bar of progress. 0 or -errno. */
int schedule_search(const struct schedule_question *question, struct pca_search_result *result);

#endif
