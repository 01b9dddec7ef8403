// SPDX-License-Identifier: MIT
/*
 * From counts to words: facts of a layout, rates, the ranking and its reasons.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_run.h"

#define LEAST_TOLD 0.005   /* of rates, which are told with two decimals */
#define MOST_WRITERS 65536 /* that facts are taken of: a key and a CPU each */

/* --- Facts --- */

/* Numbers in order, so that those of one line follow each other. */
static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * writers: line << 16 | CPU or core, ordered. The most different ones that a group of
 * 1 << shift lines has.
 */
static uint32_t most_writers(const uint64_t *writers, size_t nr, unsigned int shift)
{
	bool seen[MODEL_MOST_CPUS];
	uint64_t group = UINT64_MAX;
	uint32_t here = 0, most = 0;

	for (size_t i = 0; i < nr; i++) {
		uint64_t own = writers[i] >> (16 + shift);

		if (own != group) {
			memset(seen, 0, sizeof(seen));
			group = own;
			here = 0;
		}
		here += !seen[writers[i] & 0xffff];
		seen[writers[i] & 0xffff] = true;
		if (here > most)
			most = here;
	}
	return most;
}

/* Who writes which line, for the first keys. Returns how many. */
static size_t collect_writers(const struct model_job *job, const struct layout *layout,
			      uint64_t *writers, bool are_cores)
{
	uint32_t shift = (uint32_t)__builtin_ctz(job->shape->line_bytes);
	uint32_t bytes = model_written_bytes(job);
	size_t nr = 0;

	for (uint32_t key = 0; key < job->values.nr_keys; key++) {
		for (uint32_t cpu = 0; cpu < job->values.nr_cpus; cpu++) {
			uint64_t value = layout->place(&job->values, cpu, key).value;
			uint64_t who = are_cores ? job->shape->core_of[cpu] : cpu;

			for (uint64_t line = value >> shift; line <= (value + bytes - 1) >> shift;
			     line++) {
				if (nr == MOST_WRITERS)
					return nr;
				writers[nr++] = line << 16 | who;
			}
		}
	}
	return nr;
}

static void count_writers(const struct model_job *job, const struct layout *layout,
			  struct model_facts *facts)
{
	uint64_t *writers = malloc(MOST_WRITERS * sizeof(*writers));
	size_t nr;

	if (!writers)
		return;
	nr = collect_writers(job, layout, writers, false);
	qsort(writers, nr, sizeof(*writers), by_number);
	facts->cpus_of_line = most_writers(writers, nr, 0);
	facts->cpus_of_pair = most_writers(writers, nr, 1);
	nr = collect_writers(job, layout, writers, true);
	qsort(writers, nr, sizeof(*writers), by_number);
	facts->cores_of_line = most_writers(writers, nr, 0);
	facts->cores_of_pair = most_writers(writers, nr, 1);
	free(writers);
}

static uint32_t sets_of_key(const struct model_job *job, const struct layout *layout)
{
	uint32_t nr_sets = cache_nr_sets(job->shape->l1, job->shape->line_bytes), nr = 0;
	uint64_t sets[MODEL_MOST_CPUS] = { 0 };

	for (uint32_t cpu = 0; cpu < job->values.nr_cpus; cpu++)
		sets[cpu] = layout->place(&job->values, cpu, 0).value / job->shape->line_bytes %
			    nr_sets;
	qsort(sets, job->values.nr_cpus, sizeof(*sets), by_number);
	for (uint32_t cpu = 0; cpu < job->values.nr_cpus; cpu++)
		nr += !cpu || sets[cpu] != sets[cpu - 1];
	return nr;
}

/* Lines come in the order of keys: one that is not the last one is new. */
static void count_own_sets(const struct model_job *job, const struct layout *layout,
			   struct model_facts *facts)
{
	uint32_t nr_sets = cache_nr_sets(job->shape->l1, job->shape->line_bytes);
	bool *seen = calloc(nr_sets, sizeof(*seen));
	uint64_t last = UINT64_MAX;

	for (uint32_t key = 0; seen && key < job->values.nr_keys; key++) {
		uint64_t line = layout->place(&job->values, 0, key).value / job->shape->line_bytes;

		if (line == last)
			continue;
		last = line;
		facts->own_lines++;
		facts->own_sets += !seen[line % nr_sets];
		seen[line % nr_sets] = true;
	}
	free(seen);
}

