/* SPDX-License-Identifier: MIT */
#ifndef EVENT_H
#define EVENT_H

#include <linux/types.h>

enum { CALL, PACKET, NR_KINDS };

struct event {
	__u32 kind, cpu;
	__u64 time;
	char details[1000];
};

#endif
