// SPDX-License-Identifier: MIT
/*
 * The slabs of a map as a picture: the first of them in memory, which sets of
 * the first-level cache the copies of one key fall into, and a table.
 */
#include <inttypes.h>
#include <string.h>

#include "hardware.h"
#include "slab.h"
#include "slab_rows.h"
#include "topo_picture.h"

#define LEFT_PX 10
#define WIDTH_PX 900
#define SLAB_PX 34
#define MOST_PICTURED 6
#define LEAST_PAD_PX 6
#define SET_PX 26
#define MOST_SETS 450 /* that can be told apart in the picture */
#define USUAL_SETS 64
#define USUAL_WAYS 8
#define PAGE_BYTES 4096

static double draw_facts(struct svg *svg, const struct session *session,
			 const struct pca_map_ref *map, double y)
{
	struct slab_fact facts[NR_SLAB_FACTS];
	char title[SLAB_TEXT];

	slab_title(title, map);
	svg_text(svg, "head", LEFT_PX, y += SVG_LINE_PX, title);
	y += 4;
	slab_facts(session, map, "\u00d7", facts);
	for (size_t i = 0; i < NR_SLAB_FACTS; i++) {
		if (!facts[i].name)
			continue;
		svg_text(svg, "name", LEFT_PX, y += SVG_LINE_PX, facts[i].name);
		svg_textf(svg, "", LEFT_PX + 80, y, "%s%s%s", facts[i].text,
			  facts[i].goes_on ? " " : "", facts[i].goes_on ? facts[i].goes_on : "");
	}
	return y;
}

/* --- The first slabs, side by side --- */

static void draw_stride(struct svg *svg, double y, double width, uint64_t stride)
{
	char bytes[COUNT_TEXT];

	svg_line(svg, "axis", (struct svg_box){ LEFT_PX, y, 0, 10 });
	svg_line(svg, "axis", (struct svg_box){ LEFT_PX + width, y, 0, 10 });
	svg_line(svg, "axis", (struct svg_box){ LEFT_PX, y + 5, width, 0 });
	svg_textf(svg, "mid", LEFT_PX + width / 2, y - 4, "stride %s B", count_text(bytes, stride));
}

static void draw_slab(struct svg *svg, struct pca_map_ref *map, const struct cpu *cpu,
		      struct svg_box box)
{
	double used = box.width * (double)slab_bytes(map) / (double)map->stride;
	char a[COUNT_TEXT], b[COUNT_TEXT], tip[SLAB_TEXT];

	if (slab_bytes(map) < map->stride && box.width - used < LEAST_PAD_PX)
		used = box.width - LEAST_PAD_PX;
	snprintf(tip, sizeof(tip), "CPU %" PRIu32 ": %s bytes from offset %s on", cpu->id,
		 count_text(a, slab_bytes(map)), count_text(b, slab_offset(map, cpu)));
	svg_group(svg, tip);
	svg_box(svg, cpu->is_online ? "cpu" : "gone",
		(struct svg_box){ box.x, box.y, used, box.height });
	svg_group_end(svg);
	if (used < box.width) {
		snprintf(tip, sizeof(tip), "%s bytes of padding",
			 count_text(a, map->stride - slab_bytes(map)));
		svg_box_tip(svg, "pad",
			    (struct svg_box){ box.x + used, box.y, box.width - used, box.height },
			    tip);
	}
	/* A small slab has its name across the padding. */
	svg_textf(svg, "", box.x + 8, box.y + 22, "CPU %" PRIu32, cpu->id);
	svg_textf(svg, "small", box.x, box.y + box.height + 15, "%s",
		  count_text(b, slab_offset(map, cpu)));
}

/* How many slabs side by side there are to draw: those of another NUMA node lie elsewhere. */
static uint32_t nr_neighbours(const struct pca_machine *machine)
{
	uint32_t nr = 1;

	while (nr < machine->nr_cpus && nr < MOST_PICTURED &&
	       machine->cpus[nr].slab == machine->cpus->slab + nr)
		nr++;
	return nr;
}

static double draw_memory(struct svg *svg, const struct session *session, struct pca_map_ref *map,
			  double y)
{
	const struct pca_machine *machine = session->machine;
	uint32_t nr = nr_neighbours(machine);
	double width = nr < 3 ? WIDTH_PX / 3.0 : (double)(WIDTH_PX - 30) / nr;

	y += 2 * SVG_LINE_PX;
	draw_stride(svg, y, width, map->stride);
	y += 14;
	for (uint32_t i = 0; i < nr; i++)
		draw_slab(svg, map, &machine->cpus[i],
			  (struct svg_box){ LEFT_PX + i * width, y, width, SLAB_PX });
	if (machine->nr_cpus > nr)
		svg_text(svg, "", LEFT_PX + nr * width + 8, y + 22, "\u2026");
	return y + SLAB_PX + 15;
}

/* --- The sets of a cache --- */

struct cache_sets {
	uint64_t bytes;
	unsigned int nr, ways, line_bytes;
	bool is_assumed; /* the topology does not tell */
	uint32_t copies[MOST_SETS];
	uint32_t most; /* copies in one set */
};

