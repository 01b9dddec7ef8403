// SPDX-License-Identifier: MIT
/*
 * Object files: what is found in them, that opens are independent, contexts, global
 * variables, pins, and each refusal with its message.
 */
/* labels: threads */
#include "support.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>

#define COUNTER OBJECTS "/counter.so"
#define NR_CPUS 4
#define PACKET_BYTES 60

enum { BY_XDP, BY_TC, BY_SOCKET, BY_TRACING, NR_WHAT };

struct count {
	uint64_t events, bytes;
	uint32_t last_mark;
};

/* BPF_PROG_TEST_RUN's part of the attr. */
struct test_attr {
	int32_t prog_fd;
	uint32_t retval;
	uint32_t data_size_in, data_size_out;
	uint64_t data_in, data_out;
	uint32_t repeat, duration;
	uint32_t ctx_size_in, ctx_size_out;
	uint64_t ctx_in, ctx_out;
	uint32_t flags, cpu, batch_size, tail;
};

static struct world w;
static struct pca_object *object;

static struct pca_object *open_object(const char *path)
{
	struct pca_object *opened = NULL;

	expect(pca_object_open(&opened, w.task, path, NULL), 0);
	return opened;
}

static void setup(void)
{
	w = world_open("0-3", PCA_DIRECT);
	messages_catch();
	object = open_object(COUNTER);
}

static void teardown(void)
{
	pca_object_close(object);
	world_close(&w);
}

static const struct pca_object_prog *prog(const char *name)
{
	const struct pca_object_prog *found = pca_object_find_prog(object, name);

	ck_assert_ptr_nonnull(found);
	return found;
}

static const struct count *count_on(const struct pca_object *of, uint32_t cpu, uint32_t what)
{
	return pca_map_peek(pca_object_find_map(of, "counts")->map, cpu, what);
}

static long test_run(const struct pca_object_prog *of, struct test_attr *attr)
{
	attr->prog_fd = of->fd;
	return pca_bpf(w.task, BPF_PROG_TEST_RUN, attr, sizeof(*attr));
}

static void *ctx_for(const char *name, const void *packet, uint32_t bytes)
{
	void *ctx = NULL;

	expect(pca_packet_ctx_create(&ctx, prog(name)->prog, packet, bytes), 0);
	return ctx;
}

/* ---- what is in it ---- */

START_TEST(programs_have_the_types_of_their_sections)
{
	static const struct {
		const char *name, *section;
		uint32_t type;
	} rows[] = {
		{ "count_xdp", "xdp", BPF_PROG_TYPE_XDP },
		{ "count_tc", "tcx/ingress", BPF_PROG_TYPE_SCHED_CLS },
		{ "count_socket", "socket", BPF_PROG_TYPE_SOCKET_FILTER },
		{ "count_tracing", "tp_btf/sched_switch", BPF_PROG_TYPE_TRACING },
		{ "sum_counts", "raw_tp/sys_enter", BPF_PROG_TYPE_RAW_TRACEPOINT },
		{ "not_loaded", "kprobe/never", BPF_PROG_TYPE_KPROBE },
	};
	const struct pca_object_prog *at = NULL;
	size_t nr = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		row("%s", rows[i].name);
		ck_assert_str_eq(prog(rows[i].name)->section, rows[i].section);
		expect(prog(rows[i].name)->type, rows[i].type);
	}
	while ((at = pca_object_next_prog(object, at)))
		nr++;
	expect(nr, ARRAY_LEN(rows));
	ck_assert_ptr_null(pca_object_find_prog(object, "nothing"));
}
END_TEST

START_TEST(a_program_of_an_optional_section_is_not_loaded)
{
	expect(prog("not_loaded")->fd, -1);
	ck_assert_ptr_null(prog("not_loaded")->prog);
	ck_assert_ptr_nonnull(prog("count_xdp")->prog);
}
END_TEST

START_TEST(maps_are_created_as_they_are_defined)
{
	const struct pca_object_map *counts = pca_object_find_map(object, "counts");
	const struct pca_object_map *settings = pca_object_find_map(object, "settings");
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	expect(cmd_info(w.task, counts->fd, &info, &len), 0);
	expect(info.type, BPF_MAP_TYPE_PERCPU_ARRAY);
	expect(info.value_size, sizeof(struct count));
	expect(info.max_entries, NR_WHAT);
	ck_assert_str_eq(info.name, "counts");
	len = sizeof(info);
	expect(cmd_info(w.task, settings->fd, &info, &len), 0);
	expect(info.type, BPF_MAP_TYPE_ARRAY);
	expect(info.map_flags, BPF_F_RDONLY_PROG);
	expect(info.value_size, 8);
	ck_assert_ptr_null(pca_object_find_map(object, "nothing"));
	ck_assert_str_eq(pca_object_license(object), "Dual MIT/GPL");
}
END_TEST

