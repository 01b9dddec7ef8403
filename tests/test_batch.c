// SPDX-License-Identifier: MIT
/*
 * The batch commands: where they start, where they stop, what count says then.
 */
#include "support.h"

#define NR 10 /* max_entries of most maps here */

#define LOOKUP BPF_MAP_LOOKUP_BATCH
#define UPDATE BPF_MAP_UPDATE_BATCH
#define DELETE BPF_MAP_DELETE_BATCH
#define LOOKUP_AND_DELETE BPF_MAP_LOOKUP_AND_DELETE_BATCH

/* A map of NR entries, each filled with fill(..., key), and the bytes of one. */
struct filled {
	int fd;
	size_t bytes;
	unsigned char *model; /* NR * bytes */
};

static struct filled filled_map(const struct world *w, uint32_t type, uint32_t value_size)
{
	struct filled f = { .fd = expect_fd(cmd_create(w->task, type, value_size, NR, 0)) };

	f.bytes = type == BPF_MAP_TYPE_ARRAY ? value_size : lookup_bytes(w, value_size);
	f.model = malloc(NR * f.bytes);
	for (uint32_t key = 0; key < NR; key++) {
		fill(f.model + key * f.bytes, f.bytes, key);
		expect(cmd_update(w->task, f.fd, &key, f.model + key * f.bytes, 0), 0);
	}
	return f;
}

static void expect_model(const struct world *w, const struct filled *f)
{
	unsigned char *back = malloc(f->bytes);

	for (uint32_t key = 0; key < NR; key++) {
		expect(cmd_lookup(w->task, f->fd, &key, back, 0), 0);
		expect_bytes(back, f->model + key * f->bytes, f->bytes);
	}
	free(back);
}

static void drop(const struct world *w, struct filled *f)
{
	expect(pca_close(w->task, f->fd), 0);
	free(f->model);
}

/* ---- the order of errors ---- */

enum fd_kind { FD_RDWR, FD_RDONLY, FD_WRONLY, FD_FROZEN, FD_CLOSED, FD_FILE, NR_FD_KINDS };

struct order_row {
	int cmd;
	enum fd_kind fd;
	uint64_t elem_flags;
	uint32_t count;
	int want;
	uint32_t count_after;
};

/*
 * Fact: attr | fd | EPERM | elem_flags (6.x: any non-zero EINVAL) | count == 0 -> 0
 * touching nothing | count := 0 | pointers. DELETE and LOOKUP_AND_DELETE: attr | fd |
 * EPERM | ENOTSUPP always. Errors before "count := 0" leave count unchanged.
 * All pointers of these rows are NULL.
 */
