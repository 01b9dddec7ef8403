/* SPDX-License-Identifier: MIT */
/*
 * Commands of tasks that are listened to.
 */
#ifndef SIM_LISTEN_H
#define SIM_LISTEN_H

#include "event.h"
#include "task.h"

static inline bool task_is_listened_to(const struct pca_task *task)
{
	return task->attention & ATTENTION_EVENTS;
}

/* Tell that the task gives a command. */
void command_begins(struct pca_event *event, const struct pca_task *task, int cmd);

/* It is over now; what is to be said of it is yet to be found. */
void command_is_over(struct pca_event *event);

/* Tell how it ended, and what else is in the event by now. */
void command_ends(struct pca_event *event, const struct pca_task *task, long result);

#endif
