/* SPDX-License-Identifier: MIT */
/*
 * Tracing: arguments of traced functions by their names, from the context that a
 * program is given: words for BPF_PROG(), registers for BPF_KPROBE().
 *
 * BPF_KSYSCALL() takes a system call's arguments from the context's own registers,
 * as on kernels whose system calls have no wrapper.
 */
#ifndef PCASIM_PROG_BPF_TRACING_H
#define PCASIM_PROG_BPF_TRACING_H

#include "bpf_helpers.h"
#include "for_each.h"

/* ---- registers ---- */

#if defined(__x86_64__)
#if defined(__VMLINUX_H__) || defined(__KERNEL__)
#define PCA_REG_(regs, kernel, user) ((regs)->kernel)
#else /* <linux/ptrace.h> */
#define PCA_REG_(regs, kernel, user) ((regs)->user)
#endif
#define PT_REGS_PARM1(x) PCA_REG_(x, di, rdi)
#define PT_REGS_PARM2(x) PCA_REG_(x, si, rsi)
#define PT_REGS_PARM3(x) PCA_REG_(x, dx, rdx)
#define PT_REGS_PARM4(x) PCA_REG_(x, cx, rcx)
#define PT_REGS_PARM5(x) PCA_REG_(x, r8, r8)
#define PT_REGS_PARM6(x) PCA_REG_(x, r9, r9)
#define PT_REGS_PARM4_SYSCALL(x) PCA_REG_(x, r10, r10)
#define PT_REGS_RET(x) PCA_REG_(x, sp, rsp) /* where the return address lies */
#define PT_REGS_FP(x) PCA_REG_(x, bp, rbp)
#define PT_REGS_RC(x) PCA_REG_(x, ax, rax)
#define PT_REGS_SP(x) PCA_REG_(x, sp, rsp)
#define PT_REGS_IP(x) PCA_REG_(x, ip, rip)
#elif defined(__aarch64__)
#define PCA_REGS_(x) ((const struct user_pt_regs *)(const void *)(x))
#define PT_REGS_PARM1(x) (PCA_REGS_(x)->regs[0])
#define PT_REGS_PARM2(x) (PCA_REGS_(x)->regs[1])
#define PT_REGS_PARM3(x) (PCA_REGS_(x)->regs[2])
#define PT_REGS_PARM4(x) (PCA_REGS_(x)->regs[3])
#define PT_REGS_PARM5(x) (PCA_REGS_(x)->regs[4])
#define PT_REGS_PARM6(x) (PCA_REGS_(x)->regs[5])
#define PT_REGS_PARM4_SYSCALL(x) PT_REGS_PARM4(x)
#define PT_REGS_RET(x) (PCA_REGS_(x)->regs[30])
#define PT_REGS_FP(x) (PCA_REGS_(x)->regs[29])
#define PT_REGS_RC(x) (PCA_REGS_(x)->regs[0])
#define PT_REGS_SP(x) (PCA_REGS_(x)->sp)
#define PT_REGS_IP(x) (PCA_REGS_(x)->pc)
#endif

#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1(x)
#define PT_REGS_PARM2_SYSCALL(x) PT_REGS_PARM2(x)
#define PT_REGS_PARM3_SYSCALL(x) PT_REGS_PARM3(x)
#define PT_REGS_PARM5_SYSCALL(x) PT_REGS_PARM5(x)
#define PT_REGS_PARM6_SYSCALL(x) PT_REGS_PARM6(x)

/* The context is memory of this process: reading it with CO-RE is reading it. */
#define PT_REGS_PARM1_CORE(x) PT_REGS_PARM1(x)
#define PT_REGS_PARM2_CORE(x) PT_REGS_PARM2(x)
#define PT_REGS_PARM3_CORE(x) PT_REGS_PARM3(x)
#define PT_REGS_PARM4_CORE(x) PT_REGS_PARM4(x)
#define PT_REGS_PARM5_CORE(x) PT_REGS_PARM5(x)
#define PT_REGS_PARM6_CORE(x) PT_REGS_PARM6(x)
#define PT_REGS_RET_CORE(x) PT_REGS_RET(x)
#define PT_REGS_FP_CORE(x) PT_REGS_FP(x)
#define PT_REGS_RC_CORE(x) PT_REGS_RC(x)
#define PT_REGS_SP_CORE(x) PT_REGS_SP(x)
#define PT_REGS_IP_CORE(x) PT_REGS_IP(x)
#define PT_REGS_PARM1_CORE_SYSCALL(x) PT_REGS_PARM1_SYSCALL(x)
#define PT_REGS_PARM2_CORE_SYSCALL(x) PT_REGS_PARM2_SYSCALL(x)
#define PT_REGS_PARM3_CORE_SYSCALL(x) PT_REGS_PARM3_SYSCALL(x)
#define PT_REGS_PARM4_CORE_SYSCALL(x) PT_REGS_PARM4_SYSCALL(x)
#define PT_REGS_PARM5_CORE_SYSCALL(x) PT_REGS_PARM5_SYSCALL(x)
#define PT_REGS_PARM6_CORE_SYSCALL(x) PT_REGS_PARM6_SYSCALL(x)
#define PT_REGS_SYSCALL_REGS(x) ((struct pt_regs *)(x))

#define BPF_KPROBE_READ_RET_IP(ip, ctx) ((ip) = PT_REGS_RET_CORE(ctx))
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) ((ip) = PT_REGS_RET_CORE(ctx))

/* ---- programs with named arguments ---- */

/* clang-format off */
#define PCA_WORDS_BECOME_INTEGERS_ \
	_Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wint-conversion\"")
