/* SPDX-License-Identifier: MIT */
/*
 * Tables of objects by id. Ids are given out cyclically, from 1 (Linux: an idr
 * and idr_alloc_cyclic()).
 */
#ifndef SIM_IDS_H
#define SIM_IDS_H

#include <pthread.h>

#include "compiler.h"

struct object;

/* Each kind has ids of its own. */
enum object_kind { OBJECT_MAP, OBJECT_PROG, NR_OBJECT_KINDS };

struct id_entry {
	uint32_t id;
	struct object *object;
};

struct id_table {
	pthread_mutex_t lock;	  /* everything below; finding an object and holding it */
	struct id_entry *entries; /* ascending by id */
	size_t nr, capacity;
	uint32_t last_id;
};

void id_table_init(struct id_table *table);
void id_table_destroy(struct id_table *table);

/* All under the table's lock. */

/* Enter object under a new id: the id, -ENOMEM, or -ENOSPC when all are taken. */
int id_table_insert(struct id_table *table, struct object *object);
void id_table_erase(struct id_table *table, uint32_t id);
struct object *id_table_find(const struct id_table *table, uint32_t id); /* or NULL */

/* Takes the lock itself: the smallest id above start, or 0 when there is none. */
uint32_t id_table_next(struct id_table *table, uint32_t start);

#endif