START_TEST(global_variables_are_found_static_ones_too)
{
	static const struct {
		const char *name, *section;
		size_t bytes;
		bool is_const;
	} rows[] = {
		{ "step", NULL, 4, true },	  { "fixed", ".rodata", 4, true },
		{ "runs", ".bss", 8, false },	  { "calls", ".bss", 8, false },
		{ "tag", ".data.tag", 8, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct pca_object_global *global =
			pca_object_find_global(object, rows[i].name);

		row("%s", rows[i].name);
		ck_assert_ptr_nonnull(global);
		expect(global->bytes, rows[i].bytes);
		expect(global->is_const, rows[i].is_const);
		if (rows[i].section)
			ck_assert_str_eq(global->section, rows[i].section);
	}
	ck_assert_str_eq(pca_object_find_global(object, "tag")->address, "pcasim");
	ck_assert_ptr_null(pca_object_find_global(object, "counts"));
}
END_TEST

/* ---- independence ---- */

START_TEST(two_opens_share_neither_maps_nor_variables)
{
	struct pca_object *other = open_object(COUNTER);
	const uint64_t *runs = pca_object_find_global(object, "runs")->address;
	const uint64_t *other_runs = pca_object_find_global(other, "runs")->address;
	unsigned char packet[PACKET_BYTES] = { 0 };
	void *ctx = ctx_for("count_xdp", packet, sizeof(packet));

	expect(pca_run_on(prog("count_xdp")->prog, 1, ctx, NULL), 0);
	expect(count_on(object, 1, BY_XDP)->events, 1);
	expect(count_on(other, 1, BY_XDP)->events, 0);
	expect(*runs, 1);
	expect(*other_runs, 0);
	pca_packet_ctx_free(ctx);
	pca_object_close(other);
}
END_TEST

START_TEST(opens_on_two_machines_count_each_for_itself)
{
	struct world second = world_open("0,2-3", PCA_CHECKED);
	struct pca_object *other;
	int retval;

	expect(pca_object_open(&other, second.task, COUNTER, NULL), 0);

	const struct pca_object_prog *tracing = pca_object_find_prog(other, "count_tracing");
	uint64_t args[2] = { 30, 12 };

	expect(pca_run_on(tracing->prog, 3, args, &retval), 0);
	expect(pca_run_on(tracing->prog, 1, args, &retval), -EINVAL);
	expect(retval, 3);
	expect(count_on(other, 3, BY_TRACING)->bytes, 42);
	expect(count_on(object, 3, BY_TRACING)->events, 0);
	pca_object_close(other);
	world_close(&second);
}
END_TEST

/* gcc would have them otherwise, at some levels. */
START_TEST(maps_come_in_the_order_of_the_source)
{
	static const char *const paths[] = { COUNTER, OBJECTS "/counter_O0.so",
					     OBJECTS "/counter_O1.so", OBJECTS "/counter_O3.so" };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct pca_object *opened = open_object(paths[i]);
		const struct pca_object_map *first = pca_object_next_map(opened, NULL);

		row("%s", paths[i]);
		ck_assert_str_eq(first->name, "counts");
		ck_assert_str_eq(pca_object_next_map(opened, first)->name, "settings");
		pca_object_close(opened);
	}
}
END_TEST

static bool has_run; /* atomic */

static void *run_till_told(void *arg)
{
	struct pca_prog *kept = arg;
	uint64_t args[2] = { 1, 1 }, nr_runs = 0;
	int retval;

	do {
		expect(pca_run_on(kept, 1, args, &retval), 0);
		expect(retval, 3);
		nr_runs++;
		__atomic_store_n(&has_run, true, __ATOMIC_RELAXED);
	} while (__atomic_load_n(&object, __ATOMIC_RELAXED));
	return (void *)(uintptr_t)nr_runs;
}

