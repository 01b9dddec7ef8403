// SPDX-License-Identifier: MIT
/*
 * What a map tells of itself: OBJ_GET_INFO_BY_FD, fdinfo, and the ids by which
 * it is found.
 */
#include <sys/mman.h>

#include "support.h"

#define INFO_BYTES 104 /* sizeof(struct bpf_map_info) on 6.18 */

/* Where the fields of info lie. */
enum {
	INFO_TYPE = 0,
	INFO_ID = 4,
	INFO_KEY_SIZE = 8,
	INFO_VALUE_SIZE = 12,
	INFO_MAX_ENTRIES = 16,
	INFO_MAP_FLAGS = 20,
	INFO_NAME = 24,
	INFO_IFINDEX = 40, /* left unwritten */
	INFO_BTF_VMLINUX_VALUE_TYPE_ID = 44,
	INFO_NETNS_DEV = 48, /* 48..79 are left unwritten */
	INFO_MAP_EXTRA = 80,
	INFO_HASH = 88, /* must be zero on input */
	INFO_HASH_SIZE = 96,
	INFO_PADDING = 100,
};

/* ---- what info says ---- */

static void put_word(unsigned char *info, size_t at, uint32_t word)
{
	memcpy(info + at, &word, sizeof(word));
}

/*
 * Fact: type 6, id, key_size 4, value_size and max_entries (not rounded),
 * map_flags without RDONLY and WRONLY, the name padded with zeros, map_extra 0.
 * 6.18 leaves ifindex and bytes 48..79 of the user's buffer unwritten.
 * garbage is what the buffer held before.
 */
static void wanted_info(unsigned char *info, const struct world *w, int fd,
			const union any_attr *attr, unsigned char garbage)
{
	memset(info, 0, INFO_BYTES);
	memset(info + INFO_IFINDEX, garbage, 4);
	memset(info + INFO_NETNS_DEV, garbage, 32);
	put_word(info, INFO_TYPE, attr->bpf.map_type);
	put_word(info, INFO_ID, id_of_map(w->task, fd));
	put_word(info, INFO_KEY_SIZE, 4);
	put_word(info, INFO_VALUE_SIZE, attr->bpf.value_size);
	put_word(info, INFO_MAX_ENTRIES, attr->bpf.max_entries);
	put_word(info, INFO_MAP_FLAGS,
		 attr->bpf.map_flags & ~(uint32_t)(BPF_F_RDONLY | BPF_F_WRONLY));
	strncpy((char *)info + INFO_NAME, attr->bpf.map_name, 16);
}

static void expect_info(const struct world *w, const union any_attr *attr)
{
	unsigned char info[INFO_BYTES], want[INFO_BYTES];
	uint32_t len = INFO_BYTES;
	union any_attr copy = *attr;
	int fd = expect_fd(pca_bpf(w->task, BPF_MAP_CREATE, &copy, CREATE_ATTR_END));

	memset(info, 0xab, INFO_BYTES);
	memset(info + INFO_HASH, 0, INFO_BYTES - INFO_HASH);
	expect(cmd_info(w->task, fd, info, &len), 0);
	expect(len, INFO_BYTES);
	wanted_info(want, w, fd, attr, 0xab);
	expect_bytes(info, want, INFO_BYTES);
	expect(pca_close(w->task, fd), 0);
}

START_TEST(info_describes_the_map_as_it_was_made)
{
	static const uint32_t types[] = { BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_ARRAY };
	static const uint32_t flags[] = { 0, BPF_F_RDONLY, BPF_F_WRONLY, BPF_F_RDONLY_PROG,
					  BPF_F_WRONLY_PROG | BPF_F_RDONLY };
	static const uint32_t maxima[] = { 1, 3, 1000 };

	for (size_t m = 0; m < nr_cpu_masks; m++) {
		for (size_t s = 0; s < nr_value_sizes; s++) {
			struct world w = world_open(cpu_masks[m], (enum pca_task_memory)(s % 2));

			for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
				union any_attr attr =
					create_attr(types[i % 2], value_sizes[s], maxima[i % 3]);

				row("mask %s value_size %u flags 0x%x", cpu_masks[m],
				    value_sizes[s], flags[i]);
				attr.bpf.map_flags = flags[i];
				strcpy(attr.bpf.map_name, i % 2 ? "fifteen_bytes.." : "");
				expect_info(&w, &attr);
			}
			world_close(&w);
		}
	}
}
END_TEST

