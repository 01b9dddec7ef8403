// SPDX-License-Identifier: MIT
/*
 * Expectations of unit tests and the texts of those that fail.
 */
#include <pcasim/expect.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "alloc.h"
#include "change_text.h"
#include "elem_copy.h"
#include "machine.h"
#include "map.h"
#include "snapshot.h"

#define TEXT_BYTES 8192

static const char no_memory[] = "there is no memory to see whether it is as expected";

/*
 * A thread's text. Not thread-local memory: that of a library that dlopen() loads is
 * scarce in the initial-exec model, and a page would not fit.
 */
static pthread_key_t text_key;
static pthread_once_t text_key_once = PTHREAD_ONCE_INIT;

static void make_text_key(void)
{
	pthread_key_create(&text_key, free);
}

static char *thread_text(void)
{
	pthread_once(&text_key_once, make_text_key);

	char *text = pthread_getspecific(text_key);

	if (!text) {
		text = alloc_bytes(TEXT_BYTES);
		if (text && pthread_setspecific(text_key, text)) {
			free(text);
			text = NULL;
		}
	}
	return text;
}

__attribute__((format(printf, 1, 2))) static const char *explain(const char *fmt, ...)
{
	char *text = thread_text();
	va_list ap;

	if (!text)
		return no_memory;
	va_start(ap, fmt);
	vsnprintf(text, TEXT_BYTES, fmt, ap);
	va_end(ap);
	return text;
}

/* A headline that names the map, with what fmt says of it, before lines of text. */
static const char *explain_map(const struct pca_map_ref *ref, const char *what, struct lines *lines)
{
	const char *name = ref->map->name;

	lines_end(lines);
	return explain("map%s%s%s changed%s:\n%s", *name ? " \"" : "", name, *name ? "\"" : "",
		       what, lines->buf);
}

/* ---- snapshots ---- */

static const char *explain_shape(const struct pca_map_snapshot *before,
				 const struct pca_map_snapshot *after)
{
	char how[128];

	if (!snapshot_shapes_differ(before, after, how, sizeof(how)))
		return NULL;
	return explain("the snapshot is of a map of another shape, this is the second: %s", how);
}

/* What the expectations about changes have in common. */
struct changes {
	const struct pca_map_snapshot *before, *after;
	const struct pca_map_ref *map;
	const struct pca_expected_change *expected;
	size_t nr;
	struct lines lines;
	char text[TEXT_BYTES - 256];
};

static void add_any_change(void *arg, const struct pca_map_change *change)
{
	const struct value_pair pair = { change->before, change->after, change->bytes };
	struct changes *c = arg;

	lines_add_change(&c->lines, change->cpu, change->key, &pair);
}

static const char *check_unchanged(struct changes *c)
{
	char what[64];
	int64_t nr = pca_map_diff(c->before, c->after, 0, add_any_change, c);

	if (!nr)
		return NULL;
	snprintf(what, sizeof(what), ", %" PRId64 " element%s", nr,
		 nr == 1 ? " differs" : "s differ");
	return explain_map(c->map, what, &c->lines);
}

static void add_unless_expected(void *arg, const struct pca_map_change *change)
{
	char place[PLACE_BYTES], from[NUMBER_BYTES], to[NUMBER_BYTES];
	struct changes *c = arg;

	for (size_t i = 0; i < c->nr; i++) {
		if (c->expected[i].cpu == change->cpu && c->expected[i].key == change->key)
			return; /* told already if need be */
	}
	lines_add(&c->lines, "%s: %s → %s, expected no change",
		  place_text(place, change->cpu, change->key),
		  number_text(from, number_at(change->before, change->bytes, false)),
		  number_text(to, number_at(change->after, change->bytes, false)));
}

static const char *change_text(char *text, uint64_t from, uint64_t to)
{
	char first[NUMBER_BYTES], second[NUMBER_BYTES];

	if (from == to)
		sprintf(text, "no change from %s", number_text(first, from));
	else
		sprintf(text, "%s → %s", number_text(first, from), number_text(second, to));
	return text;
}

static void check_expected(struct changes *c, const struct pca_expected_change *expected)
{
	const void *before = pca_map_snapshot_peek(c->before, expected->cpu, expected->key);
	const void *after = pca_map_snapshot_peek(c->after, expected->cpu, expected->key);
	char place[PLACE_BYTES], got[2 * NUMBER_BYTES + 16], want[2 * NUMBER_BYTES + 16];
	uint32_t bytes = c->map->map->value_size;

	place_text(place, expected->cpu, expected->key);
	if (!before || !after) {
		lines_add(&c->lines, "%s: there is no such element", place);
		return;
	}

	uint64_t from = number_at(before, bytes, false), to = number_at(after, bytes, false);

	if (from != expected->from || to != expected->to)
		lines_add(&c->lines, "%s: %s, expected %s", place, change_text(got, from, to),
			  change_text(want, expected->from, expected->to));
}

