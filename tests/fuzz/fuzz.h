/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share: reading an input, failing, deferred frees.
 *
 * A target is an LLVMFuzzerTestOneInput(). With the preset "fuzz" libFuzzer
 * drives it; in every other build fuzz_main.c does, on the files that it is
 * given, for ctest and for other fuzzers.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- failing ---- */

/* A condition that no input may break, and what there was instead. */
#define FUZZ_CHECK(condition, ...)                                                          \
	do {                                                                                \
		if (!(condition))                                                           \
			fuzz_fail(__FILE__, __LINE__, "not: " #condition, " " __VA_ARGS__); \
	} while (0)
__attribute__((noreturn, format(printf, 4, 5))) void
fuzz_fail(const char *file, int line, const char *what, const char *fmt, ...);

/* ---- the input ---- */

struct input {
	const uint8_t *at, *end;
};

static inline size_t input_left(const struct input *in)
{
	return (size_t)(in->end - in->at);
}

/* Numbers; an input that is too short goes on with zeroes. */
void take_bytes(struct input *in, void *dst, size_t n);
uint8_t take_u8(struct input *in);
uint16_t take_u16(struct input *in);
uint32_t take_u32(struct input *in);
uint64_t take_u64(struct input *in);

/* ---- deferred frees ---- */

/*
 * rcu_defer() is replaced at link time: what it is given waits in a list. The
 * targets have one thread, so that no reader is left whenever this is called.
 * Frees thus come when the input says, and leaks are seen at its end.
 */
void fuzz_grace_period(void);

/* ---- the rest ---- */

/* No message is printed. */
void fuzz_swallow_messages(void);

#endif
