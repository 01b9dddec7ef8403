/* SPDX-License-Identifier: MIT */
/*
 * The maps of libbpf's BPF objects; included by <bpf/libbpf.h>.
 */
#ifndef PCASIM_LIBBPF_OBJECT_MAP_H
#define PCASIM_LIBBPF_OBJECT_MAP_H

#include <pcasim/libbpf/object.h>

PCA_BEGIN_DECLS

/* The one after map, or the first for NULL; NULL at the end. */
static inline struct bpf_map *bpf_object__next_map(const struct bpf_object *obj,
						   const struct bpf_map *map)
{
	size_t next = map ? (size_t)(map - obj->maps) + 1 : 0;

	return next < obj->nr_maps ? &obj->maps[next] : NULL;
}

#define bpf_object__for_each_map(pos, obj)                             \
	for ((pos) = bpf_object__next_map((obj), NULL); (pos) != NULL; \
	     (pos) = bpf_object__next_map((obj), (pos)))
#define bpf_map__for_each bpf_object__for_each_map

/* NULL with ENOENT: none has this name. */
static inline struct bpf_map *bpf_object__find_map_by_name(const struct bpf_object *obj,
							   const char *name)
{
	for (size_t i = 0; i < obj->nr_maps; i++) {
		if (!strcmp(obj->maps[i].map->name, name))
			return &obj->maps[i];
	}
	errno = ENOENT;
	return NULL;
}

/* ---- what a map is ---- */

/* Its fd, which the object closes; -1: the object is not loaded. */
static inline int bpf_map__fd(const struct bpf_map *map)
{
	return map->map->fd;
}

/* The fd, -1 before the object is loaded, or -ENOENT. */
static inline int bpf_object__find_map_fd_by_name(const struct bpf_object *obj, const char *name)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(obj, name);

	return map ? bpf_map__fd(map) : -ENOENT;
}

static inline const char *bpf_map__name(const struct bpf_map *map)
{
	return map->map->name;
}

static inline enum bpf_map_type bpf_map__type(const struct bpf_map *map)
{
	return (enum bpf_map_type)map->map->type;
}

static inline __u32 bpf_map__key_size(const struct bpf_map *map)
{
	return map->map->key_size;
}

static inline __u32 bpf_map__value_size(const struct bpf_map *map)
{
	return map->map->value_size;
}

static inline __u32 bpf_map__max_entries(const struct bpf_map *map)
{
	return map->map->max_entries;
}

static inline __u32 bpf_map__map_flags(const struct bpf_map *map)
{
	return map->map->map_flags;
}

/* Before the object is loaded: 0; -EBUSY: it is. */
static inline int bpf_map__set_max_entries(struct bpf_map *map, __u32 max_entries)
{
	return pca_libbpf_result(
		pca_object_set_max_entries(map->object->object, map->map->name, max_entries));
}

/* ---- elements ---- */

static inline int pca_libbpf_size(const struct bpf_map *map, const char *what, size_t given,
				  uint64_t expected, const char *why)
{
	if (given == expected)
		return 0;
	pca_libbpf_tell(LIBBPF_WARN, "pcasim: map \"%s\": %s has %zu bytes, expected are %llu%s\n",
			map->map->name, what, given, (unsigned long long)expected, why);
	return -EINVAL;
}

/* What is given has the sizes that a command takes: 0, -ENOENT, -EINVAL. */
static inline int pca_libbpf_sizes(const struct bpf_map *map, size_t key_sz, const void *value,
				   size_t value_sz, __u64 flags)
{
	const __u64 one_cpu = 8, all_cpus = 16; /* BPF_F_CPU, BPF_F_ALL_CPUS */
	struct pca_task *task = pca_current_task();
	int64_t bytes = map->map->value_size;
	int err;

	if (!task)
		return -errno;
	if (map->map->fd < 0)
		return -ENOENT;
	err = pca_libbpf_size(map, "a key", key_sz, map->map->key_size, "");
	if (err || !value)
		return err;
	if (!(flags & (one_cpu | all_cpus)))
		bytes = pca_map_lookup_bytes(task, map->map->fd);
	if (bytes < 0)
		return (int)bytes;
	return pca_libbpf_size(map, "a value", value_sz, (uint64_t)bytes,
			       bytes == map->map->value_size
				       ? ""
				       : "; a per-CPU value takes round_up("
					 "value_size, 8) for every possible CPU");
}

/*
 * As the functions of <bpf/bpf.h> with the map's fd. -ENOENT: the object is not loaded;
 * -EINVAL: a size that is not the map's, value_sz being that of all possible CPUs' slots.
 */