static const char *check_changes(struct changes *c)
{
	if (!is_number_size(c->map->map->value_size))
		return explain("value_size is %u: changes can be expected of values of 1, 2, 4 or "
			       "8 bytes; use pca_map_diff()",
			       c->map->map->value_size);
	for (size_t i = 0; i < c->nr; i++)
		check_expected(c, &c->expected[i]);
	pca_map_diff(c->before, c->after, 0, add_unless_expected, c);
	return c->lines.nr ? explain_map(c->map, " otherwise than expected", &c->lines) : NULL;
}

static const char *compare(struct changes *c, struct pca_map_ref *map,
			   const char *(*check)(struct changes *c))
{
	struct pca_map_snapshot *after;
	const char *why;

	if (pca_map_snapshot(map, &after))
		return no_memory;
	c->map = map;
	c->after = after;
	lines_begin(&c->lines, c->text, sizeof(c->text));
	why = explain_shape(c->before, after);
	if (!why)
		why = check(c);
	pca_map_snapshot_free(after);
	return why;
}

const char *pca_expect_unchanged(const struct pca_map_snapshot *before, struct pca_map_ref *map)
{
	struct changes c = { .before = before };

	return compare(&c, map, check_unchanged);
}

const char *pca_expect_changes(const struct pca_map_snapshot *before, struct pca_map_ref *map,
			       const struct pca_expected_change *changes, size_t nr)
{
	struct changes c = { .before = before, .expected = changes, .nr = nr };

	return compare(&c, map, check_changes);
}

/* ---- values ---- */

RACES_WITH_PROGRAMS
static void read_element(void *dst, const void *elem, uint32_t bytes)
{
	read_value(dst, elem, bytes);
}

/* The element as pca_map_peek() finds it, but a shared map's by PCA_NO_CPU. */
static const char *find_element(struct pca_map_ref *ref, int cpu, uint32_t key, const void **elem)
{
	const struct pca_machine *machine = ref->map->object.machine;
	bool is_percpu = ref->map->ops->is_percpu;
	char place[PLACE_BYTES];

	place_text(place, cpu, key);
	if (!map_has_indices(ref->map))
		return explain("%s: the map is a hash, whose elements come and go: look it up",
			       place);
	if (key >= ref->max_entries)
		return explain("%s: there is no such element, max_entries is %u", place,
			       ref->max_entries);
	if (is_percpu != (cpu != PCA_NO_CPU))
		return explain("%s: %s", place,
			       is_percpu ? "a CPU is missing, each has a copy of this map"
					 : "all CPUs share this map; give PCA_NO_CPU");
	if (!is_percpu)
		cpu = pca_cpu_id(machine, 0);
	*elem = pca_map_peek(ref, (uint32_t)cpu, key);
	return *elem ? NULL : explain("%s: this CPU is not possible", place);
}

static const char *compare_value(const struct value_pair *pair, int cpu, uint32_t key)
{
	struct lines lines;
	char *text = thread_text();

	if (!memcmp(pair->first, pair->second, pair->bytes))
		return NULL;
	if (!text)
		return no_memory;
	lines_begin(&lines, text, TEXT_BYTES);
	lines.prefix = "got ";
	lines.infix = ", expected ";
	lines_add_change(&lines, cpu, key, pair);
	lines_end(&lines);
	return text;
}

/* NULL is a mask of all ones. */
static void copy_masked(char *dst, const char *src, const char *mask, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		dst[i] = mask ? src[i] & mask[i] : src[i];
}

const char *pca_expect_masked_value(struct pca_map_ref *map, int cpu, uint32_t key,
				    struct pca_masked_value expected)
{
	uint32_t value_size = map->map->value_size;
	const void *elem;
	const char *why = find_element(map, cpu, key, &elem);

	if (why)
		return why;
	if (expected.bytes != value_size)
		return explain("value_size is %u, what is expected has %zu bytes", value_size,
			       expected.bytes);

	char *got = alloc_zeroed_array(2, value_size), *want;

	if (!got)
		return no_memory;
	want = got + value_size;
	read_element(got, elem, value_size);
	copy_masked(got, got, expected.mask, value_size);
	copy_masked(want, expected.value, expected.mask, value_size);
	why = compare_value(&(struct value_pair){ got, want, value_size }, cpu, key);
	free(got);
	return why;
}

