/* SPDX-License-Identifier: MIT */
/*
 * libbpf's low-level functions for maps, on a simulated kernel: put
 * include/pcasim/libbpf before libbpf's own headers on the compiler's search path,
 * link libpcasim instead of libbpf, and a program works without root and without a
 * kernel. libc's close(), dup(), fcntl(), unlink() and a few more reach what is
 * simulated too, and sysconf() counts the simulated CPUs: see <pcasim/libbpf/libc.h>.
 *
 * There are bpf_map_create(), _freeze(); bpf_map_lookup_elem(), _update_elem(),
 * _delete_elem(), _lookup_and_delete_elem(), but for update also with _flags,
 * _get_next_key();
 * bpf_map_lookup_batch(), _update_batch(), _delete_batch(), _lookup_and_delete_batch();
 * bpf_obj_pin(), _get(), these with _opts, _get_info_by_fd(); bpf_map_get_next_id(),
 * _get_fd_by_id(), this with _opts, _get_info_by_fd(); bpf_prog_test_run_opts();
 * libbpf_set_memlock_rlim(). Others are not declared; a program is loaded by
 * pca_prog_load(), or with its object by bpf_object__load().
 *
 * All act for pca_current_task(). As in libbpf 1.x a failure is the negative
 * errno, which is in errno too. Structures of options begin with their size; one
 * that sets what this header does not know is -EINVAL. NULL means all zero.
 *
 * More than the kernel, these functions look at the lengths of buffers that the
 * compiler knows (it does when it optimises: not at -O0, but for memory that
 * AddressSanitizer watches): a LOOKUP, an UPDATE or a batch that would run over its buffer's
 * end is -EFAULT, with a message naming both sizes, and nothing is copied. A
 * per-CPU value takes round_up(value_size, 8) bytes for every *possible* CPU.
 *
 * MT-safe. Linux counterparts: the commands of bpf(2).
 */
#ifndef PCASIM_LIBBPF_BPF_H
#define PCASIM_LIBBPF_BPF_H

#ifdef __LIBBPF_BPF_H
#error "libbpf's own <bpf/bpf.h> is included already; use one of the two"
#endif

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pcasim/libbpf/libc.h>

#include "libbpf_common.h"

PCA_BEGIN_DECLS

/* Memory for maps is not taken from RLIMIT_MEMLOCK: 0, without effect. */
static inline int libbpf_set_memlock_rlim(size_t memlock_bytes)
{
	(void)memlock_bytes;
	return 0;
}

/* ---- maps ---- */

struct bpf_map_create_opts {
	size_t sz;

	__u32 btf_fd;
	__u32 btf_key_type_id;
	__u32 btf_value_type_id;
	__u32 btf_vmlinux_value_type_id;

	__u32 inner_map_fd;
	__u32 map_flags;
	__u64 map_extra;

	__u32 numa_node;
	__u32 map_ifindex;

	__s32 value_type_btf_obj_fd;
	__u32 token_fd;

	const void *excl_prog_hash;
	__u32 excl_prog_hash_size;
	size_t : 0;
};

/*
 * Create a map and return its fd. Of map_name (NULL: none) the first 15 bytes
 * count. -EINVAL, -E2BIG, -EPERM, -ENOMEM, -EMFILE as BPF_MAP_CREATE.
 */