static inline int bpf_map__lookup_elem(const struct bpf_map *map, const void *key, size_t key_sz,
				       void *value, size_t value_sz, __u64 flags)
{
	int err = pca_libbpf_sizes(map, key_sz, value, value_sz, flags);

	if (err)
		return pca_libbpf_result(err);
	return pca_libbpf_elem(BPF_MAP_LOOKUP_ELEM, map->map->fd, key, value, flags);
}

static inline int bpf_map__update_elem(const struct bpf_map *map, const void *key, size_t key_sz,
				       const void *value, size_t value_sz, __u64 flags)
{
	int err = pca_libbpf_sizes(map, key_sz, value, value_sz, flags);

	if (err)
		return pca_libbpf_result(err);
	return pca_libbpf_elem(BPF_MAP_UPDATE_ELEM, map->map->fd, key, value, flags);
}

static inline int bpf_map__delete_elem(const struct bpf_map *map, const void *key, size_t key_sz,
				       __u64 flags)
{
	int err = pca_libbpf_sizes(map, key_sz, NULL, 0, flags);

	if (err)
		return pca_libbpf_result(err);
	return pca_libbpf_elem(BPF_MAP_DELETE_ELEM, map->map->fd, key, NULL, flags);
}

static inline int bpf_map__lookup_and_delete_elem(const struct bpf_map *map, const void *key,
						  size_t key_sz, void *value, size_t value_sz,
						  __u64 flags)
{
	int err = pca_libbpf_sizes(map, key_sz, value, value_sz, flags);

	if (err)
		return pca_libbpf_result(err);
	return pca_libbpf_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, map->map->fd, key, value, flags);
}

static inline int bpf_map__get_next_key(const struct bpf_map *map, const void *cur_key,
					void *next_key, size_t key_sz)
{
	int err = pca_libbpf_sizes(map, key_sz, NULL, 0, 0);

	if (err)
		return pca_libbpf_result(err);
	return pca_libbpf_elem(BPF_MAP_GET_NEXT_KEY, map->map->fd, cur_key, next_key, 0);
}

/* ---- pins ---- */

/*
 * Pin a map at path, which is to be given. Maps with __uint(pinning, LIBBPF_PIN_BY_NAME)
 * are pinned as the object is loaded. -ENOENT: it is not; or as bpf_obj_pin().
 */
static inline int bpf_map__pin(struct bpf_map *map, const char *path)
{
	if (!path || map->map->fd < 0)
		return pca_libbpf_result(path ? -ENOENT : -EINVAL);
	return bpf_obj_pin(map->map->fd, path);
}

/* path/NAME of a map of size bytes: 0 or -ENAMETOOLONG. */
static inline int pca_libbpf_pin_path(char *text, size_t size, const char *path,
				      const struct bpf_map *map)
{
	int len = snprintf(text, size, "%s/%s", path, map->map->name);

	return len >= 0 && (size_t)len < size ? 0 : -ENAMETOOLONG;
}

/* Unlink the pins of obj's maps, nr of them, in a directory; the first error, or 0. */
static inline int pca_libbpf_unpin(const struct bpf_object *obj, size_t nr, const char *path)
{
	struct pca_task *task = pca_current_task();
	char pin[4096];
	int err = task ? 0 : -errno;

	for (size_t i = 0; i < nr && !err; i++) {
		err = pca_libbpf_pin_path(pin, sizeof(pin), path, &obj->maps[i]);
		if (!err)
			err = pca_unlink(task, pin);
	}
	return err;
}

static inline int bpf_object__unpin_maps(struct bpf_object *obj, const char *path)
{
	return pca_libbpf_result(path ? pca_libbpf_unpin(obj, obj->nr_maps, path) : 0);
}

/*
 * Pin each map by its name in the directory path, which is made if it is not there; NULL:
 * where its definition says, which is done already. All of them are pinned, or none.
 */
static inline int bpf_object__pin_maps(struct bpf_object *obj, const char *path)
{
	struct pca_task *task = pca_current_task();
	size_t nr_pinned = 0;
	char pin[4096];
	int err = task ? 0 : -errno;

	if (!err && path)
		err = pca_mkdir(task, path, 0700);
	if (err == -EEXIST)
		err = 0;
	for (size_t i = 0; i < obj->nr_maps && path && !err; i++) {
		err = pca_libbpf_pin_path(pin, sizeof(pin), path, &obj->maps[i]);
		if (!err)
			err = bpf_map__pin(&obj->maps[i], pin);
		if (!err)
			nr_pinned++;
	}
	if (err)
		pca_libbpf_unpin(obj, nr_pinned, path);
	return pca_libbpf_result(err);
}

PCA_END_DECLS

#endif
