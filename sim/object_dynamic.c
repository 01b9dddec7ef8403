// SPDX-License-Identifier: MIT
/*
 * What the loader of dynamic libraries will read and believe, looked at beforehand: its
 * table, the hashes, relocations, and symbols that the process is to have. Only what
 * "pcasim cc" can make passes. Which tags and relocations glibc looks at is in elf/dl-*.c
 * and sysdeps/.../dl-machine.h there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "object_elf.h"

#define MOST_TAGS 64

#if defined(__x86_64__)
enum {
	RELOC_RELATIVE = R_X86_64_RELATIVE,
	RELOC_GOT = R_X86_64_GLOB_DAT,
	RELOC_PLT = R_X86_64_JUMP_SLOT,
	RELOC_ADDRESS = R_X86_64_64,
	RELOC_TLS = R_X86_64_TPOFF64
};
#else
enum {
	RELOC_RELATIVE = R_AARCH64_RELATIVE,
	RELOC_GOT = R_AARCH64_GLOB_DAT,
	RELOC_PLT = R_AARCH64_JUMP_SLOT,
	RELOC_ADDRESS = R_AARCH64_ABS64,
	RELOC_TLS = R_AARCH64_TLS_TPREL
};
#endif

/* The tags that count, and their values; 0: not there. */
struct dynamic {
	const struct object_elf *elf;
	uint64_t strtab, strsz, symtab, syment, gnu_hash;
	uint64_t rela, relasz, relaent, relacount, jmprel, pltrelsz, pltrel, pltgot;
	uint64_t init_array, init_arraysz, fini_array, fini_arraysz;
	uint64_t flags, flags_1, soname, hash, bind_now, symbolic;

	const char *strings;
	const Elf64_Sym *symbols;
	size_t nr_symbols;
};

static int damaged(const struct dynamic *dyn, const char *what)
{
	return object_refuse(dyn->elf, -EINVAL,
			     "the file is damaged: %s; compile it with \"pcasim cc\" again", what);
}

/* ---- the table ---- */

static const struct {
	int64_t tag;
	size_t offset;
} known_tags[] = {
	{ DT_STRTAB, offsetof(struct dynamic, strtab) },
	{ DT_STRSZ, offsetof(struct dynamic, strsz) },
	{ DT_SYMTAB, offsetof(struct dynamic, symtab) },
	{ DT_SYMENT, offsetof(struct dynamic, syment) },
	{ DT_GNU_HASH, offsetof(struct dynamic, gnu_hash) },
	{ DT_RELA, offsetof(struct dynamic, rela) },
	{ DT_RELASZ, offsetof(struct dynamic, relasz) },
	{ DT_RELAENT, offsetof(struct dynamic, relaent) },
	{ DT_RELACOUNT, offsetof(struct dynamic, relacount) },
	{ DT_JMPREL, offsetof(struct dynamic, jmprel) },
	{ DT_PLTRELSZ, offsetof(struct dynamic, pltrelsz) },
	{ DT_PLTREL, offsetof(struct dynamic, pltrel) },
	{ DT_PLTGOT, offsetof(struct dynamic, pltgot) },
	{ DT_INIT_ARRAY, offsetof(struct dynamic, init_array) },
	{ DT_INIT_ARRAYSZ, offsetof(struct dynamic, init_arraysz) },
	{ DT_FINI_ARRAY, offsetof(struct dynamic, fini_array) },
	{ DT_FINI_ARRAYSZ, offsetof(struct dynamic, fini_arraysz) },
	{ DT_FLAGS, offsetof(struct dynamic, flags) },
	{ DT_FLAGS_1, offsetof(struct dynamic, flags_1) },
	{ DT_SONAME, offsetof(struct dynamic, soname) },
	{ DT_HASH, offsetof(struct dynamic, hash) }, /* not looked at beside DT_GNU_HASH */
	{ DT_BIND_NOW, offsetof(struct dynamic, bind_now) },
	{ DT_SYMBOLIC, offsetof(struct dynamic, symbolic) },
};

/* Its value, once: false for a tag that is not known, and for one that was there before. */
static bool set_tag(struct dynamic *dyn, uint64_t *seen, const Elf64_Dyn *tag)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_tags); i++) {
		if (known_tags[i].tag != tag->d_tag)
			continue;
		if (*seen & 1ULL << i)
			return false;
		*seen |= 1ULL << i;
		*(uint64_t *)(void *)((char *)dyn + known_tags[i].offset) = tag->d_un.d_val;
		return true;
	}
	return false;
}