/*
 * Fact: NUMA_NODE with node -1 is accepted, and is a flag of the map. RDONLY and
 * WRONLY are properties of the fd: one opened by id is read-write again.
 */
START_TEST(info_is_the_maps_not_the_fds)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	union any_attr attr = create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 9, 1);
	unsigned char info[INFO_BYTES] = { 0 }, other[INFO_BYTES] = { 0 };
	uint32_t len = INFO_BYTES, flags;

	attr.bpf.map_flags = BPF_F_NUMA_NODE | BPF_F_WRONLY;
	attr.bpf.numa_node = UINT32_MAX;
	int fd = expect_fd(pca_bpf(w.task, BPF_MAP_CREATE, &attr, CREATE_ATTR_END));
	int again = expect_fd(cmd_fd_by_id(w.task, id_of_map(w.task, fd), 0));

	expect(cmd_info(w.task, fd, info, &len), 0);
	expect(cmd_info(w.task, again, other, &len), 0);
	expect_bytes(other, info, INFO_BYTES);
	memcpy(&flags, info + INFO_MAP_FLAGS, 4);
	expect(flags, BPF_F_NUMA_NODE);
	expect(pca_fd_flags(w.task, fd), O_WRONLY);
	expect(pca_fd_flags(w.task, again), O_RDWR);
	expect(pca_close(w.task, fd), 0);
	expect(pca_close(w.task, again), 0);
	world_close(&w);
}
END_TEST

/* ---- how much of it ---- */

/*
 * Fact: info_len is set to min(info_len, 104); 0 and truncated sizes are fine
 * (info may be NULL with len 0). Exactly that many bytes are written.
 */
