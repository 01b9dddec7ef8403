// SPDX-License-Identifier: MIT
/*
 * BTF: is it whole, and do its types refer to each other as those of C do? Linux:
 * btf_check_all_metas() and btf_resolve() in kernel/bpf/btf.c.
 */
#include "object_btf.h"

#include <errno.h>

#include "alloc.h"

#define MOST_DEPTH 64 /* of types in types */

/* Who has been looked at: plainly, or behind a pointer, where a structure ends the way. */
enum { UNDER_WAY = 1, DONE = 2, BEHIND_POINTER = 2 /* shift */ };

struct checker {
	const struct object_elf *elf;
	const struct btf *btf;
	uint32_t nr; /* types, with void */
	unsigned char *states;
};

static int damaged(const struct object_elf *elf, const char *what)
{
	return object_refuse(elf, -EINVAL,
			     "its BTF is damaged: %s; compile it with \"pcasim cc\" again", what);
}

/* ---- the section ---- */

static int check_header(const struct object_elf *elf)
{
	struct btf_header header;
	uint64_t end;

	if (elf->btf_bytes < sizeof(header))
		return damaged(elf, "it ends within its header");
	memcpy(&header, elf->btf, sizeof(header));
	if (header.magic != BTF_MAGIC || header.version != BTF_VERSION ||
	    header.hdr_len != sizeof(header))
		return damaged(elf, "its header is unknown");
	end = (uint64_t)header.hdr_len + header.str_off + header.str_len;
	if (end > elf->btf_bytes || !header.str_len || header.type_off % 4 ||
	    (uint64_t)header.type_off + header.type_len > header.str_off)
		return damaged(elf, "it lies outside of its section");
	if (end < elf->btf_bytes)
		return object_refuse(elf, -EINVAL,
				     "is linked from several sources; an object has one");

	const char *strings = (const char *)elf->btf + header.hdr_len + header.str_off;

	if (strings[0] || strings[header.str_len - 1])
		return damaged(elf, "its names have no end");
	return 0;
}

/* Bytes behind the common head of a type. */
static uint64_t tail_bytes(const struct btf_type *type)
{
	const uint64_t vlen = btf_vlen(type);

	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return vlen * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return vlen * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return vlen * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return vlen * sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return vlen * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	default:
		return UINT64_MAX;
	}
}

static int check_types_fit(const struct object_elf *elf)
{
	struct btf_header header;
	uint64_t at = 0;

	memcpy(&header, elf->btf, sizeof(header));
	while (at < header.type_len) {
		struct btf_type type;
		uint64_t left = header.type_len - at, tail;

		if (left < sizeof(type))
			return damaged(elf, "it ends within a type");
		memcpy(&type, (const char *)elf->btf + header.hdr_len + header.type_off + at,
		       sizeof(type));
		tail = tail_bytes(&type);
		if (tail > left - sizeof(type))
			return damaged(elf, "a type is of an unknown kind, or longer than all");
		at += sizeof(type) + tail;
	}
	return 0;
}

/* ---- references ---- */

static bool is_name(const struct btf *btf, uint32_t offset)
{
	return btf__name_by_offset(btf, offset);
}

static int visit(struct checker *checker, uint32_t id, unsigned int shift, unsigned int depth);

static int visit_members(struct checker *checker, const struct btf_type *type, unsigned int depth)
{
	const struct btf_member *members = btf_members(type);
	int err = 0;

	for (uint32_t i = 0; i < btf_vlen(type) && !err; i++) {
		if (!is_name(checker->btf, members[i].name_off))
			return damaged(checker->elf, "a member has no name");
		err = visit(checker, members[i].type, 0, depth);
	}
	return err;
}

static int visit_parameters(struct checker *checker, const struct btf_type *type,
			    unsigned int depth)
{
	const struct btf_param *params = btf_params(type);
	int err = visit(checker, type->type, BEHIND_POINTER, depth);

	for (uint32_t i = 0; i < btf_vlen(type) && !err; i++) {
		if (!is_name(checker->btf, params[i].name_off))
			return damaged(checker->elf, "a parameter has no name");
		err = visit(checker, params[i].type, BEHIND_POINTER, depth);
	}
	return err;
}

