/* SPDX-License-Identifier: MIT */
/*
 * CO-RE: reads along chains of pointers, and questions about types. Natively there is
 * one set of types, the one that the program is compiled with, so that reads are plain
 * loads and every field, type and enumerator that compiles exists, but for the numbers of
 * helpers that are not simulated (enum bpf_func_id).
 *
 * As with the helper behind the real macros, a read through a pointer below the first
 * page gives zeros and -ERANGE, not a fault. Another wild pointer faults.
 */
#ifndef PCASIM_PROG_BPF_CORE_READ_H
#define PCASIM_PROG_BPF_CORE_READ_H

#include "bpf_helpers.h"
#include "for_each.h"

#ifdef __cplusplus
extern "C" {
#endif

/* bpf_core_read(dst, sz, src): 0 or -ERANGE. A checked build asks the helper instead. */
static inline long pca_core_read(void *dst, unsigned int size, const void *src)
{
#ifdef PCASIM_CHECKED
	return bpf_probe_read_kernel(dst, size, src);
#else
	if (pca_unlikely((__UINTPTR_TYPE__)src < 4096)) {
		__builtin_memset(dst, 0, size);
		return -34;
	}
	__builtin_memcpy(dst, src, size);
	return 0;
#endif
}

/* Is the helper of this number simulated? */
static inline int pca_has_helper(unsigned int number)
{
#define PCA_HELPER_(number, name) case number:
#define PCA_NO_HELPER_(number, result, name)
	switch (number) {
#include "helpers.def"
		return 1;
	default:
		return 0;
	}
#undef PCA_HELPER_
#undef PCA_NO_HELPER_
}

#ifdef __cplusplus
}
#endif

#define bpf_core_read(dst, sz, src) pca_core_read(dst, sz, (const void *)(src))
#define bpf_core_read_user(dst, sz, src) bpf_probe_read_user(dst, sz, (const void *)(src))
#define bpf_core_read_str(dst, sz, src) bpf_probe_read_kernel_str(dst, sz, (const void *)(src))
#define bpf_core_read_user_str(dst, sz, src) bpf_probe_read_user_str(dst, sz, (const void *)(src))

/* ---- chains: src->a->b->c ---- */

/* Where p->field is. A pointer that leads nowhere may be counted with, but not followed. */
#define PCA_ADDRESS_(p, field) \
	((const void *)((__UINTPTR_TYPE__)(p) + __builtin_offsetof(__typeof__(*(p)), field)))

/*
 * The value of p->field, read by read(dst, size, src); p is evaluated once. n: how far
 * from the end of the chain, so that names inside do not hide names outside.
 */
