// SPDX-License-Identifier: MIT
/*
 * The loops of layouts/loops.h as instructions. All threads run one program, since the
 * verifier takes its time: where a thread is in its stream stands in an ARRAY by CPU. A
 * run makes a fixed number of accesses, as many as the verifier has patience to go through.
 *
 * A bucket is found without a jump, as there is no instruction that counts zeros: that
 * costs some 30 instructions of which the native loops need one.
 */
#include "kernel_arm.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "kernel.h"

#define OTHERS_RUNS 8	     /* between two looks at whether it is over */
#define MOST_VERIFIED 400000 /* instructions; Linux takes a million */
#define INSNS_PER_ACCESS 20  /* about, without those below */
#define INSNS_PER_BUCKET 36
#define WORK_CHUNK 128 /* multiplications without a jump */
#define WORK_FACTOR 0x9e3779b97f4a7c15

struct kernel_turn {
	int prog_fd;
	uint32_t nr_per_run;
	long run_ns; /* of the last runs, on average */
	bool has_failed;
} __attribute__((aligned(128)));

struct kernel_field {
	struct layout_job job;
	bool are_shared;
	uint32_t nr_per_run, nr_words;
	int map_fd, prog_fd;
	struct kernel_turn *kernel_turns;
	struct layout_turn *turns;
	struct crew *crew;
};

/* --- the program ------------------------------------------------------------------------- */

enum { STATE = BPF_REG_6, POS = BPF_REG_7, I = BPF_REG_8 };
enum { KEY = -4 };

/* layout_bucket() of register 1: five times, is it above a half of what is left? */
static void emit_bucket(struct code *code, uint32_t nr_keys)
{
	MOV_IMM(code, BPF_REG_2, 0);
	for (int power = 4; power >= 0; power--) {
		MOV_IMM(code, BPF_REG_3, (1 << (1 << power)) - 1);
		ALU_REG(code, BPF_SUB, BPF_REG_3, BPF_REG_1);
		ALU_IMM(code, BPF_RSH, BPF_REG_3, 63);
		ALU_IMM(code, BPF_LSH, BPF_REG_3, power);
		ALU_REG(code, BPF_RSH, BPF_REG_1, BPF_REG_3);
		ALU_REG(code, BPF_ADD, BPF_REG_2, BPF_REG_3);
	}
	MOV_REG(code, BPF_REG_1, BPF_REG_2);
	if (nr_keys > 31)
		return;
	/* The smaller one of it and the last key: the difference where that is negative. */
	ALU_IMM(code, BPF_SUB, BPF_REG_1, (int32_t)nr_keys - 1);
	MOV_REG(code, BPF_REG_2, BPF_REG_1);
	ALU_IMM(code, BPF_ARSH, BPF_REG_2, 63);
	ALU_REG(code, BPF_AND, BPF_REG_1, BPF_REG_2);
	ALU_IMM(code, BPF_ADD, BPF_REG_1, (int32_t)nr_keys - 1);
}

static void emit_key(struct code *code, const struct layout_job *job)
{
	_Static_assert(NR_KEYS_RANDOM == LAYOUT_STREAM_LENGTH, "a state holds a stream");
	MOV_REG(code, BPF_REG_1, POS);
	ALU_IMM(code, BPF_AND, BPF_REG_1, LAYOUT_STREAM_LENGTH - 1);
	ALU_IMM(code, BPF_LSH, BPF_REG_1, 2);
	ALU_REG(code, BPF_ADD, BPF_REG_1, STATE);
	LOAD(code, BPF_W, BPF_REG_1, BPF_REG_1, offsetof(struct loop_state, keys));
	if (job->workload == LAYOUT_HISTOGRAM)
		emit_bucket(code, job->shape.nr_keys);
	STORE(code, BPF_W, BPF_REG_10, KEY, BPF_REG_1);
	ALU_IMM(code, BPF_ADD, POS, 1);
}

