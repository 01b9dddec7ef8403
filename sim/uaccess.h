/* SPDX-License-Identifier: MIT */
/*
 * Following user pointers. Linux: copy_from_user(), copy_to_user().
 */
#ifndef SIM_UACCESS_H
#define SIM_UACCESS_H

#include <errno.h>
#include <string.h>

#include "task.h"

/* May this process read its own memory by process_vm_readv()? */
bool checked_memory_works(void);

/* Only in programs built with AddressSanitizer. */
extern void *__asan_region_is_poisoned(void *addr, size_t size) __attribute__((weak));
bool asan_buffer_is_good(uint64_t addr, size_t n, const char *verb);

/*
 * Under AddressSanitizer: are these n bytes of a direct task's buffer good to
 * access? If not, says so, naming both sizes. Always true without ASan.
 */
static inline bool user_buffer_is_good(uint64_t addr, size_t n, const char *verb)
{
	return likely(!__asan_region_is_poisoned) || asan_buffer_is_good(addr, n, verb);
}

/* May plain loads and stores follow addr? A page's worth at zero may not. */
static inline bool direct_range_ok(uint64_t addr, size_t n)
{
	return likely(addr >= PAGE_BYTES) || n == 0;
}

/*
 * Where something begins of which parts are read or written: in the first page
 * is as good as NULL, so that what lies behind that page's end is bad as well.
 */
static inline uint64_t user_base(uint64_t addr)
{
	return likely(addr >= PAGE_BYTES) ? addr : 0;
}

static inline int copy_from_user(struct pca_task *task, void *dst, uint64_t addr, size_t n)
{
	return task->ops->copy_in(task, dst, addr, n);
}

static inline int copy_to_user(struct pca_task *task, uint64_t addr, const void *src, size_t n)
{
	return task->ops->copy_out(task, addr, src, n);
}

/* A 32-bit word, the size of a key: no call for a direct task. */
static inline int get_user_u32(struct pca_task *task, uint32_t *value, uint64_t addr)
{
	if (unlikely(!task->ops->is_direct))
		return copy_from_user(task, value, addr, sizeof(*value));
	if (!direct_range_ok(addr, sizeof(*value)))
		return -EFAULT;
	memcpy(value, (const void *)(uintptr_t)addr, sizeof(*value));
	return 0;
}

static inline int put_user_u32(struct pca_task *task, uint32_t value, uint64_t addr)
{
	if (unlikely(!task->ops->is_direct))
		return copy_to_user(task, addr, &value, sizeof(value));
	if (!direct_range_ok(addr, sizeof(value)))
		return -EFAULT;
	memcpy((void *)(uintptr_t)addr, &value, sizeof(value));
	return 0;
}

/*
 * A NUL-terminated string of less than size bytes. Returns its length, -EFAULT
 * or -ENAMETOOLONG.
 */
int strncpy_from_user(struct pca_task *task, char *dst, uint64_t addr, size_t size);

/*
 * A user buffer that element copies can work on: the user's own memory for a
 * direct task, else a copy of ours.
 */
struct user_buffer {
	void *bytes;
	void *heap;
	char small[256] __attribute__((aligned(8)));
};

int bounce_in(struct user_buffer *buf, struct pca_task *task, uint64_t addr, size_t n);
int bounce_out(struct user_buffer *buf, size_t n);
int bounce_out_end(struct user_buffer *buf, struct pca_task *task, uint64_t addr, size_t n);
void bounce_free(struct user_buffer *buf);

/* A direct task's own memory. */
static inline int user_buffer_direct(struct user_buffer *buf, uint64_t addr, size_t n,
				     const char *verb)
{
	buf->heap = NULL;
	buf->bytes = (void *)(uintptr_t)addr;
	return direct_range_ok(addr, n) && user_buffer_is_good(addr, n, verb) ? 0 : -EFAULT;
}

/* Bytes to read from: -EFAULT, -ENOMEM. */
static inline int user_buffer_in(struct user_buffer *buf, struct pca_task *task, uint64_t addr,
				 size_t n)
{
	return likely(task->ops->is_direct) ? user_buffer_direct(buf, addr, n, "reads")
					    : bounce_in(buf, task, addr, n);
}

/* Bytes to write to, that user_buffer_out_end() hands to the user. */
static inline int user_buffer_out(struct user_buffer *buf, struct pca_task *task, uint64_t addr,
				  size_t n)
{
	return likely(task->ops->is_direct) ? user_buffer_direct(buf, addr, n, "writes")
					    : bounce_out(buf, n);
}

static inline int user_buffer_out_end(struct user_buffer *buf, struct pca_task *task, uint64_t addr,
				      size_t n)
{
	return likely(task->ops->is_direct) ? 0 : bounce_out_end(buf, task, addr, n);
}

static inline void user_buffer_free(struct user_buffer *buf)
{
	if (unlikely(buf->heap))
		bounce_free(buf);
}

/* A copy of a caller's key. */
struct user_key {
	const void *bytes;
	uint32_t index; /* of 4 bytes, the size of an array's keys */
	struct user_buffer other;
};

/* 0, -EFAULT, -ENOMEM. */
static inline int user_key_in(struct user_key *key, struct pca_task *task, uint32_t size,
			      uint64_t addr)
{
	int err;

	key->other.heap = NULL;
	if (likely(size == sizeof(key->index))) {
		key->bytes = &key->index;
		return get_user_u32(task, &key->index, addr);
	}
	err = bounce_in(&key->other, task, addr, size);
	key->bytes = key->other.bytes;
	return err;
}

static inline void user_key_free(struct user_key *key)
{
	user_buffer_free(&key->other);
}

#endif
