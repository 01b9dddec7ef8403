// SPDX-License-Identifier: MIT
/*
 * Results of the model as text and as JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "model_show.h"
#include "term.h"

#define BAR_COLUMNS 16
#define TEXT_COLUMNS 90

static const char *const source_names[NR_MODEL_SOURCES] = {
	[FROM_L1] = "l1",
	[FROM_L2] = "l2",
	[FROM_L3] = "l3",
	[FROM_SAME_L3] = "transfer_same_l3",
	[FROM_SAME_PACKAGE] = "transfer_same_package",
	[FROM_OTHER_PACKAGE] = "transfer_other_package",
	[FROM_LOCAL_MEMORY] = "local_memory",
	[FROM_REMOTE_MEMORY] = "remote_memory",
};

const char *model_title(char text[MODEL_TITLE], const struct model_report *report)
{
	const struct model_job *job = report->job;
	const struct layout_shape *values = &job->values;

	snprintf(text, MODEL_TITLE,
		 "Workload %s, %" PRIu32 " %s%s of %" PRIu32 " bytes, on %" PRIu32 " CPUs",
		 workload_names[job->workload], values->nr_keys,
		 job->workload == LAYOUT_HISTOGRAM ? "" : stream_name(job->stream),
		 job->workload == LAYOUT_HISTOGRAM ? "buckets" : " keys", values->value_bytes,
		 values->nr_cpus);
	return text;
}

/* --- Text --- */

/* "L2 1 MiB of 16 ways", or "no L2". */
static void print_cache(const char *name, struct cache_geometry cache)
{
	char size[SIZE_TEXT];

	if (cache.ways)
		printf("%s %s of %" PRIu32 " way%s", name, size_text(size, (double)cache.bytes),
		       cache.ways, cache.ways == 1 ? "" : "s");
	else
		printf("no %s", name);
}

static void print_number(uint32_t nr, const char *name, const char *separator)
{
	printf("%" PRIu32 " %s%s%s", nr, name, nr == 1 ? "" : "s", separator);
}

static void print_shape(const struct model_shape *shape)
{
	printf("  machine   ");
	print_number(shape->nr_cores, "core", ", ");
	print_number(shape->nr_l3s, "L3 group", ", ");
	print_number(shape->nr_packages, "package", ", ");
	print_number(shape->nr_nodes, "NUMA node", "; ");
	printf("lines of %" PRIu32 " B\n", shape->line_bytes);
	printf("  caches    ");
	print_cache("L1d", shape->l1);
	printf(shape->l2.ways ? " and " : " per core, ");
	print_cache("L2", shape->l2);
	printf(shape->l2.ways ? " per core, " : ", ");
	print_cache("L3", shape->l3);
	printf(shape->l3.ways ? " per group" : "");
	putchar('\n');
}

static double most_waits(const struct model_report *report)
{
	double most = 0;

	for (size_t i = 0; i < report->nr; i++) {
		if (model_waits(&report->results[i]) > most)
			most = model_waits(&report->results[i]);
	}
	return most;
}