static int read_tags(struct dynamic *dyn)
{
	const struct object_range *range = &dyn->elf->dynamic;
	const Elf64_Dyn *tags = object_elf_at(dyn->elf, range->start, range->bytes);
	size_t nr = range->bytes / sizeof(*tags);
	uint64_t seen = 0;

	if (!tags || (range->start & 7) || !nr || nr > MOST_TAGS)
		return damaged(dyn, "the loader's table lies outside of it");
	for (size_t i = 0; i < nr && tags[i].d_tag != DT_NULL; i++) {
		if (tags[i].d_tag == DT_NEEDED)
			return object_refuse(dyn->elf, -EINVAL,
					     "is linked with a library, which programs cannot use; "
					     "link it with -nostdlib, as \"pcasim cc\" does");
		if (!set_tag(dyn, &seen, &tags[i]))
			return object_refuse(dyn->elf, -EINVAL,
					     "has an entry 0x%llx for the loader that objects of "
					     "\"pcasim cc\" do not have; compile it with that",
					     (unsigned long long)tags[i].d_tag);
	}
	if (tags[nr - 1].d_tag != DT_NULL)
		return damaged(dyn, "the loader's table has no end");
	return 0;
}

/* The loader looks for the length of each table that is there. */
static int check_pairs(const struct dynamic *dyn)
{
	if (!dyn->rela != !dyn->relasz || !dyn->rela != !dyn->relaent ||
	    !dyn->jmprel != !dyn->pltrelsz || !dyn->jmprel != !dyn->pltrel ||
	    !dyn->init_array != !dyn->init_arraysz || !dyn->fini_array != !dyn->fini_arraysz)
		return damaged(dyn, "a table for the loader has no length");
	return 0;
}

static int check_flags(const struct dynamic *dyn)
{
	const uint64_t known = DF_SYMBOLIC | DF_BIND_NOW | DF_STATIC_TLS;

	if (!(dyn->flags & DF_SYMBOLIC))
		return object_refuse(dyn->elf, -EINVAL,
				     "is not linked with -Bsymbolic, so that its names could be "
				     "those of this process; compile it with \"pcasim cc\"");
	if ((dyn->flags & ~known) || (dyn->flags_1 & ~(uint64_t)DF_1_NOW))
		return damaged(dyn, "it has unknown flags for the loader");
	return 0;
}

/* How many symbols there are is only in the header of their section. */
static size_t count_symbols(const struct dynamic *dyn)
{
	GElf_Shdr header;
	size_t at = 0;

	while (object_elf_next_section(dyn->elf, &at, &header)) {
		if (header.sh_type == SHT_DYNSYM && header.sh_addr == dyn->symtab)
			return header.sh_size / sizeof(Elf64_Sym);
	}
	return 0;
}

static int check_symbol(const struct dynamic *dyn, const Elf64_Sym *sym)
{
	unsigned int type = ELF64_ST_TYPE(sym->st_info), bind = ELF64_ST_BIND(sym->st_info);

	if (sym->st_name >= dyn->strsz)
		return damaged(dyn, "a symbol has no name");
	if (type > STT_TLS || bind > STB_WEAK)
		return damaged(dyn, "a symbol is of an unknown type");
	if (sym->st_shndx == SHN_UNDEF && (bind == STB_LOCAL || sym->st_other))
		return damaged(dyn, "a symbol is missing that nobody else may have");
	if (sym->st_shndx == SHN_UNDEF)
		return 0;
	if (type == STT_TLS || !object_elf_segment(dyn->elf, sym->st_value, sym->st_size))
		return damaged(dyn, "a symbol lies outside of what is loaded");
	return 0;
}

