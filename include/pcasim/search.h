/* SPDX-License-Identifier: MIT */
/*
 * Searching schedules (schedule.h) for one that breaks an invariant, and shrinking it to
 * the fewest preemptions; or trying all that there are.
 *
 * A search works on several worlds at once, one for each host thread: a machine with its
 * programs and actors, which the caller makes, puts back before each schedule, and looks
 * at afterwards. What a random search finds depends on its options alone, not on the
 * host's threads; which of several an exhaustive one comes by first may depend on them.
 */
#ifndef PCASIM_SEARCH_H
#define PCASIM_SEARCH_H

#include <pcasim/api.h>
#include <pcasim/schedule.h>

PCA_BEGIN_DECLS

struct pca_search_opts {
	size_t size; /* sizeof(struct pca_search_opts), or 0 */

	/*
	 * What each world is and does. All are called on the thread of the world, with arg;
	 * open() from several threads, but never at once. world is whatever open() gave.
	 *
	 *	open	makes a world and its schedule: 0, or -errno, which ends the search
	 *	reset	puts back what a run has changed, before each run; may be NULL
	 *	holds	is the invariant true after a run?
	 *	close	ends the world, and its schedule; may be NULL
	 */
	int (*open)(void *arg, void **world, struct pca_schedule **schedule);
	void (*reset)(void *arg, void *world);
	bool (*holds)(void *arg, void *world);
	void (*close)(void *arg, void *world);
	void *arg;

	/*
	 * Attempt n runs the schedule in order (n = 0) or by the random seed seed << 32 | n:
	 * few preemptions first. Only the lower 32 bits of seed count.
	 */
	uint64_t seed;
	uint64_t most_schedules; /* 0: 10000 */

	/*
	 * true: try every schedule with at most most_preemptions preemptions, whatever the
	 * seed, up to most_schedules of them (0: all).
	 */
	bool is_exhaustive;
	uint32_t most_preemptions;

	uint32_t nr_threads; /* 0: as many as the host has CPUs for this process */

	/*
	 * Called now and then, on the calling thread, when not NULL; false ends the search
	 * early. expected is 0 where nobody knows.
	 */
	bool (*progress)(void *arg, uint64_t tried, uint64_t expected);
};

struct pca_search_result {
	size_t size; /* sizeof(struct pca_search_result), or 0 */

	uint64_t nr_schedules; /* tried until the end or the finding; without shrinking */
	bool is_complete;      /* exhaustive: there are no others */
	bool is_broken;	       /* one was found that breaks the invariant: what follows */

	uint64_t attempt;   /* the first that does, 0 for the schedule in order */
	uint64_t seed;	    /* for PCA_SCHEDULE_RANDOM, where attempt is not 0 */
	uint64_t nr_points; /* of the run in order, for PCA_SCHEDULE_RANDOM */
	uint32_t nr_found;  /* preemptions as found */

	/* Shrunk: without any of its preemptions the invariant holds. For PCA_SCHEDULE_LIST. */
	uint32_t nr_preemptions;
	struct pca_switch *switches; /* freed by pca_search_result_free() */
	size_t nr_switches;
};

/*
 * Search. Returns 0 with *result filled, whether something was found or not, or
 *	-EINVAL	open or holds is NULL
 *	-errno	of an open() that failed, or of a run: pca_schedule_run()
 *	-EDEADLK called from a run, or from an actor
 *	-EAGAIN	a thread could not be started
 *	-ENOMEM
 * The caller's thread makes one of the worlds. MT-safe.
 */
PCA_API int pca_schedule_search(const struct pca_search_opts *opts,
				struct pca_search_result *result);

/* Free what a result points to. MT-safe. */
PCA_API void pca_search_result_free(struct pca_search_result *result);

PCA_END_DECLS

#endif
