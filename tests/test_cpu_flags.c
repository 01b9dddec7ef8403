// SPDX-License-Identifier: MIT
/*
 * BPF_F_CPU and BPF_F_ALL_CPUS, which 7.2 and 7.3 take and older releases refuse:
 * what each command says to each combination of flags, which copies it touches, how
 * many bytes, and what becomes of the padding.
 */
#include "support.h"

#define PERCPU BPF_MAP_TYPE_PERCPU_ARRAY
#define ARRAY BPF_MAP_TYPE_ARRAY
#define LOOKUP_BATCH BPF_MAP_LOOKUP_BATCH
#define UPDATE_BATCH BPF_MAP_UPDATE_BATCH

#define CPU(id) ((uint64_t)(id) << 32 | BPF_F_CPU)
#define HIGH(n) ((uint64_t)(n) << 32)
#define ALL BPF_F_ALL_CPUS

#define MASK "0,2-3,7" /* ids and ordinals differ */
#define NR_CPUS 4
static const uint32_t cpu_ids[NR_CPUS] = { 0, 2, 3, 7 };

#define VALUE_SIZE 12
#define SLOT 16
#define KEYS 3
#define OLD 0x99

/* ---- which flags ---- */

struct flag_row {
	uint64_t flags;
	int lookup, update, lookup_batch, update_batch; /* on 7.x */
};

