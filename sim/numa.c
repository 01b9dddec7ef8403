// SPDX-License-Identifier: MIT
/*
 * NUMA: which slab is whose, and on which node its pages are. Linux places each
 * CPU's area on the CPU's node (pcpu_embed_first_chunk()); so do we, by groups.
 *
 * A slab's address stays base + slab * stride. The stride is a multiple of
 * SLAB_ALIGN bytes, so that every slab whose number is a multiple of
 * PAGE_BYTES / SLAB_ALIGN begins on a page; a group's pages begin with such a slab.
 * Its first CPU takes the slab whose place in a page is the one after the last
 * CPU's of the group before: the copies of a key are spread over the sets of a cache
 * as on one node. What is left between groups is address space and never touched.
 */
#include "numa.h"

#include "alloc.h"
#include "machine.h"

/* Where a group may begin. */
#define GROUP_SLABS (4096 / SLAB_ALIGN)

/* The slabs of one node, from place on. Returns how many. */
static uint32_t place_node(struct pca_machine *machine, uint32_t node, uint32_t place)
{
	uint32_t nr = 0;

	for_each_possible_cpu(machine, cpu) {
		if (cpu->numa_node == node)
			cpu->slab = place + nr++;
	}
	return nr;
}

static void place_groups(struct pca_machine *machine, hwloc_const_bitmap_t nodes)
{
	struct slab_places *places = &machine->slabs;
	uint32_t nr_placed = 0;
	unsigned int node;

	hwloc_bitmap_foreach_begin(node, nodes) {
		struct slab_group *group = &places->groups[places->nr_groups++];

		group->node = node;
		group->page = (uint32_t)round_up_u64(places->nr_slabs, GROUP_SLABS);
		group->first = group->page + nr_placed % GROUP_SLABS;
		group->nr = place_node(machine, node, group->first);
		nr_placed += group->nr;
		places->nr_slabs = group->first + group->nr;
	}
	hwloc_bitmap_foreach_end();
}

static void find_spans(struct pca_machine *machine)
{
	struct slab_places *places = &machine->slabs;
	struct slab_span *span = places->spans;

	*span = (struct slab_span){ machine->cpus->slab, 0 };
	for_each_possible_cpu(machine, cpu) {
		if (cpu->slab != span->first + span->nr)
			*++span = (struct slab_span){ cpu->slab, 0 };
		span->nr++;
	}
	places->nr_spans = (uint32_t)(span - places->spans) + 1;
}

int numa_place_slabs(struct pca_machine *machine)
{
	struct slab_places *places = &machine->slabs;
	hwloc_bitmap_t nodes = hwloc_bitmap_alloc();
	int err = nodes ? 0 : -ENOMEM;

	for_each_possible_cpu(machine, cpu) {
		if (!err && hwloc_bitmap_set(nodes, cpu->numa_node))
			err = -ENOMEM;
	}
	if (!err) {
		places->groups = alloc_zeroed_array((size_t)hwloc_bitmap_weight(nodes),
						    sizeof(*places->groups));
		places->spans = alloc_zeroed_array(machine->nr_cpus, sizeof(*places->spans));
		err = places->groups && places->spans ? 0 : -ENOMEM;
	}
	if (!err) {
		place_groups(machine, nodes);
		find_spans(machine);
	}
	hwloc_bitmap_free(nodes);
	return err;
}

void numa_forget_places(struct slab_places *places)
{
	free(places->groups);
	free(places->spans);
}

bool numa_is_bound(const struct pca_machine *machine)
{
	return machine->topology.is_host && machine->slabs.nr_groups > 1;
}

/* A host that refuses serves the pages from where it likes: slower, not wrong. */
void numa_bind(const struct pca_machine *machine, const struct slabs *slabs)
{
	hwloc_bitmap_t node;

	if (likely(!numa_is_bound(machine)) || !(node = hwloc_bitmap_alloc()))
		return;
	for (uint32_t i = 0; i < machine->slabs.nr_groups; i++) {
		const struct slab_group *group = &machine->slabs.groups[i];

		hwloc_bitmap_only(node, group->node);
		hwloc_set_area_membind(machine->topology.hw,
				       slabs->base + group->page * slabs->stride,
				       (group->first + group->nr - group->page) * slabs->stride,
				       node, HWLOC_MEMBIND_BIND, HWLOC_MEMBIND_BYNODESET);
	}
	hwloc_bitmap_free(node);
}
