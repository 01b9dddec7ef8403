// SPDX-License-Identifier: MIT
/*
 * Two ways to follow a user pointer: plainly (direct), or by process_vm_readv()
 * and process_vm_writev() on this very process (checked), which gives an exact
 * EFAULT without a signal handler and works under every sanitizer.
 */
#define _GNU_SOURCE
#include "uaccess.h"

#include <sys/uio.h>
#include <unistd.h>

#ifdef PCASIM_VALGRIND
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_DEFINED_IF_ADDRESSABLE(addr, n) ((void)(addr))
#endif

#include "alloc.h"
#include "message.h"

bool asan_buffer_is_good(uint64_t addr, size_t n, const char *verb)
{
	char *start = (char *)(uintptr_t)addr;
	char *bad = addr >= PAGE_BYTES ? __asan_region_is_poisoned(start, n) : NULL;

	if (!bad)
		return true;
	message_error("buffer has %td bytes, this command %s %zu: a per-CPU map's value takes "
		      "round_up(value_size, 8) bytes for every possible CPU",
		      bad - start, verb, n);
	return false;
}

static int direct_copy_in(struct pca_task *task, void *dst, uint64_t addr, size_t n)
{
	(void)task;
	if (!direct_range_ok(addr, n) || !user_buffer_is_good(addr, n, "reads"))
		return -EFAULT;
	if (n) /* memcpy() may not be given NULL, even for 0 bytes */
		memcpy(dst, (const void *)(uintptr_t)addr, n);
	return 0;
}

static int direct_copy_out(struct pca_task *task, uint64_t addr, const void *src, size_t n)
{
	(void)task;
	if (!direct_range_ok(addr, n) || !user_buffer_is_good(addr, n, "writes"))
		return -EFAULT;
	if (n)
		memcpy((void *)(uintptr_t)addr, src, n);
	return 0;
}

const struct task_ops direct_task_ops = {
	.is_direct = true,
	.copy_in = direct_copy_in,
	.copy_out = direct_copy_out,
};

typedef ssize_t (*vm_copy)(pid_t, const struct iovec *, unsigned long, const struct iovec *,
			   unsigned long, unsigned long);

static int vm_transfer(vm_copy copy, void *ours, uint64_t addr, size_t n)
{
	struct iovec local = { ours, n };
	struct iovec remote = { (void *)(uintptr_t)addr, n };

	/* A short count means that the byte after it is bad: the prefix is copied. */
	return n && copy(getpid(), &local, 1, &remote, 1, 0) != (ssize_t)n ? -EFAULT : 0;
}

static int checked_copy_in(struct pca_task *task, void *dst, uint64_t addr, size_t n)
{
	(void)task;
	return vm_transfer(process_vm_readv, dst, addr, n);
}

static int checked_copy_out(struct pca_task *task, uint64_t addr, const void *src, size_t n)
{
	int err = vm_transfer(process_vm_writev, (void *)(uintptr_t)src, addr, n);

	(void)task;
	/* memcheck takes what was written for another process's memory. */
	VALGRIND_MAKE_MEM_DEFINED_IF_ADDRESSABLE((void *)(uintptr_t)addr, n);
	return err;
}

const struct task_ops checked_task_ops = {
	.copy_in = checked_copy_in,
	.copy_out = checked_copy_out,
};

bool checked_memory_works(void)
{
	char here = 'x', there = 0;

	return !vm_transfer(process_vm_readv, &there, (uintptr_t)&here, 1) && there == here;
}

int strncpy_from_user(struct pca_task *task, char *dst, uint64_t addr, size_t size)
{
	size_t len = 0;

	while (len < size) {
		/* Not past a page's end: the string may end before the next one. */
		size_t chunk = PAGE_BYTES - (addr + len) % PAGE_BYTES;

		if (chunk > size - len)
			chunk = size - len;
		if (task->ops->is_direct)
			chunk = 1; /* nor past the string's own end, which ASan may guard */
		if (copy_from_user(task, dst + len, addr + len, chunk))
			return -EFAULT;

		const char *nul = memchr(dst + len, '\0', chunk);

		if (nul)
			return (int)(nul - dst);
		len += chunk;
	}
	return -ENAMETOOLONG;
}

int bounce_out(struct user_buffer *buf, size_t n)
{
	buf->heap = NULL;
	buf->bytes = buf->small;
	if (n <= sizeof(buf->small))
		return 0;
	buf->heap = buf->bytes = alloc_bytes(n);
	return buf->bytes ? 0 : -ENOMEM;
}

int bounce_in(struct user_buffer *buf, struct pca_task *task, uint64_t addr, size_t n)
{
	int err = bounce_out(buf, n);

	if (!err)
		err = copy_from_user(task, buf->bytes, addr, n);
	if (err)
		user_buffer_free(buf);
	return err;
}

int bounce_out_end(struct user_buffer *buf, struct pca_task *task, uint64_t addr, size_t n)
{
	int err = copy_to_user(task, addr, buf->bytes, n);

	user_buffer_free(buf);
	return err;
}

void bounce_free(struct user_buffer *buf)
{
	free(buf->heap);
}
