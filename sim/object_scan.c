// SPDX-License-Identifier: MIT
/*
 * What is in an object, by its symbols: gcc's BTF knows sections, too, but not where their
 * variables are. Linux: bpf_object__elf_collect() in tools/lib/bpf/libbpf.c.
 */
#include "object_file.h"

#include <bpf/libbpf.h>

#include <pcasim/bpf.h>

#include "alloc.h"
#include "prog.h"

/* ---- sections of programs ---- */

/* Those that libbpf has got since 1.1, Debian 12's. */
static const struct {
	const char *name;
	bool has_more; /* "name" and "name/..." */
	uint32_t type;
} newer_sections[] = {
	{ "classifier/ingress", false, BPF_PROG_TYPE_SCHED_CLS }, /* other loaders take these */
	{ "classifier/egress", false, BPF_PROG_TYPE_SCHED_CLS },
	{ "tc/ingress", false, BPF_PROG_TYPE_SCHED_CLS },
	{ "tc/egress", false, BPF_PROG_TYPE_SCHED_CLS },
	{ "tcx/ingress", false, BPF_PROG_TYPE_SCHED_CLS },
	{ "tcx/egress", false, BPF_PROG_TYPE_SCHED_CLS },
	{ "netkit/primary", false, BPF_PROG_TYPE_SCHED_CLS },
	{ "netkit/peer", false, BPF_PROG_TYPE_SCHED_CLS },
	{ "kprobe.session", true, BPF_PROG_TYPE_KPROBE },
	{ "uprobe.multi", true, BPF_PROG_TYPE_KPROBE },
	{ "uretprobe.multi", true, BPF_PROG_TYPE_KPROBE },
	{ "uprobe.multi.s", true, BPF_PROG_TYPE_KPROBE },
	{ "uretprobe.multi.s", true, BPF_PROG_TYPE_KPROBE },
	{ "uprobe.session", true, BPF_PROG_TYPE_KPROBE },
	{ "uprobe.session.s", true, BPF_PROG_TYPE_KPROBE },
	{ "netfilter", false, 32 /* BPF_PROG_TYPE_NETFILTER */ },
	{ "cgroup/connect_unix", false, BPF_PROG_TYPE_CGROUP_SOCK_ADDR },
	{ "cgroup/sendmsg_unix", false, BPF_PROG_TYPE_CGROUP_SOCK_ADDR },
	{ "cgroup/recvmsg_unix", false, BPF_PROG_TYPE_CGROUP_SOCK_ADDR },
	{ "cgroup/getpeername_unix", false, BPF_PROG_TYPE_CGROUP_SOCK_ADDR },
	{ "cgroup/getsockname_unix", false, BPF_PROG_TYPE_CGROUP_SOCK_ADDR },
};

int object_prog_type(uint32_t *type, uint32_t *attach_type, const char *section)
{
	enum bpf_attach_type how;
	enum bpf_prog_type found;

	section += *section == '?';
	if (!libbpf_prog_type_by_name(section, &found, &how)) {
		*type = found;
		*attach_type = how;
		return 0;
	}
	*attach_type = 0;
	for (size_t i = 0; i < ARRAY_SIZE(newer_sections); i++) {
		size_t len = strlen(newer_sections[i].name);

		if (strncmp(section, newer_sections[i].name, len) ||
		    (section[len] && !(newer_sections[i].has_more && section[len] == '/')))
			continue;
		*type = newer_sections[i].type;
		return 0;
	}
	return -EINVAL;
}

/* ---- symbols ---- */

static int grow(void *array, size_t nr, size_t bytes)
{
	void *grown, **at = array;

	if (nr & (nr - 1)) /* room for the next power of two */
		return 0;
	grown = alloc_grown_array(*at, nr ? 2 * nr : 1, bytes);
	if (!grown)
		return -ENOMEM;
	*at = grown;
	return 0;
}

/* Compilers put parts of a function under names with a dot. */
static bool is_of_compiler(const struct object_symbol *symbol)
{
	return symbol->is_local && strchr(symbol->name, '.');
}

static int check_prog(const struct pca_object *object, const struct object_symbol *symbol,
		      const char *section, uint32_t type)
{
	const struct object_elf *elf = &object->elf;
	const struct prog_type *known = prog_type(type);

	if (symbol->is_local)
		return object_refuse(elf, -EINVAL,
				     "program \"%s\" is static; leave out \"static\", which libbpf "
				     "refuses in front of programs",
				     symbol->name);
	if (!symbol->is_executable || !symbol->bytes)
		return object_refuse(elf, -EINVAL, "program \"%s\" has no instructions",
				     symbol->name);
	if (!known || type == BPF_PROG_TYPE_EXT || known->err == -PCA_ENOTSUPP)
		return object_refuse(elf, -PCA_ENOTSUPP,
				     "program \"%s\": programs of SEC(\"%s\") are not simulated",
				     symbol->name, section);
	return 0;
}

