// SPDX-License-Identifier: MIT
/*
 * The maps of an object: creation, pins, and the variable that stands for one in programs.
 * Linux: bpf_object__create_map(), bpf_object__reuse_map() in tools/lib/bpf/libbpf.c.
 */
#define _GNU_SOURCE
#include "object_file.h"

#include <bpf/libbpf.h>

#include <pcasim/bpf.h>
#include <pcasim/bpffs.h>
#include <pcasim/task.h>

#include "alloc.h"
#include "attr.h"
#include "map.h"

static char *pin_path(const struct pca_object *object, const struct object_map *map)
{
	char *path;

	return alloc_fails() || asprintf(&path, "%s/%s", object->pin_root, map->map.name) < 0
		       ? NULL
		       : path;
}

static int refuse(const struct pca_object *object, const struct object_map *map, int err,
		  const char *what)
{
	const char *name = pca_errno_name(err);

	return object_refuse(&object->elf, err, "map \"%s\" cannot be %s: %s (%s)", map->map.name,
			     what, pca_strerror(err), name ? name : "?");
}

/* ---- pins ---- */

/* Is the map that is pinned the one that is defined? Linux: map_is_reuse_compat(). */
static int check_pinned(const struct pca_object *object, const struct object_map *map, int fd,
			const char *path)
{
	const struct pca_object_map *want = &map->map;
	struct map_info info = { 0 };
	union attr attr = {
		.info = { .bpf_fd = fd, .info_len = sizeof(info), .info = (uintptr_t)&info }
	};
	long err = pca_bpf(object->task, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr.info));

	if (err)
		return refuse(object, map, (int)err, "looked at");
	if (info.type == want->type && info.key_size == want->key_size &&
	    info.value_size == want->value_size && info.max_entries == want->max_entries &&
	    info.map_flags == want->map_flags)
		return 0;
	return object_refuse(&object->elf, -EINVAL,
			     "map \"%s\": the map pinned at %s is of type %u with key_size %u, "
			     "value_size %u, max_entries %u, map_flags 0x%x; expected %u, %u, %u, "
			     "%u, 0x%x: unlink it, or change the definition",
			     want->name, path, info.type, info.key_size, info.value_size,
			     info.max_entries, info.map_flags, want->type, want->key_size,
			     want->value_size, want->max_entries, want->map_flags);
}

/* An fd; -ENOENT: none is pinned; or another -errno with a message. */
static int get_pinned(const struct pca_object *object, const struct object_map *map,
		      const char *path)
{
	union attr attr = { .obj = { .pathname = (uintptr_t)path } };
	int fd = (int)pca_bpf(object->task, BPF_OBJ_GET, &attr, sizeof(attr.obj)), err;

	if (fd == -ENOENT)
		return fd;
	if (fd < 0)
		return refuse(object, map, fd, "taken from its pin");
	err = check_pinned(object, map, fd, path);
	if (!err)
		return fd;
	pca_close(object->task, fd);
	return err;
}

/* The directory is made if it is not there. */
static int pin(const struct pca_object *object, int fd, const char *path)
{
	union attr attr = { .obj = { .pathname = (uintptr_t)path, .bpf_fd = fd } };
	int err = pca_mkdir(object->task, object->pin_root, 0700);

	if (err && err != -EEXIST)
		return err;
	return (int)pca_bpf(object->task, BPF_OBJ_PIN, &attr, sizeof(attr.obj));
}

void object_map_unpin(struct pca_object *object, struct object_map *map)
{
	if (map->own_pin)
		pca_unlink(object->task, map->own_pin);
}

/* ---- creation ---- */

bool object_map_stays_empty(uint32_t type)
{
	return type == BPF_MAP_TYPE_CGROUP_ARRAY || type == BPF_MAP_TYPE_PERF_EVENT_ARRAY ||
	       type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_STACK_TRACE;
}