/* What is done with the value at register 0. */
static void emit_use(struct code *code, const struct kernel_field *field)
{
	if (field->job.workload == LAYOUT_UPDATE) {
		for (uint32_t word = 0; word < field->nr_words; word++)
			STORE(code, BPF_DW, BPF_REG_0, (int16_t)(word * LAYOUT_WORD_BYTES), POS);
	} else if (field->are_shared) {
		MOV_IMM(code, BPF_REG_1, 1);
		emit(code, BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, 0, BPF_ADD);
	} else {
		LOAD(code, BPF_DW, BPF_REG_1, BPF_REG_0, 0);
		ALU_IMM(code, BPF_ADD, BPF_REG_1, 1);
		STORE(code, BPF_DW, BPF_REG_0, 0, BPF_REG_1);
	}
}

static void emit_multiplications(struct code *code, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		ALU_REG(code, BPF_MUL, BPF_REG_1, BPF_REG_2);
}

/* In chunks, since each jump costs the verifier more than the one before. */
static void emit_work(struct code *code, uint32_t work)
{
	uint32_t nr_chunks = work / WORK_CHUNK, top;

	if (!work)
		return;
	MOV_IMM(code, BPF_REG_1, (int32_t)work);
	emit(code, BPF_LD | BPF_DW | BPF_IMM, BPF_REG_2, 0, 0, (int32_t)(uint32_t)WORK_FACTOR);
	emit(code, 0, 0, 0, 0, (int32_t)(WORK_FACTOR >> 32));
	emit_multiplications(code, work % WORK_CHUNK);
	if (!nr_chunks)
		return;
	MOV_IMM(code, BPF_REG_3, 0);
	top = code->nr;
	emit_multiplications(code, WORK_CHUNK);
	ALU_IMM(code, BPF_ADD, BPF_REG_3, 1);
	aim(code, jump_if(code, BPF_JLT, BPF_REG_3, (int32_t)nr_chunks), top);
}

/* Register 0: the value of the key on the stack. */
static void emit_lookup(struct code *code, int map_fd)
{
	MOV_REG(code, BPF_REG_2, BPF_REG_10);
	ALU_IMM(code, BPF_ADD, BPF_REG_2, KEY);
	load_map(code, BPF_REG_1, BPF_PSEUDO_MAP_FD, map_fd);
	CALL(code, BPF_FUNC_map_lookup_elem);
}

static void emit_loop(struct code *code, const struct kernel_field *field, int state_fd)
{
	uint32_t no_state, top, leave;

	CALL(code, BPF_FUNC_get_smp_processor_id);
	STORE(code, BPF_W, BPF_REG_10, KEY, BPF_REG_0);
	emit_lookup(code, state_fd);
	no_state = jump_if(code, BPF_JEQ, BPF_REG_0, 0);
	MOV_REG(code, STATE, BPF_REG_0);
	LOAD(code, BPF_W, POS, STATE, offsetof(struct loop_state, pos));
	MOV_IMM(code, I, 0);
	top = code->nr;
	emit_key(code, &field->job);
	emit_lookup(code, field->map_fd);
	leave = jump_if(code, BPF_JEQ, BPF_REG_0, 0);
	emit_use(code, field);
	emit_work(code, field->job.work);
	ALU_IMM(code, BPF_ADD, I, 1);
	aim(code, jump_if(code, BPF_JLT, I, (int32_t)field->nr_per_run), top);
	aim(code, leave, code->nr);
	STORE(code, BPF_W, STATE, offsetof(struct loop_state, pos), POS);
	aim(code, no_state, code->nr);
}

