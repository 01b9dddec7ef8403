/* SPDX-License-Identifier: MIT */
/*
 * The helpers: what a program may call while it runs. They find the CPU in a
 * thread-local word, so they cost what the kernel's cost: pca_map_lookup_elem()
 * (map_ref.h) is an inlined address computation.
 *
 * Results are Linux's: 0 or a pointer, or -errno. Called outside a run, all but
 * pca_ktime_get_ns() and pca_get_prandom_u32() tell a message and return NULL, 0 or
 * -EINVAL. All are safe on any CPU at once; an
 * element of a per-CPU map needs no lock, since nothing else runs on its CPU.
 *
 * Linux counterparts: the functions of the same names in bpf-helpers(7).
 */
#ifndef PCASIM_HELPERS_H
#define PCASIM_HELPERS_H

#include <pcasim/api.h>
#include <pcasim/map.h>
#include <pcasim/map_ref.h>

PCA_BEGIN_DECLS

/* The element on the CPU with this id; NULL also if that CPU is not possible. */
PCA_API void *pca_map_lookup_percpu_elem(struct pca_map_ref *map, const void *key, uint32_t cpu);

/*
 * Copy value_size bytes into the current CPU's element. flags above 2 (but for
 * BPF_F_LOCK): -EINVAL; key not below max_entries: -E2BIG; BPF_NOEXIST:
 * -EEXIST; BPF_F_LOCK: -EINVAL.
 *
 * Of a hash: make an element with this value, which takes the place of the key's old
 * one. Pointers to that one stay valid until the end of the run, but are no longer
 * to the key's value. flags as above: -EINVAL; BPF_NOEXIST and there is one: -EEXIST;
 * BPF_EXIST and there is none: -ENOENT; there are max_entries already: -E2BIG; no
 * memory: -ENOMEM.
 */
PCA_API long pca_map_update_elem(struct pca_map_ref *map, const void *key, const void *value,
				 uint64_t flags);

/*
 * Elements of arrays cannot be deleted: -EINVAL always. Of a hash: 0, or -ENOENT when
 * there is none. Pointers to its value stay valid until the end of the run.
 */
PCA_API long pca_map_delete_elem(struct pca_map_ref *map, const void *key);

/*
 * Call fn(map, &key, value, ctx) for the keys 0 .. max_entries - 1 with the
 * current CPU's elements until it returns 1. Returns the number of calls; flags
 * other than 0: -EINVAL and no call. Of a hash: for its elements, in no order that
 * is promised; fn may delete the one that it is called with.
 */
typedef long (*pca_for_each_fn)(struct pca_map_ref *map, const void *key, void *value, void *ctx);
PCA_API long pca_for_each_map_elem(struct pca_map_ref *map, pca_for_each_fn fn, void *ctx,
				   uint64_t flags);

PCA_API uint32_t pca_get_smp_processor_id(void); /* the CPU's id, not its ordinal */
PCA_API long pca_get_numa_node_id(void);	 /* the CPU's node, 0 without NUMA */
PCA_API uint64_t pca_ktime_get_ns(void);	 /* CLOCK_MONOTONIC */
PCA_API uint32_t pca_get_prandom_u32(void);	 /* differs from run to run */

/*
 * tgid << 32 | pid, and the name, of the task that runs on the CPU: the caller
 * of BPF_PROG_TEST_RUN on its own CPU, else the idle task ("swapper/N", 0).
 * size bytes at buf are written, NUL-terminated; size 0: -EINVAL.
 */
PCA_API uint64_t pca_get_current_pid_tgid(void);
PCA_API long pca_get_current_comm(void *buf, uint32_t size);

/*
 * Copy size bytes from an address that may be bad. 0, or dst is filled with
 * zeros and the result is -ERANGE for an address below the first page, -EFAULT
 * for another.
 */
PCA_API long pca_probe_read_kernel(void *dst, uint32_t size, const void *src);

/*
 * Print a line as bpf_trace_printk() does, to the message function with
 * PCA_MESSAGE_TRACE, without a newline at its end: %d %i %u %x %X, the same with
 * l and ll, %p %s %c, each with the flags 0 + - space and a width, and %%, up to
 * three arguments. Returns the number of bytes printed, or -EINVAL for another
 * format. fmt_size counts the NUL.
 */
PCA_API long pca_trace_printk(const char *fmt, uint32_t fmt_size, uint64_t a, uint64_t b,
			      uint64_t c);

PCA_END_DECLS

#endif
