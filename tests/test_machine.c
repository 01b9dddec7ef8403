// SPDX-License-Identifier: MIT
/*
 * Machines: where their CPUs come from, their releases, their memory limit and
 * what is left when they are gone.
 */
#include "support.h"

#include <dirent.h>
#include <hwloc.h>

#include "rcu.h"

static long create(struct pca_machine **machine, struct pca_machine_opts opts)
{
	opts.size = sizeof(opts);
	return pca_machine_create(machine, &opts);
}

/* ---- where CPUs come from ---- */

/* Fact: only the number of possible CPUs matters; they are what the kernel lists. */
START_TEST(default_machine_has_the_hosts_possible_cpus)
{
	struct pca_machine *machine, *named;
	char list[4096] = "";
	FILE *f = fopen("/sys/devices/system/cpu/possible", "r");

	expect(pca_machine_create(&machine, NULL), 0);
	ck_assert_uint_ge(pca_num_possible_cpus(machine), 1);
	ck_assert_uint_eq(pca_num_online_cpus(machine), pca_num_possible_cpus(machine));
	if (f && fgets(list, sizeof(list), f)) {
		expect(create(&named, (struct pca_machine_opts){ .possible = list }), 0);
		expect(pca_num_possible_cpus(named), pca_num_possible_cpus(machine));
		pca_machine_destroy(named);
	}
	if (f)
		fclose(f);
	pca_machine_destroy(machine);
}
END_TEST

