/* SPDX-License-Identifier: MIT */
/*
 * One bpf() command on its way: its caller and its attr.
 */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H

#include "attr.h"
#include "copies.h"
#include "map.h"
#include "refusal.h"
#include "task.h"

/* How much memory is known to be at the caller's pointers; SIZE_MAX: not known. */
struct known_bytes {
	size_t keys;  /* of batches */
	size_t value; /* or values */
};

struct call {
	struct pca_task *task;
	struct pca_machine *machine;
	const union attr *attr; /* as the command reads it, zero-extended */
	uint64_t uattr;		/* where the caller has it, for writing back */
	struct known_bytes known;
	const char **reason; /* a command may put why it refuses here; NULL: nobody asks */
	const struct fault_middle *middle; /* it goes in steps (steps.h); nearly always NULL */
};

/* Refuse with err and, for those who ask, a reason in Linux's words. */
static inline int refuse(const struct call *c, int err, const char *reason)
{
	if (c->reason)
		*c->reason = reason;
	return err;
}

/*
 * Says that the caller's buffer is too short for what the command reads or
 * writes there (verb): known bytes for nr of the map's elements. -EFAULT.
 */
int refuse_short_values(const struct call *c, const struct pca_map *map,
			const struct copies *copies, const char *verb, uint32_t nr);

/* Commands: 0, an fd, or -errno. */
long map_create(const struct call *c);
long map_lookup_elem(const struct call *c);
long map_lookup_elem_in_steps(const struct call *c);
long map_update_elem(const struct call *c);
long map_update_elem_in_steps(const struct call *c);
long map_delete_elem(const struct call *c);
long map_get_next_key(const struct call *c);
long map_lookup_and_delete_elem(const struct call *c);
long map_lookup_batch(const struct call *c);
long map_lookup_batch_in_steps(const struct call *c);
long map_update_batch(const struct call *c);
long map_update_batch_in_steps(const struct call *c);
long map_delete_batch(const struct call *c);
long map_lookup_and_delete_batch(const struct call *c);
long map_freeze(const struct call *c);
long obj_pin(const struct call *c);
long obj_get(const struct call *c);
long obj_get_info_by_fd(const struct call *c);
long map_get_next_id(const struct call *c);
long map_get_fd_by_id(const struct call *c);
long prog_test_run(const struct call *c);

/* The map that file is, if it is one that mode, MODE_*, may use; a frozen one is not writable. */
PCA_ALWAYS_INLINE struct pca_map *map_of_file(const struct file *file, uint32_t mode)
{
	if (unlikely(!file || file->kind != FILE_MAP || (file->mode & mode) != mode))
		return NULL;

	struct pca_map *map = map_of_object(file->object);

	if ((mode & MODE_WRITE) && unlikely(__atomic_load_n(&map->is_frozen, __ATOMIC_RELAXED)))
		return NULL;
	return map;
}

/*
 * The map behind fd, inside a read section, for what mode says. NULL and *err: -EBADF,
 * -EINVAL, -EPERM.
 */
static inline struct pca_map *map_of_fd(struct pca_task *task, int fd, uint32_t mode, int *err)
{
	const struct file *file = task_file(task, fd);
	struct pca_map *map = map_of_file(file, mode);

	if (unlikely(!map))
		*err = !file || file->kind != FILE_MAP ? refuse_no_map(task, fd, file)
						       : refuse_access(file, fd, mode);
	return map;
}

/* After a change that may have left elements to be freed; outside of its read section. */
static inline void change_is_over(void)
{
	if (likely(!in_run()))
		rcu_limit_deferred();
}

/* Are these bytes of an attr all zero? */
bool bytes_are_zero(const unsigned char *bytes, size_t n);

#endif