static int read_symbols(struct dynamic *dyn)
{
	int err = 0;

	dyn->nr_symbols = count_symbols(dyn);
	dyn->symbols = object_elf_at(dyn->elf, dyn->symtab, dyn->nr_symbols * sizeof(Elf64_Sym));
	dyn->strings = object_elf_at(dyn->elf, dyn->strtab, dyn->strsz);
	if (!dyn->nr_symbols || !dyn->symbols || dyn->syment != sizeof(Elf64_Sym) ||
	    (dyn->symtab & 7))
		return damaged(dyn, "its table of dynamic symbols cannot be read");
	if (!dyn->strsz || !dyn->strings || dyn->strings[dyn->strsz - 1] || *dyn->strings ||
	    dyn->soname >= dyn->strsz)
		return damaged(dyn, "its names cannot be read");
	for (size_t i = 1; i < dyn->nr_symbols && !err; i++) /* the first stands for none */
		err = check_symbol(dyn, &dyn->symbols[i]);
	return err;
}

/* ---- the hash table ---- */

struct gnu_hash {
	uint32_t nr_buckets, first_symbol, nr_words, shift;
};

/* Buckets name symbols that have a chain, and the last chain ends. */
static int check_chains(const struct dynamic *dyn, const struct gnu_hash *hash, uint64_t address)
{
	const uint32_t *buckets = object_elf_at(dyn->elf, address, 4ULL * hash->nr_buckets);
	const uint32_t *chains;
	uint64_t nr_chains;
	bool has_symbols = false;

	if (!buckets)
		return damaged(dyn, "its table of hashes lies outside of it");
	for (uint32_t i = 0; i < hash->nr_buckets; i++) {
		has_symbols |= buckets[i];
		if (buckets[i] &&
		    (buckets[i] < hash->first_symbol || buckets[i] >= dyn->nr_symbols))
			return damaged(dyn, "a hash leads nowhere");
	}
	if (!has_symbols)
		return 0;
	nr_chains = dyn->nr_symbols - hash->first_symbol;
	chains = object_elf_at(dyn->elf, address + 4ULL * hash->nr_buckets, 4 * nr_chains);
	if (!chains || !(chains[nr_chains - 1] & 1))
		return damaged(dyn, "a chain of hashes has no end");
	return 0;
}

static int check_hash(const struct dynamic *dyn)
{
	const struct gnu_hash *hash = object_elf_at(dyn->elf, dyn->gnu_hash, sizeof(*hash));

	if (!hash || (dyn->gnu_hash & 7) || !hash->nr_words ||
	    (hash->nr_words & (hash->nr_words - 1)) || hash->nr_words > dyn->elf->size / 8 ||
	    hash->nr_buckets > dyn->elf->size / 4 || !hash->nr_buckets || hash->shift > 31)
		return damaged(dyn, "its table of hashes cannot be read");
	return check_chains(dyn, hash,
			    dyn->gnu_hash + sizeof(*hash) + (uint64_t)hash->nr_words * 8);
}

/* ---- relocations ---- */

static bool overlaps(uint64_t address, uint64_t bytes, const struct object_range *range)
{
	return address < range->start + range->bytes && range->start < address + bytes;
}

static const char *name_of(const struct dynamic *dyn, const Elf64_Sym *sym)
{
	return dyn->strings + sym->st_name;
}

static int check_relocation(const struct dynamic *dyn, const Elf64_Rela *rela)
{
	const GElf_Phdr *load = object_elf_segment(dyn->elf, rela->r_offset, 8);
	const Elf64_Sym *sym = NULL;
	uint64_t index = ELF64_R_SYM(rela->r_info);

	if (!load || !(load->p_flags & PF_W) || overlaps(rela->r_offset, 8, &dyn->elf->dynamic))
		return damaged(dyn, "a relocation changes what is not data");
	if (index >= dyn->nr_symbols)
		return damaged(dyn, "a relocation is to an unknown symbol");
	sym = &dyn->symbols[index];
	switch (ELF64_R_TYPE(rela->r_info)) {
	case RELOC_RELATIVE:
		if (index || !object_elf_segment(dyn->elf, (uint64_t)rela->r_addend, 0))
			return damaged(dyn, "a relocation leads out of it");
		return 0;
	case RELOC_GOT:
	case RELOC_PLT:
	case RELOC_ADDRESS:
		if (!index || ELF64_ST_TYPE(sym->st_info) == STT_TLS)
			break;
		return 0;
	case RELOC_TLS:
		if (sym->st_shndx != SHN_UNDEF || strcmp(name_of(dyn, sym), "pca_this_cpu"))
			break;
		return 0;
	default:
		break;
	}
	return damaged(dyn, "a relocation is of an unknown type");
}

