// SPDX-License-Identifier: MIT
/*
 * Helpers that read memory which may be bad (Linux: kernel/trace/bpf_trace.c,
 * mm/maccess.c). A simulated kernel and its users are one process: its addresses are
 * both kinds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "helper_call.h"
#include "task.h"

int copy_from_nofault(void *dst, const void *src, size_t size)
{
	struct iovec to = { dst, size }, from = { (void *)(uintptr_t)src, size };

	if (!size)
		return 0;
	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

/*
 * What lies in the page behind the NUL need not be there, and what is behind the NUL in
 * dst stays as it was: so in small pieces.
 */
long strncpy_from_nofault(char *dst, const char *src, size_t size)
{
	char piece[256];
	size_t len = 0;

	while (len < size) {
		size_t in_page = PAGE_BYTES - (uintptr_t)(src + len) % PAGE_BYTES;
		size_t n = size - len < sizeof(piece) ? size - len : sizeof(piece);
		const char *nul;

		if (n > in_page)
			n = in_page;
		if (copy_from_nofault(piece, src + len, n))
			return -EFAULT;
		nul = memchr(piece, '\0', n);
		if (nul)
			n = (size_t)(nul - piece) + 1;
		memcpy(dst + len, piece, n);
		len += n;
		if (nul)
			return (long)len;
	}
	if (size)
		dst[size - 1] = '\0';
	return (long)size;
}

/* Nothing lies in the first page. */
static bool is_mapped_address(const void *src)
{
	return (uintptr_t)src >= PAGE_BYTES;
}

static long read_user(void *dst, uint32_t size, const void *src)
{
	if (!size || (is_mapped_address(src) && !copy_from_nofault(dst, src, size)))
		return 0;
	memset(dst, 0, size);
	return -EFAULT;
}

static long read_kernel(void *dst, uint32_t size, const void *src)
{
	long err = read_user(dst, size, src);

	return is_mapped_address(src) ? err : -ERANGE; /* also for no bytes at all */
}

static long read_user_str(void *dst, uint32_t size, const void *src)
{
	long len = is_mapped_address(src) ? strncpy_from_nofault(dst, src, size) : -EFAULT;

	if (!size)
		return 0;
	if (len < 0)
		memset(dst, 0, size);
	return len;
}

static long read_kernel_str(void *dst, uint32_t size, const void *src)
{
	long len = read_user_str(dst, size, src);

	return len < 0 && !is_mapped_address(src) ? -ERANGE : len;
}

long pca_probe_read_kernel(void *dst, uint32_t size, const void *src)
{
	struct helper_call call = { .name = "bpf_probe_read_kernel" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_writes(&call, "dst", dst, size);
	return helper_ends(&call, read_kernel(dst, size, src));
}

long pca_probe_read_user(void *dst, uint32_t size, const void *src)
{
	struct helper_call call = { .name = "bpf_probe_read_user" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_writes(&call, "dst", dst, size);
	return helper_ends(&call, read_user(dst, size, src));
}

long pca_copy_from_user(void *dst, uint32_t size, const void *src)
{
	struct helper_call call = { .name = "bpf_copy_from_user" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_writes(&call, "dst", dst, size);
	return helper_ends(&call, read_user(dst, size, src));
}

/* An address is a user's, where Linux has to guess: the low ones are. */
long pca_probe_read(void *dst, uint32_t size, const void *src)
{
	struct helper_call call = { .name = "bpf_probe_read" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_writes(&call, "dst", dst, size);
	return helper_ends(&call, read_user(dst, size, src));
}

long pca_probe_read_kernel_str(void *dst, uint32_t size, const void *src)
{
	struct helper_call call = { .name = "bpf_probe_read_kernel_str" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_writes(&call, "dst", dst, size);
	return helper_ends(&call, read_kernel_str(dst, size, src));
}

long pca_probe_read_user_str(void *dst, uint32_t size, const void *src)
{
	struct helper_call call = { .name = "bpf_probe_read_user_str" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_writes(&call, "dst", dst, size);
	return helper_ends(&call, read_user_str(dst, size, src));
}

long pca_probe_read_str(void *dst, uint32_t size, const void *src)
{
	struct helper_call call = { .name = "bpf_probe_read_str" };

	if (!helper_begins(&call))
		return -EINVAL;
	helper_writes(&call, "dst", dst, size);
	return helper_ends(&call, read_user_str(dst, size, src));
}
