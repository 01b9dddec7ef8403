// SPDX-License-Identifier: MIT
/*
 * A program of somebody who uses the installed library; in C, and in C++.
 */
#include <pcasim/pcasim.h>
#include <stdio.h>

static struct pca_map_ref *counts;

static int count(void *ctx)
{
	uint32_t key = 0;
	uint64_t *mine = (uint64_t *)pca_map_lookup_elem(counts, &key);

	(void)ctx;
	return mine ? (int)++*mine : -1;
}

int main(void)
{
	struct pca_machine_opts opts = {};
	struct pca_prog_load_opts load = {};
	struct pca_machine *machine;
	struct pca_task *task;
	struct pca_prog *prog;
	uint64_t values[2] = { 0, 0 };
	uint32_t key = 0;

	opts.possible = "0-1";
	load.type = BPF_PROG_TYPE_XDP;
	load.fn = count;
	if (pca_machine_create(&machine, &opts) || pca_task_create(&task, machine, NULL))
		return 1;
	int fd = pca_map_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, 0);
	if (pca_map_get(task, fd, &counts) || pca_prog_get(task, pca_prog_load(task, &load), &prog))
		return 1;
	pca_run_on_each_cpu(prog, NULL, NULL);
	pca_map_lookup(task, fd, &key, values, sizeof(values), 0);
	printf("counted %d and %d\n", (int)values[0], (int)values[1]);
	return values[0] == 1 && values[1] == 1 ? 0 : 1;
}
