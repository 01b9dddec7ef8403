// SPDX-License-Identifier: MIT
/*
 * Two threads on two CPUs, each with a task of its own, look up elements of one map: what
 * they share - a reference count, a lock - would travel between the CPUs. How long a cache
 * line takes for that is measured first, and is what makes the row mean something.
 */
#include <pthread.h>
#include <stdio.h>

#include "pingpong.h"
#include "rows.h"

#define NR_ELEMS 256

/* Both together do 1.6 times as much as one alone, at best twice. */
#define BAR (1 / 1.6)
#define GOAL (1 / 1.9)

/* ---- two tasks ---- */

/* A thread's part: lookups of its own, from a start that both wait for. */
struct part {
	struct side side;
	int fd, cpu;
	uint32_t nr_ops;
	bool failed;
	long nr_preempted;
	uint64_t start, end; /* ns */
	uint64_t values[1024];
} __attribute__((aligned(128)));

static struct part parts[2];
static uint32_t nr_ready;

static void look_up(struct part *part, uint32_t nr_parts)
{
	const struct side side = part->side;
	uint32_t key = 0;
	union bpf_attr attr = {
		.map_fd = (uint32_t)part->fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)part->values,
	};

	side_bpf(&side, BPF_MAP_LOOKUP_ELEM, &attr, ATTR_END(flags)); /* a thread's first */
	__atomic_fetch_add(&nr_ready, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&nr_ready, __ATOMIC_ACQUIRE) < nr_parts)
		;
	long before = host_preemptions();

	part->start = now_ns();
	for (uint32_t i = 0; i < part->nr_ops; i++) {
		if (side_bpf(&side, BPF_MAP_LOOKUP_ELEM, &attr, ATTR_END(flags)))
			part->failed = true;
		key = key + 1 < NR_ELEMS ? key + 1 : 0;
	}
	part->end = now_ns();
	part->nr_preempted = host_preemptions() - before;
}

static void *partner_main(void *arg)
{
	struct part *part = arg;

	host_pin_to(part->cpu);
	look_up(part, 2);
	return NULL;
}

/* From the first one's start to the last one's end, a lookup of either. */
static double both_ns_per_op(uint32_t nr_ops)
{
	const struct part *a = &parts[0], *b = &parts[1];
	uint64_t start = a->start < b->start ? a->start : b->start;
	uint64_t end = a->end > b->end ? a->end : b->end;

	return (double)(end - start) / (2.0 * nr_ops);
}

/* Again while either was preempted: then they did not work at the same time. */
static double sample_both(const struct arm *arm)
{
	for (int tries = 50; tries; tries--) {
		pthread_t partner;

		nr_ready = 0;
		parts[0].nr_ops = parts[1].nr_ops = arm->nr_ops;
		if (pthread_create(&partner, NULL, partner_main, &parts[1]))
			return -1;
		look_up(&parts[0], 2);
		pthread_join(partner, NULL);
		if (parts[0].failed || parts[1].failed)
			return -1;
		if (!parts[0].nr_preempted && !parts[1].nr_preempted)
			break;
	}
	return both_ns_per_op(arm->nr_ops);
}

static double sample_one(const struct arm *arm)
{
	nr_ready = 0;
	parts[0].nr_ops = arm->nr_ops;
	look_up(&parts[0], 1);
	return parts[0].failed ? -1 : (double)(parts[0].end - parts[0].start) / arm->nr_ops;
}

/* The map in both tasks, by way of a pin. */
static int share_map(void)
{
	union bpf_attr pin = {
		.pathname = (uintptr_t) "/sys/fs/bpf/shared",
		.bpf_fd = (uint32_t)parts[0].fd,
	};
	union bpf_attr get = { .pathname = pin.pathname };

	if (parts[0].fd < 0 || side_bpf(&parts[0].side, BPF_OBJ_PIN, &pin, ATTR_END(file_flags)))
		return -1;
	parts[1].fd = (int)side_bpf(&parts[1].side, BPF_OBJ_GET, &get, ATTR_END(file_flags));
	return parts[1].fd < 0 ? -1 : 0;
}

int add_two_tasks_row(struct matrix *matrix, const struct side *side)
{
	static char note[48];
	const struct arm one = { .name = "one task", .sample = sample_one, .nr_ops = 5000 };
	struct row *row = row_add(matrix, "LOOKUP_ELEM, two tasks", "one map, a CPU each");

	if (matrix->cpus.other < 0) {
		row->why_not = "this process may use one CPU only";
		return 0;
	}
	parts[0].side = *side;
	parts[1].cpu = matrix->cpus.other;
	parts[0].fd = side_map_create(side, BPF_MAP_TYPE_PERCPU_ARRAY, 8, NR_ELEMS);
	if (pca_task_create(&parts[1].side.task, pca_task_machine(side->task), NULL) || share_map())
		return -1;
	row->theirs = one;
	row->ours = one;
	row->ours.name = "pcasim";
	row->ours.sample = sample_both;
	row->ours.waits = true; /* for the partner; it looks for disturbances itself */
	matrix->ping_pong_ns = pingpong_ns(matrix->cpus.here, matrix->cpus.other);
	snprintf(note, sizeof(note), "one map, ping-pong %.0f ns", matrix->ping_pong_ns);
	row->note = note;
	switch (pingpong_meaning(matrix->ping_pong_ns, matrix->cpus.here, matrix->cpus.other)) {
	case PINGPONG_FAR:
	case PINGPONG_NEAR:
		row->bar = BAR;
		row->goal = GOAL;
		break;
	default: /* they are no two cores at work at the same time */
		break;
	}
	return 0;
}
