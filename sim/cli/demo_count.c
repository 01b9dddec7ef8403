// SPDX-License-Identifier: MIT
/*
 * The counting measurement. Each online CPU executes one run of a program that
 * counts events until a deadline shared by all, so that a hundred simulated
 * CPUs on two host CPUs take no longer than two.
 */
#include <inttypes.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pcasim/bpf.h>
#include <pcasim/helpers.h>
#include <pcasim/prog.h>

#include "demo.h"
#include "machine.h"
#include "term.h"

#define EVENTS_PER_CLOCK 1024  /* reading the clock costs as much as tens of events */
#define START_NS_PER_CPU 50000 /* to start a worker */
#define PROGRESS_NS 50000000

/* A CPU's context: what its program needs, and what it says it did. */
struct tally {
	struct pca_map_ref *map;
	uint64_t start_ns, deadline_ns;
	uint64_t events, end_ns;
} __attribute__((aligned(128)));

struct counting {
	struct session *session;
	struct pca_map_ref *map;
	struct pca_prog *prog;
	int map_fd, prog_fd;
	struct tally *tallies; /* by ordinal */
	struct pca_run *runs;
	bool *is_running;
};

/*
 * What happens at each event. Not inlined, so that every event pays for its
 * lookup as it would in a kernel; the compiler would hoist that out of the loop.
 */
static __attribute__((noinline)) bool add_plainly(struct pca_map_ref *map)
{
	uint32_t key = 0;
	uint64_t *value = pca_map_lookup_elem(map, &key);

	if (!value)
		return false;
	(*value)++;
	return true;
}

static __attribute__((noinline)) bool add_atomically(struct pca_map_ref *map)
{
	uint32_t key = 0;
	uint64_t *value = pca_map_lookup_elem(map, &key);

	if (!value)
		return false;
	__atomic_fetch_add(value, 1, __ATOMIC_RELAXED);
	return true;
}

/* Plain to programs; to the compiler a load and a store that may race. */
static __attribute__((noinline)) bool add_carelessly(struct pca_map_ref *map)
{
	uint32_t key = 0;
	uint64_t *value = pca_map_lookup_elem(map, &key);

	if (!value)
		return false;
	__atomic_store_n(value, __atomic_load_n(value, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
	return true;
}

PCA_ALWAYS_INLINE int count_until_deadline(struct tally *tally, bool (*add)(struct pca_map_ref *))
{
	uint64_t events = 0;

	/* Others are still to be started: leave them the host's CPUs. */
	while (pca_ktime_get_ns() < tally->start_ns)
		sched_yield();
	do {
		for (int i = 0; i < EVENTS_PER_CLOCK; i++)
			events += add(tally->map);
	} while (pca_ktime_get_ns() < tally->deadline_ns);
	tally->events = events;
	tally->end_ns = pca_ktime_get_ns();
	return 0;
}

static int count_plainly(void *ctx)
{
	return count_until_deadline(ctx, add_plainly);
}

static int count_atomically(void *ctx)
{
	return count_until_deadline(ctx, add_atomically);
}

static int count_carelessly(void *ctx)
{
	return count_until_deadline(ctx, add_carelessly);
}

static const struct {
	const char *name;
	pca_prog_fn fn;
	uint32_t map_type, access;
} kinds[] = {
	[COUNT_PERCPU] = { "count_plainly", count_plainly, BPF_MAP_TYPE_PERCPU_ARRAY,
			   PCA_READ | PCA_WRITE },
	[COUNT_SHARED] = { "count_atomic", count_atomically, BPF_MAP_TYPE_ARRAY,
			   PCA_READ | PCA_WRITE | PCA_ATOMIC },
	[COUNT_CARELESS] = { "count_careless", count_carelessly, BPF_MAP_TYPE_ARRAY,
			     PCA_READ | PCA_WRITE },
};

static int load_program(struct counting *counting, enum count_kind kind)
{
	struct pca_map_use use = {
		.map_fd = counting->map_fd,
		.helper = BPF_FUNC_map_lookup_elem,
		.access = kinds[kind].access,
	};
	char log[256] = "";
	struct pca_prog_load_opts opts = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.name = kinds[kind].name,
		.fn = kinds[kind].fn,
		.uses = &use,
		.nr_uses = 1,
		.log = log,
		.log_size = sizeof(log),
	};
	int err;

	counting->prog_fd = pca_prog_load(counting->session->task, &opts);
	if (counting->prog_fd < 0) {
		cli_error("the program is refused: %s %s", pca_strerror(counting->prog_fd), log);
		return -1;
	}
	err = pca_prog_get(counting->session->task, counting->prog_fd, &counting->prog);
	if (!err)
		return 0;
	pca_close(counting->session->task, counting->prog_fd);
	cli_error("the program cannot be used: %s", pca_strerror(err));
	return -1;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Hand the program to every online CPU. 0, or -1 when a worker did not start. */
static int submit_all(struct counting *counting, uint64_t start_ns, uint64_t deadline_ns)
{
	for_each_possible_cpu(counting->session->machine, cpu) {
		struct tally *tally = &counting->tallies[cpu->ordinal];

		if (!pca_cpu_is_online(counting->session->machine, cpu->id))
			continue;
		*tally = (struct tally){ .map = counting->map,
					 .start_ns = start_ns,
					 .deadline_ns = deadline_ns };
		int err = pca_run_submit(&counting->runs[cpu->ordinal], counting->prog, cpu->id,
					 tally);

		if (err) {
			cli_error("CPU %" PRIu32 " cannot run the program: %s; fewer CPUs may "
				  "be started, see --online",
				  cpu->id, pca_strerror(err));
			return -1;
		}
		counting->is_running[cpu->ordinal] = true;
	}
	return 0;
}

static void show_progress_until(uint64_t start_ns, uint64_t deadline_ns, const char *label)
{
	const struct timespec pause = { .tv_nsec = PROGRESS_NS };

	for (uint64_t now = now_ns(); now + PROGRESS_NS < deadline_ns; now = now_ns()) {
		if (now > start_ns)
			progress_show(label,
				      (double)(now - start_ns) / (double)(deadline_ns - start_ns));
		nanosleep(&pause, NULL);
	}
}

static int run_all(struct counting *counting, double seconds, const char *label,
		   struct count_result *result)
{
	const struct pca_machine *machine = counting->session->machine;
	uint64_t start_ns = now_ns() + (uint64_t)START_NS_PER_CPU * pca_num_online_cpus(machine);
	uint64_t deadline_ns = start_ns + (uint64_t)(seconds * 1e9);
	uint64_t end_ns = start_ns + 1;
	int err = submit_all(counting, start_ns, deadline_ns);

	if (!err)
		show_progress_until(start_ns, deadline_ns, label);
	for (uint32_t i = 0; i < machine->nr_cpus; i++) {
		if (!counting->is_running[i])
			continue;
		pca_run_wait(&counting->runs[i]);
		result->cpu_events[i] = counting->tallies[i].events;
		result->events += result->cpu_events[i];
		if (counting->tallies[i].end_ns > end_ns)
			end_ns = counting->tallies[i].end_ns;
	}
	progress_clear();
	result->seconds = (double)(end_ns - start_ns) / 1e9;
	return err;
}

/* What the map holds, as any user of Linux reads it. */
static int read_back(const struct counting *counting, struct count_result *result)
{
	uint32_t nr = result->is_percpu ? counting->session->machine->nr_cpus : 1, key = 0;
	uint64_t shared_value = 0;
	union bpf_attr attr;
	long err;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)counting->map_fd;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)(result->is_percpu ? result->cpu_values : &shared_value);
	err = pca_bpf(counting->session->task, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr));
	if (err) {
		cli_error("the counts cannot be read back: %s", pca_strerror((int)err));
		return -1;
	}
	for (uint32_t i = 0; i < nr; i++)
		result->map_events += result->is_percpu ? result->cpu_values[i] : shared_value;
	return 0;
}

