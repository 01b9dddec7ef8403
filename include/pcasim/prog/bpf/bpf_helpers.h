/* SPDX-License-Identifier: MIT */
/*
 * What BPF C programs include, for programs that are compiled natively and run on
 * a simulated CPU: put include/pcasim/prog before libbpf's own headers on the
 * compiler's search path. Uses the compiler's own types only, no libc and no
 * <linux/...>: bring vmlinux.h or <linux/types.h>, or neither.
 *
 * A helper's map argument is the address of a struct pca_map_ref, as
 * pca_map_get() gives it. The lookup is inlined; all helpers find the CPU
 * in a thread-local word. Results are Linux's: a pointer, 0, or -errno;
 * <pcasim/helpers.h> documents each under its name with pca_ for bpf_.
 *
 * Using a helper that is not simulated is an error that names it; docs/helpers.md
 * lists all.
 *
 * Linux counterparts: bpf-helpers(7).
 */
#ifndef PCASIM_PROG_BPF_HELPERS_H
#define PCASIM_PROG_BPF_HELPERS_H

#ifdef PCASIM_LIBBPF_CALL_H
#error "<bpf/bpf_helpers.h> is for programs, libbpf's headers are for user space: one per file"
#endif
#ifdef __BPF_HELPERS__
#error "libbpf's own <bpf/bpf_helpers.h> is included already; use one of the two"
#endif

#include <pcasim/map_ref.h>

#include "for_each.h"
#include "native.h"

/* ---- attributes ---- */

/*
 * Put a program, map or licence in the section "bpf." name. Without the prefix a
 * native assembler takes a variable for its section of the same name: license. In ".maps"
 * each definition, however short, has the room of a reference to the map.
 */
#define SEC(name)                           \
	__attribute__((                     \
		section("bpf." name), used, \
		aligned(sizeof(name) == sizeof(".maps") ? sizeof(struct pca_map_ref) : 16)))

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef __hidden
#define __hidden __attribute__((visibility("hidden")))
#endif
#ifndef __always_unused
#define __always_unused __attribute__((__unused__))
#endif
#ifndef likely
#define likely(x) (__builtin_expect(!!(x), 1))
#endif
#ifndef unlikely
#define unlikely(x) (__builtin_expect(!!(x), 0))
#endif

/* What they tell the verifier, or the loader of an object: nothing to a native compiler. */
#define __kconfig
#define __ksym
#define __kptr
#define __kptr_untrusted
#define __percpu_kptr
#define __uptr
#define __arg_ctx
#define __arg_nonnull
#define __arg_nullable
#define __arg_trusted
#define __arg_untrusted
#define __arg_arena

/* ---- definitions of maps, in SEC(".maps") ---- */

#define __uint(name, val) int(*name)[val]
#define __type(name, val) __typeof__(val) *name
#define __array(name, val) __typeof__(val) *name[]
#define __ulong(name, val) enum { PCA_JOIN_(pca_ulong_, __COUNTER__) = (val) } name

enum libbpf_pin_type {
	LIBBPF_PIN_NONE,
	LIBBPF_PIN_BY_NAME,
};

enum libbpf_tristate {
	TRI_NO = 0,
	TRI_YES = 1,
	TRI_MODULE = 2,
};

/* ---- what programs without libc have no other place to get from ---- */

#ifndef NULL
#ifdef __cplusplus
#define NULL __null
#else
#define NULL ((void *)0)
#endif
#endif
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
#ifndef container_of
#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(void *)(ptr) - __builtin_offsetof(type, member)))
#endif
#ifndef KERNEL_VERSION
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#endif
#ifndef barrier
#define barrier() __asm__ volatile("" : : : "memory")
#endif
#ifndef barrier_var
#define barrier_var(var) __asm__ volatile("" : "+r"(var))
#endif
#ifndef __bpf_unreachable
#define __bpf_unreachable() __builtin_trap()
#endif
#ifndef bpf_ksym_exists
#define bpf_ksym_exists(symbol) (!!(symbol))
#endif

/* ---- loops that the verifier follows ---- */

/* i is start .. end - 1, at most. */
#define bpf_for(i, start, end)                          \
	for (int pca_next_ = (start), pca_end_ = (end); \
	     pca_next_ < pca_end_ && ((i) = pca_next_++, 1);)
#define bpf_repeat(n) for (int pca_left_ = (n); pca_left_ > 0; pca_left_--)
#define can_loop 1
#define cond_break \
	do {       \
	} while (0)

PCA_BEGIN_DECLS

struct bpf_map; /* the name that callbacks have for a map */

/* ---- libpcasim's helpers: declared in <pcasim/helpers.h> with libc's types ---- */

typedef long (*pca_for_each_fn)(struct pca_map_ref *map, const void *key, void *value, void *ctx);

PCA_API void *pca_map_lookup_percpu_elem(struct pca_map_ref *map, const void *key,
					 __UINT32_TYPE__ cpu);
PCA_API long pca_map_update_elem(struct pca_map_ref *map, const void *key, const void *value,
				 __UINT64_TYPE__ flags);
PCA_API long pca_map_delete_elem(struct pca_map_ref *map, const void *key);
PCA_API long pca_for_each_map_elem(struct pca_map_ref *map, pca_for_each_fn fn, void *ctx,
				   __UINT64_TYPE__ flags);
