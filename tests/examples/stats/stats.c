// SPDX-License-Identifier: MIT
/*
 * As it should be. stats_before.c is how it was before its tests were written.
 */
#include "stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "cpus.h"

#define NOT_SUPPORTED 524 /* Linux's ENOTSUPP */

/* A slot of a lookup's buffer: the value, rounded up to 8 bytes. */
union slot {
	struct traffic traffic;
	__u64 words[(sizeof(struct traffic) + 7) / 8];
};

int stats_create(void)
{
	return bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "stats", sizeof(__u32),
			      sizeof(struct traffic), NR_PROTOCOLS, NULL);
}

/* What the verifier may take for constants must be frozen before a program is loaded. */
int config_create(const struct config *config)
{
	struct bpf_map_create_opts opts = {
		.sz = sizeof(opts),
		.map_flags = BPF_F_RDONLY_PROG,
	};
	__u32 key = 0;
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "stats.rodata", sizeof(key), sizeof(*config), 1,
				&opts);
	int err;

	if (fd < 0)
		return fd;
	err = bpf_map_update_elem(fd, &key, config, BPF_ANY);
	if (!err)
		err = bpf_map_freeze(fd);
	return err ? err : fd;
}

int stats_open(const char *path)
{
	return bpf_obj_get(path);
}

static void add(struct traffic *sum, const union slot *slots, int nr_cpus)
{
	for (int i = 0; i < nr_cpus; i++) {
		sum->packets += slots[i].traffic.packets;
		sum->kilobytes += slots[i].traffic.kilobytes;
		sum->drops += slots[i].traffic.drops;
	}
}

/* One slot for every possible CPU. NULL with errno. */
static union slot *look_up(int fd, __u32 protocol, int *nr_cpus)
{
	union slot *slots;

	*nr_cpus = libbpf_num_possible_cpus();
	if (*nr_cpus < 0)
		return NULL;
	slots = calloc((size_t)*nr_cpus, sizeof(*slots));
	if (slots && bpf_map_lookup_elem(fd, &protocol, slots)) {
		free(slots);
		return NULL;
	}
	return slots;
}

int stats_sum(int fd, __u32 protocol, struct traffic *sum)
{
	int nr_cpus;
	union slot *slots = look_up(fd, protocol, &nr_cpus);

	if (!slots)
		return -errno;
	memset(sum, 0, sizeof(*sum));
	add(sum, slots, nr_cpus);
	free(slots);
	return 0;
}

/* Slots are in the order of the possible CPUs, whatever their ids. */
int stats_of_cpu(int fd, __u32 protocol, int cpu, struct traffic *traffic)
{
	int nr_cpus, ordinal = cpu_ordinal(cpu);
	union slot *slots;

	if (ordinal < 0)
		return ordinal;
	slots = look_up(fd, protocol, &nr_cpus);
	if (!slots)
		return -errno;
	*traffic = slots[ordinal].traffic;
	free(slots);
	return 0;
}

/* Offline CPUs have counted as well. */
int stats_busiest_cpu(int fd, __u32 protocol, int *cpu)
{
	int nr_cpus, busiest = 0;
	union slot *slots = look_up(fd, protocol, &nr_cpus);

	if (!slots)
		return -errno;
	for (int i = 1; i < nr_cpus; i++) {
		if (slots[i].traffic.packets > slots[busiest].traffic.packets)
			busiest = i;
	}
	*cpu = cpu_id(busiest);
	free(slots);
	return 0;
}

static int sum_one_by_one(int fd, struct traffic sums[NR_PROTOCOLS])
{
	int err = 0;

	for (__u32 protocol = 0; protocol < NR_PROTOCOLS && !err; protocol++)
		err = stats_sum(fd, protocol, &sums[protocol]);
	return err;
}

/*
 * One command for all keys, where the kernel has it. A batch that asks for more than
 * there is delivers what there is, and -ENOENT, which is the end and no failure.
 */
int stats_sum_all(int fd, struct traffic sums[NR_PROTOCOLS])
{
	__u32 keys[NR_PROTOCOLS + 1], next, count = NR_PROTOCOLS + 1;
	int nr_cpus = libbpf_num_possible_cpus(), err;
	union slot *slots;

	if (nr_cpus < 0)
		return nr_cpus;
	slots = calloc((size_t)count * (size_t)nr_cpus, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	err = bpf_map_lookup_batch(fd, NULL, &next, keys, slots, &count, NULL);
	if (err == -NOT_SUPPORTED) { /* before 5.13 */
		free(slots);
		return sum_one_by_one(fd, sums);
	}
	if (err == -ENOENT)
		err = 0;
	if (!err) {
		memset(sums, 0, NR_PROTOCOLS * sizeof(*sums));
		for (__u32 i = 0; i < count; i++)
			add(&sums[keys[i]], slots + (size_t)i * (size_t)nr_cpus, nr_cpus);
	}
	free(slots);
	return err;
}

/*
 * Nothing but this CPU's copy is written: who looked all copies up and wrote them back
 * would undo what programs counted on the others meanwhile.
 */
int stats_clear_cpu(int fd, __u32 protocol, int cpu)
{
	const struct traffic none = { 0, 0, 0 };

	return bpf_map_update_elem(fd, &protocol, &none, BPF_F_CPU | (__u64)cpu << 32);
}

/* A value of a per-CPU array is at most 32 KiB: a key for each protocol and bucket. */
int histogram_create(__u32 nr_buckets)
{
	return bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "sizes", sizeof(__u32), sizeof(__u64),
			      NR_PROTOCOLS * nr_buckets, NULL);
}