/* As in Linux it has its maps, also if it is running while the object is closed. */
START_TEST(a_program_outlives_its_object_with_its_maps)
{
	const uint32_t key = BY_TRACING;
	struct pca_map_ref *counts;
	const struct count *count;
	struct pca_prog *kept;
	pthread_t runner;
	void *nr_runs;

	expect(pca_prog_get(w.task, prog("count_tracing")->fd, &kept), 0);
	expect(pca_map_get(w.task, pca_object_find_map(object, "counts")->fd, &counts), 0);
	expect(pthread_create(&runner, NULL, run_till_told, kept), 0);
	count = pca_map_peek(counts, 1, key);
	while (!__atomic_load_n(&has_run, __ATOMIC_RELAXED))
		sched_yield();
	pca_object_close(object);
	__atomic_store_n(&object, NULL, __ATOMIC_RELAXED);
	expect(pthread_join(runner, &nr_runs), 0);
	ck_assert_uint_eq(count->events, (uintptr_t)nr_runs);
	pca_map_put(counts);
	pca_prog_put(kept);
}
END_TEST

/* ---- runs ---- */

static void *run_often(void *cpu)
{
	static const unsigned char packet[PACKET_BYTES];
	void *ctx = ctx_for("count_xdp", packet, sizeof(packet));

	for (int i = 0; i < 100; i++)
		expect(pca_run_on(prog("count_xdp")->prog, *(uint32_t *)cpu, ctx, NULL), 0);
	pca_packet_ctx_free(ctx);
	return NULL;
}

START_TEST(an_xdp_program_counts_on_several_cpus)
{
	const uint64_t *runs = pca_object_find_global(object, "runs")->address;
	pthread_t threads[NR_CPUS];
	uint32_t cpus[NR_CPUS];

	for (uint32_t i = 0; i < NR_CPUS; i++) {
		cpus[i] = i;
		ck_assert(!pthread_create(&threads[i], NULL, run_often, &cpus[i]));
	}
	for (uint32_t i = 0; i < NR_CPUS; i++)
		pthread_join(threads[i], NULL);
	for (uint32_t i = 0; i < NR_CPUS; i++) {
		expect(count_on(object, i, BY_XDP)->events, 100);
		expect(count_on(object, i, BY_XDP)->bytes, 100 * PACKET_BYTES);
	}
	expect(*runs, 100 * NR_CPUS);
}
END_TEST

START_TEST(an_xdp_program_counts_by_test_run)
{
	unsigned char packet[PACKET_BYTES] = { 5 }, out[PACKET_BYTES];
	struct test_attr attr = {
		.data_in = (uintptr_t)packet,
		.data_size_in = sizeof(packet),
		.data_out = (uintptr_t)out,
		.data_size_out = sizeof(out),
		.repeat = 3,
	};

	expect(pca_task_set_cpu(w.task, 2), 0);
	expect(test_run(prog("count_xdp"), &attr), 0);
	expect(attr.retval, 2); /* XDP_PASS */
	expect(attr.data_size_out, sizeof(out));
	expect(out[0], 8);
	expect(packet[0], 5);
	expect(count_on(object, 2, BY_XDP)->events, 3);
	expect(count_on(object, 0, BY_XDP)->events, 0);
}
END_TEST

START_TEST(xdp_frags_are_not_in_the_linear_part)
{
	static unsigned char packet[6000];
	struct test_attr attr = { .data_in = (uintptr_t)packet, .data_size_in = sizeof(packet) };

	expect(test_run(prog("count_xdp"), &attr), 0);
	expect(count_on(object, 0, BY_XDP)->bytes, 3520);
}
END_TEST

START_TEST(members_of_an_sk_buff_go_in_and_come_out)
{
	unsigned char packet[PACKET_BYTES] = { 0 };
	struct __sk_buff in = { .mark = 41, .cb = { 1, 2, 3, 4, 5 } }, out = { 0 };
	struct test_attr attr = {
		.data_in = (uintptr_t)packet,
		.data_size_in = sizeof(packet),
		.ctx_in = (uintptr_t)&in,
		.ctx_size_in = sizeof(in),
		.ctx_out = (uintptr_t)&out,
		.ctx_size_out = sizeof(out),
	};

	expect(test_run(prog("count_tc"), &attr), 0);
	expect(attr.retval, PACKET_BYTES);
	expect(out.mark, 41);
	expect(out.priority, 42);
	expect(out.cb[0], 1);
	expect(out.cb[4], 6);
	expect(out.ifindex, 1);
	expect(out.wire_len, PACKET_BYTES);
	expect(count_on(object, 0, BY_TC)->last_mark, 41);
}
END_TEST

