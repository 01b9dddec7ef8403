// SPDX-License-Identifier: MIT
/*
 * A loader in libbpf's style: opens an object, runs its programs, and adds up what the
 * CPUs have counted. Written for libbpf and nothing else: the same source compiles with
 * its headers and with -Iinclude/pcasim/libbpf.
 *
 * Usage: loader OBJECT    the object of loader.bpf.c
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

enum { PACKETS, CALLS, NR_KEYS };

struct stats {
	__u64 events, bytes;
};

static int fail(const char *what, int err)
{
	char text[128];

	libbpf_strerror(err, text, sizeof(text));
	fprintf(stderr, "%s: %s\n", what, text);
	return -1;
}

static void show(struct bpf_object *obj)
{
	struct bpf_program *prog;
	struct bpf_map *map;

	bpf_object__for_each_program(prog, obj)
		printf("program %s, SEC(\"%s\"), type %d\n", bpf_program__name(prog),
		       bpf_program__section_name(prog), bpf_program__type(prog));
	bpf_object__for_each_map(map, obj)
	{
		if (bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY)
			printf("map %s, %u entries of %u bytes\n", bpf_map__name(map),
			       bpf_map__max_entries(map), bpf_map__value_size(map));
	}
}

static int run_packets(const struct bpf_object *obj)
{
	unsigned char packet[64] = { 0 };
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "count_packets");
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = 100);
	int err;

	if (!prog)
		return fail("count_packets", -errno);
	err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	if (err)
		return fail("count_packets", err);
	printf("count_packets returned %u\n", opts.retval);
	return 0;
}

/* CPUs that are offline or not there are passed over. */
static int run_calls(const struct bpf_object *obj)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "count_calls");
	__u64 args[2] = { 3, 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args),
		    .flags = BPF_F_TEST_RUN_ON_CPU);

	if (!prog)
		return fail("count_calls", -errno);
	for (opts.cpu = 0; opts.cpu < 8; opts.cpu++) {
		int err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

		if (err && err != -ENXIO)
			return fail("count_calls", err);
	}
	return 0;
}

static int add_up(struct bpf_map *map, __u32 key, struct stats *total)
{
	int nr_cpus = libbpf_num_possible_cpus(), err;
	struct stats *slots;

	if (nr_cpus < 0)
		return fail("CPUs", nr_cpus);
	slots = calloc(nr_cpus, sizeof(*slots));
	if (!slots)
		return -1;
	err = bpf_map__lookup_elem(map, &key, sizeof(key), slots, nr_cpus * sizeof(*slots), 0);
	for (int cpu = 0; cpu < nr_cpus && !err; cpu++) {
		total->events += slots[cpu].events;
		total->bytes += slots[cpu].bytes;
	}
	free(slots);
	return err ? fail("lookup", err) : 0;
}

static int read_stats(const struct bpf_object *obj)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, "stats");
	__u32 key, *before = NULL;

	while (!bpf_map__get_next_key(map, before, &key, sizeof(key))) {
		struct stats total = { 0, 0 };

		if (add_up(map, key, &total))
			return -1;
		printf("key %u: %llu events, %llu bytes\n", key, (unsigned long long)total.events,
		       (unsigned long long)total.bytes);
		before = &key;
	}
	return 0;
}

static int load_and_run(struct bpf_object *obj)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, "stats");
	int err;

	if (!map)
		return fail("stats", -errno);
	err = bpf_map__set_max_entries(map, NR_KEYS);
	if (err)
		return fail("max_entries", err);
	err = bpf_object__load(obj);
	if (err)
		return fail("load", err);
	show(obj);
	return run_packets(obj) || run_calls(obj) || read_stats(obj) ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *obj;
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: loader OBJECT\n");
		return 2;
	}
	obj = bpf_object__open_file(argv[1], NULL);
	err = (int)libbpf_get_error(obj);
	if (err) {
		fail(argv[1], err);
		return 1;
	}
	err = load_and_run(obj);
	bpf_object__close(obj);
	return err ? 1 : 0;
}
