// SPDX-License-Identifier: MIT
#include "rcu.h"

#include <errno.h>
#include <pthread.h>

char rcu_grace_period_token;

static __thread bool is_registered;

#if BUILT_WITH_TSAN
static void note_registration(bool registered)
{
	is_registered = registered;
}
#else
__thread struct urcu_reader *this_reader;

/*
 * liburcu's own word, which its header has replaced by 1. One that was built to work
 * nowhere else has none.
 */
#undef urcu_memb_has_sys_membarrier
extern int urcu_memb_has_sys_membarrier __attribute__((weak));

static void note_registration(bool registered)
{
	bool needs_fences = &urcu_memb_has_sys_membarrier && !urcu_memb_has_sys_membarrier;

	is_registered = registered;
	this_reader = registered && !needs_fences ? &urcu_memb_reader : NULL;
}
#endif

static pthread_key_t exit_key;
static pthread_once_t exit_key_once = PTHREAD_ONCE_INIT;

static void unregister_this_thread(void *unused)
{
	(void)unused;
	urcu_memb_unregister_thread();
	note_registration(false);
}

/*
 * fork() with a call_rcu thread running: liburcu wants to be told, so that the
 * child (a test that Check forks, say) gets a call_rcu thread of its own.
 */
static void prepare_exit_and_fork(void)
{
	pthread_key_create(&exit_key, unregister_this_thread);
	pthread_atfork(urcu_memb_call_rcu_before_fork, urcu_memb_call_rcu_after_fork_parent,
		       urcu_memb_call_rcu_after_fork_child);
}

static void register_this_thread(void)
{
	if (is_registered)
		return;
	pthread_once(&exit_key_once, prepare_exit_and_fork);
	urcu_memb_register_thread();
	note_registration(true);
	pthread_setspecific(exit_key, &exit_key);
}

void rcu_enter_slowly(void)
{
	register_this_thread();
	urcu_memb_flavor.read_lock();
}

void rcu_exit_slowly(void)
{
	urcu_memb_flavor.read_unlock();
}

/* A deferred call may keep this many bytes of memory, beside deferred->bytes. */
#define DEFERRED_BYTES 256
#define MOST_WAITING_BYTES (64UL << 20)

static uint64_t waiting_bytes; /* atomic: of all deferred calls that have not run */

static uint64_t bytes_of(const struct rcu_deferred *deferred)
{
	return DEFERRED_BYTES + (deferred->bytes + 4095) / 4096 * 4096;
}

static void run_deferred(struct rcu_head *head)
{
	struct rcu_deferred *deferred = container_of(head, struct rcu_deferred, head);

	tsan_acquire(&rcu_grace_period_token);
	tsan_acquire(deferred);
	__atomic_fetch_sub(&waiting_bytes, bytes_of(deferred), __ATOMIC_RELAXED);
	deferred->fn(deferred);
}

void rcu_defer(struct rcu_deferred *deferred, void (*fn)(struct rcu_deferred *deferred))
{
	register_this_thread(); /* call_rcu() asks it of its callers */
	deferred->fn = fn;
	__atomic_fetch_add(&waiting_bytes, bytes_of(deferred), __ATOMIC_RELAXED);
	tsan_release(deferred);
	urcu_memb_call_rcu(&deferred->head, run_deferred);
}

void rcu_wait_for_readers(void)
{
	urcu_memb_synchronize_rcu();
	tsan_acquire(&rcu_grace_period_token);
}

int table_init(struct rcu_table *table, uint32_t nr_buckets)
{
	table->lfht =
		cds_lfht_new_flavor(nr_buckets, nr_buckets, nr_buckets, 0, &urcu_memb_flavor, NULL);
	return table->lfht ? 0 : -ENOMEM;
}

void table_destroy(struct rcu_table *table)
{
	cds_lfht_destroy(table->lfht, NULL);
}

void rcu_limit_deferred(void)
{
	if (unlikely(__atomic_load_n(&waiting_bytes, __ATOMIC_RELAXED) > MOST_WAITING_BYTES))
		urcu_memb_barrier();
}
