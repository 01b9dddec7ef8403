/* SPDX-License-Identifier: MIT */
/*
 * Faults that a task's commands are ordered to meet: before they look at anything,
 * or in their middle (steps.h).
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <pthread.h>

#include <pcasim/fault.h>

struct fault_order;

/* The orders of a task; while there are any, its attention has ATTENTION_FAULTS. */
struct faults {
	pthread_mutex_t lock;
	struct fault_order *first;
	uint64_t last_id;
};

/*
 * Where a command stops in its middle. Of the order it knows only the id: whether
 * that still stands is seen when the command gets there.
 */
struct fault_middle {
	uint64_t order_id; /* 0: it does not stop */
	uint32_t after_elems, after_copies;
};

void faults_init(struct faults *faults);
void faults_destroy(struct faults *faults);

/*
 * What is ordered for the command before it looks at anything happens: 0 or the
 * -errno that it returns. If the order is for its middle, *middle says where.
 */
int fault_before(struct pca_task *task, int cmd, struct fault_middle *middle);

/* The command is there: 0 or the -errno that it returns. Not inside a read section. */
int fault_in_middle(struct pca_task *task, const struct fault_middle *middle);

#endif
