/* SPDX-License-Identifier: MIT */
#ifndef SIM_TOLD_H
#define SIM_TOLD_H

#include "command.h"
#include "listen.h"

/*
 * Tell that the command which began with event ended with result, and what it was about.
 * is_good: the caller's attr and key are known to be good memory.
 */
void tell_command_end(struct pca_event *event, const struct call *c, uint32_t size, long result,
		      bool is_good);

#endif
