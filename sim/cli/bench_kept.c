// SPDX-License-Identifier: MIT
/*
 * What the page will show: contests are kept as they come, with their samples.
 */
#include "bench.h"

#include <stdlib.h>

#include "setup.h"

static struct bench_kept *add(struct bench *bench)
{
	struct bench_kept *kept = calloc(1, sizeof(*kept));

	if (!kept) {
		cli_error("out of memory for the page");
		return NULL;
	}
	if (bench->last_kept)
		bench->last_kept->next = kept;
	else
		bench->kept = kept;
	bench->last_kept = kept;
	return kept;
}

int bench_keep(struct bench *bench, const struct contest *contest)
{
	struct bench_kept *kept = add(bench);

	if (!kept)
		return -1;
	kept->contest = *contest;
	if (contest->job) {
		kept->job = *contest->job;
		kept->contest.job = &kept->job;
	}
	if (contest->nr_threads > 1)
		kept->trips = bench->trips;
	return 0;
}

int bench_keep_skip(struct bench *bench, const char *what, const char *why)
{
	struct bench_kept *kept = add(bench);

	if (!kept)
		return -1;
	snprintf(kept->skipped, sizeof(kept->skipped), "%s: skipped, %s", what, why);
	return 0;
}

void bench_forget(struct bench *bench)
{
	struct bench_kept *kept = bench->kept;

	while (kept) {
		struct bench_kept *next = kept->next;

		free(kept);
		kept = next;
	}
	bench->kept = bench->last_kept = NULL;
}