static inline int bpf_map_create(enum bpf_map_type map_type, const char *map_name, __u32 key_size,
				 __u32 value_size, __u32 max_entries,
				 const struct bpf_map_create_opts *opts)
{
	struct bpf_map_create_opts o;
	struct {
		__u32 map_type, key_size, value_size, max_entries, map_flags, inner_map_fd;
		__u32 numa_node;
		char map_name[16];
		__u32 map_ifindex, btf_fd, btf_key_type_id, btf_value_type_id;
		__u32 btf_vmlinux_value_type_id;
		__u64 map_extra;
		__s32 value_type_btf_obj_fd, map_token_fd;
		__u64 excl_prog_hash;
		__u32 excl_prog_hash_size;
	} attr;

	if (pca_libbpf_opts(&o, sizeof(o), opts))
		return pca_libbpf_result(-EINVAL);
	memset(&attr, 0, sizeof(attr));
	attr.map_type = map_type;
	attr.key_size = key_size;
	attr.value_size = value_size;
	attr.max_entries = max_entries;
	attr.map_flags = o.map_flags;
	attr.inner_map_fd = o.inner_map_fd;
	attr.numa_node = o.numa_node;
	for (size_t i = 0; map_name && map_name[i] && i < sizeof(attr.map_name) - 1; i++)
		attr.map_name[i] = map_name[i];
	attr.map_ifindex = o.map_ifindex;
	attr.btf_fd = o.btf_fd;
	attr.btf_key_type_id = o.btf_key_type_id;
	attr.btf_value_type_id = o.btf_value_type_id;
	attr.btf_vmlinux_value_type_id = o.btf_vmlinux_value_type_id;
	attr.map_extra = o.map_extra;
	attr.value_type_btf_obj_fd = o.value_type_btf_obj_fd;
	attr.map_token_fd = (__s32)o.token_fd;
	attr.excl_prog_hash = pca_libbpf_ptr(o.excl_prog_hash);
	attr.excl_prog_hash_size = o.excl_prog_hash_size;
	return pca_libbpf_call(BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* Make the map read-only for commands. 0; -EPERM: it is, or fd may not write. */
static inline int bpf_map_freeze(int fd)
{
	__u32 attr = (__u32)fd;

	return pca_libbpf_call(BPF_MAP_FREEZE, &attr, sizeof(attr));
}

/* ---- elements ---- */

/* The commands on one element, but for those that know their buffers' lengths. */
static inline int pca_libbpf_elem(int cmd, int fd, const void *key, const void *value, __u64 flags)
{
	struct {
		__u32 map_fd, padding;
		__u64 key, value, flags;
	} attr = { (__u32)fd, 0, pca_libbpf_ptr(key), pca_libbpf_ptr(value), flags };

	return pca_libbpf_call(cmd, &attr, sizeof(attr));
}

/*
 * Store value in *key's element, from one slot per possible CPU. flags: BPF_ANY,
 * BPF_EXIST ... -E2BIG: no such key. -EFAULT: value is too short.
 */
PCA_ALWAYS_INLINE int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	struct pca_task *task = pca_current_task();
	int err =
		task ? pca_map_update(task, fd, key, value, PCA_KNOWN_BYTES(value), flags) : -errno;

	return pca_libbpf_result(err);
}

/* Copy *key's element to value, every possible CPU's. -ENOENT: no such key. */
PCA_ALWAYS_INLINE int bpf_map_lookup_elem_flags(int fd, const void *key, void *value, __u64 flags)
{
	struct pca_task *task = pca_current_task();
	int err =
		task ? pca_map_lookup(task, fd, key, value, PCA_KNOWN_BYTES(value), flags) : -errno;

	return pca_libbpf_result(err);
}

PCA_ALWAYS_INLINE int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	return bpf_map_lookup_elem_flags(fd, key, value, 0);
}

/* Arrays cannot do this: -524 (ENOTSUPP, which strerror() does not know). */
static inline int bpf_map_lookup_and_delete_elem_flags(int fd, const void *key, void *value,
						       __u64 flags)
{
	return pca_libbpf_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, key, value, flags);
}

static inline int bpf_map_lookup_and_delete_elem(int fd, const void *key, void *value)
{
	return bpf_map_lookup_and_delete_elem_flags(fd, key, value, 0);
}

/* Arrays' elements cannot be deleted: -EINVAL. */
static inline int bpf_map_delete_elem_flags(int fd, const void *key, __u64 flags)
{
	return pca_libbpf_elem(BPF_MAP_DELETE_ELEM, fd, key, NULL, flags);
}

static inline int bpf_map_delete_elem(int fd, const void *key)
{
	return bpf_map_delete_elem_flags(fd, key, 0);
}

/* The key after *key, the first one for NULL or an unknown key; -ENOENT: none. */
static inline int bpf_map_get_next_key(int fd, const void *key, void *next_key)
{
	return pca_libbpf_elem(BPF_MAP_GET_NEXT_KEY, fd, key, next_key, 0);
}

/* ---- batches ---- */

struct bpf_map_batch_opts {
	size_t sz;
	__u64 elem_flags;
	__u64 flags;
};

/* The arrays of a batch. */
struct pca_libbpf_arrays {
	const void *in_batch;
	void *out_batch;
	const void *keys, *values;
	struct pca_batch_bytes known;
};

static inline int pca_libbpf_batch(int cmd, int fd, const struct pca_libbpf_arrays *arrays,
				   __u32 *count, const struct bpf_map_batch_opts *opts)
{
	struct pca_task *task = pca_current_task();
	struct bpf_map_batch_opts o;
	struct {
		__u64 in_batch, out_batch, keys, values;
		__u32 count, map_fd;
		__u64 elem_flags, flags;
	} attr;
	int err;

	if (pca_libbpf_opts(&o, sizeof(o), opts))
		return pca_libbpf_result(-EINVAL);
	attr.in_batch = pca_libbpf_ptr(arrays->in_batch);
	attr.out_batch = pca_libbpf_ptr(arrays->out_batch);
	attr.keys = pca_libbpf_ptr(arrays->keys);
	attr.values = pca_libbpf_ptr(arrays->values);
	attr.count = *count;
	attr.map_fd = (__u32)fd;
	attr.elem_flags = o.elem_flags;
	attr.flags = o.flags;
	err = task ? pca_map_batch(task, cmd, &attr, sizeof(attr), arrays->known) : -errno;
	*count = attr.count;
	return pca_libbpf_result(err);
}