/* The first-level data cache, which sets are chosen in by offset in a page mostly. */
static void find_cache(struct cache_sets *sets, const struct pca_machine *machine)
{
	hwloc_obj_t l1 = hwloc_get_next_obj_by_type(machine->topology.hw, HWLOC_OBJ_L1CACHE, NULL);

	*sets = (struct cache_sets){ .line_bytes = cache_line_bytes(machine) };
	if (l1 && l1->attr->cache.associativity > 0) {
		sets->bytes = l1->attr->cache.size;
		sets->ways = (unsigned int)l1->attr->cache.associativity;
		sets->nr = (unsigned int)(sets->bytes / sets->ways / sets->line_bytes);
	}
	if (sets->nr > 0 && sets->nr <= MOST_SETS)
		return;
	sets->is_assumed = true;
	sets->nr = USUAL_SETS;
	sets->ways = USUAL_WAYS;
	sets->bytes = (uint64_t)sets->nr * sets->ways * sets->line_bytes;
}

static void put_copy(struct cache_sets *sets, uint64_t address)
{
	uint32_t *copies = &sets->copies[address / sets->line_bytes % sets->nr];

	if (++*copies > sets->most)
		sets->most = *copies;
}

static void draw_sets(struct svg *svg, const struct cache_sets *sets, double y)
{
	double width = (double)WIDTH_PX / sets->nr;

	for (unsigned int i = 0; i < sets->nr; i++) {
		uint32_t copies = sets->copies[i];
		double x = LEFT_PX + i * width;
		char tip[64], classes[24];

		snprintf(tip, sizeof(tip), "set %u: %" PRIu32 " %s", i, copies,
			 copies == 1 ? "copy" : "copies");
		snprintf(classes, sizeof(classes), "rule heat%u",
			 copies ? 3 + copies * 4 / sets->ways : 0);
		svg_box_tip(svg, copies > sets->ways ? "bad" : classes,
			    (struct svg_box){ x, y, width, SET_PX }, tip);
	}
}

/* How it would be if slabs were a whole number of pages. */
static void put_by_pages(struct cache_sets *sets, const struct pca_machine *machine,
			 const struct pca_map_ref *map)
{
	uint64_t stride = (slab_bytes(map) + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;

	memset(sets->copies, 0, sizeof(sets->copies));
	sets->most = 0;
	for_each_possible_cpu(machine, cpu)
		put_copy(sets, (uintptr_t)map->base + cpu->ordinal * stride);
}

static double draw_set_row(struct svg *svg, const struct cache_sets *sets, const char *how,
			   double y)
{
	unsigned int nr_used = 0;

	for (unsigned int i = 0; i < sets->nr; i++)
		nr_used += sets->copies[i] > 0;
	svg_textf(svg, "", LEFT_PX, y += SVG_LINE_PX + 4,
		  "%s: %u of %u sets hold a copy, %" PRIu32 " at most in one%s", how, nr_used,
		  sets->nr, sets->most,
		  sets->most > sets->ways ? ", more than fit: they evict each other" : "");
	draw_sets(svg, sets, y += 8);
	return y + SET_PX;
}

static double draw_cache(struct svg *svg, const struct session *session, struct pca_map_ref *map,
			 double y)
{
	struct cache_sets sets;
	char size[SIZE_TEXT];

	find_cache(&sets, session->machine);
	y += 2 * SVG_LINE_PX;
	svg_text(svg, "head", LEFT_PX, y, "Where the copies of key 0 fall in an L1d cache");
	svg_textf(svg, "small", LEFT_PX, y += SVG_LINE_PX,
		  "%s, lines of %u bytes, %u sets of %u lines%s; a CPU that reads all copies "
		  "wants them in different sets",
		  size_text(size, (double)sets.bytes), sets.line_bytes, sets.nr, sets.ways,
		  sets.is_assumed ? " (assumed)" : "");
	for_each_possible_cpu(session->machine, cpu)
		put_copy(&sets, (uintptr_t)pca_map_peek(map, cpu->id, 0));
	y = draw_set_row(svg, &sets, "This map", y);
	put_by_pages(&sets, session->machine, map);
	return draw_set_row(svg, &sets, "If slabs were whole pages apart", y);
}

/* --- The table --- */

static const struct {
	const char *name;
	double right;
} columns[] = { { "CPU", 100 }, { "ordinal", 200 }, { "node", 260 }, { "offset, bytes", 480 } };

static void draw_row(struct svg *svg, const struct slab_row *row, double y)
{
	const char *texts[] = { row->ids, row->ordinals, row->node, row->first_offset };

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		svg_text(svg, "end", columns[i].right, y, texts[i]);
	svg_text(svg, "", 290, y, row->state);
	if (row->first != row->last)
		svg_textf(svg, "", 490, y, "to %s", row->last_offset);
}

static double draw_table(struct svg *svg, const struct session *session, struct pca_map_ref *map,
			 double y)
{
	struct slab_row row = { NULL };

	y += 2 * SVG_LINE_PX;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		svg_text(svg, "small end", columns[i].right, y, columns[i].name);
	svg_text(svg, "small", 290, y, "state");
	svg_line(svg, "rule", (struct svg_box){ LEFT_PX, y + 6, 600, 0 });
	y += 6;
	for (int i = 0; slab_next_row(session, map, &row); i++) {
		y += SVG_LINE_PX;
		if (i == SLAB_ROWS) {
			svg_textf(svg, "", LEFT_PX, y, "\u2026 and %" PRIu32 " CPUs more",
				  slab_rows_left(session, &row));
			break;
		}
		draw_row(svg, &row, y);
	}
	return y;
}

double topo_draw_slabs(struct svg *svg, const struct session *session, struct pca_map_ref *map,
		       double y)
{
	y = draw_facts(svg, session, map, y);
	y = draw_memory(svg, session, map, y);
	y = draw_cache(svg, session, map, y);
	return draw_table(svg, session, map, y);
}
