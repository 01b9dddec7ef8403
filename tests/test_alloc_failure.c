// SPDX-License-Identifier: MIT
/*
 * Out of memory: each allocation of each operation fails in turn. Then the
 * operation says -ENOMEM (-EAGAIN for a thread), nothing has leaked, nothing is
 * half done, and the same call succeeds afterwards.
 *
 * What liburcu and hwloc allocate themselves does not fail here, and hwloc's
 * bitmaps belong to that.
 */
/* wraps: malloc calloc aligned_alloc realloc reallocarray strdup free mmap munmap */
/* wraps: fmemopen pthread_create */
#include "support.h"

#include <dirent.h>
#include <sys/stat.h>

#include "failing_alloc.h"
#include "rcu.h"

#define MOST_ALLOCATIONS 100
#define NR_CPUS 3

/* Where an operation works. */
struct place {
	struct world w;
	int fd;	     /* of a per-CPU map */
	int prog_fd; /* of a program that counts in it */
	struct pca_prog *prog;
};

struct operation {
	const char *name;
	void (*prepare)(struct place *p); /* may be NULL */
	/* What may fail; gives what it opened back itself where the place does not. */
	long (*act)(struct place *p);
	long err, later_err; /* of the first allocation, of the others; 0: the same */
	enum pca_run_mode run_mode;
};

/* ---- the state that a failure may not change ---- */

struct state {
	uint64_t memory_bytes;
	uint32_t open_fds, real_fds, nr_ids;
	uint64_t counts[NR_CPUS];
	char tree[1024];
};

struct listing {
	struct place *p;
	const char *dir;
	char *text;
	size_t size;
};

static int list_entry(void *arg, const char *name)
{
	struct listing *listing = arg;
	size_t len = strlen(listing->text);

	snprintf(listing->text + len, listing->size - len, "%s/%s ", listing->dir, name);
	return 0;
}

/* The names in the directories that the operations use, and how many links there are. */
static void list_tree(struct place *p, char *text, size_t size)
{
	static const char *const dirs[] = { "/", "/tmp", PCA_BPFFS, PCA_BPFFS "/dir" };

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		struct listing listing = { p, dirs[i], text, size };
		struct pca_stat st = { 0 };

		pca_readdir(p->w.task, dirs[i], list_entry, &listing);
		pca_stat(p->w.task, dirs[i], &st);

		size_t len = strlen(text);

		snprintf(text + len, size - len, "(%u) ", st.nlink);
	}
}

static uint32_t count_real_fds(void)
{
	uint32_t nr = 0;

	for (int fd = 0; fd < 256; fd++)
		nr += fcntl(fd, F_GETFD) >= 0;
	return nr;
}

static uint32_t count_ids(struct place *p)
{
	uint32_t id = 0, nr = 0;

	while (!cmd_next_id(p->w.task, id, &id))
		nr++;
	return nr;
}

static struct state state_of(struct place *p)
{
	struct state state = {
		.memory_bytes = pca_machine_memory_bytes(p->w.machine),
		.open_fds = pca_task_open_fds(p->w.task),
		.real_fds = count_real_fds(),
		.nr_ids = count_ids(p),
	};
	struct pca_map_ref *map;

	list_tree(p, state.tree, sizeof(state.tree));
	if (!pca_map_get(p->w.task, p->fd, &map)) {
		for (uint32_t cpu = 0; cpu < NR_CPUS; cpu++) {
			const void *count = pca_map_peek(map, cpu, 0);

			if (count) /* a hash has none */
				memcpy(&state.counts[cpu], count, sizeof(uint64_t));
		}
		pca_map_put(map);
	}
	return state;
}

static void expect_state(const struct state *got, const struct state *want)
{
	expect(got->memory_bytes, want->memory_bytes);
	expect(got->open_fds, want->open_fds);
	expect(got->real_fds, want->real_fds);
	expect(got->nr_ids, want->nr_ids);
	expect_bytes(got->counts, want->counts, sizeof(got->counts));
	ck_assert_str_eq(got->tree, want->tree);
}

/* All deferred frees have happened. */
static void settle(void)
{
	urcu_memb_barrier();
}

