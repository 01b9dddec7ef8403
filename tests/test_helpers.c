// SPDX-License-Identifier: MIT
/*
 * The helpers, inside a run and outside one: results and order of checks as
 * measured on Linux 6.18, for every value size and sparse masks of CPUs.
 */
#include <sys/mman.h>

#include "support.h"

#define ENTRIES 4

/* What a program of these tests gets as its ctx: a function and its data. */
struct job {
	void (*fn)(struct job *job);
	struct pca_map_ref *map;
	uint32_t value_size;
	uint32_t cpu;
	unsigned char *buf;
	long result;
};

static int run_job(void *ctx)
{
	struct job *job = ctx;

	job->fn(job);
	return 0;
}

static struct pca_prog *load(struct pca_task *task)
{
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_SYSCALL,
		.fn = run_job,
	};
	int fd = expect_fd(pca_prog_load(task, &opts));
	struct pca_prog *prog;

	expect(pca_prog_get(task, fd, &prog), 0);
	expect(pca_close(task, fd), 0);
	return prog;
}

/* Run the job on one CPU of the world. */
static void on_cpu(const struct world *w, uint32_t cpu, struct job *job)
{
	struct pca_prog *prog = load(w->task);

	expect(pca_run_on(prog, cpu, job, NULL), 0);
	pca_prog_put(prog);
}

static struct world inline_world(const char *possible, const char *online)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = possible,
		.online = online,
		.run_mode = PCA_INLINE,
	};

	return world_open_with(&opts, NULL);
}

static struct pca_map_ref *new_map(const struct world *w, uint32_t type, uint32_t value_size)
{
	int fd = expect_fd(cmd_create(w->task, type, value_size, ENTRIES, 0));
	struct pca_map_ref *map;

	expect(pca_map_get(w->task, fd, &map), 0);
	expect(pca_close(w->task, fd), 0);
	return map;
}

/* ---- lookup ---- */

static void look_up_all(struct job *job)
{
	static const uint32_t past_end[] = { ENTRIES, ENTRIES + 1, INT32_MAX, UINT32_MAX };

	for (uint32_t key = 0; key < ENTRIES; key++) {
		void *value = pca_map_lookup_elem(job->map, &key);

		ck_assert_ptr_eq(value, pca_map_peek(job->map, job->cpu, key));
		memset(value, (int)(job->cpu + key) & 0xff, job->value_size);
	}
	for (size_t i = 0; i < ARRAY_LEN(past_end); i++)
		ck_assert_ptr_null(pca_map_lookup_elem(job->map, &past_end[i]));
	job->result++;
}

START_TEST(lookup_gives_the_current_cpus_element)
{
	for (size_t m = 0; m < nr_cpu_masks; m++) {
		struct world w = inline_world(cpu_masks[m], NULL);
		struct pca_prog *prog = load(w.task);

		for (size_t v = 0; v < nr_value_sizes; v++) {
			struct job job = { look_up_all, .value_size = value_sizes[v] };

			row("mask %s, value size %u", cpu_masks[m], value_sizes[v]);
			job.map = new_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, value_sizes[v]);
			for (uint32_t i = 0; i < pca_num_possible_cpus(w.machine); i++) {
				job.cpu = (uint32_t)pca_cpu_id(w.machine, i);
				expect(pca_run_on(prog, job.cpu, &job, NULL), 0);
			}
			expect(job.result, pca_num_possible_cpus(w.machine));
			/* Each CPU's bytes are its own; the padding was not touched. */
			for (uint32_t i = 0; i < pca_num_possible_cpus(w.machine); i++) {
				uint32_t cpu = (uint32_t)pca_cpu_id(w.machine, i);
				unsigned char *elem = pca_map_peek(job.map, cpu, ENTRIES - 1);

				expect_all(elem, (unsigned char)(cpu + ENTRIES - 1),
					   value_sizes[v]);
				expect_all(elem + value_sizes[v], 0,
					   job.map->elem_size - value_sizes[v]);
			}
			pca_map_put(job.map);
		}
		pca_prog_put(prog);
		world_close(&w);
	}
}
END_TEST

