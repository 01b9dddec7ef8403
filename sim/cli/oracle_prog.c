// SPDX-License-Identifier: MIT
/*
 * The programs of traces as bytecode. Each finds its arguments, and leaves its
 * results, in the one element of the array behind oracle->call_fd.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stddef.h>
#include <string.h>

#include "oracle.h"

#define MAP_LOOKUP_PERCPU_ELEM 195
#define MOST_INSNS 96
#define LOAD_ATTEMPTS 100 /* a pending signal interrupts the verifier: EAGAIN */

/* Where in the element; R6 holds its address in every program. */
#define AT(field) ((int16_t)offsetof(struct trace_call, field))

struct code {
	struct bpf_insn insns[MOST_INSNS];
	uint32_t nr;
	uint32_t callback; /* where it begins; 0: there is none */
};

static void emit(struct code *code, uint8_t opcode, uint8_t dst, uint8_t src, int16_t off,
		 int32_t imm)
{
	struct bpf_insn insn = { .code = opcode, .off = off, .imm = imm };

	insn.dst_reg = dst & 15;
	insn.src_reg = src & 15;
	code->insns[code->nr++] = insn;
}

static void emit_load(struct code *code, uint8_t size, uint8_t dst, uint8_t base, int16_t off)
{
	emit(code, BPF_LDX | BPF_MEM | size, dst, base, off, 0);
}

static void emit_store(struct code *code, uint8_t size, uint8_t base, int16_t off, uint8_t src)
{
	emit(code, BPF_STX | BPF_MEM | size, base, src, off, 0);
}

