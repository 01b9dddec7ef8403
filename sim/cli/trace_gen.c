// SPDX-License-Identifier: MIT
/*
 * The operations of generated traces and how often each comes.
 */
#include "trace_gen.h"

#include <inttypes.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "gen_args.h"
#include "gen_create.h"

#define ELEM_ATTR_BYTES 32
#define DELETE_ATTR_END 16
#define NEXT_ATTR_END 24
#define BATCH_ATTR_BYTES 56
#define MOST_BATCH_BYTES (256U << 10)
#define MOST_READ 72 /* bytes of a value that a program reads */
#define FEW_HANDLES 4
#define MANY_HANDLES 24

static void add_flags(struct trace_gen *gen, const char *key, uint64_t flags)
{
	gen_printf(&gen->text, " %s=0x%" PRIx64, key, flags);
}

static void gen_lookup(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, false);
	uint64_t flags = gen_elem_flags(gen);

	gen_key(gen, "key", &target.map);
	add_flags(gen, "flags", flags);
	gen_out_len(&gen->text, "vlen", gen_elem_bytes(gen, &target.map, flags));
	gen_attr(gen, ELEM_ATTR_BYTES, ELEM_ATTR_BYTES, 8);
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

static void gen_update(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, true);
	uint64_t flags = gen_elem_flags(gen);

	gen_key(gen, "key", &target.map);
	add_flags(gen, "flags", flags);
	add_value(gen, "val", gen_slot_bytes(&target.map), gen_elem_bytes(gen, &target.map, flags));
	gen_attr(gen, ELEM_ATTR_BYTES, ELEM_ATTR_BYTES, 8);
}

static void gen_delete(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, true);

	gen_key(gen, "key", &target.map);
	gen_attr(gen, ELEM_ATTR_BYTES, DELETE_ATTR_END, 8);
}

static void gen_next(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, false);

	gen_key(gen, "key", &target.map);
	gen_out_len(&gen->text, "nlen", sizeof(uint32_t));
	gen_attr(gen, ELEM_ATTR_BYTES, NEXT_ATTR_END, 8);
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
	add_flags(gen, "elem_flags", elem_flags);
	add_flags(gen, "flags", gen_chance(text, 95) ? 0 : gen_random(text));
}

static void gen_lookup_batch(struct trace_gen *gen)
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

static void gen_update_batch(struct trace_gen *gen)
{
	struct batch batch;

	batch_begin(gen, true, &batch);
	add_keys(gen, &batch);
	add_value(gen, "vals", batch.stride, batch.nr * batch.bytes);
	gen_attr(gen, BATCH_ATTR_BYTES, BATCH_ATTR_BYTES, 40);
}

static void gen_delete_batch(struct trace_gen *gen)
{
	struct batch batch;

	batch_begin(gen, true, &batch);
	add_keys(gen, &batch);
	gen_attr(gen, BATCH_ATTR_BYTES, BATCH_ATTR_BYTES, 40);
}

static void gen_freeze(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, true);
	const struct gen_handle *handle = &gen->shadow.handles[target.handle % GEN_HANDLES];

	gen_attr(gen, 8, 4, 8);
	if (target.is_open && handle->is_writable)
		gen->shadow.maps[handle->map].is_frozen = true;
}

static void gen_info(struct trace_gen *gen)
{
	static const uint32_t lens[] = { 0,  4,	 8,   24,  40,	64,  80,  84,	88,   90,
					 96, 99, 100, 101, 104, 105, 200, 4095, 4096, 4097 };
	struct gen_text *text = &gen->text;

	gen_target(gen, false);
	gen_printf(text, " info_len=%" PRIu32, gen_chance(text, 40) ? 80 : gen_pick(text, lens));
	gen_attr(gen, 16, 16, 8);
}

static bool is_mode(uint32_t flags)
{
	return !flags || flags == BPF_F_RDONLY || flags == BPF_F_WRONLY;
}

static uint32_t open_flags(struct trace_gen *gen)
{
	static const uint32_t odd[] = { 1, 2, 4, 0x20, 0x80, 0x100, 0x4000, 0x80000000, 0x18 };
	static const uint32_t modes[] = { 0, 0, 0, BPF_F_RDONLY, BPF_F_WRONLY };

	return gen_chance(&gen->text, 90) ? gen_pick(&gen->text, modes) : gen_pick(&gen->text, odd);
}

