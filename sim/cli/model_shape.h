/* SPDX-License-Identifier: MIT */
/*
 * The modelled hardware, out of a machine's topology and what the user says of it.
 */
#ifndef SIM_CLI_MODEL_SHAPE_H
#define SIM_CLI_MODEL_SHAPE_H

#include "machine.h"
#include "model_memory.h"

/* "32K,8" or "none" for each level; NULL: what the topology says. */
struct model_cache_texts {
	const char *l1, *l2, *l3;
};

/* 0, or -1 after a line on stderr. */
int model_shape_take(struct model_shape *shape, const struct pca_machine *machine,
		     const struct model_cache_texts *texts);

#endif
