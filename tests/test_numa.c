// SPDX-License-Identifier: MIT
/*
 * Machines with several NUMA nodes: each node's slabs are on pages of their own,
 * commands and programs find the right slab whatever the order of CPUs, and a host's
 * nodes are asked for their group's pages.
 */
/* wraps: hwloc_set_area_membind */
#include <hwloc.h>
#include <stdlib.h>

#include "support.h"

#define PAGE_BYTES 4096
#define MOST_BINDS 8

/* ---- what the host was asked ---- */

static struct bind {
	const char *start;
	size_t bytes;
	int node;
} binds[MOST_BINDS];
static unsigned int nr_binds;
static int bind_result;

int __wrap_hwloc_set_area_membind(hwloc_topology_t topology, const void *start, size_t bytes,
				  hwloc_const_bitmap_t nodes, hwloc_membind_policy_t policy,
				  int flags);

int __wrap_hwloc_set_area_membind(hwloc_topology_t topology, const void *start, size_t bytes,
				  hwloc_const_bitmap_t nodes, hwloc_membind_policy_t policy,
				  int flags)
{
	(void)topology;
	ck_assert_int_eq(policy, HWLOC_MEMBIND_BIND);
	ck_assert_int_eq(flags, HWLOC_MEMBIND_BYNODESET);
	ck_assert_int_eq(hwloc_bitmap_weight(nodes), 1);
	ck_assert_uint_lt(nr_binds, MOST_BINDS);
	binds[nr_binds++] = (struct bind){ start, bytes, hwloc_bitmap_first(nodes) };
	return bind_result;
}

/* ---- places ---- */

#define INTERLEAVED "numa:2 pu:4(indexes=0,2,4,6,1,3,5,7)"

static struct world world_on(const char *topology)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.topology = topology,
		.run_mode = PCA_INLINE,
		.release = "7.2",
	};

	return world_open_with(&opts, NULL);
}

/*
 * Fact (ours): no page holds slabs of two nodes; a node's slabs are one stride apart; no
 * two CPUs' slabs begin at the same place in a page, and so in the same set of a cache.
 */
START_TEST(nodes_share_no_page_and_cpus_no_set)
{
	static const struct {
		const char *topology;
		uint32_t node_of_cpu[8];
	} rows[] = {
		{ "pu:8", { 0, 0, 0, 0, 0, 0, 0, 0 } },
		{ "numa:2 pu:4", { 0, 0, 0, 0, 1, 1, 1, 1 } },
		{ "pack:4 numa:1 pu:2", { 0, 0, 1, 1, 2, 2, 3, 3 } },
		{ INTERLEAVED, { 0, 1, 0, 1, 0, 1, 0, 1 } },
	};
	static const uint32_t sizes[] = { 1, 8, 12, 4096 };

	for (size_t i = 0; i < ARRAY_LEN(rows) * ARRAY_LEN(sizes); i++) {
		const uint32_t *nodes = rows[i / ARRAY_LEN(sizes)].node_of_cpu;
		struct world w = world_on(rows[i / ARRAY_LEN(sizes)].topology);
		int fd = percpu_map(&w, sizes[i % ARRAY_LEN(sizes)], 3);
		char *end_of_node[4] = { NULL }, *page_of_node[4] = { NULL };
		uint32_t places = 0;
		struct pca_map_ref *map;

		row("%s, value_size %u", rows[i / ARRAY_LEN(sizes)].topology,
		    sizes[i % ARRAY_LEN(sizes)]);
		expect(pca_map_get(w.task, fd, &map), 0);
		ck_assert_uint_eq(map->stride % 256, 128);
		for (uint32_t cpu = 0; cpu < 8; cpu++) {
			char *slab = pca_map_peek(map, cpu, 0), **end = &end_of_node[nodes[cpu]];

			if (*end)
				ck_assert_ptr_eq(slab, *end);
			else
				page_of_node[nodes[cpu]] =
					slab - ((uintptr_t)slab & (PAGE_BYTES - 1));
			*end = slab + map->stride;
			places |= 1U << (uintptr_t)slab % PAGE_BYTES / 128;
		}
		ck_assert_int_eq(__builtin_popcount(places), 8);
		for (int node = 1; node < 4 && end_of_node[node]; node++)
			ck_assert(page_of_node[node] >= end_of_node[node - 1]);
		pca_map_put(map);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
	ck_assert_uint_eq(nr_binds, 0); /* none of these nodes is the host's */
}
END_TEST

/* ---- the right slab, from everywhere ---- */

static int add_cpu_id(void *ctx)
{
	struct pca_map_ref *map = ctx;

	for (uint32_t key = 0; key < 3; key++) {
		uint32_t *value = pca_map_lookup_elem(map, &key);

		if (!value)
			return -1;
		*value += 10 * key + pca_get_smp_processor_id();
		if (value != pca_map_lookup_percpu_elem(map, &key, pca_get_smp_processor_id()))
			return -2;
	}
	return 0;
}

START_TEST(commands_and_programs_agree_on_interleaved_nodes)
{
	struct world w = world_on(INTERLEAVED);
	int fd = percpu_map(&w, 4, 3);
	struct pca_prog_load_opts opts = { .type = BPF_PROG_TYPE_RAW_TRACEPOINT, .fn = add_cpu_id };
	uint32_t keys[3], out, written[8][2], slots[3][8][2];
	struct batch batch = { .out_batch = &out, .keys = keys, .values = slots, .count = 3 };
	struct pca_map_ref *map;
	struct pca_prog *prog;

	expect(pca_map_get(w.task, fd, &map), 0);
	expect(pca_prog_get(w.task, pca_prog_load(w.task, &opts), &prog), 0);
	for (uint32_t cpu = 0; cpu < 8; cpu++)
		written[cpu][0] = 100 * cpu;
	for (uint32_t key = 0; key < 3; key++)
		expect(cmd_update(w.task, fd, &key, written, 0), 0);
	expect(pca_run_on_each_cpu(prog, map, NULL), 8);

	expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, fd, &batch), 0);
	for (uint32_t key = 0; key < 3; key++) {
		uint32_t one[8][2];

		expect(cmd_lookup(w.task, fd, &key, one, 0), 0);
		ck_assert_mem_eq(one, slots[key], sizeof(one));
		for (uint32_t cpu = 0; cpu < 8; cpu++) {
			uint32_t value;

			row("key %u, CPU %u", key, cpu);
			ck_assert_uint_eq(slots[key][cpu][0], 101 * cpu + 10 * key);
			expect(cmd_lookup(w.task, fd, &key, &value,
					  (uint64_t)cpu << 32 | BPF_F_CPU),
			       0);
			ck_assert_uint_eq(value, 101 * cpu + 10 * key);
			ck_assert_uint_eq(*(uint32_t *)pca_map_peek(map, cpu, key), value);
		}
	}
	pca_map_put(map);
	pca_prog_put(prog);
	world_close(&w);
}
END_TEST

