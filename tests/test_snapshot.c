// SPDX-License-Identifier: MIT
/* labels: threads */
/*
 * Snapshots: what they keep, what they find changed, the text of that, and writing
 * them back.
 */
#include "support.h"

#include "compiler.h"

#define SPARSE "0,2-3,7" /* ordinals are not ids */
#define TEXT_BYTES 16384

static const uint32_t sizes[] = { 1, 2, 3, 4, 7, 8, 9, 12, 4096 };
static const uint32_t types[] = { BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_ARRAY };

/* A map with a reference to it. */
struct place {
	struct world w;
	int fd;
	struct pca_map_ref *map;
};

static struct place open_in(struct world w, uint32_t type, uint32_t value_size, uint32_t nr)
{
	struct place p = { .w = w };

	p.fd = expect_fd(cmd_create(p.w.task, type, value_size, nr, 0));
	expect(pca_map_get(p.w.task, p.fd, &p.map), 0);
	return p;
}

static struct place open_place(uint32_t type, uint32_t value_size, uint32_t nr)
{
	return open_in(world_open(SPARSE, PCA_DIRECT), type, value_size, nr);
}

static void close_place(struct place *p)
{
	pca_map_put(p->map);
	expect(pca_close(p->w.task, p->fd), 0);
	world_close(&p->w);
}

static struct pca_map_snapshot *snapshot(struct place *p)
{
	struct pca_map_snapshot *s = NULL;

	expect(pca_map_snapshot(p->map, &s), 0);
	return s;
}

static void set_u64(struct place *p, uint32_t cpu, uint32_t key, uint64_t value)
{
	memcpy(pca_map_peek(p->map, cpu, key), &value, pca_map_value_size(p->map));
}

/* The text of what has changed since before is this; gives before back. */
static void expect_text_at(int line, struct place *p, struct pca_map_snapshot *before,
			   const char *want)
{
	static char text[TEXT_BYTES], cut[64];
	struct pca_map_snapshot *after = snapshot(p);
	int len = pca_map_diff_text(before, after, 0, text, sizeof(text));

	ck_assert_msg(!strcmp(text, want), "line %d: the text is\n%s\nexpected\n%s", line, text,
		      want);
	ck_assert_int_eq(len, (int)strlen(want));

	/* Like snprintf(): the length is the whole text's, what fits is written. */
	memset(cut, 'x', sizeof(cut));
	ck_assert_int_eq(pca_map_diff_text(before, after, 0, cut, 10), len);
	ck_assert_int_eq(strncmp(cut, want, 9), 0);
	ck_assert_int_eq(cut[len < 9 ? len : 9], '\0');
	ck_assert_int_eq(cut[10], 'x');
	ck_assert_int_eq(pca_map_diff_text(before, after, 0, NULL, 0), len);
	pca_map_snapshot_free(after);
	pca_map_snapshot_free(before);
}
#define expect_text(p, before, want) expect_text_at(__LINE__, p, before, want)

/* ---- what is kept ---- */

START_TEST(a_snapshot_keeps_every_element_of_every_possible_cpu)
{
	for (size_t i = 0; i < ARRAY_LEN(sizes) * ARRAY_LEN(types); i++) {
		uint32_t value_size = sizes[i / 2], type = types[i % 2];
		/* Keys on both sides of a strip's end. */
		uint32_t nr = value_size == 4096 ? 3 : 1100;
		struct place p = open_place(type, value_size, nr);
		bool is_shared = type == BPF_MAP_TYPE_ARRAY;
		struct pca_map_snapshot *s;

		row("value_size %u type %u", value_size, type);
		for (uint32_t at = 0; at < (is_shared ? 1 : 4); at++) {
			for (uint32_t key = 0; key < nr; key += nr / 3)
				fill(pca_map_peek(p.map, (uint32_t)pca_cpu_id(p.w.machine, at),
						  key),
				     value_size, key + at);
		}
		s = snapshot(&p);
		for (uint32_t at = 0; at < (is_shared ? 1 : 4); at++) {
			uint32_t cpu = (uint32_t)pca_cpu_id(p.w.machine, at);

			for (uint32_t key = 0; key < nr; key++) {
				const void *kept = pca_map_snapshot_peek(
					s, is_shared ? PCA_NO_CPU : (int)cpu, key);

				expect_bytes(kept, pca_map_peek(p.map, cpu, key),
					     (value_size + 7) / 8 * 8);
			}
		}
		pca_map_snapshot_free(s);
		close_place(&p);
	}
}
END_TEST

