/* SPDX-License-Identifier: MIT */
/* The name that samples of the kernel have for it. */
#include <linux/pkt_cls.h>

#include "types.h"