START_TEST(synthetic_topology_gives_its_leaves_as_cpus)
{
	static const struct {
		const char *topology;
		uint32_t nr_cpus;
	} rows[] = {
		{ "pu:1", 1 },
		{ "pack:1 core:1 pu:1", 1 },
		{ "pack:2 core:4 pu:2", 16 },
		{ "pack:2 numa:2 core:3 pu:2", 24 },
		{ "pack:2 l3:1 core:3 pu:1", 6 },
		{ "2 3 2", 12 },
		{ "pack:2 [numa(memory=1GB)] core:2 pu:2", 8 },
		{ "pack:8 numa:1 core:64 pu:8", 4096 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_machine *machine;

		row("%s", rows[i].topology);
		expect(create(&machine, (struct pca_machine_opts){ .topology = rows[i].topology }),
		       0);
		expect(pca_num_possible_cpus(machine), rows[i].nr_cpus);
		expect(pca_num_online_cpus(machine), rows[i].nr_cpus);
		expect(pca_cpu_id(machine, rows[i].nr_cpus - 1), rows[i].nr_cpus - 1);
		pca_machine_destroy(machine);
	}
}
END_TEST

/* The XML of a synthetic topology, as lstopo would write it. */
static void write_xml(const char *path, const char *synthetic)
{
	hwloc_topology_t hw;

	ck_assert_int_eq(hwloc_topology_init(&hw), 0);
	ck_assert_int_eq(hwloc_topology_set_synthetic(hw, synthetic), 0);
	ck_assert_int_eq(hwloc_topology_load(hw), 0);
	ck_assert_int_eq(hwloc_topology_export_xml(hw, path, 0), 0);
	hwloc_topology_destroy(hw);
}

static void temporary_file(char path[static 32])
{
	strcpy(path, "/tmp/pcasim-test-XXXXXX");

	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(xml_topology_gives_its_cpus)
{
	char path[32];
	struct pca_machine *machine;

	temporary_file(path);
	write_xml(path, "pack:2 numa:1 core:3 pu:2");
	expect(create(&machine, (struct pca_machine_opts){ .topology_xml = path }), 0);
	expect(pca_num_possible_cpus(machine), 12);
	unlink(path);
	expect(pca_cpu_id(machine, 11), 11);
	pca_machine_destroy(machine);
}
END_TEST

/* A topology with fewer CPUs than the mask asks for still gives the mask's. */
START_TEST(possible_mask_wins_over_the_topologys_cpus)
{
	struct pca_machine *machine;

	expect(create(&machine,
		      (struct pca_machine_opts){ .topology = "pu:4", .possible = "0,4-6,127" }),
	       0);
	expect(pca_num_possible_cpus(machine), 5);
	expect(pca_cpu_id(machine, 4), 127);
	pca_machine_destroy(machine);
}
END_TEST

START_TEST(topology_that_cannot_be_had_is_refused_with_a_reason)
{
	static const struct {
		struct pca_machine_opts opts;
		int want;
		const char *message;
	} rows[] = {
		{ { .topology = "nonsense:2" }, -EINVAL, "nonsense:2" },
		{ { .topology = "" }, -EINVAL, "synthetic" },
		{ { .topology = "pack:2 core:0 pu:2" }, -EINVAL, "core:0" },
		{ { .topology = "pack:2 core:4096 pu:2" }, -EINVAL, "4096" },
		{ { .topology = "pu:1000000" }, -EINVAL, "4096" },
		{ { .topology = "pu:4097" }, -EINVAL, "4096" },
		/* hwloc reads these as millions of CPUs. */
		{ { .topology = "pu:0x100000" }, -EINVAL, "4096" },
		{ { .topology = "040971001" }, -EINVAL, "040971001" },
		{ { .topology = "pu:+1000000" }, -EINVAL, "pu:+1000000" },
		{ { .topology = "pu)x:8211583" }, -EINVAL, "pu)x" },
		{ { .topology = "pa:2(indexes=numa:core) co:2 2" }, -EINVAL, "indexes=numa" },
		{ { .topology = "[numa(indexes=core)] pu:2" }, -EINVAL, "indexes=core" },
		{ { .topology = "pack:65536 core:65536 pu:65536 l2:65536" }, -EINVAL, "4096" },
		{ { .topology_xml = "/nonexistent/topology.xml" },
		  -ENOENT,
		  "/nonexistent/topology.xml" },
		{ { .topology_xml = "/dev/null" }, -EINVAL, "/dev/null" },
		{ { .topology = "pu:2", .topology_xml = "/dev/null" }, -EINVAL, "not both" },
	};

	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_machine *machine;

		row("row %zu", i);
		messages_clear();
		expect(create(&machine, rows[i].opts), rows[i].want);
		expect_message(rows[i].message);
	}
}
END_TEST

/* ---- cpulists ---- */

START_TEST(cpulists_give_their_cpus)
{
	static const struct {
		const char *list;
		uint32_t nr, first, last;
	} rows[] = {
		{ "0", 1, 0, 0 },
		{ "5", 1, 5, 5 },
		{ "0-1", 2, 0, 1 },
		{ "0-3", 4, 0, 3 },
		{ "0,2", 2, 0, 2 },
		{ "0,4-6,127", 5, 0, 127 },
		{ "0,2-3,7", 4, 0, 7 },
		{ "010", 1, 10, 10 }, /* decimal */
		{ "00-09", 10, 0, 9 },
		{ "7,0", 2, 0, 7 },
		{ "1-3,2-4", 4, 1, 4 },
		{ "3-3", 1, 3, 3 },
		{ "0-3\n", 4, 0, 3 },
		{ "8191", 1, 8191, 8191 },
		{ "0-4095", 4096, 0, 4095 },
		{ "4096-8191", 4096, 4096, 8191 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_machine *machine;

		row("\"%s\"", rows[i].list);
		expect(create(&machine, (struct pca_machine_opts){ .possible = rows[i].list }), 0);
		expect(pca_num_possible_cpus(machine), rows[i].nr);
		expect(pca_cpu_id(machine, 0), rows[i].first);
		expect(pca_cpu_id(machine, rows[i].nr - 1), rows[i].last);
		pca_machine_destroy(machine);
	}
}
END_TEST

static const char *const bad_lists[] = {
	"",
	"x",
	",",
	"0,",
	"0,,1",
	",0",
	"3-1",
	"-1",
	"0-",
	"-",
	"0--1",
	"0-3-5",
	" 0",
	"0 ",
	"0, 1",
	"0x1",
	"+1",
	"1.5",
	"0-3:1/2",
	"a-b",
	"0\n1",
	"8192",
	"0-8192",
	"0-9999999999",
	"0-99999999999999999999999999",
	"4294967296",
	"18446744073709551616",
};

START_TEST(bad_cpulists_are_refused_and_named)
{
	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(bad_lists); i++) {
		struct pca_machine *machine;

		row("\"%s\"", bad_lists[i]);
		messages_clear();
		expect(create(&machine, (struct pca_machine_opts){ .possible = bad_lists[i] }),
		       -EINVAL);
		expect_message(bad_lists[i]);
		expect_message("possible");
		messages_clear();
		expect(create(&machine, (struct pca_machine_opts){ .possible = "0-8191",
								   .online = bad_lists[i] }),
		       -EINVAL);
		ck_assert_uint_eq(messages_count(), 1);
		messages_clear();
		expect(create(&machine, (struct pca_machine_opts){ .possible = "0-3",
								   .online = bad_lists[i] }),
		       -EINVAL);
		expect_message("online");
	}
}
END_TEST

START_TEST(more_than_4096_possible_cpus_are_refused)
{
	struct pca_machine *machine;

	messages_catch();
	expect(create(&machine, (struct pca_machine_opts){ .possible = "0-4096" }), -EINVAL);
	expect_message("4097");
	expect_message("4096");
}
END_TEST

START_TEST(online_cpus_must_be_possible)
{
	static const struct {
		const char *possible, *online;
		int want;
	} rows[] = {
		{ "0-3", "0", 0 },	     { "0-3", "3", 0 },
		{ "0-3", "0-3", 0 },	     { "0,2", "2", 0 },
		{ "0,4-6,127", "4,127", 0 }, { "0-3", "4", -EINVAL },
		{ "0-3", "0-4", -EINVAL },   { "0,2", "1", -EINVAL },
		{ "0,2", "0-2", -EINVAL },   { "0,4-6,127", "0,5,126", -EINVAL },
	};

	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_machine *machine;

		row("possible %s online %s", rows[i].possible, rows[i].online);
		messages_clear();
		expect(create(&machine, (struct pca_machine_opts){ .possible = rows[i].possible,
								   .online = rows[i].online }),
		       rows[i].want);
		if (rows[i].want) {
			expect_message(rows[i].online);
			continue;
		}
		ck_assert_uint_eq(messages_count(), 0);
		pca_machine_destroy(machine);
	}
}
END_TEST

