// SPDX-License-Identifier: MIT
/*
 * The native twins. Each function below is a program as a user of pcasim writes it,
 * made from one body whose parameters are constants to the compiler. Values are __u64,
 * as in BPF programs; a compiler takes it for a type of its own beside uintptr_t, and
 * knows that storing one does not change a map's stride.
 */
#include "programs.h"

#include <pcasim/pcasim.h>

static struct loop_state state;

/* The programs' maps, and the arrays of the limit: in order, random. */
static struct pca_map_ref *maps[2];
static struct {
	__u64 *base;
	uint32_t max_entries;
} limits[2];

void loop_state_init(struct loop_state *s)
{
	uint32_t x = 2463534242;

	s->pos = 0;
	for (uint32_t i = 0; i < NR_KEYS_RANDOM; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		s->keys[i] = x % NR_KEYS_RANDOM;
	}
}

PCA_ALWAYS_INLINE uint32_t key_at(uint32_t pos, bool is_random)
{
	return is_random ? state.keys[pos % NR_KEYS_RANDOM] : pos % NR_KEYS_IN_ORDER;
}

PCA_ALWAYS_INLINE int lookup_loop(bool is_random, uint32_t nr_accesses)
{
	const struct pca_map_ref *map = maps[is_random];
	uint32_t pos = state.pos;

	for (uint32_t i = 0; i < nr_accesses; i++) {
		uint32_t key = key_at(pos++, is_random);
		__u64 *value = pca_map_lookup_elem(map, &key);

		if (!value)
			break;
		(*value)++;
	}
	state.pos = pos;
	return 0;
}

PCA_ALWAYS_INLINE int update_loop(bool is_random, uint32_t nr_accesses)
{
	struct pca_map_ref *map = maps[is_random];
	uint32_t pos = state.pos;

	for (uint32_t i = 0; i < nr_accesses; i++) {
		uint32_t key = key_at(pos++, is_random);
		uint64_t value = pos;

		if (pca_map_update_elem(map, &key, &value, BPF_ANY))
			break;
	}
	state.pos = pos;
	return 0;
}

PCA_ALWAYS_INLINE int limit_loop(bool is_random, uint32_t nr_accesses)
{
	__u64 *base = limits[is_random].base;
	const uint32_t max_entries = limits[is_random].max_entries;
	uint32_t pos = state.pos;

	for (uint32_t i = 0; i < nr_accesses; i++) {
		uint32_t key = key_at(pos++, is_random);

		if (pca_unlikely(key >= max_entries))
			break;
		base[key]++;
	}
	state.pos = pos;
	return 0;
}

#define PROGRAM(name, body, is_random, nr_accesses)    \
	static int name(void *ctx)                     \
	{                                              \
		(void)ctx;                             \
		return body((is_random), nr_accesses); \
	}

PROGRAM(lookup_in_order, lookup_loop, false, LONG_LOOP)
PROGRAM(lookup_random, lookup_loop, true, LONG_LOOP)
PROGRAM(lookup_short, lookup_loop, false, SHORT_LOOP)
PROGRAM(update_in_order, update_loop, false, LONG_LOOP)
PROGRAM(update_random, update_loop, true, LONG_LOOP)
PROGRAM(limit_in_order, limit_loop, false, LONG_LOOP)
PROGRAM(limit_random, limit_loop, true, LONG_LOOP)

static int empty(void *ctx)
{
	(void)ctx;
	return 0;
}

pca_prog_fn program_fn(const struct access_loop *loop)
{
	if (!loop->nr_accesses)
		return empty;
	if (loop->nr_accesses == SHORT_LOOP)
		return lookup_short;
	if (loop->is_update)
		return loop->is_random ? update_random : update_in_order;
	return loop->is_random ? lookup_random : lookup_in_order;
}

/* The map of all loops over these keys: its fd, or negative. */
static int get_map(const struct side *side, bool is_random)
{
	static int fds[2];
	const struct access_loop loop = { .is_random = is_random };
	int fd = fds[is_random];

	if (fd)
		return fd;
	loop_state_init(&state);
	fd = side_map_create(side, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(uint64_t),
			     loop_entries(&loop));
	if (fd >= 0 && pca_map_get(side->task, fd, &maps[is_random]))
		return -1;
	fds[is_random] = fd;
	return fd;
}

int program_load(const struct side *side, const struct access_loop *loop, uint32_t type)
{
	struct pca_map_use use = {
		.helper = loop->is_update ? BPF_FUNC_map_update_elem : BPF_FUNC_map_lookup_elem,
		.access = loop->is_update ? 0 : PCA_READ | PCA_WRITE,
	};
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = type,
		.name = "access_loop",
		.fn = program_fn(loop),
		.uses = &use,
		.nr_uses = loop->nr_accesses ? 1 : 0,
	};

	if (loop->nr_accesses)
		use.map_fd = get_map(side, loop->is_random);
	return use.map_fd < 0 ? use.map_fd : pca_prog_load(side->task, &opts);
}

/* The limit works on a slab of a map too, so that both see memory of the same kind. */
int program_load_limit(const struct side *side, const struct access_loop *loop)
{
	struct pca_prog_load_opts opts = {
		.size = sizeof(opts),
		.type = BPF_PROG_TYPE_SOCKET_FILTER,
		.name = "limit",
		.fn = loop->is_random ? limit_random : limit_in_order,
	};

	if (get_map(side, loop->is_random) < 0)
		return -1;
	limits[loop->is_random].base = (__u64 *)(void *)maps[loop->is_random]->base;
	limits[loop->is_random].max_entries = loop_entries(loop);
	return pca_prog_load(side->task, &opts);
}
