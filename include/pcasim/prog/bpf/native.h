/* SPDX-License-Identifier: MIT */
/*
 * What clang's BPF target knows and a native compiler does not: attributes and
 * builtins about types of another kernel. A native program is compiled against the
 * types that it runs with, so nothing is relocated: what is asked for is there, at
 * the place that the compiler sees. Nothing here touches a real BPF compilation.
 */
#ifndef PCASIM_PROG_NATIVE_H
#define PCASIM_PROG_NATIVE_H

#ifndef __bpf__

/* Programs have no libc: functions named log2() or exit() are theirs. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wincompatible-library-redeclaration"
#else
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
#endif

#define preserve_access_index /* in __attribute__(( )) */
#define btf_decl_tag(text)
#define btf_type_tag(text)
#define preserve_static_offset

#define __builtin_preserve_access_index(expression) (expression)
#define __builtin_preserve_field_info(field, kind) (1)
#define __builtin_preserve_type_info(type, kind) (1)
#define __builtin_preserve_enum_value(value, kind) (1)

#endif

#endif
