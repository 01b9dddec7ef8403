// SPDX-License-Identifier: MIT
/*
 * The element commands: LOOKUP, UPDATE, DELETE, GET_NEXT_KEY and
 * LOOKUP_AND_DELETE. Which error comes first, which bytes are read and written,
 * where they go.
 */
#include "support.h"

#define NR_ENTRIES 3

/* The states of an fd that commands tell apart. */
enum fd_kind { FD_RDWR, FD_RDONLY, FD_WRONLY, FD_FROZEN, FD_CLOSED, FD_FILE, NR_FD_KINDS };

/* One map's fds of all kinds; a frozen one is another map's. */
struct fds {
	int fd[NR_FD_KINDS];
};

static struct fds open_fds(const struct world *w, uint32_t type, uint32_t value_size)
{
	struct fds fds;
	uint32_t id;

	fds.fd[FD_RDWR] = expect_fd(cmd_create(w->task, type, value_size, NR_ENTRIES, 0));
	id = id_of_map(w->task, fds.fd[FD_RDWR]);
	fds.fd[FD_RDONLY] = expect_fd(cmd_fd_by_id(w->task, id, BPF_F_RDONLY));
	fds.fd[FD_WRONLY] = expect_fd(cmd_fd_by_id(w->task, id, BPF_F_WRONLY));
	fds.fd[FD_FROZEN] = expect_fd(cmd_create(w->task, type, value_size, NR_ENTRIES, 0));
	expect(cmd_freeze(w->task, fds.fd[FD_FROZEN]), 0);
	fds.fd[FD_CLOSED] = -1;
	fds.fd[FD_FILE] = open("/dev/null", O_RDWR);
	return fds;
}

static void close_fds(const struct world *w, struct fds *fds)
{
	for (int kind = FD_RDWR; kind <= FD_FROZEN; kind++)
		expect(pca_close(w->task, fds->fd[kind]), 0);
	close(fds->fd[FD_FILE]);
}

/* ---- the order of errors ---- */

enum key_kind { KEY_GOOD, KEY_LAST, KEY_PAST, KEY_MAX, KEY_FAULT };
enum value_kind { VALUE_GOOD, VALUE_FAULT };

struct order_row {
	enum fd_kind fd;
	enum key_kind key;
	enum value_kind value;
	uint64_t flags;
	int want;
};

#define LOCK 4ULL
#define CPU_FLAG 8ULL
#define HIGH (1ULL << 32)

/*
 * Fact (<=6.18): attr | flags & ~LOCK EINVAL | fd | EPERM | LOCK EINVAL |
 * key EFAULT | key >= max ENOENT | value EFAULT.
 */
static const struct order_row lookup_rows[] = {
	{ FD_RDWR, KEY_GOOD, VALUE_GOOD, 0, 0 },
	{ FD_RDWR, KEY_LAST, VALUE_GOOD, 0, 0 },
	{ FD_RDONLY, KEY_GOOD, VALUE_GOOD, 0, 0 },
	{ FD_FROZEN, KEY_GOOD, VALUE_GOOD, 0, 0 },
	/* flags first */
	{ FD_CLOSED, KEY_GOOD, VALUE_GOOD, 1, -EINVAL },
	{ FD_CLOSED, KEY_GOOD, VALUE_GOOD, 2, -EINVAL },
	{ FD_CLOSED, KEY_GOOD, VALUE_GOOD, LOCK | 1, -EINVAL },
	{ FD_CLOSED, KEY_FAULT, VALUE_FAULT, CPU_FLAG, -EINVAL },
	{ FD_CLOSED, KEY_GOOD, VALUE_GOOD, HIGH, -EINVAL },
	{ FD_CLOSED, KEY_GOOD, VALUE_GOOD, HIGH | LOCK, -EINVAL },
	{ FD_WRONLY, KEY_GOOD, VALUE_GOOD, 1, -EINVAL },
	{ FD_RDWR, KEY_FAULT, VALUE_GOOD, 16, -EINVAL },
	/* then the fd */
	{ FD_CLOSED, KEY_FAULT, VALUE_FAULT, 0, -EBADF },
	{ FD_CLOSED, KEY_PAST, VALUE_GOOD, 0, -EBADF },
	{ FD_CLOSED, KEY_GOOD, VALUE_GOOD, LOCK, -EBADF },
	{ FD_FILE, KEY_FAULT, VALUE_FAULT, 0, -EINVAL },
	/* then the right to read */
	{ FD_WRONLY, KEY_GOOD, VALUE_GOOD, 0, -EPERM },
	{ FD_WRONLY, KEY_GOOD, VALUE_GOOD, LOCK, -EPERM },
	{ FD_WRONLY, KEY_FAULT, VALUE_FAULT, 0, -EPERM },
	{ FD_WRONLY, KEY_PAST, VALUE_GOOD, 0, -EPERM },
	/* then LOCK */
	{ FD_RDWR, KEY_GOOD, VALUE_GOOD, LOCK, -EINVAL },
	{ FD_RDWR, KEY_FAULT, VALUE_FAULT, LOCK, -EINVAL },
	{ FD_RDWR, KEY_PAST, VALUE_GOOD, LOCK, -EINVAL },
	/* then the key */
	{ FD_RDWR, KEY_FAULT, VALUE_GOOD, 0, -EFAULT },
	{ FD_RDWR, KEY_FAULT, VALUE_FAULT, 0, -EFAULT },
	{ FD_RDWR, KEY_PAST, VALUE_GOOD, 0, -ENOENT },
	{ FD_RDWR, KEY_PAST, VALUE_FAULT, 0, -ENOENT },
	{ FD_RDWR, KEY_MAX, VALUE_GOOD, 0, -ENOENT },
	/* the value last */
	{ FD_RDWR, KEY_GOOD, VALUE_FAULT, 0, -EFAULT },
	{ FD_RDWR, KEY_LAST, VALUE_FAULT, 0, -EFAULT },
};

