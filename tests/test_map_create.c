// SPDX-License-Identifier: MIT
/*
 * MAP_CREATE: its attr, its checks and their order, names, ids, fds; and the
 * rules that the attrs of all commands share.
 */
#include "support.h"

/* MAP_CREATE's fields by offset, so that no installed header is asked. */
enum {
	MAP_TYPE = 0,
	KEY_SIZE = 4,
	VALUE_SIZE = 8,
	MAX_ENTRIES = 12,
	MAP_FLAGS = 16,
	INNER_MAP_FD = 20,
	NUMA_NODE = 24,
	MAP_NAME = 28,
	MAP_IFINDEX = 44,
	BTF_FD = 48,
	BTF_KEY_TYPE_ID = 52,
	BTF_VALUE_TYPE_ID = 56,
	BTF_VMLINUX_VALUE_TYPE_ID = 60,
	MAP_EXTRA = 64,
	VALUE_TYPE_BTF_OBJ_FD = 72,
	MAP_TOKEN_FD = 76,
	EXCL_PROG_HASH = 80,
	EXCL_PROG_HASH_SIZE = 88,
	BEYOND = 92,
};

#define PERCPU BPF_MAP_TYPE_PERCPU_ARRAY
#define SHARED BPF_MAP_TYPE_ARRAY

/* One field that differs from a good attr. */
struct field {
	int offset;
	uint32_t value;
};

/* A good attr of value_size 9 and 3 entries with up to five fields changed. */
static union any_attr attr_with(uint32_t type, const struct field *fields, size_t nr)
{
	union any_attr attr = create_attr(type, 9, 3);

	for (size_t i = 0; i < nr; i++) {
		if (fields[i].value || fields[i].offset)
			memcpy(attr.bytes + fields[i].offset, &fields[i].value, 4);
	}
	return attr;
}

/* MAP_CREATE with these bytes; closes what it opened. 0 or -errno. */
static long try_create(struct pca_task *task, union any_attr *attr)
{
	long fd = pca_bpf(task, BPF_MAP_CREATE, attr, ATTR_BYTES);

	if (fd < 0)
		return fd;
	expect(fd, PCA_FIRST_FD);
	expect(pca_close(task, (int)fd), 0);
	return 0;
}

/* ---- one thing wrong ---- */

struct create_row {
	struct field fields[5];
	int want;
};

static const struct create_row percpu_rows[] = {
	{ { { MAX_ENTRIES, 3 } }, 0 },

	/* Fact: btf_vmlinux_value_type_id != 0, a key type without a value type, map_extra. */
	{ { { BTF_VMLINUX_VALUE_TYPE_ID, 1 } }, -EINVAL },
	{ { { BTF_KEY_TYPE_ID, 1 } }, -EINVAL },
	{ { { MAP_EXTRA, 1 } }, -EINVAL },
	{ { { MAP_EXTRA + 4, 1 } }, -EINVAL },
	/* Fact: NUMA_NODE with a node that does not exist; numa_node alone is ignored. */
	{ { { MAP_FLAGS, BPF_F_NUMA_NODE }, { NUMA_NODE, 77 } }, -EINVAL },
	{ { { MAP_FLAGS, BPF_F_NUMA_NODE }, { NUMA_NODE, 0 } }, -EINVAL },
	{ { { MAP_FLAGS, BPF_F_NUMA_NODE }, { NUMA_NODE, 0x80000000 } }, -EINVAL },
	{ { { MAP_FLAGS, BPF_F_NUMA_NODE }, { NUMA_NODE, 0xfffffffe } }, -EINVAL },
	{ { { MAP_FLAGS, BPF_F_NUMA_NODE }, { NUMA_NODE, 0xffffffff } }, 0 },
	{ { { NUMA_NODE, 77 } }, 0 },
	{ { { NUMA_NODE, 0xffffffff } }, 0 },
	/* Fact (<=6.18): RDONLY and WRONLY both set. */
	{ { { MAP_FLAGS, BPF_F_RDONLY | BPF_F_WRONLY } }, -EINVAL },

	/* Fact: unknown map_type -> EINVAL. */
	{ { { MAP_TYPE, 0xffffffff } }, -EINVAL },
	{ { { MAP_TYPE, 1000 } }, -EINVAL },
	{ { { MAP_TYPE, 0x10006 } }, -EINVAL },

	/* Fact: max_entries 0, key_size != 4, value_size 0. */
	{ { { MAX_ENTRIES, 0 } }, -EINVAL },
	{ { { MAX_ENTRIES, 1 } }, 0 },
	{ { { MAX_ENTRIES, 100000 } }, 0 },
	{ { { KEY_SIZE, 0 } }, -EINVAL },
	{ { { KEY_SIZE, 1 } }, -EINVAL },
	{ { { KEY_SIZE, 3 } }, -EINVAL },
	{ { { KEY_SIZE, 5 } }, -EINVAL },
	{ { { KEY_SIZE, 8 } }, -EINVAL },
	{ { { KEY_SIZE, 0xffffffff } }, -EINVAL },
	{ { { VALUE_SIZE, 0 } }, -EINVAL },

	/* Fact: value_size > 32768 -> E2BIG, all the way to 0xffffffff. */
	{ { { VALUE_SIZE, 1 } }, 0 },
	{ { { VALUE_SIZE, 2 } }, 0 },
	{ { { VALUE_SIZE, 3 } }, 0 },
	{ { { VALUE_SIZE, 4 } }, 0 },
	{ { { VALUE_SIZE, 7 } }, 0 },
	{ { { VALUE_SIZE, 8 } }, 0 },
	{ { { VALUE_SIZE, 12 } }, 0 },
	{ { { VALUE_SIZE, 4096 } }, 0 },
	{ { { VALUE_SIZE, 32760 } }, 0 },
	{ { { VALUE_SIZE, 32761 } }, 0 },
	{ { { VALUE_SIZE, 32768 } }, 0 },
	{ { { VALUE_SIZE, 32769 } }, -E2BIG },
	{ { { VALUE_SIZE, 65536 } }, -E2BIG },
	{ { { VALUE_SIZE, 4 << 20 } }, -E2BIG },
	{ { { VALUE_SIZE, 0x7fffffff } }, -E2BIG },
	{ { { VALUE_SIZE, 0x80000000 } }, -E2BIG },
	{ { { VALUE_SIZE, 0xfffffff8 } }, -E2BIG },
	{ { { VALUE_SIZE, 0xfffffff9 } }, -E2BIG },
	{ { { VALUE_SIZE, 0xffffffff } }, -E2BIG },

	/* Fact: map_ifindex != 0 -> EINVAL. */
	{ { { MAP_IFINDEX, 1 } }, -EINVAL },
	{ { { MAP_IFINDEX, 0xffffffff } }, -EINVAL },

	/* Fact: BTF only if a type id is given; bad fd EBADF; btf_fd alone is ignored. */
	{ { { BTF_FD, 0xffffffff } }, 0 },
	{ { { BTF_FD, 12345 } }, 0 },
	{ { { BTF_FD, 0xffffffff }, { BTF_VALUE_TYPE_ID, 1 } }, -EBADF },
	{ { { BTF_FD, PCA_FIRST_FD }, { BTF_VALUE_TYPE_ID, 1 } }, -EBADF },
	{ { { BTF_FD, 0xffffffff }, { BTF_KEY_TYPE_ID, 1 }, { BTF_VALUE_TYPE_ID, 1 } }, -EBADF },

	/* Fact: ignored are inner_map_fd, value_type_btf_obj_fd and map_token_fd without flags. */
	{ { { INNER_MAP_FD, 0xffffffff } }, 0 },
	{ { { VALUE_TYPE_BTF_OBJ_FD, 0xffffffff } }, 0 },
	{ { { MAP_TOKEN_FD, 0xffffffff } }, 0 },
	/* Fact: flag VTYPE_BTF_OBJ_FD -> EINVAL; TOKEN_FD: -1 -> EBADF. */
	{ { { MAP_FLAGS, 1 << 15 } }, -EINVAL },
	{ { { MAP_FLAGS, 1 << 16 }, { MAP_TOKEN_FD, 0xffffffff } }, -EBADF },

	/* Fact (6.18): only one of excl_prog_hash and its size set -> EINVAL. */
	{ { { EXCL_PROG_HASH_SIZE, 32 } }, -EINVAL },
	{ { { EXCL_PROG_HASH_SIZE, 1 } }, -EINVAL },
	{ { { EXCL_PROG_HASH, 8 } }, -EINVAL },

	/* Fact: non-zero bytes after the last field (92 on 6.18) -> EINVAL. */
	{ { { BEYOND, 1 } }, -EINVAL },
	{ { { ATTR_BYTES - 4, 1 } }, -EINVAL },
};

