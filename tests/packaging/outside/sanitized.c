// SPDX-License-Identifier: MIT
/*
 * A program for ThreadSanitizer, with the library as it is installed. It has no races;
 * with an argument it has one, which must be found: two CPUs add to one shared element.
 */
#include <pcasim/pcasim.h>
#include <stdio.h>

static struct pca_map_ref *counts;
static uint64_t step; /* the program's and the test's, who take turns */

static int count(void *ctx)
{
	uint64_t *mine = pca_map_lookup_elem(counts, &(uint32_t){ 0 });

	(void)ctx;

	return mine ? (int)(*mine += step) : -1;
}

static int count_everywhere(void *ctx)
{
	uint64_t *mine = pca_map_lookup_elem(counts, &(uint32_t){ 0 });

	(void)ctx;
	for (int i = 0; mine && i < 1000; i++)
		*(volatile uint64_t *)mine += 1;
	return 0;
}

static struct pca_prog *load(struct pca_task *task, pca_prog_fn fn)
{
	const struct pca_prog_load_opts opts = { .type = BPF_PROG_TYPE_XDP, .fn = fn };
	struct pca_prog *prog;

	return pca_prog_get(task, pca_prog_load(task, &opts), &prog) ? NULL : prog;
}

static int use_machine(struct pca_machine *machine, struct pca_task *task, enum bpf_map_type type)
{
	const int fd = pca_map_create(task, type, 8, 1, 0);
	struct pca_prog *prog = load(task, count), *other = load(task, count_everywhere);
	uint64_t values[4] = { 0 };

	if (!prog || !other || pca_map_get(task, fd, &counts))
		return 1;
	for (step = 1; step < 10; step++)
		pca_run_on(prog, (uint32_t)step % 4, NULL, NULL);
	pca_run_on_each_cpu(other, NULL, NULL);
	pca_map_lookup(task, fd, &(uint32_t){ 0 }, values, sizeof(values), 0);
	pca_prog_put(prog);
	pca_prog_put(other);
	pca_map_put(counts);
	return pca_machine_reset(machine) || values[0] < 1000;
}

/* So much memory that a reset waits until some of it is given back. */
static int use_memory(struct pca_machine *machine, struct pca_task *task)
{
	for (int i = 0; i < 10; i++) {
		if (pca_map_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1 << 20, 0) < 0 ||
		    pca_machine_reset(machine))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct pca_machine_opts opts = { .possible = "0-3" };

	(void)argv;
	for (int i = 0; i < 20; i++) {
		struct pca_machine *machine;
		struct pca_task *task;

		if (pca_machine_create(&machine, &opts) || pca_task_create(&task, machine, NULL))
			return 1;
		if (use_machine(machine, task, BPF_MAP_TYPE_PERCPU_ARRAY) ||
		    (argc > 1 && use_machine(machine, task, BPF_MAP_TYPE_ARRAY)))
			return 1;
		if (i % 10 == 0 && use_memory(machine, task))
			return 1;
		pca_machine_destroy(machine);
	}
	puts("done");
	return 0;
}
