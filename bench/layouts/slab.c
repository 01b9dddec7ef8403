// SPDX-License-Identifier: MIT
/*
 * Ours: a slab of all keys per CPU. The distance between slabs is an odd multiple of
 * 128 bytes, so that two CPUs share no pair of lines, and one key's copies do not
 * all fall into one cache set.
 */
#define SLAB_ALIGN 128
#define SLAB_STRIDE(bytes) ((layout_round_up(bytes, SLAB_ALIGN) / SLAB_ALIGN | 1) * SLAB_ALIGN)

#include "by_cpu.h"

const struct layout layout_slab =
	BY_CPU_LAYOUT("slab", "a slab per CPU, an odd multiple of 128 bytes apart: pcasim's");
