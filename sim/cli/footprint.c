// SPDX-License-Identifier: MIT
/*
 * Making the map on machines of all sizes, and saying what it takes.
 */
#include "footprint.h"

#include <inttypes.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "machine.h"
#include "map.h"
#include "release.h"
#include "term.h"

#define LARGEST_USUAL 1024 /* CPUs, of the table */
#define KEY_BYTES 4

static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

/* A machine of so many CPUs, or with those of a cpulist. Memory is no matter. */
static int open_machine(struct session *session, uint32_t nr, const char *list)
{
	char first_ones[32];
	struct pca_machine_opts opts = { .memory_limit_bytes = UINT64_MAX, .possible = list };

	if (nr) {
		snprintf(first_ones, sizeof(first_ones), "0-%" PRIu32, nr - 1);
		opts.possible = first_ones;
	}
	return session_open(session, &opts);
}

static uint64_t batch_bytes(const struct session *session, const struct footprint_map *map,
			    uint64_t lookup_bytes)
{
	uint64_t nr = map->max_entries < BATCH_ENTRIES ? map->max_entries : BATCH_ENTRIES;

	if (map->type == BPF_MAP_TYPE_PERCPU_ARRAY &&
	    !machine_has(session->machine, FEATURE_BATCHES))
		return 0;
	return nr * (KEY_BYTES + lookup_bytes);
}

static void take(struct footprint *row, struct session *session, const struct footprint_map *want,
		 int fd, struct pca_map_ref *map)
{
	uint32_t nr_slabs = map->stride ? row->nr_cpus : 1;

	row->elem_bytes = map->elem_size;
	row->memlock_bytes = pca_machine_memory_bytes(session->machine);
	row->stride_bytes = map->stride;
	row->reserved_bytes = map->map->slabs.mapped_bytes;
	row->slack_bytes =
		row->reserved_bytes - (uint64_t)map->elem_size * map->max_entries * nr_slabs;
	row->lookup_bytes = (uint64_t)pca_map_lookup_bytes(session->task, fd);
	row->batch_bytes = batch_bytes(session, want, row->lookup_bytes);
}

/* Quietly: a table shows where the map is refused. */
static void take_row(struct footprint *row, struct session *session,
		     const struct footprint_map *want)
{
	struct pca_map_ref *map;
	int fd = pca_map_create(session->task, want->type, want->value_size, want->max_entries, 0);

	*row = (struct footprint){ .nr_cpus = pca_num_possible_cpus(session->machine) };
	row->err = fd < 0 ? fd : pca_map_get(session->task, fd, &map);
	if (!row->err) {
		take(row, session, want, fd, map);
		pca_map_put(map);
	}
	if (fd >= 0)
		pca_close(session->task, fd);
}

static int take_asked(struct footprint *row, struct session *session,
		      const struct footprint_map *want)
{
	struct pca_map_ref *map;
	int fd = session_create_map(session, want->type, want->value_size, want->max_entries, &map);

	if (fd < 0)
		return -1;
	*row = (struct footprint){ .nr_cpus = pca_num_possible_cpus(session->machine) };
	take(row, session, want, fd, map);
	pca_map_put(map);
	pca_close(session->task, fd);
	return 0;
}

static int add_usual_row(struct footprints *all, uint32_t nr_cpus)
{
	struct session session;

	if (open_machine(&session, nr_cpus, NULL))
		return -1;
	take_row(&all->rows[all->nr++], &session, &all->map);
	session_close(&session);
	return 0;
}

static void place_asked(struct footprints *all, const struct footprint *asked)
{
	all->asked = all->nr;
	all->rows[all->nr++] = *asked;
}

static int parse_cpus(const char *cpus, uint32_t *nr)
{
	unsigned long n;

	*nr = 0;
	if (!cpus || !is_number(cpus))
		return 0;
	n = strlen(cpus) < 8 ? strtoul(cpus, NULL, 10) : ULONG_MAX;
	if (n < 1 || n > PCA_MAX_CPUS) {
		cli_error("--cpus is \"%s\"; it must be a number of CPUs from 1 to %d, or a list "
			  "such as 0-3 or 0,2-3,7",
			  cpus, PCA_MAX_CPUS);
		return -1;
	}
	*nr = (uint32_t)n;
	return 0;
}

