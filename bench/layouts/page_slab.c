// SPDX-License-Identifier: MIT
/*
 * A slab of all keys per CPU, each on pages of its own: one key's copies are a
 * multiple of a page apart, and compete for the same cache sets.
 */
#define SLAB_STRIDE(bytes) layout_round_up(bytes, LAYOUT_PAGE_BYTES)

#include "by_cpu.h"

const struct layout layout_page_slab =
	BY_CPU_LAYOUT("page_slab", "a slab per CPU on pages of its own");