void model_print_folded(unsigned int indent, const char *text)
{
	unsigned int column = indent;

	printf("%*s%s", (int)indent, "", colours->dim);
	while (*text) {
		size_t len = strcspn(text, " ");

		if (column > indent && column + 1 + len > TEXT_COLUMNS) {
			printf("\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			putchar(' ');
			column++;
		}
		fwrite(text, 1, len, stdout);
		column += (unsigned int)len;
		text += len + strspn(text + len, " ");
	}
	printf("%s\n", colours->off);
}

static void print_bar(double value, double most)
{
	unsigned int bar = most > 0 ? (unsigned int)(value / most * BAR_COLUMNS + 0.5) : 0;

	if (!bar)
		return;
	printf("  %s", colours->cyan);
	repeat_text(glyphs->full, bar);
	fputs(colours->off, stdout);
}

static void print_result(const struct model_report *report, size_t i)
{
	const struct model_result *result = &report->results[i];
	const struct model_counts *counts = &result->counts;
	char reason[MODEL_REASON];

	printf("%s%3zu  %-13s%s %6.3f %6.3f %6.3f %6.2f  %7.3f %6.3f %6.3f", colours->bold, i + 1,
	       result->layout->name, colours->off, model_rate(result, counts->from[FROM_SAME_L3]),
	       model_rate(result, counts->from[FROM_SAME_PACKAGE]),
	       model_rate(result, counts->from[FROM_OTHER_PACKAGE]),
	       model_rate(result, counts->invalidations), model_misses(result, FROM_L1),
	       model_misses(result, FROM_L2), model_fetches(result));
	print_bar(model_waits(result), most_waits(report));
	putchar('\n');
	model_print_folded(5, model_reason(reason, report->job, result));
}

static void print_heads(void)
{
	printf("\n%s%18s  %-20s %6s  %s\n", colours->dim, "", "transfers from", "inva-",
	       "misses in");
	printf("%18s %6s %6s %6s %6s  %7s %6s %6s  waits%s\n", "per access", "group", "pack.",
	       "other", "lid.", "L1", "L2", "all", colours->off);
}

void model_print(const struct model_report *report)
{
	const struct model_job *job = report->job;
	char title[MODEL_TITLE], accesses[COUNT_TEXT];

	print_title("%s", model_title(title, report));
	print_shape(job->shape);
	printf("  counted   %s accesses of each layout, after a quarter as many; seed %" PRIu64
	       "%s\n",
	       count_text(accesses, job->accesses), job->seed,
	       job->has_prefetch ? "" : "; no prefetch");
	print_heads();
	for (size_t i = 0; i < report->nr; i++)
		print_result(report, i);
	for (size_t i = 0; i < report->nr_left_out; i++)
		printf("  -  %-13s %sleft out: its memory is larger than the model takes%s\n",
		       report->left_out[i], colours->dim, colours->off);
	printf("\n  %sAn access waits for lines of other cores and of memory, and for upgrades: "
	       "the first\n  criterion of the ranking. These are counts; they are no times.%s\n",
	       colours->dim, colours->off);
}

/* --- JSON --- */

static void cache_json(const char *name, struct cache_geometry cache, uint32_t nr)
{
	if (!cache.ways)
		return;
	json_open(NULL, '{');
	json_text("name", name);
	json_count("count", nr);
	json_count("size_bytes", cache.bytes);
	json_count("ways", cache.ways);
	json_close('}');
}

static void shape_json(const struct model_shape *shape)
{
	json_count("cpus", shape->nr_cpus);
	json_count("cores", shape->nr_cores);
	json_count("l3_groups", shape->nr_l3s);
	json_count("packages", shape->nr_packages);
	json_count("numa_nodes", shape->nr_nodes);
	json_count("line_bytes", shape->line_bytes);
	json_open("caches", '[');
	cache_json("L1d", shape->l1, shape->nr_cores);
	cache_json("L2", shape->l2, shape->nr_cores);
	cache_json("L3", shape->l3, shape->nr_l3s);
	json_close(']');
}

static void sources_json(const char *key, const uint64_t from[NR_MODEL_SOURCES])
{
	json_open(key, '{');
	for (int i = 0; i < NR_MODEL_SOURCES; i++)
		json_count(source_names[i], from[i]);
	json_close('}');
}

static void counts_json(const struct model_counts *counts)
{
	json_open("counts", '{');
	json_count("line_reads", counts->reads);
	json_count("line_writes", counts->writes);
	sources_json("from", counts->from);
	json_count("same_core", counts->same_core);
	json_count("upgrades", counts->upgrades);
	json_count("invalidations", counts->invalidations);
	json_count("memory_writes", counts->memory_writes);
	sources_json("prefetched_from", counts->prefetched);
	json_close('}');
}

/* What the lines from and to memory are, prefetched ones, too. */
static uint64_t memory_lines(const struct model_counts *counts)
{
	return counts->from[FROM_LOCAL_MEMORY] + counts->from[FROM_REMOTE_MEMORY] +
	       counts->prefetched[FROM_LOCAL_MEMORY] + counts->prefetched[FROM_REMOTE_MEMORY] +
	       counts->memory_writes;
}

static void rates_json(const struct model_result *result, uint32_t line_bytes)
{
	const struct model_counts *counts = &result->counts;

	json_open("per_access", '{');
	json_real("waits", model_waits(result));
	json_real("transfers", model_transfers(result));
	json_real("transfers_same_l3", model_rate(result, counts->from[FROM_SAME_L3]));
	json_real("transfers_same_package", model_rate(result, counts->from[FROM_SAME_PACKAGE]));
	json_real("transfers_other_package", model_rate(result, counts->from[FROM_OTHER_PACKAGE]));
	json_real("same_core", model_rate(result, counts->same_core));
	json_real("upgrades", model_rate(result, counts->upgrades));
	json_real("invalidations", model_rate(result, counts->invalidations));
	json_real("l1_misses", model_misses(result, FROM_L1));
	json_real("l2_misses", model_misses(result, FROM_L2));
	json_real("l3_misses", model_misses(result, FROM_L3));
	json_real("memory_reads", model_fetches(result));
	json_real("memory_bytes", model_rate(result, memory_lines(counts) * line_bytes));
	json_close('}');
}

static void facts_json(const struct model_facts *facts)
{
	json_count("bytes", facts->bytes);
	json_count("copies", facts->copies);
	json_count("cpus_per_line", facts->cpus_of_line);
	json_count("cores_per_line", facts->cores_of_line);
	json_count("cpus_per_pair", facts->cpus_of_pair);
	json_count("lines_per_cpu", facts->own_lines);
	json_count("l1_sets_per_cpu", facts->own_sets);
	json_count("l1_sets_per_key", facts->sets_of_key);
}

static void result_json(const struct model_report *report, size_t i)
{
	const struct model_result *result = &report->results[i];
	char reason[MODEL_REASON];

	json_open(NULL, '{');
	json_count("rank", i + 1);
	json_text("layout", result->layout->name);
	json_text("reason", model_reason(reason, report->job, result));
	facts_json(&result->facts);
	json_count("accesses", result->accesses);
	rates_json(result, report->job->shape->line_bytes);
	counts_json(&result->counts);
	if (report->job->workload == LAYOUT_READ_SUM)
		sources_json("summed_from", result->summed);
	json_close('}');
}

void model_json(const struct model_report *report)
{
	const struct model_job *job = report->job;

	json_open(NULL, '{');
	json_text("topology", report->topology);
	shape_json(job->shape);
	json_text("workload", workload_names[job->workload]);
	if (job->workload != LAYOUT_HISTOGRAM)
		json_text("stream", stream_name(job->stream));
	json_count("keys", job->values.nr_keys);
	json_count("value_size", job->values.value_bytes);
	json_count("seed", job->seed);
	json_count("warm_up_accesses", job->accesses / 4);
	json_bool("prefetch", job->has_prefetch);
	json_open("layouts", '[');
	for (size_t i = 0; i < report->nr; i++)
		result_json(report, i);
	json_close(']');
	json_open("left_out", '[');
	for (size_t i = 0; i < report->nr_left_out; i++)
		json_text(NULL, report->left_out[i]);
	json_close(']');
	json_close('}');
}

/* --- Traces --- */

static uint64_t accesses_of(const struct model_trace_result *result)
{
	return result->loads + result->stores + result->modifies;
}

static uint64_t misses_of(const struct model_trace_result *result, enum model_source level)
{
	uint64_t nr = 0;

	for (int source = (int)level + 1; source < NR_MODEL_SOURCES; source++)
		nr += result->from[source];
	return nr;
}

static void print_misses(const char *name, const struct model_trace_result *result,
			 enum model_source level)
{
	uint64_t misses = misses_of(result, level);
	char count[COUNT_TEXT];

	printf("  %-9s %14s misses, %.4f per access\n", name, count_text(count, misses),
	       (double)misses / (double)accesses_of(result));
}

void model_trace_print(const struct model_shape *shape, const struct model_trace_result *result)
{
	char loads[COUNT_TEXT], stores[COUNT_TEXT], modifies[COUNT_TEXT], passed[COUNT_TEXT];

	print_title("A trace through the caches of one CPU");
	print_shape(shape);
	printf("  accesses  %s loads, %s stores, %s modifications; %s instructions passed over\n",
	       count_text(loads, result->loads), count_text(stores, result->stores),
	       count_text(modifies, result->modifies), count_text(passed, result->instructions));
	print_misses("L1d", result, FROM_L1);
	if (shape->l2.ways)
		print_misses("L2", result, FROM_L2);
	if (shape->l3.ways)
		print_misses("L3", result, FROM_L3);
}

void model_trace_json(const struct model_shape *shape, const struct model_trace_result *result)
{
	json_open(NULL, '{');
	json_count("line_bytes", shape->line_bytes);
	json_open("caches", '[');
	cache_json("L1d", shape->l1, 1);
	cache_json("L2", shape->l2, 1);
	cache_json("L3", shape->l3, 1);
	json_close(']');
	json_count("loads", result->loads);
	json_count("stores", result->stores);
	json_count("modifies", result->modifies);
	json_count("instructions", result->instructions);
	json_count("l1_misses", misses_of(result, FROM_L1));
	json_count("l2_misses", misses_of(result, FROM_L2));
	json_count("l3_misses", misses_of(result, FROM_L3));
	counts_json(&result->counts);
	json_close('}');
}
