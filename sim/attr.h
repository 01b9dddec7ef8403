/* SPDX-License-Identifier: MIT */
/*
 * The attrs of bpf() commands, as bytes lie in them: facts of Linux's ABI, in
 * structures of our own, so that nothing here depends on how old the installed
 * <linux/bpf.h> is. Bytes after the last field have a name: an initialiser need
 * not zero those without, and the commands refuse others.
 */
#ifndef SIM_ATTR_H
#define SIM_ATTR_H

#include <stddef.h>
#include <stdint.h>

#define OBJ_NAME_BYTES 16
#define MAX_ATTR_BYTES 168   /* the largest release's own */
#define MOST_ATTR_BYTES 4096 /* that a caller may pass */

struct map_create_attr {
	uint32_t map_type;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t map_flags;
	uint32_t inner_map_fd;
	uint32_t numa_node;
	char map_name[OBJ_NAME_BYTES];
	uint32_t map_ifindex;
	int32_t btf_fd;
	uint32_t btf_key_type_id;
	uint32_t btf_value_type_id;
	uint32_t btf_vmlinux_value_type_id;
	uint64_t map_extra;
	int32_t value_type_btf_obj_fd;
	int32_t map_token_fd;
	uint64_t excl_prog_hash;
	uint32_t excl_prog_hash_size;
	uint32_t padding;
};

struct elem_attr {
	int32_t map_fd;
	uint64_t key;
	uint64_t value; /* or next_key */
	uint64_t flags;
};

struct batch_attr {
	uint64_t in_batch;
	uint64_t out_batch;
	uint64_t keys;
	uint64_t values;
	uint32_t count;
	int32_t map_fd;
	uint64_t elem_flags;
	uint64_t flags;
};

struct obj_attr {
	uint64_t pathname;
	int32_t bpf_fd;
	uint32_t file_flags;
	int32_t path_fd;
	uint32_t padding;
};

struct id_attr {
	uint32_t id; /* start_id or map_id */
	uint32_t next_id;
	uint32_t open_flags;
};

struct info_attr {
	int32_t bpf_fd;
	uint32_t info_len;
	uint64_t info;
};

struct test_attr {
	int32_t prog_fd;
	uint32_t retval;
	uint32_t data_size_in;
	uint32_t data_size_out;
	uint64_t data_in;
	uint64_t data_out;
	uint32_t repeat;
	uint32_t duration;
	uint32_t ctx_size_in;
	uint32_t ctx_size_out;
	uint64_t ctx_in;
	uint64_t ctx_out;
	uint32_t flags;
	uint32_t cpu;
	uint32_t batch_size;
	uint32_t padding;
};

union attr {
	struct map_create_attr create;
	struct elem_attr elem;
	struct batch_attr batch;
	struct obj_attr obj;
	struct id_attr id;
	struct info_attr info;
	struct test_attr test;
	uint64_t words[MAX_ATTR_BYTES / 8];
	unsigned char bytes[MAX_ATTR_BYTES];
};

/* Beside an attr since BPF_COMMON_ATTRS: where to say why a command is refused. */
struct common_attr {
	uint64_t log_buf;
	uint32_t log_size;
	uint32_t log_level;
	uint32_t log_true_size;
};

/* What BPF_OBJ_GET_INFO_BY_FD says of a map. */
struct map_info {
	uint32_t type;
	uint32_t id;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t map_flags;
	char name[OBJ_NAME_BYTES];
	uint32_t ifindex;
	uint32_t btf_vmlinux_value_type_id;
	uint64_t netns_dev;
	uint64_t netns_ino;
	uint32_t btf_id;
	uint32_t btf_key_type_id;
	uint32_t btf_value_type_id;
	uint32_t btf_vmlinux_id;
	uint64_t map_extra;
	uint64_t hash;
	uint32_t hash_size;
	uint32_t padding;
};

_Static_assert(offsetof(struct map_create_attr, excl_prog_hash_size) == 88, "MAP_CREATE");
_Static_assert(sizeof(struct elem_attr) == 32, "LOOKUP_ELEM, UPDATE_ELEM");
_Static_assert(offsetof(struct batch_attr, flags) == 48, "batches");
_Static_assert(offsetof(struct test_attr, batch_size) == 72, "PROG_TEST_RUN");
_Static_assert(offsetof(struct map_info, hash_size) == 96, "map info");

#endif
