/* SPDX-License-Identifier: MIT */
/*
 * The helpers: what a program may call while it runs. They find the CPU in a
 * thread-local word, so they cost what the kernel's cost: pca_map_lookup_elem()
 * (map_ref.h) is an inlined address computation.
 *
 * Results are Linux's: 0 or a pointer, or -errno. Called outside a run, all but
 * those about time and chance tell a message and return NULL, 0 or
 * -EINVAL. All are safe on any CPU at once; an
 * element of a per-CPU map needs no lock against other CPUs' programs (but context.h tells
 * what else may come in on its own CPU).
 *
 * Linux counterparts: the functions of the same names in bpf-helpers(7).
 */
#ifndef PCASIM_HELPERS_H
#define PCASIM_HELPERS_H

#include <pcasim/api.h>
#include <pcasim/map.h>
#include <pcasim/map_ref.h>

PCA_BEGIN_DECLS

struct __sk_buff;
struct task_struct;
struct xdp_md;

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
 * gid << 32 | uid of that task, as its options say; 0 for the idle task and outside a
 * run.
 */
PCA_API uint64_t pca_get_current_uid_gid(void);

/*
 * That task as struct task_struct of pcasim's vmlinux.h: pid, tgid, comm, cred, flags,
 * priorities, CPU, initial namespaces, the root cgroup; mm is NULL for idle tasks only.
 * Every task is its own group_leader, and a child of the first CPU's idle task. All else
 * is zero. Read it, and only in this run; NULL outside a run and without memory.
 * bpf_get_current_task() and bpf_get_current_task_btf().
 */
PCA_API struct task_struct *pca_get_current_task(void);

/* There is one cgroup, the root, whose id is 1; ancestors at other levels than 0 are 0. */
PCA_API uint64_t pca_get_current_cgroup_id(void);
PCA_API uint64_t pca_get_current_ancestor_cgroup_id(int level);

/*
 * Other clocks: CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE and CLOCK_TAI in nanoseconds;
 * ticks of 4 ms since the host's boot, which began 300 s before 32 bits wrap. May be
 * called outside a run.
 */
PCA_API uint64_t pca_ktime_get_boot_ns(void);
PCA_API uint64_t pca_ktime_get_coarse_ns(void);
PCA_API uint64_t pca_ktime_get_tai_ns(void);
PCA_API uint64_t pca_jiffies64(void);

/*
 * Copy size bytes from an address that may be bad. 0, or dst is filled with zeros and
 * the result is -EFAULT; of pca_probe_read_kernel() -ERANGE for an address below the
 * first page.
 */
PCA_API long pca_probe_read_kernel(void *dst, uint32_t size, const void *src);
PCA_API long pca_probe_read_user(void *dst, uint32_t size, const void *src);
PCA_API long pca_probe_read(void *dst, uint32_t size, const void *src);
PCA_API long pca_copy_from_user(void *dst, uint32_t size, const void *src);

/*
 * Copy a string of at most size bytes with its NUL, which a longer one has at its
 * end, too: the number of bytes with the NUL. Errors as above.
 */
PCA_API long pca_probe_read_kernel_str(void *dst, uint32_t size, const void *src);
PCA_API long pca_probe_read_user_str(void *dst, uint32_t size, const void *src);
PCA_API long pca_probe_read_str(void *dst, uint32_t size, const void *src);

/*
 * The number at buf, which needs no NUL, after blanks and for pca_strtol() a '-'.
 * flags is the base: 8, 10, 16, or 0 for what a prefix 0x or 0 says. The number of
 * bytes read; -EINVAL: no digits, a '-' for pca_strtoul(), another base or flag;
 * -ERANGE: it does not fit; and then *res is 0.
 */
PCA_API long pca_strtol(const char *buf, size_t buf_len, uint64_t flags, long *res);
PCA_API long pca_strtoul(const char *buf, size_t buf_len, uint64_t flags, unsigned long *res);

/* As strncmp(s1, s2, s1_size): -1, 0 or 1. */
PCA_API long pca_strncmp(const char *s1, uint32_t s1_size, const char *s2);

/*
 * Call fn(index, ctx) for 0 .. nr_loops - 1 until it returns 1. The number of calls;
 * flags other than 0: -EINVAL; more than 1 << 23 loops: -E2BIG.
 */
typedef long (*pca_loop_fn)(uint64_t index, void *ctx);
PCA_API long pca_loop(uint32_t nr_loops, pca_loop_fn fn, void *ctx, uint64_t flags);

