// SPDX-License-Identifier: MIT
/*
 * Reading the file of an object. Nothing in Linux corresponds: there libbpf reads it.
 */
#define _GNU_SOURCE
#include "object_elf.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "message.h"

#define MOST_FILE_BYTES (256U << 20)
#define MOST_LOADED_BYTES (1U << 30)
#define MOST_ALIGNMENT (2U << 20)
#define HOW_TO "compile it with \"pcasim cc\""

#if defined(__x86_64__)
#define HOST_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define HOST_MACHINE EM_AARCH64
#else
#define HOST_MACHINE EM_NONE
#endif

int object_refuse(const struct object_elf *elf, int err, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	message_error("%s: %s", elf->path, text);
	return err;
}

static int damaged(const struct object_elf *elf, const char *what)
{
	return object_refuse(elf, -EINVAL, "the file is damaged: %s; " HOW_TO " again", what);
}

/* ---- the headers ---- */

static int check_header(const struct object_elf *elf)
{
	GElf_Ehdr header;

	if (elf_kind(elf->elf) != ELF_K_ELF || !gelf_getehdr(elf->elf, &header))
		return object_refuse(elf, -ENOEXEC,
				     "not an object file: ELF was expected; " HOW_TO);
	if (header.e_machine == EM_BPF)
		return object_refuse(elf, -ENOEXEC,
				     "holds instructions for Linux's BPF machine; programs run "
				     "natively here: " HOW_TO);
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != HOST_MACHINE ||
	    header.e_ident[EI_DATA] != (BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB))
		return object_refuse(elf, -ENOEXEC,
				     "is for another machine than this one (ELF machine %u, "
				     "expected %u); " HOW_TO,
				     header.e_machine, HOST_MACHINE);
	if (header.e_type != ET_DYN)
		return object_refuse(elf, -ENOEXEC, "is not linked as a shared object; " HOW_TO);
	if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_shentsize != sizeof(Elf64_Shdr) ||
	    header.e_phoff > elf->size ||
	    header.e_phnum > (elf->size - header.e_phoff) / sizeof(Elf64_Phdr))
		return damaged(elf, "its headers lie outside of it");
	return 0;
}

/* ---- segments ---- */

static uint64_t page_floor(uint64_t address)
{
	return address & ~(uint64_t)4095;
}

static uint64_t page_ceiling(uint64_t address)
{
	return page_floor(address + 4095);
}

/* Segments are in the order of their addresses and share no page. */
static int add_load(struct object_elf *elf, const GElf_Phdr *load)
{
	const GElf_Phdr *before = elf->nr_loads ? &elf->loads[elf->nr_loads - 1] : NULL;
	uint64_t align = load->p_align;

	if (elf->nr_loads == OBJECT_MOST_LOADS)
		return damaged(elf, "it has too many segments");
	if (load->p_offset > elf->size || load->p_filesz > elf->size - load->p_offset ||
	    load->p_filesz > load->p_memsz || load->p_memsz > MOST_LOADED_BYTES ||
	    load->p_vaddr > MOST_LOADED_BYTES ||
	    (load->p_filesz < load->p_memsz && !(load->p_flags & PF_W)))
		return damaged(elf, "a segment lies outside of it");
	if (!(load->p_flags & PF_R))
		return damaged(elf, "a segment cannot be read");
	if (align < 4096 || align > MOST_ALIGNMENT || (align & (align - 1)) ||
	    ((load->p_vaddr - load->p_offset) & (align - 1)))
		return damaged(elf, "a segment is not aligned");
	if (before && page_floor(load->p_vaddr) < page_ceiling(before->p_vaddr + before->p_memsz))
		return damaged(elf, "segments overlap");
	elf->loads[elf->nr_loads++] = *load;
	return 0;
}

