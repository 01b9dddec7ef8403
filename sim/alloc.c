// SPDX-License-Identifier: MIT
#include "alloc.h"

#include <pcasim/fault.h>

__thread uint32_t alloc_countdown;

uint32_t pca_fail_alloc(uint32_t nth)
{
	uint32_t left = alloc_countdown;

	alloc_countdown = nth;
	return left;
}
