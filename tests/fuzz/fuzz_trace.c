// SPDX-License-Identifier: MIT
/*
 * Fuzzing the reader and the executor of traces: an input is a trace as text.
 * Whatever it holds, it is replayed or refused, and nothing is left behind.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <ctype.h>

#include "replay.h"

/* Buffers, machines and handles beyond this only take time. */
#define MOST_BYTES 100000
#define MOST_CPUS 64

static FILE *nowhere;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_swallow_messages();
	nowhere = fopen("/dev/null", "we");
	FUZZ_CHECK(nowhere);
	stderr = nowhere; /* where refusals are told; sanitizers write to fd 2 itself */
	return 0;
}

/*
 * A number that stands for memory or time: from 100000 up to 2^32, where the
 * sizes that are refused at once begin.
 */
static bool is_large(const char *digits, uint64_t most)
{
	uint64_t n = strtoull(digits, NULL, 0);

	return n > most && n <= UINT32_MAX;
}

static bool only_takes_time(const char *text)
{
	static const struct {
		const char *before;
		uint64_t most;
	} large[] = {
		{ "_cpus=", MOST_CPUS },  { "len=", MOST_BYTES },   { "h=h", MOST_BYTES },
		{ "new=h", MOST_BYTES },  { "of:h", MOST_BYTES },   { ":", MOST_BYTES },
		{ "_size=", MOST_BYTES }, { "count=", MOST_BYTES }, { "max_entries=", MOST_BYTES },
	};

	for (size_t i = 0; i < ARRAY_LEN(large); i++) {
		const char *at = text;

		while ((at = strstr(at, large[i].before))) {
			at += strlen(large[i].before);
			if (isdigit((unsigned char)*at) && is_large(at, large[i].most))
				return true;
		}
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct replay_opts opts = { .out = nowhere, .max_diffs = UINT64_MAX };
	struct replay_summary summary = { 0 };
	char *text = malloc(size + 1);

	FUZZ_CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (!only_takes_time(text)) {
		int result = replay_text("input", text, &opts, &summary);

		FUZZ_CHECK(result == 0 || result == 2, "%d", result);
		FUZZ_CHECK(summary.differences <= summary.operations);
		FUZZ_CHECK(result == 2 || summary.traces || !summary.operations);
		fuzz_grace_period();
	}
	free(text);
	return 0;
}