/*
 * Print a line as bpf_trace_printk() does, to the message function with
 * PCA_MESSAGE_TRACE, without a newline at its end: %d %i %u %x %X, the same with l and
 * ll, %s %c, each with the flags 0 + - space and a width, %p %px %pK, the strings %pks
 * and %pus, the addresses %pi4 %pI4 %pi6 %pI6, and %%. Up to three arguments. Returns
 * the number of bytes printed, or -EINVAL for another format; -ENOSPC when strings and
 * other arguments have more than Linux's 512 bytes, to which one string is cut. fmt_size
 * counts the NUL.
 */
PCA_API long pca_trace_printk(const char *fmt, uint32_t fmt_size, uint64_t a, uint64_t b,
			      uint64_t c);

/*
 * The same with up to 12 arguments, args_bytes / 8 of them. -EINVAL also for args_bytes
 * that is no multiple of 8 or above 96, or args NULL, or a format that wants more.
 */
PCA_API long pca_trace_vprintk(const char *fmt, uint32_t fmt_size, const uint64_t *args,
			       uint32_t args_bytes);

/*
 * The same text into str_size bytes at str, cut if need be, always with a NUL. Returns
 * the size of the whole text with the NUL.
 */
PCA_API long pca_snprintf(char *str, uint32_t str_size, const char *fmt, const uint64_t *args,
			  uint32_t args_bytes);

/*
 * Packets, for programs whose context is Linux's (of object files), not struct
 * pca_packet. All of a packet lies between data and data_end.
 *
 * Copy len bytes at offset out of the packet: -EFAULT, and zeros at to, if it has not so
 * many. Into it: -EINVAL for flags that Linux has not. pca_skb_pull_data() is 0, or
 * -ENOMEM for more than there is.
 */
PCA_API long pca_skb_load_bytes(const struct __sk_buff *skb, uint32_t offset, void *to,
				uint32_t len);
PCA_API long pca_skb_store_bytes(struct __sk_buff *skb, uint32_t offset, const void *from,
				 uint32_t len, uint64_t flags);
PCA_API long pca_skb_pull_data(struct __sk_buff *skb, uint32_t len);

/*
 * The same for XDP: -EINVAL if the packet has not so many bytes, -EFAULT for an offset
 * or len above 65535; and how long the packet is.
 */
PCA_API long pca_xdp_load_bytes(struct xdp_md *xdp, uint32_t offset, void *to, uint32_t len);
PCA_API long pca_xdp_store_bytes(struct xdp_md *xdp, uint32_t offset, const void *from,
				 uint32_t len);
PCA_API uint64_t pca_xdp_get_buff_len(struct xdp_md *xdp);

/*
 * Keep the Internet checksum at offset right after a field went from one value to
 * another: flags has the field's size, 2 or 4, or 0 when to is a difference from
 * pca_csum_diff(); for l4 also Linux's BPF_F_ flags. -EINVAL: other flags or sizes;
 * -EFAULT: an offset that is odd, above 65535 or outside the packet.
 */
PCA_API long pca_l3_csum_replace(struct __sk_buff *skb, uint32_t offset, uint64_t from, uint64_t to,
				 uint64_t flags);
PCA_API long pca_l4_csum_replace(struct __sk_buff *skb, uint32_t offset, uint64_t from, uint64_t to,
				 uint64_t flags);

/*
 * seed and what replacing from_size bytes by to_size bytes changes in an Internet
 * checksum, folded to 16 bits.
 */
PCA_API int64_t pca_csum_diff(const uint32_t *from, uint32_t from_size, const uint32_t *to,
			      uint32_t to_size, uint32_t seed);

/* ---- kernel functions ---- */

struct bpf_iter_num;

/*
 * Numbers from start to end - 1, one after the other: a pointer to the next one, or NULL at
 * the end. new: -EINVAL for an end before start, -E2BIG for more than 8388608 numbers, and
 * then there are none. Linux counterparts: the kfuncs of bpf_for(), bpf_iter_num_new() (6.4).
 */
PCA_API int pca_iter_num_new(struct bpf_iter_num *it, int start, int end);
PCA_API int *pca_iter_num_next(struct bpf_iter_num *it);
PCA_API void pca_iter_num_destroy(struct bpf_iter_num *it);

/*
 * Nothing: what a run has found is there until it ends. Linux counterparts: the kfuncs
 * bpf_rcu_read_lock() and bpf_rcu_read_unlock() (6.2).
 */
PCA_API void pca_rcu_read_lock(void);
PCA_API void pca_rcu_read_unlock(void);

PCA_END_DECLS

#endif
