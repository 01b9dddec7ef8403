/* SPDX-License-Identifier: MIT */
/*
 * The arguments of each kind of generated operation.
 */
#ifndef SIM_CLI_GEN_OPS_H
#define SIM_CLI_GEN_OPS_H

#include "gen_args.h"

void gen_create(struct trace_gen *gen);

/* gen_elem.c */
void gen_lookup(struct trace_gen *gen);
void gen_update(struct trace_gen *gen);
void gen_delete(struct trace_gen *gen);
void gen_next(struct trace_gen *gen);
void gen_lookup_batch(struct trace_gen *gen);
void gen_update_batch(struct trace_gen *gen);
void gen_delete_batch(struct trace_gen *gen);

/* gen_obj.c */
void gen_freeze(struct trace_gen *gen);
void gen_info(struct trace_gen *gen);
void gen_fd_by_id(struct trace_gen *gen);
void gen_next_id(struct trace_gen *gen);
void gen_close(struct trace_gen *gen);
void gen_dup(struct trace_gen *gen);
void gen_pin(struct trace_gen *gen);
void gen_get(struct trace_gen *gen);
void gen_unlink(struct trace_gen *gen);

/* gen_prog.c */
void gen_prog_key(struct trace_gen *gen);
void gen_prog_update(struct trace_gen *gen);
void gen_prog_lookup_percpu(struct trace_gen *gen);
void gen_prog_for_each(struct trace_gen *gen);

#endif
