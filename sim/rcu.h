/* SPDX-License-Identifier: MIT */
/*
 * All use of liburcu: read sections, deferred frees, the run queues, hash tables.
 *
 * liburcu 0.13 is not instrumented for ThreadSanitizer, so that its ordering
 * is invisible there. Under TSan this header therefore takes liburcu's
 * out-of-line functions (which TSan does not look into) and tells TSan of the
 * ordering that they give: each annotation names the pair it belongs to.
 */
#ifndef SIM_RCU_H
#define SIM_RCU_H

#include "compiler.h"

#if BUILT_WITH_TSAN
#define tsan_release_at_exit(addr) tsan_release(addr)
#else
#define _LGPL_SOURCE /* inline the functions of ten lines and less, as its licence allows */
#define tsan_release_at_exit(addr) ((void)(addr)) /* too costly where everybody goes */
#endif
#define URCU_API_MAP

/*
 * liburcu's inlined functions find the thread's word by URCU_TLS(), which in a
 * library is a call of __tls_get_addr(), three times a section. They get a pointer of
 * ours instead. (Not the initial-exec model: the word's alignment would make dlopen()
 * refuse us.) And they ask three times whether the kernel has membarrier(2), without
 * which readers need fences. That is known when a thread registers: only where it has
 * are sections inlined, and the thread's pointer set.
 */
#if BUILT_WITH_TSAN
#define this_reader NULL /* always out of line */
#else
#include <urcu/tls-compat.h>
extern __thread struct urcu_reader *this_reader __attribute__((tls_model("initial-exec")));
#undef URCU_TLS
#define URCU_TLS(name) (*this_reader)
#ifndef CONFIG_RCU_FORCE_SYS_MEMBARRIER
#define CONFIG_RCU_FORCE_SYS_MEMBARRIER
#endif
#endif
#include <urcu/urcu-memb.h>
#include <urcu/rculfhash.h>
#include <urcu/wfcqueue.h>

/* Pairs "after every reader's exit" with "before the deferred free". */
extern char rcu_grace_period_token;

/* By liburcu's out-of-line functions. */
void rcu_enter_slowly(void);
void rcu_exit_slowly(void);

/*
 * Enter a read section; the first one of a thread registers it, and it is
 * unregistered when it ends. Sections nest.
 */
static inline void rcu_enter(void)
{
	if (likely(this_reader))
		urcu_memb_read_lock();
	else
		rcu_enter_slowly();
}

static inline void rcu_exit(void)
{
	tsan_release_at_exit(&rcu_grace_period_token);
	if (likely(this_reader))
		urcu_memb_read_unlock();
	else
		rcu_exit_slowly();
}

/* Publish a pointer; pairs with rcu_dereference() of it, which sees what it points to. */
#define rcu_assign(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)
#define rcu_dereference_pointer(p) __atomic_load_n(&(p), __ATOMIC_ACQUIRE)

struct rcu_deferred {
	struct rcu_head head;
	void (*fn)(struct rcu_deferred *deferred);
	uint64_t bytes; /* of memory that fn gives back, when it is much */
};

/* Call fn(deferred) after all read sections that are running now have ended. */
void rcu_defer(struct rcu_deferred *deferred, void (*fn)(struct rcu_deferred *deferred));

/* Wait for them. Not inside a read section. */
void rcu_wait_for_readers(void);

/*
 * For loops that defer faster than read sections end: when much memory is waiting,
 * wait until it was given back. Else, nearly always, this costs a load. Not inside
 * a read section.
 */
void rcu_limit_deferred(void);

/*
 * A queue of jobs: any thread pushes, one thread pops. A push happens before
 * the pop that takes the node.
 */
struct job_queue {
	struct cds_wfcq_head head;
	struct cds_wfcq_tail tail;
};

static inline void job_queue_init(struct job_queue *q)
{
	cds_wfcq_init(&q->head, &q->tail);
}

static inline void job_queue_destroy(struct job_queue *q)
{
	cds_wfcq_destroy(&q->head, &q->tail);
}

/* A full barrier: a later load of this thread is not moved before the push. */
static inline void job_queue_push(struct job_queue *q, struct cds_wfcq_node *node)
{
	cds_wfcq_node_init(node);
	tsan_release(node);
	cds_wfcq_enqueue(&q->head, &q->tail, node);
}

static inline bool job_queue_is_empty(struct job_queue *q)
{
	return cds_wfcq_empty(&q->head, &q->tail);
}

static inline struct cds_wfcq_node *job_queue_pop(struct job_queue *q)
{
	struct cds_wfcq_node *node = __cds_wfcq_dequeue_blocking(&q->head, &q->tail);

	if (node)
		tsan_acquire(node);
	return node;
}

/*
 * A hash table of nodes that any threads look for, add and delete at once, all inside
 * read sections. Its buckets are as many for all its life: there is no thread that
 * resizes. A walk is in the order of the hashes' bits, the lowest one first.
 *
 * Adding a node happens before whatever finds it; table_found() is that other half, which
 * match functions call too, before they look at the node.
 */
struct rcu_table {
	struct cds_lfht *lfht;
};

static inline void table_found(struct cds_lfht_node *node)
{
	tsan_acquire(node);
}

/* nr_buckets is a power of two. 0, -ENOMEM. */
int table_init(struct rcu_table *table, uint32_t nr_buckets);

/* Nothing is in it, and nobody looks any more. */
void table_destroy(struct rcu_table *table);

/* The first node of this hash that matches, or NULL; at: where it is. */
static inline struct cds_lfht_node *table_find(const struct rcu_table *table, uint64_t hash,
					       cds_lfht_match_fct match, const void *key,
					       struct cds_lfht_iter *at)
{
	cds_lfht_lookup(table->lfht, hash, match, key, at);
	if (at->node)
		table_found(at->node);
	return at->node;
}

static inline struct cds_lfht_node *table_first(const struct rcu_table *table,
						struct cds_lfht_iter *at)
{
	cds_lfht_first(table->lfht, at);
	if (at->node)
		table_found(at->node);
	return at->node;
}

static inline struct cds_lfht_node *table_next(const struct rcu_table *table,
					       struct cds_lfht_iter *at)
{
	cds_lfht_next(table->lfht, at);
	if (at->node)
		table_found(at->node);
	return at->node;
}

/* False: another one matches already. */
static inline bool table_add(struct rcu_table *table, uint64_t hash, cds_lfht_match_fct match,
			     const void *key, struct cds_lfht_node *node)
{
	cds_lfht_node_init(node);
	tsan_release(node);
	return cds_lfht_add_unique(table->lfht, hash, match, key, node) == node;
}

/* Put node into the place of the one found. False: that one is gone. */
static inline bool table_replace(struct rcu_table *table, struct cds_lfht_iter *found,
				 uint64_t hash, cds_lfht_match_fct match, const void *key,
				 struct cds_lfht_node *node)
{
	cds_lfht_node_init(node);
	tsan_release(node);
	return !cds_lfht_replace(table->lfht, found, hash, match, key, node);
}

/* False: somebody else has deleted or replaced it. */
static inline bool table_delete(struct rcu_table *table, struct cds_lfht_node *node)
{
	return !cds_lfht_del(table->lfht, node);
}

#endif