/*
 * Fact: the number of possible CPUs decides buffer sizes and slots, online
 * CPUs do not: 8 possible and 2 online need 8 slots.
 */
START_TEST(offline_cpus_have_slots_in_lookups)
{
	struct world w =
		world_open_with(&(struct pca_machine_opts){ .size = sizeof(struct pca_machine_opts),
							    .possible = "0-7",
							    .online = "0-1" },
				NULL);
	int fd = percpu_map(&w, 9, 1);

	expect(pca_num_possible_cpus(w.machine), 8);
	expect(pca_num_online_cpus(w.machine), 2);
	expect(pca_map_lookup_bytes(w.task, fd), 8 * 16);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

START_TEST(ids_and_ordinals_map_both_ways)
{
	static const struct {
		const char *mask;
		uint32_t nr, ids[5];
	} rows[] = {
		{ "0", 1, { 0 } },
		{ "0-1", 2, { 0, 1 } },
		{ "0-3", 4, { 0, 1, 2, 3 } },
		{ "0,2", 2, { 0, 2 } },
		{ "0,4-6,127", 5, { 0, 4, 5, 6, 127 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct world w = world_open(rows[i].mask, PCA_DIRECT);
		uint32_t next = 0;

		row("mask %s", rows[i].mask);
		for (uint32_t id = 0; id < 300; id++) {
			bool is_possible = next < rows[i].nr && rows[i].ids[next] == id;

			expect(pca_cpu_ordinal(w.machine, id), is_possible ? (int)next : -EINVAL);
			expect(pca_cpu_is_online(w.machine, id), is_possible);
			if (is_possible)
				expect(pca_cpu_id(w.machine, next++), id);
		}
		expect(next, rows[i].nr);
		expect(pca_cpu_id(w.machine, rows[i].nr), -EINVAL);
		expect(pca_cpu_id(w.machine, UINT32_MAX), -EINVAL);
		expect(pca_cpu_ordinal(w.machine, UINT32_MAX), -EINVAL);
		expect(pca_cpu_is_online(w.machine, UINT32_MAX), false);
		world_close(&w);
	}
}
END_TEST

/* 4096 CPUs: every slot is a slot of its own. */
START_TEST(four_thousand_cpus_keep_their_slots_apart)
{
	struct world w = world_open("0-4095", PCA_DIRECT);
	uint64_t *values = calloc(4096, sizeof(*values)), *back = calloc(4096, sizeof(*back));
	uint32_t key = 1;
	int fd = percpu_map(&w, 4, 2);

	for (uint32_t i = 0; i < 4096; i++)
		values[i] = i * 2654435761U;
	expect(pca_map_lookup_bytes(w.task, fd), 4096 * 8);
	expect(cmd_update(w.task, fd, &key, values, 0), 0);
	expect(cmd_lookup(w.task, fd, &key, back, 0), 0);
	expect_bytes(back, values, 4096 * sizeof(*values));
	key = 0;
	expect(cmd_lookup(w.task, fd, &key, back, 0), 0);
	expect_all(back, 0, 4096 * sizeof(*values));
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
	free(values);
	free(back);
}
END_TEST

/* ---- options ---- */

START_TEST(opts_of_a_later_library_are_taken_if_their_tail_is_zero)
{
	struct {
		struct pca_machine_opts opts;
		unsigned char tail[64];
	} grown = { .opts = { .size = sizeof(grown), .possible = "0,2" } };
	struct pca_machine *machine;

	expect(pca_machine_create(&machine, &grown.opts), 0);
	expect(pca_num_possible_cpus(machine), 2);
	pca_machine_destroy(machine);

	messages_catch();
	for (size_t i = 0; i < sizeof(grown.tail); i++) {
		row("tail byte %zu", i);
		grown.tail[i] = 1;
		expect(pca_machine_create(&machine, &grown.opts), -E2BIG);
		grown.tail[i] = 0;
	}
	ck_assert_uint_eq(messages_count(), sizeof(grown.tail));
	expect_message("struct pca_machine_opts");
}
END_TEST

START_TEST(opts_of_an_earlier_library_leave_the_rest_at_defaults)
{
	struct pca_machine_opts opts = {
		.size = offsetof(struct pca_machine_opts, online),
		.possible = "0-3",
		.online = "garbage beyond the size",
		.release = "garbage too",
	};
	struct pca_machine *machine;

	expect(pca_machine_create(&machine, &opts), 0);
	expect(pca_num_possible_cpus(machine), 4);
	pca_machine_destroy(machine);

	/* size 0 means all of it. */
	opts.size = 0;
	opts.online = "1";
	opts.release = NULL;
	expect(pca_machine_create(&machine, &opts), 0);
	expect(pca_num_online_cpus(machine), 1);
	pca_machine_destroy(machine);
}
END_TEST

START_TEST(task_opts_follow_the_same_rule)
{
	struct {
		struct pca_task_opts opts;
		uint64_t tail;
	} grown = { .opts = { .size = sizeof(grown) } };
	struct world w = world_open(NULL, PCA_DIRECT);
	struct pca_task *task;

	expect(pca_task_create(&task, w.machine, &grown.opts), 0);
	ck_assert_ptr_eq(pca_task_machine(task), w.machine);
	messages_catch();
	grown.tail = 1ULL << 63;
	expect(pca_task_create(&task, w.machine, &grown.opts), -E2BIG);
	expect_message("struct pca_task_opts");
	world_close(&w);
}
END_TEST

START_TEST(task_opts_that_cannot_be_met_are_refused)
{
	static const struct {
		struct pca_task_opts opts;
		int want;
	} rows[] = {
		{ { .comm = "fifteen bytes.." }, 0 },
		{ { .comm = "sixteen bytes..." }, -EINVAL },
		{ { .cwd = "/sys/fs/bpf" }, 0 },
		{ { .cwd = "/tmp" }, 0 },
		{ { .cwd = "/" }, 0 },
		{ { .cwd = "/sys/fs/bpf/none" }, -ENOENT },
		{ { .memory = (enum pca_task_memory)7 }, -EINVAL },
	};
	struct world w = world_open(NULL, PCA_DIRECT);

	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_task *task;

		row("row %zu", i);
		expect(pca_task_create(&task, w.machine, &rows[i].opts), rows[i].want);
	}
	world_close(&w);
}
END_TEST

START_TEST(unknown_run_mode_is_refused)
{
	struct pca_machine *machine;

	messages_catch();
	expect(create(&machine, (struct pca_machine_opts){ .run_mode = (enum pca_run_mode)2 }),
	       -EINVAL);
	expect_message("run_mode 2");
}
END_TEST

/* ---- releases ---- */

START_TEST(every_listed_release_can_be_chosen)
{
	size_t nr = 0;

	for (const char *name; (name = pca_release_name(nr)); nr++) {
		struct pca_machine *machine;

		row("release %s", name);
		expect(create(&machine,
			      (struct pca_machine_opts){ .possible = "0", .release = name }),
		       0);
		ck_assert_str_eq(pca_machine_release(machine), name);
		pca_machine_destroy(machine);
	}
	ck_assert_uint_ge(nr, 1);
	ck_assert_ptr_null(pca_release_name(nr + 1));
	ck_assert_ptr_null(pca_release_name(SIZE_MAX));
}
END_TEST

START_TEST(unknown_release_is_refused_with_the_choices)
{
	static const char *const unknown[] = { "2.4", "6", "6.1x", "6.180", "x", "6.18x", " 6.18" };

	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
		struct pca_machine *machine;

		row("release \"%s\"", unknown[i]);
		messages_clear();
		expect(create(&machine, (struct pca_machine_opts){ .release = unknown[i] }),
		       -EINVAL);
		expect_message(unknown[i]);
		expect_message("from 5.10 to 7.3");
	}
}
END_TEST

/* ---- several machines ---- */

START_TEST(machines_share_nothing)
{
	struct world a = world_open("0-1", PCA_DIRECT), b = world_open("0,2", PCA_DIRECT);
	uint64_t ones[2] = { 1, 1 }, twos[2] = { 2, 2 }, back[2];
	uint32_t key = 0;
	int fd_a = percpu_map(&a, 8, 1), fd_b = percpu_map(&b, 8, 1);

	expect(fd_a, fd_b);
	expect(id_of_map(a.task, fd_a), id_of_map(b.task, fd_b));
	expect(cmd_update(a.task, fd_a, &key, ones, 0), 0);
	expect(cmd_update(b.task, fd_b, &key, twos, 0), 0);
	expect(cmd_lookup(a.task, fd_a, &key, back, 0), 0);
	expect_bytes(back, ones, sizeof(back));
	expect(pca_cpu_set_online(a.machine, 1, false), 0);
	expect(pca_num_online_cpus(b.machine), 2);
	expect(pca_close(a.task, fd_a), 0);
	world_close(&a);
	expect(cmd_lookup(b.task, fd_b, &key, back, 0), 0);
	expect_bytes(back, twos, sizeof(back));
	expect(pca_close(b.task, fd_b), 0);
	world_close(&b);
}
END_TEST

static unsigned int entries_of(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int nr = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

static unsigned int nr_mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned int nr = 0;

	ck_assert_ptr_nonnull(f);
	for (int c; (c = fgetc(f)) != EOF;)
		nr += c == '\n';
	fclose(f);
	return nr;
}

static long resident_pages(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long size, resident;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%ld %ld", &size, &resident), 2);
	fclose(f);
	return resident;
}

static int count_run(void *ctx)
{
	return ++*(int *)ctx;
}

/* A life with a worker thread, touched memory, a pin and two tasks. */
static void live_once(unsigned int i)
{
	struct world w = world_open(cpu_masks[i % nr_cpu_masks], PCA_DIRECT);
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = count_run,
	};
	uint64_t values[5 * 32] = { 1 };
	int runs = 0, retval;
	uint32_t key = 9;
	struct pca_prog *prog;
	struct pca_task *other;
	int fd = percpu_map(&w, 256, 10);
	int prog_fd = expect_fd(pca_prog_load(w.task, &opts));

	expect(pca_task_create(&other, w.machine, NULL), 0);
	expect(cmd_update(w.task, fd, &key, values, 0), 0);
	expect(pca_prog_get(w.task, prog_fd, &prog), 0);
	expect(pca_run_on(prog, 0, &runs, &retval), 0);
	expect(retval, 1);
	pca_prog_put(prog);
	expect(pca_close(w.task, prog_fd), 0);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}

