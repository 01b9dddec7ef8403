// SPDX-License-Identifier: MIT
/*
 * What the maps of an object hold. Elements that are zero on all CPUs are only counted, and
 * CPUs whose copies are zero share a line.
 */
#define _GNU_SOURCE
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <pcasim/bpf.h>

#include "attr.h"
#include "json.h"
#include "map.h"
#include "prog_run.h"
#include "term.h"

/* One map on its way. */
struct dump {
	const struct session *session;
	const struct btf *btf;
	const struct object_map *map;
	bool is_percpu;
	uint32_t nr_copies;
	size_t copy_bytes; /* from one copy to the next one */
	unsigned char *key, *next_key, *values;
	uint64_t nr_zero;
};

typedef int (*elem_fn)(const struct dump *dump);

const char *prog_map_type_name(uint32_t type)
{
	const char *name = libbpf_bpf_map_type_str(type);

	return name ? name : "unknown";
}

static bool is_zero(const unsigned char *bytes, size_t n)
{
	return !n || (!*bytes && !memcmp(bytes, bytes + 1, n - 1));
}

static const unsigned char *copy_of(const struct dump *dump, uint32_t ordinal)
{
	return dump->values + ordinal * dump->copy_bytes;
}

static bool is_zero_elem(const struct dump *dump)
{
	for (uint32_t i = 0; i < dump->nr_copies; i++) {
		if (!is_zero(copy_of(dump, i), dump->map->map.value_size))
			return false;
	}
	return true;
}

static int begin(struct dump *dump)
{
	const struct pca_map *map = dump->map->map.map->map;
	int64_t bytes = pca_map_lookup_bytes(dump->session->task, dump->map->map.fd);

	dump->is_percpu = map->ops->is_percpu;
	dump->nr_copies = dump->is_percpu ? pca_num_possible_cpus(dump->session->machine) : 1;
	dump->copy_bytes = dump->is_percpu ? (size_t)bytes / dump->nr_copies : (size_t)bytes;
	dump->key = calloc(2, dump->map->map.key_size);
	dump->next_key = dump->key ? dump->key + dump->map->map.key_size : NULL;
	dump->values = calloc(1, (size_t)bytes);
	return dump->key && dump->values ? 0 : -1;
}

static int next_key(struct dump *dump, const void *key)
{
	union attr attr = { .elem = { .map_fd = dump->map->map.fd,
				      .key = (uintptr_t)key,
				      .value = (uintptr_t)dump->next_key } };
	long err = pca_bpf(dump->session->task, BPF_MAP_GET_NEXT_KEY, &attr, sizeof(attr.elem));

	if (!err)
		memcpy(dump->key, dump->next_key, dump->map->map.key_size);
	return (int)err;
}

/* Elements that are deleted meanwhile are passed over. */
static int each_elem(struct dump *dump, elem_fn fn)
{
	int err = next_key(dump, NULL);

	while (!err) {
		union attr attr = { .elem = { .map_fd = dump->map->map.fd,
					      .key = (uintptr_t)dump->key,
					      .value = (uintptr_t)dump->values } };
		long missing =
			pca_bpf(dump->session->task, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr.elem));

		if (missing && missing != -ENOENT)
			return (int)missing;
		if (!missing && is_zero_elem(dump))
			dump->nr_zero++;
		else if (!missing && fn(dump))
			return -ENOMEM;
		err = next_key(dump, dump->key);
	}
	return err == -ENOENT ? 0 : err;
}

static uint32_t cpu_of(const struct dump *dump, uint32_t ordinal)
{
	return (uint32_t)pca_cpu_id(dump->session->machine, ordinal);
}

/* ---- text ---- */

static char *value_text(const struct dump *dump, const void *value)
{
	return prog_value_text(dump->btf, dump->map->definition.value_type_id, value,
			       dump->map->map.value_size);
}

static bool is_zero_copy(const struct dump *dump, uint32_t ordinal)
{
	return is_zero(copy_of(dump, ordinal), dump->map->map.value_size);
}

/* The last CPU of those whose copies are zero, too. */
static uint32_t end_of_zeros(const struct dump *dump, uint32_t ordinal)
{
	while (ordinal + 1 < dump->nr_copies && is_zero_copy(dump, ordinal + 1) &&
	       cpu_of(dump, ordinal + 1) == cpu_of(dump, ordinal) + 1)
		ordinal++;
	return ordinal;
}

static int print_copies(const struct dump *dump)
{
	for (uint32_t i = 0; i < dump->nr_copies; i++) {
		uint32_t last = is_zero_copy(dump, i) ? end_of_zeros(dump, i) : i;
		char *text;

		if (is_zero_copy(dump, i)) {
			printf(i == last ? "    CPU %" PRIu32 ": 0\n"
					 : "    CPUs %" PRIu32 "-%" PRIu32 ": 0\n",
			       cpu_of(dump, i), cpu_of(dump, last));
			i = last;
			continue;
		}
		text = value_text(dump, copy_of(dump, i));
		if (!text)
			return -1;
		printf("    CPU %" PRIu32 ": %s\n", cpu_of(dump, i), text);
		free(text);
	}
	return 0;
}

