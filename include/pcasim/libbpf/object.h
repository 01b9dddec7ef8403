/* SPDX-License-Identifier: MIT */
/*
 * libbpf's BPF objects over object files that "pcasim cc" has made (object.h); included
 * by <bpf/libbpf.h>. They belong to pca_current_task().
 *
 * As in libbpf 1.x a function that returns a pointer gives NULL on a failure, with errno
 * set, and others the negative errno. What is wrong with a file or a map is told as a
 * message, see libbpf_set_print().
 *
 * There is nothing to attach a program to: events are the caller's to make, by
 * bpf_prog_test_run_opts() or pca_run_on(). Functions that attach say so and fail.
 * Global variables are no maps here; pca_object_find_global() finds them.
 *
 * Opening and finding are MT-safe, the rest is not for one object.
 */
#ifndef PCASIM_LIBBPF_OBJECT_H
#define PCASIM_LIBBPF_OBJECT_H

#include <stdlib.h>

#include <pcasim/libbpf/bpf/bpf.h>
#include <pcasim/libbpf/bpf/libbpf.h>
#include <pcasim/object.h>

PCA_BEGIN_DECLS

struct bpf_link; /* there is none */

struct bpf_map {
	struct bpf_object *object;
	const struct pca_object_map *map;
	char *pin_path; /* where its pin is, or belongs; NULL: nowhere */
	bool is_pinned;
};

struct bpf_program {
	const struct pca_object_prog *prog;
};

struct bpf_object {
	struct pca_object *object;
	struct bpf_map *maps;
	struct bpf_program *progs;
	size_t nr_maps, nr_progs;
	bool is_loaded;
	char name[64];
};

struct bpf_object_open_opts {
	size_t sz;
	const char *object_name;
	bool relaxed_maps; /* without effect */
	const char *pin_root_path;
	__u32 : 32;
	const char *kconfig;	     /* not simulated */
	const char *btf_custom_path; /* not simulated */
	char *kernel_log_buf;	     /* refusals are messages: it is made empty */
	size_t kernel_log_size;
	__u32 kernel_log_level;	    /* without effect */
	const char *bpf_token_path; /* not simulated */
	size_t : 0;
};

/* ---- opening ---- */

static inline void bpf_object__close(struct bpf_object *obj)
{
	if (!obj)
		return;
	for (size_t i = 0; obj->maps && i < obj->nr_maps; i++)
		free(obj->maps[i].pin_path);
	pca_object_close(obj->object);
	free(obj->maps);
	free(obj->progs);
	free(obj);
}

/* The map's pin belongs at dir/NAME. False: no memory. */
static inline bool pca_libbpf_set_pin(struct bpf_map *map, const char *dir)
{
	size_t bytes = strlen(dir) + strlen(map->map->name) + 2;

	map->pin_path = (char *)malloc(bytes);
	if (map->pin_path)
		snprintf(map->pin_path, bytes, "%s/%s", dir, map->map->name);
	return map->pin_path;
}

/* Lists of what is in obj->object, whose maps are pinned by name in pin_root. */
static inline int pca_libbpf_list(struct bpf_object *obj, const char *pin_root)
{
	const struct pca_object_map *map = NULL;
	const struct pca_object_prog *prog = NULL;

	while ((map = pca_object_next_map(obj->object, map)))
		obj->nr_maps++;
	while ((prog = pca_object_next_prog(obj->object, prog)))
		obj->nr_progs++;
	obj->maps = (struct bpf_map *)calloc(obj->nr_maps + 1, sizeof(*obj->maps));
	obj->progs = (struct bpf_program *)calloc(obj->nr_progs + 1, sizeof(*obj->progs));
	if (!obj->maps || !obj->progs)
		return -ENOMEM;
	for (size_t i = 0; i < obj->nr_maps; i++) {
		map = pca_object_next_map(obj->object, map);
		obj->maps[i].object = obj;
		obj->maps[i].map = map;
		if (map->is_pinned && !pca_libbpf_set_pin(&obj->maps[i], pin_root))
			return -ENOMEM;
	}
	for (size_t i = 0; i < obj->nr_progs; i++) {
		prog = pca_object_next_prog(obj->object, prog);
		obj->progs[i].prog = prog;
	}
	return 0;
}

