// SPDX-License-Identifier: MIT
/*
 * Generated runs of programs.
 */
#include <inttypes.h>

#include "gen_ops.h"
#include "trace_target.h"

/* " h= cpu= n=" of a program's operation, n a part of the value when it can be. */
static struct gen_target program_begin(struct trace_gen *gen)
{
	struct gen_target target = gen_target(gen, false);
	struct gen_text *text = &gen->text;
	uint32_t bytes = target.map.value_size;

	if (gen_chance(text, 15))
		bytes = gen_chance(text, 30) ? bytes + 1 : 1 + gen_below(text, bytes);
	gen_printf(text, " cpu=%" PRIu32 " n=%" PRIu32, gen_cpu(gen),
		   bytes < TRACE_CALL_MOST_READ ? bytes : TRACE_CALL_MOST_READ);
	return target;
}

/* What a program passes is never a bad pointer: always four bytes. */
static void add_whole_key(struct trace_gen *gen, const struct gen_map *map)
{
	uint32_t key = gen_key_number(gen, map);

	gen_printf(&gen->text, " key=");
	gen_bytes(&gen->text, &key, sizeof(key));
}

void gen_prog_key(struct trace_gen *gen)
{
	struct gen_target target = program_begin(gen);

	add_whole_key(gen, &target.map);
}

void gen_prog_update(struct trace_gen *gen)
{
	struct gen_target target = program_begin(gen);
	uint32_t bytes = target.map.value_size < TRACE_CALL_VALUE_BYTES ? target.map.value_size
									: TRACE_CALL_VALUE_BYTES;

	add_whole_key(gen, &target.map);
	gen_flags(gen, "flags", gen_elem_flags(gen));
	gen_counting(&gen->text, "val", bytes,
		     gen_chance(&gen->text, 90) ? bytes : gen_below(&gen->text, bytes));
}

void gen_prog_lookup_percpu(struct trace_gen *gen)
{
	struct gen_target target = program_begin(gen);

	add_whole_key(gen, &target.map);
	gen_printf(&gen->text, " tcpu=%" PRIu32, gen_cpu(gen));
}

void gen_prog_for_each(struct trace_gen *gen)
{
	struct gen_target target = program_begin(gen);

	gen_flags(gen, "flags", gen_chance(&gen->text, 90) ? 0 : 1 + gen_below(&gen->text, 8));
	gen_printf(&gen->text, " stop_key=%" PRIu32, gen_key_number(gen, &target.map));
}
