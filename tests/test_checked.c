// SPDX-License-Identifier: MIT
/*
 * Checked programs: those of tests/checked/right.bpf.c run as plain ones do, those of
 * wrong.bpf.c are stopped and told of, each with its map, key, offset, right and line.
 */
/* labels: threads */
#include "support.h"

#include <dlfcn.h>

#include <pcasim/checked.h>

static const char *const map_names[] = { "counts", "pairs", "odds", "readable", "writable" };
enum { COUNTS, PAIRS, ODDS, READABLE, WRITABLE, NR_MAPS };

/* A machine with an object that is open and whose maps are bound. */
struct opened {
	struct world w;
	void *handle;
	int fds[NR_MAPS];
	struct pca_map_ref *refs[NR_MAPS];
};

static void *symbol(const struct opened *o, const char *name)
{
	void *at = dlsym(o->handle, name);

	if (!at)
		ck_abort_msg("%s is not in the object", name);
	return at;
}

static int make_map(struct opened *o, int which)
{
	static const uint32_t sizes[] = { 8, 16, 12, 8, 8 };
	static const uint32_t flags[] = { 0, 0, 0, BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG };
	const union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_PERCPU_ARRAY,
		.key_size = 4,
		.value_size = sizes[which],
		.max_entries = 4,
		.map_flags = flags[which],
	};
	union bpf_attr named = attr;

	strcpy(named.map_name, map_names[which]);
	return expect_fd(pca_bpf(o->w.task, BPF_MAP_CREATE, &named, sizeof(named)));
}

static void bind_map(const struct opened *o, const char *name, const struct pca_map_ref *ref)
{
	memcpy(symbol(o, name), ref, sizeof(*ref));
}

static struct opened open_object_with(const char *file, uint64_t most_steps)
{
	const struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0,2-3",
		.most_steps = most_steps,
	};
	struct opened o = { .w = world_open_with(&opts, NULL) };
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.so", CHECKED_OBJECTS, file);
	o.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!o.handle)
		ck_abort_msg("%s", dlerror());
	for (int i = 0; i < NR_MAPS; i++) {
		o.fds[i] = make_map(&o, i);
		expect(pca_map_get(o.w.task, o.fds[i], &o.refs[i]), 0);
		bind_map(&o, map_names[i], o.refs[i]);
	}
	return o;
}

static struct opened open_object(const char *file)
{
	return open_object_with(file, 0);
}

static void put_map(struct opened *o, int which)
{
	pca_map_put(o->refs[which]);
	expect(pca_close(o->w.task, o->fds[which]), 0);
	o->refs[which] = NULL;
}

static void close_object(struct opened *o)
{
	for (int i = 0; i < NR_MAPS; i++) {
		if (o->refs[i])
			put_map(o, i);
	}
	world_close(&o->w);
	dlclose(o->handle);
}

static struct pca_prog *load(struct opened *o, const char *name, uint32_t type)
{
	struct pca_prog_load_opts opts = { .size = sizeof(opts), .type = type };
	struct pca_prog *prog;
	char short_name[16];
	int fd;

	*(void **)&opts.fn = symbol(o, name);
	snprintf(short_name, sizeof(short_name), "%s", name);
	opts.name = short_name;
	fd = expect_fd(pca_prog_load(o->w.task, &opts));
	expect(pca_prog_get(o->w.task, fd, &prog), 0);
	expect(pca_close(o->w.task, fd), 0);
	return prog;
}

static int run_as(struct opened *o, const char *name, uint32_t type, uint32_t cpu, void *ctx,
		  int *retval)
{
	struct pca_prog *prog = load(o, name, type);
	int err = pca_run_on(prog, cpu, ctx, retval);

	pca_prog_put(prog);
	return err;
}

static int run(struct opened *o, const char *name, uint32_t cpu, int *retval)
{
	uint64_t args[12] = { 1, 2 };

	return run_as(o, name, BPF_PROG_TYPE_RAW_TRACEPOINT, cpu, args, retval);
}

/* ---- right ones ---- */

static const struct {
	const char *prog;
	int retval;
} right[] = {
	{ "count", 0 },	  { "count_atomically", 0 },   { "copy", 8 },		{ "elsewhere", 2 },
	{ "globals", 4 }, { "nested_for_each", 3018 }, { "rights_of_maps", 0 }, { "spilled", 6 },
	{ "comm", 0 },	  { "others", 101 },
};

