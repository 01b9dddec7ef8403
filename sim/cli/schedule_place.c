// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "schedule_place.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "checked_places.h"
#include "map.h"
#include "rcu.h"

struct text {
	char *at;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text->at + text->len, text->size - text->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		text->len +=
			(size_t)n < text->size - text->len ? (size_t)n : text->size - text->len - 1;
}

static const struct btf_type *real_type(const struct btf *btf, uint32_t *type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, *type_id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type))) {
		*type_id = type->type;
		type = btf__type_by_id(btf, *type_id);
	}
	return type;
}

/* The member that holds this byte, or NULL. */
static const struct btf_member *member_at(const struct btf *btf, const struct btf_type *type,
					  uint32_t offset, uint32_t *start)
{
	for (uint16_t i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		int64_t bytes = btf__resolve_size(btf, member->type);

		*start = btf_member_bit_offset(type, i) / 8;
		if (bytes > 0 && offset >= *start && offset - *start < (uint64_t)bytes)
			return member;
	}
	return NULL;
}

/* ".packets", "[3]", or "+8" where there are no types. */
static void add_field(struct text *text, const struct btf *btf, uint32_t type_id, uint32_t offset,
		      uint32_t bytes)
{
	const struct btf_type *type;
	int64_t size;

	while (type_id && (type = real_type(btf, &type_id))) {
		uint32_t start;

		size = btf__resolve_size(btf, type_id);
		if (!offset && size == (int64_t)bytes)
			return;
		if (btf_is_composite(type)) {
			const struct btf_member *member = member_at(btf, type, offset, &start);
			const char *name =
				member ? btf__name_by_offset(btf, member->name_off) : NULL;

			if (!name)
				break;
			if (*name)
				add(text, ".%s", name);
			offset -= start;
			type_id = member->type;
		} else if (btf_is_array(type)) {
			size = btf__resolve_size(btf, btf_array(type)->type);
			if (size <= 0)
				break;
			add(text, "[%" PRIu32 "]", offset / (uint32_t)size);
			offset %= (uint32_t)size;
			type_id = btf_array(type)->type;
		} else {
			break;
		}
	}
	if (offset)
		add(text, "+%" PRIu32, offset);
}

static const struct object_map *map_of(const struct schedule_world *world,
				       const struct map_place *place)
{
	for (size_t i = 0; i < world->object->nr_maps; i++) {
		if (world->object->maps[i].map.map->map->object.id == place->id)
			return &world->object->maps[i];
	}
	return NULL;
}

static bool add_array(const struct schedule_world *world, const char *addr, uint32_t bytes,
		      struct text *text)
{
	const struct object_map *map;
	struct map_place place;

	if (!find_map_place(world->session.machine, addr, &place) ||
	    place.machine != world->session.machine || !place.has_key)
		return false;
	map = map_of(world, &place);
	if (!map)
		return false;
	add(text, "%s[%" PRIu32 "]", map->map.name, place.key);
	if (place.stride)
		add(text, "@%" PRIu32, cpu_of_slab(world->session.machine, place.slab));
	add_field(text, world->object->btf, map->definition.value_type_id, place.offset, bytes);
	return true;
}

/* An element of a hash that is looked for by an address in its value. */
struct wanted_elem {
	const char *addr;
	const unsigned char *key;
	uint32_t offset;
};

static long look_at_elem(struct pca_map_ref *ref, const void *key, void *value, void *ctx)
{
	struct wanted_elem *wanted = ctx;
	size_t offset = (size_t)(wanted->addr - (const char *)value);

	if (wanted->addr < (const char *)value || offset >= ref->map->value_size)
		return 0;
	wanted->key = key;
	wanted->offset = (uint32_t)offset;
	return 1;
}

static bool add_hash(const struct schedule_world *world, const char *addr, uint32_t bytes,
		     struct text *text)
{
	struct wanted_elem wanted = { .addr = addr };

	for (size_t i = 0; i < world->object->nr_maps; i++) {
		const struct object_map *map = &world->object->maps[i];
		struct pca_map_ref *ref = map->map.map;
		uint64_t key = 0;

		if (map_has_indices(ref->map))
			continue;
		rcu_enter();
		ref->map->ops->for_each(ref->map, ref, look_at_elem, &wanted);
		rcu_exit();
		if (!wanted.key)
			continue;
		memcpy(&key, wanted.key, map->map.key_size < 8 ? map->map.key_size : 8);
		add(text, map->map.key_size <= 8 ? "%s[%" PRIu64 "]" : "%s[...]", map->map.name,
		    key);
		add_field(text, world->object->btf, map->definition.value_type_id, wanted.offset,
			  bytes);
		return true;
	}
	return false;
}

static bool add_variable(const struct schedule_world *world, const char *addr, uint32_t bytes,
			 struct text *text)
{
	for (size_t i = 0; i < world->object->nr_globals; i++) {
		const struct object_global *global = &world->object->globals[i];
		const char *start = global->global.address;

		if (addr < start || (size_t)(addr - start) >= global->global.bytes)
			continue;
		add(text, "%s", global->global.name);
		add_field(text, world->object->btf, global->type_id, (uint32_t)(addr - start),
			  bytes);
		return true;
	}
	return false;
}

enum schedule_place schedule_place_text(const struct schedule_world *world, const void *addr,
					uint32_t bytes, char *text, size_t size)
{
	struct text out = { text, size, 0 };

	*text = '\0';
	if (add_array(world, addr, bytes, &out) || add_variable(world, addr, bytes, &out))
		return PLACE_STAYS;
	return add_hash(world, addr, bytes, &out) ? PLACE_MAY_GO : PLACE_UNKNOWN;
}