static const struct order_row order_rows[] = {
	{ LOOKUP, FD_CLOSED, 1, 5, -EBADF, 5 },
	{ LOOKUP, FD_CLOSED, 0, 0, -EBADF, 0 },
	{ LOOKUP, FD_FILE, 1, 5, -EINVAL, 5 },
	{ LOOKUP, FD_WRONLY, 1, 5, -EPERM, 5 },
	{ LOOKUP, FD_WRONLY, 0, 0, -EPERM, 0 },
	{ LOOKUP, FD_RDWR, 1, 0, -EINVAL, 0 },
	{ LOOKUP, FD_RDWR, 1, 5, -EINVAL, 5 },
	{ LOOKUP, FD_RDWR, 2, 5, -EINVAL, 5 },
	{ LOOKUP, FD_RDWR, 4, 5, -EINVAL, 5 },
	{ LOOKUP, FD_RDWR, 8, 5, -EINVAL, 5 },
	{ LOOKUP, FD_RDWR, 1ULL << 32, 5, -EINVAL, 5 },
	{ LOOKUP, FD_RDWR, 0, 0, 0, 0 },
	{ LOOKUP, FD_RDONLY, 0, 0, 0, 0 },
	{ LOOKUP, FD_FROZEN, 0, 0, 0, 0 },
	{ LOOKUP, FD_RDWR, 0, 5, -EFAULT, 0 },

	{ UPDATE, FD_CLOSED, 1, 5, -EBADF, 5 },
	{ UPDATE, FD_FILE, 1, 5, -EINVAL, 5 },
	{ UPDATE, FD_RDONLY, 1, 5, -EPERM, 5 },
	{ UPDATE, FD_RDONLY, 0, 0, -EPERM, 0 },
	{ UPDATE, FD_FROZEN, 1, 5, -EPERM, 5 },
	{ UPDATE, FD_FROZEN, 0, 0, -EPERM, 0 },
	{ UPDATE, FD_RDWR, 1, 0, -EINVAL, 0 },
	{ UPDATE, FD_RDWR, 1, 5, -EINVAL, 5 },
	{ UPDATE, FD_RDWR, 2, 5, -EINVAL, 5 },
	{ UPDATE, FD_RDWR, 4, 5, -EINVAL, 5 },
	{ UPDATE, FD_RDWR, 16, 5, -EINVAL, 5 },
	{ UPDATE, FD_RDWR, 1ULL << 63, 5, -EINVAL, 5 },
	{ UPDATE, FD_RDWR, 0, 0, 0, 0 },
	{ UPDATE, FD_WRONLY, 0, 0, 0, 0 },
	{ UPDATE, FD_RDWR, 0, 5, -EFAULT, 0 },

	{ DELETE, FD_CLOSED, 0, 5, -EBADF, 5 },
	{ DELETE, FD_FILE, 0, 5, -EINVAL, 5 },
	{ DELETE, FD_RDONLY, 0, 5, -EPERM, 5 },
	{ DELETE, FD_FROZEN, 0, 5, -EPERM, 5 },
	{ DELETE, FD_RDWR, 0, 5, -524, 5 },
	{ DELETE, FD_WRONLY, 77, 0, -524, 0 },

	{ LOOKUP_AND_DELETE, FD_CLOSED, 0, 5, -EBADF, 5 },
	{ LOOKUP_AND_DELETE, FD_FILE, 0, 5, -EINVAL, 5 },
	{ LOOKUP_AND_DELETE, FD_RDONLY, 0, 5, -EPERM, 5 },
	{ LOOKUP_AND_DELETE, FD_WRONLY, 0, 5, -EPERM, 5 },
	{ LOOKUP_AND_DELETE, FD_FROZEN, 0, 5, -EPERM, 5 },
	{ LOOKUP_AND_DELETE, FD_RDWR, 0, 5, -524, 5 },
	{ LOOKUP_AND_DELETE, FD_RDWR, 77, 0, -524, 0 },
};

static void run_order_rows(uint32_t type, enum pca_task_memory memory)
{
	struct world w = world_open("0,4-6,127", memory);
	struct filled f = filled_map(&w, type, 9), frozen = filled_map(&w, type, 9);
	uint32_t id = id_of_map(w.task, f.fd);
	const int fds[NR_FD_KINDS] = {
		[FD_RDWR] = f.fd,
		[FD_RDONLY] = expect_fd(cmd_fd_by_id(w.task, id, BPF_F_RDONLY)),
		[FD_WRONLY] = expect_fd(cmd_fd_by_id(w.task, id, BPF_F_WRONLY)),
		[FD_FROZEN] = frozen.fd,
		[FD_CLOSED] = -1,
		[FD_FILE] = open("/dev/null", O_RDWR),
	};

	expect(cmd_freeze(w.task, frozen.fd), 0);
	for (size_t i = 0; i < ARRAY_LEN(order_rows); i++) {
		const struct order_row *r = &order_rows[i];
		struct batch batch = { .count = r->count, .elem_flags = r->elem_flags };

		row("row %zu, type %u, memory %d", i, type, memory);
		expect(cmd_batch(w.task, r->cmd, fds[r->fd], &batch), r->want);
		expect(batch.count, r->count_after);
	}
	expect_model(&w, &f);
	expect_model(&w, &frozen);
	close(fds[FD_FILE]);
	expect(pca_close(w.task, fds[FD_RDONLY]), 0);
	expect(pca_close(w.task, fds[FD_WRONLY]), 0);
	drop(&w, &f);
	drop(&w, &frozen);
	world_close(&w);
}

START_TEST(of_two_errors_the_first_check_wins)
{
	for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
		run_order_rows(BPF_MAP_TYPE_PERCPU_ARRAY, (enum pca_task_memory)memory);
		run_order_rows(BPF_MAP_TYPE_ARRAY, (enum pca_task_memory)memory);
	}
}
END_TEST