START_TEST(thousands_of_machines_leave_nothing_behind)
{
	enum { WARM_UP = 100, NR = 2000 };
	unsigned int fds, threads, mappings;
	long resident;

	for (unsigned int i = 0; i < WARM_UP; i++)
		live_once(i);
	urcu_memb_barrier();
	fds = entries_of("/proc/self/fd");
	threads = entries_of("/proc/self/task");
	mappings = nr_mappings();
	resident = resident_pages();
	for (unsigned int i = 0; i < NR; i++) {
		live_once(i);
		if (i % 100 == 99)
			urcu_memb_barrier();
	}
	/*
	 * A joined thread is listed a moment longer, and sanitizers open files now
	 * and then: a leak would count thousands.
	 */
	ck_assert_uint_le(entries_of("/proc/self/fd"), fds + 4);
	ck_assert_uint_le(entries_of("/proc/self/task"), threads + 4);
#if !BUILT_WITH_ASAN && !BUILT_WITH_TSAN && !BUILT_FOR_MEMCHECK
	/* The sanitizers and memcheck keep what is freed for a while. */
	ck_assert_uint_le(nr_mappings(), mappings + 16);
	ck_assert_int_le(resident_pages(), resident + 1024);
#else
	(void)mappings;
	(void)resident;
#endif
}
END_TEST

