// SPDX-License-Identifier: MIT
#include "fuzz.h"

#include <stdarg.h>

#include <pcasim/message.h>

#include "rcu.h"

void fuzz_fail(const char *file, int line, const char *what, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	dprintf(2, "%s:%d: %s%s\n", file, line, what, text); /* stderr may lead nowhere */
	abort();
}

void take_bytes(struct input *in, void *dst, size_t n)
{
	size_t there = input_left(in) < n ? input_left(in) : n;

	memset(dst, 0, n);
	if (there)
		memcpy(dst, in->at, there);
	in->at += there;
}

uint8_t take_u8(struct input *in)
{
	uint8_t n;

	take_bytes(in, &n, sizeof(n));
	return n;
}

uint16_t take_u16(struct input *in)
{
	uint16_t n;

	take_bytes(in, &n, sizeof(n));
	return n;
}

uint32_t take_u32(struct input *in)
{
	uint32_t n;

	take_bytes(in, &n, sizeof(n));
	return n;
}

uint64_t take_u64(struct input *in)
{
	uint64_t n;

	take_bytes(in, &n, sizeof(n));
	return n;
}

/* First in, first out, as call_rcu() is. The links are liburcu's, unused here. */
static struct rcu_deferred *oldest, **newest = &oldest;

static struct rcu_deferred **next_of(struct rcu_deferred *deferred)
{
	return (struct rcu_deferred **)(void *)&deferred->head;
}

_Static_assert(sizeof(struct rcu_head) >= sizeof(void *), "a head has room for a link");

void __wrap_rcu_defer(struct rcu_deferred *deferred, void (*fn)(struct rcu_deferred *deferred));

void __wrap_rcu_defer(struct rcu_deferred *deferred, void (*fn)(struct rcu_deferred *deferred))
{
	deferred->fn = fn;
	*next_of(deferred) = NULL;
	*newest = deferred;
	newest = next_of(deferred);
}

void fuzz_grace_period(void)
{
	while (oldest) {
		struct rcu_deferred *deferred = oldest;

		oldest = *next_of(deferred);
		if (!oldest)
			newest = &oldest;
		deferred->fn(deferred);
	}
}

static void swallow(void *arg, enum pca_message_level level, const char *text)
{
	(void)arg;
	FUZZ_CHECK(level == PCA_MESSAGE_TRACE || *text, "an empty message");
}

void fuzz_swallow_messages(void)
{
	pca_set_message_fn(swallow, NULL);
}
