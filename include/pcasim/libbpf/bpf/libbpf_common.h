/* SPDX-License-Identifier: MIT */
/*
 * What both <bpf/bpf.h> and <bpf/libbpf.h> offer: options, and the strict mode
 * that has been the only one since libbpf 1.0.
 */
#ifndef PCASIM_LIBBPF_COMMON_H
#define PCASIM_LIBBPF_COMMON_H

#include <pcasim/libbpf/call.h>

#include "libbpf_version.h"

/*
 * Define a variable of options, with its size filled in, the members given set
 * and the others 0:
 *
 *	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_RDONLY_PROG);
 */
#define LIBBPF_OPTS(type, name, ...) struct type name = { .sz = sizeof(struct type), __VA_ARGS__ }
#define DECLARE_LIBBPF_OPTS LIBBPF_OPTS

enum libbpf_strict_mode {
	LIBBPF_STRICT_NONE = 0,
	LIBBPF_STRICT_CLEAN_PTRS = 1 << 0,
	LIBBPF_STRICT_DIRECT_ERRS = 1 << 1,
	LIBBPF_STRICT_SEC_NAME = 1 << 2,
	LIBBPF_STRICT_NO_OBJECT_LIST = 1 << 3,
	LIBBPF_STRICT_AUTO_RLIMIT_MEMLOCK = 1 << 4,
	LIBBPF_STRICT_MAP_DEFINITIONS = 1 << 5,
	LIBBPF_STRICT_ALL = -1,
};

/* Accepted and without effect: 0. */
static inline int libbpf_set_strict_mode(enum libbpf_strict_mode mode)
{
	(void)mode;
	return 0;
}

#endif