START_TEST(members_of_an_sk_buff_that_may_not_be_set_are_refused)
{
	const struct {
		const char *what;
		struct __sk_buff skb;
		long err;
	} rows[] = {
		{ "len", { .len = 60 }, -EINVAL },
		{ "data", { .data = 1 }, -EINVAL },
		{ "tc_classid", { .tc_classid = 1 }, -EINVAL },
		{ "a wire_len below len", { .wire_len = PACKET_BYTES - 1 }, -EINVAL },
		{ "a wire_len above 65536", { .wire_len = 65537 }, -EINVAL },
		{ "gso_segs", { .gso_segs = 65536 }, -EINVAL },
		{ "an unknown device", { .ifindex = 7 }, -ENODEV },
		{ "wire_len", { .wire_len = 1000 }, 0 },
		{ "tstamp", { .tstamp = 1 }, 0 },
	};
	unsigned char packet[PACKET_BYTES] = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct test_attr attr = {
			.data_in = (uintptr_t)packet,
			.data_size_in = sizeof(packet),
			.ctx_in = (uintptr_t)&rows[i].skb,
			.ctx_size_in = sizeof(rows[i].skb),
		};

		row("%s", rows[i].what);
		expect(test_run(prog("count_tc"), &attr), rows[i].err);
	}
}
END_TEST

START_TEST(a_socket_filter_sees_no_mac_header)
{
	unsigned char packet[PACKET_BYTES] = { 1 }, out[PACKET_BYTES];
	struct test_attr attr = {
		.data_in = (uintptr_t)packet,
		.data_size_in = sizeof(packet),
		.data_out = (uintptr_t)out,
		.data_size_out = sizeof(out),
	};

	packet[14] = 0x45;
	expect(test_run(prog("count_socket"), &attr), 0);
	expect(attr.retval, 0x45);
	expect(count_on(object, 0, BY_SOCKET)->bytes, PACKET_BYTES - 14);
	expect(out[0], 0);
	expect(out[14], 0x45);
}
END_TEST

