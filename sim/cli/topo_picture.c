// SPDX-License-Identifier: MIT
/*
 * The hardware as boxes in boxes. Boxes are as large as what is in them, which
 * is asked again on each level: pictures have few levels and few objects.
 */
#include "topo_picture.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "slab_rows.h"
#include "topo_walk.h"

#define MOST_CPUS_IN_FULL 64
#define LEAST_ALIKE 2

#define PAD_PX 10
#define GAP_PX 8
#define ROW_GAP_PX 14 /* more, so that a cache is not taken for one of those above it */
#define BAR_PX 22
#define CPU_PX 76
#define MOST_PX 1000 /* of children side by side, if they can be helped */
#define BEST_ASPECT 2.4
#define MOST_ITEMS 66 /* siblings: all CPUs, or those unlike and as many rests */

struct picture {
	struct svg *svg;
	const struct session *session;
	struct pca_map_ref *map;
	struct topo_walk walk;
	bool shows_ordinals, shows_states;
};

struct extent {
	double width, height;
};

/* The children of an object, in rows of so many. */
struct layout {
	struct topo_item items[MOST_ITEMS];
	struct extent sizes[MOST_ITEMS];
	unsigned int nr, columns;
	struct extent all;
};

static double larger(double a, double b)
{
	return a > b ? a : b;
}

/* --- Sizes --- */

/* Rows of columns boxes each; every row is as high as its highest box. */
static struct extent extent_of_rows(const struct layout *layout, unsigned int columns)
{
	struct extent all = { 0, -ROW_GAP_PX };

	for (unsigned int i = 0; i < layout->nr;) {
		struct extent row = { -GAP_PX, 0 };

		for (unsigned int n = 0; n < columns && i < layout->nr; n++, i++) {
			row.width += GAP_PX + layout->sizes[i].width;
			row.height = larger(row.height, layout->sizes[i].height);
		}
		all.width = larger(all.width, row.width);
		all.height += ROW_GAP_PX + row.height;
	}
	return all;
}

/* How far from the best shape; a last row that is not full is not nice either. */
static double ugliness(const struct layout *layout, unsigned int columns, struct extent all)
{
	double aspect = all.width / all.height;
	double badness = aspect > BEST_ASPECT ? aspect / BEST_ASPECT : BEST_ASPECT / aspect;

	if (layout->nr % columns)
		badness *= 2;
	return all.width > MOST_PX ? badness + all.width : badness;
}

static void choose_columns(struct layout *layout)
{
	double least = 0;

	for (unsigned int columns = 1; columns <= layout->nr; columns++) {
		struct extent all = extent_of_rows(layout, columns);
		double badness = ugliness(layout, columns, all);

		if (columns > 1 && badness >= least)
			continue;
		least = badness;
		layout->columns = columns;
		layout->all = all;
	}
}

static struct extent item_extent(const struct picture *picture, const struct topo_item *item);

static void lay_out(const struct picture *picture, hwloc_obj_t parent, struct layout *layout)
{
	struct topo_children children = topo_children(&picture->walk, parent);

	layout->nr = 0;
	layout->columns = 1;
	layout->all = (struct extent){ 0, 0 };
	while (layout->nr < MOST_ITEMS && topo_next(&children, &layout->items[layout->nr])) {
		layout->sizes[layout->nr] = item_extent(picture, &layout->items[layout->nr]);
		layout->nr++;
	}
	if (layout->nr)
		choose_columns(layout);
}

/* What CPUs are there, and what is special about them. */
static unsigned int rest_lines(const struct picture *picture, const struct topo_item *item,
			       char lines[3][TOPO_TEXT])
{
	hwloc_bitmap_t cpus = topo_item_cpus(item);
	const char *kind = item->first->type == HWLOC_OBJ_CORE	    ? "cores "
			   : item->first->type == HWLOC_OBJ_PACKAGE ? "packages "
			   : item->first->type == HWLOC_OBJ_PU	    ? "CPUs "
								    : "";

	snprintf(lines[0], TOPO_TEXT, "\u2026 %u more %s%s", topo_item_count(item), kind,
		 item->is_alike ? "like it" : "");
	*lines[1] = *lines[2] = '\0';
	if (!cpus)
		return 1;
	topo_cpus_label(lines[1], cpus);
	topo_states(lines[2], &picture->walk, cpus);
	hwloc_bitmap_free(cpus);
	return *lines[2] ? 3 : 2;
}

