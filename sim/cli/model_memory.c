// SPDX-License-Identifier: MIT
/*
 * The directory and what moves lines. Entries lie in one array, by number of the line:
 * address spaces of layouts are small and dense, and an access allocates nothing.
 */
#include "model_memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES 4096

/* --- Making --- */

static uint32_t words_for(const struct model_shape *shape)
{
	return (shape->nr_cores + shape->nr_l3s + 63) / 64;
}

uint64_t model_directory_bytes(const struct model_shape *shape, uint64_t nr_lines)
{
	return nr_lines * (1 + words_for(shape)) * sizeof(uint64_t);
}

static uint32_t l3_holder(const struct model_memory *memory, uint32_t l3)
{
	return memory->shape->nr_cores + l3;
}

static void set_bit(uint64_t *words, uint32_t bit)
{
	words[bit / 64] |= 1ULL << bit % 64;
}

static void clear_bit(uint64_t *words, uint32_t bit)
{
	words[bit / 64] &= ~(1ULL << bit % 64);
}

static void fill_masks(struct model_memory *memory)
{
	const struct model_shape *shape = memory->shape;

	for (uint32_t core = 0; core < shape->nr_cores; core++) {
		uint64_t *l3 = memory->l3_masks + shape->l3_of[core] * memory->nr_words;
		uint64_t *package =
			memory->package_masks + shape->package_of[core] * memory->nr_words;

		set_bit(l3, core);
		set_bit(l3, l3_holder(memory, shape->l3_of[core]));
		set_bit(package, core);
		set_bit(package, l3_holder(memory, shape->l3_of[core]));
	}
}

static int create_caches(struct model_memory *memory)
{
	const struct model_shape *shape = memory->shape;
	int err = caches_create(&memory->l1, shape->l1, shape->line_bytes, shape->nr_cores);

	if (!err)
		err = caches_create(&memory->l2, shape->l2, shape->line_bytes, shape->nr_cores);
	if (!err)
		err = caches_create(&memory->l3, shape->l3, shape->line_bytes, shape->nr_l3s);
	return err;
}

int model_memory_create(struct model_memory *memory, const struct model_shape *shape,
			const struct model_options *options)
{
	uint32_t words = words_for(shape), nr_lines = options->nr_lines + (options->nr_lines & 1);

	*memory = (struct model_memory){
		.shape = shape,
		.options = *options,
		.nr_words = words,
		.lines_per_page =
			shape->line_bytes < PAGE_BYTES ? PAGE_BYTES / shape->line_bytes : 1,
	};
	memory->options.nr_lines = nr_lines; /* pairs are whole */
	memory->lines = calloc(nr_lines, (1 + words) * sizeof(uint64_t));
	memory->page_homes = calloc(nr_lines / memory->lines_per_page + 1, sizeof(uint16_t));
	memory->l3_masks = calloc((size_t)shape->nr_l3s * words, sizeof(uint64_t));
	memory->package_masks = calloc((size_t)shape->nr_packages * words, sizeof(uint64_t));
	if (create_caches(memory) || !memory->lines || !memory->page_homes || !memory->l3_masks ||
	    !memory->package_masks) {
		model_memory_destroy(memory);
		return -ENOMEM;
	}
	fill_masks(memory);
	return 0;
}

void model_memory_destroy(struct model_memory *memory)
{
	caches_destroy(&memory->l1);
	caches_destroy(&memory->l2);
	caches_destroy(&memory->l3);
	free(memory->lines);
	free(memory->page_homes);
	free(memory->l3_masks);
	free(memory->package_masks);
}

/* --- Lines that leave --- */

/* A line goes back to the L3 that the core is behind, or to memory if that lacks it. */
static void write_back(struct model_memory *memory, struct model_line *line, uint32_t core)
{
	uint32_t l3 = memory->shape->l3_of[core];

	if (model_holds(line, l3_holder(memory, l3)))
		line->dirty_l3 = (uint16_t)(l3 + 1);
	else
		memory->counts.memory_writes++;
}

/* A core's last cache had to make room. */
static void leave_core(struct model_memory *memory, uint32_t core, uint32_t number)
{
	struct model_line *line = model_line(memory, number);

	clear_bit(line->holders, core);
	if (line->owner != core + 1)
		return;
	if (line->is_modified)
		write_back(memory, line, core);
	line->owner = 0;
	line->is_modified = 0;
}

static void leave_l3(struct model_memory *memory, uint32_t l3, uint32_t number)
{
	struct model_line *line = model_line(memory, number);

	clear_bit(line->holders, l3_holder(memory, l3));
	if (line->dirty_l3 != l3 + 1)
		return;
	memory->counts.memory_writes++;
	line->dirty_l3 = 0;
}