static void expect_row(const struct world *w, uint32_t type, const struct create_row *r, size_t i)
{
	union any_attr attr = attr_with(type, r->fields, ARRAY_LEN(r->fields));

	row("row %zu: offset %d = 0x%x, offset %d = 0x%x", i, r->fields[0].offset,
	    r->fields[0].value, r->fields[1].offset, r->fields[1].value);
	expect(try_create(w->task, &attr), r->want);
}

START_TEST(each_bad_field_has_its_errno)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		struct world w = world_open(cpu_masks[m], (enum pca_task_memory)(m % 2));

		for (size_t i = 0; i < ARRAY_LEN(percpu_rows); i++)
			expect_row(&w, PERCPU, &percpu_rows[i], i);
		expect(pca_machine_memory_bytes(w.machine), 0);
		world_close(&w);
	}
}
END_TEST

/* ---- two things wrong: the first check wins ---- */

/*
 * Fact: the order of checks (6.18). A fault that wins over another is listed
 * together with it.
 */
static const struct create_row order_rows[] = {
	/* The attr before the fields. */
	{ { { BEYOND, 1 }, { VALUE_SIZE, 32769 } }, -EINVAL },
	{ { { BEYOND, 1 }, { BTF_FD, 0xffffffff }, { BTF_VALUE_TYPE_ID, 1 } }, -EINVAL },
	/* Fields before the size of the value. */
	{ { { MAP_EXTRA, 1 }, { VALUE_SIZE, 32769 } }, -EINVAL },
	{ { { BTF_VMLINUX_VALUE_TYPE_ID, 1 }, { VALUE_SIZE, 32769 } }, -EINVAL },
	{ { { BTF_KEY_TYPE_ID, 1 }, { VALUE_SIZE, 32769 } }, -EINVAL },
	{ { { MAP_FLAGS, BPF_F_RDONLY | BPF_F_WRONLY }, { VALUE_SIZE, 32769 } }, -EINVAL },
	{ { { MAP_FLAGS, BPF_F_NUMA_NODE }, { NUMA_NODE, 77 }, { VALUE_SIZE, 32769 } }, -EINVAL },
	{ { { MAP_TYPE, 1000 }, { VALUE_SIZE, 32769 } }, -EINVAL },
	{ { { MAX_ENTRIES, 0 }, { VALUE_SIZE, 32769 } }, -EINVAL },
	{ { { KEY_SIZE, 8 }, { VALUE_SIZE, 0xffffffff } }, -EINVAL },
	{ { { MAP_FLAGS, 1 }, { VALUE_SIZE, 32769 } }, -EINVAL },
	{ { { MAP_FLAGS, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG }, { VALUE_SIZE, 32769 } },
	  -EINVAL },
	/* The size of the value before ifindex, memory, name, BTF, hash. */
	{ { { VALUE_SIZE, 32769 }, { MAP_IFINDEX, 1 } }, -E2BIG },
	{ { { VALUE_SIZE, 32769 }, { MAX_ENTRIES, 0xffffffff } }, -E2BIG },
	{ { { VALUE_SIZE, 32769 }, { MAP_NAME, '-' } }, -E2BIG },
	{ { { VALUE_SIZE, 32769 }, { BTF_FD, 0xffffffff }, { BTF_VALUE_TYPE_ID, 1 } }, -E2BIG },
	{ { { VALUE_SIZE, 32769 }, { EXCL_PROG_HASH_SIZE, 1 } }, -E2BIG },
	{ { { VALUE_SIZE, 32769 }, { MAP_FLAGS, 1 << 16 }, { MAP_TOKEN_FD, 0xffffffff } }, -E2BIG },
	/* ifindex before memory. */
	{ { { MAP_IFINDEX, 1 }, { MAX_ENTRIES, 0xffffffff } }, -EINVAL },
	{ { { MAP_IFINDEX, 1 }, { BTF_FD, 0xffffffff }, { BTF_VALUE_TYPE_ID, 1 } }, -EINVAL },
	/* Memory before name, BTF and hash. */
	{ { { MAX_ENTRIES, 0xffffffff }, { MAP_NAME, '-' } }, -ENOMEM },
	{ { { MAX_ENTRIES, 0xffffffff }, { BTF_FD, 0xffffffff }, { BTF_VALUE_TYPE_ID, 1 } },
	  -ENOMEM },
	{ { { MAX_ENTRIES, 0xffffffff }, { EXCL_PROG_HASH_SIZE, 1 } }, -ENOMEM },
	/* The name before BTF and hash. */
	{ { { MAP_NAME, '-' }, { BTF_FD, 0xffffffff }, { BTF_VALUE_TYPE_ID, 1 } }, -EINVAL },
	/* BTF before the hash. */
	{ { { BTF_FD, 0xffffffff }, { BTF_VALUE_TYPE_ID, 1 }, { EXCL_PROG_HASH_SIZE, 1 } },
	  -EBADF },
};