START_TEST(elements_that_do_not_exist_are_null)
{
	struct place p = open_place(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 4);
	struct place shared = open_place(BPF_MAP_TYPE_ARRAY, 8, 4);
	struct pca_map_snapshot *s = snapshot(&p), *of_shared = snapshot(&shared);

	ck_assert_ptr_nonnull(pca_map_snapshot_peek(s, 7, 3));
	ck_assert_ptr_null(pca_map_snapshot_peek(s, 7, 4));
	ck_assert_ptr_null(pca_map_snapshot_peek(s, 1, 3));
	ck_assert_ptr_null(pca_map_snapshot_peek(s, 8, 3));
	ck_assert_ptr_null(pca_map_snapshot_peek(s, PCA_NO_CPU, 3));
	ck_assert_ptr_nonnull(pca_map_snapshot_peek(of_shared, PCA_NO_CPU, 3));
	ck_assert_ptr_null(pca_map_snapshot_peek(of_shared, 0, 3));
	ck_assert_ptr_null(pca_map_snapshot_peek(of_shared, PCA_NO_CPU, 4));
	pca_map_snapshot_free(s);
	pca_map_snapshot_free(of_shared);
	pca_map_snapshot_free(NULL);
	close_place(&shared);
	close_place(&p);
}
END_TEST

/* Fact: a snapshot does not need its map, its fd's mode or its machine. */
START_TEST(a_snapshot_outlives_map_and_machine)
{
	struct world w = world_open(SPARSE, PCA_DIRECT);
	int fd = expect_fd(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 2, BPF_F_WRONLY));
	int null = open("/dev/null", O_RDONLY);
	struct pca_map_snapshot *before, *after;
	uint64_t values[4] = { 1, 2, 3, 4 };
	char text[TEXT_BYTES];

	expect(pca_map_snapshot_fd(w.task, PCA_FIRST_FD + 9, &before), -EBADF);
	expect(pca_map_snapshot_fd(w.task, null, &before), -EINVAL);
	close(null);
	expect(pca_map_snapshot_fd(w.task, fd, &before), 0);
	expect(cmd_update(w.task, fd, &(uint32_t){ 1 }, values, 0), 0);
	expect(pca_map_snapshot_fd(w.task, fd, &after), 0);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
	ck_assert_int_gt(pca_map_diff_text(before, after, 0, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "cpu 0, key 1: 0 → 1\n"
			       "cpu 2, key 1: 0 → 2\n"
			       "cpu 3, key 1: 0 → 3\n"
			       "cpu 7, key 1: 0 → 4");
	pca_map_snapshot_free(before);
	pca_map_snapshot_free(after);
}
END_TEST

/* ---- what is found ---- */

struct found {
	struct pca_map_change changes[8];
	size_t nr;
};

static void find(void *arg, const struct pca_map_change *change)
{
	struct found *found = arg;

	ck_assert_uint_lt(found->nr, ARRAY_LEN(found->changes));
	found->changes[found->nr++] = *change;
}

