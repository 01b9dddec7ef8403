// SPDX-License-Identifier: MIT
/*
 * Checked programs of object files: contexts as each type of program sees them, elements
 * of a hash, the current task, and runs that come into others.
 */
/* labels: threads */
#include "support.h"

#include <pcasim/checked.h>
#include <pcasim/schedule.h>

#define PACKET_BYTES 60

static struct world w;
static struct pca_object *object;

static void setup(void)
{
	const struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0,2",
		.run_mode = PCA_INLINE,
		.has_contexts = true,
	};

	w = world_open_with(&opts, NULL);
	messages_catch();
	expect(pca_object_open(&object, w.task, OBJECTS "/watched.so", NULL), 0);
}

static void teardown(void)
{
	pca_object_close(object);
	world_close(&w);
}

static struct pca_prog *prog(const char *name)
{
	const struct pca_object_prog *found = pca_object_find_prog(object, name);

	ck_assert_ptr_nonnull(found);
	return found->prog;
}

static bool takes_packet(uint32_t type)
{
	return type == BPF_PROG_TYPE_XDP || type == BPF_PROG_TYPE_SCHED_CLS ||
	       type == BPF_PROG_TYPE_SOCKET_FILTER;
}

/* Run on CPU 2 with a packet, or with words that lead to other memory. */
static int run(const char *name, int *retval)
{
	const unsigned char packet[PACKET_BYTES] = { [13] = 7, [14] = 0x45 };
	uint32_t kernels[4] = { 1, 2, 3, 4 };
	uint64_t words[64] = { (uintptr_t)kernels, 5, [12] = 9 };
	void *ctx = words;
	int err;

	if (takes_packet(pca_object_find_prog(object, name)->type))
		expect(pca_packet_ctx_create(&ctx, prog(name), packet, sizeof(packet)), 0);
	err = pca_run_on(prog(name), 2, ctx, retval);
	if (ctx != words)
		pca_packet_ctx_free(ctx);
	return err;
}

START_TEST(right_programs_are_let_be)
{
	static const struct {
		const char *name;
		int retval;
	} rows[] = {
		{ "hash_right", 8 },	  { "xdp_right", 2 },	  { "tc_right", PACKET_BYTES },
		{ "filter_right", 0x45 }, { "point_right", 5 },	  { "typed_right", 11 },
		{ "task_right", 0 },	  { "divides_right", 4 },
	};
	struct pca_violation v;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int retval = -1;

		row("%s", rows[i].name);
		expect(run(rows[i].name, &retval), 0);
		expect(retval, rows[i].retval);
	}
	expect(pca_machine_last_violation(w.machine, &v, sizeof(v)), 0);
}
END_TEST

static const struct wrong {
	const char *name;
	enum pca_violation_kind kind;
	int err;
	int64_t offset;
	const char *map, *text;
} wrong[] = {
	{ "hash_beyond", PCA_VIOLATION_RANGE, -EACCES, 8, "numbers",
	  "write of 8 bytes at offset 8 of key 9 of map \"numbers\"" },
	{ "hash_kept", PCA_VIOLATION_KEPT, -EFAULT, 0, "numbers",
	  "write of 8 bytes at offset 0 of key 9 of map \"numbers\"" },
	{ "hash_key", PCA_VIOLATION_GLOBAL, -EACCES, -1, "", "for its key: read of 12 bytes at" },
	{ "hash_percpu", PCA_VIOLATION_ARGUMENT, -EACCES, 0, "",
	  "in bpf_map_lookup_percpu_elem: its map \"numbers\" (id 2) is of type 1, which it does "
	  "not "
	  "take. Linux's verifier: \"cannot pass map_type 1 into func "
	  "bpf_map_lookup_percpu_elem#195\"" },
	{ "xdp_writes", PCA_VIOLATION_RIGHT, -EACCES, 16, "",
	  "offset 16 of the context: programs of this type may only read it" },
	{ "xdp_beyond", PCA_VIOLATION_PACKET, -EACCES, PACKET_BYTES, "",
	  "offset 60 of the packet: it ends after 60 bytes" },
	{ "xdp_other_ctx", PCA_VIOLATION_ARGUMENT, -EACCES, 0, "",
	  "its ctx is not the context of this run" },
	{ "tc_writes", PCA_VIOLATION_RIGHT, -EACCES, 0, "",
	  "offset 0 of the context: programs of this type may only read it" },
	{ "filter_reads", PCA_VIOLATION_RIGHT, -EACCES, 80, "",
	  "offset 80 of the context: programs of this type may not read it" },
	{ "point_reads", PCA_VIOLATION_RIGHT, -EACCES, 0, "",
	  "offset 0 of the context: programs of this type may not read it" },
	{ "typed_writes", PCA_VIOLATION_STACK, -EFAULT, -1, "", "write of 8 bytes at" },
	{ "regs_beyond", PCA_VIOLATION_CONTEXT, -EACCES, 400, "", "offset 400 of the context" },
	{ "raw_beyond", PCA_VIOLATION_CONTEXT, -EACCES, 160, "",
	  "read of 8 bytes at offset 160 of the context: it ends after 96 bytes" },
	{ "takes_rest", PCA_VIOLATION_DIVISION, -EDOM, 0, "",
	  "division by zero: in Linux x / 0 is 0 and x % 0 is x" },
	{ "task_writes", PCA_VIOLATION_MEMORY, -EFAULT, -1, "", "it is no memory of the program" },
};

