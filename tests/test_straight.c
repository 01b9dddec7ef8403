// SPDX-License-Identifier: MIT
/*
 * LOOKUP and UPDATE answer the same on the straight way as on the way of all commands,
 * which an attr at an odd address always takes.
 */
#include "support.h"

#define NR_ELEMS 5

/* fds of the world's one map, by what they may do, and others. */
enum { FD_MAP, FD_READER, FD_WRITER, FD_FROZEN, FD_PROG, FD_CLOSED, NR_FDS };

static const struct row {
	const char *name;
	int fd;
	uint32_t key;
	uint64_t flags;
	uint32_t size, nonzero_at; /* of the attr; a byte that is set, 0: none */
	bool has_no_key, has_no_value;
} rows[] = {
	{ "an element", FD_MAP, 3, 0, ELEM_ATTR_END, 0, false, false },
	{ "the last element", FD_MAP, NR_ELEMS - 1, 0, ELEM_ATTR_END, 0, false, false },
	{ "no such element", FD_MAP, NR_ELEMS, 0, ELEM_ATTR_END, 0, false, false },
	{ "the largest key", FD_MAP, UINT32_MAX, 0, ELEM_ATTR_END, 0, false, false },
	{ "flag 1", FD_MAP, 3, 1, ELEM_ATTR_END, 0, false, false },
	{ "flag 2", FD_MAP, 3, 2, ELEM_ATTR_END, 0, false, false },
	{ "a high flag", FD_MAP, 3, 1ULL << 40, ELEM_ATTR_END, 0, false, false },
	{ "a whole attr", FD_MAP, 3, 0, ATTR_BYTES, 0, false, false },
	{ "a longer attr", FD_MAP, 3, 0, ATTR_BYTES + 40, 0, false, false },
	{ "a byte after the flags", FD_MAP, 3, 0, ATTR_BYTES, ELEM_ATTR_END, false, false },
	{ "the attr's last byte", FD_MAP, 3, 0, ATTR_BYTES, ATTR_BYTES - 1, false, false },
	{ "a byte beyond", FD_MAP, 3, 0, ATTR_BYTES + 40, ATTR_BYTES + 39, false, false },
	{ "a byte that is not passed", FD_MAP, 3, 0, ELEM_ATTR_END, ELEM_ATTR_END, false, false },
	{ "an attr without flags", FD_MAP, 3, 1, ELEM_ATTR_END - 8, 0, false, false },
	{ "an attr that ends in its flags", FD_MAP, 3, 0, ELEM_ATTR_END - 1, 0, false, false },
	{ "an empty attr", FD_MAP, 3, 0, 0, 0, false, false },
	{ "no key", FD_MAP, 3, 0, ELEM_ATTR_END, 0, true, false },
	{ "no value", FD_MAP, 3, 0, ELEM_ATTR_END, 0, false, true },
	{ "no value for no element", FD_MAP, NR_ELEMS, 0, ELEM_ATTR_END, 0, false, true },
	{ "an fd to read by", FD_READER, 3, 0, ELEM_ATTR_END, 0, false, false },
	{ "an fd to write by", FD_WRITER, 3, 0, ELEM_ATTR_END, 0, false, false },
	{ "a frozen map", FD_FROZEN, 3, 0, ELEM_ATTR_END, 0, false, false },
	{ "a program", FD_PROG, 3, 0, ELEM_ATTR_END, 0, false, false },
	{ "a closed fd", FD_CLOSED, 3, 0, ELEM_ATTR_END, 0, false, false },
};

static int nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

static void open_fds(const struct world *w, uint32_t value_size, int fds[NR_FDS])
{
	struct pca_prog_load_opts opts = { .type = BPF_PROG_TYPE_RAW_TRACEPOINT, .fn = nothing };

	fds[FD_MAP] = percpu_map(w, value_size, NR_ELEMS);
	fds[FD_FROZEN] = percpu_map(w, value_size, NR_ELEMS);
	expect(cmd_freeze(w->task, fds[FD_FROZEN]), 0);
	fds[FD_READER] =
		expect_fd(cmd_fd_by_id(w->task, id_of_map(w->task, fds[FD_MAP]), BPF_F_RDONLY));
	fds[FD_WRITER] =
		expect_fd(cmd_fd_by_id(w->task, id_of_map(w->task, fds[FD_MAP]), BPF_F_WRONLY));
	fds[FD_PROG] = expect_fd(pca_prog_load(w->task, &opts));
	fds[FD_CLOSED] = percpu_map(w, value_size, NR_ELEMS);
	expect(pca_close(w->task, fds[FD_CLOSED]), 0);
}

