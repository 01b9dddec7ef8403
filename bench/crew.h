/* SPDX-License-Identifier: MIT */
/*
 * Threads, each pinned to a host CPU, that use one memory at the same time.
 */
#ifndef BENCH_CREW_H
#define BENCH_CREW_H

#include <stdbool.h>

#include "layouts/layout.h"

struct crew;

/*
 * Pin the caller to the first of nr CPUs and start a thread on each other. Up to 1024.
 * 0 or -errno.
 */
int crew_create(struct crew **crew, const int *cpus, uint32_t nr);
void crew_destroy(struct crew *crew);

/* What nr threads of the crew do; member i takes turns[i]. */
struct crew_task {
	layout_loop first_loop;	 /* of the caller: turns[0].nr_accesses of it are timed */
	layout_loop others_loop; /* again and again, for longer than the caller's */
	struct layout_turn *turns;
	uint32_t nr;
};

struct crew_result {
	double ns;	   /* per access of the caller */
	bool is_disturbed; /* one of the threads lost its CPU meanwhile */
};

struct crew_result crew_run(struct crew *crew, const struct crew_task *task);

#endif