void model_take_facts(const struct model_job *job, const struct layout *layout,
		      struct model_facts *facts)
{
	struct layout_place place = layout->place(&job->values, 0, 0);

	*facts = (struct model_facts){
		.bytes = layout->size_bytes(&job->values),
		.copies = layout->sync == LAYOUT_OWN ? job->values.nr_cpus : 1,
		.sets_of_key = sets_of_key(job, layout),
		.has_pointer = place.pointer != LAYOUT_NONE,
		.has_lock = place.lock != LAYOUT_NONE,
	};
	count_writers(job, layout, facts);
	count_own_sets(job, layout, facts);
}

/* --- Rates --- */

double model_rate(const struct model_result *result, uint64_t count)
{
	return result->accesses ? (double)count / (double)result->accesses : 0;
}

double model_transfers(const struct model_result *result)
{
	const uint64_t *from = result->counts.from;

	return model_rate(result,
			  from[FROM_SAME_L3] + from[FROM_SAME_PACKAGE] + from[FROM_OTHER_PACKAGE]);
}

double model_fetches(const struct model_result *result)
{
	return model_rate(result, result->counts.from[FROM_LOCAL_MEMORY] +
					  result->counts.from[FROM_REMOTE_MEMORY]);
}

double model_misses(const struct model_result *result, enum model_source level)
{
	uint64_t nr = 0;

	for (int source = (int)level + 1; source < NR_MODEL_SOURCES; source++)
		nr += result->counts.from[source];
	return model_rate(result, nr);
}

double model_waits(const struct model_result *result)
{
	return model_transfers(result) + model_fetches(result) +
	       model_rate(result, result->counts.upgrades);
}

/* --- The ranking --- */

/* The first three decimals: what is less may be chance. */
static int compare_rates(double a, double b)
{
	double x = rint(a * 1000), y = rint(b * 1000);

	return x < y ? -1 : x > y;
}

static int by_waits(const void *a, const void *b)
{
	const struct model_result *x = a, *y = b;
	int order = compare_rates(model_waits(x), model_waits(y));

	if (!order)
		order = compare_rates(model_rate(x, x->counts.from[FROM_L3]),
				      model_rate(y, y->counts.from[FROM_L3]));
	if (!order)
		order = compare_rates(model_rate(x, x->counts.from[FROM_L2]),
				      model_rate(y, y->counts.from[FROM_L2]));
	if (!order)
		order = compare_rates(model_rate(x, x->counts.reads + x->counts.writes),
				      model_rate(y, y->counts.reads + y->counts.writes));
	if (!order) /* the smaller one, for what else is in the caches */
		order = x->facts.bytes < y->facts.bytes ? -1 : x->facts.bytes > y->facts.bytes;
	if (!order)
		order = strcmp(x->layout->name, y->layout->name);
	return order;
}

void model_rank(struct model_result *results, size_t nr)
{
	qsort(results, nr, sizeof(*results), by_waits);
}

/* --- Reasons --- */

static const char *per_access(const struct model_job *job)
{
	switch (job->workload) {
	case LAYOUT_UPDATE:
		return "update";
	case LAYOUT_READ_SUM:
		return "access";
	default:
		return "write";
	}
}

/* "8 CPUs", or "8 CPUs of 4 cores" where siblings share caches. */
static void who(char *text, size_t size, uint32_t cpus, uint32_t cores)
{
	if (cpus == cores)
		snprintf(text, size, "%" PRIu32 " CPUs", cpus);
	else
		snprintf(text, size, "%" PRIu32 " CPUs on %" PRIu32 " core%s", cpus, cores,
			 cores == 1 ? "" : "s");
}

