// SPDX-License-Identifier: MIT
/*
 * Key k is hit about 1 / (k + 1) times as often as key 0, as words in a text
 * are. Every other event is counted from a key of the CPU's own on, so that
 * CPUs differ, as they do where packets or tasks prefer some of them. Which keys
 * are hit depends on nothing but the CPU's ordinal.
 */
#include "demo_heat.h"

#include <inttypes.h>
#include <linux/bpf.h>
#include <stdlib.h>

#include <pcasim/bpf.h>
#include <pcasim/helpers.h>
#include <pcasim/prog.h>

#include "machine.h"

#define ROUNDS 4
#define EVENTS_A_RUN 2500
/* Those listened to are short: each lookup is told. */
#define ROUNDS_LISTENED 3
#define EVENTS_A_RUN_LISTENED 200
#define MOST_EVENTS (1U << 17) /* of the timeline */

/* A CPU's context. */
struct hitter {
	struct pca_map_ref *map;
	const uint32_t *shares; /* of the random numbers below shares[k], key k is the first */
	uint64_t state;
	uint32_t own_key;
	uint32_t nr_events; /* of a run */
	uint64_t counted;   /* by all runs, as the program says */
	struct pca_run run;
	bool is_running;
} __attribute__((aligned(128)));

struct heating {
	struct session *session;
	struct heat *heat;
	struct pca_prog *prog;
	struct hitter *hitters; /* by ordinal */
	uint32_t shares[HEAT_KEYS];
};

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint32_t next_key(struct hitter *hitter)
{
	uint64_t random = next_random(&hitter->state);
	uint32_t key = 0;

	while (key < HEAT_KEYS - 1 && (uint32_t)random >= hitter->shares[key])
		key++;
	return random >> 63 ? (key + hitter->own_key) % HEAT_KEYS : key;
}

static int hit_keys(void *ctx)
{
	struct hitter *hitter = ctx;

	for (uint32_t i = 0; i < hitter->nr_events; i++) {
		uint32_t key = next_key(hitter);
		uint64_t *value = pca_map_lookup_elem(hitter->map, &key);

		if (!value)
			return -1;
		(*value)++;
		hitter->counted++;
	}
	return 0;
}

static void share_out(uint32_t shares[HEAT_KEYS])
{
	double sum = 0, all = 0;

	for (int key = 0; key < HEAT_KEYS; key++)
		all += 1.0 / (key + 1);
	for (int key = 0; key < HEAT_KEYS; key++) {
		sum += 1.0 / (key + 1);
		shares[key] = (uint32_t)(sum / all * (double)UINT32_MAX);
	}
}

static int load(struct heating *heating, int *prog_fd)
{
	struct pca_task *task = heating->session->task;
	const struct pca_map_use use = {
		.map_fd = heating->heat->map_fd,
		.helper = BPF_FUNC_map_lookup_elem,
		.access = PCA_READ | PCA_WRITE,
	};
	const struct pca_prog_load_opts opts = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.name = "hit_keys",
		.fn = hit_keys,
		.uses = &use,
		.nr_uses = 1,
	};
	int err;

	*prog_fd = pca_prog_load(task, &opts);
	err = *prog_fd < 0 ? *prog_fd : pca_prog_get(task, *prog_fd, &heating->prog);
	if (err)
		cli_error("the program cannot be used: %s", pca_strerror(err));
	return err ? -1 : 0;
}

static int submit(struct heating *heating, const struct cpu *cpu, uint32_t nr_events)
{
	struct hitter *hitter = &heating->hitters[cpu->ordinal];
	int err;

	hitter->nr_events = nr_events;
	err = pca_run_submit(&hitter->run, heating->prog, cpu->id, hitter);

	if (err) {
		cli_error("CPU %" PRIu32 " cannot run the program: %s", cpu->id, pca_strerror(err));
		return -1;
	}
	hitter->is_running = true;
	return 0;
}

