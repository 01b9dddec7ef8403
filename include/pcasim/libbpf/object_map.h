/* SPDX-License-Identifier: MIT */
/*
 * The maps of libbpf's BPF objects; included by <bpf/libbpf.h>.
 */
#ifndef PCASIM_LIBBPF_OBJECT_MAP_H
#define PCASIM_LIBBPF_OBJECT_MAP_H

#include <pcasim/bpffs.h>
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

/* Its fd, which the object closes; -1: the object is not loaded; -EINVAL: NULL. */
static inline int bpf_map__fd(const struct bpf_map *map)
{
	return map ? map->map->fd : pca_libbpf_result(-EINVAL);
}

/* The fd, -1 before the object is loaded, or -EINVAL: none has this name. */
static inline int bpf_object__find_map_fd_by_name(const struct bpf_object *obj, const char *name)
{
	return bpf_map__fd(bpf_object__find_map_by_name(obj, name));
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

/* The key has the size that a command takes: 0, -ENOENT, -EINVAL. */
static inline int pca_libbpf_key_size(const struct bpf_map *map, size_t key_sz)
{
	if (!pca_current_task())
		return -errno;
	if (map->map->fd < 0)
		return -ENOENT;
	return pca_libbpf_size(map, "a key", key_sz, map->map->key_size, "");
}

/* And so has the value. */
static inline int pca_libbpf_sizes(const struct bpf_map *map, size_t key_sz, size_t value_sz,
				   __u64 flags)
{
	const __u64 one_cpu = 8, all_cpus = 16; /* BPF_F_CPU, BPF_F_ALL_CPUS */
	int64_t bytes = map->map->value_size;
	int err = pca_libbpf_key_size(map, key_sz);

	if (err)
		return err;
	if (!(flags & (one_cpu | all_cpus)))
		bytes = pca_map_lookup_bytes(pca_current_task(), map->map->fd);
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
	int err = pca_libbpf_sizes(map, key_sz, value_sz, flags);

	if (err)
		return pca_libbpf_result(err);
	return pca_libbpf_elem(BPF_MAP_LOOKUP_ELEM, map->map->fd, key, value, flags);
}

static inline int bpf_map__update_elem(const struct bpf_map *map, const void *key, size_t key_sz,
				       const void *value, size_t value_sz, __u64 flags)
{
	int err = pca_libbpf_sizes(map, key_sz, value_sz, flags);

	if (err)
		return pca_libbpf_result(err);
	return pca_libbpf_elem(BPF_MAP_UPDATE_ELEM, map->map->fd, key, value, flags);
}

static inline int bpf_map__delete_elem(const struct bpf_map *map, const void *key, size_t key_sz,
				       __u64 flags)
{
	int err = pca_libbpf_key_size(map, key_sz);

	if (err)
		return pca_libbpf_result(err);
	return pca_libbpf_elem(BPF_MAP_DELETE_ELEM, map->map->fd, key, NULL, flags);
}

static inline int bpf_map__lookup_and_delete_elem(const struct bpf_map *map, const void *key,
						  size_t key_sz, void *value, size_t value_sz,
						  __u64 flags)
{
	int err = pca_libbpf_sizes(map, key_sz, value_sz, flags);

	if (err)
		return pca_libbpf_result(err);
	return pca_libbpf_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, map->map->fd, key, value, flags);
}

static inline int bpf_map__get_next_key(const struct bpf_map *map, const void *cur_key,
					void *next_key, size_t key_sz)
{
	int err = pca_libbpf_key_size(map, key_sz);

	if (err)
		return pca_libbpf_result(err);
	return pca_libbpf_elem(BPF_MAP_GET_NEXT_KEY, map->map->fd, cur_key, next_key, 0);
}

/* ---- pins ---- */

