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
		.has_indices = map_has_indices(map),
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
	bool found; /* in the map whose elements are looked through */
};

/* Is it in this element, whose address its key does not tell? */
static long find_in_element(struct pca_map_ref *ref, const void *key, void *value, void *arg)
{
	struct search *search = arg;
	struct map_place *place = search->place;

	if (!holds(value, ref->map->value_size, search->addr))
		return 0;
	map_place_of(ref->map, place);
	place->offset = (uint32_t)(search->addr - (const char *)value);
	place->has_key = ref->map->key_size == sizeof(place->key);
	if (place->has_key)
		memcpy(&place->key, key, sizeof(place->key));
	search->found = true;
	return 1;
}

static bool find_in_map(struct pca_map *map, struct search *search)
{
	bool found;

	if (!map_has_indices(map)) {
		rcu_enter();
		map->ops->for_each(map, &map->ref, find_in_element, search);
		rcu_exit();
		return search->found;
	}
	found = holds(map->ref.base, map->slabs.mapped_bytes, search->addr);
	if (found)
		map_place_of(map, search->place);
	return found;
}

static bool find_in_machine(struct pca_machine *machine, void *arg)
{
	struct id_table *maps = &machine->ids[OBJECT_MAP];
	bool found = false;

	pthread_mutex_lock(&maps->lock);
	for (size_t i = 0; i < maps->nr && !found; i++)
		found = find_in_map(map_of_object(maps->entries[i].object), arg);
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
	struct search search = { .addr = addr, .place = place };

	if (!find_in_machine((struct pca_machine *)machine, &search) &&
	    !machine_any(find_in_machine, &search) && !find_freed(&search))
		return false;
	if (place->has_indices)
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
