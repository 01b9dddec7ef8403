// SPDX-License-Identifier: MIT
/*
 * What hwloc found, counted. Synthetic topologies may lack any of it, "pu:4"
 * has neither cores nor caches.
 */
#include "hardware.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "term.h"

#define USUAL_LINE_BYTES 64U
#define LIST_COLUMNS 17

static const struct {
	hwloc_obj_type_t type;
	const char *name;
} cache_types[] = {
	{ HWLOC_OBJ_L1CACHE, "L1d" }, { HWLOC_OBJ_L2CACHE, "L2" }, { HWLOC_OBJ_L3CACHE, "L3" },
	{ HWLOC_OBJ_L4CACHE, "L4" },  { HWLOC_OBJ_L5CACHE, "L5" },
};

#define NR_CACHE_TYPES (sizeof(cache_types) / sizeof(cache_types[0]))

const char *cache_name(hwloc_obj_type_t type)
{
	for (size_t i = 0; i < NR_CACHE_TYPES; i++) {
		if (cache_types[i].type == type)
			return cache_types[i].name;
	}
	return NULL;
}

hwloc_bitmap_t machine_cpuset(const struct pca_machine *machine, bool only_online)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();

	for_each_possible_cpu(machine, cpu) {
		if (set && (!only_online || pca_cpu_is_online(machine, cpu->id)))
			hwloc_bitmap_set(set, cpu->id);
	}
	return set;
}

const char *cpuset_text(char *buf, size_t width, hwloc_const_bitmap_t set)
{
	char *list = NULL;

	*buf = '\0';
	if (set && hwloc_bitmap_list_asprintf(&list, set) >= 0) {
		clip_text(list, width);
		strcpy(buf, list);
		free(list);
	}
	return buf;
}

unsigned int cache_line_bytes(const struct pca_machine *machine)
{
	hwloc_obj_t l1 = hwloc_get_next_obj_by_type(machine->topology.hw, HWLOC_OBJ_L1CACHE, NULL);

	return l1 && l1->attr->cache.linesize ? l1->attr->cache.linesize : USUAL_LINE_BYTES;
}

static unsigned int count_of(const struct pca_machine *machine, hwloc_obj_type_t type)
{
	int nr = hwloc_get_nbobjs_by_type(machine->topology.hw, type);

	return nr > 0 ? (unsigned int)nr : 0;
}

static void print_cpus(const struct pca_machine *machine)
{
	char possible[LIST_COLUMNS + 1], online[LIST_COLUMNS + 1];
	hwloc_bitmap_t possible_set = machine_cpuset(machine, false);
	hwloc_bitmap_t online_set = machine_cpuset(machine, true);

	printf("  CPUs      %u possible (%s), %u online (%s)\n", pca_num_possible_cpus(machine),
	       cpuset_text(possible, LIST_COLUMNS, possible_set), pca_num_online_cpus(machine),
	       cpuset_text(online, LIST_COLUMNS, online_set));
	hwloc_bitmap_free(online_set);
	hwloc_bitmap_free(possible_set);
}

static void print_caches(const struct pca_machine *machine)
{
	unsigned int nr_kinds = 0;
	char size[SIZE_TEXT];

	printf("  caches    ");
	for (size_t i = 0; i < NR_CACHE_TYPES; i++) {
		unsigned int nr = count_of(machine, cache_types[i].type);

		if (!nr)
			continue;
		/* Caches of one level may differ in size; the first stands for all. */
		hwloc_obj_t first =
			hwloc_get_next_obj_by_type(machine->topology.hw, cache_types[i].type, NULL);

		printf("%s%s %u %s %s", nr_kinds++ ? ", " : "", cache_types[i].name, nr,
		       glyphs->times, size_text(size, (double)first->attr->cache.size));
	}
	if (nr_kinds)
		printf("; lines of %u B\n", cache_line_bytes(machine));
	else
		printf("none in this topology; lines of %u B assumed\n", USUAL_LINE_BYTES);
}

static void print_numa(const struct pca_machine *machine)
{
	unsigned int nr = count_of(machine, HWLOC_OBJ_NUMANODE);
	char size[SIZE_TEXT];

	printf("  NUMA      %u %s, %s of memory\n", nr, nr == 1 ? "node" : "nodes",
	       size_text(size, (double)hwloc_get_root_obj(machine->topology.hw)->total_memory));
}

void hardware_print(const struct session *session)
{
	const struct pca_machine *machine = session->machine;
	unsigned int nr_cores = count_of(machine, HWLOC_OBJ_CORE);
	unsigned int nr_packages = count_of(machine, HWLOC_OBJ_PACKAGE);

	if (machine->topology.is_host)
		print_title("The machine: this host, as Linux %s", pca_machine_release(machine));
	else
		print_title("The machine: %s, as Linux %s", session->topology,
			    pca_machine_release(machine));
	print_cpus(machine);
	if (nr_cores)
		printf("  cores     %u", nr_cores);
	else
		printf("  cores     none in this topology");
	if (nr_packages)
		printf(", in %u %s", nr_packages, nr_packages == 1 ? "package" : "packages");
	putchar('\n');
	print_caches(machine);
	print_numa(machine);
}

static void cpuset_json(const char *key, const struct pca_machine *machine, bool only_online)
{
	hwloc_bitmap_t set = machine_cpuset(machine, only_online);
	char *list = NULL;

	if (set && hwloc_bitmap_list_asprintf(&list, set) >= 0)
		json_text(key, list);
	free(list);
	hwloc_bitmap_free(set);
}

static void caches_json(const struct pca_machine *machine)
{
	hwloc_obj_t cache;

	json_open("caches", '[');
	for (size_t i = 0; i < NR_CACHE_TYPES; i++) {
		unsigned int nr = count_of(machine, cache_types[i].type);

		if (!nr)
			continue;
		cache = hwloc_get_next_obj_by_type(machine->topology.hw, cache_types[i].type, NULL);
		json_open(NULL, '{');
		json_text("name", cache_types[i].name);
		json_count("count", nr);
		json_count("size_bytes", cache->attr->cache.size);
		json_count("line_bytes", cache->attr->cache.linesize);
		json_close('}');
	}
	json_close(']');
}

static void numa_json(const struct pca_machine *machine)
{
	hwloc_obj_t node = NULL;

	json_open("numa_nodes", '[');
	while ((node = hwloc_get_next_obj_by_type(machine->topology.hw, HWLOC_OBJ_NUMANODE,
						  node))) {
		char *list = NULL;

		json_open(NULL, '{');
		json_count("node", node->os_index);
		json_count("memory_bytes", node->attr->numanode.local_memory);
		if (hwloc_bitmap_list_asprintf(&list, node->cpuset) >= 0)
			json_text("cpus", list);
		free(list);
		json_close('}');
	}
	json_close(']');
}

void hardware_json(const struct session *session)
{
	const struct pca_machine *machine = session->machine;

	json_open("machine", '{');
	json_text("release", pca_machine_release(machine));
	json_text("topology", session->topology);
	json_count("nr_possible", pca_num_possible_cpus(machine));
	json_count("nr_online", pca_num_online_cpus(machine));
	cpuset_json("possible", machine, false);
	cpuset_json("online", machine, true);
	json_count("packages", count_of(machine, HWLOC_OBJ_PACKAGE));
	json_count("cores", count_of(machine, HWLOC_OBJ_CORE));
	json_count("cache_line_bytes", cache_line_bytes(machine));
	caches_json(machine);
	numa_json(machine);
	json_close('}');
}
