// SPDX-License-Identifier: MIT
/*
 * Object files: opening, loading, closing, and what is in them. Linux: bpf_object__open(),
 * bpf_object__load() in tools/lib/bpf/libbpf.c, of which this is the natively compiled
 * counterpart.
 */
#define _GNU_SOURCE
#include "object_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <pcasim/bpf.h>
#include <pcasim/task.h>

#include "alloc.h"
#include "machine.h"
#include "message.h"
#include "prog.h"
#include "task_image.h"

#define DEFAULT_PIN_ROOT "/sys/fs/bpf"
#define PROG_NAME_BYTES 15 /* that a program's name has; libbpf cuts it so */

/* ---- global variables ---- */

/* Constants may be in pages that are for reading. */
static int write_value(const struct pca_object *object, const struct object_global *global,
		       const struct pca_object_value *value)
{
	const uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)global->global.address & ~(page_bytes - 1);
	size_t bytes = (uintptr_t)global->global.address + value->bytes - start;

	if (object_elf_is_writable(&object->elf, global->address, value->bytes)) {
		memcpy(global->global.address, value->value, value->bytes);
		return 0;
	}
	if (mprotect((void *)start, bytes, PROT_READ | PROT_WRITE))
		return -errno;
	memcpy(global->global.address, value->value, value->bytes);
	return mprotect((void *)start, bytes, PROT_READ) ? -errno : 0;
}

static struct object_global *find_global(const struct pca_object *object, const char *name)
{
	for (size_t i = 0; i < object->nr_globals; i++) {
		if (!strcmp(object->globals[i].global.name, name))
			return &object->globals[i];
	}
	return NULL;
}

static bool is_volatile(const struct btf *btf, uint32_t type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);

	for (; btf_is_mod(type) || btf_is_typedef(type); type = btf__type_by_id(btf, type->type)) {
		if (btf_is_volatile(type))
			return true;
	}
	return btf_is_array(type) && is_volatile(btf, btf_array(type)->type);
}

static int set_value(const struct pca_object *object, const struct pca_object_value *value)
{
	const struct object_global *global = find_global(object, value->name);

	if (!global)
		return object_refuse(&object->elf, -EINVAL, "has no global variable \"%s\"",
				     value->name);
	if (value->bytes != global->global.bytes)
		return object_refuse(&object->elf, -EINVAL,
				     "variable \"%s\" has %zu bytes, its value %zu", value->name,
				     global->global.bytes, value->bytes);
	if (global->global.is_const && !is_volatile(object->btf, global->type_id))
		return object_refuse(&object->elf, -EINVAL,
				     "variable \"%s\" is const, so that the compiler knows its "
				     "value already; declare it const volatile",
				     value->name);
	return write_value(object, global, value);
}

/* ---- opening ---- */

static void locate(struct pca_object *object)
{
	for (size_t i = 0; i < object->nr_globals; i++)
		object->globals[i].global.address =
			object_image_at(object->image, object->globals[i].address);
}

int object_understand(struct pca_object *object)
{
	int err = object_btf_read(&object->btf, &object->elf);

	if (!err)
		err = object_check_dynamic(&object->elf);
	if (!err)
		err = object_scan(object);
	return err;
}

/* Nothing moves a program's own structure to where the members of a simulated task are. */
static void warn_of_own_task(const struct pca_object *object)
{
	int id = btf__find_by_name_kind(object->btf, "task_struct", BTF_KIND_STRUCT);

	if (id < 0 || btf__type_by_id(object->btf, (uint32_t)id)->size == task_struct_bytes)
		return;
	message_warning(
		"%s: its struct task_struct is not that of pcasim's vmlinux.h: of simulated "
		"tasks it reads other members than it means; include <vmlinux.h>, and "
		"define none",
		object->path);
}

static int read_file(struct pca_object *object)
{
	int err = object_elf_read(&object->elf, object->path);

	if (!err)
		err = object_understand(object);
	if (!err)
		err = object_image_load(&object->image, &object->elf);
	if (err)
		return err;
	locate(object);
	object_set_kconfig(object);
	warn_of_own_task(object);
	return 0;
}

static int set_options(struct pca_object *object, const struct pca_object_opts *opts)
{
	int err = 0;

	for (size_t i = 0; i < opts->nr_values && !err; i++)
		err = set_value(object, &opts->values[i]);
	return err;
}

static struct pca_object *object_alloc(struct pca_task *task, const char *path,
				       const struct pca_object_opts *opts)
{
	struct pca_object *object = alloc_zeroed(sizeof(*object));

	if (!object)
		return NULL;
	object->task = task;
	object->path = alloc_string(path);
	object->pin_root = alloc_string(opts->pin_root ? opts->pin_root : DEFAULT_PIN_ROOT);
	if (object->path && object->pin_root)
		return object;
	pca_object_close(object);
	return NULL;
}

int pca_object_open(struct pca_object **out, struct pca_task *task, const char *path,
		    const struct pca_object_opts *user_opts)
{
	struct pca_object_opts opts = { 0 };
	struct pca_object *object;
	int err = 0;

	if (user_opts)
		err = copy_opts(&opts, sizeof(opts), user_opts, user_opts->size,
				"struct pca_object_opts");
	if (err)
		return err;
	object = object_alloc(task, path, &opts);
	if (!object)
		return -ENOMEM;
	err = read_file(object);
	if (!err)
		err = set_options(object, &opts);
	if (!err && !opts.is_load_delayed)
		err = pca_object_load(object);
	if (err)
		pca_object_close(object);
	else
		*out = object;
	return err;
}