/* As many as the verifier has patience for: a power of two up to LONG_LOOP. */
static uint32_t accesses_per_run(const struct kernel_field *field)
{
	uint64_t insns = INSNS_PER_ACCESS + (uint64_t)field->job.work;
	uint32_t nr = LONG_LOOP;

	if (field->job.workload == LAYOUT_HISTOGRAM)
		insns += INSNS_PER_BUCKET;
	if (field->job.workload == LAYOUT_UPDATE)
		insns += field->nr_words;
	while (nr > 1 && nr * insns > MOST_VERIFIED)
		nr /= 2;
	return nr;
}

/* --- the field --------------------------------------------------------------------------- */

/* A stream for each CPU that a thread runs on: an ARRAY by CPU. Its fd, or -errno. */
static int create_states(const struct layout_job *job, const uint32_t *streams, const int *cpus)
{
	struct loop_state *state = calloc(1, sizeof(*state));
	union bpf_attr attr = { .value = (uintptr_t)state };
	int fd = -ENOMEM, last = 0, err = 0;

	for (uint32_t i = 0; i < job->nr_threads; i++)
		last = cpus[i] > last ? cpus[i] : last;
	if (state) {
		fd = side_map_create(&side_kernel, BPF_MAP_TYPE_ARRAY, sizeof(*state),
				     (uint32_t)last + 1);
		if (fd < 0)
			fd = -errno;
	}
	for (uint32_t i = 0; fd >= 0 && !err && i < job->nr_threads; i++) {
		memcpy(state->keys, streams + (size_t)i * LAYOUT_STREAM_LENGTH,
		       sizeof(state->keys));
		attr.map_fd = (uint32_t)fd;
		attr.key = (uintptr_t)&cpus[i];
		if (side_bpf(&side_kernel, BPF_MAP_UPDATE_ELEM, &attr, ATTR_END(flags)))
			err = -errno;
	}
	free(state);
	if (err)
		side_close(&side_kernel, fd);
	return err ? err : fd;
}

/* 0 or -errno. The program holds its maps. */
static int load_program(struct kernel_field *field, int state_fd)
{
	struct code *code = calloc(1, sizeof(*code));

	if (!code)
		return -ENOMEM;
	emit_loop(code, field, state_fd);
	field->prog_fd = kernel_load_code(code, BPF_PROG_TYPE_SOCKET_FILTER);
	free(code);
	return field->prog_fd < 0 ? -errno : 0;
}

static int load(struct kernel_field *field, const uint32_t *streams, const int *cpus)
{
	uint32_t type = field->are_shared ? BPF_MAP_TYPE_ARRAY : BPF_MAP_TYPE_PERCPU_ARRAY;
	int state_fd, err;

	field->map_fd = side_map_create(&side_kernel, type, field->nr_words * LAYOUT_WORD_BYTES,
					field->job.shape.nr_keys);
	if (field->map_fd < 0)
		return -errno;
	state_fd = create_states(&field->job, streams, cpus);
	if (state_fd < 0)
		return state_fd;
	err = load_program(field, state_fd);
	side_close(&side_kernel, state_fd);
	return err;
}

static void fill_turns(struct kernel_field *field)
{
	for (uint32_t i = 0; i < field->job.nr_threads; i++) {
		field->kernel_turns[i] = (struct kernel_turn){
			.prog_fd = field->prog_fd,
			.nr_per_run = field->nr_per_run,
		};
		field->turns[i] = (struct layout_turn){
			.cpu = i,
			.nr_accesses = OTHERS_RUNS,
			.kernel = &field->kernel_turns[i],
		};
	}
}

int kernel_field_create(struct kernel_field **field, const struct layout_job *job,
			const uint32_t *streams, const int *cpus, bool are_shared)
{
	const size_t nr = job->nr_threads, align = _Alignof(struct kernel_turn);
	struct kernel_field *f;
	int err;

	if (job->workload == LAYOUT_READ_SUM)
		return -EOPNOTSUPP;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->job = *job;
	f->are_shared = are_shared;
	f->nr_words = (uint32_t)(layout_elem_bytes(&job->shape) / LAYOUT_WORD_BYTES);
	f->nr_per_run = accesses_per_run(f);
	f->map_fd = f->prog_fd = -1;
	f->kernel_turns = aligned_alloc(align, nr * sizeof(*f->kernel_turns));
	f->turns = aligned_alloc(align, nr * sizeof(*f->turns));
	err = f->kernel_turns && f->turns ? load(f, streams, cpus) : -ENOMEM;
	if (err) {
		kernel_field_destroy(f);
		return err;
	}
	fill_turns(f);
	*field = f;
	return 0;
}

