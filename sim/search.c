// SPDX-License-Identifier: MIT
/*
 * Searching schedules by chance on all host CPUs. Attempts are numbered; whichever thread
 * finds something first, the smallest attempt that breaks the invariant counts, so that
 * the finding is the same on any host.
 */
#define _GNU_SOURCE
#include "schedule_search.h"

#include <sched.h>

#include "alloc.h"
#include "cpu.h"
#include "machine.h"
#include "message.h"

#define DEFAULT_MOST_SCHEDULES 10000

void search_init(struct search *search, const struct pca_search_opts *opts)
{
	*search = (struct search){ .opts = opts, .broken_attempt = NONE };
	pthread_mutex_init(&search->lock, NULL);
	pthread_cond_init(&search->changed, NULL);
}

void search_destroy(struct search *search)
{
	while (search->prefixes) {
		struct prefix *next = search->prefixes->next;

		free(search->prefixes);
		search->prefixes = next;
	}
	free(search->found);
	pthread_cond_destroy(&search->changed);
	pthread_mutex_destroy(&search->lock);
}

void search_end(struct search *search, int err)
{
	pthread_mutex_lock(&search->lock);
	if (!search->err)
		search->err = err;
	__atomic_store_n(&search->must_end, true, __ATOMIC_RELAXED);
	pthread_cond_broadcast(&search->changed);
	pthread_mutex_unlock(&search->lock);
}

static void tell_progress(struct search_world *w)
{
	const struct pca_search_opts *opts = w->search->opts;
	uint64_t tried = __atomic_load_n(&w->search->nr_tried, __ATOMIC_RELAXED);

	if (w->is_callers && opts->progress &&
	    !opts->progress(opts->arg, tried, opts->is_exhaustive ? 0 : opts->most_schedules))
		search_end(w->search, 0);
}

int search_try(struct search_world *w, const struct schedule_way *way,
	       struct pca_schedule_result *result, bool *holds)
{
	const struct pca_search_opts *opts = w->search->opts;
	int err;

	if (opts->reset)
		opts->reset(opts->arg, w->world);
	err = schedule_run(w->schedule, way, result);
	if (!err)
		*holds = opts->holds(opts->arg, w->world);
	__atomic_fetch_add(&w->search->nr_tried, 1, __ATOMIC_RELAXED);
	tell_progress(w);
	return err;
}

int search_keep(struct search *search, uint64_t attempt, const struct pca_schedule_result *result)
{
	const size_t bytes = result->nr_switches * sizeof(*result->switches);
	struct pca_switch *copy = alloc_bytes(bytes);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, result->switches, bytes);
	pthread_mutex_lock(&search->lock);
	if (attempt < search->broken_attempt) {
		struct pca_switch *old = search->found;

		search->found = copy;
		search->nr_found = result->nr_switches;
		search->nr_preemptions = result->nr_preemptions;
		__atomic_store_n(&search->broken_attempt, attempt, __ATOMIC_RELAXED);
		copy = old;
	}
	pthread_mutex_unlock(&search->lock);
	free(copy);
	return 0;
}

static int attempt_one(struct search_world *w, uint64_t attempt)
{
	struct search *search = w->search;
	struct schedule_way way = {
		.opts = {
			.policy = attempt ? PCA_SCHEDULE_RANDOM : PCA_SCHEDULE_IN_ORDER,
			.seed = search->opts->seed << 32 | (uint32_t)attempt,
			.nr_points = search->nr_points,
		},
	};
	struct pca_schedule_result result;
	bool holds;
	int err = search_try(w, &way, &result, &holds);

	if (err)
		return err;
	if (!attempt)
		search->nr_points = result.nr_points;
	return holds ? 0 : search_keep(search, attempt, &result);
}

/* Until the attempts are used up, or one has broken the invariant and all before were tried. */
static void attempt_in_turn(struct search_world *w)
{
	struct search *search = w->search;

	while (!search_must_end(search)) {
		uint64_t attempt = __atomic_fetch_add(&search->next_attempt, 1, __ATOMIC_RELAXED);
		int err;

		if (attempt >= search->opts->most_schedules ||
		    attempt > __atomic_load_n(&search->broken_attempt, __ATOMIC_RELAXED))
			return;
		err = attempt_one(w, attempt);
		if (err)
			search_end(search, err);
	}
}

static void take_part(struct search_world *w)
{
	if (w->search->opts->is_exhaustive)
		search_all(w);
	else
		attempt_in_turn(w);
}

