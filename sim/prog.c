// SPDX-License-Identifier: MIT
/*
 * Programs: what BPF_PROG_LOAD and the verifier say to a program's declared
 * uses of maps (Linux: bpf_prog_load(), check_map_func_compatibility(),
 * check_map_access_type(), check_map_access()). Measured on 6.18.
 */
#include "prog.h"

#include <linux/bpf.h>
#include <stdarg.h>
#include <string.h>

#include <pcasim/bpf.h>
#include <pcasim/context.h>

#include "alloc.h"
#include "checked.h"
#include "hint.h"
#include "map.h"
#include "listen.h"
#include "message.h"
#include "object_image.h"
#include "task.h"

#define NET PCA_CAP_NET_ADMIN
#define TRACE PCA_CAP_PERFMON

static const struct prog_type types[] = {
	[BPF_PROG_TYPE_SOCKET_FILTER] = { TEST_RUN_SKB_NO_MAC, 0, .for_unprivileged = true },
	[BPF_PROG_TYPE_KPROBE] = { TEST_RUN_NONE, TRACE },
	[BPF_PROG_TYPE_SCHED_CLS] = { TEST_RUN_SKB, NET },
	[BPF_PROG_TYPE_SCHED_ACT] = { TEST_RUN_SKB, NET },
	[BPF_PROG_TYPE_TRACEPOINT] = { TEST_RUN_NONE, TRACE },
	[BPF_PROG_TYPE_XDP] = { TEST_RUN_XDP, NET },
	[BPF_PROG_TYPE_PERF_EVENT] = { TEST_RUN_NONE, TRACE },
	[BPF_PROG_TYPE_CGROUP_SKB] = { TEST_RUN_SKB_NO_MAC, 0, .for_unprivileged = true },
	[BPF_PROG_TYPE_CGROUP_SOCK] = { TEST_RUN_NONE, NET },
	[BPF_PROG_TYPE_LWT_IN] = { TEST_RUN_SKB_NO_MAC, NET },
	[BPF_PROG_TYPE_LWT_OUT] = { TEST_RUN_SKB_NO_MAC, NET },
	[BPF_PROG_TYPE_LWT_XMIT] = { TEST_RUN_SKB_NO_MAC, NET },
	[BPF_PROG_TYPE_SOCK_OPS] = { TEST_RUN_NONE, NET },
	[BPF_PROG_TYPE_SK_SKB] = { TEST_RUN_NONE, NET },
	[BPF_PROG_TYPE_CGROUP_DEVICE] = { TEST_RUN_NONE, NET },
	[BPF_PROG_TYPE_SK_MSG] = { TEST_RUN_NONE, NET },
	[BPF_PROG_TYPE_RAW_TRACEPOINT] = { TEST_RUN_RAW_TP, TRACE },
	[BPF_PROG_TYPE_CGROUP_SOCK_ADDR] = { TEST_RUN_NONE, NET },
	[BPF_PROG_TYPE_LWT_SEG6LOCAL] = { TEST_RUN_NONE, NET },
	[BPF_PROG_TYPE_LIRC_MODE2] = { TEST_RUN_NONE, 0, -EINVAL },
	[BPF_PROG_TYPE_SK_REUSEPORT] = { TEST_RUN_NONE, 0 },
	[BPF_PROG_TYPE_FLOW_DISSECTOR] = { TEST_RUN_NONE, NET },
	[BPF_PROG_TYPE_CGROUP_SYSCTL] = { TEST_RUN_NONE, NET },
	[BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE] = { TEST_RUN_NONE, TRACE },
	[BPF_PROG_TYPE_CGROUP_SOCKOPT] = { TEST_RUN_NONE, NET },
	[BPF_PROG_TYPE_TRACING] = { TEST_RUN_NONE, TRACE, -EINVAL },
	[BPF_PROG_TYPE_STRUCT_OPS] = { TEST_RUN_NONE, TRACE, -PCA_ENOTSUPP },
	[BPF_PROG_TYPE_EXT] = { TEST_RUN_NONE, NET, -EINVAL },
	[BPF_PROG_TYPE_LSM] = { TEST_RUN_NONE, TRACE, -EINVAL },
	[BPF_PROG_TYPE_SK_LOOKUP] = { TEST_RUN_NONE, 0 },
	[BPF_PROG_TYPE_SYSCALL] = { TEST_RUN_SYSCALL, 0 },
	[32 /* NETFILTER, newer than 6.1's header */] = { TEST_RUN_NONE, NET },
};

