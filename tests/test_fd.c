// SPDX-License-Identifier: MIT
/*
 * The fd table of a task: numbers, limits, sharing by dup, and what commands
 * say of fds that are no maps.
 */
#include "support.h"

/*
 * Every command that takes a map's fd, as a function of the fd. The other
 * arguments are good.
 */
static const struct fd_command {
	const char *name;
	int cmd;
	int fd_word; /* which 32-bit word of the attr holds the fd */
	uint32_t size;
} fd_commands[] = {
	{ "LOOKUP_ELEM", BPF_MAP_LOOKUP_ELEM, 0, 32 },
	{ "UPDATE_ELEM", BPF_MAP_UPDATE_ELEM, 0, 32 },
	{ "DELETE_ELEM", BPF_MAP_DELETE_ELEM, 0, 16 },
	{ "GET_NEXT_KEY", BPF_MAP_GET_NEXT_KEY, 0, 24 },
	{ "LOOKUP_AND_DELETE_ELEM", BPF_MAP_LOOKUP_AND_DELETE_ELEM, 0, 32 },
	{ "FREEZE", BPF_MAP_FREEZE, 0, 4 },
	{ "LOOKUP_BATCH", BPF_MAP_LOOKUP_BATCH, 9, 56 },
	{ "UPDATE_BATCH", BPF_MAP_UPDATE_BATCH, 9, 56 },
	{ "DELETE_BATCH", BPF_MAP_DELETE_BATCH, 9, 56 },
	{ "LOOKUP_AND_DELETE_BATCH", BPF_MAP_LOOKUP_AND_DELETE_BATCH, 9, 56 },
	{ "OBJ_GET_INFO_BY_FD", BPF_OBJ_GET_INFO_BY_FD, 0, 16 },
};

static long command_on_fd(const struct world *w, const struct fd_command *command, int fd)
{
	uint32_t attr[14] = { 0 };

	attr[command->fd_word] = (uint32_t)fd;
	return pca_bpf(w->task, command->cmd, attr, command->size);
}

static void expect_of_all_commands(const struct world *w, int fd, int want, int want_of_info)
{
	for (size_t i = 0; i < ARRAY_LEN(fd_commands); i++) {
		bool is_info = fd_commands[i].cmd == BPF_OBJ_GET_INFO_BY_FD;

		row("%s, fd %d", fd_commands[i].name, fd);
		expect(command_on_fd(w, &fd_commands[i], fd), is_info ? want_of_info : want);
	}
}

/* Fact: not an open fd -> EBADF, for OBJ_GET_INFO_BY_FD: EBADFD. */
START_TEST(commands_on_an_fd_that_is_not_open_return_ebadf)
{
	struct world w = world_open(NULL, PCA_DIRECT);
	int fd = percpu_map(&w, 8, 1);

	expect_of_all_commands(&w, -1, -EBADF, -EBADFD);
	expect_of_all_commands(&w, INT_MIN, -EBADF, -EBADFD);
	expect_of_all_commands(&w, INT_MAX, -EBADF, -EBADFD);
	expect_of_all_commands(&w, fd + 1, -EBADF, -EBADFD);
	expect_of_all_commands(&w, fd + 1000000, -EBADF, -EBADFD);
	expect(pca_close(w.task, fd), 0);
	expect_of_all_commands(&w, fd, -EBADF, -EBADFD);
	world_close(&w);
}
END_TEST

/* Fact: open but not a map (file, pipe) -> EINVAL; closed, or O_PATH -> EBADF. */
START_TEST(commands_on_real_fds_tell_files_from_closed_ones)
{
	struct world w = world_open(NULL, PCA_DIRECT);
	int ends[2], path_fd = open("/", O_PATH), file = open("/dev/null", O_RDWR);

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_ge(path_fd, 0);
	expect_of_all_commands(&w, file, -EINVAL, -EINVAL);
	expect_of_all_commands(&w, ends[0], -EINVAL, -EINVAL);
	expect_of_all_commands(&w, path_fd, -EBADF, -EBADFD);
	close(file);
	expect_of_all_commands(&w, file, -EBADF, -EBADFD);
	close(path_fd);
	close(ends[0]);
	close(ends[1]);
	world_close(&w);
}
END_TEST

