/* SPDX-License-Identifier: MIT */
/*
 * The pictures that "pcasim topo" prints.
 */
#ifndef SIM_CLI_TOPO_H
#define SIM_CLI_TOPO_H

#include <pcasim/map.h>

#include "setup.h"

/* The hardware as a tree; likes are collapsed on large machines. */
void topo_print_tree(const struct session *session);

/* Where each CPU's slab of the map lies. */
void topo_print_slabs(const struct session *session, struct pca_map_ref *map);
void topo_slabs_json(const struct session *session, struct pca_map_ref *map);

/* Can this file be taken for a topology? 0, or -1 after a line on stderr. */
int topo_check_xml(const char *path);

#endif