static void add_to_l3(struct model_memory *memory, uint32_t l3, uint32_t number)
{
	uint32_t victim;

	if (!memory->l3.ways || cache_use(&memory->l3, l3, number))
		return;
	victim = cache_add(&memory->l3, l3, number);
	if (victim != NO_LINE)
		leave_l3(memory, l3, victim);
	set_bit(model_line(memory, number)->holders, l3_holder(memory, l3));
}

/* The line is now in the core's last private cache, and in no other of its caches. */
static void add_to_core(struct model_memory *memory, uint32_t core, uint32_t number)
{
	const struct cache_level *last = memory->l2.ways ? &memory->l2 : &memory->l1;
	uint32_t victim = cache_add(last, core, number);

	if (victim != NO_LINE) {
		if (memory->l2.ways)
			cache_remove(&memory->l1, core, victim); /* the L2 holds all of the L1 */
		leave_core(memory, core, victim);
	}
	set_bit(model_line(memory, number)->holders, core);
}

/* --- Where lines come from --- */

static enum model_source distance(const struct model_shape *shape, uint32_t a, uint32_t b)
{
	if (shape->l3_of[a] == shape->l3_of[b])
		return FROM_SAME_L3;
	return shape->package_of[a] == shape->package_of[b] ? FROM_SAME_PACKAGE
							    : FROM_OTHER_PACKAGE;
}

static bool has_any(const struct model_memory *memory, const struct model_line *line,
		    const uint64_t *mask)
{
	uint64_t any = 0;

	for (uint32_t i = 0; i < memory->nr_words; i++)
		any |= line->holders[i] & (mask ? mask[i] : ~0ULL);
	return any;
}

/* Memory is a node's from the first access to it on. */
static enum model_source memory_source(struct model_memory *memory, uint32_t core, uint32_t number)
{
	struct model_line *line = model_line(memory, number);
	uint16_t node = memory->shape->node_of[core];
	uint16_t *page = &memory->page_homes[number / memory->lines_per_page];

	if (!line->home && memory->options.homes_by_line)
		line->home = (node + 1U) & 0x7fff;
	if (!line->home) {
		if (!*page)
			*page = (uint16_t)(node + 1);
		line->home = *page & 0x7fff;
	}
	return line->home == node + 1 ? FROM_LOCAL_MEMORY : FROM_REMOTE_MEMORY;
}

/* Nobody owns the line: its nearest copy. */
static enum model_source nearest_copy(struct model_memory *memory, uint32_t core, uint32_t number)
{
	const struct model_shape *shape = memory->shape;
	const struct model_line *line = model_line(memory, number);
	uint32_t l3 = shape->l3_of[core], words = memory->nr_words;

	if (model_holds(line, l3_holder(memory, l3)))
		return FROM_L3;
	if (has_any(memory, line, memory->l3_masks + l3 * words))
		return FROM_SAME_L3;
	if (has_any(memory, line, memory->package_masks + shape->package_of[core] * words))
		return FROM_SAME_PACKAGE;
	if (has_any(memory, line, NULL))
		return FROM_OTHER_PACKAGE;
	return memory_source(memory, core, number);
}

/* Another core reads what this one may write. */
static void share_owned(struct model_memory *memory, struct model_line *line, uint32_t reader)
{
	const struct model_shape *shape = memory->shape;
	uint32_t owner = line->owner - 1U;

	if (line->is_modified && shape->l3_of[owner] == shape->l3_of[reader])
		write_back(memory, line, owner);
	else if (line->is_modified)
		memory->counts.memory_writes++;
	line->owner = 0;
	line->is_modified = 0;
}

/* An L3 of another group passes on a line that memory does not have yet. */
static void clean_remote_l3(struct model_memory *memory, struct model_line *line, uint32_t l3)
{
	if (!line->dirty_l3 || line->dirty_l3 == l3 + 1)
		return;
	line->dirty_l3 = 0;
	memory->counts.memory_writes++;
}

/* Bring a line that the core lacks. To write it, make_writable() has to follow. */
static enum model_source fetch(struct model_memory *memory, uint32_t core, uint32_t number,
			       bool is_write)
{
	struct model_line *line = model_line(memory, number);
	uint32_t l3 = memory->shape->l3_of[core], owner = line->owner;
	enum model_source source;

	if (owner)
		source = distance(memory->shape, core, owner - 1);
	else
		source = nearest_copy(memory, core, number);
	add_to_l3(memory, l3, number);
	if (is_write)
		return source;
	if (owner)
		share_owned(memory, line, core);
	else
		clean_remote_l3(memory, line, l3);
	return source;
}

/* --- Writing --- */

