// SPDX-License-Identifier: MIT
/*
 * Values by their BTF types: as text, which libbpf writes, and as JSON, as bpftool has it.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "prog_run.h"

/* ---- text ---- */

static const char *keyword(const struct btf_type *type)
{
	switch (btf_kind(type)) {
	case BTF_KIND_STRUCT:
		return "struct ";
	case BTF_KIND_UNION:
		return "union ";
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return "enum ";
	default:
		return "";
	}
}

void prog_type_text(const struct btf *btf, uint32_t type_id, char *text, size_t size)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);
	char elem[64];

	*text = '\0';
	while (btf_is_mod(type)) {
		type_id = type->type;
		type = btf__type_by_id(btf, type_id);
	}
	if (!type_id)
		return;

	const char *name = btf__name_by_offset(btf, type->name_off);

	if (btf_is_array(type)) {
		prog_type_text(btf, btf_array(type)->type, elem, sizeof(elem));
		snprintf(text, size, "%s[%u]", elem, btf_array(type)->nelems);
	} else if (btf_is_ptr(type)) {
		snprintf(text, size, "pointer");
	} else {
		snprintf(text, size, "%s%s", keyword(type), *name ? name : "{...}");
	}
}

static void print_into(void *stream, const char *fmt, va_list ap)
{
	vfprintf(stream, fmt, ap);
}

static int print_typed(FILE *out, const struct btf *btf, uint32_t type_id, const void *value,
		       size_t bytes)
{
	struct btf_dump_type_data_opts opts = { .sz = sizeof(opts), .compact = true };
	struct btf_dump *dump = btf_dump__new(btf, print_into, out, NULL);
	int err;

	if (!dump)
		return -1;
	err = btf_dump__dump_type_data(dump, type_id, value, bytes, &opts);
	btf_dump__free(dump);
	return err < 0 ? -1 : 0;
}

static void print_bytes(FILE *out, const unsigned char *value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		fprintf(out, "%s%02x", i ? " " : "", value[i]);
}

/* What libbpf gives up in the middle of is shown as bytes from the beginning. */
char *prog_value_text(const struct btf *btf, uint32_t type_id, const void *value, size_t bytes)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool is_typed;

	if (!out)
		return NULL;
	is_typed = type_id && !print_typed(out, btf, type_id, value, bytes);
	if (!is_typed) {
		rewind(out);
		print_bytes(out, value, bytes);
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* ---- JSON ---- */

/* nr_bits of a little-endian number that begin at bit; at most 64. */
static uint64_t bits_at(const unsigned char *at, uint32_t bit, uint32_t nr_bits)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < nr_bits; i++) {
		uint32_t from = bit + i;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		n = n << 1 | (at[from / 8] >> (7 - from % 8) & 1);
#else
		n |= (uint64_t)(at[from / 8] >> from % 8 & 1) << i;
#endif
	}
	return n;
}

static int64_t sign_extended(uint64_t n, uint32_t nr_bits)
{
	return (int64_t)(n << (64 - nr_bits)) >> (64 - nr_bits);
}

static void number_json(const char *key, const struct btf_type *type, uint64_t n, uint32_t nr_bits)
{
	uint8_t encoding = btf_int_encoding(type);

	if (encoding & BTF_INT_BOOL)
		json_bool(key, n);
	else if (encoding & BTF_INT_SIGNED)
		json_signed(key, sign_extended(n, nr_bits));
	else
		json_count(key, n);
}

static void enum_json(const char *key, const struct btf *btf, const struct btf_type *type,
		      uint64_t n)
{
	for (uint32_t i = 0; i < btf_vlen(type) && btf_is_enum(type); i++) {
		if ((uint32_t)btf_enum(type)[i].val == (uint32_t)n) {
			json_text(key, btf__name_by_offset(btf, btf_enum(type)[i].name_off));
			return;
		}
	}
	json_count(key, n);
}

static void float_json(const char *key, const void *value, uint32_t bytes)
{
	float f;
	double d;

	if (bytes == sizeof(f)) {
		memcpy(&f, value, sizeof(f));
		json_real(key, (double)f);
	} else if (bytes == sizeof(d)) {
		memcpy(&d, value, sizeof(d));
		json_real(key, d);
	} else {
		json_bytes(key, value, bytes);
	}
}

static void struct_json(const char *key, const struct btf *btf, const struct btf_type *type,
			const unsigned char *value);

/* nr_bits: of a bit field, or 0; bit: where it begins in value. */
static void typed_json(const char *key, const struct btf *btf, uint32_t type_id,
		       const unsigned char *value, uint32_t bit, uint32_t nr_bits)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);
	int64_t bytes = btf__resolve_size(btf, type_id), elem;

	while (btf_is_mod(type) || btf_is_typedef(type))
		type = btf__type_by_id(btf, type->type);
	if (bytes < 0) {
		json_null(key);
		return;
	}
	if (!nr_bits)
		nr_bits = (uint32_t)bytes * 8;
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		if (nr_bits && nr_bits <= 64)
			number_json(key, type, bits_at(value, bit, nr_bits), nr_bits);
		else
			json_bytes(key, value, (size_t)bytes);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		enum_json(key, btf, type, bits_at(value, bit, nr_bits <= 64 ? nr_bits : 64));
		break;
	case BTF_KIND_PTR:
		json_count(key, bits_at(value, bit, 64));
		break;
	case BTF_KIND_FLOAT:
		float_json(key, value, (uint32_t)bytes);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		struct_json(key, btf, type, value);
		break;
	case BTF_KIND_ARRAY:
		elem = btf__resolve_size(btf, btf_array(type)->type);
		json_open(key, '[');
		for (uint32_t i = 0; i < btf_array(type)->nelems; i++)
			typed_json(NULL, btf, btf_array(type)->type, value + i * elem, 0, 0);
		json_close(']');
		break;
	default:
		json_bytes(key, value, (size_t)bytes);
	}
}

static bool member_fits(const struct btf *btf, const struct btf_type *type, uint32_t i)
{
	uint64_t bits = btf_member_bitfield_size(type, i);
	int64_t bytes = btf__resolve_size(btf, btf_members(type)[i].type);

	if (!bits && bytes > 0)
		bits = (uint64_t)bytes * 8;
	return bytes >= 0 && btf_member_bit_offset(type, i) + bits <= (uint64_t)type->size * 8;
}

static void struct_json(const char *key, const struct btf *btf, const struct btf_type *type,
			const unsigned char *value)
{
	json_open(key, '{');
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		const char *name = btf__name_by_offset(btf, member->name_off);
		uint32_t bit = btf_member_bit_offset(type, i);

		if (member_fits(btf, type, i))
			typed_json(*name ? name : "(anon)", btf, member->type, value + bit / 8,
				   bit % 8, btf_member_bitfield_size(type, i));
	}
	json_close('}');
}

void prog_value_json(const char *key, const struct btf *btf, uint32_t type_id, const void *value,
		     size_t bytes)
{
	if (type_id && btf__resolve_size(btf, type_id) == (int64_t)bytes)
		typed_json(key, btf, type_id, value, 0, 0);
	else
		json_null(key);
}