void kernel_field_destroy(struct kernel_field *field)
{
	side_close(&side_kernel, field->prog_fd);
	side_close(&side_kernel, field->map_fd);
	free(field->kernel_turns);
	free(field->turns);
	free(field);
}

uint64_t kernel_field_accesses(const struct kernel_field *field)
{
	uint64_t nr = 0;

	for (uint32_t i = 0; i < field->job.nr_threads; i++)
		nr += field->turns[i].nr_done;
	return nr;
}

int kernel_field_key_sum(const struct kernel_field *field, uint32_t key, uint32_t word,
			 uint64_t *sum)
{
	uint32_t nr_copies = field->are_shared ? 1 : host_possible_cpus();
	uint64_t *words = calloc(nr_copies, field->nr_words * sizeof(*words));
	union bpf_attr attr = {
		.map_fd = (uint32_t)field->map_fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)words,
	};
	int err = words ? 0 : -ENOMEM;

	if (!err && side_bpf(&side_kernel, BPF_MAP_LOOKUP_ELEM, &attr, ATTR_END(flags)))
		err = -errno;
	*sum = 0;
	for (uint32_t copy = 0; !err && copy < nr_copies; copy++)
		*sum += words[copy * field->nr_words + word];
	free(words);
	return err;
}

int kernel_field_sum(const struct kernel_field *field, uint32_t word, uint64_t *sum)
{
	int err = 0;

	*sum = 0;
	for (uint32_t key = 0; !err && key < field->job.shape.nr_keys; key++) {
		uint64_t of_key;

		err = kernel_field_key_sum(field, key, word, &of_key);
		*sum += of_key;
	}
	return err;
}

/* --- the arm ----------------------------------------------------------------------------- */

/* A turn of runs: nr_accesses of them. */
static void run_in_kernel(struct layout_turn *turn)
{
	struct kernel_turn *kernel = turn->kernel;

	kernel->run_ns = side_test_run(&side_kernel, kernel->prog_fd, turn->nr_accesses);
	if (kernel->run_ns < 0)
		kernel->has_failed = true;
	else
		turn->nr_done += (uint64_t)turn->nr_accesses * kernel->nr_per_run;
}

static double sample_kernel(const struct arm *arm)
{
	struct kernel_field *field = arm->memory;
	const struct crew_task task = {
		.first_loop = run_in_kernel,
		.others_loop = run_in_kernel,
		.turns = field->turns,
		.nr = field->job.nr_threads,
		.nr_warm_up = arm->nr_warm_up,
	};
	struct crew_result result;

	field->turns[0].nr_accesses = arm->nr_ops;
	result = crew_run(field->crew, &task);
	for (uint32_t i = 0; i < field->job.nr_threads; i++) {
		if (field->kernel_turns[i].has_failed)
			return -1;
	}
	return result.is_disturbed ? NAN
				   : (double)field->kernel_turns[0].run_ns / field->nr_per_run;
}

struct arm kernel_arm(struct kernel_field *field, struct crew *crew, uint32_t *nr_per_op)
{
	field->crew = crew;
	*nr_per_op = field->nr_per_run;
	return (struct arm){
		.name = field->are_shared ? "Linux, ARRAY" : "Linux, PERCPU_ARRAY",
		.sample = sample_kernel,
		.memory = field,
		.nr_warm_up =
			(layout_warm_up(&field->job) + field->nr_per_run - 1) / field->nr_per_run,
	};
}
