// SPDX-License-Identifier: MIT
/*
 * Loads that give zeros. Linux's verifier makes a BPF_PROBE_MEM of each load through a
 * pointer that the kernel does not vouch for, and the kernel's handler of faults puts 0 into
 * its register (ex_handler_bpf()). Here the load is the compiler's, and may be part of any
 * instruction, such as a comparison. So the register that holds the address is made to point
 * to zeros, this one instruction is executed, and the trap behind it puts the register back.
 */
#define _GNU_SOURCE
#include "zero_read.h"

#include <string.h>
#include <ucontext.h>

#include <pcasim/checked.h>

#include "compiler.h"

#if defined(__x86_64__)

#define TRAP_FLAG 0x100 /* of EFLAGS: a trap behind each instruction */
#define PLACES 64	/* a zero read keeps its place in a cache line */

/* As long as the longest load, from any place. */
static const char zeros[2 * PLACES] __attribute__((aligned(PLACES)));

/* What the thread's instruction is executed with. */
static __thread struct {
	bool is_under_way, is_tried;
	bool moves_on; /* the instruction adds to the register */
	int reg;
	greg_t planted, own;
	uint64_t mask; /* signals that are blocked else */
} step;

static struct sigaction trap_before;

static const int numbers[] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
			       REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
			       REG_R12, REG_R13, REG_R14, REG_R15 };

/* ---- the instruction ---- */

enum { REX_B = 1, REX_X = 2, REX_R = 4 };

struct instruction {
	const uint8_t *modrm; /* and what follows */
	uint8_t opcode, rex;
	bool has_two_bytes; /* 0x0f, and the opcode */
};

/* Those with a vector prefix are not known: nobody asks gcc for them. */
static void read_opcode(struct instruction *insn, const uint8_t *at)
{
	while (*at == 0x66 || *at == 0xf2 || *at == 0xf3)
		at++;
	insn->rex = (*at & 0xf0) == 0x40 ? *at++ : 0;
	insn->has_two_bytes = *at == 0x0f;
	at += insn->has_two_bytes;
	insn->opcode = *at++;
	if (insn->has_two_bytes && (insn->opcode == 0x38 || insn->opcode == 0x3a))
		at++;
	insn->modrm = at;
}

/*
 * Does it take the register beside, as a number to calculate with? Of loads it is where they
 * go; of others a part of the opcode, or another kind of register.
 */
static bool calculates_with_register(const struct instruction *insn)
{
	const uint8_t opcode = insn->opcode;

	if (insn->has_two_bytes)
		return opcode == 0xaf || (opcode & 0xf0) == 0x40;   /* imul, cmovcc */
	return opcode < 0x40 || (opcode >= 0x84 && opcode <= 0x87); /* add ... cmp, test, xchg */
}

/* Where it finds its address, of which *at is what the registers make. Or -1. */
static int find_base(const struct instruction *insn, const greg_t *regs, uint64_t *at)
{
	const uint8_t modrm = insn->modrm[0], sib = insn->modrm[1];
	const bool has_sib = (modrm & 7) == 4;
	const uint8_t mod = modrm >> 6, low = has_sib ? sib & 7 : modrm & 7;
	const int base = low | (insn->rex & REX_B) << 3;
	const int index = (sib >> 3 & 7) | (insn->rex & REX_X) << 2;
	const uint8_t *offset = insn->modrm + (has_sib ? 2 : 1);
	int32_t bytes4;

	if (mod == 3 || (mod == 0 && low == 5))
		return -1; /* no memory, or none by a register */
	*at = (uint64_t)regs[numbers[base]];
	memcpy(&bytes4, offset, sizeof(bytes4));
	if (mod == 1)
		*at += (uint64_t)(int8_t)*offset;
	else if (mod == 2)
		*at += (uint64_t)bytes4;
	if (has_sib && index != 4)
		*at += (uint64_t)regs[numbers[index]] << (sib >> 6);
	return has_sib && index == base ? -1 : base;
}

/* movs, which has no operands; with rep before it the trap comes behind each word. */
static bool is_copy(const struct instruction *insn)
{
	return !insn->has_two_bytes && (insn->opcode & 0xfe) == 0xa4;
}

