// SPDX-License-Identifier: MIT
/*
 * Whose memory is it: maps of this machine, of others, and the last ones that are gone.
 */
#include "checked_places.h"

#include <string.h>

#include "checked.h"
#include "machine.h"

#define NR_FREED_KEPT 64

static pthread_mutex_t freed_lock = PTHREAD_MUTEX_INITIALIZER;
static struct map_place freed[NR_FREED_KEPT];
static uint32_t nr_freed;

void map_place_of(const struct pca_map *map, struct map_place *place)
{
	*place = (struct map_place){
		.machine = map->object.machine,
		.id = map->object.id,
		.value_size = map->value_size,
		.flags = map->flags,
		.base = map->ref.base,
		.mapped_bytes = map->slabs.mapped_bytes,
		.stride = map->ref.stride,
		.elem_size = map->ref.elem_size,
		.max_entries = map->ref.max_entries,
	};
	memcpy(place->name, map->name, sizeof(place->name));
}

void remember_freed_map(const struct pca_map *map)
{
	if (!checked_objects_exist())
		return;
	pthread_mutex_lock(&freed_lock);
	struct map_place *place = &freed[nr_freed++ % NR_FREED_KEPT];

	map_place_of(map, place);
	place->is_freed = true;
	pthread_mutex_unlock(&freed_lock);
}

static void find_element(struct map_place *place, const char *addr)
{
	uint64_t at = (uint64_t)(addr - place->base);

	if (place->stride) {
		place->slab = (uint32_t)(at / place->stride);
		at %= place->stride;
	}
	if (at / place->elem_size >= place->max_entries)
		return;
	place->has_key = true;
	place->key = (uint32_t)(at / place->elem_size);
	place->offset = (uint32_t)(at % place->elem_size);
}

static bool holds(const char *base, uint64_t bytes, const char *addr)
{
	return addr >= base && (uint64_t)(addr - base) < bytes;
}

struct search {
	const char *addr;
	struct map_place *place;
};

static bool find_in_machine(struct pca_machine *machine, void *arg)
{
	struct id_table *maps = &machine->ids[OBJECT_MAP];
	const struct search *search = arg;
	bool found = false;

	pthread_mutex_lock(&maps->lock);
	for (size_t i = 0; i < maps->nr && !found; i++) {
		const struct pca_map *map = map_of_object(maps->entries[i].object);

		found = holds(map->ref.base, map->slabs.mapped_bytes, search->addr);
		if (found)
			map_place_of(map, search->place);
	}
	pthread_mutex_unlock(&maps->lock);
	return found;
}

/* The youngest first: their addresses are used again. */
static bool find_freed(const struct search *search)
{
	bool found = false;

	pthread_mutex_lock(&freed_lock);
	for (uint32_t i = 1; i <= NR_FREED_KEPT && i <= nr_freed && !found; i++) {
		const struct map_place *place = &freed[(nr_freed - i) % NR_FREED_KEPT];

		found = holds(place->base, place->mapped_bytes, search->addr);
		if (found)
			*search->place = *place;
	}
	pthread_mutex_unlock(&freed_lock);
	return found;
}

bool find_map_place(const struct pca_machine *machine, const char *addr, struct map_place *place)
{
	struct search search = { addr, place };

	if (!find_in_machine((struct pca_machine *)machine, &search) &&
	    !machine_any(find_in_machine, &search) && !find_freed(&search))
		return false;
	find_element(place, addr);
	return true;
}

uint32_t cpu_of_slab(const struct pca_machine *machine, uint32_t slab)
{
	for_each_possible_cpu(machine, cpu) {
		if (cpu->slab == slab)
			return cpu->id;
	}
	return UINT32_MAX;
}
