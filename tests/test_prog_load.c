// SPDX-License-Identifier: MIT
/*
 * Loading programs: what is refused, in which order, with which words. The
 * rows are what Linux 6.18 says to programs of instructions that do what the
 * uses declare.
 */
#include "support.h"

#define ENTRIES 4
#define VALUE_SIZE 16

static struct world w;
static char log_text[512];

static void open_world(void)
{
	w = world_open("0-1", PCA_DIRECT);
	messages_catch();
}

static void close_world(void)
{
	world_close(&w);
}

static int do_nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

/* The maps of the table; a use's map_fd is one of these until it is loaded. */
enum map { PERCPU, PERCPU_RDONLY, PERCPU_WRONLY, ARRAY, ARRAY_RDONLY, ARRAY_WRONLY, NR_MAPS };

static const struct {
	uint32_t type, flags;
} map_kinds[NR_MAPS] = {
	[PERCPU] = { BPF_MAP_TYPE_PERCPU_ARRAY, 0 },
	[PERCPU_RDONLY] = { BPF_MAP_TYPE_PERCPU_ARRAY, BPF_F_RDONLY_PROG },
	[PERCPU_WRONLY] = { BPF_MAP_TYPE_PERCPU_ARRAY, BPF_F_WRONLY_PROG },
	[ARRAY] = { BPF_MAP_TYPE_ARRAY, 0 },
	[ARRAY_RDONLY] = { BPF_MAP_TYPE_ARRAY, BPF_F_RDONLY_PROG },
	[ARRAY_WRONLY] = { BPF_MAP_TYPE_ARRAY, BPF_F_WRONLY_PROG },
};

static int map_fds[NR_MAPS];

static void make_maps(uint32_t value_size)
{
	for (int i = 0; i < NR_MAPS; i++)
		map_fds[i] = expect_fd(cmd_create(w.task, map_kinds[i].type, value_size, ENTRIES,
						  map_kinds[i].flags));
}