const struct prog_type *prog_type(uint32_t type)
{
	return type && type < ARRAY_SIZE(types) ? &types[type] : NULL;
}

/* Which maps a helper takes. */
enum { FOR_NONE = 0, FOR_ARRAY = 1, FOR_PERCPU_ARRAY = 2, FOR_HASH = 4, FOR_ALL = 7 };

/* A helper that takes a map. */
struct map_helper {
	uint32_t func;
	const char *name;
	unsigned int maps;
	bool gives_value; /* the program gets at the value */
	bool writes;	  /* the helper itself writes into the map */
};

static const struct map_helper map_helpers[] = {
	{ BPF_FUNC_map_lookup_elem, "bpf_map_lookup_elem", FOR_ALL, true, false },
	{ BPF_FUNC_map_update_elem, "bpf_map_update_elem", FOR_ALL, false, true },
	{ BPF_FUNC_map_delete_elem, "bpf_map_delete_elem", FOR_ALL, false, true },
	{ BPF_FUNC_for_each_map_elem, "bpf_for_each_map_elem", FOR_ALL, true, false },
	{ MAP_LOOKUP_PERCPU_ELEM, "bpf_map_lookup_percpu_elem", FOR_PERCPU_ARRAY, true, false },
	{ BPF_FUNC_tail_call, "bpf_tail_call", FOR_NONE, false, false },
	{ BPF_FUNC_perf_event_read, "bpf_perf_event_read", FOR_NONE, false, false },
	{ BPF_FUNC_perf_event_output, "bpf_perf_event_output", FOR_NONE, false, false },
	{ BPF_FUNC_get_stackid, "bpf_get_stackid", FOR_NONE, false, false },
	{ BPF_FUNC_skb_under_cgroup, "bpf_skb_under_cgroup", FOR_NONE, false, false },
	{ BPF_FUNC_current_task_under_cgroup, "bpf_current_task_under_cgroup", FOR_NONE, false,
	  false },
	{ BPF_FUNC_redirect_map, "bpf_redirect_map", FOR_NONE, false, false },
	{ BPF_FUNC_sock_map_update, "bpf_sock_map_update", FOR_NONE, false, false },
	{ BPF_FUNC_map_push_elem, "bpf_map_push_elem", FOR_NONE, false, false },
	{ BPF_FUNC_map_pop_elem, "bpf_map_pop_elem", FOR_NONE, false, false },
	{ BPF_FUNC_map_peek_elem, "bpf_map_peek_elem", FOR_NONE, false, false },
	{ BPF_FUNC_sk_storage_get, "bpf_sk_storage_get", FOR_NONE, false, false },
	{ BPF_FUNC_ringbuf_output, "bpf_ringbuf_output", FOR_NONE, false, false },
	{ BPF_FUNC_ringbuf_reserve, "bpf_ringbuf_reserve", FOR_NONE, false, false },
	{ BPF_FUNC_task_storage_get, "bpf_task_storage_get", FOR_NONE, false, false },
};

/* Where a refusal is explained: the caller's log, or a message when it has none. */
struct verifier_log {
	char *text;
	size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void say(struct verifier_log *log, const char *fmt,
						      ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (!log->text || !log->size) {
		message_error("program refused: %s", line);
		return;
	}
	int n = snprintf(log->text + log->used, log->size - log->used, "%s\n", line);

	log->used += (size_t)n < log->size - log->used ? (size_t)n : log->size - log->used - 1;
}

static const struct map_helper *find_helper(uint32_t func)
{
	for (size_t i = 0; i < ARRAY_SIZE(map_helpers); i++) {
		if (map_helpers[i].func == func)
			return &map_helpers[i];
	}
	return NULL;
}

uint32_t prog_map_helper(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(map_helpers); i++) {
		if (!strcmp(map_helpers[i].name, name))
			return map_helpers[i].func;
	}
	return 0;
}

const char *prog_map_helper_name(uint32_t func)
{
	const struct map_helper *helper = find_helper(func);

	return helper ? helper->name : NULL;
}

