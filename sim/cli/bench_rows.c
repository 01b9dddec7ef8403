// SPDX-License-Identifier: MIT
/*
 * Contests of pcasim with this host's kernel: programs, commands, creation, dispatch.
 * Without the right to use bpf(2) pcasim's figures stand alone.
 */
#include "bench.h"

#include <string.h>

#include "bench/kernel.h"
#include "bench/programs.h"
#include "setup.h"

#define CREATED_ENTRIES 65536

static const uint32_t machine_sizes[] = { 2, 64, 512, 4096 };

#define NR_SIZES (sizeof(machine_sizes) / sizeof(machine_sizes[0]))

static struct contest contest; /* one at a time */

static void begin(const char *name, const char *note, const char *per)
{
	contest = (struct contest){ .name = name, .nr_threads = 1 };
	snprintf(contest.per, sizeof(contest.per), "%s", per);
	snprintf(contest.note, sizeof(contest.note), "%s", note);
}

static struct contender *add(const char *name, const struct arm *arm, uint32_t nr_per_op)
{
	struct contender *contender = &contest.contenders[contest.nr++];

	contender->arm = *arm;
	contender->nr_per_op = nr_per_op;
	snprintf(contender->name, sizeof(contender->name), "%s", name);
	return contender;
}

static void add_of_cpus(const char *whose, uint32_t nr_cpus, const struct arm *arm,
			uint32_t nr_per_op)
{
	char name[32];

	snprintf(name, sizeof(name), "%s, %u CPU%s", whose, nr_cpus, nr_cpus == 1 ? "" : "s");
	add(name, arm, nr_per_op);
}

/* All that was added can be used: a negative fd could not be made. */
static int hold(struct bench *bench)
{
	for (size_t i = 0; i < contest.nr; i++) {
		if (contest.contenders[i].arm.fd >= 0)
			continue;
		cli_error("%s: the map or program of \"%s\" cannot be made", contest.name,
			  contest.contenders[i].name);
		return -1;
	}
	return bench_contest(bench, &contest);
}

static void close_fds(void)
{
	for (size_t i = 0; i < contest.nr; i++)
		side_close(contest.contenders[i].arm.side, contest.contenders[i].arm.fd);
}

/* --- programs ---------------------------------------------------------------------------- */

static struct arm runs(const struct side *side, int fd)
{
	return (struct arm){ .sample = sample_runs, .side = side, .fd = fd, .nr_keys = LONG_LOOP };
}

static int hold_program(struct bench *bench, bool is_random)
{
	struct access_loop loop = { .is_random = is_random, .nr_accesses = LONG_LOOP };
	const uint32_t type = BPF_PROG_TYPE_SOCKET_FILTER;
	struct arm arm = runs(&bench->host, program_load(&bench->host, &loop, type));
	int err;

	begin("program",
	      is_random ? "lookup + increment, 65536 keys, random"
			: "lookup + increment, 256 keys in order",
	      "access");
	add("pcasim", &arm, LONG_LOOP);
	arm.fd = program_load_limit(&bench->host, &loop);
	add("limit", &arm, LONG_LOOP);
	if (!bench->kernel_err) {
		arm = runs(&side_kernel, kernel_load(&loop, type));
		add("Linux, PERCPU_ARRAY", &arm, LONG_LOOP);
		loop.is_shared = true;
		arm.fd = kernel_load(&loop, type);
		add("Linux, ARRAY + atomic", &arm, LONG_LOOP);
	}
	err = hold(bench);
	close_fds();
	return err;
}

static int hold_programs(struct bench *bench)
{
	return hold_program(bench, false) || hold_program(bench, true) ? -1 : 0;
}

/* --- commands ---------------------------------------------------------------------------- */

static struct side machines[NR_SIZES];

/* A command whose values fit for all machines. */
struct command {
	const char *note, *per;
	struct arm arm;
	bool is_batch;
};

static const struct command commands[] = {
	{ "LOOKUP_ELEM, 256 keys of 8-byte values",
	  "command",
	  { .sample = sample_elem,
	    .cmd = BPF_MAP_LOOKUP_ELEM,
	    .nr_keys = MOST_BATCH,
	    .bytes = ATTR_END(flags) },
	  false },
	{ "UPDATE_ELEM, 256 keys of 8-byte values",
	  "command",
	  { .sample = sample_elem,
	    .cmd = BPF_MAP_UPDATE_ELEM,
	    .nr_keys = MOST_BATCH,
	    .bytes = ATTR_END(flags) },
	  false },
	{ "LOOKUP_BATCH of 256 elements, 32 on 4096 CPUs",
	  "element",
	  { .sample = sample_batch, .nr_keys = MOST_BATCH },
	  true },
};

/* As much as the buffer of all arms has room for. */
static uint32_t batch_of(uint32_t nr_cpus)
{
	uint32_t most = MOST_BATCH * MOST_CPUS / nr_cpus;

	return most < MOST_BATCH ? most : MOST_BATCH;
}

static void add_command(const struct command *command, const char *whose, const struct side *side,
			uint32_t nr_cpus)
{
	struct arm arm = command->arm;

	arm.side = side;
	arm.fd = side->task ? touched_map(side)
			    : side_map_create(side, BPF_MAP_TYPE_PERCPU_ARRAY, VALUE_BYTES,
					      MOST_BATCH);
	if (command->is_batch)
		arm.nr_keys = batch_of(nr_cpus);
	add_of_cpus(whose, nr_cpus, &arm, command->is_batch ? arm.nr_keys : 1);
}

