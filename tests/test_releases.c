// SPDX-License-Identifier: MIT
/*
 * What differs between releases, as measured: each table has a column for each of
 * measured_releases[]. BPF_F_CPU and BPF_F_ALL_CPUS are in test_cpu_flags.c, the
 * log of MAP_CREATE in test_create_log.c.
 */
#include "support.h"

#define PERCPU BPF_MAP_TYPE_PERCPU_ARRAY
#define ALL_CAPS (~0ULL)

static struct world world_with(size_t release, struct pca_machine_opts machine_opts,
			       uint64_t dropped_caps)
{
	struct pca_task_opts task_opts = { .size = sizeof(task_opts),
					   .dropped_caps = dropped_caps };

	machine_opts.size = sizeof(machine_opts);
	machine_opts.release = measured_releases[release];
	if (!machine_opts.possible)
		machine_opts.possible = "0-1";
	return world_open_with(&machine_opts, &task_opts);
}

/* A second task of the world's machine, which lacks these capabilities. */
static struct pca_task *task_without(const struct world *w, uint64_t dropped_caps)
{
	struct pca_task_opts opts = { .size = sizeof(opts), .dropped_caps = dropped_caps };
	struct pca_task *task;

	expect(pca_task_create(&task, w->machine, &opts), 0);
	return task;
}

/* Create and close again: 0 or -errno. */
static long try_create(struct pca_task *task, const void *attr, uint32_t size)
{
	long fd = pca_bpf(task, BPF_MAP_CREATE, (void *)(uintptr_t)attr, size);

	return fd < 0 ? fd : pca_close(task, (int)fd);
}

/* ---- names ---- */

START_TEST(full_versions_are_found)
{
	static const struct {
		const char *name, *found;
	} rows[] = {
		{ NULL, "7.2" },	{ "", "7.2" },		{ "5.10", "5.10" },
		{ "5.10.223", "5.10" }, { "6.1.192", "6.1" },	{ "6.12.117-cloud-amd64", "6.12" },
		{ "6.18.44", "6.18" },	{ "6.18-rc1", "6.18" }, { "7.2.13", "7.2" },
		{ "7.2+", "7.2" },	{ "7.3-rc7", "7.3" },	{ "7.3~rc7", "7.3" },
		{ "7.3_rc7", "7.3" },
	};
	struct pca_machine_opts opts = { .size = sizeof(opts), .possible = "0" };
	struct pca_machine *machine;

	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		row("release %s", rows[i].name ? rows[i].name : "NULL");
		opts.release = rows[i].name;
		expect(pca_machine_create(&machine, &opts), 0);
		ck_assert_str_eq(pca_machine_release(machine), rows[i].found);
		pca_machine_destroy(machine);
	}
	ck_assert_uint_eq(messages_count(), 0);
}
END_TEST

/* Numbers that would wrap around into a release that exists are none, too. */
START_TEST(other_names_are_refused)
{
	static const char *const names[] = {
		"5.9",	  "7.4",   "4.19",  "6",     "6.",	"6.x",	  "x",
		"v6.18",  "6.18x", "6.181", " 6.18", "6.18 44", "6.1812", "6.258",
		"6.1000", "255.2", "5.778", "-6.18", ".6.18",	"6..18",  "999.999",
	};
	struct pca_machine_opts opts = { .size = sizeof(opts), .possible = "0" };
	struct pca_machine *machine;

	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		row("release %s", names[i]);
		opts.release = names[i];
		messages_clear();
		expect(pca_machine_create(&machine, &opts), -EINVAL);
		expect_message(names[i]);
		expect_message("choose one from 5.10 to 7.3");
	}
}
END_TEST

/* Between two measured releases: as the older one, but for what was read. */
START_TEST(releases_between_measured_ones_warn)
{
#define MEMLOCK "maps are not charged to RLIMIT_MEMLOCK"
#define BATCHES "LOOKUP_BATCH and UPDATE_BATCH of per-CPU arrays"
#define FOR_EACH "bpf_for_each_map_elem"
#define TRUST "arguments of tp_btf and lsm programs are trusted"
#define LONG_RESULTS "helper errors are sign-extended"
#define PATH_FD "path_fd and BPF_F_PATH_FD"
#define CREATE_ORDER "MAP_CREATE checks its attr before privileges"
#define CPU_FLAGS "BPF_F_CPU, BPF_F_ALL_CPUS"
	static const struct {
		const char *name, *as, *read[6];
	} rows[] = {
		{ "5.11", "5.10", { MEMLOCK } },
		{ "5.12", "5.10", { MEMLOCK } },
		{ "5.13", "5.10", { MEMLOCK, BATCHES, FOR_EACH } },
		{ "5.15.170", "5.10", { MEMLOCK, BATCHES, FOR_EACH } },
		{ "5.19",
		  "5.10",
		  { MEMLOCK, BATCHES, FOR_EACH, "bpf_map_lookup_percpu_elem",
		    "commands on an inherited fd" } },
		{ "6.3", "6.1", { TRUST } },
		{ "6.4", "6.1", { TRUST, LONG_RESULTS } },
		{ "6.6", "6.1", { TRUST, LONG_RESULTS, PATH_FD, CREATE_ORDER } },
		{ "6.9", "6.1", { TRUST, LONG_RESULTS, PATH_FD, CREATE_ORDER, "BPF_F_TOKEN_FD" } },
		{ "6.13", "6.12", { NULL } },
		{ "6.19", "6.18", { CPU_FLAGS } },
		{ "7.1", "6.18", { CPU_FLAGS } },
	};
	struct pca_machine_opts opts = { .size = sizeof(opts), .possible = "0" };
	struct pca_machine *machine;
	char said[64];

	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		row("release %s", rows[i].name);
		opts.release = rows[i].name;
		messages_clear();
		expect(pca_machine_create(&machine, &opts), 0);
		snprintf(said, sizeof(said), "release %s was not measured: it behaves as %s",
			 pca_machine_release(machine), rows[i].as);
		expect_message(said);
		ck_assert_int_eq(strstr(messages_text(), "only read") != NULL, !!rows[i].read[0]);
		for (size_t k = 0; k < ARRAY_LEN(rows[i].read) && rows[i].read[k]; k++)
			expect_message(rows[i].read[k]);
		ck_assert_uint_eq(messages_count(), 1);
		pca_machine_destroy(machine);
	}

	/* Once per process. */
	messages_clear();
	expect(pca_machine_create(&machine, &opts), 0);
	ck_assert_uint_eq(messages_count(), 0);
	pca_machine_destroy(machine);

	opts.release = "6.14"; /* what was silenced is not told, and told later */
	opts.no_hints = true;
	expect(pca_machine_create(&machine, &opts), 0);
	ck_assert_uint_eq(messages_count(), 0);
	pca_machine_destroy(machine);
	opts.no_hints = false;
	expect(pca_machine_create(&machine, &opts), 0);
	expect_message("release 6.14 was not measured");
	pca_machine_destroy(machine);
}
END_TEST