/* Did the release have the helper yet? */
static bool helper_exists(const struct pca_machine *machine, uint32_t func)
{
	return func != MAP_LOOKUP_PERCPU_ELEM || machine_has(machine, FEATURE_LOOKUP_PERCPU);
}

static bool takes(const struct map_helper *helper, const struct pca_map *map)
{
	return helper->maps & (!map_has_indices(map) ? FOR_HASH
			       : map->ops->is_percpu ? FOR_PERCPU_ARRAY
						     : FOR_ARRAY);
}

bool prog_helper_takes(uint32_t func, const struct pca_map *map)
{
	const struct map_helper *helper = find_helper(func);

	return helper && takes(helper, map);
}

static int check_helper(struct verifier_log *log, const struct map_helper *helper, uint32_t func,
			const struct pca_map *map)
{
	if (!helper || !helper_exists(map->object.machine, func)) {
		say(log, "invalid func unknown#%u: not a helper that takes a map", func);
		return -EINVAL;
	}
	if (func == BPF_FUNC_tail_call) {
		say(log, "expected prog array map for tail call");
		return -EINVAL;
	}
	if (!takes(helper, map)) {
		say(log, "cannot pass map_type %u into func %s#%u", map->type, helper->name, func);
		return -EINVAL;
	}
	if (helper->writes && (map->flags & BPF_F_RDONLY_PROG)) {
		say(log, "write into map forbidden");
		return -EACCES;
	}
	return 0;
}

/* One direction of one access: first the right, then the range. */
static int check_access(struct verifier_log *log, const struct pca_map *map,
			const struct pca_map_use *use, uint32_t access)
{
	uint32_t forbidding = access == PCA_READ ? BPF_F_WRONLY_PROG : BPF_F_RDONLY_PROG;
	uint32_t bytes = use->bytes			 ? use->bytes
			 : use->offset < map->value_size ? map->value_size - use->offset
							 : 1;

	if (map->flags & forbidding) {
		say(log, "%s map forbidden, value_size=%u off=%u size=%u",
		    access == PCA_READ ? "read from" : "write into", map->value_size, use->offset,
		    bytes);
		return -EACCES;
	}
	if ((uint64_t)use->offset + bytes > map->value_size) {
		say(log, "invalid access to map value, value_size=%u off=%u size=%u",
		    map->value_size, use->offset, bytes);
		say(log, "R0 min value is outside of the allowed memory range");
		return -EACCES;
	}
	return 0;
}

/*
 * What a program reads of a frozen array that programs may only read is taken for
 * a constant, which Linux finds in a map of one element only. Per-CPU arrays have
 * no constants. Linux: check_mem_access(), array_map_direct_value_addr().
 */
static int check_constant(struct verifier_log *log, const struct pca_map *map)
{
	if (map->ops->is_percpu || !map_has_indices(map) || !(map->flags & BPF_F_RDONLY_PROG) ||
	    !__atomic_load_n(&map->is_frozen, __ATOMIC_RELAXED) || map->ref.max_entries == 1)
		return 0;
	say(log, "a value of a frozen read-only array with max_entries %u is no constant",
	    map->ref.max_entries);
	return -PCA_ENOTSUPP;
}

/* A value that comes from no helper: an address in the program. */
static int check_direct_value(struct verifier_log *log, const struct pca_map *map,
			      const struct pca_map_use *use)
{
	int err = 0;

	if (use->helper || !map_has_indices(map) ||
	    !machine_has(map->object.machine, FEATURE_DIRECT_VALUE)) {
		say(log, "no direct value access support for this map type: values come from a "
			 "lookup or for-each helper");
		return -EINVAL;
	}
	if (map->ref.max_entries != 1)
		err = -EOPNOTSUPP;
	else if (use->offset >= map->value_size)
		err = -EINVAL;
	if (err)
		say(log, "invalid access to map value pointer, value_size=%u off=%u",
		    map->value_size, use->offset);
	return err;
}

