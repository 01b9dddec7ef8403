/* SPDX-License-Identifier: MIT */
#ifndef SIM_CLI_GEN_CREATE_H
#define SIM_CLI_GEN_CREATE_H

#include "gen_args.h"

/* The arguments of a CREATE. */
void gen_create(struct trace_gen *gen);

#endif