/*
 * A release in between shows what it is said to: 5.15 has batches, 6.6 pins below a
 * directory's fd, 6.19 the flags.
 */
START_TEST(releases_between_show_what_was_read)
{
	static const struct {
		const char *name;
		int batch, all_cpus, freeze_again, pin_at;
	} rows[] = {
		{ "5.12", -PCA_ENOTSUPP, -EINVAL, -EBUSY, -EINVAL },
		{ "5.15", 0, -EINVAL, -EBUSY, -EINVAL },
		{ "6.4", 0, -EINVAL, -EBUSY, -EINVAL },
		{ "6.6", 0, -EINVAL, -EBUSY, 0 },
		{ "6.11", 0, -EINVAL, -EBUSY, 0 },
		{ "6.17", 0, -EINVAL, -EPERM, 0 },
		{ "6.19", 0, 0, -EPERM, 0 },
		{ "7.1", 0, 0, -EPERM, 0 },
	};

	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_machine_opts opts = {
			.size = sizeof(opts),
			.possible = "0-1",
			.release = rows[i].name,
		};
		struct world w = world_open_with(&opts, NULL);
		int fd = percpu_map(&w, 8, 1);
		uint32_t key = 0;
		uint64_t value[2] = { 0 };
		struct batch batch = { .keys = &key, .values = value, .count = 1 };

		row("release %s", rows[i].name);
		expect(cmd_batch(w.task, BPF_MAP_UPDATE_BATCH, fd, &batch), rows[i].batch);
		expect(cmd_update(w.task, fd, &key, value, BPF_F_ALL_CPUS), rows[i].all_cpus);
		expect(cmd_freeze(w.task, fd), 0);
		expect(cmd_freeze(w.task, fd), rows[i].freeze_again);
		union bpf_attr pin = {
			.pathname = (uintptr_t) "m",
			.bpf_fd = (uint32_t)fd,
			.file_flags = BPF_F_PATH_FD,
		};

		memcpy((char *)&pin + 16, &(int){ AT_FDCWD }, sizeof(int)); /* path_fd */
		expect(pca_bpf(w.task, BPF_OBJ_PIN, &pin, 20), rows[i].pin_at);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* Fact, read: arrays and hashes have had them since 5.6. */
START_TEST(only_per_cpu_arrays_had_to_wait_for_batches)
{
	static const struct {
		uint32_t type;
		int err;
	} rows[] = {
		{ BPF_MAP_TYPE_PERCPU_ARRAY, -PCA_ENOTSUPP },
		{ BPF_MAP_TYPE_ARRAY, 0 },
		{ BPF_MAP_TYPE_HASH, 0 },
	};
	static const char *const releases[] = { "5.10", "5.11", "5.12" };

	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(rows) * ARRAY_LEN(releases); i++) {
		struct pca_machine_opts opts = {
			.size = sizeof(opts),
			.possible = "0",
			.release = releases[i % ARRAY_LEN(releases)],
		};
		const uint32_t type = rows[i / ARRAY_LEN(releases)].type;
		const int err = rows[i / ARRAY_LEN(releases)].err;
		struct world w = world_open_with(&opts, NULL);
		int fd = expect_fd(cmd_create(w.task, type, 8, 2, 0));
		uint32_t keys[2] = { 1, 0 }, got[4] = { 7, 7 }, out = 9;
		uint64_t values[2] = { 11, 10 }, read[4] = { 0 };
		struct batch update = { .keys = keys, .values = values, .count = 2 };
		struct batch lookup = {
			.out_batch = &out, .keys = got, .values = read, .count = 4
		};

		row("%s, type %u", opts.release, type);
		expect(cmd_batch(w.task, BPF_MAP_UPDATE_BATCH, fd, &update), err);
		expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, fd, &lookup), err ? err : -ENOENT);
		expect(update.count, 2);
		expect(lookup.count, err ? 4 : 2);
		for (int k = 0; k < 2 && !err; k++)
			expect(read[k], 10 + got[k]);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* ---- the attr ---- */

/* Fact: bytes beyond the kernel's own attr: E2BIG; beyond the last field: EINVAL. */
START_TEST(each_release_has_its_size_of_attr)
{
	static const uint32_t sizes[NR_MEASURED] = { 120, 144, 152, 168, 168, 168 };
	static const int commands[] = {
		BPF_MAP_CREATE,	      BPF_MAP_LOOKUP_ELEM,    BPF_MAP_UPDATE_ELEM,
		BPF_MAP_DELETE_ELEM,  BPF_MAP_GET_NEXT_KEY,   BPF_OBJ_PIN,
		BPF_OBJ_GET,	      BPF_PROG_TEST_RUN,      BPF_MAP_GET_NEXT_ID,
		BPF_MAP_GET_FD_BY_ID, BPF_OBJ_GET_INFO_BY_FD, BPF_MAP_LOOKUP_AND_DELETE_ELEM,
		BPF_MAP_FREEZE,	      BPF_MAP_LOOKUP_BATCH,   BPF_MAP_LOOKUP_AND_DELETE_BATCH,
		BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH,
	};

	for (size_t r = 0; r < NR_MEASURED * 2; r++) {
		struct world w = world_of_release(r / 2, "0", (enum pca_task_memory)(r % 2));
		union any_attr attr = { .words = { 0 } };
		uint32_t size = sizes[r / 2];

		for (size_t c = 0; c < ARRAY_LEN(commands); c++) {
			row("release %s command %d", measured_releases[r / 2], commands[c]);
			attr.bytes[size - 1] = 1;
			expect(pca_bpf(w.task, commands[c], &attr, size), -EINVAL);
			expect(pca_bpf(w.task, commands[c], &attr, size + 1), -EINVAL);
			attr.bytes[size - 1] = 0;
			attr.bytes[size] = 1;
			expect(pca_bpf(w.task, commands[c], &attr, size + 1), -E2BIG);
			expect(pca_bpf(w.task, commands[c], &attr, 4096), -E2BIG);
			attr.bytes[size] = 0;
			attr.bytes[4095] = 1;
			expect(pca_bpf(w.task, commands[c], &attr, 4096), -E2BIG);
			expect(pca_bpf(w.task, commands[c], &attr, 4097), -E2BIG);
			attr.bytes[4095] = 0;
		}
		attr = create_attr(PERCPU, 8, 1);
		expect(try_create(w.task, &attr, size), 0);
		expect(try_create(w.task, &attr, 4096), 0);
		world_close(&w);
	}
}
END_TEST

