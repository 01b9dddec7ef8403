/* SPDX-License-Identifier: MIT */
/*
 * The cold ends of commands: refusals that say what was wrong, beside Linux's errno.
 * Each returns that errno, negative.
 */
#ifndef SIM_REFUSAL_H
#define SIM_REFUSAL_H

#include "attr.h"
#include "map.h"
#include "task.h"

/* No map is behind fd, but file or nothing: -EBADF or -EINVAL. In a read section. */
int refuse_no_map(struct pca_task *task, int fd, const struct file *file) __attribute__((cold));

/* The map's fd lacks one of the MODE_* in mode, or the map is frozen: -EPERM. */
int refuse_access(const struct file *file, int fd, uint32_t mode) __attribute__((cold));

/* An UPDATE of a key that is none: -E2BIG. */
int refuse_key(const struct pca_map *map, uint32_t key) __attribute__((cold));

/* An UPDATE with BPF_NOEXIST: -EEXIST. */
int refuse_noexist(const struct pca_map *map) __attribute__((cold));

/* Flags of an element, on a release that does not know BPF_F_CPU yet: -EINVAL. */
int refuse_early_flags(struct pca_machine *machine, uint64_t flags) __attribute__((cold));

/* BPF_F_LOCK, since no map's value holds a spin lock: -EINVAL. */
int refuse_lock(const struct pca_map *map) __attribute__((cold));

/* What a type says against a new map's attr: err. */
int refuse_map(struct pca_machine *machine, const struct map_create_attr *create,
	       const struct map_ops *ops, int err) __attribute__((cold));

#endif