/* A run on every CPU that is online. */
static int run_round(struct heating *heating, uint32_t nr_events)
{
	const struct pca_machine *machine = heating->session->machine;
	int err = 0;

	for_each_possible_cpu(machine, cpu) {
		if (!err && pca_cpu_is_online(machine, cpu->id))
			err = submit(heating, cpu, nr_events);
	}
	for_each_possible_cpu(machine, cpu) {
		struct hitter *hitter = &heating->hitters[cpu->ordinal];

		if (!hitter->is_running)
			continue;
		pca_run_wait(&hitter->run);
		hitter->is_running = false;
		heating->heat->nr_runs++;
	}
	return err;
}

/* As any user of Linux reads it: one command a key. */
static int read_back(const struct heating *heating)
{
	struct heat *heat = heating->heat;
	size_t bytes = heat->nr_cpus * sizeof(*heat->values);

	for (uint32_t key = 0; key < HEAT_KEYS; key++) {
		int err = pca_map_lookup(heating->session->task, heat->map_fd, &key,
					 &heat->values[(size_t)key * heat->nr_cpus], bytes, 0);

		if (err) {
			cli_error("the counts cannot be read back: %s", pca_strerror(err));
			return -1;
		}
	}
	return 0;
}

static void sum_up(const struct heating *heating)
{
	struct heat *heat = heating->heat;

	for (uint32_t i = 0; i < heat->nr_cpus; i++)
		heat->events += heating->hitters[i].counted;
	for (size_t i = 0; i < (size_t)HEAT_KEYS * heat->nr_cpus; i++)
		heat->in_map += heat->values[i];
}

static int run_rounds(struct heating *heating, int nr, uint32_t nr_events)
{
	int err = 0;

	for (int round = 0; round < nr && !err; round++) {
		err = run_round(heating, nr_events);
		if (!err)
			err = read_back(heating);
	}
	return err;
}

static int listen_to_rounds(struct heating *heating)
{
	struct heat *heat = heating->heat;
	int err;

	heat->timeline = timeline_record(heating->session->machine, MOST_EVENTS);
	if (!heat->timeline)
		return -1;
	err = run_rounds(heating, ROUNDS_LISTENED, EVENTS_A_RUN_LISTENED);
	timeline_stop(heat->timeline);
	return err;
}

static int run_all(struct heating *heating)
{
	int prog_fd, err = load(heating, &prog_fd);

	if (err)
		return err;
	err = run_rounds(heating, ROUNDS, EVENTS_A_RUN);
	if (!err)
		err = listen_to_rounds(heating);
	pca_prog_put(heating->prog);
	pca_close(heating->session->task, prog_fd);
	sum_up(heating);
	return err;
}

static int allocate(struct heating *heating)
{
	struct heat *heat = heating->heat;

	heating->hitters = aligned_alloc(128, heat->nr_cpus * sizeof(*heating->hitters));
	heat->values = calloc((size_t)HEAT_KEYS * heat->nr_cpus, sizeof(*heat->values));
	if (!heating->hitters || !heat->values) {
		cli_error("out of memory for the keys of %" PRIu32 " CPUs", heat->nr_cpus);
		return -1;
	}
	share_out(heating->shares);
	for (uint32_t i = 0; i < heat->nr_cpus; i++)
		heating->hitters[i] = (struct hitter){
			.map = heat->map,
			.shares = heating->shares,
			.state = i,
			.own_key = i % HEAT_KEYS,
		};
	return 0;
}

int heat_run(struct session *session, struct heat *heat)
{
	struct heating heating = { .session = session, .heat = heat };
	int err;

	*heat = (struct heat){ .nr_cpus = pca_num_possible_cpus(session->machine) };
	heat->map_fd = session_create_map(session, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(uint64_t),
					  HEAT_KEYS, &heat->map);
	if (heat->map_fd < 0)
		return -1;
	err = allocate(&heating);
	if (!err)
		err = run_all(&heating);
	free(heating.hitters);
	if (err)
		heat_free(session, heat);
	return err;
}

void heat_free(struct session *session, struct heat *heat)
{
	if (heat->timeline)
		timeline_free(heat->timeline);
	pca_map_put(heat->map);
	pca_close(session->task, heat->map_fd);
	free(heat->values);
}