static struct pca_prog_load_opts load_opts(const struct pca_map_use *uses, size_t nr)
{
	return (struct pca_prog_load_opts){
		.size = sizeof(struct pca_prog_load_opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = do_nothing,
		.uses = uses,
		.nr_uses = nr,
		.log = log_text,
		.log_size = sizeof(log_text),
	};
}

/* Load and close again: 0 or -errno. */
static int try_load_as(struct pca_task *task, const struct pca_prog_load_opts *opts)
{
	int fd = pca_prog_load(task, opts);

	return fd < 0 ? fd : pca_close(task, fd);
}

static int try_load(const struct pca_map_use *uses, size_t nr)
{
	struct pca_prog_load_opts opts = load_opts(uses, nr);

	memset(log_text, 0xee, sizeof(log_text));
	return try_load_as(w.task, &opts);
}

/* ---- one use ---- */

#define LOOKUP BPF_FUNC_map_lookup_elem
#define UPDATE BPF_FUNC_map_update_elem
#define DELETE BPF_FUNC_map_delete_elem
#define FOR_EACH BPF_FUNC_for_each_map_elem
#define LOOKUP_PERCPU 195
#define R PCA_READ
#define W PCA_WRITE
#define A PCA_ATOMIC
#define RANGE "R0 min value is outside of the allowed memory range\n"

struct use_row {
	enum map map;
	uint32_t helper, access, offset, bytes;
	int want;
	const char *log;
};

static const struct use_row use_rows[] = {
	/* Without restrictions. */
	{ PERCPU, 0, 0, 0, 0, 0, "" },
	{ PERCPU, LOOKUP, 0, 0, 0, 0, "" },
	{ PERCPU, LOOKUP, R, 0, 4, 0, "" },
	{ PERCPU, LOOKUP, W, 0, 4, 0, "" },
	{ PERCPU, LOOKUP, W, 8, 8, 0, "" },
	{ PERCPU, LOOKUP, A, 0, 8, 0, "" },
	{ PERCPU, LOOKUP, R | W | A, 0, 0, 0, "" },
	{ PERCPU, UPDATE, 0, 0, 0, 0, "" },
	{ PERCPU, DELETE, 0, 0, 0, 0, "" },
	{ PERCPU, FOR_EACH, R | W, 0, 0, 0, "" },
	{ PERCPU, LOOKUP_PERCPU, R | W, 0, 0, 0, "" },
	{ ARRAY, LOOKUP, R | W | A, 0, 0, 0, "" },
	{ ARRAY, FOR_EACH, R | W, 0, 0, 0, "" },

	/* Past the end. */
	{ PERCPU, LOOKUP, W, 16, 4, -EACCES,
	  "invalid access to map value, value_size=16 off=16 size=4\n" RANGE },
	{ PERCPU, LOOKUP, R, 16, 4, -EACCES,
	  "invalid access to map value, value_size=16 off=16 size=4\n" RANGE },
	{ PERCPU, LOOKUP, A, 16, 8, -EACCES,
	  "invalid access to map value, value_size=16 off=16 size=8\n" RANGE },
	{ PERCPU, LOOKUP, R, 13, 4, -EACCES,
	  "invalid access to map value, value_size=16 off=13 size=4\n" RANGE },
	{ PERCPU, LOOKUP, R, 12, 4, 0, "" },
	{ PERCPU, LOOKUP, R, 0, 17, -EACCES,
	  "invalid access to map value, value_size=16 off=0 size=17\n" RANGE },
	{ PERCPU, LOOKUP, R, 8, UINT32_MAX, -EACCES, NULL },
	{ PERCPU, LOOKUP, R, UINT32_MAX, 1, -EACCES, NULL },
	{ PERCPU, LOOKUP, R, UINT32_MAX, UINT32_MAX, -EACCES, NULL },
	{ PERCPU, LOOKUP, R, 15, 0, 0, "" }, /* 0 bytes: to the end */
	{ PERCPU, LOOKUP, R, 16, 0, -EACCES, NULL },
	{ PERCPU, FOR_EACH, R, 16, 8, -EACCES, NULL },
	{ PERCPU, LOOKUP_PERCPU, R, 16, 8, -EACCES, NULL },

	/* Programs may only read. */
	{ PERCPU_RDONLY, LOOKUP, 0, 0, 0, 0, "" },
	{ PERCPU_RDONLY, LOOKUP, R, 0, 4, 0, "" },
	{ PERCPU_RDONLY, LOOKUP_PERCPU, R, 0, 4, 0, "" },
	{ PERCPU_RDONLY, FOR_EACH, R, 0, 8, 0, "" },
	{ PERCPU_RDONLY, LOOKUP, W, 0, 4, -EACCES,
	  "write into map forbidden, value_size=16 off=0 size=4\n" },
	{ PERCPU_RDONLY, LOOKUP, W, 8, 8, -EACCES,
	  "write into map forbidden, value_size=16 off=8 size=8\n" },
	{ PERCPU_RDONLY, LOOKUP, A, 0, 8, -EACCES,
	  "write into map forbidden, value_size=16 off=0 size=8\n" },
	{ PERCPU_RDONLY, FOR_EACH, W, 0, 8, -EACCES,
	  "write into map forbidden, value_size=16 off=0 size=8\n" },
	{ PERCPU_RDONLY, UPDATE, 0, 0, 0, -EACCES, "write into map forbidden\n" },
	{ PERCPU_RDONLY, DELETE, 0, 0, 0, -EACCES, "write into map forbidden\n" },
	/* The right comes before the range; an atomic reads before it writes. */
	{ PERCPU_RDONLY, LOOKUP, W, 16, 4, -EACCES,
	  "write into map forbidden, value_size=16 off=16 size=4\n" },
	{ PERCPU_RDONLY, LOOKUP, R, 16, 4, -EACCES,
	  "invalid access to map value, value_size=16 off=16 size=4\n" RANGE },
	{ PERCPU_RDONLY, LOOKUP, A, 16, 8, -EACCES,
	  "invalid access to map value, value_size=16 off=16 size=8\n" RANGE },
	{ ARRAY_RDONLY, LOOKUP, R, 0, 4, 0, "" },
	{ ARRAY_RDONLY, LOOKUP, W, 0, 4, -EACCES,
	  "write into map forbidden, value_size=16 off=0 size=4\n" },
	{ ARRAY_RDONLY, UPDATE, 0, 0, 0, -EACCES, "write into map forbidden\n" },
	{ ARRAY_RDONLY, DELETE, 0, 0, 0, -EACCES, "write into map forbidden\n" },

	/* Programs may only write. */
	{ PERCPU_WRONLY, LOOKUP, 0, 0, 0, 0, "" },
	{ PERCPU_WRONLY, LOOKUP, W, 0, 4, 0, "" },
	{ PERCPU_WRONLY, UPDATE, 0, 0, 0, 0, "" },
	{ PERCPU_WRONLY, DELETE, 0, 0, 0, 0, "" },
	{ PERCPU_WRONLY, FOR_EACH, W, 0, 8, 0, "" },
	{ PERCPU_WRONLY, LOOKUP_PERCPU, W, 0, 4, 0, "" },
	{ PERCPU_WRONLY, LOOKUP, R, 0, 4, -EACCES,
	  "read from map forbidden, value_size=16 off=0 size=4\n" },
	{ PERCPU_WRONLY, LOOKUP, A, 0, 8, -EACCES,
	  "read from map forbidden, value_size=16 off=0 size=8\n" },
	{ PERCPU_WRONLY, FOR_EACH, R, 0, 8, -EACCES,
	  "read from map forbidden, value_size=16 off=0 size=8\n" },
	{ PERCPU_WRONLY, LOOKUP, W, 16, 4, -EACCES,
	  "invalid access to map value, value_size=16 off=16 size=4\n" RANGE },
	{ PERCPU_WRONLY, LOOKUP, R, 16, 4, -EACCES,
	  "read from map forbidden, value_size=16 off=16 size=4\n" },
	{ PERCPU_WRONLY, LOOKUP, A, 16, 8, -EACCES,
	  "read from map forbidden, value_size=16 off=16 size=8\n" },
	{ ARRAY_WRONLY, LOOKUP, R, 0, 4, -EACCES,
	  "read from map forbidden, value_size=16 off=0 size=4\n" },
	{ ARRAY_WRONLY, LOOKUP, W, 0, 4, 0, "" },

	/* Helpers for other types of maps. */
	{ PERCPU, 87, 0, 0, 0, -EINVAL, "cannot pass map_type 6 into func bpf_map_push_elem#87\n" },
	{ PERCPU, 88, 0, 0, 0, -EINVAL, "cannot pass map_type 6 into func bpf_map_pop_elem#88\n" },
	{ PERCPU, 89, 0, 0, 0, -EINVAL, "cannot pass map_type 6 into func bpf_map_peek_elem#89\n" },
	{ PERCPU, 12, 0, 0, 0, -EINVAL, "expected prog array map for tail call\n" },
	{ PERCPU, 25, 0, 0, 0, -EINVAL,
	  "cannot pass map_type 6 into func bpf_perf_event_output#25\n" },
	{ PERCPU, 22, 0, 0, 0, -EINVAL,
	  "cannot pass map_type 6 into func bpf_perf_event_read#22\n" },
	{ PERCPU, 131, 0, 0, 0, -EINVAL,
	  "cannot pass map_type 6 into func bpf_ringbuf_reserve#131\n" },
	{ PERCPU, 130, 0, 0, 0, -EINVAL,
	  "cannot pass map_type 6 into func bpf_ringbuf_output#130\n" },
	{ PERCPU, 27, 0, 0, 0, -EINVAL, "cannot pass map_type 6 into func bpf_get_stackid#27\n" },
	{ PERCPU, 37, 0, 0, 0, -EINVAL,
	  "cannot pass map_type 6 into func bpf_current_task_under_cgroup#37\n" },
	{ PERCPU, 156, 0, 0, 0, -EINVAL,
	  "cannot pass map_type 6 into func bpf_task_storage_get#156\n" },
	{ PERCPU_RDONLY, 87, 0, 0, 0, -EINVAL,
	  "cannot pass map_type 6 into func bpf_map_push_elem#87\n" },
	{ ARRAY, 87, 0, 0, 0, -EINVAL, "cannot pass map_type 2 into func bpf_map_push_elem#87\n" },
	{ ARRAY, 12, 0, 0, 0, -EINVAL, "expected prog array map for tail call\n" },
	{ ARRAY, LOOKUP_PERCPU, 0, 0, 0, -EINVAL,
	  "cannot pass map_type 2 into func bpf_map_lookup_percpu_elem#195\n" },
	{ ARRAY_RDONLY, LOOKUP_PERCPU, 0, 0, 0, -EINVAL,
	  "cannot pass map_type 2 into func bpf_map_lookup_percpu_elem#195\n" },
	{ PERCPU, 212, 0, 0, 0, -EINVAL, NULL },
	{ PERCPU, 999, 0, 0, 0, -EINVAL, NULL },
	{ PERCPU, BPF_FUNC_get_smp_processor_id, 0, 0, 0, -EINVAL, NULL },

	/* A value that no helper gave; access bits that mean nothing. */
	{ PERCPU, 0, R, 0, 4, -EINVAL, NULL },
	{ PERCPU, UPDATE, W, 0, 4, -EINVAL, NULL },
	{ PERCPU, LOOKUP, 1U << 3, 0, 4, -EINVAL, NULL },
	{ PERCPU, LOOKUP, 1U << 31, 0, 4, -EINVAL, NULL },
};

START_TEST(each_use_gets_the_verifiers_verdict)
{
	make_maps(VALUE_SIZE);
	for (size_t i = 0; i < ARRAY_LEN(use_rows); i++) {
		const struct use_row *r = &use_rows[i];
		struct pca_map_use use = { map_fds[r->map], r->helper, r->access, r->offset,
					   r->bytes };

		row("row %zu: map %d helper %u access %u offset %u bytes %u", i, (int)r->map,
		    r->helper, r->access, r->offset, r->bytes);
		expect(try_load(&use, 1), r->want);
		if (r->log)
			ck_assert_msg(!strcmp(log_text, r->log), "log \"%s\" instead of \"%s\"",
				      log_text, r->log);
		expect(!*log_text, !r->want);
	}
	expect(messages_count(), 0);
}
END_TEST

START_TEST(only_value_size_bytes_can_be_accessed)
{
	for (size_t v = 0; v < nr_value_sizes; v++) {
		uint32_t size = value_sizes[v];

		make_maps(size);
		for (uint32_t bytes = 1; bytes <= 8; bytes *= 2) {
			struct pca_map_use use = { map_fds[PERCPU], LOOKUP, R, 0, bytes };
			bool fits = bytes <= size;

			row("value size %u, %u bytes", size, bytes);
			use.offset = fits ? size - bytes : 0;
			expect(try_load(&use, 1), fits ? 0 : -EACCES);
			use.access = W;
			expect(try_load(&use, 1), fits ? 0 : -EACCES);
			use.offset++; /* the padding is not a program's */
			expect(try_load(&use, 1), -EACCES);
			use.access = R;
			expect(try_load(&use, 1), -EACCES);
		}
		for (int i = 0; i < NR_MAPS; i++)
			expect(pca_close(w.task, map_fds[i]), 0);
	}
}
END_TEST

/* ---- the order over several uses ---- */

START_TEST(all_fds_come_before_any_use)
{
	int foreign = open("/dev/null", O_RDONLY), program;
	struct pca_prog_load_opts plain = load_opts(NULL, 0);

	make_maps(VALUE_SIZE);
	program = expect_fd(pca_prog_load(w.task, &plain));

	struct pca_map_use bad_use = { map_fds[PERCPU_RDONLY], LOOKUP, W, 0, 4 };
	struct pca_map_use no_helper = { map_fds[PERCPU], 999, 0, 0, 0 };
	struct pca_map_use closed = { PCA_FIRST_FD + 999, LOOKUP, R, 0, 4 };
	struct pca_map_use minus_one = { -1, LOOKUP, R, 0, 4 };
	struct pca_map_use no_map = { foreign, LOOKUP, R, 0, 4 };
	struct pca_map_use a_program = { program, LOOKUP, R, 0, 4 };
	struct pca_map_use good = { map_fds[PERCPU], LOOKUP, R, 0, 4 };
	const struct {
		struct pca_map_use uses[3];
		int want;
		int32_t named; /* the fd in the log, 0: none */
	} rows[] = {
		{ { bad_use, closed, good }, -EBADF, closed.map_fd },
		{ { no_helper, closed, good }, -EBADF, closed.map_fd },
		{ { good, minus_one, closed }, -EBADF, -1 },
		{ { bad_use, good, no_map }, -EINVAL, foreign },
		{ { no_map, closed, good }, -EINVAL, foreign },
		{ { closed, no_map, good }, -EBADF, closed.map_fd },
		{ { good, a_program, bad_use }, -EINVAL, program },
		{ { good, bad_use, no_helper }, -EACCES, 0 },
		{ { good, no_helper, bad_use }, -EINVAL, 0 },
		{ { good, good, good }, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char want[64];

		row("row %zu", i);
		snprintf(want, sizeof(want), "fd %d is not pointing to valid bpf_map\n",
			 rows[i].named);
		expect(try_load(rows[i].uses, 3), rows[i].want);
		if (rows[i].named)
			ck_assert_str_eq(log_text, want);
	}
	close(foreign);
}
END_TEST

START_TEST(the_map_of_one_exclusive_program_is_no_other_programs)
{
	union any_attr attr = create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1);
	unsigned char hash[32] = { 1 };
	struct pca_map_use uses[2];
	int exclusive;

	make_maps(VALUE_SIZE);
	attr.longs[10] = (uintptr_t)hash; /* excl_prog_hash at 80, its size at 88 */
	attr.words[22] = sizeof(hash);
	exclusive = expect_fd(pca_bpf(w.task, BPF_MAP_CREATE, &attr, CREATE_ATTR_END));

	uses[0] = (struct pca_map_use){ exclusive, LOOKUP, R, 0, 8 };
	expect(try_load(uses, 1), -EACCES);
	ck_assert_str_ne(log_text, "");
	/* Seen with the fds, in order: before what is wrong with a use. */
	uses[0] = (struct pca_map_use){ map_fds[PERCPU], 999, 0, 0, 0 };
	uses[1] = (struct pca_map_use){ exclusive, LOOKUP, R, 0, 8 };
	expect(try_load(uses, 2), -EACCES);
	uses[0].map_fd = -1;
	expect(try_load(uses, 2), -EBADF);
	uses[0] = uses[1];
	uses[1].map_fd = -1;
	expect(try_load(uses, 2), -EACCES);
}
END_TEST

START_TEST(user_side_rights_and_freezing_do_not_restrict_programs)
{
	int ro = expect_fd(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, BPF_F_RDONLY));
	int wo = expect_fd(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, BPF_F_WRONLY));
	int frozen = percpu_map(&w, 8, 1);
	struct pca_map_use uses[] = {
		{ ro, LOOKUP, R | W | A, 0, 8 }, { ro, UPDATE, 0, 0, 0 },
		{ wo, LOOKUP, R | W | A, 0, 8 }, { frozen, LOOKUP, W, 0, 8 },
		{ frozen, UPDATE, 0, 0, 0 },
	};

	expect(cmd_freeze(w.task, frozen), 0);
	expect(try_load(uses, ARRAY_LEN(uses)), 0);
}
END_TEST