/*
 * Fact (<=6.18): attr | fd | EPERM (write or frozen) | LOCK EINVAL | key EFAULT |
 * value EFAULT | flags & ~LOCK > 2 EINVAL (64 bits) | key >= max E2BIG | EEXIST if
 * NOEXIST.
 */
static const struct order_row update_rows[] = {
	{ FD_RDWR, KEY_GOOD, VALUE_GOOD, 0, 0 },
	{ FD_RDWR, KEY_LAST, VALUE_GOOD, 0, 0 },
	{ FD_RDWR, KEY_GOOD, VALUE_GOOD, 2, 0 },
	{ FD_WRONLY, KEY_GOOD, VALUE_GOOD, 0, 0 },
	/* the fd first */
	{ FD_CLOSED, KEY_FAULT, VALUE_FAULT, LOCK, -EBADF },
	{ FD_CLOSED, KEY_PAST, VALUE_GOOD, 1, -EBADF },
	{ FD_CLOSED, KEY_GOOD, VALUE_GOOD, ~0ULL, -EBADF },
	{ FD_FILE, KEY_FAULT, VALUE_FAULT, LOCK, -EINVAL },
	/* then the right to write */
	{ FD_RDONLY, KEY_GOOD, VALUE_GOOD, 0, -EPERM },
	{ FD_RDONLY, KEY_FAULT, VALUE_FAULT, 0, -EPERM },
	{ FD_RDONLY, KEY_GOOD, VALUE_GOOD, LOCK, -EPERM },
	{ FD_RDONLY, KEY_GOOD, VALUE_GOOD, 0x41, -EPERM },
	{ FD_RDONLY, KEY_PAST, VALUE_GOOD, 0, -EPERM },
	{ FD_RDONLY, KEY_GOOD, VALUE_GOOD, 1, -EPERM },
	{ FD_FROZEN, KEY_GOOD, VALUE_GOOD, 0, -EPERM },
	{ FD_FROZEN, KEY_FAULT, VALUE_FAULT, LOCK, -EPERM },
	{ FD_FROZEN, KEY_PAST, VALUE_GOOD, 0x41, -EPERM },
	/* then LOCK */
	{ FD_RDWR, KEY_GOOD, VALUE_GOOD, LOCK, -EINVAL },
	{ FD_RDWR, KEY_FAULT, VALUE_FAULT, LOCK, -EINVAL },
	{ FD_RDWR, KEY_PAST, VALUE_GOOD, LOCK, -EINVAL },
	{ FD_RDWR, KEY_GOOD, VALUE_GOOD, LOCK | 1, -EINVAL },
	/* then key and value are copied in */
	{ FD_RDWR, KEY_FAULT, VALUE_GOOD, 0, -EFAULT },
	{ FD_RDWR, KEY_FAULT, VALUE_GOOD, 0x41, -EFAULT },
	{ FD_RDWR, KEY_GOOD, VALUE_FAULT, 0, -EFAULT },
	{ FD_RDWR, KEY_GOOD, VALUE_FAULT, 1, -EFAULT },
	{ FD_RDWR, KEY_GOOD, VALUE_FAULT, 0x41, -EFAULT },
	{ FD_RDWR, KEY_PAST, VALUE_FAULT, 0, -EFAULT },
	{ FD_RDWR, KEY_MAX, VALUE_FAULT, 1, -EFAULT },
	/* then the other flags */
	{ FD_RDWR, KEY_GOOD, VALUE_GOOD, 3, -EINVAL },
	{ FD_RDWR, KEY_PAST, VALUE_GOOD, 3, -EINVAL },
	{ FD_RDWR, KEY_PAST, VALUE_GOOD, CPU_FLAG, -EINVAL },
	{ FD_RDWR, KEY_PAST, VALUE_GOOD, HIGH, -EINVAL },
	{ FD_RDWR, KEY_PAST, VALUE_GOOD, HIGH | 1, -EINVAL },
	/* then the key's range, then NOEXIST */
	{ FD_RDWR, KEY_PAST, VALUE_GOOD, 0, -E2BIG },
	{ FD_RDWR, KEY_PAST, VALUE_GOOD, 1, -E2BIG },
	{ FD_RDWR, KEY_PAST, VALUE_GOOD, 2, -E2BIG },
	{ FD_RDWR, KEY_MAX, VALUE_GOOD, 0, -E2BIG },
	{ FD_RDWR, KEY_GOOD, VALUE_GOOD, 1, -EEXIST },
	{ FD_RDWR, KEY_LAST, VALUE_GOOD, 1, -EEXIST },
};

/* Fact: attr | fd | EPERM | key EFAULT | EINVAL always. */
static const struct order_row delete_rows[] = {
	{ FD_CLOSED, KEY_FAULT, VALUE_GOOD, 0, -EBADF },
	{ FD_FILE, KEY_FAULT, VALUE_GOOD, 0, -EINVAL },
	{ FD_RDONLY, KEY_FAULT, VALUE_GOOD, 0, -EPERM },
	{ FD_FROZEN, KEY_FAULT, VALUE_GOOD, 0, -EPERM },
	{ FD_FROZEN, KEY_GOOD, VALUE_GOOD, 0, -EPERM },
	{ FD_RDWR, KEY_FAULT, VALUE_GOOD, 0, -EFAULT },
	{ FD_WRONLY, KEY_FAULT, VALUE_GOOD, 0, -EFAULT },
	{ FD_RDWR, KEY_GOOD, VALUE_GOOD, 0, -EINVAL },
	{ FD_RDWR, KEY_PAST, VALUE_GOOD, 0, -EINVAL },
	{ FD_WRONLY, KEY_MAX, VALUE_GOOD, 0, -EINVAL },
};