START_TEST(each_byte_of_a_value_that_changes_is_found)
{
	for (size_t i = 0; i < ARRAY_LEN(sizes) * ARRAY_LEN(types); i++) {
		uint32_t value_size = sizes[i / 2], type = types[i % 2];
		struct place p = open_place(type, value_size, 70);
		bool is_shared = type == BPF_MAP_TYPE_ARRAY;

		row("value_size %u type %u", value_size, type);
		for (uint32_t at = 0; at<value_size; at += value_size> 64 ? 61 : 1) {
			struct pca_map_snapshot *before = snapshot(&p), *after;
			unsigned char *elem = pca_map_peek(p.map, 3, 69);
			struct found found = { .nr = 0 };

			elem[at]++;
			after = snapshot(&p);
			expect(pca_map_diff(before, after, 0, find, &found), 1);
			expect(found.nr, 1);
			expect(found.changes[0].cpu, is_shared ? PCA_NO_CPU : 3);
			expect(found.changes[0].key, 69);
			expect(found.changes[0].bytes, value_size);
			expect(((const unsigned char *)found.changes[0].before)[at], elem[at] - 1);
			expect_bytes(found.changes[0].after, elem, value_size);
			expect(pca_map_diff(before, before, 0, find, &found), 0);
			expect(pca_map_diff(before, after, 0, NULL, NULL), 1);
			pca_map_snapshot_free(before);
			pca_map_snapshot_free(after);
		}
		close_place(&p);
	}
}
END_TEST

START_TEST(changes_come_cpu_by_cpu_with_keys_ascending)
{
	struct place p = open_place(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 5000);
	struct pca_map_snapshot *before = snapshot(&p), *after;
	static const struct {
		uint32_t cpu, key;
	} want[] = { { 0, 4999 }, { 2, 0 }, { 2, 4000 }, { 7, 1 }, { 7, 2 } };
	struct found found = { .nr = 0 };

	for (size_t i = ARRAY_LEN(want); i-- > 0;)
		set_u64(&p, want[i].cpu, want[i].key, 5);
	after = snapshot(&p);
	expect(pca_map_diff(before, after, 0, find, &found), ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		row("change %zu", i);
		expect(found.changes[i].cpu, want[i].cpu);
		expect(found.changes[i].key, want[i].key);
	}
	pca_map_snapshot_free(before);
	pca_map_snapshot_free(after);
	close_place(&p);
}
END_TEST

/* Fact: 6.18 stores the padding that an update brings, 7.2 does not. */
START_TEST(padding_is_compared_when_asked_for)
{
	for (size_t release = 0; release < NR_MEASURED; release++) {
		struct place p = open_in(world_of_release(release, SPARSE, PCA_DIRECT),
					 BPF_MAP_TYPE_PERCPU_ARRAY, 3, 2);
		struct pca_map_snapshot *before = snapshot(&p), *after;
		unsigned char values[4 * 8] = { 0 };
		struct found found = { .nr = 0 };
		bool is_stored = release < R7_2;

		row("release %s", measured_releases[release]);
		values[8 + 5] = 1; /* of CPU 2, behind the value */
		expect(cmd_update(p.w.task, p.fd, &(uint32_t){ 0 }, values, 0), 0);
		after = snapshot(&p);
		expect(pca_map_diff(before, after, 0, NULL, NULL), 0);
		expect(pca_map_diff(before, after, PCA_DIFF_PADDING, find, &found), is_stored);
		if (is_stored) {
			expect(found.changes[0].cpu, 2);
			expect(found.changes[0].bytes, 8);
		}
		messages_catch();
		expect(pca_map_diff(before, after, 2, NULL, NULL), -EINVAL);
		expect_message("flags 0x2");
		pca_map_snapshot_free(before);
		pca_map_snapshot_free(after);
		close_place(&p);
	}
}
END_TEST

