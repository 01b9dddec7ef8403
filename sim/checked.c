// SPDX-License-Identifier: MIT
/*
 * Checked runs: what is asked before each access. Linux's verifier decides the same from
 * types, before the program runs (check_mem_access() in kernel/bpf/verifier.c); here it is
 * decided by addresses, as it happens.
 */
#include "checked.h"

#include <linux/bpf.h>

#include "alloc.h"
#include "frame.h"
#include "machine.h"
#include "message.h"
#include "prog.h"

/* Linux: MAX_CALL_FRAMES. */
#define MOST_DEPTH 8

static uint32_t rights_of_map(const struct pca_map *map)
{
	return (map->flags & BPF_F_WRONLY_PROG ? 0 : RIGHT_READ) |
	       (map->flags & BPF_F_RDONLY_PROG ? 0 : RIGHT_WRITE);
}

static bool is_within(const char *addr, size_t n, const void *start, const void *end)
{
	return addr >= (const char *)start && addr <= (const char *)end &&
	       n <= (size_t)((const char *)end - addr);
}

const struct grant *checked_grant_below(const struct checked_run *run, const char *addr)
{
	size_t low = 0, high = run->nr_grants;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (run->grants[middle].start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &run->grants[low - 1] : NULL;
}

/* The value given that all of n bytes at addr are of, or NULL. */
static const struct grant *given_value(const struct checked_run *run, const char *addr, size_t n)
{
	const struct grant *grant = checked_grant_below(run, addr);

	if (!grant || !is_within(addr, n, grant->start, grant->start + grant->map->value_size))
		return NULL;
	return grant;
}

static uint32_t rights_of_grants(const struct checked_run *run, const char *addr, size_t n)
{
	const struct grant *grant = given_value(run, addr, n);

	return grant ? rights_of_map(grant->map) : 0;
}

static uint32_t rights_of_stack(const struct checked_run *run, const char *addr, size_t n)
{
	for (const struct stack_part *part = run->stack; part; part = part->outer) {
		if (is_within(addr, n, part->low, part->high))
			return RIGHT_READ | RIGHT_WRITE;
		if (part->key && is_within(addr, n, part->key, part->key + part->key_bytes))
			return RIGHT_READ;
	}
	return 0;
}

static uint32_t rights_of_object(const struct checked_object *object, const char *addr, size_t n)
{
	const struct section *section = checked_section(object, addr);

	if (!section || !is_within(addr, n, section->start, section->end))
		return 0;
	switch (section->kind) {
	case SECTION_VARIABLES:
		return RIGHT_READ | RIGHT_WRITE;
	case SECTION_CONSTANTS:
		return RIGHT_READ;
	case SECTION_MAPS:
	case SECTION_CODE:
	case SECTION_OTHER:
		break;
	}
	return 0;
}

uint32_t checked_rights(const struct run_frame *frame, const char *addr, size_t n)
{
	const struct checked_run *run = &frame->checked;
	uint32_t rights = rights_of_stack(run, addr, n);

	if (!rights)
		rights = rights_of_grants(run, addr, n);
	if (!rights)
		rights = rights_of_object(run->object, addr, n);
	if (!rights)
		rights = context_rights(frame, addr, n);
	if (!rights)
		rights = task_image_rights(frame, addr, n);
	return rights;
}

static uint32_t rights_for(uint32_t access)
{
	return access & PCA_ATOMIC ? RIGHT_READ | RIGHT_WRITE : access;
}

static bool is_allowed(const struct run_frame *frame, const struct access *access)
{
	uint32_t needed = rights_for(access->access);

	return !access->bytes ||
	       (checked_rights(frame, access->addr, access->bytes) & needed) == needed;
}

/* An access that is allowed. */
static void see_access(struct run_frame *frame, const struct access *access)
{
	const struct grant *grant =
		access->bytes ? given_value(&frame->checked, access->addr, access->bytes) : NULL;

	if (grant)
		checked_see_access(frame, grant, access);
	else
		checked_see_task(frame, access);
}

void pca_checked_access(const void *addr, size_t bytes, uint32_t access, const void *pc,
			const void *sp)
{
	struct run_frame *frame = this_frame();

	if (unlikely(!frame))
		return; /* called, not run */
	if (frame->checked.object)
		frame->checked.stack->low = sp;
	frame_point(&(struct run_point){
		.pc = pc,
		.addr = addr,
		.bytes = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX,
		.access = access,
	});
	if (!frame->checked.object)
		return;

	const struct access asked = { addr, bytes, access, pc, NULL, NULL };

	if (likely(is_allowed(frame, &asked))) {
		see_access(frame, &asked);
		return;
	}
	frame_enter_helper(frame);
	checked_refuse(frame, &asked);
	frame_leave_helper(frame);
}

void pca_checked_enter(const void *pc, const void *sp)
{
	struct run_frame *frame = this_frame();

	if (unlikely(!frame || !frame->checked.object))
		return;

	struct stack_part *part = frame->checked.stack;
	uint32_t depth = 1;

	part->low = sp;
	part->depth++;
	for (; part; part = part->outer)
		depth += part->depth;
	if (likely(depth <= MOST_DEPTH + 1))
		return;
	frame_enter_helper(frame);
	checked_refuse_depth(frame, pc);
	frame_leave_helper(frame);
}

void pca_checked_leave(void)
{
	struct run_frame *frame = this_frame();

	if (likely(frame && frame->checked.object))
		frame->checked.stack->depth--;
}

void pca_checked_branch(void)
{
	struct run_frame *frame = this_frame();

	if (likely(frame))
		frame_count_step(frame);
}

void pca_checked_division(const void *pc)
{
	struct run_frame *frame = this_frame();

	if (!frame || !frame->checked.object)
		return;
	frame_enter_helper(frame);
	checked_refuse_division(frame, pc);
	frame_leave_helper(frame);
}

void pca_checked_index(const void *pc, const char *array, uint64_t index)
{
	struct run_frame *frame = this_frame();

	if (!frame || !frame->checked.object)
		return;
	frame_enter_helper(frame);
	checked_refuse_index(frame, pc, array, index);
	frame_leave_helper(frame);
}

/* ---- helpers ---- */

/* The helper's frame is left, too. */
static void leave_helper_if_stopped(struct run_frame *frame)
{
	if (frame->stop_err)
		frame_leave_helper(frame);
}

void checked_argument(const struct access *access)
{
	struct run_frame *frame = this_frame();

	if (unlikely(!is_allowed(frame, access)))
		checked_refuse(frame, access);
	else
		see_access(frame, access);
	leave_helper_if_stopped(frame);
}

/* Is this where a map of the machine begins, or a variable that is bound to one? */
static bool is_map(const struct run_frame *frame, const struct pca_map_ref *ref)
{
	const struct section *section = checked_section(frame->checked.object, ref);
	struct id_table *maps = &frame->cpu->machine->ids[OBJECT_MAP];
	bool is_bound = section && section->kind == SECTION_MAPS &&
			is_within((const char *)ref, sizeof(*ref), section->start, section->end);
	bool found = false;

	pthread_mutex_lock(&maps->lock);
	for (size_t i = 0; i < maps->nr && !found; i++) {
		const struct pca_map *map = map_of_object(maps->entries[i].object);

		found = ref == &map->ref || (is_bound && ref->map == map);
	}
	pthread_mutex_unlock(&maps->lock);
	return found;
}

void checked_map_argument(const char *helper, const void *pc, const struct pca_map_ref *ref,
			  bool writes)
{
	struct run_frame *frame = this_frame();
	struct access access = {
		(const char *)ref, 0, writes ? PCA_WRITE : PCA_READ, pc, helper, "map"
	};

	if (ref != frame->checked.known_ref && !is_map(frame, ref))
		checked_refuse_argument(frame, &access,
					"is no map of this machine, nor bound to one",
					"R1 type=scalar expected=map_ptr");
	leave_helper_if_stopped(frame);
	frame->checked.known_ref = ref;
	if (writes && (ref->map->flags & BPF_F_RDONLY_PROG))
		checked_refuse_write(frame, &access, ref->map);
	leave_helper_if_stopped(frame);
}

void checked_map_type(uint32_t func, const void *pc, const struct pca_map *map)
{
	struct run_frame *frame = this_frame();
	const char *helper = prog_map_helper_name(func);
	char why[64], verifier[96];

	if (!prog_helper_takes(func, map)) {
		snprintf(why, sizeof(why), "\"%s\" (id %u) is of type %u, which it does not take",
			 map->name, map->object.id, map->type);
		snprintf(verifier, sizeof(verifier), "cannot pass map_type %u into func %s#%u",
			 map->type, helper, func);
		checked_refuse_argument(
			frame,
			&(struct access){ (const char *)map, 0, PCA_READ, pc, helper, "map" }, why,
			verifier);
	}
	leave_helper_if_stopped(frame);
}

void checked_ctx_argument(const char *helper, const void *pc, const void *ctx)
{
	struct run_frame *frame = this_frame();

	if (ctx != frame->ctx)
		checked_refuse_argument(
			frame, &(struct access){ ctx, 0, PCA_READ, pc, helper, "ctx" },
			"is not the context of this run", "R1 type=scalar expected=ctx");
	leave_helper_if_stopped(frame);
}

void checked_callback(const char *helper, const void *pc, const void *fn, const void *ctx)
{
	struct run_frame *frame = this_frame();
	const struct section *section = checked_section(frame->checked.object, fn);

	if (!section || section->kind != SECTION_CODE)
		checked_refuse_argument(
			frame, &(struct access){ fn, 0, PCA_READ, pc, helper, "callback" },
			"is no function of the program", "R2 type=scalar expected=func");
	leave_helper_if_stopped(frame);
	if (ctx && !rights_of_stack(&frame->checked, ctx, 1))
		checked_refuse_argument(
			frame, &(struct access){ ctx, 0, PCA_READ, pc, helper, "callback's ctx" },
			"is neither NULL nor on the program's stack",
			"R3 type=map_value expected=fp");
	leave_helper_if_stopped(frame);
}

static bool grow_grants(struct checked_run *run)
{
	size_t capacity = run->capacity ? 2 * run->capacity : 16;
	struct grant *grants = alloc_grown_array(run->grants, capacity, sizeof(*grants));

	if (!grants)
		return false;
	run->grants = grants;
	run->capacity = capacity;
	return true;
}

void checked_grant(uint32_t helper, const struct pca_map *map, uint32_t slab, uint32_t key,
		   char *elem)
{
	struct run_frame *frame = this_frame();
	struct checked_run *run = &frame->checked;
	const struct grant *below = checked_grant_below(run, elem);
	size_t at = below ? (size_t)(below - run->grants) + 1 : 0;

	if (below && below->start == elem)
		return;
	if (run->nr_grants == run->capacity && !grow_grants(run)) {
		message_error("program \"%s\" was stopped: no memory to remember what helpers gave "
			      "it",
			      frame->prog->name);
		frame_stop(frame, -ENOMEM);
		return; /* and at the end of the helper the run ends */
	}
	memmove(run->grants + at + 1, run->grants + at, (run->nr_grants - at) * sizeof(*below));
	run->grants[at] = (struct grant){ elem, map, slab, key, helper };
	run->nr_grants++;
}

void checked_run_end(struct checked_run *run)
{
	free(run->grants);
}