/* Fact: an O_PATH fd counts as not open. */
START_TEST(commands_on_a_directory_opened_by_path_return_ebadf)
{
	struct world w = world_open(NULL, PCA_DIRECT);
	int dir = expect_fd(pca_opendir(w.task, PCA_BPFFS));

	expect_of_all_commands(&w, dir, -EBADF, -EBADFD);
	expect(pca_close(w.task, dir), 0);
	world_close(&w);
}
END_TEST

static int return_zero(void *ctx)
{
	(void)ctx;
	return 0;
}

/* Fact: an fd of a program is open but not a map -> EINVAL. */
START_TEST(map_commands_on_a_program_return_einval)
{
	struct world w = world_open(NULL, PCA_DIRECT);
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = return_zero,
	};
	int prog = expect_fd(pca_prog_load(w.task, &opts));

	for (size_t i = 0; i < ARRAY_LEN(fd_commands); i++) {
		row("%s", fd_commands[i].name);
		if (fd_commands[i].cmd != BPF_OBJ_GET_INFO_BY_FD)
			expect(command_on_fd(&w, &fd_commands[i], prog), -EINVAL);
	}
	expect(pca_map_lookup_bytes(w.task, prog), -EINVAL);
	expect(pca_close(w.task, prog), 0);
	world_close(&w);
}
END_TEST

START_TEST(first_fd_is_far_above_real_ones)
{
	struct world w = world_open(NULL, PCA_DIRECT);
	int fd = percpu_map(&w, 8, 1);

	expect(fd, PCA_FIRST_FD);
	/* So a stray close() of it cannot close a real file. */
	ck_assert_int_eq(close(fd), -1);
	ck_assert_int_eq(errno, EBADF);
	expect(pca_task_open_fds(w.task), 1);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

START_TEST(new_fds_take_the_lowest_free_number)
{
	struct world w = world_open(NULL, PCA_DIRECT);
	int fds[6];

	for (int i = 0; i < 6; i++) {
		fds[i] = percpu_map(&w, 8, 1);
		expect(fds[i], PCA_FIRST_FD + i);
	}
	expect(pca_close(w.task, fds[4]), 0);
	expect(pca_close(w.task, fds[1]), 0);
	expect(pca_close(w.task, fds[3]), 0);
	expect(percpu_map(&w, 8, 1), fds[1]);
	expect(pca_dup(w.task, fds[0], 0), fds[3]);
	expect(percpu_map(&w, 8, 1), fds[4]);
	expect(percpu_map(&w, 8, 1), fds[5] + 1);
	expect(pca_task_open_fds(w.task), 7);
	for (int fd = fds[0]; fd <= fds[5] + 1; fd++)
		expect(pca_close(w.task, fd), 0);
	expect(pca_task_open_fds(w.task), 0);
	world_close(&w);
}
END_TEST

START_TEST(close_of_what_is_not_open_returns_ebadf)
{
	static const int never_open[] = {
		-1,
		0,
		1,
		2,
		INT_MIN,
		INT_MAX,
		PCA_FIRST_FD - 1,
		PCA_FIRST_FD + 1,
		PCA_FIRST_FD + 1023,
		PCA_FIRST_FD + 1024,
	};
	struct world w = world_open(NULL, PCA_DIRECT);
	int fd = percpu_map(&w, 8, 1);

	for (size_t i = 0; i < ARRAY_LEN(never_open); i++) {
		row("fd %d", never_open[i]);
		expect(pca_close(w.task, never_open[i]), -EBADF);
		expect(pca_dup(w.task, never_open[i], 0), -EBADF);
		expect(pca_fd_flags(w.task, never_open[i]), -EBADF);
		expect(pca_fdinfo(w.task, never_open[i], NULL, 0), -EBADF);
	}
	expect(pca_close(w.task, fd), 0);
	expect(pca_close(w.task, fd), -EBADF);
	world_close(&w);
}
END_TEST

/* Fact: dup shares the map; it is freed when the last fd goes. */
START_TEST(dup_shares_the_map_until_the_last_close)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	int fd = percpu_map(&w, 7, 3), copy = expect_fd(pca_dup(w.task, fd, 0));
	uint64_t values[2] = { 1, 2 }, back[2] = { 0, 0 };
	uint32_t key = 2, id = id_of_map(w.task, fd);

	expect(id_of_map(w.task, copy), id);
	expect(cmd_update(w.task, fd, &key, values, 0), 0);
	expect(pca_close(w.task, fd), 0);
	expect(cmd_lookup(w.task, copy, &key, back, 0), 0);
	expect_bytes(back, values, sizeof(values));
	expect(pca_close(w.task, copy), 0);
	expect(cmd_fd_by_id(w.task, id, 0), -ENOENT);
	world_close(&w);
}
END_TEST

