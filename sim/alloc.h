/* SPDX-License-Identifier: MIT */
/*
 * All that the library allocates, so that pca_fail_alloc() can let one of these
 * calls fail. What they give goes back by free() and munmap(), as usual. Only
 * the orders themselves (fault.c) are not their own victims.
 */
#ifndef SIM_ALLOC_H
#define SIM_ALLOC_H

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "compiler.h"

/* How many allocations of this thread are left up to the one that fails; 0: none fails. */
extern __thread uint32_t alloc_countdown __attribute__((tls_model("initial-exec")));

/* Is this allocation the one? Then errno is ENOMEM. */
static inline bool alloc_fails(void)
{
	if (likely(!alloc_countdown) || --alloc_countdown)
		return false;
	errno = ENOMEM;
	return true;
}

static inline void *alloc_bytes(size_t n)
{
	return alloc_fails() ? NULL : malloc(n);
}

static inline void *alloc_zeroed(size_t n)
{
	return alloc_fails() ? NULL : calloc(1, n);
}

static inline void *alloc_zeroed_array(size_t nr, size_t n)
{
	return alloc_fails() ? NULL : calloc(nr, n);
}

static inline void *alloc_aligned(size_t alignment, size_t n)
{
	return alloc_fails() ? NULL : aligned_alloc(alignment, n);
}

static inline void *alloc_grown_array(void *old, size_t nr, size_t n)
{
	return alloc_fails() ? NULL : reallocarray(old, nr, n);
}

static inline char *alloc_string(const char *text)
{
	return alloc_fails() ? NULL : strdup(text);
}

/* Pages of zeroes that take no memory until they are touched, or MAP_FAILED. */
static inline void *alloc_pages(size_t n)
{
	return alloc_fails() ? MAP_FAILED
			     : mmap(NULL, n, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* The first n bytes of a file, which others may map, too; or MAP_FAILED. */
static inline void *alloc_file_pages(size_t n, int prot, int fd)
{
	return alloc_fails() ? MAP_FAILED : mmap(NULL, n, prot, MAP_SHARED | MAP_NORESERVE, fd, 0);
}

/* A stream that writes into the n bytes at text. */
static inline FILE *alloc_stream(char *text, size_t n)
{
	return alloc_fails() ? NULL : fmemopen(text, n, "w");
}

/* 0 or an errno: EAGAIN when there is no memory for a thread. */
static inline int alloc_thread(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			       void *arg)
{
	return alloc_fails() ? EAGAIN : pthread_create(thread, attr, fn, arg);
}

#endif