/* What is read of them is taken for a constant, which only a single element can be. */
START_TEST(frozen_read_only_arrays_of_several_elements_cannot_be_read)
{
	int one = expect_fd(cmd_create(w.task, BPF_MAP_TYPE_ARRAY, 8, 1, BPF_F_RDONLY_PROG));
	int two = expect_fd(cmd_create(w.task, BPF_MAP_TYPE_ARRAY, 8, 2, BPF_F_RDONLY_PROG));
	int plain = expect_fd(cmd_create(w.task, BPF_MAP_TYPE_ARRAY, 8, 2, 0));
	int percpu =
		expect_fd(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 2, BPF_F_RDONLY_PROG));
	struct pca_map_use read = { two, LOOKUP, R, 0, 8 };
	struct pca_map_use each = { two, BPF_FUNC_for_each_map_elem, R, 0, 1 };
	struct pca_map_use write = { two, LOOKUP, W, 0, 8 };
	struct pca_map_use beyond = { two, LOOKUP, R, 4, 8 };
	struct pca_map_use lookup = { two, LOOKUP, 0, 0, 0 };

	expect(try_load(&read, 1), 0);
	expect(cmd_freeze(w.task, one), 0);
	expect(cmd_freeze(w.task, two), 0);
	expect(cmd_freeze(w.task, plain), 0);
	expect(cmd_freeze(w.task, percpu), 0);
	expect(try_load(&read, 1), -PCA_ENOTSUPP);
	expect(try_load(&each, 1), -PCA_ENOTSUPP);
	expect(try_load(&write, 1), -EACCES);
	expect(try_load(&beyond, 1), -EACCES);
	expect(try_load(&lookup, 1), 0);
	read.map_fd = one;
	expect(try_load(&read, 1), 0);
	read.map_fd = plain;
	expect(try_load(&read, 1), 0);
	read.map_fd = percpu;
	expect(try_load(&read, 1), 0);
}
END_TEST