static void emit_set(struct code *code, uint8_t dst, int32_t imm)
{
	emit(code, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

/* dst = base + off */
static void emit_address(struct code *code, uint8_t dst, uint8_t base, int32_t off)
{
	emit(code, BPF_ALU64 | BPF_MOV | BPF_X, dst, base, 0, 0);
	emit(code, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, off);
}

/* dst = a map, an address in a map, or that of an instruction */
static void emit_wide(struct code *code, uint8_t dst, uint8_t kind, int32_t imm)
{
	emit(code, BPF_LD | BPF_IMM | BPF_DW, dst, kind, 0, imm);
	emit(code, 0, 0, 0, 0, 0);
}

static void emit_call(struct code *code, int32_t helper)
{
	emit(code, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

static void emit_return(struct code *code, int32_t result)
{
	emit_set(code, BPF_REG_0, result);
	emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* R0, a value or NULL: note a NULL and return. */
static void emit_null_check(struct code *code)
{
	emit(code, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 3, 0);
	emit(code, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_6, 0, AT(is_null), 1);
	emit_return(code, 0);
}

/*
 * Copy the first bytes of the value at R0. The last one is read first, so that the
 * verifier meets a range that is too long before all else.
 */
static void emit_read(struct code *code, uint32_t bytes)
{
	static const struct {
		uint32_t bytes;
		uint8_t size;
	} units[] = { { 8, BPF_DW }, { 4, BPF_W }, { 2, BPF_H }, { 1, BPF_B } };
	uint32_t done = 0;

	if (bytes)
		emit_load(code, BPF_B, BPF_REG_1, BPF_REG_0, (int16_t)(bytes - 1));
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		for (; bytes - done >= units[i].bytes; done += units[i].bytes) {
			emit_load(code, units[i].size, BPF_REG_1, BPF_REG_0, (int16_t)done);
			emit_store(code, units[i].size, BPF_REG_6, (int16_t)(AT(value) + done),
				   BPF_REG_1);
		}
	}
}

static void emit_increment(struct code *code)
{
	emit_load(code, BPF_B, BPF_REG_1, BPF_REG_0, 0);
	emit(code, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, 1);
	emit_store(code, BPF_B, BPF_REG_0, 0, BPF_REG_1);
}

/* The callback of for-each: R2 is the key's address, R3 the value's. */
static void emit_callback(struct code *code, int call_fd)
{
	code->callback = code->nr;
	emit_load(code, BPF_W, BPF_REG_1, BPF_REG_2, 0);
	emit_load(code, BPF_B, BPF_REG_2, BPF_REG_3, 0);
	emit_wide(code, BPF_REG_5, BPF_PSEUDO_MAP_VALUE, call_fd);
	emit_load(code, BPF_DW, BPF_REG_3, BPF_REG_5, AT(sum));
	emit(code, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
	emit_store(code, BPF_DW, BPF_REG_5, AT(sum), BPF_REG_3);
	emit_load(code, BPF_DW, BPF_REG_3, BPF_REG_5, AT(calls));
	emit(code, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, 1);
	emit_store(code, BPF_DW, BPF_REG_5, AT(calls), BPF_REG_3);
	emit_load(code, BPF_W, BPF_REG_3, BPF_REG_5, AT(stop_key));
	emit(code, BPF_JMP | BPF_JEQ | BPF_X, BPF_REG_1, BPF_REG_3, 2, 0);
	emit_return(code, 0);
	emit_return(code, 1);
}

static void emit_for_each(struct code *code, int call_fd)
{
	uint32_t at = code->nr;

	emit_wide(code, BPF_REG_2, BPF_PSEUDO_FUNC, 0);
	emit_set(code, BPF_REG_3, 0);
	emit_load(code, BPF_DW, BPF_REG_4, BPF_REG_6, AT(flags));
	emit_call(code, BPF_FUNC_for_each_map_elem);
	emit_store(code, BPF_DW, BPF_REG_6, AT(hret), BPF_REG_0);
	emit_return(code, 0);
	code->insns[at].imm = (int32_t)(code->nr - at - 1);
	emit_callback(code, call_fd);
}

/* R1 is the map, R2 the key's address. */
static void emit_body(struct code *code, const struct oracle *oracle, enum trace_program program)
{
	bool is_lookup = program == PROGRAM_LOOKUP || program == PROGRAM_ADD;

	switch (program) {
	case PROGRAM_UPDATE:
		emit_address(code, BPF_REG_3, BPF_REG_6, AT(value));
		emit_load(code, BPF_DW, BPF_REG_4, BPF_REG_6, AT(flags));
		emit_call(code, BPF_FUNC_map_update_elem);
		break;
	case PROGRAM_DELETE:
		emit_call(code, BPF_FUNC_map_delete_elem);
		break;
	case PROGRAM_FOR_EACH:
		emit_for_each(code, oracle->call_fd);
		return;
	default:
		if (!is_lookup)
			emit_load(code, BPF_W, BPF_REG_3, BPF_REG_6, AT(cpu));
		emit_call(code, is_lookup ? BPF_FUNC_map_lookup_elem : MAP_LOOKUP_PERCPU_ELEM);
		emit_null_check(code);
		if (program == PROGRAM_ADD)
			emit_increment(code);
		else
			emit_read(code, oracle->call->bytes);
		emit_return(code, 0);
		return;
	}
	emit_store(code, BPF_DW, BPF_REG_6, AT(hret), BPF_REG_0);
	emit_return(code, 0);
}

/* Ids of the types in the BTF below. */
enum { TYPE_INT = 1, TYPE_PROTO, TYPE_MAIN, TYPE_CALLBACK };

/* int main(), int each(): the verifier asks what a callback is, not what it takes. */
static const struct {
	struct btf_header header;
	struct btf_type integer;
	uint32_t integer_bits;
	struct btf_type proto, main, callback;
	char names[16];
} btf = {
	.header = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(struct btf_header),
		.type_len = 4 * sizeof(struct btf_type) + sizeof(uint32_t),
		.str_off = 4 * sizeof(struct btf_type) + sizeof(uint32_t),
		.str_len = 15,
	},
	.integer = { .name_off = 1, .info = BTF_KIND_INT << 24, .size = sizeof(int) },
	.integer_bits = BTF_INT_SIGNED << 24 | 32,
	.proto = { .info = BTF_KIND_FUNC_PROTO << 24, .type = TYPE_INT },
	.main = { .name_off = 5, .info = BTF_KIND_FUNC << 24, .type = TYPE_PROTO },
	.callback = { .name_off = 10, .info = BTF_KIND_FUNC << 24, .type = TYPE_PROTO },
	.names = "\0int\0main\0each",
};

int oracle_load_btf(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)&btf;
	attr.btf_size = (uint32_t)(offsetof(__typeof__(btf), names) + btf.header.str_len);
	return (int)oracle_bpf(BPF_BTF_LOAD, &attr, sizeof(attr));
}

static int load(const struct oracle *oracle, const struct code *code)
{
	const struct bpf_func_info functions[] = {
		{ .insn_off = 0, .type_id = TYPE_MAIN },
		{ .insn_off = code->callback, .type_id = TYPE_CALLBACK },
	};
	union bpf_attr attr;
	int fd, attempts = 0;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	attr.insns = (uintptr_t)code->insns;
	attr.insn_cnt = code->nr;
	attr.license = (uintptr_t) "MIT";
	if (code->callback && oracle->has_btf) {
		attr.prog_btf_fd = (uint32_t)oracle->btf_fd;
		attr.func_info = (uintptr_t)functions;
		attr.func_info_cnt = 2;
		attr.func_info_rec_size = sizeof(functions[0]);
	}
	do
		fd = (int)oracle_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	while (fd == -EAGAIN && ++attempts < LOAD_ATTEMPTS);
	return fd;
}

int oracle_load(const struct oracle *oracle, enum trace_program program, int map_fd)
{
	struct code code = { .nr = 0 };

	emit_wide(&code, BPF_REG_1, BPF_PSEUDO_MAP_FD, map_fd);
	emit_wide(&code, BPF_REG_6, BPF_PSEUDO_MAP_VALUE, oracle->call_fd);
	emit_address(&code, BPF_REG_2, BPF_REG_6, AT(key));
	emit_body(&code, oracle, program);
	return load(oracle, &code);
}
