// SPDX-License-Identifier: MIT
#include <pcasim/pcasim.h>
#include <stdio.h>

static struct pca_map_ref *bytes;

static int count(void *packet_size)
{
	uint64_t *mine = pca_map_lookup_elem(bytes, &(uint32_t){ 0 });

	return mine ? (int)(*mine += *(uint64_t *)packet_size) : -1; /* no lock needed */
}

int main(void)
{
	struct pca_machine_opts four_cpus = { .possible = "0-3" };
	struct pca_prog_load_opts load = { .type = BPF_PROG_TYPE_XDP, .fn = count };
	struct pca_machine *machine;
	struct pca_task *task;
	struct pca_prog *prog;
	uint64_t values[4];

	if (pca_machine_create(&machine, &four_cpus) || pca_task_create(&task, machine, NULL))
		return 1;
	int fd = pca_map_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(values[0]), 1, 0);
	if (pca_map_get(task, fd, &bytes) || pca_prog_get(task, pca_prog_load(task, &load), &prog))
		return 1;
	pca_run_on_each_cpu(prog, &(uint64_t){ 64 }, NULL);
	pca_run_on(prog, 2, &(uint64_t){ 1500 }, NULL);
	pca_map_lookup(task, fd, &(uint32_t){ 0 }, values, sizeof(values), 0);
	for (int cpu = 0; cpu < 4; cpu++)
		printf("CPU %d: %lu bytes\n", cpu, values[cpu]);
}