static struct extent rest_extent(const struct picture *picture, const struct topo_item *item)
{
	char lines[3][TOPO_TEXT];
	unsigned int nr = rest_lines(picture, item, lines);
	/* As high with states as without, so that like hardware gets like pictures. */
	struct extent extent = { 0, 2 * PAD_PX + (2 + picture->shows_states) * SVG_LINE_PX - 6 };

	for (unsigned int i = 0; i < nr; i++)
		extent.width = larger(extent.width, svg_text_width(lines[i]) + 2 * PAD_PX);
	return extent;
}

static double bars_width(hwloc_obj_t obj)
{
	double width = 0;
	char label[TOPO_TEXT];

	for (hwloc_obj_t node = obj->memory_first_child; node; node = node->next_sibling)
		width = larger(width, svg_text_width(topo_label(label, node)) + 2 * PAD_PX);
	return width;
}

static double bars_height(hwloc_obj_t obj)
{
	return obj->memory_arity * (double)(BAR_PX + GAP_PX);
}

static double cpu_height(const struct picture *picture)
{
	return 28 + 14 * (picture->shows_ordinals + picture->shows_states);
}

/* A bar across what a cache serves, or a frame around what an object consists of. */
static struct extent obj_extent(const struct picture *picture, hwloc_obj_t obj)
{
	char label[TOPO_TEXT];
	double label_width = svg_text_width(topo_label(label, obj)) + 2 * PAD_PX;
	struct layout layout;
	struct extent extent;

	if (obj->type == HWLOC_OBJ_PU)
		return (struct extent){ CPU_PX, cpu_height(picture) };
	lay_out(picture, obj, &layout);
	extent.width = larger(layout.all.width, bars_width(obj));
	extent.height = layout.all.height + bars_height(obj);
	if (hwloc_obj_type_is_cache(obj->type)) {
		extent.width = larger(extent.width, label_width);
		extent.height += BAR_PX + (layout.nr ? GAP_PX : 0);
	} else {
		extent.width = larger(extent.width + 2 * PAD_PX, label_width);
		extent.height += SVG_LINE_PX + 2 * PAD_PX - 2;
	}
	return extent;
}

static struct extent item_extent(const struct picture *picture, const struct topo_item *item)
{
	return item->is_rest ? rest_extent(picture, item) : obj_extent(picture, item->first);
}

/* --- Drawing --- */

static void draw_item(const struct picture *picture, const struct topo_item *item,
		      struct svg_box box);

/* area is as large as the children want, or wider. */
static void draw_children(const struct picture *picture, hwloc_obj_t parent, struct svg_box area)
{
	struct layout layout;

	lay_out(picture, parent, &layout);
	for (unsigned int i = 0; i < layout.nr;) {
		unsigned int end = i + layout.columns < layout.nr ? i + layout.columns : layout.nr;
		struct svg_box box = { area.x, area.y, 0, 0 };

		for (unsigned int n = i; n < end; n++)
			box.height = larger(box.height, layout.sizes[n].height);
		for (; i < end; i++) {
			box.width = layout.columns > 1 ? layout.sizes[i].width : area.width;
			draw_item(picture, &layout.items[i], box);
			box.x += box.width + GAP_PX;
		}
		area.y += box.height + ROW_GAP_PX;
	}
}

static void cpu_tip(const struct picture *picture, const struct cpu *cpu, char tip[TOPO_TEXT])
{
	char offset[COUNT_TEXT];

	snprintf(tip, TOPO_TEXT,
		 "CPU %" PRIu32 ", ordinal %" PRIu32 ", NUMA node %" PRIu32
		 ", %s; its slab is at byte %s",
		 cpu->id, cpu->ordinal, cpu->numa_node, cpu->is_online ? "online" : "offline",
		 count_text(offset, slab_offset(picture->map, cpu)));
}

static void draw_cpu(const struct picture *picture, unsigned int id, struct svg_box box)
{
	const struct cpu *cpu = machine_cpu(picture->session->machine, id);
	double mid = box.x + box.width / 2, y = box.y + 18;
	char tip[TOPO_TEXT];

	if (cpu)
		cpu_tip(picture, cpu, tip);
	else
		snprintf(tip, sizeof(tip), "CPU %u is not possible: no map has a slab for it", id);
	svg_group(picture->svg, tip);
	svg_box(picture->svg, cpu && cpu->is_online ? "cpu" : "gone", box);
	svg_textf(picture->svg, "mid", mid, y, "CPU %u", id);
	if (picture->shows_ordinals && cpu)
		svg_textf(picture->svg, "small mid", mid, y += 14, "ordinal %" PRIu32,
			  cpu->ordinal);
	if (!cpu)
		svg_text(picture->svg, "small mid", mid, y + 14, "not possible");
	else if (!cpu->is_online)
		svg_text(picture->svg, "small mid", mid, y + 14, "offline");
	svg_group_end(picture->svg);
}

