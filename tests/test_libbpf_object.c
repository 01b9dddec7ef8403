// SPDX-License-Identifier: MIT
/*
 * libbpf's BPF objects: opening, programs, maps and their elements, pins, and what is said
 * of links.
 */
#include "support.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define LOADER OBJECTS "/loader.so"
#define NR_CPUS 4

struct stats {
	__u64 events, bytes;
};

static struct world w;
static struct bpf_object *object;
static char printed[1024];

static int print_into(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	return vsnprintf(printed, sizeof(printed), fmt, ap);
}

static void setup(void)
{
	w = world_open("0,2-3,7", PCA_DIRECT);
	pca_set_current_task(w.task);
	libbpf_set_print(print_into);
	printed[0] = '\0';
	object = bpf_object__open(LOADER);
	ck_assert_ptr_nonnull(object);
}

static void teardown(void)
{
	bpf_object__close(object);
	pca_set_message_fn(NULL, NULL);
	pca_set_current_task(NULL);
	world_close(&w);
}

static void expect_error(long result, int err)
{
	expect(result, -err);
	ck_assert_int_eq(errno, err);
}

static void expect_null(const void *pointer, int err)
{
	ck_assert_ptr_null(pointer);
	ck_assert_int_eq(errno, err);
}

static void expect_printed(const char *part)
{
	if (!strstr(printed, part))
		ck_abort_msg("\"%s\" is not in \"%s\"", part, printed);
}

static struct bpf_map *stats_map(void)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "stats");

	ck_assert_ptr_nonnull(map);
	return map;
}

START_TEST(failures_are_null_and_errno)
{
	struct bpf_object_open_opts opts = { .sz = sizeof(opts), .kconfig = "CONFIG_X=y" };

	expect_null(bpf_object__open("nothing.so"), ENOENT);
	expect_printed("nothing.so");
	expect_null(bpf_object__open(NULL), EINVAL);
	expect_null(bpf_object__open_file(LOADER, &opts), EOPNOTSUPP);
	expect_printed("kconfig is not simulated");
	opts.sz = 3;
	expect_null(bpf_object__open_file(LOADER, &opts), EINVAL);
	expect_error(libbpf_get_error(bpf_object__open("nothing.so")), ENOENT);
	expect_error(bpf_object__load(NULL), EINVAL);
	bpf_object__close(NULL);
}
END_TEST

START_TEST(an_object_has_the_files_name_or_what_is_given)
{
	char log[8] = "before";
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "given", .kernel_log_buf = log,
		    .kernel_log_size = sizeof(log));
	struct bpf_object *other = bpf_object__open_file(LOADER, &opts);

	ck_assert_ptr_nonnull(other);
	ck_assert_str_eq(bpf_object__name(object), "loader");
	ck_assert_str_eq(bpf_object__name(other), "given");
	ck_assert_str_eq(log, "");
	bpf_object__close(other);
}
END_TEST

START_TEST(programs_are_found_and_walked)
{
	const struct bpf_program *calls = bpf_object__find_program_by_name(object, "count_calls");
	struct bpf_program *prog;
	int nr = 0;

	ck_assert_ptr_nonnull(calls);
	ck_assert_str_eq(bpf_program__section_name(calls), "raw_tp/sys_enter");
	ck_assert_int_eq(bpf_program__type(calls), BPF_PROG_TYPE_RAW_TRACEPOINT);
	expect_null(bpf_object__find_program_by_name(object, "count"), ENOENT);
	expect_error(bpf_program__fd(calls), ENOENT);
	expect(bpf_object__load(object), 0);
	expect_fd(bpf_program__fd(calls));
	bpf_object__for_each_program(prog, object) nr++;
	ck_assert_int_eq(nr, 2);
}
END_TEST

