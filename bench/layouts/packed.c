// SPDX-License-Identifier: MIT
/*
 * value[key][cpu] without padding: CPUs that count the same key, or its neighbour,
 * take the line from each other although no value is shared.
 */
#define BY_KEY_BYTES LAYOUT_WORD_BYTES

#include "by_key.h"

const struct layout layout_packed =
	BY_KEY_LAYOUT("packed", "value[key][cpu], dense: CPUs share lines");
