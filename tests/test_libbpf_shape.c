// SPDX-License-Identifier: MIT
/*
 * <bpf/bpf.h> and <bpf/libbpf.h>: libbpf's functions on the current task, its
 * conventions of errors and options, the buffers that the compiler sees to be too
 * short, and libc's calls on simulated fds and pins.
 */
#include "support.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static struct world w;

/* Four possible CPUs, and the world's task is the current one. */
static void open_world(void)
{
	w = world_open("0,2-3,7", PCA_DIRECT);
	pca_set_current_task(w.task);
	errno = 0;
}

static void close_world(void)
{
	pca_set_current_task(NULL);
	world_close(&w);
}

static int make_map(__u32 value_size, __u32 max_entries)
{
	return expect_fd(
		bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "map", 4, value_size, max_entries, NULL));
}

/* libbpf 1.x: the negative errno is returned, and errno holds it. */
#define expect_error(expr, want)               \
	do {                                   \
		errno = 0;                     \
		expect(expr, -(want));         \
		ck_assert_int_eq(errno, want); \
	} while (0)

/* libc: -1, and errno. */
#define expect_libc_error(expr, want)          \
	do {                                   \
		errno = 0;                     \
		expect(expr, -1);              \
		ck_assert_int_eq(errno, want); \
	} while (0)

/* ---- errors and options ---- */

START_TEST(failures_are_minus_errno_and_set_errno)
{
	int fd = make_map(8, 4);
	__u64 values[4] = { 0 };
	__u32 key = 4, id = 0, len = 8;

	expect_error(bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "m", 8, 8, 1, NULL), EINVAL);
	expect_error(bpf_map_lookup_elem(fd, &key, values), ENOENT);
	expect_error(bpf_map_update_elem(fd, &key, values, BPF_ANY), E2BIG);
	expect_error(bpf_map_lookup_elem(-1, &key, values), EBADF);
	expect_error(bpf_map_delete_elem(fd, &key), EINVAL);
	expect_error(bpf_map_lookup_and_delete_elem(fd, &key, values), PCA_ENOTSUPP);
	expect_error(bpf_obj_get("/sys/fs/bpf/none"), ENOENT);
	expect_error(bpf_obj_get_info_by_fd(-1, &id, &len), EBADFD);
	expect_error(bpf_map_get_next_id(id_of_map(w.task, fd), &id), ENOENT);
	expect_error(bpf_prog_test_run_opts(fd, NULL), EINVAL);
}
END_TEST

START_TEST(faults_are_met_through_libbpf)
{
	int fd = make_map(8, 4);
	__u64 values[4] = { 0 };
	__u32 key = 0, count = 3, keys[3] = { 0, 1, 2 };
	__u64 many[3][4] = { { 0 } };
	struct pca_fault_opts half = { .cmd = BPF_MAP_UPDATE_BATCH,
				       .after_elems = 2,
				       .err = ENOSPC };
	struct pca_task *task = pca_current_task();

	expect(pca_fail_next(task, BPF_MAP_CREATE, EPERM), 0);
	expect(pca_fail_next(task, BPF_MAP_LOOKUP_ELEM, EINTR), 0);
	expect(pca_fail_next(task, BPF_MAP_UPDATE_ELEM, ENOMEM), 0);
	expect(pca_fail_next(task, BPF_OBJ_PIN, EROFS), 0);
	expect(pca_fault_add(task, &half), 0);
	expect_error(bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "m", 4, 8, 1, NULL), EPERM);
	expect_error(bpf_map_lookup_elem(fd, &key, values), EINTR);
	expect(bpf_map_lookup_elem(fd, &key, values), 0);
	expect_error(bpf_map_update_elem(fd, &key, values, BPF_ANY), ENOMEM);
	expect_error(bpf_obj_pin(fd, "/sys/fs/bpf/m"), EROFS);
	expect_error(bpf_map_update_batch(fd, keys, many, &count, NULL), ENOSPC);
	expect(count, 2);
	expect(pca_faults_pending(task), 0);
}
END_TEST

START_TEST(successes_leave_errno_alone)
{
	__u64 values[4] = { 0 };
	__u32 key = 0;

	errno = ESRCH;
	expect(bpf_map_lookup_elem(make_map(8, 1), &key, values), 0);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

/* With no machine to be had, every call says why. */
START_TEST(without_a_task_calls_fail_with_the_machines_error)
{
	__u64 values[4] = { 0 };
	__u32 key = 0;

	messages_catch();
	setenv("PCASIM_RELEASE", "0.0", 1);
	pca_set_current_task(NULL);
	expect_error(bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "m", 4, 8, 1, NULL), EINVAL);
	expect_error(bpf_map_lookup_elem(PCA_FIRST_FD, &key, values), EINVAL);
	expect_error(libbpf_num_possible_cpus(), EINVAL);
	expect_libc_error(close(PCA_FIRST_FD), EINVAL);
}
END_TEST

