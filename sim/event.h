/* SPDX-License-Identifier: MIT */
/*
 * Telling events (pcasim/event.h). Who has something to tell asks first whether the
 * machine is listened to, on a way that is not the shortest one.
 */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include <time.h>

#include <pcasim/event.h>

#include "machine.h"

static inline bool machine_is_listened_to(const struct pca_machine *machine)
{
	return machine->listener;
}

static inline uint64_t event_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Tell it, with the time of this moment if it has none yet. */
void event_tell(const struct pca_machine *machine, struct pca_event *event);

/* The name of a CPU's idle task. */
#define IDLE_COMM_BYTES 16
const char *idle_comm(char *buf, const struct cpu *cpu);

#endif