int footprints_take(struct footprints *all, const struct footprint_map *map, const char *cpus)
{
	struct footprint asked;
	struct session session;
	uint32_t nr;
	int err;

	*all = (struct footprints){ .map = *map };
	if (parse_cpus(cpus, &nr) || open_machine(&session, nr, nr ? NULL : cpus))
		return -1;
	snprintf(all->release, sizeof(all->release), "%s", pca_machine_release(session.machine));
	err = take_asked(&asked, &session, map);
	session_close(&session);
	for (uint32_t usual = 1; usual <= LARGEST_USUAL && !err; usual *= 2) {
		if (usual >= asked.nr_cpus && usual / 2 < asked.nr_cpus)
			place_asked(all, &asked);
		if (usual != asked.nr_cpus)
			err = add_usual_row(all, usual);
	}
	if (!err && asked.nr_cpus > LARGEST_USUAL)
		place_asked(all, &asked);
	return err;
}

/* --- Words --- */

static const struct footprint *asked_row(const struct footprints *all)
{
	return &all->rows[all->asked];
}

static bool is_percpu(const struct footprints *all)
{
	return all->map.type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

void footprint_title(const struct footprints *all, char title[FOOTPRINT_TEXT])
{
	char entries[COUNT_TEXT], bytes[COUNT_TEXT];
	uint32_t nr = asked_row(all)->nr_cpus;

	snprintf(title, FOOTPRINT_TEXT,
		 "%s of %s entr%s of %s byte%s on %" PRIu32 " CPU%s, as Linux %s",
		 is_percpu(all) ? "A PERCPU_ARRAY" : "An ARRAY",
		 count_text(entries, all->map.max_entries), all->map.max_entries == 1 ? "y" : "ies",
		 count_text(bytes, all->map.value_size), plural_s(all->map.value_size), nr,
		 plural_s(nr), all->release);
}

/* A value on all CPUs: words, and the same with numbers. */
static void value_formula(const struct footprints *all, const char *times, char words[64],
			  char numbers[64])
{
	const struct footprint *row = asked_row(all);

	if (is_percpu(all)) {
		snprintf(words, 64, "element %s CPUs", times);
		snprintf(numbers, 64, "%" PRIu32 " %s %" PRIu32, row->elem_bytes, times,
			 row->nr_cpus);
	} else {
		snprintf(words, 64, "element");
		snprintf(numbers, 64, "%" PRIu32, row->elem_bytes);
	}
}

/* Linux: array_map_mem_usage(), and what older releases charged; see percpu_array.c, array.c. */
void footprint_formula(const struct footprints *all, const char *times, char words[FOOTPRINT_TEXT],
		       char numbers[FOOTPRINT_TEXT])
{
	const struct release *release = release_find(all->release);
	bool is_exact = release->memlock == MEMLOCK_EXACT;
	const char *open = is_exact ? "" : "round_up(", *close = is_exact ? "" : ", 4096)";
	const char *pointer = is_percpu(all) ? "(pointer + " : "", *eight = *pointer ? "(8 + " : "";
	const char *end = *pointer ? ")" : "";
	char value[64], bytes[64];

	value_formula(all, times, value, bytes);
	if (release->memlock == MEMLOCK_PAGES_6_1) {
		if (!is_percpu(all))
			snprintf(bytes, sizeof(bytes), "%" PRIu32, all->map.value_size);
		snprintf(words, FOOTPRINT_TEXT, "%sround_up(key + %s, 8) %s entries%s", open,
			 is_percpu(all) ? value : "value", times, close);
		snprintf(numbers, FOOTPRINT_TEXT, "%sround_up(4 + %s, 8) %s %" PRIu32 "%s", open,
			 bytes, times, all->map.max_entries, close);
		return;
	}
	snprintf(words, FOOTPRINT_TEXT, "%sstruct + %s%s%s %s entries%s", open, pointer, value, end,
		 times, close);
	snprintf(numbers, FOOTPRINT_TEXT, "%s%" PRIu32 " + %s%s%s %s %" PRIu32 "%s", open,
		 release->map_header_bytes, eight, bytes, end, times, all->map.max_entries, close);
}

/* "133,424 B (130.3 KiB)" */
static const char *bytes_text(char buf[64], uint64_t bytes)
{
	char count[COUNT_TEXT], size[SIZE_TEXT];

	if (bytes < 1024)
		snprintf(buf, 64, "%" PRIu64 " B", bytes);
	else
		snprintf(buf, 64, "%s B (%s)", count_text(count, bytes),
			 size_text(size, (double)bytes));
	return buf;
}

static void here_fact(const struct footprint *row, const char *times, struct footprint_fact *fact)
{
	char bytes[64], count[COUNT_TEXT];
	bool has_stride = row->stride_bytes;

	if (has_stride)
		snprintf(fact->text, FOOTPRINT_TEXT,
			 "%s of addresses: stride %s B %s CPUs; pages are taken when touched",
			 bytes_text(bytes, row->reserved_bytes),
			 count_text(count, row->stride_bytes), times);
	else
		snprintf(fact->text, FOOTPRINT_TEXT,
			 "%s of addresses; pages are taken when touched",
			 bytes_text(bytes, row->reserved_bytes));
	snprintf(fact->goes_on, FOOTPRINT_TEXT, "of which %s behind %s, to make %s of 128",
		 bytes_text(bytes, row->slack_bytes), has_stride ? "slabs" : "the elements",
		 has_stride ? "strides odd multiples" : "it an odd multiple");
}

static void limit_fact(const struct footprints *all, struct footprint_fact *fact)
{
	const struct release *release = release_find(all->release);
	bool is_old = !release_has(release, FEATURE_LARGE_VALUE_E2BIG);
	char size[COUNT_TEXT], most[COUNT_TEXT];

	if (is_percpu(all))
		count_text(most, MOST_PERCPU_VALUE_BYTES);
	else
		snprintf(most, sizeof(most), is_old ? "4,194,304" : "2,147,483,647");
	snprintf(fact->text, FOOTPRINT_TEXT, "a value may have up to %s bytes; this one has %s",
		 most, count_text(size, all->map.value_size));
	snprintf(fact->goes_on, FOOTPRINT_TEXT, "%s",
		 release_has(release, FEATURE_NO_MEMLOCK_LIMIT)
			 ? "a map may be as large as memory allows"
			 : "a map must stay below 4 GiB, the values of all CPUs together");
}

static void batch_fact(const struct footprints *all, const char *times, struct footprint_fact *fact)
{
	const struct footprint *row = asked_row(all);
	uint32_t nr = all->map.max_entries < BATCH_ENTRIES ? all->map.max_entries : BATCH_ENTRIES;
	char bytes[64];

	if (row->batch_bytes)
		snprintf(fact->text, FOOTPRINT_TEXT,
			 "%s for %" PRIu32 " keys and their values: (4 + %" PRIu64 ") %s %" PRIu32,
			 bytes_text(bytes, row->batch_bytes), nr, row->lookup_bytes, times, nr);
	else
		snprintf(fact->text, FOOTPRINT_TEXT, "none: LOOKUP_BATCH of this type is ENOTSUPP");
}

void footprint_facts(const struct footprints *all, const char *times,
		     struct footprint_fact facts[NR_FOOTPRINT_FACTS])
{
	const struct footprint *row = asked_row(all);
	char words[FOOTPRINT_TEXT], numbers[FOOTPRINT_TEXT], bytes[64];

	memset(facts, 0, NR_FOOTPRINT_FACTS * sizeof(*facts));
	facts[0].name = "element";
	snprintf(facts[0].text, FOOTPRINT_TEXT, "%s, the value rounded up to a multiple of 8",
		 bytes_text(bytes, row->elem_bytes));
	facts[1].name = "in Linux";
	footprint_formula(all, times, words, numbers);
	snprintf(facts[1].text, FOOTPRINT_TEXT, "%s, fdinfo's memlock = %.130s",
		 bytes_text(bytes, row->memlock_bytes), numbers);
	snprintf(facts[1].goes_on, FOOTPRINT_TEXT, "%.*s", FOOTPRINT_TEXT - 1, words);
	facts[2].name = "here";
	here_fact(row, times, &facts[2]);
	facts[3].name = "LOOKUP";
	snprintf(facts[3].text, FOOTPRINT_TEXT, "%s, the caller's buffer: %s",
		 bytes_text(bytes, row->lookup_bytes),
		 is_percpu(all) ? "an element for each CPU" : "a value");
	facts[4].name = "batch";
	batch_fact(all, times, &facts[4]);
	facts[5].name = "limits";
	limit_fact(all, &facts[5]);
}
