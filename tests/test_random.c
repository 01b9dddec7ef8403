// SPDX-License-Identifier: MIT
/*
 * Random operations, valid ones and others, on a machine and on a model of it
 * that shares no code with it: results, errors, written bytes, memory and ids
 * must agree. A failure names its seed and the number of the operation;
 * --seed N replays that seed, --ops N stops early.
 */
#include <sys/random.h>

#include "support.h"

#define DEFAULT_SEEDS 48
#define DEFAULT_OPS 4000
#define MAX_FDS 12
#define MAX_MAPS 64
#define MAX_PINS 4
#define MAX_CPUS 5
#define BAD ((void *)8)

static uint64_t first_seed, nr_ops = DEFAULT_OPS;

/* ---- the model: what Linux 6.18 is known to do, said once more ---- */

enum { READ = 1, WRITE = 2 };

struct model_map {
	int refs; /* fds and pins; 0: the slot is free */
	uint32_t id, type, value_size, slot, entries;
	uint32_t user_bytes, nr_slots;
	bool is_frozen;
	bool is_for_reading;  /* by programs: BPF_F_RDONLY_PROG */
	unsigned char *bytes; /* nr_slots slots for each entry, with their padding */
};

struct model_fd {
	struct model_map *map; /* NULL: closed */
	int mode;
};

static struct {
	struct world w;
	struct pca_prog *prog;
	uint64_t chance;
	uint32_t nr_cpus, cpu_ids[MAX_CPUS];
	bool online[MAX_CPUS];
	struct model_map maps[MAX_MAPS];
	struct model_fd fds[MAX_FDS];
	struct model_map *pins[MAX_PINS];
	uint32_t last_id;
} s;

static uint32_t pick(uint32_t n)
{
	return (uint32_t)(next_random(&s.chance) % n);
}

static bool one_in(uint32_t n)
{
	return pick(n) == 0;
}

#define PICK(array) ((array)[pick(ARRAY_LEN(array))])

static uint32_t elem_bytes(const struct model_map *m)
{
	return m->slot * m->nr_slots;
}

/* The slot of a key on the CPU of this ordinal; a shared map has one. */
static unsigned char *slot_of(struct model_map *m, uint32_t key, uint32_t ordinal)
{
	if (m->type != BPF_MAP_TYPE_PERCPU_ARRAY)
		ordinal = 0;
	return m->bytes + (size_t)key * elem_bytes(m) + (size_t)ordinal * m->slot;
}

static uint64_t map_charge(const struct model_map *m)
{
	uint64_t per_entry = m->type == BPF_MAP_TYPE_PERCPU_ARRAY ? 8 : 0;

	return 312 + (per_entry + elem_bytes(m)) * m->entries;
}

static void put_map(struct model_map *m)
{
	if (--m->refs)
		return;
	free(m->bytes);
	memset(m, 0, sizeof(*m));
}

static int lowest_free_fd(void)
{
	for (int i = 0; i < MAX_FDS; i++) {
		if (!s.fds[i].map)
			return i;
	}
	return -EMFILE;
}

/* Open a map that exists: the number of its fd, or -EMFILE. */
static long open_fd(struct model_map *m, int mode)
{
	int i = lowest_free_fd();

	if (i < 0)
		return i;
	s.fds[i] = (struct model_fd){ m, mode };
	m->refs++;
	return PCA_FIRST_FD + i;
}

/* ---- choosing arguments ---- */

struct chosen_fd {
	int fd;
	struct model_map *map; /* NULL: not open */
	int mode;
};

static struct chosen_fd choose_fd(void)
{
	uint32_t i = pick(MAX_FDS + 1);

	if (i == MAX_FDS)
		return (struct chosen_fd){ .fd = one_in(2) ? -1 : PCA_FIRST_FD + MAX_FDS };
	return (struct chosen_fd){ PCA_FIRST_FD + (int)i, s.fds[i].map, s.fds[i].mode };
}

/* The fd's part of a command's checks: 0, -EBADF, -EPERM. */
static long check_fd(const struct chosen_fd *fd, int needed)
{
	if (!fd->map)
		return -EBADF;
	if ((fd->mode & needed) != needed || ((needed & WRITE) && fd->map->is_frozen))
		return -EPERM;
	return 0;
}