/* A structure of options as a newer libbpf has it. */
struct newer_opts {
	struct bpf_map_create_opts known;
	__u64 unknown;
};

static int create_with(const void *opts)
{
	return bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "m", 4, 8, 1, opts);
}

START_TEST(opts_of_other_sizes_follow_libbpfs_rule)
{
	struct newer_opts opts = { .known = { .sz = sizeof(opts) } };

	expect_fd(create_with(NULL));
	expect_fd(create_with(&opts));
	opts.unknown = 1;
	expect_error(create_with(&opts), EINVAL);

	/* What lies beyond sz does not count: map_flags here. */
	opts.known.sz = offsetof(struct bpf_map_create_opts, map_flags);
	opts.known.map_flags = 1U << 31;
	expect_fd(create_with(&opts));
	opts.known.sz = sizeof(opts.known);
	expect_error(create_with(&opts), EINVAL);

	opts.known.sz = sizeof(size_t) - 1;
	expect_error(create_with(&opts), EINVAL);
}
END_TEST

START_TEST(opts_macros_fill_in_the_size)
{
	LIBBPF_OPTS(bpf_map_create_opts, empty);
	DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, batch, .flags = 3);

	ck_assert_uint_eq(empty.sz, sizeof(struct bpf_map_create_opts));
	ck_assert_uint_eq(empty.map_flags, 0);
	ck_assert_uint_eq(batch.sz, sizeof(struct bpf_map_batch_opts));
	ck_assert_uint_eq(batch.elem_flags, 0);
	ck_assert_uint_eq(batch.flags, 3);
}
END_TEST

START_TEST(every_function_with_opts_checks_them)
{
	const struct {
		size_t sz;
		__u64 words[12];
	} set = { .sz = sizeof(set), .words[11] = 1 };
	const void *bad = &set;
	int fd = make_map(8, 1);
	__u32 count = 1, keys[1] = { 0 };
	__u64 values[4] = { 0 };

	expect_error(bpf_map_lookup_batch(fd, NULL, keys, keys, values, &count, bad), EINVAL);
	expect_error(bpf_map_update_batch(fd, keys, values, &count, bad), EINVAL);
	expect_error(bpf_map_delete_batch(fd, keys, &count, bad), EINVAL);
	ck_assert_uint_eq(count, 1);
	expect_error(bpf_obj_pin_opts(fd, "/sys/fs/bpf/m", bad), EINVAL);
	expect_error(bpf_obj_get_opts("/sys/fs/bpf/m", bad), EINVAL);
	expect_error(bpf_map_get_fd_by_id_opts(1, bad), EINVAL);
	expect_error(bpf_prog_test_run_opts(fd, (void *)(uintptr_t)bad), EINVAL);
}
END_TEST

/* ---- maps and elements ---- */

START_TEST(create_passes_options_and_cuts_the_name)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_RDONLY_PROG | BPF_F_RDONLY);
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info), key = 0;
	__u64 values[8] = { 0 };
	int fd = expect_fd(
		bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "sixteen_bytes_ab", 4, 12, 3, &opts));

	expect(bpf_map_get_info_by_fd(fd, &info, &len), 0);
	ck_assert_uint_eq(len, sizeof(info));
	ck_assert_str_eq(info.name, "sixteen_bytes_a");
	ck_assert_uint_eq(info.type, BPF_MAP_TYPE_PERCPU_ARRAY);
	ck_assert_uint_eq(info.key_size, 4);
	ck_assert_uint_eq(info.value_size, 12);
	ck_assert_uint_eq(info.max_entries, 3);
	ck_assert_uint_eq(info.map_flags, BPF_F_RDONLY_PROG);
	expect_error(bpf_map_update_elem(fd, &key, values, BPF_ANY), EPERM);
}
END_TEST

START_TEST(create_passes_the_newest_members)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .excl_prog_hash_size = 32);

	/* Fact: only one of hash and size: EINVAL. */
	expect_error(create_with(&opts), EINVAL);
	opts.excl_prog_hash = "0123456789abcdef0123456789abcdef";
	expect_fd(create_with(&opts));
	opts.map_extra = 1;
	expect_error(create_with(&opts), EINVAL);
}
END_TEST

