/* SPDX-License-Identifier: MIT */
/*
 * What every public header needs: visibility, inlining, C linkage.
 */
#ifndef PCASIM_API_H
#define PCASIM_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

PCA_BEGIN_DECLS

struct pca_machine;
struct pca_task;
struct pca_map;
struct pca_prog;

PCA_END_DECLS

#endif