static void gen_fd_by_id(struct trace_gen *gen)
{
	static const uint32_t no_ids[] = { 0, 0x7fffffff, 0x80000000, UINT32_MAX };
	struct gen_text *text = &gen->text;
	uint32_t nr = gen_shadow_handles(&gen->shadow), from = nr ? gen_below(text, nr) : 0;
	uint32_t flags = open_flags(gen), map = GEN_NO_MAP;

	/* Most numbers are of closed handles. */
	for (uint32_t i = 0; i < 8 && nr && gen->shadow.handles[from].map == GEN_NO_MAP; i++)
		from = gen_below(text, nr);
	if (nr && gen_chance(text, 92)) {
		map = gen->shadow.handles[from].map;
		gen_printf(text, " id=of:h%" PRIu32, from);
	} else {
		gen_printf(text, " id=%" PRIu32, gen_pick(text, no_ids));
	}
	gen_printf(text, " open_flags=0x%" PRIx32 " new=h%" PRIu32, flags,
		   gen_shadow_open(&gen->shadow, is_mode(flags) ? map : GEN_NO_MAP,
				   flags != BPF_F_RDONLY));
	gen_attr(gen, 12, 12, 4);
}

/* Only ids that no map has: whoever else makes maps here does not matter. */
static void gen_next_id(struct trace_gen *gen)
{
	static const uint32_t starts[] = { 0x7ffffffe, 0x7fffffff, 0x80000000, UINT32_MAX - 1,
					   UINT32_MAX };

	gen_printf(&gen->text, " start=%" PRIu32, gen_pick(&gen->text, starts));
	gen_attr(gen, 8, 8, 8);
}

static bool is_of_frozen_map(const struct trace_gen *gen, uint32_t number)
{
	uint32_t map = gen->shadow.handles[number].map;

	return map != GEN_NO_MAP && gen->shadow.maps[map].is_frozen;
}

static void gen_close(struct trace_gen *gen)
{
	struct gen_text *text = &gen->text;
	uint32_t nr = gen_shadow_handles(&gen->shadow), number = nr ? gen_below(text, nr) : 0;

	for (uint32_t i = 0; i < nr && gen->shadow.handles[number].map == GEN_NO_MAP; i++)
		number = (number + 1) % nr;
	/* Frozen maps have less to show than others. */
	for (uint32_t i = 0; i < nr && gen_chance(text, 95); i++) {
		if (is_of_frozen_map(gen, (number + i) % nr)) {
			number = (number + i) % nr;
			break;
		}
	}
	if (!nr || gen_chance(text, 2)) {
		gen_printf(text, " h=-1");
		return;
	}
	if (gen_chance(text, 10))
		number = gen_below(text, nr);
	gen_printf(text, " h=h%" PRIu32, number);
	gen_shadow_close(&gen->shadow, number);
}

static void gen_dup(struct trace_gen *gen)
{
	uint32_t nr = gen_shadow_handles(&gen->shadow), number = nr ? gen_below(&gen->text, nr) : 0;
	const struct gen_handle *handle = &gen->shadow.handles[number];

	for (uint32_t i = 0; i < 8 && nr && handle->map == GEN_NO_MAP; i++) {
		number = gen_below(&gen->text, nr);
		handle = &gen->shadow.handles[number];
	}
	gen_printf(&gen->text, nr ? " h=h%" PRIu32 : " h=-1", number);
	gen_printf(&gen->text, " new=h%" PRIu32,
		   gen_shadow_open(&gen->shadow, handle->map, handle->is_writable));
}

