// SPDX-License-Identifier: MIT
/*
 * Fuzzing what "pcasim model" reads. The first byte says what follows it:
 *
 *	t	a trace of lackey's, as of --trace
 *	c	what "pcasim bench --json" writes, as of --compare
 *	g	three lines: --l1, --l2, --l3
 *
 * It is taken or refused, and what was taken is modelled if it is small.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <pcasim/machine.h>

#include "model_compare.h"
#include "model_shape.h"
#include "model_trace.h"

/* Beyond these a comparison only takes time. */
#define MOST_THREADS 4
#define MOST_BYTES (1U << 20)
#define MOST_LAYOUTS 3

static const struct model_shape tiny = {
	.nr_cpus = 1,
	.nr_cores = 1,
	.nr_l3s = 1,
	.nr_packages = 1,
	.nr_nodes = 1,
	.line_bytes = 64,
	.l1 = { 4096, 2 },
	.l3 = { 131072, 4 },
};

static struct pca_machine *machine;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const struct pca_machine_opts opts = { .size = sizeof(opts), .topology = "core:2 pu:2" };
	FILE *nowhere = fopen("/dev/null", "we");

	(void)argc;
	(void)argv;
	fuzz_swallow_messages();
	FUZZ_CHECK(nowhere);
	stderr = nowhere; /* where refusals are told; sanitizers write to fd 2 itself */
	FUZZ_CHECK(!pca_machine_create(&machine, &opts));
	return 0;
}

static void read_trace(FILE *in)
{
	struct model_trace_result result;
	uint64_t sum = 0;

	if (model_trace_read(&tiny, in, "input", 4, &result))
		return;
	for (int i = 0; i < NR_MODEL_SOURCES; i++)
		sum += result.from[i];
	FUZZ_CHECK(sum == result.loads + result.stores + result.modifies);
	FUZZ_CHECK(sum);
}

static bool is_small(const struct measured_contest *contest)
{
	return contest->nr_threads <= MOST_THREADS && contest->nr <= MOST_LAYOUTS &&
	       (uint64_t)contest->nr_threads * contest->nr_keys * (contest->value_bytes + 128) <
		       MOST_BYTES;
}

static void compare(const struct measured *measured)
{
	const struct model_job job = { .accesses = 100, .seed = 1, .has_prefetch = true };
	static struct compared compared;
	size_t nr = 0;

	FUZZ_CHECK(is_small(&measured->contests[0]));
	if (compare_contest(&compared, measured, &measured->contests[0], &job))
		return;
	for (int i = 0; i < NR_COMPARE_VERDICTS; i++)
		nr += compared.counts[i];
	FUZZ_CHECK(nr == compared.nr_pairs);
	FUZZ_CHECK(compared.left_out || nr == compared.nr * (compared.nr - 1) / 2);
}

static void read_measured(FILE *in)
{
	struct measured measured;

	if (measured_read(&measured, in, "input"))
		return;
	FUZZ_CHECK(measured.nr && measured.shape.nr_cpus);
	for (uint32_t i = 0; i < measured.shape.nr_cpus; i++)
		FUZZ_CHECK(measured.shape.core_of[i] < measured.shape.nr_cores);
	if (is_small(&measured.contests[0]))
		compare(&measured);
	measured_free(&measured);
}

static void read_geometry(char *text)
{
	char *l2 = strchr(text, '\n'), *l3 = l2 ? strchr(l2 + 1, '\n') : NULL;
	struct model_shape shape;

	if (!l3)
		return;
	*l2++ = *l3++ = '\0';
	const struct model_cache_texts texts = { text, l2, l3 };

	if (model_shape_take(&shape, machine, &texts))
		return;
	FUZZ_CHECK(shape.nr_cpus == 4 && shape.nr_cores == 2);
	FUZZ_CHECK(cache_nr_sets(shape.l1, shape.line_bytes));
	FUZZ_CHECK(!shape.l2.ways == !cache_nr_sets(shape.l2, shape.line_bytes));
	FUZZ_CHECK(!shape.l3.ways == !cache_nr_sets(shape.l3, shape.line_bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;
	FILE *in;

	if (size < 2)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	FUZZ_CHECK(text);
	if (*data == 'g') {
		read_geometry(text);
	} else if (*data == 't' || *data == 'c') {
		in = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
		FUZZ_CHECK(in);
		if (*data == 't')
			read_trace(in);
		else
			read_measured(in);
		fclose(in);
	}
	free(text);
	return 0;
}