/* ---- the loop ---- */

static struct place place_open(const struct operation *operation)
{
	struct pca_machine_opts machine = {
		.size = sizeof(machine),
		.possible = "0-2",
		.run_mode = operation->run_mode,
	};
	struct pca_task_opts task = { .size = sizeof(task), .memory = PCA_CHECKED };
	struct place p = { .w = world_open_with(&machine, &task), .fd = -1, .prog_fd = -1 };

	if (operation->prepare)
		operation->prepare(&p);
	settle();
	return p;
}

static void place_close(struct place *p)
{
	if (p->prog)
		pca_prog_put(p->prog);
	world_close(&p->w);
	settle();
}

/* The nth allocation fails. false: there are not so many, and the operation succeeded. */
static bool fail_nth(const struct operation *operation, unsigned int n)
{
	struct place p = place_open(operation);
	struct state before = state_of(&p), after;
	long live = alloc_nr_live(), ret;
	bool has_failed;

	row("%s, allocation %u", operation->name, n);
	alloc_fail_nth(n);
	ret = operation->act(&p);
	has_failed = alloc_stop_failing();
	if (has_failed) {
		expect(ret, n > 1 && operation->later_err ? operation->later_err : operation->err);
		settle();
		expect(alloc_nr_live(), live);
		after = state_of(&p);
		expect_state(&after, &before);
		ret = operation->act(&p);
	}
	ck_assert_msg(ret >= 0, "%s, allocation %u: then %ld", operation->name, n, ret);
	place_close(&p);
	return has_failed;
}

/* How many allocations of the operation pca_fail_alloc() can reach. */
static unsigned int count_in_reach(const struct operation *operation)
{
	struct place p = place_open(operation);

	pca_fail_alloc(MOST_ALLOCATIONS);
	operation->act(&p);

	uint32_t left = pca_fail_alloc(0);

	place_close(&p);
	return MOST_ALLOCATIONS - left;
}

static void fail_each(const struct operation *operation)
{
	unsigned int n = 1;
	long live;

	/* Once before, so that what is kept for good is there. */
	struct place p = place_open(operation);

	ck_assert_msg(operation->act(&p) >= 0, "%s fails by itself", operation->name);
	place_close(&p);
	live = alloc_nr_live();
	while (fail_nth(operation, n)) {
		n++;
		ck_assert_uint_lt(n, MOST_ALLOCATIONS);
	}
	row("%s", operation->name);
	expect(alloc_nr_live(), live);
	ck_assert_msg(n > 1, "%s allocates nothing", operation->name);
	expect(count_in_reach(operation), n - 1);
}

/* ---- machines and tasks ---- */

static long create_machine(struct pca_machine_opts opts)
{
	struct pca_machine *machine;
	int err = pca_machine_create(&machine, &opts);

	if (!err)
		pca_machine_destroy(machine);
	return err;
}

static long act_machine(struct place *p)
{
	(void)p;
	return create_machine((struct pca_machine_opts){ .possible = "0-1,5" });
}

static long act_synthetic_machine(struct place *p)
{
	(void)p;
	return create_machine((struct pca_machine_opts){ .topology = "numa:2 core:2 pu:1" });
}

static long act_task(struct place *p)
{
	struct pca_task *task;
	int err = pca_task_create(&task, p->w.machine, NULL);

	if (!err)
		pca_task_destroy(task);
	return err;
}

/* ---- maps ---- */

static void prepare_map(struct place *p)
{
	p->fd = percpu_map(&p->w, 128, 4);
}

static long act_create_percpu(struct place *p)
{
	return cmd_create(p->w.task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 4, 0);
}

static long act_create_array(struct place *p)
{
	return cmd_create(p->w.task, BPF_MAP_TYPE_ARRAY, 8, 4, 0);
}

static void fill_fd_table(struct place *p)
{
	prepare_map(p);
	while (pca_task_open_fds(p->w.task) < 64)
		expect_fd(pca_dup(p->w.task, p->fd, 0));
}

static void fill_id_table(struct place *p)
{
	for (int i = 0; i < 16; i++)
		prepare_map(p);
}

