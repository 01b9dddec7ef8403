// SPDX-License-Identifier: MIT
/*
 * Private copies. The loader knows a file again by its inode, and by its name, so that two
 * opens need two files. What looks for symbols later decides how they are made:
 *
 *	valgrind	opens the name in /proc/PID/maps while the file is mapped
 *	gdb, sanitizers	open the name that the loader was given, at any time
 *
 * So the copy is a file with a name while it is loaded, and has none afterwards, lest
 * a process that is killed leave it behind; and the loader is given /proc/PID/fd/N, which is
 * that file for as long as the descriptor is open.
 */
#define _GNU_SOURCE
#include "object_image.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include "alloc.h"

struct object_image {
	uint32_t refcount; /* atomic */
	int fd;
	void *handle;
	uintptr_t base;
};

static int write_all(int fd, const struct object_elf *elf)
{
	size_t done = 0;

	while (done < elf->size) {
		ssize_t n = write(fd, elf->bytes + done, elf->size - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/*
 * valgrind knows the lines of what is in the section .text alone. In the copy, that goes on
 * to the end of what can be executed, over the sections of programs, which come behind it.
 */
static void widen_text(const struct object_elf *elf)
{
	const Elf64_Ehdr *file = (const void *)elf->bytes;
	const GElf_Phdr *load;
	GElf_Shdr text;
	const char *name;
	Elf64_Shdr *in_file;
	size_t at = 0;

	while ((name = object_elf_next_section(elf, &at, &text)) && strcmp(name, ".text") != 0)
		;
	load = name ? object_elf_segment(elf, text.sh_addr, text.sh_size) : NULL;
	if (!load || !(load->p_flags & PF_X) || file->e_shoff > elf->size || (file->e_shoff & 7) ||
	    (at + 1) * sizeof(*in_file) > elf->size - file->e_shoff)
		return;
	in_file = (Elf64_Shdr *)(void *)(elf->bytes + file->e_shoff) + at;
	in_file->sh_size = load->p_vaddr + load->p_filesz - text.sh_addr;
}

/* /proc/PID/fd/N, and not "self", which would be the debugger that reads it. */
static int load(struct object_image *image)
{
	char path[64];
	struct link_map *map;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), image->fd);
	image->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!image->handle || dlinfo(image->handle, RTLD_DI_LINKMAP, &map))
		return -EINVAL;
	image->base = map->l_addr;
	return 0;
}

/* A name that says in valgrind's reports which object this is. */
static int load_named(struct object_image *image, const struct object_elf *elf)
{
	const char *dir = secure_getenv("TMPDIR"), *slash = strrchr(elf->path, '/');
	const char *name = slash ? slash + 1 : elf->path;
	char *path;
	int err;

	if (asprintf(&path, "%s/pcasim-XXXXXX-%.64s", dir && *dir ? dir : "/tmp", name) < 0)
		return -ENOMEM;
	image->fd = mkostemps(path, (int)strnlen(name, 64) + 1, O_CLOEXEC);
	err = image->fd < 0 ? -errno : write_all(image->fd, elf);
	if (!err)
		err = load(image);
	if (image->fd >= 0)
		unlink(path);
	if (image->fd >= 0 && err)
		close(image->fd);
	free(path);
	return err;
}

/* Where no directory takes it, or lets it be mapped for execution: without a name. */
static int load_nameless(struct object_image *image, const struct object_elf *elf)
{
	int err;

	image->fd = memfd_create("pcasim", MFD_CLOEXEC);
	if (image->fd < 0)
		return object_refuse(elf, -errno, "cannot be copied: %s", strerror(errno));
	err = write_all(image->fd, elf);
	if (err)
		object_refuse(elf, err, "cannot be copied: %s", strerror(-err));
	else if (load(image))
		err = object_refuse(elf, -EINVAL, "cannot be loaded: %s", dlerror());
	if (err)
		close(image->fd);
	return err;
}

int object_image_load(struct object_image **out, const struct object_elf *elf)
{
	struct object_image *image = alloc_zeroed(sizeof(*image));
	int err = 0;

	if (!image)
		return -ENOMEM;
	image->refcount = 1;
	widen_text(elf);
	if (load_named(image, elf))
		err = load_nameless(image, elf);
	if (err)
		free(image);
	else
		*out = image;
	return err;
}

void object_image_get(struct object_image *image)
{
	__atomic_fetch_add(&image->refcount, 1, __ATOMIC_RELAXED);
}

void object_image_put(struct object_image *image)
{
	if (!image || __atomic_sub_fetch(&image->refcount, 1, __ATOMIC_ACQ_REL))
		return;
	dlclose(image->handle);
	close(image->fd);
	free(image);
}

void *object_image_at(const struct object_image *image, uint64_t address)
{
	return (void *)(image->base + address);
}
