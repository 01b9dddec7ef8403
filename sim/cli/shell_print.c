// SPDX-License-Identifier: MIT
/*
 * Maps and elements as bpftool 7.1 prints them. A CPU is shown by its id; bpftool
 * knows only the place in the buffer, which is the same unless ids are sparse.
 */
#include <inttypes.h>
#include <string.h>

#include "json.h"
#include "shell.h"

#define BYTES_PER_LINE 16
#define MOST_BYTES_BEHIND_NAME 16 /* a longer key or value begins a line of its own */
#define MOST_BYTES_OF_LINE 24	  /* of a key and a value together */

const struct named_bits shell_map_types[] = {
	{ "percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY },
	{ "array", BPF_MAP_TYPE_ARRAY },
	{ "hash", BPF_MAP_TYPE_HASH },
	{ NULL, 0 },
};

void print_hex(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			fputs(i % BYTES_PER_LINE == 0 ? "\n" : i % 8 == 0 ? "  " : " ", stdout);
		printf("%02x", bytes[i]);
	}
}

static const char *type_name(uint32_t type)
{
	const struct named_bits *named = shell_map_types;

	while (named->bits != type)
		named++;
	return named->name;
}

const char *key_text(char text[KEY_TEXT_BYTES], const struct shell_map *map, const void *key)
{
	const unsigned char *bytes = key;
	uint32_t number;
	size_t n = 0;

	if (map->info.key_size == sizeof(number)) {
		memcpy(&number, key, sizeof(number));
		snprintf(text, KEY_TEXT_BYTES, "%u", number);
		return text;
	}
	for (uint32_t i = 0; i < map->info.key_size && n + sizeof(" 00 ...") <= KEY_TEXT_BYTES; i++)
		n += (size_t)snprintf(text + n, KEY_TEXT_BYTES - n, "%s%02x", i ? " " : "",
				      bytes[i]);
	if (n < 3 * (size_t)map->info.key_size - 1)
		snprintf(text + n, KEY_TEXT_BYTES - n, " ...");
	return text;
}

void print_map_head(const struct shell_map *map)
{
	printf("%u: %s  ", map->info.id, type_name(map->info.type));
	if (*map->info.name)
		printf("name %s  ", map->info.name);
	printf("flags 0x%x\n", map->info.map_flags);
}

void print_map(const struct shell_map *map, bool is_frozen, uint64_t memlock_bytes)
{
	print_map_head(map);
	printf("\tkey %uB  value %uB  max_entries %u  memlock %" PRIu64 "B\n", map->info.key_size,
	       map->info.value_size, map->info.max_entries, memlock_bytes);
	if (is_frozen)
		printf("\tfrozen\n");
}

void print_map_head_json(const struct shell_map *map)
{
	json_count("id", map->info.id);
	json_text("type", type_name(map->info.type));
	if (*map->info.name)
		json_text("name", map->info.name);
	json_count("flags", map->info.map_flags);
}

void print_map_json(const struct shell_map *map, bool is_frozen, uint64_t memlock_bytes)
{
	json_open(NULL, '{');
	print_map_head_json(map);
	json_count("bytes_key", map->info.key_size);
	json_count("bytes_value", map->info.value_size);
	json_count("max_entries", map->info.max_entries);
	json_count("bytes_memlock", memlock_bytes);
	json_count("frozen", is_frozen);
	json_close('}');
}

void print_copy(uint32_t cpu, const void *value, size_t size)
{
	printf("value (CPU %02u):%c", cpu, size > MOST_BYTES_BEHIND_NAME ? '\n' : ' ');
	print_hex(value, size);
	putchar('\n');
}

void print_copy_json(uint32_t cpu, const void *value, size_t size)
{
	json_open(NULL, '{');
	json_count("cpu", cpu);
	json_bytes("value", value, size);
	json_close('}');
}

static void each_copy(const struct shell *sh, const struct shell_map *map, const char *values,
		      int64_t only_cpu, void (*fn)(uint32_t cpu, const void *value, size_t size))
{
	if (only_cpu >= 0) {
		fn((uint32_t)only_cpu, values, map->info.value_size);
		return;
	}
	for (uint32_t i = 0; i < map->nr_copies; i++)
		fn((uint32_t)pca_cpu_id(sh->session.machine, i), values + i * map->elem_bytes,
		   map->info.value_size);
}

void print_elem(const struct shell *sh, const struct shell_map *map, const void *key,
		const void *values, int64_t only_cpu)
{
	const uint32_t key_size = map->info.key_size, value_size = map->info.value_size;
	const bool is_long = map->is_percpu || key_size > MOST_BYTES_BEHIND_NAME ||
			     value_size > MOST_BYTES_BEHIND_NAME;
	const bool is_one_line = !is_long && key_size + value_size <= MOST_BYTES_OF_LINE;

	fputs(is_long ? "key:\n" : "key: ", stdout);
	print_hex(key, key_size);
	fputs(is_one_line ? "  " : "\n", stdout);
	if (map->is_percpu) {
		each_copy(sh, map, values, only_cpu, print_copy);
		return;
	}
	fputs(is_long ? "value:\n" : "value: ", stdout);
	print_hex(values, value_size);
	putchar('\n');
}

void print_elem_json(const struct shell *sh, const struct shell_map *map, const void *key,
		     const void *values, int64_t only_cpu)
{
	json_open(NULL, '{');
	json_bytes("key", key, map->info.key_size);
	if (map->is_percpu) {
		json_open("values", '[');
		each_copy(sh, map, values, only_cpu, print_copy_json);
		json_close(']');
	} else {
		json_bytes("value", values, map->info.value_size);
	}
	json_close('}');
}
