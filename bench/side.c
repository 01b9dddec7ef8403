// SPDX-License-Identifier: MIT
#include "side.h"

#include <stdio.h>

const struct side side_kernel = { .task = NULL };

int side_make(struct side *side, const char *topology, enum pca_run_mode mode)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.topology = topology,
		.run_mode = mode,
		.memory_limit_bytes = 1ULL << 40,
	};
	struct pca_machine *machine;

	if (pca_machine_create(&machine, &opts))
		return -1;
	return pca_task_create(&side->task, machine, NULL) ? -1 : 0;
}

int side_make_of(struct side *side, uint32_t nr_cpus)
{
	char topology[32];

	snprintf(topology, sizeof(topology), "pu:%u", nr_cpus);
	return side_make(side, topology, PCA_INLINE);
}

void side_destroy(struct side *side)
{
	struct pca_machine *machine;

	if (!side->task)
		return;
	machine = pca_task_machine(side->task);
	pca_task_destroy(side->task);
	pca_machine_destroy(machine);
	side->task = NULL;
}

int side_map_create(const struct side *side, uint32_t type, uint32_t value_size,
		    uint32_t max_entries)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = sizeof(uint32_t),
		.value_size = value_size,
		.max_entries = max_entries,
	};

	return (int)side_bpf(side, BPF_MAP_CREATE, &attr, ATTR_END(max_entries));
}

void side_close(const struct side *side, int fd)
{
	if (fd < 0)
		return;
	if (side->task)
		pca_close(side->task, fd);
	else
		close(fd);
}

long side_test_run(const struct side *side, int prog_fd, uint32_t repeat)
{
	static const char packet[64]; /* zeros: no protocol whose headers could be missing */
	union bpf_attr attr = {
		.test.prog_fd = (uint32_t)prog_fd,
		.test.data_in = (uintptr_t)packet,
		.test.data_size_in = sizeof(packet),
		.test.repeat = repeat,
	};
	long err = side_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr));

	return err ? -1 : (long)attr.test.duration;
}

long side_test_run_on_cpu(const struct side *side, int prog_fd, uint32_t cpu)
{
	union bpf_attr attr = {
		.test.prog_fd = (uint32_t)prog_fd,
		.test.flags = BPF_F_TEST_RUN_ON_CPU,
		.test.cpu = cpu,
	};

	return side_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}
