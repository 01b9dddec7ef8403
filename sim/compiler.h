/* SPDX-License-Identifier: MIT */
/*
 * What differs between compilers and sanitizers, in one place.
 */
#ifndef SIM_COMPILER_H
#define SIM_COMPILER_H

#include <pcasim/api.h>

#if defined(__SANITIZE_THREAD__)
#define BUILT_WITH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BUILT_WITH_TSAN 1
#endif
#endif
#ifndef BUILT_WITH_TSAN
#define BUILT_WITH_TSAN 0
#endif

/*
 * What ThreadSanitizer's runtime is told of ordering that it cannot see: that of liburcu;
 * and of this library's own atomics, where the library is built without TSan and a
 * program with it. What comes before a release of addr happens before what follows the
 * acquire of it. The symbols are weak: without the runtime, both are a test of a word.
 */
void __tsan_acquire(void *addr) __attribute__((weak));
void __tsan_release(void *addr) __attribute__((weak));

static inline void tsan_acquire(const void *addr)
{
	if (pca_unlikely(__tsan_acquire))
		__tsan_acquire((void *)addr);
}

static inline void tsan_release(const void *addr)
{
	if (pca_unlikely(__tsan_release))
		__tsan_release((void *)addr);
}

/*
 * Functions that copy elements while programs change them. The race is Linux's
 * own: it is by design that a command reads what a program is writing.
 */
#define RACES_WITH_PROGRAMS __attribute__((no_sanitize("thread"), noinline))

#define likely(x) pca_likely(x)
#define unlikely(x) pca_unlikely(x)

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline uint64_t round_up_u64(uint64_t n, uint64_t multiple)
{
	return (n + multiple - 1) / multiple * multiple;
}

static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