START_TEST(elements_have_a_slot_per_possible_cpu)
{
	int fd = make_map(8, 2);
	__u64 in[4] = { 10, 20, 30, 40 }, out[4] = { 0 };
	__u32 key = 1;

	ck_assert_int_eq(libbpf_num_possible_cpus(), 4);
	expect(bpf_map_update_elem(fd, &key, in, BPF_EXIST), 0);
	expect(bpf_map_lookup_elem(fd, &key, out), 0);
	expect_bytes(out, in, sizeof(in));
	memset(out, 0, sizeof(out));
	expect(bpf_map_lookup_elem_flags(fd, &key, out, 0), 0);
	expect_bytes(out, in, sizeof(in));
	expect_error(bpf_map_lookup_elem_flags(fd, &key, out, BPF_F_LOCK), EINVAL);
	expect_error(bpf_map_update_elem(fd, &key, in, BPF_NOEXIST), EEXIST);
}
END_TEST

START_TEST(elements_can_be_walked_but_not_deleted)
{
	int fd = make_map(8, 2);
	__u64 values[4] = { 0 };
	__u32 key;

	expect(bpf_map_get_next_key(fd, NULL, &key), 0);
	ck_assert_uint_eq(key, 0);
	expect(bpf_map_get_next_key(fd, &key, &key), 0);
	ck_assert_uint_eq(key, 1);
	expect_error(bpf_map_get_next_key(fd, &key, &key), ENOENT);
	expect_error(bpf_map_delete_elem(fd, &key), EINVAL);
	expect_error(bpf_map_delete_elem_flags(fd, &key, BPF_F_LOCK), EINVAL);
	expect_error(bpf_map_lookup_and_delete_elem_flags(fd, &key, values, 0), PCA_ENOTSUPP);
}
END_TEST

START_TEST(freeze_forbids_updates)
{
	int fd = make_map(8, 1);
	__u64 values[4] = { 0 };
	__u32 key = 0;

	expect(bpf_map_freeze(fd), 0);
	expect_error(bpf_map_freeze(fd), EPERM);
	expect_error(bpf_map_update_elem(fd, &key, values, BPF_ANY), EPERM);
	expect(bpf_map_lookup_elem(fd, &key, values), 0);
}
END_TEST

/* ---- batches ---- */

START_TEST(batches_end_at_enoent_with_a_count)
{
	int fd = make_map(8, 5);
	__u32 keys[5] = { 0, 1, 2, 3, 4 }, got[3], position, count = 5;
	__u64 values[5][4], read[3][4];

	fill(values, sizeof(values), 1);
	expect(bpf_map_update_batch(fd, keys, values, &count, NULL), 0);
	ck_assert_uint_eq(count, 5);

	count = 3;
	expect(bpf_map_lookup_batch(fd, NULL, &position, got, read, &count, NULL), 0);
	ck_assert_uint_eq(count, 3);
	expect_bytes(got, keys, sizeof(got));
	expect_bytes(read, values, sizeof(read));
	expect_error(bpf_map_lookup_batch(fd, &position, &position, got, read, &count, NULL),
		     ENOENT);
	ck_assert_uint_eq(count, 2);
	expect_bytes(got, &keys[3], 2 * sizeof(keys[0]));
	expect_bytes(read, &values[3], 2 * sizeof(values[0]));
}
END_TEST

START_TEST(batches_take_their_options)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts, .flags = 7);
	int fd = make_map(8, 1);
	__u32 keys[1] = { 0 }, position, count = 1;
	__u64 values[4] = { 0 };

	expect(bpf_map_update_batch(fd, keys, values, &count, &opts), 0);
	expect(bpf_map_lookup_batch(fd, NULL, &position, keys, values, &count, &opts), 0);
	opts.elem_flags = BPF_EXIST;
	expect_error(bpf_map_update_batch(fd, keys, values, &count, &opts), EINVAL);
	expect_error(bpf_map_lookup_batch(fd, NULL, &position, keys, values, &count, &opts),
		     EINVAL);
	ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(batches_that_delete_are_enotsupp)
{
	int fd = make_map(8, 1);
	__u32 keys[1] = { 0 }, position, count = 1;
	__u64 values[4] = { 0 };

	expect_error(bpf_map_delete_batch(fd, keys, &count, NULL), PCA_ENOTSUPP);
	expect_error(
		bpf_map_lookup_and_delete_batch(fd, NULL, &position, keys, values, &count, NULL),
		PCA_ENOTSUPP);
	ck_assert_uint_eq(count, 1);
}
END_TEST

/* ---- buffers whose length the compiler knows: when it optimises ---- */

#ifdef __OPTIMIZE__