static void count_in_shared(struct job *job)
{
	uint32_t key = 1, *value = pca_map_lookup_elem(job->map, &key);

	job->result = ++*value;
}

START_TEST(a_shared_array_has_one_element_for_all_cpus)
{
	struct world w = inline_world("0,2-3,7", NULL);
	struct job job = { count_in_shared, new_map(&w, BPF_MAP_TYPE_ARRAY, 4) };

	on_cpu(&w, 0, &job);
	on_cpu(&w, 7, &job);
	on_cpu(&w, 3, &job);
	expect(job.result, 3);
	pca_map_put(job.map);
	world_close(&w);
}
END_TEST

static void write_key_to_percpu(struct job *job)
{
	static const struct {
		uint32_t key, cpu;
		bool is_there;
	} rows[] = {
		{ 1, 0, true },		  { 1, 2, true },	 { 1, 3, true },
		{ 1, 7, true },		  { ENTRIES, 0, false }, { 1, 1, false },
		{ 1, 4, false },	  { 1, 6, false },	 { 1, 8, false },
		{ 1, 128, false },	  { 1, 8191, false },	 { 1, UINT32_MAX, false },
		{ UINT32_MAX, 2, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t key = rows[i].key;
		uint64_t *value = pca_map_lookup_percpu_elem(job->map, &key, rows[i].cpu);

		row("key %u, cpu %u", rows[i].key, rows[i].cpu);
		expect(value != NULL, rows[i].is_there);
		if (value)
			*value = 100 + rows[i].cpu;
	}
	row("%s", "");
}

START_TEST(lookup_percpu_finds_possible_cpus_offline_ones_too)
{
	struct world w = inline_world("0,2-3,7", "0,7");
	struct job job = { write_key_to_percpu, new_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 8) };
	uint64_t values[4];
	uint32_t key = 1;
	int fd;

	on_cpu(&w, 7, &job);
	fd = expect_fd(cmd_fd_by_id(w.task, 1, 0));
	expect(cmd_lookup(w.task, fd, &key, values, 0), 0);
	expect(values[0], 100);
	expect(values[1], 102);
	expect(values[2], 103);
	expect(values[3], 107);
	pca_map_put(job.map);
	world_close(&w);
}
END_TEST

/* ---- update and delete ---- */

