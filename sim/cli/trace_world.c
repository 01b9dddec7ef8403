// SPDX-License-Identifier: MIT
/*
 * The world of a trace: the target that executes it, and the handles and pins
 * that its operations name.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcasim/bpf.h>

#include "trace_world.h"

/* More handles than any recorder made; a bound for broken traces. */
#define MOST_HANDLES (1U << 20)

int trace_world_create_on(struct trace_world **out, struct trace_target *target)
{
	struct trace_world *world = calloc(1, sizeof(*world));
	int err = -ENOMEM;

	if (!world) {
		target->ops->destroy(target);
		return err;
	}
	world->target = target;
	world->real_file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (world->real_file < 0) {
		err = -errno;
		trace_world_destroy(world);
		return err;
	}
	*out = world;
	return 0;
}

int trace_world_create(struct trace_world **world, const struct trace_header *header,
		       const char *release)
{
	struct trace_target *target;
	int err = trace_target_simulator(&target, header, release);

	return err ? err : trace_world_create_on(world, target);
}

static void close_handle(struct trace_world *world, struct trace_handle *handle)
{
	if (handle->fd >= 0)
		world->target->ops->close(world->target, handle->fd);
	handle->fd = -1;
}

void trace_world_destroy(struct trace_world *world)
{
	struct trace_buffer *buffers[] = {
		&world->attr, &world->key,  &world->value,  &world->in,
		&world->out,  &world->keys, &world->values, &world->log
	};

	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		trace_buffer_free(buffers[i]);
	for (uint32_t i = 0; i < world->nr_pins; i++)
		free(world->pins[i].path);
	free(world->pins);
	for (uint32_t i = 0; i < world->nr_handles; i++)
		close_handle(world, &world->handles[i]);
	free(world->handles);
	if (world->real_file >= 0)
		close(world->real_file);
	world->target->ops->destroy(world->target);
	free(world);
}

int trace_world_drop_caps(struct trace_world *world, uint64_t caps)
{
	return world->target->ops->drop_caps(world->target, caps);
}

struct trace_handle *trace_handle(struct trace_world *world, struct trace_line *line,
				  const char *key)
{
	const char *text = trace_arg(line, key), *bad_before = line->bad;
	char *end;

	line->bad = key;
	if (!text || text[0] != 'h' || text[1] < '0' || text[1] > '9')
		return NULL;

	unsigned long index = strtoul(text + 1, &end, 10);

	if (*end || index >= MOST_HANDLES)
		return NULL;
	if (index >= world->nr_handles) {
		struct trace_handle *handles =
			reallocarray(world->handles, index + 1, sizeof(*handles));

		if (!handles)
			return NULL;
		world->handles = handles;
		for (; world->nr_handles <= index; world->nr_handles++)
			handles[world->nr_handles] = (struct trace_handle){ .fd = -1 };
	}
	line->bad = bad_before;
	return &world->handles[index];
}

int trace_fd(struct trace_world *world, struct trace_line *line, const char *key)
{
	const char *text = trace_arg(line, key);

	if (text && !strcmp(text, "-1"))
		return -1;
	if (text && !strcmp(text, "file"))
		return world->real_file;

	const struct trace_handle *handle = trace_handle(world, line, key);

	return handle ? handle->fd : -1;
}

uint32_t trace_map_id(struct trace_world *world, int fd)
{
	struct map_info info = { 0 };
	struct info_attr attr = {
		.bpf_fd = fd,
		.info_len = sizeof(info),
		.info = (uintptr_t)&info,
	};

	if (world->target->ops->bpf(world->target, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		return 0;
	return info.id;
}

bool trace_map_is_held(const struct trace_world *world, uint32_t id)
{
	for (uint32_t i = 0; i < world->nr_handles; i++) {
		if (world->handles[i].fd >= 0 && world->handles[i].id == id)
			return true;
	}
	for (uint32_t i = 0; i < world->nr_pins; i++) {
		if (world->pins[i].id == id)
			return true;
	}
	return false;
}

void trace_opened(struct trace_world *world, struct trace_handle *handle, int fd)
{
	close_handle(world, handle);
	handle->fd = fd;
	handle->id = fd < 0 ? 0 : trace_map_id(world, fd);
}

/* "attr_byte=OFF:01" sets one byte, beyond the command's last field. */
static void set_extra_byte(struct trace_world *world, struct trace_line *line)
{
	const char *text = trace_arg(line, "attr_byte");
	unsigned int offset, value;
	int used = 0;

	if (!text)
		return;
	if (sscanf(text, "%u:%x%n", &offset, &value, &used) != 2 || text[used] || value > 0xff ||
	    offset >= world->attr.len)
		line->bad = "attr_byte";
	else
		world->attr.data[offset] = (unsigned char)value;
}

/* With "log_len=": the command takes a log. Its members are what the line says, or good ones. */
static long command_with_log(struct trace_world *world, struct trace_line *line, int cmd,
			     uint32_t attr_size)
{
	struct trace_target *target = world->target;
	struct common_attr common = { 0 };
	uint32_t common_size;
	long ret;

	trace_buffer_out(&world->log, line, "log_len");
	common.log_buf = world->log.addr;
	common.log_size = trace_u32_or(line, "log_size", world->log.len);
	common.log_level = trace_u32_or(line, "log_level", 1);
	common_size = trace_u32_or(line, "common_size", sizeof(common));
	if (line->bad)
		return 0;
	ret = target->ops->bpf_common(target, cmd, world->attr.data, attr_size, &common,
				      common_size);
	world->log_true_size = common.log_true_size;
	return ret;
}

void trace_show_log(const struct trace_world *world, const struct trace_line *line, FILE *out)
{
	const struct trace_buffer *log = &world->log;

	if (!trace_arg(line, "log_len"))
		return;
	fputs(" log=", out);
	if (!world->log_true_size || !log->data)
		fputc('-', out);
	for (size_t i = 0; world->log_true_size && i < log->len && log->data[i]; i++) {
		if (log->data[i] != '\n')
			fputc(log->data[i] == ' ' ? '_' : log->data[i], out);
	}
	fprintf(out, " log_true_size=%u", world->log_true_size);
}

long trace_command(struct trace_world *world, struct trace_line *line, int cmd, const void *attr,
		   size_t attr_bytes, size_t default_size)
{
	uint64_t size = trace_u64_or(line, "attr_size", default_size);
	uint64_t len = trace_u64_or(line, "attr_len", size);

	if (size > 65536 || len > size || !trace_buffer_zero(&world->attr, len))
		line->bad = "attr_size";
	if (line->bad)
		return 0;
	memcpy(world->attr.data, attr, attr_bytes < len ? attr_bytes : len);
	set_extra_byte(world, line);
	if (line->bad)
		return 0;
	if (trace_arg(line, "log_len"))
		return command_with_log(world, line, cmd, (uint32_t)size);
	return world->target->ops->bpf(world->target, cmd, world->attr.data, (uint32_t)size);
}

void trace_show_ret(FILE *out, long ret)
{
	const char *name = ret < 0 ? pca_errno_name((int)ret) : "0";

	fprintf(out, "ret=%d err=%s", ret < 0 ? -1 : 0, name ? name : "?");
}
