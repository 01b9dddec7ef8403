/* SPDX-License-Identifier: MIT */
/*
 * What every public header needs: basic types, and the names of the opaque ones.
 */
#ifndef PCASIM_API_H
#define PCASIM_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pcasim/attributes.h>

PCA_BEGIN_DECLS

struct pca_machine;
struct pca_task;
struct pca_map;
struct pca_prog;

PCA_END_DECLS

#endif