START_TEST(right_programs_run_as_plain_ones_do)
{
	struct pca_violation violation;

	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		struct opened o = open_object("right");
		int retval = -1;

		row("%s", right[i].prog);
		messages_catch();
		expect(run(&o, right[i].prog, 2, &retval), 0);
		if (right[i].retval >= 0)
			expect(retval, right[i].retval);
		expect(pca_machine_last_violation(o.w.machine, &violation, sizeof(violation)), 0);
		close_object(&o);
	}
}
END_TEST

START_TEST(a_right_packet_program_changes_its_packet)
{
	struct opened o = open_object("right");
	unsigned char bytes[64] = { [12] = 8, [13] = 6 };
	struct pca_packet packet = { bytes, bytes + sizeof(bytes) };
	int retval;

	expect(run_as(&o, "packet", BPF_PROG_TYPE_XDP, 0, &packet, &retval), 0);
	expect(retval, 0x806);
	expect(bytes[0], 1);
	close_object(&o);
}
END_TEST

/* ---- what runs show ---- */

static size_t seen_uses(const struct pca_prog *prog, const struct opened *o,
			struct pca_map_use uses[8])
{
	size_t nr = pca_prog_seen_uses(prog, o->w.task, uses, 8);

	expect((long)pca_prog_seen_uses(prog, o->w.task, NULL, 0), (long)nr);
	return nr;
}

static void expect_use(const struct pca_map_use *use, const struct pca_map_use *want)
{
	ck_assert_int_eq(use->map_fd, want->map_fd);
	ck_assert_uint_eq(use->helper, want->helper);
	ck_assert_uint_eq(use->access, want->access);
	ck_assert_uint_eq(use->offset, want->offset);
	ck_assert_uint_eq(use->bytes, want->bytes);
}

START_TEST(runs_show_how_maps_are_used)
{
	struct opened o = open_object("right");
	const struct pca_map_use want[] = {
		{ o.fds[PAIRS], BPF_FUNC_map_lookup_elem, PCA_READ, 0, 16 },
		{ o.fds[PAIRS], BPF_FUNC_map_lookup_elem, PCA_WRITE, 0, 16 },
		{ o.fds[PAIRS], BPF_FUNC_map_update_elem, 0, 0, 0 },
		{ o.fds[ODDS], BPF_FUNC_map_lookup_elem, PCA_READ, 0, 12 },
		{ o.fds[ODDS], BPF_FUNC_map_lookup_elem, PCA_WRITE, 0, 12 },
	};
	struct pca_prog *prog = load(&o, "copy", BPF_PROG_TYPE_RAW_TRACEPOINT);
	struct pca_map_use uses[8];
	uint64_t args[12] = { 0 };

	expect((long)seen_uses(prog, &o, uses), 0);
	expect(pca_run_on_each_cpu(prog, args, NULL), 3);
	expect((long)seen_uses(prog, &o, uses), ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		expect_use(&uses[i], &want[i]);
	expect((long)pca_prog_seen_uses(prog, o.w.task, uses, 1), ARRAY_LEN(want));
	pca_prog_put(prog);
	close_object(&o);
}
END_TEST

START_TEST(callbacks_and_atomics_are_uses_of_their_own)
{
	struct opened o = open_object("right");
	struct pca_prog *each = load(&o, "nested_for_each", BPF_PROG_TYPE_RAW_TRACEPOINT);
	struct pca_prog *atomics = load(&o, "count_atomically", BPF_PROG_TYPE_RAW_TRACEPOINT);
	struct pca_map_use uses[8];
	uint64_t args[12] = { 0 };
	int retval;

	expect(pca_run_on(each, 2, args, &retval), 0);
	expect((long)seen_uses(each, &o, uses), 3);
	expect_use(&uses[0], &(struct pca_map_use){ o.fds[COUNTS], BPF_FUNC_for_each_map_elem,
						    PCA_READ, 0, 8 });
	expect_use(&uses[1], &(struct pca_map_use){ o.fds[PAIRS], BPF_FUNC_for_each_map_elem,
						    PCA_READ, 0, 8 });
	expect_use(&uses[2], &(struct pca_map_use){ o.fds[PAIRS], BPF_FUNC_for_each_map_elem,
						    PCA_WRITE, 0, 8 });
	expect(pca_run_on(atomics, 2, args, &retval), 0);
	expect_use(
		&uses[seen_uses(atomics, &o, uses) - 1],
		&(struct pca_map_use){ o.fds[COUNTS], BPF_FUNC_map_lookup_elem, PCA_ATOMIC, 0, 8 });
	pca_prog_put(each);
	pca_prog_put(atomics);
	close_object(&o);
}
END_TEST

static int does_nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

START_TEST(a_plain_build_is_loaded_with_what_runs_have_shown)
{
	struct opened o = open_object("right");
	struct pca_prog *prog = load(&o, "count", BPF_PROG_TYPE_RAW_TRACEPOINT);
	struct pca_task *other;
	struct pca_map_use uses[8];
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.fn = does_nothing,
		.uses = uses,
	};
	uint64_t args[12] = { 0 };
	int retval;

	expect(pca_task_create(&other, o.w.machine, NULL), 0);
	expect(pca_run_on(prog, 0, args, &retval), 0);
	expect((long)pca_prog_seen_uses(prog, other, uses, 8), 2);
	ck_assert_int_eq(uses[0].map_fd, -1);
	opts.nr_uses = seen_uses(prog, &o, uses);
	expect(pca_close(o.w.task, expect_fd(pca_prog_load(o.w.task, &opts))), 0);

	/* With a map that gives less it is what Linux refuses. */
	messages_catch();
	uses[1].map_fd = o.fds[READABLE];
	expect(pca_prog_load(o.w.task, &opts), -EACCES);
	pca_task_destroy(other);
	pca_prog_put(prog);
	close_object(&o);
}
END_TEST