/* A path; the number of the pin it names, or GEN_PINS for one that is no good. */
static uint32_t add_path(struct trace_gen *gen)
{
	static const char *const odd[] = { "",	   ".",	    "p1/",  "p0/x",	"nodir/x", "nodir/",
					   "a.b",  ".p1",   "p.",   "./p2",	".//p3",   "./p4/.",
					   "p1//", "nodir", "p-_+", "nodir/a.b" };
	struct gen_text *text = &gen->text;
	uint32_t chance = gen_below(text, 100), pin = gen_below(text, GEN_PINS);

	if (chance < 88) {
		gen_printf(text, " path=\"p%" PRIu32 "\"", pin);
		return pin;
	}
	if (chance < 97) {
		gen_printf(text, " path=\"%s\"", gen_pick(text, odd));
	} else {
		static const uint32_t lens[] = { 255, 256, 4095, 4096 };
		uint32_t len = gen_pick(text, lens);
		const char *piece = len > 256 ? "/." : "n";

		gen_printf(text, " path=\"%s", len > 256 ? "." : "");
		for (uint32_t i = len > 256; i < len; i += (uint32_t)strlen(piece))
			gen_printf(text, "%s", piece);
		gen_printf(text, "\"");
	}
	return GEN_PINS;
}

static uint32_t file_flags(struct trace_gen *gen, bool has_modes)
{
	static const uint32_t odd[] = { 1, 2, 4, 0x20, 0x80, 0x8000, 0x80000000, 0x18 };
	static const uint32_t modes[] = { 0, 0, BPF_F_RDONLY, BPF_F_WRONLY };

	if (gen_chance(&gen->text, 8))
		return gen_pick(&gen->text, odd);
	return has_modes || gen_chance(&gen->text, 4) ? gen_pick(&gen->text, modes) : 0;
}

static void gen_pin(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, false);
	bool is_bad = gen_chance(&gen->text, 3);
	uint32_t pin = GEN_PINS, flags = file_flags(gen, false);

	if (is_bad)
		gen_bad_pointer(&gen->text, "path");
	else
		pin = add_path(gen);
	gen_printf(&gen->text, " file_flags=0x%" PRIx32, flags);
	gen_attr(gen, 16, 16, 16);
	if (target.is_open && pin < GEN_PINS && !flags)
		gen_shadow_pin(&gen->shadow, pin, gen->shadow.handles[target.handle].map);
}

static void gen_get(struct trace_gen *gen)
{
	uint32_t pin = GEN_PINS, flags = file_flags(gen, true), map = GEN_NO_MAP;

	if (gen_chance(&gen->text, 3))
		gen_bad_pointer(&gen->text, "path");
	else
		pin = add_path(gen);
	if (pin < GEN_PINS && is_mode(flags))
		map = gen->shadow.pins[pin];
	gen_printf(&gen->text, " file_flags=0x%" PRIx32 " new=h%" PRIu32, flags,
		   gen_shadow_open(&gen->shadow, map, flags != BPF_F_RDONLY));
	gen_attr(gen, 16, 16, 16);
}

static void gen_unlink(struct trace_gen *gen)
{
	uint32_t pin = add_path(gen);

	if (pin < GEN_PINS)
		gen_shadow_unpin(&gen->shadow, pin);
}

/* " h= cpu= n=" of a program's operation, n a part of the value when it can be. */
static struct gen_target program_begin(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, false);
	struct gen_text *text = &gen->text;
	uint32_t bytes = target.map.value_size;

	if (gen_chance(text, 15))
		bytes = gen_chance(text, 30) ? bytes + 1 : 1 + gen_below(text, bytes);
	gen_printf(text, " cpu=%" PRIu32 " n=%" PRIu32, gen_cpu(gen),
		   bytes < MOST_READ ? bytes : MOST_READ);
	return target;
}

/* Programs have their keys on the stack: always four bytes. */
static void add_whole_key(struct trace_gen *gen, const struct gen_map *map)
{
	uint32_t key = gen_key_number(gen, map);

	gen_printf(&gen->text, " key=");
	gen_bytes(&gen->text, &key, sizeof(key));
}

static void gen_prog_key(struct trace_gen *gen)
{
	struct gen_target target = program_begin(gen);

	add_whole_key(gen, &target.map);
}

static void gen_prog_update(struct trace_gen *gen)
{
	struct gen_target target = program_begin(gen);
	uint32_t bytes = target.map.value_size < 32768 ? target.map.value_size : 32768;

	add_whole_key(gen, &target.map);
	add_flags(gen, "flags", gen_elem_flags(gen));
	gen_counting(&gen->text, "val", bytes,
		     gen_chance(&gen->text, 90) ? bytes : gen_below(&gen->text, bytes));
}