START_TEST(snapshots_of_different_shapes_return_einval)
{
	static const struct {
		const char *possible;
		uint32_t type, value_size, nr;
		const char *how;
	} rows[] = {
		{ SPARSE, BPF_MAP_TYPE_ARRAY, 8, 4, "each CPU has a copy in the first only" },
		{ SPARSE, BPF_MAP_TYPE_PERCPU_ARRAY, 7, 4,
		  "value_size is 8 in the first, 7 in the second" },
		{ SPARSE, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 5,
		  "max_entries is 4 in the first, 5 in the second" },
		{ "0-2", BPF_MAP_TYPE_PERCPU_ARRAY, 8, 4,
		  "the number of possible CPUs is 4 in the first, 3 in the second" },
		{ "0-3", BPF_MAP_TYPE_PERCPU_ARRAY, 8, 4,
		  "possible CPU number 2 is 2 in the first, 1 in the second" },
	};
	struct place p = open_place(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 4), same;
	struct pca_map_snapshot *first = snapshot(&p);
	char text[8] = "kept";

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct place other = open_in(world_open(rows[i].possible, PCA_DIRECT), rows[i].type,
					     rows[i].value_size, rows[i].nr);
		struct pca_map_snapshot *second = snapshot(&other);

		row("%s", rows[i].how);
		messages_catch();
		expect(pca_map_diff(first, second, 0, NULL, NULL), -EINVAL);
		expect_message(rows[i].how);
		expect(pca_map_diff_text(first, second, 0, text, sizeof(text)), -EINVAL);
		messages_clear();
		expect(pca_map_restore(p.map, second), -EINVAL);
		expect_message("pca_map_restore");
		expect_message(rows[i].how);
		pca_map_snapshot_free(second);
		close_place(&other);
	}
	/* Other maps, machines and releases do not matter. */
	same = open_in(world_of_release(R5_10, SPARSE, PCA_DIRECT), BPF_MAP_TYPE_PERCPU_ARRAY, 8,
		       4);
	set_u64(&same, 7, 3, 1);
	expect_text(&same, first, "cpu 7, key 3: 0 → 1");
	close_place(&same);
	close_place(&p);
}
END_TEST

/* ---- its words ---- */

START_TEST(numbers_are_unsigned_and_large_ones_hexadecimal_too)
{
	static const struct {
		uint32_t value_size;
		uint64_t from, to;
		const char *text;
	} rows[] = {
		{ 1, 4, 5, "cpu 3, key 17: 4 → 5" },
		{ 1, 0, 255, "cpu 3, key 17: 0 → 255" },
		{ 2, 65535, 1, "cpu 3, key 17: 65535 → 1" },
		{ 4, 0, 2147483647, "cpu 3, key 17: 0 → 2147483647" },
		{ 4, 0, 4294967295, "cpu 3, key 17: 0 → 4294967295 (0xffffffff)" },
		{ 8, 2147483648, 2, "cpu 3, key 17: 2147483648 (0x80000000) → 2" },
		{ 8, 0, UINT64_MAX,
		  "cpu 3, key 17: 0 → 18446744073709551615 (0xffffffffffffffff)" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct place p = open_place(BPF_MAP_TYPE_PERCPU_ARRAY, rows[i].value_size, 18);
		struct pca_map_snapshot *before;

		set_u64(&p, 3, 17, rows[i].from);
		before = snapshot(&p);
		set_u64(&p, 3, 17, rows[i].to);
		expect_text(&p, before, rows[i].text);
		close_place(&p);
	}
}
END_TEST

START_TEST(values_of_other_sizes_are_told_word_by_word)
{
	static const struct {
		uint32_t type, value_size, at[3];
		const char *text;
	} rows[] = {
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 3, { 2, 2, 2 }, "cpu 2, key 1: 00 00 00 → 00 00 01" },
		{ BPF_MAP_TYPE_ARRAY, 3, { 0, 0, 0 }, "key 1: 00 00 00 → 01 00 00" },
		{ BPF_MAP_TYPE_ARRAY, 8, { 0, 0, 0 }, "key 1: 0 → 1" },
		{ BPF_MAP_TYPE_PERCPU_ARRAY,
		  7,
		  { 0, 3, 6 },
		  "cpu 2, key 1: 00 00 00 00 00 00 00 → 01 00 00 01 00 00 01" },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 9, { 8, 8, 8 }, "cpu 2, key 1, byte 8: 0 → 1" },
		{ BPF_MAP_TYPE_PERCPU_ARRAY,
		  12,
		  { 0, 8, 8 },
		  "cpu 2, key 1, bytes 0-7: 0 → 1\n"
		  "cpu 2, key 1, bytes 8-11: 0 → 1" },
		{ BPF_MAP_TYPE_ARRAY, 16, { 8, 8, 8 }, "key 1, bytes 8-15: 0 → 1" },
		{ BPF_MAP_TYPE_PERCPU_ARRAY,
		  4096,
		  { 0, 2048, 4088 },
		  "cpu 2, key 1, bytes 0-7: 0 → 1\n"
		  "cpu 2, key 1, bytes 2048-2055: 0 → 1\n"
		  "cpu 2, key 1, bytes 4088-4095: 0 → 1" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct place p = open_place(rows[i].type, rows[i].value_size, 2);
		struct pca_map_snapshot *before = snapshot(&p);
		unsigned char *elem = pca_map_peek(p.map, 2, 1);

		for (size_t j = 0; j < ARRAY_LEN(rows[i].at); j++)
			elem[rows[i].at[j]] = 1;
		expect_text(&p, before, rows[i].text);
		close_place(&p);
	}
}
END_TEST