START_TEST(what_was_refused_is_no_use)
{
	struct opened o = open_object("wrong");
	struct pca_prog *prog = load(&o, "store_over_end", BPF_PROG_TYPE_RAW_TRACEPOINT);
	struct pca_map_use uses[8];
	uint64_t args[12] = { 0 };

	messages_catch();
	expect(pca_run_on(prog, 2, args, NULL), -EACCES);
	expect((long)seen_uses(prog, &o, uses), 1);
	expect_use(&uses[0],
		   &(struct pca_map_use){ o.fds[COUNTS], BPF_FUNC_map_lookup_elem, 0, 0, 0 });
	pca_prog_put(prog);
	close_object(&o);
}
END_TEST

/* ---- wrong ones ---- */

/* What a row needs beside the program itself. */
enum setting {
	PLAIN,
	KEPT,	    /* another run has kept a pointer */
	KEPT_CPU,   /* on another CPU */
	KEPT_FREED, /* and its map is gone */
	GIVEN_FOREIGN,
	GIVEN_FOREIGN_MAP,
	GIVEN_HOST,
	GIVEN_OTHER_COPY, /* of CPU 0, and the program is given its own */
	XDP,
	SOCKET,
};

static const struct wrong {
	const char *prog;
	enum pca_violation_kind kind;
	int err;
	uint32_t access, bytes;
	int64_t offset;
	int map; /* -1: none */
	int64_t key;
	const char *verifier;
	const char *helper;
	enum setting setting;
} wrong[] = {
	/* ranges of values */
	{ "store_over_end", PCA_VIOLATION_RANGE, -EACCES, PCA_WRITE, 8, 4, COUNTS, 0,
	  "invalid access to map value, value_size=8 off=4 size=8" },
	{ "load_padding", PCA_VIOLATION_RANGE, -EACCES, PCA_READ, 1, 12, ODDS, 1,
	  "invalid access to map value, value_size=12 off=12 size=1" },
	{ "load_before", PCA_VIOLATION_ELEM, -EACCES, PCA_READ, 8, 0, COUNTS, 1,
	  "invalid access to map value, value_size=8 off=-8 size=8" },
	{ "load_next_element", PCA_VIOLATION_ELEM, -EACCES, PCA_READ, 8, 0, COUNTS, 1,
	  "invalid access to map value, value_size=8 off=8 size=8" },
	{ "store_behind_last_element", PCA_VIOLATION_RANGE, -EACCES, PCA_WRITE, 8, 0, PAIRS, -1,
	  "invalid access to map value, value_size=16 off=16 size=8" },
	{ "add_over_end", PCA_VIOLATION_RANGE, -EACCES, PCA_ATOMIC, 8, 12, PAIRS, 0,
	  "invalid access to map value, value_size=16 off=12 size=8" },
	{ "copy_too_much", PCA_VIOLATION_RANGE, -EACCES, PCA_READ, 24, 0, PAIRS, 1,
	  "invalid access to map value, value_size=16 off=0 size=24" },
	{ "set_too_much", PCA_VIOLATION_RANGE, -EACCES, PCA_WRITE, 17, 0, PAIRS, 1,
	  "invalid access to map value, value_size=16 off=0 size=17" },
	{ "assign_too_much", PCA_VIOLATION_ELEM, -EACCES, PCA_WRITE, 8, 0, PAIRS, 3,
	  "invalid access to map value, value_size=16 off=16 size=8" },

	/* rights of maps */
	{ "store_into_readable", PCA_VIOLATION_RIGHT, -EACCES, PCA_WRITE, 8, 0, READABLE, 1,
	  "write into map forbidden, value_size=8 off=0 size=8" },
	{ "add_to_readable", PCA_VIOLATION_RIGHT, -EACCES, PCA_ATOMIC, 8, 0, READABLE, 1,
	  "write into map forbidden, value_size=8 off=0 size=8" },
	{ "load_from_writable", PCA_VIOLATION_RIGHT, -EACCES, PCA_READ, 8, 0, WRITABLE, 1,
	  "read from map forbidden, value_size=8 off=0 size=8" },
	{ "add_to_writable", PCA_VIOLATION_RIGHT, -EACCES, PCA_ATOMIC, 8, 0, WRITABLE, 1,
	  "read from map forbidden, value_size=8 off=0 size=8" },
	{ "update_readable", PCA_VIOLATION_RIGHT, -EACCES, PCA_WRITE, 0, 0, READABLE, -1,
	  "write into map forbidden", "bpf_map_update_elem" },
	{ "delete_readable", PCA_VIOLATION_RIGHT, -EACCES, PCA_WRITE, 0, 0, READABLE, -1,
	  "write into map forbidden", "bpf_map_delete_elem" },
	{ "writable_as_key", PCA_VIOLATION_RIGHT, -EACCES, PCA_READ, 4, 0, WRITABLE, 1,
	  "read from map forbidden, value_size=8 off=0 size=4", "bpf_map_lookup_elem" },
	{ "writable_as_value", PCA_VIOLATION_RIGHT, -EACCES, PCA_READ, 8, 0, WRITABLE, 1,
	  "read from map forbidden, value_size=8 off=0 size=8", "bpf_map_update_elem" },
	{ "comm_into_readable", PCA_VIOLATION_RIGHT, -EACCES, PCA_WRITE, 8, 0, READABLE, 1,
	  "write into map forbidden, value_size=8 off=0 size=8", "bpf_get_current_comm" },

	/* pointers */
	{ "use_kept", PCA_VIOLATION_KEPT, -EFAULT, PCA_READ, 8, 0, COUNTS, 3,
	  "R1 invalid mem access 'scalar'", .setting = KEPT },
	{ "use_kept", PCA_VIOLATION_OTHER_CPU, -EFAULT, PCA_READ, 8, 0, COUNTS, 3,
	  "R1 invalid mem access 'scalar'", .setting = KEPT_CPU },
	{ "use_kept", PCA_VIOLATION_FREED, -EFAULT, PCA_READ, 8, 0, COUNTS, 3,
	  "R1 invalid mem access 'scalar'", .setting = KEPT_FREED },
	{ "use_given", PCA_VIOLATION_MACHINE, -EFAULT, PCA_READ, 8, 0, COUNTS, 2,
	  "R1 invalid mem access 'scalar'", .setting = GIVEN_FOREIGN },
	{ "use_given", PCA_VIOLATION_MEMORY, -EFAULT, PCA_READ, 8, 0, -1, -1,
	  "R1 invalid mem access 'scalar'", .setting = GIVEN_HOST },
	{ "use_given", PCA_VIOLATION_OTHER_CPU, -EFAULT, PCA_READ, 8, 0, COUNTS, 1,
	  "R1 invalid mem access 'scalar'", .setting = GIVEN_OTHER_COPY },
	{ "not_null_checked", PCA_VIOLATION_NULL, -EFAULT, PCA_READ, 8, 8, -1, -1,
	  "R0 invalid mem access 'map_value_or_null'" },

	/* variables and code */
	{ "load_definition", PCA_VIOLATION_DEFINITION, -EACCES, PCA_READ, 8, -1, -1, -1,
	  "R1 invalid mem access 'map_ptr'" },
	{ "store_into_definition", PCA_VIOLATION_DEFINITION, -EACCES, PCA_WRITE, 8, -1, -1, -1,
	  "only read from bpf_array is supported" },
	{ "store_into_constant", PCA_VIOLATION_RIGHT, -EACCES, PCA_WRITE, 8, -1, -1, -1,
	  "write into map forbidden" },
	{ "load_code", PCA_VIOLATION_GLOBAL, -EFAULT, PCA_READ, 4, 0, -1, -1,
	  "R1 invalid mem access 'scalar'" },

	/* the stack */
	{ "load_above_stack", PCA_VIOLATION_STACK, -EFAULT, PCA_READ, 8, -1, -1, -1,
	  "invalid read from stack R10" },
	{ "load_below_stack", PCA_VIOLATION_STACK, -EFAULT, PCA_READ, 8, -1, -1, -1,
	  "invalid read from stack R10" },
	{ "too_deep", PCA_VIOLATION_DEPTH, -E2BIG, 0, 0, 0, -1, -1,
	  "the call stack of 9 frames is too deep !" },

	/* a division by zero, which Linux lets be */
	{ "divides", PCA_VIOLATION_DIVISION, -EDOM, 0, 0, 0, -1, -1, "" },

	/* an array on the stack whose address nobody has */
	{ "index_of_local", PCA_VIOLATION_INDEX, -EACCES, 0, 0, 0, -1, -1, "" },

	/* the context and the packet */
	{ "load_behind_context", PCA_VIOLATION_CONTEXT, -EACCES, PCA_READ, 8, 96, -1, -1,
	  "invalid bpf_context access off=96 size=8" },
	{ "store_into_context", PCA_VIOLATION_RIGHT, -EACCES, PCA_WRITE, 8, 0, -1, -1,
	  "invalid bpf_context access off=0 size=8" },
	{ "load_behind_packet", PCA_VIOLATION_PACKET, -EACCES, PCA_READ, 1, 32, -1, -1,
	  "invalid access to packet, off=32 size=1", .setting = XDP },
	{ "store_into_packet", PCA_VIOLATION_RIGHT, -EACCES, PCA_WRITE, 1, 0, -1, -1,
	  "cannot write into packet", .setting = SOCKET },

	/* callbacks */
	{ "key_in_callback", PCA_VIOLATION_RIGHT, -EACCES, PCA_WRITE, 4, -1, -1, -1,
	  "write to change key R2 not allowed" },
	{ "range_in_callback", PCA_VIOLATION_ELEM, -EACCES, PCA_WRITE, 8, 0, PAIRS, 1,
	  "invalid access to map value, value_size=16 off=16 size=8" },
	{ "callback_is_data", PCA_VIOLATION_ARGUMENT, -EACCES, PCA_READ, 0, 0, -1, -1,
	  "R2 type=scalar expected=func", "bpf_for_each_map_elem" },
	{ "callback_ctx_is_global", PCA_VIOLATION_ARGUMENT, -EACCES, PCA_READ, 0, 0, -1, -1,
	  "R3 type=map_value expected=fp", "bpf_for_each_map_elem" },

	/* other arguments */
	{ "key_is_null", PCA_VIOLATION_NULL, -EFAULT, PCA_READ, 4, 0, -1, -1,
	  "R0 invalid mem access 'map_value_or_null'", "bpf_map_lookup_elem" },
	{ "use_given_as_key", PCA_VIOLATION_MEMORY, -EFAULT, PCA_READ, 4, 0, -1, -1,
	  "R1 invalid mem access 'scalar'", "bpf_map_lookup_elem", GIVEN_HOST },
	{ "use_given_as_map", PCA_VIOLATION_ARGUMENT, -EACCES, PCA_READ, 0, 0, -1, -1,
	  "R1 type=scalar expected=map_ptr", "bpf_map_lookup_elem", GIVEN_HOST },
	{ "use_given_as_map", PCA_VIOLATION_ARGUMENT, -EACCES, PCA_READ, 0, 0, -1, -1,
	  "R1 type=scalar expected=map_ptr", "bpf_map_lookup_elem", GIVEN_FOREIGN_MAP },
	{ "value_is_short", PCA_VIOLATION_RANGE, -EACCES, PCA_READ, 16, 0, COUNTS, 3,
	  "invalid access to map value, value_size=8 off=0 size=16", "bpf_map_update_elem" },
	{ "probe_into_constant", PCA_VIOLATION_RIGHT, -EACCES, PCA_WRITE, 8, -1, -1, -1,
	  "write into map forbidden", "bpf_probe_read_kernel" },
	{ "number_into_constant", PCA_VIOLATION_RIGHT, -EACCES, PCA_WRITE, 8, -1, -1, -1,
	  "write into map forbidden", "bpf_strtol" },
	{ "text_into_constant", PCA_VIOLATION_RIGHT, -EACCES, PCA_WRITE, 8, -1, -1, -1,
	  "write into map forbidden", "bpf_snprintf" },
	{ "format_is_null", PCA_VIOLATION_NULL, -EFAULT, PCA_READ, 4, 0, -1, -1,
	  "R0 invalid mem access 'map_value_or_null'", "bpf_trace_printk" },
	{ "sum_of_null", PCA_VIOLATION_NULL, -EFAULT, PCA_READ, 4, 0, -1, -1,
	  "R0 invalid mem access 'map_value_or_null'", "bpf_csum_diff" },
	{ "store_in_loop", PCA_VIOLATION_RIGHT, -EACCES, PCA_WRITE, 8, -1, -1, -1,
	  "write into map forbidden" },
	{ "loop_of_data", PCA_VIOLATION_ARGUMENT, -EACCES, PCA_READ, 0, 0, -1, -1,
	  "R2 type=scalar expected=func", "bpf_loop" },
};

