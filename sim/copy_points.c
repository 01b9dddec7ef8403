// SPDX-License-Identifier: MIT
#include "copy_points.h"

#include "compiler.h"
#include "elem_copy.h"
#include "frame.h"

/* A helper of a program is done at once, between its own two points. */
static bool has_points(void)
{
	return run_context.scheduler && !this_frame();
}

/* Programs may have a view of their own of what they may only read. */
static const void *as_programs_see(const struct pca_map *map, const char *addr)
{
	return map_has_indices(map) ? map->ref.base + (addr - map->base) : addr;
}

void command_point(const struct pca_map *map, const void *addr, uint32_t bytes, uint32_t access)
{
	if (has_points())
		run_context.scheduler->at_point(run_context.scheduler,
						&(struct run_point){
							.is_command = true,
							.addr = as_programs_see(map, addr),
							.bytes = bytes,
							.access = access,
						});
}

static uint32_t word_bytes(uint32_t size, uint32_t at)
{
	return size - at < 8 ? size - at : 8;
}

RACES_WITH_PROGRAMS
void read_value_at_points(const struct pca_map *map, void *dst, const void *elem, uint32_t size)
{
	for (uint32_t at = 0; at < size; at += 8) {
		const char *word = (const char *)elem + at;

		command_point(map, word, word_bytes(size, at), PCA_READ);
		read_value((char *)dst + at, word, word_bytes(size, at));
	}
}

RACES_WITH_PROGRAMS
void write_value_at_points(const struct pca_map *map, void *elem, const void *src, uint32_t size)
{
	for (uint32_t at = 0; at < size; at += 8) {
		char *word = (char *)elem + at;

		command_point(map, word, word_bytes(size, at), PCA_WRITE);
		write_value(word, (const char *)src + at, word_bytes(size, at));
	}
}