/*
 * Fact: attr | fd | EPERM | key EFAULT (NULL key allowed) | key == max-1 ENOENT |
 * next_key EFAULT.
 */
static const struct order_row next_rows[] = {
	{ FD_CLOSED, KEY_FAULT, VALUE_FAULT, 0, -EBADF },
	{ FD_FILE, KEY_FAULT, VALUE_FAULT, 0, -EINVAL },
	{ FD_WRONLY, KEY_FAULT, VALUE_FAULT, 0, -EPERM },
	{ FD_WRONLY, KEY_LAST, VALUE_GOOD, 0, -EPERM },
	{ FD_RDWR, KEY_FAULT, VALUE_FAULT, 0, -EFAULT },
	{ FD_RDWR, KEY_FAULT, VALUE_GOOD, 0, -EFAULT },
	{ FD_RDWR, KEY_LAST, VALUE_FAULT, 0, -ENOENT },
	{ FD_RDWR, KEY_LAST, VALUE_GOOD, 0, -ENOENT },
	{ FD_RDWR, KEY_GOOD, VALUE_FAULT, 0, -EFAULT },
	{ FD_RDWR, KEY_PAST, VALUE_FAULT, 0, -EFAULT },
	{ FD_RDWR, KEY_GOOD, VALUE_GOOD, 0, 0 },
	{ FD_RDONLY, KEY_PAST, VALUE_GOOD, 0, 0 },
	{ FD_FROZEN, KEY_MAX, VALUE_GOOD, 0, 0 },
};

/*
 * Fact (6.18): attr | flags & ~LOCK EINVAL | fd | EPERM | LOCK EINVAL |
 * key EFAULT | ENOTSUPP always; the value pointer is never touched.
 */
static const struct order_row lookup_and_delete_rows[] = {
	{ FD_CLOSED, KEY_FAULT, VALUE_FAULT, 1, -EINVAL },
	{ FD_CLOSED, KEY_GOOD, VALUE_GOOD, HIGH, -EINVAL },
	{ FD_RDONLY, KEY_GOOD, VALUE_GOOD, 2, -EINVAL },
	{ FD_CLOSED, KEY_FAULT, VALUE_FAULT, LOCK, -EBADF },
	{ FD_CLOSED, KEY_FAULT, VALUE_FAULT, 0, -EBADF },
	{ FD_FILE, KEY_FAULT, VALUE_FAULT, 0, -EINVAL },
	{ FD_RDONLY, KEY_FAULT, VALUE_FAULT, LOCK, -EPERM },
	{ FD_WRONLY, KEY_FAULT, VALUE_FAULT, LOCK, -EPERM },
	{ FD_FROZEN, KEY_FAULT, VALUE_FAULT, LOCK, -EPERM },
	{ FD_FROZEN, KEY_GOOD, VALUE_GOOD, 0, -EPERM },
	{ FD_RDWR, KEY_FAULT, VALUE_FAULT, LOCK, -EINVAL },
	{ FD_RDWR, KEY_FAULT, VALUE_GOOD, 0, -EFAULT },
	{ FD_RDWR, KEY_GOOD, VALUE_GOOD, 0, -524 },
	{ FD_RDWR, KEY_GOOD, VALUE_FAULT, 0, -524 },
	{ FD_RDWR, KEY_PAST, VALUE_FAULT, 0, -524 },
};

static long lookup(struct pca_task *task, int fd, const void *key, void *value, uint64_t flags)
{
	return cmd_lookup(task, fd, key, value, flags);
}

static long update(struct pca_task *task, int fd, const void *key, void *value, uint64_t flags)
{
	return cmd_update(task, fd, key, value, flags);
}

static long delete (struct pca_task *task, int fd, const void *key, void *value, uint64_t flags)
{
	(void)value;
	(void)flags;
	return cmd_delete(task, fd, key);
}

static long next_key(struct pca_task *task, int fd, const void *key, void *value, uint64_t flags)
{
	(void)flags;
	return cmd_next_key(task, fd, key, value);
}

static const struct order_table {
	const char *name;
	long (*fn)(struct pca_task *task, int fd, const void *key, void *value, uint64_t flags);
	const struct order_row *rows;
	size_t nr;
} order_tables[] = {
	{ "LOOKUP", lookup, lookup_rows, ARRAY_LEN(lookup_rows) },
	{ "UPDATE", update, update_rows, ARRAY_LEN(update_rows) },
	{ "DELETE", delete, delete_rows, ARRAY_LEN(delete_rows) },
	{ "NEXT", next_key, next_rows, ARRAY_LEN(next_rows) },
	{ "LOOKUP_AND_DELETE", cmd_lookup_and_delete, lookup_and_delete_rows,
	  ARRAY_LEN(lookup_and_delete_rows) },
};

/* What faults: any bad pointer for a checked task, NULL for a direct one. */
static void run_order_row(const struct world *w, const struct fds *fds,
			  const struct order_table *table, const struct order_row *r, void *bad)
{
	const uint32_t keys[] = { 0, NR_ENTRIES - 1, NR_ENTRIES, UINT32_MAX };
	unsigned char *value = guarded(65536);
	const void *key = r->key == KEY_FAULT ? bad : &keys[r->key];
	unsigned char *end = value + 65536;

	memset(value, 0x5a, 65536);
	expect(table->fn(w->task, fds->fd[r->fd], key, r->value == VALUE_FAULT ? bad : value,
			 r->flags),
	       r->want);
	/* An error leaves the caller's buffer as it was. */
	if (r->want)
		expect_all(value, 0x5a, (size_t)(end - value));
}

