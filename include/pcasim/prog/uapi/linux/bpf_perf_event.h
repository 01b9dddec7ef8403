/* SPDX-License-Identifier: MIT */
/* The name that samples of the kernel have for it. */
#include <linux/bpf_perf_event.h>

#include "types.h"
