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
 * key k in slab s lies at base + s * stride + k * elem_size. Slab s is that of the
 * CPU with ordinal s, but where CPUs are on several NUMA nodes: then each node's
 * slabs begin on a page of their own. A map that all CPUs share
 * (BPF_MAP_TYPE_ARRAY) has stride 0. Where keys are no indices (BPF_MAP_TYPE_HASH),
 * max_entries is 0, so that every inlined lookup takes its cold end, and base tells
 * nothing.
 */
struct pca_map_ref {
	char *base;		 /* slab 0 */
	__UINTPTR_TYPE__ stride; /* bytes from one slab to the next one */
	__UINT32_TYPE__ max_entries;
	__UINT32_TYPE__ elem_size; /* round_up(value_size, 8) bytes */
	struct pca_map *map;	   /* the map that this belongs to */
};

/* The run that this thread executes now. */
struct pca_this_cpu {
	__UINT32_TYPE__ slab; /* the CPU's in every map; meaningless outside a run */
	/* 0 in a run; all ones outside, and in runs that are told to a listener (event.h). */
	__UINT32_TYPE__ outside_run;
};

extern PCA_API __thread struct pca_this_cpu pca_this_cpu __attribute__((tls_model("initial-exec")));

/*
 * The cold end of a lookup: no such key (NULL), no run (a message, NULL), a run that
 * is told, in which this tells the lookup and does it, or a hash. It changes nothing that
 * a program sees, hence "pure": what a loop has in registers stays there.
 */
PCA_API void *pca_map_lookup_cold(const struct pca_map_ref *map, const void *key)
	__attribute__((cold, pure));

/* Sanitizers see it when a hash's key of less than 4 bytes is read as an index. */
#if defined(__SANITIZE_ADDRESS__)
#define PCA_KEYS_ARE_GUARDED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PCA_KEYS_ARE_GUARDED 1
#endif
#endif
#ifndef PCA_KEYS_ARE_GUARDED
#define PCA_KEYS_ARE_GUARDED 0
#endif

/* A program's definition of a map may be shorter than what lies there, by its end. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Warray-bounds"

/*
 * The current CPU's element of *key, or NULL if the key (32 bits) is not below
 * max_entries. OR-ing outside_run into the key makes one test out of two. Of a hash, the
 * element of the key_size bytes at key, or NULL if there is none.
 * The pointer is valid until the end of the run, also if the element is deleted in it.
 *
 * The cold end takes the key's address. A key that is known to be 4 bytes and no more is
 * copied for it, so that the variable it is in stays in a register.
 */
PCA_ALWAYS_INLINE void *pca_map_lookup_elem(const struct pca_map_ref *map, const void *key)
{
	char *slab = map->base + pca_this_cpu.slab * map->stride;
	const __UINTPTR_TYPE__ elem_size = map->elem_size;
	const __UINTPTR_TYPE__ key_bytes = __builtin_object_size(key, 0); /* or all ones */
	__UINT32_TYPE__ index;

	if (key_bytes < sizeof(index) || (PCA_KEYS_ARE_GUARDED && !map->max_entries))
		return pca_map_lookup_cold(map, key);
	__builtin_memcpy(&index, key, sizeof(index)); /* whatever type and place it has */
	if (pca_unlikely((index | pca_this_cpu.outside_run) >= map->max_entries)) {
		if (key_bytes == sizeof(index)) {
			const __UINT32_TYPE__ copy = index;

			return pca_map_lookup_cold(map, &copy);
		}
		return pca_map_lookup_cold(map, key);
	}
	slab += index * elem_size;
	if (!slab)
		__builtin_unreachable(); /* so that the caller's test for NULL is the one above */
	return slab;
}

#pragma GCC diagnostic pop

PCA_END_DECLS

#endif