/* ---- MAP_CREATE ---- */

/* Fields that a release does not know must be zero; one that knows them looks. */
START_TEST(create_knows_the_fields_of_its_release)
{
	static unsigned char hash[32];
	static const struct {
		const char *what;
		uint32_t flags;
		int32_t btf_obj_fd, token_fd;
		int hash; /* 0 none, 1 good, 2 bad pointer */
		uint32_t hash_size;
		int want[NR_MEASURED];
	} rows[] = {
		{ "value_type_btf_obj_fd", 0, 1, 0, 0, 0, { -EINVAL, -EINVAL } },
		{ "token fd, no flag", 0, 0, 1, 0, 0, { -EINVAL, -EINVAL } },
		{ "token flag, fd -1",
		  BPF_F_TOKEN_FD,
		  0,
		  -1,
		  0,
		  0,
		  { -EINVAL, -EINVAL, -EBADF, -EBADF, -EBADF, -EBADF } },
		{ "token flag, no token",
		  BPF_F_TOKEN_FD,
		  0,
		  0,
		  0,
		  0,
		  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL } },
		{ "hash", 0, 0, 0, 1, 32, { -EINVAL, -EINVAL, -EINVAL } },
		{ "hash, 31 bytes",
		  0,
		  0,
		  0,
		  1,
		  31,
		  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL } },
		{ "hash, no size",
		  0,
		  0,
		  0,
		  1,
		  0,
		  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL } },
		{ "size, no hash",
		  0,
		  0,
		  0,
		  0,
		  32,
		  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL } },
		{ "hash at a bad address",
		  0,
		  0,
		  0,
		  2,
		  32,
		  { -EINVAL, -EINVAL, -EINVAL, -EFAULT, -EFAULT, -EFAULT } },
	};
	void *bad = bad_pointer();
	int null = open("/dev/null", O_RDONLY);

	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, "0-1", PCA_CHECKED);

		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			union any_attr attr = create_attr(PERCPU, 8, 1);
			const void *hashes[] = { NULL, hash, bad };

			row("release %s: %s", measured_releases[r], rows[i].what);
			attr.words[4] = rows[i].flags;
			attr.words[18] = (uint32_t)rows[i].btf_obj_fd;
			attr.words[19] = (uint32_t)rows[i].token_fd;
			if ((rows[i].flags & BPF_F_TOKEN_FD) && !rows[i].token_fd)
				attr.words[19] = (uint32_t)null;
			attr.longs[10] = (uintptr_t)hashes[rows[i].hash];
			attr.words[22] = rows[i].hash_size;
			expect(try_create(w.task, &attr, CREATE_ATTR_END), rows[i].want[r]);
		}
		world_close(&w);
	}
	close(null);
}
END_TEST

struct create_row {
	const char *what;
	uint32_t value_size, max_entries, flags;
	const char *name;
	uint32_t btf_ids, ifindex;
	int want[NR_MEASURED];
};

#define ACCESS (BPF_F_RDONLY | BPF_F_WRONLY)
#define NO_NUL "0123456789abcdef"
#define EACH(err)                            \
	{                                    \
		err, err, err, err, err, err \
	}
#define LARGE                                                   \
	{                                                       \
		-ENOMEM, -E2BIG, -E2BIG, -E2BIG, -E2BIG, -E2BIG \
	}
#define MANY                                                        \
	{                                                           \
		-E2BIG, -ENOMEM, -ENOMEM, -ENOMEM, -ENOMEM, -ENOMEM \
	}

/* With all capabilities, on a machine of 1 GiB. */
static const struct create_row create_rows[] = {
	{ "plain", 8, 1, 0, "", 0, 0, EACH(0) },
	{ "32768 bytes", 32768, 1, 0, "", 0, 0, EACH(0) },
	{ "32769 bytes", 32769, 1, 0, "", 0, 0, LARGE },
	{ "64 KiB", 65536, 1, 0, "", 0, 0, LARGE },
	{ "4 MiB", 4194304, 1, 0, "", 0, 0, LARGE },
	{ "4 MiB + 1", 4194305, 1, 0, "", 0, 0, EACH(-E2BIG) },
	{ "UINT_MAX bytes", UINT32_MAX, 1, 0, "", 0, 0, EACH(-E2BIG) },
	{ "64 KiB, bad name", 65536, 1, 0, "a/b", 0, 0, LARGE },
	{ "64 KiB, long name", 65536, 1, 0, NO_NUL, 0, 0, LARGE },
	{ "64 KiB, BTF", 65536, 1, 0, "", 1, 0, LARGE },
	{ "64 KiB, ifindex",
	  65536,
	  1,
	  0,
	  "",
	  0,
	  1,
	  { -EINVAL, -E2BIG, -E2BIG, -E2BIG, -E2BIG, -E2BIG } },
	{ "64 KiB, access",
	  65536,
	  1,
	  ACCESS,
	  "",
	  0,
	  0,
	  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -E2BIG, -E2BIG } },
	{ "UINT_MAX bytes, access",
	  UINT32_MAX,
	  1,
	  ACCESS,
	  "",
	  0,
	  0,
	  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -E2BIG, -E2BIG } },
	{ "access", 8, 1, ACCESS, "", 0, 0, EACH(-EINVAL) },
	{ "access, BTF",
	  8,
	  1,
	  ACCESS,
	  "",
	  1,
	  0,
	  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EBADF, -EBADF } },
	{ "access, UINT_MAX entries",
	  8,
	  UINT32_MAX,
	  ACCESS,
	  "",
	  0,
	  0,
	  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -ENOMEM, -ENOMEM } },
	{ "access, bad name", 8, 1, ACCESS, "a/b", 0, 0, EACH(-EINVAL) },
	{ "2^28 entries", 8, 1U << 28, 0, "", 0, 0, MANY },
	{ "UINT_MAX entries", 8, UINT32_MAX, 0, "", 0, 0, MANY },
	{ "UINT_MAX entries, bad name", 8, UINT32_MAX, 0, "a/b", 0, 0, MANY },
	{ "UINT_MAX entries, BTF", 8, UINT32_MAX, 0, "", 1, 0, MANY },
};

