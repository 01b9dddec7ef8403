// SPDX-License-Identifier: MIT
/*
 * Carriers: worker threads, the waiting for them, and the ticket lock of
 * inline runs. Linux has no counterpart: there the CPU itself carries.
 */
#define _GNU_SOURCE
#include "cpu.h"

#include <stdio.h>

#include "alloc.h"
#include "futex.h"
#include "message.h"

__thread struct pca_this_cpu pca_this_cpu = { .outside_run = UINT32_MAX };
__thread struct run_context run_context;

enum job_state {
	JOB_PENDING,
	JOB_AWAITED, /* pending, and somebody sleeps on it */
	JOB_DONE,
};

/* About the time of a futex round trip between two CPUs, in pauses. */
#define SPINS 2000

/* Beyond this many handovers, waiting for a claimed CPU yields to other threads. */
#define CLAIM_SPINS 1000

/* Programs are native functions; sanitizers make their frames larger. */
#define WORKER_STACK_BYTES (1U << 20)

void cpu_job_mark_done(struct cpu_job *job)
{
	/*
	 * Release: pairs with the acquire in cpu_job_is_done(), after which the
	 * job's owner may free it. Nothing is read from the job after this.
	 */
	tsan_release(job);
	if (__atomic_exchange_n(&job->state, JOB_DONE, __ATOMIC_ACQ_REL) == JOB_AWAITED)
		futex_wake_one(&job->state);
}

bool cpu_job_is_done(const struct cpu_job *job)
{
	if (__atomic_load_n(&job->state, __ATOMIC_ACQUIRE) != JOB_DONE)
		return false;
	tsan_acquire(job);
	return true;
}

void cpu_job_wait(struct cpu_job *job)
{
	/* On the worker's own CPU spinning would only keep it from running. */
	for (int i = 0; i < SPINS && !job->is_for_here; i++) {
		if (cpu_job_is_done(job))
			return;
		cpu_relax();
	}

	uint32_t pending = JOB_PENDING;

	__atomic_compare_exchange_n(&job->state, &pending, JOB_AWAITED, false, __ATOMIC_ACQ_REL,
				    __ATOMIC_ACQUIRE);
	while (!cpu_job_is_done(job))
		futex_wait(&job->state, JOB_AWAITED);
}

static void sleep_until_pushed(struct cpu *cpu)
{
	if (cpu->may_spin) {
		for (int i = 0; i < SPINS; i++) {
			if (!job_queue_is_empty(&cpu->queue))
				return;
			cpu_relax();
		}
	}
	/*
	 * Pairs with wake_worker(): either it sees is_asleep, or we see what was
	 * pushed (or must_stop) before it looked.
	 */
	__atomic_store_n(&cpu->is_asleep, 1, __ATOMIC_SEQ_CST);
	if (job_queue_is_empty(&cpu->queue) && !__atomic_load_n(&cpu->must_stop, __ATOMIC_SEQ_CST))
		futex_wait(&cpu->is_asleep, 1);
	__atomic_store_n(&cpu->is_asleep, 0, __ATOMIC_RELAXED);
}

static void wake_worker(struct cpu *cpu)
{
	if (__atomic_load_n(&cpu->is_asleep, __ATOMIC_SEQ_CST) &&
	    __atomic_exchange_n(&cpu->is_asleep, 0, __ATOMIC_SEQ_CST))
		futex_wake_one(&cpu->is_asleep);
}

static void do_next_job(struct cpu *cpu)
{
	/* Before it leaves the queue and until just before it is done: see cpu_is_idle(). */
	__atomic_store_n(&cpu->is_busy, true, __ATOMIC_RELEASE);

	struct cds_wfcq_node *node = job_queue_pop(&cpu->queue);
	struct cpu_job *job = container_of(node, struct cpu_job, node);

	job->fn(job, cpu);
	__atomic_store_n(&cpu->is_busy, false, __ATOMIC_RELEASE);
	cpu_job_mark_done(job);
}

static void *worker_main(void *arg)
{
	struct cpu *cpu = arg;
	char name[16];

	snprintf(name, sizeof(name), "pcasim/%u", cpu->id);
	pthread_setname_np(pthread_self(), name);

	for (;;) {
		if (!job_queue_is_empty(&cpu->queue)) {
			do_next_job(cpu);
		} else if (__atomic_load_n(&cpu->must_stop, __ATOMIC_ACQUIRE)) {
			return NULL;
		} else {
			sleep_until_pushed(cpu);
		}
	}
}

