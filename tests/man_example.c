// SPDX-License-Identifier: MIT
// The example of pcasim(7), in lines that fit there.
// clang-format off
#include <pcasim/pcasim.h>
#include <stdio.h>

static struct pca_map_ref *map;

static int count(void *ctx)
{
	uint64_t *mine = pca_map_lookup_elem(map, &(uint32_t){ 0 });

	(void)ctx;
	return mine ? (int)++*mine : 0;
}

int main(void)
{
	struct pca_machine_opts opts = { .possible = "0,2-3,7" };
	struct pca_prog_load_opts load = {
		.type = BPF_PROG_TYPE_XDP,
		.fn = count,
	};
	struct pca_machine *machine;
	struct pca_task *task;
	struct pca_prog *prog;
	uint64_t values[4] = { 0 };
	uint32_t key = 0;
	int fd;

	if (pca_machine_create(&machine, &opts) ||
	    pca_task_create(&task, machine, NULL))
		return 1;
	fd = pca_map_create(task, BPF_MAP_TYPE_PERCPU_ARRAY,
			    sizeof(values[0]), 1, 0);
	if (pca_map_get(task, fd, &map) ||
	    pca_prog_get(task, pca_prog_load(task, &load), &prog))
		return 1;
	pca_run_on_each_cpu(prog, NULL, NULL);
	pca_run_on(prog, 7, NULL, NULL);
	pca_map_lookup(task, fd, &key, values, sizeof(values), 0);
	for (uint32_t i = 0; i < 4; i++)
		printf("CPU %d: %lu\n", pca_cpu_id(machine, i), values[i]);
	pca_prog_put(prog);
	pca_map_put(map);
	pca_task_destroy(task);
	pca_machine_destroy(machine);
}