/* The line of the source that ends in this name as a comment. */
static uint32_t line_of(const char *name)
{
	char path[512], mark[64], line[256];
	uint32_t number = 0;

	snprintf(path, sizeof(path), "%s/wrong.bpf.c", CHECKED_SOURCES);
	snprintf(mark, sizeof(mark), "/* %s */", name);

	FILE *source = fopen(path, "r");

	ck_assert_ptr_nonnull(source);
	while (fgets(line, sizeof(line), source)) {
		number++;
		if (strstr(line, mark)) {
			fclose(source);
			return number;
		}
	}
	fclose(source);
	ck_abort_msg("no line of %s", name);
}

static void give(struct opened *o, void *pointer)
{
	*(void **)symbol(o, "given") = pointer;
}

/* Do what the setting says, then run the program on CPU 3; what the run is ended with. */
static int run_wrong(struct opened *o, const struct wrong *t)
{
	static const struct pca_map_ref no_map = { .max_entries = 1 };
	unsigned char bytes[32 + 64] = { 0 };
	struct pca_packet packet = { bytes, bytes + 32 };
	struct opened other;
	int err;

	switch (t->setting) {
	case PLAIN:
		break;
	case KEPT:
	case KEPT_FREED:
		expect(run(o, "keep", 3, NULL), 0);
		if (t->setting == KEPT_FREED)
			put_map(o, COUNTS);
		break;
	case KEPT_CPU:
		expect(run(o, "keep", 2, NULL), 0);
		break;
	case GIVEN_HOST:
		give(o, (void *)&no_map);
		break;
	case GIVEN_OTHER_COPY:
		give(o, pca_map_peek(o->refs[COUNTS], 0, 1));
		break;
	case GIVEN_FOREIGN:
	case GIVEN_FOREIGN_MAP:
		other = (struct opened){ .w = world_open("0-7", PCA_DIRECT) };
		other.fds[COUNTS] = make_map(&other, COUNTS);
		expect(pca_map_get(other.w.task, other.fds[COUNTS], &other.refs[COUNTS]), 0);
		give(o, t->setting == GIVEN_FOREIGN ? pca_map_peek(other.refs[COUNTS], 5, 2)
						    : other.refs[COUNTS]);
		err = run(o, t->prog, 3, NULL);
		put_map(&other, COUNTS);
		world_close(&other.w);
		return err;
	case XDP:
		return run_as(o, t->prog, BPF_PROG_TYPE_XDP, 3, &packet, NULL);
	case SOCKET:
		return run_as(o, t->prog, BPF_PROG_TYPE_SOCKET_FILTER, 3, &packet, NULL);
	}
	return run(o, t->prog, 3, NULL);
}