static void gen_prog_lookup_percpu(struct trace_gen *gen)
{
	struct gen_target target = program_begin(gen);

	add_whole_key(gen, &target.map);
	gen_printf(&gen->text, " tcpu=%" PRIu32, gen_cpu(gen));
}

static void gen_prog_for_each(struct trace_gen *gen)
{
	struct gen_target target = program_begin(gen);

	add_flags(gen, "flags", gen_chance(&gen->text, 90) ? 0 : 1 + gen_below(&gen->text, 8));
	gen_printf(&gen->text, " stop_key=%" PRIu32, gen_key_number(gen, &target.map));
}

static const struct operation {
	const char *op;
	void (*gen)(struct trace_gen *gen);
	uint32_t weight; /* of 1000 */
} operations[] = {
	{ "UPDATE", gen_update, 205 },
	{ "LOOKUP", gen_lookup, 180 },
	{ "UBATCH", gen_update_batch, 75 },
	{ "LBATCH", gen_lookup_batch, 75 },
	{ "NEXT", gen_next, 75 },
	{ "CREATE", gen_create, 35 },
	{ "DELETE", gen_delete, 30 },
	{ "INFO", gen_info, 30 },
	{ "FDBYID", gen_fd_by_id, 25 },
	{ "CLOSE", gen_close, 50 },
	{ "XUPDATE", gen_prog_update, 25 },
	{ "XLOOKUP", gen_prog_key, 25 },
	{ "XADD", gen_prog_key, 18 },
	{ "XPCPU", gen_prog_lookup_percpu, 18 },
	{ "XEACH", gen_prog_for_each, 10 },
	{ "XDELETE", gen_prog_key, 7 },
	{ "GET", gen_get, 20 },
	{ "PIN", gen_pin, 18 },
	{ "UNLINK", gen_unlink, 12 },
	{ "LOOKDEL", gen_lookup, 18 },
	{ "LDBATCH", gen_lookup_batch, 12 },
	{ "DBATCH", gen_delete_batch, 12 },
	{ "DUP", gen_dup, 12 },
	{ "FREEZE", gen_freeze, 8 },
	{ "NEXTID", gen_next_id, 5 },
};

static const struct operation *choose(struct trace_gen *gen)
{
	uint32_t chance = gen_below(&gen->text, 1000), sum = 0;
	size_t i = 0;

	while (i + 1 < sizeof(operations) / sizeof(operations[0]) &&
	       (sum += operations[i].weight) <= chance)
		i++;
	if (gen->opts.no_for_each && operations[i].gen == gen_prog_for_each)
		i--;
	return &operations[i];
}

const char *trace_gen_next(struct trace_gen *gen)
{
	struct gen_shadow *shadow = &gen->shadow;
	uint32_t next = shadow->next_handle % GEN_HANDLES;
	const struct operation *operation;

	if (shadow->handles[next].needs_close) {
		/* Its number is about to be given again. */
		gen_begin(&gen->text, "CLOSE");
		gen_printf(&gen->text, " h=h%" PRIu32, next);
		gen_shadow_close(shadow, next);
		return gen->text.text;
	}
	if (shadow->nr_open < FEW_HANDLES && gen_chance(&gen->text, 50)) {
		gen_begin(&gen->text, "CREATE");
		gen_create(gen);
	} else if (shadow->nr_open > MANY_HANDLES && gen_chance(&gen->text, 50)) {
		gen_begin(&gen->text, "CLOSE");
		gen_close(gen);
	} else {
		operation = choose(gen);
		gen_begin(&gen->text, operation->op);
		operation->gen(gen);
	}
	return gen->text.text;
}

struct trace_gen *trace_gen_create(const struct trace_gen_opts *opts)
{
	struct trace_gen *gen = calloc(1, sizeof(*gen));

	if (!gen)
		return NULL;
	gen->opts = *opts;
	gen->text.state = opts->seed;
	gen_shadow_init(&gen->shadow);
	return gen;
}

void trace_gen_destroy(struct trace_gen *gen)
{
	if (!gen)
		return;
	free(gen->text.text);
	free(gen);
}