static int read_segment(struct object_elf *elf, const GElf_Phdr *segment)
{
	const struct object_range range = { segment->p_vaddr, segment->p_memsz };

	switch (segment->p_type) {
	case PT_LOAD:
		return add_load(elf, segment);
	case PT_DYNAMIC:
		if (elf->dynamic.bytes)
			return damaged(elf, "it has two tables for the loader");
		elf->dynamic = range;
		return 0;
	case PT_GNU_RELRO:
		elf->relro = range;
		return 0;
	case PT_INTERP:
		return object_refuse(elf, -ENOEXEC, "is an executable; " HOW_TO);
	case PT_TLS:
		return object_refuse(elf, -EINVAL,
				     "has thread-local variables, which programs "
				     "cannot have");
	case PT_GNU_STACK:
		return segment->p_flags & PF_X ? damaged(elf, "it wants an executable stack") : 0;
	default:
		return 0;
	}
}

/* What the loader reads of the other segments lies in those that are loaded. */
static int check_segment(const struct object_elf *elf, const GElf_Phdr *segment)
{
	bool is_read = segment->p_type == PT_NOTE || segment->p_type == PT_GNU_RELRO ||
		       segment->p_type == PT_PHDR || segment->p_type == PT_GNU_PROPERTY ||
		       segment->p_type == PT_GNU_EH_FRAME || segment->p_type == PT_DYNAMIC;

	if (!is_read || !segment->p_memsz ||
	    object_elf_segment(elf, segment->p_vaddr, segment->p_memsz))
		return 0;
	return damaged(elf, "a segment is not in what is loaded");
}

static int read_segments(struct object_elf *elf)
{
	GElf_Phdr segment;
	size_t nr;
	int err = 0;

	if (elf_getphdrnum(elf->elf, &nr))
		return damaged(elf, "it has no segments");
	for (size_t i = 0; i < nr && !err; i++)
		err = gelf_getphdr(elf->elf, (int)i, &segment) ? read_segment(elf, &segment)
							       : damaged(elf, elf_errmsg(-1));
	for (size_t i = 0; i < nr && !err; i++) {
		if (gelf_getphdr(elf->elf, (int)i, &segment))
			err = check_segment(elf, &segment);
	}
	if (!err && (!elf->nr_loads || !elf->dynamic.bytes))
		err = damaged(elf, "it has nothing to load");
	return err;
}

const GElf_Phdr *object_elf_segment(const struct object_elf *elf, uint64_t address, uint64_t bytes)
{
	for (size_t i = 0; i < elf->nr_loads; i++) {
		const GElf_Phdr *load = &elf->loads[i];

		if (address >= load->p_vaddr && address - load->p_vaddr <= load->p_memsz &&
		    bytes <= load->p_memsz - (address - load->p_vaddr))
			return load;
	}
	return NULL;
}

const void *object_elf_at(const struct object_elf *elf, uint64_t address, uint64_t bytes)
{
	const GElf_Phdr *load = object_elf_segment(elf, address, bytes);

	if (!load || address - load->p_vaddr > load->p_filesz ||
	    bytes > load->p_filesz - (address - load->p_vaddr))
		return NULL;
	return elf->bytes + load->p_offset + (address - load->p_vaddr);
}

bool object_elf_is_writable(const struct object_elf *elf, uint64_t address, uint64_t bytes)
{
	const GElf_Phdr *load = object_elf_segment(elf, address, bytes);
	uint64_t relro_end = page_ceiling(elf->relro.start + elf->relro.bytes);

	if (!load || !(load->p_flags & PF_W))
		return false;
	return !elf->relro.bytes || address >= relro_end ||
	       address + bytes <= page_floor(elf->relro.start);
}

/* ---- sections ---- */

const char *object_elf_next_section(const struct object_elf *elf, size_t *at, GElf_Shdr *header)
{
	Elf_Scn *section = elf_getscn(elf->elf, *at + 1);
	size_t names;

	if (!section || !gelf_getshdr(section, header) || elf_getshdrstrndx(elf->elf, &names))
		return NULL;
	++*at;

	const char *name = elf_strptr(elf->elf, names, header->sh_name);

	return name ? name : "";
}

static int read_symbols(struct object_elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	elf->symbols = elf_getdata(section, NULL);
	elf->symbol_names = header->sh_link;
	if (!elf->symbols || header->sh_entsize != sizeof(Elf64_Sym))
		return damaged(elf, "its table of symbols cannot be read");
	elf->nr_symbols = elf->symbols->d_size / sizeof(Elf64_Sym);
	return 0;
}

