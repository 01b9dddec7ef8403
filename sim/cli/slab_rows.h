/* SPDX-License-Identifier: MIT */
/*
 * What there is to say of the slabs of a map, for those who show it.
 */
#ifndef SIM_CLI_SLAB_ROWS_H
#define SIM_CLI_SLAB_ROWS_H

#include "machine.h"
#include "setup.h"
#include "term.h"

#define SLAB_TEXT 160
#define SLAB_ROWS 16 /* at most; with more CPUs than that, a row is a range of them */
#define NR_SLAB_FACTS 6

/* Where a CPU's slab begins, in bytes from the first one. */
uint64_t slab_offset(struct pca_map_ref *map, const struct cpu *cpu);

/* Bytes of a slab in use; the stride has padding behind them. */
uint64_t slab_bytes(const struct pca_map_ref *map);

/* A line of the table: one CPU, or neighbours that are alike. */
struct slab_row {
	const struct cpu *first, *last; /* last is NULL before the first row */
	char ids[COUNT_TEXT], ordinals[COUNT_TEXT], node[COUNT_TEXT];
	char first_offset[COUNT_TEXT], last_offset[COUNT_TEXT];
	const char *state;
};

bool slab_next_row(const struct session *session, struct pca_map_ref *map, struct slab_row *row);

/* CPUs from this row on. */
uint32_t slab_rows_left(const struct session *session, const struct slab_row *row);

/* "Slabs of a PERCPU_ARRAY: 256 entries of 8 bytes" */
void slab_title(char buf[SLAB_TEXT], const struct pca_map_ref *map);

/* Element, slab, stride, what the map takes, and nodes if there are several. times is the sign for it. */
struct slab_fact {
	const char *name; /* NULL: not for this machine */
	char text[SLAB_TEXT];
	const char *goes_on; /* a second line, or NULL */
};

void slab_facts(const struct session *session, const struct pca_map_ref *map, const char *times,
		struct slab_fact facts[NR_SLAB_FACTS]);

#endif
