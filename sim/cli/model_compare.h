/* SPDX-License-Identifier: MIT */
/*
 * What was measured beside what the model says of the same: pair by pair of layouts.
 */
#ifndef SIM_CLI_MODEL_COMPARE_H
#define SIM_CLI_MODEL_COMPARE_H

#include "measured.h"
#include "model_run.h"

/*
 * A difference is clear from here on: a measured one if its interval excludes 1, too, and
 * one of the model's rates if they are not as near as the other figure says.
 */
#define COMPARE_CLEAR_RATIO 1.25
#define COMPARE_LEAST_RATE 0.03

enum compare_verdict {
	COMPARE_SAME_ORDER,
	COMPARE_NO_DIFFERENCE, /* in neither */
	COMPARE_MODEL_ONLY,    /* no clear difference was measured */
	COMPARE_MEASURED_ONLY, /* the model sees none */
	COMPARE_OPPOSITE,
	NR_COMPARE_VERDICTS,
};

/* Two layouts by their number in the contest; the first has the smaller median. */
struct compared_pair {
	size_t first, second;
	struct interval ratio; /* second to first */
	bool is_clear;
	enum compare_verdict verdict;
	const char *why; /* of the last two verdicts, else NULL */
};

#define COMPARE_MOST_PAIRS (MEASURED_MOST_LAYOUTS * (MEASURED_MOST_LAYOUTS - 1) / 2)

struct compared {
	const struct measured_contest *contest;
	const char *left_out; /* why, or NULL: all below holds */
	struct model_job job;
	struct model_shape shape;

	/* By median, fastest first; those that the model takes. */
	struct measured_layout layouts[MEASURED_MOST_LAYOUTS];
	struct model_result results[MEASURED_MOST_LAYOUTS];
	size_t nr;
	struct compared_pair pairs[COMPARE_MOST_PAIRS];
	size_t nr_pairs;
	size_t counts[NR_COMPARE_VERDICTS];
};

/* job: accesses, seed and prefetch. 0, or -1 after a line on stderr. */
int compare_contest(struct compared *compared, const struct measured *measured,
		    const struct measured_contest *contest, const struct model_job *job);

/* "the same order" and so on. */
const char *compare_verdict_text(enum compare_verdict verdict);

/*
 * Read the file, "-" for standard input, compare all its contests, print it. The number of
 * pairs in opposite order; or -1 after a line on stderr.
 */
int compare_file(const char *path, const struct model_job *job, bool is_json);

#endif
