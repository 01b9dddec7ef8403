// SPDX-License-Identifier: MIT
/*
 * The model counts what moves and knows no times, so that only orders are compared, and
 * only where both have one. A measured pair is clear when its interval excludes 1 and its
 * ratio is large enough not to come from where code and data happen to lie.
 */
#include "model_compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "setup.h"
#include "term.h"

#define NR_RESAMPLES 1000

/* --- the measured host ------------------------------------------------------------------- */

/* The first CPUs of it. Numbers came in their order, so that those of the first are the first. */
static void restrict_shape(struct model_shape *shape, uint32_t nr_cpus)
{
	shape->nr_cpus = nr_cpus;
	shape->nr_cores = shape->nr_l3s = shape->nr_packages = shape->nr_nodes = 0;
	for (uint32_t cpu = 0; cpu < nr_cpus; cpu++) {
		uint16_t core = shape->core_of[cpu];

		if (core < shape->nr_cores)
			continue;
		shape->nr_cores = core + 1U;
		if (shape->l3_of[core] >= shape->nr_l3s)
			shape->nr_l3s = shape->l3_of[core] + 1U;
		if (shape->package_of[core] >= shape->nr_packages)
			shape->nr_packages = shape->package_of[core] + 1U;
		if (shape->node_of[core] >= shape->nr_nodes)
			shape->nr_nodes = shape->node_of[core] + 1U;
	}
}

/* A hypervisor may have put two CPUs of two cores onto one; the round trip tells. */
static void take_shape(struct compared *compared, const struct measured *measured)
{
	const struct measured_contest *contest = compared->contest;

	compared->shape = measured->shape;
	if (contest->nr_threads == 2 && contest->has_round_trip &&
	    contest->round_trip == PINGPONG_ONE_CORE)
		compared->shape.core_of[1] = compared->shape.core_of[0];
	restrict_shape(&compared->shape, contest->nr_threads);
}

static const char *why_left_out(const struct measured_contest *contest)
{
	if (contest->workload == LAYOUT_READ_SUM)
		return "the measured reader sums over CPUs that have no thread; the model's CPUs "
		       "all count";
	if (contest->has_round_trip && contest->round_trip == PINGPONG_IN_TURNS)
		return "the measured CPUs took turns, so that shared lines do not show";
	if (contest->nr < 2)
		return "there are fewer than two layouts with samples";
	return NULL;
}

static int by_median(const void *a, const void *b)
{
	const struct measured_layout *x = a, *y = b;

	if (x->summary.median != y->summary.median)
		return x->summary.median < y->summary.median ? -1 : 1;
	return strcmp(x->layout->name, y->layout->name);
}

static int run_layouts(struct compared *compared)
{
	struct measured_layout sorted[MEASURED_MOST_LAYOUTS];
	size_t nr = compared->contest->nr;

	memcpy(sorted, compared->contest->layouts, sizeof(sorted));
	qsort(sorted, nr, sizeof(sorted[0]), by_median);
	for (size_t i = 0; i < nr; i++) {
		int err = model_run(&compared->job, sorted[i].layout,
				    &compared->results[compared->nr]);

		if (err == -E2BIG)
			continue;
		if (err) {
			cli_error("no memory is left for the model of %s", sorted[i].layout->name);
			return -1;
		}
		compared->layouts[compared->nr++] = sorted[i];
	}
	return 0;
}

/* --- pairs ------------------------------------------------------------------------------- */

/* -1: the first one's rate is lower; 0: they are too near to tell. */
static int order_of(double first, double second)
{
	double less = fmin(first, second), more = fmax(first, second);

	if (more - less < COMPARE_LEAST_RATE || more < less * COMPARE_CLEAR_RATIO)
		return 0;
	return first < second ? -1 : 1;
}

static int order_by_waits(const struct model_result *first, const struct model_result *second)
{
	return order_of(model_waits(first), model_waits(second));
}

/* The further criteria of the ranking but for bytes, which take no time by themselves. */
static int order_by_misses(const struct model_result *first, const struct model_result *second)
{
	int order = order_of(model_rate(first, first->counts.from[FROM_L3]),
			     model_rate(second, second->counts.from[FROM_L3]));

	if (!order)
		order = order_of(model_rate(first, first->counts.from[FROM_L2]),
				 model_rate(second, second->counts.from[FROM_L2]));
	if (!order)
		order = order_of(model_rate(first, first->counts.reads + first->counts.writes),
				 model_rate(second, second->counts.reads + second->counts.writes));
	return order;
}

