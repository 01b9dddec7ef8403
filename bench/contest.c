// SPDX-License-Identifier: MIT
#include "contest.h"

#include <math.h>

#include "host.h"

#define SAMPLE_NS 150000 /* long beside the clock, short beside a scheduler's slice */
#define MOST_OPS (1U << 22)
#define MOST_TRIES 50	/* for one undisturbed sample */
#define WARM_UP 2	/* rounds */
#define FEWEST_ROUNDS 5 /* whatever the time */
#define FEWEST_SAMPLES 9
#define MOST_PATIENCE 4 /* times the budget, while there are fewer samples */
#define NR_RESAMPLES 1000

static double try_sample(const struct arm *arm)
{
	double ns = NAN;

	for (int i = 0; i < MOST_TRIES && isnan(ns); i++)
		ns = arm->sample(arm);
	return ns;
}

/* As many operations as fill a sample. Doubling them warms up, too. */
static int choose_ops(struct contender *contender)
{
	struct arm *arm = &contender->arm;
	double per_op = contender->nr_per_op ? contender->nr_per_op : 1;

	if (contender->is_fixed)
		return 0;
	for (arm->nr_ops = 1; arm->nr_ops < MOST_OPS; arm->nr_ops *= 2) {
		double ns = try_sample(arm);

		if (ns < 0)
			return -1;
		if (ns * per_op * arm->nr_ops >= SAMPLE_NS)
			break;
	}
	return 0;
}

static size_t fewest_samples(const struct contest *contest)
{
	size_t fewest = MOST_SAMPLES;

	for (size_t i = 0; i < contest->nr; i++) {
		if (contest->contenders[i].samples.nr < fewest)
			fewest = contest->contenders[i].samples.nr;
	}
	return fewest;
}

static bool is_enough(const struct contest *contest, int round, uint64_t spent_ns,
		      uint64_t budget_ns)
{
	if (round < FEWEST_ROUNDS || spent_ns < budget_ns)
		return false;
	return fewest_samples(contest) >= FEWEST_SAMPLES || spent_ns >= MOST_PATIENCE * budget_ns;
}

static int take_round(struct contest *contest, const struct contender **failed)
{
	for (size_t i = 0; i < contest->nr; i++) {
		struct contender *contender = &contest->contenders[i];

		if (arm_take(&contender->arm, &contender->samples)) {
			*failed = contender;
			return -1;
		}
	}
	return 0;
}

static int warm_up(struct contest *contest, const struct contender **failed)
{
	for (size_t i = 0; i < contest->nr; i++) {
		if (choose_ops(&contest->contenders[i])) {
			*failed = &contest->contenders[i];
			return -1;
		}
	}
	for (int round = 0; round < WARM_UP; round++) {
		if (take_round(contest, failed))
			return -1;
	}
	for (size_t i = 0; i < contest->nr; i++)
		contest->contenders[i].samples = (struct samples){ .nr = 0 };
	return 0;
}

/* Apart from what is timed: starting and stopping counters takes time, too. */
static void count_events(struct contender *contender, struct counters *counters)
{
	uint64_t values[NR_COUNTERS];
	double nr_ops = contender->arm.nr_ops;

	if (contender->nr_per_op)
		nr_ops *= contender->nr_per_op;
	counters_start(counters);
	contender->arm.sample(&contender->arm);
	if (counters_stop(counters, values))
		return;
	contender->has_counters = true;
	for (int i = 0; i < NR_COUNTERS; i++)
		contender->counters[i] = (double)values[i] / nr_ops;
}

int contest_run(struct contest *contest, uint64_t budget_ns, struct counters *counters,
		const struct contender **failed)
{
	struct contender *first = &contest->contenders[0];
	uint64_t start;

	if (warm_up(contest, failed))
		return -1;
	start = now_ns();
	for (int round = 0; round < MOST_SAMPLES; round++) {
		if (is_enough(contest, round, now_ns() - start, budget_ns))
			break;
		if (take_round(contest, failed))
			return -1;
	}
	for (size_t i = 0; i < contest->nr; i++) {
		struct contender *contender = &contest->contenders[i];

		if (counters)
			count_events(contender, counters);
		contender->ratio =
			bootstrap_ratio(&contender->samples, &first->samples, NR_RESAMPLES);
		contender->summary = summarize(&contender->samples);
	}
	return 0;
}