static int hold_command(struct bench *bench, const struct command *command)
{
	uint32_t host_cpus = host_possible_cpus();
	int err;

	begin("commands", command->note, command->per);
	add_command(command, "pcasim", &bench->host, host_cpus);
	if (!bench->kernel_err)
		add_command(command, "Linux", &side_kernel, host_cpus);
	for (size_t i = 0; i < NR_SIZES; i++) {
		if (machine_sizes[i] != host_cpus)
			add_command(command, "pcasim", &machines[i], machine_sizes[i]);
	}
	err = hold(bench);
	close_fds();
	return err;
}

static int make_machines(void)
{
	for (size_t i = 0; i < NR_SIZES; i++) {
		if (machines[i].task || !side_make_of(&machines[i], machine_sizes[i]))
			continue;
		cli_error("a machine with %u CPUs cannot be made", machine_sizes[i]);
		return -1;
	}
	return 0;
}

static int hold_commands(struct bench *bench)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (hold_command(bench, &commands[i]))
			return -1;
	}
	return 0;
}

/* --- creation ---------------------------------------------------------------------------- */

static int hold_creation(struct bench *bench)
{
	struct arm arm = {
		.sample = sample_map_create,
		.waits = true,
		.side = &bench->host,
		.nr_keys = CREATED_ENTRIES,
		.bytes = VALUE_BYTES,
	};
	uint32_t host_cpus = host_possible_cpus();

	begin("creation", "MAP_CREATE and close, 65536 x 8 bytes; the creation is timed", "map");
	add_of_cpus("pcasim", host_cpus, &arm, 1);
	arm.side = &side_kernel;
	if (!bench->kernel_err)
		add_of_cpus("Linux", host_cpus, &arm, 1);
	for (size_t i = 0; i < NR_SIZES; i++) {
		arm.side = &machines[i];
		if (machine_sizes[i] != host_cpus)
			add_of_cpus("pcasim", machine_sizes[i], &arm, 1);
	}
	return hold(bench);
}

/* --- dispatch ---------------------------------------------------------------------------- */

static int hold_short_runs(struct bench *bench)
{
	const struct access_loop loop = { .nr_accesses = SHORT_LOOP };
	const uint32_t type = BPF_PROG_TYPE_SOCKET_FILTER;
	int fd = program_load(&bench->host, &loop, type);
	struct pca_prog *prog = NULL;
	struct arm arm = { .side = &bench->host, .fd = fd };
	int err;

	begin("dispatch", "runs of 4 accesses on the caller's thread", "run");
	if (fd < 0 || pca_prog_get(bench->host.task, fd, &prog))
		arm.fd = -1;
	arm.sample = sample_run_on;
	arm.nr_keys = (uint32_t)pca_cpu_id(pca_task_machine(bench->host.task), 0);
	arm.memory = prog;
	add("pcasim, pca_run_on() inline", &arm, 1);
	arm.sample = sample_short_runs;
	add("pcasim, repeated TEST_RUN", &arm, 1);
	arm.sample = sample_bare_calls;
	add("a call of the function", &arm, 1);
	if (!bench->kernel_err) {
		arm.sample = sample_short_runs;
		arm.side = &side_kernel;
		arm.fd = kernel_load(&loop, type);
		add("Linux, repeated TEST_RUN", &arm, 1);
	}
	err = hold(bench);
	if (prog)
		pca_prog_put(prog);
	return err;
}

/* An empty program by TEST_RUN: a worker's thread here, an interrupt in Linux. */
static int hold_hand_off(struct bench *bench, uint32_t host_cpu, const char *note)
{
	const struct access_loop loop = { .nr_accesses = 0 };
	const uint32_t type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	struct arm arm = {
		.sample = sample_run_on_cpu,
		.waits = true,
		.side = &bench->workers,
		.fd = program_load(&bench->workers, &loop, type),
		.nr_keys = host_cpu,
	};
	int err;

	begin("dispatch", note, "run");
	add("pcasim, its worker", &arm, 1);
	if (!bench->kernel_err) {
		arm.side = &side_kernel;
		arm.fd = kernel_load(&loop, type);
		add("Linux", &arm, 1);
	}
	err = hold(bench);
	close_fds();
	return err;
}

static int hold_dispatch(struct bench *bench)
{
	if (hold_short_runs(bench) ||
	    hold_hand_off(bench, (uint32_t)bench->cpus[0],
			  "an empty program by TEST_RUN on the caller's own CPU"))
		return -1;
	if (bench->nr_cpus < 2)
		return bench_skip(bench, "dispatch, an empty program by TEST_RUN on another CPU",
				  "this process may use one CPU only");
	return hold_hand_off(bench, (uint32_t)bench->cpus[1],
			     "an empty program by TEST_RUN on another CPU");
}

/* ------------------------------------------------------------------------------------------ */

size_t bench_rows_count(const struct bench *bench)
{
	const bool *wants = bench->args->wants;

	return 2 * (size_t)wants[BENCH_PROGRAM] +
	       sizeof(commands) / sizeof(commands[0]) * (size_t)wants[BENCH_COMMANDS] +
	       (size_t)wants[BENCH_CREATION] + 3 * (size_t)wants[BENCH_DISPATCH];
}

int bench_rows(struct bench *bench)
{
	const bool *wants = bench->args->wants;
	int err = 0;

	arms_init();
	if (wants[BENCH_COMMANDS] || wants[BENCH_CREATION])
		err = make_machines();
	if (!err && wants[BENCH_PROGRAM])
		err = hold_programs(bench);
	if (!err && wants[BENCH_COMMANDS])
		err = hold_commands(bench);
	if (!err && wants[BENCH_CREATION])
		err = hold_creation(bench);
	if (!err && wants[BENCH_DISPATCH])
		err = hold_dispatch(bench);
	for (size_t i = 0; i < NR_SIZES; i++)
		side_destroy(&machines[i]);
	return err;
}