/*
 * Copy up to *count keys and elements, those after *in_batch (NULL: from the
 * first), and the last key to *out_batch, which is the next call's in_batch.
 * *count is how many there were. -ENOENT: they were the last ones, or none.
 */
PCA_ALWAYS_INLINE int bpf_map_lookup_batch(int fd, void *in_batch, void *out_batch, void *keys,
					   void *values, __u32 *count,
					   const struct bpf_map_batch_opts *opts)
{
	const struct pca_libbpf_arrays arrays = { in_batch,
						  out_batch,
						  keys,
						  values,
						  { PCA_KNOWN_BYTES(keys),
						    PCA_KNOWN_BYTES(values) } };

	return pca_libbpf_batch(BPF_MAP_LOOKUP_BATCH, fd, &arrays, count, opts);
}

/* Store *count elements; *count is how many were stored before a failure. */
PCA_ALWAYS_INLINE int bpf_map_update_batch(int fd, const void *keys, const void *values,
					   __u32 *count, const struct bpf_map_batch_opts *opts)
{
	const struct pca_libbpf_arrays arrays = {
		NULL, NULL, keys, values, { PCA_KNOWN_BYTES(keys), PCA_KNOWN_BYTES(values) }
	};

	return pca_libbpf_batch(BPF_MAP_UPDATE_BATCH, fd, &arrays, count, opts);
}

/* Arrays can do neither of these: -524, *count unchanged. */
static inline int bpf_map_lookup_and_delete_batch(int fd, void *in_batch, void *out_batch,
						  void *keys, void *values, __u32 *count,
						  const struct bpf_map_batch_opts *opts)
{
	const struct pca_libbpf_arrays arrays = {
		in_batch, out_batch, keys, values, { SIZE_MAX, SIZE_MAX }
	};

	return pca_libbpf_batch(BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, &arrays, count, opts);
}

static inline int bpf_map_delete_batch(int fd, const void *keys, __u32 *count,
				       const struct bpf_map_batch_opts *opts)
{
	const struct pca_libbpf_arrays arrays = { NULL, NULL, keys, NULL, { SIZE_MAX, SIZE_MAX } };

	return pca_libbpf_batch(BPF_MAP_DELETE_BATCH, fd, &arrays, count, opts);
}

/* ---- pins ---- */

struct bpf_obj_pin_opts {
	size_t sz;
	__u32 file_flags;
	int path_fd; /* with BPF_F_PATH_FD: where a relative path starts */
	size_t : 0;
};

struct bpf_obj_get_opts {
	size_t sz;
	__u32 file_flags; /* BPF_F_RDONLY, BPF_F_WRONLY, BPF_F_PATH_FD */
	int path_fd;
	size_t : 0;
};

static inline int pca_libbpf_obj(int cmd, const char *pathname, int fd, __u32 file_flags,
				 int path_fd)
{
	struct {
		__u64 pathname;
		__u32 bpf_fd, file_flags;
		__s32 path_fd, padding;
	} attr = { pca_libbpf_ptr(pathname), (__u32)fd, file_flags, path_fd, 0 };

	return pca_libbpf_call(cmd, &attr, sizeof(attr));
}

/* Pin a map or program in the machine's /sys/fs/bpf; errors as BPF_OBJ_PIN. */
static inline int bpf_obj_pin_opts(int fd, const char *pathname,
				   const struct bpf_obj_pin_opts *opts)
{
	struct bpf_obj_pin_opts o;

	if (pca_libbpf_opts(&o, sizeof(o), opts))
		return pca_libbpf_result(-EINVAL);
	return pca_libbpf_obj(BPF_OBJ_PIN, pathname, fd, o.file_flags, o.path_fd);
}

static inline int bpf_obj_pin(int fd, const char *pathname)
{
	return bpf_obj_pin_opts(fd, pathname, NULL);
}

/* Open what is pinned; returns an fd, or errors as BPF_OBJ_GET. */
static inline int bpf_obj_get_opts(const char *pathname, const struct bpf_obj_get_opts *opts)
{
	struct bpf_obj_get_opts o;

	if (pca_libbpf_opts(&o, sizeof(o), opts))
		return pca_libbpf_result(-EINVAL);
	return pca_libbpf_obj(BPF_OBJ_GET, pathname, 0, o.file_flags, o.path_fd);
}

static inline int bpf_obj_get(const char *pathname)
{
	return bpf_obj_get_opts(pathname, NULL);
}

/* ---- ids and info ---- */