START_TEST(short_lookup_buffers_are_refused)
{
	int fd = make_map(12, 2);
	__u64 one = 7, seven[7] = { 0 }, eight[8];
	__u32 key = 0, past = 2;
	struct {
		__u64 first, rest[8];
	} inside;

	messages_catch();
	expect_error(bpf_map_lookup_elem(fd, &key, &one), EFAULT);
	expect_message("buffer has 8 bytes, this command writes 64: value_size 12 is rounded up to "
		       "16 and taken for each of 4 possible CPUs");
	ck_assert_uint_eq(one, 7);
	messages_clear();
	expect_error(bpf_map_lookup_elem_flags(fd, &key, seven, 0), EFAULT);
	expect_message("buffer has 56 bytes, this command writes 64");

	messages_clear();
	expect(bpf_map_lookup_elem(fd, &key, eight), 0);
	expect(bpf_map_lookup_elem(fd, &key, inside.rest), 0);
	/* Linux's order: the key is looked at before the buffer. */
	expect_error(bpf_map_lookup_elem(fd, &past, &one), ENOENT);
	ck_assert_str_eq(messages_text(), "");
}
END_TEST

START_TEST(short_lookup_buffers_from_malloc_are_refused)
{
	int fd = make_map(8, 1);
	__u64 *short_one = malloc(24), *long_enough = calloc(4, 8);
	__u32 key = 0;

	messages_catch();
	expect_error(bpf_map_lookup_elem(fd, &key, short_one), EFAULT);
	expect_message("buffer has 24 bytes, this command writes 32");
	messages_clear();
	expect(bpf_map_lookup_elem(fd, &key, long_enough), 0);
	ck_assert_str_eq(messages_text(), "");
	free(short_one);
	free(long_enough);
}
END_TEST

START_TEST(short_update_buffers_are_refused)
{
	int fd = make_map(4, 1);
	__u32 key = 0, packed[4] = { 1, 2, 3, 4 }; /* slots take 8 bytes each */

	messages_catch();
	expect_error(bpf_map_update_elem(fd, &key, packed, BPF_ANY), EFAULT);
	expect_message(
		"buffer has 16 bytes, this command reads 32: value_size 4 is rounded up to 8 "
		"and taken for each of 4 possible CPUs");
}
END_TEST

START_TEST(short_batch_buffers_are_refused)
{
	int fd = make_map(8, 3);
	__u32 keys[3] = { 0, 1, 2 }, position = 9, count = 3;
	__u64 two[2][4] = { 0 }, three[3][4] = { 0 };

	messages_catch();
	expect_error(bpf_map_lookup_batch(fd, NULL, &position, keys, two, &count, NULL), EFAULT);
	expect_message("buffer has 64 bytes, this command writes 96: value_size 8 is rounded up to "
		       "8 and taken for each of 4 possible CPUs and 3 elements");
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(position, 9);

	count = 3;
	messages_clear();
	expect_error(bpf_map_lookup_batch(fd, NULL, &position, &keys[1], three, &count, NULL),
		     EFAULT);
	expect_message("buffer for keys has 8 bytes, this command writes 12: 4 for each of 3 "
		       "elements");

	/* An update does what it can before it fails. */
	count = 3;
	messages_clear();
	expect_error(bpf_map_update_batch(fd, keys, two, &count, NULL), EFAULT);
	expect_message("buffer has 64 bytes, this command reads 96");
	ck_assert_uint_eq(count, 2);
}
END_TEST

/* Only what is left of the map is written: as Linux, which knows no lengths. */
START_TEST(batches_for_more_than_there_is_need_no_room_for_it)
{
	int fd = make_map(8, 2);
	__u32 keys[2], position, count = 100;
	__u64 values[2][4];

	expect_error(bpf_map_lookup_batch(fd, NULL, &position, keys, values, &count, NULL), ENOENT);
	ck_assert_uint_eq(count, 2);
}
END_TEST

#endif

/* Nobody knows how long this is. */
__attribute__((noinline)) static int lookup_into(int fd, void *value)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(fd, &key, value);
}

START_TEST(buffers_of_unknown_length_pass)
{
	__u64 values[5] = { 0, 0, 0, 0, 5 };

	messages_catch();
	expect(lookup_into(make_map(8, 1), values), 0);
	ck_assert_uint_eq(values[4], 5);
	ck_assert_str_eq(messages_text(), "");
}
END_TEST

/* ---- pins, ids, programs ---- */

START_TEST(pins_are_opened_with_the_rights_asked_for)
{
	LIBBPF_OPTS(bpf_obj_get_opts, read_only, .file_flags = BPF_F_RDONLY);
	int fd = make_map(8, 1), again;
	__u64 values[4] = { 1, 2, 3, 4 }, out[4];
	__u32 key = 0;

	expect(bpf_map_update_elem(fd, &key, values, BPF_ANY), 0);
	expect(bpf_obj_pin(fd, "/sys/fs/bpf/m"), 0);
	expect_error(bpf_obj_pin(fd, "/sys/fs/bpf/m"), EEXIST);
	expect_error(bpf_obj_pin(fd, "/tmp/m"), EPERM);
	again = expect_fd(bpf_obj_get_opts("/sys/fs/bpf/m", &read_only));
	expect(bpf_map_lookup_elem(again, &key, out), 0);
	expect_bytes(out, values, sizeof(out));
	expect_error(bpf_map_update_elem(again, &key, values, BPF_ANY), EPERM);
	expect(bpf_map_update_elem(expect_fd(bpf_obj_get("/sys/fs/bpf/m")), &key, values, BPF_ANY),
	       0);
}
END_TEST

