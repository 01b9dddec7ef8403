// SPDX-License-Identifier: MIT
/*
 * Creating, resetting and destroying whole machines: CPUs and memory (machine.c), files
 * (bpffs.c), tasks (task.c).
 */
#include "bpffs.h"
#include "message.h"
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

/*
 * Nothing is waited for but memory, when too much of it waits: objects go by
 * themselves after a grace period, and what they were counted for is forgotten.
 */
int pca_machine_reset(struct pca_machine *machine)
{
	if (may_not_wait())
		return -EDEADLK;
	if (machine_is_running(machine)) {
		message_error("pca_machine_reset: a run on this machine is not done; "
			      "pca_run_wait() for what pca_run_submit() gave away");
		return -EBUSY;
	}

	int err = bpffs_reset(machine->bpffs);

	if (err)
		return err;
	machine_reset_cpus(machine);
	machine->memory_limit_bytes = machine->first_memory_limit_bytes;
	machine->nr_seeds = 0;
	machine->hints_told = 0;
	machine->definition_told = false;
	tasks_reset(machine);
	objects_detach(machine);
	rcu_limit_deferred();
	return 0;
}
