// SPDX-License-Identifier: MIT
/*
 * Contexts: what type of program runs in which, whom Linux lets nest, what programs do
 * against it. Linux: trace_call_bpf(), __bpf_trace_run(), __bpf_prog_enter_recur(),
 * bpf_overflow_handler(); read, not measured. Differs: a command does not keep traced
 * programs out while it updates a map (bpf_disable_instrumentation()).
 */
#include "context.h"

#include <linux/bpf.h>

#include "machine.h"
#include "message.h"

#define NETFILTER 32 /* newer than 6.1's header */

/* Whose being under way makes Linux skip a program. */
enum recursion {
	RECURSION_NONE,
	RECURSION_OF_CPU,  /* any of this kind on the CPU: bpf_prog_active */
	RECURSION_OF_PROG, /* the same program on the CPU */
};

/* Can Linux schedule while a program in task context runs? */
enum preemptible {
	PREEMPTIBLE,	   /* since migration alone is disabled */
	PREEMPTIBLE_LATER, /* since tracepoints' callbacks are */
	PREEMPTIBLE_NEVER, /* whoever calls it has preemption disabled */
};

struct type_context {
	enum pca_context context;
	enum recursion recursion;
	enum preemptible preemptible;
};

#define PACKETS                                                        \
	{                                                              \
		PCA_CONTEXT_SOFTIRQ, RECURSION_NONE, PREEMPTIBLE_NEVER \
	}

/* All others: task context, no recursion, preemptible. */
static const struct type_context contexts[] = {
	[BPF_PROG_TYPE_SOCKET_FILTER] = PACKETS,
	[BPF_PROG_TYPE_KPROBE] = { PCA_CONTEXT_TASK, RECURSION_OF_CPU, PREEMPTIBLE_NEVER },
	[BPF_PROG_TYPE_SCHED_CLS] = PACKETS,
	[BPF_PROG_TYPE_SCHED_ACT] = PACKETS,
	[BPF_PROG_TYPE_TRACEPOINT] = { PCA_CONTEXT_TASK, RECURSION_OF_CPU, PREEMPTIBLE_NEVER },
	[BPF_PROG_TYPE_XDP] = PACKETS,
	[BPF_PROG_TYPE_PERF_EVENT] = { PCA_CONTEXT_NMI, RECURSION_OF_CPU, PREEMPTIBLE_NEVER },
	[BPF_PROG_TYPE_CGROUP_SKB] = PACKETS,
	[BPF_PROG_TYPE_LWT_IN] = PACKETS,
	[BPF_PROG_TYPE_LWT_OUT] = PACKETS,
	[BPF_PROG_TYPE_LWT_XMIT] = PACKETS,
	[BPF_PROG_TYPE_SK_SKB] = PACKETS,
	[BPF_PROG_TYPE_RAW_TRACEPOINT] = { PCA_CONTEXT_TASK, RECURSION_OF_PROG, PREEMPTIBLE_LATER },
	[BPF_PROG_TYPE_LWT_SEG6LOCAL] = PACKETS,
	[BPF_PROG_TYPE_SK_REUSEPORT] = PACKETS,
	[BPF_PROG_TYPE_FLOW_DISSECTOR] = PACKETS,
	[BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE] = { PCA_CONTEXT_TASK, RECURSION_OF_PROG,
						    PREEMPTIBLE_LATER },
	[BPF_PROG_TYPE_TRACING] = { PCA_CONTEXT_TASK, RECURSION_OF_PROG, PREEMPTIBLE },
	[BPF_PROG_TYPE_SK_LOOKUP] = PACKETS,
	[NETFILTER] = PACKETS,
};

/* What it runs as: tp_btf programs are called as raw tracepoints are. */
static uint32_t type_called(const struct pca_prog *prog)
{
	return prog->type == BPF_PROG_TYPE_TRACING && prog->attach_type == BPF_TRACE_RAW_TP
		       ? BPF_PROG_TYPE_RAW_TRACEPOINT
		       : prog->type;
}

static struct type_context type_context(const struct pca_prog *prog)
{
	static const struct type_context other = { PCA_CONTEXT_TASK, RECURSION_NONE, PREEMPTIBLE };
	static const struct type_context unlisted; /* what a gap in the table holds */
	const uint32_t type = type_called(prog);

	if (type >= ARRAY_SIZE(contexts) || !memcmp(&contexts[type], &unlisted, sizeof(unlisted)))
		return other;
	return contexts[type];
}

const char *pca_context_name(enum pca_context context)
{
	static const char *const names[PCA_NR_CONTEXTS] = { "task", "softirq", "hardirq", "nmi" };

	return context < PCA_NR_CONTEXTS ? names[context] : "none";
}

