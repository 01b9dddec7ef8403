// SPDX-License-Identifier: MIT
/*
 * What a listener is told of a command that is over: its map or program and its key.
 *
 * They are read again from the caller's attr: where that is not known to be good memory,
 * as a checked task does.
 */
#include "told.h"

#include <linux/bpf.h>

#include "prog.h"

static int read_again(const struct call *c, bool is_good, void *to, uint64_t addr, size_t n)
{
	const struct task_ops *ops = is_good ? c->task->ops : &checked_task_ops;

	return ops->copy_in(c->task, to, addr, n);
}

/* The fd that the command is about, or -1. */
static int fd_of(int cmd, const union attr *attr, long result)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
	case BPF_OBJ_GET:
	case BPF_MAP_GET_FD_BY_ID:
		return (int)result;
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
	case BPF_MAP_UPDATE_BATCH:
	case BPF_MAP_DELETE_BATCH:
		return attr->batch.map_fd;
	case BPF_OBJ_PIN:
		return attr->obj.bpf_fd;
	case BPF_MAP_LOOKUP_ELEM:
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_DELETE_ELEM:
	case BPF_MAP_GET_NEXT_KEY:
	case BPF_MAP_LOOKUP_AND_DELETE_ELEM:
	case BPF_MAP_FREEZE:
		return attr->elem.map_fd;
	case BPF_OBJ_GET_INFO_BY_FD:
		return attr->info.bpf_fd;
	case BPF_PROG_TEST_RUN:
		return attr->test.prog_fd;
	default:
		return -1;
	}
}

/* Where the command has its one key, or 0. */
static uint64_t key_of(int cmd, const union attr *attr)
{
	switch (cmd) {
	case BPF_MAP_LOOKUP_ELEM:
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_DELETE_ELEM:
	case BPF_MAP_GET_NEXT_KEY:
	case BPF_MAP_LOOKUP_AND_DELETE_ELEM:
		return attr->elem.key;
	default:
		return 0;
	}
}

static struct object *object_of(struct pca_task *task, int fd)
{
	struct object *object;

	return fd < PCA_FIRST_FD || task_get_any_object(task, fd, &object) ? NULL : object;
}

/* Events have keys of 32 bits. What is no map has a key that nobody knows more of. */
static bool has_short_key(struct object *object)
{
	return !object || object->ops->kind != OBJECT_MAP ||
	       map_of_object(object)->key_size == sizeof(((struct pca_event *)0)->key);
}

static void name_object(struct pca_event *event, struct object *object)
{
	if (object->ops->kind == OBJECT_MAP) {
		event->map_id = object->id;
		event->map_name = map_of_object(object)->name;
	} else {
		event->prog_id = object->id;
		event->prog_name = prog_of_object(object)->name;
	}
}

void tell_command_end(struct pca_event *event, const struct call *c, uint32_t size, long result,
		      bool is_good)
{
	union attr attr = { 0 };
	size_t n = size < sizeof(attr) ? size : sizeof(attr);
	struct object *object = NULL;
	uint64_t key;

	command_is_over(event);
	if (!read_again(c, is_good, &attr, c->uattr, n)) {
		object = object_of(c->task, fd_of(event->command, &attr, result));
		key = key_of(event->command, &attr);
		event->has_key = key && has_short_key(object) &&
				 !read_again(c, is_good, &event->key, key, sizeof(event->key));
	}
	if (object)
		name_object(event, object);
	command_ends(event, c->task, result);
	if (object)
		object_put(object);
}
