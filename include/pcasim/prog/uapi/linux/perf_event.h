/* SPDX-License-Identifier: MIT */
/* The name that samples of the kernel have for it. */
#include <linux/perf_event.h>

#include "types.h"
