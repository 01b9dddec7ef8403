/* SPDX-License-Identifier: MIT */
/*
 * What the reader asks the system about CPUs. The product reads
 * /sys/devices/system/cpu/{possible,online}; its tests have a cpus.c that asks the
 * simulated machine.
 */
#ifndef CPUS_H
#define CPUS_H

int nr_cpus_online(void);
int cpu_ordinal(int id); /* its place among the possible CPUs, or -EINVAL */
int cpu_id(int ordinal);

#endif