/* ---- memory ---- */

/*
 * Fact: memory beyond the limit is ENOMEM. What a per-CPU array takes is
 * 312 + max_entries * (8 + S * P) bytes on 6.18, S = round_up(value_size, 8).
 */
START_TEST(maps_beyond_the_memory_limit_return_enomem)
{
	const uint64_t one = 312 + 10 * (8 + 16 * 2);
	struct pca_machine_opts opts = { .size = sizeof(opts), .possible = "0,2" };

	opts.memory_limit_bytes = 2 * one;

	struct world w = world_open_with(&opts, NULL);
	int first = percpu_map(&w, 9, 10), second = percpu_map(&w, 9, 10);

	expect(pca_machine_memory_bytes(w.machine), 2 * one);
	expect(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 1, 1, 0), -ENOMEM);
	expect(cmd_create(w.task, BPF_MAP_TYPE_ARRAY, 1, 1, 0), -ENOMEM);
	expect(pca_machine_memory_bytes(w.machine), 2 * one);
	expect(pca_task_open_fds(w.task), 2);
	expect(pca_close(w.task, first), 0);
	expect(pca_machine_memory_bytes(w.machine), one);
	expect(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 9, 11, 0), -ENOMEM);
	/* Freed memory can be taken again at once. */
	first = percpu_map(&w, 9, 10);
	expect(pca_close(w.task, first), 0);
	expect(pca_close(w.task, second), 0);
	expect(pca_machine_memory_bytes(w.machine), 0);
	world_close(&w);
}
END_TEST

