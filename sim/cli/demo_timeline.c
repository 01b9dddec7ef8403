// SPDX-License-Identifier: MIT
/*
 * The timeline of "pcasim demo". The measurements themselves are not recorded: telling a
 * helper call takes longer than the call. This runs the same two kinds of counting for a
 * few events on each CPU, reads the results back and sums them up.
 */
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include <pcasim/bpf.h>
#include <pcasim/helpers.h>
#include <pcasim/prog.h>

#include "demo.h"
#include "json.h"
#include "machine.h"
#include "timeline.h"

#define EVENTS_PER_RUN 4
#define ROUNDS 3
#define SUMMING_RUNS 2

/* The maps of both programs, their ctx. */
struct show {
	struct session *session;
	int fds[2];
	struct pca_map_ref *percpu, *shared;
};

static int count(void *ctx)
{
	const struct show *show = ctx;
	const uint32_t key = 0;

	for (int i = 0; i < EVENTS_PER_RUN; i++) {
		uint64_t *mine = pca_map_lookup_elem(show->percpu, &key);
		uint64_t *ours = pca_map_lookup_elem(show->shared, &key);

		if (!mine || !ours)
			return -1;
		(*mine)++;
		__atomic_fetch_add(ours, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

static long add_up(struct pca_map_ref *map, const void *key, void *value, void *sum)
{
	(void)map;
	(void)key;
	*(uint64_t *)sum += *(uint64_t *)value;
	return 0;
}

static struct pca_map_ref *summed_map;

/* BPF_PROG_TEST_RUN gives it a packet, not our ctx. */
static int sum(void *ctx)
{
	uint64_t total = 0;

	(void)ctx;
	pca_for_each_map_elem(summed_map, add_up, &total, 0);
	return (int)total;
}

static int open_map(struct show *show, int which, uint32_t type, const char *name)
{
	union bpf_attr attr;
	struct pca_map_ref **map = which ? &show->shared : &show->percpu;
	int fd, err;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = sizeof(uint32_t);
	attr.value_size = sizeof(uint64_t);
	attr.max_entries = 1;
	strcpy(attr.map_name, name);
	fd = (int)pca_bpf(show->session->task, BPF_MAP_CREATE, &attr, sizeof(attr));
	err = fd < 0 ? fd : pca_map_get(show->session->task, fd, map);
	if (err)
		cli_error("--timeline: the map cannot be made: %s", pca_strerror(err));
	show->fds[which] = fd;
	return err;
}

static int load(const struct show *show, const char *name, pca_prog_fn fn, uint32_t helper)
{
	const struct pca_map_use uses[] = {
		{ .map_fd = show->fds[0], .helper = helper, .access = PCA_READ | PCA_WRITE },
		{ .map_fd = show->fds[1], .helper = helper, .access = PCA_READ | PCA_ATOMIC },
	};
	const struct pca_prog_load_opts opts = {
		.type = BPF_PROG_TYPE_SOCKET_FILTER,
		.name = name,
		.fn = fn,
		.uses = uses,
		.nr_uses = sizeof(uses) / sizeof(uses[0]),
	};

	return pca_prog_load(show->session->task, &opts);
}

static int read_back(const struct show *show, void *values)
{
	const uint32_t key = 0;
	union bpf_attr attr;
	long err = 0;

	for (int which = 0; which < 2 && !err; which++) {
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = (uint32_t)show->fds[which];
		attr.key = (uintptr_t)&key;
		attr.value = (uintptr_t)values;
		err = pca_bpf(show->session->task, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr));
	}
	return (int)err;
}

static int count_everywhere(struct show *show)
{
	static uint64_t values[PCA_MAX_CPUS];
	struct pca_prog *prog;
	int fd = load(show, "count", count, BPF_FUNC_map_lookup_elem);
	int err = fd < 0 ? fd : pca_prog_get(show->session->task, fd, &prog);

	if (err)
		return err;
	for (int i = 0; i < ROUNDS && !err; i++) {
		int nr_ran = pca_run_on_each_cpu(prog, show, NULL);

		err = nr_ran < 0 ? nr_ran : read_back(show, values);
	}
	pca_prog_put(prog);
	pca_close(show->session->task, fd);
	return err;
}

static int sum_by_test_run(struct show *show)
{
	char packet[64] = "";
	union bpf_attr attr;
	int fd = load(show, "sum", sum, BPF_FUNC_for_each_map_elem), err;

	if (fd < 0)
		return fd;
	summed_map = show->percpu;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (uint32_t)fd;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = SUMMING_RUNS;
	err = (int)pca_bpf(show->session->task, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	pca_close(show->session->task, fd);
	return err;
}

static int show_all(struct show *show)
{
	int err = open_map(show, 0, BPF_MAP_TYPE_PERCPU_ARRAY, "per_cpu");

	if (err)
		return -1;
	err = open_map(show, 1, BPF_MAP_TYPE_ARRAY, "shared");
	if (!err) {
		err = count_everywhere(show);
		if (!err && machine_has(show->session->machine, FEATURE_FOR_EACH))
			err = sum_by_test_run(show);
		if (err)
			cli_error("--timeline: the programs cannot run: %s", pca_strerror(err));
		pca_map_put(show->shared);
		pca_close(show->session->task, show->fds[1]);
	}
	pca_map_put(show->percpu);
	pca_close(show->session->task, show->fds[0]);
	return err ? -1 : 0;
}

int demo_timeline(struct session *session, const char *path, struct timeline_totals *totals)
{
	struct show show = { .session = session };
	struct timeline *timeline;
	int err = timeline_open(&timeline, session, path);

	if (err || !timeline)
		return err;
	err = show_all(&show);
	*totals = (struct timeline_totals){
		.runs = timeline_count(timeline, PCA_EVENT_RUN_END),
		.commands = timeline_count(timeline, PCA_EVENT_COMMAND_END),
		.helpers = timeline_count(timeline, PCA_EVENT_HELPER),
		.switches = timeline_count(timeline, PCA_EVENT_SWITCH),
	};
	return timeline_close(timeline) || err ? -1 : 0;
}

void demo_print_timeline(const char *path, const struct timeline_totals *totals)
{
	printf("\ntimeline %s: %" PRIu64 " runs, %" PRIu64 " helper calls, %" PRIu64
	       " commands, %" PRIu64 " switches; open it in ui.perfetto.dev\n",
	       path, totals->runs, totals->helpers, totals->commands, totals->switches);
}

void demo_timeline_json(const char *path, const struct timeline_totals *totals)
{
	json_open("timeline", '{');
	json_text("file", path);
	json_count("runs", totals->runs);
	json_count("helper_calls", totals->helpers);
	json_count("commands", totals->commands);
	json_count("switches", totals->switches);
	json_close('}');
}