static void run_order_tables(uint32_t type, enum pca_task_memory memory, void *bad)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		uint32_t value_size = (uint32_t[]){ 1, 4, 9, 12, 4096 }[m];
		struct world w = world_open(cpu_masks[m], memory);
		struct fds fds = open_fds(&w, type, value_size);

		for (size_t t = 0; t < ARRAY_LEN(order_tables); t++) {
			for (size_t i = 0; i < order_tables[t].nr; i++) {
				row("%s row %zu, mask %s, value_size %u", order_tables[t].name, i,
				    cpu_masks[m], value_size);
				run_order_row(&w, &fds, &order_tables[t], &order_tables[t].rows[i],
					      bad);
			}
		}
		close_fds(&w, &fds);
		world_close(&w);
	}
}

START_TEST(of_two_errors_the_first_check_wins)
{
	run_order_tables(BPF_MAP_TYPE_PERCPU_ARRAY, PCA_CHECKED, bad_pointer());
	run_order_tables(BPF_MAP_TYPE_ARRAY, PCA_CHECKED, bad_pointer());
}
END_TEST

/*
 * A direct task finds only pointers into the first page bad. Not NULL here: as a
 * key of NEXT it is no error.
 */
START_TEST(low_pointers_of_direct_tasks_return_efault_in_the_same_order)
{
	run_order_tables(BPF_MAP_TYPE_PERCPU_ARRAY, PCA_DIRECT, (void *)8);
	run_order_tables(BPF_MAP_TYPE_PERCPU_ARRAY, PCA_DIRECT, (void *)4095);
	run_order_tables(BPF_MAP_TYPE_ARRAY, PCA_DIRECT, (void *)1);
}
END_TEST

