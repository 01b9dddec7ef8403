// SPDX-License-Identifier: MIT
#include "ids.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "alloc.h"

void id_table_init(struct id_table *table)
{
	memset(table, 0, sizeof(*table));
	pthread_mutex_init(&table->lock, NULL);
}

void id_table_destroy(struct id_table *table)
{
	free(table->entries);
	pthread_mutex_destroy(&table->lock);
}

/* Where an entry with this id is, or would be inserted. */
static size_t position(const struct id_table *table, uint32_t id)
{
	size_t low = 0, high = table->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (table->entries[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int grow(struct id_table *table)
{
	size_t capacity = table->capacity ? table->capacity * 2 : 16;
	struct id_entry *entries = alloc_grown_array(table->entries, capacity, sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	table->entries = entries;
	table->capacity = capacity;
	return 0;
}

/* The next free id after the last one given, wrapping at INT_MAX; 0: none. */
static uint32_t next_free_id(const struct id_table *table)
{
	uint32_t id = table->last_id;

	for (size_t tries = 0; tries <= table->nr; tries++) {
		id = id >= INT_MAX ? 1 : id + 1;
		size_t at = position(table, id);

		if (at == table->nr || table->entries[at].id != id)
			return id;
	}
	return 0;
}

int id_table_insert(struct id_table *table, struct object *object)
{
	int err = table->nr == table->capacity ? grow(table) : 0;
	uint32_t id = err ? 0 : next_free_id(table);

	if (!id)
		return err ? err : -ENOSPC;

	size_t at = position(table, id);

	memmove(&table->entries[at + 1], &table->entries[at],
		(table->nr - at) * sizeof(*table->entries));
	table->entries[at] = (struct id_entry){ id, object };
	table->nr++;
	table->last_id = id;
	return (int)id;
}

void id_table_erase(struct id_table *table, uint32_t id)
{
	size_t at = position(table, id);

	table->nr--;
	memmove(&table->entries[at], &table->entries[at + 1],
		(table->nr - at) * sizeof(*table->entries));
}

struct object *id_table_find(const struct id_table *table, uint32_t id)
{
	size_t at = position(table, id);

	return at < table->nr && table->entries[at].id == id ? table->entries[at].object : NULL;
}

uint32_t id_table_next(struct id_table *table, uint32_t start)
{
	uint32_t next = 0;

	pthread_mutex_lock(&table->lock);
	size_t at = position(table, start + 1);

	if (at < table->nr)
		next = table->entries[at].id;
	pthread_mutex_unlock(&table->lock);
	return next;
}
