/* SPDX-License-Identifier: MIT */
/*
 * Open objects. Members that are public come first in each structure.
 */
#ifndef SIM_OBJECT_FILE_H
#define SIM_OBJECT_FILE_H

#include <pcasim/object.h>

#include "object_btf.h"
#include "object_image.h"

struct object_prog {
	struct pca_object_prog prog;
	uint64_t address;
	uint32_t attach_type; /* enum bpf_attach_type, as its section says */
	bool is_optional;     /* SEC("?...") */
};

struct object_map {
	struct pca_object_map map;
	uint64_t address;
	struct map_definition definition;
	char *own_pin; /* where this load has pinned it; NULL: it has not */
};

struct object_global {
	struct pca_object_global global;
	uint64_t address;
	uint32_t type_id; /* of BTF; 0: unknown */
};

struct pca_object {
	struct object_elf elf;
	struct btf *btf;
	struct object_image *image;
	struct pca_task *task;
	char *path, *pin_root;
	const char *license;
	bool is_loaded;

	struct object_prog *progs;
	struct object_map *maps;
	struct object_global *globals;
	size_t nr_progs, nr_maps, nr_globals;
};

/*
 * All that is to be known of a file before it is loaded: types, programs, maps, variables. 0,
 * -EINVAL, -PCA_ENOTSUPP, -ENOMEM.
 */
int object_understand(struct pca_object *object);

/* Find programs, maps and variables in the symbols. 0, -EINVAL, -PCA_ENOTSUPP, -ENOMEM. */
int object_scan(struct pca_object *object);

/* Give the variables of the kernel's configuration that an object has their values. */
void object_set_kconfig(struct pca_object *object);

/*
 * Create the map, or take the one that is pinned, and write the reference to it into the
 * variable that stands for it. 0 or -errno with a message.
 */
int object_map_create(struct pca_object *object, struct object_map *map);

/*
 * Cgroup arrays, perf event arrays, ring buffers, stack traces: there is no cgroup but the
 * root, nobody reads events, and there are no stacks, so that Linux's maps would stay empty,
 * or full. Helpers answer so, and no map is created.
 */
bool object_map_stays_empty(uint32_t type);
void object_map_drop(struct pca_object *object, struct object_map *map);

/* Remove the pin that object_map_create() has made. */
void object_map_unpin(struct pca_object *object, struct object_map *map);

/*
 * The type of program that a section is for, with or without '?'. 0; -EINVAL: no section of
 * programs.
 */
int object_prog_type(uint32_t *type, uint32_t *attach_type, const char *section);

#endif
