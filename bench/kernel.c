// SPDX-License-Identifier: MIT
#include "kernel.h"

#include <errno.h>
#include <stdlib.h>

#include "insn.h"

/* Registers that calls keep, and where key and value lie on the stack. */
enum { STATE = BPF_REG_6, POS = BPF_REG_7, I = BPF_REG_8 };
enum { KEY = -4, VALUE = -16 };

static void emit_key(struct code *code, const struct access_loop *loop)
{
	MOV_REG(code, BPF_REG_1, POS);
	ALU_IMM(code, BPF_AND, BPF_REG_1, (int32_t)loop_entries(loop) - 1);
	if (loop->is_random) {
		ALU_IMM(code, BPF_LSH, BPF_REG_1, 2);
		ALU_REG(code, BPF_ADD, BPF_REG_1, STATE);
		LOAD(code, BPF_W, BPF_REG_1, BPF_REG_1, offsetof(struct loop_state, keys));
	}
	STORE(code, BPF_W, BPF_REG_10, KEY, BPF_REG_1);
	ALU_IMM(code, BPF_ADD, POS, 1);
}

/* The access; returns the jump that leaves the loop. */
static uint32_t emit_access(struct code *code, const struct access_loop *loop, int map_fd)
{
	uint32_t leave;

	MOV_REG(code, BPF_REG_2, BPF_REG_10);
	ALU_IMM(code, BPF_ADD, BPF_REG_2, KEY);
	load_map(code, BPF_REG_1, BPF_PSEUDO_MAP_FD, map_fd);
	if (loop->is_update) {
		STORE(code, BPF_DW, BPF_REG_10, VALUE, POS);
		MOV_REG(code, BPF_REG_3, BPF_REG_10);
		ALU_IMM(code, BPF_ADD, BPF_REG_3, VALUE);
		MOV_IMM(code, BPF_REG_4, BPF_ANY);
		CALL(code, BPF_FUNC_map_update_elem);
		return jump_if(code, BPF_JNE, BPF_REG_0, 0);
	}
	CALL(code, BPF_FUNC_map_lookup_elem);
	leave = jump_if(code, BPF_JEQ, BPF_REG_0, 0);
	if (loop->is_shared) {
		MOV_IMM(code, BPF_REG_1, 1);
		emit(code, BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, 0, BPF_ADD);
		return leave;
	}
	LOAD(code, BPF_DW, BPF_REG_1, BPF_REG_0, 0);
	ALU_IMM(code, BPF_ADD, BPF_REG_1, 1);
	STORE(code, BPF_DW, BPF_REG_0, 0, BPF_REG_1);
	return leave;
}

static void emit_loop(struct code *code, const struct access_loop *loop, int map_fd, int state_fd)
{
	uint32_t top, leave;

	load_map(code, STATE, BPF_PSEUDO_MAP_VALUE, state_fd);
	LOAD(code, BPF_W, POS, STATE, offsetof(struct loop_state, pos));
	MOV_IMM(code, I, 0);
	top = code->nr;
	emit_key(code, loop);
	leave = emit_access(code, loop, map_fd);
	ALU_IMM(code, BPF_ADD, I, 1);
	aim(code, jump_if(code, BPF_JLT, I, (int32_t)loop->nr_accesses), top);
	aim(code, leave, code->nr);
	STORE(code, BPF_W, STATE, offsetof(struct loop_state, pos), POS);
}

/* A map whose one value is a struct loop_state with its keys. */
static int create_state(void)
{
	int fd = side_map_create(&side_kernel, BPF_MAP_TYPE_ARRAY, sizeof(struct loop_state), 1);
	struct loop_state *state = malloc(sizeof(*state));
	uint32_t key = 0;
	union bpf_attr attr = {
		.map_fd = (uint32_t)fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)state,
	};

	if (fd >= 0 && state) {
		loop_state_init(state);
		if (side_bpf(&side_kernel, BPF_MAP_UPDATE_ELEM, &attr, ATTR_END(flags))) {
			side_close(&side_kernel, fd);
			fd = -1;
		}
	}
	free(state);
	return fd;
}

int kernel_load_code(struct code *code, uint32_t type)
{
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (uintptr_t)code->insns,
		.license = (uintptr_t) "GPL",
	};

	MOV_IMM(code, BPF_REG_0, 0);
	emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	attr.insn_cnt = code->nr;
	return (int)side_bpf(&side_kernel, BPF_PROG_LOAD, &attr, ATTR_END(prog_flags));
}

int kernel_load(const struct access_loop *loop, uint32_t type)
{
	struct code code = { .nr = 0 };
	int fd = -1, map_fd, state_fd;

	if (!loop->nr_accesses)
		return kernel_load_code(&code, type);
	map_fd = side_map_create(&side_kernel,
				 loop->is_shared ? BPF_MAP_TYPE_ARRAY : BPF_MAP_TYPE_PERCPU_ARRAY,
				 sizeof(uint64_t), loop_entries(loop));
	state_fd = create_state();
	if (map_fd >= 0 && state_fd >= 0) {
		emit_loop(&code, loop, map_fd, state_fd);
		fd = kernel_load_code(&code, type);
	}
	/* The program holds its maps. */
	side_close(&side_kernel, map_fd);
	side_close(&side_kernel, state_fd);
	return fd;
}

int kernel_probe(void)
{
	const struct access_loop loop = { .nr_accesses = SHORT_LOOP };
	int fd = kernel_load(&loop, BPF_PROG_TYPE_SOCKET_FILTER);

	if (fd < 0)
		return errno;
	side_close(&side_kernel, fd);
	return 0;
}
