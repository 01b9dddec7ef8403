/* SPDX-License-Identifier: MIT */
/*
 * Object files: BPF C that "pcasim cc" has compiled natively. Opening one creates its maps
 * and loads its programs, as bpf_object__open_file() and bpf_object__load() do.
 *
 * Each open is a copy of its own: two opens of a file share neither maps nor global
 * variables, be they on one machine or on two. Programs that are still referred to, with
 * all maps of the object, or pinned maps, outlive the object.
 *
 * Every refusal is told as a message (message.h) that names the file, the map, program or
 * symbol, what was found and what was expected.
 */
#ifndef PCASIM_OBJECT_H
#define PCASIM_OBJECT_H

#include <pcasim/api.h>
#include <pcasim/map.h>
#include <pcasim/prog.h>

PCA_BEGIN_DECLS

struct pca_object;

/* A program of an object. */
struct pca_object_prog {
	const char *name;      /* of its function */
	const char *section;   /* as SEC() has it, such as "xdp" */
	uint32_t type;	       /* enum bpf_prog_type */
	int fd;		       /* of the object's task; -1: not loaded */
	struct pca_prog *prog; /* for pca_run_on(); NULL: not loaded */
};

/* A map of an object. */
struct pca_object_map {
	const char *name;
	uint32_t type, key_size, value_size, max_entries, map_flags;
	bool is_pinned;		 /* __uint(pinning, LIBBPF_PIN_BY_NAME) */
	int fd;			 /* of the object's task; -1: not created yet */
	struct pca_map_ref *map; /* for helpers and pca_map_peek(); NULL: not created yet */
	/* Never for maps of events, stacks and cgroups, which stay empty: see docs/programs.md */
};

/* A global variable of an object, also a static one. */
struct pca_object_global {
	const char *name;
	const char *section; /* such as ".data" */
	void *address;	     /* for all CPUs: Linux knows no per-CPU variables of programs */
	size_t bytes;
	bool is_const; /* programs take it for a constant once they are loaded */
};

/* A value for a global variable before programs are loaded. */
struct pca_object_value {
	const char *name;
	const void *value;
	size_t bytes; /* those of the variable */
};

struct pca_object_opts {
	size_t size;	      /* sizeof(struct pca_object_opts), or 0 */
	bool is_load_delayed; /* only open; pca_object_load() does the rest */
	const char *pin_root; /* where maps are pinned by name; NULL for /sys/fs/bpf */
	const struct pca_object_value *values;
	size_t nr_values;
};

/*
 * Open the object file at path for a task, stored in *object: create its maps, and load the
 * programs of its sections, but for those of SEC("?..."). opts may be NULL.
 *
 * A map that is pinned by name is taken from pin_root, if one is pinned there and is as it
 * is defined, else created and pinned; the directory pin_root is made if need be. When the
 * load fails, what it has pinned is unlinked.
 *
 * Returns 0, or
 *	-ENOENT, -EACCES, ...	path cannot be opened or read
 *	-ENOEXEC path is no shared object for this machine
 *	-EINVAL	the file is damaged or not of "pcasim cc"; a definition that is wrong; a
 *		section, map or variable that libbpf refuses; a pinned map that is different
 *	-PCA_ENOTSUPP something that is not simulated: a map type, a section, a helper
 *	-E2BIG	opts->size as in pca_machine_create()
 *	-EPERM, -EMFILE, -ENOMEM, ...	as BPF_MAP_CREATE, BPF_OBJ_PIN and pca_prog_load()
 *		answer
 * MT-safe. Linux counterparts: bpf_object__open_file() and bpf_object__load().
 */
PCA_API int pca_object_open(struct pca_object **object, struct pca_task *task, const char *path,
			    const struct pca_object_opts *opts);

/*
 * Create the maps and load the programs of an object that was opened with is_load_delayed.
 * Returns 0; -EINVAL: it is loaded; or as pca_object_open(), and then the object is as
 * before. Not MT-safe for one object.
 */
PCA_API int pca_object_load(struct pca_object *object);

/*
 * Close the object's fds and give back what it holds. No program of it may be running that
 * was not given a reference by pca_prog_get(). NULL is allowed. Call it before its task and
 * machine are destroyed.
 */
PCA_API void pca_object_close(struct pca_object *object);

/* What SEC("license") says, "" where there is none. MT-safe. */
PCA_API const char *pca_object_license(const struct pca_object *object);

/*
 * The program, map or variable of this name, or NULL. They belong to the object, and change
 * only when it is loaded. MT-safe.
 */
PCA_API const struct pca_object_prog *pca_object_find_prog(const struct pca_object *object,
							   const char *name);
PCA_API const struct pca_object_map *pca_object_find_map(const struct pca_object *object,
							 const char *name);
PCA_API const struct pca_object_global *pca_object_find_global(const struct pca_object *object,
							       const char *name);

/*
 * The one after before, or the first for NULL; NULL at the end. Programs come in the order
 * of the source, and so do maps, each of which has a structure of its own; variables in that
 * of their addresses. MT-safe.
 */
PCA_API const struct pca_object_prog *pca_object_next_prog(const struct pca_object *object,
							   const struct pca_object_prog *before);
PCA_API const struct pca_object_map *pca_object_next_map(const struct pca_object *object,
							 const struct pca_object_map *before);
PCA_API const struct pca_object_global *
pca_object_next_global(const struct pca_object *object, const struct pca_object_global *before);

/*
 * Give a map another number of entries than its definition, before it is created. Returns 0;
 * -ENOENT: no such map; -EBUSY: it is created. Not MT-safe for one object.
 * Linux counterpart: bpf_map__set_max_entries().
 */
PCA_API int pca_object_set_max_entries(struct pca_object *object, const char *map,
				       uint32_t max_entries);

/*
 * Make a context for runs of a program: a struct xdp_md or a struct __sk_buff, by its type,
 * with a copy of the packet, which begins with a MAC header; both are below 4 GiB, since
 * their pointers have 32 bits. Programs that see no MAC header get data behind it.
 * Afterwards
 *
 *	struct xdp_md *md = ctx;
 *	unsigned char *packet = (unsigned char *)(uintptr_t)md->data;
 *
 * tells what the program did to the packet. One context is for one run at a time.
 *
 * Returns 0 with the context in *ctx, or
 *	-EINVAL	prog takes no packet, or is not of an object file; fewer than 14 bytes, or
 *		more than Linux takes in one piece (3520 for XDP, else 3712)
 *	-ENOMEM	also when there is no room below 4 GiB
 * MT-safe. Linux counterpart: what BPF_PROG_TEST_RUN makes of data_in.
 */
PCA_API int pca_packet_ctx_create(void **ctx, const struct pca_prog *prog, const void *packet,
				  uint32_t bytes);

/* NULL is allowed. MT-safe. */
PCA_API void pca_packet_ctx_free(void *ctx);

PCA_END_DECLS

#endif
