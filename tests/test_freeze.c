// SPDX-License-Identifier: MIT
/*
 * FREEZE: whom it stops (commands that write) and whom it does not (reads,
 * programs).
 */
#include "support.h"

static void expect_frozen_in_fdinfo(const struct world *w, int fd, int want)
{
	char text[512];

	ck_assert_int_gt(pca_fdinfo(w->task, fd, text, sizeof(text)), 0);
	ck_assert_ptr_nonnull(strstr(text, want ? "frozen:\t1\n" : "frozen:\t0\n"));
}

/* Fact (6.12+): attr | fd | EPERM if the fd is not writable or the map is frozen already. */
START_TEST(freezing_twice_returns_eperm)
{
	static const uint32_t types[] = { BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_ARRAY };

	for (size_t t = 0; t < ARRAY_LEN(types); t++) {
		for (size_t m = 0; m < nr_cpu_masks; m++) {
			struct world w = world_open(cpu_masks[m], (enum pca_task_memory)t);
			int fd = expect_fd(cmd_create(w.task, types[t], 7, 2, 0));

			row("type %u mask %s", types[t], cpu_masks[m]);
			expect_frozen_in_fdinfo(&w, fd, 0);
			expect(cmd_freeze(w.task, fd), 0);
			expect(cmd_freeze(w.task, fd), -EPERM);
			expect_frozen_in_fdinfo(&w, fd, 1);
			expect(pca_close(w.task, fd), 0);
			world_close(&w);
		}
	}
}
END_TEST

START_TEST(freezing_needs_a_writable_fd)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	int rdonly = expect_fd(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 9, 2, BPF_F_RDONLY));
	int wronly = expect_fd(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 9, 2, BPF_F_WRONLY));

	expect(cmd_freeze(w.task, rdonly), -EPERM);
	expect_frozen_in_fdinfo(&w, rdonly, 0);
	expect(cmd_freeze(w.task, wronly), 0);
	expect_frozen_in_fdinfo(&w, wronly, 1);
	expect(cmd_freeze(w.task, rdonly), -EPERM);
	expect(pca_close(w.task, rdonly), 0);
	expect(pca_close(w.task, wronly), 0);
	world_close(&w);
}
END_TEST

START_TEST(fds_that_are_no_maps_cannot_be_frozen)
{
	struct world w = world_open(NULL, PCA_DIRECT);
	int file = open("/dev/null", O_RDWR);

	expect(cmd_freeze(w.task, -1), -EBADF);
	expect(cmd_freeze(w.task, PCA_FIRST_FD), -EBADF);
	expect(cmd_freeze(w.task, file), -EINVAL);
	close(file);
	expect(cmd_freeze(w.task, file), -EBADF);
	world_close(&w);
}
END_TEST

/* Fact: no capability is needed. */
START_TEST(freezing_needs_no_capability)
{
	struct pca_machine_opts machine_opts = { .size = sizeof(machine_opts), .possible = "0,2" };
	struct pca_task_opts poor = { .size = sizeof(poor), .dropped_caps = ~0ULL, .uid = 65534 };
	struct world w = world_open_with(&machine_opts, NULL);
	struct pca_task *nobody;
	int got, fd = percpu_map(&w, 9, 2);
	struct {
		uint64_t path;
		int32_t fd;
		uint32_t flags;
	} pin = { (uintptr_t) "/sys/fs/bpf/m", fd, 0 }, get = { (uintptr_t) "/sys/fs/bpf/m", 0, 0 };

	expect(pca_task_create(&nobody, w.machine, &poor), 0);
	expect(pca_bpf(w.task, BPF_OBJ_PIN, &pin, sizeof(pin)), 0);
	expect(pca_chmod(w.task, "/sys/fs/bpf/m", 0666), 0);
	got = expect_fd(pca_bpf(nobody, BPF_OBJ_GET, &get, sizeof(get)));
	expect(cmd_freeze(nobody, got), 0);
	expect(cmd_freeze(w.task, fd), -EPERM);
	expect(pca_close(nobody, got), 0);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

static void expect_writes_refused(const struct world *w, int fd, void *values)
{
	const uint32_t keys[] = { 0, 1, 2, UINT32_MAX };
	const uint64_t flags[] = { 0, 1, 2, 3, 4, 8, ~0ULL };

	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		for (size_t f = 0; f < ARRAY_LEN(flags); f++) {
			row("fd %d key %u flags %llu", fd, keys[k], (unsigned long long)flags[f]);
			expect(cmd_update(w->task, fd, &keys[k], values, flags[f]), -EPERM);
			expect(cmd_update(w->task, fd, NULL, NULL, flags[f]), -EPERM);
		}
		expect(cmd_delete(w->task, fd, &keys[k]), -EPERM);
		expect(cmd_lookup_and_delete(w->task, fd, &keys[k], values, 0), -EPERM);
	}
	expect(cmd_delete(w->task, fd, NULL), -EPERM);

	static const int batches[] = { BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH,
				       BPF_MAP_LOOKUP_AND_DELETE_BATCH };

	for (size_t i = 0; i < ARRAY_LEN(batches); i++) {
		struct batch batch = { .keys = (void *)(uintptr_t)keys,
				       .values = values,
				       .count = 1 };

		row("fd %d batch %d", fd, batches[i]);
		expect(cmd_batch(w->task, batches[i], fd, &batch), -EPERM);
		expect(batch.count, 1);
		batch = (struct batch){ .count = 0, .elem_flags = 77 };
		expect(cmd_batch(w->task, batches[i], fd, &batch), -EPERM);
	}
}