static void expect_map(const struct wrong *t, const struct pca_violation *v)
{
	ck_assert_str_eq(v->map_name, t->map < 0 ? "" : map_names[t->map]);
	expect(!!v->map_id, t->map >= 0);
	expect(v->has_key, t->key >= 0);
	if (t->key >= 0)
		expect(v->key, t->key);
}

static void expect_violation(const struct wrong *t, const struct pca_violation *v)
{
	char name[16];

	snprintf(name, sizeof(name), "%s", t->prog);
	expect(v->kind, t->kind);
	expect(v->err, t->err);
	expect(v->cpu, 3);
	ck_assert_str_eq(v->prog_name, name);
	expect(v->access, t->access);
	expect(v->bytes, t->bytes);
	if (t->offset >= 0)
		expect(v->offset, t->offset);
	expect_map(t, v);
	ck_assert_str_eq(v->helper, t->helper ? t->helper : "");
	if (strncmp(v->verifier, t->verifier, strlen(t->verifier)))
		ck_abort_msg("%s: verifier's words \"%s\", not \"%s\"", t->prog, v->verifier,
			     t->verifier);
#ifdef HAVE_LINES
	ck_assert_ptr_nonnull(strstr(v->file, "wrong.bpf.c"));
	expect(v->line, line_of(t->prog));
#endif
	expect_message(v->text);
}

