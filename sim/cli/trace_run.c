// SPDX-License-Identifier: MIT
/*
 * The operations of traces that are bpf() commands, and what a recorder prints
 * of their results.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace_world.h"

/* The id that a recorder asked for when it had none. */
#define UNKNOWN_ID 0x7ffffff0
#define CREATE_ATTR_SIZE 72
/* How long a target that frees maps late is given to do it. */
#define FREE_WAIT_US 3000000
#define FREE_POLL_US 200
#define ID_ATTR_SIZE 8

/* excl_hash=: what excl_prog_hash points to. */
static void get_excl_hash(struct trace_world *w, struct trace_line *line,
			  struct map_create_attr *attr)
{
	attr->excl_prog_hash_size = trace_u32_or(line, "excl_hash_size", 0);
	if (!trace_arg(line, "excl_hash"))
		return;
	trace_buffer_in(&w->in, line, "excl_hash");
	attr->excl_prog_hash = w->in.addr;
}

static void run_create(struct trace_world *w, struct trace_line *line, FILE *out)
{
	struct map_create_attr attr = {
		.map_type = trace_u32(line, "type"),
		.key_size = trace_u32(line, "key_size"),
		.value_size = trace_u32(line, "value_size"),
		.max_entries = trace_u32(line, "max_entries"),
		.map_flags = trace_u32(line, "flags"),
		.numa_node = trace_u32_or(line, "numa", 0),
		.map_ifindex = trace_u32_or(line, "ifindex", 0),
		.btf_fd = trace_i32_or(line, "btf_fd", 0),
		.btf_key_type_id = trace_u32_or(line, "btf_k", 0),
		.btf_value_type_id = trace_u32_or(line, "btf_v", 0),
		.btf_vmlinux_value_type_id = trace_u32_or(line, "btf_vmv", 0),
		.map_extra = trace_u64_or(line, "map_extra", 0),
	};
	struct trace_handle *handle = trace_handle(w, line, "h");
	long ret;

	if (trace_arg(line, "name")) {
		trace_buffer_in(&w->value, line, "name");
		if (!line->bad && w->value.len == sizeof(attr.map_name))
			memcpy(attr.map_name, w->value.data, sizeof(attr.map_name));
		else
			line->bad = "name";
	}
	get_excl_hash(w, line, &attr);
	if (line->bad)
		return;
	ret = trace_command(w, line, BPF_MAP_CREATE, &attr, sizeof(attr), CREATE_ATTR_SIZE);

	/* A small recording machine ran out of memory: its handle is dead. */
	if (ret >= 0 && line->result && strstr(line->result, "err=ENOMEM")) {
		w->target->ops->close(w->target, (int)ret);
		ret = -ENOMEM;
	}
	trace_opened(w, handle, ret < 0 ? -1 : (int)ret);
	trace_show_ret(out, ret);
	trace_show_log(w, line, out);
}

static long run_elem(struct trace_world *w, struct trace_line *line, int cmd, uint64_t value)
{
	struct elem_attr attr = {
		.map_fd = trace_fd(w, line, "h"),
		.value = value,
		.flags = trace_u64_or(line, "flags", 0),
	};

	trace_buffer_in(&w->key, line, "key");
	attr.key = w->key.addr;
	return line->bad ? 0 : trace_command(w, line, cmd, &attr, sizeof(attr), sizeof(attr));
}

static void run_lookup_as(struct trace_world *w, struct trace_line *line, int cmd, FILE *out)
{
	trace_buffer_out(&w->value, line, "vlen");
	trace_show_ret(out, run_elem(w, line, cmd, w->value.addr));
	trace_buffer_show(&w->value, "val", out);
	trace_show_log(w, line, out);
}

static void run_lookup(struct trace_world *w, struct trace_line *line, FILE *out)
{
	run_lookup_as(w, line, BPF_MAP_LOOKUP_ELEM, out);
}

static void run_lookup_and_delete(struct trace_world *w, struct trace_line *line, FILE *out)
{
	run_lookup_as(w, line, BPF_MAP_LOOKUP_AND_DELETE_ELEM, out);
}

static void run_update(struct trace_world *w, struct trace_line *line, FILE *out)
{
	trace_buffer_in(&w->value, line, "val");
	trace_show_ret(out, run_elem(w, line, BPF_MAP_UPDATE_ELEM, w->value.addr));
}

static void run_delete(struct trace_world *w, struct trace_line *line, FILE *out)
{
	trace_show_ret(out, run_elem(w, line, BPF_MAP_DELETE_ELEM, 0));
}

