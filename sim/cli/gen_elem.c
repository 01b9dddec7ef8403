// SPDX-License-Identifier: MIT
/*
 * Generated commands on elements, one by one and in batches.
 */
#include <inttypes.h>

#include "gen_ops.h"

#define ELEM_ATTR_BYTES 32
#define DELETE_ATTR_END 16
#define NEXT_ATTR_END 24
#define FD_PADDING 4 /* where it begins in the attrs of elements */
#define BATCH_ATTR_BYTES 56
#define MOST_BATCH_BYTES (256U << 10)

void gen_lookup(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, false);
	uint64_t flags = gen_elem_flags(gen);

	gen_key(gen, "key", &target.map);
	gen_flags(gen, "flags", flags);
	gen_out_len(&gen->text, "vlen", gen_elem_bytes(gen, &target.map, flags));
	gen_attr_with(gen, ELEM_ATTR_BYTES, ELEM_ATTR_BYTES, 8, FD_PADDING);
}

static void add_value(struct trace_gen *gen, const char *key, uint32_t stride, uint32_t bytes)
{
	uint32_t chance = gen_below(&gen->text, 100);

	if (chance < 3)
		gen_bad_pointer(&gen->text, key);
	else
		gen_counting(&gen->text, key, stride,
			     chance < 8 ? gen_wrong_len(&gen->text, bytes) : bytes);
}

void gen_update(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, true);
	uint64_t flags = gen_elem_flags(gen);

	gen_key(gen, "key", &target.map);
	gen_flags(gen, "flags", flags);
	add_value(gen, "val", gen_slot_bytes(&target.map), gen_elem_bytes(gen, &target.map, flags));
	gen_attr_with(gen, ELEM_ATTR_BYTES, ELEM_ATTR_BYTES, 8, FD_PADDING);
}

void gen_delete(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, true);

	gen_key(gen, "key", &target.map);
	gen_attr_with(gen, ELEM_ATTR_BYTES, DELETE_ATTR_END, 8, FD_PADDING);
}

void gen_next(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, false);

	gen_key(gen, "key", &target.map);
	gen_out_len(&gen->text, "nlen", sizeof(uint32_t));
	gen_attr_with(gen, ELEM_ATTR_BYTES, NEXT_ATTR_END, 8, FD_PADDING);
}

/* How many elements; *nr: how many of them there are buffers for. */
static uint32_t batch_count(struct trace_gen *gen, const struct gen_map *map, uint32_t bytes,
			    uint32_t *nr)
{
	static const uint32_t huge[] = { 0x7fffffff, 0x80000000, UINT32_MAX };
	struct gen_text *text = &gen->text;
	uint32_t chance = gen_below(text, 100);
	uint32_t count = 1 + gen_below(text, map->max_entries < 12 ? map->max_entries + 1 : 12);

	if (chance < 4)
		count = 0;
	else if (chance < 30)
		count = map->max_entries + gen_below(text, 3);
	else if (chance < 34)
		count = 1 + gen_below(text, 2 * map->max_entries);
	*nr = count;
	if (chance >= 97) {
		count = gen_pick(text, huge);
		*nr = map->max_entries + gen_below(text, 2);
	}
	if (*nr > MOST_BATCH_BYTES / bytes)
		*nr = MOST_BATCH_BYTES / bytes;
	return count;
}

/* The target, count and flags of a batch. */
struct batch {
	struct gen_map map;
	uint32_t nr, bytes; /* elements in the buffers, bytes of each */
	uint32_t stride;    /* where a new value begins in them */
};

static void batch_begin(struct trace_gen *gen, bool wants_write, struct batch *batch)
{
	struct gen_target target = gen_target(gen, wants_write);
	struct gen_text *text = &gen->text;
	uint64_t elem_flags = gen_elem_flags(gen);
	uint32_t count;

	batch->map = target.map;
	batch->bytes = gen_elem_bytes(gen, &target.map, elem_flags);
	batch->stride = gen_slot_bytes(&target.map);
	count = batch_count(gen, &target.map, batch->bytes, &batch->nr);
	gen_printf(text, " count=%" PRIu32, count);
	gen_flags(gen, "elem_flags", elem_flags);
	gen_flags(gen, "flags", gen_chance(text, 95) ? 0 : gen_random(text));
}

void gen_lookup_batch(struct trace_gen *gen)
{
	struct gen_text *text = &gen->text;
	struct batch batch;

	batch_begin(gen, false, &batch);
	if (gen_chance(text, 40))
		gen_printf(text, " in=NULL");
	else
		gen_key(gen, "in", &batch.map);
	gen_out_len(text, "out_len", sizeof(uint32_t));
	gen_out_len(text, "keys_len", batch.nr * (uint32_t)sizeof(uint32_t));
	gen_out_len(text, "vals_len", batch.nr * batch.bytes);
	gen_attr(gen, BATCH_ATTR_BYTES, BATCH_ATTR_BYTES, 40);
}

/* Keys in no order, some twice, sometimes one that does not exist. */
static void add_keys(struct trace_gen *gen, const struct batch *batch)
{
	struct gen_text *text = &gen->text;
	uint32_t nr = batch->nr;

	if (gen_chance(text, 3)) {
		gen_bad_pointer(text, "keys");
		return;
	}
	gen_printf(text, " keys=%s", nr ? "" : "empty");
	for (uint32_t i = 0; i < nr; i++) {
		bool is_any = gen_chance(text, 4);
		uint32_t key = is_any ? gen_key_number(gen, &batch->map)
				      : gen_below(text, batch->map.max_entries);

		/* The buffer may end inside its last key. */
		gen_bytes(text, &key, i + 1 < nr || gen_chance(text, 97) ? sizeof(key) : 3);
	}
}

void gen_update_batch(struct trace_gen *gen)
{
	struct batch batch;

	batch_begin(gen, true, &batch);
	add_keys(gen, &batch);
	add_value(gen, "vals", batch.stride, batch.nr * batch.bytes);
	gen_attr(gen, BATCH_ATTR_BYTES, BATCH_ATTR_BYTES, 40);
}

void gen_delete_batch(struct trace_gen *gen)
{
	struct batch batch;

	batch_begin(gen, true, &batch);
	add_keys(gen, &batch);
	gen_attr(gen, BATCH_ATTR_BYTES, BATCH_ATTR_BYTES, 40);
}
