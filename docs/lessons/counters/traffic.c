/* SPDX-License-Identifier: MIT */
/*
 * Traffic for the statistics: 1 thread receives packets, then 2, each on a CPU of its own
 * if there are so many, and the time that a packet took is printed: the median of
 * a few rounds.
 */
#define _GNU_SOURCE
#include "stats.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST_THREADS 2
#define NR_ROUNDS 9
#define NR_PACKETS 1000000 /* in a round */
#define NR_DRAWN 4096	   /* protocols, drawn before the clock runs */

struct receiver {
	pthread_t thread;
	int cpu;
	double took_ns;
	unsigned char protocols[NR_DRAWN];
};

static pthread_barrier_t all_are_ready;

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static void draw_protocols(struct receiver *receiver)
{
	unsigned int random = 1 + receiver->cpu;

	for (int i = 0; i < NR_DRAWN; i++) {
		random = random * 1664525 + 1013904223;
		receiver->protocols[i] = (random >> 16) % NR_PROTOCOLS;
	}
}

/* The n-th thread goes to the n-th of the CPUs that we may use, round and round. */
static void move_to_cpu(int n)
{
	cpu_set_t ours, one;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(ours), &ours))
		return;
	for (n %= CPU_COUNT(&ours); !CPU_ISSET(cpu, &ours) || n-- > 0; cpu++)
		;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void *receive(void *arg)
{
	struct receiver *receiver = arg;
	double start;

	move_to_cpu(receiver->cpu);
	draw_protocols(receiver);
	pthread_barrier_wait(&all_are_ready);
	start = now_ns();
	for (int i = 0; i < NR_PACKETS; i++)
		count(receiver->cpu, receiver->protocols[i % NR_DRAWN]);
	receiver->took_ns = now_ns() - start;
	return NULL;
}

/* Nanoseconds for each packet of the slowest of so many threads. */
static double receive_on(int nr_threads)
{
	static struct receiver receivers[MOST_THREADS];
	double longest_ns = 0;

	pthread_barrier_init(&all_are_ready, NULL, nr_threads);
	for (int i = 0; i < nr_threads; i++) {
		receivers[i].cpu = i;
		if (pthread_create(&receivers[i].thread, NULL, receive, &receivers[i]))
			exit(1);
	}
	for (int i = 0; i < nr_threads; i++) {
		pthread_join(receivers[i].thread, NULL);
		if (receivers[i].took_ns > longest_ns)
			longest_ns = receivers[i].took_ns;
	}
	pthread_barrier_destroy(&all_are_ready);
	return longest_ns / NR_PACKETS;
}

static int compare_ns(const void *a, const void *b)
{
	const double *ns = a, *other_ns = b;

	return (*ns > *other_ns) - (*ns < *other_ns);
}

static double median_on(int nr_threads)
{
	double ns[NR_ROUNDS];

	for (int round = 0; round < NR_ROUNDS; round++)
		ns[round] = receive_on(nr_threads);
	qsort(ns, NR_ROUNDS, sizeof(ns[0]), compare_ns);
	return ns[NR_ROUNDS / 2];
}

int main(void)
{
	unsigned long received = 0, sum = 0;

	for (int n = 1; n <= MOST_THREADS; n++) {
		printf("%d thread%s %6.2f ns per packet\n", n, n == 1 ? ", " : "s,", median_on(n));
		received += (unsigned long)n * NR_ROUNDS * NR_PACKETS;
	}
	for (int protocol = 0; protocol < NR_PROTOCOLS; protocol++)
		sum += counted(protocol);
	if (sum == received)
		return 0;
	printf("%lu packets received, %lu counted\n", received, sum);
	return 1;
}