START_TEST(of_two_errors_the_first_check_wins)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		struct world w = world_open_with(
			&(struct pca_machine_opts){ .size = sizeof(struct pca_machine_opts),
						    .possible = cpu_masks[m],
						    .memory_limit_bytes = 1ULL << 30 },
			NULL);

		for (size_t i = 0; i < ARRAY_LEN(order_rows); i++)
			expect_row(&w, PERCPU, &order_rows[i], i);
		expect(pca_machine_memory_bytes(w.machine), 0);
		world_close(&w);
	}
}
END_TEST

/* Fact: EMFILE when no fd is left, after validation. */
START_TEST(every_other_error_wins_over_emfile)
{
	struct pca_machine_opts machine_opts = {
		.size = sizeof(machine_opts),
		.possible = "0,2",
		.memory_limit_bytes = 1ULL << 30,
	};
	struct pca_task_opts task_opts = { .size = sizeof(task_opts), .max_fds = 1 };
	struct world w = world_open_with(&machine_opts, &task_opts);
	struct create_row rows[ARRAY_LEN(percpu_rows)];
	int fd = percpu_map(&w, 1, 1);

	memcpy(rows, percpu_rows, sizeof(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		union any_attr attr = attr_with(PERCPU, rows[i].fields, 5);

		/* The map made above is no BTF, and fd 12345 is still none. */
		if (rows[i].fields[0].offset == BTF_FD && rows[i].fields[0].value == PCA_FIRST_FD)
			rows[i].want = -EINVAL;
		row("row %zu", i);
		expect(pca_bpf(w.task, BPF_MAP_CREATE, &attr, ATTR_BYTES),
		       rows[i].want ? rows[i].want : -EMFILE);
	}
	expect(pca_close(w.task, fd), 0);
	expect(pca_machine_memory_bytes(w.machine), 0);
	world_close(&w);
}
END_TEST

/* ---- flags ---- */

/*
 * Fact: allowed are RDONLY 8, WRONLY 16, RDONLY_PROG 128, WRONLY_PROG 256 and
 * NUMA_NODE 4 (not with a node); bits 0, 1, 5, 6, 9..31 -> EINVAL.
 */
START_TEST(each_flag_bit_alone)
{
	struct world w = world_open("0,2", PCA_DIRECT);

	for (int bit = 0; bit < 32; bit++) {
		const struct field fields[] = { { MAP_FLAGS, 1U << bit } };
		union any_attr attr = attr_with(PERCPU, fields, 1);
		bool is_allowed = bit == 3 || bit == 4 || bit == 7 || bit == 8;

		row("bit %d", bit);
		if (bit != 16)
			expect(try_create(w.task, &attr), is_allowed ? 0 : -EINVAL);
	}
	world_close(&w);
}
END_TEST

START_TEST(combinations_of_access_flags)
{
	struct world w = world_open("0-1", PCA_DIRECT);

	for (uint32_t mix = 0; mix < 16; mix++) {
		uint32_t flags = (mix & 1 ? (uint32_t)BPF_F_RDONLY : 0) |
				 (mix & 2 ? (uint32_t)BPF_F_WRONLY : 0) |
				 (mix & 4 ? (uint32_t)BPF_F_RDONLY_PROG : 0) |
				 (mix & 8 ? (uint32_t)BPF_F_WRONLY_PROG : 0);
		const struct field fields[] = { { MAP_FLAGS, flags } };
		union any_attr attr = attr_with(PERCPU, fields, 1);
		bool is_refused = (mix & 3) == 3 || (mix & 12) == 12;

		row("flags 0x%x", flags);
		expect(try_create(w.task, &attr), is_refused ? -EINVAL : 0);
	}
	world_close(&w);
}
END_TEST

/* Fact: TOKEN_FD with an fd that is no token (an open file, a map) -> EINVAL, closed: EBADF. */
START_TEST(no_fd_is_a_token)
{
	struct world w = world_open(NULL, PCA_DIRECT);
	int map = percpu_map(&w, 8, 1), file = open("/dev/null", O_RDONLY);
	const struct {
		int fd, want;
	} rows[] = { { map, -EINVAL }, { file, -EINVAL }, { -1, -EBADF }, { map + 1, -EBADF } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct field fields[] = { { MAP_FLAGS, BPF_F_TOKEN_FD },
						{ MAP_TOKEN_FD, (uint32_t)rows[i].fd } };
		union any_attr attr = attr_with(PERCPU, fields, 2);

		row("token %d", rows[i].fd);
		expect(pca_bpf(w.task, BPF_MAP_CREATE, &attr, ATTR_BYTES), rows[i].want);
	}
	close(file);
	expect(pca_close(w.task, map), 0);
	world_close(&w);
}
END_TEST

/* Fact: with a BTF type id, an fd that is open but no BTF -> EINVAL. */
START_TEST(no_fd_is_a_btf)
{
	struct world w = world_open(NULL, PCA_DIRECT);
	int map = percpu_map(&w, 8, 1), file = open("/dev/null", O_RDONLY);
	const int fds[] = { map, file };

	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		const struct field fields[] = { { BTF_FD, (uint32_t)fds[i] },
						{ BTF_VALUE_TYPE_ID, 1 } };
		union any_attr attr = attr_with(PERCPU, fields, 2);

		expect(pca_bpf(w.task, BPF_MAP_CREATE, &attr, ATTR_BYTES), -EINVAL);
	}
	close(file);
	expect(pca_close(w.task, map), 0);
	world_close(&w);
}
END_TEST