/* ---- privileges and types ---- */

#define NR_TYPES 34 /* 0 .. 33, the last and the first being none */

#define BPF PCA_CAP_BPF
#define PERFMON PCA_CAP_PERFMON
#define NET PCA_CAP_NET_ADMIN
#define SYS PCA_CAP_SYS_ADMIN

/*
 * What a type's load gives to a task with exactly these capabilities; measured,
 * but for TRACING, EXT and LSM, which want a target first.
 */
static const struct {
	uint64_t caps;
	const char *verdicts; /* by type 0 .. 33: . ok, P EPERM, I EINVAL, N ENOTSUPP, ? skipped */
} cap_rows[] = {
	{ 0, "PPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPP" },
	{ PERFMON, "PPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPP" },
	{ NET, "PPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPP" },
	{ PERFMON | NET, "PPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPP" },
	{ BPF, "I.PPPPPP.PPPPPPPPPPPI.PPPP?P??..PI" },
	{ BPF | PERFMON, "I..PP.P..PPPPPPPP.PPI.PP.P?N??..PI" },
	{ BPF | NET, "I.P..P.P.........P..I...P.?P??...I" },
	{ SYS, "I...................I.....?N??...I" },
	{ BPF | PERFMON | NET, "I...................I.....?N??...I" },
	{ SYS | NET, "I...................I.....?N??...I" },
	{ BPF | SYS, "I...................I.....?N??...I" },
};