/* Who is in whose way. Returns whether anybody is. */
static bool tell_sharing(char text[MODEL_REASON], const struct model_job *job,
			 const struct model_result *result)
{
	const struct model_facts *facts = &result->facts;
	char cpus[64];

	if (facts->copies == 1 && job->values.nr_cpus > 1) {
		who(cpus, sizeof(cpus), job->values.nr_cpus, job->shape->nr_cores);
		snprintf(text, MODEL_REASON, "%s write %s", cpus,
			 facts->has_lock ? "one lock and the same values" : "the same values");
		return true;
	}
	if (facts->cpus_of_line > 1) {
		who(cpus, sizeof(cpus), facts->cpus_of_line, facts->cores_of_line);
		snprintf(text, MODEL_REASON, "each key's line is shared by %s", cpus);
		return true;
	}
	if (facts->cpus_of_pair > 1 && job->has_prefetch) {
		who(cpus, sizeof(cpus), facts->cpus_of_pair, facts->cores_of_pair);
		snprintf(text, MODEL_REASON,
			 "no line is shared, but the prefetcher pulls pairs, which %s share", cpus);
		return facts->cores_of_pair > 1;
	}
	snprintf(text, MODEL_REASON, "%s",
		 job->workload == LAYOUT_READ_SUM
			 ? "no line has two writers, but CPU 0 takes lines to read them"
			 : "no line is shared");
	return false;
}

static void append(char text[MODEL_REASON], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void append(char text[MODEL_REASON], const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, MODEL_REASON - len, fmt, ap);
	va_end(ap);
}

/* Copies of a key that fall into few sets push each other out of a reader's L1. */
static bool copies_collide(const struct model_job *job, const struct model_facts *facts)
{
	uint32_t nr_sets = cache_nr_sets(job->shape->l1, job->shape->line_bytes);
	uint32_t best = facts->copies < nr_sets ? facts->copies : nr_sets;

	return job->workload == LAYOUT_READ_SUM && facts->copies > 1 &&
	       facts->sets_of_key * 2 <= best && facts->cpus_of_line == 1 &&
	       facts->copies > facts->sets_of_key * job->shape->l1.ways;
}

/* What a CPU uses is pushed out of its L1 although others of its sets are empty. */
static bool own_lines_collide(const struct model_job *job, const struct model_facts *facts)
{
	uint32_t nr_sets = cache_nr_sets(job->shape->l1, job->shape->line_bytes);

	return facts->own_sets * 2 <= nr_sets &&
	       facts->own_lines > facts->own_sets * job->shape->l1.ways;
}

static void tell_rest(char text[MODEL_REASON], const struct model_job *job,
		      const struct model_result *result)
{
	const struct model_facts *facts = &result->facts;
	double fetches = model_fetches(result);

	if (copies_collide(job, facts))
		append(text,
		       "; %" PRIu32 " copies of a key fall into %" PRIu32 " of %" PRIu32
		       " sets of an L1",
		       facts->copies, facts->sets_of_key,
		       cache_nr_sets(job->shape->l1, job->shape->line_bytes));
	if (own_lines_collide(job, facts))
		append(text,
		       "; the %" PRIu32 " lines of a CPU fall into %" PRIu32 " of %" PRIu32
		       " sets of an L1",
		       facts->own_lines, facts->own_sets,
		       cache_nr_sets(job->shape->l1, job->shape->line_bytes));
	if (facts->has_pointer)
		append(text, "; a pointer is loaded before each value");
	if (fetches >= LEAST_TOLD)
		append(text, "; %.2f lines per %s come from memory", fetches, per_access(job));
}

/* What it leads to. That nothing moves is worth telling where something might. */
static void tell_moves(char text[MODEL_REASON], const struct model_job *job,
		       const struct model_result *result, bool is_shared)
{
	double transfers = model_transfers(result);
	double upgrades = model_rate(result, result->counts.upgrades);
	bool has_upgrades = upgrades >= LEAST_TOLD;
	bool has_transfers = transfers >= LEAST_TOLD || (is_shared && !has_upgrades);

	if (has_transfers)
		append(text, ": %.2f transfers", transfers);
	if (has_upgrades)
		append(text, "%s %.2f upgrades", has_transfers ? " and" : ":", upgrades);
	if (has_transfers || has_upgrades)
		append(text, " per %s", per_access(job));
}

const char *model_reason(char text[MODEL_REASON], const struct model_job *job,
			 const struct model_result *result)
{
	bool is_shared = tell_sharing(text, job, result);

	tell_moves(text, job, result, is_shared);
	tell_rest(text, job, result);
	return text;
}