/* ---- exclusive programs ---- */

static long create_exclusive(struct pca_task *task, const void *hash, uint32_t size, char name)
{
	union any_attr attr = create_attr(PERCPU, 9, 3);
	uint64_t pointer = (uintptr_t)hash;

	attr.bytes[MAP_NAME] = (unsigned char)name;
	memcpy(attr.bytes + EXCL_PROG_HASH, &pointer, 8);
	memcpy(attr.bytes + EXCL_PROG_HASH_SIZE, &size, 4);
	return try_create(task, &attr);
}

/*
 * Fact (6.18): pointer and size 32 are accepted, another size EINVAL, a bad
 * pointer EFAULT, only one of the two EINVAL.
 */
START_TEST(exclusive_program_hash_has_32_bytes)
{
	static const uint32_t wrong_sizes[] = { 0, 1, 31, 33, 64, 0xffffffff };
	struct world w = world_open("0,4-6,127", PCA_CHECKED);
	unsigned char *hash = guarded(32);

	fill(hash, 32, 1);
	expect(create_exclusive(w.task, hash, 32, 'x'), 0);
	expect(create_exclusive(w.task, hash + 1, 32, 'x'), -EFAULT);
	expect(create_exclusive(w.task, bad_pointer(), 32, 'x'), -EFAULT);
	expect(create_exclusive(w.task, (void *)1, 32, 'x'), -EFAULT);
	expect(create_exclusive(w.task, NULL, 32, 'x'), -EINVAL);
	for (size_t i = 0; i < ARRAY_LEN(wrong_sizes); i++) {
		row("size %u", wrong_sizes[i]);
		expect(create_exclusive(w.task, hash, wrong_sizes[i], 'x'), -EINVAL);
		expect(create_exclusive(w.task, bad_pointer(), wrong_sizes[i], 'x'), -EINVAL);
	}
	/* The name is checked before. */
	expect(create_exclusive(w.task, bad_pointer(), 32, '-'), -EINVAL);
	expect(pca_machine_memory_bytes(w.machine), 0);
	world_close(&w);
}
END_TEST

/* ---- NUMA nodes ---- */

/* Fact: NUMA_NODE with numa_node != -1 -> EINVAL, existing or not; a shared array takes one. */
START_TEST(numa_nodes_are_refused_by_percpu_arrays_only)
{
	static const struct {
		uint32_t type, node;
		int want;
	} rows[] = {
		{ PERCPU, 0, -EINVAL },
		{ PERCPU, 1, -EINVAL },
		{ PERCPU, 2, -EINVAL },
		{ PERCPU, UINT32_MAX, 0 },
		{ SHARED, 0, 0 },
		{ SHARED, 1, 0 },
		{ SHARED, 2, -EINVAL },
		{ SHARED, UINT32_MAX, 0 },
		{ SHARED, 0x80000000, -EINVAL },
	};
	struct world w = world_open_with(
		&(struct pca_machine_opts){ .size = sizeof(struct pca_machine_opts),
					    .topology = "pack:2 numa:1 core:2 pu:1" },
		NULL);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct field fields[] = { { MAP_FLAGS, BPF_F_NUMA_NODE },
						{ NUMA_NODE, rows[i].node } };
		union any_attr attr = attr_with(rows[i].type, fields, 2);

		row("type %u node %u", rows[i].type, rows[i].node);
		expect(try_create(w.task, &attr), rows[i].want);
	}
	world_close(&w);
}
END_TEST

/* ---- names ---- */

static long create_named(struct pca_task *task, const void *name)
{
	union any_attr attr = create_attr(PERCPU, 9, 3);

	memcpy(attr.bytes + MAP_NAME, name, 16);
	return pca_bpf(task, BPF_MAP_CREATE, &attr, ATTR_BYTES);
}

static bool is_name_byte(int b)
{
	return (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') ||
	       b == '_' || b == '.' || (b >= 0xc0 && b != 0xd7 && b != 0xf7);
}

/*
 * Fact: accepted bytes are [0-9A-Za-z_.] and 0xc0-0xff except 0xd7, 0xf7, also
 * as the first one. Bytes after the NUL are ignored and read back as 0.
 */
START_TEST(each_byte_in_a_name)
{
	struct world w = world_open("0", PCA_DIRECT);

	for (int b = 1; b < 256; b++) {
		for (int at = 0; at < 15; at += 7) {
			char name[16] = "abcdefghijklmno", info[80] = { 0 };
			uint32_t len = sizeof(info);

			name[at] = (char)b;
			row("byte 0x%02x at %d", (unsigned int)b, at);
			if (!is_name_byte(b)) {
				expect(create_named(w.task, name), -EINVAL);
				continue;
			}
			int fd = expect_fd(create_named(w.task, name));

			expect(cmd_info(w.task, fd, info, &len), 0);
			expect_bytes(info + 24, name, 16);
			expect(pca_close(w.task, fd), 0);
		}
	}
	world_close(&w);
}
END_TEST

START_TEST(names_end_at_the_first_nul)
{
	static const struct {
		char name[17];
		const char *shown; /* NULL: EINVAL */
	} rows[] = {
		{ "", "" },
		{ "a", "a" },
		{ "abcdefghijklmno", "abcdefghijklmno" },
		{ "abcdefghijklmnop", NULL },
		{ "\0bcdefghijklmnop", "" },
		{ "ab\0-/ \x01\xff", "ab" },
		{ "abc\0efghijklmnop", "abc" },
		{ "0.1_", "0.1_" },
		{ ".", "." },
	};
	struct world w = world_open("0-3", PCA_DIRECT);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char info[80] = { 0 }, want[16] = "";
		uint32_t len = sizeof(info);
		long fd = create_named(w.task, rows[i].name);

		row("row %zu", i);
		if (!rows[i].shown) {
			expect(fd, -EINVAL);
			continue;
		}
		expect_fd(fd);
		expect(cmd_info(w.task, (int)fd, info, &len), 0);
		strncpy(want, rows[i].shown, sizeof(want) - 1);
		expect_bytes(info + 24, want, 16);
		expect(pca_close(w.task, (int)fd), 0);
	}
	world_close(&w);
}
END_TEST