START_TEST(a_context_says_what_the_packet_is)
{
	static const struct {
		const char *what;
		unsigned char head[14];
		uint32_t pkt_type;
		uint16_t protocol;
	} rows[] = {
		{ "to us", { [12] = 0x08, 0x00 }, PACKET_HOST, 0x0800 },
		{ "to another", { 0x02, [12] = 0x86, 0xdd }, PACKET_OTHERHOST, 0x86dd },
		{ "to many", { 0x01, [12] = 0x08, 0x06 }, PACKET_MULTICAST, 0x0806 },
		{ "to all",
		  { 255, 255, 255, 255, 255, 255, [12] = 0x08, 0x00 },
		  PACKET_MULTICAST, /* measured: lo has no address for them */
		  0x0800 },
		{ "a length", { [12] = 0x00, 0x20 }, PACKET_HOST, 0x0004 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned char packet[PACKET_BYTES] = { 0 };
		const struct __sk_buff *skb;

		row("%s", rows[i].what);
		memcpy(packet, rows[i].head, sizeof(rows[i].head));
		skb = ctx_for("count_tc", packet, sizeof(packet));
		expect(skb->pkt_type, rows[i].pkt_type);
		expect(skb->protocol, htons(rows[i].protocol));
		expect(skb->len, PACKET_BYTES);
		expect(skb->wire_len, 0); /* until there is a ctx_in or ctx_out */
		expect_bytes((const void *)(uintptr_t)skb->data, packet, sizeof(packet));
		pca_packet_ctx_free((void *)skb);
	}
}
END_TEST

START_TEST(contexts_of_other_programs_are_refused)
{
	unsigned char packet[4096] = { 0 };
	void *ctx;

	expect(pca_packet_ctx_create(&ctx, prog("count_tracing")->prog, packet, 60), -EINVAL);
	expect_message("program \"count_tracing\" takes no packet");
	expect(pca_packet_ctx_create(&ctx, prog("count_xdp")->prog, packet, 13), -EINVAL);
	expect_message("a packet of 13 bytes: there must be 14 to 3520");
	expect(pca_packet_ctx_create(&ctx, prog("count_tc")->prog, packet, 3713), -EINVAL);
	expect_message("14 to 3712");
	pca_packet_ctx_free(NULL);
}
END_TEST

START_TEST(many_contexts_are_all_below_4_gib)
{
	static void *contexts[200];
	static unsigned char packet[3000];

	for (size_t i = 0; i < ARRAY_LEN(contexts); i++) {
		packet[0] = (unsigned char)i;
		contexts[i] = ctx_for("count_xdp", packet, sizeof(packet));
	}
	for (size_t i = 0; i < ARRAY_LEN(contexts); i++) {
		const struct xdp_md *md = contexts[i];

		expect(md->data_end - md->data, sizeof(packet));
		expect(*(unsigned char *)(uintptr_t)md->data, i);
		pca_packet_ctx_free(contexts[i]);
	}
}
END_TEST

START_TEST(tracing_programs_have_no_test_run_and_get_their_arguments)
{
	struct test_attr attr = { 0 };
	uint64_t args[2] = { 40, 2 };
	int retval;

	expect(test_run(prog("count_tracing"), &attr), -PCA_ENOTSUPP);
	expect(pca_run_on(prog("count_tracing")->prog, 0, args, &retval), 0);
	expect(retval, 3);
	expect(count_on(object, 0, BY_TRACING)->bytes, 42);
}
END_TEST

START_TEST(callbacks_and_printing_work)
{
	uint64_t args[2] = { 0 };
	int retval;

	expect(pca_run_on(prog("count_tracing")->prog, 0, args, NULL), 0);
	expect(pca_run_on(prog("sum_counts")->prog, 0, args, &retval), 0);
	expect(retval, 1);
	expect_message("1 events");
}
END_TEST

START_TEST(every_level_of_optimisation_counts_the_same)
{
	static const char *const levels[] = { "O0", "O1", "O3" };
	uint64_t args[2] = { 1, 2 };

	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		char path[PATH_MAX];
		struct pca_object *other;

		row("%s", levels[i]);
		snprintf(path, sizeof(path), OBJECTS "/counter_%s.so", levels[i]);
		other = open_object(path);
		for (int n = 0; n < 5; n++)
			expect(pca_run_on(pca_object_find_prog(other, "count_tracing")->prog, 1,
					  args, NULL),
			       0);
		expect(count_on(other, 1, BY_TRACING)->events, 5);
		expect(count_on(other, 1, BY_TRACING)->bytes, 15);
		expect(count_on(other, 0, BY_TRACING)->events, 0);
		pca_object_close(other);
	}
}
END_TEST

/* ---- values of variables ---- */

static int open_with_value(struct pca_object **opened, const char *name, const void *value,
			   size_t bytes)
{
	const struct pca_object_value values[] = { { name, value, bytes } };
	const struct pca_object_opts opts = { .size = sizeof(opts),
					      .values = values,
					      .nr_values = 1 };

	return pca_object_open(opened, w.task, COUNTER, &opts);
}

START_TEST(a_constant_takes_its_value_before_programs_run)
{
	struct pca_object *other;
	uint64_t args[2] = { 0 };
	uint32_t step = 10;

	expect(open_with_value(&other, "step", &step, sizeof(step)), 0);
	expect(pca_run_on(pca_object_find_prog(other, "count_tracing")->prog, 0, args, NULL), 0);
	expect(count_on(other, 0, BY_TRACING)->events, 10);
	pca_object_close(other);
}
END_TEST

START_TEST(values_of_other_variables_are_refused)
{
	struct pca_object *other;
	uint64_t value = 1;

	expect(open_with_value(&other, "step", &value, 8), -EINVAL);
	expect_message("counter.so: variable \"step\" has 4 bytes, its value 8");
	expect(open_with_value(&other, "nothing", &value, 4), -EINVAL);
	expect_message("counter.so: has no global variable \"nothing\"");
	expect(open_with_value(&other, "fixed", &value, 4), -EINVAL);
	expect_message("variable \"fixed\" is const, so that the compiler knows its value");
}
END_TEST

/* ---- loading later ---- */