START_TEST(wrong_programs_are_stopped)
{
	const struct wrong *t = &wrong[_i];
	struct pca_violation v = { 0 };

	row("%s", t->name);
	expect(run("hash_right", NULL), 0);
	expect(run(t->name, NULL), t->err);
	expect(pca_machine_last_violation(w.machine, &v, sizeof(v)), 1);
	if (!strstr(v.text, t->text))
		ck_abort_msg("%s: \"%s\"", t->name, v.text);
	expect(v.kind, t->kind);
	ck_assert_str_eq(v.map_name, t->map);
	if (t->offset >= 0)
		expect(v.offset, t->offset);
}
END_TEST

/* ---- runs that come into others ---- */

static uint64_t *count(uint32_t key)
{
	return pca_map_peek(pca_object_find_map(object, "counts")->map, 2, key);
}

/* outer, into which the other program comes at this point. False: it cannot, there. */
static bool run_nested(struct pca_schedule *s, uint64_t point)
{
	const struct pca_switch into = { point, 1, true };
	const struct pca_schedule_opts opts = {
		.size = sizeof(opts),
		.policy = PCA_SCHEDULE_LIST,
		.switches = &into,
		.nr_switches = 1,
	};

	*count(0) = *count(1) = 0;
	memset(pca_object_find_global(object, "kept")->address, 0, sizeof(void *));
	return !pca_schedule_run(s, &opts, NULL);
}

/* At every point of outer. How often the run that came in was stopped. */
static unsigned int come_in_everywhere(const char *name, unsigned int *nr_runs)
{
	const unsigned char packet[PACKET_BYTES] = { 0 };
	unsigned int nr_stopped = 0;
	struct pca_schedule *s;
	uint64_t words[64] = { 0 };
	void *ctx;

	expect(pca_packet_ctx_create(&ctx, prog("outer"), packet, sizeof(packet)), 0);
	expect(pca_schedule_create(&s, w.machine), 0);
	expect(pca_schedule_add_run(s, "outer", prog("outer"), 2, ctx, 1), 0);
	expect(pca_schedule_add_run(s, "inner", prog(name), 2, words, 1), 1);
	*nr_runs = 0;
	for (uint64_t point = 1; point < 64; point++) {
		if (!run_nested(s, point))
			continue;
		++*nr_runs;
		expect(pca_schedule_actor_retval(s, 0), 11);
		expect(*count(0), 11);
		nr_stopped += pca_schedule_actor_retval(s, 1) != 0;
	}
	pca_schedule_destroy(s);
	pca_packet_ctx_free(ctx);
	return nr_stopped;
}

START_TEST(each_run_has_its_own_rights)
{
	struct pca_violation v;
	unsigned int nr_runs, nr_stopped;

	expect(come_in_everywhere("inner_right", &nr_runs), 0);
	ck_assert(nr_runs > 8);
	expect(*count(1), 1);
	nr_stopped = come_in_everywhere("inner_wrong", &nr_runs);
	ck_assert(nr_stopped > 4 && nr_stopped < nr_runs);
	ck_assert(pca_machine_last_violation(w.machine, &v, sizeof(v)) >= nr_stopped);
	expect(v.kind, PCA_VIOLATION_KEPT);
	expect(v.context, PCA_CONTEXT_NMI);
	ck_assert_str_eq(v.map_name, "counts");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("checked_object");
	TCase *tc = add_case(suite, "files");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, right_programs_are_let_be);
	tcase_add_loop_test(tc, wrong_programs_are_stopped, 0, ARRAY_LEN(wrong));
	tcase_add_test(tc, each_run_has_its_own_rights);
	return suite;
}

TEST_MAIN(make_suite)
