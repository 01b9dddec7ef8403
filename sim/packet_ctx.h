/* SPDX-License-Identifier: MIT */
/*
 * Contexts of programs from object files: struct xdp_md and struct __sk_buff, whose pointers
 * have 32 bits, so that a context and its packet lie below 4 GiB.
 */
#ifndef SIM_PACKET_CTX_H
#define SIM_PACKET_CTX_H

#include <linux/bpf.h>

#include "prog.h"

#define ETHER_HEADER_BYTES 14
#define MOST_SKB_DATA_BYTES 3712
#define MOST_XDP_LINEAR_BYTES 3520 /* a page without headroom and tailroom */

struct packet_ctx {
	size_t mapped_bytes;
	unsigned char *packet; /* its first byte, of the MAC header */
	uint32_t bytes;
	union {
		struct xdp_md xdp;
		struct __sk_buff skb;
		unsigned char at[256]; /* newer programs know more members */
	} ctx;
};

/* With a packet of zeros and an empty ctx, or NULL where there is no memory. */
struct packet_ctx *packet_ctx_alloc(uint32_t bytes);
void packet_ctx_free(struct packet_ctx *ctx);

/* What an XDP program finds that sees the packet's first bytes. */
void packet_ctx_be_xdp(struct packet_ctx *ctx, uint32_t visible_bytes);

/* What a program finds that gets the packet with its MAC header, or without. */
void packet_ctx_be_skb(struct packet_ctx *ctx, bool has_mac);

#endif