/* ---- privileges ---- */

/*
 * Fact: with unprivileged_bpf_disabled an unprivileged MAP_CREATE is EPERM, after
 * the checks of fields and value_size; CAP_BPF or CAP_SYS_ADMIN allow it.
 * map_ifindex without CAP_SYS_ADMIN is EPERM.
 */
START_TEST(privileges_decide_after_the_size_of_the_value)
{
	static const uint64_t none = ~0ULL;
	static const struct {
		bool allow;
		uint64_t dropped;
		struct field field;
		int want;
	} rows[] = {
		{ false, none, { MAX_ENTRIES, 3 }, -EPERM },
		{ false, none, { MAX_ENTRIES, 0 }, -EINVAL },
		{ false, none, { KEY_SIZE, 8 }, -EINVAL },
		{ false, none, { VALUE_SIZE, 32769 }, -E2BIG },
		{ false, none, { MAP_TYPE, 1000 }, -EINVAL },
		{ false, none, { MAP_NAME, '-' }, -EPERM },
		{ false, none, { MAP_IFINDEX, 1 }, -EPERM },
		{ false, none, { MAX_ENTRIES, 0xffffffff }, -EPERM },
		{ false, none & ~PCA_CAP_BPF, { MAX_ENTRIES, 3 }, 0 },
		{ false, none & ~PCA_CAP_SYS_ADMIN, { MAX_ENTRIES, 3 }, 0 },
		{ false, none & ~PCA_CAP_BPF, { MAP_IFINDEX, 1 }, -EPERM },
		{ false, none & ~PCA_CAP_SYS_ADMIN, { MAP_IFINDEX, 1 }, -EINVAL },
		{ true, none, { MAX_ENTRIES, 3 }, 0 },
		{ true, none, { MAP_IFINDEX, 1 }, -EPERM },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_machine_opts machine_opts = {
			.size = sizeof(machine_opts),
			.possible = "0,2",
			.allow_unprivileged_bpf = rows[i].allow,
			.memory_limit_bytes = 1ULL << 30,
		};
		struct pca_task_opts task_opts = {
			.size = sizeof(task_opts),
			.dropped_caps = rows[i].dropped,
		};
		struct world w = world_open_with(&machine_opts, &task_opts);
		union any_attr attr = attr_with(PERCPU, &rows[i].field, 1);

		row("row %zu", i);
		expect(try_create(w.task, &attr), rows[i].want);
		world_close(&w);
	}
}
END_TEST

/*
 * Fact: without CAP_PERFMON max_entries > 2^31 is E2BIG only on a machine with
 * CPU mitigations on; else it is a matter of memory.
 */
START_TEST(two_billion_entries_without_perfmon_return_e2big_with_mitigations)
{
	static const struct {
		bool mitigations;
		uint64_t dropped;
		uint32_t max_entries;
		int want;
	} rows[] = {
		{ true, PCA_CAP_PERFMON | PCA_CAP_SYS_ADMIN, 0x80000001, -E2BIG },
		{ true, PCA_CAP_PERFMON | PCA_CAP_SYS_ADMIN, 0xffffffff, -E2BIG },
		{ true, PCA_CAP_PERFMON | PCA_CAP_SYS_ADMIN, 0x80000000, -ENOMEM },
		{ true, PCA_CAP_PERFMON, 0x80000001, -ENOMEM },
		{ true, 0, 0x80000001, -ENOMEM },
		{ false, PCA_CAP_PERFMON | PCA_CAP_SYS_ADMIN, 0x80000001, -ENOMEM },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_machine_opts machine_opts = {
			.size = sizeof(machine_opts),
			.possible = "0,2",
			.mitigations = rows[i].mitigations,
			.memory_limit_bytes = 1ULL << 30,
		};
		struct pca_task_opts task_opts = {
			.size = sizeof(task_opts),
			.dropped_caps = rows[i].dropped,
		};
		struct world w = world_open_with(&machine_opts, &task_opts);

		row("row %zu", i);
		expect(cmd_create(w.task, PERCPU, 8, rows[i].max_entries, 0), rows[i].want);
		world_close(&w);
	}
}
END_TEST

/* ---- what a new map is ---- */

/* Fact: elements start zeroed, padding too, on every CPU. */
START_TEST(new_maps_are_zero)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		for (size_t s = 0; s < nr_value_sizes; s++) {
			struct world w = world_open(cpu_masks[m], PCA_DIRECT);
			size_t bytes = lookup_bytes(&w, value_sizes[s]);
			unsigned char *values = malloc(bytes);

			row("mask %s value_size %u", cpu_masks[m], value_sizes[s]);
			/* Twice: the second may get the first one's memory. */
			for (int round = 0; round < 2; round++) {
				int fd = percpu_map(&w, value_sizes[s], 3);

				for (uint32_t key = 0; key < 3; key++) {
					memset(values, 0xee, bytes);
					expect(cmd_lookup(w.task, fd, &key, values, 0), 0);
					expect_all(values, 0, bytes);
					memset(values, 0xdd, bytes);
					expect(cmd_update(w.task, fd, &key, values, 0), 0);
				}
				expect(pca_close(w.task, fd), 0);
			}
			free(values);
			world_close(&w);
		}
	}
}
END_TEST