static void update_with_all_flags(struct job *job)
{
	static const struct {
		uint64_t flags;
		long in_range, past_end;
	} rows[] = {
		{ 0, 0, -E2BIG },
		{ 1, -EEXIST, -E2BIG },
		{ 2, 0, -E2BIG },
		{ 3, -EINVAL, -EINVAL },
		{ 4, -EINVAL, -E2BIG }, /* the lock comes last, unlike in the command */
		{ 5, -EEXIST, -E2BIG },
		{ 6, -EINVAL, -E2BIG },
		{ 7, -EINVAL, -EINVAL },
		{ 8, -EINVAL, -EINVAL },
		{ 16, -EINVAL, -EINVAL },
		{ 1ULL << 32, -EINVAL, -EINVAL },
		{ 1ULL << 32 | 8, -EINVAL, -EINVAL },
		{ 1ULL << 63, -EINVAL, -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t key = ENTRIES - 1, past = ENTRIES;
		unsigned char *elem = pca_map_lookup_elem(job->map, &key);

		row("flags 0x%llx", (unsigned long long)rows[i].flags);
		memset(elem, 0xee, job->value_size);
		fill(job->buf, job->value_size, (uint32_t)i);
		expect(pca_map_update_elem(job->map, &key, job->buf, rows[i].flags),
		       rows[i].in_range);
		if (rows[i].in_range)
			expect_all(elem, 0xee, job->value_size);
		else
			expect_bytes(elem, job->buf, job->value_size);
		expect(pca_map_update_elem(job->map, &past, job->buf, rows[i].flags),
		       rows[i].past_end);
	}
	row("%s", "");
	job->result = 1;
}

START_TEST(update_checks_flags_then_key_then_existence)
{
	static const uint32_t types[] = { BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_ARRAY };
	struct world w = inline_world("0,2-3,7", NULL);

	for (size_t t = 0; t < ARRAY_LEN(types); t++) {
		for (size_t v = 0; v < nr_value_sizes; v++) {
			struct job job = { update_with_all_flags, .value_size = value_sizes[v] };

			job.map = new_map(&w, types[t], value_sizes[v]);
			job.buf = malloc(value_sizes[v]); /* exactly as long as read */
			on_cpu(&w, 3, &job);
			expect(job.result, 1);
			free(job.buf);
			pca_map_put(job.map);
		}
	}
	world_close(&w);
}
END_TEST

static void update_once(struct job *job)
{
	uint32_t key = 0;

	job->result = pca_map_update_elem(job->map, &key, job->buf, 0);
}

START_TEST(update_leaves_padding_and_other_cpus_alone)
{
	struct world w = inline_world("0,2-3,7", NULL);

	for (size_t v = 0; v < nr_value_sizes; v++) {
		uint32_t size = value_sizes[v], key = 0;
		size_t slot = (size + 7) / 8 * 8, bytes = lookup_bytes(&w, size);
		unsigned char *before = malloc(bytes), *after = malloc(bytes);
		int fd = percpu_map(&w, size, 1);
		struct job job = { update_once, .value_size = size, .buf = malloc(size) };

		row("value size %u", size);
		expect(pca_map_get(w.task, fd, &job.map), 0);
		fill(before, bytes, 1);
		expect(cmd_update(w.task, fd, &key, before, 0), 0);
		fill(job.buf, size, 2);
		on_cpu(&w, 3, &job); /* ordinal 2 */
		expect(job.result, 0);
		memcpy(before + 2 * slot, job.buf, size);
		expect(cmd_lookup(w.task, fd, &key, after, 0), 0);
		expect_bytes(after, before, bytes);
		pca_map_put(job.map);
		expect(pca_close(w.task, fd), 0);
		free(job.buf);
		free(before);
		free(after);
	}
	world_close(&w);
}
END_TEST

static void delete_some(struct job *job)
{
	static const uint32_t keys[] = { 0, ENTRIES - 1, ENTRIES, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		expect(pca_map_delete_elem(job->map, &keys[i]), -EINVAL);
	job->result = 1;
}

START_TEST(elements_cannot_be_deleted)
{
	struct world w = inline_world("0", NULL);
	struct job job = { delete_some, new_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 8) };

	on_cpu(&w, 0, &job);
	expect(job.result, 1);
	pca_map_put(job.map);
	world_close(&w);
}
END_TEST

/* ---- for_each ---- */

struct visit {
	uint32_t calls, stop_at; /* stop_at: the key at which to return 1 */
	uint64_t sum;
	uint64_t write;
};

static long visit(struct pca_map_ref *map, const void *key, void *value, void *ctx)
{
	struct visit *visit = ctx;
	uint64_t *elem = value;

	expect(*(const uint32_t *)key, visit->calls);
	ck_assert_ptr_eq(value, pca_map_lookup_elem(map, key));
	visit->calls++;
	visit->sum += *elem;
	if (visit->write)
		expect(pca_map_update_elem(map, key, &visit->write, BPF_EXIST), 0);
	return visit->calls - 1 == visit->stop_at;
}

static void visit_all(struct job *job)
{
	struct visit v = { .stop_at = UINT32_MAX };

	/* The element of key k is 10 * k + CPU. */
	expect(pca_for_each_map_elem(job->map, visit, &v, 0), ENTRIES);
	expect(v.calls, ENTRIES);
	expect(v.sum, 60 + ENTRIES * job->cpu);
	for (uint32_t stop = 0; stop < ENTRIES; stop++) {
		v = (struct visit){ .stop_at = stop };
		expect(pca_for_each_map_elem(job->map, visit, &v, 0), stop + 1);
		expect(v.calls, stop + 1);
	}
	for (uint64_t flags = 1; flags; flags <<= 1) {
		v = (struct visit){ 0 };
		expect(pca_for_each_map_elem(job->map, visit, &v, flags), -EINVAL);
		expect(v.calls, 0);
	}
	v = (struct visit){ .stop_at = UINT32_MAX, .write = 5 };
	expect(pca_for_each_map_elem(job->map, visit, &v, 0), ENTRIES);
	v = (struct visit){ .stop_at = UINT32_MAX };
	expect(pca_for_each_map_elem(job->map, visit, &v, 0), ENTRIES);
	expect(v.sum, 5 * ENTRIES);
	job->result = 1;
}

START_TEST(for_each_visits_the_current_cpus_elements_in_order)
{
	static const uint32_t cpus[] = { 0, 2, 7 };
	struct world w = inline_world("0,2-3,7", NULL);
	struct pca_map_ref *map = new_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 8);

	for (size_t i = 0; i < ARRAY_LEN(cpus); i++) {
		struct job job = { visit_all, map, .cpu = cpus[i] };

		for (uint32_t key = 0; key < ENTRIES; key++)
			*(uint64_t *)pca_map_peek(map, cpus[i], key) = 10 * key + cpus[i];
		on_cpu(&w, cpus[i], &job);
		expect(job.result, 1);
	}
	expect_all(pca_map_peek(map, 3, 0), 0, ENTRIES * sizeof(uint64_t));
	pca_map_put(map);
	world_close(&w);
}
END_TEST