static uint32_t choose_key(const struct model_map *m)
{
	static const uint32_t odd[] = { UINT32_MAX, INT32_MAX, 1000, 0x80000000 };

	if (!m || one_in(12))
		return PICK(odd);
	return pick(m->entries + 2);
}

static uint64_t choose_flags(void)
{
	static const uint64_t flags[] = {
		1,	    2,	  3, 4, 5, 6, 7, 8, 9, 16, 24, 32, 1ULL << 32, (1ULL << 32) | 8,
		1ULL << 63, ~0ULL
	};

	return one_in(2) ? 0 : PICK(flags);
}

/* Room for the largest element of all and a tail that nobody may touch. */
#define TAIL 64
#define MAX_BATCH 8
#define BUFFER_BYTES ((size_t)32768 * MAX_CPUS * MAX_BATCH + TAIL)

static unsigned char buffer[BUFFER_BYTES], expected[BUFFER_BYTES];

static void fill_random(unsigned char *to, size_t n)
{
	uint64_t seed = next_random(&s.chance);

	for (size_t i = 0; i < n; i += 8) {
		uint64_t word = next_random(&seed);

		memcpy(to + i, &word, n - i < 8 ? n - i : 8);
	}
}

static size_t bytes_of(const struct model_map *m)
{
	return m ? m->user_bytes : 8;
}

/* An element as a command delivers it. */
static void model_read(struct model_map *m, uint32_t key, unsigned char *to)
{
	memcpy(to, m->bytes + (size_t)key * elem_bytes(m), m->user_bytes);
}

static void model_write(struct model_map *m, uint32_t key, const unsigned char *from)
{
	memcpy(m->bytes + (size_t)key * elem_bytes(m), from, m->user_bytes);
}

/* ---- commands ---- */

static void do_create(void)
{
	static const uint32_t bad_types[] = { 0, 99 }, key_sizes[] = { 0, 1, 8 };
	static const uint32_t flag_sets[] = { 8,	16, 24, 128, 256, 384,	   128 | 8,
					      256 | 16, 1,  2,	32,  64,  1U << 9, 1U << 31 };
	uint32_t type = one_in(20) ? PICK(bad_types) : one_in(4) ? 2 : 6;
	uint32_t key_size = one_in(20) ? PICK(key_sizes) : 4;
	uint32_t value_size =
		one_in(20) ? (one_in(2) ? 0 : 40000) : value_sizes[pick((uint32_t)nr_value_sizes)];
	uint32_t entries = one_in(20) ? 0 : 1 + pick(value_size > 1000 ? 3 : 20);
	uint32_t flags = one_in(3) ? PICK(flag_sets) : 0;
	bool has_bad_name = one_in(20), has_extra = one_in(40);
	union any_attr attr = create_attr(type, value_size, entries);
	struct model_map *m = s.maps;
	long want = 0;

	attr.bpf.key_size = key_size;
	attr.bpf.map_flags = flags;
	strcpy(attr.bpf.map_name, has_bad_name ? "a b" : "good");
	attr.longs[8] = has_extra; /* map_extra */

	if (has_extra || (flags & 24) == 24 || (type != 2 && type != 6) || key_size != 4 ||
	    !value_size || !entries || (flags & ~(8U | 16 | 128 | 256)) || (flags & 384) == 384)
		want = -EINVAL;
	else if (value_size > 32768 && type == 6)
		want = -E2BIG;
	else if (has_bad_name)
		want = -EINVAL;
	if (!want) {
		while (m->refs)
			m++;
		*m = (struct model_map){ .id = ++s.last_id,
					 .type = type,
					 .value_size = value_size,
					 .is_for_reading = flags & 128 };
		m->slot = (value_size + 7) / 8 * 8;
		m->entries = entries;
		m->nr_slots = type == 6 ? s.nr_cpus : 1;
		m->user_bytes = type == 6 ? elem_bytes(m) : value_size;
		want = open_fd(m, flags & 8 ? READ : flags & 16 ? WRITE : READ | WRITE);
		if (want > 0)
			m->bytes = calloc(entries, elem_bytes(m));
	}
	expect(pca_bpf(s.w.task, BPF_MAP_CREATE, &attr, CREATE_ATTR_END), want);
}

