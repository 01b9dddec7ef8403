// SPDX-License-Identifier: MIT
/*
 * Poisoned padding: what lookups deliver between values is no data, and shows it.
 */
#include "support.h"

#define NR_ENTRIES 3

static const uint32_t odd_sizes[] = { 1, 2, 3, 4, 5, 7, 8, 9, 12, 4095 };

static struct world open_poisoned(const char *possible, const char *release, bool is_checked)
{
	struct pca_machine_opts machine = {
		.possible = possible,
		.release = release,
		.poison_padding = true,
	};
	struct pca_task_opts task = { .memory = is_checked ? PCA_CHECKED : PCA_DIRECT };

	return world_open_with(&machine, &task);
}

/* Elements as they lie in a caller's buffer. */
struct layout {
	uint32_t value_size, slot; /* slot: with its padding */
	uint32_t nr_slots;	   /* of one element */
};

static struct layout layout_of(const struct world *w, uint32_t value_size)
{
	return (struct layout){ value_size, (value_size + 7) / 8 * 8,
				pca_num_possible_cpus(w->machine) };
}

/* nr slots at got hold want's values and poison. */
static void expect_poisoned(const struct layout *l, const unsigned char *got,
			    const unsigned char *want, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++, got += l->slot, want += l->slot) {
		expect_bytes(got, want, l->value_size);
		expect_all(got + l->value_size, PCA_PADDING_POISON, l->slot - l->value_size);
	}
}

static void check_lookups(const struct world *w, uint32_t value_size)
{
	const struct layout l = layout_of(w, value_size);
	const size_t bytes = lookup_bytes(w, value_size);
	unsigned char *want = calloc(NR_ENTRIES, bytes), *got = malloc(NR_ENTRIES * bytes);
	uint32_t keys[NR_ENTRIES], out;
	struct batch batch = {
		.out_batch = &out, .keys = keys, .values = got, .count = NR_ENTRIES
	};
	int fd = percpu_map(w, value_size, NR_ENTRIES);

	for (int is_fresh = 1; is_fresh >= 0; is_fresh--) {
		for (uint32_t key = 0; key < NR_ENTRIES; key++) {
			if (!is_fresh) {
				fill(want + key * bytes, bytes, key);
				expect(cmd_update(w->task, fd, &key, want + key * bytes, 0), 0);
			}
			expect(cmd_lookup(w->task, fd, &key, got, 0), 0);
			expect_poisoned(&l, got, want + key * bytes, l.nr_slots);
		}
		batch.count = NR_ENTRIES;
		expect(cmd_batch(w->task, BPF_MAP_LOOKUP_BATCH, fd, &batch), 0);
		expect_poisoned(&l, got, want, NR_ENTRIES * l.nr_slots);
	}
	expect(pca_close(w->task, fd), 0);
	free(want);
	free(got);
}

START_TEST(padding_in_lookups_is_poison)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		for (size_t s = 0; s < ARRAY_LEN(odd_sizes); s++) {
			for (int i = 0; i < 4; i++) {
				struct world w =
					open_poisoned(cpu_masks[m], i & 1 ? "7.2" : "6.18", i & 2);

				row("value_size %u, CPUs %s, kind %d", odd_sizes[s], cpu_masks[m],
				    i);
				check_lookups(&w, odd_sizes[s]);
				world_close(&w);
			}
		}
	}
}
END_TEST

/* A mistake made visible: with CPUs' values of 4 bytes side by side, all but the first. */
START_TEST(reader_that_steps_by_value_size_finds_poison)
{
	struct world w = open_poisoned("0-3", "7.2", false);
	uint32_t key = 0, ones[8] = { 1, 0, 1, 0, 1, 0, 1, 0 }, got[8], sum = 0;
	int fd = percpu_map(&w, 4, 1);

	expect(cmd_update(w.task, fd, &key, ones, 0), 0);
	expect(cmd_lookup(w.task, fd, &key, got, 0), 0);
	for (int cpu = 0; cpu < 4; cpu++)
		sum += got[cpu];
	ck_assert_uint_eq(sum, 2 + 2 * 0xa5a5a5a5U);
	world_close(&w);
}
END_TEST

static int read_padding(void *map)
{
	return ((unsigned char *)pca_map_lookup_elem(map, &(uint32_t){ 0 }))[7];
}

/* Programs may not look at padding; its bytes stay what they are on Linux. */
START_TEST(elements_themselves_are_not_poisoned)
{
	struct world w = open_poisoned("0,2", "7.2", false);
	struct pca_prog_load_opts opts = { .type = BPF_PROG_TYPE_RAW_TRACEPOINT,
					   .fn = read_padding };
	int fd = percpu_map(&w, 7, 1), retval = -1;
	unsigned char values[2][8];
	struct pca_map_ref *map;
	struct pca_prog *prog;

	expect(cmd_lookup(w.task, fd, &(uint32_t){ 0 }, values, 0), 0);
	expect(pca_map_get(w.task, fd, &map), 0);
	expect(pca_prog_get(w.task, expect_fd(pca_prog_load(w.task, &opts)), &prog), 0);
	expect(pca_run_on(prog, 2, map, &retval), 0);
	expect(retval, 0);
	pca_prog_put(prog);
	pca_map_put(map);
}
END_TEST

START_TEST(values_without_padding_are_as_ever)
{
	struct world w = open_poisoned("0-1", "7.2", false);
	unsigned char values[32], one[13];
	uint32_t key = 0;
	int fd = percpu_map(&w, 12, 1), shared = array_map(&w, 12, 1);

	/* One CPU's copy, and a shared element: value_size bytes, to the byte. */
	memset(one, 0xee, sizeof(one));
	expect(cmd_lookup(w.task, fd, &key, one, BPF_F_CPU | 1ULL << 32), 0);
	expect_all(one, 0, 12);
	ck_assert_uint_eq(one[12], 0xee);
	memset(values, 0xee, sizeof(values));
	expect(cmd_lookup(w.task, shared, &key, values, 0), 0);
	expect_all(values, 0, 12);
	expect_all(values + 12, 0xee, sizeof(values) - 12);
	world_close(&w);
}
END_TEST

static Suite *poison_suite(void)
{
	Suite *suite = suite_create("poison_padding");
	TCase *tc = add_case(suite, "poison");

	tcase_add_test(tc, padding_in_lookups_is_poison);
	tcase_add_test(tc, reader_that_steps_by_value_size_finds_poison);
	tcase_add_test(tc, elements_themselves_are_not_poisoned);
	tcase_add_test(tc, values_without_padding_are_as_ever);
	return suite;
}

TEST_MAIN(poison_suite)
