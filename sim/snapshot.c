// SPDX-License-Identifier: MIT
/*
 * Snapshots of maps. Linux has no counterpart: a command's batch comes closest.
 *
 * What is kept is cut into strips of neighbouring keys on one CPU, about a page each;
 * of a strip of zeros only that is kept. Elements are copied as commands copy them.
 */
#include "snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "change_text.h"
#include "elem_copy.h"
#include "machine.h"
#include "map.h"
#include "message.h"
#include "task.h"

#define STRIP_BYTES 4096

struct pca_map_snapshot {
	uint32_t value_size, elem_size, max_entries;
	bool is_percpu;
	uint32_t nr_copies;
	uint32_t *cpus; /* ids, by copy; of a shared map one that peeks at it */
	uint32_t strip_keys;
	uint32_t nr_strips; /* of a copy; the last one may be shorter */
	uint64_t **strips;  /* copy by copy; NULL: all zero */
	void *zeros;	    /* an element */
};

static uint64_t **strip_at(const struct pca_map_snapshot *s, uint32_t copy, uint32_t strip)
{
	return &s->strips[(size_t)copy * s->nr_strips + strip];
}

static uint32_t keys_in(const struct pca_map_snapshot *s, uint32_t strip)
{
	uint32_t left = s->max_entries - strip * s->strip_keys;

	return left < s->strip_keys ? left : s->strip_keys;
}

static size_t words_in(const struct pca_map_snapshot *s, uint32_t strip)
{
	return (size_t)keys_in(s, strip) * (s->elem_size / 8);
}

/* The strip's elements in the map; neighbouring keys on a CPU follow each other. */
static void *elems_of(const struct pca_map_snapshot *s, struct pca_map_ref *map, uint32_t copy,
		      uint32_t strip)
{
	return pca_map_peek(map, s->cpus[copy], strip * s->strip_keys);
}

static const void *kept_elem(const struct pca_map_snapshot *s, uint32_t copy, uint32_t key)
{
	const uint64_t *strip = *strip_at(s, copy, key / s->strip_keys);

	if (!strip)
		return s->zeros;
	return strip + (size_t)(key % s->strip_keys) * (s->elem_size / 8);
}

/* Is any of the words not zero? */
RACES_WITH_PROGRAMS
static bool read_strip(uint64_t *dst, const void *elems, size_t nr_words)
{
	const elem_word *from = elems;
	uint64_t bits = 0;

	for (size_t i = 0; i < nr_words; i++)
		bits |= dst[i] = from[i];
	return bits;
}

/* words NULL: zeros. Pages that nobody has written to stay untouched by them. */
RACES_WITH_PROGRAMS
static void write_strip(void *elems, const uint64_t *words, size_t nr_words)
{
	elem_word *to = elems;

	for (size_t i = 0; i < nr_words; i++) {
		uint64_t word = words ? words[i] : 0;

		if (to[i] != word)
			to[i] = word;
	}
}

static int read_copy(struct pca_map_snapshot *s, struct pca_map_ref *map, uint32_t copy)
{
	uint64_t *words = NULL;

	for (uint32_t strip = 0; strip < s->nr_strips; strip++) {
		if (!words)
			words = alloc_bytes((size_t)s->strip_keys * s->elem_size);
		if (!words)
			return -ENOMEM;
		if (read_strip(words, elems_of(s, map, copy, strip), words_in(s, strip))) {
			*strip_at(s, copy, strip) = words;
			words = NULL;
		}
	}
	free(words);
	return 0;
}

static struct pca_map_snapshot *snapshot_alloc(const struct pca_map_ref *ref)
{
	const struct pca_map *map = ref->map;
	const struct pca_machine *machine = map->object.machine;
	struct pca_map_snapshot *s = alloc_zeroed(sizeof(*s));
	uint32_t most_keys = STRIP_BYTES / ref->elem_size;

