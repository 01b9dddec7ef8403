/* SPDX-License-Identifier: MIT */
/*
 * The helpers that are neither inlined lookups nor about maps: part of
 * <bpf/bpf_helpers.h>. At the end those that are not simulated: using one is an error
 * of the compilation that names it. docs/helpers.md lists all.
 */
#ifndef PCASIM_PROG_BPF_HELPER_DEFS_H
#define PCASIM_PROG_BPF_HELPER_DEFS_H

#include <pcasim/attributes.h>

#include "for_each.h"

PCA_BEGIN_DECLS

struct __sk_buff;
struct xdp_md;
struct task_struct;

/* ---- libpcasim's: documented in <pcasim/helpers.h> ---- */

typedef long (*pca_loop_fn)(__UINT64_TYPE__ index, void *ctx);

PCA_API __UINT64_TYPE__ pca_ktime_get_boot_ns(void);
PCA_API __UINT64_TYPE__ pca_ktime_get_coarse_ns(void);
PCA_API __UINT64_TYPE__ pca_ktime_get_tai_ns(void);
PCA_API __UINT64_TYPE__ pca_jiffies64(void);
PCA_API __UINT64_TYPE__ pca_get_current_uid_gid(void);
PCA_API struct task_struct *pca_get_current_task(void);
PCA_API __UINT64_TYPE__ pca_get_current_cgroup_id(void);
PCA_API __UINT64_TYPE__ pca_get_current_ancestor_cgroup_id(int level);
PCA_API long pca_probe_read(void *dst, __UINT32_TYPE__ size, const void *src);
PCA_API long pca_probe_read_user(void *dst, __UINT32_TYPE__ size, const void *src);
PCA_API long pca_copy_from_user(void *dst, __UINT32_TYPE__ size, const void *src);
PCA_API long pca_probe_read_str(void *dst, __UINT32_TYPE__ size, const void *src);
PCA_API long pca_probe_read_user_str(void *dst, __UINT32_TYPE__ size, const void *src);
PCA_API long pca_probe_read_kernel_str(void *dst, __UINT32_TYPE__ size, const void *src);
PCA_API long pca_strtol(const char *buf, __SIZE_TYPE__ buf_len, __UINT64_TYPE__ flags, long *res);
PCA_API long pca_strtoul(const char *buf, __SIZE_TYPE__ buf_len, __UINT64_TYPE__ flags,
			 unsigned long *res);
PCA_API long pca_strncmp(const char *s1, __UINT32_TYPE__ s1_size, const char *s2);
PCA_API long pca_snprintf(char *str, __UINT32_TYPE__ str_size, const char *fmt,
			  const __UINT64_TYPE__ *args, __UINT32_TYPE__ args_bytes);
PCA_API long pca_trace_vprintk(const char *fmt, __UINT32_TYPE__ fmt_size,
			       const __UINT64_TYPE__ *args, __UINT32_TYPE__ args_bytes);
PCA_API long pca_loop(__UINT32_TYPE__ nr_loops, pca_loop_fn fn, void *ctx, __UINT64_TYPE__ flags);
PCA_API long pca_skb_load_bytes(const struct __sk_buff *skb, __UINT32_TYPE__ offset, void *to,
				__UINT32_TYPE__ len);
PCA_API long pca_skb_store_bytes(struct __sk_buff *skb, __UINT32_TYPE__ offset, const void *from,
				 __UINT32_TYPE__ len, __UINT64_TYPE__ flags);
PCA_API long pca_skb_pull_data(struct __sk_buff *skb, __UINT32_TYPE__ len);
PCA_API long pca_l3_csum_replace(struct __sk_buff *skb, __UINT32_TYPE__ offset,
				 __UINT64_TYPE__ from, __UINT64_TYPE__ to, __UINT64_TYPE__ flags);