/* dup() is one more number for the same open file: mode and all. */
START_TEST(dup_keeps_the_access_mode)
{
	struct world w = world_open(NULL, PCA_DIRECT);
	int fd = expect_fd(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, BPF_F_RDONLY));
	int copy = expect_fd(pca_dup(w.task, fd, 0));
	uint64_t values[4] = { 0 };
	uint32_t key = 0;

	expect(pca_fd_flags(w.task, copy) & O_ACCMODE, O_RDONLY);
	expect(cmd_update(w.task, copy, &key, values, 0), -EPERM);
	expect(cmd_lookup(w.task, copy, &key, values, 0), 0);
	expect(pca_close(w.task, fd), 0);
	expect(pca_close(w.task, copy), 0);
	world_close(&w);
}
END_TEST

START_TEST(dup_takes_the_lowest_free_number_from_min_fd)
{
	static const struct {
		int min_fd, want;
	} rows[] = {
		{ 0, PCA_FIRST_FD + 1 },
		{ 3, PCA_FIRST_FD + 2 },
		{ PCA_FIRST_FD, PCA_FIRST_FD + 3 },
		{ PCA_FIRST_FD + 3, PCA_FIRST_FD + 4 },
		{ PCA_FIRST_FD + 10, PCA_FIRST_FD + 10 },
		{ PCA_FIRST_FD + 10, PCA_FIRST_FD + 11 },
		{ PCA_FIRST_FD + 63, PCA_FIRST_FD + 63 },
		{ PCA_FIRST_FD + 63, PCA_FIRST_FD + 64 },
		{ PCA_FIRST_FD + 700, PCA_FIRST_FD + 700 },
		{ PCA_FIRST_FD + 1023, PCA_FIRST_FD + 1023 },
		{ PCA_FIRST_FD + 1023, -EMFILE },
		{ PCA_FIRST_FD + 1024, -EINVAL },
		{ INT_MAX, -EINVAL },
		{ -1, -EINVAL },
		{ INT_MIN, -EINVAL },
		{ 0, PCA_FIRST_FD + 5 },
	};
	struct world w = world_open(NULL, PCA_DIRECT);
	int fd = percpu_map(&w, 8, 1);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		row("row %zu, min_fd %d", i, rows[i].min_fd);
		expect(pca_dup(w.task, fd, rows[i].min_fd), rows[i].want);
	}
	/* A bad fd wins over a bad minimum. */
	expect(pca_dup(w.task, PCA_FIRST_FD + 500, -1), -EBADF);
	expect(pca_task_open_fds(w.task), 12);
	messages_catch();
	world_close(&w);
}
END_TEST

/* Fact: EMFILE when no fd is left; the map that could not be opened is gone. */
START_TEST(opening_past_the_limit_returns_emfile)
{
	struct pca_machine_opts machine_opts = { .size = sizeof(machine_opts), .possible = "0-1" };
	struct pca_task_opts task_opts = { .size = sizeof(task_opts), .max_fds = 3 };
	struct world w = world_open_with(&machine_opts, &task_opts);
	int fd = percpu_map(&w, 8, 1);
	uint32_t id = id_of_map(w.task, fd);

	percpu_map(&w, 8, 1);
	percpu_map(&w, 8, 1);
	uint64_t bytes = pca_machine_memory_bytes(w.machine);

	expect(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, 0), -EMFILE);
	expect(pca_machine_memory_bytes(w.machine), bytes);
	expect(pca_dup(w.task, fd, 0), -EMFILE);
	expect(cmd_fd_by_id(w.task, id, 0), -EMFILE);
	expect(pca_opendir(w.task, PCA_BPFFS), -EMFILE);
	expect(pca_close(w.task, fd + 1), 0);
	expect(cmd_fd_by_id(w.task, id, 0), fd + 1);
	for (int i = 0; i < 3; i++)
		expect(pca_close(w.task, fd + i), 0);
	expect(pca_machine_memory_bytes(w.machine), 0);
	world_close(&w);
}
END_TEST