static long act_dup(struct place *p)
{
	return pca_dup(p->w.task, p->fd, 0);
}

static long act_dup_far(struct place *p)
{
	return pca_dup(p->w.task, p->fd, PCA_FIRST_FD + 700);
}

static long act_fd_by_id(struct place *p)
{
	return cmd_fd_by_id(p->w.task, id_of_map(p->w.task, p->fd), 0);
}

/* Values above 256 bytes are copied through memory of the simulator. */
static unsigned char values[4 * NR_CPUS * 128];
static uint32_t keys[4] = { 0, 1, 2, 3 };

static long act_lookup(struct place *p)
{
	return cmd_lookup(p->w.task, p->fd, keys, values, 0);
}

static long act_update(struct place *p)
{
	memset(values, 1, sizeof(values));
	return cmd_update(p->w.task, p->fd, keys, values, 0);
}

static long act_lookup_batch(struct place *p)
{
	uint32_t out;
	struct batch batch = { .out_batch = &out, .keys = keys, .values = values, .count = 4 };

	return cmd_batch(p->w.task, BPF_MAP_LOOKUP_BATCH, p->fd, &batch);
}

/* ---- hashes: keys and values too large for what commands have at hand ---- */

#define LARGE 300
static unsigned char large_key[LARGE], large_value[LARGE];

static long act_create_hash(struct place *p)
{
	union any_attr attr = create_attr(BPF_MAP_TYPE_HASH, LARGE, 4);

	attr.bpf.key_size = LARGE;
	attr.bpf.map_flags = BPF_F_NO_PREALLOC;
	return pca_bpf(p->w.task, BPF_MAP_CREATE, &attr, CREATE_ATTR_END);
}

static void prepare_hash(struct place *p)
{
	p->fd = expect_fd(act_create_hash(p));
}

static long act_hash_add(struct place *p)
{
	return cmd_update(p->w.task, p->fd, large_key, large_value, BPF_NOEXIST);
}

static void prepare_full_hash(struct place *p)
{
	prepare_hash(p);
	expect(act_hash_add(p), 0);
}

static long act_hash_replace(struct place *p)
{
	return cmd_update(p->w.task, p->fd, large_key, large_value, BPF_EXIST);
}

static long act_hash_next(struct place *p)
{
	long err = cmd_next_key(p->w.task, p->fd, large_key, large_value);

	return err == -ENOENT ? 0 : err; /* it is the last one */
}

static long act_hash_take(struct place *p)
{
	return cmd_lookup_and_delete(p->w.task, p->fd, large_key, large_value, 0);
}

static long act_hash_take_batch(struct place *p)
{
	uint32_t out;
	struct batch batch = { NULL, &out, large_key, large_value, 1, 0, 0 };
	long err = cmd_batch(p->w.task, BPF_MAP_LOOKUP_AND_DELETE_BATCH, p->fd, &batch);

	return err == -ENOENT ? 0 : err;
}

/* ---- for unit tests ---- */

static long with_map(struct place *p, long (*fn)(struct place *p, struct pca_map_ref **map));

static long act_reset(struct place *p)
{
	return pca_machine_reset(p->w.machine);
}

static void prepare_values(struct place *p)
{
	prepare_map(p);
	memset(values, 1, sizeof(values));
	expect(cmd_update(p->w.task, p->fd, &(uint32_t){ 3 }, values, 0), 0);
}

static long restore(struct place *p, struct pca_map_ref **map)
{
	struct pca_map_snapshot *snapshot;
	int err = pca_map_snapshot_fd(p->w.task, p->fd, &snapshot);

	if (err)
		return err;
	err = pca_map_restore(*map, snapshot);
	pca_map_snapshot_free(snapshot);
	return err;
}

static long expect_what_is_not_so(struct place *p, struct pca_map_ref **map)
{
	unsigned char *elem = pca_map_peek(*map, 0, 3), zeroes[128] = { 0 };
	struct pca_map_snapshot *snapshot;
	const char *why, *none = "there is no memory to see whether it is as expected";
	int err = pca_map_snapshot_fd(p->w.task, p->fd, &snapshot);

	if (err)
		return err;
	elem[0]++;
	why = pca_expect_unchanged(snapshot, *map);
	elem[0]--;
	pca_map_snapshot_free(snapshot);
	if (why && strcmp(why, none) != 0)
		why = pca_expect_value(*map, 0, 3, zeroes, sizeof(zeroes));
	if (why && strcmp(why, none) != 0)
		return 0;
	return why ? -ENOMEM : -EIO;
}

