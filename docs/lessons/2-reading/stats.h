/* SPDX-License-Identifier: MIT */
/* What is counted: for the program and for those who read it. */
#ifndef STATS_H
#define STATS_H

#include <linux/types.h>

struct stats {
	__u32 packets, bytes, longest;
};

#endif