/* "count" of "dir/count.so", as libbpf takes it of "dir/count.o". */
static inline void pca_libbpf_name(struct bpf_object *obj, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *dot = strchr(name, '.');
	int len = dot ? (int)(dot - name) : (int)strlen(name);

	snprintf(obj->name, sizeof(obj->name), "%.*s", len, name);
}

static inline int pca_libbpf_check_open(const struct bpf_object_open_opts *opts)
{
	if (opts->kernel_log_buf && opts->kernel_log_size)
		opts->kernel_log_buf[0] = '\0';
	if (!opts->kconfig && !opts->btf_custom_path && !opts->bpf_token_path)
		return 0;
	pca_libbpf_tell(LIBBPF_WARN,
			"pcasim: bpf_object__open_file: %s is not simulated; leave it out\n",
			opts->kconfig		? "kconfig"
			: opts->btf_custom_path ? "btf_custom_path"
						: "bpf_token_path");
	return -EOPNOTSUPP;
}

static inline int pca_libbpf_open(struct bpf_object *obj, const char *path,
				  const struct bpf_object_open_opts *opts)
{
	struct pca_task *task = pca_current_task();
	struct pca_object_opts object_opts;
	int err = task ? 0 : -errno;

	memset(&object_opts, 0, sizeof(object_opts));
	object_opts.size = sizeof(object_opts);
	object_opts.is_load_delayed = true;
	object_opts.pin_root = opts->pin_root_path;
	if (!err)
		err = pca_object_open(&obj->object, task, path, &object_opts);
	if (!err)
		err = pca_libbpf_list(obj,
				      opts->pin_root_path ? opts->pin_root_path : "/sys/fs/bpf");
	if (opts->object_name)
		snprintf(obj->name, sizeof(obj->name), "%s", opts->object_name);
	else
		pca_libbpf_name(obj, path);
	return err;
}

/*
 * Open an object file; its maps and programs are there, and made by bpf_object__load().
 * NULL and errno as of pca_object_open(); EOPNOTSUPP: an option that is not simulated.
 */
static inline struct bpf_object *bpf_object__open_file(const char *path,
						       const struct bpf_object_open_opts *opts)
{
	struct bpf_object_open_opts o;
	struct bpf_object *obj = NULL;
	int err = path ? pca_libbpf_opts(&o, sizeof(o), opts) : -EINVAL;

	if (!err)
		err = pca_libbpf_check_open(&o);
	if (!err) {
		obj = (struct bpf_object *)calloc(1, sizeof(*obj));
		err = obj ? pca_libbpf_open(obj, path, &o) : -ENOMEM;
	}
	if (!err)
		return obj;
	bpf_object__close(obj);
	pca_libbpf_result(err);
	return NULL;
}

static inline struct bpf_object *bpf_object__open(const char *path)
{
	return bpf_object__open_file(path, NULL);
}

/*
 * Create the maps and load the programs, but for those of SEC("?..."). 0, or as
 * pca_object_load().
 */
static inline int bpf_object__load(struct bpf_object *obj)
{
	int err;

	if (!obj)
		return pca_libbpf_result(-EINVAL);
	err = pca_object_load(obj->object);
	if (err)
		return pca_libbpf_result(err);
	obj->is_loaded = true;
	for (size_t i = 0; i < obj->nr_maps; i++)
		obj->maps[i].is_pinned = obj->maps[i].pin_path;
	return 0;
}

/* The file's name without what follows its first dot, or object_name. */
static inline const char *bpf_object__name(const struct bpf_object *obj)
{
	return obj->name;
}

/* ---- programs ---- */

/* The one after prog, or the first for NULL; NULL at the end. */
static inline struct bpf_program *bpf_object__next_program(const struct bpf_object *obj,
							   struct bpf_program *prog)
{
	struct bpf_program *next = prog ? prog + 1 : obj->progs;

