// SPDX-License-Identifier: MIT
/*
 * Helpers that need nothing but their arguments and a clock (Linux:
 * kernel/bpf/helpers.c, kernel/bpf/bpf_iter.c for loops).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "helper_call.h"

/* ---- time: these may also be called outside a run ---- */

#define HZ 250						/* as distributions build their kernels */
#define FIRST_JIFFIES ((uint64_t)(uint32_t)(-300 * HZ)) /* so that 32 bits wrap soon */
#define NS_PER_SECOND 1000000000ULL

/* A schedule has one clock of its own for all. */
static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	if (unlikely(run_context.scheduler))
		return run_context.scheduler->ns;
	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SECOND + (uint64_t)ts.tv_nsec;
}

static uint64_t told_clock_ns(const char *helper, clockid_t clock)
{
	struct helper_call call = { .name = helper };

	if (!in_run() || !helper_begins(&call))
		return clock_ns(clock);
	return (uint64_t)helper_ends(&call, (int64_t)clock_ns(clock));
}

uint64_t pca_ktime_get_boot_ns(void)
{
	return told_clock_ns("bpf_ktime_get_boot_ns", CLOCK_BOOTTIME);
}

uint64_t pca_ktime_get_coarse_ns(void)
{
	return told_clock_ns("bpf_ktime_get_coarse_ns", CLOCK_MONOTONIC_COARSE);
}

uint64_t pca_ktime_get_tai_ns(void)
{
	return told_clock_ns("bpf_ktime_get_tai_ns", CLOCK_TAI);
}

static uint64_t jiffies(void)
{
	return FIRST_JIFFIES + clock_ns(CLOCK_MONOTONIC) / (NS_PER_SECOND / HZ);
}

uint64_t pca_jiffies64(void)
{
	struct helper_call call = { .name = "bpf_jiffies64" };

	if (!in_run() || !helper_begins(&call))
		return jiffies();
	return (uint64_t)helper_ends(&call, (int64_t)jiffies());
}

/* ---- numbers and strings ---- */

#define MOST_NUMBER_BYTES 63

/* Linux's isspace(), which has a Latin-1 space, too. */
static bool is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

static unsigned int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 : UINT_MAX;
}

/* A number's text: what is left of it, NUL-terminated, and the base that its prefix gives. */
static const char *skip_prefix(const char *text, unsigned int *base)
{
	bool is_hex = text[0] == '0' && (text[1] | 0x20) == 'x';

	if (!*base)
		*base = is_hex && digit_of(text[2]) < 16 ? 16 : text[0] == '0' ? 8 : 10;
	return *base == 16 && is_hex ? text + 2 : text;
}

/* Digits of this base: how many, -ERANGE for a number beyond 64 bits, -EINVAL for none. */
static long parse_digits(const char *text, unsigned int base, uint64_t *number)
{
	bool is_over = false;
	long len;

	*number = 0;
	for (len = 0; digit_of(text[len]) < base; len++) {
		is_over |= __builtin_mul_overflow(*number, base, number);
		is_over |= __builtin_add_overflow(*number, digit_of(text[len]), number);
	}
	return is_over ? -ERANGE : len ? len : -EINVAL;
}

/*
 * The number in buf, without its sign: how many bytes it took, blanks before it
 * included. Linux: __bpf_strtoull().
 */
static long parse_number(const char *buf, size_t buf_len, uint64_t flags, uint64_t *number,
			 bool *is_negative)
{
	unsigned int base = flags & 0x1f;
	char text[MOST_NUMBER_BYTES + 1] = "";
	size_t blanks = 0, left;
	const char *digits;
	long len;

	if (!buf || !buf_len || flags & ~0x1fULL ||
	    (base != 0 && base != 8 && base != 10 && base != 16))
		return -EINVAL;
	while (blanks < buf_len && is_space((unsigned char)buf[blanks]))
		blanks++;
	*is_negative = blanks < buf_len && buf[blanks] == '-';
	blanks += *is_negative;
	left = buf_len - blanks;
	if (!left)
		return -EINVAL;
	memcpy(text, buf + blanks, left < MOST_NUMBER_BYTES ? left : MOST_NUMBER_BYTES);
	digits = skip_prefix(text, &base);
	len = parse_digits(digits, base, number);
	return len < 0 ? len : (long)blanks + (digits - text) + len;
}

static long parse_long(const char *buf, size_t buf_len, uint64_t flags, long *res)
{
	uint64_t number;
	bool is_negative;
	long len = parse_number(buf, buf_len, flags, &number, &is_negative);

	*res = 0;
	if (len < 0)
		return len;
	if (number > (uint64_t)LONG_MAX + is_negative)
		return -ERANGE;
	*res = (long)(is_negative ? 0 - number : number);
	return len;
}

static long parse_ulong(const char *buf, size_t buf_len, uint64_t flags, unsigned long *res)
{
	uint64_t number;
	bool is_negative;
	long len = parse_number(buf, buf_len, flags, &number, &is_negative);

	*res = 0;
	if (len < 0)
		return len;
	if (is_negative)
		return -EINVAL;
	*res = number;
	return len;
}

long pca_strtol(const char *buf, size_t buf_len, uint64_t flags, long *res)
{
	struct helper_call call = { .name = "bpf_strtol" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_reads(&call, "buf", buf, buf_len);
	helper_writes(&call, "res", res, sizeof(*res));
	return helper_ends(&call, parse_long(buf, buf_len, flags, res));
}

long pca_strtoul(const char *buf, size_t buf_len, uint64_t flags, unsigned long *res)
{
	struct helper_call call = { .name = "bpf_strtoul" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_reads(&call, "buf", buf, buf_len);
	helper_writes(&call, "res", res, sizeof(*res));
	return helper_ends(&call, parse_ulong(buf, buf_len, flags, res));
}

/* Linux's strncmp() tells which is greater, and not by how much. */
static long compare(const char *s1, const char *s2, size_t size)
{
	int order = strncmp(s1, s2, size);

	return (order > 0) - (order < 0);
}

long pca_strncmp(const char *s1, uint32_t s1_size, const char *s2)
{
	struct helper_call call = { .name = "bpf_strncmp" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_reads(&call, "s1", s1, s1_size);
	helper_reads_string(&call, "s2", s2);
	return helper_ends(&call, compare(s1, s2, s1_size));
}

/* ---- loops ---- */

#define MOST_LOOPS (8U << 20)

static long loop(uint32_t nr_loops, pca_loop_fn fn, void *ctx, uint64_t flags)
{
	if (flags)
		return -EINVAL;
	if (nr_loops > MOST_LOOPS)
		return -E2BIG;
	for (uint32_t i = 0; i < nr_loops; i++) {
		struct run_frame *frame = this_frame();
		long result = frame ? frame_loop_back(frame, fn, i, ctx) : fn(i, ctx);

		/* The low half only: programs may declare the callback as int. */
		if ((int)result)
			return i + 1;
	}
	return nr_loops;
}

long pca_loop(uint32_t nr_loops, pca_loop_fn fn, void *ctx, uint64_t flags)
{
	struct helper_call call = { .name = "bpf_loop" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_takes_callback(&call, (const void *)(uintptr_t)fn, ctx);
	return helper_ends(&call, loop(nr_loops, fn, ctx, flags));
}
