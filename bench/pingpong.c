// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "pingpong.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#include "host.h"

#define MOST_ROUNDS 20
#define ROUNDS_NS 100000000 /* no more rounds after that */
#define NR_TRIPS 100	    /* in a round */
#define SPINS 20000	    /* longer than a trip between any two cores */

/* The fastest two cores need longer than this, the slowest one core less. */
#define ONE_CORE_NS 35
/* Two cores at the same L3 stay below, those of two chiplets or sockets do not. */
#define NEAR_NS 150
/* No interconnect takes that long; the scheduler of the host or hypervisor does. */
#define IN_TURNS_NS 3000

#define GAME_OVER UINT_MAX /* odd */

struct game {
	_Alignas(128) atomic_uint ball; /* odd: it is on the partner's side */
	_Alignas(128) int cpu;
	int err;
};

/* Wait for the ball on the side of odd or even numbers: the number. */
static unsigned int wait_for_ball(atomic_uint *ball, unsigned int side)
{
	unsigned int number;
	uint32_t nr_spins = 0;

	while ((number = atomic_load_explicit(ball, memory_order_acquire)) % 2 != side) {
		if (nr_spins++ >= SPINS)
			sched_yield();
	}
	return number;
}

static void *hit_back(void *arg)
{
	struct game *game = arg;
	unsigned int number;

	game->err = host_pin_to(game->cpu);
	while ((number = wait_for_ball(&game->ball, 1)) != GAME_OVER)
		atomic_store_explicit(&game->ball, number + 1, memory_order_release);
	return NULL;
}

static double play_round(struct game *game)
{
	uint64_t start = now_ns();

	for (unsigned int i = 0; i < NR_TRIPS; i++) {
		atomic_store_explicit(&game->ball, 2 * i + 1, memory_order_release);
		wait_for_ball(&game->ball, 0);
	}
	return (double)(now_ns() - start) / NR_TRIPS;
}

double pingpong_ns(int cpu, int other)
{
	struct game game = { .cpu = other };
	pthread_t partner;
	uint64_t start;
	double best = 0;
	int err = host_pin_to(cpu);

	if (err)
		return err;
	err = pthread_create(&partner, NULL, hit_back, &game);
	if (err)
		return -err;
	start = now_ns();
	for (int round = 0; round < MOST_ROUNDS && now_ns() - start < ROUNDS_NS; round++) {
		double ns = play_round(&game);

		if (!best || ns < best)
			best = ns;
	}
	atomic_store_explicit(&game.ball, GAME_OVER, memory_order_release);
	pthread_join(partner, NULL);
	return game.err ? game.err : best;
}

enum pingpong_meaning pingpong_meaning(double ns, int cpu, int other)
{
	if (ns >= IN_TURNS_NS)
		return PINGPONG_IN_TURNS;
	if (ns < ONE_CORE_NS || host_is_one_core(cpu, other))
		return PINGPONG_ONE_CORE;
	return ns < NEAR_NS ? PINGPONG_NEAR : PINGPONG_FAR;
}

const char *pingpong_name(enum pingpong_meaning meaning)
{
	static const char *const names[NR_PINGPONG_MEANINGS] = {
		[PINGPONG_FAR] = "far",
		[PINGPONG_NEAR] = "near",
		[PINGPONG_ONE_CORE] = "one core",
		[PINGPONG_IN_TURNS] = "in turns",
	};

	return names[meaning];
}

const char *pingpong_text(enum pingpong_meaning meaning)
{
	static const char *const texts[] = {
		[PINGPONG_FAR] = "two cores far apart, where shared lines cost most",
		[PINGPONG_NEAR] =
			"two cores close together; shared lines cost more between far ones",
		[PINGPONG_ONE_CORE] = "one core with one cache, where shared lines cost little",
		[PINGPONG_IN_TURNS] = "CPUs that take turns, so shared lines do not show",
	};

	return texts[meaning];
}