static void run_next(struct trace_world *w, struct trace_line *line, FILE *out)
{
	trace_buffer_out(&w->value, line, "nlen");
	trace_show_ret(out, run_elem(w, line, BPF_MAP_GET_NEXT_KEY, w->value.addr));
	trace_buffer_show(&w->value, "next", out);
}

static long run_batch(struct trace_world *w, struct trace_line *line, int cmd,
		      const struct batch_attr *buffers, FILE *out)
{
	struct batch_attr attr = *buffers;
	uint32_t count = trace_u32(line, "count");
	long ret;

	attr.map_fd = trace_fd(w, line, "h");
	attr.count = count;
	attr.elem_flags = trace_u64(line, "elem_flags");
	attr.flags = trace_u64(line, "flags");
	if (line->bad)
		return 0;
	ret = trace_command(w, line, cmd, &attr, sizeof(attr), sizeof(attr));
	if (line->bad)
		return 0;
	if (w->attr.len >= offsetof(struct batch_attr, count) + sizeof(count))
		memcpy(&count, w->attr.data + offsetof(struct batch_attr, count), sizeof(count));
	trace_show_ret(out, ret);
	fprintf(out, " count=%u", count);
	return ret;
}

static void run_lookup_batch_as(struct trace_world *w, struct trace_line *line, int cmd, FILE *out)
{
	struct batch_attr attr = { 0 };

	trace_buffer_in(&w->in, line, "in");
	trace_buffer_out(&w->out, line, "out_len");
	trace_buffer_out(&w->keys, line, "keys_len");
	trace_buffer_out(&w->values, line, "vals_len");
	attr.in_batch = w->in.addr;
	attr.out_batch = w->out.addr;
	attr.keys = w->keys.addr;
	attr.values = w->values.addr;
	run_batch(w, line, cmd, &attr, out);
	trace_buffer_show(&w->out, "out", out);
	trace_buffer_show(&w->keys, "keys", out);
	trace_buffer_show(&w->values, "vals", out);
}

static void run_lookup_batch(struct trace_world *w, struct trace_line *line, FILE *out)
{
	run_lookup_batch_as(w, line, BPF_MAP_LOOKUP_BATCH, out);
}

static void run_lookup_and_delete_batch(struct trace_world *w, struct trace_line *line, FILE *out)
{
	run_lookup_batch_as(w, line, BPF_MAP_LOOKUP_AND_DELETE_BATCH, out);
}

static void run_update_batch(struct trace_world *w, struct trace_line *line, FILE *out)
{
	struct batch_attr attr = { 0 };

	trace_buffer_in(&w->keys, line, "keys");
	trace_buffer_in(&w->values, line, "vals");
	attr.keys = w->keys.addr;
	attr.values = w->values.addr;
	run_batch(w, line, BPF_MAP_UPDATE_BATCH, &attr, out);
}

static void run_delete_batch(struct trace_world *w, struct trace_line *line, FILE *out)
{
	struct batch_attr attr = { 0 };

	trace_buffer_in(&w->keys, line, "keys");
	attr.keys = w->keys.addr;
	run_batch(w, line, BPF_MAP_DELETE_BATCH, &attr, out);
}

static void run_freeze(struct trace_world *w, struct trace_line *line, FILE *out)
{
	int32_t attr[2] = { trace_fd(w, line, "h"), 0 };

	trace_show_ret(out,
		       trace_command(w, line, BPF_MAP_FREEZE, attr, sizeof(attr), sizeof(attr)));
}

static void show_info(const struct map_info *info, uint32_t expected_id, FILE *out)
{
	fprintf(out, " type=%u id=%s key_size=%u value_size=%u max_entries=%u map_flags=0x%x name=",
		info->type,
		!info->id		  ? "0"
		: info->id == expected_id ? "match"
					  : "other",
		info->key_size, info->value_size, info->max_entries, info->map_flags);
	trace_show_bytes((const unsigned char *)info->name, sizeof(info->name), out);
	fprintf(out, " ifindex=%u btf=%u/%u/%u", info->ifindex, info->btf_id, info->btf_key_type_id,
		info->btf_value_type_id);
}