START_TEST(info_of_any_length_is_cut_exactly)
{
	for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
		struct world w = world_open("0,4-6,127", (enum pca_task_memory)memory);
		union any_attr attr = create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 7, 3);
		unsigned char want[INFO_BYTES];
		int fd = percpu_map(&w, 7, 3);

		wanted_info(want, &w, fd, &attr, 0);
		for (uint32_t size = 0; size <= 300; size++) {
			unsigned char *info = guarded(size), *roomy = calloc(1, size + 8);
			uint32_t len = size;

			row("memory %d, info_len %u", memory, size);
			expect(cmd_info(w.task, fd, info, &len), 0);
			expect(len, size < INFO_BYTES ? size : INFO_BYTES);
			expect_bytes(info, want, len);
			if (size > INFO_BYTES)
				expect_all(info + INFO_BYTES, 0, size - INFO_BYTES);

			memset(roomy + size, 0xee, 8);
			len = size;
			expect(cmd_info(w.task, fd, roomy, &len), 0);
			expect_all(roomy + size, 0xee, 8);
			free(roomy);
		}
		uint32_t len = 0;

		expect(cmd_info(w.task, fd, NULL, &len), 0);
		expect(len, 0);
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* Fact: info_len > 4096 -> E2BIG; 4096 with a zero tail is fine. */
START_TEST(info_longer_than_4096_bytes_returns_e2big)
{
	static const uint32_t too_long[] = { 4097, 8192, 0x7fffffff, 0xffffffff };

	for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
		struct world w = world_open("0,2", (enum pca_task_memory)memory);
		unsigned char info[8192] = { 0 };
		int fd = percpu_map(&w, 9, 1);
		uint32_t len = 4096;

		expect(cmd_info(w.task, fd, info, &len), 0);
		expect(len, INFO_BYTES);
		for (size_t i = 0; i < ARRAY_LEN(too_long); i++) {
			len = too_long[i];
			row("info_len %u", len);
			expect(cmd_info(w.task, fd, info, &len), -E2BIG);
			expect(len, too_long[i]);
			expect(cmd_info(w.task, fd, NULL, &len), -E2BIG);
		}
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/*
 * Fact (6.18): input bytes 88..99 (hash, hash_size) must be zero, else EINVAL; from
 * 100 on they are beyond what the kernel knows: E2BIG. Earlier ones do not matter.
 */
START_TEST(each_input_byte_of_info)
{
	for (int memory = PCA_DIRECT; memory <= PCA_CHECKED; memory++) {
		struct world w = world_open("0,2", (enum pca_task_memory)memory);
		unsigned char info[512] = { 0 };
		int fd = percpu_map(&w, 9, 1);

		for (uint32_t at = 0; at < sizeof(info); at++) {
			uint32_t len = sizeof(info);
			int want = at >= INFO_PADDING ? -E2BIG : at >= INFO_HASH ? -EINVAL : 0;

			memset(info, 0, sizeof(info));
			info[at] = 1;
			row("memory %d, byte %u", memory, at);
			expect(cmd_info(w.task, fd, info, &len), want);
			expect(len, want ? sizeof(info) : INFO_BYTES);
			if (want)
				expect_all(info, 0, at);
			/* One that ends before the byte does not see it. */
			memset(info, 0, sizeof(info));
			info[at] = 1;
			len = at;
			expect(cmd_info(w.task, fd, info, &len), 0);
			expect(info[at], 1);
		}
		expect(pca_close(w.task, fd), 0);
		world_close(&w);
	}
}
END_TEST

/* Fact: bytes beyond non-zero E2BIG | fault EFAULT. */
START_TEST(info_that_faults_returns_efault)
{
	struct world w = world_open("0,2", PCA_CHECKED);
	int fd = percpu_map(&w, 9, 1);
	unsigned char *info = guarded(200), before[200];
	uint32_t len = 201;

	memset(info, 0, 200);
	memset(before, 0, 200);
	expect(cmd_info(w.task, fd, info, &len), -EFAULT);
	expect(len, 201);
	expect_bytes(info, before, 200);
	info[199] = 1;
	expect(cmd_info(w.task, fd, info, &len), -E2BIG);
	info[199] = 0;
	len = 1;
	expect(cmd_info(w.task, fd, info + 200, &len), -EFAULT);
	len = INFO_BYTES;
	expect(cmd_info(w.task, fd, info + 200 - INFO_BYTES + 1, &len), -EFAULT);
	expect(cmd_info(w.task, fd, NULL, &len), -EFAULT);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* Memory that can be read but not written: nothing is said of the map. */
START_TEST(info_that_cannot_be_written_returns_efault)
{
	struct world w = world_open("0,2", PCA_CHECKED);
	int fd = percpu_map(&w, 9, 1);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *info = guarded(page);
	uint32_t len = INFO_BYTES;

	memset(info, 0, page);
	ck_assert_int_eq(mprotect(info, page, PROT_READ), 0);
	expect(cmd_info(w.task, fd, info, &len), -EFAULT);
	expect(len, INFO_BYTES);
	expect_all(info, 0, page);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/*
 * Fact: attr | fd (EBADFD when not open, EINVAL when no map) | info_len > 4096.
 * The fd needs no right: a WRONLY one may ask.
 */
START_TEST(info_checks_the_fd_first)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	int fd = expect_fd(cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 9, 1, BPF_F_WRONLY));
	int file = open("/dev/null", O_RDWR);
	unsigned char info[INFO_BYTES] = { 0 };
	uint32_t len = 5000;

	expect(EBADFD, 77);
	expect(cmd_info(w.task, fd + 1, info, &len), -EBADFD);
	expect(cmd_info(w.task, -1, NULL, &len), -EBADFD);
	expect(cmd_info(w.task, file, info, &len), -EINVAL);
	expect(cmd_info(w.task, fd, info, &len), -E2BIG);
	len = INFO_BYTES;
	expect(cmd_info(w.task, fd, info, &len), 0);
	close(file);
	expect(cmd_info(w.task, file, info, &len), -EBADFD);
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/* ---- ids ---- */

static uint32_t next_of(struct pca_task *task, uint32_t start)
{
	uint32_t next = 0xdeadbeef;

	expect(cmd_next_id(task, start, &next), 0);
	return next;
}

/* Fact: the walk from 0 sees the ids in order; no larger id: ENOENT, next_id untouched. */
START_TEST(next_id_walks_the_ids_in_order)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	uint32_t ids[5], next = 77;
	int fds[5];

	expect(cmd_next_id(w.task, 0, &next), -ENOENT);
	expect(next, 77);
	for (int i = 0; i < 5; i++) {
		fds[i] = i % 2 ? array_map(&w, 9, 1) : percpu_map(&w, 9, 1);
		ids[i] = id_of_map(w.task, fds[i]);
	}
	expect(next_of(w.task, 0), ids[0]);
	for (int i = 0; i < 4; i++)
		expect(next_of(w.task, ids[i]), ids[i + 1]);
	next = 77;
	expect(cmd_next_id(w.task, ids[4], &next), -ENOENT);
	expect(next, 77);

	/* A start that is no id: the next larger one. */
	expect(pca_close(w.task, fds[2]), 0);
	expect(next_of(w.task, ids[2]), ids[3]);
	expect(next_of(w.task, ids[1]), ids[3]);
	for (int i = 0; i < 5; i++) {
		if (i != 2)
			expect(pca_close(w.task, fds[i]), 0);
	}
	expect(cmd_next_id(w.task, 0, &next), -ENOENT);
	world_close(&w);
}
END_TEST

/* Fact: start >= 0x7fffffff EINVAL | EPERM without CAP_SYS_ADMIN | ENOENT. */
START_TEST(next_id_checks_in_order)
{
	static const struct {
		uint64_t dropped;
		uint32_t start;
		int want;
	} rows[] = {
		{ 0, 0, 0 },
		{ 0, 0x7ffffffe, -ENOENT },
		{ 0, 0x7fffffff, -EINVAL },
		{ 0, 0x80000000, -EINVAL },
		{ 0, 0xffffffff, -EINVAL },
		{ PCA_CAP_SYS_ADMIN, 0, -EPERM },
		{ PCA_CAP_SYS_ADMIN, 0x7ffffffe, -EPERM },
		{ PCA_CAP_SYS_ADMIN, 0x7fffffff, -EINVAL },
		{ ~PCA_CAP_SYS_ADMIN, 0, 0 },
	};
	struct world w = world_open("0,2", PCA_DIRECT);
	int fd = percpu_map(&w, 9, 1);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_task_opts opts = {
			.size = sizeof(opts),
			.dropped_caps = rows[i].dropped,
		};
		struct pca_task *task;
		uint32_t next = 77;

		row("row %zu", i);
		expect(pca_task_create(&task, w.machine, &opts), 0);
		expect(cmd_next_id(task, rows[i].start, &next), rows[i].want);
		expect(next, rows[i].want ? 77 : id_of_map(w.task, fd));
		pca_task_destroy(task);
	}
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

/*
 * Fact: attr | open_flags bits outside 8,16 EINVAL | EPERM without CAP_SYS_ADMIN
 * (CAP_BPF is not enough) | open_flags 24 EINVAL | ENOENT | EMFILE. next_id ignored.
 */
START_TEST(fd_by_id_checks_in_order)
{
	static const struct {
		uint64_t dropped;
		uint32_t open_flags;
		bool exists;
		int want;
		int fd_flags;
	} rows[] = {
		{ 0, 0, true, 0, O_RDWR },
		{ 0, BPF_F_RDONLY, true, 0, O_RDONLY },
		{ 0, BPF_F_WRONLY, true, 0, O_WRONLY },
		{ 0, BPF_F_RDONLY | BPF_F_WRONLY, true, -EINVAL, 0 },
		{ 0, 1, true, -EINVAL, 0 },
		{ 0, 4, true, -EINVAL, 0 },
		{ 0, 128, true, -EINVAL, 0 },
		{ 0, 0xffffffff, true, -EINVAL, 0 },
		{ 0, 0, false, -ENOENT, 0 },
		{ 0, 1, false, -EINVAL, 0 },
		{ 0, BPF_F_RDONLY | BPF_F_WRONLY, false, -EINVAL, 0 },
		{ PCA_CAP_SYS_ADMIN, 0, true, -EPERM, 0 },
		{ PCA_CAP_SYS_ADMIN, 0, false, -EPERM, 0 },
		{ PCA_CAP_SYS_ADMIN, 1, true, -EINVAL, 0 },
		{ PCA_CAP_SYS_ADMIN, BPF_F_RDONLY | BPF_F_WRONLY, true, -EPERM, 0 },
		{ ~PCA_CAP_SYS_ADMIN, 0, true, 0, O_RDWR },
	};
	struct world w = world_open("0,4-6,127", PCA_DIRECT);
	int fd = percpu_map(&w, 9, 1);
	uint32_t id = id_of_map(w.task, fd);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pca_task_opts opts = {
			.size = sizeof(opts),
			.dropped_caps = rows[i].dropped,
			.max_fds = 1,
		};
		struct pca_task *task;
		uint32_t attr[3] = { id + !rows[i].exists, 0xabcdef, rows[i].open_flags };
		long got;

		row("row %zu", i);
		expect(pca_task_create(&task, w.machine, &opts), 0);
		got = pca_bpf(task, BPF_MAP_GET_FD_BY_ID, attr, sizeof(attr));
		expect(got, rows[i].want ? rows[i].want : PCA_FIRST_FD);
		if (got > 0) {
			expect(pca_fd_flags(task, (int)got), rows[i].fd_flags);
			expect(cmd_fd_by_id(task, id, 0), -EMFILE);
			expect(cmd_fd_by_id(task, id + 1, 0), -ENOENT);
		}
		pca_task_destroy(task);
	}
	expect(pca_close(w.task, fd), 0);
	world_close(&w);
}
END_TEST

