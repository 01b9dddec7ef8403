/* SPDX-License-Identifier: MIT */
/* Statistics: packets by protocol, counted by a thread on each CPU. */
#ifndef STATS_H
#define STATS_H

#define NR_CPUS 8
#define NR_PROTOCOLS 16

void count(int cpu, int protocol); /* called by the thread on that CPU only */
unsigned long counted(int protocol);

#endif