/* ---- who and where ---- */

static void look_around(struct job *job)
{
	static const uint32_t sizes[] = { 1, 2, 5, 10, 15, 16, 17, 32 };
	char want[64], got[64];

	expect(pca_get_smp_processor_id(), job->cpu);
	expect(pca_get_current_pid_tgid(), 0);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		row("comm size %u", sizes[i]);
		memset(want, 0, sizeof(want));
		snprintf(want, sizes[i], "swapper/%u", job->cpu);
		memset(got, 0xee, sizeof(got));
		expect(pca_get_current_comm(got, sizes[i]), 0);
		expect_bytes(got, want, sizes[i]); /* the rest of the buffer is zeroed */
		expect_all(got + sizes[i], 0xee, sizeof(got) - sizes[i]);
	}
	row("%s", "");
	expect(pca_get_current_comm(got, 0), -EINVAL);
	job->result = 1;
}

START_TEST(an_event_finds_the_idle_task)
{
	static const uint32_t cpus[] = { 0, 4, 6, 127 };
	struct world inline_w = inline_world("0,4-6,127", NULL);
	struct world worker_w = world_open("0,4-6,127", PCA_DIRECT);

	for (size_t i = 0; i < ARRAY_LEN(cpus); i++) {
		struct job job = { look_around, .cpu = cpus[i] };

		on_cpu(&inline_w, cpus[i], &job);
		expect(job.result, 1);
		job.result = 0;
		on_cpu(&worker_w, cpus[i], &job);
		expect(job.result, 1);
	}
	world_close(&worker_w);
	world_close(&inline_w);
}
END_TEST

struct test_run_ctx {
	uint32_t comm_size;
	uint32_t cpu;
	uint64_t pid_tgid;
	char comm[40];
};

static int who_runs(void *ctx)
{
	struct test_run_ctx *who = ctx;

	who->cpu = pca_get_smp_processor_id();
	who->pid_tgid = pca_get_current_pid_tgid();
	return (int)pca_get_current_comm(who->comm, who->comm_size);
}