static void run_info(struct trace_world *w, struct trace_line *line, FILE *out)
{
	uint32_t len = trace_u32(line, "info_len"), len_out;
	struct info_attr attr = { .bpf_fd = trace_fd(w, line, "h"), .info_len = len };
	struct map_info info = { 0 };
	long ret;

	if (!line->bad && !trace_buffer_zero(&w->value, len))
		line->bad = "info_len";
	attr.info = w->value.addr;
	if (line->bad)
		return;
	ret = trace_command(w, line, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr), sizeof(attr));
	if (line->bad)
		return;
	trace_show_ret(out, ret);
	if (ret)
		return;
	memcpy(&len_out, w->attr.data + offsetof(struct info_attr, info_len), sizeof(len_out));
	memcpy(&info, w->value.data, len < sizeof(info) ? len : sizeof(info));
	fprintf(out, " len_out=%s", len_out == len ? "same" : len_out < len ? "sizeof" : "more");
	show_info(&info, trace_map_id(w, attr.bpf_fd), out);
}

/* "of:hN" or a number. *expected: the map that should be found, 0: any. */
static uint32_t wanted_id(struct trace_world *w, struct trace_line *line, uint32_t *expected)
{
	const char *text = trace_arg(line, "id");
	char *name;

	*expected = 0;
	if (!text || strncmp(text, "of:", 3))
		return trace_u32(line, "id");

	/* A view of the same line in which id=hN. */
	struct trace_line view = { .nr_args = 1 };

	name = strdup(text + 3);
	view.args[0] = (struct trace_token){ "id", name };
	const struct trace_handle *handle = name ? trace_handle(w, &view, "id") : NULL;

	free(name);
	if (!handle)
		line->bad = "id";
	*expected = handle ? handle->id : 0;
	return *expected ? *expected : UNKNOWN_ID;
}

/* An id that nothing names any more is asked for until the target has freed the map. */
static long get_fd_by_id(struct trace_world *w, struct trace_line *line, const struct id_attr *attr)
{
	const struct trace_target_ops *ops = w->target->ops;

	for (uint32_t waited = 0;; waited += FREE_POLL_US) {
		long ret = trace_command(w, line, BPF_MAP_GET_FD_BY_ID, attr, sizeof(*attr),
					 sizeof(*attr));

		if (ret < 0 || line->bad || !ops->frees_maps_late || waited >= FREE_WAIT_US ||
		    trace_map_is_held(w, attr->id))
			return ret;
		ops->close(w->target, (int)ret);
		usleep(FREE_POLL_US);
	}
}

static void run_fd_by_id(struct trace_world *w, struct trace_line *line, FILE *out)
{
	uint32_t expected;
	struct id_attr attr = {
		.id = wanted_id(w, line, &expected),
		.open_flags = trace_u32(line, "open_flags"),
	};
	struct trace_handle *handle = trace_handle(w, line, "new");
	long ret;

	if (line->bad)
		return;
	ret = get_fd_by_id(w, line, &attr);
	trace_opened(w, handle, ret < 0 ? -1 : (int)ret);
	trace_show_ret(out, ret);
	if (ret >= 0)
		fprintf(out, " same_map=%d", handle->id == expected);
}

static void run_next_id(struct trace_world *w, struct trace_line *line, FILE *out)
{
	struct id_attr attr = { .id = trace_u32(line, "start") };

	trace_show_ret(out, trace_command(w, line, BPF_MAP_GET_NEXT_ID, &attr, sizeof(attr),
					  ID_ATTR_SIZE));
}

static void run_close(struct trace_world *w, struct trace_line *line, FILE *out)
{
	struct trace_handle *handle = NULL;
	int fd = trace_fd(w, line, "h");

	if (!line->bad && fd != w->real_file && strcmp(trace_arg(line, "h"), "-1"))
		handle = trace_handle(w, line, "h");
	if (line->bad)
		return;
	trace_show_ret(out, w->target->ops->close(w->target, fd));
	if (handle)
		handle->fd = -1;
}

static void run_dup(struct trace_world *w, struct trace_line *line, FILE *out)
{
	int fd = trace_fd(w, line, "h");
	struct trace_handle *handle = trace_handle(w, line, "new");
	int ret;

	if (line->bad)
		return;
	ret = w->target->ops->dup(w->target, fd);
	trace_opened(w, handle, ret < 0 ? -1 : ret);
	trace_show_ret(out, ret);
}

/*
 * The path argument without its quotes, in *path, which the caller frees, and
 * what goes into the attr. NULL and BAD: no path, as for other pointers.
 */