PCA_API long pca_l4_csum_replace(struct __sk_buff *skb, __UINT32_TYPE__ offset,
				 __UINT64_TYPE__ from, __UINT64_TYPE__ to, __UINT64_TYPE__ flags);
PCA_API long pca_xdp_load_bytes(struct xdp_md *xdp, __UINT32_TYPE__ offset, void *to,
				__UINT32_TYPE__ len);
PCA_API long pca_xdp_store_bytes(struct xdp_md *xdp, __UINT32_TYPE__ offset, const void *from,
				 __UINT32_TYPE__ len);
PCA_API __UINT64_TYPE__ pca_xdp_get_buff_len(struct xdp_md *xdp);
PCA_API __INT64_TYPE__ pca_csum_diff(const __UINT32_TYPE__ *from, __UINT32_TYPE__ from_size,
				     const __UINT32_TYPE__ *to, __UINT32_TYPE__ to_size,
				     __UINT32_TYPE__ seed);

/* ---- time ---- */

static inline unsigned long long bpf_ktime_get_boot_ns(void)
{
	return pca_ktime_get_boot_ns();
}

static inline unsigned long long bpf_ktime_get_coarse_ns(void)
{
	return pca_ktime_get_coarse_ns();
}

static inline unsigned long long bpf_ktime_get_tai_ns(void)
{
	return pca_ktime_get_tai_ns();
}

static inline unsigned long long bpf_jiffies64(void)
{
	return pca_jiffies64();
}

/* ---- the current task ---- */

static inline unsigned long long bpf_get_current_uid_gid(void)
{
	return pca_get_current_uid_gid();
}

static inline unsigned long long bpf_get_current_task(void)
{
	return (unsigned long long)(__UINTPTR_TYPE__)pca_get_current_task();
}

static inline struct task_struct *bpf_get_current_task_btf(void)
{
	return pca_get_current_task();
}

static inline unsigned long long bpf_get_current_cgroup_id(void)
{
	return pca_get_current_cgroup_id();
}

static inline unsigned long long bpf_get_current_ancestor_cgroup_id(int ancestor_level)
{
	return pca_get_current_ancestor_cgroup_id(ancestor_level);
}

/* ---- reading what may be bad ---- */

static inline long bpf_probe_read(void *dst, unsigned int size, const void *unsafe_ptr)
{
	return pca_probe_read(dst, size, unsafe_ptr);
}

static inline long bpf_probe_read_user(void *dst, unsigned int size, const void *unsafe_ptr)
{
	return pca_probe_read_user(dst, size, unsafe_ptr);
}

static inline long bpf_copy_from_user(void *dst, unsigned int size, const void *user_ptr)
{
	return pca_copy_from_user(dst, size, user_ptr);
}

static inline long bpf_probe_read_str(void *dst, unsigned int size, const void *unsafe_ptr)
{
	return pca_probe_read_str(dst, size, unsafe_ptr);
}

static inline long bpf_probe_read_user_str(void *dst, unsigned int size, const void *unsafe_ptr)
{
	return pca_probe_read_user_str(dst, size, unsafe_ptr);
}

static inline long bpf_probe_read_kernel_str(void *dst, unsigned int size, const void *unsafe_ptr)
{
	return pca_probe_read_kernel_str(dst, size, unsafe_ptr);
}

/* ---- strings ---- */

static inline long bpf_strtol(const char *buf, __SIZE_TYPE__ buf_len, unsigned long long flags,
			      long *res)
{
	return pca_strtol(buf, buf_len, flags, res);
}

static inline long bpf_strtoul(const char *buf, __SIZE_TYPE__ buf_len, unsigned long long flags,
			       unsigned long *res)
{
	return pca_strtoul(buf, buf_len, flags, res);
}

static inline long bpf_strncmp(const char *s1, unsigned int s1_sz, const char *s2)
{
	return pca_strncmp(s1, s1_sz, s2);
}