PCA_API __UINT32_TYPE__ pca_get_smp_processor_id(void);
PCA_API long pca_get_numa_node_id(void);
PCA_API __UINT64_TYPE__ pca_ktime_get_ns(void);
PCA_API __UINT32_TYPE__ pca_get_prandom_u32(void);
PCA_API __UINT64_TYPE__ pca_get_current_pid_tgid(void);
PCA_API void pca_preempt_disable(void);
PCA_API void pca_preempt_enable(void);
PCA_API void pca_local_irq_save(unsigned long *flags);
PCA_API void pca_local_irq_restore(unsigned long *flags);
PCA_API void pca_rcu_read_lock(void);
PCA_API void pca_rcu_read_unlock(void);
struct bpf_iter_num;
PCA_API int pca_iter_num_new(struct bpf_iter_num *it, int start, int end);
PCA_API int *pca_iter_num_next(struct bpf_iter_num *it);
PCA_API void pca_iter_num_destroy(struct bpf_iter_num *it);
PCA_API long pca_get_current_comm(void *buf, __UINT32_TYPE__ size);
PCA_API long pca_probe_read_kernel(void *dst, __UINT32_TYPE__ size, const void *src);
PCA_API long pca_trace_printk(const char *fmt, __UINT32_TYPE__ fmt_size, __UINT64_TYPE__ a,
			      __UINT64_TYPE__ b, __UINT64_TYPE__ c);

#ifdef PCASIM_CHECKED
/*
 * In a checked build (docs/checked.md) the program reads no map reference itself, and
 * copies are calls, which the compiler would not let be looked at where it inlines them.
 */
PCA_API void *pca_checked_lookup_elem(const struct pca_map_ref *map, const void *key);

void *memcpy(void *to, const void *from, __SIZE_TYPE__ n);
void *memmove(void *to, const void *from, __SIZE_TYPE__ n);
void *memset(void *to, int byte, __SIZE_TYPE__ n);
int memcmp(const void *a, const void *b, __SIZE_TYPE__ n);
#endif

/* ---- maps ---- */

/* The current CPU's element of *key, or NULL. */
PCA_ALWAYS_INLINE void *bpf_map_lookup_elem(void *map, const void *key)
{
#ifdef PCASIM_CHECKED
	return pca_checked_lookup_elem((const struct pca_map_ref *)map, key);
#else
	return pca_map_lookup_elem((const struct pca_map_ref *)map, key);
#endif
}

/* The element on the CPU with this id, or NULL. */
static inline void *bpf_map_lookup_percpu_elem(void *map, const void *key, unsigned int cpu)
{
	return pca_map_lookup_percpu_elem((struct pca_map_ref *)map, key, cpu);
}

/* Copy value_size bytes into the current CPU's element. */
static inline long bpf_map_update_elem(void *map, const void *key, const void *value,
				       unsigned long long flags)
{
	return pca_map_update_elem((struct pca_map_ref *)map, key, value, flags);
}

/* -EINVAL: elements of arrays cannot be deleted. */
static inline long bpf_map_delete_elem(void *map, const void *key)
{
	return pca_map_delete_elem((struct pca_map_ref *)map, key);
}

/*
 * Call callback_fn(map, &key, value, callback_ctx), which returns long or int, for
 * each key until it returns 1; the number of calls.
 */
static inline long bpf_for_each_map_elem(void *map, void *callback_fn, void *callback_ctx,
					 unsigned long long flags)
{
	pca_for_each_fn fn;

	/* ISO C knows no cast from void * to a function. */
	__builtin_memcpy(&fn, &callback_fn, sizeof(fn));
	return pca_for_each_map_elem((struct pca_map_ref *)map, fn, callback_ctx, flags);
}

/* ---- the CPU, time, chance, the current task ---- */

static inline unsigned int bpf_get_smp_processor_id(void)
{
	return pca_get_smp_processor_id();
}

static inline long bpf_get_numa_node_id(void)
{
	return pca_get_numa_node_id();
}

static inline unsigned long long bpf_ktime_get_ns(void)
{
	return pca_ktime_get_ns();
}

static inline unsigned int bpf_get_prandom_u32(void)
{
	return pca_get_prandom_u32();
}

static inline unsigned long long bpf_get_current_pid_tgid(void)
{
	return pca_get_current_pid_tgid();
}

static inline long bpf_get_current_comm(void *buf, unsigned int size_of_buf)
{
	return pca_get_current_comm(buf, size_of_buf);
}

static inline long bpf_probe_read_kernel(void *dst, unsigned int size, const void *unsafe_ptr)
{
	return pca_probe_read_kernel(dst, size, unsafe_ptr);
}

PCA_END_DECLS

/* ---- kfuncs, which programs declare themselves ---- */

#define bpf_preempt_disable pca_preempt_disable
#define bpf_preempt_enable pca_preempt_enable
#define bpf_local_irq_save pca_local_irq_save
#define bpf_local_irq_restore pca_local_irq_restore
#define bpf_rcu_read_lock pca_rcu_read_lock
#define bpf_rcu_read_unlock pca_rcu_read_unlock
#define bpf_iter_num_new pca_iter_num_new
#define bpf_iter_num_next pca_iter_num_next
#define bpf_iter_num_destroy pca_iter_num_destroy

#include "bpf_helper_defs.h"

#ifdef PCASIM_CHECKED /* last: what is above may be inlined */
#define __builtin_memcpy memcpy
#define __builtin_memmove memmove
#define __builtin_memset memset
#define __builtin_memcmp memcmp
#endif

#endif