START_TEST(wrong_programs_are_stopped_and_told_of)
{
	const struct wrong *t = &wrong[_i];
	struct opened o = open_object("wrong");
	struct pca_violation violation;

	row("%s, %d", t->prog, t->setting);
	messages_catch();
	expect(run_wrong(&o, t), t->err);
	expect(pca_machine_last_violation(o.w.machine, &violation, sizeof(violation)), 1);
	expect_violation(t, &violation);
	/* CPU and machine go on. */
	expect(run(&o, "delete_readable", 3, NULL), -EACCES);
	expect(pca_machine_last_violation(o.w.machine, &violation, sizeof(violation)), 2);
	expect(messages_count(), 2);
	close_object(&o);
}
END_TEST

START_TEST(endless_programs_are_stopped)
{
	struct opened o = open_object_with("wrong", 1000000);

	messages_catch();
	expect(run(&o, "endless", 0, NULL), -E2BIG);
	expect_message("program \"endless\" on CPU 0 was stopped after 1000000 steps");
	expect_message("given more by most_steps of struct pca_machine_opts, --steps");
	expect(run(&o, "endless_in_helpers", 2, NULL), -E2BIG);
	expect(run(&o, "keep", 0, NULL), 0);
	close_object(&o);
}
END_TEST

/* Two calls of bpf_loop() with nothing in them could take days. */
START_TEST(callbacks_that_do_nothing_are_counted)
{
	struct opened o = open_object_with("wrong", 1000);

	messages_catch();
	expect(run(&o, "empty_loops", 0, NULL), -E2BIG);
	expect_message("program \"empty_loops\" on CPU 0 was stopped after 1000 steps");
	expect(run(&o, "keep", 0, NULL), 0);
	close_object(&o);
}
END_TEST