/* Fact: attr.flags is ignored (any 64-bit value). */
START_TEST(flags_are_ignored)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	struct filled f = filled_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 9);
	unsigned char *values = malloc(NR * f.bytes);
	uint32_t keys[NR], out;

	for (int bit = 0; bit < 64; bit++) {
		struct batch batch = {
			.out_batch = &out,
			.keys = keys,
			.values = values,
			.count = NR,
			.flags = 1ULL << bit,
		};

		row("bit %d", bit);
		expect(cmd_batch(w.task, LOOKUP, f.fd, &batch), 0);
		expect(cmd_batch(w.task, UPDATE, f.fd, &batch), 0);
		expect(batch.count, NR);
	}
	expect_model(&w, &f);
	free(values);
	drop(&w, &f);
	world_close(&w);
}
END_TEST

/* ---- LOOKUP_BATCH: where it starts and stops ---- */

static const struct window_row {
	int64_t in; /* -1: NULL */
	uint32_t count;
	int want;
	uint32_t first, delivered;
} window_rows[] = {
	{ -1, 1, 0, 0, 1 },
	{ -1, 3, 0, 0, 3 },
	/* Exactly the remaining number: success. */
	{ -1, NR, 0, 0, NR },
	/* Fewer than count left: what is left is delivered, ENOENT. */
	{ -1, NR + 1, -ENOENT, 0, NR },
	{ -1, 1000, -ENOENT, 0, NR },
	{ -1, UINT32_MAX, -ENOENT, 0, NR },
	/* It continues with the key after in_batch. */
	{ 0, 1, 0, 1, 1 },
	{ 0, NR - 1, 0, 1, NR - 1 },
	{ 0, NR, -ENOENT, 1, NR - 1 },
	{ 4, 2, 0, 5, 2 },
	{ 4, NR - 5, 0, 5, NR - 5 },
	{ 4, NR, -ENOENT, 5, NR - 5 },
	{ NR - 2, 1, 0, NR - 1, 1 },
	{ NR - 2, 2, -ENOENT, NR - 1, 1 },
	/* in_batch == max-1: ENOENT, count 0, out_batch untouched. */
	{ NR - 1, 1, -ENOENT, 0, 0 },
	{ NR - 1, UINT32_MAX, -ENOENT, 0, 0 },
	/* in_batch >= max_entries restarts at key 0. */
	{ NR, 2, 0, 0, 2 },
	{ NR + 1, NR, 0, 0, NR },
	{ 0x80000000, 1, 0, 0, 1 },
	{ 0xffffffff, 3, 0, 0, 3 },
	{ 0xffffffff, NR + 1, -ENOENT, 0, NR },
};

/* The buffers end exactly where what is delivered ends. */
static void run_window_row(const struct world *w, const struct filled *f,
			   const struct window_row *r, bool same_pointer)
{
	uint32_t in = (uint32_t)r->in, out = 0xabcdef01;
	uint32_t *out_pointer = same_pointer ? &in : &out;
	uint32_t *keys = guarded(r->delivered * 4);
	unsigned char *values = guarded(r->delivered * f->bytes);
	struct batch batch = {
		.in_batch = r->in < 0 ? NULL : &in,
		.out_batch = out_pointer,
		.keys = keys,
		.values = values,
		.count = r->count,
	};

	expect(cmd_batch(w->task, LOOKUP, f->fd, &batch), r->want);
	expect(batch.count, r->delivered);
	for (uint32_t i = 0; i < r->delivered; i++)
		expect(keys[i], r->first + i);
	expect_bytes(values, f->model + r->first * f->bytes, r->delivered * f->bytes);
	if (r->delivered)
		expect(*out_pointer, r->first + r->delivered - 1);
	else
		expect(*out_pointer, same_pointer ? (uint32_t)r->in : 0xabcdef01);
}

static void run_window_rows(uint32_t type, enum pca_task_memory memory)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		for (size_t s = 0; s + 1 < nr_value_sizes; s++) {
			struct world w = world_open(cpu_masks[m], memory);
			struct filled f = filled_map(&w, type, value_sizes[s]);

			for (size_t i = 0; i < ARRAY_LEN(window_rows); i++) {
				row("row %zu, type %u, mask %s, value_size %u", i, type,
				    cpu_masks[m], value_sizes[s]);
				run_window_row(&w, &f, &window_rows[i], false);
				run_window_row(&w, &f, &window_rows[i], true);
			}
			drop(&w, &f);
			world_close(&w);
		}
	}
}

START_TEST(direct_lookups_deliver_the_window_after_in_batch)
{
	run_window_rows(BPF_MAP_TYPE_PERCPU_ARRAY, PCA_DIRECT);
}
END_TEST