static int add_prog(struct pca_object *object, const struct object_symbol *symbol,
		    const char *section)
{
	uint32_t type = 0, attach_type = 0;
	int err;

	if (is_of_compiler(symbol))
		return 0;
	if (object_prog_type(&type, &attach_type, section))
		return object_refuse(&object->elf, -EINVAL,
				     "program \"%s\": SEC(\"%s\") is no section that libbpf knows, "
				     "such as xdp, tc, socket, kprobe/..., tracepoint/..., "
				     "fentry/...",
				     symbol->name, section);
	err = check_prog(object, symbol, section, type);
	if (!err)
		err = grow(&object->progs, object->nr_progs, sizeof(*object->progs));
	if (err)
		return err;
	object->progs[object->nr_progs++] = (struct object_prog){
		.prog = { .name = symbol->name,
			  .section = section + (*section == '?'),
			  .type = type,
			  .fd = -1 },
		.address = symbol->address,
		.attach_type = attach_type,
		.is_optional = *section == '?',
	};
	return 0;
}

static int refuse_static_map(const struct object_elf *elf, const struct object_symbol *symbol)
{
	return object_refuse(elf, -EINVAL,
			     "map \"%s\" is static; leave out \"static\", since libbpf refuses "
			     "static maps",
			     symbol->name);
}

/* Does no other variable begin there? */
static bool is_free(const struct object_elf *elf, uint64_t from, uint64_t to)
{
	struct object_symbol symbol;

	for (size_t i = 0; i < elf->nr_symbols; i++) {
		if (object_elf_symbol(elf, i, &symbol) && symbol.address >= from &&
		    symbol.address < to)
			return false;
	}
	return object_elf_is_writable(elf, from, to - from);
}

/*
 * Programs will find the reference to the map in these bytes, and in those behind them that
 * SEC(".maps") has kept free by aligning the next one: a definition may be a pointer short,
 * that of max_entries.
 */
static int check_room(const struct object_elf *elf, const struct object_symbol *symbol,
		      uint32_t type)
{
	const size_t room = sizeof(struct pca_map_ref), least = room - sizeof(void *);

	if (object_map_stays_empty(type))
		return 0;
	if (symbol->is_writable && symbol->bytes >= least &&
	    (symbol->bytes >= room ||
	     is_free(elf, symbol->address + symbol->bytes, symbol->address + room)))
		return 0;
	return object_refuse(elf, -EINVAL,
			     "map \"%s\" is defined in %llu bytes; a structure of %zu was "
			     "expected, with type, max_entries, key and value",
			     symbol->name, (unsigned long long)symbol->bytes,
			     sizeof(struct pca_map_ref));
}

static int add_map(struct pca_object *object, const struct object_symbol *symbol)
{
	struct map_definition definition;
	int err = symbol->is_local ? refuse_static_map(&object->elf, symbol) : 0;

	if (!err)
		err = object_btf_map(object->btf, &object->elf, symbol->name, &definition);
	if (!err && definition.type == BPF_MAP_TYPE_ARRAY)
		definition.map_flags &= ~BPF_F_MMAPABLE; /* no fd of a map can be mapped here */
	if (!err)
		err = check_room(&object->elf, symbol, definition.type);
	if (!err)
		err = grow(&object->maps, object->nr_maps, sizeof(*object->maps));
	if (err)
		return err;
	object->maps[object->nr_maps++] = (struct object_map){
		.map = { .name = symbol->name,
			 .type = definition.type,
			 .key_size = definition.key_size,
			 .value_size = definition.value_size,
			 .max_entries = definition.max_entries,
			 .map_flags = definition.map_flags,
			 .is_pinned = definition.is_pinned,
			 .fd = -1 },
		.address = symbol->address,
		.definition = definition,
	};
	return 0;
}

/* A static variable of a function is called NAME.N in the file. */
static uint32_t type_of_variable(const struct pca_object *object, const char *name)
{
	char own[128];

	snprintf(own, sizeof(own), "%.*s", (int)strcspn(name, "."), name);
	return object_btf_variable(object->btf, own);
}

