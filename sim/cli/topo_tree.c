// SPDX-License-Identifier: MIT
/*
 * The hardware as a tree. Objects with one child that covers the same CPUs
 * share a line with it. Siblings that look alike are drawn once and counted on
 * machines with more than a few CPUs, so that 4096 of them still fit a screen.
 */
#include "topo.h"

#include <stdio.h>
#include <string.h>

#include "term.h"
#include "topo_walk.h"

#define MOST_CPUS_IN_FULL 16
#define PREFIX_BYTES 256

struct tree {
	struct topo_walk walk;
	char prefix[PREFIX_BYTES]; /* the vertical lines left of the current object */
};

static void print_label(hwloc_obj_t obj)
{
	char label[TOPO_TEXT];

	fputs(topo_label(label, obj), stdout);
}

static void print_cpus(const struct tree *tree, hwloc_const_bitmap_t set)
{
	char label[TOPO_TEXT], states[TOPO_TEXT];

	topo_states(states, &tree->walk, set);
	printf("%s%s%s%s%s", colours->cyan, topo_cpus_label(label, set), colours->off,
	       *states ? ", " : "", states);
}

static void print_memory(hwloc_obj_t obj)
{
	for (hwloc_obj_t node = obj->memory_first_child; node; node = node->next_sibling) {
		if (node->type == HWLOC_OBJ_NUMANODE) {
			printf(", ");
			print_label(node);
		}
	}
}

/* The object and those below it as long as each has but one child. Returns the last. */
static hwloc_obj_t print_chain(const struct tree *tree, hwloc_obj_t obj)
{
	if (obj->type != HWLOC_OBJ_PU) {
		print_label(obj);
		print_memory(obj);
	}
	while (obj->arity == 1 && obj->first_child->type != HWLOC_OBJ_PU) {
		obj = obj->first_child;
		printf(", ");
		print_label(obj);
		print_memory(obj);
	}
	if (topo_has_only_cpus(obj)) {
		if (obj->type != HWLOC_OBJ_PU)
			printf(": ");
		print_cpus(tree, obj->cpuset);
	}
	putchar('\n');
	return obj;
}

static void print_branch(const struct tree *tree, bool is_last)
{
	printf("  %s%s%s%s%s ", colours->dim, tree->prefix, is_last ? glyphs->corner : glyphs->tee,
	       glyphs->h, colours->off);
}

/* Lead the lines of a subtree below a branch. Returns where to cut them off again. */
static size_t indent(struct tree *tree, bool is_last)
{
	size_t len = strlen(tree->prefix);

	snprintf(tree->prefix + len, sizeof(tree->prefix) - len, "%s  ", is_last ? " " : glyphs->v);
	return len;
}

static void print_rest(const struct tree *tree, const struct topo_item *item)
{
	hwloc_bitmap_t cpus = topo_item_cpus(item);

	print_branch(tree, !item->last->next_sibling);
	printf("%s %u %s: ", glyphs->more, topo_item_count(item),
	       item->is_alike ? "more like it" : "more");
	if (cpus)
		print_cpus(tree, cpus);
	putchar('\n');
	hwloc_bitmap_free(cpus);
}

/* Recursion is as deep as the topology, at most a few tens of levels. */
static void print_children(struct tree *tree, hwloc_obj_t parent)
{
	struct topo_children children = topo_children(&tree->walk, parent);
	struct topo_item item;

	if (topo_has_only_cpus(parent))
		return;
	while (topo_next(&children, &item)) {
		if (item.is_rest) {
			print_rest(tree, &item);
			continue;
		}
		bool is_last = !item.first->next_sibling;

		print_branch(tree, is_last);
		hwloc_obj_t lowest = print_chain(tree, item.first);
		size_t cut = indent(tree, is_last);

		print_children(tree, lowest);
		tree->prefix[cut] = '\0';
	}
}

void topo_print_tree(const struct session *session)
{
	struct tree tree = { .prefix = "" };
	hwloc_bitmap_t strangers;

	topo_walk_begin(&tree.walk, session->machine, (struct topo_limits){ MOST_CPUS_IN_FULL, 1 });
	print_title("Topology");
	printf("  ");
	print_children(&tree,
		       print_chain(&tree, hwloc_get_root_obj(session->machine->topology.hw)));
	strangers = topo_strangers(&tree.walk);
	if (strangers) {
		printf("  Possible, but not in the topology: ");
		print_cpus(&tree, strangers);
		putchar('\n');
		hwloc_bitmap_free(strangers);
	}
	topo_walk_end(&tree.walk);
}
