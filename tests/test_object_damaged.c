// SPDX-License-Identifier: MIT
/*
 * Damaged object files are refused, or are opened where the damage is in what nobody reads
 * before a run. They never crash: the loader of dynamic libraries would believe them.
 */
#include "support.h"

#include <sys/stat.h>

#define COUNTER OBJECTS "/counter_plain.so"
#define NR_FLIPS 1500

static struct world w;
static char *bytes;
static size_t size;
static char path[32];

static void setup(void)
{
	FILE *in = fopen(COUNTER, "re");
	struct stat st;
	int fd;

	strcpy(path, "/tmp/pcasim-damaged-XXXXXX");
	fd = mkstemp(path);
	ck_assert(in && fd >= 0 && !stat(COUNTER, &st));
	close(fd);
	size = (size_t)st.st_size;
	bytes = malloc(size);
	ck_assert(bytes && fread(bytes, 1, size, in) == size);
	fclose(in);
	w = world_open("0", PCA_DIRECT);
	messages_catch();
}

static void teardown(void)
{
	unlink(path);
	free(bytes);
	world_close(&w);
}

static void write_file(size_t n)
{
	FILE *out = fopen(path, "we");

	ck_assert(out && fwrite(bytes, 1, n, out) == n && !fclose(out));
}

/* 0, or an error with a message. */
static int try_open(void)
{
	struct pca_object *object;
	int err;

	messages_clear();
	err = pca_object_open(&object, w.task, path, NULL);
	if (!err)
		pca_object_close(object);
	else
		expect_message(path);
	return err;
}

START_TEST(files_that_end_early_are_refused)
{
	uint64_t state = test_seed;

	for (int i = 0; i < 200; i++) {
		size_t n = next_random(&state) % size;

		row("%zu of %zu bytes", n, size);
		write_file(n);
		ck_assert_int_lt(try_open(), 0);
	}
	row("all of them");
	write_file(size);
	expect(try_open(), 0);
}
END_TEST

/* Half of them in the first page, which the loader reads most of. */
START_TEST(flipped_bits_are_refused_or_do_no_harm)
{
	uint64_t state = test_seed;
	uint32_t nr_refused = 0;

	for (int i = 0; i < NR_FLIPS; i++) {
		size_t at = next_random(&state) % (i % 2 ? size : 4096);
		unsigned char mask = (unsigned char)(1U << next_random(&state) % 8);

		row("byte %zu, mask 0x%x", at, mask);
		bytes[at] ^= (char)mask;
		write_file(size);
		nr_refused += try_open() != 0;
		bytes[at] ^= (char)mask;
	}
	ck_assert_uint_gt(nr_refused, NR_FLIPS / 20);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("object_damaged");
	TCase *tc = add_case(suite, "damage");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, files_that_end_early_are_refused);
	tcase_add_test(tc, flipped_bits_are_refused_or_do_no_harm);
	return suite;
}

TEST_MAIN(make_suite)