static int open_world(struct search_world *w)
{
	const struct pca_search_opts *opts = w->search->opts;
	int err;

	pthread_mutex_lock(&w->search->lock);
	err = opts->open(opts->arg, &w->world, &w->schedule);
	pthread_mutex_unlock(&w->search->lock);
	return err;
}

static void close_world(struct search_world *w)
{
	const struct pca_search_opts *opts = w->search->opts;

	if (opts->close)
		opts->close(opts->arg, w->world);
}

static void *other_thread(void *arg)
{
	struct search_world *w = arg;
	int err = open_world(w);

	if (err) {
		search_end(w->search, err);
		return NULL;
	}
	take_part(w);
	close_world(w);
	return NULL;
}

/* ---- the calling thread ---- */

static uint32_t host_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : (uint32_t)CPU_COUNT(&set);
}

/* The first attempt alone tells how long a run is, and often whether it is worth going on. */
static void search_with(struct search_world *worlds, uint32_t nr)
{
	struct search *search = worlds->search;
	uint32_t nr_started = 1;
	int err = search->opts->is_exhaustive ? search_all_begin(search)
					      : attempt_one(&worlds[0], search->next_attempt++);

	if (!search->broken_attempt)
		nr = 1; /* attempts after the first do not count */
	for (; !err && nr_started < nr; nr_started++) {
		worlds[nr_started].search = search;
		err = -alloc_thread(&worlds[nr_started].thread, NULL, other_thread,
				    &worlds[nr_started]);
		if (err)
			break;
	}
	if (err)
		search_end(search, err);
	take_part(&worlds[0]);
	for (uint32_t i = 1; i < nr_started; i++)
		pthread_join(worlds[i].thread, NULL);
}

static int fill_result(struct search *search, struct search_world *w,
		       struct pca_search_result *result)
{
	*result = (struct pca_search_result){
		.size = result->size,
		.nr_schedules = search->nr_tried,
		.is_complete =
			search->opts->is_exhaustive && !search->was_cut && !search_must_end(search),
		.is_broken = search->broken_attempt != NONE,
		.nr_points = search->nr_points,
	};
	if (!result->is_broken)
		return 0;
	result->nr_found = search->nr_preemptions;
	if (!search->opts->is_exhaustive) {
		result->attempt = search->broken_attempt;
		result->seed = search->opts->seed << 32 | (uint32_t)search->broken_attempt;
	}

	int err = search_shrink(w);

	if (err)
		return err;
	result->nr_preemptions = search->nr_preemptions;
	result->switches = search->found;
	result->nr_switches = search->nr_found;
	search->found = NULL;
	return 0;
}

static int run_search(const struct pca_search_opts *opts, struct pca_search_result *result)
{
	uint32_t nr_threads = opts->nr_threads ? opts->nr_threads : host_cpus();
	struct search_world *worlds = alloc_zeroed_array(nr_threads, sizeof(*worlds));
	struct search search;
	int err;

	if (!worlds)
		return -ENOMEM;
	search_init(&search, opts);
	worlds[0].search = &search;
	worlds[0].is_callers = true;
	err = open_world(&worlds[0]);
	if (!err) {
		search_with(worlds, nr_threads);
		err = search.err ? search.err : fill_result(&search, &worlds[0], result);
		close_world(&worlds[0]);
	}
	search_destroy(&search);
	free(worlds);
	return err;
}

int pca_schedule_search(const struct pca_search_opts *user_opts, struct pca_search_result *result)
{
	struct pca_search_opts opts = { 0 };
	int err = copy_opts(&opts, sizeof(opts), user_opts, user_opts->size,
			    "struct pca_search_opts");

	if (err)
		return err;
	if (!opts.open || !opts.holds) {
		message_error("pca_schedule_search: open and holds have to be given");
		return -EINVAL;
	}
	if (may_not_wait())
		return -EDEADLK;
	if (!opts.most_schedules)
		opts.most_schedules = opts.is_exhaustive ? UINT64_MAX : DEFAULT_MOST_SCHEDULES;
	if (!opts.is_exhaustive && opts.most_schedules > UINT32_MAX)
		opts.most_schedules = UINT32_MAX;
	return run_search(&opts, result);
}

void pca_search_result_free(struct pca_search_result *result)
{
	free(result->switches);
	result->switches = NULL;
	result->nr_switches = 0;
}
