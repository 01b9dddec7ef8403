/* SPDX-License-Identifier: MIT */
/* The name that samples of the kernel have for it. */
#include <linux/icmpv6.h>

#include "types.h"
