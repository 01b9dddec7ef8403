/* SPDX-License-Identifier: MIT */
/*
 * Maps as programs and debuggers see them. struct pca_map_ref is in map_ref.h.
 */
#ifndef PCASIM_MAP_H
#define PCASIM_MAP_H

#include <pcasim/api.h>
#include <pcasim/map_ref.h>

PCA_BEGIN_DECLS

/*
 * Take a reference to the map behind fd, for programs' helpers and for
 * pca_map_peek(); give it back with pca_map_put(), also after the machine was
 * destroyed. The reference keeps the map and its id, as a program does.
 *
 * Returns 0; -EBADF: not open; -EINVAL: open, but no map. MT-safe.
 * Linux counterpart: bpf_map_get().
 */
PCA_API int pca_map_get(struct pca_task *task, int fd, struct pca_map_ref **map);
PCA_API void pca_map_put(struct pca_map_ref *map);

/*
 * For debuggers and tests: the address of key's element on CPU cpu, whatever
 * the access flags; NULL when the key or CPU does not exist, and of a hash, whose
 * elements come and go. value_size bytes
 * are the value, the rest of elem_size is padding. The pointer is valid while
 * the caller holds the map. MT-safe; what it points to changes under programs.
 */
PCA_API void *pca_map_peek(struct pca_map_ref *map, uint32_t cpu, uint32_t key);

/* value_size as given at creation, in bytes. MT-safe. */
PCA_API uint32_t pca_map_value_size(const struct pca_map_ref *map);

PCA_END_DECLS

#endif
