/* SPDX-License-Identifier: MIT */
#ifndef SIM_SNAPSHOT_H
#define SIM_SNAPSHOT_H

#include <pcasim/snapshot.h>

/*
 * How the shapes of two snapshots differ, as words such as "value_size is 8 in the
 * first, 4 in the second"; false when they do not.
 */
bool snapshot_shapes_differ(const struct pca_map_snapshot *first,
			    const struct pca_map_snapshot *second, char *how, size_t size);

#endif