static int check_relocations(const struct dynamic *dyn, uint64_t address, uint64_t bytes)
{
	const Elf64_Rela *relas = object_elf_at(dyn->elf, address, bytes);
	int err = 0;

	if (!bytes)
		return 0;
	if (!relas || (address & 7) || bytes % sizeof(*relas))
		return damaged(dyn, "its relocations lie outside of it");
	for (size_t i = 0; i < bytes / sizeof(*relas) && !err; i++)
		err = check_relocation(dyn, &relas[i]);
	return err;
}

/* The loader takes the first relacount ones to be relative without looking. */
static int check_relative_count(const struct dynamic *dyn)
{
	const Elf64_Rela *relas = object_elf_at(dyn->elf, dyn->rela, dyn->relasz);
	uint64_t nr = dyn->relasz / sizeof(*relas);

	if (dyn->relacount > nr)
		return damaged(dyn, "it has fewer relocations than it says");
	for (uint64_t i = 0; i < dyn->relacount; i++) {
		if (ELF64_R_TYPE(relas[i].r_info) != RELOC_RELATIVE)
			return damaged(dyn, "it has fewer relative relocations than it says");
	}
	return 0;
}

static int check_all_relocations(const struct dynamic *dyn)
{
	const struct object_range got = { dyn->pltgot, 24 };
	int err = check_relocations(dyn, dyn->rela, dyn->relasz);

	if (!err)
		err = check_relocations(dyn, dyn->jmprel, dyn->pltrelsz);
	if (!err)
		err = check_relative_count(dyn);
	if (!err && ((dyn->relasz && dyn->relaent != sizeof(Elf64_Rela)) ||
		     (dyn->pltrelsz && dyn->pltrel != DT_RELA) ||
		     (dyn->pltgot && (!object_elf_segment(dyn->elf, got.start, got.bytes) ||
				      overlaps(got.start, got.bytes, &dyn->elf->dynamic)))))
		err = damaged(dyn, "its relocations are of another kind");
	return err;
}

/* ---- symbols that the process is to have ---- */

/* What compilers call, and what an instrumented program calls in the sanitizer's runtime. */
static bool is_of_compiler(const char *name)
{
	static const char *const names[] = { "memcpy", "memset", "memmove", "memcmp",
					     "__stack_chk_fail" };
	static const char *const prefixes[] = { "__asan_", "__ubsan_", "__tsan_", "__sanitizer_" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	}
	return false;
}

static int refuse_sanitizer(const struct dynamic *dyn, const char *name)
{
	const char *sanitizer = name[2] == 'a'	 ? "address"
				: name[2] == 'u' ? "undefined"
						 : "thread";

	return object_refuse(dyn->elf, -EINVAL,
			     "is built with -fsanitize=%s and this process is not, it has no %s; "
			     "build both so, or begin the process with the sanitizer's library in "
			     "LD_PRELOAD",
			     sanitizer, name);
}

static bool is_called(const struct dynamic *dyn, size_t index)
{
	const Elf64_Rela *relas = object_elf_at(dyn->elf, dyn->jmprel, dyn->pltrelsz);

	for (size_t i = 0; i < dyn->pltrelsz / sizeof(*relas); i++) {
		if (ELF64_R_SYM(relas[i].r_info) == index)
			return true;
	}
	return false;
}

/* Programs read its value without asking whether it is there: libbpf gives zero then. */
static bool is_kconfig(const char *name)
{
	return !strncmp(name, "CONFIG_", 7) || !strncmp(name, "LINUX_", 6);
}

/*
 * A name that is not ours could be found in any library of this process, libbpf's functions
 * for user space among them: it is refused whether it is found or not.
 */
static int check_undefined(const struct dynamic *dyn, size_t index)
{
	const Elf64_Sym *sym = &dyn->symbols[index];
	const char *name = name_of(dyn, sym);
	bool is_found = dlsym(RTLD_DEFAULT, name);

	if ((!strncmp(name, "pca_", 4) || is_of_compiler(name)) && is_found)
		return 0;
	if (!strncmp(name, "pca_", 4))
		return object_refuse(dyn->elf, -PCA_ENOTSUPP,
				     "needs %s, which this process does not export: it is of "
				     "another version of pcasim, or pcasim is linked statically "
				     "without -Wl,--export-dynamic-symbol=pca_*",
				     name);
	if (is_of_compiler(name))
		return refuse_sanitizer(dyn, name);
	if (ELF64_ST_BIND(sym->st_info) == STB_WEAK && !is_found && !is_kconfig(name))
		return 0; /* "is it there?": no */
	return object_refuse(dyn->elf, -PCA_ENOTSUPP, "%s %s, which is not simulated%s",
			     is_called(dyn, index) ? "calls" : "needs", name,
			     is_kconfig(name) ? "; of the kernel's configuration there are "
						"LINUX_KERNEL_VERSION and CONFIG_HZ"
					      : "");
}

