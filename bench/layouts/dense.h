/* SPDX-License-Identifier: MIT */
/*
 * What layouts have in common in which a value's address is base + key * step.
 * Before including this, a file defines sync, and place() for its struct layout.
 */
#ifndef BENCH_LAYOUTS_DENSE_H
#define BENCH_LAYOUTS_DENSE_H

#include "layout.h"

static inline uint64_t *elem(const struct layout_view *view, uint32_t key)
{
	return (uint64_t *)(void *)(view->base + key * view->step);
}

static inline struct layout_place place_of(uint64_t value)
{
	return (struct layout_place){ value, LAYOUT_NONE, LAYOUT_NONE };
}

/* There is nothing in memory but values. */
static inline void prepare_nothing(const struct layout_shape *shape, char *memory)
{
	(void)shape;
	(void)memory;
}

#endif