START_TEST(ids_that_no_map_has_return_enoent)
{
	static const uint32_t none[] = { 0, 0x7fffffff, 0x80000000, 0xffffffff };
	struct world w = world_open("0,2", PCA_DIRECT);
	int fd = percpu_map(&w, 9, 1);
	uint32_t id = id_of_map(w.task, fd);

	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		row("id %u", none[i]);
		expect(cmd_fd_by_id(w.task, none[i], 0), -ENOENT);
	}
	expect(cmd_fd_by_id(w.task, id - 1, 0), -ENOENT);
	expect(cmd_fd_by_id(w.task, id + 1, 0), -ENOENT);
	expect(pca_close(w.task, fd), 0);
	expect(cmd_fd_by_id(w.task, id, 0), -ENOENT);
	world_close(&w);
}
END_TEST

static int do_nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

static int program_holding(const struct world *w, int map_fd)
{
	const struct pca_map_use use = { .map_fd = map_fd };
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = do_nothing,
		.uses = &use,
		.nr_uses = 1,
	};

	return expect_fd(pca_prog_load(w->task, &opts));
}

/*
 * Fact: an id is gone at once with the last fd, pin or program; each of them alone
 * keeps it.
 */
START_TEST(ids_live_as_long_as_any_reference)
{
	enum { BY_DUP, BY_ID, BY_PIN, BY_PROGRAM, BY_GET, NR_WAYS };
	struct world w = world_open("0,2", PCA_DIRECT);

	for (int way = 0; way < NR_WAYS; way++) {
		int fd = percpu_map(&w, 9, 1), other = -1;
		uint32_t id = id_of_map(w.task, fd);
		struct {
			uint64_t path;
			int32_t fd;
			uint32_t flags;
		} pin = { (uintptr_t) "/sys/fs/bpf/kept", fd, 0 };
		struct pca_map_ref *ref = NULL;

		row("way %d", way);
		if (way == BY_DUP)
			other = expect_fd(pca_dup(w.task, fd, 0));
		else if (way == BY_ID)
			other = expect_fd(cmd_fd_by_id(w.task, id, BPF_F_RDONLY));
		else if (way == BY_PROGRAM)
			other = program_holding(&w, fd);
		else if (way == BY_PIN)
			expect(pca_bpf(w.task, BPF_OBJ_PIN, &pin, sizeof(pin)), 0);
		else
			expect(pca_map_get(w.task, fd, &ref), 0);
		expect(pca_close(w.task, fd), 0);

		fd = expect_fd(cmd_fd_by_id(w.task, id, 0));
		expect(pca_close(w.task, fd), 0);
		expect(next_of(w.task, id - 1), id);

		if (other >= 0)
			expect(pca_close(w.task, other), 0);
		else if (way == BY_PIN)
			expect(pca_unlink(w.task, "/sys/fs/bpf/kept"), 0);
		else
			pca_map_put(ref);
		expect(cmd_fd_by_id(w.task, id, 0), -ENOENT);
		expect(cmd_next_id(w.task, 0, &id), -ENOENT);
		expect(pca_machine_memory_bytes(w.machine), 0);
	}
	world_close(&w);
}
END_TEST

