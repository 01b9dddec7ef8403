// SPDX-License-Identifier: MIT
/*
 * Generated MAP_CREATEs: good ones, and good ones with one or two members spoilt.
 */
#include <inttypes.h>
#include <linux/bpf.h>
#include <string.h>

#include "gen_ops.h"

#define MODE_FLAGS (BPF_F_RDONLY | BPF_F_WRONLY)
#define CREATE_ATTR_BYTES 72
#define CREATE_ATTR_END 72 /* 92 in newer releases */
#define INNER_MAP_FD 20	   /* inner_map_fd, which arrays ignore */

static uint32_t value_size(struct trace_gen *gen, uint32_t type)
{
	static const uint32_t usual[] = { 1, 2, 3, 4, 5, 6, 7, 9, 12, 15, 16, 20, 24, 33, 48, 64 };
	static const uint32_t large[] = { 72, 100, 128, 1000, 4096, 4097, 32761, 32767, 32768 };
	static const uint32_t larger[] = { 32769, 40000, 65536, 100001 };
	struct gen_text *text = &gen->text;
	uint32_t chance = gen_below(text, 100);

	if (chance < 25)
		return 8;
	if (chance < 93)
		return gen_pick(text, usual);
	if (chance < 99 || type != BPF_MAP_TYPE_ARRAY)
		return gen_pick(text, large);
	return gen_pick(text, larger);
}

static uint32_t max_entries(struct trace_gen *gen, uint32_t bytes)
{
	struct gen_text *text = &gen->text;

	if (bytes > 4000)
		return 1 + gen_below(text, 3);
	if (bytes <= 64 && gen_chance(text, 4))
		return 9 + gen_below(text, 992);
	return 1 + gen_below(text, 8);
}

static uint32_t good_flags(struct trace_gen *gen)
{
	static const uint32_t modes[] = { BPF_F_RDONLY, BPF_F_WRONLY };
	static const uint32_t prog_modes[] = { BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG };
	struct gen_text *text = &gen->text;
	uint32_t flags = 0;

	if (gen_chance(text, 20))
		flags |= gen_pick(text, modes);
	if (gen_chance(text, 20))
		flags |= gen_pick(text, prog_modes);
	return flags;
}

static void good_map(struct trace_gen *gen, struct gen_map *map)
{
	memset(map, 0, sizeof(*map));
	map->type = gen_chance(&gen->text, 82) ? BPF_MAP_TYPE_PERCPU_ARRAY : BPF_MAP_TYPE_ARRAY;
	map->value_size = value_size(gen, map->type);
	map->max_entries = max_entries(gen, map->value_size);
	map->flags = good_flags(gen);
}

/* The members that a good map leaves out. */
struct extras {
	uint32_t key_size, numa, ifindex;
	uint32_t btf_key, btf_value, btf_vmlinux;
	int32_t btf_fd;
	uint64_t map_extra;
	bool has_numa, has_btf_fd;
};

static void spoil_flags(struct trace_gen *gen, struct gen_map *map, struct extras *extras)
{
	static const uint32_t nodes[] = { 0, UINT32_MAX, 1023, 5000, 0x80000000 };
	struct gen_text *text = &gen->text;
	uint32_t bit = 1U << gen_below(text, 32);

	switch (gen_below(text, 4)) {
	case 0:
		map->flags |= MODE_FLAGS;
		break;
	case 1:
		map->flags |= BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
		break;
	case 2:
		map->flags |= BPF_F_NUMA_NODE;
		extras->numa = gen_pick(text, nodes);
		extras->has_numa = gen_chance(text, 80);
		break;
	default:
		/* An array that can be mapped is one of the listed differences. */
		map->flags |= bit == BPF_F_MMAPABLE ? 1U << 30 : bit;
	}
}

static void spoil_btf(struct trace_gen *gen, struct extras *extras)
{
	struct gen_text *text = &gen->text;

	extras->btf_key = gen_below(text, 3);
	extras->btf_value = gen_below(text, 3);
	extras->btf_vmlinux = gen_chance(text, 20);
	extras->has_btf_fd = gen_chance(text, 70);
	extras->btf_fd = gen_chance(text, 80) ? -1 : 0;
}

