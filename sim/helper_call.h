/* SPDX-License-Identifier: MIT */
/*
 * What each helper does around its work: in a run with a frame it is a point where
 * others may come in, and is told to who listens; outside a run it is refused.
 */
#ifndef SIM_HELPER_CALL_H
#define SIM_HELPER_CALL_H

#include <pcasim/helpers.h>

#include "cpu.h"
#include "frame.h"

/* A call of a helper without a map. */
struct helper_call {
	const char *name; /* "bpf_strtol" */
	const void *pc;	  /* where the program called it */
	uint64_t start_ns;
};

/* The cold ways of the next two. */
bool helper_begins_framed(struct helper_call *call);
int64_t helper_ends_framed(const struct helper_call *call, int64_t result);

/* May the helper work? Not outside a run, which is told. Called in the helper itself. */
PCA_ALWAYS_INLINE bool helper_begins(struct helper_call *call)
{
	call->pc = __builtin_return_address(0);
	return likely(!pca_this_cpu.outside_run) || helper_begins_framed(call);
}

/* It is over. Returns its result, unless the run ends here. */
static inline int64_t helper_ends(const struct helper_call *call, int64_t result)
{
	return likely(!pca_this_cpu.outside_run) ? result : helper_ends_framed(call, result);
}

/* The cold ways of the next five. */
void helper_argument_framed(const struct helper_call *call, const char *argument, const void *addr,
			    size_t n, uint32_t access);
void helper_string_framed(const struct helper_call *call, const char *argument, const char *str);
void helper_ctx_framed(const struct helper_call *call, const void *ctx);
void helper_callback_framed(const struct helper_call *call, const void *fn, const void *ctx);

/*
 * Of checked programs: is this memory theirs, n bytes that the helper reads or writes?
 * argument: what the helper calls it. If not, the run ends here.
 */
PCA_ALWAYS_INLINE void helper_reads(const struct helper_call *call, const char *argument,
				    const void *addr, size_t n)
{
	if (unlikely(pca_this_cpu.outside_run))
		helper_argument_framed(call, argument, addr, n, PCA_READ);
}

PCA_ALWAYS_INLINE void helper_writes(const struct helper_call *call, const char *argument,
				     const void *addr, size_t n)
{
	if (unlikely(pca_this_cpu.outside_run))
		helper_argument_framed(call, argument, addr, n, PCA_WRITE);
}

/* The same for a string, up to its NUL. */
PCA_ALWAYS_INLINE void helper_reads_string(const struct helper_call *call, const char *argument,
					   const char *str)
{
	if (unlikely(pca_this_cpu.outside_run))
		helper_string_framed(call, argument, str);
}

/* And is this the context that the run was given? */
PCA_ALWAYS_INLINE void helper_takes_ctx(const struct helper_call *call, const void *ctx)
{
	if (unlikely(pca_this_cpu.outside_run))
		helper_ctx_framed(call, ctx);
}

/* And is fn a function of the program, ctx on its stack or NULL? */
PCA_ALWAYS_INLINE void helper_takes_callback(const struct helper_call *call, const void *fn,
					     const void *ctx)
{
	if (unlikely(pca_this_cpu.outside_run))
		helper_callback_framed(call, fn, ctx);
}

/*
 * Copy size bytes from an address of this process that may be bad: 0, or -EFAULT with
 * some of the bytes copied.
 */
int copy_from_nofault(void *dst, const void *src, size_t size);

/*
 * The same for a string: up to size bytes with the NUL, which is always there. Returns
 * the number of bytes with the NUL, or -EFAULT.
 */
long strncpy_from_nofault(char *dst, const char *src, size_t size);

#define MOST_PRINTED_BYTES 1024 /* of a line, with the NUL */
#define MOST_PRINTED_ARGS 12

/*
 * Print fmt with args into size bytes at out: the length of the whole text, as
 * snprintf() counts, or -EINVAL for a format that is not offered or asks for more than
 * nr_args; -ENOSPC for arguments that have more than 512 bytes, strings among them. Linux counterpart: bpf_bprintf_prepare(), bstr_printf().
 */
long bprintf(char *out, size_t size, const char *fmt, const uint64_t *args, size_t nr_args);

#endif
