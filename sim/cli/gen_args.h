/* SPDX-License-Identifier: MIT */
/*
 * Arguments of generated operations: handles, keys, flags, values, attrs.
 */
#ifndef SIM_CLI_GEN_ARGS_H
#define SIM_CLI_GEN_ARGS_H

#include "gen_shadow.h"
#include "gen_text.h"
#include "trace_gen.h"

struct trace_gen {
	struct gen_text text;
	struct gen_shadow shadow;
	struct trace_gen_opts opts;
};

/* The handle an operation works on. */
struct gen_target {
	uint32_t handle;    /* its number; GEN_HANDLES: no handle */
	struct gen_map map; /* a likely shape when there is no map behind it */
	bool is_open;
};

/* " h=..."; wants_write: rather one that can be written through. */
struct gen_target gen_target(struct trace_gen *gen, bool wants_write);

/* A key: one of the map's most of the time. */
uint32_t gen_key_number(struct trace_gen *gen, const struct gen_map *map);

/* " key=", sometimes a short or bad one. */
void gen_key(struct trace_gen *gen, const char *key, const struct gen_map *map);

/* A CPU number, sometimes of none. */
uint32_t gen_cpu(struct trace_gen *gen);

/* Flags of an element or of a batch: none most of the time. */
uint64_t gen_elem_flags(struct trace_gen *gen);

/* " key=0x..." */
void gen_flags(struct trace_gen *gen, const char *key, uint64_t flags);

/* Bytes of one element in a command's buffer, which flags may make one value. */
uint32_t gen_elem_bytes(struct trace_gen *gen, const struct gen_map *map, uint64_t flags);
uint32_t gen_slot_bytes(const struct gen_map *map);

/*
 * Sometimes another attr: size is the command's own, end where its last field ends.
 * A shorter one has at least whole bytes, or none.
 */
void gen_attr(struct trace_gen *gen, uint32_t size, uint32_t end, uint32_t whole);

/* The same, and sometimes a byte of the field at offset that the command does not read. */
void gen_attr_with(struct trace_gen *gen, uint32_t size, uint32_t end, uint32_t whole,
		   uint32_t offset);

#endif
