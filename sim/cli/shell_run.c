// SPDX-License-Identifier: MIT
/*
 * "run": a program is loaded by the current task, so that the verifier's refusals
 * show, and run on CPUs, all at the same time.
 */
#include <errno.h>
#include <hwloc.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/map.h>
#include <pcasim/prog.h>

#include "hardware.h"
#include "json.h"
#include "shell.h"
#include "term.h"
#include "topology.h"

#define MOST_TIMES 1000000000	 /* seconds, not hours */
#define TIMES_AT_ONCE (1U << 20) /* milliseconds: between runs there is Ctrl-C */
#define CPUS_COLUMNS 40

struct run {
	const struct shell_prog *prog;
	struct shell_map map;
	struct prog_call call; /* what every CPU is given */
	struct pca_map_ref *ref;
	hwloc_bitmap_t cpus;
	bool has_cpus, has_value;
};

/* --- Its words ---------------------------------------------------------------------------- */

static int take_cpus(struct shell *sh, struct args *args, struct run *run)
{
	const char *list;
	int status = args_take_text(sh, args, "the list of CPUs", &list);

	if (status)
		return status;
	run->has_cpus = true;
	if (cpulist_parse(run->cpus, list, NULL) || hwloc_bitmap_iszero(run->cpus))
		return shell_bad(sh, "cpu " WORD_TEXT " is no list of CPUs such as 0-3 or 0,2-3,7",
				 list);
	return SHELL_OK;
}

static void each_online(struct shell *sh, struct run *run)
{
	hwloc_bitmap_t online = machine_cpuset(sh->session.machine, true);

	hwloc_bitmap_copy(run->cpus, online);
	hwloc_bitmap_free(online);
	run->has_cpus = true;
}

static int take_word(struct shell *sh, struct args *args, struct run *run)
{
	struct prog_call *call = &run->call;
	const char *word = args_take(args);

	if (word_is(word, "key"))
		return data_take(sh, args, "key", call->key, run->map.info.key_size);
	if (word_is(word, "cpu"))
		return take_cpus(sh, args, run);
	if (word_is(word, "each")) {
		each_online(sh, run);
		return SHELL_OK;
	}
	if (run->prog == &prog_set && word_is(word, "value")) {
		run->has_value = true;
		return data_take(sh, args, "value", call->value, run->map.info.value_size);
	}
	if (run->prog == &prog_count && word_is(word, "by"))
		return args_take_number(sh, args, "by", UINT64_MAX, &call->by);
	if (run->prog == &prog_count && word_is(word, "times"))
		return args_take_number(sh, args, "times", MOST_TIMES, &call->times);
	return shell_bad(sh, WORD_TEXT " is not understood; there are key, cpu, each%s", word,
			 run->prog == &prog_set	    ? ", value"
			 : run->prog == &prog_count ? ", by, times"
						    : "");
}

static int take_words(struct shell *sh, struct args *args, struct run *run)
{
	int status = SHELL_OK;

	run->call.times = 1;
	run->call.by = 1;
	while (args->nr && !status)
		status = take_word(sh, args, run);
	if (!status && run->prog == &prog_set && !run->has_value)
		status = shell_bad(sh, "the value is missing: value DATA");
	if (!status && run->prog == &prog_sum && run->has_cpus &&
	    hwloc_bitmap_weight(run->cpus) != 1)
		status = shell_bad(sh, "sum runs on one CPU and reads the others from there");
	if (!run->has_cpus)
		hwloc_bitmap_only(run->cpus, sh->tasks[sh->current].cpu);
	return status;
}

/* --- Loading ------------------------------------------------------------------------------ */

/* The verifier's words on one line. */
static int explain_load(struct shell *sh, int err, const char *name, char *log)
{
	size_t len = strlen(log);

	while (len && log[len - 1] == '\n')
		log[--len] = '\0';
	for (char *p = log; *p; p++) {
		if (*p == '\n')
			*p = ';';
	}
	return len ? shell_refused(sh, err, "the verifier refuses %s: %s", name, log)
		   : shell_refused(sh, err, "loading %s", name);
}

/* The program's fd, or -1 after an explanation. */
static int load(struct shell *sh, const struct run *run)
{
	char log[512] = "";
	struct pca_map_use use = {
		.map_fd = run->map.fd,
		.helper = run->prog->helper,
		.access = run->prog->access,
		.bytes = run->prog->counts ? prog_number_bytes(run->map.info.value_size) : 0,
	};
	struct pca_prog_load_opts opts = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.name = run->prog->name,
		.fn = run->prog->fn,
		.uses = &use,
		.nr_uses = 1,
		.log = log,
		.log_size = sizeof(log),
	};
	int fd = pca_prog_load(shell_task(sh), &opts);

	if (fd < 0)
		explain_load(sh, fd, run->prog->name, log);
	return fd < 0 ? -1 : fd;
}

/* --- Running ------------------------------------------------------------------------------ */

