// SPDX-License-Identifier: MIT
/*
 * Per-CPU packet statistics: made, read one by one and in batches, pinned, opened
 * again and frozen. Written for libbpf and nothing else: the same source runs on a
 * kernel (-lbpf) and on the simulator (-Iinclude/pcasim/libbpf), and prints the same.
 *
 * Usage: stats_reader PIN    a path in a bpffs that does not exist yet
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

enum { NR_QUEUES = 10, BATCH = 4 };

struct stats {
	__u64 packets;
	__u32 drops; /* 12 bytes: a slot takes 16 */
} __attribute__((packed));

union slot {
	struct stats stats;
	char bytes[(sizeof(struct stats) + 7) / 8 * 8];
};

static void die(const char *what, int err)
{
	char text[128];

	libbpf_strerror(err, text, sizeof(text));
	fprintf(stderr, "%s: %s\n", what, text);
	exit(1);
}

static int check(const char *what, int result)
{
	if (result < 0)
		die(what, result);
	return result;
}

static void fill(int fd, union slot *slots, int nr_cpus)
{
	for (__u32 queue = 0; queue < NR_QUEUES; queue++) {
		memset(slots, 0, sizeof(*slots) * nr_cpus);
		for (int cpu = 0; cpu < nr_cpus; cpu++) {
			slots[cpu].stats.packets = 100 * queue + cpu;
			slots[cpu].stats.drops = queue;
		}
		check("update", bpf_map_update_elem(fd, &queue, slots, BPF_ANY));
	}
}

static struct stats sum(const union slot *slots, int nr_cpus)
{
	struct stats total = { 0, 0 };

	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		total.packets += slots[cpu].stats.packets;
		total.drops += slots[cpu].stats.drops;
	}
	return total;
}

static void print_queue(const char *how, __u32 queue, struct stats total)
{
	printf("%s: queue %u packets %llu drops %u\n", how, queue,
	       (unsigned long long)total.packets, total.drops);
}

static void read_one_by_one(int fd, union slot *slots, int nr_cpus)
{
	__u32 queue, *previous = NULL;

	while (!bpf_map_get_next_key(fd, previous, &queue)) {
		check("lookup", bpf_map_lookup_elem(fd, &queue, slots));
		print_queue("lookup", queue, sum(slots, nr_cpus));
		previous = &queue;
	}
}

static void read_in_batches(int fd, union slot *slots, int nr_cpus)
{
	__u32 keys[BATCH], position, count;
	void *in = NULL;
	int err;

	do {
		count = BATCH;
		err = bpf_map_lookup_batch(fd, in, &position, keys, slots, &count, NULL);
		if (err && err != -ENOENT)
			die("batch", err);
		printf("batch of %u%s\n", count, err ? ", the last" : "");
		for (__u32 i = 0; i < count; i++)
			print_queue("batch", keys[i], sum(slots + i * nr_cpus, nr_cpus));
		in = &position;
	} while (!err);
}

/* Something that Linux refuses, and how. */
static void report(const char *what, int result)
{
	printf("%s: %d, errno %d\n", what, result, result < 0 ? errno : 0);
	errno = 0;
}

static void show_errors(int fd, union slot *slots)
{
	__u32 queue = 0, past = NR_QUEUES;

	report("lookup past the end", bpf_map_lookup_elem(fd, &past, slots));
	report("update past the end", bpf_map_update_elem(fd, &past, slots, BPF_ANY));
	report("update, NOEXIST", bpf_map_update_elem(fd, &queue, slots, BPF_NOEXIST));
	report("delete", bpf_map_delete_elem(fd, &queue));
	report("lookup and delete", bpf_map_lookup_and_delete_elem(fd, &queue, slots));
	report("lookup, fd -1", bpf_map_lookup_elem(-1, &queue, slots));
}

static void show_pin(int fd, const char *path, union slot *slots, int nr_cpus)
{
	LIBBPF_OPTS(bpf_obj_get_opts, read_only, .file_flags = BPF_F_RDONLY);
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info), queue = 7;
	int again;

	check("pin", bpf_obj_pin(fd, path));
	report("pin again", bpf_obj_pin(fd, path));
	again = check("get", bpf_obj_get_opts(path, &read_only));
	check("info", bpf_obj_get_info_by_fd(again, &info, &len));
	printf("map \"%s\": type %u key %u value %u entries %u flags %u\n", info.name, info.type,
	       info.key_size, info.value_size, info.max_entries, info.map_flags);
	check("lookup", bpf_map_lookup_elem(again, &queue, slots));
	print_queue("pinned", queue, sum(slots, nr_cpus));
	report("update, read-only", bpf_map_update_elem(again, &queue, slots, BPF_ANY));
	close(again);
	check("unlink", unlink(path));
	report("get what is gone", bpf_obj_get(path));
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_RDONLY_PROG);
	int nr_cpus = check("CPUs", libbpf_num_possible_cpus()), fd;
	union slot *slots = calloc((size_t)nr_cpus * BATCH, sizeof(*slots));

	if (argc != 2 || !slots)
		return 2;
	printf("%d possible CPUs\n", nr_cpus);
	fd = check("create", bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "queue_statistics",
					    sizeof(__u32), sizeof(struct stats), NR_QUEUES, &opts));
	fill(fd, slots, nr_cpus);
	read_one_by_one(fd, slots, nr_cpus);
	read_in_batches(fd, slots, nr_cpus);
	show_errors(fd, slots);
	show_pin(fd, argv[1], slots, nr_cpus);
	check("freeze", bpf_map_freeze(fd));
	report("freeze again", bpf_map_freeze(fd));
	report("update, frozen", bpf_map_update_elem(fd, &(__u32){ 0 }, slots, BPF_ANY));
	report("close", close(fd));
	report("close again", close(fd));
	free(slots);
	return 0;
}
