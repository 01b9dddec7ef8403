/* SPDX-License-Identifier: MIT */
/* A counter for each protocol and CPU: those of a CPU side by side. */
#include "stats.h"
#include <stdalign.h>

static struct slab {
	alignas(128) unsigned long counts[NR_PROTOCOLS];
} slabs[NR_CPUS];

void count(int cpu, int protocol)
{
	slabs[cpu].counts[protocol]++;
}

unsigned long counted(int protocol)
{
	unsigned long sum = 0;

	for (int cpu = 0; cpu < NR_CPUS; cpu++)
		sum += slabs[cpu].counts[protocol];
	return sum;
}
