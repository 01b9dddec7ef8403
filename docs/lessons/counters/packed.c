/* SPDX-License-Identifier: MIT */
/* A counter for each protocol and CPU: those of a protocol side by side. */
#include "stats.h"
#include <stdalign.h>

static alignas(128) unsigned long counts[NR_PROTOCOLS][NR_CPUS];

void count(int cpu, int protocol)
{
	counts[protocol][cpu]++;
}

unsigned long counted(int protocol)
{
	unsigned long sum = 0;

	for (int cpu = 0; cpu < NR_CPUS; cpu++)
		sum += counts[protocol][cpu];
	return sum;
}
