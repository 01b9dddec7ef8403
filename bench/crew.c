// SPDX-License-Identifier: MIT
/*
 * A sample begins when all others are in their loops, and they stay there until it is
 * over: what is timed is never without company. They sleep between samples, so as not
 * to disturb those with fewer threads.
 */
#include "crew.h"

#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "host.h"

#define MOST_MEMBERS 1024
#define SPINS 4096 /* then the awaited thread may need this one's CPU */

struct member {
	struct crew *crew;
	pthread_t thread;
	sem_t go;
	uint32_t index;
	int cpu;
} __attribute__((aligned(128)));

struct crew {
	uint32_t nr;
	bool is_over; /* read after sem_wait() */
	const struct crew_task *task;
	_Alignas(128) atomic_uint nr_running;
	_Alignas(128) atomic_uint nr_done;
	_Alignas(128) atomic_bool is_warm; /* the first one: it waits for nr_running now */
	atomic_bool is_stopped;
	atomic_bool is_disturbed;
	struct member members[];
};

static void wait_for(atomic_uint *count, uint32_t nr)
{
	/* Pairs with the members' additions: what they did before is seen. */
	for (uint32_t i = 0; atomic_load_explicit(count, memory_order_acquire) < nr; i++) {
		if (i >= SPINS)
			sched_yield();
	}
}

static void warm_up(layout_loop loop, struct layout_turn *turn, uint32_t nr_accesses)
{
	uint32_t timed = turn->nr_accesses;

	turn->nr_accesses = nr_accesses;
	loop(turn);
	turn->nr_accesses = timed;
}

static void keep_company(struct member *member)
{
	struct crew *crew = member->crew;
	struct layout_turn *turn = &crew->task->turns[member->index];
	layout_loop loop = crew->task->others_loop;
	long before;

	warm_up(loop, turn, crew->task->nr_warm_up);
	/* The first one's warming up may take long: to lose the CPU meanwhile does no harm. */
	while (!atomic_load_explicit(&crew->is_warm, memory_order_relaxed))
		loop(turn);
	before = host_preemptions();
	atomic_fetch_add_explicit(&crew->nr_running, 1, memory_order_release);
	do
		loop(turn);
	while (!atomic_load_explicit(&crew->is_stopped, memory_order_relaxed));
	if (host_preemptions() != before)
		atomic_store_explicit(&crew->is_disturbed, true, memory_order_relaxed);
	atomic_fetch_add_explicit(&crew->nr_done, 1, memory_order_release);
}

static void *member_main(void *arg)
{
	struct member *member = arg;

	host_pin_to(member->cpu);
	for (;;) {
		while (sem_wait(&member->go))
			;
		if (member->crew->is_over)
			return NULL;
		keep_company(member);
	}
}

static int start_member(struct crew *crew, uint32_t index, int cpu)
{
	struct member *member = &crew->members[index];
	int err;

	*member = (struct member){ .crew = crew, .index = index, .cpu = cpu };
	if (sem_init(&member->go, 0, 0))
		return -errno;
	err = pthread_create(&member->thread, NULL, member_main, member);
	if (err)
		sem_destroy(&member->go);
	else
		crew->nr++;
	return -err;
}

int crew_create(struct crew **crew, const int *cpus, uint32_t nr)
{
	size_t bytes = sizeof(struct crew) + nr * sizeof(struct member);
	int err;

	if (!nr || nr > MOST_MEMBERS)
		return -EINVAL;
	err = host_pin_to(cpus[0]);
	if (err)
		return err;
	*crew = aligned_alloc(128, layout_round_up(bytes, 128));
	if (!*crew)
		return -ENOMEM;
	**crew = (struct crew){ .nr = 1 };
	for (uint32_t i = 1; i < nr && !err; i++)
		err = start_member(*crew, i, cpus[i]);
	if (err)
		crew_destroy(*crew);
	return err;
}

void crew_destroy(struct crew *crew)
{
	crew->is_over = true;
	for (uint32_t i = 1; i < crew->nr; i++)
		sem_post(&crew->members[i].go);
	for (uint32_t i = 1; i < crew->nr; i++) {
		pthread_join(crew->members[i].thread, NULL);
		sem_destroy(&crew->members[i].go);
	}
	free(crew);
}

struct crew_result crew_run(struct crew *crew, const struct crew_task *task)
{
	struct layout_turn *turn = &task->turns[0];
	uint32_t nr_others = task->nr - 1;
	uint64_t start, end;
	long before;

	crew->task = task;
	atomic_store_explicit(&crew->nr_running, 0, memory_order_relaxed);
	atomic_store_explicit(&crew->nr_done, 0, memory_order_relaxed);
	atomic_store_explicit(&crew->is_warm, false, memory_order_relaxed);
	atomic_store_explicit(&crew->is_stopped, false, memory_order_relaxed);
	atomic_store_explicit(&crew->is_disturbed, false, memory_order_relaxed);
	for (uint32_t i = 1; i < task->nr; i++)
		sem_post(&crew->members[i].go);
	warm_up(task->first_loop, turn, task->nr_warm_up);
	atomic_store_explicit(&crew->is_warm, true, memory_order_relaxed);
	wait_for(&crew->nr_running, nr_others);
	before = host_preemptions();
	start = now_ns();
	task->first_loop(turn);
	end = now_ns();
	bool is_preempted = host_preemptions() != before;

	atomic_store_explicit(&crew->is_stopped, true, memory_order_relaxed);
	wait_for(&crew->nr_done, nr_others);
	return (struct crew_result){
		.ns = (double)(end - start) / turn->nr_accesses,
		.is_disturbed = is_preempted ||
				atomic_load_explicit(&crew->is_disturbed, memory_order_relaxed),
	};
}
