// SPDX-License-Identifier: MIT
/*
 * The hardware as a tree. Objects with one child that covers the same CPUs
 * share a line with it. Siblings that look alike are drawn once and counted on
 * machines with more than a few CPUs, so that 4096 of them still fit a screen.
 */
#include "topo.h"

#include <stdio.h>
#include <string.h>

#include "hardware.h"
#include "term.h"

#define MOST_CPUS_IN_FULL 16
#define MOST_UNLIKE_SIBLINGS 16
#define LIST_COLUMNS 40
#define PREFIX_BYTES 256

struct tree {
	const struct pca_machine *machine;
	hwloc_bitmap_t possible, online;
	bool is_in_full;
	char prefix[PREFIX_BYTES]; /* the vertical lines left of the current object */
};

/* Are these the same hardware, but for the numbers? */
static bool look_alike(hwloc_obj_t a, hwloc_obj_t b)
{
	if (a->type != b->type || a->arity != b->arity || a->memory_arity != b->memory_arity)
		return false;
	if (hwloc_obj_type_is_cache(a->type) && a->attr->cache.size != b->attr->cache.size)
		return false;
	for (unsigned int i = 0; i < a->arity; i++) {
		if (!look_alike(a->children[i], b->children[i]))
			return false;
	}
	return true;
}

static void print_label(hwloc_obj_t obj)
{
	char size[SIZE_TEXT];

	switch (obj->type) {
	case HWLOC_OBJ_MACHINE:
		printf("Machine");
		break;
	case HWLOC_OBJ_NUMANODE:
		printf("NUMA node %u (%s)", obj->os_index,
		       size_text(size, (double)obj->attr->numanode.local_memory));
		break;
	case HWLOC_OBJ_PACKAGE:
	case HWLOC_OBJ_CORE:
		printf("%s %u", hwloc_obj_type_string(obj->type), obj->logical_index);
		break;
	default:
		if (hwloc_obj_type_is_cache(obj->type)) {
			bool is_code = hwloc_obj_type_is_icache(obj->type);

			printf("L%u%s %s", obj->attr->cache.depth,
			       is_code				? "i"
			       : obj->type == HWLOC_OBJ_L1CACHE ? "d"
								: "",
			       size_text(size, (double)obj->attr->cache.size));
		} else {
			printf("%s %u", hwloc_obj_type_string(obj->type), obj->logical_index);
		}
	}
}

/* "CPUs 0-3", and which of them are in a state, if any. */
static void print_state(hwloc_const_bitmap_t cpus, hwloc_const_bitmap_t in_state, const char *state)
{
	char list[LIST_COLUMNS + 1];

	if (hwloc_bitmap_iszero(in_state))
		return;
	if (hwloc_bitmap_isequal(cpus, in_state))
		printf(", %s", state);
	else
		printf(", %s: %s", state, cpuset_text(list, LIST_COLUMNS, in_state));
}

static void print_cpus(const struct tree *tree, hwloc_const_bitmap_t set)
{
	char list[LIST_COLUMNS + 1];
	hwloc_bitmap_t rest = hwloc_bitmap_alloc();

	if (!rest)
		return;
	printf("%s%s %s%s", colours->cyan, hwloc_bitmap_weight(set) == 1 ? "CPU" : "CPUs",
	       cpuset_text(list, LIST_COLUMNS, set), colours->off);
	hwloc_bitmap_andnot(rest, set, tree->possible);
	print_state(set, rest, "not possible");
	hwloc_bitmap_and(rest, set, tree->possible);
	hwloc_bitmap_andnot(rest, rest, tree->online);
	print_state(set, rest, "offline");
	hwloc_bitmap_free(rest);
}

static bool has_only_cpus(hwloc_obj_t obj)
{
	for (unsigned int i = 0; i < obj->arity; i++) {
		if (obj->children[i]->type != HWLOC_OBJ_PU)
			return false;
	}
	return true;
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
	if (obj->type == HWLOC_OBJ_PU || has_only_cpus(obj)) {
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

/* How many of the siblings from obj on one line will stand for. */
static unsigned int count_alike(const struct tree *tree, hwloc_obj_t obj)
{
	unsigned int nr = 1;

	if (tree->is_in_full)
		return 0;
	while (obj->next_sibling && look_alike(obj, obj->next_sibling)) {
		obj = obj->next_sibling;
		nr++;
	}
	return nr - 1;
}

static void print_collapsed(const struct tree *tree, hwloc_obj_t first, unsigned int nr,
			    const char *how)
{
	hwloc_bitmap_t cpus = hwloc_bitmap_alloc();
	hwloc_obj_t last = first;

	for (hwloc_obj_t obj = first; cpus && obj && nr; obj = obj->next_sibling, nr--) {
		hwloc_bitmap_or(cpus, cpus, obj->cpuset);
		last = obj;
	}
	print_branch(tree, !last->next_sibling);
	printf("%s %u %s: ", glyphs->more, last->sibling_rank - first->sibling_rank + 1, how);
	if (cpus)
		print_cpus(tree, cpus);
	putchar('\n');
	hwloc_bitmap_free(cpus);
}

/* Recursion is as deep as the topology, at most a few tens of levels. */
static void print_children(struct tree *tree, hwloc_obj_t parent)
{
	unsigned int nr_printed = 0;

	if (has_only_cpus(parent))
		return;
	for (hwloc_obj_t obj = parent->first_child; obj; obj = obj->next_sibling) {
		if (++nr_printed > MOST_UNLIKE_SIBLINGS) {
			print_collapsed(tree, obj, UINT32_MAX, "more");
			return;
		}
		unsigned int nr_alike = count_alike(tree, obj);
		bool is_last = !obj->next_sibling;

		print_branch(tree, is_last);
		hwloc_obj_t lowest = print_chain(tree, obj);
		size_t cut = indent(tree, is_last);

		print_children(tree, lowest);
		tree->prefix[cut] = '\0';
		if (!nr_alike)
			continue;
		print_collapsed(tree, obj->next_sibling, nr_alike, "more like it");
		while (nr_alike--)
			obj = obj->next_sibling;
	}
}

static void print_strangers(const struct tree *tree, hwloc_obj_t root)
{
	hwloc_bitmap_t strangers = hwloc_bitmap_dup(tree->possible);

	if (!strangers)
		return;
	hwloc_bitmap_andnot(strangers, strangers, root->cpuset);
	if (!hwloc_bitmap_iszero(strangers)) {
		printf("  Possible, but not in the topology: ");
		print_cpus(tree, strangers);
		putchar('\n');
	}
	hwloc_bitmap_free(strangers);
}

void topo_print_tree(const struct session *session)
{
	hwloc_obj_t root = hwloc_get_root_obj(session->machine->topology.hw);
	struct tree tree = {
		.machine = session->machine,
		.possible = machine_cpuset(session->machine, false),
		.online = machine_cpuset(session->machine, true),
		.is_in_full = hwloc_bitmap_weight(root->cpuset) <= MOST_CPUS_IN_FULL,
	};

	print_title("Topology");
	printf("  ");
	print_children(&tree, print_chain(&tree, root));
	print_strangers(&tree, root);
	hwloc_bitmap_free(tree.online);
	hwloc_bitmap_free(tree.possible);
}