static void do_lookup(void)
{
	struct chosen_fd fd = choose_fd();
	uint32_t key = choose_key(fd.map);
	uint64_t flags = choose_flags();
	bool bad_key = one_in(20), bad_value = one_in(20);
	size_t n = bytes_of(fd.map);
	long want = flags & ~4ULL ? -EINVAL : check_fd(&fd, READ);

	if (!want && flags)
		want = -EINVAL;
	if (!want && bad_key)
		want = -EFAULT;
	if (!want && key >= fd.map->entries)
		want = -ENOENT;
	if (!want && bad_value)
		want = -EFAULT;
	memset(buffer, 0xee, n + TAIL);
	memset(expected, 0xee, n + TAIL);
	if (!want)
		model_read(fd.map, key, expected);
	expect(cmd_lookup(s.w.task, fd.fd, bad_key ? BAD : &key, bad_value ? BAD : buffer, flags),
	       want);
	expect_bytes(buffer, expected, n + TAIL);
}

static void do_update(void)
{
	struct chosen_fd fd = choose_fd();
	uint32_t key = choose_key(fd.map);
	uint64_t flags = choose_flags();
	bool bad_key = one_in(20), bad_value = one_in(20);
	long want = check_fd(&fd, WRITE);

	if (!want && (flags & 4))
		want = -EINVAL;
	if (!want && (bad_key || bad_value))
		want = -EFAULT;
	if (!want && flags > 2)
		want = -EINVAL;
	if (!want && key >= fd.map->entries)
		want = -E2BIG;
	if (!want && flags == 1)
		want = -EEXIST;
	fill_random(buffer, bytes_of(fd.map));
	if (!want)
		model_write(fd.map, key, buffer);
	expect(cmd_update(s.w.task, fd.fd, bad_key ? BAD : &key, bad_value ? BAD : buffer, flags),
	       want);
}

static void do_delete(void)
{
	struct chosen_fd fd = choose_fd();
	uint32_t key = choose_key(fd.map);
	bool bad_key = one_in(10);
	long want = check_fd(&fd, WRITE);

	if (!want)
		want = bad_key ? -EFAULT : -EINVAL;
	expect(cmd_delete(s.w.task, fd.fd, bad_key ? BAD : &key), want);
}

static void do_next_key(void)
{
	struct chosen_fd fd = choose_fd();
	uint32_t key = choose_key(fd.map), next = 0xeeeeeeee, want_next = next;
	uint32_t how = pick(10); /* 0: bad key, 1: bad next, 2: NULL key, 3: the same place */
	long want = check_fd(&fd, READ);

	if (!want && how == 0)
		want = -EFAULT;
	if (!want && how != 2 && key == fd.map->entries - 1)
		want = -ENOENT;
	if (!want && how == 1)
		want = -EFAULT;
	if (!want)
		want_next = how == 2 || key >= fd.map->entries ? 0 : key + 1;
	if (how == 3) {
		uint32_t before = key;

		expect(cmd_next_key(s.w.task, fd.fd, &key, &key), want);
		expect(key, want ? before : want_next);
		return;
	}
	expect(cmd_next_key(s.w.task, fd.fd,
			    how == 0   ? BAD
			    : how == 2 ? NULL
				       : &key,
			    how == 1 ? BAD : &next),
	       want);
	expect(next, want_next);
}

static void do_lookup_and_delete(void)
{
	struct chosen_fd fd = choose_fd();
	uint32_t key = choose_key(fd.map);
	uint64_t flags = choose_flags();
	bool bad_key = one_in(10);
	long want = flags & ~4ULL ? -EINVAL : check_fd(&fd, READ | WRITE);

	if (!want && flags)
		want = -EINVAL;
	if (!want)
		want = bad_key ? -EFAULT : -PCA_ENOTSUPP;
	expect(cmd_lookup_and_delete(s.w.task, fd.fd, bad_key ? BAD : &key, BAD, flags), want);
}