/* Fact: ids increase by 1 per map and are not reused right after close. */
START_TEST(ids_increase_by_one)
{
	struct world w = world_open("0", PCA_DIRECT);
	uint32_t first;
	int fd = percpu_map(&w, 1, 1);

	first = id_of_map(w.task, fd);
	for (uint32_t i = 1; i < 100; i++) {
		expect(pca_close(w.task, fd), 0);
		fd = i % 2 ? array_map(&w, 1, 1) : percpu_map(&w, 1, 1);
		row("map %u", i);
		expect(id_of_map(w.task, fd), first + i);
	}
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* ---- the companion: BPF_MAP_TYPE_ARRAY ---- */

static const struct create_row array_rows[] = {
	{ { { MAX_ENTRIES, 3 } }, 0 },
	{ { { MAX_ENTRIES, 0 } }, -EINVAL },
	{ { { KEY_SIZE, 8 } }, -EINVAL },
	{ { { VALUE_SIZE, 0 } }, -EINVAL },
	/* No per-CPU allocation limits it: value_size > INT_MAX -> E2BIG. */
	{ { { VALUE_SIZE, 32768 } }, 0 },
	{ { { VALUE_SIZE, 32769 } }, 0 },
	{ { { VALUE_SIZE, 4 << 20 } }, 0 },
	{ { { VALUE_SIZE, 0x80000000 } }, -E2BIG },
	{ { { VALUE_SIZE, 0xffffffff } }, -E2BIG },
	{ { { VALUE_SIZE, 0x80000000 }, { MAP_NAME, '-' } }, -E2BIG },
	/* A device's map: EOPNOTSUPP here, where a per-CPU array is EINVAL. */
	{ { { MAP_IFINDEX, 1 } }, -EOPNOTSUPP },
	{ { { MAP_IFINDEX, 1 }, { VALUE_SIZE, 0x80000000 } }, -E2BIG },
	{ { { MAP_EXTRA, 1 } }, -EINVAL },
	{ { { BTF_VMLINUX_VALUE_TYPE_ID, 1 } }, -EINVAL },
	{ { { MAP_FLAGS, BPF_F_RDONLY | BPF_F_WRONLY } }, -EINVAL },
	{ { { MAP_FLAGS, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG } }, -EINVAL },
	{ { { MAP_FLAGS, BPF_F_NUMA_NODE }, { NUMA_NODE, 77 } }, -EINVAL },
	{ { { MAP_NAME, '-' } }, -EINVAL },
};

START_TEST(shared_array_follows_its_own_limits)
{
	struct world w = world_open("0,2", PCA_DIRECT);

	for (size_t i = 0; i < ARRAY_LEN(array_rows); i++)
		expect_row(&w, SHARED, &array_rows[i], i);
	expect(pca_machine_memory_bytes(w.machine), 0);
	world_close(&w);
}
END_TEST

/* Bits 2, 3, 4, 7, 8 and 12; MMAPABLE (10) is refused here. */
START_TEST(shared_array_takes_these_flag_bits)
{
	static const uint32_t allowed = 1U << 2 | 1U << 3 | 1U << 4 | 1U << 7 | 1U << 8 | 1U << 12;
	struct world w = world_open("0,2", PCA_DIRECT);

	for (int bit = 0; bit < 32; bit++) {
		const struct field fields[] = { { MAP_FLAGS, 1U << bit } };
		union any_attr attr = attr_with(SHARED, fields, 1);

		row("bit %d", bit);
		if (bit != 16)
			expect(try_create(w.task, &attr), allowed >> bit & 1 ? 0 : -EINVAL);
	}
	world_close(&w);
}
END_TEST

/* ---- attrs of all commands ---- */

/*
 * Commands whose all-zero attr is refused for its own reason: fd 0 is not open
 * as a map. Fact: where the last field ends; later non-zero bytes -> EINVAL.
 */
static const struct attr_row {
	const char *name;
	int cmd;
	uint32_t end; /* where the last field ends */
	int of_zeros; /* what an attr of zeros gives; fd 0 is no open file here */
} attr_rows[] = {
	{ "MAP_CREATE", BPF_MAP_CREATE, 92, -EINVAL },
	{ "LOOKUP_ELEM", BPF_MAP_LOOKUP_ELEM, 32, -EBADF },
	{ "UPDATE_ELEM", BPF_MAP_UPDATE_ELEM, 32, -EBADF },
	{ "DELETE_ELEM", BPF_MAP_DELETE_ELEM, 16, -EBADF },
	{ "GET_NEXT_KEY", BPF_MAP_GET_NEXT_KEY, 24, -EBADF },
	{ "LOOKUP_AND_DELETE_ELEM", BPF_MAP_LOOKUP_AND_DELETE_ELEM, 32, -EBADF },
	{ "FREEZE", BPF_MAP_FREEZE, 4, -EBADF },
	{ "LOOKUP_BATCH", BPF_MAP_LOOKUP_BATCH, 56, -EBADF },
	{ "UPDATE_BATCH", BPF_MAP_UPDATE_BATCH, 56, -EBADF },
	{ "DELETE_BATCH", BPF_MAP_DELETE_BATCH, 56, -EBADF },
	{ "LOOKUP_AND_DELETE_BATCH", BPF_MAP_LOOKUP_AND_DELETE_BATCH, 56, -EBADF },
	{ "OBJ_GET_INFO_BY_FD", BPF_OBJ_GET_INFO_BY_FD, 16, -EBADFD },
	{ "MAP_GET_NEXT_ID", BPF_MAP_GET_NEXT_ID, 8, -ENOENT },
	{ "MAP_GET_FD_BY_ID", BPF_MAP_GET_FD_BY_ID, 12, -ENOENT },
};

/* Fact: attrs of any size up to 4096 are taken, shorter ones zero-extended; NULL with size 0. */
START_TEST(attr_of_any_size_up_to_4096_is_zero_extended)
{
	int hidden = hide_stdin();

	for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
		struct world w = world_open("0,2", (enum pca_task_memory)memory);
		union any_attr attr = { .bytes = { 0 } };

		for (size_t i = 0; i < ARRAY_LEN(attr_rows); i++) {
			const struct attr_row *r = &attr_rows[i];

			for (uint32_t size = 0; size <= 4096; size += size < 256 ? 1 : 64) {
				row("%s size %u", r->name, size);
				expect(pca_bpf(w.task, r->cmd, &attr, size), r->of_zeros);
			}
			row("%s NULL", r->name);
			expect(pca_bpf(w.task, r->cmd, NULL, 0), r->of_zeros);
		}
		world_close(&w);
	}
	show_stdin(hidden);
}
END_TEST