static int print_elem(const struct dump *dump)
{
	char *key = prog_value_text(dump->btf, dump->map->definition.key_type_id, dump->key,
				    dump->map->map.key_size);
	char *value = dump->is_percpu ? NULL : value_text(dump, dump->values);
	int err = !key || (!dump->is_percpu && !value) ? -1 : 0;

	if (!err)
		printf("  key %s%s%s\n", key, value ? ": " : "", value ? value : "");
	if (!err && dump->is_percpu)
		err = print_copies(dump);
	free(value);
	free(key);
	return err;
}

static int complain(const struct dump *dump, int err)
{
	cli_error("map \"%s\" cannot be shown: %s", dump->map->map.name, pca_strerror(err));
	return -1;
}

static int dump_with(struct dump *dump, elem_fn fn)
{
	int err = begin(dump) ? -ENOMEM : each_elem(dump, fn);

	free(dump->key);
	free(dump->values);
	return err ? complain(dump, err) : 0;
}

/* Why there is no map: object_map_stays_empty() */
static const char *why_empty(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_RINGBUF:
		return "not simulated: nobody reads it, so that it is full: programs get NULL, "
		       "EAGAIN";
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		return "not simulated: nobody reads events, so that it is empty: programs get "
		       "ENOENT";
	case BPF_MAP_TYPE_STACK_TRACE:
		return "not simulated: there are no stacks: programs get EFAULT";
	default:
		return "not simulated: no cgroup is in it: programs get EAGAIN";
	}
}

static int dump_map(const struct session *session, const struct pca_object *object,
		    const struct object_map *map)
{
	struct dump dump = { .session = session, .btf = object->btf, .map = map };
	int err;

	print_title("map %s: %s, %" PRIu32 " entr%s", map->map.name,
		    prog_map_type_name(map->map.type), map->map.max_entries,
		    map->map.max_entries == 1 ? "y" : "ies");
	if (!map->map.map) {
		printf("  %s\n", why_empty(map->map.type));
		return 0;
	}
	err = dump_with(&dump, print_elem);
	if (!err && dump.nr_zero)
		printf("  %" PRIu64 " element%s: 0\n", dump.nr_zero, plural_s(dump.nr_zero));
	return err;
}

int prog_dump_maps(const struct session *session, const struct pca_object *object)
{
	int err = 0;

	for (size_t i = 0; i < object->nr_maps && !err; i++)
		err = dump_map(session, object, &object->maps[i]);
	return err;
}

/* ---- JSON ---- */

static void value_json(const struct dump *dump, const void *value)
{
	json_bytes("value", value, dump->map->map.value_size);
	prog_value_json("formatted", dump->btf, dump->map->definition.value_type_id, value,
			dump->map->map.value_size);
}

static int elem_json(const struct dump *dump)
{
	json_open(NULL, '{');
	json_bytes("key", dump->key, dump->map->map.key_size);
	prog_value_json("formatted_key", dump->btf, dump->map->definition.key_type_id, dump->key,
			dump->map->map.key_size);
	if (!dump->is_percpu) {
		value_json(dump, dump->values);
	} else {
		json_open("values", '[');
		for (uint32_t i = 0; i < dump->nr_copies; i++) {
			json_open(NULL, '{');
			json_count("cpu", cpu_of(dump, i));
			value_json(dump, copy_of(dump, i));
			json_close('}');
		}
		json_close(']');
	}
	json_close('}');
	return 0;
}

static int dump_map_json(const struct session *session, const struct pca_object *object,
			 const struct object_map *map)
{
	struct dump dump = { .session = session, .btf = object->btf, .map = map };
	int err = 0;

	json_open(NULL, '{');
	json_text("name", map->map.name);
	json_text("type", prog_map_type_name(map->map.type));
	json_count("bytes_key", map->map.key_size);
	json_count("bytes_value", map->map.value_size);
	json_count("max_entries", map->map.max_entries);
	json_count("flags", map->map.map_flags);
	json_open("elements", '[');
	if (map->map.map)
		err = dump_with(&dump, elem_json);
	json_close(']');
	json_count("zero_elements", dump.nr_zero);
	json_close('}');
	return err;
}

int prog_dump_maps_json(const struct session *session, const struct pca_object *object)
{
	int err = 0;

	json_open("maps", '[');
	for (size_t i = 0; i < object->nr_maps && !err; i++)
		err = dump_map_json(session, object, &object->maps[i]);
	json_close(']');
	return err;
}