enum pca_context pca_prog_context(const struct pca_prog *prog)
{
	return type_context(prog).context;
}

bool context_may_interrupt(const struct run_frame *below, enum pca_context context)
{
	if (!below)
		return true;
	if (context <= below->context)
		return false;
	return context == PCA_CONTEXT_NMI || !below->irqs_are_off;
}

static bool is_preemptible(const struct pca_prog *prog)
{
	const struct pca_machine *machine = prog->object.machine;

	if (machine->preemption != PCA_PREEMPTION_MIGRATE_DISABLE)
		return false;
	switch (type_context(prog).preemptible) {
	case PREEMPTIBLE:
		return true;
	case PREEMPTIBLE_LATER:
		return machine_has(machine, FEATURE_PREEMPTIBLE_TRACEPOINTS);
	case PREEMPTIBLE_NEVER:
		break;
	}
	return false;
}

bool context_may_preempt(const struct run_frame *below)
{
	return below->context == PCA_CONTEXT_TASK && !below->irqs_are_off &&
	       !below->nr_preempt_disabled && is_preemptible(below->prog);
}

/* Did the release already skip programs of this type? */
static bool looks_for_recursion(const struct pca_prog *prog)
{
	const struct pca_machine *machine = prog->object.machine;
	const uint32_t type = type_called(prog);

	if (type == BPF_PROG_TYPE_RAW_TRACEPOINT || type == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE)
		return machine_has(machine, FEATURE_RAW_TP_RECURSION);
	return type_context(prog).recursion == RECURSION_OF_CPU ||
	       machine_has(machine, FEATURE_TRACING_RECURSION);
}

bool context_is_recursion(const struct pca_prog *prog, const struct run_frame *under_way)
{
	enum recursion recursion = type_context(prog).recursion;

	if (recursion == RECURSION_NONE || !looks_for_recursion(prog))
		return false;
	for (; under_way; under_way = under_way->before) {
		if (recursion == RECURSION_OF_PROG
			    ? under_way->prog == prog
			    : type_context(under_way->prog).recursion == RECURSION_OF_CPU)
			return true;
	}
	return false;
}

void context_count_miss(struct pca_prog *prog)
{
	bool is_of_cpu = type_context(prog).recursion == RECURSION_OF_CPU;

	if (prog->type == BPF_PROG_TYPE_PERF_EVENT ||
	    (is_of_cpu && !machine_has(prog->object.machine, FEATURE_COUNTED_MISSES)))
		return;
	__atomic_fetch_add(&prog->recursion_misses, 1, __ATOMIC_RELAXED);
}

uint64_t pca_prog_recursion_misses(const struct pca_prog *prog)
{
	return __atomic_load_n(&prog->recursion_misses, __ATOMIC_RELAXED);
}

/* ---- what programs do against it ---- */

static void tell_imbalance(const struct run_frame *frame, const char *what)
{
	message_error("program \"%s\" on CPU %u %s; Linux's verifier refuses such a program",
		      frame->prog->name, frame->cpu->id, what);
}

void pca_preempt_disable(void)
{
	struct run_frame *frame = this_frame();

	if (!frame)
		return;
	frame_point(&(struct run_point){ .helper = "bpf_preempt_disable" });
	frame->nr_preempt_disabled++;
}

void pca_preempt_enable(void)
{
	struct run_frame *frame = this_frame();

	if (!frame)
		return;
	if (!frame->nr_preempt_disabled) {
		frame_enter_helper(frame);
		tell_imbalance(frame, "enables preemption, which it had not disabled");
		frame_stop(frame, -EINVAL);
		frame_leave_helper(frame);
		return;
	}
	frame->nr_preempt_disabled--;
	frame_point(&(struct run_point){ .helper = "bpf_preempt_enable", .is_after = true });
}

void pca_local_irq_save(unsigned long *flags)
{
	struct run_frame *frame = this_frame();

	*flags = frame && frame->irqs_are_off;
	if (!frame)
		return;
	frame_point(&(struct run_point){ .helper = "bpf_local_irq_save" });
	frame->irqs_are_off = true;
}

void pca_local_irq_restore(unsigned long *flags)
{
	struct run_frame *frame = this_frame();

	if (!frame)
		return;
	frame->irqs_are_off = *flags;
	frame_point(&(struct run_point){ .helper = "bpf_local_irq_restore", .is_after = true });
}

int context_check_balance(const struct run_frame *frame)
{
	if (frame->nr_preempt_disabled)
		tell_imbalance(frame, "ends with preemption disabled");
	if (frame->irqs_are_off)
		tell_imbalance(frame, "ends with interrupts disabled");
	return frame->nr_preempt_disabled || frame->irqs_are_off ? -EINVAL : 0;
}
