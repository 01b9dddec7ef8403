// SPDX-License-Identifier: MIT
/*
 * Walking over hwloc's objects for those who show them.
 */
#include "topo_walk.h"

#include <stdio.h>
#include <string.h>

#include "term.h"

#define MOST_UNLIKE_SIBLINGS 16
#define LIST_COLUMNS 40

void topo_walk_begin(struct topo_walk *walk, const struct pca_machine *machine,
		     struct topo_limits limits)
{
	hwloc_obj_t root = hwloc_get_root_obj(machine->topology.hw);

	*walk = (struct topo_walk){
		.machine = machine,
		.possible = machine_cpuset(machine, false),
		.online = machine_cpuset(machine, true),
		.is_in_full = hwloc_bitmap_weight(root->cpuset) <= (int)limits.cpus,
		.least_alike = limits.alike,
	};
}

void topo_walk_end(struct topo_walk *walk)
{
	hwloc_bitmap_free(walk->online);
	hwloc_bitmap_free(walk->possible);
}

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

/* How many of the siblings after obj look like it: those that one item may stand for. */
static unsigned int count_alike(const struct topo_walk *walk, hwloc_obj_t obj)
{
	unsigned int nr = 0;

	if (walk->is_in_full)
		return 0;
	for (hwloc_obj_t next = obj; next->next_sibling; next = next->next_sibling, nr++) {
		if (!look_alike(obj, next->next_sibling))
			break;
	}
	return nr >= walk->least_alike ? nr : 0;
}

static void take_rest(struct topo_children *children, struct topo_item *item, unsigned int nr)
{
	item->is_rest = true;
	while (--nr && item->last->next_sibling)
		item->last = item->last->next_sibling;
	children->next = item->last->next_sibling;
}

bool topo_next(struct topo_children *children, struct topo_item *item)
{
	hwloc_obj_t obj = children->next;

	if (!obj)
		return false;
	*item = (struct topo_item){ .first = obj, .last = obj };
	if (children->nr_alike) {
		item->is_alike = true;
		take_rest(children, item, children->nr_alike);
		children->nr_alike = 0;
	} else if (!children->walk->is_in_full && children->nr_shown == MOST_UNLIKE_SIBLINGS) {
		take_rest(children, item, UINT32_MAX);
	} else {
		children->nr_shown++;
		children->nr_alike = count_alike(children->walk, obj);
		children->next = obj->next_sibling;
	}
	return true;
}

hwloc_bitmap_t topo_item_cpus(const struct topo_item *item)
{
	hwloc_bitmap_t cpus = hwloc_bitmap_dup(item->last->cpuset);

	for (hwloc_obj_t obj = item->first; cpus && obj != item->last; obj = obj->next_sibling)
		hwloc_bitmap_or(cpus, cpus, obj->cpuset);
	return cpus;
}

static const char *cache_letter(hwloc_obj_type_t type)
{
	if (hwloc_obj_type_is_icache(type))
		return "i";
	return type == HWLOC_OBJ_L1CACHE ? "d" : "";
}

const char *topo_label(char buf[TOPO_TEXT], hwloc_obj_t obj)
{
	char size[SIZE_TEXT];

	if (obj->type == HWLOC_OBJ_MACHINE)
		snprintf(buf, TOPO_TEXT, "Machine");
	else if (obj->type == HWLOC_OBJ_NUMANODE)
		snprintf(buf, TOPO_TEXT, "NUMA node %u (%s)", obj->os_index,
			 size_text(size, (double)obj->attr->numanode.local_memory));
	else if (hwloc_obj_type_is_cache(obj->type))
		snprintf(buf, TOPO_TEXT, "L%u%s %s", obj->attr->cache.depth,
			 cache_letter(obj->type), size_text(size, (double)obj->attr->cache.size));
	else
		snprintf(buf, TOPO_TEXT, "%s %u", hwloc_obj_type_string(obj->type),
			 obj->logical_index);
	return buf;
}

const char *topo_cpus_label(char buf[TOPO_TEXT], hwloc_const_bitmap_t cpus)
{
	char list[LIST_COLUMNS + 1];

	snprintf(buf, TOPO_TEXT, "%s %s", hwloc_bitmap_weight(cpus) == 1 ? "CPU" : "CPUs",
		 cpuset_text(list, LIST_COLUMNS, cpus));
	return buf;
}

/* "offline" when it is true of all, "offline: 2-3" of some. */
static void add_state(char buf[TOPO_TEXT], hwloc_const_bitmap_t cpus, hwloc_const_bitmap_t in_state,
		      const char *state)
{
	size_t len = strlen(buf);
	const char *separator = len ? ", " : "";
	char list[LIST_COLUMNS + 1];

	if (hwloc_bitmap_iszero(in_state))
		return;
	if (hwloc_bitmap_isequal(cpus, in_state))
		snprintf(buf + len, TOPO_TEXT - len, "%s%s", separator, state);
	else
		snprintf(buf + len, TOPO_TEXT - len, "%s%s: %s", separator, state,
			 cpuset_text(list, LIST_COLUMNS, in_state));
}

const char *topo_states(char buf[TOPO_TEXT], const struct topo_walk *walk,
			hwloc_const_bitmap_t cpus)
{
	hwloc_bitmap_t rest = hwloc_bitmap_alloc();

	*buf = '\0';
	if (!rest)
		return buf;
	hwloc_bitmap_andnot(rest, cpus, walk->possible);
	add_state(buf, cpus, rest, "not possible");
	hwloc_bitmap_and(rest, cpus, walk->possible);
	hwloc_bitmap_andnot(rest, rest, walk->online);
	add_state(buf, cpus, rest, "offline");
	hwloc_bitmap_free(rest);
	return buf;
}

hwloc_bitmap_t topo_strangers(const struct topo_walk *walk)
{
	hwloc_obj_t root = hwloc_get_root_obj(walk->machine->topology.hw);
	hwloc_bitmap_t strangers = hwloc_bitmap_dup(walk->possible);

	if (!strangers)
		return NULL;
	hwloc_bitmap_andnot(strangers, strangers, root->cpuset);
	if (!hwloc_bitmap_iszero(strangers))
		return strangers;
	hwloc_bitmap_free(strangers);
	return NULL;
}

bool topo_has_only_cpus(hwloc_obj_t obj)
{
	for (unsigned int i = 0; i < obj->arity; i++) {
		if (obj->children[i]->type != HWLOC_OBJ_PU)
			return false;
	}
	return true;
}
