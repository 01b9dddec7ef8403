// SPDX-License-Identifier: MIT
/*
 * What is the kernel's, and for reading without a helper that gave it: the current task,
 * and in programs whose arguments have types all that these lead to. Linux: PTR_TO_BTF_ID
 * in check_ptr_to_btf_access() and convert_ctx_accesses().
 */
#include <linux/bpf.h>

#include "checked.h"
#include "frame.h"
#include "helper_call.h"
#include "machine.h"
#include "task.h"
#include "task_image.h"
#include "zero_read.h"

static bool is_in_image(struct task_struct *const *place, const char *addr, size_t n)
{
	const char *image = (const char *)__atomic_load_n(place, __ATOMIC_ACQUIRE);

	return image && addr >= image && addr < image + task_image_bytes &&
	       n <= (size_t)(image + task_image_bytes - addr);
}

uint32_t task_image_rights(const struct run_frame *frame, const char *addr, size_t n)
{
	const struct pca_task *task = run_context.current.task;
	struct cpu *cpu = frame->cpu;

	return (task && is_in_image((struct task_struct *const *)&task->image, addr, n)) ||
			       is_in_image(&cpu->idle_image, addr, n) ||
			       is_in_image(&cpu->machine->cpus[0].idle_image, addr, n)
		       ? RIGHT_READ
		       : 0;
}

bool has_typed_arguments(const struct pca_prog *prog)
{
	return prog->ctx_kind == CTX_OF_LINUX &&
	       (prog->type == BPF_PROG_TYPE_TRACING || prog->type == BPF_PROG_TYPE_LSM);
}

uint32_t typed_argument_rights(const struct run_frame *frame, const char *addr, size_t n)
{
	char byte;

	return !has_typed_arguments(frame->prog) || copy_from_nofault(&byte, addr, 1) ||
			       copy_from_nofault(&byte, addr + n - 1, 1)
		       ? 0
		       : RIGHT_READ;
}

/* Linux: prog_args_trusted(). */
bool kernel_vouches_for_arguments(const struct run_frame *frame)
{
	const struct pca_prog *prog = frame->prog;

	return has_typed_arguments(prog) &&
	       machine_has(frame->cpu->machine, FEATURE_TRUSTED_ARGUMENTS) &&
	       (prog->type == BPF_PROG_TYPE_LSM || prog->attach_type == BPF_TRACE_RAW_TP ||
		prog->attach_type == BPF_TRACE_ITER);
}

/*
 * An argument that the kernel vouches for is loaded from plainly. What it leads to is not:
 * from which of the two a NULL came nobody knows, unless the run has met none elsewhere.
 */
static bool null_is_probed(const struct run_frame *frame)
{
	return has_typed_arguments(frame->prog) && !frame->lookup_gave_null &&
	       (!kernel_vouches_for_arguments(frame) || frame->checked.has_met_null);
}

bool kernel_null_reads_zeros(const struct run_frame *frame)
{
	return null_is_probed(frame) && zero_read_prepare();
}

static bool is_null_pointer(const struct access *access)
{
	void *word;

	return access->bytes == sizeof(word) &&
	       !copy_from_nofault(&word, access->addr, sizeof(word)) && !word;
}

void checked_see_kernel(struct run_frame *frame, const struct access *access)
{
	struct checked_run *run = &frame->checked;

	if (!has_typed_arguments(frame->prog))
		return;
	if (is_near_null(access->addr)) {
		run->zeros = access->addr;
		run->nr_zeros = access->bytes;
	} else if (!run->has_met_null) {
		run->has_met_null = is_null_pointer(access);
	}
}

void checked_see_task(struct run_frame *frame, const struct access *access)
{
	if (has_typed_arguments(frame->prog) &&
	    task_image_rights(frame, access->addr, access->bytes))
		checked_see_kernel(frame, access);
}

/*
 * Of a checked run each load was looked at just before; a plain one has only its fault to
 * show, and no memory below the first page.
 */
bool kernel_gives_zeros(const struct run_frame *frame, const char *addr)
{
	const struct checked_run *run = &frame->checked;

	if (run->object)
		return addr >= run->zeros && addr < run->zeros + run->nr_zeros;
	return is_near_null(addr) && null_is_probed(frame);
}
