// SPDX-License-Identifier: MIT
/*
 * The counting measurement as a table, as a picture and as JSON.
 */
#include <inttypes.h>
#include <stdio.h>

#include "demo.h"
#include "hardware.h"
#include "json.h"
#include "slab.h"
#include "term.h"

#define MOST_ROWS 16	/* of the table */
#define MOST_PICTURED 4 /* CPUs */
#define TABLE_COLUMNS 64
#define WORD_BYTES 8

static void print_rule(void)
{
	printf("  %s", colours->dim);
	repeat_text(glyphs->h, TABLE_COLUMNS);
	printf("%s\n", colours->off);
}

static void print_row(const char *name, const struct count_result *percpu, uint64_t percpu_events,
		      const struct count_result *shared, uint64_t shared_events)
{
	char a[COUNT_TEXT], b[COUNT_TEXT];

	printf("  %-12s%17s %8.1f %17s %8.1f\n", name, count_text(a, percpu_events),
	       count_rate(percpu, percpu_events) / 1e6, count_text(b, shared_events),
	       count_rate(shared, shared_events) / 1e6);
}

/* CPUs that no longer fit, as one row. */
static void print_rest(const struct session *session, const struct cpu *first, uint32_t nr,
		       const struct count_result *percpu, const struct count_result *shared)
{
	const struct pca_machine *machine = session->machine;
	uint64_t percpu_events = 0, shared_events = 0;
	char name[COUNT_TEXT];

	for (const struct cpu *cpu = first; cpu < machine->cpus + machine->nr_cpus; cpu++) {
		percpu_events += percpu->cpu_values[cpu->ordinal];
		shared_events += shared->cpu_events[cpu->ordinal];
	}
	snprintf(name, sizeof(name), "%" PRIu32 " others", nr);
	print_row(name, percpu, percpu_events, shared, shared_events);
}

static void print_cpu_rows(const struct session *session, const struct count_result *percpu,
			   const struct count_result *shared)
{
	const struct pca_machine *machine = session->machine;
	uint32_t nr_online = pca_num_online_cpus(machine), nr_printed = 0;

	for_each_possible_cpu(machine, cpu) {
		char name[COUNT_TEXT];

		if (!pca_cpu_is_online(machine, cpu->id))
			continue;
		if (nr_online > MOST_ROWS && nr_printed == MOST_ROWS - 1) {
			print_rest(session, cpu, nr_online - nr_printed, percpu, shared);
			return;
		}
		snprintf(name, sizeof(name), "CPU %" PRIu32, cpu->id);
		print_row(name, percpu, percpu->cpu_values[cpu->ordinal], shared,
			  shared->cpu_events[cpu->ordinal]);
		nr_printed++;
	}
}

static void print_lost(const struct count_result *percpu, const struct count_result *shared)
{
	char a[COUNT_TEXT], b[COUNT_TEXT];

	printf("  %-12s%17s %8s %17s\n", "programs did", count_text(a, percpu->events), "",
	       count_text(b, shared->events));
	printf("  %-12s%s%17" PRId64 "%s %8s %s%17" PRId64 "%s\n", "lost updates",
	       count_lost(percpu) ? colours->red : colours->green, count_lost(percpu), colours->off,
	       "", count_lost(shared) ? colours->red : colours->green, count_lost(shared),
	       colours->off);
}

static void print_ratio(const struct session *session, const struct count_result *percpu,
			const struct count_result *shared)
{
	double ratio =
		count_rate(percpu, percpu->map_events) / count_rate(shared, shared->map_events);
	bool is_crowded = !session->machine->cpus[0].may_spin;

	printf("\n  The per-CPU array counts %s%.1f times as fast%s as the shared one.\n",
	       colours->bold, ratio, colours->off);
	if (is_crowded)
		printf("  These CPUs take turns on fewer host CPUs: their rates add up to the "
		       "host's.\n");
}

void demo_print_counts(const struct session *session, const struct count_result *percpu,
		       const struct count_result *shared)
{
	print_title("Counting for %.3g s on each online CPU", percpu->seconds);
	printf("  %-12s%26s %26s\n", "", "PERCPU_ARRAY, plain ++", "ARRAY, atomic add");
	printf("  %s%-12s%17s %8s %17s %8s%s\n", colours->dim, "", "events", "M/s", "events", "M/s",
	       colours->off);
	print_rule();
	print_cpu_rows(session, percpu, shared);
	print_rule();
	print_row("in the map", percpu, percpu->map_events, shared, shared->map_events);
	print_lost(percpu, shared);
	print_ratio(session, percpu, shared);
}

/* The cache lines of a slab, whose first word holds the count. */
static void print_lines(unsigned int line_bytes, uint64_t bytes, uint64_t count)
{
	for (uint64_t line = 0; line < bytes; line += line_bytes) {
		fputs(glyphs->v, stdout);
		for (unsigned int word = 0; word < line_bytes / WORD_BYTES; word++) {
			if (line == 0 && word == 0 && count)
				printf("%s%s%s", colours->green, glyphs->full, colours->off);
			else
				fputs(glyphs->empty, stdout);
		}
	}
	fputs(glyphs->v, stdout);
}