START_TEST(test_run_finds_its_caller)
{
	static const struct {
		uint32_t size;
		const char *want;
	} rows[] = {
		{ 1, "" },
		{ 5, "abcd" },
		{ 15, "abcdefghijklmn" },
		{ 16, "abcdefghijklmno" },
		{ 32, "abcdefghijklmno" },
	};
	struct pca_machine_opts machine = { .size = sizeof(machine), .possible = "0,2-3,7" };
	struct pca_task_opts task = { .size = sizeof(task), .comm = "abcdefghijklmno" };
	struct world w = world_open_with(&machine, &task);
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_SYSCALL,
		.fn = who_runs,
	};
	int fd = expect_fd(pca_prog_load(w.task, &opts));

	expect(pca_task_set_cpu(w.task, 3), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct test_run_ctx who = { .comm_size = rows[i].size };
		union any_attr attr;
		char want[40] = "";

		row("comm size %u", rows[i].size);
		memset(who.comm, 0xee, sizeof(who.comm));
		memset(&attr, 0, sizeof(attr));
		attr.bpf.test.prog_fd = (uint32_t)fd;
		attr.bpf.test.ctx_in = (uintptr_t)&who;
		attr.bpf.test.ctx_size_in = sizeof(who);
		expect(pca_bpf(w.task, BPF_PROG_TEST_RUN, &attr, 76), 0);
		expect(attr.bpf.test.retval, 0);
		expect(who.cpu, 3);
		expect(who.pid_tgid >> 32, getpid());
		strcpy(want, rows[i].want);
		expect_bytes(who.comm, want, rows[i].size);
		expect_all(who.comm + rows[i].size, 0xee, sizeof(who.comm) - rows[i].size);
	}
	world_close(&w);
}
END_TEST

static void ask_time_and_chance(struct job *job)
{
	uint64_t before = pca_ktime_get_ns(), after;
	uint32_t seen_ones = 0, seen_zeros = 0;

	for (int i = 0; i < 64; i++) {
		uint32_t random = pca_get_prandom_u32();

		seen_ones |= random;
		seen_zeros |= ~random;
	}
	after = pca_ktime_get_ns();
	expect(after >= before, 1);
	expect(seen_ones, UINT32_MAX);
	expect(seen_zeros, UINT32_MAX);
	job->result = pca_get_numa_node_id();
}

START_TEST(time_chance_and_numa_nodes)
{
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.topology = "numa:2 core:2 pu:1",
		.run_mode = PCA_INLINE,
	};
	struct world w = world_open_with(&opts, NULL);
	struct job job = { ask_time_and_chance };

	for (uint32_t cpu = 0; cpu < 4; cpu++) {
		row("cpu %u", cpu);
		on_cpu(&w, cpu, &job);
		expect(job.result, cpu / 2);
	}
	world_close(&w);
}
END_TEST

/* ---- probe_read ---- */

static void read_addresses(struct job *job)
{
	static const uintptr_t below_page_one[] = { 0, 8, 4095 };
	static const uintptr_t bad[] = { 0xdead000000000000, 0xffff800000000000,
					 0xffffffff00000000 };
	unsigned char *edge = guarded(16), got[32];

	for (size_t i = 0; i < ARRAY_LEN(below_page_one); i++) {
		memset(got, 0xee, sizeof(got));
		expect(pca_probe_read_kernel(got, 8, (void *)below_page_one[i]), -ERANGE);
		expect_all(got, 0, 8);
		expect_all(got + 8, 0xee, 24);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		memset(got, 0xee, sizeof(got));
		expect(pca_probe_read_kernel(got, 8, (void *)bad[i]), -EFAULT);
		expect_all(got, 0, 8);
		expect_all(got + 8, 0xee, 24);
	}

	fill(edge, 16, 3);
	memset(got, 0xee, sizeof(got));
	expect(pca_probe_read_kernel(got, 16, edge), 0);
	expect_bytes(got, edge, 16);
	expect_all(got + 16, 0xee, 16);
	/* Half of it can be read: nothing of it is given. */
	expect(pca_probe_read_kernel(got, 16, edge + 8), -EFAULT);
	expect_all(got, 0, 16);
	expect_all(got + 16, 0xee, 16);

	memset(got, 0xee, sizeof(got));
	expect(pca_probe_read_kernel(got, 0, NULL), -ERANGE);
	expect(pca_probe_read_kernel(got, 0, edge), 0);
	expect_all(got, 0xee, sizeof(got));
	job->result = 1;
}

