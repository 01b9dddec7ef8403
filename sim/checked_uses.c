// SPDX-License-Identifier: MIT
/*
 * What checked runs of a program have done with maps, kept with the program: which helper
 * was called with which map, and which part of the values that it gave was accessed, how.
 * Linux's verifier finds the same in the program's text.
 *
 * Uses are a list that only grows at its head, and their ranges only widen, so that runs
 * on several CPUs need no lock, and write nothing once all has been seen.
 */
#include "checked.h"

#include "alloc.h"
#include "frame.h"
#include "map.h"
#include "message.h"
#include "task.h"

struct seen_use {
	struct seen_use *next;
	uint32_t map_id, helper;
	uint32_t access;     /* PCA_READ, PCA_WRITE or PCA_ATOMIC; 0: the helper was called */
	uint32_t start, end; /* atomic: of what was accessed */
};

/* In the order of maps, helpers, kinds of access: less than 0, 0, more. */
static int compare(const struct seen_use *a, const struct seen_use *b)
{
	if (a->map_id != b->map_id)
		return a->map_id < b->map_id ? -1 : 1;
	if (a->helper != b->helper)
		return a->helper < b->helper ? -1 : 1;
	return a->access < b->access ? -1 : a->access > b->access;
}

/* ---- in runs ---- */

/* PAIRS WITH: add(), whose use is complete. */
static struct seen_use *first_use(const struct pca_prog *prog)
{
	return __atomic_load_n(&prog->seen_uses, __ATOMIC_ACQUIRE);
}

static struct seen_use *find(struct seen_use *use, const struct seen_use *like)
{
	while (use && compare(use, like))
		use = use->next;
	return use;
}

static void widen(struct seen_use *use, uint32_t start, uint32_t end)
{
	uint32_t old = __atomic_load_n(&use->start, __ATOMIC_RELAXED);

	while (start < old && !__atomic_compare_exchange_n(&use->start, &old, start, true,
							   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	old = __atomic_load_n(&use->end, __ATOMIC_RELAXED);
	while (end > old && !__atomic_compare_exchange_n(&use->end, &old, end, true,
							 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* Put use in front, or widen the one like it that another CPU was quicker with. */
static void add(struct pca_prog *prog, struct seen_use *use)
{
	struct seen_use *head = first_use(prog), *other;

	do {
		other = find(head, use);
		if (other) {
			widen(other, use->start, use->end);
			free(use);
			return;
		}
		use->next = head;
	} while (!__atomic_compare_exchange_n(&prog->seen_uses, &head, use, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
}

/* As if in a helper: a run that comes in by a signal would allocate, too. */
__attribute__((cold)) static void add_copy(struct run_frame *frame, const struct seen_use *seen)
{
	struct seen_use *use;

	frame_enter_helper(frame);
	use = alloc_zeroed(sizeof(*use));
	if (use) {
		*use = *seen;
		add(frame->prog, use);
	} else {
		message_error("program \"%s\" was stopped: no memory to remember how it uses maps",
			      frame->prog->name);
		frame_stop(frame, -ENOMEM);
	}
	frame_leave_helper(frame);
}

static void see(struct run_frame *frame, const struct seen_use *seen)
{
	struct seen_use *use = find(first_use(frame->prog), seen);

	if (likely(use))
		widen(use, seen->start, seen->end);
	else
		add_copy(frame, seen);
}

/* Maps of a machine that was reset meanwhile have no id. */
void checked_see_call(struct run_frame *frame, const char *helper, const struct pca_map *map)
{
	const struct seen_use seen = {
		.map_id = __atomic_load_n(&map->object.id, __ATOMIC_RELAXED),
		.helper = prog_map_helper(helper),
	};

	if (seen.map_id)
		see(frame, &seen);
}

void checked_see_access(struct run_frame *frame, const struct grant *grant,
			const struct access *access)
{
	const uint32_t start = (uint32_t)(access->addr - grant->start);
	const struct seen_use seen = {
		.map_id = __atomic_load_n(&grant->map->object.id, __ATOMIC_RELAXED),
		.helper = grant->helper,
		.access = access->access,
		.start = start,
		.end = start + (uint32_t)access->bytes,
	};

	if (seen.map_id)
		see(frame, &seen);
}

void seen_uses_free(struct seen_use *use)
{
	while (use) {
		struct seen_use *next = use->next;

		free(use);
		use = next;
	}
}

/* ---- afterwards ---- */

/* A call whose value was accessed is in the uses of that. */
static bool says_nothing(const struct seen_use *first, const struct seen_use *use)
{
	if (use->access)
		return false;
	for (const struct seen_use *other = first; other; other = other->next) {
		if (other->access && other->map_id == use->map_id && other->helper == use->helper)
			return true;
	}
	return false;
}

/* The least use that is greater than last, or than none. */
static const struct seen_use *next_use(const struct seen_use *first, const struct seen_use *last)
{
	const struct seen_use *next = NULL;

	for (const struct seen_use *use = first; use; use = use->next) {
		if (says_nothing(first, use) || (last && compare(use, last) <= 0))
			continue;
		if (!next || compare(use, next) < 0)
			next = use;
	}
	return next;
}

/* The task's lowest fd of the map with this id, or -1. */
static int fd_of_map(const struct pca_task *task, uint32_t id)
{
	int fd = -1;

	rcu_enter();
	const struct fd_table *table = rcu_dereference_pointer(task->fds);

	for (uint32_t slot = 0; slot < table->size && fd < 0; slot++) {
		const struct file *file = rcu_dereference_pointer(table->files[slot]);

		if (file && file->kind == FILE_MAP &&
		    __atomic_load_n(&file->object->id, __ATOMIC_RELAXED) == id)
			fd = (int)slot + PCA_FIRST_FD;
	}
	rcu_exit();
	return fd;
}

size_t pca_prog_seen_uses(const struct pca_prog *prog, const struct pca_task *task,
			  struct pca_map_use *uses, size_t max)
{
	const struct seen_use *first = first_use(prog), *use = NULL;
	bool is_at_home = task->machine == prog->object.machine;
	size_t nr = 0;

	while ((use = next_use(first, use))) {
		uint32_t start = __atomic_load_n(&use->start, __ATOMIC_RELAXED);

		if (nr < max)
			uses[nr] = (struct pca_map_use){
				.map_fd = is_at_home ? fd_of_map(task, use->map_id) : -1,
				.helper = use->helper,
				.access = use->access,
				.offset = start,
				.bytes = __atomic_load_n(&use->end, __ATOMIC_RELAXED) - start,
			};
		nr++;
	}
	return nr;
}