/* A run on one CPU. */
struct cpu_run {
	struct pca_run run;
	struct prog_call call;
	uint32_t cpu;
	bool is_submitted;
	int result; /* of the program, or why it did not run */
};

static struct cpu_run *make_runs(const struct run *run, uint32_t nr)
{
	struct cpu_run *runs = calloc(nr, sizeof(*runs));
	int cpu = -1;

	for (uint32_t i = 0; runs && i < nr; i++) {
		cpu = hwloc_bitmap_next(run->cpus, cpu);
		runs[i].cpu = (uint32_t)cpu;
		runs[i].call = run->call;
		if (run->prog == &prog_get)
			runs[i].call.value = run->call.value + i * run->map.elem_bytes;
	}
	return runs;
}

static void execute(struct pca_prog *prog, struct cpu_run *runs, uint32_t nr, uint64_t times)
{
	for (uint32_t i = 0; i < nr; i++) {
		runs[i].call.times = times;
		runs[i].result = pca_run_submit(&runs[i].run, prog, runs[i].cpu, &runs[i].call);
		runs[i].is_submitted = !runs[i].result;
	}
	for (uint32_t i = 0; i < nr; i++) {
		if (runs[i].is_submitted)
			runs[i].result = pca_run_wait(&runs[i].run);
	}
}

static int check_results(struct shell *sh, const struct run *run, const struct cpu_run *runs,
			 uint32_t nr)
{
	char key[KEY_TEXT_BYTES];

	for (uint32_t i = 0; i < nr; i++) {
		if (runs[i].result && !runs[i].is_submitted)
			hint_cpu(sh, runs[i].cpu);
		if (runs[i].result && !runs[i].is_submitted)
			return shell_refused(sh, runs[i].result, "no run on CPU %u", runs[i].cpu);
		if (runs[i].result == -ENOENT)
			return shell_refused(sh, -ENOENT,
					     "%s on CPU %u: the lookup of key %s is NULL",
					     run->prog->name, runs[i].cpu,
					     key_text(key, &run->map, run->call.key));
		if (runs[i].result)
			return shell_refused(sh, runs[i].result, "%s on CPU %u, key %s: the helper",
					     run->prog->name, runs[i].cpu,
					     key_text(key, &run->map, run->call.key));
	}
	return SHELL_OK;
}

static int interrupted(struct shell *sh, uint64_t done, uint64_t times)
{
	char nr[COUNT_TEXT], of[COUNT_TEXT];

	return shell_refused(sh, -EINTR, "run count: %s of %s events on each CPU",
			     count_text(nr, done), count_text(of, times));
}

/* A long count is several runs, between which it can be interrupted. */
static int execute_all(struct shell *sh, const struct run *run, struct pca_prog *prog,
		       struct cpu_run *runs, uint32_t nr)
{
	uint64_t left = run->call.times, times;
	int status;

	do {
		times = left < TIMES_AT_ONCE ? left : TIMES_AT_ONCE;
		left -= times;
		execute(prog, runs, nr, times);
		status = check_results(sh, run, runs, nr);
	} while (!status && left && !shell_is_interrupted);
	return !status && left ? interrupted(sh, run->call.times - left, run->call.times) : status;
}

static void print_ran(const struct run *run, uint32_t nr)
{
	char cpus[CPUS_COLUMNS + 1];

	cpuset_text(cpus, CPUS_COLUMNS, run->cpus);
	printf("%s ran on CPU%s %s", run->prog->name, plural_s(nr), cpus);
	if (run->prog == &prog_count)
		printf(", %llu event%s each", (unsigned long long)run->call.times,
		       plural_s(run->call.times));
	putchar('\n');
}

static void print_ran_json(const struct run *run, const struct cpu_run *runs, uint32_t nr)
{
	json_open(NULL, '{');
	json_text("program", run->prog->name);
	json_open("cpus", '[');
	for (uint32_t i = 0; i < nr; i++)
		json_count(NULL, runs[i].cpu);
	json_close(']');
	if (run->prog == &prog_count)
		json_count("events_each", run->call.times);
	json_close('}');
}

/* What the program of each CPU saw. */
static void print_got(const struct shell *sh, const struct run *run, const struct cpu_run *runs,
		      uint32_t nr)
{
	if (sh->is_json)
		json_open(NULL, '[');
	for (uint32_t i = 0; i < nr; i++)
		(sh->is_json ? print_copy_json : print_copy)(runs[i].cpu, runs[i].call.value,
							     run->map.info.value_size);
	if (sh->is_json)
		json_close(']');
}

static void print_sum(const struct shell *sh, const struct cpu_run *only)
{
	if (!sh->is_json) {
		printf("sum %llu\n", (unsigned long long)only->call.sum);
		return;
	}
	json_open(NULL, '{');
	json_count("sum", only->call.sum);
	json_close('}');
}