static long act_restore(struct place *p)
{
	return with_map(p, restore);
}

static long act_expect(struct place *p)
{
	return with_map(p, expect_what_is_not_so);
}

/* ---- files ---- */

static void prepare_pins(struct place *p)
{
	prepare_map(p);
	expect(pca_mkdir(p->w.task, "dir", 0755), 0);
	expect(pca_mkdir(p->w.task, "empty", 0755), 0);
	union any_attr attr = { .bpf.pathname = (uintptr_t) "pin", .bpf.bpf_fd = (uint32_t)p->fd };

	expect(pca_bpf(p->w.task, BPF_OBJ_PIN, &attr, 16), 0);
	attr.bpf.pathname = (uintptr_t) "dir/pin";
	expect(pca_bpf(p->w.task, BPF_OBJ_PIN, &attr, 16), 0);
}

static long act_pin(struct place *p)
{
	union any_attr attr = { .bpf.pathname = (uintptr_t) "new", .bpf.bpf_fd = (uint32_t)p->fd };

	return pca_bpf(p->w.task, BPF_OBJ_PIN, &attr, 16);
}

static long act_get(struct place *p)
{
	union any_attr attr = { .bpf.pathname = (uintptr_t) "pin" };

	return pca_bpf(p->w.task, BPF_OBJ_GET, &attr, 16);
}

static long act_mkdir(struct place *p)
{
	return pca_mkdir(p->w.task, "dir/new", 0755);
}

static long act_symlink(struct place *p)
{
	return pca_symlink(p->w.task, "pin", "dir/new");
}

static long act_link(struct place *p)
{
	return pca_link(p->w.task, "pin", "dir/new");
}

static long act_opendir(struct place *p)
{
	return pca_opendir(p->w.task, "dir");
}

static long act_rename(struct place *p)
{
	return pca_rename(p->w.task, "pin", "dir/new");
}

static long act_rename_over(struct place *p)
{
	return pca_rename(p->w.task, "pin", "dir/pin");
}

static long act_rename_directory_over(struct place *p)
{
	return pca_rename(p->w.task, "dir", "empty");
}

/* ---- programs ---- */

static int count(void *ctx)
{
	struct pca_map_ref *map = *(struct pca_map_ref **)ctx;
	uint32_t key = 0;
	uint64_t *value = pca_map_lookup_elem(map, &key);

	if (value)
		++*value;
	return 0;
}

static int do_nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

static long load(struct place *p, uint32_t type, pca_prog_fn fn)
{
	struct pca_map_use use = {
		.map_fd = p->fd,
		.helper = BPF_FUNC_map_lookup_elem,
		.access = PCA_READ | PCA_WRITE,
		.bytes = sizeof(uint64_t),
	};
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = type,
		.fn = fn,
		.uses = &use,
		.nr_uses = 1,
	};

	return pca_prog_load(p->w.task, &opts);
}

static long act_load(struct place *p)
{
	return load(p, BPF_PROG_TYPE_RAW_TRACEPOINT, do_nothing);
}

static long act_fdinfo(struct place *p)
{
	char text[400];

	return pca_fdinfo(p->w.task, p->fd, text, sizeof(text));
}

static void prepare_counter(struct place *p)
{
	prepare_map(p);
	p->prog_fd = expect_fd(load(p, BPF_PROG_TYPE_RAW_TRACEPOINT, count));
	expect(pca_prog_get(p->w.task, p->prog_fd, &p->prog), 0);
}

static long with_map(struct place *p, long (*fn)(struct place *p, struct pca_map_ref **map))
{
	struct pca_map_ref *map;
	int err = pca_map_get(p->w.task, p->fd, &map);

	if (!err) {
		err = (int)fn(p, &map);
		pca_map_put(map);
	}
	return err;
}