static int visit_variables(struct checker *checker, const struct btf_type *type, unsigned int depth)
{
	const struct btf_var_secinfo *infos = btf_var_secinfos(type);
	int err = 0;

	for (uint32_t i = 0; i < btf_vlen(type) && !err; i++)
		err = visit(checker, infos[i].type, 0, depth);
	return err;
}

static int check_enumerators(const struct checker *checker, const struct btf_type *type)
{
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		uint32_t name = btf_kind(type) == BTF_KIND_ENUM ? btf_enum(type)[i].name_off
								: btf_enum64(type)[i].name_off;

		if (!is_name(checker->btf, name))
			return damaged(checker->elf, "an enumerator has no name");
	}
	return 0;
}

static int visit_references(struct checker *checker, const struct btf_type *type,
			    unsigned int shift, unsigned int depth)
{
	switch (btf_kind(type)) {
	case BTF_KIND_PTR:
		return visit(checker, type->type, BEHIND_POINTER, depth);
	case BTF_KIND_FUNC_PROTO:
		return visit_parameters(checker, type, depth);
	case BTF_KIND_FUNC:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return visit(checker, type->type, shift, depth);
	case BTF_KIND_ARRAY:
		return visit(checker, btf_array(type)->type, shift, depth)
			       ?: visit(checker, btf_array(type)->index_type, shift, depth);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return shift ? 0 : visit_members(checker, type, depth);
	case BTF_KIND_DATASEC:
		return visit_variables(checker, type, depth);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return check_enumerators(checker, type);
	default:
		return 0;
	}
}

/* Types hold each other without end only behind a pointer to a structure. */
static int visit(struct checker *checker, uint32_t id, unsigned int shift, unsigned int depth)
{
	const struct btf_type *type;
	unsigned char *state;
	int err;

	if (!id)
		return 0;
	if (id >= checker->nr)
		return damaged(checker->elf, "a type refers to one that is not there");
	state = &checker->states[id];
	if (*state & DONE << shift)
		return 0;
	if ((*state & UNDER_WAY << shift) || depth > MOST_DEPTH)
		return damaged(checker->elf, "types hold each other without end");
	*state |= (unsigned char)(UNDER_WAY << shift);
	type = btf__type_by_id(checker->btf, id);
	if (!is_name(checker->btf, type->name_off))
		return damaged(checker->elf, "a type has no name");
	err = visit_references(checker, type, shift, depth + 1);
	*state |= (unsigned char)(DONE << shift);
	return err;
}

static int check_references(const struct object_elf *elf, const struct btf *btf)
{
	struct checker checker = { .elf = elf, .btf = btf, .nr = btf__type_cnt(btf) };
	int err = 0;

	checker.states = alloc_zeroed(checker.nr);
	if (!checker.states)
		return -ENOMEM;
	for (uint32_t id = 1; id < checker.nr && !err; id++) {
		err = visit(&checker, id, 0, 0);
		if (!err)
			err = visit(&checker, id, BEHIND_POINTER, 0);
	}
	free(checker.states);
	return err;
}

int object_btf_read(struct btf **out, const struct object_elf *elf)
{
	struct btf *btf;
	int err = check_header(elf);

	if (!err)
		err = check_types_fit(elf);
	if (err)
		return err;
	btf = btf__new(elf->btf, (uint32_t)elf->btf_bytes);
	if (!btf)
		return errno == ENOMEM ? -ENOMEM : damaged(elf, "libbpf refuses it");
	err = check_references(elf, btf);
	if (err)
		btf__free(btf);
	else
		*out = btf;
	return err;
}

uint32_t object_btf_variable(const struct btf *btf, const char *name)
{
	int32_t id = btf__find_by_name_kind(btf, name, BTF_KIND_VAR);

	return id > 0 ? btf__type_by_id(btf, (uint32_t)id)->type : 0;
}