/* What exists stays, above the limit too, and counts. */
START_TEST(a_lower_memory_limit_holds_for_new_maps_only)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	int map = percpu_map(&w, 9, 10);
	const uint64_t one = pca_machine_memory_bytes(w.machine);
	unsigned char values[2 * 16] = { 1 };

	pca_machine_set_memory_limit(w.machine, one);
	expect(cmd_create(w.task, BPF_MAP_TYPE_ARRAY, 1, 1, 0), -ENOMEM);
	pca_machine_set_memory_limit(w.machine, 0);
	expect(cmd_create(w.task, BPF_MAP_TYPE_ARRAY, 1, 1, 0), -ENOMEM);
	expect(cmd_update(w.task, map, &(uint32_t){ 9 }, values, 0), 0);
	expect(pca_machine_memory_bytes(w.machine), one);
	pca_machine_set_memory_limit(w.machine, 2 * one - 1);
	expect(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 9, 10, 0), -ENOMEM);
	pca_machine_set_memory_limit(w.machine, 2 * one);
	expect(pca_close(w.task, percpu_map(&w, 9, 10)), 0);
	pca_machine_set_memory_limit(w.machine, one - 1);
	expect(pca_close(w.task, map), 0);
	expect(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 9, 10, 0), -ENOMEM);
	pca_machine_set_memory_limit(w.machine, UINT64_MAX);
	expect(pca_close(w.task, percpu_map(&w, 9, 10)), 0);
	expect(pca_machine_memory_bytes(w.machine), 0);
	world_close(&w);
}
END_TEST

