// SPDX-License-Identifier: MIT
/*
 * Hints for likely mistakes: each mistake gives its line, once; the right way beside
 * it gives none; and no result depends on whether hints are told.
 */
/* labels: threads */
#include "support.h"

#include "hint.h"

#define NR_ENTRIES 5
#define NR_CPUS 4

/* A machine of four CPUs, two of them online, and the maps and fds that acts use. */
struct scene {
	struct world w;
	int counts; /* a per-CPU array with 8-byte values, named so */
	int shared; /* an array */
	uint64_t values[NR_ENTRIES][NR_CPUS];
	uint32_t keys[NR_ENTRIES];
};

static int named_map(const struct world *w, const char *name, union any_attr attr)
{
	strcpy(attr.bpf.map_name, name);
	return expect_fd(pca_bpf(w->task, BPF_MAP_CREATE, &attr, CREATE_ATTR_END));
}

static struct scene open_scene(const char *release, bool no_hints)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0-3",
		.online = "0-1",
		.release = release,
		.no_hints = no_hints,
	};
	struct scene s = { 0 };

	expect(pca_machine_create(&s.w.machine, &opts), 0);
	expect(pca_task_create(&s.w.task, s.w.machine, NULL), 0);
	s.counts = named_map(&s.w, "counts", create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 8, NR_ENTRIES));
	s.shared = named_map(&s.w, "shared", create_attr(BPF_MAP_TYPE_ARRAY, 8, NR_ENTRIES));
	messages_clear();
	return s;
}

/* What acts left open is part of the mistake. */
static void close_scene(struct scene *s)
{
	for (int fd = PCA_FIRST_FD; pca_task_open_fds(s->w.task); fd++)
		pca_close(s->w.task, fd);
	world_close(&s->w);
}

/* ---- acts: mistakes, and what is right ---- */

static long update(struct scene *s, int fd, uint32_t key, uint64_t flags)
{
	return cmd_update(s->w.task, fd, &key, s->values, flags);
}

static long lookup(struct scene *s, int fd, uint32_t key, uint64_t flags)
{
	return cmd_lookup(s->w.task, fd, &key, s->values, flags);
}

static long update_last(struct scene *s)
{
	return update(s, s->counts, NR_ENTRIES - 1, BPF_ANY);
}

static long update_past_end(struct scene *s)
{
	return update(s, s->counts, NR_ENTRIES, BPF_ANY);
}

static long update_batch_past_end(struct scene *s)
{
	struct batch batch = { .keys = s->keys, .values = s->values, .count = 1 };

	s->keys[0] = NR_ENTRIES;
	return cmd_batch(s->w.task, BPF_MAP_UPDATE_BATCH, s->counts, &batch);
}

static long update_noexist(struct scene *s)
{
	return update(s, s->counts, 0, BPF_NOEXIST);
}

static long update_exist(struct scene *s)
{
	return update(s, s->counts, 0, BPF_EXIST);
}

static long delete_elem(struct scene *s)
{
	return cmd_delete(s->w.task, s->counts, s->keys);
}

static long lookup_and_delete(struct scene *s)
{
	return cmd_lookup_and_delete(s->w.task, s->counts, s->keys, s->values, 0);
}

static int reopened(struct scene *s, uint32_t flags)
{
	return expect_fd(cmd_fd_by_id(s->w.task, id_of_map(s->w.task, s->counts), flags));
}

static long write_read_only_fd(struct scene *s)
{
	return update(s, reopened(s, BPF_F_RDONLY), 0, BPF_ANY);
}

static long read_read_only_fd(struct scene *s)
{
	return lookup(s, reopened(s, BPF_F_RDONLY), 0, 0);
}

static long freeze_read_only_fd(struct scene *s)
{
	return cmd_freeze(s->w.task, reopened(s, BPF_F_RDONLY));
}