START_TEST(probe_read_survives_bad_addresses)
{
	struct world w = inline_world("0", NULL);
	struct job job = { read_addresses };

	on_cpu(&w, 0, &job);
	expect(job.result, 1);
	world_close(&w);
}
END_TEST

/* ---- trace_printk ---- */

#define ONES UINT64_MAX
#define PRINTK(fmt, want, text)              \
	{                                    \
		fmt, sizeof(fmt), want, text \
	}

static const struct printk_row {
	const char *fmt;
	uint32_t size;
	long want;
	const char *text;
} printk_rows[] = {
	/* The arguments are all ones, 7 and 255. */
	PRINTK("abc", 3, "abc"),
	{ "abc", 3, -EINVAL, NULL }, /* no NUL within the size */
	{ "abc", 0, -EINVAL, NULL },
	{ "a\0zz", 4, 1, "a" },
	PRINTK("", 0, ""),
	PRINTK("abc\n", 4, "abc"),
	PRINTK("\n", 1, ""),
	PRINTK("a\n\n", 3, "a\n"),
	PRINTK("%d", 2, "-1"),
	PRINTK("%i%u%x", 5, "-17ff"),
	PRINTK("%d %d %d", 8, "-1 7 255"),
	PRINTK("%ld%lld%lx", 5, "-17ff"),
	PRINTK("%lu", 20, "18446744073709551615"),
	PRINTK("%llu", 20, "18446744073709551615"),
	PRINTK("%u", 10, "4294967295"),
	PRINTK("%x", 8, "ffffffff"),
	PRINTK("%X", 8, "FFFFFFFF"),
	PRINTK("%lx", 16, "ffffffffffffffff"),
	PRINTK("%lX", 16, "FFFFFFFFFFFFFFFF"),
	PRINTK("%llX", 16, "FFFFFFFFFFFFFFFF"),
	PRINTK("%x\n", 9, "ffffffff"),
	PRINTK("%x abc", 12, "ffffffff abc"),
	PRINTK("%d%d%d%d", -EINVAL, NULL), /* four arguments */
	PRINTK("%%", 1, "%"),
	PRINTK("%%%%%%%%", 4, "%%%%"),
	PRINTK("%d%%%d%%%d", 8, "-1%7%255"),
	PRINTK("%c%c%c", 3, "\xff\x07\xff"),
	PRINTK("%", -EINVAL, NULL),
	PRINTK("%q", -EINVAL, NULL),
	PRINTK("%n", -EINVAL, NULL),
	PRINTK("%f", -EINVAL, NULL),
	PRINTK("%o", -EINVAL, NULL),
	PRINTK("%zd", -EINVAL, NULL),
	PRINTK("%l", -EINVAL, NULL),
	PRINTK("%ll", -EINVAL, NULL),
	PRINTK("%hd", -EINVAL, NULL),
	PRINTK("%hhd", -EINVAL, NULL),
	PRINTK("%p4", -EINVAL, NULL),
	PRINTK("%#x", -EINVAL, NULL),
	PRINTK("%.3d", -EINVAL, NULL),
	PRINTK("%5", -EINVAL, NULL),
	PRINTK("%lx%", -EINVAL, NULL),
	PRINTK(" %D", -EINVAL, NULL),
	PRINTK("ok %d then %q", -EINVAL, NULL),
	PRINTK("%5d", 5, "   -1"),
	PRINTK("%05d", 5, "-0001"),
	PRINTK("%-5d|", 6, "-1   |"),
	PRINTK("% d", 2, "-1"),
	PRINTK("%+d", 2, "-1"),
	PRINTK("%p", 16, "ffffffffffffffff"),
	PRINTK("a\t", 2, "a\t"),
	PRINTK("a\r", 2, "a\r"),
	PRINTK("a\x01", -EINVAL, NULL),
	PRINTK("a\x1b", -EINVAL, NULL),
	PRINTK("a\x7f", -EINVAL, NULL),
	PRINTK("a\x80", 2, "a\x80"),
	PRINTK("a\xe9", 2, "a\xe9"),
};