/* The register by which it came to addr, if it may point elsewhere for a while. Or -1. */
static int register_of(const struct instruction *insn, const greg_t *regs, const void *addr)
{
	uint64_t at = 0;
	int base;

	if (is_copy(insn))
		return regs[REG_RSI] == (greg_t)(uintptr_t)addr ? REG_RSI : -1;
	base = find_base(insn, regs, &at);
	if (base < 0 || at != (uintptr_t)addr)
		return -1;
	if (calculates_with_register(insn) &&
	    ((insn->modrm[0] >> 3 & 7) | (insn->rex & REX_R) << 1) == base)
		return -1;
	return numbers[base];
}

/* ---- signals ---- */

/* The kernel's sigset_t, which is all that it has in a context. */
static void exchange_mask(ucontext_t *uc, uint64_t *mask)
{
	uint64_t now;

	memcpy(&now, &uc->uc_sigmask, sizeof(now));
	memcpy(&uc->uc_sigmask, mask, sizeof(*mask));
	*mask = now;
}

static void on_trap(int number, siginfo_t *info, void *machine_context)
{
	ucontext_t *uc = machine_context;
	greg_t *regs = uc->uc_mcontext.gregs;

	(void)info;
	if (step.is_tried) {
		step.is_tried = false;
		regs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
		return;
	}
	if (!step.is_under_way) {
		sigaction(number, &trap_before, NULL);
		raise(number);
		return;
	}
	/* Else it is where the zeros went. */
	if (regs[step.reg] == step.planted || step.moves_on)
		regs[step.reg] += step.own - step.planted;
	regs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
	exchange_mask(uc, &step.mask);
	step.is_under_way = false;
}

static bool catch_traps(void)
{
	const struct sigaction catching = { .sa_sigaction = on_trap,
					    .sa_flags = SA_SIGINFO | SA_NODEFER };
	struct sigaction now;

	if (sigaction(SIGTRAP, NULL, &now))
		return false;
	if (now.sa_sigaction == on_trap)
		return true;
	trap_before = now;
	return !sigaction(SIGTRAP, &catching, NULL);
}

bool zero_read_begin(const siginfo_t *info, void *machine_context)
{
	ucontext_t *uc = machine_context;
	greg_t *regs = uc->uc_mcontext.gregs;
	const uintptr_t addr = (uintptr_t)info->si_addr;
	struct instruction insn;
	int reg;

	if (step.is_under_way || !catch_traps())
		return false;
	read_opcode(&insn, (const uint8_t *)regs[REG_RIP]);
	reg = register_of(&insn, regs, info->si_addr);
	if (reg < 0)
		return false;
	step.moves_on = is_copy(&insn);
	step.reg = reg;
	step.own = regs[reg];
	regs[reg] += (greg_t)((uintptr_t)zeros + addr % PLACES - addr);
	step.planted = regs[reg];
	regs[REG_EFL] |= TRAP_FLAG;
	step.mask = ~(1ULL << (SIGSEGV - 1) | 1ULL << (SIGTRAP - 1));
	exchange_mask(uc, &step.mask);
	step.is_under_way = true;
	return true;
}

/* Valgrind knows no traps, gdb takes them for its own. Below the stack's end there may be words of the compiler's. */
static bool traps_come(void)
{
	step.is_tried = true;
	__asm__ volatile("leaq -128(%%rsp), %%rsp\n\t"
			 "pushfq\n\t"
			 "orq %0, (%%rsp)\n\t"
			 "popfq\n\t"
			 "nop\n\t"
			 "leaq 128(%%rsp), %%rsp"
			 :
			 : "i"(TRAP_FLAG)
			 : "cc", "memory");
	if (!step.is_tried)
		return true;
	step.is_tried = false;
	return false;
}

bool zero_read_prepare(void)
{
	static int works; /* atomic: 0 until it was tried, then 1 or -1 */
	int known = __atomic_load_n(&works, __ATOMIC_RELAXED);

	if (!known) {
		known = catch_traps() && traps_come() && !pca_catch_faults() ? 1 : -1;
		__atomic_store_n(&works, known, __ATOMIC_RELAXED);
	}
	return known > 0;
}

#else

bool zero_read_prepare(void)
{
	return false;
}

bool zero_read_begin(const siginfo_t *info, void *machine_context)
{
	(void)info;
	(void)machine_context;
	return false;
}

#endif
