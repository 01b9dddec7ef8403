/* SPDX-License-Identifier: MIT */
/*
 * Releases: what differs between Linux releases, as one row of numbers each.
 * Command code asks the machine's row; it never compares version numbers.
 */
#ifndef SIM_RELEASE_H
#define SIM_RELEASE_H

#include <pcasim/api.h>

struct release {
	const char *name;	   /* "6.18" */
	uint32_t attr_bytes;	   /* the kernel's own sizeof(union bpf_attr) */
	uint32_t map_info_bytes;   /* sizeof(struct bpf_map_info) */
	uint32_t map_info_end;	   /* where its last field ends */
	uint32_t create_attr_end;  /* where MAP_CREATE's last field ends */
	uint32_t map_header_bytes; /* what a map's fixed part adds to memlock */
};

/*
 * The row of "6.18", or of a full version such as "6.18.44" (its first two
 * numbers count); NULL when there is none. NULL or "" is the default release.
 */
const struct release *release_find(const char *name);

#endif
