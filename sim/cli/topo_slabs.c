// SPDX-License-Identifier: MIT
/*
 * Where the CPUs' slabs of a real map lie. Offsets are taken from the
 * addresses of the map's elements, not computed from the layout's rule.
 */
#include "topo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hardware.h"
#include "json.h"
#include "slab.h"
#include "slab_rows.h"
#include "term.h"

#define FACT_COLUMN 12
#define SLAB_COLUMNS 27 /* of the picture: the part in use */
#define PADDING "pad"

uint64_t slab_offset(struct pca_map_ref *map, const struct cpu *cpu)
{
	return (uint64_t)((char *)pca_map_peek(map, cpu->id, 0) - map->base);
}

uint64_t slab_bytes(const struct pca_map_ref *map)
{
	return (uint64_t)map->elem_size * map->max_entries;
}

static bool continues(const struct cpu *last, const struct cpu *next)
{
	return next->id == last->id + 1 && next->slab == last->slab + 1 &&
	       next->numa_node == last->numa_node && next->is_online == last->is_online;
}

static void range_text(char buf[COUNT_TEXT], uint32_t first, uint32_t last)
{
	if (first == last)
		snprintf(buf, COUNT_TEXT, "%" PRIu32, first);
	else
		snprintf(buf, COUNT_TEXT, "%" PRIu32 "-%" PRIu32, first, last);
}

static bool is_in_topology(const struct session *session, const struct cpu *cpu)
{
	return hwloc_bitmap_isset(hwloc_topology_get_topology_cpuset(session->machine->topology.hw),
				  cpu->id);
}

static void describe_row(const struct session *session, struct pca_map_ref *map,
			 struct slab_row *row)
{
	range_text(row->ids, row->first->id, row->last->id);
	range_text(row->ordinals, row->first->ordinal, row->last->ordinal);
	snprintf(row->node, sizeof(row->node), "-");
	if (is_in_topology(session, row->first))
		range_text(row->node, row->first->numa_node, row->first->numa_node);
	row->state = row->first->is_online ? "online" : "offline";
	count_text(row->first_offset, slab_offset(map, row->first));
	count_text(row->last_offset, slab_offset(map, row->last));
}

bool slab_next_row(const struct session *session, struct pca_map_ref *map, struct slab_row *row)
{
	const struct pca_machine *machine = session->machine;
	const struct cpu *end = machine->cpus + machine->nr_cpus;

	row->first = row->last ? row->last + 1 : machine->cpus;
	if (row->first == end)
		return false;
	row->last = row->first;
	while (machine->nr_cpus > SLAB_ROWS && row->last + 1 < end &&
	       continues(row->last, row->last + 1))
		row->last++;
	describe_row(session, map, row);
	return true;
}

uint32_t slab_rows_left(const struct session *session, const struct slab_row *row)
{
	return session->machine->nr_cpus - row->first->ordinal;
}

static void print_rows(const struct session *session, struct pca_map_ref *map)
{
	struct slab_row row = { NULL };

	printf("\n  %s%9s  %11s  %4s  %-8s  %14s%s\n", colours->dim, "CPU", "ordinal", "node",
	       "state", "offset, bytes", colours->off);
	for (int i = 0; slab_next_row(session, map, &row); i++) {
		if (i == SLAB_ROWS) {
			printf("  %9s  and %" PRIu32 " CPUs more; --json lists all\n", glyphs->more,
			       slab_rows_left(session, &row));
			return;
		}
		printf("  %9s  %11s  %4s  %-8s  %14s", row.ids, row.ordinals, row.node, row.state,
		       row.first_offset);
		if (row.first != row.last)
			printf(" .. %s", row.last_offset);
		putchar('\n');
	}
}

/* The picture's boxes: one or two slabs, and the padding behind each if there is some. */
struct boxes {
	unsigned int nr_slabs;
	unsigned int padding_columns;
};

