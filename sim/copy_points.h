/* SPDX-License-Identifier: MIT */
/*
 * Copies between elements and buffers on machines with has_contexts: in a command that an
 * actor of a schedule gives, each 8-byte word of an element is a point (schedule.h). The
 * operations of maps on other machines know nothing of it.
 */
#ifndef SIM_COPY_POINTS_H
#define SIM_COPY_POINTS_H

#include <pcasim/prog.h>

#include "map.h"

/* Of any number of bytes, of which the last word may be a part. */
void read_value_at_points(const struct pca_map *map, void *dst, const void *elem, uint32_t size);
void write_value_at_points(const struct pca_map *map, void *elem, const void *src, uint32_t size);

/* A point before something that is done at once. */
void command_point(const struct pca_map *map, const void *addr, uint32_t bytes, uint32_t access);

#endif
