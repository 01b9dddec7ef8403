/* SPDX-License-Identifier: MIT */
/*
 * The map reference and the inlined lookup: all that a program needs on its
 * fast path. Uses only the compiler's own names of types, so that programs can
 * include it beside vmlinux.h, which clashes with <stdint.h> and <stdbool.h>.
 */
#ifndef PCASIM_MAP_REF_H
#define PCASIM_MAP_REF_H

#include <pcasim/attributes.h>

PCA_BEGIN_DECLS

struct pca_map;

/*
 * What the inlined lookup reads; the first bytes of every map. The element of
 * key k on the CPU with ordinal o lies at base + o * stride + k * elem_size.
 * A map that all CPUs share (BPF_MAP_TYPE_ARRAY) has stride 0.
 */
struct pca_map_ref {
	char *base;		 /* slab of ordinal 0 */
	__UINTPTR_TYPE__ stride; /* bytes from one CPU's slab to the next one's */
	__UINT32_TYPE__ max_entries;
	__UINT32_TYPE__ elem_size; /* round_up(value_size, 8) bytes */
	struct pca_map *map;	   /* the map that this belongs to */
};

/* The run that this thread executes now. */
struct pca_this_cpu {
	__UINT32_TYPE__ ordinal; /* of the CPU; meaningless outside a run */
	/* 0 in a run; all ones outside, and in runs that are told to a listener (event.h). */
	__UINT32_TYPE__ outside_run;
};

extern PCA_API __thread struct pca_this_cpu pca_this_cpu __attribute__((tls_model("initial-exec")));

/*
 * The cold end of a lookup: no such key (NULL), no run (a message, NULL), or a run that
 * is told, in which this tells the lookup and does it. It changes nothing that a program
 * sees, hence "pure": what a loop has in registers stays there.
 */
PCA_API void *pca_map_lookup_cold(const struct pca_map_ref *map, __UINT32_TYPE__ key)
	__attribute__((cold, pure));

/*
 * The current CPU's element of *key, or NULL if the key (32 bits) is not below
 * max_entries. OR-ing outside_run into the key makes one test out of two.
 * The pointer is valid until the end of the run.
 */
PCA_ALWAYS_INLINE void *pca_map_lookup_elem(const struct pca_map_ref *map, const void *key)
{
	char *slab = map->base + pca_this_cpu.ordinal * map->stride;
	const __UINTPTR_TYPE__ elem_size = map->elem_size;
	__UINT32_TYPE__ index;

	__builtin_memcpy(&index, key, sizeof(index)); /* whatever type and place it has */
	if (pca_unlikely((index | pca_this_cpu.outside_run) >= map->max_entries))
		return pca_map_lookup_cold(map, index);
	slab += index * elem_size;
	if (!slab)
		__builtin_unreachable(); /* so that the caller's test for NULL is the one above */
	return slab;
}

PCA_END_DECLS

#endif