static bool is_const(const struct btf *btf, uint32_t type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);

	for (; btf_is_mod(type) || btf_is_typedef(type); type = btf__type_by_id(btf, type->type)) {
		if (btf_is_const(type))
			return true;
	}
	return btf_is_array(type) && is_const(btf, btf_array(type)->type);
}

/* What has no type is the compiler's or a sanitizer's. */
static int add_global(struct pca_object *object, const struct object_symbol *symbol,
		      const char *section)
{
	uint32_t type_id = type_of_variable(object, symbol->name);
	int err =
		type_id ? grow(&object->globals, object->nr_globals, sizeof(*object->globals)) : 0;

	if (err || !type_id)
		return err;
	object->globals[object->nr_globals++] = (struct object_global){
		.global = { .name = symbol->name,
			    .section = section,
			    .bytes = symbol->bytes,
			    .is_const = !symbol->is_writable || is_const(object->btf, type_id) },
		.address = symbol->address,
		.type_id = type_id,
	};
	return 0;
}

static int set_license(struct pca_object *object, const struct object_symbol *symbol)
{
	const char *text = object_elf_at(&object->elf, symbol->address, symbol->bytes);

	if (!text || !memchr(text, '\0', symbol->bytes))
		return object_refuse(&object->elf, -EINVAL, "SEC(\"license\") holds no string");
	object->license = text;
	return 0;
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* A variable in a section that SEC() named. */
static int add_variable(struct pca_object *object, const struct object_symbol *symbol,
			const char *section)
{
	if (!strcmp(section, ".maps"))
		return add_map(object, symbol);
	if (!strcmp(section, "license"))
		return set_license(object, symbol);
	if (!strcmp(section, "version"))
		return 0; /* libbpf does not look at it */
	if (begins(section, ".data") || begins(section, ".bss") || begins(section, ".rodata"))
		return add_global(object, symbol, section);
	if (begins(section, "xdp_metadata") || !strcmp(section, ".xdp_run_config"))
		return 0; /* libxdp's; libbpf passes over what it does not know */
	if (!strcmp(section, "maps") || begins(section, "maps/"))
		return object_refuse(&object->elf, -EINVAL,
				     "map \"%s\" is in SEC(\"%s\"), which libbpf 1.0 has dropped; "
				     "define it by __uint() and __type() in SEC(\".maps\")",
				     symbol->name, section);
	return object_refuse(&object->elf, -PCA_ENOTSUPP,
			     "\"%s\" is in SEC(\"%s\"), which is not simulated", symbol->name,
			     section);
}

static int add_symbol(struct pca_object *object, const struct object_symbol *symbol)
{
	const size_t prefix = strlen(OBJECT_SECTION_PREFIX);
	bool is_named = begins(symbol->section, OBJECT_SECTION_PREFIX);

	if (symbol->type == STT_FUNC)
		return is_named ? add_prog(object, symbol, symbol->section + prefix) : 0;
	return is_named ? add_variable(object, symbol, symbol->section + prefix)
			: add_global(object, symbol, symbol->section);
}

#define DEFINE_COMPARE(kind)                                                  \
	static int compare_##kind##s(const void *a, const void *b)            \
	{                                                                     \
		const struct object_##kind *x = a, *y = b;                    \
                                                                              \
		return (x->address > y->address) - (x->address < y->address); \
	}

DEFINE_COMPARE(prog)
DEFINE_COMPARE(map)
DEFINE_COMPARE(global)

/* gcc lays variables out backwards, but numbers types as they come in the source. */
static int compare_definitions(const void *a, const void *b)
{
	uint32_t x = ((const struct object_map *)a)->definition.type_id;
	uint32_t y = ((const struct object_map *)b)->definition.type_id;

	return x == y ? compare_maps(a, b) : (x > y) - (x < y);
}

static void sort(void *array, size_t nr, size_t bytes, int (*compare)(const void *, const void *))
{
	if (nr)
		qsort(array, nr, bytes, compare);
}

int object_scan(struct pca_object *object)
{
	struct object_symbol symbol;
	int err = 0;

	object->license = "";
	for (size_t i = 0; i < object->elf.nr_symbols && !err; i++) {
		if (object_elf_symbol(&object->elf, i, &symbol))
			err = add_symbol(object, &symbol);
	}
	if (err)
		return err;
	sort(object->progs, object->nr_progs, sizeof(*object->progs), compare_progs);
	sort(object->maps, object->nr_maps, sizeof(*object->maps), compare_definitions);
	sort(object->globals, object->nr_globals, sizeof(*object->globals), compare_globals);
	return 0;
}