START_TEST(checked_lookups_deliver_the_window_after_in_batch)
{
	run_window_rows(BPF_MAP_TYPE_PERCPU_ARRAY, PCA_CHECKED);
}
END_TEST

START_TEST(shared_arrays_deliver_the_window_after_in_batch)
{
	run_window_rows(BPF_MAP_TYPE_ARRAY, PCA_DIRECT);
	run_window_rows(BPF_MAP_TYPE_ARRAY, PCA_CHECKED);
}
END_TEST

/* The largest values: 5 CPUs times 32768 bytes each. */
START_TEST(batches_of_the_largest_values)
{
	for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
		struct world w = world_open("0,4-6,127", (enum pca_task_memory)memory);
		struct filled f = filled_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 32768);

		row("memory %d", memory);
		run_window_row(&w, &f, &(struct window_row){ 2, 3, 0, 3, 3 }, false);
		drop(&w, &f);
		world_close(&w);
	}
}
END_TEST

/* The loop of every client: until ENOENT, which may come with elements. */
START_TEST(a_loop_of_batches_sees_every_key_once)
{
	static const uint32_t maxima[] = { 1, 2, 63, 64, 65, 128, 200 };
	static const uint32_t counts[] = { 1, 2, 3, 63, 64, 65, 200, 1000 };
	struct world w = world_open("0,2", PCA_DIRECT);
	uint64_t *values = calloc(1000, 16);
	uint32_t *keys = calloc(1000, 4);

	for (size_t m = 0; m < ARRAY_LEN(maxima); m++) {
		int fd = percpu_map(&w, 4, maxima[m]);

		for (size_t c = 0; c < ARRAY_LEN(counts); c++) {
			uint32_t last, seen = 0;
			struct batch batch = { .out_batch = &last, .keys = keys, .values = values };
			long err;

			row("max_entries %u, count %u", maxima[m], counts[c]);
			do {
				batch.count = counts[c];
				err = cmd_batch(w.task, LOOKUP, fd, &batch);
				for (uint32_t i = 0; i < batch.count; i++)
					expect(keys[i], seen++);
				batch.in_batch = &last;
			} while (!err);
			expect(err, -ENOENT);
			expect(seen, maxima[m]);
		}
		expect(pca_close(w.task, fd), 0);
	}
	free(values);
	free(keys);
	world_close(&w);
}
END_TEST

/* ---- LOOKUP_BATCH: faults ---- */

/*
 * Fact: a fault in keys or values: EFAULT, count 0, out_batch untouched; elements
 * before the fault, and the faulting element's key, are already in the buffers.
 */
static void try_value_fault(const struct world *w, const struct filled *f, size_t good_bytes)
{
	uint32_t keys[5], out = 77;
	size_t whole = good_bytes / f->bytes;
	unsigned char *values = guarded(good_bytes);
	struct batch batch = { .out_batch = &out, .keys = keys, .values = values, .count = 5 };

	memset(keys, 0xee, sizeof(keys));
	memset(values, 0xee, good_bytes);
	expect(cmd_batch(w->task, LOOKUP, f->fd, &batch), -EFAULT);
	expect(batch.count, 0);
	expect(out, 77);
	/* byte by byte up to the fault */
	expect_bytes(values, f->model, good_bytes);
	for (size_t i = 0; i <= whole; i++)
		expect(keys[i], i);
	expect_all(keys + whole + 1, 0xee, (4 - whole) * 4);
}

START_TEST(fault_in_values_delivers_what_comes_before_it)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		for (size_t s = 0; s + 1 < nr_value_sizes; s++) {
			struct world w = world_open(cpu_masks[m], PCA_CHECKED);
			struct filled f = filled_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, value_sizes[s]);

			row("mask %s value_size %u", cpu_masks[m], value_sizes[s]);
			try_value_fault(&w, &f, 0);
			try_value_fault(&w, &f, 1);
			try_value_fault(&w, &f, f.bytes - 1);
			try_value_fault(&w, &f, f.bytes);
			try_value_fault(&w, &f, 2 * f.bytes + 3);
			try_value_fault(&w, &f, 5 * f.bytes - 1);
			drop(&w, &f);
			world_close(&w);
		}
	}
}
END_TEST

