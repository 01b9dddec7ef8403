// SPDX-License-Identifier: MIT
/*
 * value[key][cpu], each on a pair of cache lines of its own: nothing is shared, and
 * 128 bytes are taken for 8.
 */
#define BY_KEY_BYTES 128

#include "by_key.h"

const struct layout layout_padded128 =
	BY_KEY_LAYOUT("padded128", "value[key][cpu], each padded to a pair of lines");