const char *pca_expect_value(struct pca_map_ref *map, int cpu, uint32_t key, const void *expected,
			     size_t bytes)
{
	return pca_expect_masked_value(map, cpu, key,
				       (struct pca_masked_value){ expected, NULL, bytes });
}

/* ---- sums ---- */

/* What of one CPU's copy goes into a sum. */
static uint64_t read_number(const void *elem, const struct pca_number *number)
{
	uint64_t bytes;

	read_element(&bytes, (const char *)elem + number->offset, number->bytes);
	return number_at(&bytes, number->bytes, number->is_signed);
}

static const char *sum_text(char *text, const struct pca_number *number, uint64_t sum)
{
	if (number->is_signed)
		snprintf(text, NUMBER_BYTES, "%" PRId64, (int64_t)sum);
	else
		number_text(text, sum);
	return text;
}

/* ": 4 on cpu 0, 8 on cpu 2": what is not zero. */
static const char *add_terms(char *text, struct pca_map_ref *ref, uint32_t key,
			     const struct pca_number *number)
{
	const struct pca_machine *machine = ref->map->object.machine;
	size_t len = strlen(text);
	uint32_t nr = 0;
	char term[NUMBER_BYTES];

	for_each_possible_cpu(machine, cpu) {
		uint64_t value = read_number(pca_map_peek(ref, cpu->id, key), number);

		if (value && ++nr <= PCA_DIFF_LINES)
			len += (size_t)snprintf(text + len, TEXT_BYTES - len, "%s%s on cpu %u",
						nr == 1 ? ": " : ", ",
						sum_text(term, number, value), cpu->id);
	}
	if (nr > PCA_DIFF_LINES)
		snprintf(text + len, TEXT_BYTES - len, " and %u more", nr - PCA_DIFF_LINES);
	return text;
}

static const char *compare_sum(struct pca_map_ref *ref, uint32_t key,
			       const struct pca_number *number, uint64_t expected)
{
	const struct pca_machine *machine = ref->map->object.machine;
	char got_text[NUMBER_BYTES], expected_text[NUMBER_BYTES];
	uint64_t sum = 0;

	for_each_possible_cpu(machine, cpu) {
		sum += read_number(pca_map_peek(ref, cpu->id, key), number);
		if (!ref->map->ops->is_percpu)
			break;
	}
	if (sum == expected)
		return NULL;
	const char *why = explain(
		"key %u: %s %s, expected %s", key, ref->map->ops->is_percpu ? "the sum is" : "got",
		sum_text(got_text, number, sum), sum_text(expected_text, number, expected));

	return why == no_memory || !ref->map->ops->is_percpu
		       ? why
		       : add_terms(thread_text(), ref, key, number);
}

const char *pca_expect_sum(struct pca_map_ref *map, uint32_t key, struct pca_number number,
			   uint64_t expected)
{
	uint32_t value_size = map->map->value_size;

	if (!map_has_indices(map->map))
		return explain("key %u: the map is a hash, whose elements come and go: look it up",
			       key);
	if (key >= map->max_entries)
		return explain("key %u: there is no such element, max_entries is %u", key,
			       map->max_entries);
	if (!is_number_size(number.bytes))
		return explain("key %u: a number has 1, 2, 4 or 8 bytes, not %u", key,
			       number.bytes);
	if ((uint64_t)number.offset + number.bytes > value_size)
		return explain(
			"key %u: bytes %u-%" PRIu64 " are not in the value, value_size is %u", key,
			number.offset, (uint64_t)number.offset + number.bytes - 1, value_size);
	return compare_sum(map, key, &number, expected);
}

/* ---- results ---- */

static const char *result_text(char *text, size_t size, long result)
{
	if (result < 0 && result >= -4095 && pca_errno_name((int)result))
		snprintf(text, size, "-%s (%s)", pca_errno_name((int)result),
			 pca_strerror((int)result));
	else
		snprintf(text, size, "%ld", result);
	return text;
}

const char *pca_expect_ok(const char *call, long got)
{
	char text[96];

	return got >= 0 ? NULL
			: explain("%s: got %s, expected no error", call,
				  result_text(text, sizeof(text), got));
}

const char *pca_expect_err(const char *call, long got, int err)
{
	char got_text[96], expected_text[96];
	long expected = err < 0 ? err : -(long)err;

	return got == expected
		       ? NULL
		       : explain("%s: got %s, expected %s", call,
				 result_text(got_text, sizeof(got_text), got),
				 result_text(expected_text, sizeof(expected_text), expected));
}