static void print_edge(const struct boxes *boxes, const char *left, const char *mid,
		       const char *right)
{
	printf("  %s", left);
	for (unsigned int i = 0; i < boxes->nr_slabs; i++) {
		repeat_text(glyphs->h, SLAB_COLUMNS);
		if (boxes->padding_columns)
			fputs(mid, stdout);
		repeat_text(glyphs->h, boxes->padding_columns);
		fputs(i + 1 < boxes->nr_slabs ? mid : right, stdout);
	}
	putchar('\n');
}

static void print_stride(const struct boxes *boxes, uint64_t stride)
{
	char label[64], bytes[COUNT_TEXT];
	unsigned int columns = SLAB_COLUMNS;

	if (boxes->padding_columns)
		columns += 1 + boxes->padding_columns;
	columns -= 2 + (unsigned int)snprintf(label, sizeof(label), " stride %s B ",
					      count_text(bytes, stride));
	printf("\n   %s", glyphs->arrow_left);
	repeat_text(glyphs->h, columns / 2);
	fputs(label, stdout);
	repeat_text(glyphs->h, columns - columns / 2);
	printf("%s\n", glyphs->arrow_right);
}

static void print_slab(const struct boxes *boxes, const struct cpu *cpu, uint64_t bytes)
{
	char label[64], text[COUNT_TEXT];
	int len = snprintf(label, sizeof(label), " CPU %" PRIu32 ": %s B", cpu->id,
			   count_text(text, bytes));

	if (len > SLAB_COLUMNS)
		len = snprintf(label, sizeof(label), " CPU %" PRIu32 ": %s", cpu->id,
			       size_text(text, (double)bytes));
	printf("%s%s%s%*s%s", colours->cyan, label, colours->off, SLAB_COLUMNS - len, "",
	       glyphs->v);
	if (boxes->padding_columns)
		printf("%s%s%s%s", colours->dim, PADDING, colours->off, glyphs->v);
}

/* Is the next CPU's slab the next one, too? */
static bool has_neighbour(const struct cpu *cpu)
{
	const struct pca_machine *machine = cpu->machine;

	return cpu + 1 < machine->cpus + machine->nr_cpus && cpu[1].slab == cpu->slab + 1;
}

static void print_picture(const struct pca_machine *machine, const struct pca_map_ref *map)
{
	const struct boxes boxes = {
		.nr_slabs = has_neighbour(machine->cpus) ? 2 : 1,
		.padding_columns = map->stride > slab_bytes(map) ? strlen(PADDING) : 0,
	};

	print_stride(&boxes, map->stride);
	print_edge(&boxes, glyphs->top_left, glyphs->top_mid, glyphs->top_right);
	printf("  %s", glyphs->v);
	for (unsigned int i = 0; i < boxes.nr_slabs; i++)
		print_slab(&boxes, &machine->cpus[i], slab_bytes(map));
	if (machine->nr_cpus > boxes.nr_slabs)
		printf(" %s", glyphs->more);
	putchar('\n');
	print_edge(&boxes, glyphs->bottom_left, glyphs->bottom_mid, glyphs->bottom_right);
}

void slab_title(char buf[SLAB_TEXT], const struct pca_map_ref *map)
{
	char nr[COUNT_TEXT];

	snprintf(buf, SLAB_TEXT, "Slabs of a PERCPU_ARRAY: %s entr%s of %" PRIu32 " byte%s",
		 count_text(nr, map->max_entries), map->max_entries == 1 ? "y" : "ies",
		 pca_map_value_size(map), plural_s(pca_map_value_size(map)));
}

void slab_facts(const struct session *session, const struct pca_map_ref *map, const char *times,
		struct slab_fact facts[NR_SLAB_FACTS])
{
	const uint32_t nr = session->machine->nr_cpus;
	const struct slab_places *places = &session->machine->slabs;
	const uint64_t reserved = map->stride * places->nr_slabs;
	char a[COUNT_TEXT], b[COUNT_TEXT], size[SIZE_TEXT + 4] = "";