/* ---- fdinfo ---- */

/*
 * Fact: after pos, flags, mnt_id and ino: map_type key_size value_size max_entries
 * map_flags(0x%x) map_extra(0x%x) memlock map_id frozen, each "name:\tvalue\n".
 * memlock (6.18): per-CPU 312 + max * (8 + S * P), shared 312 + max * S.
 */
static void expect_fdinfo(const struct world *w, const union any_attr *attr)
{
	const uint32_t max = attr->bpf.max_entries, size = attr->bpf.value_size;
	uint64_t rounded = ((uint64_t)size + 7) / 8 * 8;
	uint64_t memlock = attr->bpf.map_type == BPF_MAP_TYPE_ARRAY
				   ? 312 + max * rounded
				   : 312 + max * (8 + (uint64_t)lookup_bytes(w, size));
	union any_attr copy = *attr;
	int fd = expect_fd(pca_bpf(w->task, BPF_MAP_CREATE, &copy, CREATE_ATTR_END));
	char text[512], want[512];

	snprintf(want, sizeof(want),
		 "map_type:\t%u\nkey_size:\t4\nvalue_size:\t%u\nmax_entries:\t%u\n"
		 "map_flags:\t0x%x\nmap_extra:\t0x0\nmemlock:\t%llu\nmap_id:\t%u\nfrozen:\t0\n",
		 attr->bpf.map_type, size, max,
		 attr->bpf.map_flags & ~(uint32_t)(BPF_F_RDONLY | BPF_F_WRONLY),
		 (unsigned long long)memlock, id_of_map(w->task, fd));
	int len = pca_fdinfo(w->task, fd, text, sizeof(text));

	expect(len, strlen(text));

	char *map_lines = strstr(text, "map_type:");

	ck_assert_ptr_nonnull(map_lines);
	ck_assert_str_eq(map_lines, want);
	*map_lines = '\0';
	ck_assert_ptr_eq(strstr(text, "pos:\t0\nflags:\t0"), text);
	ck_assert_ptr_nonnull(strstr(text, "\nmnt_id:\t"));
	ck_assert_ptr_nonnull(strstr(text, "\nino:\t"));
	expect(pca_machine_memory_bytes(w->machine), memlock);
	expect(pca_close(w->task, fd), 0);
}