/* clang-format on */

/*
 * Define the program name(ctx), which calls the body that follows with ctx and words. The
 * words are integers: what C lets become any integer or enumeration in silence, and a
 * pointer with a warning, which is not wanted here. "pcasim prog run" knows the body by its
 * name.
 */
#define PCA_PROGRAM_(name, ctx_type, words, ...)                                      \
	name(ctx_type ctx);                                                           \
	static __always_inline __typeof__(name(0)) pca_body_of_##name(ctx_type ctx,   \
								      ##__VA_ARGS__); \
	__typeof__(name(0)) name(ctx_type ctx)                                        \
	{                                                                             \
		PCA_WORDS_BECOME_INTEGERS_                                            \
		return pca_body_of_##name(words);                                     \
		_Pragma("GCC diagnostic pop")                                         \
	}                                                                             \
	static __always_inline __typeof__(name(0)) pca_body_of_##name(                \
		ctx_type ctx __attribute__((unused)), ##__VA_ARGS__)

#define PCA_WORD_(n) (__UINTPTR_TYPE__) ctx[n]
#define PCA_WORDS_0 ctx
#define PCA_WORDS_1 PCA_WORDS_0, PCA_WORD_(0)
#define PCA_WORDS_2 PCA_WORDS_1, PCA_WORD_(1)
#define PCA_WORDS_3 PCA_WORDS_2, PCA_WORD_(2)
#define PCA_WORDS_4 PCA_WORDS_3, PCA_WORD_(3)
#define PCA_WORDS_5 PCA_WORDS_4, PCA_WORD_(4)
#define PCA_WORDS_6 PCA_WORDS_5, PCA_WORD_(5)
#define PCA_WORDS_7 PCA_WORDS_6, PCA_WORD_(6)
#define PCA_WORDS_8 PCA_WORDS_7, PCA_WORD_(7)
#define PCA_WORDS_9 PCA_WORDS_8, PCA_WORD_(8)
#define PCA_WORDS_10 PCA_WORDS_9, PCA_WORD_(9)
#define PCA_WORDS_11 PCA_WORDS_10, PCA_WORD_(10)
#define PCA_WORDS_12 PCA_WORDS_11, PCA_WORD_(11)

#define PCA_PARM_(n) (__UINTPTR_TYPE__) PT_REGS_PARM##n(ctx)
#define PCA_PARMS_0 ctx
#define PCA_PARMS_1 PCA_PARMS_0, PCA_PARM_(1)
#define PCA_PARMS_2 PCA_PARMS_1, PCA_PARM_(2)
#define PCA_PARMS_3 PCA_PARMS_2, PCA_PARM_(3)
#define PCA_PARMS_4 PCA_PARMS_3, PCA_PARM_(4)
#define PCA_PARMS_5 PCA_PARMS_4, PCA_PARM_(5)
#define PCA_PARMS_6 PCA_PARMS_5, PCA_PARM_(6)

#define PCA_SYSCALL_PARMS_0 PCA_PARMS_0
#define PCA_SYSCALL_PARMS_1 PCA_PARMS_1
#define PCA_SYSCALL_PARMS_2 PCA_PARMS_2
#define PCA_SYSCALL_PARMS_3 PCA_PARMS_3
#define PCA_SYSCALL_PARMS_4 PCA_PARMS_3, PCA_PARM_(4_SYSCALL)
#define PCA_SYSCALL_PARMS_5 PCA_SYSCALL_PARMS_4, PCA_PARM_(5)
#define PCA_SYSCALL_PARMS_6 PCA_SYSCALL_PARMS_5, PCA_PARM_(6)

#define PCA_RETURNED_0 ctx
#define PCA_RETURNED_1 ctx, (__UINTPTR_TYPE__)PT_REGS_RC(ctx)

#define PCA_LIST_(list, ...) PCA_JOIN_(list, PCA_COUNT_(__VA_ARGS__))

/* int BPF_PROG(name, struct task_struct *p, int flag): raw_tp, tp_btf, fentry, fexit, lsm. */
#define BPF_PROG(name, ...)                                                            \
	PCA_PROGRAM_(name, unsigned long long *, PCA_LIST_(PCA_WORDS_, ##__VA_ARGS__), \
		     ##__VA_ARGS__)

/* int BPF_KPROBE(name, struct file *file, size_t count): kprobe, uprobe. */
#define BPF_KPROBE(name, ...) \
	PCA_PROGRAM_(name, struct pt_regs *, PCA_LIST_(PCA_PARMS_, ##__VA_ARGS__), ##__VA_ARGS__)
#define BPF_UPROBE(name, ...) BPF_KPROBE(name, ##__VA_ARGS__)

/* int BPF_KRETPROBE(name, long ret), or without ret. */
#define BPF_KRETPROBE(name, ...) \
	PCA_PROGRAM_(name, struct pt_regs *, PCA_LIST_(PCA_RETURNED_, ##__VA_ARGS__), ##__VA_ARGS__)
#define BPF_URETPROBE(name, ...) BPF_KRETPROBE(name, ##__VA_ARGS__)

/* int BPF_KSYSCALL(name, int fd, void *buf): ksyscall. */
#define BPF_KSYSCALL(name, ...)                                                            \
	PCA_PROGRAM_(name, struct pt_regs *, PCA_LIST_(PCA_SYSCALL_PARMS_, ##__VA_ARGS__), \
		     ##__VA_ARGS__)
#define BPF_KPROBE_SYSCALL BPF_KSYSCALL

#endif
