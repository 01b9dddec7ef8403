// SPDX-License-Identifier: MIT
/*
 * The way from a name in an invariant to a number in a value: keys, CPUs, and by BTF
 * fields and elements.
 */
#include <string.h>

#include <pcasim/machine.h>

#include "invariant_parse.h"

static const struct btf_type *real_type(const struct btf *btf, uint32_t *type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, *type_id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type))) {
		*type_id = type->type;
		type = btf__type_by_id(btf, *type_id);
	}
	return type;
}

/* A value on the way into it. */
struct path {
	struct copy *copy;
	uint32_t type_id;
};

static const struct btf_type *type_at(struct path *path)
{
	return path->type_id ? real_type(path->copy->name.btf, &path->type_id) : NULL;
}

/* Also in structs and unions without a name, which lie in the one that is looked at. */
static bool find_member(const struct btf *btf, const struct btf_type *type, const char *name,
			uint32_t bit, uint32_t *found_bit, uint32_t *found_id, uint32_t depth)
{
	for (uint16_t i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *member_name = btf__name_by_offset(btf, member->name_off);
		uint32_t at = bit + btf_member_bit_offset(type, i), id = member->type;
		const struct btf_type *inner = real_type(btf, &id);

		if (member_name && !strcmp(member_name, name)) {
			*found_id = btf_member_bitfield_size(type, i) ? 0 : id;
			*found_bit = at;
			return true;
		}
		if (member_name && !*member_name && inner && btf_is_composite(inner) &&
		    depth < MOST_DEPTH &&
		    find_member(btf, inner, name, at, found_bit, found_id, depth + 1))
			return true;
	}
	return false;
}

static int take_field(struct parser *p, struct path *path)
{
	const struct btf_type *type = type_at(path);
	const char *at = p->at;
	char name[MOST_NAME_BYTES];
	uint32_t bit, id;

	if (!parser_take_name(p, name)) {
		parser_refuse_word(p, "the name of a field");
		return -1;
	}
	if (!type || !btf_is_composite(type)) {
		parser_refuse(p, at, "%s has no fields%s", path->copy->name.text,
			      path->type_id ? "" : ": the object has no type for it");
		return -1;
	}
	if (!find_member(path->copy->name.btf, type, name, 0, &bit, &id, 0)) {
		parser_refuse(p, at, "there is no field \"%s\"", name);
		return -1;
	}
	if (!id || bit % 8) {
		parser_refuse(p, at, "\"%s\" is a bit field, which invariants do not read", name);
		return -1;
	}
	path->copy->offset += bit / 8;
	path->type_id = id;
	return 0;
}

static int take_index(struct parser *p, struct path *path)
{
	const struct btf_type *type = type_at(path);
	const char *at = p->at;
	uint32_t nelems;
	int64_t bytes;
	uint64_t n;

	if (!type || !btf_is_array(type)) {
		parser_refuse(p, at, "%s is no array here", path->copy->name.text);
		return -1;
	}
	nelems = btf_array(type)->nelems;
	if (!parser_take_number(p, &n) || n >= nelems) {
		if (nelems)
			parser_refuse(p, at, "the array has elements 0 to %u", nelems - 1);
		else
			parser_refuse(p, at, "the array has no elements");
		return -1;
	}
	path->type_id = btf_array(type)->type;
	bytes = btf__resolve_size(path->copy->name.btf, path->type_id);
	if (bytes < 0 || n * (uint64_t)bytes > UINT32_MAX / 2) {
		parser_refuse(p, at, "the size of its elements is not known");
		return -1;
	}
	path->copy->offset += (uint32_t)(n * (uint64_t)bytes);
	return parser_take(p, "]") ? 0 : (parser_refuse_word(p, "\"]\""), -1);
}