START_TEST(fdinfo_shows_the_map_and_its_memlock)
{
	static const uint32_t types[] = { BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_ARRAY };
	static const uint32_t maxima[] = { 1, 2, 3, 100, 1000 };
	static const uint32_t flags[] = { 0, BPF_F_RDONLY, BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG };

	for (size_t m = 0; m < nr_cpu_masks; m++) {
		for (size_t s = 0; s < nr_value_sizes; s++) {
			struct world w = world_open(cpu_masks[m], PCA_DIRECT);

			for (size_t i = 0; i < ARRAY_LEN(maxima); i++) {
				union any_attr attr =
					create_attr(types[(i + s) % 2], value_sizes[s], maxima[i]);

				attr.bpf.map_flags = flags[i % 4];
				row("mask %s value_size %u max_entries %u", cpu_masks[m],
				    value_sizes[s], maxima[i]);
				expect_fdinfo(&w, &attr);
			}
			world_close(&w);
		}
	}
}
END_TEST

/* The flags line shows O_CLOEXEC (02000000) and the access mode in octal. */
START_TEST(fdinfo_shows_the_access_mode)
{
	static const struct {
		uint32_t map_flags;
		const char *line;
	} rows[] = {
		{ 0, "flags:\t02000002\n" },
		{ BPF_F_RDONLY, "flags:\t02000000\n" },
		{ BPF_F_WRONLY, "flags:\t02000001\n" },
	};
	struct world w = world_open("0,2", PCA_DIRECT);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int fd = expect_fd(
			cmd_create(w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 9, 1, rows[i].map_flags));
		char text[512];

		ck_assert_int_gt(pca_fdinfo(w.task, fd, text, sizeof(text)), 0);
		ck_assert_msg(strstr(text, rows[i].line) != NULL, "no \"%s\" in: %s", rows[i].line,
			      text);
		expect(pca_close(w.task, fd), 0);
	}
	world_close(&w);
}
END_TEST