START_TEST(twenty_lines_are_told_and_the_rest_counted)
{
	struct place p = open_place(BPF_MAP_TYPE_ARRAY, 8, 140);
	char want[TEXT_BYTES] = "";
	struct pca_map_snapshot *before;

	expect_text(&p, snapshot(&p), "");
	before = snapshot(&p);
	for (uint32_t key = 0; key < 20; key++) {
		set_u64(&p, 0, key, key + 1);
		sprintf(want + strlen(want), "%skey %u: 0 → %u", key ? "\n" : "", key, key + 1);
	}
	expect_text(&p, before, want);
	for (uint32_t key = 0; key < 20; key++)
		set_u64(&p, 0, key, 0);
	before = snapshot(&p);
	for (uint32_t key = 0; key < 140; key++)
		set_u64(&p, 0, key, key + 1);
	strcat(want, "\n... and 120 more");
	expect_text(&p, before, want);
	close_place(&p);
}
END_TEST

/* ---- writing back ---- */

START_TEST(restoring_brings_back_every_byte)
{
	for (size_t i = 0; i < ARRAY_LEN(sizes) * ARRAY_LEN(types); i++) {
		uint32_t value_size = sizes[i / 2], type = types[i % 2];
		struct place p = open_place(type, value_size, 300);
		uint32_t elem_size = (value_size + 7) / 8 * 8;
		struct pca_map_snapshot *empty = snapshot(&p), *before, *after;

		row("value_size %u type %u", value_size, type);
		fill(pca_map_peek(p.map, 2, 299), elem_size, 1);
		before = snapshot(&p);
		fill(pca_map_peek(p.map, 2, 299), elem_size, 2);
		fill(pca_map_peek(p.map, 7, 0), elem_size, 3);
		expect(cmd_freeze(p.w.task, p.fd), 0);
		expect(pca_map_restore(p.map, before), 0);
		after = snapshot(&p);
		expect(pca_map_diff(before, after, PCA_DIFF_PADDING, NULL, NULL), 0);
		expect(pca_map_diff(empty, after, 0, NULL, NULL), 1);
		pca_map_snapshot_free(after);
		expect(pca_map_restore(p.map, empty), 0);
		after = snapshot(&p);
		expect(pca_map_diff(empty, after, PCA_DIFF_PADDING, NULL, NULL), 0);
		pca_map_snapshot_free(after);
		pca_map_snapshot_free(before);
		pca_map_snapshot_free(empty);
		close_place(&p);
	}
}
END_TEST

/* ---- big maps ---- */

static long rss_bytes(void)
{
	long pages = 0;
	FILE *statm = fopen("/proc/self/statm", "r");

	ck_assert_ptr_nonnull(statm);
	ck_assert_int_eq(fscanf(statm, "%*s %ld", &pages), 1);
	fclose(statm);
	return pages * sysconf(_SC_PAGESIZE);
}

