/* SPDX-License-Identifier: MIT */
/*
 * A simulated CPU and its carrier: the one host thread that executes its runs.
 *
 * With workers the carrier is a pinned thread that takes jobs from the CPU's
 * queue. Inline, it is whichever thread holds the CPU's ticket lock. A machine
 * uses one of the two, so nothing else has to keep runs on a CPU apart.
 */
#ifndef SIM_CPU_H
#define SIM_CPU_H

#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include <pcasim/helpers.h>

#include "rcu.h"

struct cpu;
struct task_struct;

/* Work for a CPU. fn runs on its carrier. */
struct cpu_job {
	struct cds_wfcq_node node;
	void (*fn)(struct cpu_job *job, struct cpu *cpu);
	uint32_t state;	  /* enum job_state; also the futex waited on */
	bool is_for_here; /* the worker is pinned to the submitter's own host CPU */
};

struct cpu {
	struct pca_machine *machine;
	uint32_t id;	  /* the OS index */
	uint32_t ordinal; /* its place among the possible CPUs */
	uint32_t numa_node;
	uint32_t slab;	/* which of a map's is its own */
	int host_cpu;	/* where the worker is pinned */
	bool is_online; /* atomic; changed under machine->cpus_lock */
	bool boots_online;
	bool may_spin;			/* workers do not outnumber the host's CPUs */
	struct task_struct *idle_image; /* atomic; its idle task for programs, once asked for */

	/* Runs with a frame that are under way here, the latest first; the carrier's. */
	struct run_frame *frames;

	/* Interrupts that have not come in: posted by any thread, held by the carrier. */
	struct interrupt *posted; /* atomic */
	struct interrupt *held;
	uint32_t nr_interrupts; /* atomic: both */
	bool is_taker_queued;	/* atomic; a job that takes them waits in the queue */
	struct cpu_job taker;

	/* Inline: tickets taken and served. Releasing pairs with acquiring. */
	uint32_t next_ticket __attribute__((aligned(128)));
	uint32_t serving;

	/* Workers. is_asleep is also the futex that the worker sleeps on. */
	struct job_queue queue __attribute__((aligned(128)));
	uint32_t is_asleep;
	bool has_worker; /* atomic; set once, under start_lock */
	bool must_stop;	 /* atomic */
	bool is_busy;	 /* atomic; the worker is at a job, which is not marked done */
	pthread_mutex_t start_lock;
	pthread_t worker;
};

/* Who a program finds as the current task. */
struct run_task {
	const struct pca_task *task; /* NULL: the CPU's idle task */
	uint64_t pid_tgid;
};

struct run_point;

/*
 * Whoever decides at points which actor goes on (schedule.c), and the time and chance that
 * its actors are given.
 */
struct scheduler {
	void (*at_point)(struct scheduler *scheduler, const struct run_point *point);
	uint64_t ns;
	uint64_t chance; /* the state of bpf_get_prandom_u32() */
};

/* What this thread executes now, beside the public pca_this_cpu. */
struct run_context {
	struct cpu *cpu; /* NULL outside a run */
	struct run_task current;

	/* NULL in the shortest way of a run, run_inline_plainly(), which has no time for it. */
	const struct pca_prog *prog;

	/* Of runs with a frame only; frame.h. */
	struct run_frame *frame; /* the innermost, or NULL */
	const char *idle;	 /* the name of the CPU's idle task */
	uint32_t thread;	 /* gettid() */

	struct scheduler *scheduler; /* of the actor that this is; NULL: it is none */

	struct pca_violation *violation; /* this thread's last one is written here; or NULL */
};

extern __thread struct run_context run_context __attribute__((tls_model("initial-exec")));

/*
 * Is this thread inside a run? pca_this_cpu.outside_run does not tell: it is all ones
 * also in runs with a frame.
 */
static inline bool in_run(void)
{
	return run_context.cpu;
}

/* Whoever runs, or is an actor of a schedule, may not wait for a run. */
static inline bool may_not_wait(void)
{
	return run_context.cpu || run_context.scheduler;
}

void cpu_init(struct cpu *cpu);
void cpu_destroy(struct cpu *cpu); /* stops the worker */

/* The worker runs after this: 0, or -EAGAIN (no thread). */
int cpu_start_worker(struct cpu *cpu);

/*
 * Hand job to the CPU's worker, starting that if need be. 0, -ENXIO (offline)
 * or -EAGAIN (no thread). The job stays in place until cpu_job_is_done().
 */
int cpu_submit(struct cpu *cpu, struct cpu_job *job);
/* The same in a read section in which the CPU was found to be online. 0 or -EAGAIN. */
int cpu_push(struct cpu *cpu, struct cpu_job *job);
void cpu_job_wait(struct cpu_job *job);
bool cpu_job_is_done(const struct cpu_job *job);
void cpu_job_mark_done(struct cpu_job *job);

/*
 * No run is accepted and not yet done. Certain of runs whose end the caller has seen;
 * another thread's may come at any time.
 */
bool cpu_is_idle(struct cpu *cpu);

void cpu_claim_contended(struct cpu *cpu, uint32_t ticket);

/* Wait in order for the CPU and become its carrier. 0 or -ENXIO (offline). */
static inline int cpu_claim(struct cpu *cpu)
{
	uint32_t ticket = __atomic_fetch_add(&cpu->next_ticket, 1, __ATOMIC_RELAXED);

	if (unlikely(__atomic_load_n(&cpu->serving, __ATOMIC_ACQUIRE) != ticket))
		cpu_claim_contended(cpu, ticket);
	if (likely(__atomic_load_n(&cpu->is_online, __ATOMIC_RELAXED)))
		return 0;
	__atomic_store_n(&cpu->serving, ticket + 1, __ATOMIC_RELEASE);
	return -ENXIO;
}

static inline void cpu_release(struct cpu *cpu)
{
	/* Only the holder writes serving. */
	__atomic_store_n(&cpu->serving, cpu->serving + 1, __ATOMIC_RELEASE);
}

/* Wait until everything accepted so far on the CPU has run: what no thread is just submitting. */
void cpu_finish_accepted(struct cpu *cpu);

/* The same, and for what other threads are submitting. */
void cpu_drain(struct cpu *cpu);

#endif