/* The first len bytes of a text, to be freed, or NULL: ISO C has no strndup(). */
static inline char *pca_libbpf_text(const char *text, size_t len)
{
	char *copy = (char *)malloc(len + 1);

	if (copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

/* The directory that path is in is made if it is not there. */
static inline int pca_libbpf_make_dir_of(struct pca_task *task, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int err;

	if (!slash || slash == path)
		return 0;
	dir = pca_libbpf_text(path, (size_t)(slash - path));
	if (!dir)
		return -ENOMEM;
	err = pca_mkdir(task, dir, 0700);
	free(dir);
	return err == -EEXIST ? 0 : err;
}

/*
 * Pin a map at path; its directory is made if it is not there. NULL: where it was pinned
 * before, or where its definition says. 0, also if it is pinned there; -EINVAL: the object
 * is not loaded, its pin belongs elsewhere, or no path is known; or as bpf_obj_pin().
 */
static inline int bpf_map__pin(struct bpf_map *map, const char *path)
{
	struct pca_task *task = pca_current_task();
	int err;

	if (!task)
		return -errno;
	if (!map || map->map->fd < 0 || (!path && !map->pin_path) ||
	    (path && map->pin_path && strcmp(path, map->pin_path) != 0))
		return pca_libbpf_result(-EINVAL);
	if (map->is_pinned)
		return 0;
	if (!map->pin_path)
		map->pin_path = pca_libbpf_text(path, strlen(path));
	err = map->pin_path ? pca_libbpf_make_dir_of(task, map->pin_path) : -ENOMEM;
	if (!err)
		err = bpf_obj_pin(map->map->fd, map->pin_path);
	map->is_pinned = !err;
	return pca_libbpf_result(err);
}

/*
 * Unlink the map's pin at path, or where it belongs for NULL. 0; -EINVAL: it belongs
 * elsewhere, or nowhere; or as pca_unlink().
 */
static inline int bpf_map__unpin(struct bpf_map *map, const char *path)
{
	struct pca_task *task = pca_current_task();
	int err;

	if (!task)
		return -errno;
	if (!map || (!path && !map->pin_path) ||
	    (path && map->pin_path && strcmp(path, map->pin_path) != 0))
		return pca_libbpf_result(-EINVAL);
	err = pca_unlink(task, path ? path : map->pin_path);
	if (!err)
		map->is_pinned = false;
	return pca_libbpf_result(err);
}

/*
 * Where the map is to be pinned: path/NAME, in size bytes at text, or NULL for where it
 * belongs. 0 or -ENAMETOOLONG; 1: nowhere.
 */
static inline int pca_libbpf_pin_path(char *text, size_t size, const char *path,
				      const struct bpf_map *map)
{
	int len = path ? snprintf(text, size, "%s/%s", path, map->map->name) : 0;

	if (!path)
		return map->pin_path ? 0 : 1;
	return len >= 0 && (size_t)len < size ? 0 : -ENAMETOOLONG;
}

/* Unlink the pin of each map in the directory path, or for NULL where it belongs. */
static inline int bpf_object__unpin_maps(struct bpf_object *obj, const char *path)
{
	char pin[4096];
	int err = 0;

	for (size_t i = 0; i < obj->nr_maps && err >= 0; i++) {
		err = pca_libbpf_pin_path(pin, sizeof(pin), path, &obj->maps[i]);
		if (!err)
			err = bpf_map__unpin(&obj->maps[i], path ? pin : NULL);
	}
	return pca_libbpf_result(err < 0 ? err : 0);
}

/*
 * Pin each map by its name in the directory path, which is made if it is not there; NULL:
 * those that belong somewhere, there. All of them are pinned, or none. -ENOENT: the object
 * is not loaded; else as bpf_map__pin().
 */
static inline int bpf_object__pin_maps(struct bpf_object *obj, const char *path)
{
	char pin[4096];
	int err = obj->is_loaded ? 0 : -ENOENT;
	size_t i;

	for (i = 0; i < obj->nr_maps && err >= 0; i++) {
		err = pca_libbpf_pin_path(pin, sizeof(pin), path, &obj->maps[i]);
		if (!err)
			err = bpf_map__pin(&obj->maps[i], path ? pin : NULL);
	}
	if (err >= 0)
		return 0;
	while (i-- > 1) { /* the one that failed is not */
		if (obj->maps[i - 1].pin_path)
			bpf_map__unpin(&obj->maps[i - 1], NULL);
	}
	return pca_libbpf_result(err);
}

PCA_END_DECLS

#endif
