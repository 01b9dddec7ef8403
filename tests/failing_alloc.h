/* SPDX-License-Identifier: MIT */
/*
 * Allocations that fail when a test says so. The linker puts these functions in
 * the place of malloc() and its like in our own objects (--wrap, see
 * CMakeLists.txt): the library's and the test's, but not in shared libraries.
 */
#ifndef TESTS_FAILING_ALLOC_H
#define TESTS_FAILING_ALLOC_H

#include <stdbool.h>

/* The nth allocation from now fails, whichever thread makes it. */
void alloc_fail_nth(unsigned int n);

/* From now on none fails. Has one failed since alloc_fail_nth()? */
bool alloc_stop_failing(void);

/* Blocks and mappings that were taken and not given back. */
long alloc_nr_live(void);

#endif