static int verdict_errno(char verdict)
{
	switch (verdict) {
	case '.':
		return 0;
	case 'P':
		return -EPERM;
	case 'I':
		return -EINVAL;
	default:
		return -PCA_ENOTSUPP;
	}
}

static struct pca_task *task_with(uint64_t caps)
{
	struct pca_task_opts opts = { .size = sizeof(opts), .dropped_caps = ~caps };
	struct pca_task *task;

	expect(pca_task_create(&task, w.machine, &opts), 0);
	return task;
}

START_TEST(capabilities_per_type)
{
	for (size_t i = 0; i < ARRAY_LEN(cap_rows); i++) {
		struct pca_task *task = task_with(cap_rows[i].caps);

		ck_assert_uint_eq(strlen(cap_rows[i].verdicts), NR_TYPES);
		for (uint32_t type = 0; type < NR_TYPES; type++) {
			struct pca_prog_load_opts opts = load_opts(NULL, 0);

			row("caps row %zu, type %u", i, type);
			opts.type = type;
			if (cap_rows[i].verdicts[type] != '?')
				expect(try_load_as(task, &opts),
				       verdict_errno(cap_rows[i].verdicts[type]));
		}
		row("%s", "");
	}
}
END_TEST

START_TEST(types_that_attach_to_a_target_cannot_be_loaded)
{
	static const uint32_t types[] = { BPF_PROG_TYPE_TRACING, BPF_PROG_TYPE_EXT,
					  BPF_PROG_TYPE_LSM, BPF_PROG_TYPE_LIRC_MODE2 };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct pca_prog_load_opts opts = load_opts(NULL, 0);

		row("type %u", types[i]);
		opts.type = types[i];
		expect(try_load_as(w.task, &opts), -EINVAL);
	}
}
END_TEST