static long read_write_only_fd(struct scene *s)
{
	uint32_t next;
	union any_attr attr = create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1);

	attr.bpf.map_flags = BPF_F_WRONLY;
	if (s->shared >= 0) /* once: the hint is told once per map */
		s->keys[4] = (uint32_t)named_map(&s->w, "sink", attr);
	s->shared = -1;
	return cmd_next_key(s->w.task, (int)s->keys[4], NULL, &next);
}

static long write_frozen(struct scene *s)
{
	cmd_freeze(s->w.task, s->counts);
	return update(s, s->counts, 0, BPF_ANY);
}

static long read_frozen(struct scene *s)
{
	cmd_freeze(s->w.task, s->counts);
	return lookup(s, s->counts, 0, 0);
}

static long freeze_twice(struct scene *s)
{
	cmd_freeze(s->w.task, s->counts);
	return cmd_freeze(s->w.task, s->counts);
}

static int look(void *ctx)
{
	(void)ctx;
	return 0;
}

static int readable_map(struct scene *s, const char *name)
{
	union any_attr attr = create_attr(BPF_MAP_TYPE_ARRAY, 8, 1);
	int fd;

	attr.bpf.map_flags = BPF_F_RDONLY_PROG;
	fd = named_map(&s->w, name, attr);
	expect(update(s, fd, 0, BPF_ANY), 0);
	return fd;
}

static void load_reader(struct scene *s, int fd)
{
	struct pca_map_use use = { .map_fd = fd,
				   .helper = BPF_FUNC_map_lookup_elem,
				   .access = PCA_READ };
	struct pca_prog_load_opts opts = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = look,
		.uses = &use,
		.nr_uses = 1,
	};

	expect_fd(pca_prog_load(s->w.task, &opts));
}

static long load_unfrozen_constants(struct scene *s)
{
	if (!s->keys[3])
		s->keys[3] = (uint32_t)readable_map(s, "my.rodata");
	load_reader(s, (int)s->keys[3]);
	return 0;
}

/* Constants that are frozen, and a configuration that commands may change at any time. */
static long load_readers_as_meant(struct scene *s)
{
	int constants = readable_map(s, "my.rodata"), config = readable_map(s, "config");

	expect(cmd_freeze(s->w.task, constants), 0);
	load_reader(s, constants);
	load_reader(s, config);
	return update(s, config, 0, BPF_ANY);
}

static long use_fd_of_other_task(struct scene *s)
{
	struct pca_task *other;
	struct pca_task_opts opts = { .comm = "other" };

	if (!s->keys[3])
		expect(pca_task_create(&other, s->w.machine, &opts), 0);
	else
		other = s->w.machine->tasks;
	s->keys[3] = 1;
	return cmd_lookup(other, s->counts, s->keys, s->values, 0);
}

static long use_closed_fd(struct scene *s)
{
	return lookup(s, PCA_FIRST_FD + 1000, 0, 0);
}

static long use_real_fd(struct scene *s)
{
	return lookup(s, 2, 0, 0);
}

/* As Linux answers; that it is not simulated is nobody's mistake. */
static long ask_program_info(struct scene *s)
{
	struct pca_prog_load_opts opts = { .type = BPF_PROG_TYPE_RAW_TRACEPOINT, .fn = look };
	unsigned char info[80];
	uint32_t len = sizeof(info);

	return cmd_info(s->w.task, expect_fd(pca_prog_load(s->w.task, &opts)), info, &len);
}

static long use_program_fd(struct scene *s)
{
	struct pca_prog_load_opts opts = { .type = BPF_PROG_TYPE_RAW_TRACEPOINT, .fn = look };

	if (!s->keys[3])
		s->keys[3] = (uint32_t)expect_fd(pca_prog_load(s->w.task, &opts));
	return lookup(s, (int)s->keys[3], 0, 0);
}

static long lookup_cpu_not_shifted(struct scene *s)
{
	return lookup(s, s->counts, 0, BPF_F_CPU | 3);
}

static long update_cpu_not_shifted(struct scene *s)
{
	return update(s, s->counts, 0, BPF_F_CPU | 3);
}

static long lookup_cpu(struct scene *s)
{
	return lookup(s, s->counts, 0, BPF_F_CPU | 3ULL << 32);
}