#define PCA_FIELD_(n, read, p, field)                                     \
	__extension__({                                                   \
		__auto_type pca_from_##n = (p);                           \
		__typeof__((void)0, pca_from_##n->field) pca_value_##n;   \
		(void)read((void *)&pca_value_##n, sizeof(pca_value_##n), \
			   PCA_ADDRESS_(pca_from_##n, field));            \
		pca_value_##n;                                            \
	})

/* The pointer on which the last field of a chain lies: all fields but that are followed. */
#define PCA_FOLLOW_1(r, p, f) (p)
#define PCA_FOLLOW_2(r, p, f, ...) PCA_FOLLOW_1(r, PCA_FIELD_(2, r, p, f), __VA_ARGS__)
#define PCA_FOLLOW_3(r, p, f, ...) PCA_FOLLOW_2(r, PCA_FIELD_(3, r, p, f), __VA_ARGS__)
#define PCA_FOLLOW_4(r, p, f, ...) PCA_FOLLOW_3(r, PCA_FIELD_(4, r, p, f), __VA_ARGS__)
#define PCA_FOLLOW_5(r, p, f, ...) PCA_FOLLOW_4(r, PCA_FIELD_(5, r, p, f), __VA_ARGS__)
#define PCA_FOLLOW_6(r, p, f, ...) PCA_FOLLOW_5(r, PCA_FIELD_(6, r, p, f), __VA_ARGS__)
#define PCA_FOLLOW_7(r, p, f, ...) PCA_FOLLOW_6(r, PCA_FIELD_(7, r, p, f), __VA_ARGS__)
#define PCA_FOLLOW_8(r, p, f, ...) PCA_FOLLOW_7(r, PCA_FIELD_(8, r, p, f), __VA_ARGS__)
#define PCA_FOLLOW_9(r, p, f, ...) PCA_FOLLOW_8(r, PCA_FIELD_(9, r, p, f), __VA_ARGS__)
#define PCA_FOLLOW_(r, p, ...) PCA_JOIN_(PCA_FOLLOW_, PCA_COUNT_(__VA_ARGS__))(r, p, __VA_ARGS__)

#define PCA_LAST_1(f) f
#define PCA_LAST_2(f, ...) PCA_LAST_1(__VA_ARGS__)
#define PCA_LAST_3(f, ...) PCA_LAST_2(__VA_ARGS__)
#define PCA_LAST_4(f, ...) PCA_LAST_3(__VA_ARGS__)
#define PCA_LAST_5(f, ...) PCA_LAST_4(__VA_ARGS__)
#define PCA_LAST_6(f, ...) PCA_LAST_5(__VA_ARGS__)
#define PCA_LAST_7(f, ...) PCA_LAST_6(__VA_ARGS__)
#define PCA_LAST_8(f, ...) PCA_LAST_7(__VA_ARGS__)
#define PCA_LAST_9(f, ...) PCA_LAST_8(__VA_ARGS__)
#define PCA_LAST_(...) PCA_JOIN_(PCA_LAST_, PCA_COUNT_(__VA_ARGS__))(__VA_ARGS__)

/* follow: how the pointers are read; last: how the end of the chain is. */
#define PCA_READ_CHAIN_(follow, src, ...) \
	PCA_FIELD_(1, follow, PCA_FOLLOW_(follow, src, __VA_ARGS__), PCA_LAST_(__VA_ARGS__))
#define PCA_READ_CHAIN_INTO_(follow, last, dst, src, ...)                      \
	__extension__({                                                        \
		__auto_type pca_last_ = PCA_FOLLOW_(follow, src, __VA_ARGS__); \
		last((void *)(dst), sizeof(*(dst)),                            \
		     PCA_ADDRESS_(pca_last_, PCA_LAST_(__VA_ARGS__)));         \
	})

#define BPF_CORE_READ(src, a, ...) PCA_READ_CHAIN_(bpf_core_read, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_USER(src, a, ...) PCA_READ_CHAIN_(bpf_probe_read_user, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ(src, a, ...) PCA_READ_CHAIN_(bpf_probe_read_kernel, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_USER(src, a, ...) PCA_READ_CHAIN_(bpf_probe_read_user, src, a, ##__VA_ARGS__)

#define BPF_CORE_READ_INTO(dst, src, a, ...) \
	PCA_READ_CHAIN_INTO_(bpf_core_read, bpf_core_read, dst, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_USER_INTO(dst, src, a, ...) \
	PCA_READ_CHAIN_INTO_(bpf_probe_read_user, bpf_probe_read_user, dst, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_INTO(dst, src, a, ...)                                           \
	PCA_READ_CHAIN_INTO_(bpf_probe_read_kernel, bpf_probe_read_kernel, dst, src, a, \
			     ##__VA_ARGS__)
#define BPF_PROBE_READ_USER_INTO(dst, src, a, ...) \
	PCA_READ_CHAIN_INTO_(bpf_probe_read_user, bpf_probe_read_user, dst, src, a, ##__VA_ARGS__)

#define BPF_CORE_READ_STR_INTO(dst, src, a, ...) \
	PCA_READ_CHAIN_INTO_(bpf_core_read, bpf_core_read_str, dst, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_USER_STR_INTO(dst, src, a, ...)                                   \
	PCA_READ_CHAIN_INTO_(bpf_probe_read_user, bpf_probe_read_user_str, dst, src, a, \
			     ##__VA_ARGS__)
#define BPF_PROBE_READ_STR_INTO(dst, src, a, ...)                                           \
	PCA_READ_CHAIN_INTO_(bpf_probe_read_kernel, bpf_probe_read_kernel_str, dst, src, a, \
			     ##__VA_ARGS__)
#define BPF_PROBE_READ_USER_STR_INTO(dst, src, a, ...)                                  \
	PCA_READ_CHAIN_INTO_(bpf_probe_read_user, bpf_probe_read_user_str, dst, src, a, \
			     ##__VA_ARGS__)

#define BPF_CORE_READ_BITFIELD(s, field) ((unsigned long long)(s)->field)
#define BPF_CORE_READ_BITFIELD_PROBED(s, field)                                  \
	__extension__({                                                          \
		__typeof__(*(s)) pca_copy_;                                      \
		(void)bpf_core_read((void *)&pca_copy_, sizeof(pca_copy_), (s)); \
		(unsigned long long)pca_copy_.field;                             \
	})
#define BPF_CORE_WRITE_BITFIELD(s, field, new_val) ((void)((s)->field = (new_val)))

/* ---- questions ---- */

/* A field is p->f, or as two arguments: a type and a member. */
#define PCA_FIELD_OF_1(field) (field)
#define PCA_FIELD_OF_2(type, field) (((type *)0)->field)
#define PCA_FIELD_OF_(...) PCA_JOIN_(PCA_FIELD_OF_, PCA_COUNT_(__VA_ARGS__))(__VA_ARGS__)

/* sizeof() of a value, as a bit field has none of its own. */
#define bpf_core_field_exists(...) ((void)sizeof((void)0, PCA_FIELD_OF_(__VA_ARGS__)), 1)
#define bpf_core_field_size(...) sizeof(PCA_FIELD_OF_(__VA_ARGS__))
#define bpf_core_field_offset(type, field) __builtin_offsetof(type, field)
#define bpf_core_type_exists(type) (sizeof(type *) != 0)
#define bpf_core_type_matches(type) (sizeof(type) != 0)
#define bpf_core_type_size(type) sizeof(type)
#define bpf_core_enum_value_exists(enum_type, enum_value) \
	(__builtin_strcmp(#enum_type, "enum bpf_func_id") \
		 ? ((void)(enum_type)(enum_value), 1)     \
		 : pca_has_helper((unsigned int)(enum_value)))
#define bpf_core_enum_value(enum_type, enum_value) ((unsigned long long)(enum_type)(enum_value))
#define bpf_core_cast(ptr, type) ((__typeof__(type) *)(const void *)(ptr))

/* What the kernel's BTF alone knows. */
#define bpf_core_type_id_local(type) pca_core_type_id()
#define bpf_core_type_id_kernel(type) pca_core_type_id()
unsigned int pca_core_type_id(void)
	__attribute__((error("bpf_core_type_id_...() is not simulated by pcasim: programs have no "
			     "BTF of a kernel")));

#endif