/* Fact: size > 4096 -> E2BIG, also with a bad pointer; and before the command's number. */
START_TEST(attr_larger_than_4096_bytes_returns_e2big)
{
	static const uint32_t sizes[] = { 4097, 8192, 0x7fffffff, 0xffffffff };
	static const int unknown[] = { -1, 9999, INT_MAX, INT_MIN };

	for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
		struct world w = world_open("0,2", (enum pca_task_memory)memory);
		unsigned char bytes[8192] = { 0 };

		for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
			for (size_t i = 0; i < ARRAY_LEN(attr_rows); i++) {
				row("%s size %u", attr_rows[i].name, sizes[s]);
				expect(pca_bpf(w.task, attr_rows[i].cmd, bytes, sizes[s]), -E2BIG);
				expect(pca_bpf(w.task, attr_rows[i].cmd, NULL, sizes[s]), -E2BIG);
			}
			for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
				expect(pca_bpf(w.task, unknown[i], NULL, sizes[s]), -E2BIG);
		}
		world_close(&w);
	}
}
END_TEST

/*
 * Fact: non-zero bytes after the last field are EINVAL inside the kernel's own
 * attr (168 bytes on 6.18) and E2BIG beyond it.
 */
START_TEST(each_byte_after_the_last_field_must_be_zero)
{
	int hidden = hide_stdin();

	for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
		struct world w = world_open("0,2", (enum pca_task_memory)memory);
		union any_attr attr = { .bytes = { 0 } };

		for (size_t i = 0; i < ARRAY_LEN(attr_rows); i++) {
			const struct attr_row *r = &attr_rows[i];

			for (uint32_t at = r->end; at < 4096; at += at < 256 ? 1 : 61) {
				int want = at < ATTR_BYTES ? -EINVAL : -E2BIG;

				attr.bytes[at] = 1;
				row("%s byte %u", r->name, at);
				expect(pca_bpf(w.task, r->cmd, &attr, 4096), want);
				expect(pca_bpf(w.task, r->cmd, &attr, at + 1), want);
				/* A size that ends before it does not see it. */
				if (r->cmd != BPF_MAP_CREATE)
					expect(pca_bpf(w.task, r->cmd, &attr, at), r->of_zeros);
				attr.bytes[at] = 0;
			}
		}
		world_close(&w);
	}
	show_stdin(hidden);
}
END_TEST

/*
 * Fact: the last field ends at 32 for LOOKUP, 16 for DELETE (so a value is
 * EINVAL), 24 for GET_NEXT_KEY (so flags are), 12 for GET_FD_BY_ID; the bytes up
 * to it are not refused as unknown. Padding bytes 4..7 of ELEM commands are ignored.
 */
START_TEST(bytes_up_to_the_last_field_are_the_commands)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	uint64_t values[2], next;
	uint32_t key = 0, word = 0xffffffff;
	int fd = percpu_map(&w, 8, 2);
	uint64_t attr[4] = { (uint32_t)fd | 0xabcdef01ULL << 32, (uintptr_t)&key, (uintptr_t)values,
			     0 };

	expect(pca_bpf(w.task, BPF_MAP_LOOKUP_ELEM, attr, 32), 0);
	expect(pca_bpf(w.task, BPF_MAP_LOOKUP_ELEM, attr, 24), 0);
	expect(pca_bpf(w.task, BPF_MAP_UPDATE_ELEM, attr, 32), 0);
	expect(pca_bpf(w.task, BPF_MAP_DELETE_ELEM, attr, 32), -EINVAL);
	attr[2] = (uintptr_t)&next;
	expect(pca_bpf(w.task, BPF_MAP_GET_NEXT_KEY, attr, 32), 0);
	attr[3] = 1;
	expect(pca_bpf(w.task, BPF_MAP_GET_NEXT_KEY, attr, 32), -EINVAL);
	expect(pca_bpf(w.task, BPF_MAP_GET_NEXT_KEY, attr, 24), 0);
	/* FREEZE ends at 4. */
	expect(pca_bpf(w.task, BPF_MAP_FREEZE, attr, 8), -EINVAL);
	expect(pca_bpf(w.task, BPF_MAP_FREEZE, attr, 5), -EINVAL);
	expect(pca_bpf(w.task, BPF_MAP_GET_NEXT_ID, (uint32_t[]){ 0, word }, 8), 0);
	expect(pca_bpf(w.task, BPF_MAP_GET_FD_BY_ID, (uint32_t[]){ 77777, word, 0 }, 12), -ENOENT);
	expect(pca_bpf(w.task, BPF_MAP_FREEZE, attr, 4), 0);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/*
 * Fact: reading the attr faults -> EFAULT; of the bytes beyond the kernel's own
 * a non-zero one wins (E2BIG) over a later fault.
 */
START_TEST(unreadable_attr_returns_efault)
{
	int hidden = hide_stdin();
	struct world w = world_open("0,2", PCA_CHECKED);

	for (size_t i = 0; i < ARRAY_LEN(attr_rows); i++) {
		const struct attr_row *r = &attr_rows[i];
		unsigned char *attr = guarded(200);

		row("%s", r->name);
		memset(attr, 0, 200);
		expect(pca_bpf(w.task, r->cmd, NULL, 1), -EFAULT);
		expect(pca_bpf(w.task, r->cmd, NULL, 4096), -EFAULT);
		expect(pca_bpf(w.task, r->cmd, bad_pointer(), 16), -EFAULT);
		expect(pca_bpf(w.task, r->cmd, (void *)~0xfffUL, 16), -EFAULT);
		expect(pca_bpf(w.task, r->cmd, attr + 100, 100), r->of_zeros);
		expect(pca_bpf(w.task, r->cmd, attr + 100, 101), -EFAULT);
		expect(pca_bpf(w.task, r->cmd, attr, 200), r->of_zeros);
		expect(pca_bpf(w.task, r->cmd, attr, 201), -EFAULT);
		expect(pca_bpf(w.task, r->cmd, attr, 4096), -EFAULT);
		attr[199] = 1;
		expect(pca_bpf(w.task, r->cmd, attr, 4096), -E2BIG);
		expect(pca_bpf(w.task, r->cmd, attr, 201), -E2BIG);
		attr[199] = 0;
		/* Inside what the kernel knows, the fault comes first. */
		attr[199] = 1;
		expect(pca_bpf(w.task, r->cmd, attr + 50, 168), -EFAULT);
	}
	world_close(&w);
	show_stdin(hidden);
}
END_TEST