static long update_first_cpu(struct scene *s)
{
	return update(s, s->counts, 0, BPF_F_CPU | BPF_EXIST);
}

static long lookup_cpu_of_shared(struct scene *s)
{
	return lookup(s, s->shared, 0, BPF_F_CPU);
}

/* Asking, and asking again. */
static long lookup_cpu_twice(struct scene *s)
{
	lookup(s, s->counts, 0, BPF_F_CPU);
	return lookup(s, s->counts, 0, BPF_F_CPU);
}

static long lookup_cpu_or_all(struct scene *s)
{
	if (!s->keys[3])
		expect(lookup(s, s->counts, 0, BPF_F_CPU), -EINVAL);
	s->keys[3] = 1;
	return lookup(s, s->counts, 0, 0);
}

static long update_locked(struct scene *s)
{
	return update(s, s->counts, 0, BPF_F_LOCK);
}

static long lookup_batch(struct scene *s, const uint32_t *after, uint32_t count)
{
	uint32_t last;
	struct batch batch = {
		.in_batch = after,
		.out_batch = &last,
		.keys = s->keys,
		.values = s->values,
		.count = count,
	};

	return cmd_batch(s->w.task, BPF_MAP_LOOKUP_BATCH, s->counts, &batch);
}

static void walk(struct scene *s)
{
	uint32_t key;

	for (long err = cmd_next_key(s->w.task, s->counts, NULL, &key); !err;
	     err = cmd_next_key(s->w.task, s->counts, &key, &key))
		expect(lookup(s, s->counts, key, 0), 0);
}

/* As those do who try again when a call has failed. */
static long retry_batch(struct scene *s)
{
	static const uint32_t second = 1;
	long err = 0;

	for (int i = 0; i < 3; i++)
		err = lookup_batch(s, &second, 4);
	return err;
}

/* As those do who read small maps in one go, or large ones in chunks, again and again. */
static long poll_by_batches(struct scene *s)
{
	static const uint32_t second = 1;
	long err = 0;

	for (int i = 0; i < 20; i++) {
		expect(lookup_batch(s, NULL, 100), -ENOENT);
		walk(s);
	}
	for (int i = 0; i < 20; i++) {
		expect(lookup_batch(s, NULL, 2), 0);
		err = lookup_batch(s, &second, 4);
	}
	return err;
}

static long give_batches_up(struct scene *s)
{
	long err = lookup_batch(s, NULL, 100);

	for (int i = 0; i < 3; i++)
		walk(s);
	return err;
}

/* As tests do. */
static long compare_batch_with_walk(struct scene *s)
{
	long err = lookup_batch(s, NULL, 100);

	walk(s);
	return err;
}

static long leave_count(struct scene *s)
{
	static const uint32_t last = NR_ENTRIES - 1;

	expect(lookup_batch(s, &last, 2), -ENOENT);
	return lookup_batch(s, NULL, 0);
}

static long read_in_whole_batches(struct scene *s)
{
	static const uint32_t last = NR_ENTRIES - 1;

	expect(lookup_batch(s, NULL, 5), 0);
	expect(lookup_batch(s, &last, 5), -ENOENT);
	return lookup_batch(s, NULL, 5);
}

static long flag_batch(struct scene *s)
{
	struct batch batch = { .keys = s->keys, .values = s->values, .count = 1, .flags = 1 };

	return cmd_batch(s->w.task, BPF_MAP_UPDATE_BATCH, s->counts, &batch);
}

static long flag_batch_elems(struct scene *s)
{
	struct batch batch = {
		.keys = s->keys, .values = s->values, .count = 1, .elem_flags = BPF_F_ALL_CPUS
	};

	return cmd_batch(s->w.task, BPF_MAP_UPDATE_BATCH, s->counts, &batch);
}

static long create(struct scene *s, union any_attr attr)
{
	long fd = pca_bpf(s->w.task, BPF_MAP_CREATE, &attr, CREATE_ATTR_END);

	return fd < 0 ? fd : 0;
}

