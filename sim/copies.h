/* SPDX-License-Identifier: MIT */
/*
 * Which of an element's copies a command addresses: all of them, one CPU's
 * (BPF_F_CPU), or all with one value (BPF_F_ALL_CPUS).
 */
#ifndef SIM_COPIES_H
#define SIM_COPIES_H

#include "map.h"

enum copies_kind { COPIES_ALL, COPIES_ONE, COPIES_SAME };

struct copies {
	enum copies_kind kind;
	uint32_t slab; /* of the one */
};

/*
 * Read flags as the map's release does (Linux: bpf_map_check_op_flags()). allowed
 * are the bits below 32 that the command takes. 0, -EINVAL, or -ERANGE for a CPU
 * that is not possible.
 */
int copies_of_flags(struct copies *copies, const struct pca_map *map, uint64_t flags,
		    uint32_t allowed);

/* Bytes of one element in the caller's buffer. */
static inline uint32_t copies_bytes(const struct copies *copies, const struct pca_map *map)
{
	return likely(copies->kind == COPIES_ALL) ? map->user_bytes : map->value_size;
}

static inline void copies_read(const struct copies *copies, const struct pca_map *map,
			       uintptr_t elem, void *dst)
{
	if (likely(copies->kind == COPIES_ALL))
		map->ops->read_elems(map, elem, 1, dst);
	else
		map->ops->read_copy(map, copies->slab, (uint32_t)elem, dst);
}

void copies_write_some(const struct copies *copies, const struct pca_map *map, uint32_t index,
		       const void *src);

static inline void copies_write(const struct copies *copies, const struct pca_map *map,
				uint32_t index, const void *src)
{
	if (likely(copies->kind == COPIES_ALL))
		map->ops->write_elem(map, index, src);
	else
		copies_write_some(copies, map, index, src);
}

#endif