START_TEST(low_attr_pointers_of_direct_tasks_return_efault)
{
	int hidden = hide_stdin();
	struct world w = world_open("0,2", PCA_DIRECT);

	for (size_t i = 0; i < ARRAY_LEN(attr_rows); i++) {
		const struct attr_row *r = &attr_rows[i];

		row("%s", r->name);
		expect(pca_bpf(w.task, r->cmd, NULL, r->end), -EFAULT);
		expect(pca_bpf(w.task, r->cmd, NULL, 4096), -EFAULT);
		expect(pca_bpf(w.task, r->cmd, (void *)8, r->end), -EFAULT);
		expect(pca_bpf(w.task, r->cmd, (void *)4095, 1), -EFAULT);
	}
	world_close(&w);
	show_stdin(hidden);
}
END_TEST

/* Older releases' attrs end earlier: what lies behind them is not theirs. */
START_TEST(attr_is_read_up_to_the_releases_end)
{
	static const struct {
		const char *release;
		uint32_t size;
	} rows[] = { { "5.10", 64 }, { "6.1", 72 }, { "6.12", 80 }, { "6.18", 92 }, { "7.3", 96 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_machine_opts opts = {
			.size = sizeof(opts),
			.possible = "0,2",
			.release = rows[i].release,
		};
		struct world w = world_open_with(&opts, NULL);
		union any_attr attr = create_attr(PERCPU, 9, 3);
		void *at_end = guarded(rows[i].size);

		row("release %s", rows[i].release);
		memcpy(at_end, &attr, rows[i].size);
		expect_fd(pca_bpf(w.task, BPF_MAP_CREATE, at_end, rows[i].size));
		/* The next bytes are not zero: no field of this release is there. */
		if (rows[i].size < 96)
			attr.bytes[rows[i].size] = 1;
		expect_fd(pca_bpf(w.task, BPF_MAP_CREATE, &attr, rows[i].size));
		world_close(&w);
	}
}
END_TEST

/* Attrs need no alignment. */
START_TEST(attr_may_lie_anywhere)
{
	for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
		struct world w = world_open("0,2", (enum pca_task_memory)memory);
		union any_attr attr = create_attr(PERCPU, 9, 3);

		for (size_t shift = 0; shift < 16; shift++) {
			unsigned char *end = guarded(CREATE_ATTR_END + shift);

			memcpy(end, &attr, CREATE_ATTR_END);
			row("shift %zu", shift);
			expect(pca_close(w.task, expect_fd(pca_bpf(w.task, BPF_MAP_CREATE, end,
								   CREATE_ATTR_END))),
			       0);
		}
		world_close(&w);
	}
}
END_TEST

/* Fact: unknown command -> EINVAL, after size, faults and tail. <=6.18: also >= 0x10000. */
START_TEST(unknown_commands_return_einval_after_the_attr)
{
	static const int unknown[] = { -1,	INT_MIN,     INT_MAX,	  100,	  9999,
				       0x10000, 0x10000 | 1, 0x10000 | 2, 0x20001 };

	for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
		struct world w = world_open("0,2", (enum pca_task_memory)memory);
		union any_attr attr = { .bytes = { 0 } };

		for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
			row("command %d", unknown[i]);
			expect(pca_bpf(w.task, unknown[i], &attr, 0), -EINVAL);
			expect(pca_bpf(w.task, unknown[i], &attr, 168), -EINVAL);
			expect(pca_bpf(w.task, unknown[i], NULL, 0), -EINVAL);
			expect(pca_bpf(w.task, unknown[i], NULL, 1), -EFAULT);
			attr.bytes[168] = 1;
			expect(pca_bpf(w.task, unknown[i], &attr, 169), -E2BIG);
			attr.bytes[168] = 0;
		}
		world_close(&w);
	}
}
END_TEST

static Suite *map_create_suite(void)
{
	Suite *suite = suite_create("map create");
	TCase *tc = add_case(suite, "checks");

	tcase_add_test(tc, each_bad_field_has_its_errno);
	tcase_add_test(tc, of_two_errors_the_first_check_wins);
	tcase_add_test(tc, every_other_error_wins_over_emfile);
	tcase_add_test(tc, each_flag_bit_alone);
	tcase_add_test(tc, combinations_of_access_flags);
	tcase_add_test(tc, no_fd_is_a_token);
	tcase_add_test(tc, no_fd_is_a_btf);
	tcase_add_test(tc, exclusive_program_hash_has_32_bytes);
	tcase_add_test(tc, numa_nodes_are_refused_by_percpu_arrays_only);
	tcase_add_test(tc, each_byte_in_a_name);
	tcase_add_test(tc, names_end_at_the_first_nul);
	tcase_add_test(tc, privileges_decide_after_the_size_of_the_value);
	tcase_add_test(tc, two_billion_entries_without_perfmon_return_e2big_with_mitigations);

	tc = add_case(suite, "the new map");
	tcase_add_test(tc, new_maps_are_zero);
	tcase_add_test(tc, ids_increase_by_one);

	tc = add_case(suite, "shared arrays");
	tcase_add_test(tc, shared_array_follows_its_own_limits);
	tcase_add_test(tc, shared_array_takes_these_flag_bits);

	tc = add_case(suite, "attrs of all commands");
	tcase_add_test(tc, attr_of_any_size_up_to_4096_is_zero_extended);
	tcase_add_test(tc, attr_larger_than_4096_bytes_returns_e2big);
	tcase_add_test(tc, each_byte_after_the_last_field_must_be_zero);
	tcase_add_test(tc, bytes_up_to_the_last_field_are_the_commands);
	tcase_add_test(tc, unreadable_attr_returns_efault);
	tcase_add_test(tc, low_attr_pointers_of_direct_tasks_return_efault);
	tcase_add_test(tc, attr_is_read_up_to_the_releases_end);
	tcase_add_test(tc, attr_may_lie_anywhere);
	tcase_add_test(tc, unknown_commands_return_einval_after_the_attr);
	return suite;
}

TEST_MAIN(map_create_suite)