START_TEST(unknown_types_are_refused)
{
	static const uint32_t types[] = { 0, 33, 99, UINT32_MAX };
	struct pca_task *nobody = task_with(0);

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct pca_prog_load_opts opts = load_opts(NULL, 0);

		row("type %u", types[i]);
		opts.type = types[i];
		expect(try_load_as(w.task, &opts), -EINVAL);
		expect(try_load_as(nobody, &opts), -EPERM);
	}
}
END_TEST

START_TEST(privileges_come_before_type_name_and_uses)
{
	struct pca_map_use bad = { -1, 999, 0, 0, 0 };
	struct pca_prog_load_opts opts = load_opts(&bad, 1);

	opts.name = "bad name";
	expect(try_load_as(task_with(0), &opts), -EPERM);
	expect(try_load_as(task_with(BPF), &opts), -EPERM); /* a tracing type */
	expect(try_load_as(w.task, &opts), -EINVAL);	    /* the name, not the fd */
	opts.name = NULL;
	expect(try_load_as(w.task, &opts), -EBADF);
	opts.type = 99;
	expect(try_load_as(w.task, &opts), -EINVAL);
}
END_TEST

START_TEST(unprivileged_tasks_may_load_two_types_where_allowed)
{
	struct pca_machine_opts machine = { .size = sizeof(machine),
					    .possible = "0",
					    .allow_unprivileged_bpf = true };
	struct pca_task_opts task = { .size = sizeof(task), .dropped_caps = ~0ULL };
	struct world open_w = world_open_with(&machine, &task);

	for (uint32_t type = 0; type < NR_TYPES; type++) {
		struct pca_prog_load_opts opts = load_opts(NULL, 0);
		bool may = type == BPF_PROG_TYPE_SOCKET_FILTER || type == BPF_PROG_TYPE_CGROUP_SKB;

		row("type %u", type);
		opts.type = type;
		expect(try_load_as(open_w.task, &opts), may ? 0 : -EPERM);
	}
	world_close(&open_w);
}
END_TEST

/* ---- names and options ---- */

