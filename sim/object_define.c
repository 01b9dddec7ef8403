// SPDX-License-Identifier: MIT
/*
 * Definitions of maps in SEC(".maps"): a structure of pointers, whose types say what the map
 * is. __uint(max_entries, 4) is a pointer to an array of 4. Linux: parse_btf_map_def() in
 * tools/lib/bpf/libbpf.c.
 */
#include "object_btf.h"

#include <errno.h>

#include <pcasim/bpf.h>

/* enum libbpf_pin_type, which programs include and user space does not. */
enum { PIN_NONE, PIN_BY_NAME };

/* One member on its way. */
struct member {
	const struct btf *btf;
	const struct object_elf *elf;
	const char *map, *name;
	const struct btf_type *type;
	struct map_definition *definition;
};

static const struct btf_type *skip_modifiers(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (btf_is_mod(type) || btf_is_typedef(type))
		type = btf__type_by_id(btf, type->type);
	return type;
}

static int refuse(const struct member *member, const char *expected)
{
	return object_refuse(member->elf, -EINVAL, "map \"%s\": %s is not %s", member->map,
			     member->name, expected);
}

/* __uint(name, n) */
static int read_uint(const struct member *member, uint32_t *value)
{
	const struct btf_type *array;

	if (!btf_is_ptr(member->type))
		return refuse(member, "a number by __uint()");
	array = btf__type_by_id(member->btf, member->type->type);
	if (!btf_is_array(array))
		return refuse(member, "a number by __uint()");
	*value = btf_array(array)->nelems;
	return 0;
}

static int set_bytes(const struct member *member, uint32_t *bytes, uint32_t value)
{
	if (*bytes && *bytes != value)
		return object_refuse(member->elf, -EINVAL,
				     "map \"%s\": %s has %u bytes, and %u said elsewhere",
				     member->map, member->name, value, *bytes);
	*bytes = value;
	return 0;
}

static int read_size(const struct member *member, uint32_t *bytes)
{
	uint32_t value = 0;
	int err = read_uint(member, &value);

	return err ? err : set_bytes(member, bytes, value);
}

/* __type(name, type) */
static int read_type(const struct member *member, uint32_t *bytes, uint32_t *type_id)
{
	int64_t value;

	if (!btf_is_ptr(member->type))
		return refuse(member, "a type by __type()");
	*type_id = member->type->type;
	value = btf__resolve_size(member->btf, *type_id);
	if (value < 0 || value > UINT32_MAX)
		return refuse(member, "a type that has a size");
	return set_bytes(member, bytes, (uint32_t)value);
}

static int read_pinning(const struct member *member)
{
	uint32_t pinning = 0;
	int err = read_uint(member, &pinning);

	if (err)
		return err;
	if (pinning > PIN_BY_NAME)
		return refuse(member, "LIBBPF_PIN_NONE or LIBBPF_PIN_BY_NAME");
	member->definition->is_pinned = pinning == PIN_BY_NAME;
	return 0;
}

static int read_extra(const struct member *member)
{
	uint32_t extra = 0;
	int err = read_uint(member, &extra);

	if (err || !extra)
		return err;
	return refuse(member, "0: no map type that is simulated knows one");
}

static int read_member(const struct member *member)
{
	struct map_definition *definition = member->definition;
	const struct {
		const char *name;
		uint32_t *value;
	} numbers[] = {
		{ "type", &definition->type },
		{ "max_entries", &definition->max_entries },
		{ "map_flags", &definition->map_flags },
		{ "numa_node", &definition->numa_node },
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!strcmp(member->name, numbers[i].name))
			return read_uint(member, numbers[i].value);
	}
	if (!strcmp(member->name, "key_size"))
		return read_size(member, &definition->key_size);
	if (!strcmp(member->name, "value_size"))
		return read_size(member, &definition->value_size);
	if (!strcmp(member->name, "key"))
		return read_type(member, &definition->key_size, &definition->key_type_id);
	if (!strcmp(member->name, "value"))
		return read_type(member, &definition->value_size, &definition->value_type_id);
	if (!strcmp(member->name, "pinning"))
		return read_pinning(member);
	if (!strcmp(member->name, "map_extra"))
		return read_extra(member);
	if (!strcmp(member->name, "values"))
		return object_refuse(member->elf, -PCA_ENOTSUPP,
				     "map \"%s\" holds maps or programs, which is not simulated",
				     member->map);
	return object_refuse(member->elf, -PCA_ENOTSUPP,
			     "map \"%s\" has an unknown member \"%s\"; libbpf knows type, key, "
			     "key_size, value, value_size, max_entries, map_flags, numa_node, "
			     "pinning",
			     member->map, member->name);
}

int object_btf_map(const struct btf *btf, const struct object_elf *elf, const char *name,
		   struct map_definition *definition)
{
	uint32_t id = object_btf_variable(btf, name);
	const struct btf_type *type = skip_modifiers(btf, id);
	int err = 0;

	*definition = (struct map_definition){ .type_id = id };
	if (!id || !btf_is_struct(type))
		return object_refuse(elf, -EINVAL,
				     "map \"%s\" is no structure with __uint() and __type()", name);
	for (uint32_t i = 0; i < btf_vlen(type) && !err; i++) {
		const struct btf_member *from = &btf_members(type)[i];
		const struct member member = {
			.btf = btf,
			.elf = elf,
			.map = name,
			.name = btf__name_by_offset(btf, from->name_off),
			.type = skip_modifiers(btf, from->type),
			.definition = definition,
		};

		err = read_member(&member);
	}
	if (!err && !definition->type)
		err = object_refuse(elf, -EINVAL, "map \"%s\" has no __uint(type, ...)", name);
	return err;
}