START_TEST(one_value_reaches_all_cpus_of_all_nodes)
{
	struct world w = world_on(INTERLEAVED);
	int fd = percpu_map(&w, 8, 1);
	uint32_t key = 0;
	uint64_t value = 7, values[8];

	expect(cmd_update(w.task, fd, &key, &value, BPF_F_ALL_CPUS), 0);
	value = 9;
	expect(cmd_update(w.task, fd, &key, &value, (uint64_t)5 << 32 | BPF_F_CPU), 0);
	expect(cmd_lookup(w.task, fd, &key, values, 0), 0);
	for (uint32_t cpu = 0; cpu < 8; cpu++)
		ck_assert_uint_eq(values[cpu], cpu == 5 ? 9 : 7);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* ---- the host's nodes ---- */

/* The "host" of this process has two nodes: hwloc takes it from the environment. */
static struct world world_on_host(void)
{
	struct pca_machine_opts opts = { .size = sizeof(opts), .possible = "0-3" };

	ck_assert_int_eq(setenv("HWLOC_SYNTHETIC", "numa:2 pu:2", 1), 0);
	return world_open_with(&opts, NULL);
}

START_TEST(groups_are_taken_from_the_hosts_nodes)
{
	struct world w = world_on_host();
	struct pca_map_ref *map;
	int fd = percpu_map(&w, 8, 100);

	expect(pca_map_get(w.task, fd, &map), 0);
	ck_assert_uint_eq(nr_binds, 2);
	for (int node = 0; node < 2; node++) {
		row("node %d", node);
		ck_assert_int_eq(binds[node].node, node);
		const char *slab = pca_map_peek(map, 2 * (uint32_t)node, 0);

		ck_assert_uint_eq((uintptr_t)binds[node].start % PAGE_BYTES, 0);
		ck_assert(binds[node].start <= slab);
		ck_assert_ptr_eq(binds[node].start + binds[node].bytes, slab + 2 * map->stride);
	}
	pca_map_put(map);
	expect(pca_close(w.task, fd), 0);
	fd = array_map(&w, 8, 100); /* shared: belongs to no node */
	ck_assert_uint_eq(nr_binds, 2);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

START_TEST(a_host_that_refuses_to_bind_does_no_harm)
{
	struct world w;
	uint32_t key = 1;
	uint64_t values[4] = { 1, 2, 3, 4 }, got[4];
	int fd;

	bind_result = -1;
	w = world_on_host();
	fd = percpu_map(&w, 8, 2);
	ck_assert_uint_eq(nr_binds, 2);
	expect(cmd_update(w.task, fd, &key, values, 0), 0);
	expect(cmd_lookup(w.task, fd, &key, got, 0), 0);
	ck_assert_mem_eq(got, values, sizeof(got));
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

static void forget_binds(void)
{
	nr_binds = 0;
	bind_result = 0;
}

static Suite *numa_suite(void)
{
	Suite *suite = suite_create("numa");
	TCase *tc = add_case(suite, "numa");

	tcase_add_checked_fixture(tc, forget_binds, NULL);
	tcase_add_test(tc, nodes_share_no_page_and_cpus_no_set);
	tcase_add_test(tc, commands_and_programs_agree_on_interleaved_nodes);
	tcase_add_test(tc, one_value_reaches_all_cpus_of_all_nodes);
	tcase_add_test(tc, groups_are_taken_from_the_hosts_nodes);
	tcase_add_test(tc, a_host_that_refuses_to_bind_does_no_harm);
	return suite;
}

TEST_MAIN(numa_suite)