static long run_on(struct place *p, struct pca_map_ref **map)
{
	return pca_run_on(p->prog, 1, map, NULL);
}

static long run_submitted(struct place *p, struct pca_map_ref **map)
{
	struct pca_run run;
	int err = pca_run_submit(&run, p->prog, 1, map);

	return err ? err : pca_run_wait(&run);
}

static long run_on_each(struct place *p, struct pca_map_ref **map)
{
	return pca_run_on_each_cpu(p->prog, map, NULL);
}

static long act_run_on(struct place *p)
{
	return with_map(p, run_on);
}

static long act_run_submitted(struct place *p)
{
	return with_map(p, run_submitted);
}

static long act_run_on_each(struct place *p)
{
	return with_map(p, run_on_each);
}

static void prepare_packets(struct place *p)
{
	prepare_map(p);
	p->prog_fd = expect_fd(load(p, BPF_PROG_TYPE_XDP, do_nothing));
}

static long act_test_run_xdp(struct place *p)
{
	static unsigned char packet[100];
	union any_attr attr = { .bpf.test.prog_fd = (uint32_t)p->prog_fd,
				.bpf.test.data_in = (uintptr_t)packet,
				.bpf.test.data_size_in = sizeof(packet) };

	return pca_bpf(p->w.task, BPF_PROG_TEST_RUN, &attr, 76);
}

static void prepare_syscall(struct place *p)
{
	prepare_map(p);
	p->prog_fd = expect_fd(load(p, BPF_PROG_TYPE_SYSCALL, do_nothing));
}

static long act_test_run_syscall(struct place *p)
{
	static unsigned char ctx[1000];
	union any_attr attr = { .bpf.test.prog_fd = (uint32_t)p->prog_fd,
				.bpf.test.ctx_in = (uintptr_t)ctx,
				.bpf.test.ctx_size_in = sizeof(ctx) };

	return pca_bpf(p->w.task, BPF_PROG_TEST_RUN, &attr, 76);
}

static const struct operation operations[] = {
	{ "pca_machine_create", NULL, act_machine, -ENOMEM },
	{ "pca_machine_create, synthetic", NULL, act_synthetic_machine, -ENOMEM },
	{ "pca_machine_reset", prepare_pins, act_reset, -ENOMEM },
	{ "pca_task_create", NULL, act_task, -ENOMEM },
	{ "MAP_CREATE, per-CPU", prepare_map, act_create_percpu, -ENOMEM },
	{ "MAP_CREATE, shared", prepare_map, act_create_array, -ENOMEM },
	{ "MAP_CREATE, the fd table grows", fill_fd_table, act_create_percpu, -ENOMEM },
	{ "MAP_CREATE, the table of ids grows", fill_id_table, act_create_percpu, -ENOMEM },
	{ "pca_dup, the fd table grows", fill_fd_table, act_dup, -ENOMEM },
	{ "pca_dup, far", prepare_map, act_dup_far, -ENOMEM },
	{ "MAP_GET_FD_BY_ID", prepare_map, act_fd_by_id, -ENOMEM },
	{ "MAP_LOOKUP_ELEM", prepare_map, act_lookup, -ENOMEM },
	{ "MAP_UPDATE_ELEM", prepare_map, act_update, -ENOMEM },
	{ "MAP_LOOKUP_BATCH", prepare_map, act_lookup_batch, -ENOMEM },
	{ "MAP_CREATE of a hash", prepare_map, act_create_hash, -ENOMEM },
	{ "MAP_UPDATE_ELEM of a new key", prepare_hash, act_hash_add, -ENOMEM },
	{ "MAP_UPDATE_ELEM of a hash's key", prepare_full_hash, act_hash_replace, -ENOMEM },
	{ "MAP_GET_NEXT_KEY of a hash", prepare_full_hash, act_hash_next, -ENOMEM },
	{ "MAP_LOOKUP_AND_DELETE_ELEM", prepare_full_hash, act_hash_take, -ENOMEM },
	{ "MAP_LOOKUP_AND_DELETE_BATCH", prepare_full_hash, act_hash_take_batch, -ENOMEM },
	{ "snapshot, restore", prepare_values, act_restore, -ENOMEM },
	{ "expectations", prepare_values, act_expect, -ENOMEM },
	{ "OBJ_PIN", prepare_pins, act_pin, -ENOMEM },
	{ "OBJ_GET", prepare_pins, act_get, -ENOMEM },
	{ "pca_mkdir", prepare_pins, act_mkdir, -ENOMEM },
	{ "pca_symlink", prepare_pins, act_symlink, -ENOMEM },
	{ "pca_link", prepare_pins, act_link, -ENOMEM },
	{ "pca_opendir", prepare_pins, act_opendir, -ENOMEM },
	{ "pca_rename", prepare_pins, act_rename, -ENOMEM },
	{ "pca_rename, a pin is there", prepare_pins, act_rename_over, -ENOMEM },
	{ "pca_rename, a directory is there", prepare_pins, act_rename_directory_over, -ENOMEM },
	{ "pca_prog_load", prepare_counter, act_load, -ENOMEM },
	{ "pca_fdinfo", prepare_map, act_fdinfo, -ENOMEM },
	{ "pca_run_on", prepare_counter, act_run_on, -EAGAIN },
	{ "pca_run_submit", prepare_counter, act_run_submitted, -EAGAIN },
	{ "pca_run_on_each_cpu", prepare_counter, act_run_on_each, -ENOMEM, -EAGAIN },
	{ "PROG_TEST_RUN, XDP", prepare_packets, act_test_run_xdp, -ENOMEM, -EAGAIN },
	{ "PROG_TEST_RUN, XDP inline", prepare_packets, act_test_run_xdp, -ENOMEM, 0, PCA_INLINE },
	{ "PROG_TEST_RUN, SYSCALL", prepare_syscall, act_test_run_syscall, -ENOMEM, -EAGAIN },
};