static long create_largest(struct scene *s)
{
	return create(s, create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 32768, 1));
}

static long create_percpu_hash(struct scene *s)
{
	return create(s, create_attr(BPF_MAP_TYPE_PERCPU_HASH, 8, 1));
}

static long create_wide_key(struct scene *s)
{
	union any_attr attr = create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1);

	attr.bpf.key_size = 8;
	return create(s, attr);
}

static long create_empty(struct scene *s)
{
	return create(s, create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 0));
}

static long create_no_prealloc(struct scene *s)
{
	union any_attr attr = create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1);

	attr.bpf.map_flags = BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG;
	return create(s, attr);
}

static long create_too_large(struct scene *s)
{
	return create(s, create_attr(BPF_MAP_TYPE_PERCPU_ARRAY, 32769, 1));
}

/* ---- the table ---- */

static const struct mistake {
	enum hint hint;
	const char *release;
	long (*act)(struct scene *s);
	long result;
	const char *line;
	long (*right)(struct scene *s); /* beside it, what needs no words */
	long right_result;
} mistakes[] = {
	{ HINT_UPDATE_PAST_END, "7.2", update_past_end, -E2BIG,
	  "E2BIG: map \"counts\" has no key 5, only 0 to 4: check the key, or create the map with "
	  "more max_entries",
	  update_last, 0 },
	{ HINT_UPDATE_PAST_END, "7.2", update_batch_past_end, -E2BIG,
	  "E2BIG: map \"counts\" has no key 5, only 0 to 4: check the key, or create the map with "
	  "more max_entries",
	  flag_batch_elems, 0 },
	{ HINT_NOEXIST, "6.18", update_noexist, -EEXIST,
	  "EEXIST: BPF_NOEXIST always fails on an array such as map \"counts\", whose elements all "
	  "exist from the start: use BPF_ANY",
	  update_exist, 0 },
	{ HINT_DELETE, "7.2", delete_elem, -EINVAL,
	  "EINVAL: elements of an array such as map \"counts\" cannot be deleted: write zeros with "
	  "BPF_MAP_UPDATE_ELEM",
	  update_last, 0 },
	{ HINT_LOOKUP_AND_DELETE, "7.2", lookup_and_delete, -524,
	  "ENOTSUPP (524): elements of an array such as map \"counts\" cannot be deleted: look the "
	  "element up, then write zeros",
	  update_last, 0 },
	{ HINT_RDONLY_FD, "7.2", write_read_only_fd, -EPERM,
	  "EPERM: fd 1048578 cannot write map \"counts\": BPF_MAP_GET_FD_BY_ID opened it with "
	  "BPF_F_RDONLY: open it without, or write through another fd",
	  read_read_only_fd, 0 },
	{ HINT_RDONLY_FD, "7.2", freeze_read_only_fd, -EPERM,
	  "EPERM: fd 1048578 cannot write map \"counts\": BPF_MAP_GET_FD_BY_ID opened it with "
	  "BPF_F_RDONLY: open it without, or write through another fd",
	  freeze_twice, -EPERM },
	{ HINT_WRONLY_FD, "7.2", read_write_only_fd, -EPERM,
	  "EPERM: fd 1048578 cannot read map \"sink\": BPF_MAP_CREATE opened it with BPF_F_WRONLY: "
	  "open it without, or read through another fd",
	  update_last, 0 },
	{ HINT_FROZEN, "7.2", write_frozen, -EPERM,
	  "EPERM: map \"counts\" is frozen: commands cannot write it any more, only programs can: "
	  "write before BPF_MAP_FREEZE",
	  read_frozen, 0 },
	{ HINT_FREEZE_FORGOTTEN, "7.2", load_unfrozen_constants, 0,
	  "map \"my.rodata\" is BPF_F_RDONLY_PROG but not frozen: the verifier takes its values "
	  "for "
	  "constants only after BPF_MAP_FREEZE: freeze it before loading programs",
	  load_readers_as_meant, 0 },
	{ HINT_FD_OF_OTHER_TASK, "7.2", use_fd_of_other_task, -EBADF,
	  "fd 1048576 is not open in this task, but in another one (\"test_hints\"): each task has "
	  "its own fds: share the map by its id or by a pin",
	  use_closed_fd, -EBADF },
	{ HINT_REAL_FD, "7.2", use_real_fd, -EINVAL,
	  "EINVAL: fd 2 is a file of this process and no map, whose fds start at 1048576: was the "
	  "fd in the attr set?",
	  use_closed_fd, -EBADF },
	{ HINT_PROG_FD, "7.2", use_program_fd, -EINVAL,
	  "EINVAL: fd 1048578 is a program and no map: give the map's fd", ask_program_info,
	  -EINVAL },
	{ HINT_CPU_NOT_SHIFTED, "7.2", lookup_cpu_not_shifted, -EINVAL,
	  "flags 0xb on map \"counts\": BPF_F_CPU takes the CPU's id from the upper 32 bits, which "
	  "are 0: use BPF_F_CPU | (__u64)cpu << 32",
	  lookup_cpu, 0 },
	/* Fact: 7.x takes it, for CPU 0. */
	{ HINT_CPU_NOT_SHIFTED, "7.2", update_cpu_not_shifted, 0,
	  "flags 0xb on map \"counts\": BPF_F_CPU takes the CPU's id from the upper 32 bits, which "
	  "are 0: use BPF_F_CPU | (__u64)cpu << 32",
	  update_first_cpu, 0 },
	{ HINT_CPU_OF_SHARED_MAP, "7.2", lookup_cpu_of_shared, -EINVAL,
	  "EINVAL: BPF_F_CPU and BPF_F_ALL_CPUS choose among CPUs' copies, and map \"shared\" has "
	  "but one: use flags 0",
	  lookup_cpu, 0 },
	{ HINT_CPU_TOO_EARLY, "6.18", lookup_cpu_twice, -EINVAL,
	  "EINVAL, not the first time: BPF_F_CPU and BPF_F_ALL_CPUS exist since Linux 6.19, this "
	  "machine shows 6.18: ask once, then use all CPUs' values",
	  lookup_cpu_or_all, 0 },
	{ HINT_LOCK, "7.2", update_locked, -EINVAL,
	  "EINVAL: BPF_F_LOCK takes a struct bpf_spin_lock in the value, which per-CPU arrays such "
	  "as map \"counts\" cannot hold: use flags 0",
	  update_last, 0 },
	{ HINT_LOCK, "6.18", update_locked, -EINVAL,
	  "EINVAL: BPF_F_LOCK takes a struct bpf_spin_lock in the value, which per-CPU arrays such "
	  "as map \"counts\" cannot hold: use flags 0",
	  update_last, 0 },
	{ HINT_BATCH_RETRIED, "7.2", retry_batch, -ENOENT,
	  "BPF_MAP_LOOKUP_BATCH is given the same in_batch again and again: ENOENT with count 3 "
	  "was "
	  "no failure but the end of map \"counts\": take the count elements and stop",
	  poll_by_batches, -ENOENT },
	{ HINT_BATCH_GIVEN_UP, "7.2", give_batches_up, -ENOENT,
	  "BPF_MAP_LOOKUP_BATCH had delivered 5 elements with ENOENT, which was no failure but the "
	  "end of map \"counts\"; since then it is read key by key: take the count elements",
	  compare_batch_with_walk, -ENOENT },
	{ HINT_BATCH_COUNT, "7.2", leave_count, 0,
	  "BPF_MAP_LOOKUP_BATCH with count 0 does nothing and returns 0: the one before left 0 "
	  "there at the end of map \"counts\": set count before each command",
	  read_in_whole_batches, 0 },
	{ HINT_BATCH_FLAGS, "7.2", flag_batch, 0,
	  "flags 0x1 of a batch on map \"counts\" are ignored, as Linux ignores them: flags for "
	  "elements go into elem_flags",
	  flag_batch_elems, 0 },
	{ HINT_MAP_TYPE, "7.2", create_percpu_hash, -EINVAL,
	  "EINVAL: map_type 5 is not simulated: use BPF_MAP_TYPE_PERCPU_ARRAY (6), "
	  "BPF_MAP_TYPE_ARRAY (2) or BPF_MAP_TYPE_HASH (1)",
	  create_largest, 0 },
	{ HINT_KEY_SIZE, "7.2", create_wide_key, -EINVAL,
	  "EINVAL: key_size 8: the key of an array is an index of 4 bytes: use key_size 4",
	  create_largest, 0 },
	{ HINT_NO_ELEMENTS, "7.2", create_empty, -EINVAL,
	  "EINVAL: value_size 8 and max_entries 0: both must be above 0, for an array has all its "
	  "elements from the start",
	  create_largest, 0 },
	{ HINT_MAP_FLAGS, "7.2", create_no_prealloc, -EINVAL,
	  "EINVAL: map_flags 0x81: a per-CPU array refuses 0x1; BPF_F_NO_PREALLOC is for hashes, "
	  "BPF_F_MMAPABLE for shared arrays: leave it out",
	  create_largest, 0 },
	{ HINT_VALUE_SIZE, "7.2", create_too_large, -E2BIG,
	  "E2BIG: value_size 32769 is above 32768, the most that Linux's per-CPU allocator gives "
	  "for one element: split the value over keys",
	  create_largest, 0 },
	{ HINT_VALUE_SIZE, "5.10", create_too_large, -ENOMEM,
	  "ENOMEM: value_size 32769 is above 32768, the most that Linux's per-CPU allocator gives "
	  "for one element: split the value over keys",
	  create_largest, 0 },
};