static void draw_rest(const struct picture *picture, const struct topo_item *item,
		      struct svg_box box)
{
	char lines[3][TOPO_TEXT];
	unsigned int nr = rest_lines(picture, item, lines);

	svg_box(picture->svg, "rest", box);
	for (unsigned int i = 0; i < nr; i++)
		svg_text(picture->svg, i ? "small" : "", box.x + PAD_PX,
			 box.y + PAD_PX + 12 + i * SVG_LINE_PX, lines[i]);
}

static double draw_bar(const struct picture *picture, const char *classes, hwloc_obj_t obj,
		       struct svg_box box)
{
	char label[TOPO_TEXT];

	box.height = BAR_PX;
	svg_box(picture->svg, classes, box);
	svg_text(picture->svg, "mid", box.x + box.width / 2, box.y + 16, topo_label(label, obj));
	return box.y + BAR_PX + GAP_PX;
}

static double draw_memory(const struct picture *picture, hwloc_obj_t obj, struct svg_box box)
{
	for (hwloc_obj_t node = obj->memory_first_child; node; node = node->next_sibling)
		box.y = draw_bar(picture, "memory", node, box);
	return box.y;
}

static void draw_obj(const struct picture *picture, hwloc_obj_t obj, struct svg_box box)
{
	char label[TOPO_TEXT];

	if (obj->type == HWLOC_OBJ_PU) {
		draw_cpu(picture, obj->os_index, box);
		return;
	}
	if (hwloc_obj_type_is_cache(obj->type)) {
		box.y = draw_memory(picture, obj, box);
		box.y = draw_bar(picture, "cache", obj, box);
		draw_children(picture, obj, box);
		return;
	}
	svg_box(picture->svg, obj->type == HWLOC_OBJ_CORE ? "inner" : "frame", box);
	svg_text(picture->svg, "name", box.x + PAD_PX, box.y + SVG_LINE_PX, topo_label(label, obj));
	box.x += PAD_PX;
	box.width -= 2 * PAD_PX;
	box.y += PAD_PX + SVG_LINE_PX;
	box.y = draw_memory(picture, obj, box);
	draw_children(picture, obj, box);
}

static void draw_item(const struct picture *picture, const struct topo_item *item,
		      struct svg_box box)
{
	if (item->is_rest)
		draw_rest(picture, item, box);
	else
		draw_obj(picture, item->first, box);
}

static double draw_strangers(const struct picture *picture, double y)
{
	hwloc_bitmap_t strangers = topo_strangers(&picture->walk);
	char label[TOPO_TEXT], states[TOPO_TEXT];

	if (!strangers)
		return y;
	topo_cpus_label(label, strangers);
	topo_states(states, &picture->walk, strangers);
	svg_textf(picture->svg, "", PAD_PX, y + SVG_LINE_PX,
		  "Possible, but not in the topology: %s%s%s", label, *states ? ", " : "", states);
	hwloc_bitmap_free(strangers);
	return y + SVG_LINE_PX + GAP_PX;
}

static bool has_ordinals_of_their_own(const struct pca_machine *machine)
{
	return machine->cpus[machine->nr_cpus - 1].id != machine->nr_cpus - 1;
}

static bool has_states(const struct picture *picture)
{
	hwloc_obj_t root = hwloc_get_root_obj(picture->session->machine->topology.hw);
	char states[TOPO_TEXT];

	return *topo_states(states, &picture->walk, root->cpuset);
}

double topo_draw_hardware(struct svg *svg, const struct session *session, struct pca_map_ref *map,
			  double y)
{
	hwloc_obj_t root = hwloc_get_root_obj(session->machine->topology.hw);
	struct picture picture = { .svg = svg, .session = session, .map = map };
	struct extent extent;

	topo_walk_begin(&picture.walk, session->machine,
			(struct topo_limits){ MOST_CPUS_IN_FULL, LEAST_ALIKE });
	picture.shows_ordinals = has_ordinals_of_their_own(session->machine);
	picture.shows_states = has_states(&picture);
	extent = obj_extent(&picture, root);
	draw_obj(&picture, root, (struct svg_box){ PAD_PX, y, extent.width, extent.height });
	y = draw_strangers(&picture, y + extent.height + GAP_PX);
	topo_walk_end(&picture.walk);
	return y;
}