START_TEST(fdinfo_is_cut_as_snprintf_does)
{
	struct world w = world_open("0,2", PCA_DIRECT);
	int fd = percpu_map(&w, 9, 1);
	char whole[512];
	int len = pca_fdinfo(w.task, fd, whole, sizeof(whole));

	expect(len, strlen(whole));
	expect(pca_fdinfo(w.task, fd, NULL, 0), len);
	for (size_t size = 1; size <= (size_t)len + 2; size++) {
		char *text = guarded(size);
		size_t shown = size <= (size_t)len ? size - 1 : (size_t)len;

		row("size %zu", size);
		expect(pca_fdinfo(w.task, fd, text, size), len);
		expect(strlen(text), shown);
		expect_bytes(text, whole, shown);
	}
	expect(pca_close(w.task, fd), 0);
	expect(pca_fdinfo(w.task, fd, whole, sizeof(whole)), -EBADF);
	world_close(&w);
}
END_TEST

static Suite *info_suite(void)
{
	Suite *suite = suite_create("info");
	TCase *tc = add_case(suite, "info");

	tcase_add_test(tc, info_describes_the_map_as_it_was_made);
	tcase_add_test(tc, info_is_the_maps_not_the_fds);
	tcase_add_test(tc, info_of_any_length_is_cut_exactly);
	tcase_add_test(tc, info_longer_than_4096_bytes_returns_e2big);
	tcase_add_test(tc, each_input_byte_of_info);
	tcase_add_test(tc, info_that_faults_returns_efault);
	tcase_add_test(tc, info_that_cannot_be_written_returns_efault);
	tcase_add_test(tc, info_checks_the_fd_first);

	tc = add_case(suite, "ids");
	tcase_add_test(tc, next_id_walks_the_ids_in_order);
	tcase_add_test(tc, next_id_checks_in_order);
	tcase_add_test(tc, fd_by_id_checks_in_order);
	tcase_add_test(tc, ids_that_no_map_has_return_enoent);
	tcase_add_test(tc, ids_live_as_long_as_any_reference);

	tc = add_case(suite, "fdinfo");
	tcase_add_test(tc, fdinfo_shows_the_map_and_its_memlock);
	tcase_add_test(tc, fdinfo_shows_the_access_mode);
	tcase_add_test(tc, fdinfo_is_cut_as_snprintf_does);
	return suite;
}

TEST_MAIN(info_suite)