START_TEST(fault_in_keys_delivers_what_comes_before_it)
{
	struct world w = world_open("0,4-6,127", PCA_CHECKED);
	struct filled f = filled_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 12);
	unsigned char *values = malloc(5 * f.bytes);

	for (size_t good = 0; good < 5; good++) {
		for (size_t part = 0; part < 4; part++) {
			unsigned char *keys = guarded(good * 4 + part);
			uint32_t out = 77;
			struct batch batch = {
				.out_batch = &out,
				.keys = keys,
				.values = values,
				.count = 5,
			};

			row("%zu keys and %zu bytes", good, part);
			memset(values, 0xee, 5 * f.bytes);
			expect(cmd_batch(w.task, LOOKUP, f.fd, &batch), -EFAULT);
			expect(batch.count, 0);
			expect(out, 77);
			for (uint32_t i = 0; i < good; i++)
				expect_bytes(keys + 4 * i, &i, 4);
			expect_bytes(values, f.model, good * f.bytes);
			expect_all(values + good * f.bytes, 0xee, (5 - good) * f.bytes);
		}
	}
	free(values);
	drop(&w, &f);
	world_close(&w);
}
END_TEST

/* A direct task finds NULL and low pointers bad: the first key is delivered all the same. */
START_TEST(direct_lookup_with_null_values_delivers_the_first_key)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	struct filled f = filled_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 9);
	uint32_t keys[2] = { 77, 77 }, in = 3, out = 77;
	struct batch batch = { .in_batch = &in, .out_batch = &out, .keys = keys, .count = 2 };
	unsigned char *values = malloc(2 * f.bytes);

	expect(cmd_batch(w.task, LOOKUP, f.fd, &batch), -EFAULT);
	expect(batch.count, 0);
	expect(out, 77);
	expect(keys[0], 4);
	expect(keys[1], 77);

	memset(values, 0xee, 2 * f.bytes);
	batch = (struct batch){ .out_batch = &out, .values = values, .count = 2 };
	expect(cmd_batch(w.task, LOOKUP, f.fd, &batch), -EFAULT);
	expect(batch.count, 0);
	expect(out, 77);
	expect_all(values, 0xee, 2 * f.bytes);
	free(values);
	drop(&w, &f);
	world_close(&w);
}
END_TEST

/* Fact: in_batch is a 4-byte key: EFAULT, count 0, nothing delivered. */
START_TEST(fault_in_in_batch_delivers_nothing)
{
	struct world w = world_open("0,2", PCA_CHECKED);
	struct filled f = filled_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 9);
	unsigned char *in = guarded(4), *values = malloc(NR * f.bytes);
	uint32_t keys[NR], out = 77;

	memset(in, 0, 4);
	memset(values, 0xee, NR * f.bytes);
	memset(keys, 0xee, sizeof(keys));
	for (size_t missing = 1; missing <= 4; missing++) {
		struct batch batch = {
			.in_batch = in + missing,
			.out_batch = &out,
			.keys = keys,
			.values = values,
			.count = 3,
		};

		row("%zu bytes missing", missing);
		expect(cmd_batch(w.task, LOOKUP, f.fd, &batch), -EFAULT);
		expect(batch.count, 0);
		expect(out, 77);
		expect_all(keys, 0xee, sizeof(keys));
		expect_all(values, 0xee, NR * f.bytes);
	}
	free(values);
	drop(&w, &f);
	world_close(&w);
}
END_TEST

/* Fact: out_batch faulting (or NULL) -> EFAULT, but count holds the true number. */
START_TEST(fault_in_out_batch_still_counts)
{
	for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
		struct world w = world_open("0,2", (enum pca_task_memory)memory);
		struct filled f = filled_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 9);
		unsigned char *values = malloc(NR * f.bytes);
		uint32_t keys[NR], last = NR - 1;
		void *bad[] = { NULL, (void *)8, bad_pointer() };

		for (size_t i = 0; i < (memory == PCA_CHECKED ? 3 : 2); i++) {
			struct batch batch = {
				.out_batch = bad[i],
				.keys = keys,
				.values = values,
				.count = 3,
			};

			row("memory %d, pointer %zu", memory, i);
			expect(cmd_batch(w.task, LOOKUP, f.fd, &batch), -EFAULT);
			expect(batch.count, 3);
			expect_bytes(values, f.model, 3 * f.bytes);
			/* At the end of the map, too. */
			batch.count = NR + 5;
			expect(cmd_batch(w.task, LOOKUP, f.fd, &batch), -EFAULT);
			expect(batch.count, NR);
			/* Nothing to deliver: out_batch is not touched. */
			batch.in_batch = &last;
			batch.count = 1;
			expect(cmd_batch(w.task, LOOKUP, f.fd, &batch), -ENOENT);
			expect(batch.count, 0);
		}
		free(values);
		drop(&w, &f);
		world_close(&w);
	}
}
END_TEST