/* One command of a row, with its attr so many bytes behind an aligned address. */
static long act(const struct world *w, const struct row *r, int cmd, int fd, void *value,
		size_t behind)
{
	static unsigned char room[512] __attribute__((aligned(16)));
	uint32_t key = r->key;
	union any_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.bpf.map_fd = (uint32_t)fd;
	attr.bpf.key = r->has_no_key ? 8 : (uintptr_t)&key;
	attr.bpf.value = r->has_no_value ? 0 : (uintptr_t)value;
	attr.bpf.flags = r->flags;
	if (r->nonzero_at)
		attr.bytes[r->nonzero_at] = 1;
	memcpy(room + behind, &attr, r->size > ELEM_ATTR_END ? r->size : ELEM_ATTR_END + 1);
	return pca_bpf(w->task, cmd, room + behind, r->size);
}

/* All elements of a map in a row. */
static void read_all(const struct world *w, int fd, size_t bytes, unsigned char *to)
{
	for (uint32_t key = 0; key < NR_ELEMS; key++)
		expect(cmd_lookup(w->task, fd, &key, to + key * bytes, 0), 0);
}

static void expect_same_answers(const struct row *r, const char *release, uint32_t value_size)
{
	enum { STRAIGHT, PLAIN };
	unsigned char values[2][1024], maps[2][NR_ELEMS * 1024];
	long update[2], lookup[2];
	size_t bytes = 0;

	for (int way = STRAIGHT; way <= PLAIN; way++) {
		struct pca_machine_opts opts = {
			.size = sizeof(opts),
			.possible = "0,2-3,7",
			.release = release,
		};
		struct world w = world_open_with(&opts, NULL);
		int fds[NR_FDS];

		open_fds(&w, value_size, fds);
		bytes = lookup_bytes(&w, value_size);
		ck_assert_uint_le(bytes, sizeof(values[way]));
		fill(values[way], bytes, 7);
		update[way] = act(&w, r, BPF_MAP_UPDATE_ELEM, fds[r->fd], values[way], way);
		read_all(&w, fds[FD_MAP], bytes, maps[way]);
		memset(values[way], 0xee, bytes);
		lookup[way] = act(&w, r, BPF_MAP_LOOKUP_ELEM, fds[r->fd], values[way], way);
		world_close(&w);
	}
	row("%s, %s, value_size %u", r->name, release, value_size);
	expect(update[STRAIGHT], update[PLAIN]);
	expect(lookup[STRAIGHT], lookup[PLAIN]);
	expect_bytes(maps[STRAIGHT], maps[PLAIN], NR_ELEMS * bytes);
	expect_bytes(values[STRAIGHT], values[PLAIN], bytes);
}

START_TEST(both_ways_answer_the_same)
{
	static const uint32_t sizes[] = { 3, 8, 24 };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t release = 0; release < NR_MEASURED; release++)
			expect_same_answers(&rows[i], measured_releases[release],
					    sizes[i % ARRAY_LEN(sizes)]);
	}
}
END_TEST

/* Fact: libbpf's shape of the commands knows how long its buffer is. */
START_TEST(known_lengths_are_looked_at_on_the_straight_way)
{
	struct world w = world_open("0-3", PCA_DIRECT);
	int fd = percpu_map(&w, 8, NR_ELEMS);
	uint64_t values[4];
	uint32_t key = 1;

	fill(values, sizeof(values), 3);
	messages_catch();
	expect(pca_map_update(w.task, fd, &key, values, sizeof(values) - 1, BPF_ANY), -EFAULT);
	expect(pca_map_lookup(w.task, fd, &key, values, sizeof(values) - 1, 0), -EFAULT);
	ck_assert_uint_eq(messages_count(), 2);
	expect(pca_map_lookup(w.task, fd, &key, values, sizeof(values), 0), 0);
	expect_all(values, 0, sizeof(values));
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("straight");
	TCase *tc = add_case(suite, "answers");

	tcase_add_test(tc, both_ways_answer_the_same);
	tcase_add_test(tc, known_lengths_are_looked_at_on_the_straight_way);
	return suite;
}

TEST_MAIN(make_suite)