static bool differ_in_sync(const struct model_result *first, const struct model_result *second)
{
	return first->layout->sync != second->layout->sync;
}

static int model_order(const struct model_result *first, const struct model_result *second)
{
	int order = order_by_waits(first, second);

	/* A hit in the L2 and a locked instruction: which of them takes longer is no count. */
	if (order || differ_in_sync(first, second))
		return order;
	return order_by_misses(first, second);
}

static const char *why_measured_only(const struct compared *compared, size_t first, size_t second)
{
	if (differ_in_sync(&compared->results[first], &compared->results[second]))
		return "one of them has atomic additions or a lock, whose time is no count of "
		       "lines";
	if (compared->shape.nr_cores == 1)
		return "no line moves between caches, and both miss alike; the model knows neither "
		       "instructions nor how code and data lie";
	return "both wait for as many lines in the model; this processor may fetch further ahead "
	       "than the other line of a pair";
}

static const char *why_opposite(const struct compared *compared, size_t first, size_t second)
{
	if (order_by_waits(&compared->results[first], &compared->results[second]))
		return "the model counts waits; in time they may overlap, or one may last longer "
		       "than another";
	return "no line moves, so that the model ranks by misses alone; in time these may be "
	       "hidden behind other work";
}

static void judge(const struct compared *compared, struct compared_pair *pair)
{
	int order = model_order(&compared->results[pair->first], &compared->results[pair->second]);

	if (!pair->is_clear) {
		pair->verdict = order ? COMPARE_MODEL_ONLY : COMPARE_NO_DIFFERENCE;
	} else if (order < 0) {
		pair->verdict = COMPARE_SAME_ORDER;
	} else if (order) {
		pair->verdict = COMPARE_OPPOSITE;
		pair->why = why_opposite(compared, pair->first, pair->second);
	} else {
		pair->verdict = COMPARE_MEASURED_ONLY;
		pair->why = why_measured_only(compared, pair->first, pair->second);
	}
}

static void compare_pair(struct compared *compared, size_t first, size_t second)
{
	struct compared_pair *pair = &compared->pairs[compared->nr_pairs++];

	*pair = (struct compared_pair){ .first = first, .second = second };
	pair->ratio = bootstrap_ratio(&compared->layouts[second].samples,
				      &compared->layouts[first].samples, NR_RESAMPLES);
	pair->is_clear = is_difference(&pair->ratio) && pair->ratio.low > 1 &&
			 pair->ratio.ratio >= COMPARE_CLEAR_RATIO;
	judge(compared, pair);
	compared->counts[pair->verdict]++;
}

int compare_contest(struct compared *compared, const struct measured *measured,
		    const struct measured_contest *contest, const struct model_job *job)
{
	*compared = (struct compared){ .contest = contest, .left_out = why_left_out(contest) };
	if (compared->left_out)
		return 0;
	take_shape(compared, measured);
	compared->job = *job;
	compared->job.shape = &compared->shape;
	compared->job.workload = contest->workload;
	compared->job.stream = contest->stream;
	compared->job.values = (struct layout_shape){
		.nr_cpus = contest->nr_threads,
		.nr_keys = contest->nr_keys,
		.value_bytes = contest->value_bytes,
	};
	if (run_layouts(compared))
		return -1;
	for (size_t first = 0; first < compared->nr; first++) {
		for (size_t second = first + 1; second < compared->nr; second++)
			compare_pair(compared, first, second);
	}
	progress_clear();
	return 0;
}

const char *compare_verdict_text(enum compare_verdict verdict)
{
	static const char *const texts[NR_COMPARE_VERDICTS] = {
		[COMPARE_SAME_ORDER] = "the same order",
		[COMPARE_NO_DIFFERENCE] = "no difference in either",
		[COMPARE_MODEL_ONLY] = "in the model only",
		[COMPARE_MEASURED_ONLY] = "measured only",
		[COMPARE_OPPOSITE] = "opposite",
	};

	return texts[verdict];
}