static void do_lookup_batch(void)
{
	struct chosen_fd fd = choose_fd();
	uint32_t in = choose_key(fd.map), out = 0xeeeeeeee, want_out = out;
	uint32_t keys[MAX_BATCH], want_keys[MAX_BATCH], first, nr = 0, want_count;
	uint32_t how =
		pick(24); /* 0: bad in, 1: bad out, 2: bad keys, 3: bad values, 4: elem_flags */
	bool from_start = one_in(3);
	struct batch batch = {
		.in_batch = how == 0	 ? BAD
			    : from_start ? NULL
					 : &in,
		.out_batch = how == 1 ? BAD : &out,
		.keys = how == 2 ? BAD : keys,
		.values = how == 3 ? BAD : buffer,
		.count = pick(MAX_BATCH + 1),
		.elem_flags = how == 4 ? 1ULL << pick(64) : 0,
		.flags = next_random(&s.chance),
	};
	size_t bytes = bytes_of(fd.map) * MAX_BATCH + TAIL;
	long want = check_fd(&fd, READ);

	memset(keys, 0xee, sizeof(keys));
	memset(want_keys, 0xee, sizeof(keys));
	memset(buffer, 0xee, bytes);
	memset(expected, 0xee, bytes);
	want_count = batch.count;
	if (!want && how == 4)
		want = -EINVAL;
	if (!want && batch.count) {
		first = from_start || in >= fd.map->entries ? 0 : in + 1;
		want_count = 0;
		nr = fd.map->entries - first;
		nr = nr < batch.count ? nr : batch.count;
		if (how == 0 || (how == 2 && nr))
			want = -EFAULT;
		else if (how == 3 && nr) {
			want_keys[0] = first; /* it was delivered before the value */
			want = -EFAULT;
		} else {
			for (uint32_t i = 0; i < nr; i++) {
				want_keys[i] = first + i;
				model_read(fd.map, first + i,
					   expected + (size_t)i * fd.map->user_bytes);
			}
			want_count = nr;
			want = how == 1 && nr ? -EFAULT : nr < batch.count ? -ENOENT : 0;
			if (nr && how != 1)
				want_out = first + nr - 1;
		}
	}
	expect(cmd_batch(s.w.task, BPF_MAP_LOOKUP_BATCH, fd.fd, &batch), want);
	expect(batch.count, want_count);
	expect(out, want_out);
	expect_bytes(keys, want_keys, sizeof(keys));
	expect_bytes(buffer, expected, bytes);
}

static void do_update_batch(void)
{
	struct chosen_fd fd = choose_fd();
	uint32_t keys[MAX_BATCH], done = 0;
	uint32_t how = pick(24); /* 2: bad keys, 3: bad values, 4: elem_flags */
	struct batch batch = {
		.in_batch = BAD, /* never touched */
		.out_batch = BAD,
		.keys = how == 2 ? BAD : keys,
		.values = how == 3 ? BAD : buffer,
		.count = pick(MAX_BATCH + 1),
		.elem_flags = how == 4 ? 1ULL << pick(64) : 0,
		.flags = next_random(&s.chance),
	};
	uint32_t want_count = batch.count;
	long want = check_fd(&fd, WRITE);

	for (uint32_t i = 0; i < MAX_BATCH; i++)
		keys[i] = fd.map && !one_in(10) ? pick(fd.map->entries) : choose_key(fd.map);
	fill_random(buffer, bytes_of(fd.map) * MAX_BATCH);
	if (!want && how == 4)
		want = -EINVAL;
	if (!want && batch.count) {
		if (how == 2 || how == 3)
			want = -EFAULT;
		while (!want && done < batch.count) {
			if (keys[done] >= fd.map->entries) {
				want = -E2BIG;
				break;
			}
			model_write(fd.map, keys[done], buffer + (size_t)done * fd.map->user_bytes);
			done++;
		}
		want_count = done;
	}
	expect(cmd_batch(s.w.task, BPF_MAP_UPDATE_BATCH, fd.fd, &batch), want);
	expect(batch.count, want_count);
}

