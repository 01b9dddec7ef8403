/* SPDX-License-Identifier: MIT */
/*
 * "pcasim cc" puts this in front of each source. Functions of programs are in sections of
 * their own, but gdb 13 and valgrind 3.19 give up on a file that has no section .text. And
 * the variables of the kernel's configuration that are known, for "extern ... __kconfig":
 * opening the object gives them their values.
 */
#ifndef PCASIM_PROG_OBJECT_TEXT_H
#define PCASIM_PROG_OBJECT_TEXT_H

__asm__(".pushsection .text, \"ax\"\n\t.balign 4\n\t.long 0\n\t.popsection");

/* What may lie behind SEC(".maps") leaves room for a reference to the last map. */
__asm__(".pushsection .data\n\t.balign 32\n\t.popsection");
__asm__(".pushsection .bss\n\t.balign 32\n\t.zero 32\n\t.popsection");

#define PCA_KCONFIG_(name)                                                 \
	".pushsection .data\n\t.balign 8\n\t.weak " name "\n\t.type " name \
	", @object\n\t.size " name ", 8\n" name ":\t.quad 0\n\t.popsection\n"

__asm__(PCA_KCONFIG_("LINUX_KERNEL_VERSION"));
__asm__(PCA_KCONFIG_("CONFIG_HZ"));

#undef PCA_KCONFIG_

#endif