START_TEST(a_map_has_other_entries_when_it_is_told_so_before)
{
	const struct pca_object_opts opts = { .size = sizeof(opts), .is_load_delayed = true };
	struct pca_object *other;

	expect(pca_object_open(&other, w.task, COUNTER, &opts), 0);
	expect(pca_object_find_map(other, "counts")->fd, -1);
	ck_assert_ptr_null(pca_object_find_prog(other, "count_xdp")->prog);
	expect(pca_object_set_max_entries(other, "counts", 4096), 0);
	expect(pca_object_set_max_entries(other, "nothing", 4096), -ENOENT);
	expect(pca_object_load(other), 0);
	expect(pca_object_find_map(other, "counts")->max_entries, 4096);
	ck_assert_ptr_nonnull(pca_map_peek(pca_object_find_map(other, "counts")->map, 0, 4095));
	expect(pca_object_set_max_entries(other, "counts", 1), -EBUSY);
	expect(pca_object_load(other), -EINVAL);
	expect_message("counter.so: is loaded already");
	pca_object_close(other);
}
END_TEST

START_TEST(what_was_done_is_undone_when_loading_fails)
{
	const struct pca_object_opts opts = { .size = sizeof(opts), .is_load_delayed = true };
	uint32_t open_fds = pca_task_open_fds(w.task);
	uint64_t memory = pca_machine_memory_bytes(w.machine);
	struct pca_object *other;

	expect(pca_object_open(&other, w.task, COUNTER, &opts), 0);
	expect(pca_object_set_max_entries(other, "settings", 0), 0);
	expect(pca_object_load(other), -EINVAL);
	expect_message("map \"settings\" has no max_entries");
	expect(pca_task_open_fds(w.task), open_fds);
	expect(pca_machine_memory_bytes(w.machine), memory);
	expect(pca_object_set_max_entries(other, "settings", 2), 0);
	expect(pca_object_load(other), 0);
	pca_object_close(other);
	expect(pca_task_open_fds(w.task), open_fds);
	expect(pca_machine_memory_bytes(w.machine), memory);
}
END_TEST

START_TEST(without_capabilities_nothing_is_loaded)
{
	const struct pca_task_opts opts = { .size = sizeof(opts),
					    .dropped_caps = PCA_CAP_BPF | PCA_CAP_SYS_ADMIN };
	struct pca_object *other;
	struct pca_task *task;

	expect(pca_task_create(&task, w.machine, &opts), 0);
	expect(pca_object_open(&other, task, COUNTER, NULL), -EPERM);
	expect_message("cannot be created: Operation not permitted (EPERM)");
	pca_task_destroy(task);
}
END_TEST

/* ---- pins ---- */

START_TEST(a_pinned_map_is_taken_again)
{
	struct pca_object *first = open_object(OBJECTS "/pinned.so");
	struct pca_object *second = open_object(OBJECTS "/pinned.so");
	uint64_t args[1] = { 0 };
	int retval;

	expect(pca_run_on(pca_object_find_prog(first, "count")->prog, 0, args, &retval), 0);
	expect(pca_run_on(pca_object_find_prog(second, "count")->prog, 0, args, &retval), 0);
	expect(retval, 2);
	pca_object_close(first);
	pca_object_close(second);

	struct pca_object *third = open_object(OBJECTS "/pinned.so");

	expect(pca_run_on(pca_object_find_prog(third, "count")->prog, 0, args, &retval), 0);
	expect(retval, 3);
	pca_object_close(third);
	expect(pca_unlink(w.task, "/sys/fs/bpf/shared_counts"), 0);
}
END_TEST

START_TEST(a_pinned_map_that_is_different_is_refused)
{
	struct pca_object *first = open_object(OBJECTS "/pinned.so"), *second;

	expect(pca_object_open(&second, w.task, OBJECTS "/pinned_larger.so", NULL), -EINVAL);
	expect_message("map \"shared_counts\": the map pinned at /sys/fs/bpf/shared_counts is of "
		       "type 6 with key_size 4, value_size 8, max_entries 4, map_flags 0x0; "
		       "expected 6, 4, 8, 8, 0x0");
	pca_object_close(first);
}
END_TEST

START_TEST(maps_are_pinned_where_the_options_say)
{
	struct pca_object_opts opts = { .size = sizeof(opts), .pin_root = "/sys/fs/bpf/mine" };
	struct pca_object *other;
	struct pca_stat st;

	expect(pca_object_open(&other, w.task, OBJECTS "/pinned.so", &opts), 0);
	expect(pca_stat(w.task, "/sys/fs/bpf/mine/shared_counts", &st), 0);
	pca_object_close(other);
	opts.pin_root = "/sys/fs/bpf/no/such";
	expect(pca_object_open(&other, w.task, OBJECTS "/pinned.so", &opts), -ENOENT);
	expect_message("map \"shared_counts\" cannot be pinned: No such file or directory");
}
END_TEST

