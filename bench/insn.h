/* SPDX-License-Identifier: MIT */
/*
 * Instructions for the kernel's JIT, one after the other.
 */
#ifndef BENCH_INSN_H
#define BENCH_INSN_H

#include <linux/bpf.h>
#include <stdint.h>

#define MOST_INSNS 1024

struct code {
	struct bpf_insn insns[MOST_INSNS];
	uint32_t nr;
};

static inline void emit(struct code *code, uint8_t op, uint8_t dst, uint8_t src, int16_t off,
			int32_t imm)
{
	code->insns[code->nr++] = (struct bpf_insn){
		.code = op,
		.dst_reg = dst & 0xf,
		.src_reg = src & 0xf,
		.off = off,
		.imm = imm,
	};
}

#define MOV_REG(code, dst, src) emit(code, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define MOV_IMM(code, dst, imm) emit(code, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define ALU_IMM(code, op, dst, imm) emit(code, BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm)
#define ALU_REG(code, op, dst, src) emit(code, BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define LOAD(code, size, dst, src, off) emit(code, BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define STORE(code, size, dst, off, src) emit(code, BPF_STX | BPF_MEM | (size), dst, src, off, 0)
#define CALL(code, helper) emit(code, BPF_JMP | BPF_CALL, 0, 0, 0, helper)

/* A map, or with BPF_PSEUDO_MAP_VALUE the address of its first value. */
static inline void load_map(struct code *code, uint8_t dst, uint8_t pseudo, int fd)
{
	emit(code, BPF_LD | BPF_DW | BPF_IMM, dst, pseudo, 0, fd);
	emit(code, 0, 0, 0, 0, 0);
}

/* A jump to be aimed later: its index. */
static inline uint32_t jump_if(struct code *code, uint8_t op, uint8_t reg, int32_t imm)
{
	emit(code, BPF_JMP | op | BPF_K, reg, 0, 0, imm);
	return code->nr - 1;
}

static inline void aim(struct code *code, uint32_t jump, uint32_t target)
{
	code->insns[jump].off = (int16_t)(target - jump - 1);
}

#endif