static bool get_path(struct trace_world *w, struct trace_line *line, char **path, uint64_t *addr)
{
	const char *text = trace_arg(line, "path");
	size_t len = text ? strlen(text) : 0;

	*path = NULL;
	if (text && (!strcmp(text, "NULL") || !strcmp(text, "BAD"))) {
		trace_buffer_in(&w->in, line, "path");
		*addr = w->in.addr;
		return !line->bad;
	}
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"')
		*path = strndup(text + 1, len - 2);
	if (!*path)
		line->bad = "path";
	*addr = (uintptr_t)*path;
	return *path != NULL;
}

/* What a path is known by: no trace makes directories, so "./p1" is "p1". */
static const char *pin_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static struct trace_pin *find_pin(struct trace_world *w, const char *path)
{
	for (uint32_t i = 0; i < w->nr_pins; i++) {
		if (!strcmp(pin_name(w->pins[i].path), pin_name(path)))
			return &w->pins[i];
	}
	return NULL;
}

/* Takes path over. */
static void remember_pin(struct trace_world *w, char *path, uint32_t id)
{
	struct trace_pin *pin = find_pin(w, path);

	if (!pin) {
		struct trace_pin *pins = reallocarray(w->pins, w->nr_pins + 1, sizeof(*pins));

		if (!pins) {
			free(path);
			return;
		}
		w->pins = pins;
		pin = &pins[w->nr_pins++];
		pin->path = path;
	} else {
		free(path);
	}
	pin->id = id;
}

static long run_obj(struct trace_world *w, struct trace_line *line, int cmd, int fd, uint64_t path)
{
	struct obj_attr attr = {
		.pathname = path,
		.bpf_fd = fd,
		.file_flags = trace_u32(line, "file_flags"),
	};

	return line->bad ? 0 : trace_command(w, line, cmd, &attr, 16, 16);
}

static void run_pin(struct trace_world *w, struct trace_line *line, FILE *out)
{
	int fd = trace_fd(w, line, "h");
	uint64_t addr;
	char *path;
	long ret;

	if (!get_path(w, line, &path, &addr))
		return;
	ret = run_obj(w, line, BPF_OBJ_PIN, fd, addr);
	trace_show_ret(out, ret);
	if (ret || line->bad || !path)
		free(path);
	else
		remember_pin(w, path, trace_map_id(w, fd));
}

static void run_get(struct trace_world *w, struct trace_line *line, FILE *out)
{
	struct trace_handle *handle = trace_handle(w, line, "new");
	const struct trace_pin *pin;
	uint64_t addr;
	char *path;
	long ret;

	if (!handle || !get_path(w, line, &path, &addr))
		return;
	ret = run_obj(w, line, BPF_OBJ_GET, 0, addr);
	pin = path ? find_pin(w, path) : NULL;
	free(path);
	if (line->bad)
		return;
	trace_opened(w, handle, ret < 0 ? -1 : (int)ret);
	trace_show_ret(out, ret);
	if (ret >= 0)
		fprintf(out, " same_map_as_pinsrc=%d", pin && pin->id == handle->id);
}

static void run_unlink(struct trace_world *w, struct trace_line *line, FILE *out)
{
	struct trace_pin *pin;
	uint64_t addr;
	char *path;
	int ret;

	if (!get_path(w, line, &path, &addr))
		return;
	if (!path) {
		line->bad = "path";
		return;
	}
	ret = w->target->ops->unlink(w->target, path);
	pin = ret ? NULL : find_pin(w, path);
	if (pin)
		pin->id = 0;
	free(path);
	trace_show_ret(out, ret);
}

static const struct {
	const char *op;
	void (*run)(struct trace_world *w, struct trace_line *line, FILE *out);
} operations[] = {
	{ "CREATE", run_create },
	{ "LOOKUP", run_lookup },
	{ "LOOKDEL", run_lookup_and_delete },
	{ "UPDATE", run_update },
	{ "DELETE", run_delete },
	{ "NEXT", run_next },
	{ "LBATCH", run_lookup_batch },
	{ "LDBATCH", run_lookup_and_delete_batch },
	{ "UBATCH", run_update_batch },
	{ "DBATCH", run_delete_batch },
	{ "FREEZE", run_freeze },
	{ "INFO", run_info },
	{ "FDBYID", run_fd_by_id },
	{ "NEXTID", run_next_id },
	{ "CLOSE", run_close },
	{ "DUP", run_dup },
	{ "PIN", run_pin },
	{ "GET", run_get },
	{ "UNLINK", run_unlink },
};

bool trace_run(struct trace_world *world, struct trace_line *line, FILE *result)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (!strcmp(line->op, operations[i].op)) {
			operations[i].run(world, line, result);
			return !line->bad;
		}
	}
	return trace_run_program(world, line, result) && !line->bad;
}