/* Fact: count := 0 is written back first: EFAULT if the attr is not writable, nothing done. */
START_TEST(attr_that_cannot_be_written_returns_efault)
{
	static const struct {
		uint64_t in, out, keys, values;
		uint32_t count, fd;
		uint64_t elem_flags, flags;
	} lookup __attribute__((aligned(4096))) = { .count = 3, .fd = PCA_FIRST_FD },
		 nothing __attribute__((aligned(4096))) = { .count = 0, .fd = PCA_FIRST_FD };
	struct world w = world_open("0,2", PCA_CHECKED);
	struct filled f = filled_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 9);
	void *read_only = (void *)(uintptr_t)&lookup;

	expect(f.fd, PCA_FIRST_FD);
	expect(pca_bpf(w.task, LOOKUP, read_only, sizeof(lookup)), -EFAULT);
	expect(pca_bpf(w.task, UPDATE, read_only, sizeof(lookup)), -EFAULT);
	/* count 0 writes nothing back, nor do the commands that are refused. */
	read_only = (void *)(uintptr_t)&nothing;
	expect(pca_bpf(w.task, LOOKUP, read_only, sizeof(nothing)), 0);
	expect(pca_bpf(w.task, UPDATE, read_only, sizeof(nothing)), 0);
	expect(pca_bpf(w.task, DELETE, read_only, sizeof(nothing)), -524);
	expect_model(&w, &f);
	drop(&w, &f);
	world_close(&w);
}
END_TEST

/* ---- UPDATE_BATCH ---- */

/*
 * Fact: per element: key EFAULT, value EFAULT, key >= max E2BIG. Stops at the first
 * error; earlier elements stay; count = number done. Duplicates: last wins.
 */
static const struct update_row {
	uint32_t keys[6], count;
	int want;
	uint32_t done;
} update_rows[] = {
	{ { 0, 1, 2, 3, 4, 5 }, 6, 0, 6 },
	{ { 5, 4, 3, 2, 1, 0 }, 6, 0, 6 },
	{ { 9, 0, 7 }, 3, 0, 3 },
	{ { 3, 3, 3 }, 3, 0, 3 },
	{ { 1, 2, 1, 2 }, 4, 0, 4 },
	{ { 1, 2, NR, 3 }, 4, -E2BIG, 2 },
	{ { NR, 1 }, 2, -E2BIG, 0 },
	{ { 1, UINT32_MAX }, 2, -E2BIG, 1 },
	{ { 1, 0x80000001 }, 2, -E2BIG, 1 },
	/* count may be huge; it runs until an error. */
	{ { 1, 2, 3, NR }, UINT32_MAX, -E2BIG, 3 },
};

static void run_update_row(const struct world *w, struct filled *f, const struct update_row *r)
{
	unsigned char *values = malloc(6 * f->bytes);
	uint32_t keys[6], in = 77, out = 77;
	struct batch batch = {
		.in_batch = &in,
		.out_batch = &out,
		.keys = keys,
		.values = values,
		.count = r->count,
	};

	memcpy(keys, r->keys, sizeof(keys));
	fill(values, 6 * f->bytes, 91 + r->count);
	for (uint32_t i = 0; i < r->done; i++)
		memcpy(f->model + keys[i] * f->bytes, values + i * f->bytes, f->bytes);
	expect(cmd_batch(w->task, UPDATE, f->fd, &batch), r->want);
	expect(batch.count, r->done);
	expect(in, 77);
	expect(out, 77);
	expect_model(w, f);
	free(values);
}

START_TEST(updates_stop_at_the_first_error)
{
	for (int type = 0; type < 2; type++) {
		for (size_t m = 0; m < nr_cpu_masks; m++) {
			for (size_t s = 0; s + 1 < nr_value_sizes; s++) {
				struct world w =
					world_open(cpu_masks[m], (enum pca_task_memory)(s % 2));
				struct filled f = filled_map(
					&w, type ? BPF_MAP_TYPE_ARRAY : BPF_MAP_TYPE_PERCPU_ARRAY,
					value_sizes[s]);

				for (size_t i = 0; i < ARRAY_LEN(update_rows); i++) {
					row("row %zu, %s, mask %s, value_size %u", i,
					    type ? "shared" : "per-CPU", cpu_masks[m],
					    value_sizes[s]);
					run_update_row(&w, &f, &update_rows[i]);
				}
				drop(&w, &f);
				world_close(&w);
			}
		}
	}
}
END_TEST