static void print_percpu_layout(const struct pca_machine *machine,
				const struct count_result *percpu, unsigned int line_bytes)
{
	char events[COUNT_TEXT], offset[COUNT_TEXT];

	printf("  PERCPU_ARRAY: a slab per CPU, %" PRIu64 " bytes apart; no line has two writers\n",
	       percpu->stride_bytes);
	for (uint32_t i = 0; i < machine->nr_cpus && i < MOST_PICTURED; i++) {
		const struct cpu *cpu = &machine->cpus[i];
		bool is_online = pca_cpu_is_online(machine, cpu->id);

		printf("    CPU %-5" PRIu32 "%s%s%s %6s  ", cpu->id, glyphs->h, glyphs->h,
		       glyphs->arrow_right, count_text(offset, cpu->slab * percpu->stride_bytes));
		print_lines(line_bytes, percpu->stride_bytes, percpu->cpu_values[i]);
		printf(" %15s%s\n", count_text(events, percpu->cpu_values[i]),
		       is_online ? "" : ", offline");
	}
	if (machine->nr_cpus > MOST_PICTURED)
		printf("    %s and %" PRIu32 " more\n", glyphs->more,
		       machine->nr_cpus - MOST_PICTURED);
}

/* Those online only: nobody else touches the line. */
static uint32_t first_online_cpus(const struct pca_machine *machine, uint32_t ids[MOST_PICTURED])
{
	uint32_t nr = 0;

	for_each_possible_cpu(machine, cpu) {
		if (nr < MOST_PICTURED && pca_cpu_is_online(machine, cpu->id))
			ids[nr++] = cpu->id;
	}
	return nr;
}

static void print_shared_layout(const struct pca_machine *machine,
				const struct count_result *shared, unsigned int line_bytes)
{
	uint32_t ids[MOST_PICTURED], nr = first_online_cpus(machine, ids);
	/* So that the count stands below those of the picture above. */
	unsigned int skipped = (SLAB_ALIGN / line_bytes - 1) * (line_bytes / WORD_BYTES + 1);
	char events[COUNT_TEXT];

	printf("\n  ARRAY: one slab; its line moves to another cache when another CPU adds\n");
	for (uint32_t i = 0; i + 1 < nr; i++)
		printf("    CPU %-5" PRIu32 "%s%s\n", ids[i], glyphs->h,
		       i ? glyphs->joins_up : glyphs->down_left);
	printf("    CPU %-5" PRIu32 "%s%s%s %6d  ", ids[nr - 1], glyphs->h,
	       nr > 1 ? glyphs->bottom_mid : glyphs->h, glyphs->arrow_right, 0);
	print_lines(line_bytes, line_bytes, shared->map_events);
	printf("%*s %15s\n", (int)skipped, "", count_text(events, shared->map_events));
	if (pca_num_online_cpus(machine) > nr)
		printf("    %s and %" PRIu32 " more\n", glyphs->more,
		       pca_num_online_cpus(machine) - nr);
}

void demo_print_layouts(const struct session *session, const struct count_result *percpu,
			const struct count_result *shared)
{
	unsigned int line_bytes = cache_line_bytes(session->machine);

	/* Lines longer than a slab's alignment, or odd ones, make no picture. */
	if (line_bytes < WORD_BYTES || SLAB_ALIGN % line_bytes)
		line_bytes = SLAB_ALIGN;
	print_title("The two in memory");
	print_percpu_layout(session->machine, percpu, line_bytes);
	print_shared_layout(session->machine, shared, line_bytes);
	printf("\n  %soffset in bytes; %s %s a line of %u bytes; %s the count, 8 bytes; "
	       "%s padding%s\n",
	       colours->dim, glyphs->v, glyphs->v, line_bytes, glyphs->full, glyphs->empty,
	       colours->off);
}

static void count_json(const char *key, const struct session *session,
		       const struct count_result *result)
{
	json_open(key, '{');
	json_real("seconds", result->seconds);
	json_count("events", result->map_events);
	json_count("programs_did", result->events);
	json_signed("lost", count_lost(result));
	json_real("events_per_second", count_rate(result, result->map_events));
	if (result->is_percpu)
		json_count("stride_bytes", result->stride_bytes);
	json_open("cpus", '[');
	for_each_possible_cpu(session->machine, cpu) {
		json_open(NULL, '{');
		json_count("cpu", cpu->id);
		json_bool("online", pca_cpu_is_online(session->machine, cpu->id));
		json_count("programs_did", result->cpu_events[cpu->ordinal]);
		if (result->is_percpu)
			json_count("value", result->cpu_values[cpu->ordinal]);
		json_close('}');
	}
	json_close(']');
	json_close('}');
}

void demo_counts_json(const struct session *session, const struct count_result *percpu,
		      const struct count_result *shared)
{
	count_json("percpu_array", session, percpu);
	count_json("array", session, shared);
	json_real("ratio",
		  count_rate(percpu, percpu->map_events) / count_rate(shared, shared->map_events));
}
