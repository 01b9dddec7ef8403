// SPDX-License-Identifier: MIT
/*
 * Shrinking what a search has found: preemptions are left out one by one as long as the
 * invariant stays broken. If several are left, all schedules with fewer are tried, as long
 * as they are not too many: some quite different one may do.
 */
#include "schedule_search.h"

#include "alloc.h"

#define MOST_OTHERS 20000

/* Run the list without entry left_out; if that breaks the invariant, it is what was found. */
static int try_without(struct search_world *w, size_t left_out, bool *is_smaller)
{
	struct search *search = w->search;
	size_t nr = search->nr_found - 1;
	struct pca_switch *entries = alloc_bytes(nr * sizeof(*entries) + 1);
	struct schedule_way way = {
		.opts = { .policy = PCA_SCHEDULE_LIST, .switches = entries, .nr_switches = nr },
		.is_lenient = true,
	};
	struct pca_schedule_result result;
	bool holds;
	int err;

	*is_smaller = false;
	if (!entries)
		return -ENOMEM;
	memcpy(entries, search->found, left_out * sizeof(*entries));
	memcpy(entries + left_out, search->found + left_out + 1,
	       (nr - left_out) * sizeof(*entries));
	err = search_try(w, &way, &result, &holds);
	free(entries);
	if (err || holds || result.nr_preemptions >= search->nr_preemptions)
		return err;
	*is_smaller = true;
	search->broken_attempt = NONE;
	return search_keep(search, 0, &result);
}

/* Until nothing can be left out. */
static int leave_out(struct search_world *w)
{
	struct search *search = w->search;
	bool is_smaller;
	int err = 0;

	for (size_t i = search->nr_found; i-- && !err;) {
		if (!search->found[i].is_preemption)
			continue;
		err = try_without(w, i, &is_smaller);
		if (!err && is_smaller)
			i = search->nr_found; /* all others anew */
	}
	return err;
}

/* One with fewer preemptions than were left, if there is any among not too many. */
static int find_fewer(struct search_world *w)
{
	struct search *search = w->search, fewer;
	struct pca_search_opts opts = *search->opts;
	struct search_world world = *w;
	int err;

	opts.is_exhaustive = true;
	opts.most_preemptions = search->nr_preemptions - 1;
	opts.most_schedules = MOST_OTHERS;
	opts.progress = NULL;
	search_init(&fewer, &opts);
	world.search = &fewer;
	err = search_all_begin(&fewer);
	if (!err) {
		search_all(&world);
		err = fewer.err;
	}
	if (!err && fewer.found) {
		free(search->found);
		search->found = fewer.found;
		search->nr_found = fewer.nr_found;
		search->nr_preemptions = fewer.nr_preemptions;
		fewer.found = NULL;
	}
	search_destroy(&fewer);
	return err;
}

int search_shrink(struct search_world *w)
{
	uint32_t before;
	int err = leave_out(w);

	while (!err && w->search->nr_preemptions > 1) {
		before = w->search->nr_preemptions;
		err = find_fewer(w);
		if (w->search->nr_preemptions == before)
			break;
	}
	return err;
}