/* Fact: 64 MiB of which two pages were written take less than a MiB. */
START_TEST(pages_of_zeros_are_not_kept)
{
	struct place p =
		open_in(world_open("0-127", PCA_DIRECT), BPF_MAP_TYPE_PERCPU_ARRAY, 8, 65536);
	struct pca_map_snapshot *before, *after;
	long rss = rss_bytes();
	char text[TEXT_BYTES];

	before = snapshot(&p);
	set_u64(&p, 5, 65535, 4);
	set_u64(&p, 127, 0, 6);
	after = snapshot(&p);
	ck_assert_int_gt(pca_map_diff_text(before, after, 0, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "cpu 5, key 65535: 0 → 4\ncpu 127, key 0: 0 → 6");
	expect(pca_map_restore(p.map, before), 0);
	if (!BUILT_WITH_ASAN && !BUILT_WITH_TSAN && !BUILT_FOR_MEMCHECK)
		ck_assert_int_lt(rss_bytes() - rss, 1 << 20);
	pca_map_snapshot_free(before);
	pca_map_snapshot_free(after);
	close_place(&p);
}
END_TEST

/* ---- beside running programs ---- */

#define HALVES 0x100000001ULL

/* Both halves of the word count alike: a torn copy would show. */
static int count(void *ctx)
{
	const uint32_t key = 1;

	for (int i = 0; i < 20000; i++) {
		volatile uint64_t *value = pca_map_lookup_elem(ctx, &key);

		*value += HALVES;
	}
	return 0;
}

START_TEST(snapshots_beside_running_programs_see_no_torn_word)
{
	struct place p = open_place(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 2);
	const struct pca_map_use use = {
		.map_fd = p.fd,
		.helper = BPF_FUNC_map_lookup_elem,
		.access = PCA_READ | PCA_WRITE,
	};
	struct pca_prog_load_opts load = {
		.size = sizeof(load),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = count,
		.uses = &use,
		.nr_uses = 1,
	};
	int fd = expect_fd(pca_prog_load(p.w.task, &load));
	static const int cpus[] = { 0, 2, 3, 7 };
	struct pca_run runs[ARRAY_LEN(cpus)];
	struct pca_prog *prog;
	bool all_done;

	expect(pca_prog_get(p.w.task, fd, &prog), 0);
	for (size_t i = 0; i < ARRAY_LEN(cpus); i++)
		expect(pca_run_submit(&runs[i], prog, (uint32_t)cpus[i], p.map), 0);
	do {
		struct pca_map_snapshot *s = snapshot(&p);

		all_done = true;
		for (size_t i = 0; i < ARRAY_LEN(cpus); i++) {
			uint64_t value;

			all_done &= pca_run_is_done(&runs[i]);
			memcpy(&value, pca_map_snapshot_peek(s, cpus[i], 1), sizeof(value));
			ck_assert_uint_eq(value >> 32, value & UINT32_MAX);
			memcpy(&value, pca_map_snapshot_peek(s, cpus[i], 0), sizeof(value));
			ck_assert_uint_eq(value, 0);
		}
		pca_map_snapshot_free(s);
	} while (!all_done);
	for (size_t i = 0; i < ARRAY_LEN(cpus); i++)
		expect(pca_run_wait(&runs[i]), 0);
	expect_text(&p, snapshot(&p), "");
	pca_prog_put(prog);
	expect(pca_close(p.w.task, fd), 0);
	close_place(&p);
}
END_TEST

static Suite *snapshot_suite(void)
{
	Suite *suite = suite_create("snapshot");
	TCase *tc = add_case(suite, "snapshot");

	tcase_add_test(tc, a_snapshot_keeps_every_element_of_every_possible_cpu);
	tcase_add_test(tc, elements_that_do_not_exist_are_null);
	tcase_add_test(tc, a_snapshot_outlives_map_and_machine);
	tcase_add_test(tc, each_byte_of_a_value_that_changes_is_found);
	tcase_add_test(tc, changes_come_cpu_by_cpu_with_keys_ascending);
	tcase_add_test(tc, padding_is_compared_when_asked_for);
	tcase_add_test(tc, snapshots_of_different_shapes_return_einval);
	tcase_add_test(tc, numbers_are_unsigned_and_large_ones_hexadecimal_too);
	tcase_add_test(tc, values_of_other_sizes_are_told_word_by_word);
	tcase_add_test(tc, twenty_lines_are_told_and_the_rest_counted);
	tcase_add_test(tc, restoring_brings_back_every_byte);
	tcase_add_test(tc, pages_of_zeros_are_not_kept);
	tcase_add_test(tc, snapshots_beside_running_programs_see_no_torn_word);
	return suite;
}

TEST_MAIN(snapshot_suite)