static void print_rows(struct job *job)
{
	for (size_t i = 0; i < ARRAY_LEN(printk_rows); i++) {
		const struct printk_row *r = &printk_rows[i];
		char want[64];

		row("format \"%s\" size %u", r->fmt, r->size);
		messages_clear();
		expect(pca_trace_printk(r->fmt, r->size, ONES, 7, 255), r->want);
		expect(messages_count(), r->text ? 1 : 0);
		snprintf(want, sizeof(want), "%s\n", r->text ? r->text : "");
		if (r->text)
			ck_assert_msg(!strcmp(messages_text(), want), "told \"%s\", not \"%s\"",
				      messages_text(), want);
	}
	job->result = 1;
}

START_TEST(printk_formats)
{
	struct world w = inline_world("0", NULL);
	struct job job = { print_rows };

	messages_catch();
	on_cpu(&w, 0, &job);
	expect(job.result, 1);
	world_close(&w);
}
END_TEST

static void print_a_line(struct job *job)
{
	job->result = pca_trace_printk("to whom it may concern\n", 24, 0, 0, 0);
}

/* As they are, without a word of ours before them. */
START_TEST(without_a_listener_lines_go_to_stderr)
{
	struct world w = inline_world("0", NULL);
	struct job job = { print_a_line };
	int ends[2], err = dup(2);
	char text[64] = "";

	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], 2);
	pca_set_message_fn(NULL, NULL);
	on_cpu(&w, 0, &job);
	dup2(err, 2);
	ck_assert_int_gt(read(ends[0], text, sizeof(text) - 1), 0);
	ck_assert_str_eq(text, "to whom it may concern\n");
	expect(job.result, 23);
	world_close(&w);
}
END_TEST

static void print_strings_and_long_lines(struct job *job)
{
	static const uint32_t lengths[] = { 255, 256, 300, 512, 1000, 1023 };
	char fmt[1100];

	expect(pca_trace_printk("%s-%s", 6, (uintptr_t) "one", (uintptr_t) "two", 0), 7);
	expect_message("one-two");
	expect(pca_trace_printk("%s", 3, 0, 0, 0), 0);
	expect(pca_trace_printk("%s%s%s%s", 9, 0, 0, 0), -EINVAL);
	expect(pca_trace_printk("%5c|", 5, 'x', 0, 0), 6);
	expect_message("    x|");
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		memset(fmt, 'x', lengths[i]);
		fmt[0] = (char)('a' + i);
		fmt[lengths[i]] = '\0';
		messages_clear();
		expect(pca_trace_printk(fmt, lengths[i] + 1, 0, 0, 0), lengths[i]);
		expect_message(fmt);
	}
	job->result = 1;
}

START_TEST(printk_strings_and_long_lines)
{
	struct world w = inline_world("0", NULL);
	struct job job = { print_strings_and_long_lines };

	messages_catch();
	on_cpu(&w, 0, &job);
	expect(job.result, 1);
	world_close(&w);
}
END_TEST

/* ---- outside a run ---- */

static long never_called(struct pca_map_ref *map, const void *key, void *value, void *ctx)
{
	(void)map;
	(void)key;
	(void)value;
	(void)ctx;
	ck_abort_msg("for_each called back outside a run");
}

START_TEST(outside_a_run_helpers_tell_a_message)
{
	struct world w = inline_world("0-1", NULL);
	struct pca_map_ref *map = new_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 8);
	uint32_t key = 0, past = ENTRIES;
	uint64_t value = 1;
	char buf[16];
	unsigned int told = 0;

