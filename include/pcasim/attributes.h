/* SPDX-License-Identifier: MIT */
/*
 * Visibility, inlining, C linkage. Needs nothing but the compiler, so that
 * programs can include it beside vmlinux.h.
 */
#ifndef PCASIM_ATTRIBUTES_H
#define PCASIM_ATTRIBUTES_H

#define PCA_API __attribute__((visibility("default")))
#define PCA_ALWAYS_INLINE static inline __attribute__((always_inline))

#define pca_likely(x) __builtin_expect(!!(x), 1)
#define pca_unlikely(x) __builtin_expect(!!(x), 0)

#ifdef __cplusplus
#define PCA_BEGIN_DECLS extern "C" {
#define PCA_END_DECLS }
#else
#define PCA_BEGIN_DECLS
#define PCA_END_DECLS
#endif

#endif