START_TEST(a_task_has_no_more_than_a_million_fds)
{
	struct world w = world_open("0", PCA_DIRECT);
	struct pca_task_opts opts = { .size = sizeof(opts), .max_fds = 1 << 20 };
	struct pca_task *task;

	messages_catch();
	expect(pca_task_create(&task, w.machine, &opts), 0);
	pca_task_destroy(task);
	opts.max_fds++;
	expect(pca_task_create(&task, w.machine, &opts), -EINVAL);
	expect_message("max_fds 1048577 is above 1048576");
	world_close(&w);
}
END_TEST

START_TEST(a_task_has_1024_fds_unless_told_otherwise)
{
	struct world w = world_open("0", PCA_DIRECT);
	int fd = percpu_map(&w, 1, 1);

	for (int i = 1; i < 1024; i++)
		expect(pca_dup(w.task, fd, 0), fd + i);
	expect(pca_dup(w.task, fd, 0), -EMFILE);
	for (int i = 0; i < 1024; i++)
		expect(pca_close(w.task, fd + i), 0);
	world_close(&w);
}
END_TEST

/* The table grows past its first 64 entries without losing any. */
START_TEST(thousands_of_fds_keep_their_maps)
{
	enum { NR = 5000 };
	struct pca_machine_opts machine_opts = { .size = sizeof(machine_opts), .possible = "0,2" };
	struct pca_task_opts task_opts = { .size = sizeof(task_opts), .max_fds = NR };
	struct world w = world_open_with(&machine_opts, &task_opts);

	for (uint32_t i = 0; i < NR; i++) {
		uint32_t key = 0;
		uint64_t values[2] = { i, ~(uint64_t)i };
		int fd = percpu_map(&w, 8, 1);

		row("map %u", i);
		expect(fd, PCA_FIRST_FD + (int)i);
		expect(cmd_update(w.task, fd, &key, values, 0), 0);
	}
	for (uint32_t i = 0; i < NR; i++) {
		uint32_t key = 0;
		uint64_t values[2];

		row("map %u", i);
		expect(cmd_lookup(w.task, PCA_FIRST_FD + (int)i, &key, values, 0), 0);
		ck_assert_uint_eq(values[0], i);
		ck_assert_uint_eq(values[1], ~(uint64_t)i);
		expect(pca_close(w.task, PCA_FIRST_FD + (int)i), 0);
	}
	expect(pca_machine_memory_bytes(w.machine), 0);
	world_close(&w);
}
END_TEST

/* A task's fds mean nothing to another task. */
START_TEST(fds_belong_to_one_task)
{
	struct world w = world_open(NULL, PCA_DIRECT);
	struct pca_task *other;
	uint64_t values[4];
	uint32_t key = 0;
	int fd = percpu_map(&w, 8, 1);

	expect(pca_task_create(&other, w.machine, NULL), 0);
	expect(cmd_lookup(other, fd, &key, values, 0), -EBADF);
	expect(pca_close(other, fd), -EBADF);
	expect(cmd_fd_by_id(other, id_of_map(w.task, fd), 0), PCA_FIRST_FD);
	expect(cmd_lookup(other, fd, &key, values, 0), 0);
	pca_task_destroy(w.task);
	expect(cmd_lookup(other, fd, &key, values, 0), 0);
	pca_task_destroy(other);
	expect(pca_machine_memory_bytes(w.machine), 0);
	pca_machine_destroy(w.machine);
}
END_TEST