static int take_cpu(struct parser *p, struct copy *copy)
{
	const char *at = p->at;
	uint64_t n;

	if (!parser_take_number(p, &n)) {
		parser_refuse_word(p, "the number of a CPU");
		return -1;
	}
	if (!copy->name.is_percpu || copy->has_cpu) {
		parser_refuse(p, at,
			      copy->has_cpu ? "%s has a CPU already"
					    : "all CPUs share %s: leave out @CPU",
			      copy->name.text);
		return -1;
	}
	if (n > PCA_MAX_CPU_ID || !p->scope->has_cpu(p->scope->arg, (uint32_t)n)) {
		parser_refuse(p, at, "CPU %llu is not possible on this machine",
			      (unsigned long long)n);
		return -1;
	}
	copy->has_cpu = true;
	copy->cpu = (uint32_t)n;
	return 0;
}

static int take_key(struct parser *p, struct copy *copy)
{
	const uint32_t bytes = copy->name.key_bytes;
	const char *at;

	if (!parser_take(p, "[")) {
		parser_refuse(p, p->at, "%s is a map: its key is missing, as in %s[0]",
			      copy->name.text, copy->name.text);
		return -1;
	}
	at = p->at;
	if (!parser_take_number(p, &copy->key)) {
		parser_refuse_word(p, "a key, which is a number,");
		return -1;
	}
	if (bytes > 8 || (bytes < 8 && copy->key >> (8 * bytes))) {
		parser_refuse(p, at, "the keys of %s have %u bytes", copy->name.text, bytes);
		return -1;
	}
	if (copy->name.nr_keys && copy->key >= copy->name.nr_keys) {
		parser_refuse(p, at, "%s has keys 0 to %u", copy->name.text,
			      copy->name.nr_keys - 1);
		return -1;
	}
	return parser_take(p, "]") ? 0 : (parser_refuse_word(p, "\"]\""), -1);
}

/* One that has a name, for an example. */
static const char *any_field(const struct btf *btf, const struct btf_type *type)
{
	for (uint16_t i = 0; i < btf_vlen(type); i++) {
		const char *name = btf__name_by_offset(btf, btf_members(type)[i].name_off);

		if (name && *name)
			return name;
	}
	return "field";
}

/* The number at the path's end. */
static int end_path(struct parser *p, const char *at, struct path *path)
{
	struct copy *copy = path->copy;
	const struct btf_type *type = type_at(path);
	int64_t bytes = copy->name.bytes;

	if (type)
		bytes = btf__resolve_size(copy->name.btf, path->type_id);
	if (type && btf_is_composite(type)) {
		parser_refuse(p, at, "%s is a struct here: name a field, as in %s.%s",
			      copy->name.text,
			      copy->name.kind == NAME_MAP ? "map[0]" : copy->name.text,
			      any_field(copy->name.btf, type));
		return -1;
	}
	if (type ? !btf_is_int(type) && !btf_is_any_enum(type) && !btf_is_ptr(type) : bytes > 8) {
		parser_refuse(p, at, "%s is no number here: it has %lld bytes%s", copy->name.text,
			      (long long)bytes, type ? "" : " and no type");
		return -1;
	}
	if (bytes < 1 || bytes > 8 || copy->offset + (uint64_t)bytes > copy->name.bytes ||
	    copy->name.bytes > MOST_INVARIANT_BYTES) {
		parser_refuse(p, at, "%s has no number of at most 8 bytes here", copy->name.text);
		return -1;
	}
	copy->bytes = (uint32_t)bytes;
	copy->is_signed = type && btf_is_int(type) && (btf_int_encoding(type) & BTF_INT_SIGNED);
	return 0;
}

int parser_take_path(struct parser *p, struct copy *copy)
{
	struct path path = { copy, copy->name.type_id };
	const char *at = p->at;
	int err = copy->name.kind == NAME_MAP ? take_key(p, copy) : 0;

	while (!err) {
		if (parser_take(p, "."))
			err = take_field(p, &path);
		else if (parser_take(p, "["))
			err = take_index(p, &path);
		else if (parser_take(p, "@"))
			err = take_cpu(p, copy);
		else
			return end_path(p, at, &path);
	}
	return err;
}