START_TEST(null_pointers_return_efault_but_for_the_key_of_next)
{
	for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
		struct world w = world_open("0,2", (enum pca_task_memory)memory);
		int fd = percpu_map(&w, 9, NR_ENTRIES);
		uint64_t values[4] = { 0 };
		uint32_t key = 1, past = NR_ENTRIES, next = 77;

		row("memory %d", memory);
		expect(cmd_lookup(w.task, fd, NULL, values, 0), -EFAULT);
		expect(cmd_lookup(w.task, fd, &key, NULL, 0), -EFAULT);
		expect(cmd_lookup(w.task, fd, &past, NULL, 0), -ENOENT);
		expect(cmd_update(w.task, fd, NULL, values, 0), -EFAULT);
		expect(cmd_update(w.task, fd, &key, NULL, 0), -EFAULT);
		expect(cmd_delete(w.task, fd, NULL), -EFAULT);
		expect(cmd_lookup_and_delete(w.task, fd, NULL, values, 0), -EFAULT);
		expect(cmd_next_key(w.task, fd, NULL, &next), 0);
		expect(next, 0);
		expect(cmd_next_key(w.task, fd, NULL, NULL), -EFAULT);
		expect(cmd_next_key(w.task, fd, &key, NULL), -EFAULT);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* ---- flags ---- */

/* Fact (<=6.18): of all flags lookup takes none; LOCK is EINVAL too. */
START_TEST(lookup_refuses_every_flag_bit)
{
	struct world w = world_open("0,4-6,127", PCA_DIRECT);
	int fd = percpu_map(&w, 12, 1);
	unsigned char values[5 * 16];
	uint32_t key = 0;

	for (int bit = 0; bit < 64; bit++) {
		row("bit %d", bit);
		expect(cmd_lookup(w.task, fd, &key, values, 1ULL << bit), -EINVAL);
		expect(cmd_lookup_and_delete(w.task, fd, &key, values, 1ULL << bit), -EINVAL);
	}
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/*
 * Fact (<=6.18): 0 (ANY) and 2 (EXIST) update, 1 (NOEXIST) is EEXIST, everything
 * else EINVAL, compared in 64 bits; BPF_F_CPU 8 and BPF_F_ALL_CPUS 16 too.
 */
START_TEST(update_takes_any_and_exist_only)
{
	struct world w = world_open("0,4-6,127", PCA_DIRECT);
	int fd = percpu_map(&w, 12, 1);
	unsigned char values[5 * 16] = { 1 };
	uint32_t key = 0;

	for (uint64_t flags = 0; flags < 64; flags++) {
		row("flags %llu", (unsigned long long)flags);
		expect(cmd_update(w.task, fd, &key, values, flags), flags == 0 || flags == 2 ? 0
								    : flags == 1 ? -EEXIST
										 : -EINVAL);
	}
	for (int bit = 2; bit < 64; bit++) {
		row("bit %d", bit);
		for (uint64_t low = 0; low < 3; low++)
			expect(cmd_update(w.task, fd, &key, values, 1ULL << bit | low), -EINVAL);
	}
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* ---- which bytes ---- */

/*
 * Fact: exactly S * P bytes are read or written, slot i at offset i * S, S =
 * round_up(value_size, 8); padding is stored and returned as it came (<=6.18).
 * Pointers need no alignment. What is right before and after stays.
 */
static void round_trip(const struct world *w, int fd, size_t bytes, size_t shift)
{
	unsigned char *from = guarded(bytes), *to = guarded(bytes);
	unsigned char *shifted = guarded_before(bytes + shift + 16);
	uint32_t key = 1;

	fill(from, bytes, (uint32_t)shift);
	memset(to, 0xee, bytes);
	expect(cmd_update(w->task, fd, &key, from, 0), 0);
	expect(cmd_lookup(w->task, fd, &key, to, 0), 0);
	expect_bytes(to, from, bytes);

	memset(shifted, 0xee, bytes + shift + 16);
	expect(cmd_lookup(w->task, fd, &key, shifted + shift, 0), 0);
	expect_all(shifted, 0xee, shift);
	expect_bytes(shifted + shift, from, bytes);
	expect_all(shifted + shift + bytes, 0xee, 16);
	expect(cmd_update(w->task, fd, &key, shifted + shift, 0), 0);
	expect(cmd_lookup(w->task, fd, &key, to, 0), 0);
	expect_bytes(to, from, bytes);
}

static void expect_neighbours_zero(const struct world *w, int fd, size_t bytes)
{
	unsigned char *values = malloc(bytes);

	for (uint32_t key = 0; key < NR_ENTRIES; key += 2) {
		memset(values, 0xee, bytes);
		expect(cmd_lookup(w->task, fd, &key, values, 0), 0);
		expect_all(values, 0, bytes);
	}
	free(values);
}

static void round_trips(uint32_t type, enum pca_task_memory memory)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		for (size_t s = 0; s < nr_value_sizes; s++) {
			struct world w = world_open(cpu_masks[m], memory);
			int fd = expect_fd(cmd_create(w.task, type, value_sizes[s], NR_ENTRIES, 0));
			size_t bytes = type == BPF_MAP_TYPE_ARRAY
					       ? value_sizes[s]
					       : lookup_bytes(&w, value_sizes[s]);

			row("type %u mask %s value_size %u", type, cpu_masks[m], value_sizes[s]);
			expect(pca_map_lookup_bytes(w.task, fd), bytes);
			for (size_t shift = 0; shift < 9; shift++)
				round_trip(&w, fd, bytes, shift);
			expect_neighbours_zero(&w, fd, bytes);
			expect(pca_close(w.task, fd), 0);
			world_close(&w);
		}
	}
}

START_TEST(direct_commands_touch_exactly_a_slot_per_possible_cpu)
{
	round_trips(BPF_MAP_TYPE_PERCPU_ARRAY, PCA_DIRECT);
}
END_TEST

START_TEST(checked_commands_touch_exactly_a_slot_per_possible_cpu)
{
	round_trips(BPF_MAP_TYPE_PERCPU_ARRAY, PCA_CHECKED);
}
END_TEST

START_TEST(shared_arrays_touch_exactly_value_size_bytes)
{
	round_trips(BPF_MAP_TYPE_ARRAY, PCA_DIRECT);
	round_trips(BPF_MAP_TYPE_ARRAY, PCA_CHECKED);
}
END_TEST

/* A shared array takes values that a per-CPU array is too small for. */
START_TEST(shared_array_takes_values_above_32768_bytes)
{
	static const uint32_t sizes[] = { VALUE_SIZE_TOO_BIG, 65535, 100001 };

	for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
		struct world w = world_open("0,2", (enum pca_task_memory)(s % 2));
		int fd = array_map(&w, sizes[s], NR_ENTRIES);

		row("value_size %u", sizes[s]);
		expect(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, sizes[s], 1, 0), -E2BIG);
		round_trip(&w, fd, sizes[s], 3);
		expect_neighbours_zero(&w, fd, sizes[s]);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* How many bytes short of what a command needs a buffer is. */
static const size_t shortages[] = { 1, 2, 7, 8, 9, 4096 };

/*
 * Fact: one byte less -> EFAULT, and the map stays as it was. A faulting LOOKUP
 * delivers the prefix up to the faulting byte.
 */
static void try_short_buffer(const struct world *w, int fd, size_t bytes, size_t missing)
{
	unsigned char *before = malloc(bytes), *after = malloc(bytes);
	unsigned char *small = guarded(bytes - missing);
	uint32_t key = 1;

	fill(before, bytes, 3);
	expect(cmd_update(w->task, fd, &key, before, 0), 0);

	memset(small, 0xee, bytes - missing);
	expect(cmd_lookup(w->task, fd, &key, small, 0), -EFAULT);
	expect_bytes(small, before, bytes - missing);

	memset(small, 0xdd, bytes - missing);
	expect(cmd_update(w->task, fd, &key, small, 0), -EFAULT);
	expect(cmd_lookup(w->task, fd, &key, after, 0), 0);
	expect_bytes(after, before, bytes);
	free(before);
	free(after);
}

START_TEST(buffer_that_ends_early_returns_efault_after_its_prefix)
{
	for (int type = 0; type < 2; type++) {
		for (size_t m = 0; m < nr_cpu_masks; m++) {
			for (size_t s = 0; s < nr_value_sizes; s++) {
				struct world w = world_open(cpu_masks[m], PCA_CHECKED);
				uint32_t size = value_sizes[s];
				int fd = type ? array_map(&w, size, 2) : percpu_map(&w, size, 2);
				size_t bytes = type ? size : lookup_bytes(&w, size);

				for (size_t i = 0; i < ARRAY_LEN(shortages); i++) {
					row("%s mask %s value_size %u, %zu bytes missing",
					    type ? "shared" : "per-CPU", cpu_masks[m], size,
					    shortages[i]);
					if (shortages[i] <= bytes)
						try_short_buffer(&w, fd, bytes, shortages[i]);
				}
				expect(pca_close(w.task, fd), 0);
				world_close(&w);
			}
		}
	}
}
END_TEST

/* A buffer that begins in a page that cannot be read: nothing is delivered. */
START_TEST(buffer_that_begins_badly_returns_efault)
{
	struct world w = world_open("0,2", PCA_CHECKED);
	int fd = percpu_map(&w, 9, 1);
	unsigned char *start = guarded_before(64);
	uint32_t key = 0;

	memset(start, 0xee, 64);
	expect(cmd_lookup(w.task, fd, &key, start - 1, 0), -EFAULT);
	expect(cmd_update(w.task, fd, &key, start - 1, 0), -EFAULT);
	expect_all(start, 0xee, 64);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* Fact: the key is 4 bytes; one less is EFAULT. Unaligned ones are fine. */
START_TEST(keys_are_exactly_four_bytes)
{
	struct world w = world_open("0,2", PCA_CHECKED);
	int fd = percpu_map(&w, 1, 300);
	unsigned char *key = guarded(4), values[16], *next = guarded(4);

	memcpy(key, (uint32_t[]){ 258 }, 4);
	expect(cmd_update(w.task, fd, key, values, 0), 0);
	expect(cmd_lookup(w.task, fd, key, values, 0), 0);
	expect(cmd_next_key(w.task, fd, key, next), 0);
	ck_assert_mem_eq(next, ((uint32_t[]){ 259 }), 4);
	for (size_t missing = 1; missing <= 4; missing++) {
		row("%zu bytes missing", missing);
		expect(cmd_lookup(w.task, fd, key + missing, values, 0), -EFAULT);
		expect(cmd_update(w.task, fd, key + missing, values, 0), -EFAULT);
		expect(cmd_delete(w.task, fd, key + missing), -EFAULT);
		expect(cmd_next_key(w.task, fd, key + missing, next), -EFAULT);
		expect(cmd_next_key(w.task, fd, key, next + missing), -EFAULT);
		expect(cmd_lookup_and_delete(w.task, fd, key + missing, values, 0), -EFAULT);
	}
	for (size_t shift = 0; shift < 8; shift++) {
		unsigned char *unaligned = (unsigned char *)guarded_before(16) + shift;

		row("shift %zu", shift);
		memcpy(unaligned, (uint32_t[]){ 41 }, 4);
		expect(cmd_next_key(w.task, fd, unaligned, unaligned), 0);
		ck_assert_mem_eq(unaligned, ((uint32_t[]){ 42 }), 4);
		expect(cmd_lookup(w.task, fd, unaligned, values, 0), 0);
	}
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* A buffer that may only be read: LOOKUP faults on its first byte, UPDATE may use it. */
START_TEST(read_only_memory_serves_updates_only)
{
	static const unsigned char constant[4096] __attribute__((aligned(4096))) = { 1, 2, 3 };
	struct world w = world_open("0,2", PCA_CHECKED);
	int fd = percpu_map(&w, 9, 1);
	static const uint32_t key;
	unsigned char back[32];

	expect(cmd_update(w.task, fd, &key, constant, 0), 0);
	expect(cmd_lookup(w.task, fd, &key, (void *)(uintptr_t)constant, 0), -EFAULT);
	expect(cmd_lookup(w.task, fd, &key, back, 0), 0);
	expect_bytes(back, constant, sizeof(back));
	expect(cmd_next_key(w.task, fd, NULL, (void *)(uintptr_t)constant), -EFAULT);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* ---- where they go ---- */

/* Fact: slot i of a buffer is the i-th possible CPU's; padding is stored with it. */
START_TEST(slots_lie_in_the_order_of_possible_cpus)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		for (size_t s = 0; s < nr_value_sizes; s++) {
			struct world w = world_open(cpu_masks[m], PCA_DIRECT);
			size_t bytes = lookup_bytes(&w, value_sizes[s]);
			uint32_t nr = pca_num_possible_cpus(w.machine), key = 1;
			unsigned char *values = malloc(bytes);
			struct pca_map_ref *map;
			int fd = percpu_map(&w, value_sizes[s], NR_ENTRIES);

			row("mask %s value_size %u", cpu_masks[m], value_sizes[s]);
			fill(values, bytes, 5);
			expect(cmd_update(w.task, fd, &key, values, 0), 0);
			expect(pca_map_get(w.task, fd, &map), 0);
			expect(map->elem_size, bytes / nr);
			expect(map->max_entries, NR_ENTRIES);
			expect(pca_map_value_size(map), value_sizes[s]);
			for (uint32_t i = 0; i < nr; i++) {
				uint32_t cpu = (uint32_t)pca_cpu_id(w.machine, i);
				unsigned char *elem = pca_map_peek(map, cpu, key);

				expect_bytes(elem, values + i * (bytes / nr), bytes / nr);
				expect_all(pca_map_peek(map, cpu, 0), 0, bytes / nr);
				expect_all(pca_map_peek(map, cpu, 2), 0, bytes / nr);
				/* The other way round: what is in the slab is looked up. */
				memset(elem, (int)(0x80 + i), bytes / nr);
			}
			expect(cmd_lookup(w.task, fd, &key, values, 0), 0);
			for (uint32_t i = 0; i < nr; i++)
				expect_all(values + i * (bytes / nr), (unsigned char)(0x80 + i),
					   bytes / nr);
			pca_map_put(map);
			expect(pca_close(w.task, fd), 0);
			world_close(&w);
			free(values);
		}
	}
}
END_TEST

START_TEST(peek_finds_possible_cpus_and_keys_only)
{
	struct world w = world_open("0,4-6,127", PCA_DIRECT);
	struct pca_map_ref *map;
	int fd = percpu_map(&w, 9, NR_ENTRIES);

	expect(pca_map_get(w.task, fd, &map), 0);
	for (uint32_t cpu = 0; cpu < 300; cpu++) {
		bool is_possible = pca_cpu_ordinal(w.machine, cpu) >= 0;

		row("CPU %u", cpu);
		expect(pca_map_peek(map, cpu, 0) != NULL, is_possible);
		expect(pca_map_peek(map, cpu, NR_ENTRIES - 1) != NULL, is_possible);
		expect(pca_map_peek(map, cpu, NR_ENTRIES) != NULL, false);
		expect(pca_map_peek(map, cpu, UINT32_MAX) != NULL, false);
	}
	ck_assert_ptr_null(pca_map_peek(map, UINT32_MAX, 0));
	pca_map_put(map);
	expect(pca_map_get(w.task, -1, &map), -EBADF);
	expect(pca_map_get(w.task, 1, &map), -EINVAL);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* A shared array has one element for all CPUs, whatever the mask. */
START_TEST(shared_arrays_have_one_element_for_all_cpus)
{
	struct world w = world_open("0,4-6,127", PCA_DIRECT);
	struct pca_map_ref *map;
	uint32_t key = 2;
	int fd = array_map(&w, 7, NR_ENTRIES);

	expect(cmd_update(w.task, fd, &key, "seven b", 0), 0);
	expect(pca_map_get(w.task, fd, &map), 0);
	expect(map->stride, 0);
	ck_assert_ptr_eq(pca_map_peek(map, 0, 2), pca_map_peek(map, 127, 2));
	ck_assert_mem_eq(pca_map_peek(map, 5, 2), "seven b", 7);
	pca_map_put(map);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* Fact: errors never modify the map. */
START_TEST(errors_leave_the_map_as_it_was)
{
	struct world w = world_open("0,2", PCA_CHECKED);
	struct fds fds = open_fds(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 7);
	unsigned char *values = guarded(16), back[16];

	memset(values, 0x77, 16);
	for (size_t i = 0; i < ARRAY_LEN(update_rows); i++) {
		const struct order_row *r = &update_rows[i];
		uint32_t keys[] = { 0, NR_ENTRIES - 1, NR_ENTRIES, UINT32_MAX };

		if (!r->want)
			continue;
		cmd_update(w.task, fds.fd[r->fd],
			   r->key == KEY_FAULT ? bad_pointer() : &keys[r->key],
			   r->value == VALUE_FAULT ? values + 1 : values, r->flags);
		for (uint32_t key = 0; key < NR_ENTRIES; key++) {
			row("row %zu, key %u", i, key);
			expect(cmd_lookup(w.task, fds.fd[FD_RDWR], &key, back, 0), 0);
			expect_all(back, 0, sizeof(back));
			expect(cmd_lookup(w.task, fds.fd[FD_FROZEN], &key, back, 0), 0);
			expect_all(back, 0, sizeof(back));
		}
	}
	close_fds(&w, &fds);
	world_close(&w);
}
END_TEST

/* ---- keys ---- */

/* Fact: NULL or a key >= max_entries -> 0; max-1 -> ENOENT; else the key + 1. */
START_TEST(next_key_walks_all_keys_and_restarts)
{
	static const uint32_t sizes[] = { 1, 2, 3, 5, 100 };
	struct world w = world_open("0,2", PCA_DIRECT);

	for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
		uint32_t max = sizes[s], key, nr = 0;
		const uint32_t past[] = { max, max + 1, 0x7fffffff, 0x80000000, UINT32_MAX };
		int fd = s % 2 ? array_map(&w, 9, max) : percpu_map(&w, 9, max);

		row("max_entries %u", max);
		expect(cmd_next_key(w.task, fd, NULL, &key), 0);
		/* key and next_key may be the same pointer */
		do {
			expect(key, nr);
			nr++;
		} while (!cmd_next_key(w.task, fd, &key, &key));
		expect(nr, max);
		expect(key, max - 1);
		expect(cmd_next_key(w.task, fd, &key, &key), -ENOENT);
		for (size_t i = 0; i < ARRAY_LEN(past); i++) {
			key = 77;
			row("max_entries %u, key %u", max, past[i]);
			expect(cmd_next_key(w.task, fd, &past[i], &key), 0);
			expect(key, 0);
		}
		expect(pca_close(w.task, fd), 0);
	}
	world_close(&w);
}
END_TEST

/* Fact: max_entries is not rounded up to a power of two for commands. */
START_TEST(keys_end_exactly_at_max_entries)
{
	static const uint32_t sizes[] = { 1, 2, 3, 4, 5, 7, 8, 9, 127, 129, 1000 };
	struct world w = world_open("0,4-6,127", PCA_DIRECT);
	unsigned char values[5 * 8] = { 0 };

	for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
		uint32_t last = sizes[s] - 1;
		const uint32_t past[] = { sizes[s], sizes[s] + 1, 0x80000000 | last, UINT32_MAX };
		int fd = percpu_map(&w, 3, sizes[s]);

		row("max_entries %u", sizes[s]);
		expect(cmd_lookup(w.task, fd, &last, values, 0), 0);
		expect(cmd_update(w.task, fd, &last, values, 0), 0);
		for (size_t i = 0; i < ARRAY_LEN(past); i++) {
			expect(cmd_lookup(w.task, fd, &past[i], values, 0), -ENOENT);
			expect(cmd_update(w.task, fd, &past[i], values, 0), -E2BIG);
			expect(cmd_delete(w.task, fd, &past[i]), -EINVAL);
		}
		expect(pca_close(w.task, fd), 0);
	}
	world_close(&w);
}
END_TEST

/* Whatever order keys are written in, each keeps its own value. */
START_TEST(random_updates_are_found_again)
{
	uint64_t random = test_seed;

	for (size_t m = 0; m < nr_cpu_masks; m++) {
		uint32_t size = value_sizes[next_random(&random) % (nr_value_sizes - 2)];
		struct world w = world_open(cpu_masks[m], (enum pca_task_memory)(m % 2));
		size_t bytes = lookup_bytes(&w, size);
		enum { NR = 50 };
		unsigned char *model = calloc(NR, bytes), *back = malloc(bytes);
		int fd = percpu_map(&w, size, NR);

		row("seed %llu mask %s value_size %u", (unsigned long long)test_seed, cpu_masks[m],
		    size);
		for (int i = 0; i < 1000; i++) {
			uint32_t key = (uint32_t)next_random(&random) % NR;

			if (next_random(&random) % 2) {
				fill(model + key * bytes, bytes, (uint32_t)next_random(&random));
				expect(cmd_update(w.task, fd, &key, model + key * bytes, 0), 0);
			} else {
				expect(cmd_lookup(w.task, fd, &key, back, 0), 0);
				expect_bytes(back, model + key * bytes, bytes);
			}
		}
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
		free(model);
		free(back);
	}
}
END_TEST

/* ---- calls that know their buffer's length ---- */

static void expect_short_call(const struct world *w, int fd, size_t bytes, size_t given)
{
	unsigned char *values = malloc(bytes + 1);
	char text[32];
	uint32_t key = 0;

	memset(values, 0xee, bytes + 1);
	messages_clear();
	expect(pca_map_lookup(w->task, fd, &key, values, given, 0), -EFAULT);
	expect_all(values, 0xee, bytes + 1);
	ck_assert_uint_eq(messages_count(), 1);
	snprintf(text, sizeof(text), "%zu bytes", given);
	expect_message(text);
	snprintf(text, sizeof(text), " %zu", bytes);
	expect_message(text);
	expect_message("writes");

	messages_clear();
	expect(pca_map_update(w->task, fd, &key, values, given, 0), -EFAULT);
	expect_message(text);
	expect_message("reads");
	expect(pca_map_lookup(w->task, fd, &key, values, bytes, 0), 0);
	expect_all(values, 0, bytes);
	free(values);
}

START_TEST(short_length_returns_efault_and_names_both_sizes)
{
	messages_catch();
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		for (size_t s = 0; s < nr_value_sizes; s++) {
			struct world w = world_open(cpu_masks[m], (enum pca_task_memory)(s % 2));
			uint32_t size = value_sizes[s];
			int fd = percpu_map(&w, size, 2), shared = array_map(&w, size, 2);
			size_t bytes = lookup_bytes(&w, size);

			row("mask %s value_size %u", cpu_masks[m], size);
			expect_short_call(&w, fd, bytes, bytes - 1);
			expect_short_call(&w, fd, bytes, 0);
			if (size < bytes)
				expect_short_call(&w, fd, bytes, size);
			expect_short_call(&w, shared, size, size - 1);
			expect(pca_close(w.task, fd), 0);
			expect(pca_close(w.task, shared), 0);
			world_close(&w);
		}
	}
}
END_TEST

START_TEST(long_enough_length_behaves_as_the_command)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	struct fds fds = open_fds(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 9);
	unsigned char values[33], back[33];
	uint32_t key = 1, past = NR_ENTRIES;
	int fd = fds.fd[FD_RDWR];

	messages_catch();
	fill(values, 33, 1);
	memset(back, 0xee, 33);
	expect(pca_map_update(w.task, fd, &key, values, 32, BPF_EXIST), 0);
	expect(pca_map_lookup(w.task, fd, &key, back, 33, 0), 0);
	expect_bytes(back, values, 32);
	expect_all(back + 32, 0xee, 1);
	/* Earlier checks win over a short length, later ones do not. */
	expect(pca_map_lookup(w.task, fd, &past, back, 1, 0), -ENOENT);
	expect(pca_map_lookup(w.task, fds.fd[FD_WRONLY], &key, back, 1, 0), -EPERM);
	expect(pca_map_lookup(w.task, fd, &key, back, 1, 1), -EINVAL);
	expect(pca_map_update(w.task, fds.fd[FD_FROZEN], &key, values, 1, 0), -EPERM);
	expect(pca_map_update(w.task, -1, &key, values, 1, 0), -EBADF);
	ck_assert_uint_eq(messages_count(), 0);
	expect(pca_map_update(w.task, fd, &past, values, 32, 0), -E2BIG);
	expect(pca_map_update(w.task, fd, &key, values, 32, BPF_NOEXIST), -EEXIST);
	expect(pca_map_lookup(w.task, fd, &key, NULL, 32, 0), -EFAULT);
	expect(pca_map_lookup_bytes(w.task, fd), 32);
	expect(pca_map_lookup_bytes(w.task, fds.fd[FD_WRONLY]), 32);
	expect(pca_map_lookup_bytes(w.task, -1), -EBADF);
	expect(pca_map_lookup_bytes(w.task, fds.fd[FD_FILE]), -EINVAL);
	close_fds(&w, &fds);
	world_close(&w);
}
END_TEST

