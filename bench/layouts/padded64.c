// SPDX-License-Identifier: MIT
/*
 * value[key][cpu], each on a cache line of its own. Processors that fetch lines in
 * pairs still take the neighbour's.
 */
#define BY_KEY_BYTES 64

#include "by_key.h"

const struct layout layout_padded64 =
	BY_KEY_LAYOUT("padded64", "value[key][cpu], each padded to a line of 64 bytes");