static inline long bpf_snprintf(char *str, unsigned int str_size, const char *fmt, const void *data,
				unsigned int data_len)
{
	return pca_snprintf(str, str_size, fmt, (const __UINT64_TYPE__ *)data, data_len);
}

static inline long bpf_trace_vprintk(const char *fmt, unsigned int fmt_size, const void *data,
				     unsigned int data_len)
{
	return pca_trace_vprintk(fmt, fmt_size, (const __UINT64_TYPE__ *)data, data_len);
}

/* ---- loops ---- */

/* Call callback_fn(index, callback_ctx), which returns long or int, until it returns 1. */
static inline long bpf_loop(unsigned int nr_loops, void *callback_fn, void *callback_ctx,
			    unsigned long long flags)
{
	pca_loop_fn fn;

	/* ISO C knows no cast from void * to a function. */
	__builtin_memcpy(&fn, &callback_fn, sizeof(fn));
	return pca_loop(nr_loops, fn, callback_ctx, flags);
}

/* ---- packets ---- */

static inline long bpf_skb_load_bytes(const void *skb, unsigned int offset, void *to,
				      unsigned int len)
{
	return pca_skb_load_bytes((const struct __sk_buff *)skb, offset, to, len);
}

static inline long bpf_skb_store_bytes(struct __sk_buff *skb, unsigned int offset, const void *from,
				       unsigned int len, unsigned long long flags)
{
	return pca_skb_store_bytes(skb, offset, from, len, flags);
}

static inline long bpf_skb_pull_data(struct __sk_buff *skb, unsigned int len)
{
	return pca_skb_pull_data(skb, len);
}

static inline long bpf_l3_csum_replace(struct __sk_buff *skb, unsigned int offset,
				       unsigned long long from, unsigned long long to,
				       unsigned long long size)
{
	return pca_l3_csum_replace(skb, offset, from, to, size);
}

static inline long bpf_l4_csum_replace(struct __sk_buff *skb, unsigned int offset,
				       unsigned long long from, unsigned long long to,
				       unsigned long long flags)
{
	return pca_l4_csum_replace(skb, offset, from, to, flags);
}

static inline long bpf_xdp_load_bytes(struct xdp_md *xdp_md, unsigned int offset, void *buf,
				      unsigned int len)
{
	return pca_xdp_load_bytes(xdp_md, offset, buf, len);
}

static inline long bpf_xdp_store_bytes(struct xdp_md *xdp_md, unsigned int offset, void *buf,
				       unsigned int len)
{
	return pca_xdp_store_bytes(xdp_md, offset, buf, len);
}

static inline unsigned long long bpf_xdp_get_buff_len(struct xdp_md *xdp_md)
{
	return pca_xdp_get_buff_len(xdp_md);
}

static inline long long bpf_csum_diff(const void *from, unsigned int from_size, const void *to,
				      unsigned int to_size, unsigned int seed)
{
	return pca_csum_diff((const __UINT32_TYPE__ *)from, from_size, (const __UINT32_TYPE__ *)to,
			     to_size, seed);
}

/* ---- spin locks in values ---- */

struct bpf_spin_lock; /* one word: 0, or 1 and what the holder had of interrupts */

PCA_API void pca_preempt_disable(void);
PCA_API void pca_preempt_enable(void);
PCA_API void pca_local_irq_save(unsigned long *flags);
PCA_API void pca_local_irq_restore(unsigned long *flags);