/* What Linux lets one bpf_loop() do, by whatever is the limit unless one is set. */
START_TEST(the_longest_loop_ends)
{
	struct opened o = open_object("right");
	int retval;

	expect(run(&o, "longest_loop", 2, &retval), 0);
	expect(retval, 1 << 23);
	close_object(&o);
}
END_TEST

/* ---- an object that is opened while another one's lines are looked for ---- */

#ifdef HAVE_LINES

static struct {
	bool is_asked_for;  /* dlopen() of libdw is a moment to open an object, once */
	bool is_registered; /* atomic */
	pthread_t thread;
} opening;

/* What an object's constructor does, which holds the lock of dlopen(). */
static void *register_object(void *unused)
{
	static const char image[16];

	pca_checked_register(image, image + sizeof(image));
	pca_checked_unregister(image);
	__atomic_store_n(&opening.is_registered, true, __ATOMIC_RELEASE);
	return unused;
}

void *dlopen(const char *file, int flags)
{
	void *(*real)(const char *file, int flags);

	*(void **)&real = dlsym(RTLD_NEXT, "dlopen");
	if (opening.is_asked_for && strstr(file, "libdw")) {
		opening.is_asked_for = false;
		ck_assert_int_eq(pthread_create(&opening.thread, NULL, register_object, NULL), 0);
		for (int i = 0;
		     i < 20000 && !__atomic_load_n(&opening.is_registered, __ATOMIC_ACQUIRE); i++)
			sched_yield();
		expect(__atomic_load_n(&opening.is_registered, __ATOMIC_ACQUIRE), true);
		ck_assert_int_eq(pthread_join(opening.thread, NULL), 0);
	}
	return real(file, flags);
}

START_TEST(objects_are_opened_while_lines_are_looked_for)
{
	struct opened o = open_object("wrong");

	messages_catch();
	opening.is_asked_for = true;
	expect(run(&o, "store_over_end", 0, NULL), -EACCES);
	expect_message("wrong.bpf.c:");
	close_object(&o);
}
END_TEST

#endif

/* ---- plain programs and maps that they may only read ---- */

static struct pca_map_ref *plain_map;

static int plain_store(void *ctx)
{
	uint32_t key = 1;
	uint64_t *value = pca_map_lookup_elem(plain_map, &key);

	(void)ctx;
	if (value)
		*(volatile uint64_t *)value = 7;
	return 0;
}

static int plain_load(void *ctx)
{
	uint32_t key = 1;
	uint64_t *value = pca_map_lookup_elem(plain_map, &key);

	(void)ctx;
	return value ? (int)*value : -1;
}

