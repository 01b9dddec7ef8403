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

/* Some callers pass a whole union bpf_attr. */
static inline bool is_tail_plain(const struct pca_task *task, const struct elem_attr *attr,
				 uint32_t size)
{
	return size > sizeof(*attr) && size <= task->machine->release->attr_bytes &&
	       bytes_are_zero((const unsigned char *)(attr + 1), size - sizeof(*attr));
}

PCA_ALWAYS_INLINE bool is_plain(const struct pca_task *task, const struct elem_attr *attr,
				uint32_t size)
{
	const uintptr_t at = (uintptr_t)attr;

	return !task_attention(task) && task->ops->is_direct && !__asan_region_is_poisoned &&
	       at >= PAGE_BYTES && at % sizeof(uint64_t) == 0 &&
	       (size == sizeof(*attr) || is_tail_plain(task, attr, size)) && !attr->flags &&
	       attr->key >= PAGE_BYTES && attr->value >= PAGE_BYTES;
}

/*
 * The map and the index of an element that is there; or NULL. Inside a read section. mode
 * asks for a map of indices: other keys may be shorter than one.
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

/*
 * Do the command of this attr, size bytes long, and be true: it has succeeded. Or be
 * false, with nothing done: it is to take the way of all commands. known_bytes are known
 * to be at the attr's value, or SIZE_MAX.
 */
PCA_ALWAYS_INLINE bool lookup_straight(const struct pca_task *task, const struct elem_attr *attr,
				       uint32_t size, size_t known_bytes)
{
	uint32_t index;

	if (unlikely(!is_plain(task, attr, size)))
		return false;
	rcu_enter();
	const struct pca_map *map =
		find_elem(task, attr, MODE_READ | MODE_INDEXED, known_bytes, &index);

	if (likely(map))
		map->ops->read_elems(map, index, 1, (void *)(uintptr_t)attr->value);
	rcu_exit();
	return map;
}

PCA_ALWAYS_INLINE bool update_straight(const struct pca_task *task, const struct elem_attr *attr,
				       uint32_t size, size_t known_bytes)
{
	uint32_t index;

	if (unlikely(!is_plain(task, attr, size)))
		return false;
	rcu_enter();
	const struct pca_map *map =
		find_elem(task, attr, MODE_WRITE | MODE_INDEXED, known_bytes, &index);

	if (likely(map))
		map->ops->write_elem(map, index, (const void *)(uintptr_t)attr->value);
	rcu_exit();
	return map;
}

#endif
