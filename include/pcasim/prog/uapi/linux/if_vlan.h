/* SPDX-License-Identifier: MIT */
/* The name that samples of the kernel have for it. */
#include <linux/if_vlan.h>

#include "types.h"
