// SPDX-License-Identifier: MIT
#include "failing_alloc.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static long countdown;	/* atomic: 1 fails; 0 and below never do */
static bool has_failed; /* atomic */
static long nr_live;	/* atomic */

void alloc_fail_nth(unsigned int n)
{
	__atomic_store_n(&has_failed, false, __ATOMIC_SEQ_CST);
	__atomic_store_n(&countdown, (long)n, __ATOMIC_SEQ_CST);
}

bool alloc_stop_failing(void)
{
	__atomic_store_n(&countdown, 0, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&has_failed, __ATOMIC_SEQ_CST);
}

long alloc_nr_live(void)
{
	return __atomic_load_n(&nr_live, __ATOMIC_SEQ_CST);
}

static bool fails_now(void)
{
	if (__atomic_fetch_sub(&countdown, 1, __ATOMIC_SEQ_CST) != 1)
		return false;
	__atomic_store_n(&has_failed, true, __ATOMIC_SEQ_CST);
	errno = ENOMEM;
	return true;
}

static void *counted(void *block)
{
	__atomic_fetch_add(&nr_live, block != NULL, __ATOMIC_SEQ_CST);
	return block;
}

#define WRAP(type, name, ...)            \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

WRAP(void *, malloc, size_t size)
{
	return fails_now() ? NULL : counted(__real_malloc(size));
}

WRAP(void *, calloc, size_t n, size_t size)
{
	return fails_now() ? NULL : counted(__real_calloc(n, size));
}

WRAP(void *, aligned_alloc, size_t alignment, size_t size)
{
	return fails_now() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

WRAP(void *, realloc, void *old, size_t size)
{
	if (fails_now())
		return NULL;
	return old ? __real_realloc(old, size) : counted(__real_realloc(NULL, size));
}

WRAP(void *, reallocarray, void *old, size_t n, size_t size)
{
	if (fails_now())
		return NULL;
	return old ? __real_reallocarray(old, n, size)
		   : counted(__real_reallocarray(NULL, n, size));
}

WRAP(char *, strdup, const char *text)
{
	return fails_now() ? NULL : counted(__real_strdup(text));
}

WRAP(void, free, void *block)
{
	__atomic_fetch_sub(&nr_live, block != NULL, __ATOMIC_SEQ_CST);
	__real_free(block);
}

WRAP(void *, mmap, void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	void *map;

	if (fails_now())
		return MAP_FAILED;
	map = __real_mmap(addr, size, prot, flags, fd, offset);
	__atomic_fetch_add(&nr_live, map != MAP_FAILED, __ATOMIC_SEQ_CST);
	return map;
}

WRAP(int, munmap, void *addr, size_t size)
{
	__atomic_fetch_sub(&nr_live, 1, __ATOMIC_SEQ_CST);
	return __real_munmap(addr, size);
}

WRAP(FILE *, fmemopen, void *buf, size_t size, const char *mode)
{
	return fails_now() ? NULL : __real_fmemopen(buf, size, mode);
}

WRAP(int, pthread_create, pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
     void *arg)
{
	return fails_now() ? EAGAIN : __real_pthread_create(thread, attr, fn, arg);
}