START_TEST(pins_may_be_relative_to_a_directory)
{
	int fd = make_map(8, 1), dir;

	expect(mkdir("/sys/fs/bpf/dir", 0755), 0);
	dir = expect_fd(pca_opendir(w.task, "/sys/fs/bpf/dir"));

	LIBBPF_OPTS(bpf_obj_pin_opts, pin, .file_flags = BPF_F_PATH_FD, .path_fd = dir);
	LIBBPF_OPTS(bpf_obj_get_opts, get, .file_flags = BPF_F_PATH_FD, .path_fd = dir);

	expect(bpf_obj_pin_opts(fd, "m", &pin), 0);
	expect_fd(bpf_obj_get_opts("m", &get));
	expect_fd(bpf_obj_get("/sys/fs/bpf/dir/m"));
	pin.file_flags = 0;
	expect_error(bpf_obj_pin_opts(fd, "n", &pin), EINVAL);
}
END_TEST

START_TEST(ids_lead_to_maps)
{
	LIBBPF_OPTS(bpf_get_fd_by_id_opts, read_only, .open_flags = BPF_F_RDONLY);
	int first = make_map(8, 1), second = make_map(16, 1), fd;
	struct bpf_map_info info = { 0 };
	__u32 id = 0, len = sizeof(info), key = 0;
	__u64 values[8] = { 0 };

	(void)first;
	expect(bpf_map_get_next_id(0, &id), 0);
	expect(bpf_map_get_next_id(id, &id), 0);
	fd = expect_fd(bpf_map_get_fd_by_id(id));
	expect(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	ck_assert_uint_eq(info.id, id);
	ck_assert_uint_eq(info.id, id_of_map(w.task, second));
	ck_assert_uint_eq(info.value_size, 16);

	fd = expect_fd(bpf_map_get_fd_by_id_opts(id, &read_only));
	expect_error(bpf_map_update_elem(fd, &key, values, BPF_ANY), EPERM);
	expect_error(bpf_map_get_fd_by_id(id + 1), ENOENT);
	expect_error(bpf_map_get_next_id(id, &id), ENOENT);
	ck_assert_uint_eq(id, info.id);
}
END_TEST

static int add_arguments(void *ctx)
{
	const __u64 *args = ctx;

	return (int)(args[0] + args[1]);
}

static int load(__u32 type)
{
	const struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = type,
		.fn = add_arguments,
	};

	return expect_fd(pca_prog_load(w.task, &opts));
}

START_TEST(test_run_gives_and_takes_what_opts_has_room_for)
{
	__u64 args[2] = { 40, 2 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));
	int fd = load(BPF_PROG_TYPE_RAW_TRACEPOINT);

	expect(bpf_prog_test_run_opts(fd, &opts), 0);
	ck_assert_uint_eq(opts.retval, 42);

	opts.flags = BPF_F_TEST_RUN_ON_CPU;
	opts.cpu = 7;
	args[0] = 10;
	expect(bpf_prog_test_run_opts(fd, &opts), 0);
	ck_assert_uint_eq(opts.retval, 12);
	opts.cpu = 1;
	expect_error(bpf_prog_test_run_opts(fd, &opts), ENXIO);

	/* An older caller's options end before retval. */
	opts.sz = offsetof(struct bpf_test_run_opts, retval);
	opts.retval = 99;
	expect(bpf_prog_test_run_opts(fd, &opts), 0);
	ck_assert_uint_eq(opts.retval, 99);
	expect(bpf_prog_test_run_opts(fd, NULL), 0);
}
END_TEST

START_TEST(test_run_gives_a_packet_back)
{
	unsigned char in[64] = { 1, 2, 3 }, out[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = sizeof(in),
		    .data_out = out, .data_size_out = sizeof(out), .repeat = 3);

	expect(bpf_prog_test_run_opts(load(BPF_PROG_TYPE_XDP), &opts), 0);
	ck_assert_uint_eq(opts.data_size_out, sizeof(in));
	expect_bytes(out, in, sizeof(in));
	ck_assert_uint_gt(opts.duration, 0);
}
END_TEST

/* ---- libc's calls ---- */

