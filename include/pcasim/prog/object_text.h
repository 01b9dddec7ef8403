/* SPDX-License-Identifier: MIT */
/*
 * "pcasim cc" puts this in front of each source. Functions of programs are in sections of
 * their own, but gdb 13 and valgrind 3.19 give up on a file that has no section .text.
 */
#ifndef PCASIM_PROG_OBJECT_TEXT_H
#define PCASIM_PROG_OBJECT_TEXT_H

__asm__(".pushsection .text, \"ax\"\n\t.balign 4\n\t.long 0\n\t.popsection");

#endif