START_TEST(names_are_at_most_15_plain_bytes)
{
	static const struct {
		const char *name;
		int want;
	} rows[] = {
		{ "", 0 },
		{ "a", 0 },
		{ "0", 0 },
		{ ".", 0 },
		{ "a_B.9", 0 },
		{ "123456789012345", 0 },
		{ "1234567890123456", -EINVAL },
		{ "1234567890123456789012345678901234567890", -EINVAL },
		{ "a b", -EINVAL },
		{ "a-b", -EINVAL },
		{ "a/b", -EINVAL },
		{ "\x7f", -EINVAL },
		{ "\x80", -EINVAL },
		{ "\xc0", 0 },
		{ "\xd7", -EINVAL },
		{ "\xf7", -EINVAL },
		{ "\xff", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_prog_load_opts opts = load_opts(NULL, 0);
		char *exact = strdup(rows[i].name); /* not a byte beyond the NUL is read */

		row("name \"%s\"", rows[i].name);
		opts.name = exact;
		expect(try_load_as(w.task, &opts), rows[i].want);
		free(exact);
	}
}
END_TEST

START_TEST(options_may_be_longer_if_the_tail_is_zero)
{
	struct {
		struct pca_prog_load_opts opts;
		uint64_t tail[2];
	} longer = { .opts = load_opts(NULL, 0) };

	longer.opts.size = sizeof(longer);
	expect(try_load_as(w.task, &longer.opts), 0);
	longer.tail[1] = 1;
	expect(try_load_as(w.task, &longer.opts), -E2BIG);
	longer.opts.size = 0;
	expect(try_load_as(w.task, &longer.opts), 0);
	longer.opts.fn = NULL;
	expect(try_load_as(w.task, &longer.opts), -EINVAL);
	expect_message("fn is NULL");
}
END_TEST

START_TEST(a_log_is_cut_and_always_ends)
{
	static const char whole[] =
		"invalid access to map value, value_size=16 off=16 size=4\n" RANGE;
	struct pca_map_use use;

	make_maps(VALUE_SIZE);
	use = (struct pca_map_use){ map_fds[PERCPU], LOOKUP, R, 16, 4 };
	for (size_t size = 1; size <= sizeof(whole) + 4; size++) {
		struct pca_prog_load_opts opts = load_opts(&use, 1);
		size_t len = size <= sizeof(whole) - 1 ? size - 1 : sizeof(whole) - 1;

		row("log of %zu bytes", size);
		opts.log = malloc(size); /* ASan watches its end */
		opts.log_size = size;
		memset(opts.log, 0xee, size);
		expect(try_load_as(w.task, &opts), -EACCES);
		expect(strlen(opts.log), len);
		expect_bytes(opts.log, whole, len);
		free(opts.log);
	}
	expect(messages_count(), 0);
}
END_TEST

START_TEST(without_a_log_a_message_tells)
{
	struct pca_map_use use;
	struct pca_prog_load_opts opts;

	make_maps(VALUE_SIZE);
	use = (struct pca_map_use){ map_fds[PERCPU_RDONLY], UPDATE, 0, 0, 0 };
	opts = load_opts(&use, 1);
	opts.log = NULL;
	expect(try_load_as(w.task, &opts), -EACCES);
	expect_message("program refused: write into map forbidden");

	messages_clear();
	opts = load_opts(&use, 1);
	opts.log_size = 0;
	expect(try_load_as(w.task, &opts), -EACCES);
	expect_message("program refused: write into map forbidden");

	messages_clear();
	use.map_fd = -1;
	opts.log = NULL;
	expect(try_load_as(w.task, &opts), -EBADF);
	expect_message("fd -1 is not pointing to valid bpf_map");
}
END_TEST

/* ---- what a program holds ---- */

START_TEST(a_program_holds_its_maps_until_its_last_reference)
{
	int map = percpu_map(&w, 8, 1), other = percpu_map(&w, 8, 1), fd, second;
	uint32_t id = id_of_map(w.task, map), next = 0;
	struct pca_map_use uses[] = { { map, LOOKUP, R, 0, 8 }, { map, 0, 0, 0, 0 } };
	struct pca_prog_load_opts opts = load_opts(uses, 2);
	uint64_t charged = pca_machine_memory_bytes(w.machine);
	struct pca_prog *prog;

	fd = expect_fd(pca_prog_load(w.task, &opts));
	expect(pca_close(w.task, map), 0);
	expect(cmd_next_id(w.task, 0, &next), 0);
	expect(next, id);
	expect(pca_close(w.task, expect_fd(cmd_fd_by_id(w.task, id, 0))), 0);

	second = expect_fd(pca_dup(w.task, fd, 0));
	expect(pca_close(w.task, fd), 0);
	expect(pca_close(w.task, expect_fd(cmd_fd_by_id(w.task, id, 0))), 0);
	expect(pca_prog_get(w.task, second, &prog), 0);
	expect(pca_close(w.task, second), 0);
	expect(pca_close(w.task, expect_fd(cmd_fd_by_id(w.task, id, 0))), 0);
	expect(pca_machine_memory_bytes(w.machine), charged);
	expect(pca_run_on(prog, 0, NULL, NULL), 0);

	pca_prog_put(prog);
	expect(cmd_fd_by_id(w.task, id, 0), -ENOENT);
	expect(pca_machine_memory_bytes(w.machine), charged / 2);
	expect(pca_close(w.task, other), 0);
}
END_TEST

START_TEST(a_pinned_program_holds_its_maps)
{
	int map = percpu_map(&w, 8, 1), fd;
	uint32_t id = id_of_map(w.task, map);
	struct pca_map_use use = { map, LOOKUP, R, 0, 8 };
	struct pca_prog_load_opts opts = load_opts(&use, 1);
	union any_attr attr;

	fd = expect_fd(pca_prog_load(w.task, &opts));
	memset(&attr, 0, sizeof(attr));
	attr.bpf.pathname = (uintptr_t) "p";
	attr.bpf.bpf_fd = (uint32_t)fd;
	expect(pca_bpf(w.task, BPF_OBJ_PIN, &attr, 16), 0);
	expect(pca_close(w.task, fd), 0);
	expect(pca_close(w.task, map), 0);
	expect(pca_close(w.task, expect_fd(cmd_fd_by_id(w.task, id, 0))), 0);
	expect(pca_unlink(w.task, "p"), 0);
	expect(cmd_fd_by_id(w.task, id, 0), -ENOENT);
}
END_TEST

START_TEST(a_refused_program_holds_nothing)
{
	int map = percpu_map(&w, 8, 1);
	uint32_t id = id_of_map(w.task, map);
	struct pca_map_use uses[] = { { map, LOOKUP, R, 0, 8 }, { map, 999, 0, 0, 0 } };

	expect(try_load(uses, 2), -EINVAL);
	uses[1].map_fd = -1;
	expect(try_load(uses, 2), -EBADF);
	expect(pca_close(w.task, map), 0);
	expect(cmd_fd_by_id(w.task, id, 0), -ENOENT);
	expect(pca_machine_memory_bytes(w.machine), 0);
}
END_TEST

START_TEST(a_full_fd_table_is_told_last)
{
	struct pca_task_opts opts = { .size = sizeof(opts), .max_fds = 1 };
	struct pca_map_use use;
	struct pca_prog_load_opts load;
	struct pca_task *task;
	uint32_t id;
	int map;

	expect(pca_task_create(&task, w.machine, &opts), 0);
	map = expect_fd(cmd_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, BPF_F_RDONLY_PROG));
	id = id_of_map(task, map);
	use = (struct pca_map_use){ map, UPDATE, 0, 0, 0 };
	load = load_opts(&use, 1);
	expect(pca_prog_load(task, &load), -EACCES);
	use.helper = LOOKUP;
	expect(pca_prog_load(task, &load), -EMFILE);
	expect(pca_close(task, map), 0);
	expect(cmd_fd_by_id(w.task, id, 0), -ENOENT);
}
END_TEST