/* The likely reasons of -EINVAL, with the way out. */
static int refuse_creation(const struct pca_object *object, const struct object_map *map, int err)
{
	const struct pca_object_map *want = &map->map;

	if (err == -EINVAL && !want->max_entries)
		return object_refuse(
			&object->elf, err,
			"map \"%s\" has no max_entries: as in Linux, who opens the "
			"file gives them: pca_object_set_max_entries(), or \"pcasim prog "
			"run --entries %s=N\"",
			want->name, want->name);
	if (err == -EINVAL && (!want->key_size || !want->value_size))
		return object_refuse(&object->elf, err,
				     "map \"%s\" has no size of its keys or values: define them by "
				     "__type(key, ...) and __type(value, ...)",
				     want->name);
	return refuse(object, map, err, "created");
}

static int create(const struct pca_object *object, const struct object_map *map)
{
	const struct pca_object_map *want = &map->map;
	union attr attr = { .create = { .map_type = want->type,
					.key_size = want->key_size,
					.value_size = want->value_size,
					.max_entries = want->max_entries,
					.map_flags = want->map_flags,
					.numa_node = map->definition.numa_node } };
	int fd;

	if (!map_ops_of_type(pca_task_machine(object->task), want->type)) {
		const char *type = libbpf_bpf_map_type_str(want->type);

		return object_refuse(&object->elf, -PCA_ENOTSUPP,
				     "map \"%s\" is of type %u (%s), which is not simulated; "
				     "percpu_array, array and hash are",
				     want->name, want->type, type ? type : "unknown");
	}
	memcpy(attr.create.map_name, want->name, strnlen(want->name, OBJ_NAME_BYTES - 1));
	fd = (int)pca_bpf(object->task, BPF_MAP_CREATE, &attr,
			  offsetof(struct map_create_attr, value_type_btf_obj_fd));
	return fd < 0 ? refuse_creation(object, map, fd) : fd;
}

/* The new map's fd; -EEXIST: another one is pinned meanwhile; or another -errno, told. */
static int create_and_pin(const struct pca_object *object, const struct object_map *map,
			  const char *path)
{
	int fd = create(object, map), err = fd < 0 ? 0 : pin(object, fd, path);

	if (!err)
		return fd;
	pca_close(object->task, fd);
	return err == -EEXIST ? err : refuse(object, map, err, "pinned");
}

static int create_pinned(const struct pca_object *object, struct object_map *map)
{
	char *path = pin_path(object, map);
	bool is_own = false;
	int fd;

	if (!path)
		return -ENOMEM;
	fd = get_pinned(object, map, path);
	if (fd == -ENOENT) {
		fd = create_and_pin(object, map, path);
		is_own = fd >= 0;
	}
	if (fd == -EEXIST) {
		fd = get_pinned(object, map, path);
		if (fd == -ENOENT) /* gone again */
			refuse(object, map, fd, "pinned");
	}
	if (is_own)
		map->own_pin = path;
	else
		free(path);
	return fd;
}

int object_map_create(struct pca_object *object, struct object_map *map)
{
	int fd, err;

	if (object_map_stays_empty(map->map.type))
		return 0;
	fd = map->map.is_pinned ? create_pinned(object, map) : create(object, map);
	if (fd < 0)
		return fd;
	err = pca_map_get(object->task, fd, &map->map.map);
	if (err) {
		pca_close(object->task, fd);
		return err;
	}
	map->map.fd = fd;
	memcpy(object_image_at(object->image, map->address), map->map.map,
	       sizeof(struct pca_map_ref));
	return 0;
}

/* A program that somebody still has keeps the map: what it finds it by stays. */
void object_map_drop(struct pca_object *object, struct object_map *map)
{
	free(map->own_pin);
	map->own_pin = NULL;
	if (!map->map.map)
		return;
	pca_close(object->task, map->map.fd);
	pca_map_put(map->map.map);
	map->map.map = NULL;
	map->map.fd = -1;
}
