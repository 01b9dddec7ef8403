/* SPDX-License-Identifier: MIT */
/*
 * What invariants may name in a world of "pcasim schedule", and what is there.
 */
#ifndef SIM_CLI_SCHEDULE_VALUES_H
#define SIM_CLI_SCHEDULE_VALUES_H

#include "invariant.h"
#include "schedule_world.h"

/* What is parsed with the scope of one world counts for all that are like it. */
struct invariant_scope schedule_scope(const struct schedule_world *world);
struct invariant_values schedule_values(struct schedule_world *world);

#endif