/* Without capabilities, where unprivileged BPF is allowed. */
static const struct create_row allowed_rows[] = {
	{ "plain", 8, 1, 0, "", 0, 0, EACH(0) },
	{ "64 KiB", 65536, 1, 0, "", 0, 0, LARGE },
	{ "64 KiB, ifindex",
	  65536,
	  1,
	  0,
	  "",
	  0,
	  1,
	  { -EPERM, -E2BIG, -E2BIG, -E2BIG, -E2BIG, -E2BIG } },
	{ "access, ifindex",
	  8,
	  1,
	  ACCESS,
	  "",
	  0,
	  1,
	  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EPERM, -EPERM } },
	{ "access, BTF",
	  8,
	  1,
	  ACCESS,
	  "",
	  1,
	  0,
	  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EBADF, -EBADF } },
	{ "UINT_MAX entries",
	  8,
	  UINT32_MAX,
	  0,
	  "",
	  0,
	  0,
	  { -E2BIG, -E2BIG, -ENOMEM, -ENOMEM, -ENOMEM, -ENOMEM } },
	{ "UINT_MAX entries, bad name",
	  8,
	  UINT32_MAX,
	  0,
	  "a/b",
	  0,
	  0,
	  { -E2BIG, -E2BIG, -ENOMEM, -ENOMEM, -ENOMEM, -ENOMEM } },
};

/* Without capabilities, where it is not. */
static const struct create_row refused_rows[] = {
	{ "plain", 8, 1, 0, "", 0, 0, EACH(-EPERM) },
	{ "0 bytes", 0, 1, 0, "", 0, 0, { -EPERM, -EPERM, -EINVAL, -EINVAL, -EINVAL, -EINVAL } },
	{ "64 KiB", 65536, 1, 0, "", 0, 0, { -EPERM, -EPERM, -E2BIG, -E2BIG, -E2BIG, -E2BIG } },
	{ "access, BTF",
	  8,
	  1,
	  ACCESS,
	  "",
	  1,
	  0,
	  { -EPERM, -EPERM, -EINVAL, -EINVAL, -EPERM, -EPERM } },
	{ "bad name", 8, 1, 0, "a/b", 0, 0, EACH(-EPERM) },
	{ "UINT_MAX entries", 8, UINT32_MAX, 0, "", 0, 0, EACH(-EPERM) },
};

static void check_create(const struct world *w, size_t release, const struct create_row *rows,
			 size_t nr_rows)
{
	for (size_t i = 0; i < nr_rows; i++) {
		union any_attr attr = create_attr(PERCPU, rows[i].value_size, rows[i].max_entries);

		row("release %s: %s", measured_releases[release], rows[i].what);
		attr.bpf.map_flags = rows[i].flags;
		memcpy(attr.bpf.map_name, rows[i].name, strnlen(rows[i].name, 16));
		attr.bpf.btf_fd = (uint32_t)-1;
		attr.bpf.btf_key_type_id = attr.bpf.btf_value_type_id = rows[i].btf_ids;
		attr.bpf.map_ifindex = rows[i].ifindex;
		expect(try_create(w->task, &attr, 72), rows[i].want[release]);
	}
}

START_TEST(create_checks_in_the_order_of_its_release)
{
	const struct pca_machine_opts opts = { .memory_limit_bytes = 1ULL << 30 };

	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_with(r, opts, 0);

		check_create(&w, r, create_rows, ARRAY_LEN(create_rows));
		world_close(&w);
	}
}
END_TEST

START_TEST(create_without_capabilities)
{
	const struct pca_machine_opts refusing = { .memory_limit_bytes = 1ULL << 30 };
	const struct pca_machine_opts allowing = {
		.memory_limit_bytes = 1ULL << 30,
		.allow_unprivileged_bpf = true,
	};

	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_with(r, refusing, ALL_CAPS);

		check_create(&w, r, refused_rows, ARRAY_LEN(refused_rows));
		world_close(&w);
		w = world_with(r, allowing, ALL_CAPS);
		check_create(&w, r, allowed_rows, ARRAY_LEN(allowed_rows));
		world_close(&w);
	}
}
END_TEST

/* Fact: without CAP_PERFMON over 2^31 entries are E2BIG; since 6.12 only with mitigations. */
START_TEST(mitigations_limit_entries_since_6_12)
{
	static const struct {
		uint32_t max_entries;
		bool mitigations;
		uint64_t dropped_caps;
		int want[NR_MEASURED];
	} rows[] = {
		{ 1U << 31, false, PCA_CAP_PERFMON | PCA_CAP_SYS_ADMIN, MANY },
		{ 1U << 31, true, PCA_CAP_PERFMON | PCA_CAP_SYS_ADMIN, MANY },
		{ (1U << 31) + 1,
		  false,
		  PCA_CAP_PERFMON | PCA_CAP_SYS_ADMIN,
		  { -E2BIG, -E2BIG, -ENOMEM, -ENOMEM, -ENOMEM, -ENOMEM } },
		{ (1U << 31) + 1, true, PCA_CAP_PERFMON | PCA_CAP_SYS_ADMIN, EACH(-E2BIG) },
		{ (1U << 31) + 1, true, PCA_CAP_SYS_ADMIN, MANY },
		{ (1U << 31) + 1, true, PCA_CAP_PERFMON, MANY },
		{ UINT32_MAX, true, 0, MANY },
	};

	for (size_t r = 0; r < NR_MEASURED; r++) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			const struct pca_machine_opts opts = {
				.memory_limit_bytes = 1ULL << 30,
				.mitigations = rows[i].mitigations,
			};
			struct world w = world_with(r, opts, rows[i].dropped_caps);

			row("release %s, row %zu", measured_releases[r], i);
			expect(cmd_create(w.task, PERCPU, 8, rows[i].max_entries, 0),
			       rows[i].want[r]);
			world_close(&w);
		}
	}
}
END_TEST

/* ---- privileges ---- */

/*
 * Fact: 5.10 answers EPERM to whatever a task without CAP_BPF asks, 6.1 to
 * MAP_CREATE only, before anything is looked at.
 */