START_TEST(update_faults_keep_what_was_done)
{
	struct world w = world_open("0,4-6,127", PCA_CHECKED);
	struct filled f = filled_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 3);

	for (uint32_t good = 0; good < 4; good++) {
		uint32_t all_keys[4] = { 6, 5, 4, 3 }, past[4] = { 6, 5, 4, 3 };
		uint32_t *keys = guarded(4 * good);
		unsigned char *all = malloc(4 * f.bytes), *part = guarded((good + 1) * f.bytes - 1);
		struct batch batch = { .keys = keys, .values = all, .count = 4 };

		row("%u good", good);
		memcpy(keys, all_keys, 4 * good);
		fill(all, 4 * f.bytes, 50 + good);
		for (uint32_t i = 0; i < good; i++)
			memcpy(f.model + all_keys[i] * f.bytes, all + i * f.bytes, f.bytes);
		expect(cmd_batch(w.task, UPDATE, f.fd, &batch), -EFAULT);
		expect(batch.count, good);
		expect_model(&w, &f);

		/* The value's fault comes before the key's range. */
		past[good] = NR;
		fill(part, (good + 1) * f.bytes - 1, 60 + good);
		for (uint32_t i = 0; i < good; i++)
			memcpy(f.model + all_keys[i] * f.bytes, part + i * f.bytes, f.bytes);
		batch = (struct batch){ .keys = past, .values = part, .count = 4 };
		expect(cmd_batch(w.task, UPDATE, f.fd, &batch), -EFAULT);
		expect(batch.count, good);
		expect_model(&w, &f);
		free(all);
	}
	drop(&w, &f);
	world_close(&w);
}
END_TEST

/* Fact: in_batch and out_batch of an update are never touched, wherever they point. */
START_TEST(updates_ignore_in_and_out_batch)
{
	struct world w = world_open("0,2", PCA_CHECKED);
	struct filled f = filled_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 9);
	uint32_t keys[] = { 2, 3 };
	struct batch batch = {
		.in_batch = bad_pointer(),
		.out_batch = bad_pointer(),
		.keys = keys,
		.values = f.model + 2 * f.bytes,
		.count = 2,
	};

	expect(cmd_batch(w.task, UPDATE, f.fd, &batch), 0);
	expect(batch.count, 2);
	expect_model(&w, &f);
	drop(&w, &f);
	world_close(&w);
}
END_TEST

/* Pointers of batches need no alignment. */
START_TEST(batches_take_unaligned_pointers)
{
	const uint32_t before = 1, wanted[] = { 2, 3, 4, 5 };

	for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
		struct world w = world_open("0,4-6,127", (enum pca_task_memory)memory);
		struct filled f = filled_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 12);

		for (size_t shift = 1; shift < 8; shift++) {
			unsigned char *keys = (unsigned char *)guarded_before(60) + shift;
			unsigned char *values = (unsigned char *)guarded_before(4096) + shift;
			unsigned char *in = (unsigned char *)guarded_before(16) + shift;
			struct batch batch = {
				.in_batch = in,
				.out_batch = in,
				.keys = keys,
				.values = values,
				.count = 4,
			};

			row("memory %d, shift %zu", memory, shift);
			memcpy(in, &before, 4);
			expect(cmd_batch(w.task, LOOKUP, f.fd, &batch), 0);
			expect_bytes(keys, wanted, sizeof(wanted));
			expect_bytes(values, f.model + 2 * f.bytes, 4 * f.bytes);
			expect_bytes(in, &wanted[3], 4);
			expect(cmd_batch(w.task, UPDATE, f.fd, &batch), 0);
		}
		expect_model(&w, &f);
		drop(&w, &f);
		world_close(&w);
	}
}
END_TEST