static const struct flag_row flag_rows[] = {
	{ 0, 0, 0, 0, 0 },
	{ 1, -EINVAL, -EEXIST, -EINVAL, -EINVAL },
	{ 2, -EINVAL, 0, -EINVAL, -EINVAL },
	{ 3, -EINVAL, 0, -EINVAL, -EINVAL },
	{ 4, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 5, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 6, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 7, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ CPU(0), 0, 0, 0, 0 },
	{ 9, -EINVAL, 0, -EINVAL, -EINVAL },
	{ 10, -EINVAL, 0, -EINVAL, -EINVAL },
	{ 11, -EINVAL, 0, -EINVAL, -EINVAL },
	{ 12, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 13, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 14, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 15, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ ALL, -EINVAL, 0, -EINVAL, 0 },
	{ 17, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 18, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 19, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 20, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ BPF_F_CPU | ALL, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 28, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 32, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 64, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 1ULL << 31, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 1ULL << 31 | CPU(2), -EINVAL, -EINVAL, -EINVAL, -EINVAL },

	/* A CPU's id, which need not be the place of its copy. */
	{ CPU(2), 0, 0, 0, 0 },
	{ CPU(3), 0, 0, 0, 0 },
	{ CPU(7), 0, 0, 0, 0 },
	{ CPU(7) | 1, -EINVAL, 0, -EINVAL, -EINVAL },
	{ CPU(7) | 2, -EINVAL, 0, -EINVAL, -EINVAL },
	{ CPU(7) | 3, -EINVAL, 0, -EINVAL, -EINVAL },
	{ CPU(7) | 4, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ CPU(7) | ALL, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ CPU(1), -ERANGE, -ERANGE, -ERANGE, -ERANGE },
	{ CPU(4), -ERANGE, -ERANGE, -ERANGE, -ERANGE },
	{ CPU(6), -ERANGE, -ERANGE, -ERANGE, -ERANGE },
	{ CPU(8), -ERANGE, -ERANGE, -ERANGE, -ERANGE },
	{ CPU(9999), -ERANGE, -ERANGE, -ERANGE, -ERANGE },
	{ CPU(1U << 31), -ERANGE, -ERANGE, -ERANGE, -ERANGE },
	{ CPU(UINT32_MAX), -ERANGE, -ERANGE, -ERANGE, -ERANGE },
	{ CPU(UINT32_MAX) | 1, -EINVAL, -ERANGE, -EINVAL, -EINVAL },
	{ CPU(UINT32_MAX) | ALL, -EINVAL, -EINVAL, -EINVAL, -EINVAL },

	/* A number without BPF_F_CPU. */
	{ HIGH(1), -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ HIGH(1) | 1, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ HIGH(1) | 2, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ HIGH(1) | 4, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ HIGH(2) | ALL, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ HIGH(UINT32_MAX), -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ 1ULL << 63, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	{ UINT64_MAX, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
};

/* Which copies a command that succeeds addresses: an ordinal, or one of these. */
enum { EACH = -1, SAME = -2 };

static int copies_of(uint64_t flags)
{
	if (flags & ALL)
		return SAME;
	for (int i = 0; i < NR_CPUS && (flags & BPF_F_CPU); i++) {
		if (cpu_ids[i] == flags >> 32)
			return i;
	}
	return EACH;
}

/* Set every byte of every value. */
static void set_all(const struct world *w, int fd, unsigned char byte)
{
	unsigned char value[NR_CPUS * SLOT];

	memset(value, byte, sizeof(value));
	for (uint32_t key = 0; key < KEYS; key++)
		expect(cmd_update(w->task, fd, &key, value, 0), 0);
}

/* What is in the slots of key after an update with buf, or, buf NULL, without one. */
static void expect_slots(const struct world *w, int fd, uint32_t key, int copies,
			 const unsigned char *buf, unsigned char padding)
{
	unsigned char got[NR_CPUS * SLOT], want[VALUE_SIZE];

	expect(cmd_lookup(w->task, fd, &key, got, 0), 0);
	for (int i = 0; i < NR_CPUS; i++) {
		memset(want, OLD, sizeof(want));
		if (buf && (copies == SAME || copies == i))
			memcpy(want, buf, sizeof(want));
		else if (buf && copies == EACH)
			memcpy(want, buf + i * SLOT, sizeof(want));
		expect_bytes(got + i * SLOT, want, sizeof(want));
		expect_all(got + i * SLOT + VALUE_SIZE, padding, SLOT - VALUE_SIZE);
	}
}

/* What older releases say: flags above BPF_EXIST are refused. */
static int old_update(uint64_t flags)
{
	return flags == 0 || flags == 2 ? 0 : flags == 1 ? -EEXIST : -EINVAL;
}

static int old_batch(size_t release, uint64_t flags)
{
	return release == R5_10 ? -PCA_ENOTSUPP : flags ? -EINVAL : 0;
}

static void check_update(const struct world *w, size_t release, int fd,
			 const struct flag_row *flag_row)
{
	const uint64_t flags = flag_row->flags;
	int want = release >= R7_2 ? flag_row->update : old_update(flags);
	unsigned char buf[NR_CPUS * SLOT];
	uint32_t key = 1, past_end = KEYS;

	fill(buf, sizeof(buf), (uint32_t)flags + 3);
	if (release < R7_2)
		for (int i = 0; i < NR_CPUS; i++)
			memset(buf + i * SLOT + VALUE_SIZE, OLD, SLOT - VALUE_SIZE);
	set_all(w, fd, OLD);
	expect(cmd_update(w->task, fd, &key, buf, flags), want);
	expect_slots(w, fd, 1, copies_of(flags), want ? NULL : buf, release >= R7_2 ? 0 : OLD);
	expect_slots(w, fd, 0, EACH, NULL, release >= R7_2 ? 0 : OLD);
	/* Fact: key >= max is E2BIG after the flags, and before EEXIST. */
	expect(cmd_update(w->task, fd, &past_end, buf, flags),
	       want && want != -EEXIST ? want : -E2BIG);
}

static void check_lookup(const struct world *w, size_t release, int fd,
			 const struct flag_row *flag_row)
{
	const uint64_t flags = flag_row->flags;
	int want = release >= R7_2 ? flag_row->lookup : flags ? -EINVAL : 0;
	unsigned char buf[NR_CPUS * SLOT], got[NR_CPUS * SLOT];
	int copies = copies_of(flags);
	uint32_t key = 1, past_end = KEYS;

	fill(buf, sizeof(buf), 5);
	expect(cmd_update(w->task, fd, &key, buf, 0), 0);
	memset(got, 0xee, sizeof(got));
	expect(cmd_lookup(w->task, fd, &key, got, flags), want);
	if (want) {
		expect_all(got, 0xee, sizeof(got));
	} else if (copies >= 0) {
		expect_bytes(got, buf + copies * SLOT, VALUE_SIZE);
		expect_all(got + VALUE_SIZE, 0xee, sizeof(got) - VALUE_SIZE);
	}
	expect(cmd_lookup(w->task, fd, &past_end, got, flags), want ? want : -ENOENT);
}

static void check_update_batch(const struct world *w, size_t release, int fd,
			       const struct flag_row *flag_row)
{
	const uint64_t flags = flag_row->flags;
	int want = release >= R7_2 ? flag_row->update_batch : old_batch(release, flags);
	int copies = copies_of(flags);
	size_t stride = copies == EACH ? NR_CPUS * SLOT : VALUE_SIZE;
	unsigned char buf[KEYS * NR_CPUS * SLOT];
	uint32_t keys[] = { 2, 0 };
	struct batch batch = { .keys = keys, .values = buf, .count = 2, .elem_flags = flags };

	fill(buf, sizeof(buf), 9);
	if (release < R7_2)
		for (size_t i = 0; i < sizeof(buf) / SLOT; i++)
			memset(buf + i * SLOT + VALUE_SIZE, OLD, SLOT - VALUE_SIZE);
	set_all(w, fd, OLD);
	expect(cmd_batch(w->task, UPDATE_BATCH, fd, &batch), want);
	ck_assert_uint_eq(batch.count, 2);
	expect_slots(w, fd, 2, copies, want ? NULL : buf, release >= R7_2 ? 0 : OLD);
	expect_slots(w, fd, 0, copies, want ? NULL : buf + stride, release >= R7_2 ? 0 : OLD);
	expect_slots(w, fd, 1, copies, NULL, release >= R7_2 ? 0 : OLD);
	batch.count = 0;
	expect(cmd_batch(w->task, UPDATE_BATCH, fd, &batch), want);
}

static void check_lookup_batch(const struct world *w, size_t release, int fd,
			       const struct flag_row *flag_row)
{
	const uint64_t flags = flag_row->flags;
	int want = release >= R7_2 ? flag_row->lookup_batch : old_batch(release, flags);
	int copies = copies_of(flags);
	unsigned char model[KEYS][NR_CPUS * SLOT], got[KEYS * NR_CPUS * SLOT];
	uint32_t keys[KEYS], last;
	struct batch batch = { NULL, &last, keys, got, KEYS, flags, UINT64_MAX };

	for (uint32_t key = 0; key < KEYS; key++) {
		fill(model[key], sizeof(model[key]), key);
		expect(cmd_update(w->task, fd, &key, model[key], 0), 0);
	}
	memset(got, 0xee, sizeof(got));
	expect(cmd_batch(w->task, LOOKUP_BATCH, fd, &batch), want);
	ck_assert_uint_eq(batch.count, KEYS);
	if (want) {
		expect_all(got, 0xee, sizeof(got));
	} else if (copies >= 0) {
		for (size_t i = 0; i < KEYS; i++)
			expect_bytes(got + i * VALUE_SIZE, model[i] + copies * SLOT, VALUE_SIZE);
		expect_all(got + KEYS * VALUE_SIZE, 0xee, sizeof(got) - KEYS * VALUE_SIZE);
		ck_assert_uint_eq(last, KEYS - 1);
	}
	batch.count = 0;
	expect(cmd_batch(w->task, LOOKUP_BATCH, fd, &batch), want);
}

START_TEST(each_combination_of_flags)
{
	for (size_t r = 0; r < NR_MEASURED * 2; r++) {
		struct world w = world_of_release(r / 2, MASK, (enum pca_task_memory)(r % 2));
		int fd = percpu_map(&w, VALUE_SIZE, KEYS);

		for (size_t i = 0; i < ARRAY_LEN(flag_rows); i++) {
			row("release %s memory %zu flags 0x%llx", measured_releases[r / 2], r % 2,
			    (unsigned long long)flag_rows[i].flags);
			check_update(&w, r / 2, fd, &flag_rows[i]);
			check_lookup(&w, r / 2, fd, &flag_rows[i]);
			check_update_batch(&w, r / 2, fd, &flag_rows[i]);
			check_lookup_batch(&w, r / 2, fd, &flag_rows[i]);
		}
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* One copy for all CPUs: neither flag has a meaning. */
START_TEST(shared_arrays_take_neither_flag)
{
	static const struct flag_row rows[] = {
		{ 0, 0, 0, 0, 0 },
		{ 1, -EINVAL, -EEXIST, -EINVAL, -EINVAL },
		{ 2, -EINVAL, 0, -EINVAL, -EINVAL },
		{ 3, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
		{ 4, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
		{ CPU(0), -EINVAL, -EINVAL, -EINVAL, -EINVAL },
		{ CPU(0) | 1, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
		{ CPU(2), -EINVAL, -EINVAL, -EINVAL, -EINVAL },
		{ CPU(1), -EINVAL, -EINVAL, -EINVAL, -EINVAL },
		{ ALL, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
		{ ALL | 1, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
		{ 32, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
		{ HIGH(1), -EINVAL, -EINVAL, -EINVAL, -EINVAL },
	};
	unsigned char value[VALUE_SIZE] = { 1 };
	uint32_t key = 1;

	for (size_t r = R7_2; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, MASK, PCA_DIRECT);
		int fd = array_map(&w, VALUE_SIZE, KEYS);

		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			struct batch batch = { .keys = &key,
					       .values = value,
					       .out_batch = &key,
					       .count = 1,
					       .elem_flags = rows[i].flags };

			row("release %s flags 0x%llx", measured_releases[r],
			    (unsigned long long)rows[i].flags);
			expect(cmd_lookup(w.task, fd, &key, value, rows[i].flags), rows[i].lookup);
			expect(cmd_update(w.task, fd, &key, value, rows[i].flags), rows[i].update);
			expect(cmd_batch(w.task, UPDATE_BATCH, fd, &batch), rows[i].update_batch);
			expect(cmd_batch(w.task, LOOKUP_BATCH, fd, &batch), rows[i].lookup_batch);
		}
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* ---- the order of errors ---- */

enum { FD_GOOD, FD_CLOSED, FD_NO_RIGHT, NR_FDS };
enum { KEY_GOOD, KEY_BAD, KEY_PAST_END, NR_KEYS };

struct order_flags {
	uint64_t flags;
	int early; /* 7.x, before key and value */
	int late;  /* 7.x, UPDATE after them */
};

static const struct order_flags lookup_flags[] = {
	{ 0, 0, 0 },
	{ 1, -EINVAL, 0 },
	{ 3, -EINVAL, 0 },
	{ 32, -EINVAL, 0 },
	{ CPU(0), 0, 0 },
	{ CPU(9999), -ERANGE, 0 },
	{ ALL, -EINVAL, 0 },
	{ BPF_F_CPU | ALL, -EINVAL, 0 },
	{ HIGH(1), -EINVAL, 0 },
};

static const struct order_flags update_flags[] = {
	{ 0, 0, 0 },
	{ 3, 0, 0 },
	{ CPU(0), 0, 0 },
	{ ALL, 0, 0 },
	{ 17, 0, -EINVAL },
	{ 32, 0, -EINVAL },
	{ CPU(9999), -ERANGE, 0 },
	{ BPF_F_CPU | ALL, -EINVAL, 0 },
	{ HIGH(1), -EINVAL, 0 },
};

static int first_of(const int *errors, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (errors[i])
			return errors[i];
	}
	return 0;
}

static const int fd_errors[NR_FDS] = { 0, -EBADF, -EPERM };

/*
 * Fact: <=6.18: flags | fd | EPERM | key EFAULT | ENOENT | value EFAULT; 7.x looks at
 * the flags after EPERM.
 */
static int lookup_error(size_t release, const struct order_flags *flags, int fd, int key,
			bool is_bad_value)
{
	int errors[] = {
		release < R7_2 && flags->flags ? -EINVAL : 0,
		fd_errors[fd],
		release < R7_2 ? 0 : flags->early,
		key == KEY_BAD ? -EFAULT : 0,
		key == KEY_PAST_END ? -ENOENT : 0,
		is_bad_value ? -EFAULT : 0,
	};

	return first_of(errors, ARRAY_LEN(errors));
}

/*
 * Fact: fd | EPERM | 7.x: early flags | key EFAULT | value EFAULT | late flags | E2BIG.
 */
static int update_error(size_t release, const struct order_flags *flags, int fd, int key,
			bool is_bad_value)
{
	int errors[] = {
		fd_errors[fd],
		release < R7_2 ? 0 : flags->early,
		key == KEY_BAD ? -EFAULT : 0,
		is_bad_value ? -EFAULT : 0,
		release < R7_2 && flags->flags ? -EINVAL : 0,
		release < R7_2 ? 0 : flags->late,
		key == KEY_PAST_END ? -E2BIG : 0,
	};

	return first_of(errors, ARRAY_LEN(errors));
}

START_TEST(flags_are_checked_where_the_release_does)
{
	unsigned char value[NR_CPUS * SLOT] = { 0 };
	void *bad = bad_pointer();
	uint32_t good_key = 1, past_end = KEYS;
	const void *keys[NR_KEYS] = { &good_key, bad, &past_end };

	for (size_t r = 0; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, MASK, PCA_CHECKED);
		int fd = percpu_map(&w, VALUE_SIZE, KEYS);
		int rdonly = expect_fd(cmd_create(w.task, PERCPU, VALUE_SIZE, KEYS, BPF_F_RDONLY));
		int wronly = expect_fd(cmd_create(w.task, PERCPU, VALUE_SIZE, KEYS, BPF_F_WRONLY));
		int lookup_fds[NR_FDS] = { fd, -1, wronly },
		    update_fds[NR_FDS] = { fd, -1, rdonly };

		for (size_t i = 0; i < ARRAY_LEN(lookup_flags) * NR_FDS * NR_KEYS * 2; i++) {
			const struct order_flags *l = &lookup_flags[i / (NR_FDS * NR_KEYS * 2)];
			const struct order_flags *u = &update_flags[i / (NR_FDS * NR_KEYS * 2)];
			int f = (int)(i / (NR_KEYS * 2) % NR_FDS), k = (int)(i / 2 % NR_KEYS);
			void *to = i % 2 ? bad : value;

			row("release %s, lookup 0x%llx, update 0x%llx, fd %d, key %d, value %d",
			    measured_releases[r], (unsigned long long)l->flags,
			    (unsigned long long)u->flags, f, k, (int)(i % 2));
			expect(cmd_lookup(w.task, lookup_fds[f], keys[k], to, l->flags),
			       lookup_error(r, l, f, k, i % 2));
			expect(cmd_update(w.task, update_fds[f], keys[k], to, u->flags),
			       update_error(r, u, f, k, i % 2));
		}
		world_close(&w);
	}
}
END_TEST

/* Fact: attr | fd | EPERM | elem_flags | count 0; errors so far leave count alone. */
START_TEST(batches_check_flags_before_the_count)
{
	static const struct {
		uint64_t flags;
		uint32_t count;
		int want;
		uint32_t count_after;
	} rows[] = {
		{ CPU(9999), 2, -ERANGE, 2 }, { CPU(9999), 0, -ERANGE, 0 },
		{ 32, 2, -EINVAL, 2 },	      { HIGH(1), 0, -EINVAL, 0 },
		{ CPU(7), 0, 0, 0 },	      { CPU(7), 2, -EFAULT, 0 },
	};
	static const int commands[] = { LOOKUP_BATCH, UPDATE_BATCH };
	void *bad = bad_pointer();

	for (size_t r = R7_2; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, MASK, PCA_CHECKED);
		int fd = percpu_map(&w, VALUE_SIZE, KEYS);
		int fds[] = { expect_fd(cmd_create(w.task, PERCPU, 8, 1, BPF_F_WRONLY)),
			      expect_fd(cmd_create(w.task, PERCPU, 8, 1, BPF_F_RDONLY)) };

		for (size_t i = 0; i < ARRAY_LEN(rows) * 2; i++) {
			struct batch batch = {
				bad, bad, bad, bad, rows[i / 2].count, rows[i / 2].flags, 7
			};

			row("release %s row %zu command %zu", measured_releases[r], i / 2, i % 2);
			expect(cmd_batch(w.task, commands[i % 2], -1, &batch), -EBADF);
			expect(cmd_batch(w.task, commands[i % 2], fds[i % 2], &batch), -EPERM);
			expect(cmd_batch(w.task, commands[i % 2], fd, &batch), rows[i / 2].want);
			ck_assert_uint_eq(batch.count, rows[i / 2].count_after);
		}
		world_close(&w);
	}
}
END_TEST

/* ---- how many bytes ---- */

/* Fact: with either flag exactly value_size bytes; a lookup that faults gives its prefix. */
START_TEST(one_copy_takes_exactly_value_size_bytes)
{
	for (size_t r = R7_2; r < NR_MEASURED; r++) {
		struct world w = world_of_release(r, MASK, PCA_CHECKED);

		for (size_t v = 0; v < nr_value_sizes; v++) {
			uint32_t size = value_sizes[v], key = 1;
			int fd = percpu_map(&w, size, 2);
			unsigned char *buf = guarded(size), *before = guarded_before(size);
			unsigned char *want = malloc(size);

			row("release %s value size %u", measured_releases[r], size);
			fill(buf, size, 3);
			memcpy(want, buf, size);
			expect(cmd_update(w.task, fd, &key, buf, CPU(3)), 0);
			expect(cmd_update(w.task, fd, &key, buf + 1, CPU(3)), -EFAULT);
			expect(cmd_update(w.task, fd, &key, before - 1, CPU(3)), -EFAULT);
			memset(buf, 0xee, size);
			expect(cmd_lookup(w.task, fd, &key, buf, CPU(3)), 0);
			expect_bytes(buf, want, size);
			memset(buf, 0xee, size);
			expect(cmd_lookup(w.task, fd, &key, buf + 1, CPU(3)), -EFAULT);
			expect_bytes(buf + 1, want, size - 1);
			expect(cmd_lookup(w.task, fd, &key, before, CPU(2)), 0);
			expect_all(before, 0, size);
			fill(buf, size, 4);
			expect(cmd_update(w.task, fd, &key, buf, ALL), 0);
			expect(cmd_update(w.task, fd, &key, buf + 1, ALL), -EFAULT);
			for (int i = 0; i < NR_CPUS; i++) {
				expect(cmd_lookup(w.task, fd, &key, before, CPU(cpu_ids[i])), 0);
				expect_bytes(before, buf, size);
			}
			free(want);
			expect(pca_close(w.task, fd), 0);
		}
		world_close(&w);
	}
}
END_TEST

/* Fact: a batch's values lie value_size apart, not rounded up. */
START_TEST(batches_of_one_copy_take_exactly_their_bytes)
{
	enum { NR = 5 };

	for (size_t v = 0; v < nr_value_sizes; v++) {
		struct world w = world_of_release(R7_3, MASK, PCA_CHECKED);
		uint32_t size = value_sizes[v], keys[NR] = { 0, 1, 2, 3, 4 }, last = 99;
		int fd = percpu_map(&w, size, NR);
		unsigned char *buf = guarded(NR * (size_t)size), *want = malloc(NR * (size_t)size);
		struct batch batch = { NULL, &last, keys, buf, NR, CPU(7), 0 };

		row("value size %u", size);
		fill(buf, NR * (size_t)size, 8);
		memcpy(want, buf, NR * (size_t)size);
		expect(cmd_batch(w.task, UPDATE_BATCH, fd, &batch), 0);
		ck_assert_uint_eq(batch.count, NR);
		memset(buf, 0, NR * (size_t)size);
		expect(cmd_batch(w.task, LOOKUP_BATCH, fd, &batch), 0);
		expect_bytes(buf, want, NR * (size_t)size);

		/* One byte less: the last element faults. */
		batch.values = buf + 1;
		memset(buf, 0xee, NR * (size_t)size);
		last = 99;
		expect(cmd_batch(w.task, LOOKUP_BATCH, fd, &batch), -EFAULT);
		ck_assert_uint_eq(batch.count, 0);
		ck_assert_uint_eq(last, 99);
		expect_bytes(buf + 1, want, NR * (size_t)size - 1);
		batch.count = NR;
		batch.elem_flags = ALL;
		expect(cmd_batch(w.task, UPDATE_BATCH, fd, &batch), -EFAULT);
		ck_assert_uint_eq(batch.count, NR - 1);
		free(want);
		world_close(&w);
	}
}
END_TEST

/* Calls that know their buffers ask for value_size bytes only. */
START_TEST(known_lengths_are_those_of_one_copy)
{
	struct world w = world_of_release(R7_2, MASK, PCA_DIRECT);
	int fd = percpu_map(&w, VALUE_SIZE, KEYS);
	unsigned char value[VALUE_SIZE * 2];
	uint32_t keys[2] = { 0, 1 };
	uint64_t attr[7] = {
		0, 0, (uintptr_t)keys, (uintptr_t)value, (uint64_t)(uint32_t)fd << 32 | 2, CPU(3), 0
	};
	struct pca_batch_bytes short_by_one = { 8, VALUE_SIZE * 2 - 1 };

	fill(value, sizeof(value), 1);
	messages_catch();
	expect(pca_map_update(w.task, fd, keys, value, VALUE_SIZE, CPU(3)), 0);
	expect(pca_map_update(w.task, fd, keys, value, VALUE_SIZE, ALL), 0);
	expect(pca_map_lookup(w.task, fd, keys, value, VALUE_SIZE, CPU(7)), 0);
	ck_assert_uint_eq(messages_count(), 0);
	expect(pca_map_lookup(w.task, fd, keys, value, VALUE_SIZE - 1, CPU(7)), -EFAULT);
	expect_message("buffer has 11 bytes, this command writes 12, the map's value_size");
	expect(pca_map_update(w.task, fd, keys, value, VALUE_SIZE - 1, ALL), -EFAULT);
	expect_message("buffer has 11 bytes, this command reads 12, the map's value_size");
	expect(pca_map_update(w.task, fd, keys, value, VALUE_SIZE, 0), -EFAULT);
	expect_message("buffer has 12 bytes, this command reads 64");
	messages_clear();
	expect(pca_map_batch(w.task, UPDATE_BATCH, attr, sizeof(attr), short_by_one), -EFAULT);
	expect_message("buffer has 23 bytes, this command reads 24, the map's value_size and 2");
	ck_assert_uint_eq((uint32_t)attr[4], 1);
	world_close(&w);
}
END_TEST

/* ---- padding ---- */

/* Fact: up to 6.18 an update stores the padding and a lookup returns it; 7.x: always 0. */
START_TEST(padding_is_stored_until_6_18)
{
	for (size_t i = 0; i < NR_MEASURED * nr_value_sizes; i++) {
		size_t r = i / nr_value_sizes;
		uint32_t size = value_sizes[i % nr_value_sizes], slot = (size + 7) / 8 * 8;
		struct world w = world_of_release(r, MASK, PCA_DIRECT);
		int fd = percpu_map(&w, size, 2);
		size_t bytes = lookup_bytes(&w, size);
		unsigned char *in = malloc(bytes), *out = malloc(bytes);
		uint32_t key = 0;
		struct batch batch = { .keys = &key, .values = in, .count = 1 };

		row("release %s value size %u", measured_releases[r], size);
		fill(in, bytes, 1);
		expect(cmd_update(w.task, fd, &key, in, 0), 0);
		for (int pass = 0; pass < 2; pass++) {
			expect(cmd_lookup(w.task, fd, &key, out, 0), 0);
			for (size_t at = 0; at < bytes; at += slot) {
				expect_bytes(out + at, in + at, r < R7_2 ? slot : size);
				if (r >= R7_2)
					expect_all(out + at + size, 0, slot - size);
			}
			key = 1;
			if (!pass)
				expect(cmd_batch(w.task, UPDATE_BATCH, fd, &batch),
				       r == R5_10 ? -PCA_ENOTSUPP : 0);
			if (r == R5_10)
				break;
		}
		free(in);
		free(out);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* Fact: copies of CPUs that are offline are as good as the others. */
START_TEST(offline_cpus_have_copies)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = MASK,
		.online = "0",
		.release = "7.2",
	};
	struct world w = world_open_with(&opts, NULL);
	int fd = percpu_map(&w, 8, 1);
	uint64_t values[NR_CPUS], value;
	uint32_t key = 0;

	for (int i = 0; i < NR_CPUS; i++) {
		value = 100 + cpu_ids[i];
		expect(cmd_update(w.task, fd, &key, &value, CPU(cpu_ids[i])), 0);
	}
	expect(cmd_lookup(w.task, fd, &key, values, 0), 0);
	for (int i = 0; i < NR_CPUS; i++) {
		expect(values[i], 100 + cpu_ids[i]);
		expect(cmd_lookup(w.task, fd, &key, &value, CPU(cpu_ids[i])), 0);
		expect(value, 100 + cpu_ids[i]);
	}
	world_close(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cpu flags");
	TCase *tc = add_case(suite, "flags");

	tcase_add_test(tc, each_combination_of_flags);
	tcase_add_test(tc, shared_arrays_take_neither_flag);
	tc = add_case(suite, "order");
	tcase_add_test(tc, flags_are_checked_where_the_release_does);
	tcase_add_test(tc, batches_check_flags_before_the_count);
	tc = add_case(suite, "bytes");
	tcase_add_test(tc, one_copy_takes_exactly_value_size_bytes);
	tcase_add_test(tc, batches_of_one_copy_take_exactly_their_bytes);
	tcase_add_test(tc, known_lengths_are_those_of_one_copy);
	tcase_add_test(tc, padding_is_stored_until_6_18);
	tcase_add_test(tc, offline_cpus_have_copies);
	return suite;
}

TEST_MAIN(make_suite)