static const struct mistake *mistake_row(int i)
{
	row("%s on %s", mistakes[i].line, mistakes[i].release);
	return &mistakes[i];
}

START_TEST(mistake_is_told_once)
{
	const struct mistake *m = mistake_row(_i);
	struct scene s = open_scene(m->release, false);
	char line[512];

	snprintf(line, sizeof(line), "%s\n", m->line);
	expect(m->act(&s), m->result);
	ck_assert_str_eq(messages_text(), line);
	for (int again = 0; again < 3; again++)
		expect(m->act(&s), m->result);
	ck_assert_str_eq(messages_text(), line);
	close_scene(&s);
}
END_TEST

START_TEST(what_is_right_is_not_told)
{
	const struct mistake *m = mistake_row(_i);
	struct scene s = open_scene(m->release, false);

	expect(m->right(&s), m->right_result);
	expect(m->right(&s), m->right_result);
	ck_assert_str_eq(messages_text(), "");
	close_scene(&s);
}
END_TEST

START_TEST(without_hints_results_are_the_same)
{
	const struct mistake *m = mistake_row(_i);
	struct scene s = open_scene(m->release, true);

	for (int again = 0; again < 4; again++)
		expect(m->act(&s), m->result);
	ck_assert_str_eq(messages_text(), "");
	close_scene(&s);
}
END_TEST

