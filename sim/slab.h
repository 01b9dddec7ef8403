/* SPDX-License-Identifier: MIT */
/*
 * The memory of a map's elements: one slab per CPU, or one for all.
 */
#ifndef SIM_SLAB_H
#define SIM_SLAB_H

#include <pcasim/api.h>

/* Two cache lines: the prefetcher pulls lines in pairs. */
#define SLAB_ALIGN 128

struct slabs {
	char *base;	 /* as commands see it */
	char *prog_base; /* as programs do: the same, or a view that cannot be written */
	uint64_t stride; /* bytes from one slab to the next */
	uint64_t mapped_bytes;
};

/*
 * nr zeroed slabs of slab_bytes each; programs may write them, or only read. 0 or
 * -ENOMEM; touches no page.
 */
int slabs_alloc(struct slabs *slabs, uint32_t nr, uint64_t slab_bytes, bool progs_may_write);
void slabs_free(struct slabs *slabs);

#endif
