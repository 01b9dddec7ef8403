/* SPDX-License-Identifier: MIT */
/* The same statistics in a per-CPU array, on a simulated machine with 64 CPUs. */
#include <pcasim/pcasim.h>
#include <stdio.h>

#define NR_CPUS 64
#define NR_PROTOCOLS 16

static struct pca_map_ref *counts;

static int count_packet(void *protocol)
{
	uint64_t *mine = pca_map_lookup_elem(counts, protocol);

	return mine ? (int)++*mine : -1; /* no lock, and no other CPU's line */
}

int main(void)
{
	struct pca_machine_opts server = { .topology = "pack:2 core:32 pu:1" };
	struct pca_prog_load_opts load = { .type = BPF_PROG_TYPE_XDP, .fn = count_packet };
	uint32_t tcp = 6, udp = 11;
	uint64_t copies[NR_CPUS], sum = 0;
	struct pca_machine *machine;
	struct pca_task *task;
	struct pca_prog *prog;

	if (pca_machine_create(&machine, &server) || pca_task_create(&task, machine, NULL))
		return 1;
	int fd =
		pca_map_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(copies[0]), NR_PROTOCOLS, 0);
	if (pca_map_get(task, fd, &counts) || pca_prog_get(task, pca_prog_load(task, &load), &prog))
		return 1;

	pca_run_on_each_cpu(prog, &tcp, NULL);
	pca_run_on_each_cpu(prog, &udp, NULL);
	pca_run_on(prog, 40, &tcp, NULL);

	if (pca_map_lookup(task, fd, &tcp, copies, sizeof(copies), 0))
		return 1;
	for (int cpu = 0; cpu < NR_CPUS; cpu++)
		sum += copies[cpu];
	printf("%zu bytes read, %lu packets: %lu on CPU 0, %lu on CPU 40\n", sizeof(copies), sum,
	       copies[0], copies[40]);
}