START_TEST(maps_are_described_and_resized_until_they_are_made)
{
	struct bpf_map *map = stats_map(), *only;
	int nr = 0;

	ck_assert_str_eq(bpf_map__name(map), "stats");
	ck_assert_int_eq(bpf_map__type(map), BPF_MAP_TYPE_PERCPU_ARRAY);
	ck_assert_uint_eq(bpf_map__key_size(map), 4);
	ck_assert_uint_eq(bpf_map__value_size(map), sizeof(struct stats));
	ck_assert_uint_eq(bpf_map__map_flags(map), 0);
	ck_assert_uint_eq(bpf_map__max_entries(map), 1);
	ck_assert_int_eq(bpf_map__fd(map), -1);
	expect(bpf_map__set_max_entries(map, 9), 0);
	expect(bpf_object__load(object), 0);
	ck_assert_uint_eq(bpf_map__max_entries(map), 9);
	expect_error(bpf_map__set_max_entries(map, 10), EBUSY);
	ck_assert_int_eq(bpf_object__find_map_fd_by_name(object, "stats"), bpf_map__fd(map));
	expect_error(bpf_object__find_map_fd_by_name(object, "stat"), EINVAL); /* as libbpf */
	expect_error(bpf_map__fd(NULL), EINVAL);
	expect_error(bpf_program__fd(NULL), EINVAL);
	bpf_object__for_each_map(only, object) nr += only == map;
	ck_assert_int_eq(nr, 1);
	expect_error(bpf_object__load(object), EINVAL);
}
END_TEST

START_TEST(elements_are_read_and_written)
{
	struct bpf_map *map = stats_map();
	struct stats in[NR_CPUS] = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } }, out[NR_CPUS];
	__u32 key = 0, next = 9;

	expect_error(bpf_map__lookup_elem(map, &key, 4, out, sizeof(out), 0), ENOENT);
	expect(bpf_object__load(object), 0);
	expect(bpf_map__update_elem(map, &key, 4, in, sizeof(in), BPF_ANY), 0);
	expect(bpf_map__lookup_elem(map, &key, 4, out, sizeof(out), 0), 0);
	expect_bytes(out, in, sizeof(in));
	expect(bpf_map__get_next_key(map, NULL, &next, 4), 0);
	ck_assert_uint_eq(next, 0);
	expect_error(bpf_map__get_next_key(map, &key, &next, 4), ENOENT);
	expect_error(bpf_map__delete_elem(map, &key, 4, 0), EINVAL);
	expect_error(bpf_map__lookup_and_delete_elem(map, &key, 4, out, sizeof(out), 0),
		     PCA_ENOTSUPP);
}
END_TEST

START_TEST(sizes_that_are_not_the_maps_are_refused)
{
	struct bpf_map *map = stats_map();
	struct stats slots[NR_CPUS] = { { 0, 0 } };
	__u64 key = 0;

	expect(bpf_object__load(object), 0);
	expect_error(bpf_map__lookup_elem(map, &key, 8, slots, sizeof(slots), 0), EINVAL);
	expect_printed("map \"stats\": a key has 8 bytes, expected are 4\n");
	expect_error(bpf_map__lookup_elem(map, &key, 4, slots, sizeof(slots[0]), 0), EINVAL);
	expect_printed("a value has 16 bytes, expected are 64; a per-CPU value takes");
	expect_error(bpf_map__update_elem(map, &key, 4, slots, 1, 0), EINVAL);
	expect_error(bpf_map__lookup_elem(map, &key, 4, NULL, 1, 0), EINVAL);
	expect_error(bpf_map__get_next_key(map, NULL, &key, 2), EINVAL);
}
END_TEST

START_TEST(maps_are_pinned_by_their_names_all_or_none)
{
	int fd;

	expect_error(bpf_object__pin_maps(object, "/sys/fs/bpf/early"), ENOENT);
	expect(bpf_object__load(object), 0);
	expect(bpf_object__pin_maps(object, NULL), 0); /* none belongs anywhere */
	expect(bpf_object__pin_maps(object, "/sys/fs/bpf/dir"), 0);
	fd = expect_fd(bpf_obj_get("/sys/fs/bpf/dir/stats"));
	ck_assert_uint_eq(id_of_map(w.task, fd), id_of_map(w.task, bpf_map__fd(stats_map())));
	expect(bpf_object__pin_maps(object, "/sys/fs/bpf/dir"), 0);
	expect_error(bpf_object__pin_maps(object, "/sys/fs/bpf/other"), EINVAL);
	expect(bpf_object__unpin_maps(object, "/sys/fs/bpf/dir"), 0);
	expect_error(bpf_object__unpin_maps(object, "/sys/fs/bpf/dir"), ENOENT);
	expect(bpf_object__pin_maps(object, NULL), 0); /* where it was */
	expect(bpf_object__unpin_maps(object, NULL), 0);
}
END_TEST

