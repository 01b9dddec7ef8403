// SPDX-License-Identifier: MIT
/*
 * Creating and destroying whole machines: CPUs and memory (machine.c), files
 * (bpffs.c), tasks (task.c).
 */
#include "bpffs.h"
#include "task.h"

int pca_machine_create(struct pca_machine **out, const struct pca_machine_opts *user_opts)
{
	struct pca_machine_opts opts = { 0 };
	struct pca_machine *machine;
	int err = 0;

	if (user_opts)
		err = copy_opts(&opts, sizeof(opts), user_opts, user_opts->size,
				"struct pca_machine_opts");
	if (!err)
		err = machine_alloc(&machine, &opts);
	if (err)
		return err;
	err = bpffs_mount(&machine->bpffs);
	if (err)
		machine_put(machine);
	else
		*out = machine;
	return err;
}

/* Waits for the workers and for nothing else: memory goes after a grace period. */
void pca_machine_destroy(struct pca_machine *machine)
{
	if (!machine)
		return;
	for_each_possible_cpu(machine, cpu)
		cpu_destroy(cpu);
	tasks_destroy(machine);
	bpffs_unmount(machine->bpffs);
	machine_put(machine);
}