/*
 * Fact: freezing blocks writes through every fd, also ones opened later (which
 * still succeeds, WRONLY too), with EPERM, before key and flag checks.
 */
START_TEST(writes_through_every_fd_return_eperm)
{
	struct world w = world_open("0,4-6,127", PCA_DIRECT);
	unsigned char values[5 * 16], back[5 * 16];
	uint32_t key = 1;
	int fd = percpu_map(&w, 12, 2), copy = expect_fd(pca_dup(w.task, fd, 0));
	uint32_t id = id_of_map(w.task, fd);
	int before = expect_fd(cmd_fd_by_id(w.task, id, BPF_F_WRONLY));

	fill(values, sizeof(values), 1);
	expect(cmd_update(w.task, fd, &key, values, 0), 0);
	expect(cmd_freeze(w.task, copy), 0);

	int after = expect_fd(cmd_fd_by_id(w.task, id, 0));
	int wronly_after = expect_fd(cmd_fd_by_id(w.task, id, BPF_F_WRONLY));
	const int fds[] = { fd, copy, before, after, wronly_after };

	fill(back, sizeof(back), 9);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		expect_writes_refused(&w, fds[i], back);
	expect(cmd_lookup(w.task, fd, &key, back, 0), 0);
	expect_bytes(back, values, sizeof(values));
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		expect(pca_close(w.task, fds[i]), 0);
	world_close(&w);
}
END_TEST

/* Fact: reads are unaffected; info has no field for it. */
START_TEST(reads_of_a_frozen_map_work)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	unsigned char values[3][16], info[104] = { 0 }, info_frozen[104] = { 0 };
	uint32_t keys[3], next, out, len = 104;
	int fd = percpu_map(&w, 3, 3);
	struct batch batch = { .out_batch = &out, .keys = keys, .values = values, .count = 3 };

	expect(cmd_info(w.task, fd, info, &len), 0);
	expect(cmd_freeze(w.task, fd), 0);
	expect(cmd_info(w.task, fd, info_frozen, &len), 0);
	expect_bytes(info_frozen, info, sizeof(info));
	keys[0] = 2;
	expect(cmd_lookup(w.task, fd, &keys[0], values, 0), 0);
	expect(cmd_next_key(w.task, fd, NULL, &next), 0);
	expect(cmd_batch(w.task, BPF_MAP_LOOKUP_BATCH, fd, &batch), 0);
	expect(batch.count, 3);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

static int write_element(void *ctx)
{
	const uint32_t key = 1;
	unsigned char *value = pca_map_lookup_elem(ctx, &key);

	value[0] = (unsigned char)(1 + pca_get_smp_processor_id());
	return (int)pca_map_update_elem(ctx, &(uint32_t){ 0 }, "seven!!", BPF_ANY);
}

/* Fact: programs may still write. */
START_TEST(programs_may_write_a_frozen_map)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	int fd = percpu_map(&w, 7, 2), retvals[2] = { -1, -1 };
	const struct pca_map_use uses[] = {
		{ .map_fd = fd, .helper = BPF_FUNC_map_lookup_elem, .access = PCA_WRITE },
		{ .map_fd = fd, .helper = BPF_FUNC_map_update_elem },
	};
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = write_element,
		.uses = uses,
		.nr_uses = ARRAY_LEN(uses),
	};
	struct pca_map_ref *map;
	struct pca_prog *prog;
	unsigned char values[2][8];
	uint32_t key = 1;

	expect(cmd_freeze(w.task, fd), 0);
	int prog_fd = expect_fd(pca_prog_load(w.task, &opts));

	expect(pca_prog_get(w.task, prog_fd, &prog), 0);
	expect(pca_map_get(w.task, fd, &map), 0);
	expect(pca_run_on_each_cpu(prog, map, retvals), 2);
	expect(retvals[0], 0);
	expect(retvals[1], 0);
	expect(cmd_lookup(w.task, fd, &key, values, 0), 0);
	expect(values[0][0], 1);
	expect(values[1][0], 3);
	key = 0;
	expect(cmd_lookup(w.task, fd, &key, values, 0), 0);
	ck_assert_mem_eq(values[1], "seven!!", 7);
	pca_map_put(map);
	pca_prog_put(prog);
	expect(pca_close(w.task, prog_fd), 0);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

static Suite *freeze_suite(void)
{
	Suite *suite = suite_create("freeze");
	TCase *tc = add_case(suite, "freeze");

	tcase_add_test(tc, freezing_twice_returns_eperm);
	tcase_add_test(tc, freezing_needs_a_writable_fd);
	tcase_add_test(tc, fds_that_are_no_maps_cannot_be_frozen);
	tcase_add_test(tc, freezing_needs_no_capability);
	tcase_add_test(tc, writes_through_every_fd_return_eperm);
	tcase_add_test(tc, reads_of_a_frozen_map_work);
	tcase_add_test(tc, programs_may_write_a_frozen_map);
	return suite;
}

TEST_MAIN(freeze_suite)