START_TEST(every_hint_has_a_mistake_that_gives_it)
{
	for (unsigned int hint = 0; hint < NR_HINTS; hint++) {
		size_t i = 0;

		while (i < ARRAY_LEN(mistakes) && mistakes[i].hint != hint)
			i++;
		ck_assert_msg(i < ARRAY_LEN(mistakes), "no row for: %s", hint_words(hint));
	}
	ck_assert_ptr_null(hint_words(NR_HINTS));
}
END_TEST

/* Each on a line of its own in a block of text, and nothing else in such blocks. */
START_TEST(hints_page_has_the_words)
{
	FILE *page = fopen(DOCS_DIR "/hints.md", "r");
	bool is_inside = false;
	unsigned int hint = 0;
	char line[512];

	ck_assert_ptr_nonnull(page);
	while (fgets(line, sizeof(line), page)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "```", 3)) {
			is_inside = !strcmp(line, "```text");
		} else if (is_inside) {
			ck_assert_uint_lt(hint, NR_HINTS);
			ck_assert_str_eq(line, hint_words(hint++));
		}
	}
	ck_assert_uint_eq(hint, NR_HINTS);
	fclose(page);
}
END_TEST

/* ---- whose mistake it is ---- */

static enum pca_message_level last_level;

static void keep_level(void *arg, enum pca_message_level level, const char *text)
{
	(void)arg;
	(void)text;
	last_level = level;
}

