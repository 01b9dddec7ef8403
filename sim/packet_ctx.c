// SPDX-License-Identifier: MIT
/*
 * Packets as programs see them (Linux: bpf_prog_test_run_xdp(), bpf_prog_test_run_skb() in
 * net/bpf/test_run.c, eth_type_trans()). They come from the loopback device.
 */
#include "packet_ctx.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>

#include <pcasim/bpf.h>
#include <pcasim/object.h>

#include "alloc.h"
#include "message.h"

#define LOOPBACK_IFINDEX 1
#define HEADROOM_BYTES 256
#define TAILROOM_BYTES 320

/* Where sanitizers have no memory of their own. */
#define LOWEST_PLACE 0x10000000U
#define HIGHEST_PLACE 0x7f000000U
#define MOST_TRIES 4096

static uint32_t next_place = LOWEST_PLACE; /* atomic */

static uintptr_t take_place(size_t bytes)
{
	uint32_t place = __atomic_fetch_add(&next_place, (uint32_t)bytes, __ATOMIC_RELAXED);

	if (place >= LOWEST_PLACE && place < HIGHEST_PLACE)
		return place;
	__atomic_store_n(&next_place, LOWEST_PLACE, __ATOMIC_RELAXED);
	return LOWEST_PLACE;
}

/* The address is a wish, which the kernel fulfils where nothing is in the way. */
static void *map_low(size_t bytes)
{
	if (alloc_fails())
		return NULL;
	for (int i = 0; i < MOST_TRIES; i++) {
		void *memory = mmap((void *)take_place(bytes), bytes, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory == MAP_FAILED)
			return NULL;
		if ((uintptr_t)memory + bytes <= UINT32_MAX)
			return memory;
		munmap(memory, bytes);
	}
	return NULL;
}

struct packet_ctx *packet_ctx_alloc(uint32_t bytes)
{
	const size_t before = round_up_u64(sizeof(struct packet_ctx) + HEADROOM_BYTES, 64);
	const size_t all = round_up_u64(before + bytes + TAILROOM_BYTES, 4096);
	struct packet_ctx *ctx = map_low(all);

	if (!ctx)
		return NULL;
	ctx->mapped_bytes = all;
	ctx->packet = (unsigned char *)ctx + before;
	ctx->bytes = bytes;
	return ctx;
}

void packet_ctx_free(struct packet_ctx *ctx)
{
	munmap(ctx, ctx->mapped_bytes);
}

static uint32_t low_address(const void *pointer)
{
	return (uint32_t)(uintptr_t)pointer;
}

void packet_ctx_be_xdp(struct packet_ctx *ctx, uint32_t visible_bytes)
{
	ctx->ctx.xdp = (struct xdp_md){
		.data = low_address(ctx->packet),
		.data_end = low_address(ctx->packet + visible_bytes),
		.data_meta = low_address(ctx->packet),
		.ingress_ifindex = LOOPBACK_IFINDEX,
	};
}

/* The loopback device's own address is all zeros, and it has none for broadcasts. */
static uint32_t packet_type(const struct ethhdr *mac)
{
	static const unsigned char own[ETH_ALEN];

	if (mac->h_dest[0] & 1)
		return PACKET_MULTICAST;
	return memcmp(mac->h_dest, own, ETH_ALEN) ? PACKET_OTHERHOST : PACKET_HOST;
}

/* What is smaller than a protocol's number is a length. */
static uint16_t packet_protocol(const struct packet_ctx *ctx, const struct ethhdr *mac)
{
	static const unsigned char novell[2] = { 255, 255 };

	if (ntohs(mac->h_proto) >= ETH_P_802_3_MIN)
		return mac->h_proto;
	if (ctx->bytes >= sizeof(*mac) + 2 && !memcmp(ctx->packet + sizeof(*mac), novell, 2))
		return htons(ETH_P_802_3);
	return htons(ETH_P_802_2);
}

void packet_ctx_be_skb(struct packet_ctx *ctx, bool has_mac)
{
	const uint32_t skipped = has_mac ? 0 : ETHER_HEADER_BYTES;
	struct ethhdr mac;

	memcpy(&mac, ctx->packet, sizeof(mac));
	ctx->ctx.skb = (struct __sk_buff){
		.len = ctx->bytes - skipped,
		.pkt_type = packet_type(&mac),
		.protocol = packet_protocol(ctx, &mac),
		.ifindex = LOOPBACK_IFINDEX,
		.data = low_address(ctx->packet + skipped),
		.data_end = low_address(ctx->packet + ctx->bytes),
		.data_meta = low_address(ctx->packet + skipped),
	};
}

/* ---- for pca_run_on() ---- */

static int refuse_prog(const struct pca_prog *prog)
{
	if (prog->ctx_kind == CTX_OF_LINUX)
		message_error("program \"%s\" takes no packet: there are contexts for XDP and for "
			      "types that take a __sk_buff",
			      prog->name);
	else
		message_error("program \"%s\" was loaded by pca_prog_load(): its ctx is a struct "
			      "pca_packet",
			      prog->name);
	return -EINVAL;
}

static int refuse_bytes(uint32_t bytes, uint32_t most)
{
	message_error("a packet of %u bytes: there must be %d to %u, the MAC header's first", bytes,
		      ETHER_HEADER_BYTES, most);
	return -EINVAL;
}

int pca_packet_ctx_create(void **out, const struct pca_prog *prog, const void *packet,
			  uint32_t bytes)
{
	const enum test_run_kind kind = prog_type(prog->type)->test_run;
	const uint32_t most = kind == TEST_RUN_XDP ? MOST_XDP_LINEAR_BYTES : MOST_SKB_DATA_BYTES;
	struct packet_ctx *ctx;

	if (prog->ctx_kind != CTX_OF_LINUX ||
	    (kind != TEST_RUN_XDP && kind != TEST_RUN_SKB && kind != TEST_RUN_SKB_NO_MAC))
		return refuse_prog(prog);
	if (bytes < ETHER_HEADER_BYTES || bytes > most)
		return refuse_bytes(bytes, most);
	ctx = packet_ctx_alloc(bytes);
	if (!ctx)
		return -ENOMEM;
	memcpy(ctx->packet, packet, bytes);
	if (kind == TEST_RUN_XDP)
		packet_ctx_be_xdp(ctx, bytes);
	else
		packet_ctx_be_skb(ctx, kind == TEST_RUN_SKB);
	*out = &ctx->ctx;
	return 0;
}

void pca_packet_ctx_free(void *ctx)
{
	if (ctx)
		packet_ctx_free(container_of(ctx, struct packet_ctx, ctx));
}