static Suite *elem_suite(void)
{
	Suite *suite = suite_create("elements");
	TCase *tc = add_case(suite, "order of errors");

	tcase_add_test(tc, of_two_errors_the_first_check_wins);
	tcase_add_test(tc, low_pointers_of_direct_tasks_return_efault_in_the_same_order);
	tcase_add_test(tc, null_pointers_return_efault_but_for_the_key_of_next);
	tcase_add_test(tc, lookup_refuses_every_flag_bit);
	tcase_add_test(tc, update_takes_any_and_exist_only);

	tc = add_case(suite, "which bytes");
	tcase_add_test(tc, direct_commands_touch_exactly_a_slot_per_possible_cpu);
	tcase_add_test(tc, checked_commands_touch_exactly_a_slot_per_possible_cpu);
	tcase_add_test(tc, shared_arrays_touch_exactly_value_size_bytes);
	tcase_add_test(tc, shared_array_takes_values_above_32768_bytes);
	tcase_add_test(tc, buffer_that_ends_early_returns_efault_after_its_prefix);
	tcase_add_test(tc, buffer_that_begins_badly_returns_efault);
	tcase_add_test(tc, keys_are_exactly_four_bytes);
	tcase_add_test(tc, read_only_memory_serves_updates_only);

	tc = add_case(suite, "where they go");
	tcase_add_test(tc, slots_lie_in_the_order_of_possible_cpus);
	tcase_add_test(tc, peek_finds_possible_cpus_and_keys_only);
	tcase_add_test(tc, shared_arrays_have_one_element_for_all_cpus);
	tcase_add_test(tc, errors_leave_the_map_as_it_was);

	tc = add_case(suite, "keys");
	tcase_add_test(tc, next_key_walks_all_keys_and_restarts);
	tcase_add_test(tc, keys_end_exactly_at_max_entries);
	tcase_add_test(tc, random_updates_are_found_again);

	tc = add_case(suite, "known lengths");
	tcase_add_test(tc, short_length_returns_efault_and_names_both_sizes);
	tcase_add_test(tc, long_enough_length_behaves_as_the_command);
	return suite;
}

TEST_MAIN(elem_suite)
