// SPDX-License-Identifier: MIT
/*
 * The programs of "run". Each is written as a BPF program would be, plain additions
 * included: on a per-CPU array they lose nothing, on a shared one they may.
 */
#include <errno.h>
#include <string.h>

#include <pcasim/helpers.h>
#include <pcasim/prog.h>

#include "compiler.h"
#include "shell.h"

#define MAP_LOOKUP_PERCPU_ELEM 195 /* newer than 6.1's header */

uint32_t prog_number_bytes(uint32_t value_size)
{
	return value_size >= 8 ? 8 : value_size >= 4 ? 4 : value_size >= 2 ? 2 : 1;
}

/* Loads and stores that the compiler may not join, as in a program that is called anew. */
static void add(void *elem, uint32_t bytes, uint64_t by)
{
	switch (bytes) {
	case 1:
		*(volatile uint8_t *)elem = (uint8_t)(*(volatile uint8_t *)elem + by);
		break;
	case 2:
		*(volatile uint16_t *)elem = (uint16_t)(*(volatile uint16_t *)elem + by);
		break;
	case 4:
		*(volatile uint32_t *)elem = (uint32_t)(*(volatile uint32_t *)elem + by);
		break;
	default:
		*(volatile uint64_t *)elem += by;
	}
}

static uint64_t number_at(const void *elem, uint32_t bytes)
{
	uint8_t n8;
	uint16_t n16;
	uint32_t n32;
	uint64_t n64;

	switch (bytes) {
	case 1:
		memcpy(&n8, elem, 1);
		return n8;
	case 2:
		memcpy(&n16, elem, 2);
		return n16;
	case 4:
		memcpy(&n32, elem, 4);
		return n32;
	default:
		memcpy(&n64, elem, 8);
		return n64;
	}
}

static RACES_WITH_PROGRAMS
int count(void *ctx)
{
	const struct prog_call *call = ctx;
	uint32_t bytes = prog_number_bytes(call->value_size);

	for (uint64_t i = 0; i < call->times; i++) {
		void *elem = pca_map_lookup_elem(call->map, call->key);

		if (!elem)
			return -ENOENT;
		add(elem, bytes, call->by);
	}
	return 0;
}

static int set(void *ctx)
{
	const struct prog_call *call = ctx;

	return (int)pca_map_update_elem(call->map, call->key, call->value, BPF_ANY);
}

static RACES_WITH_PROGRAMS
int get(void *ctx)
{
	struct prog_call *call = ctx;
	const void *elem = pca_map_lookup_elem(call->map, call->key);

	if (!elem)
		return -ENOENT;
	memcpy(call->value, elem, call->value_size);
	return 0;
}

/* Other CPUs' copies, which may change while they are added up. */
static RACES_WITH_PROGRAMS
int sum(void *ctx)
{
	struct prog_call *call = ctx;
	uint32_t bytes = prog_number_bytes(call->value_size);

	for (uint32_t i = 0; i < call->nr_cpus; i++) {
		const void *elem = pca_map_lookup_percpu_elem(call->map, call->key, call->cpus[i]);

		if (!elem)
			return -ENOENT;
		call->sum += number_at(elem, bytes);
	}
	return 0;
}

static int delete (void *ctx)
{
	const struct prog_call *call = ctx;

	return (int)pca_map_delete_elem(call->map, call->key);
}

const struct shell_prog prog_count = { "count", count, BPF_FUNC_map_lookup_elem,
				       PCA_READ | PCA_WRITE, true };
const struct shell_prog prog_set = { "set", set, BPF_FUNC_map_update_elem, 0, false };
const struct shell_prog prog_get = { "get", get, BPF_FUNC_map_lookup_elem, PCA_READ, false };
const struct shell_prog prog_sum = { "sum", sum, MAP_LOOKUP_PERCPU_ELEM, PCA_READ, true };
const struct shell_prog prog_delete = { "delete", delete, BPF_FUNC_map_delete_elem, 0, false };