static int plain_update(void *ctx)
{
	uint32_t key = 1;
	uint64_t value = 7;

	(void)ctx;
	return (int)pca_map_update_elem(plain_map, &key, &value, 0);
}

static int run_plain(struct opened *o, pca_prog_fn fn, int *retval)
{
	const struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.name = "plain",
		.fn = fn,
	};
	struct pca_prog *prog;
	int fd = expect_fd(pca_prog_load(o->w.task, &opts)), err;

	expect(pca_prog_get(o->w.task, fd, &prog), 0);
	expect(pca_close(o->w.task, fd), 0);
	err = pca_run_on(prog, 2, NULL, retval);
	pca_prog_put(prog);
	return err;
}

static struct opened open_plain(bool has_contexts)
{
	const struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = "0,2-3",
		.release = TESTED_RELEASE,
		.topology = "pu:4",
		.has_contexts = has_contexts,
	};
	struct opened o = { .w = world_open_with(&opts, NULL) };

	o.fds[READABLE] = make_map(&o, READABLE);
	expect(pca_map_get(o.w.task, o.fds[READABLE], &plain_map), 0);
	return o;
}

static void close_plain(struct opened *o)
{
	pca_map_put(plain_map);
	expect(pca_close(o->w.task, o->fds[READABLE]), 0);
	world_close(&o->w);
}

START_TEST(commands_write_what_programs_only_read)
{
	struct opened o = open_plain(false);
	uint64_t values[3] = { 1, 2, 3 }, got[3];
	uint32_t key = 1;
	int retval;

	expect(pca_map_update(o.w.task, o.fds[READABLE], &key, values, sizeof(values), 0), 0);
	expect(pca_map_lookup(o.w.task, o.fds[READABLE], &key, got, sizeof(got), 0), 0);
	expect_bytes(got, values, sizeof(got));
	expect(run_plain(&o, plain_load, &retval), 0);
	expect(retval, 2);
	messages_catch();
	expect(run_plain(&o, plain_update, &retval), 0);
	expect(retval, -EACCES);
	expect_message("map \"readable\" has BPF_F_RDONLY_PROG");
	close_plain(&o);
}
END_TEST

START_TEST(a_plain_store_into_readable_memory_is_caught)
{
	struct opened o = open_plain(true);
	struct pca_violation violation;
	int retval;

	messages_catch();
	expect(pca_catch_faults(), 0);
	expect(pca_catch_faults(), 0);
	for (uint64_t i = 1; i <= 3; i++) {
		expect(run_plain(&o, plain_store, NULL), -EACCES);
		expect(pca_machine_last_violation(o.w.machine, &violation, sizeof(violation)), i);
	}
	expect(violation.kind, PCA_VIOLATION_RIGHT);
	ck_assert_str_eq(violation.map_name, "readable");
	expect(violation.key, 1);
	expect(violation.copy_cpu, 2);
	expect(run_plain(&o, plain_load, &retval), 0);
	expect(retval, 0);
	close_plain(&o);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("checked");
	TCase *c = add_case(s, "right");

	tcase_add_test(c, right_programs_run_as_plain_ones_do);
	tcase_add_test(c, a_right_packet_program_changes_its_packet);
	c = add_case(s, "uses");
	tcase_add_test(c, runs_show_how_maps_are_used);
	tcase_add_test(c, callbacks_and_atomics_are_uses_of_their_own);
	tcase_add_test(c, a_plain_build_is_loaded_with_what_runs_have_shown);
	tcase_add_test(c, what_was_refused_is_no_use);
	c = add_case(s, "wrong");
	tcase_add_loop_test(c, wrong_programs_are_stopped_and_told_of, 0, ARRAY_LEN(wrong));
	tcase_add_test(c, endless_programs_are_stopped);
	tcase_add_test(c, callbacks_that_do_nothing_are_counted);
	tcase_add_test(c, the_longest_loop_ends);
#ifdef HAVE_LINES
	tcase_add_test(c, objects_are_opened_while_lines_are_looked_for);
#endif
	c = add_case(s, "plain");
	tcase_add_test(c, commands_write_what_programs_only_read);
#ifndef __SANITIZE_THREAD__ /* whose runtime takes no second fault after a jump */
	tcase_add_test(c, a_plain_store_into_readable_memory_is_caught);
#else
	(void)a_plain_store_into_readable_memory_is_caught;
#endif
	return s;
}

TEST_MAIN(suite)
