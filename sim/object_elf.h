/* SPDX-License-Identifier: MIT */
/*
 * The file of an object: its bytes, and what libelf finds in them. The loader of
 * dynamic libraries believes what a file says; nothing comes to it here before
 * object_elf_read() and object_check_dynamic() have looked at all that it reads.
 */
#ifndef SIM_OBJECT_ELF_H
#define SIM_OBJECT_ELF_H

#include <gelf.h>

#include "compiler.h"

#define OBJECT_SECTION_PREFIX "bpf." /* of what SEC() names */
#define OBJECT_MOST_LOADS 16

/* Addresses are the file's own: from where it will be loaded. */
struct object_range {
	uint64_t start, bytes;
};

struct object_elf {
	const char *path; /* for messages */
	char *bytes;
	size_t size;
	Elf *elf;

	size_t nr_loads;
	GElf_Phdr loads[OBJECT_MOST_LOADS];
	struct object_range dynamic, relro; /* bytes 0: there is none */

	Elf_Data *symbols; /* of .symtab */
	size_t nr_symbols;
	size_t symbol_names; /* index of the section that they are in */
	const void *btf;
	size_t btf_bytes;
};

/* A definition in the file. */
struct object_symbol {
	const char *name;
	const char *section; /* such as "bpf.xdp" */
	uint64_t address, bytes;
	unsigned int type;  /* STT_* */
	bool is_local;	    /* static */
	bool is_executable; /* what it names */
	bool is_writable;
};

/*
 * Say "FILE: ..." as an error; returns err.
 */
int object_refuse(const struct object_elf *elf, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/*
 * Read a file and look at its headers, segments and sections. 0; what open() and read()
 * answer; -ENOEXEC: not a native shared object of this machine; -EINVAL: damaged, or
 * without what is needed; -ENOMEM. All but the last with a message.
 */
int object_elf_read(struct object_elf *elf, const char *path);
void object_elf_free(struct object_elf *elf);

/* The same for bytes that are there; they stay the caller's. */
int object_elf_parse(struct object_elf *elf);

/* The segment that holds this range when it is loaded, or NULL. */
const GElf_Phdr *object_elf_segment(const struct object_elf *elf, uint64_t address, uint64_t bytes);

/* Its bytes in the file, or NULL where they are not. */
const void *object_elf_at(const struct object_elf *elf, uint64_t address, uint64_t bytes);

/* May it be written to once it is loaded? */
bool object_elf_is_writable(const struct object_elf *elf, uint64_t address, uint64_t bytes);

/* The i-th symbol: false if it defines no function or variable of a section. */
bool object_elf_symbol(const struct object_elf *elf, size_t i, struct object_symbol *symbol);

/* Go through the names of sections: NULL at the end. *at begins as 0. */
const char *object_elf_next_section(const struct object_elf *elf, size_t *at, GElf_Shdr *header);

/*
 * Look at what the loader of dynamic libraries reads: tables, relocations, the symbols that
 * are missing and whether this process has them. 0, -EINVAL or -PCA_ENOTSUPP.
 */
int object_check_dynamic(const struct object_elf *elf);

#endif