START_TEST(hints_are_warnings)
{
	struct scene s = open_scene("7.2", false);

	last_level = PCA_MESSAGE_ERROR;
	pca_set_message_fn(keep_level, NULL);
	expect(update_past_end(&s), -E2BIG);
	ck_assert_int_eq(last_level, PCA_MESSAGE_WARNING);
	close_scene(&s);
}
END_TEST

START_TEST(each_map_is_told_of)
{
	struct scene s = open_scene("7.2", false);

	for (int again = 0; again < 3; again++) {
		expect(update(&s, s.counts, 5, 0), -E2BIG);
		expect(update(&s, s.shared, 6, 0), -E2BIG);
	}
	ck_assert_uint_eq(messages_count(), 2);
	expect_message("map \"counts\" has no key 5");
	expect_message("map \"shared\" has no key 6");
	close_scene(&s);
}
END_TEST

START_TEST(map_without_a_name_is_told_by_its_id)
{
	struct scene s = open_scene("7.2", false);
	int fd = percpu_map(&s.w, 8, 1);
	char text[32];

	expect(update(&s, fd, 1, 0), -E2BIG);
	snprintf(text, sizeof(text), "map %u has no key 1", id_of_map(s.w.task, fd));
	expect_message(text);
	close_scene(&s);
}
END_TEST

START_TEST(pinned_map_opened_read_only_is_told_of)
{
	struct scene s = open_scene("7.2", false);
	struct {
		uint64_t path;
		uint32_t fd, flags;
	} pin = { (uintptr_t) "/sys/fs/bpf/m", (uint32_t)s.counts, 0 };

	expect(pca_bpf(s.w.task, BPF_OBJ_PIN, &pin, sizeof(pin)), 0);
	pin.fd = 0;
	pin.flags = BPF_F_RDONLY;
	int fd = expect_fd(pca_bpf(s.w.task, BPF_OBJ_GET, &pin, sizeof(pin)));

	expect(update(&s, fd, 0, 0), -EPERM);
	expect_message("BPF_OBJ_GET opened it with BPF_F_RDONLY");
	close_scene(&s);
}
END_TEST

/* Two tasks read, each its way: neither took an end for a failure. */
START_TEST(what_another_task_reads_is_not_counted)
{
	static const uint32_t second = 1;
	struct scene s = open_scene("7.2", false), other = s;
	uint32_t id = id_of_map(s.w.task, s.counts);

	expect(pca_task_create(&other.w.task, s.w.machine, NULL), 0);
	other.counts = expect_fd(cmd_fd_by_id(other.w.task, id, 0));
	expect(lookup_batch(&s, NULL, 100), -ENOENT);
	for (int i = 0; i < 5; i++)
		walk(&other);
	for (int i = 0; i < 5; i++) {
		expect(lookup_batch(&s, &second, 4), -ENOENT);
		expect(lookup_batch(&other, &second, 4), -ENOENT);
	}
	ck_assert_str_eq(messages_text(), "");
	expect(pca_close(other.w.task, other.counts), 0);
	close_scene(&s);
}
END_TEST

/* Threads that share a task, too, each the end of a map. */
static void *read_the_end(void *arg)
{
	static const uint32_t second = 1;
	struct scene s = *(struct scene *)arg;

	for (int i = 0; i < 2000; i++) {
		expect(lookup_batch(&s, NULL, 2), 0);
		expect(lookup_batch(&s, &second, 4), -ENOENT);
		expect(lookup_batch(&s, NULL, 100), -ENOENT);
		walk(&s);
	}
	return NULL;
}

