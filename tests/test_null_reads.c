// SPDX-License-Identifier: MIT
/*
 * Loads through NULL of programs whose arguments have types: zeros where Linux makes a
 * BPF_PROBE_MEM of them, which was read, but for what 6.18 says of tp_btf at load.
 */
/* labels: threads */
#include "support.h"

#include <pcasim/checked.h>

static struct world w;
static struct pca_object *object;

static void open_object(const char *file, const char *release)
{
	const struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0,2",
		.run_mode = PCA_INLINE,
		.has_contexts = true,
		.release = release,
	};
	char path[512];

	w = world_open_with(&opts, NULL);
	messages_catch();
	snprintf(path, sizeof(path), "%s/%s.so", OBJECTS, file);
	expect(pca_object_open(&object, w.task, path, NULL), 0);
}

static void close_object(void)
{
	pca_object_close(object);
	world_close(&w);
}

/* With a thing that leads to nothing, a number, and NULL. */
static int run(const char *name, int *retval)
{
	const struct pca_object_prog *prog = pca_object_find_prog(object, name);
	uint64_t thing[64] = { 1, 2, 0, 3 }, args[64] = { (uintptr_t)thing, 5 };

	ck_assert_ptr_nonnull(prog);
	row("%s", name);
	return pca_run_on(prog->prog, 2, args, retval);
}

static void expect_zeros(const char *name)
{
	int retval = -1;

	expect(run(name, &retval), 0);
	expect(retval, 0);
}

static void expect_stop(const char *name, const char *text)
{
	struct pca_violation v = { 0 };

	expect(run(name, NULL), -EFAULT);
	ck_assert_uint_gt(pca_machine_last_violation(w.machine, &v, sizeof(v)), 0);
	expect(v.kind, PCA_VIOLATION_NULL);
	if (!strstr(v.text, text))
		ck_abort_msg("%s: \"%s\"", name, v.text);
}

#if defined(__x86_64__)

START_TEST(arguments_of_functions_read_zeros)
{
	open_object("nulls", NULL);
	for (int again = 0; again < 3; again++) {
		expect_zeros("entry_ways");
		expect_zeros("exit_ways");
		expect_zeros("entry_copies");
	}
	expect(pca_machine_last_violation(w.machine, NULL, 0), 0);
	close_object();
}
END_TEST

/* The verifier refuses it, and an address is all that there is to tell them apart. */
START_TEST(what_a_lookup_has_not_found_does_not)
{
	open_object("nulls", NULL);
	expect_stop("entry_forgets", "a lookup may give NULL");
	expect_stop("point_forgets", "a lookup may give NULL");
	expect_zeros("entry_looks_again");
	close_object();
}
END_TEST

START_TEST(what_zeros_lead_to_are_zeros)
{
	int retval;

	open_object("nulls", NULL);
	expect(run("entry_follows", &retval), 0);
	expect(retval, -1);
	close_object();
}
END_TEST

/* The verifier of 6.18 refuses some of them and lets others fault. */
START_TEST(arguments_that_are_trusted_are_not)
{
	static const char *const progs[] = { "point_ways", "hook_ways" };

	for (size_t i = 0; i < ARRAY_LEN(progs); i++) {
		open_object("nulls", "6.1");
		expect_zeros(progs[i]);
		close_object();
		open_object("nulls", "6.12");
		expect_stop(progs[i], "invalid mem access 'trusted_ptr_or_null_'");
		close_object();
	}
}
END_TEST

START_TEST(what_trusted_arguments_lead_to_reads_zeros)
{
	open_object("nulls", "6.12");
	expect_zeros("point_follows");
	expect_zeros("point_follows_task");
	close_object();
}
END_TEST

START_TEST(so_do_plain_programs_whose_faults_are_caught)
{
	open_object("nulls_plain", NULL);
	expect(pca_catch_faults(), 0);
	expect_zeros("entry_ways");
	expect_zeros("exit_ways");
	close_object();
	open_object("nulls_plain", "6.1");
	expect_zeros("point_ways");
	close_object();
}
END_TEST

/*
 * The address is part of the comparison: both cannot be had. The last of all, since a
 * handler that is left works once only under ThreadSanitizer, whose tests share a process.
 */
START_TEST(an_instruction_that_cannot_is_told)
{
	open_object("nulls", NULL);
	expect_zeros("entry_ways");
	expect_stop("entry_compares_itself", "Linux gives 0 there, which this instruction");
	close_object();
}
END_TEST

#endif

START_TEST(nothing_else_may_be_done_there)
{
	open_object("nulls", NULL);
	expect_stop("entry_writes", "write of 4 bytes at an offset from NULL");
	expect_stop("entry_passes", "for its key: read of 4 bytes at an offset from NULL");
	expect_stop("untyped", "read of 4 bytes at an offset from NULL: a lookup may give NULL");
	close_object();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("null_reads");
	TCase *tc = add_case(suite, "null reads");

#if defined(__x86_64__)
	tcase_add_test(tc, arguments_of_functions_read_zeros);
	tcase_add_test(tc, what_a_lookup_has_not_found_does_not);
	tcase_add_test(tc, what_zeros_lead_to_are_zeros);
	tcase_add_test(tc, arguments_that_are_trusted_are_not);
	tcase_add_test(tc, what_trusted_arguments_lead_to_reads_zeros);
	tcase_add_test(tc, so_do_plain_programs_whose_faults_are_caught);
#endif
	tcase_add_test(tc, nothing_else_may_be_done_there);
#if defined(__x86_64__)
	tcase_add_test(tc, an_instruction_that_cannot_is_told);
#endif
	return suite;
}

TEST_MAIN(make_suite)
