/* SPDX-License-Identifier: MIT */
/* A counter for each protocol, which all CPUs share. */
#include "stats.h"
#include <stdatomic.h>

static atomic_ulong counts[NR_PROTOCOLS];

void count(int cpu, int protocol)
{
	(void)cpu;
	atomic_fetch_add_explicit(&counts[protocol], 1, memory_order_relaxed);
}

unsigned long counted(int protocol)
{
	return atomic_load_explicit(&counts[protocol], memory_order_relaxed);
}