START_TEST(close_and_dup_know_simulated_fds)
{
	int fd = make_map(8, 1), copy;
	__u64 values[4];
	__u32 key = 0;

	copy = dup(fd);
	ck_assert_int_eq(copy, fd + 1);
	expect(close(fd), 0);
	expect_error(bpf_map_lookup_elem(fd, &key, values), EBADF);
	expect(bpf_map_lookup_elem(copy, &key, values), 0);
	expect(close(copy), 0);
	expect_libc_error(close(copy), EBADF);
	expect_libc_error(dup(copy), EBADF);
	ck_assert_uint_eq(pca_task_open_fds(w.task), 0);
}
END_TEST

START_TEST(close_dup_and_fcntl_leave_real_fds_to_libc)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int pipe_fds[2], copy, evaluated = 0;
	char byte = 'x';

	expect(pipe(pipe_fds), 0);
	copy = dup(pipe_fds[1]);
	expect(write(copy, &byte, 1), 1);
	expect(close(copy), 0);
	expect_libc_error(close(copy), EBADF);
	expect(fcntl(pipe_fds[0], F_GETFL) & O_ACCMODE, O_RDONLY);
	expect(fcntl((evaluated++, pipe_fds[0]), F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(evaluated, 1);
	expect(read(pipe_fds[0], &byte, 1), 1);
	expect_libc_error(read(pipe_fds[0], &byte, 1), EAGAIN);
	/* cppcheck-suppress legacyUninitvar ; the macro sets what it declares */
	copy = fcntl(pipe_fds[0], F_DUPFD_CLOEXEC, 100);
	ck_assert_int_ge(copy, 100);
	expect(fcntl(copy, F_GETFD), FD_CLOEXEC);
	/* cppcheck-suppress invalidFunctionArg ; what is invalid is to be refused */
	expect_libc_error(fcntl(-1, F_GETFL), EBADF);

	int file = open("/dev/null", O_RDONLY);

	expect(fcntl(file, F_GETLK, &lock), 0); /* a pointer goes through */
	ck_assert_int_eq(lock.l_type, F_UNLCK);
	close(file);
	close(copy);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}
END_TEST

START_TEST(fcntl_knows_simulated_fds)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_RDONLY);
	int fd = make_map(8, 1), read_only = expect_fd(create_with(&opts));

	expect(fcntl(fd, F_GETFL), O_RDWR);
	expect(fcntl(read_only, F_GETFL), O_RDONLY);
	expect(fcntl(fd, F_GETFD), FD_CLOEXEC);
	expect(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
	expect_libc_error(fcntl(fd, F_SETFD, 0), EINVAL);
	expect(fcntl(fd, F_DUPFD_CLOEXEC, 3), fd + 2);
	expect(fcntl(fd, F_DUPFD, PCA_FIRST_FD + 50), PCA_FIRST_FD + 50);
	expect_libc_error(fcntl(fd, F_DUPFD, -1), EINVAL);
	/* cppcheck-suppress varFuncNullUB ; NULL is a pointer in C here, not 0 */
	expect_libc_error(fcntl(fd, F_GETLK, NULL), EINVAL);
	expect_libc_error(fcntl(fd + 7, F_GETFL), EBADF);
}
END_TEST

#define expect_unmappable(bytes, prot, flags, fd, want)                              \
	do {                                                                         \
		errno = 0;                                                           \
		ck_assert_ptr_eq(mmap(NULL, bytes, prot, flags, fd, 0), MAP_FAILED); \
		ck_assert_int_eq(errno, want);                                       \
	} while (0)

/* Fact: mmap of a map's fd is ENOTSUPP, in a wrong mode EACCES. */
START_TEST(mmap_refuses_simulated_fds)
{
	LIBBPF_OPTS(bpf_map_create_opts, for_reading, .map_flags = BPF_F_RDONLY);
	LIBBPF_OPTS(bpf_map_create_opts, for_writing, .map_flags = BPF_F_WRONLY);
	int fd = make_map(8, 1), read_only = expect_fd(create_with(&for_reading)),
	    write_only = expect_fd(create_with(&for_writing));
	const int both = PROT_READ | PROT_WRITE;

	expect_unmappable(4096, both, MAP_SHARED, fd, PCA_ENOTSUPP);
	expect_unmappable(4096, PROT_READ, MAP_SHARED, read_only, PCA_ENOTSUPP);
	expect_unmappable(4096, both, MAP_PRIVATE, read_only, PCA_ENOTSUPP);
	expect_unmappable(4096, both, MAP_SHARED, read_only, EACCES);
	expect_unmappable(4096, PROT_WRITE, MAP_SHARED, write_only, EACCES);
	expect_unmappable(0, both, MAP_SHARED, fd, EINVAL);
	expect_unmappable(4096, both, 0, fd, EINVAL);
	expect_unmappable(4096, both, MAP_SHARED, load(BPF_PROG_TYPE_SYSCALL), ENODEV);
	expect_unmappable(4096, both, MAP_SHARED, pca_opendir(w.task, "/sys/fs/bpf"), EBADF);
	expect_unmappable(4096, both, MAP_SHARED, fd + 7, EBADF);
}
END_TEST

