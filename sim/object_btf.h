/* SPDX-License-Identifier: MIT */
/*
 * The types of an object, and the definitions of maps that are made of them. libbpf reads
 * BTF and believes most of what it says; so it is looked at here first.
 */
#ifndef SIM_OBJECT_BTF_H
#define SIM_OBJECT_BTF_H

#include <bpf/btf.h>

#include "object_elf.h"

/* 0 with the types of elf in *btf, to be freed by btf__free(); -EINVAL or -ENOMEM. */
int object_btf_read(struct btf **btf, const struct object_elf *elf);

/* The type of the variable of this name, or 0. */
uint32_t object_btf_variable(const struct btf *btf, const char *name);

/* What a map's definition in SEC(".maps") says. */
struct map_definition {
	uint32_t type, key_size, value_size, max_entries, map_flags, numa_node;
	uint32_t type_id;		     /* of BTF: the structure that defines it */
	uint32_t key_type_id, value_type_id; /* 0 where only a size is given */
	bool is_pinned;			     /* LIBBPF_PIN_BY_NAME */
};

/*
 * Read the definition of the map of this name, as libbpf does. 0; -EINVAL, -PCA_ENOTSUPP with
 * a message.
 */
int object_btf_map(const struct btf *btf, const struct object_elf *elf, const char *name,
		   struct map_definition *definition);

#endif