START_TEST(each_allocation_may_fail)
{
	fail_each(&operations[_i]);
}
END_TEST

/* What was done before the failure counts, as with other errors half way. */
START_TEST(update_batch_counts_what_it_did_before_it_failed)
{
	static const struct operation operation = { "MAP_UPDATE_BATCH", prepare_map, NULL };
	static unsigned char zeroes[NR_CPUS * 128];

	for (unsigned int n = 1; n <= 4; n++) {
		struct place p = place_open(&operation);
		struct batch batch = { .keys = keys, .values = values, .count = 4 };

		memset(values, 7, sizeof(values));
		alloc_fail_nth(n);
		long ret = cmd_batch(p.w.task, BPF_MAP_UPDATE_BATCH, p.fd, &batch);

		ck_assert(alloc_stop_failing());
		row("allocation %u", n);
		expect(ret, -ENOMEM);
		expect(batch.count, n - 1);
		for (uint32_t key = 0; key < 4; key++) {
			expect(cmd_lookup(p.w.task, p.fd, &key, values, 0), 0);
			if (key < n - 1)
				expect_all(values, 7, sizeof(zeroes));
			else
				expect_bytes(values, zeroes, sizeof(zeroes));
		}
		place_close(&p);
	}
}
END_TEST

/* The current task is made at its first use; when there is no memory for it, later. */
START_TEST(current_task_can_be_made_after_a_failure)
{
	unsigned int n = 1;

	for (;; n++) {
		alloc_fail_nth(n);
		errno = 0;
		struct pca_task *task = pca_current_task();
		int err = errno;

		if (!alloc_stop_failing()) {
			ck_assert_ptr_nonnull(task);
			break;
		}
		row("allocation %u", n);
		ck_assert_ptr_null(task);
		expect(err, ENOMEM);
	}
	ck_assert_uint_gt(n, 1);
}
END_TEST

static Suite *alloc_failure_suite(void)
{
	Suite *suite = suite_create("alloc failure");
	TCase *tc = add_case(suite, "alloc failure");

	tcase_add_loop_test(tc, each_allocation_may_fail, 0, (int)ARRAY_LEN(operations));
	tcase_add_test(tc, update_batch_counts_what_it_did_before_it_failed);
	tcase_add_test(tc, current_task_can_be_made_after_a_failure);
	return suite;
}

TEST_MAIN(alloc_failure_suite)