static void do_refused_batch(void)
{
	struct chosen_fd fd = choose_fd();
	bool deletes = one_in(2);
	struct batch batch = { .count = pick(5), .elem_flags = pick(3) };
	uint32_t count = batch.count;
	long want = check_fd(&fd, deletes ? WRITE : READ | WRITE) ?: -PCA_ENOTSUPP;

	expect(cmd_batch(s.w.task, deletes ? BPF_MAP_DELETE_BATCH : BPF_MAP_LOOKUP_AND_DELETE_BATCH,
			 fd.fd, &batch),
	       want);
	expect(batch.count, count);
}

static void do_freeze(void)
{
	struct chosen_fd fd = choose_fd();
	long want = check_fd(&fd, WRITE);

	if (one_in(4)) { /* seldom, or all would be frozen soon */
		expect(cmd_freeze(s.w.task, fd.fd), want);
		if (!want)
			fd.map->is_frozen = true;
	}
}

static void do_info(void)
{
	struct chosen_fd fd = choose_fd();
	uint32_t info[26] = { 0 }, len = sizeof(info);

	expect(cmd_info(s.w.task, fd.fd, info, &len), fd.map ? 0 : -EBADFD);
	if (!fd.map)
		return;
	expect(len, 104);
	expect(info[0], fd.map->type);
	expect(info[1], fd.map->id);
	expect(info[2], 4);
	expect(info[3], fd.map->value_size);
	expect(info[4], fd.map->entries);
	expect(pca_map_lookup_bytes(s.w.task, fd.fd), fd.map->user_bytes);
}

/* ---- fds, ids, pins ---- */

static void do_close(void)
{
	struct chosen_fd fd = choose_fd();

	expect(pca_close(s.w.task, fd.fd), fd.map ? 0 : -EBADF);
	if (fd.map) {
		s.fds[fd.fd - PCA_FIRST_FD].map = NULL;
		put_map(fd.map);
	}
}

static void do_dup(void)
{
	struct chosen_fd fd = choose_fd();
	long want = fd.map ? open_fd(fd.map, fd.mode) : -EBADF;

	expect(pca_dup(s.w.task, fd.fd, 0), want);
}

static struct model_map *map_of_id(uint32_t id)
{
	for (struct model_map *m = s.maps; m < s.maps + MAX_MAPS; m++) {
		if (m->refs && m->id == id)
			return m;
	}
	return NULL;
}

static int mode_of_flags(uint32_t flags)
{
	return flags & 8 ? READ : flags & 16 ? WRITE : READ | WRITE;
}

static void do_fd_by_id(void)
{
	static const uint32_t flag_sets[] = { 0, 0, 8, 16, 24, 1, 4, 32 };
	uint32_t id = pick(s.last_id + 2), flags = PICK(flag_sets);
	struct model_map *m = map_of_id(id);
	long want = (flags & ~24U) || flags == 24 ? -EINVAL : m ? 0 : -ENOENT;

	if (!want)
		want = open_fd(m, mode_of_flags(flags));
	expect(cmd_fd_by_id(s.w.task, id, flags), want);
}

static void do_next_id(void)
{
	uint32_t start = pick(s.last_id + 2), next = 0xeeeeeeee, want_next = UINT32_MAX;

	for (struct model_map *m = s.maps; m < s.maps + MAX_MAPS; m++) {
		if (m->refs && m->id > start && m->id < want_next)
			want_next = m->id;
	}
	expect(cmd_next_id(s.w.task, start, &next), want_next == UINT32_MAX ? -ENOENT : 0);
	expect(next, want_next == UINT32_MAX ? 0xeeeeeeee : want_next);
}

static const char *pin_path(uint32_t i)
{
	static const char *const paths[MAX_PINS] = { "p0", "/sys/fs/bpf/p1", "./p2", "../bpf/p3" };

	return paths[i];
}

static long pin_command(int cmd, const char *path, int fd, uint32_t flags)
{
	struct {
		uint64_t path;
		int32_t fd;
		uint32_t flags;
	} attr = { (uintptr_t)path, fd, flags };

	return pca_bpf(s.w.task, cmd, &attr, sizeof(attr));
}

static void do_pin(void)
{
	struct chosen_fd fd = choose_fd();
	uint32_t i = pick(MAX_PINS);
	long want = !fd.map ? -EINVAL : s.pins[i] ? -EEXIST : 0;

	expect(pin_command(BPF_OBJ_PIN, pin_path(i), fd.fd, 0), want);
	if (!want) {
		s.pins[i] = fd.map;
		fd.map->refs++;
	}
}