START_TEST(old_releases_ask_for_privileges_first)
{
	static const struct {
		int cmd;
		uint32_t size;
		int want[NR_MEASURED];
	} rows[] = {
		{ BPF_MAP_CREATE, 72, { -EPERM, -EPERM, -EFAULT, -EFAULT, -EFAULT, -EFAULT } },
		{ BPF_MAP_CREATE, 4097, { -EPERM, -EPERM, -E2BIG, -E2BIG, -E2BIG, -E2BIG } },
		{ BPF_MAP_LOOKUP_ELEM,
		  32,
		  { -EPERM, -EFAULT, -EFAULT, -EFAULT, -EFAULT, -EFAULT } },
		{ 9999, 0, { -EPERM, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL } },
	};

	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_with(r, (struct pca_machine_opts){ 0 }, ALL_CAPS);
		uint32_t next = 0;

		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			row("release %s command %d", measured_releases[r], rows[i].cmd);
			expect(pca_bpf(w.task, rows[i].cmd, NULL, rows[i].size), rows[i].want[r]);
		}
		expect(cmd_next_id(w.task, UINT32_MAX, &next), r == R5_10 ? -EPERM : -EINVAL);
		expect(cmd_next_id(w.task, 0, &next), -EPERM);
		expect(cmd_fd_by_id(w.task, 1, 1), r == R5_10 ? -EPERM : -EINVAL);
		expect(cmd_fd_by_id(w.task, 1, 0), -EPERM);
		world_close(&w);
	}
}
END_TEST

struct path_attr {
	uint64_t path;
	int32_t fd;
	uint32_t flags;
	int32_t path_fd;
};

static long path_command(struct pca_task *task, int cmd, struct path_attr attr)
{
	return pca_bpf(task, cmd, &attr, 20);
}

/* Fact: commands on a pinned map need no capability; 5.10: every one needs CAP_BPF. */
START_TEST(pinned_maps_are_for_everyone_since_6_1)
{
	static const uint64_t dropped[] = {
		ALL_CAPS,
		ALL_CAPS & ~PCA_CAP_BPF,
		ALL_CAPS & ~PCA_CAP_SYS_ADMIN,
	};

	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_with(r, (struct pca_machine_opts){ 0 }, 0);
		int fd = percpu_map(&w, 8, 2);
		struct path_attr pin = { (uintptr_t) "/sys/fs/bpf/m", fd };
		struct path_attr get = { .path = (uintptr_t) "/sys/fs/bpf/m" };
		uint64_t value[2] = { 1, 2 };
		uint32_t key = 0;

		expect(path_command(w.task, BPF_OBJ_PIN, pin), 0);
		for (size_t i = 0; i < ARRAY_LEN(dropped); i++) {
			struct pca_task *task = task_without(&w, dropped[i]);
			bool is_refused = r == R5_10 && !i;

			row("release %s, row %zu", measured_releases[r], i);
			if (is_refused) {
				expect(path_command(task, BPF_OBJ_GET, get), -EPERM);
				expect(cmd_lookup(task, -1, &key, value, 0), -EPERM);
				expect(cmd_freeze(task, -1), -EPERM);
			} else {
				int got = expect_fd(path_command(task, BPF_OBJ_GET, get));

				expect(cmd_update(task, got, &key, value, 0), 0);
				expect(cmd_lookup(task, got, &key, value, 0), 0);
			}
			pca_task_destroy(task);
		}
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* ---- FREEZE ---- */

/* Fact: 5.10, 6.1: any fd, then EBUSY; later a writable fd, then EPERM. */
START_TEST(freezing_twice_and_by_read_only_fds)
{
	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, "0-1", PCA_DIRECT);
		bool is_new = r >= R6_12;
		int again = is_new ? -EPERM : -EBUSY;
		int rdonly = expect_fd(cmd_create(w.task, PERCPU, 8, 1, BPF_F_RDONLY));
		int wronly = expect_fd(cmd_create(w.task, PERCPU, 8, 1, BPF_F_WRONLY));
		uint64_t value[2] = { 0 };
		uint32_t key = 0;

		row("release %s", measured_releases[r]);
		expect(cmd_freeze(w.task, -1), -EBADF);
		expect(cmd_freeze(w.task, rdonly), is_new ? -EPERM : 0);
		expect(cmd_freeze(w.task, rdonly), again);

		int all = expect_fd(cmd_fd_by_id(w.task, id_of_map(w.task, rdonly), 0));

		expect(cmd_freeze(w.task, all), is_new ? 0 : -EBUSY);
		expect(cmd_freeze(w.task, all), again);
		expect(cmd_update(w.task, all, &key, value, 0), -EPERM);
		expect(cmd_lookup(w.task, all, &key, value, 0), 0);
		expect(cmd_freeze(w.task, wronly), 0);
		expect(cmd_freeze(w.task, wronly), again);
		expect(cmd_update(w.task, wronly, &key, value, 0), -EPERM);
		world_close(&w);
	}
}
END_TEST

static int open_pin(const struct world *w, struct pca_task *task)
{
	int fd = percpu_map(w, 8, 1);
	struct path_attr pin = { (uintptr_t) "m", fd }, get = { .path = pin.path };

	expect(path_command(w->task, BPF_OBJ_PIN, pin), 0);
	expect(pca_close(w->task, fd), 0);
	return expect_fd(path_command(task, BPF_OBJ_GET, get));
}

/* Fact: 6.1 asks a task that freezes for CAP_BPF, after EBUSY; 6.12 no more. */
START_TEST(freezing_needs_a_capability_until_6_12)
{
	for (size_t r = R6_1; r < NR_MEASURED; r++) {
		struct world w = world_with(r, (struct pca_machine_opts){ 0 }, 0);
		struct pca_task *nobody = task_without(&w, ALL_CAPS);
		struct pca_task *has_bpf = task_without(&w, ALL_CAPS & ~PCA_CAP_BPF);
		int fd = open_pin(&w, nobody);
		struct path_attr get = { .path = (uintptr_t) "m" };

		row("release %s", measured_releases[r]);
		expect(cmd_freeze(nobody, fd), r == R6_1 ? -EPERM : 0);
		if (r == R6_1)
			expect(cmd_freeze(has_bpf,
					  expect_fd(path_command(has_bpf, BPF_OBJ_GET, get))),
			       0);
		expect(cmd_freeze(nobody, fd), r == R6_1 ? -EBUSY : -EPERM);
		pca_task_destroy(has_bpf);
		pca_task_destroy(nobody);
		world_close(&w);
	}
}
END_TEST

/* ---- batches, LOOKUP_AND_DELETE ---- */

