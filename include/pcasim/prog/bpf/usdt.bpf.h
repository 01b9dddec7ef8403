/* SPDX-License-Identifier: MIT */
/*
 * USDT probes. Where a probe's arguments are is written beside it in the traced program;
 * here there is none, so that they are taken from the registers that hold a function's
 * arguments, the first six. A probe has no cookie: 0.
 */
#ifndef PCASIM_PROG_USDT_BPF_H
#define PCASIM_PROG_USDT_BPF_H

#include "bpf_helpers.h"
#include "bpf_tracing.h"

#define BPF_USDT_MAX_ARG_CNT 12

/* 0; -ENOENT: there is no such argument. */
#define bpf_usdt_arg(ctx, arg_num, res) \
	pca_usdt_arg((const unsigned long[]){ PCA_USDT_ARGS_(ctx) }, arg_num, res)
#define PCA_USDT_ARGS_(ctx)                                                           \
	(unsigned long)PT_REGS_PARM1(ctx), (unsigned long)PT_REGS_PARM2(ctx),         \
		(unsigned long)PT_REGS_PARM3(ctx), (unsigned long)PT_REGS_PARM4(ctx), \
		(unsigned long)PT_REGS_PARM5(ctx), (unsigned long)PT_REGS_PARM6(ctx)

static inline int pca_usdt_arg(const unsigned long *args, unsigned long long arg_num, long *res)
{
	*res = arg_num < 6 ? (long)args[arg_num] : 0;
	return arg_num < 6 ? 0 : -2;
}

#define bpf_usdt_arg_cnt(ctx) ((void)(ctx), 6)
#define bpf_usdt_arg_size(ctx, arg_num) \
	((void)(ctx), (unsigned long long)(arg_num) < 6 ? (int)sizeof(long) : -2)
#define bpf_usdt_cookie(ctx) ((void)(ctx), 0L)

/* int BPF_USDT(name, int fd, void *buf): usdt. Arguments beyond the sixth are zero. */
#define BPF_USDT(name, ...)                                                             \
	PCA_PROGRAM_(name, struct pt_regs *, PCA_LIST_(PCA_USDT_WORDS_, ##__VA_ARGS__), \
		     ##__VA_ARGS__)

#define PCA_USDT_WORDS_0 PCA_PARMS_0
#define PCA_USDT_WORDS_1 PCA_PARMS_1
#define PCA_USDT_WORDS_2 PCA_PARMS_2
#define PCA_USDT_WORDS_3 PCA_PARMS_3
#define PCA_USDT_WORDS_4 PCA_PARMS_4
#define PCA_USDT_WORDS_5 PCA_PARMS_5
#define PCA_USDT_WORDS_6 PCA_PARMS_6
#define PCA_USDT_WORDS_7 PCA_PARMS_6, 0
#define PCA_USDT_WORDS_8 PCA_USDT_WORDS_7, 0
#define PCA_USDT_WORDS_9 PCA_USDT_WORDS_8, 0
#define PCA_USDT_WORDS_10 PCA_USDT_WORDS_9, 0
#define PCA_USDT_WORDS_11 PCA_USDT_WORDS_10, 0
#define PCA_USDT_WORDS_12 PCA_USDT_WORDS_11, 0

#endif