static int check_use(struct verifier_log *log, const struct pca_map *map,
		     const struct pca_map_use *use)
{
	const struct map_helper *helper = find_helper(use->helper);
	int err = 0;

	if (use->helper)
		err = check_helper(log, helper, use->helper, map);
	if (err || !use->access)
		return err;
	if (use->access & ~(PCA_READ | PCA_WRITE | PCA_ATOMIC)) {
		say(log, "access 0x%x has bits beyond PCA_READ, PCA_WRITE and PCA_ATOMIC",
		    use->access);
		return -EINVAL;
	}
	if (!helper || !helper->gives_value)
		err = check_direct_value(log, map, use);
	if (err)
		return err;
	/* An atomic operation is a read and then a write. */
	if (use->access & (PCA_READ | PCA_ATOMIC))
		err = check_access(log, map, use, PCA_READ);
	if (!err && (use->access & PCA_READ))
		err = check_constant(log, map);
	if (!err && (use->access & (PCA_WRITE | PCA_ATOMIC)))
		err = check_access(log, map, use, PCA_WRITE);
	return err;
}

/* An EXT program replaces another one's function, which needs more than a name. */
static bool is_met_by_section(uint32_t type)
{
	return type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_LSM;
}

static int check_type(const struct pca_task *task, uint32_t number, bool has_section)
{
	const struct prog_type *type = prog_type(number);
	bool has_bpf = task_bpf_capable(task, PCA_CAP_BPF);

	if (!has_bpf && !(task->machine->allow_unprivileged_bpf && type && type->for_unprivileged))
		return -EPERM;
	if (!type)
		return -EINVAL;
	if (type->cap && !task_bpf_capable(task, type->cap))
		return -EPERM;
	return has_section && is_met_by_section(number) ? 0 : type->err;
}

static int set_name(struct pca_prog *prog, const char *name)
{
	char padded[OBJ_NAME_BYTES] = "";

	if (!name)
		return 0;
	memcpy(padded, name, strnlen(name, sizeof(padded)));
	return obj_name_copy(prog->name, padded);
}

/* Take references to the maps of all uses. Linux: resolve_pseudo_ldimm64(). */
static int get_maps(struct pca_task *task, struct pca_prog *prog,
		    const struct pca_prog_load_opts *opts, struct verifier_log *log)
{
	for (size_t i = 0; i < opts->nr_uses; i++) {
		int err = task_get_object(task, opts->uses[i].map_fd, OBJECT_MAP, &prog->maps[i]);

		if (err) {
			say(log, "fd %d is not pointing to valid bpf_map", opts->uses[i].map_fd);
			return err;
		}
		prog->nr_maps++;
		if (map_of_object(prog->maps[i])->is_exclusive) {
			say(log, "program's hash doesn't match map's excl_prog_hash");
			return -EACCES;
		}
	}
	return 0;
}

static void prog_release(struct object *object)
{
	struct pca_prog *prog = prog_of_object(object);

	for (size_t i = 0; i < prog->nr_maps; i++)
		object_put(prog->maps[i]);
}

static void prog_free(struct object *object)
{
	struct pca_prog *prog = prog_of_object(object);

	object_image_put(prog->image);
	seen_uses_free(prog->seen_uses);
	free(prog);
}

static void prog_show_fdinfo(const struct object *object, FILE *out)
{
	const struct pca_prog *prog = container_of(object, const struct pca_prog, object);

	fprintf(out, "prog_type:\t%u\nprog_id:\t%u\n", prog->type, object->id);
	if (machine_has(object->machine, FEATURE_TRACING_RECURSION))
		fprintf(out, "recursion_misses:\t%llu\n",
			(unsigned long long)pca_prog_recursion_misses(prog));
}

static const struct object_ops prog_object_ops = {
	.kind = OBJECT_PROG,
	.free = prog_free,
	.release = prog_release,
	.show_fdinfo = prog_show_fdinfo,
};

/* The address of a callback is an instruction that releases without for-each do not know. */
static int check_callbacks(const struct pca_machine *machine, const struct pca_prog_load_opts *opts,
			   struct verifier_log *log)
{
	for (size_t i = 0; i < opts->nr_uses; i++) {
		if (opts->uses[i].helper == BPF_FUNC_for_each_map_elem &&
		    !machine_has(machine, FEATURE_FOR_EACH)) {
			say(log, "unrecognized bpf_ld_imm64 insn");
			return -EINVAL;
		}
	}
	return 0;
}

/*
 * Values for programs to read that commands may still change are a mistake only if
 * they are constants: those of a map that is named as compilers name theirs.
 */