START_TEST(an_fd_that_is_no_program_gives_none)
{
	int map = percpu_map(&w, 8, 1), foreign = open("/dev/null", O_RDONLY);
	struct pca_map_ref *ref;
	struct pca_prog *prog;
	struct pca_prog_load_opts opts = load_opts(NULL, 0);
	char text[256];

	expect(pca_prog_get(w.task, map, &prog), -EINVAL);
	expect(pca_prog_get(w.task, foreign, &prog), -EINVAL);
	expect(pca_prog_get(w.task, -1, &prog), -EBADF);
	expect(pca_prog_get(w.task, PCA_FIRST_FD + 99, &prog), -EBADF);
	int fd = expect_fd(pca_prog_load(w.task, &opts));

	expect(pca_map_get(w.task, fd, &ref), -EINVAL);
	expect(cmd_freeze(w.task, fd), -EINVAL);
	expect(pca_fdinfo(w.task, fd, text, sizeof(text)) > 0, 1);
	ck_assert_ptr_nonnull(strstr(text, "prog_type:\t17\n"));
	close(foreign);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("prog_load");
	TCase *uses = add_case(suite, "uses"), *rights = add_case(suite, "privileges"),
	      *words = add_case(suite, "options"), *refs = add_case(suite, "references");

	tcase_add_checked_fixture(uses, open_world, close_world);
	tcase_add_test(uses, each_use_gets_the_verifiers_verdict);
	tcase_add_test(uses, only_value_size_bytes_can_be_accessed);
	tcase_add_test(uses, all_fds_come_before_any_use);
	tcase_add_test(uses, the_map_of_one_exclusive_program_is_no_other_programs);
	tcase_add_test(uses, user_side_rights_and_freezing_do_not_restrict_programs);
	tcase_add_test(uses, frozen_read_only_arrays_of_several_elements_cannot_be_read);

	tcase_add_checked_fixture(rights, open_world, close_world);
	tcase_add_test(rights, capabilities_per_type);
	tcase_add_test(rights, types_that_attach_to_a_target_cannot_be_loaded);
	tcase_add_test(rights, unknown_types_are_refused);
	tcase_add_test(rights, privileges_come_before_type_name_and_uses);
	tcase_add_test(rights, unprivileged_tasks_may_load_two_types_where_allowed);

	tcase_add_checked_fixture(words, open_world, close_world);
	tcase_add_test(words, names_are_at_most_15_plain_bytes);
	tcase_add_test(words, options_may_be_longer_if_the_tail_is_zero);
	tcase_add_test(words, a_log_is_cut_and_always_ends);
	tcase_add_test(words, without_a_log_a_message_tells);

	tcase_add_checked_fixture(refs, open_world, close_world);
	tcase_add_test(refs, a_program_holds_its_maps_until_its_last_reference);
	tcase_add_test(refs, a_pinned_program_holds_its_maps);
	tcase_add_test(refs, a_refused_program_holds_nothing);
	tcase_add_test(refs, a_full_fd_table_is_told_last);
	tcase_add_test(refs, an_fd_that_is_no_program_gives_none);
	return suite;
}

TEST_MAIN(make_suite)
