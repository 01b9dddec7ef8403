// SPDX-License-Identifier: MIT
/*
 * The world of a trace: a machine with the recorded CPUs and release, a checked
 * task (traces are full of bad pointers), handles.
 */
#define _GNU_SOURCE
#include "trace_world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More handles than any recorder made; a bound for broken traces. */
#define MOST_HANDLES (1U << 20)

int trace_world_create(struct trace_world **out, const struct trace_header *header,
		       const char *release)
{
	struct trace_world *world = calloc(1, sizeof(*world));
	char possible[32], online[32];
	struct pca_machine_opts opts = {
		.size = sizeof(opts),
		.possible = possible,
		.online = online,
		.release = release,
		.run_mode = PCA_INLINE,
	};
	struct pca_task_opts task_opts = {
		.size = sizeof(task_opts),
		.memory = PCA_CHECKED,
		.max_fds = 65536,
	};
	int err = -ENOMEM;

	snprintf(possible, sizeof(possible), "0-%u", header->possible_cpus - 1);
	snprintf(online, sizeof(online), "0-%u", header->online_cpus - 1);
	if (!world)
		return err;
	world->real_file = -1;
	err = pca_machine_create(&world->machine, &opts);
	if (!err)
		err = pca_task_create(&world->task, world->machine, &task_opts);
	if (!err) {
		world->real_file = open("/dev/null", O_RDONLY | O_CLOEXEC);
		err = world->real_file < 0 ? -errno : 0;
	}
	if (err)
		trace_world_destroy(world);
	else
		*out = world;
	return err;
}

void trace_world_destroy(struct trace_world *world)
{
	struct trace_buffer *buffers[] = { &world->attr, &world->key,  &world->value, &world->in,
					   &world->out,	 &world->keys, &world->values };

	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		trace_buffer_free(buffers[i]);
	for (uint32_t i = 0; i < world->nr_pins; i++)
		free(world->pins[i].path);
	free(world->pins);
	free(world->handles);
	if (world->real_file >= 0)
		close(world->real_file);
	pca_task_destroy(world->task);
	pca_machine_destroy(world->machine);
	free(world);
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

	return pca_bpf(world->task, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) ? 0 : info.id;
}

void trace_opened(struct trace_world *world, struct trace_handle *handle, int fd)
{
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

long trace_command(struct trace_world *world, struct trace_line *line, int cmd, const void *attr,
		   size_t attr_bytes, size_t default_size)
{
	uint64_t size = trace_u64_or(line, "attr_size", default_size);

	if (size > 65536 || !trace_buffer_zero(&world->attr, size))
		line->bad = "attr_size";
	if (line->bad)
		return 0;
	memcpy(world->attr.data, attr, attr_bytes < size ? attr_bytes : size);
	set_extra_byte(world, line);
	if (line->bad)
		return 0;
	return pca_bpf(world->task, cmd, world->attr.data, (uint32_t)size);
}

void trace_show_ret(FILE *out, long ret)
{
	const char *name = ret < 0 ? pca_errno_name((int)ret) : "0";

	fprintf(out, "ret=%d err=%s", ret < 0 ? -1 : 0, name ? name : "?");
}
