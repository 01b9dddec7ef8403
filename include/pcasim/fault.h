/* SPDX-License-Identifier: MIT */
/*
 * Faults on demand: how does your code take memory that is out?
 */
#ifndef PCASIM_FAULT_H
#define PCASIM_FAULT_H

#include <pcasim/api.h>

PCA_BEGIN_DECLS

/*
 * The nth allocation that the calling thread makes inside the library from now on
 * fails once, as out of memory: 1 is the next one, 0 takes the order back. Other
 * threads' allocations neither count nor fail, so that n means the same in each run.
 *
 * Returns how many allocations were left of an earlier order: 0 when it was met (or
 * there was none). So all ways in which something can run out of memory are tried by
 *
 *	for (uint32_t n = 1;; n++) {
 *		pca_fail_alloc(n);
 *		int fd = pca_map_create(task, BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1, 0);
 *		if (pca_fail_alloc(0)) { // fewer than n allocations: it succeeded
 *			pca_close(task, fd);
 *			break;
 *		}
 *		ck_assert_int_eq(fd, -ENOMEM);
 *	}
 *
 * An allocation is what the library itself takes by malloc() and its like, the memory of
 * a map by mmap(), and a thread (a failed one is -EAGAIN). What hwloc (the topology, sets
 * of CPUs), liburcu and libc take inside is not counted.
 * MT-safe.
 */
PCA_API uint32_t pca_fail_alloc(uint32_t nth);

PCA_END_DECLS

#endif