START_TEST(threads_that_poll_are_told_nothing)
{
	struct scene s = open_scene("7.2", false);
	pthread_t threads[3];

	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		expect(pthread_create(&threads[i], NULL, read_the_end, &s), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		expect(pthread_join(threads[i], NULL), 0);
	ck_assert_str_eq(messages_text(), "");
	close_scene(&s);
}
END_TEST

static void *make_all_mistakes(void *arg)
{
	struct scene s = *(struct scene *)arg;

	for (int i = 0; i < 200; i++) {
		expect(update(&s, s.counts, 5, 0), -E2BIG);
		expect(update(&s, s.shared, 5, 0), -E2BIG);
		expect(lookup(&s, 2, 0, 0), -EINVAL);
		expect(create_percpu_hash(&s), -EINVAL);
	}
	return NULL;
}

START_TEST(of_many_threads_one_tells)
{
	struct scene s = open_scene("7.2", false);
	pthread_t threads[4];

	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		expect(pthread_create(&threads[i], NULL, make_all_mistakes, &s), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		expect(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(messages_count(), 4);
	close_scene(&s);
}
END_TEST

/* ---- buffers that are short: what they were probably meant for ---- */

static void expect_short(uint32_t value_size, size_t bytes, const char *meant)
{
	struct scene s = open_scene("7.2", false);
	int fd = percpu_map(&s.w, value_size, 1);
	unsigned char values[256];
	uint32_t key = 0;

	row("value_size %u, %zu bytes", value_size, bytes);
	expect(pca_map_lookup(s.w.task, fd, &key, values, bytes, 0), -EFAULT);
	expect_message(meant);
	messages_clear();
	expect(pca_map_update(s.w.task, fd, &key, values, bytes, 0), -EFAULT);
	expect_message(meant);
	close_scene(&s);
}

START_TEST(short_buffers_cause_is_guessed)
{
	expect_short(8, 8,
		     "; 8 are one CPU's value: size buffers by pca_map_lookup_bytes() or "
		     "libbpf_num_possible_cpus()");
	expect_short(12, 12, "; 12 are one CPU's value: size");
	expect_short(12, 16, "; 16 are one CPU's value: size");
	expect_short(12, 48, "; 48 are 4 values, not rounded up: size");
	expect_short(12, 32, "; 32 are for the 2 CPUs online: size");
	expect_short(12, 24, "; 24 are for the 2 CPUs online, not rounded up: size");
	expect_short(8, 16, "; 16 are for the 2 CPUs online: size");
	expect_short(12, 63, "for each of 4 possible CPUs\n");
}
END_TEST

static Suite *hints_suite(void)
{
	Suite *suite = suite_create("hints");
	TCase *table = add_case(suite, "mistakes"), *tc = add_case(suite, "hints");

	tcase_add_checked_fixture(table, messages_catch, NULL);
	tcase_add_loop_test(table, mistake_is_told_once, 0, ARRAY_LEN(mistakes));
	tcase_add_loop_test(table, what_is_right_is_not_told, 0, ARRAY_LEN(mistakes));
	tcase_add_loop_test(table, without_hints_results_are_the_same, 0, ARRAY_LEN(mistakes));

	tcase_add_checked_fixture(tc, messages_catch, NULL);
	tcase_add_test(tc, every_hint_has_a_mistake_that_gives_it);
	tcase_add_test(tc, hints_page_has_the_words);
	tcase_add_test(tc, hints_are_warnings);
	tcase_add_test(tc, each_map_is_told_of);
	tcase_add_test(tc, map_without_a_name_is_told_by_its_id);
	tcase_add_test(tc, pinned_map_opened_read_only_is_told_of);
	tcase_add_test(tc, what_another_task_reads_is_not_counted);
	tcase_add_test(tc, threads_that_poll_are_told_nothing);
	tcase_add_test(tc, of_many_threads_one_tells);
	tcase_add_test(tc, short_buffers_cause_is_guessed);
	return suite;
}

TEST_MAIN(hints_suite)