static void print_results(const struct shell *sh, const struct run *run, const struct cpu_run *runs,
			  uint32_t nr)
{
	if (run->prog == &prog_get)
		print_got(sh, run, runs, nr);
	else if (run->prog == &prog_sum)
		print_sum(sh, runs);
	else if (sh->is_json)
		print_ran_json(run, runs, nr);
	else
		print_ran(run, nr);
}

static int run_on_cpus(struct shell *sh, struct run *run, struct pca_prog *prog)
{
	uint32_t nr = (uint32_t)hwloc_bitmap_weight(run->cpus);
	struct cpu_run *runs;
	int status;

	if (run->prog == &prog_get) {
		free(run->call.value);
		run->call.value = calloc(nr, run->map.elem_bytes);
	}
	runs = make_runs(run, nr);
	if (runs && (run->call.value || run->prog != &prog_get)) {
		status = execute_all(sh, run, prog, runs, nr);
		if (!status)
			print_results(sh, run, runs, nr);
	} else {
		status = shell_refused(sh, -ENOMEM, "run");
	}
	free(runs);
	return status;
}

/* The ids of all possible CPUs, for sum. */
static uint32_t *possible_cpus(const struct pca_machine *machine, uint32_t nr)
{
	uint32_t *cpus = calloc(nr, sizeof(cpus[0]));

	for (uint32_t i = 0; cpus && i < nr; i++)
		cpus[i] = (uint32_t)pca_cpu_id(machine, i);
	return cpus;
}

static int load_and_run(struct shell *sh, struct run *run)
{
	uint32_t nr_cpus = pca_num_possible_cpus(sh->session.machine);
	uint32_t *cpus = possible_cpus(sh->session.machine, nr_cpus);
	int status = SHELL_REFUSED, fd = load(sh, run);
	struct pca_prog *prog;

	run->call.map = run->ref;
	run->call.value_size = run->map.info.value_size;
	run->call.cpus = cpus;
	run->call.nr_cpus = cpus ? nr_cpus : 0;
	if (fd >= 0 && !pca_prog_get(shell_task(sh), fd, &prog)) {
		status = run_on_cpus(sh, run, prog);
		pca_prog_put(prog);
	}
	if (fd >= 0)
		pca_close(shell_task(sh), fd);
	free(cpus);
	return status;
}

/* A map that is open, the words behind it, the run. */
static int run_on_map(struct shell *sh, struct args *args, struct run *run)
{
	int err, status;

	run->call.key = calloc(1, run->map.info.key_size);
	run->call.value = calloc(1, run->map.elem_bytes);
	run->cpus = hwloc_bitmap_alloc();
	if (!run->call.key || !run->call.value || !run->cpus)
		status = shell_refused(sh, -ENOMEM, "run");
	else
		status = take_words(sh, args, run);
	if (!status) {
		err = pca_map_get(shell_task(sh), run->map.fd, &run->ref);
		status = err ? shell_refused(sh, err, "run") : load_and_run(sh, run);
		if (!err)
			pca_map_put(run->ref);
	}
	hwloc_bitmap_free(run->cpus);
	free(run->call.value);
	free(run->call.key);
	return status;
}

static int run_prog(struct shell *sh, struct args *args, const struct shell_prog *prog)
{
	struct run run = { .prog = prog };
	int status = map_open(sh, args, &run.map);

	if (status)
		return status;
	status = run_on_map(sh, args, &run);
	map_close(sh, &run.map);
	return status;
}

static int run_count(struct shell *sh, struct args *args)
{
	return run_prog(sh, args, &prog_count);
}

static int run_set(struct shell *sh, struct args *args)
{
	return run_prog(sh, args, &prog_set);
}

static int run_get(struct shell *sh, struct args *args)
{
	return run_prog(sh, args, &prog_get);
}

static int run_sum(struct shell *sh, struct args *args)
{
	return run_prog(sh, args, &prog_sum);
}

static int run_delete(struct shell *sh, struct args *args)
{
	return run_prog(sh, args, &prog_delete);
}

const struct shell_verb run_verbs[] = {
	{ "count", run_count, "MAP [key DATA] [by N] [times N] [cpu LIST | each]",
	  "MAP key by times cpu each" },
	{ "set", run_set, "MAP [key DATA] value DATA [cpu LIST | each]", "MAP key value cpu each" },
	{ "get", run_get, "MAP [key DATA] [cpu LIST | each]", "MAP key cpu each" },
	{ "sum", run_sum, "MAP [key DATA] [cpu N]", "MAP key cpu" },
	{ "delete", run_delete, "MAP [key DATA] [cpu LIST | each]", "MAP key cpu each" },
	{ 0 },
};

int shell_run(struct shell *sh, struct args *args)
{
	const char *word = args_take(args);
	const struct shell_verb *verb = shell_find_verb(run_verbs, word);

	return verb ? verb->run(sh, args) : shell_unknown_verb(sh, "run", run_verbs, word);
}
