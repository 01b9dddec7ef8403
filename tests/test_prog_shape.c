// SPDX-License-Identifier: MIT
/*
 * <bpf/bpf_helpers.h>: each helper does under libbpf's name what the native one
 * does. The programs are in prog_shape.bpf.c.
 */
#include "support.h"

#include "prog_shape.h"

_Static_assert(sizeof(struct pca_map_ref) == 32, "what a .maps variable has room for");

/* Possible CPUs 0 and 2; four values of two counters. */
static struct world open_world(int *map_fd)
{
	struct world w = world_open("0,2", PCA_DIRECT);

	*map_fd = percpu_map(&w, 16, 4);
	expect(pca_map_get(w.task, *map_fd, &counters), 0);
	return w;
}

static void close_world(struct world *w, int map_fd)
{
	pca_map_put(counters);
	expect(pca_close(w->task, map_fd), 0);
	world_close(w);
}

static struct pca_prog *load(struct world *w, pca_prog_fn fn, const char *name)
{
	const struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = fn,
		.name = name,
	};
	int fd = expect_fd(pca_prog_load(w->task, &opts));
	struct pca_prog *prog;

	expect(pca_prog_get(w->task, fd, &prog), 0);
	expect(pca_close(w->task, fd), 0);
	return prog;
}

static int run_on(struct world *w, pca_prog_fn fn, uint32_t cpu)
{
	struct pca_prog *prog = load(w, fn, NULL);
	int retval;

	expect(pca_run_on(prog, cpu, NULL, &retval), 0);
	pca_prog_put(prog);
	return retval;
}

START_TEST(lookup_gives_the_current_cpus_element)
{
	int fd;
	struct world w = open_world(&fd);
	uint64_t values[2][2];
	uint32_t key = 0;

	expect(run_on(&w, count, 2), 0);
	expect(run_on(&w, count, 2), 0);
	expect(run_on(&w, count, 0), 0);
	expect(pca_map_lookup(w.task, fd, &key, values, sizeof(values), 0), 0);
	ck_assert_uint_eq(values[0][0], 1);
	ck_assert_uint_eq(values[0][1], 100);
	ck_assert_uint_eq(values[1][0], 2);
	ck_assert_uint_eq(values[1][1], 200);
	close_world(&w, fd);
}
END_TEST

START_TEST(lookup_outside_a_run_is_told_and_gives_null)
{
	int fd;
	struct world w = open_world(&fd);

	messages_catch();
	expect(count(NULL), 1);
	expect_message("bpf_map_lookup_elem called outside a run");
	close_world(&w, fd);
}
END_TEST

static int use_defined(void *ctx)
{
	return use_definition(ctx);
}

static void no_event(void *arg, const struct pca_event *event)
{
	(void)arg;
	(void)event;
}

/* The results are those of a map without elements. */
static void definition_is_told(struct world *w, const char *whom)
{
	static const struct {
		const char *helper;
		long result;
	} rows[] = {
		{ "bpf_map_lookup_elem", 0 },	   { "bpf_map_lookup_percpu_elem", 0 },
		{ "bpf_map_update_elem", -E2BIG }, { "bpf_map_delete_elem", -EINVAL },
		{ "bpf_for_each_map_elem", 0 },
	};
	char said[80];

	for (int i = 0; i < (int)ARRAY_LEN(rows); i++) {
		struct pca_prog *prog = load(w, use_defined, "count");
		int retval;

		row("%s", rows[i].helper);
		messages_clear();
		for (int k = 0; k < 2; k++) {
			expect(pca_run_on(prog, 2, &i, &retval), 0);
			expect(retval, rows[i].result);
		}
		snprintf(said, sizeof(said),
			 "%s in program%s: what it was given is no map: ", rows[i].helper, whom);
		expect_message(said);
		expect_message("give programs the struct pca_map_ref * of pca_map_get()");
		ck_assert_uint_eq(messages_count(), 1);
		pca_prog_put(prog);
		expect(pca_machine_reset(w->machine), 0); /* which lets it be told anew */
	}
}

START_TEST(definitions_are_told_to_be_no_maps)
{
	struct pca_machine_opts opts = { .size = sizeof(opts), .possible = "0,2" };
	struct world w = world_open_with(&opts, NULL);

	messages_catch();
	definition_is_told(&w, " 1 \"count\"");
	expect(pca_machine_listen(w.machine, no_event, NULL), 0);
	definition_is_told(&w, " 1 \"count\"");
	world_close(&w);
}
END_TEST