	return next < obj->progs + obj->nr_progs ? next : NULL;
}

#define bpf_object__for_each_program(pos, obj)                             \
	for ((pos) = bpf_object__next_program((obj), NULL); (pos) != NULL; \
	     (pos) = bpf_object__next_program((obj), (pos)))

/* Its function's name counts. NULL with ENOENT: none has this one. */
static inline struct bpf_program *bpf_object__find_program_by_name(const struct bpf_object *obj,
								   const char *name)
{
	for (size_t i = 0; i < obj->nr_progs; i++) {
		if (!strcmp(obj->progs[i].prog->name, name))
			return &obj->progs[i];
	}
	errno = ENOENT;
	return NULL;
}

/* Its fd, for bpf_prog_test_run_opts(); -ENOENT: it is not loaded; -EINVAL: NULL. */
static inline int bpf_program__fd(const struct bpf_program *prog)
{
	if (!prog)
		return pca_libbpf_result(-EINVAL);
	return pca_libbpf_result(prog->prog->fd < 0 ? -ENOENT : prog->prog->fd);
}

static inline const char *bpf_program__name(const struct bpf_program *prog)
{
	return prog->prog->name;
}

static inline const char *bpf_program__section_name(const struct bpf_program *prog)
{
	return prog->prog->section;
}

static inline enum bpf_prog_type bpf_program__type(const struct bpf_program *prog)
{
	return (enum bpf_prog_type)prog->prog->type;
}

/* ---- links, of which there are none ---- */

static inline struct bpf_link *pca_libbpf_attach(const struct bpf_program *prog, const char *to)
{
	pca_libbpf_tell(LIBBPF_WARN,
			"pcasim: program \"%s\" cannot be attached%s%s: there are no events here "
			"but those that you make; run it by "
			"bpf_prog_test_run_opts(bpf_program__fd(prog), &opts), or on a CPU by "
			"pca_run_on(), whose program pca_prog_get() gives\n",
			prog->prog->name, *to ? " to " : "", to);
	errno = EOPNOTSUPP;
	return NULL;
}

/* Each gives NULL with EOPNOTSUPP, and a message says how runs are made. */
static inline struct bpf_link *bpf_program__attach(const struct bpf_program *prog)
{
	return pca_libbpf_attach(prog, "");
}

static inline struct bpf_link *bpf_program__attach_trace(const struct bpf_program *prog)
{
	return pca_libbpf_attach(prog, "");
}

static inline struct bpf_link *bpf_program__attach_xdp(const struct bpf_program *prog, int ifindex)
{
	(void)ifindex;
	return pca_libbpf_attach(prog, "an interface");
}

static inline struct bpf_link *bpf_program__attach_cgroup(const struct bpf_program *prog,
							  int cgroup_fd)
{
	(void)cgroup_fd;
	return pca_libbpf_attach(prog, "a cgroup");
}

static inline struct bpf_link *bpf_program__attach_perf_event(const struct bpf_program *prog,
							      int pfd)
{
	(void)pfd;
	return pca_libbpf_attach(prog, "a perf event");
}

static inline struct bpf_link *bpf_program__attach_kprobe(const struct bpf_program *prog,
							  bool retprobe, const char *func_name)
{
	(void)retprobe;
	return pca_libbpf_attach(prog, func_name);
}

static inline struct bpf_link *bpf_program__attach_tracepoint(const struct bpf_program *prog,
							      const char *tp_category,
							      const char *tp_name)
{
	(void)tp_category;
	return pca_libbpf_attach(prog, tp_name);
}

static inline struct bpf_link *bpf_program__attach_raw_tracepoint(const struct bpf_program *prog,
								  const char *tp_name)
{
	return pca_libbpf_attach(prog, tp_name);
}

/* 0, for the NULL that link is. */
static inline int bpf_link__destroy(struct bpf_link *link)
{
	return pca_libbpf_result(link ? -EINVAL : 0);
}

PCA_END_DECLS

#include <pcasim/libbpf/object_map.h>

#endif