START_TEST(mmap_leaves_real_memory_to_libc)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(page, MAP_FAILED);
	page[4095] = 1;
	expect(munmap(page, 4096), 0);
	expect_unmappable(4096, PROT_READ, MAP_SHARED, -1, EBADF);
}
END_TEST

START_TEST(unlink_mkdir_and_rmdir_know_the_bpffs)
{
	int fd = make_map(8, 1);
	char path[] = "/tmp/pcasim-XXXXXX";
	struct pca_stat st;

	expect(mkdir("/sys/fs/bpf/dir", 0700), 0);
	expect_libc_error(mkdir("/sys/fs/bpf/dir", 0700), EEXIST);
	expect(bpf_obj_pin(fd, "/sys/fs/bpf/dir/m"), 0);
	expect_libc_error(rmdir("/sys/fs/bpf/dir"), ENOTEMPTY);
	expect(unlink("/sys/fs/bpf/dir/m"), 0);
	expect_libc_error(unlink("/sys/fs/bpf/dir/m"), ENOENT);
	expect(rmdir("/sys/fs/bpf/dir"), 0);

	/* Other paths are the host's. */
	ck_assert_ptr_nonnull(mkdtemp(path));
	expect_libc_error(mkdir(path, 0700), EEXIST);
	expect(rmdir(path), 0);
	expect_libc_error(unlink(path), ENOENT);
	expect(mkdir("/sys/fs/bpf_and_more", 0700), -1);
	expect(pca_stat(w.task, "/sys/fs/bpf_and_more", &st), -ENOENT);
}
END_TEST

/* ---- libbpf.h ---- */

/* Possible CPUs 0, 2, 3 and 7. */
START_TEST(cpus_are_counted_in_the_machine)
{
	expect(sysconf(_SC_NPROCESSORS_CONF), 4);
	expect(sysconf(_SC_NPROCESSORS_ONLN), 4);
	expect(pca_cpu_set_online(w.machine, 3, false), 0);
	expect(sysconf(_SC_NPROCESSORS_CONF), 4);
	expect(sysconf(_SC_NPROCESSORS_ONLN), 3);
	expect(get_nprocs(), 3);
	expect(get_nprocs_conf(), 4);
	expect(sysconf(_SC_PAGESIZE), (sysconf)(_SC_PAGESIZE));
	expect_libc_error(sysconf(-1), EINVAL);
}
END_TEST

START_TEST(get_error_tells_of_pointers)
{
	int here;

	errno = ENOENT;
	expect(libbpf_get_error(&here), 0);
	expect(libbpf_get_error(NULL), -ENOENT);
	expect(libbpf_get_error((void *)-(intptr_t)EPERM), -EPERM);
	ck_assert_int_eq(errno, EPERM);
	expect(libbpf_get_error((void *)(intptr_t)-4095), -4095);
	expect(libbpf_get_error((void *)(intptr_t)-4096), 0);
}
END_TEST