/* The shortest way does not know which program it runs; of one alone it is plain. */
START_TEST(definitions_are_told_of_inline_runs_too)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0,2",
		.run_mode = PCA_INLINE,
	};
	struct world w = world_open_with(&opts, NULL);
	struct pca_prog *progs[2];
	int which = 0;

	messages_catch();
	definition_is_told(&w, " 1 \"count\"");
	messages_clear();
	progs[0] = load(&w, use_defined, "count");
	progs[1] = load(&w, count, NULL);
	expect(pca_run_on(progs[0], 0, &which, NULL), 0);
	expect_message("bpf_map_lookup_elem in program: what");
	pca_prog_put(progs[0]);
	pca_prog_put(progs[1]);
	world_close(&w);
}
END_TEST

/* Fact: NOEXIST -EEXIST, a key past the end -E2BIG, delete -EINVAL always. */
START_TEST(update_and_delete_answer_as_linux)
{
	int fd;
	struct world w = open_world(&fd);

	expect(run_on(&w, update_and_delete, 0), 8);
	expect(seen.results[0], 0);
	expect(seen.results[1], -EEXIST);
	expect(seen.results[2], -E2BIG);
	expect(seen.results[3], -EINVAL);
	close_world(&w, fd);
}
END_TEST

/* Fact: for_each gives keys 0..max-1, counts the call that stopped it; flags: -EINVAL. */
START_TEST(for_each_calls_back_with_long_and_with_int)
{
	int fd;
	struct world w = open_world(&fd);

	expect(run_on(&w, count_elements, 2), 42);
	expect(seen.results[0], 4);
	expect(seen.results[1], 0 + 1 + 2 + 3);
	expect(seen.results[2], 2);
	expect(seen.results[3], -EINVAL);
	close_world(&w, fd);
}
END_TEST

START_TEST(lookup_percpu_takes_ids_not_ordinals)
{
	int fd;
	struct world w = open_world(&fd);

	expect(run_on(&w, look_elsewhere, 2), 0);
	ck_assert_ptr_eq(seen.pointers[0], pca_map_peek(counters, 2, 3));
	ck_assert_ptr_eq(seen.pointers[1], pca_map_peek(counters, 0, 3));
	ck_assert_ptr_eq(seen.pointers[2], pca_map_peek(counters, 2, 3));
	ck_assert_ptr_null(seen.pointers[3]);
	close_world(&w, fd);
}
END_TEST

START_TEST(helpers_without_a_map)
{
	int fd;
	struct world w = open_world(&fd);

	seen.results[0] = -1;
	expect(run_on(&w, look_around, 2), 0);
	ck_assert_uint_eq(seen.cpu, 2);
	ck_assert_int_ge(seen.node, 0);
	ck_assert_uint_gt(seen.earlier_ns, 0);
	ck_assert_uint_ge(seen.later_ns, seen.earlier_ns);
	ck_assert_uint_ne(seen.chances[0], seen.chances[1]);
	ck_assert_uint_eq(seen.pid_tgid, 0);
	expect(seen.comm_result, 0);
	ck_assert_str_eq(seen.comm, "swapper/2");
	expect(seen.good_read, 0);
	expect(seen.value_read, 1234);
	expect(seen.bad_read, -EFAULT);
	expect(seen.results[0], 0); /* filled with zeros */
	close_world(&w, fd);
}
END_TEST

START_TEST(printk_prints_up_to_three_arguments)
{
	int fd;
	struct world w = open_world(&fd);

	messages_catch();
	expect(run_on(&w, print, 0), -EINVAL);
	ck_assert_str_eq(messages_text(), "a line\ncpu -1\nit has 1099511627776\nff c %\n"
					  "1 and 2 make 3\n");
	close_world(&w, fd);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("prog_shape");
	TCase *maps = add_case(suite, "maps"), *others = add_case(suite, "others");

	tcase_add_test(maps, lookup_gives_the_current_cpus_element);
	tcase_add_test(maps, lookup_outside_a_run_is_told_and_gives_null);
	tcase_add_test(maps, definitions_are_told_to_be_no_maps);
	tcase_add_test(maps, definitions_are_told_of_inline_runs_too);
	tcase_add_test(maps, update_and_delete_answer_as_linux);
	tcase_add_test(maps, for_each_calls_back_with_long_and_with_int);
	tcase_add_test(maps, lookup_percpu_takes_ids_not_ordinals);
	tcase_add_test(others, helpers_without_a_map);
	tcase_add_test(others, printk_prints_up_to_three_arguments);
	return suite;
}

TEST_MAIN(make_suite)
