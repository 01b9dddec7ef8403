// SPDX-License-Identifier: MIT
#include "gen_args.h"

#include <inttypes.h>
#include <linux/bpf.h>

#define F_CPU 8U
#define F_ALL_CPUS 16U

/* What an operation on no map takes the map for. */
static const struct gen_map likely_map = {
	.type = BPF_MAP_TYPE_PERCPU_ARRAY,
	.value_size = 8,
	.max_entries = 4,
};

/* An open handle, found by looking at numbers in a row from a random one. */
static uint32_t open_handle(struct trace_gen *gen)
{
	uint32_t nr = gen_shadow_handles(&gen->shadow);
	uint32_t number = gen_below(&gen->text, nr);

	for (uint32_t i = 0; i < nr && gen->shadow.handles[number].map == GEN_NO_MAP; i++)
		number = (number + 1) % nr;
	return number;
}

static bool is_writable(const struct gen_shadow *shadow, uint32_t number)
{
	const struct gen_handle *handle = &shadow->handles[number];

	return handle->map != GEN_NO_MAP && handle->is_writable &&
	       !shadow->maps[handle->map].is_frozen;
}

struct gen_target gen_target(struct trace_gen *gen, bool wants_write)
{
	struct gen_target target = { .handle = GEN_HANDLES, .map = likely_map };
	struct gen_text *text = &gen->text;
	uint32_t nr = gen_shadow_handles(&gen->shadow), chance = gen_below(text, 100);

	if (!nr || chance < 2) {
		gen_printf(text, " h=%s", chance < 1 ? "file" : "-1");
		return target;
	}
	target.handle = chance < 6 ? gen_below(text, nr) : open_handle(gen);
	for (int i = 0; i < 3 && wants_write && chance >= 20; i++) {
		if (!is_writable(&gen->shadow, target.handle))
			target.handle = open_handle(gen);
	}
	gen_printf(text, " h=h%" PRIu32, target.handle);
	target.is_open = gen->shadow.handles[target.handle].map != GEN_NO_MAP;
	if (target.is_open)
		target.map = gen->shadow.maps[gen->shadow.handles[target.handle].map];
	return target;
}

uint32_t gen_key_number(struct trace_gen *gen, const struct gen_map *map)
{
	static const uint32_t far[] = { 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x10000 };
	struct gen_text *text = &gen->text;
	uint32_t chance = gen_below(text, 100);

	if (chance < 70)
		return gen_below(text, map->max_entries);
	if (chance < 78)
		return map->max_entries - 1;
	if (chance < 80)
		return 0;
	if (chance < 90)
		return map->max_entries + gen_below(text, 2);
	return chance < 96 ? gen_pick(text, far) : (uint32_t)gen_random(text);
}

void gen_key(struct trace_gen *gen, const char *key, const struct gen_map *map)
{
	struct gen_text *text = &gen->text;
	uint32_t chance = gen_below(text, 100), number = gen_key_number(gen, map);

	if (chance < 3) {
		gen_bad_pointer(text, key);
	} else if (chance < 4) {
		gen_printf(text, " %s=empty", key);
	} else {
		gen_printf(text, " %s=", key);
		gen_bytes(text, &number, chance < 5 ? 1 + gen_below(text, 3) : sizeof(number));
		if (chance == 5)
			gen_bytes(text, &number, 1 + gen_below(text, 4));
	}
}

uint32_t gen_cpu(struct trace_gen *gen)
{
	static const uint32_t impossible[] = { 31,   32,   63,	       64,	   1023,
					       8191, 8192, 0x7fffffff, 0x80000000, 0xffffffff };
	struct gen_text *text = &gen->text;
	uint32_t nr = gen->opts.possible_cpus;

	if (gen_chance(text, 85))
		return gen_below(text, nr);
	return gen_chance(text, 50) ? nr + gen_below(text, 2) : gen_pick(text, impossible);
}

