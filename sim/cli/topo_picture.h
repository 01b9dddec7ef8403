/* SPDX-License-Identifier: MIT */
/*
 * A machine and a map's slabs as pictures.
 */
#ifndef SIM_CLI_TOPO_PICTURE_H
#define SIM_CLI_TOPO_PICTURE_H

#include <pcasim/map.h>

#include "setup.h"
#include "svg.h"

/*
 * The hardware as boxes in boxes, as lstopo draws it: caches and NUMA nodes lie
 * across what they serve. The map is for where each CPU's slab lies. Its top left
 * corner is at y; returns where it ends.
 */
double topo_draw_hardware(struct svg *svg, const struct session *session, struct pca_map_ref *map,
			  double y);

/* The slabs as topo_print_slabs() tells of them, and the cache sets they fall into. */
double topo_draw_slabs(struct svg *svg, const struct session *session, struct pca_map_ref *map,
		       double y);

#endif