START_TEST(a_map_is_pinned_in_one_place)
{
	expect_error(bpf_map__pin(stats_map(), "/sys/fs/bpf/stats"), EINVAL);
	expect(bpf_object__load(object), 0);
	expect_error(bpf_map__pin(NULL, "/sys/fs/bpf/stats"), EINVAL);
	expect_error(bpf_map__pin(stats_map(), NULL), EINVAL);
	expect_error(bpf_map__unpin(stats_map(), NULL), EINVAL);
	expect(bpf_map__pin(stats_map(), "/sys/fs/bpf/made/stats"), 0);
	expect(bpf_map__pin(stats_map(), "/sys/fs/bpf/made/stats"), 0);
	expect_error(bpf_map__pin(stats_map(), "/sys/fs/bpf/made/other"), EINVAL);
	expect_error(bpf_map__unpin(stats_map(), "/sys/fs/bpf/made/other"), EINVAL);
	expect(bpf_map__unpin(stats_map(), NULL), 0);
	expect_error(bpf_obj_get("/sys/fs/bpf/made/stats"), ENOENT);
}
END_TEST

START_TEST(what_a_definition_pins_is_unpinned_there)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = "/sys/fs/bpf/mine");
	struct bpf_object *pinned = bpf_object__open_file(OBJECTS "/pinned.so", &opts);

	ck_assert_ptr_nonnull(pinned);
	expect(bpf_object__load(pinned), 0);
	close(expect_fd(bpf_obj_get("/sys/fs/bpf/mine/shared_counts")));
	expect_error(bpf_object__pin_maps(pinned, "/sys/fs/bpf/dir"), EINVAL);
	expect(bpf_object__unpin_maps(pinned, NULL), 0);
	expect_error(bpf_obj_get("/sys/fs/bpf/mine/shared_counts"), ENOENT);
	bpf_object__close(pinned);
}
END_TEST

START_TEST(attaching_fails_and_says_how_runs_are_made)
{
	const struct bpf_program *prog = bpf_object__find_program_by_name(object, "count_packets");

	expect_null(bpf_program__attach_xdp(prog, 1), EOPNOTSUPP);
	expect_printed("program \"count_packets\" cannot be attached to an interface");
	expect_printed("bpf_prog_test_run_opts(");
	expect_printed("pca_run_on()");
	expect_null(bpf_program__attach(prog), EOPNOTSUPP);
	expect_null(bpf_program__attach_trace(prog), EOPNOTSUPP);
	expect_null(bpf_program__attach_cgroup(prog, 3), EOPNOTSUPP);
	expect_null(bpf_program__attach_perf_event(prog, 3), EOPNOTSUPP);
	expect_null(bpf_program__attach_kprobe(prog, false, "vfs_read"), EOPNOTSUPP);
	expect_printed("to vfs_read");
	expect_null(bpf_program__attach_tracepoint(prog, "syscalls", "sys_enter"), EOPNOTSUPP);
	expect_null(bpf_program__attach_raw_tracepoint(prog, "sys_exit"), EOPNOTSUPP);
	expect_printed("to sys_exit");
	expect(bpf_link__destroy(bpf_program__attach(prog)), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("libbpf_object");
	TCase *tc = add_case(suite, "objects");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, failures_are_null_and_errno);
	tcase_add_test(tc, an_object_has_the_files_name_or_what_is_given);
	tcase_add_test(tc, programs_are_found_and_walked);
	tcase_add_test(tc, maps_are_described_and_resized_until_they_are_made);
	tcase_add_test(tc, elements_are_read_and_written);
	tcase_add_test(tc, sizes_that_are_not_the_maps_are_refused);
	tcase_add_test(tc, maps_are_pinned_by_their_names_all_or_none);
	tcase_add_test(tc, a_map_is_pinned_in_one_place);
	tcase_add_test(tc, what_a_definition_pins_is_unpinned_there);
	tcase_add_test(tc, attaching_fails_and_says_how_runs_are_made);
	return suite;
}

TEST_MAIN(make_suite)
