/* SPDX-License-Identifier: MIT */
/*
 * The kernel's twins of the programs: instructions for its JIT. Written by hand, so
 * that nothing but a C compiler is needed; clang compiles the same loop to the same.
 */
#ifndef BENCH_KERNEL_H
#define BENCH_KERNEL_H

#include "insn.h"
#include "programs.h"

/* 0 when this process may use bpf(2); else the errno that it gives. */
int kernel_probe(void);

/* Load the loop as a program of this type on maps of its own: its fd, or negative. */
int kernel_load(const struct access_loop *loop, uint32_t type);

/* Load what was emitted, with an end that returns 0: the program's fd, or negative. */
int kernel_load_code(struct code *code, uint32_t type);

#endif