START_TEST(a_load_that_fails_leaves_no_pin_behind)
{
	struct pca_object *first, *other;
	struct pca_stat st;

	expect(pca_fail_next(w.task, BPF_PROG_LOAD, EPERM), 0);
	expect(pca_object_open(&other, w.task, OBJECTS "/pinned.so", NULL), -EPERM);
	expect(pca_stat(w.task, "/sys/fs/bpf/shared_counts", &st), -ENOENT);

	first = open_object(OBJECTS "/pinned.so");
	expect(pca_fail_next(w.task, BPF_PROG_LOAD, EPERM), 0);
	expect(pca_object_open(&other, w.task, OBJECTS "/pinned.so", NULL), -EPERM);
	expect(pca_stat(w.task, "/sys/fs/bpf/shared_counts", &st), 0); /* was there before */
	pca_object_close(first);
	expect(pca_stat(w.task, "/sys/fs/bpf/shared_counts", &st), 0);
}
END_TEST

static void open_pinned(void *unused)
{
	(void)unused;
	pca_object_close(object);
	object = open_object(OBJECTS "/pinned.so");
}

START_TEST(a_map_that_is_pinned_meanwhile_is_taken)
{
	struct pca_fault_opts meanwhile = { .cmd = BPF_OBJ_PIN, .fn = open_pinned };
	struct pca_object *second;

	expect(pca_fault_add(w.task, &meanwhile), 0);
	second = open_object(OBJECTS "/pinned.so");
	ck_assert_uint_eq(id_of_map(w.task, pca_object_find_map(object, "shared_counts")->fd),
			  id_of_map(w.task, pca_object_find_map(second, "shared_counts")->fd));
	pca_object_close(second);
}
END_TEST

/* ---- refusals ---- */

static const struct {
	const char *name;
	long err;
	const char *message;
} refusals[] = {
	{ "STATIC_MAP", -EINVAL, "map \"counts\" is static; leave out \"static\"" },
	{ "OLD_MAP", -EINVAL, "map \"counts\" is in SEC(\"maps\"), which libbpf 1.0 has dropped" },
	{ "MAP_TYPE", -PCA_ENOTSUPP,
	  "map \"counts\" is of type 9 (lru_hash), which is not simulated; percpu_array, array" },
	{ "MAP_IN_MAP", -PCA_ENOTSUPP, "map \"counts\" holds maps or programs" },
	{ "SHORT_MAP", -EINVAL, "map \"counts\" is defined in 16 bytes; a structure of 32" },
	{ "UNKNOWN_MEMBER", -PCA_ENOTSUPP, "map \"counts\" has an unknown member \"colour\"" },
	{ "TWO_SIZES", -EINVAL, "map \"counts\": value_size has 4 bytes, and 8 said elsewhere" },
	{ "NO_ENTRIES", -EINVAL, "map \"counts\" has no max_entries" },
	{ "UNKNOWN_DATA", -PCA_ENOTSUPP, "\"counts\" is in SEC(\"colours\"), which is not" },
	{ "THREAD_LOCAL", -EINVAL, "has thread-local variables" },
	{ "HELPER", -PCA_ENOTSUPP, "calls bpf_task_from_pid, which is not simulated" },
	{ "LIBC", -PCA_ENOTSUPP, "calls strlen, which is not simulated" },
	{ "CHECKED_LIBC", -PCA_ENOTSUPP, "calls strlen, which is not simulated" },
	{ "KCONFIG", -PCA_ENOTSUPP, "needs CONFIG_NONE, which is not simulated; of the" },
	{ "UNKNOWN_SECTION", -EINVAL, "program \"prog\": SEC(\"xdp_main\") is no section that" },
	{ "REPLACES", -PCA_ENOTSUPP, "programs of SEC(\"freplace/main\") are not simulated" },
	{ "STATIC_PROG", -EINVAL, "program \"prog\" is static; leave out \"static\"" },
	{ "CONSTRUCTOR", -EINVAL, "has constructors or destructors" },
	{ "CHECKED_CONSTRUCTOR", -EINVAL, "has constructors or destructors" },
	{ "LIBRARY", -EINVAL, "is linked with a library, which programs cannot use" },
	{ "SYMBOLIC", -EINVAL, "it has unknown flags for the loader" },
	{ "STRIPPED", -EINVAL, "has no symbols, as if it was stripped" },
};

