// SPDX-License-Identifier: MIT
/*
 * The memory that the fuzzed tasks have. Each buffer is followed by a page that
 * faults, and preceded by bytes that no command may change: pointers lead into a
 * buffer, and commands go forward from there.
 */
#define _GNU_SOURCE
#include "fuzz_bpf.h"

#include <sys/mman.h>

#define PAGE 4096
#define CANARY 0xa5
#define CANARY_BYTES 64

/* KEY and TEXT are for single arguments, so that others do not disturb them. */
enum { KEY, BATCH, SMALL, MIDDLE, WIDE, LARGE, TEXT, ATTR, NR_BUFFERS };
#define NR_TAKEN TEXT /* that take_pointer() chooses from */

static struct buffer buffers[NR_BUFFERS] = {
	[KEY] = { .size = 4 },	   [BATCH] = { .size = 16 },
	[SMALL] = { .size = 72 },  [MIDDLE] = { .size = 512 },
	[WIDE] = { .size = 3000 }, [LARGE] = { .size = 20000 },
	[TEXT] = { .size = 6000 }, [ATTR] = { .size = MOST_PLACED_BYTES },
};

static unsigned char *map_between_guards(size_t bytes)
{
	unsigned char *start =
		mmap(NULL, bytes + 2 * (size_t)PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	FUZZ_CHECK(start != MAP_FAILED);
	FUZZ_CHECK(!mprotect(start + PAGE, bytes, PROT_READ | PROT_WRITE));
	return start + PAGE;
}

void memory_init(void)
{
	for (int i = 0; i < NR_BUFFERS; i++) {
		struct buffer *buffer = &buffers[i];
		size_t body = (buffer->size + CANARY_BYTES + PAGE - 1) / PAGE * PAGE;
		unsigned char *start = map_between_guards(body);

		buffer->bytes = start + body - buffer->size;
		memset(start, CANARY, body - buffer->size);
	}
}

void memory_reset(void)
{
	for (int i = 0; i < NR_BUFFERS; i++)
		memset(buffers[i].bytes, 0, buffers[i].size);
}

static void check_canary(const unsigned char *end)
{
	for (int i = 1; i <= CANARY_BYTES; i++)
		FUZZ_CHECK(end[-i] == CANARY, "%d bytes before a buffer", i);
}

void memory_check(void)
{
	for (int i = 0; i < NR_BUFFERS; i++)
		check_canary(buffers[i].bytes);
}

/* Addresses where nothing is mapped, or nothing can be. */
static uint64_t bad_pointer(unsigned int n)
{
	static const uint64_t bad[] = {
		0,
		0,
		0,
		1,
		PAGE - 1,
		UINT64_C(0x7fffffffffff),
		UINT64_C(0x7ffffffff000),
		UINT64_C(0x800000000000),
		UINT64_C(0x8000000000000000),
		UINT64_C(0xffff888000000000),
		UINT64_MAX - 7,
		UINT64_MAX,
	};

	return bad[n % ARRAY_LEN(bad)];
}

uint64_t take_pointer(struct input *in)
{
	static const uint8_t from_end[] = { 0, 1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 24, 32, 64, 71 };
	uint8_t choice = take_u8(in);
	unsigned int which = choice & 7, where = choice >> 3;

	if (which >= NR_TAKEN)
		return which == NR_TAKEN ? bad_pointer(where)
					 : (uintptr_t)buffers[LARGE].bytes + where * (uint64_t)603;
	const struct buffer *buffer = &buffers[which];

	if (where < ARRAY_LEN(from_end) && from_end[where] <= buffer->size)
		return (uintptr_t)buffer->bytes + buffer->size - from_end[where];
	return (uintptr_t)buffer->bytes;
}

struct buffer take_buffer(struct input *in)
{
	uint8_t choice = take_u8(in);
	struct buffer buffer = buffers[BATCH + choice % (NR_TAKEN - BATCH)];
	size_t less = (choice >> 4) * (size_t)4;

	if (less <= buffer.size) {
		buffer.bytes += less;
		buffer.size -= less;
	}
	return buffer;
}

struct buffer large_buffer(void)
{
	return buffers[LARGE];
}

unsigned char *place_attr(size_t n)
{
	FUZZ_CHECK(n <= buffers[ATTR].size);
	return buffers[ATTR].bytes + buffers[ATTR].size - n;
}

uint64_t place_key(uint32_t key)
{
	memcpy(buffers[KEY].bytes, &key, sizeof(key));
	return (uintptr_t)buffers[KEY].bytes;
}

uint64_t where_text(const char *text)
{
	size_t size = strlen(text) + 1;

	FUZZ_CHECK(size <= buffers[TEXT].size);
	return (uintptr_t)memcpy(buffers[TEXT].bytes + buffers[TEXT].size - size, text, size);
}