	if (!s)
		return NULL;
	s->value_size = map->value_size;
	s->elem_size = ref->elem_size;
	s->max_entries = ref->max_entries;
	s->is_percpu = map->ops->is_percpu;
	s->nr_copies = s->is_percpu ? machine->nr_cpus : 1;
	s->strip_keys = most_keys < ref->max_entries ? most_keys : ref->max_entries;
	if (!s->strip_keys)
		s->strip_keys = 1;
	s->nr_strips = (s->max_entries - 1) / s->strip_keys + 1;
	s->zeros = alloc_zeroed(s->elem_size);
	s->cpus = alloc_zeroed_array(s->nr_copies, sizeof(*s->cpus));
	s->strips = alloc_zeroed_array((size_t)s->nr_copies * s->nr_strips, sizeof(*s->strips));
	if (!s->zeros || !s->cpus || !s->strips) {
		pca_map_snapshot_free(s);
		return NULL;
	}
	for (uint32_t copy = 0; copy < s->nr_copies; copy++)
		s->cpus[copy] = machine->cpus[copy].id;
	return s;
}

/* Snapshots are of elements that are always there. */
static int refuse_hash(const struct pca_map_ref *map, const char *who)
{
	if (map_has_indices(map->map))
		return 0;
	message_error("%s: the map is a hash, whose elements come and go: snapshots are of arrays",
		      who);
	return -EOPNOTSUPP;
}

int pca_map_snapshot(struct pca_map_ref *map, struct pca_map_snapshot **out)
{
	int err = refuse_hash(map, "pca_map_snapshot");

	if (err)
		return err;

	struct pca_map_snapshot *s = snapshot_alloc(map);

	err = s ? 0 : -ENOMEM;

	for (uint32_t copy = 0; !err && copy < s->nr_copies; copy++)
		err = read_copy(s, map, copy);
	if (err)
		pca_map_snapshot_free(s);
	else
		*out = s;
	return err;
}

int pca_map_snapshot_fd(struct pca_task *task, int fd, struct pca_map_snapshot **out)
{
	struct pca_map_ref *map;
	int err = pca_map_get(task, fd, &map);

	if (err)
		return err;
	err = pca_map_snapshot(map, out);
	pca_map_put(map);
	return err;
}

void pca_map_snapshot_free(struct pca_map_snapshot *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->strips && i < (size_t)s->nr_copies * s->nr_strips; i++)
		free(s->strips[i]);
	free(s->strips);
	free(s->cpus);
	free(s->zeros);
	free(s);
}

const void *pca_map_snapshot_peek(const struct pca_map_snapshot *s, int cpu, uint32_t key)
{
	uint32_t copy = 0;

	if (key >= s->max_entries || (!s->is_percpu && cpu != PCA_NO_CPU))
		return NULL;
	while (s->is_percpu && copy < s->nr_copies && (int)s->cpus[copy] != cpu)
		copy++;
	return copy < s->nr_copies ? kept_elem(s, copy, key) : NULL;
}

/* ---- comparing ---- */

static bool numbers_differ(const char *what, uint32_t first, uint32_t second, char *how,
			   size_t size)
{
	if (first != second)
		snprintf(how, size, "%s is %u in the first, %u in the second", what, first, second);
	return first != second;
}

bool snapshot_shapes_differ(const struct pca_map_snapshot *first,
			    const struct pca_map_snapshot *second, char *how, size_t size)
{
	if (first->is_percpu != second->is_percpu) {
		snprintf(how, size, "each CPU has a copy in the %s only",
			 first->is_percpu ? "first" : "second");
		return true;
	}
	if (numbers_differ("value_size", first->value_size, second->value_size, how, size) ||
	    numbers_differ("max_entries", first->max_entries, second->max_entries, how, size))
		return true;
	if (!first->is_percpu)
		return false;
	if (numbers_differ("the number of possible CPUs", first->nr_copies, second->nr_copies, how,
			   size))
		return true;
	for (uint32_t i = 0; i < first->nr_copies; i++) {
		char what[48];

		snprintf(what, sizeof(what), "possible CPU number %u", i + 1);
		if (numbers_differ(what, first->cpus[i], second->cpus[i], how, size))
			return true;
	}
	return false;
}