/* Fact (5.10): LOOKUP_BATCH and UPDATE_BATCH are ENOTSUPP after the permission check. */
START_TEST(batches_are_enotsupp_on_5_10)
{
	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, "0-1", PCA_DIRECT);
		int rdonly = expect_fd(cmd_create(w.task, PERCPU, 8, 2, BPF_F_RDONLY));
		int wronly = expect_fd(cmd_create(w.task, PERCPU, 8, 2, BPF_F_WRONLY));
		uint32_t keys[2] = { 0, 1 }, last = 77;
		uint64_t values[4] = { 1, 2, 3, 4 };
		struct batch batch = { NULL, &last, keys, values, 2, 0, 0 };
		int want = r == R5_10 ? -PCA_ENOTSUPP : 0;

		row("release %s", measured_releases[r]);
		expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, wronly, &batch), -EPERM);
		expect(cmd_batch(w.task, BPF_MAP_UPDATE_BATCH, rdonly, &batch), -EPERM);
		expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, -1, &batch), -EBADF);
		expect(cmd_batch(w.task, BPF_MAP_UPDATE_BATCH, wronly, &batch), want);
		expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, rdonly, &batch), want);
		ck_assert_uint_eq(batch.count, 2);
		ck_assert_uint_eq(last, r == R5_10 ? 77 : 1);
		batch.count = 0;
		batch.elem_flags = 1;
		expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, rdonly, &batch),
		       r == R5_10 ? -PCA_ENOTSUPP : -EINVAL);
		expect(cmd_batch(w.task, BPF_MAP_DELETE_BATCH, wronly, &batch), -PCA_ENOTSUPP);
		world_close(&w);
	}
}
END_TEST

/* Fact: since 6.1 LOOKUP_AND_DELETE looks at the fd before F_LOCK. */
START_TEST(lookup_and_delete_looks_at_the_lock_flag_late)
{
	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, "0-1", PCA_DIRECT);
		int rdonly = expect_fd(cmd_create(w.task, PERCPU, 8, 2, BPF_F_RDONLY));
		int fd = percpu_map(&w, 8, 2);
		uint32_t key = 9;
		int early = r == R5_10 ? -EINVAL : 0;

		row("release %s", measured_releases[r]);
		expect(cmd_lookup_and_delete(w.task, -1, &key, NULL, BPF_F_LOCK),
		       early ? early : -EBADF);
		expect(cmd_lookup_and_delete(w.task, rdonly, &key, NULL, BPF_F_LOCK),
		       early ? early : -EPERM);
		expect(cmd_lookup_and_delete(w.task, fd, NULL, NULL, BPF_F_LOCK), -EINVAL);
		expect(cmd_lookup_and_delete(w.task, -1, &key, NULL, BPF_F_CPU), -EINVAL);
		expect(cmd_lookup_and_delete(w.task, fd, NULL, NULL, 0), -EFAULT);
		expect(cmd_lookup_and_delete(w.task, fd, &key, NULL, 0), -PCA_ENOTSUPP);
		world_close(&w);
	}
}
END_TEST

/* ---- info and fdinfo ---- */

static const uint32_t info_sizes[NR_MEASURED] = { 80, 88, 88, 104, 104, 104 };

START_TEST(info_has_the_size_of_its_release)
{
	static const struct {
		uint32_t len;
		int garbage[NR_MEASURED]; /* with a buffer of 0xee */
	} rows[] = {
		{ 0, EACH(0) },
		{ 44, EACH(0) },
		{ 80, EACH(0) },
		{ 84, { -E2BIG, 0, 0, 0, 0, 0 } },
		{ 88, { -E2BIG, 0, 0, 0, 0, 0 } },
		{ 92, { -E2BIG, -E2BIG, -E2BIG, -EINVAL, -EINVAL, -EINVAL } },
		{ 100, { -E2BIG, -E2BIG, -E2BIG, -EINVAL, -EINVAL, -EINVAL } },
		{ 104, EACH(-E2BIG) },
		{ 4096, EACH(-E2BIG) },
		{ 4097, EACH(-E2BIG) },
	};
	static unsigned char info[4097];

	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, "0-1", PCA_DIRECT);
		int fd = percpu_map(&w, 12, 5);

		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			uint32_t len = rows[i].len, size = info_sizes[r];

			row("release %s length %u", measured_releases[r], len);
			memset(info, 0xee, sizeof(info));
			expect(cmd_info(w.task, fd, info, &len), rows[i].garbage[r]);
			expect_all(info + len, 0xee, sizeof(info) - len);
			memset(info, 0, sizeof(info));
			len = rows[i].len;
			expect(cmd_info(w.task, fd, info, &len), len > 4096 ? -E2BIG : 0);
			ck_assert_uint_eq(len, rows[i].len > 4096   ? 4097
					       : rows[i].len < size ? rows[i].len
								    : size);
		}
		world_close(&w);
	}
}
END_TEST

/* Fact: 6.18+ leave ifindex and bytes 48..79 of the caller's buffer unwritten. */
START_TEST(info_without_meaning_is_unwritten_since_6_18)
{
	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, "0-1", PCA_DIRECT);
		int fd = percpu_map(&w, 12, 5);
		unsigned char info[104] = { 0 }, kept = r >= R6_18 ? 0xee : 0;
		uint32_t len = info_sizes[r], *words = (uint32_t *)info;

		row("release %s", measured_releases[r]);
		memset(info, 0xee, len < 88 ? len : 88);
		expect(cmd_info(w.task, fd, info, &len), 0);
		ck_assert_uint_eq(words[0], PERCPU);
		ck_assert_uint_eq(words[2], 4);
		ck_assert_uint_eq(words[3], 12);
		ck_assert_uint_eq(words[4], 5);
		expect_all(info + 20, 0, 20);
		expect_all(info + 40, kept, 4);
		expect_all(info + 44, 0, 4);
		expect_all(info + 48, kept, 32);
		expect_all(info + 80, 0, len - 80);
		world_close(&w);
	}
}
END_TEST

static unsigned long long memlock_of(const struct world *w, int fd)
{
	char text[512];
	const char *line;

	ck_assert_int_gt(pca_fdinfo(w->task, fd, text, sizeof(text)), 0);
	line = strstr(text, "\nmemlock:\t");
	ck_assert_ptr_nonnull(line);
	return strtoull(line + strlen("\nmemlock:\t"), NULL, 10);
}