static void drop_copy(struct model_memory *memory, uint32_t holder, uint32_t number)
{
	uint32_t nr_cores = memory->shape->nr_cores;

	if (holder >= nr_cores) {
		cache_remove(&memory->l3, holder - nr_cores, number);
		return;
	}
	cache_remove(&memory->l1, holder, number);
	cache_remove(&memory->l2, holder, number);
	memory->counts.invalidations++;
}

/* Only the core and its L3 still hold the line. */
static void invalidate_others(struct model_memory *memory, uint32_t core, uint32_t number)
{
	struct model_line *line = model_line(memory, number);
	uint32_t own_l3 = l3_holder(memory, memory->shape->l3_of[core]);

	for (uint32_t i = 0; i < memory->nr_words; i++) {
		uint64_t others = line->holders[i], left = 0;

		for (; others; others &= others - 1) {
			uint32_t holder = i * 64 + (uint32_t)__builtin_ctzll(others);

			if (holder == core || holder == own_l3)
				left |= others & -others;
			else
				drop_copy(memory, holder, number);
		}
		line->holders[i] = left;
	}
}

/* The core has the line and modifies it. */
static void make_writable(struct model_memory *memory, uint32_t core, uint32_t number)
{
	struct model_line *line = model_line(memory, number);

	line->is_modified = 1;
	if (line->owner == core + 1)
		return;
	invalidate_others(memory, core, number);
	line->owner = (uint16_t)(core + 1);
	line->dirty_l3 = 0; /* the owner's copy is the newer one */
}

/* Was it read, and has nobody else it? Then the core may write without asking. */
static void own_if_alone(struct model_memory *memory, uint32_t core, uint32_t number)
{
	struct model_line *line = model_line(memory, number);
	uint32_t own_l3 = l3_holder(memory, memory->shape->l3_of[core]);

	for (uint32_t i = 0; i < memory->nr_words; i++) {
		uint64_t others = line->holders[i];

		if (core / 64 == i)
			others &= ~(1ULL << core % 64);
		if (own_l3 / 64 == i)
			others &= ~(1ULL << own_l3 % 64);
		if (others)
			return;
	}
	line->owner = (uint16_t)(core + 1);
}

/* --- Accesses --- */

/*
 * The adjacent-line prefetcher: the other line of an aligned pair, to read. It is set
 * off by what a core asks for outside of its caches: lines, and the right to write one.
 */
static void prefetch(struct model_memory *memory, uint32_t core, uint32_t number)
{
	if (model_holds(model_line(memory, number), core))
		return;
	memory->counts.prefetched[fetch(memory, core, number, false)]++;
	add_to_core(memory, core, number);
	own_if_alone(memory, core, number);
}

static enum model_source look_up(struct model_memory *memory, uint32_t core, uint32_t number)
{
	if (cache_use(&memory->l1, core, number))
		return FROM_L1;
	if (!cache_use(&memory->l2, core, number))
		return NR_MODEL_SOURCES;
	/* What leaves the L1 is still in the L2. */
	cache_add(&memory->l1, core, number);
	return FROM_L2;
}

static enum model_source miss(struct model_memory *memory, uint32_t core, uint32_t number,
			      bool is_write)
{
	enum model_source source = fetch(memory, core, number, is_write);

	add_to_core(memory, core, number);
	if (memory->l2.ways)
		cache_add(&memory->l1, core, number);
	if (!is_write)
		own_if_alone(memory, core, number);
	return source;
}

/* Does the write have to wait for others to drop their copies? Data is at hand. */
static void count_upgrade(struct model_counts *counts, enum model_source source, bool was_shared,
			  uint64_t invalidations)
{
	counts->upgrades += was_shared || (source == FROM_L3 && invalidations);
}

enum model_source model_access(struct model_memory *memory, uint32_t cpu, uint32_t number,
			       bool is_write)
{
	const struct model_shape *shape = memory->shape;
	struct model_counts *counts = &memory->counts;
	struct model_line *line = model_line(memory, number);
	uint32_t core = shape->core_of[cpu];
	enum model_source source = look_up(memory, core, number);
	bool is_miss = source == NR_MODEL_SOURCES, was_shared = false;

	if (is_miss)
		source = miss(memory, core, number, is_write);
	else if (line->writer && line->writer != cpu + 1 &&
		 shape->core_of[line->writer - 1] == core)
		counts->same_core++;
	if (is_write) {
		uint64_t before = counts->invalidations;

		was_shared = !is_miss && line->owner != core + 1;
		make_writable(memory, core, number);
		count_upgrade(counts, source, was_shared, counts->invalidations - before);
		line->writer = (uint16_t)(cpu + 1);
	}
	counts->reads += !is_write;
	counts->writes += is_write;
	counts->from[source]++;
	if ((is_miss || was_shared) && memory->options.has_prefetch)
		prefetch(memory, core, number ^ 1);
	return source;
}
