/* SPDX-License-Identifier: MIT */
/*
 * Addresses in words: which element of which map, which variable.
 */
#ifndef SIM_CLI_SCHEDULE_PLACE_H
#define SIM_CLI_SCHEDULE_PLACE_H

#include "schedule_world.h"

enum schedule_place {
	PLACE_UNKNOWN,
	PLACE_STAYS, /* of an array or a variable: it can be looked at as long as the world lives */
	PLACE_MAY_GO, /* of an element of a hash */
};

/* What lies at addr, such as "counts[0]@1.packets"; "" where that is not known. */
enum schedule_place schedule_place_text(const struct schedule_world *world, const void *addr,
					uint32_t bytes, char *text, size_t size);

#endif
