/* SPDX-License-Identifier: MIT */
/* May a program have the address of a value in a per-CPU array? Asks two releases. */
#include <pcasim/pcasim.h>
#include <stdio.h>

static int program(void *ctx)
{
	(void)ctx;
	return 0;
}

/* As the verifier sees a program that reads the first value without a lookup. */
static void ask(const char *release, uint32_t max_entries)
{
	struct pca_machine_opts opts = { .possible = "0-3", .release = release };
	struct pca_machine *machine;
	struct pca_task *task;
	char log[256] = "";

	if (pca_machine_create(&machine, &opts) || pca_task_create(&task, machine, NULL))
		return;

	struct pca_map_use read = {
		.map_fd = pca_map_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, max_entries, 0),
		.access = PCA_READ,
	};
	struct pca_prog_load_opts load = {
		.type = BPF_PROG_TYPE_XDP,
		.fn = program,
		.uses = &read,
		.nr_uses = 1,
		.log = log,
		.log_size = sizeof(log),
	};
	int result = pca_prog_load(task, &load);

	printf("%s, max_entries %u: %s\n", release, max_entries,
	       result < 0 ? pca_strerror(result) : "loaded");
	printf("%s", log);
	pca_task_destroy(task);
	pca_machine_destroy(machine);
}

int main(void)
{
	ask("7.2", 1);
	ask("7.3", 1);
	ask("7.3", 2);
}
