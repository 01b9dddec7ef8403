/* SPDX-License-Identifier: MIT */
/*
 * What the checked programs of this directory share: maps, which test_checked.c binds to
 * real ones when it has opened the object.
 */
#ifndef TESTS_CHECKED_OBJECTS_H
#define TESTS_CHECKED_OBJECTS_H

#include <bpf/bpf_helpers.h>

typedef unsigned char __u8;
typedef unsigned int __u32;
typedef unsigned long long __u64;

/* A definition takes 32 bytes, which is what a struct pca_map_ref has. */
#define MAP(name, of)                   \
	struct {                        \
		__uint(type, 6);        \
		__uint(max_entries, 4); \
		__type(key, __u32);     \
		__type(value, of);      \
	} name SEC(".maps")

struct pair {
	__u64 first, second;
};

struct odd {
	__u8 bytes[12]; /* and 4 bytes of padding behind it */
};

#endif
