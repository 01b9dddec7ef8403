/* SPDX-License-Identifier: MIT */
/*
 * The straight way of LOOKUP_ELEM and UPDATE_ELEM, for commands that nothing is special
 * about, as nearly all are: a direct task without faults, listeners or missing
 * capabilities, an attr that can be read where it lies, no flags, an element that is
 * there. Such a command succeeds, in whatever order it is looked at.
 *
 * All that may be special is looked at before anything is done or told. What does not
 * fit takes the way of all commands from its beginning, on which Linux's checks are in
 * order and words are found for mistakes.
 */
#ifndef SIM_STRAIGHT_H
#define SIM_STRAIGHT_H

#include "command.h"
#include "uaccess.h"

/* Can this attr be read where it lies? */
PCA_ALWAYS_INLINE bool is_attr_plain(const struct pca_task *task, const struct elem_attr *attr)
{
	const uintptr_t at = (uintptr_t)attr;

	return !task_attention(task) && at >= PAGE_BYTES && at % sizeof(uint64_t) == 0;
}

/* Has this attr, which is longer than a command reads, only zeroes behind that? */
static inline bool is_tail_plain(const struct pca_task *task, const struct elem_attr *attr,
				 uint32_t size)
{
	return is_attr_plain(task, attr) && size > sizeof(*attr) &&
	       size <= task->machine->release->attr_bytes &&
	       bytes_are_zero((const unsigned char *)(attr + 1), size - sizeof(*attr));
}

PCA_ALWAYS_INLINE bool is_plain(const struct pca_task *task, const struct elem_attr *attr)
{
	return is_attr_plain(task, attr) && !attr->flags && attr->key >= PAGE_BYTES &&
	       attr->value >= PAGE_BYTES;
}

/*
 * The map and the index of an element that is there; or NULL. Inside a read section. mode
 * asks for a map of indices: other keys may be shorter than one. known_bytes are known to
 * be at the attr's value, or SIZE_MAX.
 */
PCA_ALWAYS_INLINE struct pca_map *find_elem(const struct pca_task *task,
					    const struct elem_attr *attr, uint32_t mode,
					    size_t known_bytes, uint32_t *index)
{
	struct pca_map *map = map_of_file(task_file(task, attr->map_fd), mode);

	if (unlikely(!map || map->user_bytes > known_bytes))
		return NULL;
	memcpy(index, (const void *)(uintptr_t)attr->key, sizeof(*index));
	return likely(*index < map->ref.max_entries) ? map : NULL;
}

#endif
