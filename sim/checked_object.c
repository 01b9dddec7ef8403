// SPDX-License-Identifier: MIT
/*
 * Objects of checked programs: where their sections lie, and which line of source an
 * address is. What is known comes from the file, which is read while it is being opened,
 * since nobody keeps its name. Lines are read when the first one is asked for; elfutils
 * is looked for only then, and without it there are no lines.
 */
#define _GNU_SOURCE
#include "checked.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gelf.h>
#include <pthread.h>
#include <unistd.h>

#include "alloc.h"
#include "message.h"

#ifdef PCASIM_HAVE_LIBDW
#include <dwarf.h>
#include <elfutils/libdw.h>
#endif

struct checked_object {
	struct checked_object *next;
	const char *start, *end;
	int fd; /* the file, or -1 */
	struct section *sections;
	size_t nr_sections;
	void *lines; /* Dwarf *; NULL as long as nobody asked, or if there is none */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the list, and lines of each */
static struct checked_object *objects;
static bool have_been; /* atomic */

/* ---- sections ---- */

static bool begins_with(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

/* SEC(".data.x") is bpf..data.x; what the compiler places is .data.x. */
static enum section_kind kind_of(const char *name, uint64_t flags)
{
	if (begins_with(name, "bpf..maps"))
		return SECTION_MAPS;
	if (flags & SHF_EXECINSTR)
		return SECTION_CODE;
	if (begins_with(name, "bpf.."))
		name += strlen("bpf.");
	if (begins_with(name, ".rodata") || begins_with(name, ".data.rel.ro"))
		return SECTION_CONSTANTS;
	if (begins_with(name, ".data") || begins_with(name, ".bss"))
		return SECTION_VARIABLES;
	return SECTION_OTHER;
}

static void add_section(struct checked_object *object, Elf *elf, size_t names, Elf_Scn *scn)
{
	GElf_Shdr header;
	const char *name;
	struct section *section = &object->sections[object->nr_sections];

	if (!gelf_getshdr(scn, &header) || !(header.sh_flags & SHF_ALLOC) ||
	    (header.sh_flags & SHF_TLS) || !(name = elf_strptr(elf, names, header.sh_name)))
		return;
	if (begins_with(name, "bpf..") && header.sh_type == SHT_PROGBITS &&
	    !(header.sh_flags & SHF_WRITE) && !begins_with(name, "bpf..rodata"))
		return;
	section->start = object->start + header.sh_addr;
	section->end = section->start + header.sh_size;
	section->kind = kind_of(name, header.sh_flags);
	snprintf(section->name, sizeof(section->name), "%s",
		 begins_with(name, "bpf.") ? name + strlen("bpf.") : name);
	object->nr_sections++;
}

static int read_sections(struct checked_object *object)
{
	Elf *elf;
	Elf_Scn *scn = NULL;
	size_t nr, names;
	int err = -ENOEXEC;

	if (object->fd < 0 || elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	elf = elf_begin(object->fd, ELF_C_READ, NULL);
	if (!elf || elf_getshdrnum(elf, &nr) || elf_getshdrstrndx(elf, &names))
		goto end;
	object->sections = alloc_zeroed_array(nr ? nr : 1, sizeof(*object->sections));
	if (!object->sections) {
		err = -ENOMEM;
		goto end;
	}
	while ((scn = elf_nextscn(elf, scn)))
		add_section(object, elf, names, scn);
	err = object->nr_sections ? 0 : -ENOEXEC;
end:
	elf_end(elf);
	return err;
}

const struct section *checked_section(const struct checked_object *object, const void *addr)
{
	const char *at = addr;

	for (size_t i = 0; i < object->nr_sections; i++) {
		if (at >= object->sections[i].start && at < object->sections[i].end)
			return &object->sections[i];
	}
	return NULL;
}

bool checked_object_holds(const struct checked_object *object, const void *addr)
{
	const char *at = addr;

	return at >= object->start && at < object->end;
}

/* ---- which there are ---- */

void pca_checked_register(const void *start, const void *end)
{
	struct checked_object *object = alloc_zeroed(sizeof(*object));
	Dl_info info = { 0 };

	if (!object) {
		message_error(
			"no memory for what is known of a checked program: it runs unchecked");
		return;
	}
	object->start = start;
	object->end = end;
	object->fd = dladdr(start, &info) && info.dli_fname
			     ? open(info.dli_fname, O_RDONLY | O_CLOEXEC)
			     : -1;
	if (read_sections(object))
		message_error("%s: its sections cannot be read, so that this checked program runs "
			      "unchecked",
			      info.dli_fname ? info.dli_fname : "a checked program");
	pthread_mutex_lock(&lock);
	object->next = objects;
	objects = object;
	pthread_mutex_unlock(&lock);
	__atomic_store_n(&have_been, true, __ATOMIC_RELAXED);
}

bool checked_objects_exist(void)
{
	return __atomic_load_n(&have_been, __ATOMIC_RELAXED);
}

const struct checked_object *checked_object_at(const void *code)
{
	const struct checked_object *object;

	if (likely(!checked_objects_exist()))
		return NULL;
	pthread_mutex_lock(&lock);
	for (object = objects; object; object = object->next) {
		if (object->nr_sections && checked_object_holds(object, code))
			break;
	}
	pthread_mutex_unlock(&lock);
	return object;
}

/* ---- lines ---- */

#ifdef PCASIM_HAVE_LIBDW

#define LIBDW_FUNCTIONS(use)                                                                     \
	use(begin) use(end) use(addrdie) use(getsrc_die) use(linesrc) use(lineno) use(getscopes) \
		use(tag) use(attr) use(formudata) use(getsrcfiles) use(filesrc)

/* libdw's functions, found when they are needed. */
static struct {
	bool is_there;
#define DECLARE(name) __typeof__(dwarf_##name) *name;
	LIBDW_FUNCTIONS(DECLARE)
#undef DECLARE
} dw;

static void find_libdw(void)
{
	void *library = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);

	dw.is_there = library;
#define FIND(name) \
	dw.is_there = dw.is_there && (*(void **)&dw.name = dlsym(library, "dwarf_" #name));
	LIBDW_FUNCTIONS(FIND)
#undef FIND
}

/* Not under the lock: objects take it while they are opened, under that of dlopen(). */
static void look_for_lines(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_libdw);
}

struct place {
	const char *file;
	Dwarf_Word line;
};

/* Is it in one of the headers that bring helpers, which mean their caller's line? */
static bool is_in_helpers(const struct place *place)
{
	const char *in = place->file ? strstr(place->file, "/bpf/bpf_") : NULL;

	return in && !strncmp(in + strlen(in) - 2, ".h", 2);
}

static Dwarf_Word number_of(Dwarf_Die *die, unsigned int name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;

	return dw.attr(die, name, &attribute) && !dw.formudata(&attribute, &value) ? value : 0;
}

/* Go out to where the inlined function was called. */
static void leave_helpers(Dwarf_Die *unit, uint64_t addr, struct place *place)
{
	Dwarf_Die *scopes = NULL;
	Dwarf_Files *files;
	int nr = dw.getscopes(unit, addr, &scopes);

	if (dw.getsrcfiles(unit, &files, NULL))
		nr = 0;
	for (int i = 0; i < nr && is_in_helpers(place); i++) {
		if (dw.tag(&scopes[i]) != DW_TAG_inlined_subroutine)
			continue;
		place->file = dw.filesrc(files, number_of(&scopes[i], DW_AT_call_file), NULL, NULL);
		place->line = number_of(&scopes[i], DW_AT_call_line);
	}
	free(scopes);
}

static uint32_t find_line(struct checked_object *object, uint64_t addr, char *file, size_t size)
{
	struct place place;
	Dwarf_Line *line;
	Dwarf_Die unit;
	int number;

	if (!object->lines && object->fd >= 0 && dw.is_there)
		object->lines = dw.begin(object->fd, DWARF_C_READ);
	if (!object->lines || !dw.addrdie(object->lines, addr, &unit) ||
	    !(line = dw.getsrc_die(&unit, addr)) || dw.lineno(line, &number))
		return 0;
	place = (struct place){ dw.linesrc(line, NULL, NULL), (Dwarf_Word)number };
	leave_helpers(&unit, addr, &place);
	snprintf(file, size, "%s", place.file ? place.file : "");
	return (uint32_t)place.line;
}

static void forget_lines(struct checked_object *object)
{
	if (object->lines)
		dw.end(object->lines);
}

#else

static void look_for_lines(void)
{
}

static uint32_t find_line(struct checked_object *object, uint64_t addr, char *file, size_t size)
{
	(void)object, (void)addr, (void)file, (void)size;
	return 0;
}

static void forget_lines(struct checked_object *object)
{
	(void)object;
}

#endif

uint32_t checked_source_line(const struct checked_object *object, const void *pc, char *file,
			     size_t size)
{
	uint32_t line = 0;

	*file = '\0';
	if (!object || !checked_object_holds(object, pc))
		return 0;
	look_for_lines();
	pthread_mutex_lock(&lock);
	/* A return address: the call is before it. */
	line = find_line((struct checked_object *)object,
			 (uint64_t)((const char *)pc - object->start) - 1, file, size);
	pthread_mutex_unlock(&lock);
	return line;
}

void pca_checked_unregister(const void *start)
{
	struct checked_object **link = &objects, *object;

	pthread_mutex_lock(&lock);
	while (*link && (*link)->start != start)
		link = &(*link)->next;
	object = *link;
	if (object)
		*link = object->next;
	pthread_mutex_unlock(&lock);
	if (!object)
		return;
	forget_lines(object);
	if (object->fd >= 0)
		close(object->fd);
	free(object->sections);
	free(object);
}