#define EXPECT_TOLD(expr, want, name)                         \
	do {                                                  \
		messages_clear();                             \
		expect(expr, want);                           \
		expect(messages_count(), 1);                  \
		expect_message(name " called outside a run"); \
		told++;                                       \
	} while (0)

	messages_catch();
	EXPECT_TOLD(pca_map_lookup_elem(map, &key) == NULL, 1, "bpf_map_lookup_elem");
	EXPECT_TOLD(pca_map_lookup_elem(map, &past) == NULL, 1, "bpf_map_lookup_elem");
	EXPECT_TOLD(pca_map_lookup_percpu_elem(map, &key, 0) == NULL, 1,
		    "bpf_map_lookup_percpu_elem");
	EXPECT_TOLD(pca_map_update_elem(map, &key, &value, 0), -EINVAL, "bpf_map_update_elem");
	EXPECT_TOLD(pca_map_update_elem(map, &past, &value, 0), -EINVAL, "bpf_map_update_elem");
	EXPECT_TOLD(pca_map_delete_elem(map, &key), -EINVAL, "bpf_map_delete_elem");
	EXPECT_TOLD(pca_for_each_map_elem(map, never_called, NULL, 0), -EINVAL,
		    "bpf_for_each_map_elem");
	EXPECT_TOLD(pca_get_smp_processor_id(), 0, "bpf_get_smp_processor_id");
	EXPECT_TOLD(pca_get_numa_node_id(), -EINVAL, "bpf_get_numa_node_id");
	EXPECT_TOLD(pca_get_current_pid_tgid(), 0, "bpf_get_current_pid_tgid");
	EXPECT_TOLD(pca_get_current_comm(buf, sizeof(buf)), -EINVAL, "bpf_get_current_comm");
	EXPECT_TOLD(pca_probe_read_kernel(buf, 8, &value), -EINVAL, "bpf_probe_read_kernel");
	EXPECT_TOLD(pca_trace_printk("x", 2, 0, 0, 0), -EINVAL, "bpf_trace_printk");
	expect(told, 13);
	expect_all(pca_map_peek(map, 0, 0), 0, 8);
	pca_map_put(map);
	world_close(&w);
}
END_TEST

static void look_up_nothing(struct job *job)
{
	uint32_t past = ENTRIES;

	ck_assert_ptr_null(pca_map_lookup_elem(job->map, &past));
	job->result = 1;
}

START_TEST(a_missing_key_in_a_run_is_no_message)
{
	struct world w = inline_world("0", NULL);
	struct job job = { look_up_nothing, new_map(&w, BPF_MAP_TYPE_PERCPU_ARRAY, 8) };

	messages_catch();
	on_cpu(&w, 0, &job);
	expect(job.result, 1);
	expect(messages_count(), 0);
	pca_map_put(job.map);
	world_close(&w);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("helpers");
	TCase *maps = add_case(suite, "maps"), *others = add_case(suite, "others");

	tcase_add_test(maps, lookup_gives_the_current_cpus_element);
	tcase_add_test(maps, a_shared_array_has_one_element_for_all_cpus);
	tcase_add_test(maps, lookup_percpu_finds_possible_cpus_offline_ones_too);
	tcase_add_test(maps, update_checks_flags_then_key_then_existence);
	tcase_add_test(maps, update_leaves_padding_and_other_cpus_alone);
	tcase_add_test(maps, elements_cannot_be_deleted);
	tcase_add_test(maps, for_each_visits_the_current_cpus_elements_in_order);
	tcase_add_test(maps, outside_a_run_helpers_tell_a_message);
	tcase_add_test(maps, a_missing_key_in_a_run_is_no_message);

	tcase_add_test(others, an_event_finds_the_idle_task);
	tcase_add_test(others, test_run_finds_its_caller);
	tcase_add_test(others, time_chance_and_numa_nodes);
	tcase_add_test(others, probe_read_survives_bad_addresses);
	tcase_add_test(others, printk_formats);
	tcase_add_test(others, without_a_listener_lines_go_to_stderr);
	tcase_add_test(others, printk_strings_and_long_lines);
	return suite;
}

TEST_MAIN(make_suite)
