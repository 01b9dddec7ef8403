// SPDX-License-Identifier: MIT
/*
 * How it was: one mistake of each kind, as they are made in real programs. On the
 * developer's own machine with a current kernel most of it seemed to work.
 */
#include "stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "cpus.h"

#define MOST_CPUS 1024

int stats_create(void)
{
	return bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "stats", sizeof(__u32),
			      sizeof(struct traffic), NR_PROTOCOLS, NULL);
}

/* Forgets the freeze: to the verifier these are no constants. */
int config_create(const struct config *config)
{
	struct bpf_map_create_opts opts = {
		.sz = sizeof(opts),
		.map_flags = BPF_F_RDONLY_PROG,
	};
	__u32 key = 0;
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "stats.rodata", sizeof(key), sizeof(*config), 1,
				&opts);

	if (fd < 0)
		return fd;
	return bpf_map_update_elem(fd, &key, config, BPF_ANY) ? -errno : fd;
}

/* Opens for reading what is written to later. */
int stats_open(const char *path)
{
	struct bpf_obj_get_opts opts = { .sz = sizeof(opts), .file_flags = BPF_F_RDONLY };

	return bpf_obj_get_opts(path, &opts);
}

/* Room for one value. A kernel writes over the stack behind it. */
int stats_sum(int fd, __u32 protocol, struct traffic *sum)
{
	struct traffic one;
	int err = bpf_map_lookup_elem(fd, &protocol, &one);

	if (!err)
		*sum = one;
	return err;
}

/* Takes the CPU's id for its place, and values for as long as slots. */
int stats_of_cpu(int fd, __u32 protocol, int cpu, struct traffic *traffic)
{
	static struct traffic values[2 * MOST_CPUS];

	if (bpf_map_lookup_elem(fd, &protocol, values))
		return -errno;
	*traffic = values[cpu];
	return 0;
}

/* Room for the CPUs that are online. */
int stats_busiest_cpu(int fd, __u32 protocol, int *cpu)
{
	int nr_online = nr_cpus_online(), busiest = 0, err;
	struct {
		struct traffic traffic;
		__u32 padding;
	} *slots = calloc((size_t)nr_online, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	err = bpf_map_lookup_elem(fd, &protocol, slots);
	for (int i = 1; i < nr_online && !err; i++) {
		if (slots[i].traffic.packets > slots[busiest].traffic.packets)
			busiest = i;
	}
	*cpu = cpu_id(busiest);
	free(slots);
	return err;
}

/* Takes the end of the map for a failure, and every kernel for a new one. */
int stats_sum_all(int fd, struct traffic sums[NR_PROTOCOLS])
{
	static __u64 slots[(NR_PROTOCOLS + 1) * MOST_CPUS * 2];
	__u32 keys[NR_PROTOCOLS + 1], next, count = NR_PROTOCOLS + 1;
	int nr_cpus = libbpf_num_possible_cpus();
	int err = bpf_map_lookup_batch(fd, NULL, &next, keys, slots, &count, NULL);

	if (err)
		return err;
	memset(sums, 0, NR_PROTOCOLS * sizeof(*sums));
	for (__u32 i = 0; i < count; i++) {
		for (int n = 0; n < nr_cpus; n++) {
			struct traffic traffic;

			memcpy(&traffic, slots + (i * (__u32)nr_cpus + (__u32)n) * 2,
			       sizeof(traffic));
			sums[keys[i]].packets += traffic.packets;
			sums[keys[i]].kilobytes += traffic.kilobytes;
			sums[keys[i]].drops += traffic.drops;
		}
	}
	return 0;
}

/* Writes back what the other CPUs had counted when it looked. */
int stats_clear_cpu(int fd, __u32 protocol, int cpu)
{
	static __u64 slots[MOST_CPUS][2];

	if (bpf_map_lookup_elem(fd, &protocol, slots))
		return -errno;
	memset(slots[cpu_ordinal(cpu)], 0, sizeof(slots[0]));
	return bpf_map_update_elem(fd, &protocol, slots, BPF_ANY);
}

/* One value for all buckets: works up to 4096 of them. */
int histogram_create(__u32 nr_buckets)
{
	return bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "sizes", sizeof(__u32),
			      nr_buckets * sizeof(__u64), NR_PROTOCOLS, NULL);
}
