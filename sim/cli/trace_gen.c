// SPDX-License-Identifier: MIT
/*
 * The operations of generated traces and how often each comes.
 */
#include "trace_gen.h"

#include <inttypes.h>
#include <stdlib.h>

#include "gen_ops.h"

#define FEW_HANDLES 4
#define MANY_HANDLES 24

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