uint64_t gen_elem_flags(struct trace_gen *gen)
{
	static const uint64_t odd[] = {
		BPF_NOEXIST,
		BPF_EXIST,
		BPF_EXIST,
		3,
		BPF_F_LOCK,
		BPF_F_LOCK | BPF_NOEXIST,
		BPF_F_LOCK | 2,
		BPF_F_LOCK | 3,
		F_ALL_CPUS,
		F_ALL_CPUS,
		F_ALL_CPUS,
		F_ALL_CPUS | BPF_NOEXIST,
		F_ALL_CPUS | 2,
		F_ALL_CPUS | 3,
		F_ALL_CPUS | F_CPU,
		32,
		1U << 31,
		UINT32_MAX,
		UINT64_MAX,
		UINT64_C(1) << 32,
		UINT64_C(1) << 32 | F_ALL_CPUS,
		UINT64_C(1) << 63,
	};
	struct gen_text *text = &gen->text;
	uint32_t chance = gen_below(text, 100);
	uint64_t cpu;

	if (chance < 80)
		return 0;
	if (chance < 90)
		return gen_pick(text, odd);
	if (chance < 91)
		return gen_random(text);
	cpu = (uint64_t)gen_cpu(gen) << 32;
	return cpu | F_CPU | (chance < 98 ? 0 : gen_below(text, 8));
}

void gen_flags(struct trace_gen *gen, const char *key, uint64_t flags)
{
	gen_printf(&gen->text, " %s=0x%" PRIx64, key, flags);
}

uint32_t gen_slot_bytes(const struct gen_map *map)
{
	return map->type == BPF_MAP_TYPE_PERCPU_ARRAY ? (map->value_size + 7) & ~7U
						      : map->value_size;
}

uint32_t gen_elem_bytes(struct trace_gen *gen, const struct gen_map *map, uint64_t flags)
{
	if (map->type != BPF_MAP_TYPE_PERCPU_ARRAY)
		return map->value_size;
	if ((flags & (F_CPU | F_ALL_CPUS)) && gen_chance(&gen->text, 70))
		return map->value_size;
	return gen_slot_bytes(map) * gen->opts.possible_cpus;
}

/* A page that cannot be read begins inside the attr. */
static void cut_attr(struct trace_gen *gen, uint32_t size, uint32_t end)
{
	struct gen_text *text = &gen->text;
	uint32_t len = gen_below(text, size);

	gen_printf(text, " attr_size=%" PRIu32 " attr_len=%" PRIu32, size, len);
	if (len > end && gen_chance(text, 50))
		gen_printf(text, " attr_byte=%" PRIu32 ":%02x", end + gen_below(text, len - end),
			   1 + gen_below(text, 255));
}

void gen_attr(struct trace_gen *gen, uint32_t size, uint32_t end, uint32_t whole)
{
	static const uint32_t sizes[] = { 64,  72,  80,	 92,  96,  104, 120,  144,  152,
					  160, 168, 169, 176, 200, 304, 1000, 4095, 4096 };
	struct gen_text *text = &gen->text;
	uint32_t chance = gen_below(text, 200), attr_size = gen_pick(text, sizes);

	if (chance >= 14)
		return;
	if (chance < 4) {
		if (attr_size < size)
			attr_size = size + 8;
		gen_printf(text, " attr_size=%" PRIu32, attr_size);
	} else if (chance < 8) {
		if (attr_size <= end)
			attr_size = end + 1 + gen_below(text, 16);
		gen_printf(text, " attr_size=%" PRIu32 " attr_byte=%" PRIu32 ":%02x", attr_size,
			   end + gen_below(text, attr_size - end), 1 + gen_below(text, 255));
	} else if (chance < 9) {
		gen_printf(text, " attr_size=%" PRIu32, 4097 + gen_below(text, 1000));
	} else if (chance >= 12) {
		cut_attr(gen, chance == 12 || attr_size < size ? size : attr_size, end);
	} else if (whole == size) {
		return;
	} else if (chance < 11) {
		/* Words are not cut: half a pointer may point anywhere. */
		gen_printf(text, " attr_size=%" PRIu32,
			   (whole + gen_below(text, size + 8 - whole)) & ~7U);
	} else {
		gen_printf(text, " attr_size=0");
	}
}

void gen_attr_with(struct trace_gen *gen, uint32_t size, uint32_t end, uint32_t whole,
		   uint32_t offset)
{
	struct gen_text *text = &gen->text;

	if (gen_chance(text, 98))
		gen_attr(gen, size, end, whole);
	else
		gen_printf(text, " attr_byte=%" PRIu32 ":%02x", offset + gen_below(text, 4),
			   1 + gen_below(text, 255));
}
