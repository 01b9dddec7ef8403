// SPDX-License-Identifier: MIT
/*
 * Which CPUs share what. Topologies may lack cores, packages and caches: then each CPU
 * is a core, the machine a package, and the caches are those of a usual server:
 *
 *	L1d 32 KiB, 8 ways, for each core
 *	L2 1 MiB, 16 ways, for each core
 *	L3 32 MiB, 16 ways, for each NUMA node of a package
 *
 * An L2 that several cores share is divided among them: what a core has to itself is
 * what the model calls private.
 */
#include "model_shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hardware.h"
#include "setup.h"

#define LEAST_LINE_BYTES 16
#define MOST_LINE_BYTES 1024
#define MOST_CACHE_BYTES (4ULL << 30)

static const struct level {
	const char *option; /* of the command */
	hwloc_obj_type_t type;
	struct cache_geometry usual;
} levels[] = {
	{ "l1", HWLOC_OBJ_L1CACHE, { 32 << 10, 8 } },
	{ "l2", HWLOC_OBJ_L2CACHE, { 1 << 20, 16 } },
	{ "l3", HWLOC_OBJ_L3CACHE, { 32 << 20, 16 } },
};

#define NR_LEVELS (sizeof(levels) / sizeof(levels[0]))

/* --- Geometry --- */

/* "32K", "1M", "4096": bytes, and where the text goes on; NULL if it is none. */
static const char *parse_bytes(const char *text, uint64_t *bytes)
{
	char *end;

	if (*text < '0' || *text > '9')
		return NULL;
	*bytes = strtoull(text, &end, 10);
	if (*bytes > MOST_CACHE_BYTES)
		return NULL;
	if (*end == 'K' || *end == 'M') {
		*bytes <<= *end == 'K' ? 10 : 20;
		end++;
	}
	return end;
}

static bool parse_geometry(struct cache_geometry *geometry, const char *text)
{
	char *end;

	*geometry = (struct cache_geometry){ 0, 0 };
	if (!strcmp(text, "none"))
		return true;
	text = parse_bytes(text, &geometry->bytes);
	if (!text || *text != ',' || text[1] < '0' || text[1] > '9')
		return false;
	unsigned long ways = strtoul(text + 1, &end, 10);

	geometry->ways = (uint32_t)ways;
	return !*end && ways && ways <= MODEL_MOST_WAYS && geometry->bytes <= MOST_CACHE_BYTES;
}

/* What the user says of a level. It has to be whole sets, so that nothing is rounded. */
static int take_text(struct cache_geometry *geometry, const struct level *level, const char *text,
		     uint32_t line_bytes)
{
	if (!parse_geometry(geometry, text)) {
		cli_error("--%s is \"%s\"; it must be bytes and ways such as 32K,8 or 1M,16, with "
			  "at most %d ways, or none",
			  level->option, text, MODEL_MOST_WAYS);
		return -1;
	}
	if (!geometry->ways && level->type == HWLOC_OBJ_L1CACHE) {
		cli_error("--l1 is none; a core has an L1 at least");
		return -1;
	}
	if (geometry->ways &&
	    (!geometry->bytes || geometry->bytes % ((uint64_t)line_bytes * geometry->ways))) {
		cli_error("--%s is \"%s\"; its bytes must be a multiple of %" PRIu32
			  ", which is %" PRIu32 " lines of %" PRIu32 " bytes",
			  level->option, text, line_bytes * geometry->ways, geometry->ways,
			  line_bytes);
		return -1;
	}
	return 0;
}

static struct cache_geometry level_of_topology(const struct pca_machine *machine,
					       const struct level *level, uint32_t line_bytes)
{
	hwloc_obj_t cache = hwloc_get_next_obj_by_type(machine->topology.hw, level->type, NULL);
	struct cache_geometry geometry = level->usual;
	int nr_cores;

	if (!cache || !cache->attr->cache.size)
		return geometry;
	geometry.bytes = cache->attr->cache.size;
	if (cache->attr->cache.associativity > 0 &&
	    cache->attr->cache.associativity <= MODEL_MOST_WAYS)
		geometry.ways = (uint32_t)cache->attr->cache.associativity;
	nr_cores = hwloc_get_nbobjs_inside_cpuset_by_type(machine->topology.hw, cache->cpuset,
							  HWLOC_OBJ_CORE);
	if (level->type != HWLOC_OBJ_L3CACHE && nr_cores > 1)
		geometry.bytes /= (unsigned int)nr_cores;
	/* A cache smaller than a set of it: all of it is one set. */
	if (geometry.bytes < (uint64_t)line_bytes * geometry.ways)
		geometry.ways = (uint32_t)(geometry.bytes / line_bytes);
	return geometry.ways ? geometry : level->usual;
}