static inline long bpf_spin_lock(struct bpf_spin_lock *lock)
{
	unsigned int *word = (unsigned int *)(void *)lock, expected = 0;
	unsigned long flags;

	pca_preempt_disable();
	pca_local_irq_save(&flags);
	while (!__atomic_compare_exchange_n(word, &expected, 1 + (unsigned int)flags, 0,
					    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		expected = 0;
	return 0;
}

static inline long bpf_spin_unlock(struct bpf_spin_lock *lock)
{
	unsigned int *word = (unsigned int *)(void *)lock;
	unsigned long flags = *word - 1UL;

	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
	pca_local_irq_restore(&flags);
	pca_preempt_enable();
	return 0;
}

/* ---- maps that stay empty, or full ---- */

/*
 * There is no cgroup but the root, nobody reads events, and there are no stacks: helpers
 * answer what Linux's do then. docs/programs.md
 */

/* -EAGAIN: no cgroup is in the map. */
static inline long bpf_current_task_under_cgroup(void *map, unsigned int index)
{
	(void)map;
	(void)index;
	return -11;
}

/* -ENOENT: no perf event is in the map, so that nobody reads. -EINVAL: unknown flags. */
static inline long bpf_perf_event_output(void *ctx, void *map, unsigned long long flags, void *data,
					 unsigned long long size)
{
	(void)ctx;
	(void)map;
	(void)data;
	(void)size;
	return flags >> 32 & ~0xfffffULL ? -22 : -2;
}

/* NULL, -EAGAIN: nobody reads the buffer, which is full. */
static inline void *bpf_ringbuf_reserve(void *ringbuf, unsigned long long size,
					unsigned long long flags)
{
	(void)ringbuf;
	(void)size;
	(void)flags;
	return 0;
}

static inline long bpf_ringbuf_output(void *ringbuf, void *data, unsigned long long size,
				      unsigned long long flags)
{
	(void)ringbuf;
	(void)data;
	(void)size;
	(void)flags;
	return -11;
}

static inline void bpf_ringbuf_submit(void *data, unsigned long long flags)
{
	(void)data;
	(void)flags;
}

static inline void bpf_ringbuf_discard(void *data, unsigned long long flags)
{
	(void)data;
	(void)flags;
}

static inline unsigned long long bpf_ringbuf_query(void *ringbuf, unsigned long long flags)
{
	(void)ringbuf;
	(void)flags;
	return 0;
}

/* -EFAULT: there is no stack. */
static inline long bpf_get_stackid(void *ctx, void *map, unsigned long long flags)
{
	(void)ctx;
	(void)map;
	(void)flags;
	return -14;
}

static inline long bpf_get_stack(void *ctx, void *buf, unsigned int size, unsigned long long flags)
{
	(void)ctx;
	(void)flags;
	__builtin_memset(buf, 0, size);
	return -14;
}

static inline long bpf_get_task_stack(struct task_struct *task, void *buf, unsigned int size,
				      unsigned long long flags)
{
	return bpf_get_stack(task, buf, size, flags);
}

/* ---- not simulated ---- */

/*
 * Their arguments are as Linux has them, and unknown here. clang forgets the attribute of
 * functions without a prototype: there, the linker names them.
 */
#if defined(__cplusplus) || __STDC_VERSION__ > 201710L
#define PCA_ANY_ARGUMENTS_ (...)
#else
#define PCA_ANY_ARGUMENTS_ ()
#endif

#pragma GCC diagnostic push
#ifndef __cplusplus
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#endif
#define PCA_HELPER_(number, name)
#define PCA_NO_HELPER_(number, result, name)           \
	result name PCA_ANY_ARGUMENTS_ __attribute__(( \
		error(#name "() is not simulated by pcasim: see docs/helpers.md")));
#include "helpers.def"
#undef PCA_HELPER_
#undef PCA_NO_HELPER_
#undef PCA_ANY_ARGUMENTS_
#pragma GCC diagnostic pop

PCA_END_DECLS

/* ---- printing ---- */

#define PCA_PRINTK_ARG_(x) ((__UINT64_TYPE__)(x))

/* The arguments as 64-bit words at data, and then what is done with them. */
#define PCA_WITH_ARGS_(data, call, ...)                                            \
	__extension__({                                                            \
		const __UINT64_TYPE__ data[PCA_COUNT_(__VA_ARGS__)] = { PCA_EACH_( \
			PCA_PRINTK_ARG_, ##__VA_ARGS__) };                         \
		call;                                                              \
	})

/*
 * Print a line; fmt_size counts the NUL. The number of bytes printed, or -EINVAL for
 * a format that is not offered. At most three arguments; bpf_printk() takes twelve.
 *
 *	long bpf_trace_printk(const char *fmt, __u32 fmt_size, ...);
 *	long bpf_printk("literal", ...);
 *	long BPF_SNPRINTF(char *out, __u32 out_size, const char *fmt, ...);
 */
#define bpf_trace_printk(fmt, fmt_size, ...) \
	PCA_JOIN_(PCA_TRACE_PRINTK_, PCA_COUNT_(__VA_ARGS__))(fmt, fmt_size, ##__VA_ARGS__)
#define PCA_TRACE_PRINTK_0(fmt, size) pca_trace_printk(fmt, size, 0, 0, 0)
#define PCA_TRACE_PRINTK_1(fmt, size, a) pca_trace_printk(fmt, size, PCA_PRINTK_ARG_(a), 0, 0)
#define PCA_TRACE_PRINTK_2(fmt, size, a, b) \
	pca_trace_printk(fmt, size, PCA_PRINTK_ARG_(a), PCA_PRINTK_ARG_(b), 0)
#define PCA_TRACE_PRINTK_3(fmt, size, a, b, c) \
	pca_trace_printk(fmt, size, PCA_PRINTK_ARG_(a), PCA_PRINTK_ARG_(b), PCA_PRINTK_ARG_(c))

#define bpf_printk(fmt, ...) PCA_JOIN_(PCA_PRINTK_, PCA_COUNT_(__VA_ARGS__))("" fmt, ##__VA_ARGS__)
#define PCA_PRINTK_0(fmt) PCA_TRACE_PRINTK_0(fmt, sizeof(fmt))
#define PCA_PRINTK_1(fmt, a) PCA_TRACE_PRINTK_1(fmt, sizeof(fmt), a)
#define PCA_PRINTK_2(fmt, a, b) PCA_TRACE_PRINTK_2(fmt, sizeof(fmt), a, b)
#define PCA_PRINTK_3(fmt, a, b, c) PCA_TRACE_PRINTK_3(fmt, sizeof(fmt), a, b, c)
#define PCA_PRINTK_MANY_(fmt, ...)                                                        \
	PCA_WITH_ARGS_(pca_args_,                                                         \
		       pca_trace_vprintk(fmt, sizeof(fmt), pca_args_, sizeof(pca_args_)), \
		       __VA_ARGS__)
#define PCA_PRINTK_4 PCA_PRINTK_MANY_
#define PCA_PRINTK_5 PCA_PRINTK_MANY_
#define PCA_PRINTK_6 PCA_PRINTK_MANY_
#define PCA_PRINTK_7 PCA_PRINTK_MANY_
#define PCA_PRINTK_8 PCA_PRINTK_MANY_
#define PCA_PRINTK_9 PCA_PRINTK_MANY_
#define PCA_PRINTK_10 PCA_PRINTK_MANY_
#define PCA_PRINTK_11 PCA_PRINTK_MANY_
#define PCA_PRINTK_12 PCA_PRINTK_MANY_

/* Not simulated: the error names bpf_seq_printf(). */
#define BPF_SEQ_PRINTF(seq, fmt, ...)                                                          \
	PCA_WITH_ARGS_(pca_args_,                                                              \
		       bpf_seq_printf(seq, "" fmt, sizeof(fmt), pca_args_, sizeof(pca_args_)), \
		       ##__VA_ARGS__)

#define BPF_SNPRINTF(out, out_size, fmt, ...)                                                     \
	PCA_WITH_ARGS_(pca_args_, bpf_snprintf(out, out_size, fmt, pca_args_, sizeof(pca_args_)), \
		       ##__VA_ARGS__)

#endif