START_TEST(strerror_knows_what_libc_does_not)
{
	char text[64], short_text[8];

	expect(libbpf_strerror(-ENOENT, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "No such file or directory");
	expect(libbpf_strerror(PCA_ENOTSUPP, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "Operation is not supported");
	expect_error(libbpf_strerror(ENOENT, short_text, sizeof(short_text)), ERANGE);
	ck_assert_str_eq(short_text, "No such");
	expect_error(libbpf_strerror(3999, text, sizeof(text)), EINVAL);
	ck_assert_str_eq(text, "Unknown error 3999");
	expect_error(libbpf_strerror(ENOENT, NULL, 0), EINVAL);
}
END_TEST

START_TEST(version_and_modes_answer)
{
	char text[32];

	snprintf(text, sizeof(text), "v%u.%u", libbpf_major_version(), libbpf_minor_version());
	ck_assert_str_eq(libbpf_version_string(), text);
	ck_assert_uint_eq(libbpf_major_version(), LIBBPF_MAJOR_VERSION);
	ck_assert_int_eq(LIBBPF_MAJOR_VERSION, 1);
	expect(libbpf_set_strict_mode(LIBBPF_STRICT_ALL), 0);
	expect(libbpf_set_memlock_rlim(0), 0);
}
END_TEST

static char printed[256];
static enum libbpf_print_level printed_level;

static int print_into(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	printed_level = level;
	return vsnprintf(printed, sizeof(printed), fmt, ap);
}

START_TEST(set_print_catches_messages_and_returns_the_one_before)
{
	libbpf_print_fn_t first = libbpf_set_print(print_into);
	struct pca_map_ref *map;
	__u32 key = 0;

	ck_assert_ptr_nonnull(first);
	expect(pca_map_get(w.task, make_map(8, 1), &map), 0);
	ck_assert_ptr_null(pca_map_lookup_elem(map, &key));
	ck_assert_int_eq(printed_level, LIBBPF_WARN);
	ck_assert_ptr_nonnull(strstr(printed, "pcasim: bpf_map_lookup_elem called outside a run"));
	ck_assert_int_eq(printed[strlen(printed) - 1], '\n');

	printed[0] = '\0';
	ck_assert(libbpf_set_print(NULL) == print_into);
	ck_assert_ptr_null(pca_map_lookup_elem(map, &key)); /* silently */
	ck_assert_str_eq(printed, "");
	ck_assert(libbpf_set_print(first) == NULL);
	pca_set_message_fn(NULL, NULL);
	pca_map_put(map);
}
END_TEST

static TCase *add_world_case(Suite *suite, const char *name)
{
	TCase *tc = add_case(suite, name);

	tcase_add_checked_fixture(tc, open_world, close_world);
	return tc;
}

static void add_conventions(Suite *suite)
{
	TCase *tc = add_world_case(suite, "conventions");

	tcase_add_test(tc, failures_are_minus_errno_and_set_errno);
	tcase_add_test(tc, faults_are_met_through_libbpf);
	tcase_add_test(tc, successes_leave_errno_alone);
	tcase_add_test(tc, without_a_task_calls_fail_with_the_machines_error);
	tcase_add_test(tc, opts_of_other_sizes_follow_libbpfs_rule);
	tcase_add_test(tc, opts_macros_fill_in_the_size);
	tcase_add_test(tc, every_function_with_opts_checks_them);
}

static void add_maps(Suite *suite)
{
	TCase *tc = add_world_case(suite, "maps");

	tcase_add_test(tc, create_passes_options_and_cuts_the_name);
	tcase_add_test(tc, create_passes_the_newest_members);
	tcase_add_test(tc, elements_have_a_slot_per_possible_cpu);
	tcase_add_test(tc, elements_can_be_walked_but_not_deleted);
	tcase_add_test(tc, freeze_forbids_updates);
	tcase_add_test(tc, batches_end_at_enoent_with_a_count);
	tcase_add_test(tc, batches_take_their_options);
	tcase_add_test(tc, batches_that_delete_are_enotsupp);
}

static void add_lengths(Suite *suite)
{
	TCase *tc = add_world_case(suite, "lengths");

#ifdef __OPTIMIZE__
	tcase_add_test(tc, short_lookup_buffers_are_refused);
	tcase_add_test(tc, short_lookup_buffers_from_malloc_are_refused);
	tcase_add_test(tc, short_update_buffers_are_refused);
	tcase_add_test(tc, short_batch_buffers_are_refused);
	tcase_add_test(tc, batches_for_more_than_there_is_need_no_room_for_it);
#endif
	tcase_add_test(tc, buffers_of_unknown_length_pass);
}

static void add_objects(Suite *suite)
{
	TCase *tc = add_world_case(suite, "objects");

	tcase_add_test(tc, pins_are_opened_with_the_rights_asked_for);
	tcase_add_test(tc, pins_may_be_relative_to_a_directory);
	tcase_add_test(tc, ids_lead_to_maps);
	tcase_add_test(tc, test_run_gives_and_takes_what_opts_has_room_for);
	tcase_add_test(tc, test_run_gives_a_packet_back);
}

static void add_libc(Suite *suite)
{
	TCase *tc = add_world_case(suite, "libc");

	tcase_add_test(tc, close_and_dup_know_simulated_fds);
	tcase_add_test(tc, close_dup_and_fcntl_leave_real_fds_to_libc);
	tcase_add_test(tc, fcntl_knows_simulated_fds);
	tcase_add_test(tc, mmap_refuses_simulated_fds);
	tcase_add_test(tc, mmap_leaves_real_memory_to_libc);
	tcase_add_test(tc, unlink_mkdir_and_rmdir_know_the_bpffs);
	tcase_add_test(tc, cpus_are_counted_in_the_machine);
}

static void add_libbpf(Suite *suite)
{
	TCase *tc = add_world_case(suite, "libbpf");

	tcase_add_test(tc, get_error_tells_of_pointers);
	tcase_add_test(tc, strerror_knows_what_libc_does_not);
	tcase_add_test(tc, version_and_modes_answer);
	tcase_add_test(tc, set_print_catches_messages_and_returns_the_one_before);
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("libbpf_shape");

	add_conventions(suite);
	add_maps(suite);
	add_lengths(suite);
	add_objects(suite);
	add_libc(suite);
	add_libbpf(suite);
	return suite;
}

TEST_MAIN(make_suite)
