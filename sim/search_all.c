// SPDX-License-Identifier: MIT
/*
 * Trying every schedule. One is told from all others by where it departs from what goes on
 * by itself (PCA_SCHEDULE_IN_ORDER): a list of points and actors. A run of such a list
 * shows who else might have gone on at each later point: each is a list with one more
 * entry. So all schedules are come by, each once.
 */
#include "schedule_search.h"

#include "alloc.h"

/* Who else might have gone on at a point. */
struct choice {
	uint64_t point;
	uint32_t others; /* bit per actor */
	bool is_preemption;
};

struct choices {
	uint64_t after; /* points up to this one belong to other lists */
	bool has_after;
	struct choice *list;
	size_t nr, max;
	bool is_short; /* of memory */
};

static void note_choice(void *arg, uint64_t point, uint32_t others, bool is_preemption)
{
	struct choices *choices = arg;

	if (!others || (choices->has_after && point <= choices->after))
		return;
	if (choices->nr == choices->max) {
		size_t max = choices->max ? 2 * choices->max : 64;
		struct choice *grown = alloc_grown_array(choices->list, max, sizeof(*grown));

		if (!grown) {
			choices->is_short = true;
			return;
		}
		choices->list = grown;
		choices->max = max;
	}
	choices->list[choices->nr++] = (struct choice){ point, others, is_preemption };
}

static struct prefix *alloc_prefix(size_t nr)
{
	return alloc_bytes(sizeof(struct prefix) + nr * sizeof(struct pca_switch));
}

static void push(struct search *search, struct prefix *prefix)
{
	prefix->next = search->prefixes;
	search->prefixes = prefix;
}

int search_all_begin(struct search *search)
{
	struct prefix *nothing = alloc_prefix(0);

	if (!nothing)
		return -ENOMEM;
	nothing->nr = nothing->nr_preemptions = 0;
	push(search, nothing);
	return 0;
}

static struct prefix *longer_by(const struct prefix *prefix, const struct choice *choice,
				uint32_t actor)
{
	struct prefix *longer = alloc_prefix(prefix->nr + 1);

	if (!longer)
		return NULL;
	longer->nr = prefix->nr + 1;
	longer->nr_preemptions = prefix->nr_preemptions + choice->is_preemption;
	memcpy(longer->entries, prefix->entries, prefix->nr * sizeof(prefix->entries[0]));
	longer->entries[prefix->nr] =
		(struct pca_switch){ choice->point, actor, choice->is_preemption };
	return longer;
}

/* All lists that are longer by one entry, within the bound. */
static int push_longer(struct search *search, const struct prefix *prefix,
		       const struct choices *choices)
{
	for (size_t i = 0; i < choices->nr; i++) {
		const struct choice *choice = &choices->list[i];

		if (choice->is_preemption &&
		    prefix->nr_preemptions == search->opts->most_preemptions)
			continue;
		for (uint32_t mask = choice->others; mask; mask &= mask - 1) {
			struct prefix *longer =
				longer_by(prefix, choice, (uint32_t)__builtin_ctz(mask));

			if (!longer)
				return -ENOMEM;
			push(search, longer);
		}
	}
	return 0;
}

static int try_prefix(struct search_world *w, const struct prefix *prefix, struct choices *choices)
{
	struct schedule_way way = {
		.opts = {
			.policy = PCA_SCHEDULE_LIST,
			.switches = prefix->entries,
			.nr_switches = prefix->nr,
		},
		.on_choice = note_choice,
		.on_choice_arg = choices,
	};
	struct pca_schedule_result result;
	bool holds;
	int err;

	choices->nr = 0;
	choices->has_after = prefix->nr;
	choices->after = prefix->nr ? prefix->entries[prefix->nr - 1].point : 0;
	err = search_try(w, &way, &result, &holds);
	if (!err && choices->is_short)
		err = -ENOMEM;
	if (!err && !prefix->nr)
		w->search->nr_points = result.nr_points;
	if (!err && !holds) {
		err = search_keep(w->search, 0, &result);
		search_end(w->search, 0);
	}
	return err;
}

/* The next list to try, or NULL when there is none and none will come. */
static struct prefix *take(struct search *search)
{
	struct prefix *prefix = NULL;

	pthread_mutex_lock(&search->lock);
	while (!search->prefixes && search->nr_busy && !search_must_end(search))
		pthread_cond_wait(&search->changed, &search->lock);
	if (search->prefixes && !search_must_end(search)) {
		if (search->next_attempt == search->opts->most_schedules) {
			search->was_cut = true;
		} else {
			search->next_attempt++;
			prefix = search->prefixes;
			search->prefixes = prefix->next;
			search->nr_busy++;
		}
	}
	pthread_mutex_unlock(&search->lock);
	return prefix;
}

static void give_back(struct search *search, const struct prefix *prefix,
		      const struct choices *choices, int err)
{
	pthread_mutex_lock(&search->lock);
	if (!err)
		err = push_longer(search, prefix, choices);
	search->nr_busy--;
	pthread_cond_broadcast(&search->changed);
	pthread_mutex_unlock(&search->lock);
	if (err)
		search_end(search, err);
}

void search_all(struct search_world *w)
{
	struct choices choices = { 0 };
	struct prefix *prefix;

	while ((prefix = take(w->search))) {
		int err = try_prefix(w, prefix, &choices);

		give_back(w->search, prefix, &choices, err);
		free(prefix);
	}
	free(choices.list);
}