	memcpy(facts,
	       (struct slab_fact[]){ { "element" },
				     { "slab" },
				     { "stride" },
				     { "reserved" },
				     { places->nr_groups > 1 ? "nodes" : NULL },
				     { "charged" } },
	       NR_SLAB_FACTS * sizeof(*facts));
	snprintf(facts[0].text, SLAB_TEXT, "%s B, the value rounded up to a multiple of 8",
		 count_text(a, map->elem_size));
	snprintf(facts[1].text, SLAB_TEXT, "%s B for each possible CPU",
		 count_text(a, slab_bytes(map)));
	snprintf(facts[2].text, SLAB_TEXT, "%s B, %s %s %d: odd, so that copies of one key",
		 count_text(a, map->stride), count_text(b, map->stride / SLAB_ALIGN), times,
		 SLAB_ALIGN);
	facts[2].goes_on = "do not crowd into one set of the cache";
	if (reserved >= 1024) {
		size_text(b, (double)reserved);
		snprintf(size, sizeof(size), " (%s)", b);
	}
	snprintf(facts[3].text, SLAB_TEXT,
		 "%s B%s for %" PRIu32 " slab%s, taken page by page when touched",
		 count_text(a, reserved), size, nr, plural_s(nr));
	snprintf(facts[4].text, SLAB_TEXT, "%" PRIu32 " groups of slabs, each on pages of its own,",
		 places->nr_groups);
	facts[4].goes_on = numa_is_bound(session->machine)
				   ? "taken from its node"
				   : "not bound: these nodes are not this host's";
	snprintf(facts[5].text, SLAB_TEXT, "%s B, what Linux's fdinfo calls memlock",
		 count_text(a, pca_machine_memory_bytes(session->machine)));
}

static void groups_json(const struct pca_machine *machine, const struct pca_map_ref *map)
{
	const struct slab_places *places = &machine->slabs;

	json_bool("bound_to_nodes", numa_is_bound(machine));
	json_open("groups", '[');
	for (uint32_t i = 0; i < places->nr_groups; i++) {
		json_open(NULL, '{');
		json_count("numa_node", places->groups[i].node);
		json_count("first_slab", places->groups[i].first);
		json_count("slabs", places->groups[i].nr);
		json_count("offset_bytes", places->groups[i].page * map->stride);
		json_close('}');
	}
	json_close(']');
}

void topo_print_slabs(const struct session *session, struct pca_map_ref *map)
{
	struct slab_fact facts[NR_SLAB_FACTS];
	char title[SLAB_TEXT];

	slab_title(title, map);
	print_title("%s", title);
	slab_facts(session, map, glyphs->times, facts);
	for (size_t i = 0; i < NR_SLAB_FACTS; i++) {
		if (!facts[i].name)
			continue;
		printf("  %-9s ", facts[i].name);
		print_wrapped(FACT_COLUMN, FACT_COLUMN, facts[i].text);
		putchar('\n');
		if (facts[i].goes_on)
			printf("%*s%s\n", FACT_COLUMN, "", facts[i].goes_on);
	}
	print_picture(session->machine, map);
	print_rows(session, map);
}

void topo_slabs_json(const struct session *session, struct pca_map_ref *map)
{
	json_open("map", '{');
	json_text("type", "percpu_array");
	json_count("value_size", pca_map_value_size(map));
	json_count("elem_size", map->elem_size);
	json_count("max_entries", map->max_entries);
	json_count("slab_bytes", slab_bytes(map));
	json_count("stride_bytes", map->stride);
	json_count("reserved_bytes", map->stride * session->machine->slabs.nr_slabs);
	groups_json(session->machine, map);
	json_count("bytes_memlock", pca_machine_memory_bytes(session->machine));
	json_open("slabs", '[');
	for_each_possible_cpu(session->machine, cpu) {
		json_open(NULL, '{');
		json_count("cpu", cpu->id);
		json_count("ordinal", cpu->ordinal);
		if (is_in_topology(session, cpu))
			json_count("numa_node", cpu->numa_node);
		json_bool("in_topology", is_in_topology(session, cpu));
		json_bool("online", cpu->is_online);
		json_count("offset_bytes", slab_offset(map, cpu));
		json_close('}');
	}
	json_close(']');
	json_close('}');
}
