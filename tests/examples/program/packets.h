/* SPDX-License-Identifier: MIT */
/* What the program, its users and its tests know: a counter per protocol, on each CPU. */
#ifndef PACKETS_H
#define PACKETS_H

#include <linux/types.h>

#define NR_PROTOCOLS 256

struct traffic {
	__u64 packets;
	__u64 bytes;
};

#endif