static void spoil(struct trace_gen *gen, struct gen_map *map, struct extras *extras)
{
	static const uint32_t types[] = { 0, 100, 9999, 0x7fffffff, UINT32_MAX };
	static const uint32_t key_sizes[] = { 0, 1, 2, 3, 5, 8, 512, 0x80000004, UINT32_MAX };
	static const uint32_t sizes[] = { 0,	      32769,	  32776,	  65536,
					  4194304,    4194305,	  0x7ffffff8,	  0x7fffffff,
					  0x80000000, 0x80000001, UINT32_MAX - 6, UINT32_MAX };
	struct gen_text *text = &gen->text;

	switch (gen_below(text, 8)) {
	case 0:
		map->type = gen_pick(text, types);
		break;
	case 1:
		extras->key_size = gen_pick(text, key_sizes);
		break;
	case 2:
		map->value_size = gen_pick(text, sizes);
		/* An array takes what does not fit in an int for too large, and less for memory. */
		if (map->type == BPF_MAP_TYPE_ARRAY && map->value_size)
			map->value_size |= 0x80000000;
		break;
	case 3:
		map->max_entries = 0;
		break;
	case 4:
		spoil_flags(gen, map, extras);
		break;
	case 5:
		extras->ifindex = 1;
		break;
	case 6:
		spoil_btf(gen, extras);
		break;
	default:
		extras->map_extra = gen_chance(text, 50) ? 1 : gen_random(text);
	}
}

/* A name of 16 bytes, most of the time a good one. */
static void add_name(struct trace_gen *gen)
{
	static const char good[] = "abcxyzABCXYZ0189_.";
	static const char bad[] = " -/\\\x01\x7f\xd7\xf7";
	struct gen_text *text = &gen->text;
	uint32_t chance = gen_below(text, 100), len = gen_below(text, 16);
	char name[16] = "";

	for (uint32_t i = 0; i < len; i++)
		name[i] = gen_pick(text, good);
	if (chance < 3)
		memset(name, 'a', sizeof(name));
	else if (chance < 8)
		name[gen_below(text, 15)] = gen_pick(text, bad);
	else if (chance < 12)
		name[gen_below(text, 15)] = (char)gen_below(text, 256);
	else if (chance < 16)
		name[15] = '-'; /* behind the NUL */
	gen_printf(text, " name=");
	gen_bytes(text, name, sizeof(name));
}

static void add_extras(struct trace_gen *gen, const struct extras *extras)
{
	struct gen_text *text = &gen->text;

	if (extras->has_numa)
		gen_printf(text, " numa=%" PRIu32, extras->numa);
	if (extras->ifindex)
		gen_printf(text, " ifindex=%" PRIu32, extras->ifindex);
	if (extras->has_btf_fd)
		gen_printf(text, " btf_fd=%" PRId32, extras->btf_fd);
	if (extras->btf_key)
		gen_printf(text, " btf_k=%" PRIu32, extras->btf_key);
	if (extras->btf_value)
		gen_printf(text, " btf_v=%" PRIu32, extras->btf_value);
	if (extras->btf_vmlinux)
		gen_printf(text, " btf_vmv=%" PRIu32, extras->btf_vmlinux);
	if (extras->map_extra)
		gen_printf(text, " map_extra=%" PRIu64, extras->map_extra);
}

void gen_create(struct trace_gen *gen)
{
	struct gen_text *text = &gen->text;
	struct extras extras = { .key_size = sizeof(uint32_t) };
	struct gen_map map;
	uint32_t nr_spoilt = gen_chance(text, 85) ? 0 : 1 + gen_below(text, 2);
	uint32_t index = GEN_NO_MAP;
	bool is_good = !nr_spoilt;

	good_map(gen, &map);
	for (uint32_t i = 0; i < nr_spoilt; i++)
		spoil(gen, &map, &extras);
	if (is_good)
		index = gen_shadow_new_map(&gen->shadow, &map);
	gen_printf(text,
		   " h=h%" PRIu32 " type=%" PRIu32 " key_size=%" PRIu32 " value_size=%" PRIu32
		   " max_entries=%" PRIu32 " flags=0x%" PRIx32,
		   gen_shadow_open(&gen->shadow, index, !(map.flags & BPF_F_RDONLY)), map.type,
		   extras.key_size, map.value_size, map.max_entries, map.flags);
	if (gen_chance(text, 50))
		add_name(gen);
	add_extras(gen, &extras);
	gen_attr_with(gen, CREATE_ATTR_BYTES, CREATE_ATTR_END, 0, INNER_MAP_FD);
}