/* Measured with two possible CPUs. */
START_TEST(memlock_follows_the_formula_of_its_release)
{
	static const struct {
		uint32_t value_size, max_entries;
		uint64_t dropped_caps;
		unsigned long long want[NR_MEASURED];
	} rows[] = {
		{ 12, 5, 0, { 4096, 4096, 464, 512, 504, 496 } },
		{ 8, 1, 0, { 4096, 4096, 288, 336, 328, 320 } },
		{ 8, 511, 0, { 16384, 12288, 12528, 12576, 12568, 12560 } },
		{ 8, 512, 0, { 16384, 12288, 12552, 12600, 12592, 12584 } },
		{ 8, 513, 0, { 16384, 16384, 12576, 12624, 12616, 12608 } },
		{ 8, 1000, 0, { 24576, 24576, 24264, 24312, 24304, 24296 } },
		{ 8, 513, PCA_CAP_SYS_ADMIN, { 16384, 16384, 12576, 12624, 12616, 12608 } },
		{ 8, 1, ALL_CAPS, { 4096, 4096, 288, 336, 328, 320 } },
		{ 8, 512, ALL_CAPS, { 16384, 12288, 12552, 12600, 12592, 12584 } },
		{ 8, 513, ALL_CAPS, { 20480, 16384, 12576, 12624, 12616, 12608 } },
		{ 8, 1000, ALL_CAPS, { 24576, 24576, 24264, 24312, 24304, 24296 } },
	};
	const struct pca_machine_opts opts = { .allow_unprivileged_bpf = true };

	for (size_t r = 0; r < NR_MEASURED; r++) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			struct world w = world_with(r, opts, rows[i].dropped_caps);
			int fd = percpu_map(&w, rows[i].value_size, rows[i].max_entries);

			row("release %s row %zu", measured_releases[r], i);
			expect(memlock_of(&w, fd), rows[i].want[r]);
			expect(pca_machine_memory_bytes(w.machine), rows[i].want[r]);
			expect(pca_close(w.task, fd), 0);
			expect(pca_machine_memory_bytes(w.machine), 0);
			world_close(&w);
		}
	}
}
END_TEST

/* Read, not measured: a shared array has one copy and no pointers beside it. */
START_TEST(memlock_of_shared_arrays)
{
	static const unsigned long long want[NR_MEASURED] = {
		16384, 16384, 264 + 16000, 312 + 16000, 304 + 16000, 296 + 16000,
	};

	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, "0-1", PCA_DIRECT);
		int fd = array_map(&w, 12, 1000);

		row("release %s", measured_releases[r]);
		expect(memlock_of(&w, fd), want[r]);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

START_TEST(fdinfo_has_a_line_for_map_extra_since_6_1)
{
	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, "0-1", PCA_DIRECT);
		int fd = expect_fd(cmd_create(w.task, PERCPU, 12, 5, BPF_F_RDONLY_PROG));
		char text[512], want[256];

		row("release %s", measured_releases[r]);
		snprintf(want, sizeof(want),
			 "map_type:\t6\nkey_size:\t4\nvalue_size:\t12\nmax_entries:\t5\n"
			 "map_flags:\t0x80\n%smemlock:\t",
			 r == R5_10 ? "" : "map_extra:\t0x0\n");
		ck_assert_int_gt(pca_fdinfo(w.task, fd, text, sizeof(text)), 0);
		ck_assert_ptr_nonnull(strstr(text, want));
		world_close(&w);
	}
}
END_TEST

/* ---- pins ---- */

/* Fact: path_fd and BPF_F_PATH_FD since 6.12; before, both are EINVAL. */
START_TEST(path_fd_is_known_since_6_12)
{
	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, "0-1", PCA_DIRECT);
		bool is_known = r >= R6_12;
		int fd = percpu_map(&w, 8, 1), dir;
		struct path_attr pin = { (uintptr_t) "m", fd, BPF_F_PATH_FD, -1 };
		struct path_attr get = { (uintptr_t) "m", 0, BPF_F_PATH_FD, 0 };

		row("release %s", measured_releases[r]);
		expect(pca_mkdir(w.task, "d", 0755), 0);
		dir = expect_fd(pca_opendir(w.task, "d"));
		expect(path_command(w.task, BPF_OBJ_PIN, pin), is_known ? -EBADF : -EINVAL);
		pin.path_fd = fd;
		expect(path_command(w.task, BPF_OBJ_PIN, pin), is_known ? -ENOTDIR : -EINVAL);
		pin.path_fd = dir;
		expect(path_command(w.task, BPF_OBJ_PIN, pin), is_known ? 0 : -EINVAL);
		pin.path = (uintptr_t) "n";
		pin.path_fd = AT_FDCWD;
		expect(path_command(w.task, BPF_OBJ_PIN, pin), is_known ? 0 : -EINVAL);
		pin.flags = 0;
		expect(path_command(w.task, BPF_OBJ_PIN, pin), -EINVAL);
		get.path_fd = dir;
		if (is_known)
			expect_fd(path_command(w.task, BPF_OBJ_GET, get));
		else
			expect(path_command(w.task, BPF_OBJ_GET, get), -EINVAL);
		world_close(&w);
	}
}
END_TEST

/* ---- programs ---- */

/* What each helper answers, in a 64-bit register. */
struct answers {
	struct pca_map_ref *map;
	long flags, past_end, exists, lock, delete, for_each;
};

static long count_call(struct pca_map_ref *map, const void *key, void *value, void *ctx)
{
	(void)map, (void)key, (void)value, (void)ctx;
	return 0;
}

static int ask_helpers(void *ctx)
{
	struct answers *a = ctx;
	uint32_t key = 0, past_end = 4;
	uint64_t value = 7;

	a->flags = pca_map_update_elem(a->map, &key, &value, BPF_F_CPU);
	a->past_end = pca_map_update_elem(a->map, &past_end, &value, 0);
	a->exists = pca_map_update_elem(a->map, &key, &value, BPF_NOEXIST);
	a->lock = pca_map_update_elem(a->map, &key, &value, BPF_F_LOCK);
	a->delete = pca_map_delete_elem(a->map, &key);
	a->for_each = pca_for_each_map_elem(a->map, count_call, NULL, 1);
	return (int)pca_map_update_elem(a->map, &key, &value, BPF_EXIST) +
	       (int)pca_for_each_map_elem(a->map, count_call, NULL, 0);
}

static int load(const struct world *w, pca_prog_fn fn, const struct pca_map_use *use, char *log,
		size_t log_size)
{
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = fn,
		.uses = use,
		.nr_uses = 1,
		.log = log,
		.log_size = log_size,
	};

	return pca_prog_load(w->task, &opts);
}

