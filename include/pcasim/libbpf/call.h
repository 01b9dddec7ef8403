/* SPDX-License-Identifier: MIT */
/*
 * What the libbpf shapes have in common: the call on the current task, the
 * convention of results, structures of options, and lengths of buffers that the
 * compiler knows. Not meant to be included by users.
 */
#ifndef PCASIM_LIBBPF_CALL_H
#define PCASIM_LIBBPF_CALL_H

#ifdef PCASIM_PROG_BPF_HELPERS_H
#error "<bpf/bpf_helpers.h> is for programs, libbpf's headers are for user space: one per file"
#endif

#include <errno.h>
#include <string.h>

#include <pcasim/bpf.h>
#include <pcasim/task.h>

/* libbpf's results: what the command returned, and a negative one also in errno. */
static inline int pca_libbpf_result(long result)
{
	if (result < 0)
		errno = (int)-result;
	return (int)result;
}

/* A command of the current task; without one, the error that says why. */
static inline int pca_libbpf_call(int cmd, void *attr, uint32_t size)
{
	struct pca_task *task = pca_current_task();

	return pca_libbpf_result(task ? pca_bpf(task, cmd, attr, size) : -errno);
}

static inline uint64_t pca_libbpf_ptr(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

/*
 * Copy a caller's options, which begin with their size, to own_bytes at own;
 * what the caller's lack is 0. NULL is a structure of zeros. -EINVAL when the size
 * cannot be, or when something beyond own_bytes is set. Not inlined: gcc would warn of
 * reading beyond options whose size it sees, which that very size prevents.
 */
__attribute__((noinline, unused)) static int pca_libbpf_opts(void *own, size_t own_bytes,
							     const void *opts)
{
	const unsigned char *bytes = (const unsigned char *)opts;
	size_t sz;

	memset(own, 0, own_bytes);
	if (!opts)
		return 0;
	memcpy(&sz, opts, sizeof(sz));
	if (sz < sizeof(sz))
		return -EINVAL;
	for (size_t i = own_bytes; i < sz; i++) {
		if (bytes[i])
			return -EINVAL;
	}
	memcpy(own, opts, sz < own_bytes ? sz : own_bytes);
	return 0;
}

/* Store a result in a caller's options, if they reach that far. */
static inline void pca_libbpf_put_opt(void *opts, size_t offset, uint32_t value)
{
	size_t sz;

	if (!opts)
		return;
	memcpy(&sz, opts, sizeof(sz));
	if (offset + sizeof(value) <= sz)
		memcpy((char *)opts + offset, &value, sizeof(value));
}

/*
 * How many bytes there are from p to the end of what it points into, as far as
 * the compiler knows; else SIZE_MAX. It knows arrays, and what functions with the
 * attribute alloc_size (malloc() ...) returned, where it can follow the pointer:
 * in the same function, and only when it optimises. Use in functions that are always
 * inlined.
 */
#ifdef __has_builtin
#if __has_builtin(__builtin_dynamic_object_size)
#define PCA_KNOWN_BYTES(p) __builtin_dynamic_object_size(p, 0)
#endif
#endif
#ifndef PCA_KNOWN_BYTES
#define PCA_KNOWN_BYTES(p) __builtin_object_size(p, 0)
#endif

#endif