/* Fact: a shorter attr is zero-extended: one that ends before count has count 0. */
START_TEST(attr_that_ends_early_is_zero_extended)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	struct filled f = filled_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 9);
	unsigned char *values = malloc(NR * f.bytes);
	uint32_t keys[NR], out;
	uint64_t attr[7] = { 0,
			     (uintptr_t)&out,
			     (uintptr_t)keys,
			     (uintptr_t)values,
			     (uint64_t)(uint32_t)f.fd << 32 | 3,
			     0,
			     0 };

	expect(pca_bpf(w.task, LOOKUP, attr, 40), 0);
	expect((uint32_t)attr[4], 3);
	expect(out, 2);
	attr[5] = 1;
	expect(pca_bpf(w.task, LOOKUP, attr, 40), 0);
	expect(pca_bpf(w.task, LOOKUP, attr, 41), -EINVAL);
	/* Without the fd's bytes it is fd 0. */
	int hidden = hide_stdin();

	expect(pca_bpf(w.task, LOOKUP, attr, 36), -EBADF);
	show_stdin(hidden);
	free(values);
	drop(&w, &f);
	world_close(&w);
}
END_TEST

/* ---- calls that know their arrays' lengths ---- */

START_TEST(known_lengths_are_checked_before_anything_is_copied)
{
	static const struct {
		uint32_t count, keys, values; /* elements */
		int want;
	} rows[] = {
		{ 3, 3, 3, 0 },	      { 3, 10, 10, 0 },	    { 3, 2, 3, -EFAULT },
		{ 3, 3, 2, -EFAULT }, { 3, 0, 0, -EFAULT },
	};
	struct world w = world_open("0,4-6,127", PCA_DIRECT);
	struct filled f = filled_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 7);
	unsigned char *values = malloc(NR * f.bytes);

	messages_catch();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t keys[NR], out;
		uint64_t attr[7] = { 0,
				     (uintptr_t)&out,
				     (uintptr_t)keys,
				     (uintptr_t)values,
				     (uint64_t)(uint32_t)f.fd << 32 | rows[i].count,
				     0,
				     0 };
		struct pca_batch_bytes known = { rows[i].keys * 4, rows[i].values * f.bytes };

		row("row %zu", i);
		memset(values, 0xee, NR * f.bytes);
		messages_clear();
		expect(pca_map_batch(w.task, LOOKUP, attr, sizeof(attr), known), rows[i].want);
		ck_assert_uint_eq(messages_count(), rows[i].want ? 1 : 0);
		if (rows[i].want)
			expect_all(values, 0xee, NR * f.bytes);
		else
			expect_bytes(values, f.model, 3 * f.bytes);
	}
	free(values);
	drop(&w, &f);
	world_close(&w);
}
END_TEST

static Suite *batch_suite(void)
{
	Suite *suite = suite_create("batches");
	TCase *tc = add_case(suite, "order of errors");

	tcase_add_test(tc, of_two_errors_the_first_check_wins);
	tcase_add_test(tc, flags_are_ignored);
	tcase_add_test(tc, attr_that_ends_early_is_zero_extended);
	tcase_add_test(tc, attr_that_cannot_be_written_returns_efault);

	tc = add_case(suite, "lookup");
	tcase_add_test(tc, direct_lookups_deliver_the_window_after_in_batch);
	tcase_add_test(tc, checked_lookups_deliver_the_window_after_in_batch);
	tcase_add_test(tc, shared_arrays_deliver_the_window_after_in_batch);
	tcase_add_test(tc, batches_of_the_largest_values);
	tcase_add_test(tc, a_loop_of_batches_sees_every_key_once);
	tcase_add_test(tc, batches_take_unaligned_pointers);

	tc = add_case(suite, "faults of lookups");
	tcase_add_test(tc, fault_in_values_delivers_what_comes_before_it);
	tcase_add_test(tc, fault_in_keys_delivers_what_comes_before_it);
	tcase_add_test(tc, direct_lookup_with_null_values_delivers_the_first_key);
	tcase_add_test(tc, fault_in_in_batch_delivers_nothing);
	tcase_add_test(tc, fault_in_out_batch_still_counts);

	tc = add_case(suite, "update");
	tcase_add_test(tc, updates_stop_at_the_first_error);
	tcase_add_test(tc, update_faults_keep_what_was_done);
	tcase_add_test(tc, updates_ignore_in_and_out_batch);

	tc = add_case(suite, "known lengths");
	tcase_add_test(tc, known_lengths_are_checked_before_anything_is_copied);
	return suite;
}

TEST_MAIN(batch_suite)