/* ---- loading ---- */

static int load_prog(struct pca_object *object, struct object_prog *prog,
		     const struct pca_map_use *uses, size_t nr_uses)
{
	void *address = object_image_at(object->image, prog->address);
	char name[PROG_NAME_BYTES + 1], log[512] = "";
	struct pca_prog_load_opts opts = {
		.type = prog->prog.type,
		.name = name,
		.uses = uses,
		.nr_uses = nr_uses,
		.log = log,
		.log_size = sizeof(log),
	};
	int fd, err;

	snprintf(name, sizeof(name), "%s", prog->prog.name);
	memcpy(&opts.fn, &address, sizeof(opts.fn));
	fd = prog_load_of_image(object->task, &opts, object->image, prog->attach_type);
	if (fd < 0)
		return object_refuse(&object->elf, fd, "program \"%s\" cannot be loaded: %s%s%s",
				     prog->prog.name, pca_strerror(fd), *log ? ": " : "", log);
	err = pca_prog_get(object->task, fd, &prog->prog.prog);
	if (err) {
		pca_close(object->task, fd);
		return err;
	}
	prog->prog.fd = fd;
	return 0;
}

static void drop_prog(struct pca_object *object, struct object_prog *prog)
{
	if (!prog->prog.prog)
		return;
	pca_close(object->task, prog->prog.fd);
	pca_prog_put(prog->prog.prog);
	prog->prog.prog = NULL;
	prog->prog.fd = -1;
}

/* Which maps a program uses is not in the file: it holds all of them. */
static int load_progs(struct pca_object *object)
{
	struct pca_map_use *uses = alloc_zeroed_array(object->nr_maps + 1, sizeof(*uses));
	size_t nr_uses = 0;
	int err = 0;

	if (!uses)
		return -ENOMEM;
	for (size_t i = 0; i < object->nr_maps; i++) {
		if (object->maps[i].map.map)
			uses[nr_uses++].map_fd = object->maps[i].map.fd;
	}
	for (size_t i = 0; i < object->nr_progs && !err; i++) {
		if (!object->progs[i].is_optional)
			err = load_prog(object, &object->progs[i], uses, nr_uses);
	}
	free(uses);
	return err;
}

static void unload(struct pca_object *object)
{
	for (size_t i = 0; i < object->nr_progs; i++)
		drop_prog(object, &object->progs[i]);
	for (size_t i = 0; i < object->nr_maps; i++)
		object_map_drop(object, &object->maps[i]);
	object->is_loaded = false;
}

/* A load that fails leaves nothing behind. */
static void unload_and_unpin(struct pca_object *object)
{
	for (size_t i = 0; i < object->nr_maps; i++)
		object_map_unpin(object, &object->maps[i]);
	unload(object);
}

int pca_object_load(struct pca_object *object)
{
	int err = 0;

	if (object->is_loaded)
		return object_refuse(&object->elf, -EINVAL, "is loaded already");
	for (size_t i = 0; i < object->nr_maps && !err; i++)
		err = object_map_create(object, &object->maps[i]);
	if (!err)
		err = load_progs(object);
	if (!err)
		object->is_loaded = true;
	else
		unload_and_unpin(object);
	return err;
}

void pca_object_close(struct pca_object *object)
{
	if (!object)
		return;
	unload(object);
	object_image_put(object->image);
	btf__free(object->btf);
	object_elf_free(&object->elf);
	free(object->progs);
	free(object->maps);
	free(object->globals);
	free(object->pin_root);
	free(object->path);
	free(object);
}

int pca_object_set_max_entries(struct pca_object *object, const char *name, uint32_t max_entries)
{
	for (size_t i = 0; i < object->nr_maps; i++) {
		if (strcmp(object->maps[i].map.name, name))
			continue;
		if (object->maps[i].map.map)
			return -EBUSY;
		object->maps[i].map.max_entries = max_entries;
		return 0;
	}
	return -ENOENT;
}

/* ---- what is in it ---- */

const char *pca_object_license(const struct pca_object *object)
{
	return object->license;
}

/* The public structure is the first member of ours. */
#define DEFINE_ACCESS(kind)                                                                     \
	const struct pca_object_##kind *pca_object_next_##kind(                                 \
		const struct pca_object *object, const struct pca_object_##kind *before)        \
	{                                                                                       \
		size_t next = 0;                                                                \
                                                                                                \
		if (before)                                                                     \
			next = (size_t)((const struct object_##kind *)(const void *)before -    \
					object->kind##s) +                                      \
			       1;                                                               \
		return next < object->nr_##kind##s ? &object->kind##s[next].kind : NULL;        \
	}                                                                                       \
                                                                                                \
	const struct pca_object_##kind *pca_object_find_##kind(const struct pca_object *object, \
							       const char *name)                \
	{                                                                                       \
		for (size_t i = 0; i < object->nr_##kind##s; i++) {                             \
			if (!strcmp(object->kind##s[i].kind.name, name))                        \
				return &object->kind##s[i].kind;                                \
		}                                                                               \
		return NULL;                                                                    \
	}

DEFINE_ACCESS(prog)
DEFINE_ACCESS(map)
DEFINE_ACCESS(global)
