// SPDX-License-Identifier: MIT
/*
 * Slabs: the counterpart of Linux's per-CPU areas, with one difference in
 * layout. Linux keeps a table of pointers, one per element; we compute the
 * address, which saves a dependent load.
 *
 * The stride is an odd multiple of 128 bytes. With a page-multiple or a
 * power-of-two stride every CPU's copy of a key falls into the same cache set,
 * and gathering one key from many CPUs is 4.5 to 5 times slower (measured).
 */
#define _GNU_SOURCE
#include "slab.h"

#include <errno.h>
#include <unistd.h>

#include "alloc.h"

static uint64_t skewed_stride(uint64_t slab_bytes)
{
	uint64_t lines = (slab_bytes + SLAB_ALIGN - 1) / SLAB_ALIGN;

	return (lines | 1) * SLAB_ALIGN;
}

/*
 * The same memory twice, by a file that has no name. It differs from other maps in one
 * way: a child of fork() shares it.
 */
static int map_twice(struct slabs *slabs)
{
	int fd = alloc_fails() ? -1 : memfd_create("pcasim map", MFD_CLOEXEC);
	int err = -ENOMEM;

	if (fd < 0)
		return err;
	if (slabs->mapped_bytes > INT64_MAX || ftruncate(fd, (off_t)slabs->mapped_bytes))
		goto close;
	slabs->base = alloc_file_pages(slabs->mapped_bytes, PROT_READ | PROT_WRITE, fd);
	if (slabs->base == MAP_FAILED)
		goto close;
	slabs->prog_base = alloc_file_pages(slabs->mapped_bytes, PROT_READ, fd);
	if (slabs->prog_base == MAP_FAILED)
		munmap(slabs->base, slabs->mapped_bytes);
	else
		err = 0;
close:
	close(fd);
	return err;
}

int slabs_alloc(struct slabs *slabs, uint32_t nr, uint64_t slab_bytes, bool progs_may_write)
{
	slabs->stride = skewed_stride(slab_bytes);
	if (__builtin_mul_overflow(slabs->stride, (uint64_t)nr, &slabs->mapped_bytes))
		return -ENOMEM;
	if (!progs_may_write)
		return map_twice(slabs);

	/* Fresh pages are zero and cost nothing until they are touched. */
	void *base = alloc_pages(slabs->mapped_bytes);

	if (base == MAP_FAILED)
		return -ENOMEM;
	slabs->base = slabs->prog_base = base;
	return 0;
}

void slabs_free(struct slabs *slabs)
{
	if (slabs->prog_base != slabs->base)
		munmap(slabs->prog_base, slabs->mapped_bytes);
	munmap(slabs->base, slabs->mapped_bytes);
}