static void do_get(void)
{
	static const uint32_t flag_sets[] = { 0, 0, 8, 16, 24, 1 };
	uint32_t i = pick(MAX_PINS), flags = PICK(flag_sets);
	long want = flags == 24 || flags == 1 ? -EINVAL : s.pins[i] ? 0 : -ENOENT;

	if (!want)
		want = open_fd(s.pins[i], mode_of_flags(flags));
	expect(pin_command(BPF_OBJ_GET, pin_path(i), 0, flags), want);
}

static void do_unlink(void)
{
	uint32_t i = pick(MAX_PINS);

	expect(pca_unlink(s.w.task, pin_path(i)), s.pins[i] ? 0 : -ENOENT);
	if (s.pins[i])
		put_map(s.pins[i]);
	s.pins[i] = NULL;
}

/* ---- programs and CPUs ---- */

struct script {
	void (*fn)(struct script *script);
	struct pca_map_ref *ref;
	struct model_map *map;
	uint32_t ordinal; /* of the CPU that it runs on */
	uint32_t key;
	bool was_run;
};

static int run_script(void *ctx)
{
	struct script *script = ctx;

	script->fn(script);
	script->was_run = true;
	return (int)script->ordinal;
}

static void write_by_lookup(struct script *p)
{
	unsigned char *value = pca_map_lookup_elem(p->ref, &p->key);

	expect(value != NULL, p->key < p->map->entries);
	if (value) {
		unsigned char *model = slot_of(p->map, p->key, p->ordinal);

		expect_bytes(value, model, p->map->slot);
		if (p->map->is_for_reading)
			return; /* a store would fault */
		fill_random(model, p->map->value_size);
		memcpy(value, model, p->map->value_size);
	}
}

static void write_by_update(struct script *p)
{
	uint64_t flags = choose_flags();
	long want = 0;

	if ((flags & ~4ULL) > 2)
		want = -EINVAL;
	else if (p->key >= p->map->entries)
		want = -E2BIG;
	else if (flags & 1)
		want = -EEXIST;
	else if (flags & 4)
		want = -EINVAL;
	else if (p->map->is_for_reading)
		want = -EACCES;
	fill_random(buffer, p->map->value_size);
	if (!want)
		memcpy(slot_of(p->map, p->key, p->ordinal), buffer, p->map->value_size);
	expect(pca_map_update_elem(p->ref, &p->key, buffer, flags), want);
}

static void write_by_percpu_lookup(struct script *p)
{
	bool is_possible = !one_in(4);
	uint32_t ordinal = pick(s.nr_cpus);
	uint32_t cpu = is_possible ? s.cpu_ids[ordinal] : s.cpu_ids[s.nr_cpus - 1] + 1 + pick(300);
	unsigned char *value;

	if (p->map->type != BPF_MAP_TYPE_PERCPU_ARRAY)
		return; /* no such program can be loaded */
	value = pca_map_lookup_percpu_elem(p->ref, &p->key, cpu);
	expect(value != NULL, is_possible && p->key < p->map->entries);
	if (value) {
		unsigned char *model = slot_of(p->map, p->key, ordinal);

		expect_bytes(value, model, p->map->slot);
		if (!p->map->is_for_reading)
			value[0] = ++model[0];
	}
}

static void try_to_delete(struct script *p)
{
	expect(pca_map_delete_elem(p->ref, &p->key), -EINVAL);
}

struct walk {
	struct script *script;
	uint32_t calls, stop_at;
};

static long visit(struct pca_map_ref *map, const void *key, void *value, void *ctx)
{
	struct walk *walk = ctx;
	struct script *p = walk->script;
	unsigned char *model = slot_of(p->map, walk->calls, p->ordinal);

	ck_assert_ptr_eq(map, p->ref);
	expect(*(const uint32_t *)key, walk->calls);
	expect_bytes(value, model, p->map->slot);
	if (!p->map->is_for_reading)
		*(unsigned char *)value = ++model[0];
	return walk->calls++ == walk->stop_at;
}