/* Fact: 5.10 and 6.1 give errors as 32 bits, zero-extended; 6.12+ sign-extended. */
START_TEST(helper_errors_have_the_width_of_their_release)
{
	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w =
			world_with(r, (struct pca_machine_opts){ .run_mode = PCA_INLINE }, 0);
		int fd = percpu_map(&w, 8, 4);
		struct pca_map_use use = { .map_fd = fd, .helper = BPF_FUNC_map_update_elem };
		int prog_fd = expect_fd(load(&w, ask_helpers, &use, NULL, 0)), got;
		struct answers a;
		struct pca_prog *prog;
		long mask = r >= R6_12 ? -1 : (long)UINT32_MAX;

		row("release %s", measured_releases[r]);
		expect(pca_map_get(w.task, fd, &a.map), 0);
		expect(pca_prog_get(w.task, prog_fd, &prog), 0);
		expect(pca_run_on(prog, 0, &a, &got), 0);
		expect(got, 4);
		expect(a.flags, -EINVAL & mask);
		expect(a.past_end, -E2BIG & mask);
		expect(a.exists, -EEXIST & mask);
		expect(a.lock, -EINVAL & mask);
		expect(a.delete, -EINVAL & mask);
		expect(a.for_each, -EINVAL & mask);
		pca_prog_put(prog);
		pca_map_put(a.map);
		world_close(&w);
	}
}
END_TEST

static int do_nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

/* Fact: for_each and lookup_percpu do not load on 5.10; direct values only on 7.3. */
START_TEST(programs_load_where_their_helpers_exist)
{
#define NO_FUNC "invalid func unknown#195"
#define NO_DIRECT "no direct value access support for this map type"
#define POINTER "invalid access to map value pointer"
#define PROG_RDONLY BPF_F_RDONLY_PROG
#define PROG_WRONLY BPF_F_WRONLY_PROG
	static const struct {
		uint32_t max_entries, flags;
		struct pca_map_use use;
		int want[NR_MEASURED];
		const char *log_5_10, *log_7_3;
	} rows[] = {
		{ 4, 0, { .helper = BPF_FUNC_map_lookup_elem, .access = PCA_READ }, EACH(0) },
		{ 4, 0, { .helper = BPF_FUNC_for_each_map_elem }, { -EINVAL }, "insn", "" },
		{ 4, 0, { .helper = 195, .access = PCA_WRITE }, { -EINVAL }, NO_FUNC, "" },
		{ 1,
		  0,
		  { .access = PCA_READ },
		  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, 0 },
		  NO_DIRECT,
		  "" },
		{ 1,
		  0,
		  { .access = PCA_WRITE, .offset = 11, .bytes = 1 },
		  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, 0 },
		  NO_DIRECT,
		  "" },
		{ 1, 0, { .access = PCA_READ, .offset = 12 }, EACH(-EINVAL), NO_DIRECT, POINTER },
		{ 1,
		  0,
		  { .access = PCA_READ, .offset = 8, .bytes = 8 },
		  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EACCES },
		  NO_DIRECT,
		  "off=8" },
		{ 4,
		  0,
		  { .access = PCA_READ },
		  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EOPNOTSUPP },
		  NO_DIRECT,
		  POINTER },
		{ 4,
		  0,
		  { .access = PCA_READ, .offset = 12 },
		  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EOPNOTSUPP },
		  NO_DIRECT,
		  POINTER },
		{ 1,
		  PROG_RDONLY,
		  { .access = PCA_READ },
		  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, 0 },
		  NO_DIRECT,
		  "" },
		{ 1,
		  PROG_RDONLY,
		  { .access = PCA_WRITE },
		  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EACCES },
		  NO_DIRECT,
		  "write into map forbidden" },
		{ 1,
		  PROG_WRONLY,
		  { .access = PCA_READ },
		  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EACCES },
		  NO_DIRECT,
		  "read from map forbidden" },
		{ 1,
		  PROG_WRONLY,
		  { .access = PCA_WRITE },
		  { -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, 0 },
		  NO_DIRECT,
		  "" },
	};
	char log[256];

	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, "0-1", PCA_DIRECT);

		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			struct pca_map_use use = rows[i].use;
			const char *words = r == R5_10	? rows[i].log_5_10
					    : r == R7_3 ? rows[i].log_7_3
							: NULL;

			row("release %s row %zu", measured_releases[r], i);
			use.map_fd = expect_fd(
				cmd_create(w.task, PERCPU, 12, rows[i].max_entries, rows[i].flags));

			int fd = load(&w, do_nothing, &use, log, sizeof(log));

			expect(fd < 0 ? fd : 0, rows[i].want[r]);
			if (words)
				ck_assert_ptr_nonnull(strstr(log, words));
			expect(pca_close(w.task, use.map_fd), 0);
			if (fd >= 0)
				expect(pca_close(w.task, fd), 0);
		}
		world_close(&w);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("releases");
	TCase *tc = add_case(suite, "names");

	tcase_add_test(tc, full_versions_are_found);
	tcase_add_test(tc, other_names_are_refused);
	tcase_add_test(tc, releases_between_measured_ones_warn);
	tcase_add_test(tc, releases_between_show_what_was_read);
	tcase_add_test(tc, only_per_cpu_arrays_had_to_wait_for_batches);
	tc = add_case(suite, "create");
	tcase_add_test(tc, each_release_has_its_size_of_attr);
	tcase_add_test(tc, create_knows_the_fields_of_its_release);
	tcase_add_test(tc, create_checks_in_the_order_of_its_release);
	tcase_add_test(tc, create_without_capabilities);
	tcase_add_test(tc, mitigations_limit_entries_since_6_12);
	tc = add_case(suite, "commands");
	tcase_add_test(tc, old_releases_ask_for_privileges_first);
	tcase_add_test(tc, pinned_maps_are_for_everyone_since_6_1);
	tcase_add_test(tc, freezing_twice_and_by_read_only_fds);
	tcase_add_test(tc, freezing_needs_a_capability_until_6_12);
	tcase_add_test(tc, batches_are_enotsupp_on_5_10);
	tcase_add_test(tc, lookup_and_delete_looks_at_the_lock_flag_late);
	tcase_add_test(tc, path_fd_is_known_since_6_12);
	tc = add_case(suite, "info");
	tcase_add_test(tc, info_has_the_size_of_its_release);
	tcase_add_test(tc, info_without_meaning_is_unwritten_since_6_18);
	tcase_add_test(tc, memlock_follows_the_formula_of_its_release);
	tcase_add_test(tc, memlock_of_shared_arrays);
	tcase_add_test(tc, fdinfo_has_a_line_for_map_extra_since_6_1);
	tc = add_case(suite, "programs");
	tcase_add_test(tc, helper_errors_have_the_width_of_their_release);
	tcase_add_test(tc, programs_load_where_their_helpers_exist);
	return suite;
}

TEST_MAIN(make_suite)