static int check_shapes(const struct pca_map_snapshot *first, const struct pca_map_snapshot *second,
			const char *who)
{
	char how[128];

	if (!snapshot_shapes_differ(first, second, how, sizeof(how)))
		return 0;
	message_error("%s: the maps differ in shape: %s", who, how);
	return -EINVAL;
}

struct diff {
	const struct pca_map_snapshot *before, *after;
	uint32_t bytes; /* of an element that are compared */
	void (*fn)(void *arg, const struct pca_map_change *change);
	void *arg;
	int64_t nr;
};

static void diff_strip(struct diff *diff, uint32_t copy, uint32_t strip)
{
	const struct pca_map_snapshot *s = diff->before;
	uint32_t first = strip * s->strip_keys;

	for (uint32_t i = 0; i < keys_in(s, strip); i++) {
		struct pca_map_change change = {
			.cpu = s->is_percpu ? (int)s->cpus[copy] : PCA_NO_CPU,
			.key = first + i,
			.bytes = diff->bytes,
			.before = kept_elem(s, copy, first + i),
			.after = kept_elem(diff->after, copy, first + i),
		};

		if (!memcmp(change.before, change.after, diff->bytes))
			continue;
		diff->nr++;
		if (diff->fn)
			diff->fn(diff->arg, &change);
	}
}

static bool strips_differ(const struct diff *diff, uint32_t copy, uint32_t strip)
{
	const uint64_t *before = *strip_at(diff->before, copy, strip);
	const uint64_t *after = *strip_at(diff->after, copy, strip);

	if (!before || !after)
		return before != after;
	return memcmp(before, after, words_in(diff->before, strip) * sizeof(*before));
}

int64_t pca_map_diff(const struct pca_map_snapshot *before, const struct pca_map_snapshot *after,
		     uint32_t flags, void (*fn)(void *arg, const struct pca_map_change *change),
		     void *arg)
{
	struct diff diff = { before, after, before->value_size, fn, arg, 0 };

	if (flags & ~PCA_DIFF_PADDING) {
		message_error("pca_map_diff: flags 0x%x has bits beyond PCA_DIFF_PADDING", flags);
		return -EINVAL;
	}
	if (check_shapes(before, after, "pca_map_diff"))
		return -EINVAL;
	if (flags & PCA_DIFF_PADDING)
		diff.bytes = before->elem_size;
	for (uint32_t copy = 0; copy < before->nr_copies; copy++) {
		for (uint32_t strip = 0; strip < before->nr_strips; strip++) {
			if (strips_differ(&diff, copy, strip))
				diff_strip(&diff, copy, strip);
		}
	}
	return diff.nr;
}

static void add_change(void *lines, const struct pca_map_change *change)
{
	const struct value_pair pair = { change->before, change->after, change->bytes };

	lines_add_change(lines, change->cpu, change->key, &pair);
}

int pca_map_diff_text(const struct pca_map_snapshot *before, const struct pca_map_snapshot *after,
		      uint32_t flags, char *buf, size_t size)
{
	struct lines lines;

	lines_begin(&lines, buf, size);

	int64_t nr = pca_map_diff(before, after, flags, add_change, &lines);

	return nr < 0 ? (int)nr : lines_end(&lines);
}

int pca_map_restore(struct pca_map_ref *map, const struct pca_map_snapshot *s)
{
	int err = refuse_hash(map, "pca_map_restore");

	if (err)
		return err;

	struct pca_map_snapshot *shape = snapshot_alloc(map);

	err = shape ? check_shapes(shape, s, "pca_map_restore") : -ENOMEM;

	for (uint32_t copy = 0; !err && copy < s->nr_copies; copy++) {
		for (uint32_t strip = 0; strip < s->nr_strips; strip++)
			write_strip(elems_of(s, map, copy, strip), *strip_at(s, copy, strip),
				    words_in(s, strip));
	}
	pca_map_snapshot_free(shape);
	return err;
}