static void walk_map(struct script *p)
{
	struct walk walk = { .script = p, .stop_at = p->key };
	uint32_t entries = p->map->entries;
	uint64_t flags = one_in(4) ? 1ULL << pick(64) : 0;
	uint32_t want = p->key < entries ? p->key + 1 : entries;

	expect(pca_for_each_map_elem(p->ref, visit, &walk, flags), flags ? -EINVAL : (long)want);
	expect(walk.calls, flags ? 0 : want);
}

static void do_run(void)
{
	static void (*const fns[])(struct script *) = { write_by_lookup, write_by_update,
							write_by_percpu_lookup, try_to_delete,
							walk_map };
	struct chosen_fd fd = choose_fd();
	uint32_t ordinal = pick(s.nr_cpus);
	struct script script = { .fn = PICK(fns), .map = fd.map, .ordinal = ordinal };
	int retval = -1;

	expect(pca_map_get(s.w.task, fd.fd, &script.ref), fd.map ? 0 : -EBADF);
	if (!fd.map)
		return;
	script.key = choose_key(fd.map);
	expect(pca_run_on(s.prog, s.cpu_ids[ordinal], &script, &retval),
	       s.online[ordinal] ? 0 : -ENXIO);
	expect(script.was_run, s.online[ordinal]);
	expect(retval, s.online[ordinal] ? (int)ordinal : -1);
	pca_map_put(script.ref);
}

static void do_hotplug(void)
{
	uint32_t ordinal = pick(s.nr_cpus), nr_online = 0;
	bool online = one_in(2);
	long want = 0;

	for (uint32_t i = 0; i < s.nr_cpus; i++)
		nr_online += s.online[i];
	if (!online && s.online[ordinal] && nr_online == 1)
		want = -EBUSY;
	expect(pca_cpu_set_online(s.w.machine, s.cpu_ids[ordinal], online), want);
	if (!want) {
		nr_online += online - s.online[ordinal];
		s.online[ordinal] = online;
	}
	expect(pca_num_online_cpus(s.w.machine), nr_online);
}

/* ---- everything at once ---- */

static void compare_map(struct model_map *m, int fd)
{
	struct pca_map_ref *ref;

	expect(pca_map_get(s.w.task, fd, &ref), 0);
	expect(pca_map_value_size(ref), m->value_size);
	for (uint32_t key = 0; key < m->entries; key++) {
		for (uint32_t i = 0; i < m->nr_slots; i++)
			expect_bytes(pca_map_peek(ref, s.cpu_ids[i], key), slot_of(m, key, i),
				     m->slot);
	}
	pca_map_put(ref);
}

static void compare_all(void)
{
	uint64_t charged = 0;
	uint32_t nr_open = 0;

	for (struct model_map *m = s.maps; m < s.maps + MAX_MAPS; m++)
		charged += m->refs ? map_charge(m) : 0;
	expect(pca_machine_memory_bytes(s.w.machine), charged);
	for (int i = 0; i < MAX_FDS; i++) {
		if (!s.fds[i].map)
			continue;
		compare_map(s.fds[i].map, PCA_FIRST_FD + i);
		nr_open++;
	}
	expect(pca_task_open_fds(s.w.task), nr_open);
}

static const struct {
	const char *name;
	void (*fn)(void);
	uint32_t weight;
} operations[] = {
	{ "create", do_create, 6 },
	{ "lookup", do_lookup, 12 },
	{ "update", do_update, 12 },
	{ "delete", do_delete, 2 },
	{ "next_key", do_next_key, 5 },
	{ "lookup_and_delete", do_lookup_and_delete, 2 },
	{ "lookup_batch", do_lookup_batch, 8 },
	{ "update_batch", do_update_batch, 8 },
	{ "refused batch", do_refused_batch, 2 },
	{ "freeze", do_freeze, 1 },
	{ "info", do_info, 3 },
	{ "close", do_close, 5 },
	{ "dup", do_dup, 2 },
	{ "fd_by_id", do_fd_by_id, 2 },
	{ "next_id", do_next_id, 2 },
	{ "pin", do_pin, 2 },
	{ "get", do_get, 2 },
	{ "unlink", do_unlink, 2 },
	{ "run", do_run, 20 },
	{ "hotplug", do_hotplug, 2 },
};