struct bpf_get_fd_by_id_opts {
	size_t sz;
	__u32 open_flags; /* BPF_F_RDONLY, BPF_F_WRONLY */
	size_t : 0;
};

/* The smallest id above start_id; -ENOENT: none, and *next_id is unchanged. */
static inline int bpf_map_get_next_id(__u32 start_id, __u32 *next_id)
{
	__u32 attr[2] = { start_id, 0 };
	int err = pca_libbpf_call(BPF_MAP_GET_NEXT_ID, attr, sizeof(attr));

	if (!err)
		*next_id = attr[1];
	return err;
}

/* Open the map with this id; returns an fd, or -ENOENT. */
static inline int bpf_map_get_fd_by_id_opts(__u32 id, const struct bpf_get_fd_by_id_opts *opts)
{
	struct bpf_get_fd_by_id_opts o;
	__u32 attr[3] = { id, 0, 0 };

	if (pca_libbpf_opts(&o, sizeof(o), opts))
		return pca_libbpf_result(-EINVAL);
	attr[2] = o.open_flags;
	return pca_libbpf_call(BPF_MAP_GET_FD_BY_ID, attr, sizeof(attr));
}

static inline int bpf_map_get_fd_by_id(__u32 id)
{
	return bpf_map_get_fd_by_id_opts(id, NULL);
}

/*
 * Describe the map behind bpf_fd in *info_len bytes, which should be zero before;
 * *info_len is how many were meaningful. -EBADFD: not open.
 */
static inline int bpf_obj_get_info_by_fd(int bpf_fd, void *info, __u32 *info_len)
{
	struct {
		__u32 bpf_fd, info_len;
		__u64 info;
	} attr = { (__u32)bpf_fd, *info_len, pca_libbpf_ptr(info) };
	int err = pca_libbpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));

	if (!err)
		*info_len = attr.info_len;
	return err;
}

static inline int bpf_map_get_info_by_fd(int map_fd, struct bpf_map_info *info, __u32 *info_len)
{
	return bpf_obj_get_info_by_fd(map_fd, info, info_len);
}

/* ---- programs ---- */

struct bpf_test_run_opts {
	size_t sz;
	const void *data_in;
	void *data_out;
	__u32 data_size_in;
	__u32 data_size_out; /* in: room at data_out; out: size of the packet */
	const void *ctx_in;
	void *ctx_out;
	__u32 ctx_size_in;
	__u32 ctx_size_out; /* in: room at ctx_out; out: size of the context */
	__u32 retval;	    /* out: what the program returned */
	int repeat;
	__u32 duration; /* out: ns of one run, on average */
	__u32 flags;
	__u32 cpu;
	__u32 batch_size;
};

/*
 * Run a program by its fd, as BPF_PROG_TEST_RUN does. What is
 * out in opts is stored in any case.
 */
static inline int bpf_prog_test_run_opts(int prog_fd, struct bpf_test_run_opts *opts)
{
	struct bpf_test_run_opts o;
	struct {
		__u32 prog_fd, retval, data_size_in, data_size_out;
		__u64 data_in, data_out;
		__u32 repeat, duration, ctx_size_in, ctx_size_out;
		__u64 ctx_in, ctx_out;
		__u32 flags, cpu, batch_size;
	} attr;
	int err;

	if (pca_libbpf_opts(&o, sizeof(o), opts))
		return pca_libbpf_result(-EINVAL);
	memset(&attr, 0, sizeof(attr));
	attr.prog_fd = (__u32)prog_fd;
	attr.data_size_in = o.data_size_in;
	attr.data_size_out = o.data_size_out;
	attr.data_in = pca_libbpf_ptr(o.data_in);
	attr.data_out = pca_libbpf_ptr(o.data_out);
	attr.repeat = (__u32)o.repeat;
	attr.ctx_size_in = o.ctx_size_in;
	attr.ctx_size_out = o.ctx_size_out;
	attr.ctx_in = pca_libbpf_ptr(o.ctx_in);
	attr.ctx_out = pca_libbpf_ptr(o.ctx_out);
	attr.flags = o.flags;
	attr.cpu = o.cpu;
	attr.batch_size = o.batch_size;
	err = pca_libbpf_call(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	pca_libbpf_put_opt(opts, offsetof(struct bpf_test_run_opts, data_size_out),
			   attr.data_size_out);
	pca_libbpf_put_opt(opts, offsetof(struct bpf_test_run_opts, ctx_size_out),
			   attr.ctx_size_out);
	pca_libbpf_put_opt(opts, offsetof(struct bpf_test_run_opts, retval), attr.retval);
	pca_libbpf_put_opt(opts, offsetof(struct bpf_test_run_opts, duration), attr.duration);
	return err;
}

PCA_END_DECLS

#endif