static void look_for_freeze(const struct pca_map *map, const struct pca_map_use *use)
{
	size_t len = strlen(map->name), end = strlen(".rodata");

	if (!map->ops->is_percpu && (map->flags & BPF_F_RDONLY_PROG) && (use->access & PCA_READ) &&
	    map->ref.max_entries == 1 && len >= end && !strcmp(map->name + len - end, ".rodata") &&
	    !__atomic_load_n(&map->is_frozen, __ATOMIC_RELAXED))
		hint_of_map(map, HINT_FREEZE_FORGOTTEN, (struct hint_facts){ 0 });
}

static int verify(struct pca_task *task, struct pca_prog *prog,
		  const struct pca_prog_load_opts *opts)
{
	struct verifier_log log = { opts->log, opts->log_size, 0 };
	int err;

	if (log.text && log.size)
		log.text[0] = '\0';
	err = check_callbacks(task->machine, opts, &log);
	if (!err)
		err = get_maps(task, prog, opts, &log);
	for (size_t i = 0; i < opts->nr_uses && !err; i++)
		err = check_use(&log, map_of_object(prog->maps[i]), &opts->uses[i]);
	for (size_t i = 0; i < opts->nr_uses && !err; i++)
		look_for_freeze(map_of_object(prog->maps[i]), &opts->uses[i]);
	return err;
}

static int meet_fault(struct pca_task *task)
{
	struct fault_middle none;

	return task_attention(task) & ATTENTION_FAULTS ? fault_before(task, BPF_PROG_LOAD, &none)
						       : 0;
}

static int prog_load(struct pca_task *task, const struct pca_prog_load_opts *user_opts,
		     struct object_image *image, uint32_t attach_type)
{
	struct pca_prog_load_opts opts = { 0 };
	struct pca_prog *prog;
	int err = meet_fault(task);

	if (!err)
		err = copy_opts(&opts, sizeof(opts), user_opts, user_opts->size,
				"struct pca_prog_load_opts");
	if (!err)
		err = check_type(task, opts.type, image);
	if (!err && !opts.fn) {
		message_error("pca_prog_load: fn is NULL; a program is a function");
		err = -EINVAL;
	}
	if (err)
		return err;

	prog = alloc_zeroed(sizeof(*prog) + opts.nr_uses * sizeof(prog->maps[0]));
	if (!prog)
		return -ENOMEM;
	prog->type = opts.type;
	prog->fn = opts.fn;
	prog->ctx_bytes = opts.ctx_bytes;
	prog->checked = checked_object_at(opts.fn);
	if (image) {
		object_image_get(image);
		prog->image = image;
		prog->ctx_kind = CTX_OF_LINUX;
		prog->attach_type = attach_type;
	}
	err = set_name(prog, opts.name);
	if (!err)
		err = verify(task, prog, &opts);
	if (!err)
		err = object_publish(&prog->object, &prog_object_ops, task->machine);
	if (err) {
		prog_release(&prog->object);
		prog_free(&prog->object);
		return err;
	}
	if (prog->checked)
		__atomic_fetch_or(&task->machine->run_ways, RUNS_ARE_WATCHED, __ATOMIC_RELAXED);
	return task_open_object(task, &prog->object, MODE_READ | MODE_WRITE, BPF_PROG_LOAD);
}

int prog_load_of_image(struct pca_task *task, const struct pca_prog_load_opts *opts,
		       struct object_image *image, uint32_t attach_type)
{
	struct pca_event event;
	struct object *prog = NULL;

	if (likely(!task_is_listened_to(task)))
		return prog_load(task, opts, image, attach_type);
	command_begins(&event, task, BPF_PROG_LOAD);

	int fd = prog_load(task, opts, image, attach_type);

	command_is_over(&event);
	if (fd >= 0 && !task_get_object(task, fd, OBJECT_PROG, &prog)) {
		event.prog_id = prog->id;
		event.prog_name = prog_of_object(prog)->name;
	}
	command_ends(&event, task, fd);
	if (prog)
		object_put(prog);
	return fd;
}

int pca_prog_load(struct pca_task *task, const struct pca_prog_load_opts *opts)
{
	return prog_load_of_image(task, opts, NULL, 0);
}

int pca_prog_get(struct pca_task *task, int fd, struct pca_prog **prog)
{
	struct object *object;
	int err = task_get_object(task, fd, OBJECT_PROG, &object);

	if (!err)
		*prog = prog_of_object(object);
	return err;
}

void pca_prog_put(struct pca_prog *prog)
{
	object_put(&prog->object);
}
