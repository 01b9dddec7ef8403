// SPDX-License-Identifier: MIT
#include "refusal.h"

#include <errno.h>
#include <linux/bpf.h>

#include <pcasim/bpf.h>

#include "hint.h"

/* Told in the second case, for to ask once is how a program finds out. */
#define ASKED_ONCE (1U << 31)
_Static_assert(NR_HINTS < 32, "the word of hints told has a bit to spare");

/* Copy the name of another task of the machine that has a map open as fd. */
static bool find_other_task(const struct pca_task *task, int fd, char comm[static 16])
{
	struct pca_machine *machine = task->machine;
	bool is_found = false;

	pthread_mutex_lock(&machine->tasks_lock);
	for (const struct pca_task *other = machine->tasks; other; other = other->next) {
		const struct file *file = other == task ? NULL : task_file(other, fd);

		if (file && file->kind == FILE_MAP) {
			memcpy(comm, other->comm, sizeof(other->comm));
			is_found = true;
			break;
		}
	}
	pthread_mutex_unlock(&machine->tasks_lock);
	return is_found;
}

static void tell_of_closed_fd(struct pca_task *task, int fd)
{
	char comm[16];

	if (fd >= PCA_FIRST_FD && hint_of_task_is_due(task, HINT_FD_OF_OTHER_TASK) &&
	    find_other_task(task, fd, comm))
		hint_of_task(task, HINT_FD_OF_OTHER_TASK,
			     (struct hint_facts){ .fd = fd, .text = comm });
}

int refuse_no_map(struct pca_task *task, int fd, const struct file *file)
{
	int err = -EINVAL;

	if (file && file->kind == FILE_DIR)
		return -EBADF;
	if (file)
		hint_of_task(task, HINT_PROG_FD, (struct hint_facts){ .fd = fd });
	else
		err = task_fd_error(fd);
	if (err == -EBADF)
		tell_of_closed_fd(task, fd);
	else if (!file)
		hint_of_task(task, HINT_REAL_FD,
			     (struct hint_facts){ .fd = fd, .want = PCA_FIRST_FD });
	return err;
}

static const char *opener(const struct file *file)
{
	switch (file->opened_by) {
	case BPF_OBJ_GET:
		return "BPF_OBJ_GET";
	case BPF_MAP_GET_FD_BY_ID:
		return "BPF_MAP_GET_FD_BY_ID";
	default:
		return "BPF_MAP_CREATE";
	}
}

int refuse_access(const struct file *file, int fd, uint32_t mode)
{
	const struct pca_map *map = map_of_object(file->object);
	const uint32_t missing = mode & ~file->mode;

	hint_of_map(map,
		    missing & MODE_WRITE  ? HINT_RDONLY_FD
		    : missing & MODE_READ ? HINT_WRONLY_FD
					  : HINT_FROZEN,
		    (struct hint_facts){ .fd = fd, .text = opener(file) });
	return -EPERM;
}

int refuse_key(const struct pca_map *map, uint32_t key)
{
	hint_of_map(map, HINT_UPDATE_PAST_END,
		    (struct hint_facts){ .got = key, .want = map->ref.max_entries - 1 });
	return -E2BIG;
}

int refuse_noexist(const struct pca_map *map)
{
	hint_of_map(map, HINT_NOEXIST, (struct hint_facts){ 0 });
	return -EEXIST;
}

int refuse_lock(const struct pca_map *map)
{
	/* On Linux, the value of a shared array may hold a lock. */
	if (map->ops->is_percpu)
		hint_of_map(map, HINT_LOCK, (struct hint_facts){ 0 });
	return -EINVAL;
}

static const char *first_release(enum feature feature)
{
	const struct feature_row *row;
	size_t i = 0;

	while ((row = release_feature(i)) && row->feature != feature)
		i++;
	return row ? row->first : "a later one";
}

int refuse_early_flags(struct pca_machine *machine, uint64_t flags)
{
	const uint64_t addressing = BPF_F_CPU | BPF_F_ALL_CPUS;

	if ((flags & addressing) && !((uint32_t)flags & ~addressing) &&
	    (__atomic_fetch_or(&machine->hints_told, ASKED_ONCE, __ATOMIC_RELAXED) & ASKED_ONCE))
		hint_of_machine(machine, HINT_CPU_TOO_EARLY,
				(struct hint_facts){ .text = first_release(FEATURE_CPU_FLAGS) });
	return -EINVAL;
}

/* Flags of newer kernels, of tokens and BTF, are another matter. */
static uint32_t flags_of_other_types(const struct map_create_attr *create,
				     const struct map_ops *ops)
{
	return ops->is_percpu ? create->map_flags & (uint32_t)(BPF_F_NO_PREALLOC | BPF_F_MMAPABLE)
			      : 0;
}

int refuse_map(struct pca_machine *machine, const struct map_create_attr *create,
	       const struct map_ops *ops, int err)
{
	struct hint_facts facts = { .got = create->value_size, .want = create->max_entries };
	const uint32_t foreign = flags_of_other_types(create, ops);
	enum hint hint = HINT_NO_ELEMENTS;

	if (ops->find)
		return err; /* these are of arrays */
	if (err == -EINVAL && create->key_size != sizeof(uint32_t)) {
		hint = HINT_KEY_SIZE;
		facts.got = create->key_size;
	} else if (err == -EINVAL && foreign) {
		hint = HINT_MAP_FLAGS;
		facts.got = create->map_flags;
		facts.want = foreign;
	} else if (ops->is_percpu && create->value_size > MOST_PERCPU_VALUE_BYTES) {
		hint = HINT_VALUE_SIZE;
		facts.want = MOST_PERCPU_VALUE_BYTES;
		facts.text = err == -E2BIG ? "E2BIG" : "ENOMEM";
	} else if (create->value_size && create->max_entries) {
		return err;
	}
	hint_of_machine(machine, hint, facts);
	return err;
}
