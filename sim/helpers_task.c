// SPDX-License-Identifier: MIT
/*
 * Helpers about the current task (Linux: kernel/bpf/helpers.c,
 * kernel/trace/bpf_trace.c).
 */
#include <errno.h>

#include "alloc.h"
#include "event.h"
#include "helper_call.h"
#include "message.h"
#include "task.h"
#include "task_image.h"

#define ROOT_CGROUP_ID 1 /* of the only cgroup there is */

uint64_t pca_get_current_uid_gid(void)
{
	const struct pca_task *task = run_context.current.task;
	struct helper_call call = { .name = "bpf_get_current_uid_gid" };

	if (!helper_begins(&call))
		return 0;
	return (uint64_t)helper_ends(
		&call, task ? (int64_t)((uint64_t)task->cred.gid << 32 | task->cred.uid) : 0);
}

uint64_t pca_get_current_cgroup_id(void)
{
	struct helper_call call = { .name = "bpf_get_current_cgroup_id" };

	if (!helper_begins(&call))
		return 0;
	return (uint64_t)helper_ends(&call, ROOT_CGROUP_ID);
}

uint64_t pca_get_current_ancestor_cgroup_id(int level)
{
	struct helper_call call = { .name = "bpf_get_current_ancestor_cgroup_id" };

	if (!helper_begins(&call))
		return 0;
	return (uint64_t)helper_ends(&call, level ? 0 : ROOT_CGROUP_ID);
}

/*
 * The image at *place, made when first asked for. Acquire pairs with the release of
 * whoever made it. NULL without memory.
 */
static struct task_struct *image_at(struct task_struct **place, const struct task_facts *facts,
				    struct task_struct *parent)
{
	struct task_struct *image = __atomic_load_n(place, __ATOMIC_ACQUIRE), *other = NULL;
	void *memory;

	if (image) {
		task_image_move(image, facts);
		return image;
	}
	memory = alloc_zeroed(task_image_bytes);
	if (!memory) {
		message_error("bpf_get_current_task: no memory for a task_struct: NULL");
		return NULL;
	}
	image = task_image_fill(memory, facts, parent);
	if (__atomic_compare_exchange_n(place, &other, image, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return image;
	free(memory);
	return other;
}

static struct task_struct *idle_image(struct cpu *cpu, struct task_struct *parent)
{
	char comm[IDLE_COMM_BYTES];
	const struct task_facts facts = {
		.comm = idle_comm(comm, cpu),
		.cpu = cpu->id,
		.is_idle = true,
	};

	return image_at(&cpu->idle_image, &facts, parent);
}

struct task_struct *task_image(struct cpu *cpu, const struct pca_task *task, uint64_t pid_tgid)
{
	struct task_struct *first = idle_image(&cpu->machine->cpus[0], NULL);

	if (!first)
		return NULL;
	if (!task)
		return idle_image(cpu, first);

	const struct task_facts facts = {
		.comm = task->comm,
		.pid = (uint32_t)pid_tgid,
		.tgid = (uint32_t)(pid_tgid >> 32),
		.uid = task->cred.uid,
		.gid = task->cred.gid,
		.cpu = cpu->id,
	};

	return image_at((struct task_struct **)&task->image, &facts, first);
}

static struct task_struct *current_task(void)
{
	const struct run_task *current = &run_context.current;

	return task_image(run_context.cpu, current->task, current->pid_tgid);
}

struct task_struct *pca_get_current_task(void)
{
	struct helper_call call = { .name = "bpf_get_current_task" };

	if (!helper_begins(&call))
		return NULL;
	return (struct task_struct *)(uintptr_t)helper_ends(&call,
							    (int64_t)(uintptr_t)current_task());
}
