// SPDX-License-Identifier: MIT
/*
 * The hardware that threads were measured on, as the model of caches takes it: with it
 * "pcasim model --compare" does on another host what this one did.
 */
#include "bench.h"
#include "json.h"
#include "model_shape.h"
#include "setup.h"

static void json_cache(const char *name, struct cache_geometry cache)
{
	if (!cache.ways)
		return;
	json_open(NULL, '{');
	json_text("name", name);
	json_count("size_bytes", cache.bytes);
	json_count("ways", cache.ways);
	json_close('}');
}

/* The index of a CPU of this number, or nr_cpus. */
static uint32_t find_cpu(const struct model_shape *shape, int id)
{
	uint32_t cpu = 0;

	while (cpu < shape->nr_cpus && shape->id_of[cpu] != (uint32_t)id)
		cpu++;
	return cpu;
}

static void json_cpu(const struct model_shape *shape, int id)
{
	uint32_t cpu = find_cpu(shape, id);
	uint16_t core = shape->core_of[cpu];

	if (cpu == shape->nr_cpus)
		return;
	json_open(NULL, '{');
	json_count("cpu", (uint64_t)id);
	json_count("core", core);
	json_count("l3", shape->l3_of[core]);
	json_count("package", shape->package_of[core]);
	json_count("numa_node", shape->node_of[core]);
	json_close('}');
}

/* CPUs in the order of the threads that they were for. */
void bench_json_hardware(const struct bench *bench)
{
	static struct model_shape shape;
	const struct pca_machine_opts opts = { .size = sizeof(opts) };
	const struct model_cache_texts none = { NULL, NULL, NULL };
	uint32_t nr_threads = bench_most_threads(bench);
	struct session session;

	if (session_open(&session, &opts))
		return;
	if (!model_shape_take(&shape, session.machine, &none)) {
		json_open("hardware", '{');
		json_count("line_bytes", shape.line_bytes);
		json_open("caches", '[');
		json_cache("L1d", shape.l1);
		json_cache("L2", shape.l2);
		json_cache("L3", shape.l3);
		json_close(']');
		json_open("cpus", '[');
		for (uint32_t i = 0; i < nr_threads; i++)
			json_cpu(&shape, bench->cpus[i]);
		json_close(']');
		json_close('}');
	}
	session_close(&session);
}
