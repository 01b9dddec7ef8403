/* SPDX-License-Identifier: MIT */
/*
 * The measured programs, which exist twice: as native functions for pcasim, and as
 * instructions for the kernel's JIT (kernel.c). One is described by a struct
 * access_loop; both twins do exactly what it says:
 *
 *	pos = state.pos
 *	nr_accesses times:
 *		key = is_random ? state.keys[pos % NR_KEYS_RANDOM] : pos % NR_KEYS_IN_ORDER
 *		pos++
 *		lookup: value = bpf_map_lookup_elem(map, &key); NULL: stop; (*value)++
 *		update: bpf_map_update_elem(map, &key, &pos64, BPF_ANY); not 0: stop
 *	state.pos = pos
 *
 * The first key comes from memory, so that neither the verifier nor a compiler can
 * know keys and drop the NULL check.
 */
#ifndef BENCH_PROGRAMS_H
#define BENCH_PROGRAMS_H

#include "side.h"

#define NR_KEYS_IN_ORDER 256
#define NR_KEYS_RANDOM 65536 /* entries, and length of the table of random keys */
#define LONG_LOOP 4096	     /* accesses, beside which the cost of a run does not count */
#define SHORT_LOOP 4

struct access_loop {
	bool is_random;	      /* over NR_KEYS_RANDOM entries; else in order over NR_KEYS_IN_ORDER */
	bool is_update;	      /* the update helper; else lookup and increment */
	uint32_t nr_accesses; /* LONG_LOOP, SHORT_LOOP, or 0 for an empty program */
	bool is_shared;	      /* the kernel's twin only: an ARRAY, and an atomic increment */
};

/* What a loop keeps between runs. */
struct loop_state {
	uint32_t pos;
	uint32_t unused;
	uint32_t keys[NR_KEYS_RANDOM];
};

/* Fill keys with the same random keys each time. */
void loop_state_init(struct loop_state *state);

static inline uint32_t loop_entries(const struct access_loop *loop)
{
	return loop->is_random ? NR_KEYS_RANDOM : NR_KEYS_IN_ORDER;
}

/*
 * Load the loop as a native program of this type, on a PERCPU_ARRAY that all loops
 * over the same keys share: loops that are not empty belong to one task. The
 * program's fd, or negative.
 */
int program_load(const struct side *side, const struct access_loop *loop, uint32_t type);

/*
 * The limit: the same loop with the base of an array in a register and nothing left
 * of a lookup but the bounds check. SOCKET_FILTER.
 */
int program_load_limit(const struct side *side, const struct access_loop *loop);

/* The function behind a loop that was loaded. */
pca_prog_fn program_fn(const struct access_loop *loop);

#endif