/* Fact: max_entries is limited by memory only; UINT_MAX is ENOMEM at once. */
START_TEST(four_billion_entries_return_enomem)
{
	static const uint32_t types[] = { BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_ARRAY };
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0-3",
		.memory_limit_bytes = 8ULL << 30,
	};
	struct world w = world_open_with(&opts, NULL);

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		row("type %u", types[i]);
		expect(cmd_create(w.task, types[i], 8, UINT32_MAX, 0), -ENOMEM);
		expect(cmd_create(w.task, types[i], 32768, UINT32_MAX, 0), -ENOMEM);
	}
	expect(pca_machine_memory_bytes(w.machine), 0);
	world_close(&w);
}
END_TEST

/* A limit above what an address space has must not wrap sums around. */
START_TEST(sizes_above_the_address_space_return_enomem)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0-4095",
		.memory_limit_bytes = UINT64_MAX,
	};
	struct world w = world_open_with(&opts, NULL);

	expect(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 32768, UINT32_MAX, 0), -ENOMEM);
	expect(cmd_create(w.task, BPF_MAP_TYPE_ARRAY, INT_MAX, UINT32_MAX, 0), -ENOMEM);
	expect(pca_machine_memory_bytes(w.machine), 0);
	world_close(&w);
}
END_TEST

/* What each failed MAP_CREATE had taken is given back. */
START_TEST(refused_maps_are_not_charged)
{
	struct world w = world_open(NULL, PCA_CHECKED);
	union any_attr attr = create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1000);
	uint64_t bad_hash = (uintptr_t)bad_pointer();

	attr.bpf.map_name[0] = '-';
	expect(pca_bpf(w.task, BPF_MAP_CREATE, &attr, CREATE_ATTR_END), -EINVAL);
	attr.bpf.map_name[0] = 'm';
	memcpy(attr.bytes + 80, &bad_hash, sizeof(bad_hash));
	attr.bytes[88] = 32;
	expect(pca_bpf(w.task, BPF_MAP_CREATE, &attr, CREATE_ATTR_END), -EFAULT);
	expect(pca_machine_memory_bytes(w.machine), 0);
	world_close(&w);
}
END_TEST

/* ---- the end ---- */