static size_t choose_operation(void)
{
	uint32_t total = 0, at;
	size_t i = 0;

	for (size_t o = 0; o < ARRAY_LEN(operations); o++)
		total += operations[o].weight;
	for (at = pick(total); at >= operations[i].weight; i++)
		at -= operations[i].weight;
	return i;
}

static void open_simulation(uint64_t seed)
{
	struct pca_machine_opts machine = { .size = sizeof(machine) };
	struct pca_task_opts task = { .size = sizeof(task), .max_fds = MAX_FDS };
	struct pca_prog_load_opts load = {
		.size = sizeof(load),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = run_script,
	};
	int fd;

	memset(&s, 0, sizeof(s));
	s.chance = seed;
	machine.possible = cpu_masks[pick((uint32_t)nr_cpu_masks)];
	machine.run_mode = one_in(4) ? PCA_WORKERS : PCA_INLINE;
	task.memory = one_in(3) ? PCA_CHECKED : PCA_DIRECT;
	s.w = world_open_with(&machine, &task);
	s.nr_cpus = pca_num_possible_cpus(s.w.machine);
	for (uint32_t i = 0; i < s.nr_cpus; i++) {
		s.cpu_ids[i] = (uint32_t)pca_cpu_id(s.w.machine, i);
		s.online[i] = true;
	}
	fd = expect_fd(pca_prog_load(s.w.task, &load));
	expect(pca_prog_get(s.w.task, fd, &s.prog), 0);
	expect(pca_close(s.w.task, fd), 0);
}

static void close_simulation(void)
{
	for (int i = 0; i < MAX_FDS; i++) {
		if (!s.fds[i].map)
			continue;
		expect(pca_close(s.w.task, PCA_FIRST_FD + i), 0);
		put_map(s.fds[i].map);
	}
	for (uint32_t i = 0; i < MAX_PINS; i++) {
		if (!s.pins[i])
			continue;
		expect(pca_unlink(s.w.task, pin_path(i)), 0);
		put_map(s.pins[i]);
	}
	expect(pca_machine_memory_bytes(s.w.machine), 0);
	pca_prog_put(s.prog);
	world_close(&s.w);
}

START_TEST(a_machine_does_what_the_model_does)
{
	uint64_t seed = first_seed + (uint64_t)_i;

	open_simulation(seed);
	for (uint64_t i = 0; i < nr_ops; i++) {
		size_t o = choose_operation();

		row("%s: --seed %llu --ops %llu", operations[o].name, (unsigned long long)seed,
		    (unsigned long long)i + 1);
		operations[o].fn();
		if (i % 64 == 0 || i + 1 == nr_ops)
			compare_all();
	}
	close_simulation();
}
END_TEST

/* How many seeds to run; 0 after a usage line. */
static int read_options(int argc, char **argv)
{
	int nr_seeds = DEFAULT_SEEDS;
	uint32_t chance = 1;

	if (getrandom(&chance, sizeof(chance), 0) < 0)
		chance = 1;
	first_seed = chance;
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 < argc && !strcmp(argv[i], "--seed")) {
			first_seed = strtoull(argv[i + 1], NULL, 0);
			nr_seeds = 1;
		} else if (i + 1 < argc && !strcmp(argv[i], "--ops")) {
			nr_ops = strtoull(argv[i + 1], NULL, 0);
		} else {
			fprintf(stderr, "usage: %s [--seed N] [--ops N]\n", argv[0]);
			return 0;
		}
	}
	return nr_seeds;
}

int main(int argc, char **argv)
{
	int nr_seeds = read_options(argc, argv), failed;
	Suite *suite = suite_create("random");
	SRunner *runner = srunner_create(suite);

	tcase_add_loop_test(add_case(suite, "model"), a_machine_does_what_the_model_does, 0,
			    nr_seeds);
	printf("seeds %llu to %llu\n", (unsigned long long)first_seed,
	       (unsigned long long)first_seed + (unsigned long long)nr_seeds - 1);
	fflush(stdout);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return nr_seeds && !failed ? EXIT_SUCCESS : EXIT_FAILURE;
}
