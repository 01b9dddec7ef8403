/* SPDX-License-Identifier: MIT */
/*
 * Structures of zeros, for arguments of traced functions that nobody gave.
 */
#ifndef SIM_CLI_PROG_ARGS_H
#define SIM_CLI_PROG_ARGS_H

#include "prog_run.h"

struct prog_structs;

/* For runs on one CPU. 0 or -ENOMEM; in both cases it is to be freed. */
int prog_structs_create(struct prog_structs **structs, const struct prog_runs *runs,
			struct cpu *cpu);
void prog_structs_free(struct prog_structs *structs);

/*
 * The arguments of a program that BPF_PROG() defines, as words: pointers to structures,
 * and zeros; none of another program. 0 or -ENOMEM.
 */
int prog_structs_arguments(struct prog_structs *structs, const char *prog, uint64_t *words);

#endif