static int take_caches(struct model_shape *shape, const struct pca_machine *machine,
		       const struct model_cache_texts *texts)
{
	const char *const given[NR_LEVELS] = { texts->l1, texts->l2, texts->l3 };
	struct cache_geometry *const taken[NR_LEVELS] = { &shape->l1, &shape->l2, &shape->l3 };

	for (size_t i = 0; i < NR_LEVELS; i++) {
		if (!given[i])
			*taken[i] = level_of_topology(machine, &levels[i], shape->line_bytes);
		else if (take_text(taken[i], &levels[i], given[i], shape->line_bytes))
			return -1;
	}
	return 0;
}

/* --- Who shares what --- */

/* Different things by the order in which they come: their numbers. */
struct numbering {
	uint64_t keys[MODEL_MOST_CPUS];
	uint32_t nr;
};

static uint16_t number_of(struct numbering *numbering, uint64_t key)
{
	/* Mostly the one that came last. */
	for (uint32_t i = numbering->nr; i-- > 0;) {
		if (numbering->keys[i] == key)
			return (uint16_t)i;
	}
	numbering->keys[numbering->nr] = key;
	return (uint16_t)numbering->nr++;
}

/* What stands for the object of this type around a CPU; a number of its own if there is none. */
static uint64_t key_of(hwloc_topology_t hw, hwloc_obj_t pu, hwloc_obj_type_t type, uint64_t none)
{
	hwloc_obj_t obj = hwloc_get_ancestor_obj_by_type(hw, type, pu);

	return obj ? obj->logical_index : none;
}

struct numberings {
	struct numbering cores, l3s, packages, nodes;
};

static void place_cpu(struct model_shape *shape, struct numberings *n,
		      const struct pca_machine *machine, const struct cpu *cpu)
{
	hwloc_topology_t hw = machine->topology.hw;
	hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(hw, cpu->id);
	uint32_t nr_cores = n->cores.nr;
	uint64_t package, l3;
	uint16_t core;

	if (!pu)
		return; /* possible, but not there: nothing is known of it */
	core = number_of(&n->cores, key_of(hw, pu, HWLOC_OBJ_CORE, (1ULL << 32) + cpu->id));
	shape->id_of[shape->nr_cpus] = cpu->id;
	shape->core_of[shape->nr_cpus++] = core;
	if (core < nr_cores)
		return;
	package = key_of(hw, pu, HWLOC_OBJ_PACKAGE, 0);
	l3 = key_of(hw, pu, HWLOC_OBJ_L3CACHE, (package + 1) << 32 | cpu->numa_node);
	shape->package_of[core] = number_of(&n->packages, package);
	shape->node_of[core] = number_of(&n->nodes, cpu->numa_node);
	shape->l3_of[core] = number_of(&n->l3s, l3);
}

int model_shape_take(struct model_shape *shape, const struct pca_machine *machine,
		     const struct model_cache_texts *texts)
{
	struct numberings *numberings;

	*shape = (struct model_shape){ .line_bytes = cache_line_bytes(machine) };
	if (machine->nr_cpus > MODEL_MOST_CPUS) {
		cli_error("the machine has %" PRIu32 " CPUs; the model takes up to %d",
			  machine->nr_cpus, MODEL_MOST_CPUS);
		return -1;
	}
	if (shape->line_bytes & (shape->line_bytes - 1) || shape->line_bytes < LEAST_LINE_BYTES ||
	    shape->line_bytes > MOST_LINE_BYTES) {
		cli_error("the topology has cache lines of %" PRIu32 " bytes; the model takes "
			  "powers of two from %d to %d",
			  shape->line_bytes, LEAST_LINE_BYTES, MOST_LINE_BYTES);
		return -1;
	}
	if (take_caches(shape, machine, texts))
		return -1;
	numberings = calloc(1, sizeof(*numberings));
	if (!numberings) {
		cli_error("no memory is left");
		return -1;
	}
	for_each_possible_cpu(machine, cpu)
		place_cpu(shape, numberings, machine, cpu);
	shape->nr_cores = numberings->cores.nr;
	shape->nr_l3s = numberings->l3s.nr;
	shape->nr_packages = numberings->packages.nr;
	shape->nr_nodes = numberings->nodes.nr;
	free(numberings);
	return 0;
}