/* All are named, but of a sanitizer one will do. */
static int check_all_undefined(const struct dynamic *dyn)
{
	bool lacks_sanitizer = false;
	int err = 0;

	for (size_t i = 1; i < dyn->nr_symbols; i++) {
		const Elf64_Sym *sym = &dyn->symbols[i];
		bool is_runtime = !strncmp(name_of(dyn, sym), "__", 2);
		int found;

		if (sym->st_shndx != SHN_UNDEF || (is_runtime && lacks_sanitizer))
			continue;
		found = check_undefined(dyn, i);
		lacks_sanitizer |= found && is_runtime;
		err = err ? err : found;
	}
	return err;
}

/* ---- functions that the loader calls ---- */

static bool is_instrumented(const struct dynamic *dyn)
{
	for (size_t i = 1; i < dyn->nr_symbols; i++) {
		const char *name = name_of(dyn, &dyn->symbols[i]);

		if (!strncmp(name, "__asan_", 7) || !strncmp(name, "__tsan_", 7))
			return true;
	}
	return false;
}

/*
 * A checked program's: the compiler's call of __tsan_init(), and what libpcasim_checked.a
 * does at the end.
 */
static bool is_of_checked(const char *name)
{
	return !strcmp(name, "_sub_I_00099_0") || !strcmp(name, "pca_checked_end");
}

/* Is there a function that may be called there? */
static bool is_constructor(const struct dynamic *dyn, uint64_t address)
{
	const bool all_may = is_instrumented(dyn);
	struct object_symbol symbol;

	for (size_t i = 0; i < dyn->elf->nr_symbols; i++) {
		if (object_elf_symbol(dyn->elf, i, &symbol) && symbol.type == STT_FUNC &&
		    symbol.is_executable && symbol.address == address &&
		    (all_may || is_of_checked(symbol.name)))
			return true;
	}
	return false;
}

/* Each slot of an array is made by a relocation, to a function. */
static int check_array(const struct dynamic *dyn, uint64_t address, uint64_t bytes)
{
	const Elf64_Rela *relas = object_elf_at(dyn->elf, dyn->rela, dyn->relasz);
	const struct object_range array = { address, bytes };
	uint64_t nr_good = 0;

	for (uint64_t i = 0; bytes && i < dyn->relasz / sizeof(*relas); i++) {
		if (!overlaps(relas[i].r_offset, 8, &array))
			continue;
		if (ELF64_R_TYPE(relas[i].r_info) != RELOC_RELATIVE ||
		    ((relas[i].r_offset - address) & 7))
			return damaged(dyn, "a constructor is no function");
		if (!is_constructor(dyn, (uint64_t)relas[i].r_addend))
			return object_refuse(
				dyn->elf, -EINVAL,
				"has constructors or destructors, which programs cannot have");
		nr_good++;
	}
	if (bytes &&
	    (!object_elf_at(dyn->elf, address, bytes) || bytes % 8 || nr_good != bytes / 8))
		return damaged(dyn, "a constructor is not there");
	return 0;
}

int object_check_dynamic(const struct object_elf *elf)
{
	struct dynamic dyn = { .elf = elf };
	int err = read_tags(&dyn);

	if (!err)
		err = check_pairs(&dyn);
	if (!err)
		err = check_flags(&dyn);
	if (!err)
		err = read_symbols(&dyn);
	if (!err)
		err = check_hash(&dyn);
	if (!err)
		err = check_all_relocations(&dyn);
	if (!err)
		err = check_array(&dyn, dyn.init_array, dyn.init_arraysz);
	if (!err)
		err = check_array(&dyn, dyn.fini_array, dyn.fini_arraysz);
	if (!err)
		err = check_all_undefined(&dyn);
	return err;
}