START_TEST(what_is_not_simulated_is_named)
{
	uint32_t open_fds = pca_task_open_fds(w.task);
	size_t nr = 0;

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct pca_object *other;
		char path[PATH_MAX];

		row("%s", refusals[i].name);
		snprintf(path, sizeof(path), OBJECTS "/refused_%s.so", refusals[i].name);
		if (access(path, R_OK))
			continue; /* not made where sanitizers are */
		messages_clear();
		expect(pca_object_open(&other, w.task, path, NULL), refusals[i].err);
		expect_message(refusals[i].message);
		expect_message(path);
		nr++;
	}
	ck_assert(nr >= 15);
	expect(pca_task_open_fds(w.task), open_fds);
}
END_TEST

START_TEST(other_files_are_refused)
{
	struct pca_object *other;

	expect(pca_object_open(&other, w.task, OBJECTS "/none.so", NULL), -ENOENT);
	expect_message("none.so: cannot be read: No such file or directory");
	expect(pca_object_open(&other, w.task, "/proc/self/exe", NULL), -ENOEXEC);
	expect_message("/proc/self/exe: is an executable");
	expect(pca_object_open(&other, w.task, OBJECTS, NULL), -EISDIR);
	expect(pca_object_open(&other, w.task, "/dev/null", NULL), -EINVAL);
	expect(pca_object_open(&other, w.task, __FILE__, NULL), -ENOEXEC);
	expect_message("not an object file: ELF was expected; compile it with \"pcasim cc\"");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("object");
	TCase *tc = add_case(suite, "files");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, programs_have_the_types_of_their_sections);
	tcase_add_test(tc, a_program_of_an_optional_section_is_not_loaded);
	tcase_add_test(tc, maps_are_created_as_they_are_defined);
	tcase_add_test(tc, global_variables_are_found_static_ones_too);
	tcase_add_test(tc, two_opens_share_neither_maps_nor_variables);
	tcase_add_test(tc, opens_on_two_machines_count_each_for_itself);
	tcase_add_test(tc, maps_come_in_the_order_of_the_source);
	tcase_add_test(tc, a_program_outlives_its_object_with_its_maps);
	tcase_add_test(tc, a_constant_takes_its_value_before_programs_run);
	tcase_add_test(tc, values_of_other_variables_are_refused);
	tcase_add_test(tc, a_map_has_other_entries_when_it_is_told_so_before);
	tcase_add_test(tc, what_was_done_is_undone_when_loading_fails);
	tcase_add_test(tc, without_capabilities_nothing_is_loaded);
	tcase_add_test(tc, a_pinned_map_is_taken_again);
	tcase_add_test(tc, a_pinned_map_that_is_different_is_refused);
	tcase_add_test(tc, maps_are_pinned_where_the_options_say);
	tcase_add_test(tc, a_load_that_fails_leaves_no_pin_behind);
	tcase_add_test(tc, a_map_that_is_pinned_meanwhile_is_taken);
	tcase_add_test(tc, what_is_not_simulated_is_named);
	tcase_add_test(tc, other_files_are_refused);

	tc = add_case(suite, "runs");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_xdp_program_counts_on_several_cpus);
	tcase_add_test(tc, an_xdp_program_counts_by_test_run);
	tcase_add_test(tc, xdp_frags_are_not_in_the_linear_part);
	tcase_add_test(tc, members_of_an_sk_buff_go_in_and_come_out);
	tcase_add_test(tc, members_of_an_sk_buff_that_may_not_be_set_are_refused);
	tcase_add_test(tc, a_socket_filter_sees_no_mac_header);
	tcase_add_test(tc, a_context_says_what_the_packet_is);
	tcase_add_test(tc, contexts_of_other_programs_are_refused);
	tcase_add_test(tc, many_contexts_are_all_below_4_gib);
	tcase_add_test(tc, tracing_programs_have_no_test_run_and_get_their_arguments);
	tcase_add_test(tc, callbacks_and_printing_work);
	tcase_add_test(tc, every_level_of_optimisation_counts_the_same);
	return suite;
}

TEST_MAIN(make_suite)