static int read_btf(struct object_elf *elf, const GElf_Shdr *header)
{
	if (header->sh_type != SHT_PROGBITS || header->sh_offset > elf->size ||
	    header->sh_size > elf->size - header->sh_offset)
		return damaged(elf, "its section .BTF lies outside of it");
	elf->btf = elf->bytes + header->sh_offset;
	elf->btf_bytes = header->sh_size;
	return 0;
}

static int read_sections(struct object_elf *elf)
{
	GElf_Shdr header;
	const char *name;
	size_t at = 0;
	int err = 0;

	while (!err && (name = object_elf_next_section(elf, &at, &header))) {
		if (header.sh_type == SHT_SYMTAB)
			err = read_symbols(elf, elf_getscn(elf->elf, at), &header);
		else if (!strcmp(name, ".BTF"))
			err = read_btf(elf, &header);
	}
	if (!err && !elf->symbols)
		err = object_refuse(elf, -EINVAL, "has no symbols, as if it was stripped; " HOW_TO);
	if (!err && !elf->btf)
		err = object_refuse(elf, -EINVAL,
				    "has no BTF, which gcc writes with -gbtf; " HOW_TO);
	return err;
}

static const char *name_of_section(const struct object_elf *elf, size_t index)
{
	GElf_Shdr header;
	size_t before = index - 1;

	return object_elf_next_section(elf, &before, &header);
}

bool object_elf_symbol(const struct object_elf *elf, size_t i, struct object_symbol *symbol)
{
	GElf_Sym sym;

	if (!gelf_getsym(elf->symbols, (int)i, &sym) || sym.st_shndx == SHN_UNDEF ||
	    sym.st_shndx >= SHN_LORESERVE)
		return false;
	*symbol = (struct object_symbol){
		.name = elf_strptr(elf->elf, elf->symbol_names, sym.st_name),
		.section = name_of_section(elf, sym.st_shndx),
		.address = sym.st_value,
		.bytes = sym.st_size,
		.type = GELF_ST_TYPE(sym.st_info),
		.is_local = GELF_ST_BIND(sym.st_info) == STB_LOCAL,
	};
	if (!symbol->name || !symbol->section ||
	    (symbol->type != STT_FUNC && symbol->type != STT_OBJECT))
		return false;

	const GElf_Phdr *load = object_elf_segment(elf, symbol->address, symbol->bytes);

	if (!load)
		return false;
	symbol->is_executable = load->p_flags & PF_X;
	symbol->is_writable = object_elf_is_writable(elf, symbol->address, symbol->bytes);
	return true;
}

/* ---- the file ---- */

int object_elf_parse(struct object_elf *elf)
{
	int err;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return object_refuse(elf, -EINVAL, "libelf: %s", elf_errmsg(-1));
	elf->elf = elf_memory(elf->bytes, elf->size);
	if (!elf->elf)
		return object_refuse(elf, -ENOEXEC,
				     "not an object file: ELF was expected; " HOW_TO);
	err = check_header(elf);
	if (!err)
		err = read_segments(elf);
	if (!err)
		err = read_sections(elf);
	return err;
}

static int read_all(struct object_elf *elf, int fd)
{
	struct stat st;
	size_t done = 0;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (st.st_size > MOST_FILE_BYTES)
		return -EFBIG;
	elf->bytes = alloc_bytes((size_t)st.st_size + 1);
	if (!elf->bytes)
		return -ENOMEM;
	while (done < (size_t)st.st_size) {
		ssize_t n = read(fd, elf->bytes + done, (size_t)st.st_size - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	elf->size = done;
	return 0;
}

int object_elf_read(struct object_elf *elf, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	*elf = (struct object_elf){ .path = path };
	if (fd < 0)
		err = -errno;
	else
		err = read_all(elf, fd);
	if (fd >= 0)
		close(fd);
	if (err && err != -ENOMEM)
		object_refuse(elf, err, "cannot be read: %s", strerror(-err));
	if (!err)
		err = object_elf_parse(elf);
	if (err)
		object_elf_free(elf);
	return err;
}

void object_elf_free(struct object_elf *elf)
{
	if (elf->elf)
		elf_end(elf->elf);
	free(elf->bytes);
	elf->elf = NULL;
	elf->bytes = NULL;
}
