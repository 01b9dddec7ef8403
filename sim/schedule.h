/* SPDX-License-Identifier: MIT */
/*
 * A run of a schedule, with what searches ask for beyond pca_schedule_run().
 */
#ifndef SIM_SCHEDULE_H
#define SIM_SCHEDULE_H

#include <pcasim/schedule.h>

struct schedule_way {
	struct pca_schedule_opts opts;

	/* Entries of the list that cannot be followed are passed over. */
	bool is_lenient;

	/*
	 * Called with the others who might have gone on at a point, bit per actor; when
	 * not NULL. Where is_preemption is false, an actor has ended.
	 */
	void (*on_choice)(void *arg, uint64_t point, uint32_t others, bool is_preemption);
	void *on_choice_arg;
};

/* As pca_schedule_run(), with options that have been looked at. */
int schedule_run(struct pca_schedule *schedule, const struct schedule_way *way,
		 struct pca_schedule_result *result);

#endif
