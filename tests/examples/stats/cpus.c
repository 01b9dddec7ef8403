// SPDX-License-Identifier: MIT
/* cpus.h for tests: the CPUs of the machine that the reader runs on. */
#include "cpus.h"

#include <pcasim/pcasim.h>

static struct pca_machine *machine(void)
{
	return pca_task_machine(pca_current_task());
}

int nr_cpus_online(void)
{
	return (int)pca_num_online_cpus(machine());
}

int cpu_ordinal(int id)
{
	return pca_cpu_ordinal(machine(), (uint32_t)id);
}

int cpu_id(int ordinal)
{
	return pca_cpu_id(machine(), (uint32_t)ordinal);
}