START_TEST(fds_left_open_are_told_at_destroy)
{
	struct pca_machine_opts machine_opts = { .size = sizeof(machine_opts), .possible = "0" };
	struct pca_task_opts task_opts = { .size = sizeof(task_opts), .comm = "forgetful" };
	struct world w = world_open_with(&machine_opts, &task_opts);

	percpu_map(&w, 8, 1);
	percpu_map(&w, 8, 1);
	messages_catch();
	pca_machine_destroy(w.machine);
	ck_assert_uint_eq(messages_count(), 1);
	expect_message("forgetful");
	expect_message("2 fds");
	expect_message("close() them first, or pca_task_destroy(), which closes quietly");

	/* None for a task that has closed them, and none for one destroyed by hand. */
	messages_clear();
	w = world_open_with(&machine_opts, &task_opts);
	expect(pca_close(w.task, percpu_map(&w, 8, 1)), 0);
	pca_machine_destroy(w.machine);
	ck_assert_uint_eq(messages_count(), 0);
	w = world_open_with(&machine_opts, &task_opts);
	percpu_map(&w, 8, 1);
	pca_task_destroy(w.task);
	expect(pca_machine_memory_bytes(w.machine), 0);
	pca_machine_destroy(w.machine);
	ck_assert_uint_eq(messages_count(), 0);
}
END_TEST

START_TEST(a_held_map_outlives_its_machine)
{
	struct world w = world_open("0,4-6,127", PCA_DIRECT);
	struct pca_map_ref *map;
	int fd = percpu_map(&w, 3, 2);

	expect(pca_map_get(w.task, fd, &map), 0);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
	memcpy(pca_map_peek(map, 127, 1), "abc", 3);
	ck_assert_mem_eq(pca_map_peek(map, 127, 1), "abc", 3);
	expect(pca_map_value_size(map), 3);
	pca_map_put(map);
}
END_TEST

START_TEST(destroying_nothing_is_allowed)
{
	pca_machine_destroy(NULL);
	pca_task_destroy(NULL);
}
END_TEST

static Suite *machine_suite(void)
{
	Suite *suite = suite_create("machine");
	TCase *tc = add_case(suite, "where CPUs come from");

	tcase_add_test(tc, default_machine_has_the_hosts_possible_cpus);
	tcase_add_test(tc, synthetic_topology_gives_its_leaves_as_cpus);
	tcase_add_test(tc, xml_topology_gives_its_cpus);
	tcase_add_test(tc, possible_mask_wins_over_the_topologys_cpus);
	tcase_add_test(tc, topology_that_cannot_be_had_is_refused_with_a_reason);

	tc = add_case(suite, "cpulists");
	tcase_add_test(tc, cpulists_give_their_cpus);
	tcase_add_test(tc, bad_cpulists_are_refused_and_named);
	tcase_add_test(tc, more_than_4096_possible_cpus_are_refused);
	tcase_add_test(tc, online_cpus_must_be_possible);
	tcase_add_test(tc, offline_cpus_have_slots_in_lookups);
	tcase_add_test(tc, ids_and_ordinals_map_both_ways);
	tcase_add_test(tc, four_thousand_cpus_keep_their_slots_apart);

	tc = add_case(suite, "options");
	tcase_add_test(tc, opts_of_a_later_library_are_taken_if_their_tail_is_zero);
	tcase_add_test(tc, opts_of_an_earlier_library_leave_the_rest_at_defaults);
	tcase_add_test(tc, task_opts_follow_the_same_rule);
	tcase_add_test(tc, task_opts_that_cannot_be_met_are_refused);
	tcase_add_test(tc, unknown_run_mode_is_refused);
	tcase_add_test(tc, every_listed_release_can_be_chosen);
	tcase_add_test(tc, unknown_release_is_refused_with_the_choices);

	tc = add_case(suite, "several");
	tcase_add_test(tc, machines_share_nothing);
	tcase_add_test(tc, thousands_of_machines_leave_nothing_behind);

	tc = add_case(suite, "memory");
	tcase_add_test(tc, maps_beyond_the_memory_limit_return_enomem);
	tcase_add_test(tc, a_lower_memory_limit_holds_for_new_maps_only);
	tcase_add_test(tc, four_billion_entries_return_enomem);
	tcase_add_test(tc, sizes_above_the_address_space_return_enomem);
	tcase_add_test(tc, refused_maps_are_not_charged);

	tc = add_case(suite, "the end");
	tcase_add_test(tc, fds_left_open_are_told_at_destroy);
	tcase_add_test(tc, a_held_map_outlives_its_machine);
	tcase_add_test(tc, destroying_nothing_is_allowed);
	return suite;
}

TEST_MAIN(machine_suite)