static int allocate(struct counting *counting, struct count_result *result)
{
	uint32_t nr = counting->session->machine->nr_cpus;

	counting->tallies = aligned_alloc(128, nr * sizeof(*counting->tallies));
	counting->runs = calloc(nr, sizeof(*counting->runs));
	counting->is_running = calloc(nr, sizeof(*counting->is_running));
	result->cpu_events = calloc(nr, sizeof(*result->cpu_events));
	result->cpu_values = calloc(nr, sizeof(*result->cpu_values));
	if (counting->tallies && counting->runs && counting->is_running && result->cpu_events &&
	    result->cpu_values)
		return 0;
	cli_error("out of memory for the tallies of %" PRIu32 " CPUs", nr);
	return -1;
}

static int measure(struct counting *counting, double seconds, const char *label,
		   struct count_result *result)
{
	int err;

	result->stride_bytes = counting->map->stride;
	err = run_all(counting, seconds, label, result);
	if (!err)
		err = read_back(counting, result);
	pca_prog_put(counting->prog);
	pca_close(counting->session->task, counting->prog_fd);
	return err;
}

int count_run(struct session *session, enum count_kind kind, double seconds, const char *label,
	      struct count_result *result)
{
	struct counting counting = { .session = session };
	int err;

	*result = (struct count_result){ .is_percpu = kind == COUNT_PERCPU };
	err = allocate(&counting, result);
	if (!err) {
		counting.map_fd =
			session_create_map(session, kinds[kind].map_type, 8, 1, &counting.map);
		err = counting.map_fd < 0 ? -1 : 0;
	}
	if (!err) {
		err = load_program(&counting, kind);
		if (!err)
			err = measure(&counting, seconds, label, result);
		pca_map_put(counting.map);
		pca_close(session->task, counting.map_fd);
	}
	free(counting.is_running);
	free(counting.runs);
	free(counting.tallies);
	if (err)
		count_free(result);
	return err;
}

void count_free(struct count_result *result)
{
	free(result->cpu_events);
	free(result->cpu_values);
	*result = (struct count_result){ 0 }; /* it may be freed again */
}