/*
 * Fact: F_GETFL is O_RDWR, O_RDONLY (BPF_F_RDONLY) or O_WRONLY (BPF_F_WRONLY).
 */
START_TEST(fd_flags_show_the_access_mode)
{
	static const struct {
		uint32_t map_flags;
		int want;
	} rows[] = {
		{ 0, O_RDWR },
		{ BPF_F_RDONLY, O_RDONLY },
		{ BPF_F_WRONLY, O_WRONLY },
		{ BPF_F_RDONLY_PROG, O_RDWR },
		{ BPF_F_WRONLY | BPF_F_WRONLY_PROG, O_WRONLY },
	};
	struct world w = world_open(NULL, PCA_DIRECT);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int fd = expect_fd(
			cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, rows[i].map_flags));

		row("map_flags 0x%x", rows[i].map_flags);
		expect(pca_fd_flags(w.task, fd), rows[i].want);
		expect(pca_close(w.task, fd), 0);
	}
	world_close(&w);
}
END_TEST

START_TEST(error_numbers_have_names_and_texts)
{
	static const struct {
		int err;
		const char *name;
	} rows[] = {
		{ EPERM, "EPERM" },   { ENOENT, "ENOENT" }, { EFAULT, "EFAULT" },
		{ EINVAL, "EINVAL" }, { E2BIG, "E2BIG" },   { EBADFD, "EBADFD" },
		{ 524, "ENOTSUPP" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		row("%s", rows[i].name);
		ck_assert_str_eq(pca_errno_name(rows[i].err), rows[i].name);
		ck_assert_str_eq(pca_errno_name(-rows[i].err), rows[i].name);
		ck_assert_str_eq(pca_strerror(-rows[i].err), pca_strerror(rows[i].err));
		if (rows[i].err != PCA_ENOTSUPP)
			ck_assert_str_eq(pca_strerror(rows[i].err), strerror(rows[i].err));
	}
	/* 524 is Linux's own, and no libc knows it. */
	ck_assert_ptr_null(strstr(pca_strerror(524), "Unknown"));
	ck_assert_ptr_null(pca_errno_name(0));
	ck_assert_ptr_null(pca_errno_name(525));
	ck_assert_ptr_null(pca_errno_name(INT_MAX));
	ck_assert_ptr_null(pca_errno_name(INT_MIN));
	ck_assert_str_eq(pca_strerror(525), "Unknown error 525");
	ck_assert_str_eq(pca_strerror(INT_MIN), "Unknown error 2147483648");
}
END_TEST

static Suite *fd_suite(void)
{
	Suite *suite = suite_create("fd");
	TCase *tc = add_case(suite, "what commands say of fds");

	tcase_add_test(tc, commands_on_an_fd_that_is_not_open_return_ebadf);
	tcase_add_test(tc, commands_on_real_fds_tell_files_from_closed_ones);
	tcase_add_test(tc, commands_on_a_directory_opened_by_path_return_ebadf);
	tcase_add_test(tc, map_commands_on_a_program_return_einval);

	tc = add_case(suite, "table");
	tcase_add_test(tc, first_fd_is_far_above_real_ones);
	tcase_add_test(tc, new_fds_take_the_lowest_free_number);
	tcase_add_test(tc, close_of_what_is_not_open_returns_ebadf);
	tcase_add_test(tc, dup_shares_the_map_until_the_last_close);
	tcase_add_test(tc, dup_keeps_the_access_mode);
	tcase_add_test(tc, dup_takes_the_lowest_free_number_from_min_fd);
	tcase_add_test(tc, opening_past_the_limit_returns_emfile);
	tcase_add_test(tc, a_task_has_1024_fds_unless_told_otherwise);
	tcase_add_test(tc, a_task_has_no_more_than_a_million_fds);
	tcase_add_test(tc, thousands_of_fds_keep_their_maps);
	tcase_add_test(tc, fds_belong_to_one_task);
	tcase_add_test(tc, fd_flags_show_the_access_mode);

	tc = add_case(suite, "errno");
	tcase_add_test(tc, error_numbers_have_names_and_texts);
	return suite;
}

TEST_MAIN(fd_suite)