static int create_worker(struct cpu *cpu)
{
	pthread_attr_t attr;
	cpu_set_t host;
	int err;

	CPU_ZERO(&host);
	CPU_SET(cpu->host_cpu, &host);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, WORKER_STACK_BYTES);
	pthread_attr_setaffinity_np(&attr, sizeof(host), &host);
	err = alloc_thread(&cpu->worker, &attr, worker_main, cpu);
	if (err == EINVAL) { /* the host CPU is no longer ours to use */
		pthread_attr_destroy(&attr);
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, WORKER_STACK_BYTES);
		err = alloc_thread(&cpu->worker, &attr, worker_main, cpu);
		if (!err)
			message_warning("the worker of CPU %u cannot be pinned to host CPU %d",
					cpu->id, cpu->host_cpu);
	}
	pthread_attr_destroy(&attr);
	return err ? -EAGAIN : 0;
}

int cpu_start_worker(struct cpu *cpu)
{
	int err = 0;

	if (likely(__atomic_load_n(&cpu->has_worker, __ATOMIC_ACQUIRE)))
		return 0;

	pthread_mutex_lock(&cpu->start_lock);
	if (!cpu->has_worker) {
		err = create_worker(cpu);
		if (!err)
			__atomic_store_n(&cpu->has_worker, true, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&cpu->start_lock);
	return err;
}

int cpu_push(struct cpu *cpu, struct cpu_job *job)
{
	int err = cpu_start_worker(cpu);

	if (unlikely(err))
		return err;
	__atomic_store_n(&job->state, JOB_PENDING, __ATOMIC_RELAXED);
	job->is_for_here = cpu->host_cpu == sched_getcpu();
	job_queue_push(&cpu->queue, &job->node);
	wake_worker(cpu);
	return 0;
}

int cpu_submit(struct cpu *cpu, struct cpu_job *job)
{
	int err = -ENXIO;

	/* cpu_drain() waits for this section, then for what it pushed. */
	rcu_enter();
	if (__atomic_load_n(&cpu->is_online, __ATOMIC_RELAXED))
		err = cpu_push(cpu, job);
	rcu_exit();
	return err;
}

static void do_nothing(struct cpu_job *job, struct cpu *cpu)
{
	(void)job;
	(void)cpu;
}

void cpu_finish_accepted(struct cpu *cpu)
{
	struct cpu_job last = { .fn = do_nothing };
	uint32_t ticket = __atomic_fetch_add(&cpu->next_ticket, 1, __ATOMIC_RELAXED);

	cpu_claim_contended(cpu, ticket);
	cpu_release(cpu);
	if (__atomic_load_n(&cpu->has_worker, __ATOMIC_ACQUIRE) && !cpu_push(cpu, &last))
		cpu_job_wait(&last);
}

bool cpu_is_idle(struct cpu *cpu)
{
	return __atomic_load_n(&cpu->next_ticket, __ATOMIC_RELAXED) ==
		       __atomic_load_n(&cpu->serving, __ATOMIC_ACQUIRE) &&
	       job_queue_is_empty(&cpu->queue) && !__atomic_load_n(&cpu->is_busy, __ATOMIC_ACQUIRE);
}

void cpu_drain(struct cpu *cpu)
{
	rcu_wait_for_readers();
	cpu_finish_accepted(cpu);
}

void cpu_claim_contended(struct cpu *cpu, uint32_t ticket)
{
	for (int i = 0; __atomic_load_n(&cpu->serving, __ATOMIC_ACQUIRE) != ticket; i++) {
		if (i < CLAIM_SPINS)
			cpu_relax();
		else
			sched_yield();
	}
}

void cpu_init(struct cpu *cpu)
{
	job_queue_init(&cpu->queue);
	pthread_mutex_init(&cpu->start_lock, NULL);
}

void cpu_destroy(struct cpu *cpu)
{
	if (cpu->has_worker) {
		__atomic_store_n(&cpu->must_stop, true, __ATOMIC_SEQ_CST);
		wake_worker(cpu);
		pthread_join(cpu->worker, NULL);
	}
	job_queue_destroy(&cpu->queue);
	pthread_mutex_destroy(&cpu->start_lock);
	free(cpu->idle_image);
}
